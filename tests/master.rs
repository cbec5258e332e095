//! Master data through the API: services, funds, programmes, measures, what they measure, and acts that are corrected.

mod measurements;
mod refusals;

use api::auth::Role;
use serde_json::{Value, json};

use crate::support::Server;
use crate::support::write::new_key;

/// What tests read of whatever was written.
const ERRORS: &str = "errors { code path comune message }";

/// A write of the managing body that must be done: gives the thing.
fn done(server: &Server, name: &str, input: Value, thing: &str, selection: &str) -> Value {
    let mut payload = server.write(Role::Azienda, name, input, &format!("{{ {thing} {selection} {ERRORS} }}"));
    assert_eq!(payload["errors"], json!([]), "{name}");
    payload[thing].take()
}

/// What is asked of Ambito 9.
fn of_ambito(server: &Server, role: Role, selection: &str) -> Value {
    server.data(role, &format!("{{ ambito(code: \"9\") {{ {selection} }} }}"))["ambito"].take()
}

/// A new measure of people, a fund, and a service that both are for.
fn kitchen(server: &Server) -> Value {
    let fund = json!({ "ambito": "9", "code": "PNRR", "name": "Piano nazionale di ripresa", "level": "EUROPE" });
    done(server, "addFund", fund, "fund", "{ id }");
    let measure =
        json!({ "ambito": "9", "code": "PASTI", "name": "Pasti serviti", "unit": "pasti", "consumption": true });
    done(server, "addMeasure", measure, "measure", "{ id }");
    let service = json!({
        "ambito": "9", "code": "MENSA", "name": " Pasti a domicilio ", "area": "Servizi affidati", "delivery": "appalto",
        "missionProgramme": "12.03", "cig": "A0B1C2D3E4", "cup": "J81H03000180001", "note": "prima riga\nseconda",
        "targets": ["anziani", "disabili"], "tasks": ["cottura", "consegna"],
        "indicators": ["pasti consegnati", "utenti serviti"], "funds": ["PNRR", "FSR"],
    });
    done(server, "addService", service, "service", SERVICE)
}

const SERVICE: &str = "{ id revision code name area delivery missionProgramme cig cup note position targets tasks
    indicators { name } coverage { code } }";

/// The comuni of the new service, and how many meals each had: 3.5, 1 and 2.5 of 7 parts.
const MEALS: [(&str, &str); 3] = [("017004", "35"), ("017103", "10"), ("017149", "25")];

fn meals() -> Value {
    let values: Vec<Value> = MEALS.iter().map(|(comune, value)| json!({ "comune": comune, "value": value })).collect();
    json!({
        "ambito": "9", "measure": "PASTI", "service": "MENSA", "referenceDate": "2022-12-31", "source": "Azienda",
        "values": values,
    })
}

#[test]
fn a_new_service_is_measured_and_shared() {
    let server = Server::start();
    let service = kitchen(&server);
    let expected = json!({
        "id": service["id"], "revision": 1, "code": "MENSA", "name": "Pasti a domicilio", "area": "Servizi affidati",
        "delivery": "appalto", "missionProgramme": "12.03", "cig": "A0B1C2D3E4", "cup": "J81H03000180001",
        "note": "prima riga\nseconda", "position": 14, "targets": ["anziani", "disabili"],
        "tasks": ["cottura", "consegna"], "indicators": [{ "name": "pasti consegnati" }, { "name": "utenti serviti" }],
        "coverage": [{ "code": "PNRR" }, { "code": "FSR" }],
    });
    assert_eq!(service, expected);
    // The next request sees it, last of 14, and so does whoever else asks.
    for role in [Role::Azienda, Role::Reporting, Role::Comune] {
        let seen = of_ambito(&server, role, &format!("services {SERVICE}"));
        assert_eq!(seen["services"].as_array().unwrap().len(), 14);
        assert_eq!(seen["services"][13], expected);
    }
    done(&server, "setMeasurements", meals(), "measurements", "{ value }");
    let plan = json!({ "ambito": "9", "year": 2023, "kind": "FORECAST" });
    let plan = server.write_plan(Role::Azienda, "createPlan", plan);
    let comuni: Vec<&str> = MEALS.iter().map(|(comune, _)| *comune).collect();
    let edits = [
        ("setBudget", json!({ "amount": "1000.00" })),
        ("setFunding", json!({ "funding": [{ "fund": "PNRR", "amount": "100.00" }] })),
        ("setParticipants", json!({ "comuni": comuni })),
        ("setRule", json!({ "rule": { "byMeasure": { "measure": "PASTI" } } })),
        ("setBasis", json!({ "measure": "PASTI", "source": { "measuredOn": "2022-12-31" } })),
    ];
    for (revision, (name, rest)) in (1..).zip(edits) {
        let mut input = json!({ "plan": plan["id"], "expectedVersion": revision, "service": "MENSA" });
        input.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        server.write_plan(Role::Azienda, name, input);
    }
    let query = format!(
        "{{ node(id: {}) {{ ... on Plan {{ budget(service: \"MENSA\") {{ municipalShare quotas {{ comune {{ istatCode }} basis amount }} }} }} }} }}",
        plan["id"]
    );
    // 900.00 by 35 : 10 : 25 is 450, 128.571..., 321.428...; the cent that is left goes to the larger remainder.
    let quota = |comune: &str, basis: &str, amount: &str| json!({ "comune": { "istatCode": comune }, "basis": basis, "amount": amount });
    let quotas = [quota("017004", "35", "450.00"), quota("017103", "10", "128.57"), quota("017149", "25", "321.43")];
    let budget = server.data(Role::Azienda, &query)["node"]["budget"].take();
    assert_eq!(budget, json!({ "municipalShare": "900.00", "quotas": quotas }));
}

