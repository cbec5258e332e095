//! The program as a process: what it prints, what it refuses and how it says so, and how it ends.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::database::Database;
use crate::support::process::{self, Running, ask, get, run};
use crate::support::tables::{snapshot, wait};
use crate::support::{Server, own_folder, program, tables};

const AMOUNT_DUE: &str = r#"{ comune(istatCode: "017103") { name amountDue(year: 2021) } }"#;

/// The address line of a demonstration.
const ADDRESS: &str = "ambito: demonstration at http://127.0.0.1:";

fn demo(arguments: &[&str], settings: &[(&str, &str)]) -> Running {
    let always = ["demo", "--listen", "127.0.0.1:0"];
    Running::start(program(&[&always[..], arguments].concat(), settings))
}

/// The token that a demonstration prints for a role.
fn token(server: &mut Running, label: &str) -> String {
    let line = server.line(&format!("token {label}"));
    line.rsplit_once(": ").unwrap().1.to_owned()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn the_demonstration_says_where_it_is_what_it_is_and_how_to_try_it() {
    let temporary = own_folder();
    let mut server = demo(&["--ephemeral"], &[("TMPDIR", text(&temporary))]);
    let url = server.url(ADDRESS);
    server.line("DIMOSTRAZIONE");
    server.line("DEMONSTRATION");
    assert_eq!(std::fs::read_dir(&temporary).unwrap().count(), 1, "its folder is elsewhere");
    let mut azienda = String::new();
    for (label, role) in [
        ("COMUNE 017103 Manerbio", json!({ "role": "COMUNE", "comune": { "istatCode": "017103" } })),
        ("AZIENDA ambito 9", json!({ "role": "AZIENDA", "comune": null })),
        ("ASSEMBLEA ambito 9", json!({ "role": "ASSEMBLEA", "comune": null })),
    ] {
        let token = token(&mut server, label);
        if label.starts_with("AZIENDA") {
            azienda.clone_from(&token);
        }
        assert_eq!(ask(&url, &token, "{ viewer { role comune { istatCode } } }")["viewer"], role);
        assert_eq!(ask(&url, &token, AMOUNT_DUE)["comune"]["name"], "Manerbio");
    }
    for (label, role) in [("AZIENDA ambito CREMA", "AZIENDA"), ("PARTNER SUL_SERIO ambito CREMA", "PARTNER")] {
        let token = token(&mut server, label);
        let asked = r#"{ viewer { role } ambito(code: "CREMA") { agreements { nodes { code } } } expenseReports { totalCount } }"#;
        let nodes = json!({ "agreements": { "nodes": [{ "code": "COPROGETTAZIONE" }] } });
        let seen = json!({ "viewer": { "role": role }, "ambito": nodes, "expenseReports": { "totalCount": 0 } });
        assert_eq!(ask(&url, &token, asked), seen);
    }
    let reader = token(&mut server, "REPORTING every ambito");
    let codes = json!([{ "code": "9" }, { "code": "CREMA" }, { "code": "CREMONA" }]);
    assert_eq!(ask(&url, &reader, "{ ambiti { nodes { code } } }")["ambiti"]["nodes"], codes);
    let curl = server.line("curl -s");
    assert!(curl.contains(&format!("{url}/graphql")) && curl.contains("amountDue"), "{curl}");
    let curl = server.line("agreements");
    assert!(curl.starts_with("curl -s") && curl.contains(&reader), "{curl}");
    let body: Value =
        serde_json::from_str(curl.split("-d '").nth(1).unwrap().trim_end().trim_end_matches('\'')).unwrap();
    let nodes = ask(&url, &reader, body["query"].as_str().unwrap())["ambito"]["agreements"]["nodes"].take();
    let first = json!({ "year": 2015, "net": "867402.01", "vat": "114956.66", "gross": "982358.67", "contributions": "113954.02" });
    assert_eq!((&nodes[0]["code"], &nodes[0]["version"]["years"][0]), (&json!("COPROGETTAZIONE"), &first));
    let staff = "{ ambito(code: \"9\") { service(code: \"STAFF\") { indicators { unit target reached latest { value assumed } } } } }";
    let indicators = ask(&url, &reader, staff)["ambito"]["service"]["indicators"].take();
    let latest = json!({ "value": "81", "assumed": true });
    let goals = json!({ "unit": "percento", "target": "80", "reached": true, "latest": latest });
    assert_eq!(indicators[0], goals);
    let fields = "{ ambito(code: \"9\") { monitoringFields { code required countsPeople } } }";
    let fields = ask(&url, &azienda, fields)["ambito"]["monitoringFields"].take();
    assert_eq!(fields.as_array().unwrap().len(), 7);
    assert_eq!(fields[1], json!({ "code": "PERSONE", "required": true, "countsPeople": true }));
    assert_eq!(server.stop(), Some(0));
    assert_eq!(std::fs::read_dir(&temporary).unwrap().count(), 0, "the temporary folder stays");
}

#[test]
fn a_data_folder_keeps_what_is_in_it() {
    let data = own_folder();
    let mut first = demo(&["--data", text(&data)], &[]);
    let url = first.url(ADDRESS);
    let old = token(&mut first, "COMUNE");
    let answer = ask(&url, &old, AMOUNT_DUE);
    assert_eq!(first.stop(), Some(0));
    let database = Database::in_folder(&data);
    let before = snapshot(&database);
    let mut second = demo(&["--data", text(&data)], &[]);
    let url = second.url(ADDRESS);
    let new = token(&mut second, "COMUNE");
    for token in [&old, &new] {
        assert_eq!(ask(&url, token, AMOUNT_DUE), answer);
    }
    assert_eq!(second.stop(), Some(0));
    assert!(snapshot(&database) == before, "the second start wrote something");
}

/// A folder with what a file of agreements brings, and nothing else.
fn folder_with(agreements: &str) -> PathBuf {
    let (data, files) = (own_folder(), own_folder());
    std::fs::write(files.join("agreements.toml"), agreements).unwrap();
    let database = Database::in_folder(&data);
    database.migrate();
    let ended = process::end(database.program(&["import", text(&files)]));
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    data
}

#[test]
fn a_demonstration_that_was_half_loaded_is_loaded_to_its_end() {
    let crema = include_str!("../api/data/crema/agreements.toml");
    let codes = |codes: &[&str]| codes.iter().map(|code| json!({ "code": code })).collect::<Vec<_>>();
    let of_own = crema.replacen("code = \"CREMA\"", "code = \"X\"", 1);
    for (agreements, expected) in [
        (
            crema,
            json!([
                { "code": "9", "governingBodies": codes(&["ASSEMBLEA", "STAFF"]) },
                { "code": "CREMA", "governingBodies": codes(&["CABINA", "COORDINAMENTO", "DIRETTIVO_ATS", "STAFF"]) },
                { "code": "CREMONA", "governingBodies": [] },
            ]),
        ),
        // What is no part of it stays alone.
        (&of_own, json!([{ "code": "X", "governingBodies": [] }])),
    ] {
        let data = folder_with(agreements);
        let mut server = demo(&["--data", text(&data)], &[]);
        let url = server.url(ADDRESS);
        let reader = token(&mut server, "REPORTING every ambito");
        let query = "{ ambiti { nodes { code governingBodies { code } } } }";
        assert_eq!(ask(&url, &reader, query)["ambiti"]["nodes"], expected);
        assert_eq!(server.stop(), Some(0));
    }
}

#[test]
fn a_token_is_printed_alone_and_works_at_once() {
    let data = own_folder();
    let mut server = demo(&["--data", text(&data)], &[]);
    let url = server.url(ADDRESS);
    for (arguments, role) in [
        (&["--role", "COMUNE", "--comune", "017149"][..], "COMUNE"),
        (&["--role", "azienda"], "AZIENDA"),
        (&["--role", "ASSEMBLEA", "--ambito", "9"], "ASSEMBLEA"),
        (&["--role", "REPORTING"], "REPORTING"),
        (&["--role", "AUDITOR"], "AUDITOR"),
        (&["--role", "ADMIN"], "ADMIN"),
    ] {
        let ended = run(&[&["token", "--data", text(&data)], arguments].concat(), &[]);
        assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""));
        let token = ended.out.strip_suffix('\n').unwrap();
        assert!(token.split('.').count() == 3 && !token.contains(char::is_whitespace), "{token:?}");
        assert_eq!(ask(&url, token, "{ viewer { role } }")["viewer"]["role"], role);
    }
    for (arguments, code, sentence) in [
        (&["--role", "COMUNE"][..], 1, "The comune's ISTAT code is needed."),
        (&["--role", "COMUNE", "--comune", "099999"], 1, "Not found: comune 099999."),
        (&["--role", "AUDITOR", "--comune", "017149"], 1, "Only the role COMUNE speaks for a comune."),
        (&["--role", "AZIENDA", "--ambito", "X"], 1, "Not found: ambito X."),
        (&["--role", "KING"], 2, "none of COMUNE, REPORTING"),
    ] {
        let ended = run(&[&["token", "--data", text(&data)], arguments].concat(), &[]);
        assert_eq!((ended.code, ended.out.as_str()), (Some(code), ""), "{arguments:?}");
        assert!(ended.err.contains(sentence), "{arguments:?}: {}", ended.err);
    }
    let nowhere = own_folder().join("nowhere");
    let ended = run(&["token", "--data", text(&nowhere), "--role", "ADMIN"], &[]);
    assert!(ended.code == Some(1) && ended.err.contains("there is no such file") && !nowhere.exists(), "{}", ended.err);
}

