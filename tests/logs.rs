//! The log and the numbers: neither holds a token, a secret, a name, or anything else that a client wrote, whatever is logged and wherever the
//! client put it.

use serde_json::{Value, json};

use crate::support::ground::{Ground, Wire};
use crate::support::process::{Running, get, send};

/// A person's name, as one word so that no encoding changes it.
const NAME: &str = "Annalisabianchini";
/// A tax code, which would fit where an id does.
const TAX_CODE: &str = "BNCNLS80A41B157X";

/// What is planted everywhere.
struct Planted {
    token: String,
    client: String,
    secret: String,
}

impl Planted {
    /// What must not be found; a token in its parts, since each gives something away.
    fn words(&self) -> Vec<&str> {
        let mut words = vec![NAME, TAX_CODE, self.secret.as_str()];
        words.extend(self.token.split('.'));
        words
    }
}

/// Documents with a word in each place where one can stand; most are refused.
fn documents(word: &str) -> Vec<Value> {
    let queries = [
        format!("{{ ambito(code: \"{word}\") {{ name }} }}"),
        format!("{{ ambito(code: {word}) {{ name }} }}"),
        format!("{{ comune(istatCode: \"{word}\") {{ name }} }}"),
        format!("{{ nodes(ids: [\"{word}\"]) {{ id }} }}"),
        format!("{{ node(id: \"{word}\") {{ id }} }}"),
        format!("{{ quotas(first: \"{word}\") {{ totalCount }} }}"),
        format!("{{ quotas(after: \"{word}\") {{ totalCount }} }}"),
        format!("{{ quotas(filter: {{ years: [\"{word}\"] }}) {{ totalCount }} }}"),
        format!("{{ quotas(filter: {{ {word}: 1 }}) {{ totalCount }} }}"),
        format!("{{ {word} }}"),
        format!("{{ {word}: viewer {{ role }} }}"),
        format!("{{ viewer {{ role @{word} }} }}"),
        format!("{{ viewer {{ ...{word} }} }}"),
        format!("{{ viewer {{ ... on {word} {{ role }} }} }}"),
        format!("fragment {word} on Viewer {{ role }} {{ viewer {{ role }} }}"),
        format!("query($a: {word}) {{ viewer {{ role }} }}"),
        format!("query(${word}: String) {{ viewer {{ role }} }}"),
        format!("query($a: String = {word}) {{ ambito(code: $a) {{ name }} }}"),
        format!("{{ viewer {{ role }} }} # {word}"),
        format!("{{ viewer {{ role }} \"{word}\""),
        format!("{{ viewer(role: \"\"\"{word}\"\"\") {{ role }} }}"),
    ];
    let mut documents: Vec<Value> = queries.iter().map(|query| json!({ "query": query })).collect();
    let by_variable = "query Q($c: String!, $i: IstatCode, $m: Euro, $d: Date, $n: Int) { ambito(code: $c) { name }
      comune(istatCode: $i) { amountDue(year: 2021, asOf: $d) } quotas(first: $n, filter: {minimum: $m}) { totalCount } }";
    for variable in ["c", "i", "m", "d", "n", word] {
        let mut variables = json!({ "c": "9", "i": "017103" });
        variables[variable] = json!(word);
        documents.push(json!({ "query": by_variable, "operationName": "Q", "variables": variables }));
    }
    documents.push(json!({ "query": "{ viewer { role } }", "operationName": word }));
    documents.push(json!({ "query": "{ viewer { role } }", "variables": word }));
    documents.push(json!({ "query": "{ viewer { role } }", "extensions": { word: { "sha256Hash": word } } }));
    documents.push(json!({ "query": "{ viewer { role } }", word: word }));
    documents.push(json!(word));
    documents
}

/// Sends each document as it should be sent. Returns how many.
fn ask(url: &str, planted: &Planted) -> usize {
    let bearer = format!("Bearer {}", planted.token);
    let headers = [("content-type", "application/json"), ("authorization", bearer.as_str())];
    let mut sent = 0;
    for word in [NAME, TAX_CODE, planted.token.split('.').next().unwrap()] {
        for document in documents(word) {
            send("POST", &format!("{url}/graphql"), &headers, Some(&document.to_string()));
            sent += 1;
        }
        send("POST", &format!("{url}/graphql"), &headers, Some(&format!("{{ {word}")));
        sent += 1;
    }
    sent
}

