//! Bad input of the kind that ends servers: refused at once with its code, without memory, and the server goes on.
//!
//! The program runs as a process of its own, so that its memory can be measured while other tests run in this one. Bytes are sent as they are, since
//! no well-behaved client would send them.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{own_folder, program};

/// How quickly a bad request is refused.
const REFUSED_WITHIN: Duration = Duration::from_millis(100);
/// A busy machine may hold one try up, but not all of them.
const TRIES: usize = 5;
/// How much memory may grow, at its highest.
const GROWTH_KIB_MAX: u64 = 32 * 1024;
const MIB: usize = 1024 * 1024;

/// `ambito demo` as a process.
struct Demo {
    child: Child,
    folder: PathBuf,
    address: String,
    token: String,
}

/// The status and body of an answer.
type Answered = (u16, String);

impl Demo {
    fn start() -> Self {
        // Two workers, however many cores there are, since each keeps buffers of its own.
        let settings = [("AMBITO_RATE_PER_MINUTE", "0"), ("AMBITO_BODY_SECONDS_MAX", "1"), ("AMBITO_WORKERS", "2")];
        let folder = own_folder();
        let mut command = program(&["demo", "--listen", "127.0.0.1:0"], &settings);
        command.arg("--data").arg(folder.join("data"));
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let mut find =
            |mark: &str| lines.find_map(|line| line.split_once(mark).map(|(_, rest)| rest.to_owned())).unwrap();
        let address = find("http://");
        let token = find("token AZIENDA ambito 9: ");
        Self { child, folder, address, token }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.set_write_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    }

    /// The head of a request; `more` are lines of their own.
    fn head(&self, method: &str, path: &str, more: &str) -> String {
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n", self.address);
        let _ = write!(head, "authorization: Bearer {}\r\n{more}\r\n", self.token);
        head
    }

    fn post(&self, content_type: &str, body: &str) -> Answered {
        let more = format!("content-type: {content_type}\r\ncontent-length: {}\r\n", body.len());
        self.exchange(&(self.head("POST", "/graphql", &more) + body))
    }

    fn exchange(&self, request: &str) -> Answered {
        let mut stream = self.connect();
        stream.write_all(request.as_bytes()).unwrap();
        read(&mut stream)
    }