#[test]
fn only_what_is_given_changes() {
    let server = Server::start();
    let mut service = kitchen(&server);
    let update = |revision: i64, rest: Value| {
        let mut input = json!({ "service": service["id"], "expectedVersion": revision });
        input.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        done(&server, "updateService", input, "service", SERVICE)
    };
    let before = update(1, json!({}));
    let rows = |server: &Server| crate::support::tables::snapshot(server.database());
    let indicators = |rows: Vec<String>| rows.into_iter().find(|table| table.starts_with("indicator: ")).unwrap();
    let row = |rows: &str, name: &str| -> String {
        let line = rows.lines().find(|line| line.contains(name)).unwrap();
        line.trim_start_matches("indicator: ").trim_start_matches('(').split(',').next().unwrap().to_owned()
    };
    let id = row(&indicators(rows(&server)), "utenti serviti");
    let after = update(
        2,
        json!({ "name": "Mensa", "cig": null, "position": 1, "targets": [], "indicators": ["costo per pasto", "utenti serviti"], "funds": ["FSR"] }),
    );
    // The indicator that kept its name is the row that it was.
    assert_eq!(row(&indicators(rows(&server)), "utenti serviti"), id);
    service = before;
    service["revision"] = json!(3);
    service["name"] = json!("Mensa");
    service["cig"] = Value::Null;
    service["position"] = json!(1);
    service["targets"] = json!([]);
    service["indicators"] = json!([{ "name": "costo per pasto" }, { "name": "utenti serviti" }]);
    service["coverage"] = json!([{ "code": "FSR" }]);
    assert_eq!(after, service);
    let told = of_ambito(&server, Role::Auditor, "services { code }");
    // In one place with the first, and before it by its code.
    assert_eq!((&told["services"][0]["code"], &told["services"][1]["code"]), (&json!("MENSA"), &json!("STAFF")));
}

