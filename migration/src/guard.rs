//! A guard: a trigger that looks before a row is written and may refuse, for both engines from one description.
//!
//! What it is not: the list of what is guarded; that is a change of its own. Conditions are SQL that both engines read
//! alike, over `NEW` and `OLD`. On `SQLite` `REPLACE` removes rows without asking their triggers, so a guard
//! of inserts has to look for the row that would be replaced, too.

use std::fmt::Write as _;

use sea_orm_migration::SchemaManager;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbErr, Statement};

use crate::apply::LOCK_KEY;
use crate::dialect::{Engine, engine, one};

/// What is about to happen to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Insert,
    Update,
    Delete,
}

impl Event {
    fn name(self) -> &'static str {
        match self {
            Self::Insert => "insert",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }

    /// The row that the trigger hands on, so that the write goes ahead.
    fn row(self) -> &'static str {
        match self {
            Self::Insert | Self::Update => "NEW",
            Self::Delete => "OLD",
        }
    }
}

/// One trigger.
#[derive(Clone, Debug)]
pub(crate) struct Guard {
    table: &'static str,
    event: Event,
    lock: Option<String>,
    refusals: Vec<Refusal>,
}

/// A condition under which the write is refused, and what is said then.
#[derive(Clone, Debug)]
struct Refusal {
    message: String,
    when: String,
}

impl Guard {
    /// A guard that refuses nothing yet.
    pub(crate) fn new(table: &'static str, event: Event) -> Self {
        Self { table, event, lock: None, refusals: Vec::new() }
    }

    /// Refuses with `word: sentence` when the condition holds. Earlier refusals go first.
    pub(crate) fn refuse(mut self, word: &str, sentence: &str, when: impl Into<String>) -> Self {
        self.refusals.push(Refusal { message: format!("{word}: {sentence}"), when: when.into() });
        self
    }

    /// A query that locks what the conditions read. `PostgreSQL` only, where writers run side by side and would
    /// otherwise not see each other; `SQLite` has one writer.
    pub(crate) fn lock(mut self, query: impl Into<String>) -> Self {
        self.lock = Some(query.into());
        self
    }

    fn name(&self) -> String {
        format!("guard_{}_{}", self.table, self.event.name())
    }

    fn sqlite(&self) -> String {
        let (name, event, table) = (self.name(), self.event.name(), self.table);
        let mut sql = format!("CREATE TRIGGER {name} BEFORE {event} ON {table}\nBEGIN\n");
        for Refusal { message, when } in &self.refusals {
            // Writing to a String cannot fail.
            let _ = writeln!(sql, "  SELECT RAISE(ABORT, {}) WHERE {when};", quoted(message));
        }
        sql + "END;\n"
    }

    /// The function, and the trigger that calls it.
    fn postgres(&self, schema: &str) -> [String; 2] {
        let (name, event, table) = (self.name(), self.event.name(), self.table);
        let mut body = String::new();
        if let Some(query) = &self.lock {
            let _ = writeln!(body, "  PERFORM {query};");
        }
        for Refusal { message, when } in &self.refusals {
            let _ = writeln!(body, "  IF {when} THEN RAISE EXCEPTION USING MESSAGE = {}; END IF;", quoted(message));
        }
        let function = function(&name, schema, &format!("{body}  RETURN {};\n", self.event.row()));
        let trigger =
            format!("CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}();\n");
        [function, trigger]
    }
}

/// Insert, update and delete of a table that is only added to. `same` is true of a row that the new one would push out; a new row
/// is also refused, by word and sentence, when one of the other conditions holds.
pub(crate) fn only_added(table: &'static str, word: &str, same: &str, unfit: &[(&str, &str, String)]) -> [Guard; 3] {
    let sentence = format!("a {} is never changed, only added to by another", table.replace('_', " "));
    let guard = |event, when: &str| Guard::new(table, event).refuse(word, &sentence, when);
    // Two writers would otherwise not see what the other adds. Writes of the program hold this lock anyway.
    let insert = guard(Event::Insert, &format!("EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id OR ({same}))"))
        .lock(format!("pg_advisory_xact_lock({LOCK_KEY})"));
    let refuse = |guard: Guard, (word, sentence, when): &(&str, &str, String)| guard.refuse(word, sentence, when);
    [unfit.iter().fold(insert, refuse), guard(Event::Update, "1 = 1"), guard(Event::Delete, "1 = 1")]
}

