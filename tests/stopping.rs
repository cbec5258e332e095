//! The end of a server: it says first that it is not ready, cuts nothing that ends in time, and ends in any case.

use std::time::{Duration, Instant};

use crate::support::ground::{Ground, Wire};
use crate::support::process::{Running, get};
use crate::support::program;

const SERVES: &str = "ambito serves";
const STOPS: &str = "ambito stops";
const CLOSED: &str = "no more connections are taken";
const BODY: &str = r#"{"query":"{ viewer { role } }"}"#;
/// How long anything may take that should happen at once, on a busy machine.
const SOON: Duration = Duration::from_secs(8);

/// The head of a query, and of any other body.
fn head(token: &str) -> String {
    format!(
        "POST /graphql HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n",
        BODY.len()
    )
}

/// What was being asked is answered whole, and the server ends by itself and soon.
fn check_good_end(server: &mut Running, slow: &mut Wire, began: Instant) {
    let (answer, body) = slow.answer();
    assert!(answer.starts_with("http/1.1 200") && body.contains("AUDITOR"), "{answer}{body}");
    assert_eq!(server.ended(), Some(0));
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    assert!(!server.all().contains("were cut"));
}

#[test]
fn nothing_is_cut_and_readiness_goes_first() {
    let ground = Ground::new();
    let mut server = ground.serve(&[("AMBITO_DRAIN_SECONDS", "2")]);
    let url = server.url(SERVES);
    let token = ground.token(&url);
    assert_eq!(get(&format!("{url}/health/ready")).status, 200);
    // Connections of before: one with half a request, one that has been used and kept.
    let (mut slow, mut kept) = (Wire::to(&url).unwrap(), Wire::to(&url).unwrap());
    let (first, rest) = BODY.split_at(9);
    slow.write(head(&token) + first);
    kept.write(head(&token) + BODY);
    let (before, _) = kept.answer();
    assert!(before.starts_with("http/1.1 200") && !before.contains("connection: close"), "{before}");
    let began = Instant::now();
    server.tell_to_end();
    server.line(STOPS);
    for (path, status, part) in [
        ("/health/ready", 503, "{\"status\":\"stopping\"}"),
        ("/status", 503, "about to stop"),
        ("/health/live", 200, "live"),
    ] {
        let page = get(&format!("{url}{path}"));
        assert!(page.status == status && page.body.contains(part), "{path}: {} {}", page.status, page.body);
    }
    // Everything is still answered, on old and new connections, and each client is told to come back by another one.
    let mut new = Wire::to(&url).unwrap();
    for wire in [&mut kept, &mut new] {
        wire.write(head(&token) + BODY);
        let (answer, body) = wire.answer();
        assert!(answer.starts_with("http/1.1 200") && answer.contains("connection: close"), "{answer}");
        assert!(body.contains("AUDITOR"), "{body}");
    }
    assert!(server.line(CLOSED).contains("requests=1"), "{}", server.line(CLOSED));
    assert!(began.elapsed() >= Duration::from_secs(2), "it took no requests for as long as it should");
    while Wire::to(&url).is_ok() {
        assert!(began.elapsed() < SOON, "it still takes connections");
    }
    slow.write(rest);
    check_good_end(&mut server, &mut slow, began);
}

/// Clients that keep a connection and ask nothing do not hold up the end, whatever the grace; one that is being answered is answered to its end.
#[test]
fn idle_connections_are_closed_and_running_requests_end() {
    let ground = Ground::new();
    let settings = [
        // One, so that requests are taken up in their order.
        ("AMBITO_WORKERS", "1"),
        ("AMBITO_DRAIN_SECONDS", "0"),
        ("AMBITO_SHUTDOWN_SECONDS_MAX", "600"),
        ("AMBITO_IDLE_SECONDS_MAX", "600"),
        ("AMBITO_HEAD_SECONDS_MAX", "600"),
        ("AMBITO_BODY_SECONDS_MAX", "600"),
    ];
    let mut server = ground.serve(&settings);
    let url = server.url(SERVES);
    let token = ground.token(&url);
    let (first, rest) = BODY.split_at(9);
    let mut slow = Wire::to(&url).unwrap();
    slow.write(head(&token) + first);
    let (mut unused, mut used) = (Wire::to(&url).unwrap(), Wire::to(&url).unwrap());
    used.write(head(&token) + BODY);
    assert!(used.answer().0.starts_with("http/1.1 200"));
    let began = Instant::now();
    server.tell_to_end();
    assert!(server.line(CLOSED).contains("requests=1"), "{}", server.line(CLOSED));
    // Each reads the end of its connection: no answer, since nothing was asked.
    for idle in [&mut used, &mut unused] {
        assert_eq!(idle.answer().0, "");
    }
    slow.write(rest);
    check_good_end(&mut server, &mut slow, began);
}

#[test]
fn what_does_not_end_in_time_is_cut() {
    let ground = Ground::new();
    let settings = [
        // One, so that requests are taken up in their order.
        ("AMBITO_WORKERS", "1"),
        ("AMBITO_DRAIN_SECONDS", "0"),
        ("AMBITO_SHUTDOWN_SECONDS_MAX", "1"),
        ("AMBITO_BODY_SECONDS_MAX", "600"),
    ];
    let mut server = ground.serve(&settings);
    let url = server.url(SERVES);
    let mut slow = Wire::to(&url).unwrap();
    slow.write(head(&ground.token(&url)) + "{");
    // A second request makes sure that the first has been taken up, since each is counted when it begins.
    assert_eq!(get(&format!("{url}/health/live")).status, 200);
    let began = Instant::now();
    server.tell_to_end();
    assert_eq!(slow.answer().0, "");
    assert_eq!(server.ended(), Some(0));
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    assert!(server.all().contains("requests under way were cut requests=1"), "{}", server.all());
}

#[test]
fn a_second_signal_ends_at_once() {
    let ground = Ground::new();
    for seconds in ["AMBITO_DRAIN_SECONDS", "AMBITO_SHUTDOWN_SECONDS_MAX"] {
        let other =
            if seconds == "AMBITO_DRAIN_SECONDS" { "AMBITO_SHUTDOWN_SECONDS_MAX" } else { "AMBITO_DRAIN_SECONDS" };
        let mut server = ground.serve(&[
            ("AMBITO_WORKERS", "1"),
            (seconds, "600"),
            (other, "0"),
            ("AMBITO_BODY_SECONDS_MAX", "600"),
        ]);
        let url = server.url(SERVES);
        let mut slow = Wire::to(&url).unwrap();
        slow.write(head(&ground.token(&url)) + "{");
        assert_eq!(get(&format!("{url}/health/live")).status, 200);
        let began = Instant::now();
        server.tell_to_end();
        server.line(if other == "AMBITO_DRAIN_SECONDS" { CLOSED } else { STOPS });
        server.tell_to_end();
        assert_eq!(server.ended(), Some(0), "{seconds}");
        assert!(began.elapsed() < SOON, "{seconds}: {:?}", began.elapsed());
        assert!(server.all().contains("were cut requests=1"), "{seconds}: {}", server.all());
    }
}

/// Whoever tries it out does not wait for load balancers, nor for a browser that keeps its connection.
#[test]
fn a_demonstration_ends_at_once() {
    let mut demo = Running::start(program(&["demo", "--ephemeral", "--listen", "127.0.0.1:0"], &[]));
    let mut idle = Wire::to(&demo.url("demonstration at")).unwrap();
    idle.write("GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n");
    assert!(idle.answer().0.starts_with("http/1.1 200"));
    let began = Instant::now();
    assert_eq!(demo.stop(), Some(0));
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
}
