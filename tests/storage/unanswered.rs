//! A database that is there and does not answer one question: whoever asked it is told in time, and so is whoever waits behind.

use std::time::{Duration, Instant};

use api::auth::{Operator, Role};
use api::store::client::{self, Kind, NewClient};
use sea_orm::{ConnectionTrait, DatabaseConnection};
use serde_json::json;

use super::{ROWS, check_away, until};
use crate::support::Server;
use crate::support::database::Database;
use crate::support::tables::wait;

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
    let hold = if database.is_postgres() {
        "BEGIN; SELECT pg_advisory_xact_lock(x'616d6269746f'::bigint)"
    } else {
        "BEGIN IMMEDIATE"
    };
    let held = Held::by(database, hold);
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
