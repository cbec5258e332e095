//! Agreements added, amended and renewed; what follows from what was given; and how far milestones have come.

use api::auth::Role;
use serde_json::{Value, json};

use crate::support::{MANERBIO, Server};

/// What tests read of every refusal.
pub(super) const ERRORS: &str = "errors { code path message }";

/// One object with the fields of another put in their places.
pub(super) fn with(mut base: Value, rest: Value) -> Value {
    base.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    base
}

/// Terms of a period, with the one partner that the Ambito has.
pub(super) fn terms(starts_on: &str, ends_on: &str, rest: Value) -> Value {
    with(json!({ "title": "Convenzione", "startsOn": starts_on, "endsOn": ends_on, "partners": ["ALFA"] }), rest)
}

/// An agreement to be of Ambito 9.
pub(super) fn agreement(code: &str, terms: Value) -> Value {
    json!({ "ambito": "9", "code": code, "kind": "CO_DESIGN", "terms": terms })
}

/// A write of the managing body that must be done: gives the agreement with what is selected of it.
pub(super) fn done(server: &Server, name: &str, input: Value, selection: &str) -> Value {
    let mut payload = server.write(Role::Azienda, name, input, &format!("{{ agreement {selection} {ERRORS} }}"));
    assert_eq!(payload["errors"], json!([]), "{name}");
    payload["agreement"].take()
}

/// The same for an agreement to be: gives its identifier.
pub(super) fn add(server: &Server, code: &str, terms: Value) -> Value {
    done(server, "addAgreement", agreement(code, terms), "{ id }")["id"].take()
}

/// The 24 lines of a co-design agreement of three years, as printed: year, net, rate, VAT, gross.
const LINES: [(i32, &str, &str, &str, &str); 24] = [
    (2015, "213894.96", "4", "8555.80", "222450.76"),
    (2015, "62280.00", "4", "2491.20", "64771.20"),
    (2015, "14275.40", "4", "571.02", "14846.42"),
    (2015, "92598.00", "4", "3703.92", "96301.92"),
    (2015, "38461.54", "4", "1538.46", "40000.00"),
    (2015, "312850.00", "22", "68827.00", "381677.00"),
    (2015, "15080.00", "22", "3317.60", "18397.60"),
    (2015, "117962.11", "22", "25951.66", "143913.77"),
    (2016, "294105.57", "4", "11764.22", "305869.79"),
    (2016, "62280.00", "4", "2491.20", "64771.20"),
    (2016, "35688.50", "4", "1427.54", "37116.04"),
    (2016, "114996.00", "4", "4599.84", "119595.84"),
    (2016, "42479.93", "4", "1699.20", "44179.13"),
    (2016, "414900.00", "22", "91278.00", "506178.00"),
    (2016, "16550.00", "22", "3641.00", "20191.00"),
    (2016, "117962.11", "22", "25951.66", "143913.77"),
    (2017, "294105.57", "4", "11764.22", "305869.79"),
    (2017, "62280.00", "4", "2491.20", "64771.20"),
    (2017, "35688.50", "4", "1427.54", "37116.04"),
    (2017, "114996.00", "4", "4599.84", "119595.84"),
    (2017, "42479.93", "4", "1699.20", "44179.13"),
    (2017, "414900.00", "22", "91278.00", "506178.00"),
    (2017, "16550.00", "22", "3641.00", "20191.00"),
    (2017, "117962.11", "22", "25951.66", "143913.77"),
];

#[test]
fn net_and_gross_follow_from_each_other_to_the_cent() {
    let server = Server::start();
    for (code, given) in [("NETTO", "NET"), ("LORDO", "GROSS"), ("TUTTO", "NET")] {
        let line = |(at, (year, net, rate, vat, gross)): (usize, (i32, &str, &str, &str, &str))| {
            let line = json!({ "code": format!("L{at}"), "year": year, "vatRegime": "RATE", "vatRate": rate });
            let amounts = match code {
                "NETTO" => json!({ "net": net }),
                "LORDO" => json!({ "gross": gross }),
                _ => json!({ "net": net, "vat": vat, "gross": gross }),
            };
            with(line, amounts)
        };
        let lines: Vec<Value> = LINES.into_iter().enumerate().map(line).collect();
        let terms = terms("2015-03-01", "2017-12-31", json!({ "lines": lines }));
        let selection = "{ version { lines { year net vatRate vat gross given } years { year net gross } } }";
        let mut made = done(&server, "addAgreement", agreement(code, terms), selection);
        let expected = LINES.map(|(year, net, rate, vat, gross)| {
            json!({ "year": year, "net": net, "vatRate": rate, "vat": vat, "gross": gross, "given": given })
        });
        assert_eq!(made["version"]["lines"].take(), json!(expected), "{code}");
        let years = json!([
            { "year": 2015, "net": "867402.01", "gross": "982358.67" },
            { "year": 2016, "net": "1098962.11", "gross": "1241814.77" },
            { "year": 2017, "net": "1098962.11", "gross": "1241814.77" },
        ]);
        assert_eq!(made["version"]["years"].take(), years, "{code}");
    }
}

