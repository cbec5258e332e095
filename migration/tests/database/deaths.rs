//! A migration whose process dies between any two of its statements. Afterwards the database is as before, and the next
//! migration makes it whole.
//!
//! The death is real: this program starts itself again, and that process aborts in the callback that `sea_orm` calls after
//! each statement; after the last one, that is before the commit. Nothing is closed, no rollback is sent.

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use migration::{Migrator, MigratorTrait, migrate, pending};
use sea_orm_migration::sea_orm::{ConnectionTrait, DatabaseConnection, TransactionTrait};

use crate::catalogue::{rows, schema};
use crate::support::{Done, Engine, Place, engines, setting};

/// The settings that make this program a child: where it migrates, and after how many statements it dies.
const PLACE: &str = "AMBITO_TEST_CHILD_PLACE";
const DEATH: &str = "AMBITO_TEST_CHILD_DEATH";

/// SIGABRT.
const ABORTED: i32 = 6;

/// This program again, to migrate a database and to die after its statement number `death`; 0 is never.
pub(crate) fn child(place: &Place, death: usize) -> Result<Command, std::io::Error> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["--exact", "deaths::migrates_and_dies", "--nocapture"]);
    command.env(PLACE, place.tell()).env(DEATH, death.to_string());
    command.stdin(Stdio::null());
    Ok(command)
}

/// What the child does. In the parent, where the settings are missing, it is nothing.
#[tokio::test]
async fn migrates_and_dies() -> Done {
    let (Some(place), Some(death)) = (setting(PLACE), setting(DEATH)) else { return Ok(()) };
    let place = Place::told(&place)?;
    let death: usize = death.parse()?;
    let mut db = place.as_owner().await?;
    let done = count(&mut db, move |number| {
        if number == death {
            std::process::abort();
        }
    });
    migrate(&db, place.role().as_deref()).await?;
    assert!(death == 0 || done.load(Ordering::SeqCst) < death, "it should have died");
    Ok(())
}

/// Counts the statements of a connection, and calls with each number after the statement has run.
fn count(db: &mut DatabaseConnection, after: impl Fn(usize) + Send + Sync + 'static) -> Arc<AtomicUsize> {
    let counter = Arc::new(AtomicUsize::new(0));
    let count = counter.clone();
    db.set_metric_callback(move |_| after(count.fetch_add(1, Ordering::SeqCst) + 1));
    counter
}

/// What a database is before the migration that dies: empty, or as an older program left it.
#[derive(Clone, Copy, Debug)]
enum Before {
    Empty,
    Older,
}

async fn prepare(db: &DatabaseConnection, before: Before) -> Done {
    if let Before::Older = before {
        let tx = db.begin().await?;
        Migrator::up(&tx, Some(2)).await?;
        tx.execute_unprepared("INSERT INTO ambito VALUES (1, 'A1', 'Ambito', 'Lombardia', 'BS', 'Azienda', NULL)")
            .await?;
        tx.commit().await?;
    }
    Ok(())
}

/// How many statements the migration of such a database takes, and what is there in the end.
async fn in_one_go(engine: Engine, before: Before) -> Result<(usize, Vec<String>), Box<dyn std::error::Error>> {
    let place = Place::new(engine, &format!("lives_{before:?}").to_lowercase()).await?;
    let mut db = place.as_owner().await?;
    prepare(&db, before).await?;
    let counter = count(&mut db, |_| {});
    migrate(&db, place.role().as_deref()).await?;
    let statements = counter.load(Ordering::SeqCst);
    assert!(statements > 60, "the statements are not counted: {statements}");
    Ok((statements, everything(&place, &db).await?))
}

/// The catalogue and the rows, without the names of the roles, which differ from place to place.
async fn everything(place: &Place, db: &DatabaseConnection) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let mut lines = schema(db).await?;
    lines.extend(rows(db).await?);
    Ok(lines.iter().map(|line| line.replace(&place.owner(), "owner").replace(&place.application(), "role")).collect())
}

/// Each death finds the database as the one before left it, and goes one statement further than that one. So each of them is
/// also the next start after a death; the last start goes through.
async fn die_everywhere(engine: Engine, before: Before) -> Done {
    let (statements, whole) = in_one_go(engine, before).await?;
    let place = Place::new(engine, &format!("dies_{before:?}").to_lowercase()).await?;
    let db = place.as_owner().await?;
    prepare(&db, before).await?;
    let old = everything(&place, &db).await?;
    for death in 1..=statements {
        let ended = child(&place, death)?.stdout(Stdio::null()).stderr(Stdio::piped()).output()?;
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.signal(), Some(ABORTED), "statement {death} of {statements}: {said}");
        assert!(pending(&db).await?, "statement {death} of {statements}");
        assert_eq!(everything(&place, &db).await?, old, "statement {death} of {statements}");
    }
    // It would die one statement later than there are: none is left that was not tried.
    assert!(child(&place, statements + 1)?.stdout(Stdio::null()).status()?.success());
    assert_eq!(everything(&place, &db).await?, whole);
    Ok(())
}

#[tokio::test]
async fn a_first_migration_that_dies_at_any_statement_is_made_whole() -> Done {
    for engine in engines() {
        die_everywhere(engine, Before::Empty).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_later_migration_that_dies_at_any_statement_is_made_whole() -> Done {
    for engine in engines() {
        die_everywhere(engine, Before::Older).await?;
    }
    Ok(())
}