#[test]
fn funds_measures_programmes_and_acts_are_changed() {
    let server = Server::start();
    kitchen(&server);
    let ids = of_ambito(
        &server,
        Role::Azienda,
        "funds { id code revision } measures { id code revision } programmes { id fromYear revision }",
    );
    let id = |list: &str, code: &str| {
        ids[list].as_array().unwrap().iter().find(|one| one["code"] == json!(code)).unwrap()["id"].clone()
    };
    let fund = json!({ "fund": id("funds", "FNPS"), "expectedVersion": 1, "name": "Fondo nazionale" });
    let fund = done(&server, "updateFund", fund, "fund", "{ code name level revision }");
    assert_eq!(fund, json!({ "code": "FNPS", "name": "Fondo nazionale", "level": "STATE", "revision": 2 }));
    let measure =
        json!({ "measure": id("measures", "PASTI"), "expectedVersion": 1, "name": "Pasti", "unit": "pranzi" });
    let measure = done(&server, "updateMeasure", measure, "measure", "{ code name unit consumption revision }");
    assert_eq!(
        measure,
        json!({ "code": "PASTI", "name": "Pasti", "unit": "pranzi", "consumption": true, "revision": 2 })
    );
    let programme =
        json!({ "programme": ids["programmes"][0]["id"], "expectedVersion": 1, "toYear": 2023, "note": null });
    let selection = "{ fromYear toYear note revision }";
    let programme = done(&server, "updateProgramme", programme, "programme", selection);
    assert_eq!(programme, json!({ "fromYear": 2020, "toYear": 2023, "note": null, "revision": 2 }));
    let new = json!({ "ambito": "9", "title": "Piano 2024-2026", "fromYear": 2024, "toYear": 2026, "note": "bozza" });
    let new = done(&server, "addProgramme", new, "programme", "{ id title fromYear toYear note revision }");
    assert_eq!(new["note"], json!("bozza"));
    // Each is found by its identifier.
    for (id, ty) in
        [(&new["id"], "Programme"), (&id("measures", "PASTI"), "Measure"), (&id("measures", "HOURS"), "Measure")]
    {
        let node = server.data(Role::Reporting, &format!("{{ node(id: {id}) {{ __typename id }} }}"));
        assert_eq!(node["node"], json!({ "__typename": ty, "id": id }));
    }
    // A plan that is begun now is of the programme of its year, and holds it there.
    server.write_plan(Role::Azienda, "createPlan", json!({ "ambito": "9", "year": 2026, "kind": "FORECAST" }));
    let shorter = json!({ "programme": new["id"], "expectedVersion": 1, "toYear": 2025 });
    let payload = server.write(Role::Azienda, "updateProgramme", shorter, &format!("{{ {ERRORS} }}"));
    assert_eq!(payload["errors"][0]["path"], json!(["input", "toYear"]));
    let act = json!({ "ambito": "9", "number": "4", "date": "2022-12-19", "body": "Assemblea", "subject": "Piano" });
    let act = done(&server, "addResolution", act, "resolution", "{ id revision }");
    let correction = json!({ "resolution": act["id"], "expectedVersion": 1, "number": "44", "subject": null });
    let act = done(&server, "updateResolution", correction, "resolution", "{ number date body subject revision }");
    let expected = json!({ "number": "44", "date": "2022-12-19", "body": "Assemblea", "subject": null, "revision": 2 });
    assert_eq!(act, expected);
    // From what was recorded leads a line to what it is now.
    let trail = server.data(Role::Azienda, "{ auditTrail(last: 2) { nodes { act digestBefore digestAfter } } }");
    let [added, corrected] = [0, 1].map(|at| &trail["auditTrail"]["nodes"][at]);
    assert_eq!((&added["act"], &corrected["act"]), (&json!("resolution.add"), &json!("resolution.update")));
    assert!(added["digestBefore"].is_null() && added["digestAfter"].is_string(), "{added}");
    assert_eq!(added["digestAfter"], corrected["digestBefore"]);
    assert_ne!(corrected["digestBefore"], corrected["digestAfter"]);
}

#[test]
fn every_act_leaves_one_event_with_what_was_and_what_is() {
    let server = Server::start();
    let service = kitchen(&server);
    let update = json!({ "service": service["id"], "expectedVersion": 1, "name": "Mensa" });
    done(&server, "updateService", update, "service", "{ id }");
    done(&server, "setMeasurements", meals(), "measurements", "{ value }");
    let mut again = meals();
    for value in again["values"].as_array_mut().unwrap() {
        value["expectedVersion"] = json!(1);
    }
    done(&server, "setMeasurements", again, "measurements", "{ value }");
    let trail =
        server.data(Role::Azienda, "{ auditTrail(last: 6) { nodes { act subject digestBefore digestAfter } } }");
    let events = trail["auditTrail"]["nodes"].as_array().unwrap();
    let named: Vec<_> =
        events.iter().map(|event| (event["act"].as_str().unwrap(), event["subject"].as_str().unwrap())).collect();
    let measured = "measurement:9/PASTI/2022-12-31/MENSA";
    assert_eq!(
        named,
        [
            ("fund.add", "fund:9/PNRR"),
            ("measure.add", "measure:9/PASTI"),
            ("service.add", "service:9/MENSA"),
            ("service.update", "service:9/MENSA"),
            ("measurement.set", measured),
            ("measurement.set", measured),
        ]
    );
    for event in &events[..3] {
        assert!(event["digestBefore"].is_null() && event["digestAfter"].is_string(), "{event}");
    }
    assert_eq!(events[2]["digestAfter"], events[3]["digestBefore"]);
    assert_ne!(events[3]["digestBefore"], events[3]["digestAfter"]);
    // The second time the same values were said again, and each has another revision.
    assert_eq!((&events[4]["digestBefore"], &events[4]["digestAfter"]), (&Value::Null, &events[5]["digestBefore"]));
    assert_ne!(events[5]["digestBefore"], events[5]["digestAfter"]);
}

