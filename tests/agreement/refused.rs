//! What the acts on agreements refuse: the input, the code and the place, and that nothing changed.

use api::auth::Role;
use chrono::NaiveDate;
use serde_json::{Value, json};

use super::writing::{add, agreement, done, terms, whole, with};
use crate::support::tables::snapshot;
use crate::support::write::new_key;
use crate::support::{Server, neighbour};

/// Agreements to be that are refused; the place is one of their terms.
fn check_terms(server: &Server, cases: Vec<(Value, &'static str, &'static str)>) {
    let places: Vec<String> = cases.iter().map(|(_, _, path)| format!("input.terms.{path}")).collect();
    let cases = cases.into_iter().zip(&places);
    let cases = cases.map(|((input, code, _), path)| ("addAgreement", input, code, path.as_str()));
    server.check_refusals(Role::Azienda, cases.collect());
}

/// Whole terms with one value another.
fn other(path: &str, value: Value) -> Value {
    let mut terms = whole();
    for programme in terms["programmes"].as_array_mut().unwrap() {
        programme["years"] = json!([]);
    }
    *terms.pointer_mut(path).unwrap() = value;
    agreement("NUOVO", terms)
}

/// Terms of a year with one list.
fn list(name: &str, entries: Value) -> Value {
    agreement("NUOVO", terms("2020-01-01", "2020-12-31", json!({ name: entries })))
}

fn line(rest: Value) -> Value {
    list("lines", json!([with(json!({ "code": "A", "year": 2020, "vatRegime": "RATE", "vatRate": "4" }), rest)]))
}

fn part(rest: Value) -> Value {
    line(json!({ "parts": [with(json!({ "item": "p" }), rest)] }))
}

#[test]
#[rustfmt::skip] // One line a case.
fn agreements() {
    let server = Server::start();
    neighbour::add(&server);
    add(&server, "C1", terms("2020-01-01", "2020-12-31", json!({})));
    let new = |rest: Value| with(agreement("NUOVO", whole()), rest);
    let name = "addAgreement";
    server.check_refusals(Role::Azienda, vec![
        (name, new(json!({ "ambito": "8" })), "NOT_FOUND", "input.ambito"),
        (name, new(json!({ "ambito": "T1" })), "NOT_FOUND", "input.ambito"),
        (name, new(json!({ "code": "C1" })), "DUPLICATE", "input.code"),
        (name, new(json!({ "code": "nuovo" })), "INVALID", "input.code"),
        (name, new(json!({ "code": "A/B" })), "INVALID", "input.code"),
        (name, new(json!({ "grantorComune": "098001" })), "NOT_A_MEMBER", "input.grantorComune"),
        (name, new(json!({ "grantorComune": "017001" })), "NOT_A_MEMBER", "input.grantorComune"),
    ]);
    let from = |day: &str| agreement("NUOVO", with(whole(), json!({ "effectiveFrom": day })));
    let many: Vec<Value> = (0..101).map(|at| json!({ "code": at.to_string() })).collect();
    let programmes: Vec<Value> = (0..101).map(|at| json!({ "code": at.to_string(), "name": "n" })).collect();
    check_terms(&server, vec![
        (other("/title", json!(" ")), "INVALID", "title"),
        (other("/title", json!("x".repeat(1_001))), "INVALID", "title"),
        (other("/act", json!("a\nb")), "INVALID", "act"),
        (other("/note", json!("a\u{0}b")), "INVALID", "note"),
        (other("/startsOn", json!("1989-12-31")), "INVALID", "startsOn"),
        (other("/endsOn", json!("2201-01-01")), "INVALID", "endsOn"),
        (other("/endsOn", json!("2020-02-29")), "INVALID", "endsOn"),
        (from("2020-02-29"), "OUTSIDE_PERIOD", "effectiveFrom"),
        (from("2022-01-01"), "OUTSIDE_PERIOD", "effectiveFrom"),
        (other("/partners", json!([])), "INVALID", "partners"),
        (other("/partners", json!(["ALFA", "NESSUNO"])), "NOT_FOUND", "partners.1"),
        (other("/partners", json!(["ALFA", "ALFA"])), "DUPLICATE", "partners.1"),
        (other("/services", json!(["SAD", "NIENTE"])), "NOT_FOUND", "services.1"),
        (other("/services", json!(["SAD", "SAD"])), "DUPLICATE", "services.1"),
        (other("/areas/1/code", json!("1")), "DUPLICATE", "areas.1.code"),
        (other("/areas/1/code", json!("a")), "INVALID", "areas.1.code"),
        (other("/areas/1/name", json!("")), "INVALID", "areas.1.name"),
        (list("areas", json!(many)), "INVALID", "areas"),
        (list("programmes", json!(programmes)), "INVALID", "programmes"),
    ]);
    check_terms(&server, telling());
}