#[test]
fn the_demonstration_stays_on_this_machine_and_takes_a_free_port() {
    let data = own_folder().join("data");
    let busy = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = busy.local_addr().unwrap().to_string();
    for (listen, code, sentence) in [
        ("0.0.0.0:0", 1, "it listens on this machine only; 0.0.0.0:0 is no loopback address"),
        ("192.0.2.1:8080", 1, "it listens on this machine only"),
        ("[::]:0", 1, "it listens on this machine only"),
        (&taken, 1, "is in use by another program; choose another port"),
        ("127.0.0.1", 2, "is not an address and a port"),
    ] {
        let ended = run(&["demo", "--listen", listen, "--data", text(&data)], &[]);
        assert_eq!((ended.code, ended.out.as_str()), (Some(code), ""), "{listen}");
        assert!(ended.err.contains(sentence), "{listen}: {}", ended.err);
        assert!(!data.exists(), "{listen}: a folder was made");
    }
}

#[test]
fn limits_come_from_the_environment() {
    let temporary = own_folder();
    let limits = [("AMBITO_RATE_PER_MINUTE", "7"), ("AMBITO_COST_MAX", "1"), ("TMPDIR", text(&temporary))];
    let mut server = demo(&["--ephemeral"], &limits);
    let url = server.url(ADDRESS);
    let token = format!("Bearer {}", token(&mut server, "COMUNE"));
    let headers = [("content-type", "application/json"), ("authorization", token.as_str())];
    let ask = |query: &str| {
        let body = json!({ "query": query }).to_string();
        process::send("POST", &format!("{url}/graphql"), &headers, Some(&body))
    };
    let answer = ask("{ rateLimit { limit } }");
    assert_eq!(answer.data(), json!({ "rateLimit": { "limit": 7 } }));
    assert_eq!(ask("{ ambiti { nodes { comuni { name } } } }").code(), "COST_EXCEEDED");
}

