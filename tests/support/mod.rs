//! A server for one test: the real door over a copy of the demonstration's database, with a clock that the test holds.
//!
//! The demonstration is imported once a run; each test has a copy, so that none sees what another wrote.

pub(crate) mod accord;
pub(crate) mod agreements;
pub(crate) mod database;
pub(crate) mod figures;
pub(crate) mod ground;
mod http;
pub(crate) mod neighbour;
pub(crate) mod process;
pub(crate) mod tables;
mod template;
mod twice;
pub(crate) mod watched;
pub(crate) mod workshop;
pub(crate) mod write;

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use actix_web::dev::ServerHandle;
use api::auth::authenticator::OwnIssuer;
use api::auth::{Authenticator, HeadSigner, Issuers, KeyRing, Role};
use api::clock::Clock;
use api::graphql;
use api::http::{App, Listed, Watch};
use api::limits::Limits;
use api::store::Store;
use api::store::client::{self, Kind};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use sea_orm::ActiveEnum;
use serde_json::Value;

use database::Database;
pub(crate) use http::{Answer, encoded};
pub(crate) use template::{MANERBIO, PONTEVICO, Template};
pub(crate) use twice::plain;

/// The instant at which tests stand, unless they move: well after every demonstration plan.
const NOW: &str = "2026-06-15T10:00:00Z";
/// The name of a signing key in a folder.
const KEY_FILE: &str = "signing-key.pem";
/// How long a test's tokens last.
const TOKEN_SECONDS: u32 = 3_600;

/// A running server.
pub(crate) struct Server {
    url: String,
    folder: PathBuf,
    database: Database,
    clock: TestClock,
    store: Arc<Store>,
    authenticator: Authenticator,
    watch: Watch,
    handle: ServerHandle,
    /// Whether requests are counted, so that asking once more would change what a test sees.
    counts: bool,
}

/// A clock that stands still until it is moved.
#[derive(Clone)]
pub(crate) struct TestClock(Arc<AtomicI64>);

impl TestClock {
    fn new() -> Self {
        let now: DateTime<Utc> = NOW.parse().unwrap();
        Self(Arc::new(AtomicI64::new(now.timestamp_micros())))
    }

    fn clock(&self) -> Clock {
        let micros = self.0.clone();
        Clock::from_fn(move || DateTime::from_timestamp_micros(micros.load(Ordering::SeqCst)).unwrap())
    }

    /// Stands at ten in the morning of a day, whether before or after.
    pub(crate) fn set_day(&self, day: NaiveDate) {
        let at = day.and_hms_opt(10, 0, 0).unwrap().and_utc();
        self.0.store(at.timestamp_micros(), Ordering::SeqCst);
    }

    /// Moves on by so many seconds; back by a negative number.
    pub(crate) fn advance(&self, seconds: i64) {
        let micros = TimeDelta::seconds(seconds).num_microseconds().unwrap();
        self.0.fetch_add(micros, Ordering::SeqCst);
    }
}

/// A folder of a test's own, under the build's temporary folder.
pub(crate) fn own_folder() -> PathBuf {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let name = format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::SeqCst));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// The program with arguments, and nothing of the surrounding environment but these settings.
pub(crate) fn program(arguments: &[&str], settings: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ambito"));
    command.args(arguments).env_clear().envs(settings.iter().copied());
    command
}

impl Server {
    /// A server with the demonstration and no limit of rate.
    pub(crate) fn start() -> Self {
        Self::with(|_| {})
    }

    /// A server with the demonstration and limits of the test's own.
    pub(crate) fn with(change: impl FnOnce(&mut Limits)) -> Self {
        let mut limits = Limits { rate_per_minute: 0, token_rate_per_minute: 0, ..Limits::default() };
        change(&mut limits);
        Self::of(Template::of_tests(), limits, Listed::default())
    }

    /// A server with what another held, and no limit of rate.
    pub(crate) fn like(template: &Template) -> Self {
        Self::of(template, Limits { rate_per_minute: 0, ..Limits::default() }, Listed::default())
    }

    /// A server with the demonstration, no limit of rate, and documents that its operator lists.
    pub(crate) fn with_documents(listed: Listed) -> Self {
        Self::of(Template::of_tests(), Limits { rate_per_minute: 0, ..Limits::default() }, listed)
    }

    /// A server on a copy.
    fn of(template: &Template, limits: Limits, listed: Listed) -> Self {
        let folder = own_folder();
        let database = template.copy_to(&folder);
        Self::on(folder, database, limits, listed)
    }

    /// A server on another database, with the key of this one, so that the same tokens hold.
    pub(crate) fn beside(&self, database: Database) -> Self {
        let folder = own_folder();
        std::fs::copy(self.folder.join(KEY_FILE), folder.join(KEY_FILE)).unwrap();
        Self::on(folder, database, Limits { rate_per_minute: 0, ..Limits::default() }, Listed::default())
    }