/// A text of each kind that tells of somebody: by a tax code, an address or a telephone.
#[rustfmt::skip] // One line a case.
fn telling() -> Vec<(Value, &'static str, &'static str)> {
    let (code, address, telephone) = ("di RSSMRA85T10A562S", "mario.rossi@example.it", "tel. 333 1234567");
    let told = |path: &str, text: &str| other(path, json!(text));
    vec![
        (told("/title", code), "PERSONAL_DATA", "title"),
        (told("/title", telephone), "PERSONAL_DATA", "title"),
        (told("/act", code), "PERSONAL_DATA", "act"),
        (told("/act", address), "PERSONAL_DATA", "act"),
        (told("/note", address), "PERSONAL_DATA", "note"),
        (told("/areas/1/name", code), "PERSONAL_DATA", "areas.1.name"),
        (told("/lines/0/item", code), "PERSONAL_DATA", "lines.0.item"),
        (part(json!({ "item": code, "months": 1, "monthlyFee": "1.00" })), "PERSONAL_DATA", "lines.0.parts.0.item"),
        (list("contributions", json!([{ "year": 2020, "item": code, "amount": "1.00" }])), "PERSONAL_DATA", "contributions.0.item"),
        (told("/contributions/0/items/1/item", telephone), "PERSONAL_DATA", "contributions.0.items.1.item"),
        (told("/instalments/1/label", address), "PERSONAL_DATA", "instalments.1.label"),
        (told("/milestones/0/item", code), "PERSONAL_DATA", "milestones.0.item"),
        (told("/programmes/2/name", code), "PERSONAL_DATA", "programmes.2.name"),
    ]
}

