//! What the acts on master data refuse: the input, the code and the place, and that nothing changed.

use api::auth::Role;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::{ERRORS, done, kitchen, meals, of_ambito};
use crate::support::tables::{snapshot, wait};
use crate::support::{MANERBIO, Server, neighbour};

/// Identifiers of what a test changes.
struct Ids {
    service: Value,
    fund: Value,
    programme: Value,
    measure: Value,
    known_measure: Value,
    /// Approved a plan.
    act: Value,
    /// Approved none.
    free_act: Value,
}

impl Ids {
    fn of(server: &Server) -> Self {
        let mut service = kitchen(server);
        done(server, "setMeasurements", meals(), "measurements", "{ value }");
        let act = json!({ "ambito": "9", "number": "44", "date": "2022-12-19", "body": "Assemblea" });
        let free_act = done(server, "addResolution", act, "resolution", "{ id }")["id"].take();
        let found = of_ambito(
            server,
            Role::Azienda,
            "funds { id code } programmes { id } measures { id code } resolutions { nodes { id } }",
        );
        let id = |list: &str, code: &str| {
            found[list].as_array().unwrap().iter().find(|one| one["code"] == json!(code)).unwrap()["id"].clone()
        };
        Self {
            service: service["id"].take(),
            fund: id("funds", "PNRR"),
            programme: found["programmes"][0]["id"].clone(),
            measure: id("measures", "PASTI"),
            known_measure: id("measures", "RESIDENTS"),
            act: found["resolutions"]["nodes"][0]["id"].clone(),
            free_act,
        }
    }
}

/// A measure by which one month was delivered, and nothing else is known of it.
fn delivered(server: &Server) -> Value {
    let measure = json!({ "ambito": "9", "code": "CENE", "name": "Cene", "unit": "cene", "consumption": true });
    let mut measure = done(server, "addMeasure", measure, "measure", "{ id }");
    // As long as nothing is counted by it the unit may change.
    let change = json!({ "measure": measure["id"], "expectedVersion": 1, "unit": "cene servite" });
    done(server, "updateMeasure", change, "measure", "{ id }");
    let row = json!({
        "service": "MENSA", "comune": "017103", "month": "2022-01-01", "case": "C-1", "measure": "CENE", "value": "7",
    });
    let input = json!({ "ambito": "9", "rows": [row] });
    let payload =
        server.write(Role::Azienda, "importActivity", input, "{ import { written } errors { code message } }");
    assert_eq!(payload["import"], json!({ "written": true }), "{payload}");
    measure["id"].take()
}

fn with(mut base: Value, rest: Value) -> Value {
    base.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    base
}

