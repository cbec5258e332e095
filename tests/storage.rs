//! The database away and back, and several servers over one.
//!
//! On PostgreSQL a cluster of the test's own is stopped, and then frozen, under a running `ambito serve`: reads of approved plans go on, everything
//! else says within two seconds that the storage is not available, and within two seconds of its return all is as before.

mod own_cluster;
mod unanswered;

use std::sync::Arc;
use std::time::{Duration, Instant};

use api::auth::authenticator::OwnIssuer;
use api::auth::{Authenticator, Issuers, KeyRing, KnownClient, Operator, Role, Scope, Standing};
use api::clock::Clock;
use api::limits::Limits;
use api::store::Store;
use api::store::client::{self, Kind, NewClient};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use crate::support::database::Database;
use crate::support::process::Running;
use crate::support::tables::{number, texts, wait};
use crate::support::{Answer, Server, neighbour, own_folder, process, program};

/// Answered from memory.
const KEPT: &str = r#"{ ambito(code: "9") { plan(year: 2021) { total budgets { quotas { amount } } } } }"#;
/// Answered by the rows alone.
const ROWS: &str = r#"{ ambito(code: "9") { plans { verification { holds } } } }"#;
/// Both.
const MIXED: &str = r#"{ ambito(code: "9") { plan(year: 2021) { total verification { holds } } } }"#;
/// What is promised, both for the word that the database is away and for its return.
const PROMISED: Duration = Duration::from_secs(2);
/// Until a server has noticed that nobody answers: a look a second, and the time that it takes to be given up.
const NOTICED: Duration = Duration::from_secs(4);
/// How long a test waits for what comes at once where nothing is wrong.
const PATIENCE: Duration = Duration::from_secs(30);
/// Longer than anything takes that is heard at once.
const A_MOMENT: Duration = Duration::from_secs(1);

/// Asks until the answer is as wanted, and says how long it took from `since`.
#[track_caller]
fn until(since: Instant, ask: impl Fn() -> Answer, wanted: impl Fn(&Answer) -> bool) -> Duration {
    loop {
        let answer = ask();
        if wanted(&answer) {
            return since.elapsed();
        }
        assert!(since.elapsed() < PATIENCE, "{} {}", answer.status, answer.body);
    }
}

/// The storage is said to be away, in time.
#[track_caller]
fn check_away(ask: impl Fn() -> Answer) {
    let began = Instant::now();
    let answer = ask();
    let took = began.elapsed();
    assert_eq!((answer.status, answer.code().as_str()), (503, "STORAGE_UNAVAILABLE"), "{}", answer.body);
    assert_eq!(answer.header("retry-after").as_deref(), Some("2"));
    assert!(answer.json().get("data").is_none(), "{}", answer.body);
    assert!(took < PROMISED, "after {took:?}");
}

fn is_stale(answer: &Answer) -> bool {
    answer.header("ambito-data-stale").as_deref() == Some("true")
}

#[test]
fn without_its_database_a_server_answers_from_memory_and_says_so() {
    let server = Server::start();
    neighbour::add(&server);
    let token = server.token_of(Role::Auditor);
    check_open_plans(&server, false);
    let version = wait(async {
        let version = number(server.store().reader(), "SELECT max(sequence) FROM audit_event").await;
        server.store().reader().clone().close().await.unwrap();
        version.to_string()
    });
    // Nobody has looked since.
    let answer = server.ask(&token, KEPT, Value::Null);
    assert!(answer.status == 200 && !is_stale(&answer));
    assert!(wait(server.store().refresh()).is_err());
    for (query, status) in [(KEPT, 200), (MIXED, 200), (ROWS, 503), ("{", 400)] {
        let answer = server.ask(&token, query, Value::Null);
        assert_eq!((answer.status, is_stale(&answer)), (status, true), "{query}");
        assert_eq!(answer.header("ambito-data-version").as_ref(), Some(&version), "{query}");
        assert_eq!(answer.header("retry-after").is_some(), status == 503, "{query}");
    }
    check_away(|| server.ask(&token, ROWS, Value::Null));
    check_open_plans(&server, true);
    let mixed = server.ask(&token, MIXED, Value::Null).json();
    assert_eq!(mixed["data"]["ambito"]["plan"], json!({ "total": "3366000.00", "verification": null }));
    assert_eq!(mixed["errors"][0]["extensions"]["code"], "STORAGE_UNAVAILABLE");
    // It may be a client that was made a moment ago.
    check_away(|| {
        server.ask(&newcomer(&server.folder().join("signing-key.pem"), "urn:ambito:demo"), KEPT, Value::Null)
    });
    for path in ["/status", "/health/ready"] {
        let answer = server.get(path, &[]);
        assert_eq!((answer.status, answer.header("retry-after").as_deref()), (503, Some("2")), "{path}");
    }
}

