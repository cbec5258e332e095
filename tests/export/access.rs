//! Who may take which table away, and requests that are refused.

use api::auth::Role;
use serde_json::Value;

use super::get;
use crate::support::neighbour::{self, ALFA, APPROVED, DRAFT, PROPOSED};
use crate::support::tables::{snapshot, wait};
use crate::support::{Answer, MANERBIO, PONTEVICO, Server};

const FILES: [&str; 3] = ["quotas.csv", "charges.csv", "activity.csv"];

/// The answers to each role for the files in their order.
const ROLES: [(Role, [u16; 3]); 6] = [
    (Role::Comune, [200, 200, 200]),
    (Role::Azienda, [200, 200, 200]),
    (Role::Assemblea, [200, 403, 403]),
    (Role::Reporting, [200, 403, 403]),
    (Role::Auditor, [200, 200, 403]),
    (Role::Admin, [403, 403, 403]),
];

/// The code of a problem; fails the test where the answer is none.
fn code(answer: &Answer) -> String {
    assert_eq!(answer.header("content-type").as_deref(), Some("application/problem+json"), "{}", answer.body);
    let told = answer.json();
    assert_eq!(told["status"], answer.status, "{told}");
    told["code"].as_str().unwrap().to_owned()
}

/// An answer without what is another each time.
fn told(answer: &Answer) -> String {
    answer.body.replace(&answer.header("x-request-id").unwrap(), "-")
}

#[test]
fn every_role_and_every_file() {
    let server = Server::start();
    neighbour::add(&server);
    let before = snapshot(server.database());
    for (role, statuses) in ROLES {
        let token = server.token_of(role);
        for (file, status) in FILES.into_iter().zip(statuses) {
            let answer = get(&server, &token, &format!("{file}?ambito=9&year=2021"));
            assert_eq!(answer.status, status, "{role:?} {file}: {}", answer.body);
            if status == 403 {
                assert_eq!(code(&answer), "FORBIDDEN");
                // Whatever is asked for: the role says it.
                let elsewhere = get(&server, &token, &format!("{file}?ambito=T9&year=2021"));
                assert_eq!(told(&elsewhere), told(&answer), "{role:?} {file}");
                continue;
            }
            let unknown = get(&server, &token, &format!("{file}?ambito=T9&year=2020"));
            assert_eq!((unknown.status, code(&unknown)), (404, "NOT_FOUND".to_owned()));
            // Another Ambito is as absent as none, but for those who see all.
            if [Role::Comune, Role::Azienda, Role::Assemblea].contains(&role) {
                let other = get(&server, &token, &format!("{file}?ambito=T1&year=2020"));
                assert_eq!(told(&other), told(&unknown), "{role:?} {file}");
            }
        }
    }
    let bearer = format!("Bearer {}", server.token_of(Role::Azienda));
    for file in FILES {
        let path = format!("/export/{file}?ambito=9&year=2021");
        let none = server.get(&path, &[]);
        assert_eq!((none.status, code(&none)), (401, "UNAUTHENTICATED".to_owned()));
        assert_eq!(none.header("www-authenticate").as_deref(), Some("Bearer"));
        let wrong = server.get(&path, &[("authorization", "Bearer x")]);
        assert_eq!((wrong.status, code(&wrong)), (401, "INVALID_TOKEN".to_owned()));
        for method in ["POST", "PUT", "DELETE", "HEAD"] {
            let answer = server.send(method, &path, &[("authorization", &bearer)], None);
            assert_eq!((answer.status, answer.header("allow").as_deref()), (405, Some("GET")), "{method} {file}");
        }
        for accept in ["application/json", "text/csv;q=0", "text/csv; charset=utf-16"] {
            let answer = server.get(&path, &[("authorization", &bearer), ("accept", accept)]);
            assert_eq!((answer.status, code(&answer)), (406, "NOT_ACCEPTABLE".to_owned()), "{accept}");
        }
        let browser = server.get(&path, &[("authorization", &bearer), ("accept", "text/html,*/*;q=0.8")]);
        assert_eq!(browser.status, 200);
    }
    assert!(snapshot(server.database()) == before, "something was written");
}

#[test]
fn a_plan_that_is_not_in_force_is_not_there() {
    let server = Server::start();
    neighbour::add(&server);
    let assemblea = neighbour::token(&server, Role::Assemblea, None);
    let ask = |token: &str, year: i32| get(&server, token, &format!("quotas.csv?ambito=T1&year={year}"));
    assert_eq!(ask(&assemblea, APPROVED).status, 200);
    let none = told(&ask(&assemblea, 2019));
    for year in [PROPOSED, DRAFT] {
        for token in [&assemblea, &server.token_of(Role::Auditor)] {
            let answer = ask(token, year);
            assert_eq!((answer.status, code(&answer)), (404, "NOT_FOUND".to_owned()), "{year}");
            assert_eq!(told(&answer), none);
        }
    }
}