#[test]
#[rustfmt::skip] // One line a case.
fn services() {
    let server = Server::start();
    let ids = Ids::of(&server);
    let new = |rest: Value| with(json!({ "ambito": "9", "code": "NUOVO", "name": "n", "area": "a", "delivery": "d" }), rest);
    let old = |rest: Value| with(json!({ "service": ids.service, "expectedVersion": 1 }), rest);
    let long = "x".repeat(1_001);
    let many: Vec<String> = (0..101).map(|at| at.to_string()).collect();
    server.check_refusals(Role::Azienda, vec![
        ("addService", new(json!({ "ambito": "8" })), "NOT_FOUND", "input.ambito"),
        ("addService", new(json!({ "code": "MENSA" })), "DUPLICATE", "input.code"),
        ("addService", new(json!({ "code": "SAD" })), "DUPLICATE", "input.code"),
        ("addService", new(json!({ "code": "" })), "INVALID", "input.code"),
        ("addService", new(json!({ "code": "nuovo" })), "INVALID", "input.code"),
        ("addService", new(json!({ "code": "A/B" })), "INVALID", "input.code"),
        ("addService", new(json!({ "code": "A:B" })), "INVALID", "input.code"),
        ("addService", new(json!({ "code": " NUOVO" })), "INVALID", "input.code"),
        ("addService", new(json!({ "code": "A".repeat(41) })), "INVALID", "input.code"),
        ("addService", new(json!({ "name": " " })), "INVALID", "input.name"),
        ("addService", new(json!({ "name": long })), "INVALID", "input.name"),
        ("addService", new(json!({ "name": "a\nb" })), "INVALID", "input.name"),
        ("addService", new(json!({ "name": "a\u{202e}b" })), "INVALID", "input.name"),
        ("addService", new(json!({ "area": "" })), "INVALID", "input.area"),
        ("addService", new(json!({ "delivery": "\t" })), "INVALID", "input.delivery"),
        ("addService", new(json!({ "missionProgramme": "12.3" })), "INVALID", "input.missionProgramme"),
        ("addService", new(json!({ "missionProgramme": "12.99" })), "UNKNOWN_MISSION", "input.missionProgramme"),
        ("addService", new(json!({ "cig": "A0B1C2D3E" })), "INVALID", "input.cig"),
        ("addService", new(json!({ "cig": "a0b1c2d3e4" })), "INVALID", "input.cig"),
        ("addService", new(json!({ "cup": "J81H0300018000" })), "INVALID", "input.cup"),
        ("addService", new(json!({ "note": "a\u{0}b" })), "INVALID", "input.note"),
        ("addService", new(json!({ "position": 0 })), "INVALID", "input.position"),
        ("addService", new(json!({ "targets": ["a", " "] })), "INVALID", "input.targets.1"),
        ("addService", new(json!({ "tasks": ["a", "a "] })), "DUPLICATE", "input.tasks.1"),
        ("addService", new(json!({ "indicators": many })), "INVALID", "input.indicators"),
        ("addService", new(json!({ "funds": ["FNPS", "NIENTE"] })), "NOT_FOUND", "input.funds.1"),
        ("addService", new(json!({ "funds": ["FNPS", "FNPS"] })), "DUPLICATE", "input.funds.1"),
        ("addService", new(json!({ "note": "scrivere a rossi@example.org" })), "PERSONAL_DATA", "input.note"),
        ("updateService", old(json!({ "service": "eA" })), "NOT_FOUND", "input.service"),
        ("updateService", old(json!({ "service": ids.fund })), "NOT_FOUND", "input.service"),
        ("updateService", old(json!({ "expectedVersion": 0 })), "VERSION_CONFLICT", "input.expectedVersion"),
        ("updateService", old(json!({ "expectedVersion": 2 })), "VERSION_CONFLICT", "input.expectedVersion"),
        ("updateService", old(json!({ "name": null })), "INVALID", "input.name"),
        ("updateService", old(json!({ "position": null })), "INVALID", "input.position"),
        ("updateService", old(json!({ "position": 1_000_001 })), "INVALID", "input.position"),
        ("updateService", old(json!({ "indicators": null })), "INVALID", "input.indicators"),
        ("updateService", old(json!({ "cig": "" })), "INVALID", "input.cig"),
        ("updateService", old(json!({ "note": " " })), "INVALID", "input.note"),
        ("updateService", old(json!({ "note": "RSSMRA80A01B157X" })), "PERSONAL_DATA", "input.note"),
        ("updateService", old(json!({ "funds": ["VICINO"] })), "NOT_FOUND", "input.funds.0"),
    ]);
}