#[test]
#[rustfmt::skip] // One line a case.
fn lines() {
    let server = Server::start();
    let months = |months: i32, fee: &str| json!({ "item": "p", "months": months, "monthlyFee": fee });
    let hours = |hours: &str, cost: &str| json!({ "item": "p", "hours": hours, "hourlyCost": cost });
    check_terms(&server, vec![
        (other("/lines/1/code", json!("A")), "DUPLICATE", "lines.1.code"),
        (other("/lines/1/code", json!("a")), "INVALID", "lines.1.code"),
        (other("/lines/1/year", json!(2019)), "OUTSIDE_PERIOD", "lines.1.year"),
        (other("/lines/1/year", json!(2022)), "OUTSIDE_PERIOD", "lines.1.year"),
        (other("/lines/0/area", json!("2")), "NOT_FOUND", "lines.0.area"),
        (other("/lines/0/service", json!("NIENTE")), "NOT_FOUND", "lines.0.service"),
        (other("/lines/0/item", json!("")), "INVALID", "lines.0.item"),
        (line(json!({})), "INVALID", "lines.0.net"),
        (line(json!({ "net": "-0.01" })), "INVALID", "lines.0.net"),
        (line(json!({ "gross": "-0.01" })), "INVALID", "lines.0.gross"),
        (line(json!({ "net": "1000000000000.01" })), "OVERFLOW", "lines.0.net"),
        (line(json!({ "net": "1000000000000.00" })), "OVERFLOW", "lines.0.gross"),
        (line(json!({ "net": "1.00", "vatRate": "-1" })), "INVALID", "lines.0.vatRate"),
        (line(json!({ "net": "1.00", "vatRate": "100.000001" })), "INVALID", "lines.0.vatRate"),
        (line(json!({ "net": "1.00", "vatRate": null })), "INVALID", "lines.0.vatRate"),
        (line(json!({ "net": "1.00", "vatRegime": "EXEMPT" })), "INVALID", "lines.0.vatRate"),
        // 38,461.54 + 4% = 40,000.00.
        (line(json!({ "net": "38461.54", "vat": "1538.47" })), "VAT_MISMATCH", "lines.0.vat"),
        (line(json!({ "net": "38461.54", "gross": "40000.01" })), "VAT_MISMATCH", "lines.0.gross"),
        (line(json!({ "net": "38461.53", "gross": "40000.00" })), "VAT_MISMATCH", "lines.0.gross"),
        (line(json!({ "gross": "40000.00", "vat": "1538.45" })), "VAT_MISMATCH", "lines.0.vat"),
        (line(json!({ "net": "38461.54", "vat": "1538.46", "gross": "40000.02" })), "VAT_MISMATCH", "lines.0.gross"),
        (line(json!({ "vat": "0.05", "parts": [months(1, "1.00")] })), "VAT_MISMATCH", "lines.0.vat"),
        (line(json!({ "parts": [months(1, "1.00"), hours("1", "1.00")] })), "INVALID", "lines.0.parts"),
        (line(json!({ "net": "1.99", "parts": [months(2, "1.00")] })), "INVALID", "lines.0.parts"),
        (line(json!({ "gross": "1.99", "parts": [hours("2", "1.00")] })), "INVALID", "lines.0.parts"),
        // 1.04 and 1.00 with VAT.
        (line(json!({ "gross": "2.03", "parts": [months(1, "1.00"), hours("1", "1.00")] })), "INVALID", "lines.0.parts"),
        (part(json!({ "months": 0, "monthlyFee": "1.00" })), "INVALID", "lines.0.parts.0.months"),
        (part(json!({ "months": -1, "monthlyFee": "1.00" })), "INVALID", "lines.0.parts.0.months"),
        (part(json!({ "months": 1_201, "monthlyFee": "1.00" })), "INVALID", "lines.0.parts.0.months"),
        (part(json!({ "months": 1, "monthlyFee": "-1.00" })), "INVALID", "lines.0.parts.0.monthlyFee"),
        (part(json!({ "months": 1_000, "monthlyFee": "1000000000000.00" })), "OVERFLOW", "lines.0.parts.0.monthlyFee"),
        (part(json!({ "hours": "0", "hourlyCost": "1.00" })), "INVALID", "lines.0.parts.0.hours"),
        (part(json!({ "hours": "-1", "hourlyCost": "1.00" })), "INVALID", "lines.0.parts.0.hours"),
        (part(json!({ "hours": "9000000000000", "hourlyCost": "1.00" })), "OVERFLOW", "lines.0.parts.0.hours"),
        (part(json!({ "hours": "1", "hourlyCost": "-1.00" })), "INVALID", "lines.0.parts.0.hourlyCost"),
        (part(json!({ "hours": "1", "hourlyCost": "1.00", "stated": "-1.00" })), "INVALID", "lines.0.parts.0.stated"),
        (part(json!({ "hours": "1", "monthlyFee": "1.00" })), "INVALID", "lines.0.parts.0.months"),
        (part(json!({ "months": 1, "monthlyFee": "1.00", "hours": "1" })), "INVALID", "lines.0.parts.0.months"),
        (part(json!({ "months": 1, "monthlyFee": "1.00", "item": " " })), "INVALID", "lines.0.parts.0.item"),
    ]);
}