#[test]
fn the_amount_that_the_others_follow_from_is_the_one_that_was_given() {
    let server = Server::start();
    // 0.13 / 1.04 = 0.125, which is 0.13; but 0.13 x 4% = 0.0052, so that 0.13 net is 0.14 gross.
    let line = json!({ "code": "A", "year": 2020, "vatRegime": "RATE", "vatRate": "4", "net": "0.13", "vat": "0.00", "gross": "0.13" });
    let terms = terms("2020-01-01", "2020-12-31", json!({ "lines": [line] }));
    let made = done(&server, "addAgreement", agreement("A", terms), "{ version { lines { given net vat gross } } }");
    let expected = json!([{ "given": "GROSS", "net": "0.13", "vat": "0.00", "gross": "0.13" }]);
    assert_eq!(made["version"]["lines"], expected);
}

#[test]
fn parts_make_up_a_line_or_are_some_of_it() {
    let server = Server::start();
    let lines = json!([
        // 8 x 2,550.00 + 9 x 8,022.00 = 92,598.00 net.
        { "code": "MESI", "year": 2015, "vatRegime": "RATE", "vatRate": "4", "vat": "3703.92", "parts": [
            { "item": "accoglienza sociale", "months": 8, "monthlyFee": "2550.00" },
            { "item": "équipe territoriali", "months": 9, "monthlyFee": "8022.00" },
        ] },
        // 76 x 26.25 + 10.5 x 20.01 = 1,995.00 + 210.11 (210.105) gross; / 1.05 = 2,100.1047... net.
        { "code": "ORE", "year": 2015, "vatRegime": "RATE", "vatRate": "5", "parts": [
            { "item": "operatore", "hours": "76", "hourlyCost": "26.25" },
            { "item": "coordinatore", "hours": "10.5", "hourlyCost": "20.01" },
        ] },
        { "code": "PARTE", "year": 2015, "vatRegime": "OUT_OF_SCOPE", "gross": "13000.00", "parts": [
            { "item": "operatore", "hours": "76", "hourlyCost": "26.25", "stated": "2000.00" },
            { "item": "sede", "months": 4, "monthlyFee": "100.00" },
        ] },
    ]);
    let terms = terms("2015-03-01", "2015-12-31", json!({ "lines": lines }));
    let selection = "{ version { lines { given net vat gross parts { given quantity price net vat gross stated } } } }";
    let mut made = done(&server, "addAgreement", agreement("PARTI", terms), selection);
    let part = |given: &str, quantity: &str, price: &str, amounts: [&str; 3], stated: Value| {
        let [net, vat, gross] = amounts;
        json!({ "given": given, "quantity": quantity, "price": price, "net": net, "vat": vat, "gross": gross, "stated": stated })
    };
    let expected = json!([
        { "given": "PARTS", "net": "92598.00", "vat": "3703.92", "gross": "96301.92", "parts": [
            part("MONTHS", "8", "2550.00", ["20400.00", "816.00", "21216.00"], Value::Null),
            part("MONTHS", "9", "8022.00", ["72198.00", "2887.92", "75085.92"], Value::Null),
        ] },
        { "given": "PARTS", "net": "2100.10", "vat": "105.01", "gross": "2205.11", "parts": [
            part("HOURS", "76", "26.25", ["1900.00", "95.00", "1995.00"], Value::Null),
            part("HOURS", "10.5", "20.01", ["200.10", "10.01", "210.11"], Value::Null),
        ] },
        { "given": "GROSS", "net": "13000.00", "vat": "0.00", "gross": "13000.00", "parts": [
            part("HOURS", "76", "26.25", ["1995.00", "0.00", "1995.00"], json!("2000.00")),
            part("MONTHS", "4", "100.00", ["400.00", "0.00", "400.00"], Value::Null),
        ] },
    ]);
    assert_eq!(made["version"]["lines"].take(), expected);
}

