//! Migrations that start at the same moment, in one process and in several: one applies the changes, the others wait and
//! find nothing to do.

use std::process::{Command, Stdio};
use std::time::Duration;

use migration::{Migrator, MigratorTrait, migrate, pending};
use sea_orm_migration::sea_orm::{ConnectionTrait, DatabaseConnection, TransactionTrait};
use tokio::task::JoinSet;

use crate::catalogue::{rows, schema};
use crate::deaths::child;
use crate::fixture::Database;
use crate::support::{Done, Engine, Place, engines};

const POOLS: usize = 8;
const PROCESSES: usize = 6;

async fn check_whole(place: &Place, whole: &Database) -> Done {
    let db = place.as_owner().await?;
    assert!(!pending(&db).await?);
    assert_eq!(rows(&db).await?, rows(&whole.owner).await?);
    let names = |place: &Place, lines: Vec<String>| -> Vec<String> {
        lines.iter().map(|line| line.replace(&place.owner(), "owner").replace(&place.application(), "app")).collect()
    };
    assert_eq!(names(place, schema(&db).await?), names(&whole.place, schema(&whole.owner).await?));
    Ok(())
}

#[tokio::test]
async fn pools_that_migrate_together_migrate_once() -> Done {
    for engine in engines() {
        let whole = Database::migrated(engine, "whole_pools").await?;
        let place = Place::new(engine, "pools").await?;
        let mut running = JoinSet::new();
        for _ in 0..POOLS {
            let (db, role) = (place.as_owner().await?, place.role());
            running.spawn(async move { migrate(&db, role.as_deref()).await });
        }
        while let Some(done) = running.join_next().await {
            done??;
        }
        check_whole(&place, &whole).await?;
    }
    Ok(())
}

#[tokio::test]
async fn processes_that_migrate_together_migrate_once() -> Done {
    for engine in engines() {
        let whole = Database::migrated(engine, "whole_processes").await?;
        let place = Place::new(engine, "processes").await?;
        let mut running = Vec::new();
        for _ in 0..PROCESSES {
            let mut command: Command = child(&place, 0)?;
            running.push(command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?);
        }
        for process in running {
            let ended = process.wait_with_output()?;
            assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
        }
        check_whole(&place, &whole).await?;
    }
    Ok(())
}

/// Takes the lock that a migration takes, as another process would, and keeps it until told.
async fn hold(db: &DatabaseConnection) -> Result<(), sea_orm_migration::sea_orm::DbErr> {
    let sql = match db.get_database_backend() {
        sea_orm_migration::sea_orm::DbBackend::Sqlite => "BEGIN IMMEDIATE",
        _ => "BEGIN; SELECT pg_advisory_xact_lock(x'616d6269746f'::bigint)",
    };
    db.execute_unprepared(sql).await?;
    Ok(())
}

#[tokio::test]
async fn the_second_waits_until_the_first_is_done() -> Done {
    for engine in engines() {
        let place = Place::new(engine, "waits").await?;
        let (first, second) = (place.as_owner().await?, place.as_owner().await?);
        if engine == Engine::Sqlite {
            // So that it is not the connection's own patience that waits.
            second.execute_unprepared("PRAGMA busy_timeout = 10").await?;
        }
        hold(&first).await?;
        let mut waiting = tokio::spawn(async move { migrate(&second, None).await });
        assert!(tokio::time::timeout(Duration::from_millis(300), &mut waiting).await.is_err(), "it did not wait");
        assert!(rows(&first).await?.is_empty());
        first.execute_unprepared("COMMIT").await?;
        waiting.await??;
        assert!(!pending(&first).await?);
    }
    Ok(())
}

#[tokio::test]
async fn a_migration_that_fails_leaves_nothing_and_no_lock() -> Done {
    for engine in engines() {
        let place = Place::new(engine, "fails").await?;
        let db = place.as_owner().await?;
        let before = schema(&db).await?;
        let error = migrate(&db, Some("nobody \"; DROP TABLE plan; --")).await.unwrap_err().to_string();
        let word = if engine == Engine::Sqlite { "PostgreSQL only" } else { "there is no role" };
        assert!(error.contains(word), "{error}");
        let other = place.as_owner().await?;
        assert_eq!(schema(&other).await?, before);
        migrate(&other, place.role().as_deref()).await?;
        assert!(!pending(&db).await?);
    }
    Ok(())
}

#[tokio::test]
async fn nothing_to_do_changes_nothing_and_needs_no_lock() -> Done {
    for engine in engines() {
        let database = Database::filled(engine, "nothing").await?;
        let (before, catalogue) = (rows(&database.owner).await?, schema(&database.owner).await?);
        migrate(&database.owner, database.place.role().as_deref()).await?;
        assert_eq!(rows(&database.owner).await?, before);
        assert_eq!(schema(&database.owner).await?, catalogue);
        // The application's role asks, too, while someone else holds the lock.
        let holder = database.place.as_owner().await?;
        hold(&holder).await?;
        migrate(&database.connection, None).await?;
        assert!(!pending(&database.connection).await?);
    }
    Ok(())
}

#[tokio::test]
async fn a_newer_database_is_refused() -> Done {
    for engine in engines() {
        let database = Database::migrated(engine, "newer").await?;
        database.run_as_owner("INSERT INTO seaql_migrations VALUES ('m29991231_000001_later', 0)").await?;
        assert!(pending(&database.owner).await.is_err());
        assert!(migrate(&database.owner, None).await.is_err());
        assert!(migrate(&database.owner, database.place.role().as_deref()).await.is_err());
    }
    Ok(())
}

/// A database that an older program left after its first changes.
#[tokio::test]
async fn only_what_is_missing_is_applied() -> Done {
    for engine in engines() {
        let whole = Database::migrated(engine, "whole_older").await?;
        let place = Place::new(engine, "older").await?;
        let db = place.as_owner().await?;
        let tx = db.begin().await?;
        Migrator::up(&tx, Some(2)).await?;
        tx.commit().await?;
        assert!(pending(&db).await?);
        migrate(&db, place.role().as_deref()).await?;
        check_whole(&place, &whole).await?;
    }
    Ok(())
}
