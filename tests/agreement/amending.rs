//! Amendments beside a renewal that was entered early, and terms that are given again as they were read.

use api::auth::Role;
use serde_json::{Map, Value, json};

use super::writing::{ERRORS, add, agreement, done, terms, whole, with};
use crate::support::agreements::partner_token;
use crate::support::tables::snapshot;
use crate::support::{MANERBIO, Server};

/// An agreement of 2026 that is renewed for 2027 before its end: versions 1 and 2.
fn renewed_early(server: &Server) -> Value {
    let id = add(server, "DURA", of("2026", "2026-01-01", "100.00", "M26"));
    let renewal = json!({ "agreement": id, "expectedVersion": 1, "terms": of("2027", "2027-01-01", "200.00", "M27") });
    done(server, "renewAgreement", renewal, "{ id }");
    id
}

/// Terms of a year from a day on, with one line and one milestone.
fn of(year: &str, from: &str, gross: &str, milestone: &str) -> Value {
    let line = json!({ "code": "A", "year": year.parse::<i32>().unwrap(), "vatRegime": "EXEMPT", "gross": gross });
    let milestone = json!({ "code": milestone, "item": "tappa", "by": format!("{year}-12-31") });
    let rest = json!({ "effectiveFrom": from, "lines": [line], "milestones": [milestone] });
    terms(&format!("{year}-01-01"), &format!("{year}-12-31"), rest)
}

