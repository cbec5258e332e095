//! The guards: what no statement may do, whoever sends it.
//!
//! An approved plan and its rows never change, nor does the resolution that approved it; a plan moves only along its
//! statuses; natural keys stay; audit events are only added. A table made later that has a `plan_id` needs its guards in
//! its own change; a test reads the catalogue of tables and fails without them.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::guard::{Event, Guard, create, refuse_truncate};
use crate::refusal::{AUDIT_IMMUTABLE, CODE_IMMUTABLE, DUPLICATE, ILLEGAL_TRANSITION, PLAN_IMMUTABLE};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(manager, &of_plan()).await?;
        for (table, parent) in PLAN_CHILDREN {
            create(manager, &of_plan_child(table, parent)).await?;
        }
        create(manager, &of_resolution()).await?;
        for coded in &CODED {
            create(manager, &of_code(coded)).await?;
        }
        create(manager, &of_audit_event()).await?;

        let plans = PLAN_CHILDREN.iter().map(|(table, _)| *table).chain(["plan", "resolution"]);
        let mut kept: Vec<_> = plans.map(|table| (table, PLAN_IMMUTABLE)).collect();
        kept.extend(CODED.iter().map(|coded| (coded.table, CODE_IMMUTABLE)));
        kept.push(("audit_event", AUDIT_IMMUTABLE));
        refuse_truncate(manager, &kept).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// What a row of a plan hangs from, next to the plan.
#[derive(Clone, Copy, Debug)]
enum Parent {
    Plan,
    Budget,
    Rule,
}

/// The tables whose rows belong to a plan.
const PLAN_CHILDREN: [(&str, Parent); 11] = [
    ("plan_instalment", Parent::Plan),
    ("budget", Parent::Plan),
    ("budget_line", Parent::Budget),
    ("funding", Parent::Budget),
    ("participant", Parent::Budget),
    ("rule", Parent::Budget),
    ("rule_band", Parent::Rule),
    ("rule_weight", Parent::Rule),
    ("adjustment", Parent::Rule),
    ("basis", Parent::Budget),
    ("quota", Parent::Budget),
];

/// A table with a natural key.
struct Coded {
    table: &'static str,
    /// Columns that never change, besides the id.
    fixed: &'static [&'static str],
    /// True of the row that has the natural key of the new one.
    same: &'static str,
}

const CODED: [Coded; 5] = [
    Coded { table: "ambito", fixed: &["code"], same: "code = NEW.code" },
    Coded { table: "comune", fixed: &["istat_code"], same: "istat_code = NEW.istat_code" },
    Coded { table: "service", fixed: &["ambito_id", "code"], same: "ambito_id = NEW.ambito_id AND code = NEW.code" },
    Coded {
        table: "fund",
        fixed: &["ambito_id", "code", "level"],
        same: "ambito_id = NEW.ambito_id AND code = NEW.code",
    },
    Coded {
        table: "measure",
        fixed: &["ambito_id", "code", "consumption"],
        same: "coalesce(ambito_id, 0) = coalesce(NEW.ambito_id, 0) AND code = NEW.code",
    },
];

/// True when one of the columns would change.
fn changed(columns: &[&str]) -> String {
    let columns: Vec<_> = columns.iter().map(|column| format!("NEW.{column} IS DISTINCT FROM OLD.{column}")).collect();
    columns.join(" OR ")
}

fn of_plan() -> [Guard; 3] {
    let approved = "a plan that is approved never changes";
    [
        Guard::new("plan", Event::Insert)
            .refuse(
                PLAN_IMMUTABLE,
                approved,
                "EXISTS (SELECT 1 FROM plan WHERE status = 'APPROVED' AND (id = NEW.id \
                 OR (ambito_id = NEW.ambito_id AND year = NEW.year AND version = NEW.version)))",
            )
            .refuse(ILLEGAL_TRANSITION, "a plan starts as a draft", "NEW.status <> 'DRAFT'"),
        Guard::new("plan", Event::Update)
            // An act that approves must not be rewritten by another writer at the same moment.
            .lock("1 FROM resolution WHERE NEW.status = 'APPROVED' AND id = NEW.resolution_id FOR SHARE")
            .refuse(PLAN_IMMUTABLE, approved, "OLD.status = 'APPROVED'")
            .refuse(
                PLAN_IMMUTABLE,
                "ambito, year and version of a plan never change",
                changed(&["id", "ambito_id", "year", "version"]),
            )
            .refuse(
                ILLEGAL_TRANSITION,
                "a plan cannot move to this status from the one it has",
                "NEW.status IS DISTINCT FROM OLD.status \
                 AND NOT (OLD.status = 'DRAFT' AND NEW.status IN ('PROPOSED', 'WITHDRAWN')) \
                 AND NOT (OLD.status = 'PROPOSED' AND NEW.status IN ('APPROVED', 'DRAFT', 'WITHDRAWN'))",
            )
            // Otherwise the proposer could put another name there and approve after all.
            .refuse(
                ILLEGAL_TRANSITION,
                "who proposed a plan stays written while it is proposed and when it is approved",
                "OLD.status = 'PROPOSED' AND NEW.status IN ('PROPOSED', 'APPROVED') \
                 AND NEW.proposed_by IS DISTINCT FROM OLD.proposed_by",
            )
            .refuse(
                ILLEGAL_TRANSITION,
                "a plan is approved with a resolution, a digest, and by someone else than who proposed it",
                "NEW.status = 'APPROVED' AND NOT (NEW.resolution_id IS NOT NULL AND NEW.digest IS NOT NULL \
                 AND NEW.approved_at IS NOT NULL AND NEW.approved_by IS NOT NULL AND NEW.proposed_by IS NOT NULL \
                 AND NEW.approved_by <> NEW.proposed_by)",
            ),
        Guard::new("plan", Event::Delete).refuse(PLAN_IMMUTABLE, approved, "OLD.status = 'APPROVED'"),
    ]
}