#[test]
#[rustfmt::skip] // One line a case.
fn funds_programmes_and_measures() {
    let server = Server::start();
    let ids = Ids::of(&server);
    let fund = |rest: Value| with(json!({ "ambito": "9", "code": "NUOVO", "name": "n", "level": "STATE" }), rest);
    let old_fund = |rest: Value| with(json!({ "fund": ids.fund, "expectedVersion": 1, "name": "n" }), rest);
    let programme = |rest: Value| with(json!({ "ambito": "9", "title": "t", "fromYear": 2030, "toYear": 2032 }), rest);
    let old_programme = |rest: Value| with(json!({ "programme": ids.programme, "expectedVersion": 1 }), rest);
    let measure = |rest: Value| with(json!({ "ambito": "9", "code": "NUOVA", "name": "n", "unit": "u", "consumption": false }), rest);
    let delivered = delivered(&server);
    let delivered = |rest: Value| with(json!({ "measure": delivered, "expectedVersion": 2 }), rest);
    let old_measure = |rest: Value| with(json!({ "measure": ids.measure, "expectedVersion": 1 }), rest);
    server.check_refusals(Role::Azienda, vec![
        ("addFund", fund(json!({ "ambito": "8" })), "NOT_FOUND", "input.ambito"),
        ("addFund", fund(json!({ "code": "FNPS" })), "DUPLICATE", "input.code"),
        ("addFund", fund(json!({ "code": "a" })), "INVALID", "input.code"),
        ("addFund", fund(json!({ "name": "" })), "INVALID", "input.name"),
        ("addFund", fund(json!({ "level": "COMUNI" })), "DUPLICATE", "input.level"),
        ("updateFund", old_fund(json!({ "fund": "eA" })), "NOT_FOUND", "input.fund"),
        ("updateFund", old_fund(json!({ "expectedVersion": 2 })), "VERSION_CONFLICT", "input.expectedVersion"),
        ("updateFund", old_fund(json!({ "name": null })), "INVALID", "input.name"),
        ("updateFund", old_fund(json!({ "name": "a\nb" })), "INVALID", "input.name"),
        ("addProgramme", programme(json!({ "ambito": "8" })), "NOT_FOUND", "input.ambito"),
        ("addProgramme", programme(json!({ "title": " " })), "INVALID", "input.title"),
        ("addProgramme", programme(json!({ "fromYear": 1989 })), "INVALID", "input.fromYear"),
        ("addProgramme", programme(json!({ "toYear": 2201 })), "INVALID", "input.toYear"),
        ("addProgramme", programme(json!({ "fromYear": 2033 })), "INVALID", "input.toYear"),
        ("addProgramme", programme(json!({ "fromYear": 2022 })), "DUPLICATE", "input.fromYear"),
        ("addProgramme", programme(json!({ "note": "" })), "INVALID", "input.note"),
        ("addProgramme", programme(json!({ "note": "tel. 030 9876543" })), "PERSONAL_DATA", "input.note"),
        ("updateProgramme", old_programme(json!({ "programme": "eA" })), "NOT_FOUND", "input.programme"),
        ("updateProgramme", old_programme(json!({ "expectedVersion": 2 })), "VERSION_CONFLICT", "input.expectedVersion"),
        ("updateProgramme", old_programme(json!({ "title": null })), "INVALID", "input.title"),
        ("updateProgramme", old_programme(json!({ "note": "di RSSMRA80A01B157X" })), "PERSONAL_DATA", "input.note"),
        ("updateProgramme", old_programme(json!({ "fromYear": 2021 })), "INVALID", "input.fromYear"),
        ("updateProgramme", old_programme(json!({ "toYear": 2021 })), "INVALID", "input.toYear"),
        ("updateProgramme", old_programme(json!({ "fromYear": 2023 })), "INVALID", "input.toYear"),
        ("addMeasure", measure(json!({ "ambito": "8" })), "NOT_FOUND", "input.ambito"),
        ("addMeasure", measure(json!({ "code": "RESIDENTS" })), "DUPLICATE", "input.code"),
        ("addMeasure", measure(json!({ "code": "PASTI" })), "DUPLICATE", "input.code"),
        ("addMeasure", measure(json!({ "code": "1A" })), "INVALID", "input.code"),
        ("addMeasure", measure(json!({ "code": "A-B" })), "INVALID", "input.code"),
        ("addMeasure", measure(json!({ "name": "" })), "INVALID", "input.name"),
        ("addMeasure", measure(json!({ "unit": " " })), "INVALID", "input.unit"),
        ("updateMeasure", old_measure(json!({ "measure": "eA" })), "NOT_FOUND", "input.measure"),
        ("updateMeasure", old_measure(json!({ "measure": ids.known_measure, "name": "n" })), "FORBIDDEN", "input.measure"),
        ("updateMeasure", old_measure(json!({ "expectedVersion": 2 })), "VERSION_CONFLICT", "input.expectedVersion"),
        ("updateMeasure", old_measure(json!({ "name": null })), "INVALID", "input.name"),
        // It is measured already.
        ("updateMeasure", old_measure(json!({ "unit": "pranzi" })), "INVALID", "input.unit"),
        // Nobody has measured it, no rule counts by it, and something was delivered.
        ("updateMeasure", delivered(json!({ "unit": "pranzi" })), "INVALID", "input.unit"),
    ]);
}