/// Plans that are not approved may have changed since: without the database they are not answered for, also where the answer was kept before.
fn check_open_plans(server: &Server, is_away: bool) {
    let token = server.token_of(Role::Auditor);
    let open = [
        r#"{ ambito(code: "T1") { plans { year status } } }"#.to_owned(),
        format!(r#"{{ ambito(code: "T1") {{ plans(year: {}) {{ total }} }} }}"#, neighbour::PROPOSED),
    ];
    for query in open {
        if is_away {
            check_away(|| server.ask(&token, &query, Value::Null));
        } else {
            server.ask(&token, &query, Value::Null).data();
        }
    }
    // These plans have no others beside them in the answer; a comune sees no others anyway.
    let approved = r#"{ ambito(code: "T1") { plans(status: APPROVED) { year } } }"#;
    assert_eq!(server.ask(&token, approved, Value::Null).data()["ambito"]["plans"][0]["year"], neighbour::APPROVED);
    let all = r#"{ ambito(code: "T1") { plans { year } } }"#;
    let seen = server.ask(&server.token_of(Role::Reporting), all, Value::Null).data();
    assert_eq!(seen["ambito"]["plans"], json!([{ "year": neighbour::APPROVED }]));
}

/// A good token of a client that the server has not heard of.
fn newcomer(key: &std::path::Path, issuer: &str) -> String {
    let own = OwnIssuer { issuer: issuer.to_owned(), audience: "ambito".to_owned(), token_seconds: 600 };
    let keys = KeyRing::load(&[key.to_path_buf()]).unwrap();
    let clock = Clock::from_fn(|| "2026-06-15T10:00:00Z".parse().unwrap());
    let clock = if issuer.starts_with("urn:") { clock } else { Clock::system() };
    let authenticator = Authenticator::new(keys, Issuers::default(), own, &Limits::default(), clock).unwrap();
    let client = KnownClient {
        client_id: "newcomer".into(),
        standing: Arc::new(Standing { role: Role::Auditor, scope: Scope::All, comune: None, partner: None }),
        secret_hash: None,
        revoked: false,
    };
    authenticator.issue(&client).unwrap().0
}

/// `ambito serve` as a client sees it.
struct Served {
    url: String,
    id: String,
    secret: String,
    token: String,
    key: std::path::PathBuf,
}

impl Served {
    /// Starts it as a process on a database, for a new client that is an auditor.
    fn start(database: &Database) -> (Running, Self) {
        let key = own_folder().join("signing-key.pem");
        assert_eq!(process::run(&["key", "create", "--out", key.to_str().unwrap()], &[]).code, Some(0));
        let made = process::end(database.program(&["client", "create", "--name", "Revisore", "--role", "AUDITOR"]));
        let field = |name: &str| made.out.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().to_owned();
        let (url, key_text) = (database.url(), key.to_str().unwrap().to_owned());
        let settings = [
            ("AMBITO_DATABASE_URL", url.as_str()),
            ("AMBITO_SIGNING_KEY_FILES", &key_text),
            ("AMBITO_ISSUER", "https://ambito.example"),
            ("AMBITO_LISTEN", "127.0.0.1:0"),
            ("AMBITO_RATE_PER_MINUTE", "0"),
            ("AMBITO_TOKEN_RATE_PER_MINUTE", "0"),
        ];
        let mut running = Running::start(program(&["serve"], &settings));
        let url = running.url("ambito serves");
        let (id, secret) = (field("client_id:"), field("client_secret:"));
        let known = Self { url, id, secret, token: String::new(), key };
        let granted = known.grant().json();
        let token = granted["access_token"].as_str().unwrap().to_owned();
        (running, Self { token, ..known })
    }

    fn ask_with(&self, token: &str, query: &str) -> Answer {
        let (body, token) = (json!({ "query": query }).to_string(), format!("Bearer {token}"));
        let headers = [("content-type", "application/json"), ("authorization", &*token)];
        process::send("POST", &format!("{}/graphql", self.url), &headers, Some(&body))
    }

    fn ask(&self, query: &str) -> Answer {
        self.ask_with(&self.token, query)
    }

    fn get(&self, path: &str) -> Answer {
        process::get(&format!("{}{path}", self.url))
    }

    fn grant(&self) -> Answer {
        let form = format!("grant_type=client_credentials&client_id={}&client_secret={}", self.id, self.secret);
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        process::send("POST", &format!("{}/oauth/token", self.url), &headers, Some(&form))
    }
}

/// Makes a client by a store of its own.
async fn write(store: &Store, number: usize) {
    let kind = Kind::check(store, Role::Reporting, &[], None).unwrap();
    let new = NewClient { client_id: format!("writer-{number}"), name: "n".to_owned(), kind, secret_hash: None };
    client::create(store, &Operator::at_the_machine("test").clients(), new).await.unwrap();
}

#[test]
fn servers_that_write_at_once_keep_one_chain() {
    const WRITES: usize = 40;
    let server = Server::start();
    let url = server.database().url();
    wait(async {
        let clock = server.store().clock();
        let stores = [Store::open(&url, clock.clone()).await.unwrap(), Store::open(&url, clock.clone()).await.unwrap()];
        let before = number(server.store().reader(), "SELECT count(*) FROM audit_event").await;
        let writes = (0..WRITES).map(|number| write(&stores[number % 2], number));
        futures_util::future::join_all(writes).await;
        let db = server.store().reader();
        assert_eq!(number(db, "SELECT count(*) FROM audit_event").await, before + i64::try_from(WRITES).unwrap());
        assert_eq!(number(db, "SELECT max(sequence) FROM audit_event").await, before + i64::try_from(WRITES).unwrap());
        let hashes = texts(db, "SELECT hash FROM audit_event ORDER BY sequence").await;
        let previous = texts(db, "SELECT previous_hash FROM audit_event ORDER BY sequence").await;
        assert_eq!(previous[1..], hashes[..hashes.len() - 1]);
    });
}

#[test]
fn what_one_server_writes_another_answers() {
    let one = Server::start();
    let (_running, other) = Served::start(one.database());
    let query = r#"{ ambito(code: "T1") { name } }"#;
    assert_eq!(other.ask(query).json()["data"]["ambito"], Value::Null);
    let version = |answer: &Answer| answer.header("ambito-data-version").unwrap().parse::<i64>().unwrap();
    let before = version(&other.ask(query));
    neighbour::add(&one);
    let took = until(Instant::now(), || other.ask(query), |answer| answer.data()["ambito"].is_object());
    assert!(took < PROMISED, "after {took:?}");
    assert!(version(&other.ask(query)) > before);
    // A client that is revoked anywhere is let in nowhere.
    wait(client::revoke(one.store(), &Operator::at_the_machine("test").clients(), &other.id)).unwrap();
    let took = until(Instant::now(), || other.ask(query), |answer| answer.status == 401);
    assert!(took < PROMISED, "after {took:?}");
}

#[test]
fn a_notice_is_heard_before_anybody_looks() {
    let server = Server::start();
    wait(async {
        let store = Store::open(&server.database().url(), server.store().clock().clone()).await.unwrap();
        store.refresh().await.unwrap();
        // It begins to listen, and says at once that something may have been missed.
        store.news(PATIENCE).await;
        let began = Instant::now();
        let longest = if server.database().is_postgres() { PATIENCE } else { Duration::from_millis(10) };
        futures_util::future::join(store.news(longest), write(server.store(), 1)).await;
        assert!(began.elapsed() < PATIENCE, "nothing was heard");
        assert_eq!(store.refresh().await.unwrap().version(), server.store().book().version());
        if server.database().is_postgres() {
            // What it knows already is no news.
            assert!(is_quiet(&store).await);
            break_connections(server.database()).await;
            let began = Instant::now();
            while is_quiet(&store).await {
                assert!(began.elapsed() < PATIENCE, "it does not listen again");
            }
            let began = Instant::now();
            futures_util::future::join(store.news(PATIENCE), write(server.store(), 2)).await;
            assert!(began.elapsed() < PATIENCE, "nothing was heard any more");
        }
        store.close().await.unwrap();
    });
}

/// Whether nothing is to be looked at for a moment. A connection that was made anew is a reason to look.
async fn is_quiet(store: &Store) -> bool {
    let began = Instant::now();
    store.news(A_MOMENT).await;
    began.elapsed() >= A_MOMENT
}

/// Ends every connection to a database but the one that does it.
async fn break_connections(database: &Database) {
    let outside = database.outside().await;
    let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    outside.execute_unprepared(sql).await.unwrap();
    outside.close().await.unwrap();
}
