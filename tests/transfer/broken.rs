//! What is in the way of a move, and moves that break off: the target is as before, and the reason is told.

use std::process::Stdio;
use std::time::{Duration, Instant};

use sea_orm::{ConnectionTrait, DatabaseConnection};

use super::{moved, moving, rows_of};
use crate::support::database::Database;
use crate::support::process::{self, Ended};
use crate::support::tables::{number, snapshot, texts, wait};
use crate::support::{Server, own_folder, program};

/// How long to wait for a program to come to a certain point: long enough for a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// Between two looks at whether it has.
const PAUSE: Duration = Duration::from_millis(50);

fn check_refused(ended: &Ended, word: &str) {
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    assert!(ended.err.contains(word), "{}\nwanted: {word}", ended.err);
    assert!(ended.out.is_empty() && !ended.err.contains("test@"), "{}{}", ended.out, ended.err);
}

/// Runs statements as whom the tables belong to.
fn as_owner(database: &Database, sql: &str) {
    wait(async {
        let db = owner(database).await;
        db.execute_unprepared(sql).await.unwrap();
        db.close().await.unwrap();
    });
}

async fn owner(database: &Database) -> DatabaseConnection {
    sea_orm::Database::connect(database.owners_url()).await.unwrap()
}

#[test]
fn urls_that_do_not_fit_are_refused() {
    let source = Server::start();
    let folder = own_folder();
    let file = Database::in_folder(&folder);
    file.migrate();
    let url = file.owners_url();
    let path = url.split('?').next().unwrap().to_owned();
    let around = path.replace("/ambito.sqlite", "/./ambito.sqlite");
    let gone = path.replace("/ambito.sqlite", "/nothing.sqlite");
    for (from, to, word) in [
        (url.as_str(), url.as_str(), "the same database"),
        (path.as_str(), around.as_str(), "the same database"),
        ("postgres://a:secret@localhost/d", "postgresql://b@localhost/d", "the same database"),
        ("mysql://u:secret@h/d", url.as_str(), "--from"),
        (url.as_str(), "file.sqlite", "--to"),
        (url.as_str(), "sqlite::memory:", "--to"),
        (gone.as_str(), url.as_str(), "cannot be opened"),
        ("postgres://a:secret@127.0.0.1:1/d", url.as_str(), "cannot be opened"),
    ] {
        let ended = process::run(&["move", "--from", from, "--to", to], &[]);
        check_refused(&ended, word);
        assert!(!ended.err.contains("secret"), "{}", ended.err);
    }
    assert!(!std::path::Path::new(gone.strip_prefix("sqlite://").unwrap()).exists());
    assert!(source.database().owners_url() != url);
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn databases_that_do_not_fit_are_refused() {
    let source = Server::start();
    let (before, of_empty, of_file) = (snapshot(source.database()), own_folder(), own_folder());
    for other in Database::of_each_engine(&of_file) {
        let empty = Database::in_folder(&of_empty);
        // One without a table, whose file has to be there to be asked.
        if !other.is_postgres() {
            std::fs::write(of_file.join("ambito.sqlite"), b"").unwrap();
        }
        check_refused(&moving(&other, source.database()), "is not a database of this program");
        assert_eq!(snapshot(source.database()), before);

        // In use: by data, then only by a client.
        other.migrate();
        check_refused(&moving(&other, source.database()), "holds data already, in the table");
        assert_eq!(snapshot(source.database()), before);
        let made = process::end(other.program(&["client", "create", "--name", "n", "--role", "AUDITOR"]));
        assert_eq!(made.code, Some(0), "{}", made.err);
        let kept = snapshot(&other);
        check_refused(&moving(source.database(), &other), "holds data already, in the table audit_event");
        assert_eq!(snapshot(&other), kept);

        // Of another version, on either side.
        let newer = "INSERT INTO seaql_migrations VALUES ('m29991231_000001_later', 0)";
        let older = "DELETE FROM seaql_migrations WHERE version LIKE '%guards%' OR version LIKE '%later%'";
        for (sql, word) in [(newer, "a newer version"), (older, "run `ambito migrate` on it first")] {
            as_owner(&other, sql);
            check_refused(&moving(&other, &empty), word);
            check_refused(&moving(source.database(), &other), word);
        }
    }
    assert!(!of_empty.join("ambito.sqlite").exists(), "a target was made although the source does not fit");
    for folder in [of_empty, of_file] {
        std::fs::remove_dir_all(folder).unwrap();
    }
}

/// On PostgreSQL the application's role can neither read nor set the numbers of the next rows.
#[test]
fn only_the_owner_moves() {
    let source = Server::start();
    if !source.database().is_postgres() {
        return;
    }
    let folder = own_folder();
    let target = Database::in_folder(&folder);
    let arguments = ["move", "--from", &source.database().url(), "--to", &target.owners_url()];
    check_refused(&process::run(&arguments, &[]), "by the role that owns its tables");
    std::fs::remove_dir_all(folder).unwrap();
}

/// A row that changes on its way, in any of these tables, is noticed before anything is kept.
#[test]
fn a_row_that_changes_on_its_way_is_noticed() {
    let source = Server::start();
    for (table, column, to) in [
        ("quota", "amount_cents", "amount_cents + 1"),
        ("comune", "name", "'Altrove'"),
        ("basis", "assumed", "NOT assumed"),
    ] {
        let folder = own_folder();
        for target in Database::of_each_engine(&folder) {
            target.migrate();
            let sql = if target.is_postgres() {
                format!(
                    "CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                     IF NEW.id % 50 = 7 THEN UPDATE {table} SET {column} = {to} WHERE id = NEW.id; END IF; RETURN NULL; END $$; \
                     CREATE TRIGGER meddle AFTER INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION meddle()"
                )
            } else {
                format!(
                    "CREATE TRIGGER meddle AFTER INSERT ON {table} WHEN NEW.id % 50 = 7 \
                     BEGIN UPDATE {table} SET {column} = {to} WHERE id = NEW.id; END"
                )
            };
            as_owner(&target, &sql);
            let before = snapshot(&target);
            let ended = moving(source.database(), &target);
            check_refused(&ended, &format!("the table {table} is not the same"));
            assert_eq!(snapshot(&target), before);
        }
        std::fs::remove_dir_all(folder).unwrap();
    }
}

/// An event that was rewritten past the guards is not carried on in silence.
#[test]
fn a_source_that_was_tampered_with_is_not_moved() {
    let source = Server::start();
    let (of_first, of_second) = (own_folder(), own_folder());
    let first = Database::in_folder(&of_first);
    moved(source.database(), &first);
    let act = "UPDATE audit_event SET actor = 'someone else' WHERE sequence = 2";
    as_owner(&first, &format!("DROP TRIGGER guard_audit_event_update; {act}"));
    let second = Database::in_folder(&of_second);
    check_refused(&moving(&first, &second), "broken at event 2");
    assert!(!rows_of(&second).iter().any(|text| text.starts_with("audit_event: ") && text.len() > 20));
    for folder in [of_first, of_second] {
        std::fs::remove_dir_all(folder).unwrap();
    }
}

/// A trigger that never ends, so that the program is in the middle of its work for as long as it lives.
fn endless(database: &Database) -> &'static str {
    if database.is_postgres() {
        "CREATE FUNCTION endless() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(3600); RETURN NEW; END $$; \
         CREATE TRIGGER endless BEFORE INSERT ON quota FOR EACH ROW EXECUTE FUNCTION endless()"
    } else {
        "CREATE TRIGGER endless BEFORE INSERT ON quota BEGIN SELECT count(*) FROM \
         (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n); END"
    }
}