#[test]
fn of_two_at_once_one_hears_that_it_has_changed() {
    let server = Server::start();
    let fund = of_ambito(&server, Role::Azienda, "funds { id }")["funds"][0]["id"].take();
    let token = server.token_of(Role::Azienda);
    let rename = |name: &str| {
        let query = "mutation($input: UpdateFundInput!) { updateFund(input: $input) { fund { name revision } errors { code } } }";
        let input = json!({ "fund": fund, "expectedVersion": 1, "name": name });
        server.send_write(&token, &new_key(), query, json!({ "input": input })).data()["updateFund"].take()
    };
    let rename = &rename;
    let answers = std::thread::scope(|scope| {
        let both = ["uno", "due"].map(|name| scope.spawn(move || rename(name)));
        both.map(|one| one.join().unwrap())
    });
    let winners: Vec<&Value> = answers.iter().filter(|answer| answer["errors"] == json!([])).collect();
    let losers: Vec<&Value> =
        answers.iter().filter(|answer| answer["errors"][0]["code"] == json!("VERSION_CONFLICT")).collect();
    assert_eq!((winners.len(), losers.len()), (1, 1), "{answers:?}");
    let now = of_ambito(&server, Role::Azienda, "funds { name revision }")["funds"][0].take();
    assert_eq!(now, winners[0]["fund"]);
}

/// All that can be told of a plan.
const APPROVED: &str = "plan(year: 2022) { id revision digest kind status total municipalShare note inForceFrom
    resolution { number date body } verification { holds } coverage { fund { code } amount share }
    comuneTotals { comune { istatCode } amount } budgets { service { code } amount municipalShare residue
    funding { fund { code } amount } lines { item net vat gross } participants { istatCode } rule { kind summary }
    quotas { comune { istatCode } amount basis measure } }
    sad: budget(service: \"SAD\") { quotas { explanation { text steps { label formula value unit } } } } }";

#[test]
fn an_approved_plan_answers_as_before() {
    let server = Server::start();
    let query = format!("{{ ambito(code: \"9\") {{ {APPROVED} }} }}");
    let answer = || {
        let answer = server.ask_once(&server.token_of(Role::Azienda), &json!({ "query": query }).to_string());
        answer.data().to_string()
    };
    let before = answer();
    let ids = of_ambito(
        &server,
        Role::Azienda,
        "service(code: \"SAD\") { id } funds { id code } programmes { id } measures { id code }",
    );
    let service =
        json!({ "service": ids["service"]["id"], "expectedVersion": 1, "name": "Altro", "funds": [], "position": 99 });
    done(&server, "updateService", service, "service", "{ id }");
    for fund in ids["funds"].as_array().unwrap() {
        let fund = json!({ "fund": fund["id"], "expectedVersion": 1, "name": "Altro" });
        done(&server, "updateFund", fund, "fund", "{ id }");
    }
    let programme =
        json!({ "programme": ids["programmes"][0]["id"], "expectedVersion": 1, "title": "Altro", "fromYear": 2019 });
    done(&server, "updateProgramme", programme, "programme", "{ id }");
    // What its rules count by, on the very day that it froze.
    let residents = json!({
        "ambito": "9", "measure": "RESIDENTS", "referenceDate": "2022-01-01", "source": "altra fonte",
        "values": [{ "comune": "017103", "value": "1", "expectedVersion": 1 }],
    });
    done(&server, "setMeasurements", residents, "measurements", "{ value }");
    assert_eq!(answer(), before);
}