#[test]
fn a_comune_has_its_own_and_no_other() {
    let server = Server::start();
    neighbour::add(&server);
    let own = server.token_of(Role::Comune);
    for file in ["charges.csv", "activity.csv"] {
        let ask = |comune: &str| get(&server, &own, &format!("{file}?ambito=9&year=2021&comune={comune}"));
        assert_eq!(ask(MANERBIO).body, get(&server, &own, &format!("{file}?ambito=9&year=2021")).body);
        let unknown = ask("017999");
        assert_eq!((unknown.status, code(&unknown)), (404, "NOT_FOUND".to_owned()));
        for other in [PONTEVICO, ALFA] {
            assert_eq!(told(&ask(other)), told(&unknown), "{file} {other}");
        }
        // A managing body has those of its Ambito.
        let azienda = server.token_of(Role::Azienda);
        let of = |comune: &str| get(&server, &azienda, &format!("{file}?ambito=9&year=2021&comune={comune}"));
        assert_eq!((of(PONTEVICO).status, of(ALFA).status), (200, 404));
        // Nor has an auditor, who sees both, one Ambito's comune in the other.
        let auditor = server.token_of(Role::Auditor);
        if file == "charges.csv" {
            let ask = |ambito: &str| get(&server, &auditor, &format!("{file}?ambito={ambito}&year=2020&comune={ALFA}"));
            assert_eq!((ask("T1").status, ask("9").status), (200, 404));
        }
    }
}

#[test]
fn parameters_that_are_not_what_they_should_be() {
    let server = Server::start();
    let before = snapshot(server.database());
    let azienda = server.token_of(Role::Azienda);
    let both = "ambito=9&year=2021";
    let mut cases: Vec<(&str, String, u16, &str)> = Vec::new();
    for file in FILES {
        let bad = ["", "ambito=9", "year=2021", "ambito=9&year=21", "ambito=9&year=02021", "ambito=9&year=1989"];
        cases.extend(bad.map(|parameters| (file, parameters.to_owned(), 400, "BAD_REQUEST")));
        let bad = ["ambito=9&year=2201", "ambito=9&year=%2B202", "ambito=9&year=-2021", "ambito=9&year=2021.0"];
        cases.extend(bad.map(|parameters| (file, parameters.to_owned(), 400, "BAD_REQUEST")));
        let bad =
            ["year=2021", "more=1", "Ambito=9", "separator=tab", "separator=", "decimal=.", "mark=yes", "first=10"];
        cases.extend(bad.map(|more| (file, format!("{both}&{more}"), 400, "BAD_REQUEST")));
        cases.push((file, "ambito=&year=2021".to_owned(), 404, "NOT_FOUND"));
        cases.push((file, "ambito=9%00&year=2021".to_owned(), 404, "NOT_FOUND"));
        cases.push((file, format!("{both}&separator=comma&decimal=point&mark=false"), 200, ""));
    }
    for file in ["quotas.csv", "charges.csv"] {
        let bad =
            ["asOf=2021-1-1", "asOf=2021-02-30", "asOf=", "asOf=today", "asOf=2021-01-01T00:00:00Z", "service=SAD"];
        cases.extend(bad.map(|more| (file, format!("{both}&{more}"), 400, "BAD_REQUEST")));
    }
    for file in ["charges.csv", "activity.csv"] {
        let bad = ["comune=17103", "comune=", "comune=Manerbio"];
        cases.extend(bad.map(|more| (file, format!("{both}&{more}"), 400, "BAD_REQUEST")));
    }
    cases.push(("quotas.csv", format!("{both}&comune={MANERBIO}"), 400, "BAD_REQUEST"));
    cases.push(("activity.csv", format!("{both}&asOf=2021-01-01"), 400, "BAD_REQUEST"));
    cases.push(("activity.csv", format!("{both}&service=NONE"), 404, "NOT_FOUND"));
    cases.push(("activity.csv", format!("{both}&service=SAD"), 200, ""));
    cases.push(("quotas.csv", "ambito=9&year=2023".to_owned(), 404, "NOT_FOUND"));
    for (file, parameters, status, expected) in cases {
        let answer = get(&server, &azienda, &format!("{file}?{parameters}"));
        assert_eq!(answer.status, status, "{file}?{parameters}: {}", answer.body);
        if status != 200 {
            assert_eq!(code(&answer), expected, "{file}?{parameters}");
        }
    }
    // The sentence names what this file takes, in the language that is asked for.
    let bearer = format!("Bearer {azienda}");
    let detail = |file: &str, language: &str| {
        let headers = [("authorization", bearer.as_str()), ("accept-language", language)];
        server.get(&format!("/export/{file}"), &headers).json()["detail"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        detail("quotas.csv", "it"),
        "Parametri: ambito, year (da 1990 a 2200), asOf, separator (semicolon o comma), decimal (comma o point), mark (true o false)."
    );
    assert!(
        detail("activity.csv", "en").starts_with("Parameters: ambito, year (from 1990 to 2200), comune, service, ")
    );
    assert!(snapshot(server.database()) == before, "something was written");
}

#[test]
fn files_are_counted_like_all_requests() {
    let server = Server::with(|limits| limits.rate_per_minute = 2);
    let token = server.token_of(Role::Azienda);
    let ask = || get(&server, &token, "activity.csv?ambito=9&year=2021");
    assert_eq!((ask().status, ask().header("ratelimit-remaining").as_deref()), (200, Some("0")));
    let refused = ask();
    assert_eq!((refused.status, code(&refused)), (429, "RATE_LIMITED".to_owned()));
    assert!(refused.header("retry-after").is_some());
}

#[test]
fn without_the_database_the_book_still_has_its_quotas() {
    let server = Server::start();
    let token = server.token_of(Role::Azienda);
    let ask = |file: &str| get(&server, &token, &format!("{file}?ambito=9&year=2021"));
    let before = ask("quotas.csv").body;
    wait(server.store().reader().close_by_ref()).unwrap();
    assert_eq!(ask("quotas.csv").body, before);
    for file in ["charges.csv", "activity.csv"] {
        let away = ask(file);
        assert_eq!((away.status, code(&away)), (503, "STORAGE_UNAVAILABLE".to_owned()));
        assert!(away.header("retry-after").is_some() && away.json()["detail"] != Value::Null);
    }
}