/// What `serve` needs, in a folder of its own.
struct Ground {
    folder: PathBuf,
    database: Database,
    url: String,
    key: String,
}

impl Ground {
    fn new() -> Self {
        let folder = own_folder();
        let database = Database::empty(&folder);
        database.migrate();
        let key = folder.join("key.pem");
        assert_eq!(run(&["key", "create", "--out", text(&key)], &[]).code, Some(0));
        Self { url: database.url(), database, key: text(&key).to_owned(), folder }
    }

    /// A file beside them, with a text, open to others or not.
    fn file(&self, name: &str, bytes: &[u8], is_open: bool) -> String {
        use std::os::unix::fs::PermissionsExt;
        let file = self.folder.join(name);
        std::fs::write(&file, bytes).unwrap();
        std::fs::set_permissions(&file, PermissionsExt::from_mode(if is_open { 0o644 } else { 0o600 })).unwrap();
        text(&file).to_owned()
    }

    /// Everything that `serve` needs, with some of it otherwise; an empty value is none.
    fn settings<'a>(&'a self, changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        let needed = [
            ("AMBITO_DATABASE_URL", self.url.as_str()),
            ("AMBITO_SIGNING_KEY_FILES", self.key.as_str()),
            ("AMBITO_ISSUER", "https://ambito.example"),
            ("AMBITO_LISTEN", "127.0.0.1:0"),
            ("AMBITO_DRAIN_SECONDS", "0"),
        ];
        let kept = needed.into_iter().filter(|(name, _)| changes.iter().all(|(other, _)| name != other));
        kept.chain(changes.iter().copied()).collect()
    }
}