#[test]
#[rustfmt::skip] // One line a case.
fn long_lists() {
    let server = Server::start();
    let lines = |count: usize, parts: usize| -> Value {
        let part = json!({ "item": "p", "hours": "1", "hourlyCost": "1.00" });
        let line = |at: usize| json!({ "code": format!("L{at}"), "year": 2020, "vatRegime": "EXEMPT", "parts": vec![part.clone(); parts] });
        list("lines", (0..count).map(line).collect())
    };
    let contribution = |items: usize| json!({ "year": 2020, "amount": "1.00", "items": vec![json!({ "item": "i", "amount": "1.00" }); items] });
    check_terms(&server, vec![
        (lines(1_001, 1), "INVALID", "lines"),
        (lines(1, 2_001), "INVALID", "lines"),
        (list("contributions", json!(vec![contribution(0); 1_001])), "INVALID", "contributions"),
        (list("contributions", json!([contribution(2_001)])), "INVALID", "contributions"),
        (list("instalments", json!(vec![json!({ "label": "l", "amount": "1.00" }); 501])), "INVALID", "instalments"),
        (list("milestones", json!(vec![json!({ "code": "A", "item": "i", "by": "2020-01-01" }); 1_001])), "INVALID", "milestones"),
        (list("recurrences", json!(vec![json!({ "kind": "PLANNING", "everyMonths": 1 }); 51])), "INVALID", "recurrences"),
    ]);
}

#[test]
#[rustfmt::skip] // One line a case.
fn contributions_and_days() {
    let server = Server::start();
    let partner = json!({ "ambito": "9", "code": "BETA", "name": "Beta" });
    server.write(Role::Azienda, "addPartner", partner, "{ errors { code } }");
    let yearly = |month: i32, day: i32| list("recurrences", json!([{ "kind": "MONITORING", "month": month, "day": day }]));
    let contribution = |rest: Value| list("contributions", json!([with(json!({ "year": 2020 }), rest)]));
    let instalment = |rest: Value| list("instalments", json!([with(json!({ "label": "l", "amount": "1.00" }), rest)]));
    check_terms(&server, vec![
        (other("/contributions/0/year", json!(2019)), "OUTSIDE_PERIOD", "contributions.0.year"),
        (other("/contributions/0/area", json!("2")), "NOT_FOUND", "contributions.0.area"),
        (other("/contributions/0/partner", json!("NESSUNO")), "NOT_FOUND", "contributions.0.partner"),
        (other("/contributions/0/partner", json!("BETA")), "OUTSIDE_AGREEMENT", "contributions.0.partner"),
        (other("/contributions/0/amount", json!("5500.01")), "INVALID", "contributions.0.items"),
        (other("/contributions/0/items/1/item", json!("")), "INVALID", "contributions.0.items.1.item"),
        (other("/contributions/0/items/1/amount", json!("-500.00")), "INVALID", "contributions.0.items.1.amount"),
        (other("/contributions/1/percent", json!("100.000001")), "INVALID", "contributions.1.percent"),
        (other("/contributions/1/percent", json!("-1")), "INVALID", "contributions.1.percent"),
        (contribution(json!({})), "INVALID", "contributions.0.amount"),
        (contribution(json!({ "amount": "1.00", "percent": "1" })), "INVALID", "contributions.0.amount"),
        (contribution(json!({ "amount": "-1.00" })), "INVALID", "contributions.0.amount"),
        (other("/instalments/0/periodFrom", json!("2020-02-29")), "OUTSIDE_PERIOD", "instalments.0.periodFrom"),
        (other("/instalments/0/periodTo", json!("2022-01-01")), "OUTSIDE_PERIOD", "instalments.0.periodTo"),
        (other("/instalments/0/periodFrom", json!("2021-01-01")), "INVALID", "instalments.0.periodTo"),
        (other("/instalments/1/dueDate", json!("2020-02-29")), "OUTSIDE_PERIOD", "instalments.1.dueDate"),
        (other("/instalments/1/dueDate", json!("2201-01-01")), "INVALID", "instalments.1.dueDate"),
        (instalment(json!({ "amount": "0.00" })), "INVALID", "instalments.0.amount"),
        (instalment(json!({ "amount": "-1.00" })), "INVALID", "instalments.0.amount"),
        (instalment(json!({ "label": "" })), "INVALID", "instalments.0.label"),
        (instalment(json!({ "periodFrom": "2020-01-01" })), "INVALID", "instalments.0.periodTo"),
        (instalment(json!({ "periodTo": "2020-01-01" })), "INVALID", "instalments.0.periodFrom"),
        (other("/milestones/0/from", json!("2020-02-29")), "OUTSIDE_PERIOD", "milestones.0.from"),
        (other("/milestones/1/by", json!("2022-01-01")), "OUTSIDE_PERIOD", "milestones.1.by"),
        (other("/milestones/1/code", json!("RETE")), "DUPLICATE", "milestones.1.code"),
        (other("/milestones/0/area", json!("2")), "NOT_FOUND", "milestones.0.area"),
        (other("/milestones/0/item", json!("")), "INVALID", "milestones.0.item"),
        (other("/milestones/0/from", Value::Null), "INVALID", "milestones.0.from"),
        (yearly(0, 1), "INVALID", "recurrences.0.month"),
        (yearly(13, 1), "INVALID", "recurrences.0.month"),
        (yearly(2, 30), "INVALID", "recurrences.0.day"),
        (yearly(4, 31), "INVALID", "recurrences.0.day"),
        (yearly(1, 0), "INVALID", "recurrences.0.day"),
        (other("/recurrences/2/everyMonths", json!(0)), "INVALID", "recurrences.2.everyMonths"),
        (other("/recurrences/2/everyMonths", json!(121)), "INVALID", "recurrences.2.everyMonths"),
        (other("/recurrences/2/everyMonths", Value::Null), "INVALID", "recurrences.2.month"),
        (other("/recurrences/1", json!({ "kind": "MONITORING", "month": 6, "day": 30 })), "DUPLICATE", "recurrences.1"),
    ]);
}