/// Names, codes and lists of master data: whatever tells of somebody, and what only looks a little like it.
#[test]
#[rustfmt::skip] // One line a case.
fn texts_tell_of_nobody() {
    let server = Server::start();
    let ids = Ids::of(&server);
    let new_partner = |rest: Value| with(json!({ "ambito": "9", "code": "BETA", "name": "Cooperativa Beta" }), rest);
    let partner = done(&server, "addPartner", new_partner(json!({})), "partner", "{ id }")["id"].take();
    let service = |rest: Value| with(json!({ "ambito": "9", "code": "NUOVO", "name": "n", "area": "a", "delivery": "d" }), rest);
    let old_service = |rest: Value| with(json!({ "service": ids.service, "expectedVersion": 1 }), rest);
    let fund = |rest: Value| with(json!({ "ambito": "9", "code": "NUOVO", "name": "n", "level": "STATE" }), rest);
    let old_fund = |name: &str| json!({ "fund": ids.fund, "expectedVersion": 1, "name": name });
    let programme = |title: &str| json!({ "ambito": "9", "title": title, "fromYear": 2030, "toYear": 2032 });
    let old_programme = |title: &str| json!({ "programme": ids.programme, "expectedVersion": 1, "title": title });
    let measure = |rest: Value| with(json!({ "ambito": "9", "code": "NUOVA", "name": "n", "unit": "u", "consumption": false }), rest);
    let old_measure = |rest: Value| with(json!({ "measure": ids.measure, "expectedVersion": 1 }), rest);
    let old_partner = |rest: Value| with(json!({ "partner": partner, "expectedVersion": 1 }), rest);
    let act = |rest: Value| with(json!({ "ambito": "9", "number": "45", "date": "2022-12-19", "body": "Assemblea" }), rest);
    let old_act = |rest: Value| with(json!({ "resolution": ids.free_act, "expectedVersion": 1 }), rest);
    let code = "RSSMRA80A01B157X";
    server.check_refusals(Role::Azienda, vec![
        ("addService", service(json!({ "code": code })), "PERSONAL_DATA", "input.code"),
        ("addService", service(json!({ "name": "Aiuto a rss mra 80a01 b157x" })), "PERSONAL_DATA", "input.name"),
        ("addService", service(json!({ "area": "area di mario.rossi@example.it" })), "PERSONAL_DATA", "input.area"),
        ("addService", service(json!({ "delivery": "tel. 030 9876543" })), "PERSONAL_DATA", "input.delivery"),
        ("addService", service(json!({ "targets": ["minori", code] })), "PERSONAL_DATA", "input.targets.1"),
        ("addService", service(json!({ "tasks": ["chiamare il 340 1234567"] })), "PERSONAL_DATA", "input.tasks.0"),
        ("addService", service(json!({ "indicators": [code] })), "PERSONAL_DATA", "input.indicators.0"),
        ("updateService", old_service(json!({ "name": code })), "PERSONAL_DATA", "input.name"),
        ("updateService", old_service(json!({ "area": code })), "PERSONAL_DATA", "input.area"),
        ("updateService", old_service(json!({ "indicators": ["ore", code] })), "PERSONAL_DATA", "input.indicators.1"),
        ("addFund", fund(json!({ "code": "F-RSSMRA80A01B157X" })), "PERSONAL_DATA", "input.code"),
        ("addFund", fund(json!({ "name": "Lascito di RSSMRA80A01B157X" })), "PERSONAL_DATA", "input.name"),
        ("updateFund", old_fund("IBAN IT60 X054 2811 1010 0000 0123 456"), "PERSONAL_DATA", "input.name"),
        ("addPartner", new_partner(json!({ "code": code })), "PERSONAL_DATA", "input.code"),
        ("addPartner", new_partner(json!({ "code": "GAMMA", "name": "Ditta RSSMRA80A01B157X" })), "PERSONAL_DATA", "input.name"),
        ("addPartner", new_partner(json!({ "code": "GAMMA", "taxCode": code })), "INVALID", "input.taxCode"),
        ("updatePartner", old_partner(json!({ "name": "Cooperativa, 340 1234567" })), "PERSONAL_DATA", "input.name"),
        ("addProgramme", programme("Programma di RSSMRA80A01B157X"), "PERSONAL_DATA", "input.title"),
        ("updateProgramme", old_programme(code), "PERSONAL_DATA", "input.title"),
        ("addMeasure", measure(json!({ "code": code })), "PERSONAL_DATA", "input.code"),
        ("addMeasure", measure(json!({ "name": code })), "PERSONAL_DATA", "input.name"),
        ("addMeasure", measure(json!({ "unit": code })), "PERSONAL_DATA", "input.unit"),
        ("updateMeasure", old_measure(json!({ "name": code })), "PERSONAL_DATA", "input.name"),
        ("updateMeasure", old_measure(json!({ "unit": code })), "PERSONAL_DATA", "input.unit"),
        ("addResolution", act(json!({ "number": "45 RSSMRA80A01B157X" })), "PERSONAL_DATA", "input.number"),
        ("addResolution", act(json!({ "body": "Delegato, 340 1234567" })), "PERSONAL_DATA", "input.body"),
        ("updateResolution", old_act(json!({ "number": code })), "PERSONAL_DATA", "input.number"),
        ("updateResolution", old_act(json!({ "body": code })), "PERSONAL_DATA", "input.body"),
    ]);
    // An organisation's number is its own, in its field and elsewhere; and so are those of acts and years.
    let gamma = json!({ "code": "GAMMA", "name": "Cooperativa Gamma, P.IVA 01234567890", "taxCode": "01234567890" });
    done(&server, "addPartner", new_partner(gamma), "partner", "{ id }");
    done(&server, "addFund", fund(json!({ "code": "DGR-5648-2016", "name": "DGR n. XI/7751 del 28/12/2022" })), "fund", "{ id }");
    done(&server, "updateProgramme", old_programme("Piano 2020-2022, L. 328/2000"), "programme", "{ id }");
    done(&server, "addResolution", act(json!({ "number": "3401234567", "body": "Assemblea dei Sindaci" })), "resolution", "{ id }");
}