#[test]
fn serve_refuses_with_a_sentence_what_is_missing_or_weak() {
    let ground = Ground::new();
    let key = std::fs::read(&ground.key).unwrap();
    let (open, empty) = (ground.file("open.pem", &key, true), ground.file("empty.pem", b"", false));
    let (text, absent) =
        (ground.file("text.pem", b"secret", false), ground.folder.join("absent").display().to_string());
    let new = format!("sqlite://{}", ground.file("new.sqlite", b"", false));
    let nowhere = format!("sqlite://{absent}");
    let (database, keys, issuer) = ("AMBITO_DATABASE_URL", "AMBITO_SIGNING_KEY_FILES", "AMBITO_ISSUER");
    // What is set otherwise, and a part of each line that is told.
    let cases: &[(&[(&str, &str)], &[&str])] = &[
        (
            &[(database, ""), (keys, ""), (issuer, "")],
            &[
                "AMBITO_DATABASE_URL: it must say where",
                "AMBITO_SIGNING_KEY_FILES: it must name",
                "AMBITO_ISSUER: it must say who",
            ],
        ),
        (&[(issuer, "")], &["AMBITO_ISSUER: it must say who issues the tokens"]),
        (&[(keys, &absent)], &["there is no such file; `ambito key create --out FILE` makes one"]),
        (&[(keys, &open)], &["the group or others may read or write it; `chmod 600` it first"]),
        (&[(keys, &empty)], &["the file is empty"]),
        (&[(keys, &text)], &["not an unencrypted P-256 private key"]),
        (&[(keys, &open), (issuer, "")], &["AMBITO_ISSUER: ", "may read or write it"]),
        (&[(database, &nowhere)], &["cannot be opened"]),
        (&[(database, &new)], &["is empty or of an older version; run `ambito migrate` first"]),
        (&[(database, "sqlite::memory:")], &["AMBITO_DATABASE_URL: a database in memory is gone with the process"]),
        (&[(database, "postgres://h/d")], &["AMBITO_DATABASE_URL: it must name a user"]),
        (
            &[(database, "postgres://u:hidden@127.0.0.1:1/d")],
            &["the database postgres://u:***@127.0.0.1:1/d cannot be opened"],
        ),
        (&[("AMBITO_DATABSE_URL", "x")], &["AMBITO_DATABSE_URL: there is no setting of this name"]),
        (
            &[("AMBITO_RATE_PER_MINUTE", "many"), ("AMBITO_COST_MAX", "0"), ("AMBITO_NESTING_MAX", "1500")],
            &[
                "AMBITO_RATE_PER_MINUTE: a whole number",
                "AMBITO_NESTING_MAX: 1500 is outside 4 to 48",
                "AMBITO_COST_MAX: 0 is outside",
            ],
        ),
        (&[("AMBITO_SMALL_CELL_PEOPLE_MIN", "2")], &["AMBITO_SMALL_CELL_PEOPLE_MIN: 2 is outside 3 to"]),
        (&[("AMBITO_LISTEN", "here")], &["AMBITO_LISTEN: \"here\" is not an address and a port"]),
        (&[("AMBITO_ISSUERS_FILE", &absent)], &["absent"]),
    ];
    for (changes, expected) in cases {
        let ended = run(&["serve"], &ground.settings(changes));
        assert_eq!((ended.code, ended.out.as_str()), (Some(1), ""), "{changes:?}: {}", ended.err);
        let told: Vec<&str> = ended.err.lines().collect();
        let as_expected =
            told.len() == expected.len() && told.iter().zip(*expected).all(|(line, part)| line.contains(part));
        assert!(as_expected, "{changes:?}: {told:#?}");
        assert!(!ended.err.contains("PRIVATE") && !ended.err.contains("hidden"));
    }
    assert!(!Path::new(&absent).exists(), "a database was made");
}