/// Puts each word where it does not belong. Returns how many requests that were.
fn misplace(url: &str, planted: &Planted) -> usize {
    let mut sent = 0;
    let mut go = |method: &str, path: &str, headers: &[(&str, &str)], body: Option<&str>| {
        send(method, &format!("{url}{path}"), headers, body);
        sent += 1;
    };
    for word in [NAME, TAX_CODE, &planted.secret, &planted.token] {
        let (query, bearer, basic) =
            (format!("?query={word}&access_token={word}"), format!("Bearer {word}"), format!("Basic {word}"));
        for path in ["/graphql", "/status", "/oauth/token", "/graphiql", "/nowhere"] {
            go("GET", &format!("{path}{query}"), &[], None);
            go("POST", &format!("{path}{query}"), &[("content-type", "application/x-www-form-urlencoded")], Some(word));
        }
        for path in [format!("/{word}"), format!("/graphql/{word}"), format!("/graphiql/{word}.js")] {
            go("GET", &path, &[("authorization", &bearer)], None);
        }
        for name in ["cookie", "x-api-key", "user-agent", "referer", "accept", "accept-language", "content-type"] {
            go("POST", "/graphql", &[(name, word)], Some("{}"));
        }
        for header in [&bearer, &basic, &format!("{bearer}x"), &(*word).to_owned()] {
            go("POST", "/graphql", &[("authorization", header)], Some("{}"));
            go("POST", "/oauth/token", &[("authorization", header)], Some("grant_type=client_credentials"));
        }
        // One that could be an id is taken for one, if it is short; none of ours is.
        if word != TAX_CODE && word != NAME {
            go("GET", "/status", &[("x-request-id", word), ("traceparent", word)], None);
        }
    }
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let Planted { client, secret, .. } = planted;
    for (id, secret, kind) in [
        (client.as_str(), secret.as_str(), "client_credentials"),
        (client, NAME, "client_credentials"),
        (NAME, secret, "client_credentials"),
        (client, secret, TAX_CODE),
    ] {
        let body = format!("grant_type={kind}&client_id={id}&client_secret={secret}&scope={NAME}");
        go("POST", "/oauth/token", &form, Some(&body));
        go("POST", "/oauth/token", &[("content-type", "application/json")], Some(&body));
    }
    sent
}

/// Sends what is hardly HTTP, which the server refuses before it is a request.
fn disturb(url: &str, planted: &Planted) {
    for word in planted.words() {
        for text in [
            format!("{word} / HTTP/1.1\r\nhost: x\r\n\r\n"),
            format!("GET /{word} HTTP/9.9\r\n\r\n"),
            format!("GET / HTTP/1.1\r\nhost: x\r\ncontent-length: {word}\r\n\r\n"),
            format!("GET / HTTP/1.1\r\nhost: x\r\n{word}\u{1}: 1\r\n\r\n"),
            format!("POST /graphql HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n{word}\r\n"),
            format!("GET /{} HTTP/1.1\r\n\r\n", word.repeat(20_000)),
        ] {
            let mut wire = Wire::to(url).unwrap();
            wire.write(text);
            wire.answer();
        }
    }
}

/// The lines of the log that say a request was answered.
fn requests(server: &mut Running) -> (String, usize) {
    let all = server.all();
    let lines = all.lines().map(|line| serde_json::from_str::<Value>(line).unwrap_or_else(|_| panic!("{line}")));
    let count = lines.filter(|line| line["message"] == "request").count();
    (all, count)
}

#[test]
fn no_token_no_secret_and_no_name() {
    let ground = Ground::new();
    let log = "trace,actix_http=trace,actix_web=trace,sqlx=trace,sea_orm=trace,async_graphql=trace,rustls=trace";
    let mut server = ground.serve(&[
        ("AMBITO_LOG", log),
        ("AMBITO_LOG_FORMAT", "json"),
        ("AMBITO_METRICS_LISTEN", "127.0.0.1:0"),
        ("AMBITO_DRAIN_SECONDS", "0"),
        ("AMBITO_RATE_PER_MINUTE", "0"),
        ("AMBITO_TOKEN_RATE_PER_MINUTE", "0"),
    ]);
    let url = server.url("ambito serves");
    let planted = Planted { token: ground.token(&url), client: ground.client.clone(), secret: ground.secret.clone() };
    let line: Value = serde_json::from_str(&server.line("ambito serves")).unwrap();
    let metrics = format!("http://{}/metrics", line["metrics"].as_str().unwrap());
    let sent = ask(&url, &planted) + misplace(&url, &planted);
    disturb(&url, &planted);
    let numbers = get(&metrics);
    assert_eq!(numbers.status, 200);
    assert_eq!(server.stop(), Some(0));
    let (said, answered) = requests(&mut server);
    assert!(answered >= sent, "{answered} of {sent} requests are in the log");
    for word in planted.words() {
        for (place, text) in [("log", &said), ("metrics", &numbers.body)] {
            let found = text.lines().find(|line| line.contains(word));
            assert_eq!(found, None, "{word} is in the {place}");
        }
    }
}

#[test]
fn a_line_tells_what_operators_need() {
    let ground = Ground::new();
    let mut server = ground.serve(&[("AMBITO_LOG_FORMAT", "json"), ("AMBITO_DRAIN_SECONDS", "0")]);
    let url = server.url("ambito serves");
    let token = ground.token(&url);
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let headers = [
        ("content-type", "application/json"),
        ("authorization", &*format!("Bearer {token}")),
        ("x-request-id", "an-id_1"),
        ("traceparent", &*format!("00-{trace}-00f067aa0ba902b7-01")),
    ];
    let body = json!({ "query": "query Who { viewer { role } }", "operationName": "Who" }).to_string();
    let answer = send("POST", &format!("{url}/graphql?x=y"), &headers, Some(&body));
    assert_eq!(answer.header("x-request-id").as_deref(), Some("an-id_1"));
    let line: Value = serde_json::from_str(&server.line("an-id_1")).unwrap();
    for (field, expect) in [
        ("request_id", json!("an-id_1")),
        ("trace_id", json!(trace)),
        ("method", json!("POST")),
        ("path", json!("/graphql")),
        ("status", json!(200)),
        ("operation", json!("Who")),
        ("cost", json!(1)),
        ("level", json!("INFO")),
    ] {
        assert_eq!(line[field], expect, "{field}: {line}");
    }
    assert!(line["client"].as_str().unwrap().starts_with("auditor-") && line["duration_us"].as_u64().is_some());
}