#[test]
#[rustfmt::skip] // One line a case.
fn measurements_and_acts() {
    let server = Server::start();
    let ids = Ids::of(&server);
    let set = |rest: Value| with(meals(), rest);
    let values = |values: Value| set(json!({ "values": values }));
    let value = |rest: Value| values(json!([with(json!({ "comune": "017009", "value": "1" }), rest)]));
    let many: Vec<Value> = (0..601).map(|at| json!({ "comune": format!("{at:06}"), "value": "1" })).collect();
    let new_act = |rest: Value| with(json!({ "ambito": "9", "number": "45", "date": "2022-12-19", "body": "Assemblea" }), rest);
    let act = |rest: Value| with(json!({ "resolution": ids.free_act, "expectedVersion": 1 }), rest);
    server.check_refusals(Role::Azienda, vec![
        ("setMeasurements", set(json!({ "ambito": "8" })), "NOT_FOUND", "input.ambito"),
        ("setMeasurements", set(json!({ "measure": "NIENTE" })), "NOT_FOUND", "input.measure"),
        ("setMeasurements", set(json!({ "measure": "no measure" })), "NOT_FOUND", "input.measure"),
        ("setMeasurements", set(json!({ "service": "NIENTE" })), "NOT_FOUND", "input.service"),
        ("setMeasurements", set(json!({ "source": "" })), "INVALID", "input.source"),
        ("setMeasurements", set(json!({ "source": "RSSMRA80A01B157X" })), "PERSONAL_DATA", "input.source"),
        // The day after today.
        ("setMeasurements", set(json!({ "referenceDate": "2026-06-16" })), "INVALID", "input.referenceDate"),
        ("setMeasurements", set(json!({ "referenceDate": "1989-12-31" })), "INVALID", "input.referenceDate"),
        // Before the Ambito had any comune.
        ("setMeasurements", set(json!({ "referenceDate": "1990-01-01" })), "NOT_A_MEMBER", "input.values.0.comune"),
        ("setMeasurements", values(json!([])), "INVALID", "input.values"),
        ("setMeasurements", values(json!(many)), "INVALID", "input.values"),
        ("setMeasurements", value(json!({ "comune": "999999" })), "NOT_A_MEMBER", "input.values.0.comune"),
        ("setMeasurements", value(json!({ "value": "-0.000001" })), "INVALID", "input.values.0.value"),
        ("setMeasurements", value(json!({ "value": "1000000000000.000001" })), "OVERFLOW", "input.values.0.value"),
        ("setMeasurements", values(json!([{ "comune": "017009", "value": "1" }, { "comune": "017009", "value": "1" }])), "DUPLICATE", "input.values.1.comune"),
        // There is none yet, or there is one, or it is another.
        ("setMeasurements", value(json!({ "expectedVersion": 1 })), "VERSION_CONFLICT", "input.values.0.expectedVersion"),
        ("setMeasurements", set(json!({})), "VERSION_CONFLICT", "input.values.0.expectedVersion"),
        ("setMeasurements", value(json!({ "comune": "017103", "expectedVersion": 2 })), "VERSION_CONFLICT", "input.values.0.expectedVersion"),
        // The first could be done, and is not.
        ("setMeasurements", values(json!([{ "comune": "017009", "value": "1" }, { "comune": "017103", "value": "1" }])), "VERSION_CONFLICT", "input.values.1.expectedVersion"),
        ("addResolution", new_act(json!({ "ambito": "8" })), "NOT_FOUND", "input.ambito"),
        ("addResolution", new_act(json!({ "number": "44" })), "DUPLICATE", "input.number"),
        ("addResolution", new_act(json!({ "number": "x".repeat(51) })), "INVALID", "input.number"),
        ("addResolution", new_act(json!({ "number": "4\n5" })), "INVALID", "input.number"),
        ("addResolution", new_act(json!({ "number": "4\u{200b}5" })), "INVALID", "input.number"),
        ("addResolution", new_act(json!({ "number": "4\u{7}5" })), "INVALID", "input.number"),
        // The day after today.
        ("addResolution", new_act(json!({ "date": "2026-06-16" })), "INVALID", "input.date"),
        ("addResolution", new_act(json!({ "date": "1989-12-31" })), "INVALID", "input.date"),
        ("addResolution", new_act(json!({ "date": "2201-01-01" })), "INVALID", "input.date"),
        ("addResolution", new_act(json!({ "body": "x".repeat(201) })), "INVALID", "input.body"),
        ("addResolution", new_act(json!({ "body": "a\nb" })), "INVALID", "input.body"),
        ("addResolution", new_act(json!({ "body": "a\u{202e}b" })), "INVALID", "input.body"),
        ("addResolution", new_act(json!({ "subject": " " })), "INVALID", "input.subject"),
        ("addResolution", new_act(json!({ "subject": "Ricorso di RSSMRA80A01B157X" })), "PERSONAL_DATA", "input.subject"),
        ("updateResolution", act(json!({ "number": "4\u{feff}5" })), "INVALID", "input.number"),
        ("updateResolution", act(json!({ "date": "2026-06-16" })), "INVALID", "input.date"),
        ("updateResolution", act(json!({ "date": "0001-01-01" })), "INVALID", "input.date"),
        ("updateResolution", act(json!({ "body": "a\nb" })), "INVALID", "input.body"),
        ("updateResolution", act(json!({ "resolution": "eA" })), "NOT_FOUND", "input.resolution"),
        ("updateResolution", act(json!({ "expectedVersion": 2 })), "VERSION_CONFLICT", "input.expectedVersion"),
        ("updateResolution", act(json!({ "resolution": ids.act, "number": "1" })), "PLAN_IMMUTABLE", "input.resolution"),
        ("updateResolution", act(json!({ "number": null })), "INVALID", "input.number"),
        ("updateResolution", act(json!({ "date": null })), "INVALID", "input.date"),
        ("updateResolution", act(json!({ "body": " " })), "INVALID", "input.body"),
        ("updateResolution", act(json!({ "subject": "x".repeat(1_001) })), "INVALID", "input.subject"),
    ]);
    let other = json!({ "ambito": "9", "number": "45", "date": "2022-12-19", "body": "Assemblea" });
    done(&server, "addResolution", other, "resolution", "{ id }");
    // Today is no day to come, and a text may be as long as this.
    let longest = json!({ "date": "2026-06-15", "number": "x".repeat(50), "body": "x".repeat(200) });
    done(&server, "addResolution", new_act(longest), "resolution", "{ id }");
    server.check_refusals(Role::Azienda, vec![("updateResolution", act(json!({ "number": "45" })), "DUPLICATE", "input.number")]);
}