#[test]
fn serve_brings_no_data_of_its_own_and_ends_when_told() {
    let ground = Ground::new();
    let before = snapshot(&ground.database);
    let mut server = Running::start(program(&["serve"], &ground.settings(&[])));
    let url = server.url("ambito serves");
    assert_eq!(get(&format!("{url}/health/ready")).status, 200);
    assert_eq!(server.stop(), Some(0));
    assert!(snapshot(&ground.database) == before, "the start wrote something");
    let ambiti = wait(async {
        let db = ground.database.outside().await;
        tables::number(&db, "SELECT count(*) FROM ambito").await
    });
    assert_eq!(ambiti, 0);
}

#[test]
fn schema_prints_the_published_schema() {
    let ended = run(&["schema"], &[]);
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""));
    assert!(ended.out == include_str!("../schema.graphql"), "schema.graphql is stale");
}

#[test]
fn the_pages_for_machines() {
    let server = Server::start();
    for (path, content_type, member, value) in [
        ("/status", "application/problem+json", "/status", json!(200)),
        ("/status", "application/problem+json", "/title", json!("OK")),
        ("/health/live", "application/json", "/status", json!("live")),
        ("/health/ready", "application/json", "/status", json!("ready")),
    ] {
        let answer = server.get(path, &[]);
        assert_eq!((answer.status, answer.header("content-type").as_deref()), (200, Some(content_type)), "{path}");
        assert_eq!(answer.json().pointer(member), Some(&value), "{path}: {}", answer.body);
    }
    let schema = server.get("/schema.graphql", &[]);
    assert_eq!(schema.body.trim_end(), include_str!("../schema.graphql").trim_end());
    let home = server.get("/", &[]);
    assert_eq!((home.status, home.header("location").as_deref()), (303, Some("/graphiql")));
    assert_eq!(server.get("/elsewhere", &[]).status, 404);
}

/// What stands in double quotes after each of these.
fn quoted<'t>(text: &'t str, before: &str) -> Vec<&'t str> {
    text.split(&format!("{before}\"")).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn graphiql_needs_no_other_server() {
    let server = Server::start();
    let page = server.get("/graphiql", &[]);
    assert_eq!((page.status, page.header("content-type").as_deref()), (200, Some("text/html; charset=utf-8")));
    let policy = page.header("content-security-policy").unwrap();
    // The browser itself is told to fetch nothing from elsewhere.
    for rule in ["default-src 'none'", "connect-src 'self'", "script-src 'self'"] {
        assert!(policy.split("; ").any(|own| own == rule), "{policy}");
    }
    assert!(!policy.contains("http") && !policy.contains('*'), "{policy}");
    assert!(!page.body.contains("http:") && !page.body.contains("https:") && !page.body.contains("\"//"));
    let named = [quoted(&page.body, "src="), quoted(&page.body, "href=")].concat();
    let files: Vec<&str> = named.into_iter().filter(|name| !name.starts_with("data:")).collect();
    assert!(files.len() >= 5, "{files:?}");
    for file in files {
        let answer = server.get(file, &[]);
        assert!(answer.status == 200 && !answer.body.is_empty(), "{file}: {}", answer.status);
        let is_style = answer.header("content-type").is_some_and(|kind| kind.starts_with("text/css"));
        let fetches = ["@import", "url(http", "url(\"http", "url(//", "src=\"http", "fetch(\"http", "import(\"http"];
        assert!(!fetches.iter().any(|fetch| answer.body.contains(fetch)), "{file}");
        assert!(!is_style || !answer.body.contains("https://"), "{file}");
    }
}

#[test]
fn the_first_answer_comes_soon() {
    let temporary = own_folder();
    let began = Instant::now();
    let mut server = demo(&["--ephemeral"], &[("TMPDIR", text(&temporary))]);
    let url = server.url(ADDRESS);
    let token = token(&mut server, "COMUNE");
    let answer: Value = ask(&url, &token, AMOUNT_DUE);
    assert!(answer["comune"]["amountDue"].is_string());
    // Unoptimised, it has no promise to keep.
    assert!(cfg!(debug_assertions) || began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
}