/// Terms with something of every kind.
pub(super) fn whole() -> Value {
    let rest = json!({
        "title": " Co-progettazione ", "act": "DGC 1/2020", "note": "prima\nseconda", "assumed": true,
        "services": ["SAD"], "areas": [{ "code": "1" }, { "code": "4", "name": "Casa" }],
        "lines": [
            { "code": "A", "year": 2020, "area": "4", "item": "alloggi", "service": "SAD",
              "vatRegime": "RATE", "vatRate": "4", "gross": "40000.00" },
            { "code": "B", "year": 2021, "vatRegime": "EXEMPT", "net": "828940.47" },
            { "code": "C", "year": 2020, "vatRegime": "EXEMPT", "net": "828940.47" },
        ],
        "contributions": [
            { "year": 2020, "area": "1", "partner": "ALFA", "amount": "5500.00", "items": [
                { "item": "sportelli", "amount": "5000.00" }, { "item": "formazione", "amount": "500.00" },
            ] },
            // 1% of 38,461.54 + 828,940.47 = 867,402.01.
            { "year": 2020, "area": "4", "percent": "1" },
        ],
        "instalments": [
            { "label": "primo periodo", "periodFrom": "2020-03-01", "periodTo": "2020-12-31", "amount": "13000.00" },
            { "label": "saldo", "dueDate": "2022-01-31", "amount": "9000.00" },
        ],
        "milestones": [
            { "code": "RETE", "area": "4", "item": "rete", "from": "2020-03-01" },
            { "code": "MAPPA", "item": "mappa", "by": "2020-05-31" },
        ],
        "recurrences": [
            { "kind": "MONITORING", "month": 6, "day": 30 }, { "kind": "PLANNING", "month": 2, "day": 29 },
            { "kind": "PROGRAMME", "everyMonths": 4 },
        ],
        "perimeters": [{ "year": 2020, "public": "1418784.00", "private": "389185.00", "total": "1807969.00" }],
        "programmes": [
            { "code": "1", "name": "Famiglia", "year": 2020, "public": "1000000.00", "private": "389185.00" },
            { "code": "2", "name": "Lavoro", "year": 2020, "public": "418784.00" }, { "code": "3", "name": "Casa" },
        ],
    });
    terms("2020-03-01", "2021-12-31", rest)
}

/// Everything of a version but its days.
const VERSION: &str = "number kind title act note assumed partners { code } services { code } areas { code name }
    lines { code year area item net vat gross }
    contributions { year area partner { code } percent amount items { item amount } }
    instalments { label periodFrom periodTo dueDate amount }
    milestones { code area item from by revision } programmes { code name year public private }
    monitoringDates planningDates programmeDates
    perimeter(year: 2020) { total public private publicPercent privatePercent }";