/// As many acts as an Ambito can have, and as many measurements as a comune can, and one more.
#[test]
fn there_is_room_for_so_many() {
    let server = Server::start();
    kitchen(&server);
    let book = server.store().book();
    let manerbio = book.comune_by_istat(allocation::IstatCode::parse(MANERBIO).unwrap()).unwrap();
    let acts = 4_999 - book.ambito_by_code("9").unwrap().resolutions.len();
    let values = 19_999 - manerbio.measurements.len();
    // Days from that one on, all before today's.
    let day = if server.database().is_postgres() {
        "DATE '1960-01-01' + n.i"
    } else {
        "date('1960-01-01', '+' || n.i || ' days')"
    };
    let numbers =
        |most: usize| format!("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {most})");
    wait(async {
        let db = server.database().outside().await;
        let (a, v) = (numbers(acts), numbers(values));
        for sql in [
            format!(
                "{a} INSERT INTO resolution (ambito_id, number, adopted_on, body, assumed) SELECT ambito.id, 'N' || n.i, {day}, 'Giunta', FALSE FROM ambito, n WHERE ambito.code = '9'"
            ),
            format!(
                "{v} INSERT INTO measurement (measure_id, comune_id, value_micros, reference_date, source, assumed) SELECT m.id, c.id, 0, {day}, 'x', FALSE FROM n, measure m, comune c WHERE m.code = 'PASTI' AND c.istat_code = '{MANERBIO}'"
            ),
        ] {
            db.execute_unprepared(&sql).await.unwrap();
        }
        db.close().await.unwrap();
        // Of an act that nobody knows everything is read again.
        let write = server.store().write().await.unwrap();
        write.audit("test", "unknown.act", "x", None, None).await.unwrap();
        server.store().commit(write).await.unwrap();
    });
    let act = |number: &str| json!({ "ambito": "9", "number": number, "date": "2022-12-19", "body": "Assemblea" });
    done(&server, "addResolution", act("44"), "resolution", "{ id }");
    server.check_refusals(Role::Azienda, vec![("addResolution", act("45"), "INVALID", "input.number")]);
    done(&server, "setMeasurements", meals(), "measurements", "{ value }");
    let mut more = meals();
    more["referenceDate"] = json!("2022-12-30");
    server.check_refusals(Role::Azienda, vec![("setMeasurements", more, "INVALID", "input.values.1.comune")]);
    // What is there can still change.
    let mut again = meals();
    for value in again["values"].as_array_mut().unwrap() {
        value["expectedVersion"] = json!(1);
    }
    done(&server, "setMeasurements", again, "measurements", "{ value }");
}