#[test]
#[rustfmt::skip] // One line a case.
fn values() {
    let server = Server::start();
    let perimeter = json!({ "year": 2020, "public": "1.00", "private": "1.00" });
    check_terms(&server, vec![
        (other("/perimeters/0/year", json!(2019)), "OUTSIDE_PERIOD", "perimeters.0.year"),
        (other("/perimeters/0/total", json!("1807969.01")), "INVALID", "perimeters.0.total"),
        (other("/perimeters/0/public", json!("-1.00")), "INVALID", "perimeters.0.public"),
        (other("/perimeters/0/private", json!("-1.00")), "INVALID", "perimeters.0.private"),
        (other("/perimeters", json!([perimeter, perimeter])), "DUPLICATE", "perimeters.1.year"),
        (other("/programmes/2/code", json!("1")), "DUPLICATE", "programmes.2.code"),
        (other("/programmes/2/code", json!("p")), "INVALID", "programmes.2.code"),
        (other("/programmes/2/name", json!("")), "INVALID", "programmes.2.name"),
        (other("/programmes/0/year", json!(2022)), "OUTSIDE_PERIOD", "programmes.0.year"),
        (other("/programmes/0/year", Value::Null), "INVALID", "programmes.0.year"),
        (other("/programmes/0/public", json!("-1.00")), "INVALID", "programmes.0.public"),
        // 1,000,000.00 + 418,784.01 is a cent more than the perimeter.
        (other("/programmes/1/public", json!("418784.01")), "INVALID", "programmes.1.public"),
        (other("/programmes/0/private", json!("389185.01")), "INVALID", "programmes.0.private"),
        (other("/programmes/0/years", json!([perimeter])), "INVALID", "programmes.0.years"),
        (other("/programmes/2/years", json!([perimeter, perimeter])), "DUPLICATE", "programmes.2.years.1.year"),
        (other("/programmes/2/years", json!([with(perimeter.clone(), json!({ "year": 2022 }))])), "OUTSIDE_PERIOD", "programmes.2.years.0.year"),
        (other("/programmes/2/years", json!([with(perimeter.clone(), json!({ "public": "-1.00" }))])), "INVALID", "programmes.2.years.0.public"),
        (other("/programmes/2/years", json!([with(perimeter.clone(), json!({ "total": "2.01" }))])), "INVALID", "programmes.2.years.0.total"),
        // The first two have all of it already.
        (other("/programmes/2/years", json!([with(perimeter.clone(), json!({ "private": "0.00" }))])), "INVALID", "programmes.2.years.0.public"),
    ]);
}