    /// Peak memory since `forget_peak`, in KiB, and memory now.
    fn memory(&self, field: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with(field)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    fn forget_peak(&self) {
        std::fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5").unwrap();
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Reads one answer to its end, as `content-length` says it.
fn read(stream: &mut TcpStream) -> Answered {
    let mut bytes = Vec::new();
    let mut chunk = [0; 16 * 1024];
    loop {
        if let Some(answer) = whole(&bytes) {
            return answer;
        }
        let count = stream.read(&mut chunk).unwrap();
        assert!(count > 0, "cut short: {}", String::from_utf8_lossy(&bytes));
        bytes.extend_from_slice(&chunk[..count]);
    }
}

fn whole(bytes: &[u8]) -> Option<Answered> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "))?.parse::<usize>().ok()?;
    let status = head.split_whitespace().nth(1)?.parse().ok()?;
    (body.len() >= length).then(|| (status, body.to_owned()))
}

fn code(answer: &Answered) -> String {
    let body: Value = serde_json::from_str(&answer.1).unwrap();
    body["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned()
}

fn document(query: &str) -> String {
    json!({ "query": query }).to_string()
}

/// Each fragment spreads the next one twice: two to the twentieth selections in 817 bytes.
fn doubling() -> String {
    let mut text = "{ ...f0 }".to_owned();
    for step in 0..20 {
        let _ = write!(text, " fragment f{step} on Query {{ ...f{0} ...f{0} }}", step + 1);
    }
    text + " fragment f20 on Query { __typename }"
}

fn aliases(count: usize) -> String {
    (0..count).fold("{".to_owned(), |text, n| text + &format!(" a{n}: __typename")) + " }"
}

/// The fastest of some tries; a refusal that takes long takes long every time.
fn quickest(what: &str, mut attempt: impl FnMut() -> Answered) -> Answered {
    let mut tries = (0..TRIES).map(|_| {
        let began = Instant::now();
        let answer = attempt();
        (began.elapsed(), answer)
    });
    let (first, answer) = tries.next().unwrap();
    let mut best = first;
    while best >= REFUSED_WITHIN {
        let Some((took, _)) = tries.next() else { panic!("{what} took {best:?}") };
        best = best.min(took);
    }
    answer
}

/// One case a document, with the code that it earns.
fn bad_documents() -> Vec<(&'static str, String, &'static str)> {
    let nested = |open: &str, close: &str| format!("{}1{}", open.repeat(1_500), close.repeat(1_500));
    let (lists, objects, fields) = (nested("[", "]"), nested("{a:", "}"), nested("{a", "}"));
    let unused = doubling().replacen("{ ...f0 }", "{ __typename }", 1);
    let types = lists.replace('1', "Int");
    let growing = "{ type { fields ".repeat(4);
    vec![
        ("lists", format!("{{ ambito(code: {lists}) {{ name }} }}"), "TOO_DEEP"),
        ("objects", format!("{{ ambito(code: {objects}) {{ name }} }}"), "TOO_DEEP"),
        ("fields", fields, "TOO_DEEP"),
        ("types", format!("query($a: {types}) {{ __typename }}"), "TOO_DEEP"),
        ("lists in a block that does not end", format!("{{ ambito(code: [\"\"\"{lists}"), "PARSE_ERROR"),
        ("doubling fragments", doubling(), "TOO_MANY_SELECTIONS"),
        ("doubling fragments that nothing spreads", unused, "TOO_MANY_SELECTIONS"),
        ("a circle", "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }".into(), "VALIDATION_ERROR"),
        ("10,000 aliases", aliases(10_000), "TOO_MANY_ALIASES"),
        ("31 aliases", aliases(31), "TOO_MANY_ALIASES"),
        ("5,000 directives", format!("{{ __typename {} }}", "@a ".repeat(5_000)), "TOO_MANY_DIRECTIVES"),
        ("501 selections", format!("{{ {} }}", "__typename ".repeat(501)), "TOO_MANY_SELECTIONS"),
        ("no spaces", format!("{{ ambito(code: [{}]) {{ name }} }}", "null".repeat(50_000)), "TOO_MANY_TOKENS"),
        (
            "introspection",
            format!("{{ __schema {{ types {{ fields {growing} {{ name }} {}", "}".repeat(11)),
            "COST_EXCEEDED",
        ),
    ]
}

/// One case a body, with its media type, status and code.
fn bad_bodies() -> Vec<(&'static str, &'static str, String, u16, &'static str)> {
    let json_type = "application/json";
    let lists = format!("{}{}", "[".repeat(1_500), "]".repeat(1_500));
    let batch = format!("[{0},{0}]", document("{ __typename }"));
    let deep = format!("{{\"query\":\"{{a}}\",\"variables\":{{\"a\":{lists}}}}}");
    let many = json!({ "query": "{a}", "variables": { "a": vec![0; 100_000] } }).to_string();
    let bodies = vec![
        ("nested variables", json_type, deep, 400, "TOO_DEEP"),
        ("many variables", json_type, many, 400, "TOO_MANY_TOKENS"),
        ("a batch", json_type, batch, 400, "BATCH_REFUSED"),
        ("plain text", "text/plain", document("{ __typename }"), 415, "UNSUPPORTED_MEDIA_TYPE"),
    ];
    let documents = bad_documents().into_iter();
    bodies
        .into_iter()
        .chain(documents.map(|(what, text, code)| (what, json_type, document(&text), 400, code)))
        .collect()
}

fn bad_requests(demo: &Demo) {
    for (what, content_type, body, status, expected) in bad_bodies() {
        let answer = quickest(what, || demo.post(content_type, &body));
        assert_eq!((answer.0, code(&answer).as_str()), (status, expected), "{what}: {}", answer.1);
    }
    let mutation = demo.head("GET", "/graphql?query=mutation%7B__typename%7D", "");
    let answer = quickest("a mutation over GET", || demo.exchange(&mutation));
    assert_eq!((answer.0, code(&answer).as_str()), (405, "METHOD_NOT_ALLOWED"));
}

/// Sends 64 MiB, or as much as the server takes, and reads what it says meanwhile. The answer must not wait for the body.
fn flood(demo: &Demo, head: &str, framed: bool) -> Answered {
    let mut stream = demo.connect();
    let mut writer = stream.try_clone().unwrap();
    stream.write_all(head.as_bytes()).unwrap();
    let piece = "x".repeat(MIB);
    let piece = if framed { format!("{MIB:x}\r\n{piece}\r\n") } else { piece };
    let sending = std::thread::spawn(move || {
        // An error is the server's end of the connection, which is its right.
        let _ = (0..64).try_for_each(|_| writer.write_all(piece.as_bytes()));
    });
    let answer = read(&mut stream);
    sending.join().unwrap();
    answer
}

fn big_bodies(demo: &Demo) {
    let length = format!("content-type: application/json\r\ncontent-length: {}\r\n", 64 * MIB);
    let chunked = "content-type: application/json\r\ntransfer-encoding: chunked\r\n";
    let known = |more: &str| demo.head("POST", "/graphql", more);
    let stranger = |more: &str| format!("POST /graphql HTTP/1.1\r\nhost: x\r\n{more}\r\n");
    let cases = [
        ("declared", known(&length), false, 413, "BODY_TOO_LARGE"),
        ("in chunks", known(chunked), true, 413, "BODY_TOO_LARGE"),
        ("declared, no token", stranger(&length), false, 401, "UNAUTHENTICATED"),
        ("in chunks, no token", stranger(chunked), true, 401, "UNAUTHENTICATED"),
    ];
    for (what, head, framed, status, expected) in &cases {
        let answer = flood(demo, head, *framed);
        assert_eq!((answer.0, code(&answer).as_str()), (*status, *expected), "{what}: {}", answer.1);
    }
    // Where the head says enough, not a byte of the body is waited for.
    for (what, head, _, status, _) in [&cases[0], &cases[2], &cases[3]] {
        let answer = quickest(what, || demo.exchange(head));
        assert_eq!(answer.0, *status, "{what}");
    }
}

/// A body that comes slower than the limit, here one second, is cut.
fn slow_body(demo: &Demo) {
    let more = "content-type: application/json\r\ncontent-length: 100\r\n";
    let mut stream = demo.connect();
    stream.write_all((demo.head("POST", "/graphql", more) + "{\"query\":").as_bytes()).unwrap();
    let began = Instant::now();
    let answer = read(&mut stream);
    assert_eq!((answer.0, code(&answer).as_str()), (408, "BODY_TIMEOUT"));
    assert!((Duration::from_millis(900)..Duration::from_secs(5)).contains(&began.elapsed()), "{:?}", began.elapsed());
}

#[test]
fn bad_input_is_refused_at_once_and_the_server_goes_on() {
    let demo = Demo::start();
    let good = || demo.post("application/json", &document("{ viewer { role } }"));
    assert_eq!(good().0, 200);
    demo.forget_peak();
    let before = demo.memory("VmRSS");
    bad_requests(&demo);
    big_bodies(&demo);
    slow_body(&demo);
    let growth = demo.memory("VmHWM").saturating_sub(before);
    assert!(growth < GROWTH_KIB_MAX, "memory grew by {growth} KiB");
    let answer = good();
    assert_eq!(
        answer,
        (
            200,
            r#"{"data":{"viewer":{"role":"AZIENDA"}},"extensions":{"cost":{"requested":1,"limit":10000}}}"#.to_owned()
        )
    );
}