/// Whether the program has written already: it holds the writer's place, or waits in the trigger.
async fn is_writing(db: &DatabaseConnection, target: &Database) -> bool {
    if target.is_postgres() {
        !texts(db, "SELECT query FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()")
            .await
            .is_empty()
    } else {
        db.execute_unprepared("PRAGMA busy_timeout = 0").await.unwrap();
        let begun = db.execute_unprepared("BEGIN IMMEDIATE").await.is_ok();
        if begun {
            db.execute_unprepared("ROLLBACK").await.unwrap();
        }
        !begun
    }
}

#[test]
fn a_move_that_is_killed_leaves_nothing() {
    let source = Server::start();
    let folder = own_folder();
    for target in Database::of_each_engine(&folder) {
        target.migrate();
        as_owner(&target, endless(&target));
        let before = snapshot(&target);
        let arguments = ["move", "--from", &source.database().owners_url(), "--to", &target.owners_url()];
        let mut command = program(&arguments, &[]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        wait(async {
            let mut options = sea_orm::ConnectOptions::new(target.superusers_url());
            let db = sea_orm::Database::connect(options.max_connections(1).to_owned()).await.unwrap();
            let started = Instant::now();
            while !is_writing(&db, &target).await {
                assert!(child.try_wait().unwrap().is_none(), "it ended instead of writing");
                assert!(started.elapsed() < PATIENCE, "it does not write");
                // Who looks all the time holds the writer's place so often that nobody else gets it.
                tokio::time::sleep(PAUSE).await;
            }
            child.kill().unwrap();
            child.wait().unwrap();
            if target.is_postgres() {
                // The server's side of the connection sleeps on; it learns of the death when it wakes.
                let end = "SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity WHERE wait_event = 'PgSleep' \
                           AND datname = current_database()";
                texts(&db, end).await;
            }
            db.close().await.unwrap();
        });
        assert_eq!(snapshot(&target), before);
        let undo = if target.is_postgres() { "DROP TRIGGER endless ON quota" } else { "DROP TRIGGER endless" };
        as_owner(&target, undo);
        moved(source.database(), &target);
    }
    std::fs::remove_dir_all(folder).unwrap();
}

/// On PostgreSQL a number that the source gives while it is read is in no snapshot. The target goes on from the instant that its rows are of.
#[test]
fn a_number_that_is_given_during_the_move_does_not_disturb_it() {
    let source = Server::start();
    if !source.database().is_postgres() {
        return;
    }
    let folder = own_folder();
    let target = Database::empty(&folder);
    target.migrate();
    let (from, to) = (source.database().owners_url(), target.owners_url());
    wait(async {
        let (there, here) = (source.database().outside().await, target.outside().await);
        let last = number(&there, "SELECT last_value FROM comune_id_seq").await;
        // Rows may come; the setting of the last table's numbers waits.
        here.execute_unprepared("BEGIN; LOCK TABLE service_task IN ROW SHARE MODE").await.unwrap();
        let moving = std::thread::spawn(move || process::run(&["move", "--from", &from, "--to", &to], &[]));
        let waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'service_task'::regclass";
        let started = Instant::now();
        while number(&here, waiting).await == 0 {
            assert!(!moving.is_finished() && started.elapsed() < PATIENCE, "it does not come to the numbers");
            tokio::time::sleep(PAUSE).await;
        }
        assert_eq!(number(&there, "SELECT nextval('comune_id_seq')").await, last + 1);
        here.execute_unprepared("COMMIT").await.unwrap();
        let ended = moving.join().unwrap();
        assert_eq!(ended.code, Some(0), "{}", ended.err);
        let insert = "INSERT INTO comune (istat_code, name, province) VALUES ('999998', 'Nuovo', 'BS') RETURNING id";
        assert_eq!(number(&here, insert).await, last + 1);
        there.close().await.unwrap();
        here.close().await.unwrap();
    });
    std::fs::remove_dir_all(folder).unwrap();
}
