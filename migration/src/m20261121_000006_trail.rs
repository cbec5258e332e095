//! The audit trail as it is read and signed: indexes for its filters, and the signed heads.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::dialect::{Engine, engine, one, run};
use crate::guard::{Event, Guard, create, refuse_truncate};
use crate::refusal::AUDIT_IMMUTABLE;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, AUDIT_HEAD).await?;
        run(manager, INDEXES).await?;
        let position = match engine(manager)? {
            Engine::Sqlite => "instr",
            Engine::Postgres => "strpos",
        };
        one(manager.get_connection(), &AMBITO_INDEX.replace("@position", position)).await?;
        create(manager, &of_audit_head()).await?;
        refuse_truncate(manager, &[("audit_head", AUDIT_IMMUTABLE)]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

const AUDIT_HEAD: &str = "
CREATE TABLE audit_head (
  sequence  @big PRIMARY KEY CHECK (sequence > 0),
  hash      @text NOT NULL,
  key_id    @text NOT NULL,
  signature @text NOT NULL,
  signed_at @instant NOT NULL
) @strict;
";

const INDEXES: &str = "
CREATE INDEX audit_event_subject ON audit_event (subject, sequence);
CREATE INDEX audit_event_actor ON audit_event (actor, sequence);
CREATE INDEX audit_event_act ON audit_event (act, sequence);
CREATE INDEX audit_event_at ON audit_event (at);
";

/// By what stands between the first `:` of a subject and the next `/`, or its end: the code of the Ambito in `plan:9/2020/1` and `ambito:9`.
const AMBITO_INDEX: &str = "CREATE INDEX audit_event_ambito ON audit_event (\
    (substr(substr(subject, @position(subject, ':') + 1), 1, \
    @position(substr(subject, @position(subject, ':') + 1) || '/', '/') - 1)), sequence)";

fn of_audit_head() -> [Guard; 3] {
    let only_added = "signed heads are only added";
    let guard = |event, when| Guard::new("audit_head", event).refuse(AUDIT_IMMUTABLE, only_added, when);
    [
        guard(Event::Insert, "EXISTS (SELECT 1 FROM audit_head WHERE sequence = NEW.sequence)").refuse(
            AUDIT_IMMUTABLE,
            "a signed head is that of an event",
            "NOT EXISTS (SELECT 1 FROM audit_event WHERE sequence = NEW.sequence AND hash = NEW.hash)",
        ),
        guard(Event::Update, "1 = 1"),
        guard(Event::Delete, "1 = 1"),
    ]
}