/// Every plan that a write touches is looked at: the one named, the one of the row with the same id, and the one of the
/// budget or rule named, whose rows a `REPLACE` could push out.
fn of_plan_child(table: &'static str, parent: Parent) -> [Guard; 3] {
    let sentence = format!("a {} of an approved plan never changes", table.replace('_', " "));
    let above = match parent {
        Parent::Plan => "",
        Parent::Budget => ", (SELECT plan_id FROM budget WHERE id = NEW.budget_id)",
        Parent::Rule => ", (SELECT plan_id FROM rule WHERE id = NEW.rule_id)",
    };
    let same_id = format!("(SELECT plan_id FROM {table} WHERE id = NEW.id)");
    let guard = |event, plans: &str| {
        Guard::new(table, event)
            // Two writers of one plan wait for each other here, and one that approves it for both.
            .lock(format!("1 FROM plan WHERE id IN ({plans}) ORDER BY id FOR NO KEY UPDATE"))
            .refuse(
                PLAN_IMMUTABLE,
                &sentence,
                format!("EXISTS (SELECT 1 FROM plan WHERE status = 'APPROVED' AND id IN ({plans}))"),
            )
    };
    [
        guard(Event::Insert, &format!("NEW.plan_id, {same_id}{above}")),
        guard(Event::Update, &format!("OLD.plan_id, NEW.plan_id{above}")).refuse(
            PLAN_IMMUTABLE,
            &format!("a {} never moves to another plan", table.replace('_', " ")),
            changed(&["id", "plan_id"]),
        ),
        guard(Event::Delete, "OLD.plan_id"),
    ]
}

fn of_resolution() -> [Guard; 3] {
    let guard = |event, which: &str| {
        Guard::new("resolution", event).refuse(
            PLAN_IMMUTABLE,
            "the resolution of an approved plan never changes",
            format!(
                "EXISTS (SELECT 1 FROM plan WHERE status = 'APPROVED' \
                 AND resolution_id IN (SELECT id FROM resolution WHERE {which}))"
            ),
        )
    };
    let same = "(ambito_id = NEW.ambito_id AND number = NEW.number \
                AND adopted_on = NEW.adopted_on AND body = NEW.body)";
    [
        guard(Event::Insert, &format!("id = NEW.id OR {same}")),
        guard(Event::Update, &format!("id = OLD.id OR id = NEW.id OR {same}")),
        guard(Event::Delete, "id = OLD.id"),
    ]
}

fn of_code(Coded { table, fixed, same }: &Coded) -> [Guard; 2] {
    let columns: Vec<_> = ["id"].iter().chain(*fixed).copied().collect();
    [
        Guard::new(table, Event::Insert).refuse(
            DUPLICATE,
            &format!("this {table} exists already"),
            format!("EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id OR ({same}))"),
        ),
        Guard::new(table, Event::Update).refuse(
            CODE_IMMUTABLE,
            &format!("the natural key of a {table}, and what approved plans take from it, never change"),
            changed(&columns),
        ),
    ]
}

fn of_audit_event() -> [Guard; 3] {
    let guard =
        |event, when| Guard::new("audit_event", event).refuse(AUDIT_IMMUTABLE, "audit events are only added", when);
    [
        guard(Event::Insert, "EXISTS (SELECT 1 FROM audit_event WHERE sequence = NEW.sequence)"),
        guard(Event::Update, "1 = 1"),
        guard(Event::Delete, "1 = 1"),
    ]
}
