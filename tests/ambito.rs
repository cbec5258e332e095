//! Ambiti: what an Ambito is and has, the list of Ambiti, resolutions by pages, and what is not known.

use api::auth::Role;
use serde_json::{Value, json};

use crate::support::figures::{BUDGETS, COMUNI, list};
use crate::support::{Server, workshop};

/// Ambito 9 as a role sees it.
fn ambito(server: &Server, role: Role, fields: &str) -> Value {
    server.data(role, &format!(r#"{{ ambito(code: "9") {{ {fields} }} }}"#))["ambito"].clone()
}

#[test]
fn ambito_9_is_described() {
    let server = Server::start();
    for role in [Role::Comune, Role::Azienda, Role::Assemblea, Role::Reporting, Role::Auditor] {
        let found = ambito(
            &server,
            role,
            "code name region province managingBody legalForm areas comuni { istatCode } services { code }",
        );
        let expected = json!({
            "code": "9",
            "name": "Bassa Bresciana Centrale",
            "region": "Lombardia",
            "province": "BS",
            "managingBody": "Azienda Territoriale per i Servizi alla Persona",
            "legalForm": "azienda speciale consortile",
            "areas": [
                "Gestione Azienda",
                "Gestione servizi in forma associata",
                "Servizi affidati",
                "Gestione progetti regionali, nazionali ed europei",
                "Anziani, minori, disabili",
            ],
            "comuni": COMUNI.iter().map(|comune| json!({ "istatCode": comune.istat })).collect::<Value>(),
            "services": BUDGETS.iter().map(|budget| json!({ "code": budget.service })).collect::<Value>(),
        });
        assert_eq!(found, expected, "{role:?}");
    }
}

#[test]
fn services_are_chosen_by_area_and_code() {
    let server = Server::start();
    let check = |area: &str, codes: &[&str]| {
        let found = ambito(&server, Role::Comune, &format!(r#"services(area: "{area}") {{ code }}"#));
        let found: Vec<&str> =
            list(&found["services"]).iter().map(|service| service["code"].as_str().unwrap()).collect();
        assert_eq!(found, codes, "{area}");
    };
    check("Gestione Azienda", &["STAFF", "ORGANI"]);
    check("Gestione servizi in forma associata", &["TUTELA", "ADM", "SIL", "CONSULENZA", "MEDIAZIONE"]);
    check("Servizi affidati", &["SSB", "SAD", "ADP"]);
    check("Gestione progetti regionali, nazionali ed europei", &["PROGETTI-UDP", "PROGETTI-PROV"]);
    check("Anziani, minori, disabili", &["TITOLI"]);
    check("gestione azienda", &[]);
    check("", &[]);
    let found = ambito(
        &server,
        Role::Comune,
        r#"one: service(code: "SAD") { code } small: service(code: "sad") { code } none: service(code: "") { code }"#,
    );
    assert_eq!(found, json!({ "one": { "code": "SAD" }, "small": null, "none": null }));
}

#[test]
fn funds_measures_and_programmes() {
    let server = Server::start();
    let found = ambito(
        &server,
        Role::Comune,
        "funds { code name level } measures { code name unit consumption } programmes { title fromYear toYear note }",
    );
    let source = |code: &str, name: &str, level: &str| json!({ "code": code, "name": name, "level": level });
    let funds = json!([
        source("FNPS", "Fondo Nazionale per le Politiche Sociali", "STATE"),
        source("FSR", "Fondo Sociale Regionale", "REGION"),
        source("QUOTA_COMUNI", "Quota dei Comuni", "COMUNI"),
        source("VINCOLATE", "Entrate regionali, nazionali o europee vincolate", "OTHER"),
    ]);
    assert_eq!(found["funds"], funds);
    // Code, and whether it counts what residents used.
    let measures = [
        ("ACCESSES", true),
        ("AREA_KM2", false),
        ("CASES", true),
        ("DAYS", true),
        ("ENTRUSTED_HOURS", false),
        ("HOURS", true),
        ("INCOME_PER_HEAD", false),
        ("RESIDENTS", false),
        ("RESIDENTS_0_17", false),
        ("RESIDENTS_18_64", false),
        ("RESIDENTS_65_PLUS", false),
        ("RESIDENTS_75_PLUS", false),
    ];
    let mut known: Vec<(&str, bool)> = list(&found["measures"])
        .iter()
        .inspect(|measure| {
            assert!(!measure["name"].as_str().unwrap().is_empty() && !measure["unit"].as_str().unwrap().is_empty());
        })
        .map(|measure| (measure["code"].as_str().unwrap(), measure["consumption"].as_bool().unwrap()))
        .collect();
    known.sort_unstable();
    assert_eq!(known, measures);
    let programme = &found["programmes"][0];
    assert_eq!(list(&found["programmes"]).len(), 1);
    assert_eq!(
        (&programme["title"], &programme["fromYear"], &programme["toYear"]),
        (&json!("Piano di programma triennale 2020-2022"), &json!(2020), &json!(2022))
    );
    // The two readings that the document leaves open are said to be assumptions.
    let note = programme["note"].as_str().unwrap();
    assert!(
        note.contains("letto come annuale") && note.contains("ipotesi") && note.contains("missione e programma"),
        "{note}"
    );
}

#[test]
fn resolutions_are_told_as_assumed_and_come_by_pages() {
    let server = Server::start();
    let fields = "totalCount nodes { number date body assumed } edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }";
    let page = |arguments: &str| {
        ambito(&server, Role::Comune, &format!("resolutions{arguments} {{ {fields} }}"))["resolutions"].clone()
    };
    let act = |year: i32, day: &str| json!({ "number": format!("presunta-{year}"), "date": day, "body": "Assemblea dei Sindaci", "assumed": true });
    let acts = json!([act(2020, "2019-12-16"), act(2021, "2020-12-14"), act(2022, "2021-12-13")]);
    let whole = page("");
    assert_eq!((&whole["nodes"], &whole["totalCount"]), (&acts, &json!(3)));
    let mut after = String::new();
    for at in 0..3 {
        let one = page(&format!("(first: 1{after})"));
        assert_eq!(one["nodes"], json!([acts[at]]));
        let cursor = &one["edges"][0]["cursor"];
        let info =
            json!({ "hasNextPage": at < 2, "hasPreviousPage": at > 0, "startCursor": cursor, "endCursor": cursor });
        assert_eq!((&one["pageInfo"], &one["totalCount"]), (&info, &json!(3)), "{at}");
        after = format!(", after: {cursor}");
    }
    let end = page(&format!("(first: 1{after})"));
    assert_eq!(
        (&end["nodes"], &end["pageInfo"]["hasNextPage"], &end["pageInfo"]["startCursor"]),
        (&json!([]), &json!(false), &Value::Null)
    );
}

#[test]
fn ambiti_come_by_code_in_both_directions() {
    let server = Server::start();
    workshop::import_to(&server);
    let page = |role: Role, arguments: &str| {
        let fields = "totalCount nodes { code } edges { cursor node { code } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }";
        server.data(role, &format!("{{ ambiti{arguments} {{ {fields} }} }}"))["ambiti"].clone()
    };
    let codes = |page: &Value| {
        list(&page["nodes"]).iter().map(|node| node["code"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let whole = page(Role::Reporting, "");
    assert_eq!((codes(&whole), &whole["totalCount"]), (vec!["10".to_owned(), "9".to_owned()], &json!(2)));
    assert_eq!(codes(&page(Role::Comune, "")), ["9"]);
    let (start, end) = (&whole["pageInfo"]["startCursor"], &whole["pageInfo"]["endCursor"]);
    for (arguments, expected, next, previous) in [
        ("(first: 1)".to_owned(), "10", true, false),
        (format!("(first: 1, after: {start})"), "9", false, true),
        ("(last: 1)".to_owned(), "9", false, true),
        (format!("(last: 1, before: {end})"), "10", true, false),
        (format!("(before: {end})"), "10", true, false),
    ] {
        let page = page(Role::Reporting, &arguments);
        assert_eq!(codes(&page), [expected], "{arguments}");
        assert_eq!(
            (&page["pageInfo"]["hasNextPage"], &page["pageInfo"]["hasPreviousPage"]),
            (&json!(next), &json!(previous)),
            "{arguments}"
        );
        assert_eq!(page["edges"][0]["node"]["code"], expected, "{arguments}");
    }
}

#[test]
fn what_is_not_known_is_null() {
    let server = Server::start();
    let check = |query: &str, expected: Value| assert_eq!(server.data(Role::Comune, query), expected, "{query}");
    for code in ["", "09", "99", "9 ", "Ambito 9", "<script>"] {
        check(&format!(r#"{{ ambito(code: "{code}") {{ name }} }}"#), json!({ "ambito": null }));
    }
    for year in ["2019", "2023", "0", "-1", "2147483647", "-2147483648"] {
        check(
            &format!(r#"{{ ambito(code: "9") {{ plan(year: {year}) {{ total }} }} }}"#),
            json!({ "ambito": { "plan": null } }),
        );
        check(
            &format!(r#"{{ ambito(code: "9") {{ plans(year: {year}) {{ total }} }} }}"#),
            json!({ "ambito": { "plans": [] } }),
        );
        let service = format!("budget(year: {year}) {{ amount }} participants(year: {year}) {{ name }}");
        let nothing = json!({ "ambito": { "service": { "budget": null, "participants": [] } } });
        check(&format!(r#"{{ ambito(code: "9") {{ service(code: "SAD") {{ {service} }} }} }}"#), nothing);
    }
    check(
        r#"{ ambito(code: "9") { service(code: "XYZ") { name } plan(year: 2020) { budget(service: "XYZ") { amount } } } }"#,
        json!({ "ambito": { "service": null, "plan": { "budget": null } } }),
    );
    // Nothing, no base64, and things that are not there: Ambito:9999, Plan:9999, Quota:1:1:9999, Plan:+1.
    for id in ["", "x", "9223372036854775808", "QW1iaXRvOjk5OTk", "UGxhbjo5OTk5", "UXVvdGE6MToxOjk5OTk", "UGxhbjorMQ"] {
        check(
            &format!(r#"{{ node(id: "{id}") {{ __typename }} nodes(ids: ["{id}"]) {{ id }} }}"#),
            json!({ "node": null, "nodes": [null] }),
        );
    }
}