#[test]
#[rustfmt::skip] // One line a case.
fn versions_and_milestones() {
    let server = Server::start();
    let milestone = json!({ "milestones": [{ "code": "A", "item": "a", "by": "2020-06-30" }] });
    let id = add(&server, "DURA", terms("2020-01-01", "2020-12-31", milestone));
    let lasting = |from: &str, starts: &str, ends: &str| terms(starts, ends, json!({ "effectiveFrom": from }));
    let amended = json!({ "agreement": id, "expectedVersion": 1, "terms": lasting("2020-07-01", "2020-01-01", "2020-12-31") });
    done(&server, "amendAgreement", amended, "{ id }");
    let plan = server.data(Role::Azienda, r#"{ ambito(code: "9") { plan(year: 2022) { id } } }"#)["ambito"]["plan"]["id"].take();
    let next = |terms: Value| json!({ "agreement": id, "expectedVersion": 2, "terms": terms });
    let (amend, renew, report) = ("amendAgreement", "renewAgreement", "reportMilestone");
    let year = |from: &str| lasting(from, "2020-01-01", "2020-12-31");
    let further = || terms("2021-01-01", "2021-12-31", json!({}));
    let told = |rest: Value| with(json!({ "agreement": id, "milestone": "A" }), rest);
    done(&server, report, told(json!({ "startedOn": "2020-02-01" })), "{ id }");
    let again = |rest: Value| with(told(json!({ "expectedVersion": 1 })), rest);
    server.check_refusals(Role::Azienda, vec![
        (amend, with(next(year("2020-08-01")), json!({ "agreement": "eA" })), "NOT_FOUND", "input.agreement"),
        (amend, with(next(year("2020-08-01")), json!({ "agreement": plan })), "NOT_FOUND", "input.agreement"),
        (amend, with(next(year("2020-08-01")), json!({ "expectedVersion": 1 })), "VERSION_CONFLICT", "input.expectedVersion"),
        (amend, with(next(year("2020-08-01")), json!({ "expectedVersion": 3 })), "VERSION_CONFLICT", "input.expectedVersion"),
        (amend, next(year("2020-07-01")), "VERSIONS_OVERLAP", "input.terms.effectiveFrom"),
        (amend, next(year("2020-06-30")), "VERSIONS_OVERLAP", "input.terms.effectiveFrom"),
        (amend, next(terms("2020-01-01", "2020-12-31", json!({}))), "VERSIONS_OVERLAP", "input.terms.effectiveFrom"),
        (amend, next(lasting("2020-08-01", "2019-12-31", "2020-12-31")), "VERSIONS_OVERLAP", "input.terms.startsOn"),
        (amend, next(lasting("2020-08-01", "2020-01-02", "2020-12-31")), "VERSIONS_OVERLAP", "input.terms.startsOn"),
        (amend, next(lasting("2020-08-01", "2020-08-01", "2020-12-31")), "VERSIONS_OVERLAP", "input.terms.startsOn"),
        (amend, next(lasting("2020-08-01", "2020-01-01", "2021-01-01")), "VERSIONS_OVERLAP", "input.terms.endsOn"),
        (amend, next(year("2021-01-01")), "OUTSIDE_PERIOD", "input.terms.effectiveFrom"),
        (amend, next(with(year("2020-08-01"), json!({ "title": "" }))), "INVALID", "input.terms.title"),
        (renew, with(next(further()), json!({ "agreement": "eA" })), "NOT_FOUND", "input.agreement"),
        (renew, with(next(further()), json!({ "expectedVersion": 1 })), "VERSION_CONFLICT", "input.expectedVersion"),
        (renew, next(terms("2020-12-31", "2021-12-31", json!({}))), "VERSIONS_OVERLAP", "input.terms.startsOn"),
        (renew, next(terms("2019-01-01", "2019-12-31", json!({}))), "VERSIONS_OVERLAP", "input.terms.startsOn"),
        (renew, next(with(further(), json!({ "partners": ["NESSUNO"] }))), "NOT_FOUND", "input.terms.partners.0"),
        (report, again(json!({ "agreement": "eA" })), "NOT_FOUND", "input.agreement"),
        (report, again(json!({ "milestone": "B" })), "NOT_FOUND", "input.milestone"),
        (report, told(json!({ "startedOn": "2020-02-01" })), "VERSION_CONFLICT", "input.expectedVersion"),
        (report, again(json!({ "expectedVersion": 2 })), "VERSION_CONFLICT", "input.expectedVersion"),
        (report, again(json!({ "startedOn": "2019-12-31" })), "OUTSIDE_PERIOD", "input.startedOn"),
        (report, again(json!({ "doneOn": "2019-12-31" })), "OUTSIDE_PERIOD", "input.doneOn"),
        // It is 15 June 2026.
        (report, again(json!({ "doneOn": "2026-06-16" })), "INVALID", "input.doneOn"),
        (report, again(json!({ "startedOn": "2026-06-16" })), "INVALID", "input.startedOn"),
        (report, again(json!({ "doneOn": "2020-01-31" })), "INVALID", "input.doneOn"),
        (report, again(json!({ "note": "" })), "INVALID", "input.note"),
        (report, again(json!({ "note": "chiamare RSSMRA85T10A562S" })), "PERSONAL_DATA", "input.note"),
        (report, again(json!({ "note": "x".repeat(4_001) })), "INVALID", "input.note"),
    ]);
    // It may end earlier.
    done(&server, amend, next(lasting("2020-08-01", "2020-01-01", "2020-11-30")), "{ id }");
}

#[test]
#[rustfmt::skip] // One line a case.
fn codes_that_an_act_has_already() {
    let server = Server::start();
    let line = |code: &str, year: i32, service: Value| json!({ "code": code, "year": year, "vatRegime": "EXEMPT", "gross": "1.00", "service": service });
    let of = |from: &str, lines: Value| with(terms("2020-01-01", "2021-12-31", json!({ "lines": lines })), json!({ "effectiveFrom": from }));
    let (a, b) = (line("A", 2020, json!("SAD")), line("B", 2020, Value::Null));
    let id = add(&server, "VOCI", of("2020-01-01", json!([a, b])));
    let next = |version: i32, terms: Value| json!({ "agreement": id, "expectedVersion": version, "terms": terms });
    // What an amendment leaves out stays known.
    done(&server, "amendAgreement", next(1, of("2020-02-01", json!([b, line("C", 2021, Value::Null)]))), "{ id }");
    let amend = |lines: Value| ("amendAgreement", next(2, of("2020-03-01", lines)));
    let refused = |lines: Value, code: &'static str, path: &'static str| {
        let (name, input) = amend(lines);
        (name, input, code, path)
    };
    server.check_refusals(Role::Azienda, vec![
        refused(json!([line("A", 2021, json!("SAD"))]), "INVALID", "input.terms.lines.0.year"),
        refused(json!([b, line("A", 2020, json!("ADM"))]), "INVALID", "input.terms.lines.1.service"),
        refused(json!([a, line("B", 2020, json!("SAD"))]), "INVALID", "input.terms.lines.1.service"),
        refused(json!([line("A", 2020, Value::Null)]), "INVALID", "input.terms.lines.0.service"),
        refused(json!([line("C", 2020, Value::Null)]), "INVALID", "input.terms.lines.0.year"),
    ]);
    let (name, same) = amend(json!([a, b, line("C", 2021, Value::Null), line("D", 2021, Value::Null)]));
    done(&server, name, same, "{ id }");
    // A renewal is an act of its own.
    let renewed = terms("2022-01-01", "2022-12-31", json!({ "lines": [line("A", 2022, json!("ADM"))] }));
    done(&server, "renewAgreement", next(3, renewed), "{ id }");
}

#[test]
#[rustfmt::skip] // One line a case.
fn milestones_of_an_earlier_period() {
    let server = Server::start();
    let milestones = |codes: &[&str], by: &str| {
        let milestone = |code: &&str| json!({ "code": code, "item": "tappa", "by": by });
        json!({ "milestones": codes.iter().map(milestone).collect::<Vec<_>>() })
    };
    let first = |from: &str, codes: &[&str]| {
        with(terms("2020-01-01", "2020-12-31", milestones(codes, "2020-06-30")), json!({ "effectiveFrom": from }))
    };
    let second = |from: &str, codes: &[&str]| {
        with(terms("2021-01-01", "2021-12-31", milestones(codes, "2021-06-30")), json!({ "effectiveFrom": from }))
    };
    let id = add(&server, "TAPPE", first("2020-01-01", &["A", "B"]));
    let next = |version: i32, terms: Value| json!({ "agreement": id, "expectedVersion": version, "terms": terms });
    let reported = json!({ "agreement": id, "milestone": "B", "doneOn": "2020-03-01" });
    done(&server, "reportMilestone", reported, "{ id }");
    // An amendment keeps codes, and one that it leaves out stays that of its milestone.
    done(&server, "amendAgreement", next(1, first("2020-02-01", &["A", "C"])), "{ id }");
    server.check_refusals(Role::Azienda, vec![
        ("renewAgreement", next(2, second("2021-01-01", &["A"])), "DUPLICATE", "input.terms.milestones.0.code"),
        ("renewAgreement", next(2, second("2021-01-01", &["D", "B"])), "DUPLICATE", "input.terms.milestones.1.code"),
        ("renewAgreement", next(2, second("2021-01-01", &["D", "E", "C"])), "DUPLICATE", "input.terms.milestones.2.code"),
    ]);
    done(&server, "renewAgreement", next(2, second("2021-01-01", &["D"])), "{ id }");
    // Nor do they come back by an amendment of the renewal.
    let back = next(3, second("2021-02-01", &["D", "B"]));
    server.check_refusals(Role::Azienda, vec![("amendAgreement", back, "DUPLICATE", "input.terms.milestones.1.code")]);
    done(&server, "amendAgreement", next(3, second("2021-02-01", &["D", "E"])), "{ id }");
}

#[test]
fn an_agreement_has_so_many_versions() {
    let server = Server::start();
    let id = add(&server, "LUNGA", terms("2020-01-01", "2020-12-31", json!({})));
    let version = |number: i32| {
        let from = NaiveDate::from_yo_opt(2020, number.unsigned_abs() + 1).unwrap().to_string();
        let terms = terms("2020-01-01", "2020-12-31", json!({ "effectiveFrom": from }));
        json!({ "agreement": id, "expectedVersion": number, "terms": terms })
    };
    for number in 1..100 {
        done(&server, "amendAgreement", version(number), "{ id }");
    }
    server.check_refusals(Role::Azienda, vec![("amendAgreement", version(100), "INVALID", "input.agreement")]);
}

#[test]
fn only_the_managing_body_writes_them() {
    let server = Server::start();
    let own = add(&server, "MIO", terms("2020-01-01", "2020-12-31", json!({})));
    // The partner sees it, and may not write it either.
    let before = snapshot(server.database());
    for role in [Role::Partner, Role::Comune, Role::Assemblea, Role::Auditor, Role::Admin, Role::Reporting] {
        let query = "mutation($input: RenewAgreementInput!) { renewAgreement(input: $input) { errors { code } } }";
        let renewed = terms("2021-01-01", "2021-12-31", json!({}));
        let input = json!({ "input": { "agreement": own, "expectedVersion": 1, "terms": renewed } });
        let answer = server.send_write(&server.token_of(role), &new_key(), query, input).json();
        assert_eq!(answer["errors"][0]["extensions"]["code"], json!("FORBIDDEN"), "{role:?} {answer}");
    }
    assert!(snapshot(server.database()) == before);
}