/// Creates the triggers.
pub(crate) async fn create(manager: &SchemaManager<'_>, guards: &[Guard]) -> Result<(), DbErr> {
    let statements: Vec<String> = match engine(manager)? {
        Engine::Sqlite => guards.iter().map(Guard::sqlite).collect(),
        Engine::Postgres => {
            let schema = schema(manager).await?;
            guards.iter().flat_map(|guard| guard.postgres(&schema)).collect()
        }
    };
    for sql in statements {
        one(manager.get_connection(), &sql).await?;
    }
    Ok(())
}

/// Removes triggers that are made anew with more to refuse. On `PostgreSQL` the function stays, and is replaced.
pub(crate) async fn remove(manager: &SchemaManager<'_>, guards: &[Guard]) -> Result<(), DbErr> {
    let engine = engine(manager)?;
    for guard in guards {
        let of = if engine == Engine::Postgres { format!(" ON {}", guard.table) } else { String::new() };
        one(manager.get_connection(), &format!("DROP TRIGGER {}{of}", guard.name())).await?;
    }
    Ok(())
}

/// Refuses to empty tables at a stroke, which passes triggers of rows by. `SQLite` has no such statement.
pub(crate) async fn refuse_truncate(
    manager: &SchemaManager<'_>,
    tables: &[(&'static str, &'static str)],
) -> Result<(), DbErr> {
    if engine(manager)? == Engine::Sqlite {
        return Ok(());
    }
    let body = "  RAISE EXCEPTION USING MESSAGE = TG_ARGV[0] || ': ' || TG_TABLE_NAME || ' is never emptied';\n";
    let function = function("guard_truncate", &schema(manager).await?, body);
    one(manager.get_connection(), &function).await?;
    for (table, word) in tables {
        let trigger = format!(
            "CREATE TRIGGER guard_{table}_truncate BEFORE TRUNCATE ON {table} \
             FOR EACH STATEMENT EXECUTE FUNCTION guard_truncate({});",
            quoted(word)
        );
        one(manager.get_connection(), &trigger).await?;
    }
    Ok(())
}

/// A trigger function of `PostgreSQL`. Its search path names the temporary schema last: a session's own
/// temporary table called `plan` would otherwise be read in place of ours.
fn function(name: &str, schema: &str, body: &str) -> String {
    format!(
        "CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql \
         SET search_path = pg_catalog, {schema}, pg_temp AS $guard$\nBEGIN\n{body}END\n$guard$;\n"
    )
}

/// The schema that the tables are in, quoted where it must be.
async fn schema(manager: &SchemaManager<'_>) -> Result<String, DbErr> {
    let query =
        Statement::from_string(manager.get_database_backend(), "SELECT quote_ident(current_schema()) AS schema");
    let row = manager.get_connection().query_one_raw(query).await?;
    row.ok_or_else(|| DbErr::RecordNotFound("current schema".to_owned()))?.try_get("", "schema")
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::{Event, Guard};

    fn guard() -> Guard {
        Guard::new("quota", Event::Delete).lock("1 FROM plan FOR SHARE").refuse("NO", "it's kept", "OLD.id = 1")
    }

    #[test]
    fn sqlite_selects_the_refusal() {
        assert_eq!(
            guard().sqlite(),
            "CREATE TRIGGER guard_quota_delete BEFORE delete ON quota\nBEGIN\n  \
             SELECT RAISE(ABORT, 'NO: it''s kept') WHERE OLD.id = 1;\nEND;\n"
        );
    }

    #[test]
    fn postgres_locks_then_asks() {
        let [function, trigger] = guard().postgres("public");
        assert!(function.contains(
            "BEGIN\n  PERFORM 1 FROM plan FOR SHARE;\n  \
             IF OLD.id = 1 THEN RAISE EXCEPTION USING MESSAGE = 'NO: it''s kept'; END IF;\n  RETURN OLD;\nEND\n"
        ));
        assert_eq!(
            trigger,
            "CREATE TRIGGER guard_quota_delete BEFORE delete ON quota \
             FOR EACH ROW EXECUTE FUNCTION guard_quota_delete();\n"
        );
    }
}