#[test]
fn all_of_it_is_written_and_read_back() {
    let server = Server::start();
    let input = with(agreement("TUTTO", whole()), json!({ "grantorComune": MANERBIO }));
    let selection =
        format!("{{ code kind grantorComune {{ istatCode }} version(asOf: \"2020-03-01\") {{ {VERSION} }} }}");
    let made = done(&server, "addAgreement", input, &selection);
    let line = |code: &str, year: i32, amounts: [&str; 3]| {
        let [net, vat, gross] = amounts;
        json!({ "code": code, "year": year, "area": null, "item": null, "net": net, "vat": vat, "gross": gross })
    };
    let housing = line("A", 2020, ["38461.54", "1538.46", "40000.00"]);
    let expected = json!({
        "number": 1, "kind": "ORIGINAL", "title": "Co-progettazione", "act": "DGC 1/2020", "note": "prima\nseconda",
        "assumed": true, "partners": [{ "code": "ALFA" }], "services": [{ "code": "SAD" }],
        "areas": [{ "code": "1", "name": null }, { "code": "4", "name": "Casa" }],
        "lines": [
            with(housing, json!({ "area": "4", "item": "alloggi" })),
            line("B", 2021, ["828940.47", "0.00", "828940.47"]),
            line("C", 2020, ["828940.47", "0.00", "828940.47"]),
        ],
        "contributions": [
            { "year": 2020, "area": "1", "partner": { "code": "ALFA" }, "percent": null, "amount": "5500.00",
              "items": [{ "item": "sportelli", "amount": "5000.00" }, { "item": "formazione", "amount": "500.00" }] },
            { "year": 2020, "area": "4", "partner": null, "percent": "1", "amount": "8674.02", "items": [] },
        ],
        "instalments": [
            { "label": "primo periodo", "periodFrom": "2020-03-01", "periodTo": "2020-12-31", "dueDate": null, "amount": "13000.00" },
            { "label": "saldo", "periodFrom": null, "periodTo": null, "dueDate": "2022-01-31", "amount": "9000.00" },
        ],
        "milestones": [
            { "code": "RETE", "area": "4", "item": "rete", "from": "2020-03-01", "by": null, "revision": 0 },
            { "code": "MAPPA", "area": null, "item": "mappa", "from": null, "by": "2020-05-31", "revision": 0 },
        ],
        "programmes": [
            { "code": "1", "name": "Famiglia", "year": 2020, "public": "1000000.00", "private": "389185.00" },
            { "code": "2", "name": "Lavoro", "year": 2020, "public": "418784.00", "private": null },
            { "code": "3", "name": "Casa", "year": null, "public": null, "private": null },
        ],
        "monitoringDates": ["2020-06-30", "2021-06-30"], "planningDates": ["2021-02-28"],
        "programmeDates": ["2020-07-01", "2020-11-01", "2021-03-01", "2021-07-01", "2021-11-01"],
        "perimeter": {
            "total": "1807969.00", "public": "1418784.00", "private": "389185.00", "publicPercent": 78, "privatePercent": 22,
        },
    });
    assert_eq!(made["version"], expected);
    let head = json!({ "code": "TUTTO", "kind": "CO_DESIGN", "grantorComune": { "istatCode": MANERBIO } });
    assert_eq!(made, with(head, json!({ "version": expected })));
}