    /// A server on a database, with the key of a folder.
    fn on(folder: PathBuf, database: Database, limits: Limits, listed: Listed) -> Self {
        let clock = TestClock::new();
        let counts = limits.rate_per_minute > 0;
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (sender, receiver) = std::sync::mpsc::channel();
        let (place, database_url, time) = (folder.clone(), database.url(), clock.clock());
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let keys = KeyRing::load(&[place.join(KEY_FILE)]).unwrap();
                let store = Store::open(&database_url, time.clone()).await.unwrap();
                store.refresh().await.unwrap();
                let store = Arc::new(store.with_signer(HeadSigner::new(keys.clone())));
                let own = OwnIssuer {
                    issuer: "urn:ambito:demo".to_owned(),
                    audience: "ambito".to_owned(),
                    token_seconds: TOKEN_SECONDS,
                };
                let authenticator = Authenticator::new(keys, Issuers::default(), own, &limits, time).unwrap();
                let watch = Watch::new("test", store.clone(), &limits);
                let app = App {
                    store: store.clone(),
                    schema: graphql::Schema::new(&store, limits.clone()),
                    authenticator: authenticator.clone(),
                    watch: watch.clone(),
                    listed,
                    limits,
                    version: "test",
                };
                let server = api::http::start(app, listener, 1).unwrap();
                sender.send((store, authenticator, watch, server.handle())).unwrap();
                server.await.unwrap();
            });
        });
        let (store, authenticator, watch, handle) = receiver.recv().expect("the server did not start");
        Self { url, folder, database, clock, store, authenticator, watch, handle, counts }
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Where its key is.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Its database.
    pub(crate) fn database(&self) -> &Database {
        &self.database
    }

    /// The store behind it.
    pub(crate) fn store(&self) -> &Arc<Store> {
        &self.store
    }

    /// Its numbers, as Prometheus reads them.
    pub(crate) fn metrics(&self) -> String {
        self.watch.text().unwrap()
    }

    /// Its clock.
    pub(crate) fn clock(&self) -> &TestClock {
        &self.clock
    }

    /// A token of the demonstration's client of this role: Manerbio's, where it is a comune's.
    pub(crate) fn token_of(&self, role: Role) -> String {
        self.token_for(role, (role == Role::Comune).then_some(MANERBIO))
    }

    /// A token of the demonstration's client of this role and comune.
    pub(crate) fn token_for(&self, role: Role, comune: Option<&str>) -> String {
        self.find_token(role, comune).expect("no such client in the template")
    }

    /// The same, as long as there is such a client.
    fn find_token(&self, role: Role, comune: Option<&str>) -> Option<String> {
        let comune = comune.map(|code| allocation::IstatCode::parse(code).unwrap());
        let kind = match role {
            Role::Partner => Kind::of_partner(&self.store, "9", template::PARTNER).ok()?,
            _ => Kind::check(&self.store, role, &template::ambiti_of(role), comune).ok()?,
        };
        let client = client::without_secret(&self.store.book(), template::CLIENT_NAME, &kind)?;
        Some(self.authenticator.issue(&client).unwrap().0)
    }

    /// What `ambito token` would print for these arguments, at this server's time.
    pub(crate) fn token(&self, arguments: &[&str]) -> String {
        let value = |name: &str| arguments.iter().skip_while(|argument| **argument != name).nth(1).copied();
        let role = Role::try_from_value(&value("--role").unwrap().to_owned()).unwrap();
        self.token_for(role, value("--comune"))
    }

    /// Runs the program on this server's database and returns what it prints; fails the test where the program fails.
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        let output = self.database.program(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Asks as a role; fails the test unless the answer is 200 without errors. Returns `data`.
    pub(crate) fn data(&self, role: Role, query: &str) -> Value {
        let answer = self.ask(&self.token_of(role), query, Value::Null);
        answer.data()
    }

    /// Asks with a token. What is answered is asked for again, by the same client and by another: kept answers must not show.
    pub(crate) fn ask(&self, token: &str, query: &str, variables: Value) -> Answer {
        let body = serde_json::json!({ "query": query, "variables": variables }).to_string();
        let answer = self.ask_once(token, &body);
        if answer.status == 200 && !self.counts {
            twice::check(self, token, &body, &answer);
        }
        answer
    }

    /// Sends a body with a token, once.
    pub(crate) fn ask_once(&self, token: &str, body: &str) -> Answer {
        let bearer = format!("Bearer {token}");
        self.post("/graphql", &[("content-type", "application/json"), ("authorization", &bearer)], body)
    }

    /// Sends a body.
    pub(crate) fn post(&self, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        http::send("POST", &format!("{}{path}", self.url), headers, Some(body))
    }

    /// Asks for a page.
    pub(crate) fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        http::send("GET", &format!("{}{path}", self.url), headers, None)
    }

    /// Sends any method.
    pub(crate) fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&str>) -> Answer {
        http::send(method, &format!("{}{path}", self.url), headers, body)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The future stops the server when it is made; nobody waits for the end of a test's server.
        drop(self.handle.stop(false));
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Cents of a `Euro` text, by arithmetic of the tests' own.
pub(crate) fn cents(euro: &Value) -> i64 {
    let text = euro.as_str().unwrap();
    let (whole, decimals) = text.split_once('.').unwrap();
    assert_eq!(decimals.len(), 2, "{text}");
    let sign = if whole.starts_with('-') { -1 } else { 1 };
    whole.parse::<i64>().unwrap() * 100 + sign * decimals.parse::<i64>().unwrap()
}
