//! A database that is there and does not answer one question: whoever asked it is told in time, and so is whoever waits behind.

use std::time::{Duration, Instant};

use api::auth::{Operator, Role};
use api::store::client::{self, Kind, NewClient};
use sea_orm::{ConnectionTrait, DatabaseConnection};
use serde_json::json;

use super::{ROWS, check_away, until};
use crate::support::Server;
use crate::support::database::Database;
use crate::support::tables::{number, wait};

/// How long a write waits for another one: once, however many wait.
const BUSY: Duration = Duration::from_secs(5);
/// What a busy machine may take besides.
const LEEWAY: Duration = Duration::from_secs(3);

/// A transaction from outside that keeps something from everybody else until it is dropped.
struct Held(Option<DatabaseConnection>);

impl Held {
    fn by(database: &Database, sql: &str) -> Self {
        wait(async {
            let db = database.outside().await;
            db.execute_unprepared(sql).await.unwrap();
            Self(Some(db))
        })
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(db) = self.0.take() {
            // The connection ends, and its transaction with it.
            let _ = wait(db.close());
        }
    }
}

/// A table that nobody may read for a moment; on SQLite readers never wait.
#[test]
fn rows_that_are_not_answered_are_given_up_in_time() {
    let server = Server::start();
    if !server.database().is_postgres() {
        return;
    }
    let (token, body) = (server.token_of(Role::Auditor), json!({ "query": ROWS }).to_string());
    let ask = || server.ask_once(&token, &body);
    let held = Held::by(server.database(), "BEGIN; LOCK TABLE quota IN ACCESS EXCLUSIVE MODE");
    check_away(ask);
    drop(held);
    until(Instant::now(), ask, |answer| answer.status == 200);
}

/// Two writes of one server while another process writes: the second has waited long enough when the first gives up.
#[test]
fn writes_that_wait_in_a_queue_give_up_together() {
    let server = Server::start();
    let (store, database) = (server.store(), server.database());
    let lock = if database.is_postgres() {
        "BEGIN; SELECT pg_advisory_xact_lock(x'616d6269746f'::bigint)"
    } else {
        "BEGIN IMMEDIATE"
    };
    let held = Held::by(database, lock);
    let began = Instant::now();
    let create = async |id: &str| {
        let kind = Kind::check(store, Role::Reporting, &[], None).unwrap();
        let new = NewClient { client_id: id.to_owned(), name: "n".to_owned(), kind, secret_hash: None };
        client::create(store, &Operator::at_the_machine("test").clients(), new).await
    };
    let (one, other) = wait(futures_util::future::join(create("one"), create("other")));
    let took = began.elapsed();
    for refused in [one, other] {
        assert_eq!(refused.unwrap_err().code().as_str(), "STORAGE_UNAVAILABLE");
    }
    assert!(took < BUSY + LEEWAY, "after {took:?}");
    drop(held);
    wait(create("one")).unwrap();
}

/// A large book that is read takes its time, and those who ask for a token or come with a new one do not wait for it. On SQLite readers never wait.
#[test]
fn tokens_are_granted_while_a_book_is_read() {
    let server = Server::start();
    if !server.database().is_postgres() {
        return;
    }
    let (store, made) = (server.store(), server.run(&["client", "create", "--name", "n", "--role", "AUDITOR"]));
    let field = |name: &str| made.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().to_owned();
    let (id, secret) = (field("client_id:"), field("client_secret:"));
    let grant = |secret: &str| {
        let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
        server.post("/oauth/token", &[("content-type", "application/x-www-form-urlencoded")], &form)
    };
    let version = store.book().version();
    let held = Held::by(server.database(), "BEGIN; LOCK TABLE plan IN ACCESS EXCLUSIVE MODE");
    wait(as_something_else(server.database()));
    std::thread::scope(|threads| {
        let reading = threads.spawn(|| wait(store.refresh()));
        until(Instant::now(), || server.get("/health/ready", &[]), |_| wait(waits(server.database())));
        let granted = grant(&secret);
        assert_eq!(granted.status, 200, "{}", granted.body);
        assert_eq!(grant("wrong").status, 401);
        let token = granted.json()["access_token"].as_str().unwrap().to_owned();
        let answer = server.ask_once(&token, &json!({ "query": "{ viewer { role } }" }).to_string());
        assert_eq!(answer.data()["viewer"]["role"], "AUDITOR");
        // A client that was revoked a moment ago is known to be, although no newer book is read.
        wait(revoke_outside(server.database(), &id));
        assert_eq!(grant(&secret).status, 401);
        assert!(!reading.is_finished() && store.book().version() == version);
        drop(held);
        reading.join().unwrap().unwrap();
    });
    assert!(store.book().version() > version);
}

/// Whether somebody waits for a lock.
async fn waits(database: &Database) -> bool {
    let db = database.outside().await;
    let sql = "SELECT count(*) FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    let count = number(&db, sql).await;
    db.close().await.unwrap();
    count > 0
}

/// Adds an event after which everything is read anew.
async fn as_something_else(database: &Database) {
    let db = database.outside().await;
    let sql = "INSERT INTO audit_event (sequence, at, actor, act, subject, previous_hash, hash)
               SELECT sequence + 1, at, actor, 'other.act', subject, hash, 'other' FROM audit_event ORDER BY sequence DESC LIMIT 1";
    db.execute_unprepared(sql).await.unwrap();
    db.close().await.unwrap();
}

async fn revoke_outside(database: &Database, id: &str) {
    let db = database.outside().await;
    db.execute_unprepared(&format!("UPDATE client SET revoked_at = now() WHERE client_id = '{id}'")).await.unwrap();
    db.close().await.unwrap();
}