#[test]
fn amendments_and_renewals_leave_what_was_agreed_before() {
    let server = Server::start();
    let line = |gross: &str, year: i32| json!({ "lines": [{ "code": "A", "year": year, "vatRegime": "EXEMPT", "gross": gross }] });
    let id = add(&server, "DURA", terms("2020-01-01", "2020-12-31", line("100.00", 2020)));
    let amended =
        with(terms("2020-01-01", "2020-12-31", line("120.00", 2020)), json!({ "effectiveFrom": "2020-07-01" }));
    let amended = json!({ "agreement": id, "expectedVersion": 1, "terms": amended });
    // The answer of the act sees it already.
    let selection = "{ version(asOf: \"2020-07-01\") { number kind lines { gross } } versions { number } }";
    let expected = json!({
        "version": { "number": 2, "kind": "AMENDMENT", "lines": [{ "gross": "120.00" }] },
        "versions": [{ "number": 1 }, { "number": 2 }],
    });
    assert_eq!(done(&server, "amendAgreement", amended, selection), expected);
    let renewed = terms("2021-01-01", "2022-12-31", line("130.00", 2022));
    let renewed = json!({ "agreement": id, "expectedVersion": 2, "terms": renewed });
    done(&server, "renewAgreement", renewed, "{ id }");
    let query = format!(
        "{{ agreement(id: {id}) {{ versions {{ number kind effectiveFrom startsOn endsOn digest }}
            a: version(asOf: \"2020-06-30\") {{ number lines {{ gross }} }} b: version(asOf: \"2020-07-01\") {{ number }}
            c: version(asOf: \"2020-12-31\") {{ number }} d: version(asOf: \"2021-01-01\") {{ number lines {{ gross }} }} }} }}"
    );
    let mut seen = server.data(Role::Reporting, &query)["agreement"].take();
    let versions = seen["versions"].take();
    let told =
        |at: usize| ["kind", "effectiveFrom", "startsOn", "endsOn"].map(|name| versions[at][name].as_str().unwrap());
    assert_eq!(told(0), ["ORIGINAL", "2020-01-01", "2020-01-01", "2020-12-31"]);
    assert_eq!(told(1), ["AMENDMENT", "2020-07-01", "2020-01-01", "2020-12-31"]);
    assert_eq!(told(2), ["RENEWAL", "2021-01-01", "2021-01-01", "2022-12-31"]);
    assert_eq!(seen["a"], json!({ "number": 1, "lines": [{ "gross": "100.00" }] }));
    assert_eq!((&seen["b"]["number"], &seen["c"]["number"]), (&json!(2), &json!(2)));
    assert_eq!(seen["d"], json!({ "number": 3, "lines": [{ "gross": "130.00" }] }));
    // Each act is one event, from the digest of the version before to that of its own.
    let trail = "{ auditTrail(last: 3) { nodes { act subject digestBefore digestAfter } } }";
    let trail = server.data(Role::Auditor, trail)["auditTrail"]["nodes"].take();
    let event = |act: &str, before: Value, at: usize| json!({ "act": act, "subject": "agreement:9/DURA", "digestBefore": before, "digestAfter": versions[at]["digest"] });
    let digest = |at: usize| versions[at]["digest"].clone();
    let expected = json!([
        event("agreement.add", Value::Null, 0),
        event("agreement.amend", digest(0), 1),
        event("agreement.renew", digest(1), 2),
    ]);
    assert_eq!(trail, expected);
}

#[test]
fn other_terms_have_another_digest() {
    let server = Server::start();
    let digest = |code: &str, terms: Value| {
        let mut made = done(&server, "addAgreement", agreement(code, terms), "{ versions { digest } }");
        made["versions"][0]["digest"].take().to_string()
    };
    let other = |path: &str, value: Value| {
        let mut terms = whole();
        *terms.pointer_mut(path).unwrap() = value;
        terms
    };
    // A digest is of an agreement, so that two agreements with the same terms have two.
    let mut seen = vec![digest("D0", whole()), digest("D1", whole())];
    let changes = [
        ("/lines/1/net", json!("828940.48")),
        ("/lines/0/item", json!("case")),
        ("/contributions/0/items/0/item", json!("sportello")),
        ("/milestones/1/by", json!("2020-06-01")),
        ("/recurrences/2/everyMonths", json!(3)),
        ("/instalments/1/amount", json!("9000.01")),
        ("/programmes/2/name", json!("Case")),
        ("/note", json!("terza")),
    ];
    for (at, (path, value)) in changes.into_iter().enumerate() {
        seen.push(digest(&format!("E{at}"), other(path, value)));
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 10);
}

#[test]
fn milestones_are_reported_and_put_right() {
    let server = Server::start();
    let id = add(&server, "TAPPE", whole());
    let report = |revision: i32, rest: Value| {
        let input = with(json!({ "agreement": id, "milestone": "MAPPA", "expectedVersion": revision }), rest);
        let selection = "{ version(asOf: \"2021-01-01\") { milestones(asOf: \"2021-01-01\")
            { code startedOn doneOn state late note revision } } }";
        done(&server, "reportMilestone", input, selection)["version"]["milestones"][1].take()
    };
    let seen = |started: Value, done: Value, state: &str, note: Value, revision: i32| json!({ "code": "MAPPA", "startedOn": started, "doneOn": done, "state": state, "late": true, "note": note, "revision": revision });
    let first = report(0, json!({ "startedOn": "2020-04-01", "note": "avviata" }));
    assert_eq!(first, seen(json!("2020-04-01"), Value::Null, "STARTED", json!("avviata"), 1));
    // What is left out stays.
    let second = report(1, json!({ "doneOn": "2020-06-10" }));
    assert_eq!(second, seen(json!("2020-04-01"), json!("2020-06-10"), "DONE", json!("avviata"), 2));
    let third = report(2, json!({ "doneOn": null, "note": null }));
    assert_eq!(third, seen(json!("2020-04-01"), Value::Null, "STARTED", Value::Null, 3));
    // An amendment does not undo it.
    let amended = with(whole(), json!({ "effectiveFrom": "2020-09-01" }));
    done(&server, "amendAgreement", json!({ "agreement": id, "expectedVersion": 1, "terms": amended }), "{ id }");
    assert_eq!(report(3, json!({})), seen(json!("2020-04-01"), Value::Null, "STARTED", Value::Null, 4));
}

#[test]
fn statements_do_not_grow_with_the_lines() {
    let server = Server::start();
    // Written once before, so that nothing is done for the first time.
    add(&server, "PRIMO", whole());
    let statements = |code: &str, count: usize| {
        let line = |at: usize| {
            let parts = json!([{ "item": "mesi", "months": 1, "monthlyFee": "1.00" }]);
            json!({ "code": format!("L{at}"), "year": 2020, "vatRegime": "EXEMPT", "parts": parts })
        };
        let lines: Vec<Value> = (0..count).map(line).collect();
        let input = agreement(code, terms("2020-01-01", "2020-12-31", json!({ "lines": lines })));
        let before = server.store().statements();
        done(&server, "addAgreement", input, "{ id }");
        server.store().statements() - before
    };
    assert_eq!(statements("UNA", 1), statements("MOLTE", 400));
}