/// What is another Ambito's is refused in the very words that refuse what nobody knows.
#[test]
fn what_is_of_another_ambito_does_not_exist() {
    let server = Server::start();
    neighbour::add(&server);
    let all = server.data(
        Role::Auditor,
        "{ ambito(code: \"T1\") { service(code: \"SAD\") { id } funds { id code } programmes { id } measures { id code }
           resolutions { nodes { id } } } }",
    );
    let theirs = &all["ambito"];
    let of_code = |list: &str, code: &str| {
        theirs[list].as_array().unwrap().iter().find(|one| one["code"] == json!(code)).unwrap()["id"].clone()
    };
    let unknown = json!("eA");
    let before = snapshot(server.database());
    let errors =
        |name: &str, input: &Value| server.write(Role::Azienda, name, input.clone(), &format!("{{ {ERRORS} }}"));
    for (name, field, id) in [
        ("updateService", "service", theirs["service"]["id"].clone()),
        ("updateFund", "fund", of_code("funds", "VICINO")),
        ("updateProgramme", "programme", theirs["programmes"][0]["id"].clone()),
        ("updateMeasure", "measure", of_code("measures", "MEALS")),
        ("updateResolution", "resolution", theirs["resolutions"]["nodes"][0]["id"].clone()),
    ] {
        let input = |id: &Value| json!({ field: id, "expectedVersion": 1 });
        let told = errors(name, &input(&id));
        assert_eq!(told["errors"][0]["code"], json!("NOT_FOUND"), "{name}");
        assert_eq!(told, errors(name, &input(&unknown)), "{name}");
    }
    let set = |rest: Value| {
        let base = json!({
            "ambito": "9", "measure": "RESIDENTS", "referenceDate": "2022-12-31", "source": "ISTAT",
            "values": [{ "comune": "017103", "value": "1" }],
        });
        errors("setMeasurements", &with(base, rest))
    };
    let text = |value: &Value, name: &str| value.to_string().replace(name, "-");
    let comune = |code: &str| set(json!({ "values": [{ "comune": code, "value": "1" }] }));
    assert_eq!(text(&comune(neighbour::ALFA), neighbour::ALFA), text(&comune("999999"), "999999"));
    assert_eq!(set(json!({ "measure": "MEALS" })), set(json!({ "measure": "NIENTE" })));
    assert_eq!(set(json!({ "service": "WEIGHTS" })), set(json!({ "service": "NIENTE" })));
    for name in ["addService", "addFund", "addProgramme", "addMeasure"] {
        let rest = match name {
            "addService" => json!({ "code": "NUOVO", "name": "n", "area": "a", "delivery": "d" }),
            "addFund" => json!({ "code": "NUOVO", "name": "n", "level": "STATE" }),
            "addProgramme" => json!({ "title": "t", "fromYear": 2030, "toYear": 2030 }),
            _ => json!({ "code": "NUOVO", "name": "n", "unit": "u", "consumption": false }),
        };
        let input = |ambito: &str| with(rest.clone(), json!({ "ambito": ambito }));
        let told = errors(name, &input("T1"));
        assert_eq!(told["errors"][0]["code"], json!("NOT_FOUND"), "{name}");
        assert_eq!(told, errors(name, &input("NIENTE")), "{name}");
    }
    assert!(snapshot(server.database()) == before);
}