#[test]
fn the_running_period_is_amended_after_its_renewal_was_entered() {
    let server = Server::start();
    let id = renewed_early(&server);
    let next = |version: i32, terms: Value| json!({ "agreement": id, "expectedVersion": version, "terms": terms });
    // Each period goes on of its own.
    done(&server, "amendAgreement", next(2, of("2026", "2026-07-01", "110.00", "M26")), "{ id }");
    done(&server, "amendAgreement", next(3, of("2027", "2027-03-01", "220.00", "M27")), "{ id }");
    done(&server, "amendAgreement", next(4, of("2026", "2026-09-01", "120.00", "M26")), "{ id }");
    let refused = [
        // From a day of another version, before the amendment that holds already, or in no period of the agreement.
        ("amendAgreement", of("2026", "2026-09-01", "1.00", "M26"), "VERSIONS_OVERLAP", "input.terms.effectiveFrom"),
        ("amendAgreement", of("2026", "2026-08-31", "1.00", "M26"), "VERSIONS_OVERLAP", "input.terms.effectiveFrom"),
        ("amendAgreement", of("2025", "2025-07-01", "1.00", "M26"), "VERSIONS_OVERLAP", "input.terms.startsOn"),
        ("amendAgreement", of("2026", "2027-01-01", "1.00", "M26"), "OUTSIDE_PERIOD", "input.terms.effectiveFrom"),
        (
            "amendAgreement",
            with(of("2026", "2026-10-01", "1.00", "M26"), json!({ "endsOn": "2027-01-01" })),
            "VERSIONS_OVERLAP",
            "input.terms.endsOn",
        ),
        // Milestones stay those of their period, in both directions.
        ("amendAgreement", of("2026", "2026-10-01", "1.00", "M27"), "DUPLICATE", "input.terms.milestones.0.code"),
        ("amendAgreement", of("2027", "2027-10-01", "1.00", "M26"), "DUPLICATE", "input.terms.milestones.0.code"),
        ("renewAgreement", of("2026", "2026-01-01", "1.00", "M28"), "VERSIONS_OVERLAP", "input.terms.startsOn"),
        ("renewAgreement", of("2027", "2027-01-01", "1.00", "M28"), "VERSIONS_OVERLAP", "input.terms.startsOn"),
    ];
    let before = snapshot(server.database());
    for (name, terms, code, path) in refused {
        let payload = server.write(Role::Azienda, name, next(5, terms), &format!("{{ {ERRORS} }}"));
        let error = &payload["errors"][0];
        let told: Vec<&str> = error["path"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        assert_eq!((error["code"].as_str(), told.join(".").as_str()), (Some(code), path), "{payload}");
    }
    assert!(snapshot(server.database()) == before, "what was refused changed something");
    let days = [
        ("2026-01-01", 1, "100.00"),
        ("2026-06-30", 1, "100.00"),
        ("2026-07-01", 3, "110.00"),
        ("2026-09-01", 5, "120.00"),
        ("2026-12-31", 5, "120.00"),
        ("2027-01-01", 2, "200.00"),
        ("2027-03-01", 4, "220.00"),
        ("2028-01-01", 4, "220.00"),
    ];
    for (day, number, gross) in days {
        let query = format!("{{ agreement(id: {id}) {{ version(asOf: \"{day}\") {{ number lines {{ gross }} }} }} }}");
        let seen = server.data(Role::Reporting, &query)["agreement"]["version"].take();
        assert_eq!(seen, json!({ "number": number, "lines": [{ "gross": gross }] }), "{day}");
    }
    let query = format!("{{ agreement(id: {id}) {{ latestVersion versions {{ number kind digest }} }} }}");
    let mut seen = server.data(Role::Reporting, &query)["agreement"].take();
    // What the next amendment names, though version 4 is the last to hold.
    assert_eq!(seen["latestVersion"], json!(5));
    let versions = seen["versions"].take();
    let kinds: Vec<&str> = versions.as_array().unwrap().iter().map(|one| one["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["ORIGINAL", "RENEWAL", "AMENDMENT", "AMENDMENT", "AMENDMENT"]);
    // The trail tells which version each took the place of: 3 that of 1, 4 that of 2, 5 that of 3.
    let trail = "{ auditTrail(last: 3) { nodes { digestBefore digestAfter } } }";
    let trail = server.data(Role::Auditor, trail)["auditTrail"]["nodes"].take();
    for (at, (before, after)) in [(1, 3), (2, 4), (3, 5)].into_iter().enumerate() {
        let digest = |number: usize| &versions[number - 1]["digest"];
        assert_eq!((&trail[at]["digestBefore"], &trail[at]["digestAfter"]), (digest(before), digest(after)));
    }
}

#[test]
fn what_commits_a_year_is_the_last_amendment_of_its_own_period() {
    let server = Server::start();
    let id = renewed_early(&server);
    let line =
        |gross: &str| json!([{ "code": "B", "year": 2026, "vatRegime": "EXEMPT", "gross": gross, "service": "SAD" }]);
    let amended = with(of("2026", "2026-07-01", "1.00", "M26"), json!({ "lines": line("500000.01") }));
    done(&server, "amendAgreement", json!({ "agreement": id, "expectedVersion": 2, "terms": amended }), "{ id }");
    let query = r#"{ ambito(code: "9") { plan(year: 2022) { id } } }"#;
    let copied = server.data(Role::Azienda, query)["ambito"]["plan"]["id"].take();
    for (year, expected) in [(2026, json!(["BELOW_COMMITMENTS"])), (2027, json!([]))] {
        let input = json!({ "ambito": "9", "year": year, "kind": "FORECAST", "copyOf": copied });
        let plan = server.write_plan(Role::Azienda, "createPlan", input);
        let query = format!("{{ node(id: {}) {{ ... on Plan {{ problems {{ code service }} }} }} }}", plan["id"]);
        let problems = server.data(Role::Azienda, &query)["node"]["problems"].take();
        let of_sad = problems.as_array().unwrap().iter().filter(|one| one["service"] == "SAD");
        assert_eq!(of_sad.map(|one| one["code"].clone()).collect::<Value>(), expected, "{year}");
    }
}

#[test]
fn whose_a_body_and_a_project_are_is_said_by_the_version_in_effect() {
    let server = Server::start();
    let beta = json!({ "ambito": "9", "code": "BETA", "name": "Cooperativa Beta" });
    server.done(Role::Azienda, "addPartner", beta, "partner", "{ id }");
    let of = |from: &str, [starts, ends]: [&str; 2], partner: &str| {
        terms(starts, ends, json!({ "effectiveFrom": from, "partners": [partner], "services": ["PROGETTI-UDP"] }))
    };
    let (running, coming) = (["2025-01-01", "2026-05-31"], ["2026-06-01", "2027-05-31"]);
    let id = add(&server, "DURA", of("2025-01-01", running, "BETA"));
    let next = |version: i32, terms: Value| json!({ "agreement": id, "expectedVersion": version, "terms": terms });
    done(&server, "renewAgreement", next(1, of("2026-06-01", coming, "ALFA")), "{ id }");
    // Written after the renewal, and not in effect any more: today is 15 June 2026.
    done(&server, "amendAgreement", next(2, of("2025-12-01", running, "BETA")), "{ id }");
    let body = json!({
        "ambito": "9", "code": "CABINA", "name": "Cabina", "level": "DIRECTION", "agreement": "DURA",
        "due": { "meetings": 2, "everyMonths": 1 }, "startsOn": "2025-01-01", "members": [],
    });
    let body = server.done(Role::Azienda, "addGoverningBody", body, "body", "{ id }")["id"].take();
    let query = r#"{ ambito(code: "9") { service(code: "PROGETTI-UDP") { id } } }"#;
    let service = server.data(Role::Azienda, query)["ambito"]["service"]["id"].take();
    let project = json!({ "service": service, "name": "Ponte", "contribution": "1.00", "years": "2026" });
    let project = server.done(Role::Azienda, "addProject", project, "project", "{ id }")["id"].take();
    for (token, is_seen) in [(server.token_of(Role::Partner), true), (partner_token(&server, "9", "BETA"), false)] {
        for (id, field) in
            [(&body, "... on GoverningBody { code }"), (&project, "... on Project { code: contribution }")]
        {
            let node = server.ask(&token, &format!("{{ node(id: {id}) {{ {field} }} }}"), Value::Null).data();
            assert_eq!(node["node"]["code"].is_string(), is_seen, "{field}");
        }
    }
}

/// What is reported of a milestone is of whoever has it: a partner that an amendment put another in the place of reads no more of it.
#[test]
fn a_partner_reads_nothing_of_what_another_does_after_it() {
    let server = Server::start();
    let beta = json!({ "ambito": "9", "code": "BETA", "name": "Cooperativa Beta" });
    server.done(Role::Azienda, "addPartner", beta, "partner", "{ id }");
    let of = |from: &str, partners: Value, codes: &[&str]| {
        let milestones = codes.iter().map(|code| json!({ "code": code, "item": "Mappa", "from": "2025-03-01" }));
        let rest = json!({ "effectiveFrom": from, "partners": partners, "milestones": milestones.collect::<Vec<_>>() });
        terms("2025-01-01", "2026-12-31", rest)
    };
    let id = add(&server, "PASSA", of("2025-01-01", json!(["ALFA"]), &["DATA", "TENUTA"]));
    let report = |code: &str, revision: i32, note: &str| {
        let input = json!({ "agreement": id, "milestone": code, "expectedVersion": revision, "startedOn": "2025-04-01", "note": note });
        done(&server, "reportMilestone", input, "{ id }");
    };
    report("DATA", 0, "di Alfa");
    report("TENUTA", 0, "di Alfa");
    let seen = |token: &str, version: &str| {
        let query = format!(
            "{{ agreement(id: {id}) {{ {version} {{ milestones {{ code startedOn note state revision }} }} }} }}"
        );
        let found = server.ask(token, &query, Value::Null).data()["agreement"].take();
        let version = found["version"].get("milestones").unwrap_or(&found["versions"][0]["milestones"]);
        version
            .as_array()
            .unwrap()
            .iter()
            .map(|own| json!([own["code"], own["note"], own["state"], own["revision"]]))
            .collect::<Value>()
    };
    let (alfa, beta) = (server.token_of(Role::Partner), partner_token(&server, "9", "BETA"));
    let both = |data: Value| json!([data, ["TENUTA", "di Alfa", "STARTED", 1]]);
    let (then, all) = ("version(asOf: \"2025-06-30\")", "versions");
    assert_eq!(seen(&alfa, then), both(json!(["DATA", "di Alfa", "STARTED", 1])));
    let amended = of("2025-07-01", json!(["BETA"]), &["DATA"]);
    done(&server, "amendAgreement", json!({ "agreement": id, "expectedVersion": 1, "terms": amended }), "{ id }");
    report("DATA", 1, "di Beta");
    let hidden = json!(["DATA", null, "PLANNED", 0]);
    assert_eq!((seen(&alfa, then), seen(&alfa, all)), (both(hidden.clone()), both(hidden)));
    assert_eq!(seen(&beta, "version"), json!([["DATA", "di Beta", "STARTED", 2]]));
    assert_eq!(seen(&server.token_of(Role::Azienda), then), both(json!(["DATA", "di Beta", "STARTED", 2])));
}

/// All that terms say, as it is read.
const TERMS: &str =
    "title act effectiveFrom startsOn endsOn note assumed partners { code } services { code } areas { code name }
    lines { code year area item service { code } vatRegime vatRate given net gross
      parts { item given quantity price stated } }
    contributions { year area item partner { code } percent amount items { item amount } }
    instalments { label periodFrom periodTo dueDate amount } milestones { code area item from by }
    recurrences { kind month day everyMonths } perimeters { year public private }
    programmes { code name year public private years { year public private } }";

/// What was read, as it is given: codes in the place of what has them, and of amounts the one that was given.
fn given(mut read: Value) -> Value {
    let code = |one: &Value| one["code"].clone();
    for list in ["partners", "services"] {
        read[list] = read[list].as_array().unwrap().iter().map(code).collect();
    }
    for line in read["lines"].as_array_mut().unwrap() {
        line["service"] = code(&line["service"]);
        let given = line["given"].take();
        let line = line.as_object_mut().unwrap();
        line.remove("given");
        let derived: &[&str] = match given.as_str().unwrap() {
            "NET" => &["gross"],
            "GROSS" => &["net"],
            _ => &["net", "gross"],
        };
        for amount in derived {
            line.remove(*amount);
        }
        line["parts"] = line["parts"].as_array().unwrap().iter().map(part).collect();
    }
    for one in read["contributions"].as_array_mut().unwrap() {
        one["partner"] = code(&one["partner"]);
        if !one["percent"].is_null() {
            one["amount"] = Value::Null;
        }
    }
    for one in read["programmes"].as_array_mut().unwrap() {
        // One year is told twice: as its own, and in the list.
        if !one["year"].is_null() {
            one["years"] = json!([]);
        }
    }
    read
}

fn part(read: &Value) -> Value {
    let mut part = Map::new();
    let (quantity, price) = (read["quantity"].as_str().unwrap(), read["price"].clone());
    if read["given"] == "MONTHS" {
        part.extend([("months".to_owned(), json!(quantity.parse::<i32>().unwrap())), ("monthlyFee".to_owned(), price)]);
    } else {
        part.extend([("hours".to_owned(), json!(quantity)), ("hourlyCost".to_owned(), price)]);
    }
    part.extend([("item".to_owned(), read["item"].clone()), ("stated".to_owned(), read["stated"].clone())]);
    Value::from(part)
}

#[test]
fn whoever_reads_terms_can_give_them_again() {
    let server = Server::start();
    let lines = json!([
        { "code": "A", "year": 2020, "area": "4", "item": "alloggi", "service": "SAD", "vatRegime": "RATE", "vatRate": "4", "gross": "40000.00" },
        { "code": "B", "year": 2021, "vatRegime": "EXEMPT", "net": "828940.47", "parts": [
            { "item": "sede", "months": 4, "monthlyFee": "100.00" }, { "item": "operatore", "hours": "76.5", "hourlyCost": "26.25", "stated": "2000.00" } ] },
        { "code": "C", "year": 2020, "vatRegime": "RATE", "vatRate": "5", "parts": [ { "item": "ore", "hours": "10.5", "hourlyCost": "20.01" } ] },
    ]);
    let mut first = with(whole(), json!({ "lines": lines }));
    first["programmes"][2]["years"] = json!([{ "year": 2021, "public": "10.00", "private": "5.00" }]);
    let input = |terms: &Value| with(agreement("TUTTO", terms.clone()), json!({ "grantorComune": MANERBIO }));
    let selection = format!("{{ id version(asOf: \"2020-03-01\") {{ digest {TERMS} }} }}");
    let mut made = done(&server, "addAgreement", input(&first), &selection);
    let digest = made["version"]["digest"].take();
    let mut read = made["version"].take();
    read.as_object_mut().unwrap().remove("digest");
    let again = given(read.clone());
    // Where nobody has it yet, the same terms are the same agreement.
    let other = Server::start();
    let mut same = done(&other, "addAgreement", input(&again), &selection);
    assert_eq!(same["version"]["digest"].take(), digest);
    same["version"].as_object_mut().unwrap().remove("digest");
    assert_eq!(same["version"], read);
    // An amendment with the same terms says the same from a later day on, and its digest is that of the same amendment elsewhere.
    let amend = |server: &Server, id: &Value, terms: &Value| {
        let terms = with(terms.clone(), json!({ "effectiveFrom": "2020-09-01" }));
        let input = json!({ "agreement": id, "expectedVersion": 1, "terms": terms });
        let selection = format!("{{ version(asOf: \"2020-09-01\") {{ digest {TERMS} }} }}");
        done(server, "amendAgreement", input, &selection)["version"].take()
    };
    let (one, two) = (amend(&server, &made["id"], &again), amend(&other, &same["id"], &first));
    assert_eq!(one, two);
    let mut later = one;
    later.as_object_mut().unwrap().remove("digest");
    assert_eq!(later, with(read, json!({ "effectiveFrom": "2020-09-01" })));
}
