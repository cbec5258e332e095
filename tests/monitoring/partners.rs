//! Whose a report is: partners of one agreement see nothing of each other, and each has the months in which the agreement names it.

use api::store::client::Kind;

use super::*;
use crate::support::neighbour::token_of_kind;
use crate::support::write::new_key;

/// PASSA goes from ALFA to BETA in April 2026; INSIEME is of both. The token is BETA's.
fn ground(server: &Server) -> String {
    let beta = json!({ "ambito": "9", "code": "BETA", "name": "Cooperativa Beta" });
    server.done(Role::Azienda, "addPartner", beta, "partner", "{ id }");
    let programmes = [("P1", "Programma", None)];
    let version = |from, to, partners| Version { from, to, partners, programmes: &programmes };
    let (alfa, beta): (&[&str], &[&str]) = (&["ALFA"], &["BETA"]);
    let versions = [version("2026-01-01", "2026-03-31", alfa), version("2026-04-01", "2026-12-31", beta)];
    accord::add(server, "9", "PASSA", &versions);
    accord::add(server, "9", "INSIEME", &[version("2026-05-01", "2026-12-31", &["ALFA", "BETA"])]);
    field(server, "ORE", "NUMBER", true);
    token_of_kind(server, Kind::of_partner(server.store(), "9", "BETA").unwrap(), "beta".to_owned())
}

fn of(agreement: &str, month: &str, ore: &str) -> Value {
    with(report(month, &[("ORE", ore)]), json!({ "agreement": agreement }))
}

/// What a mutation answers: the report, or the code and place of its refusal.
fn act(server: &Server, token: &str, name: &str, input: Value) -> Value {
    let ty = format!("{}{}Input!", name[..1].to_uppercase(), &name[1..]);
    let query = format!(
        "mutation($input: {ty}) {{ {name}(input: $input) {{ report {{ id revision partner {{ code }} }} errors {{ code path }} }} }}"
    );
    let mut payload = server.send_write(token, &new_key(), &query, json!({ "input": input })).data()[name].take();
    match payload["errors"].as_array().and_then(|errors| errors.first()) {
        Some(refused) => json!([refused["code"], refused["path"][1]]),
        None => payload["report"].take(),
    }
}

fn ask(server: &Server, token: &str, query: &str) -> Value {
    server.ask(token, &format!("{{ ambito(code: \"9\") {{ {query} }} }}"), Value::Null).data()["ambito"].take()
}

fn due(server: &Server, token: &str, agreement: &str) -> Vec<String> {
    let query = format!(
        r#"monitoring(asOf: "2026-06-15", agreement: "{agreement}") {{ duties(first: 50) {{ nodes {{ month state partner {{ code }} report {{ id }} }} }} }}"#
    );
    let told = ask(server, token, &query)["monitoring"]["duties"]["nodes"].take();
    let line = |duty: &Value| {
        let report = if duty["report"].is_null() { "" } else { " *" };
        format!(
            "{} {} {}{report}",
            &duty["month"].as_str().unwrap()[5..7],
            duty["partner"]["code"].as_str().unwrap(),
            duty["state"].as_str().unwrap()
        )
    };
    told.as_array().unwrap().iter().map(line).collect()
}

#[test]
fn a_partner_has_the_months_of_the_versions_that_name_it() {
    let server = Server::start();
    let beta = ground(&server);
    let (alfa, azienda) = (server.token_of(Role::Partner), server.token_of(Role::Azienda));
    let refused = json!(["NOT_FOUND", "agreement"]);
    assert_eq!(act(&server, &alfa, "writeMonitoringReport", of("PASSA", "2026-04-01", "9")), refused);
    assert_eq!(act(&server, &beta, "writeMonitoringReport", of("PASSA", "2026-03-01", "9")), refused);
    let march = act(&server, &azienda, "writeMonitoringReport", of("PASSA", "2026-03-01", "9"));
    let april = act(&server, &azienda, "writeMonitoringReport", of("PASSA", "2026-04-01", "9"));
    assert_eq!((&march["partner"]["code"], &april["partner"]["code"]), (&json!("ALFA"), &json!("BETA")));
    let list = "monitoringReports { totalCount nodes { id } }";
    for (token, own, other) in [(&alfa, &march, &april), (&beta, &april, &march)] {
        let told = ask(&server, token, list)["monitoringReports"].take();
        assert_eq!(told, json!({ "totalCount": 1, "nodes": [{ "id": own["id"] }] }));
        let node = format!("{{ node(id: {}) {{ id }} }}", other["id"]);
        assert_eq!(server.ask(token, &node, Value::Null).data()["node"], Value::Null);
        let input = json!({ "report": other["id"], "expectedVersion": 1 });
        assert_eq!(act(&server, token, "submitMonitoringReport", input), json!(["NOT_FOUND", "report"]));
    }
    assert_eq!(due(&server, &alfa, "PASSA"), ["01 ALFA MISSING", "02 ALFA MISSING", "03 ALFA DRAFT *"]);
    assert_eq!(due(&server, &beta, "PASSA"), ["04 BETA DRAFT *", "05 BETA MISSING"]);
    assert_eq!(due(&server, &azienda, "PASSA").len(), 5);
    // Outside the whole agreement its own partner is told so.
    let outside = of("PASSA", "2025-12-01", "9");
    assert_eq!(act(&server, &alfa, "writeMonitoringReport", outside), json!(["OUTSIDE_PERIOD", "month"]));
}

#[test]
fn partners_of_one_agreement_see_nothing_of_each_other() {
    let server = Server::start();
    let beta = ground(&server);
    let (alfa, azienda) = (server.token_of(Role::Partner), server.token_of(Role::Azienda));
    let write = |token: &str, input: Value| act(&server, token, "writeMonitoringReport", input);
    let may = |ore: &str, rest: Value| with(of("INSIEME", "2026-05-01", ore), rest);
    // Each begins its own report; neither is told that there is another.
    let of_alfa = write(&alfa, may("10", json!({})));
    let of_beta = write(&beta, may("20", json!({})));
    let first =
        |report: &Value, partner: &str| json!({ "id": report["id"], "revision": 1, "partner": { "code": partner } });
    assert_eq!((of_alfa == first(&of_alfa, "ALFA"), of_beta == first(&of_beta, "BETA")), (true, true));
    assert_ne!(of_alfa["id"], of_beta["id"]);
    assert_eq!(write(&alfa, may("11", json!({ "partner": "BETA" }))), json!(["NOT_FOUND", "partner"]));
    assert_eq!(write(&azienda, may("11", json!({ "partner": "GAMMA" }))), json!(["NOT_FOUND", "partner"]));
    assert_eq!(write(&beta, may("3", json!({ "expectedVersion": 1 })))["revision"], json!(2));
    // The managing body writes for a partner that it names; without a name it writes its own report of the whole.
    let named = may("17", json!({ "partner": "ALFA", "expectedVersion": 1 }));
    assert_eq!((&write(&azienda, named)["id"], &of_alfa["id"]), (&of_alfa["id"], &of_alfa["id"]));
    let whole = write(&azienda, may("20", json!({})));
    assert_eq!(whole["partner"], Value::Null);
    let values = |token: &str| {
        let told = ask(&server, token, "monitoringReports { nodes { values { value } } }")["monitoringReports"].take();
        told["nodes"].as_array().unwrap().iter().map(|one| one["values"][0]["value"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(values(&alfa), ["17"]);
    assert_eq!(values(&beta), ["3"]);
    assert_eq!(values(&azienda), ["17", "3", "20"]);
    // Each partner owes its own report, until the managing body submits that of the whole.
    assert_eq!(due(&server, &azienda, "INSIEME"), ["05 ALFA DRAFT *", "05 BETA DRAFT *"]);
    let submit = |report: &Value, revision: i64| {
        let input = json!({ "report": report["id"], "expectedVersion": revision });
        act(&server, &azienda, "submitMonitoringReport", input)
    };
    assert_eq!(submit(&of_alfa, 2)["revision"], json!(3));
    assert_eq!(due(&server, &azienda, "INSIEME"), ["05 ALFA SUBMITTED *", "05 BETA DRAFT *"]);
    assert_eq!(due(&server, &beta, "INSIEME"), ["05 BETA DRAFT *"]);
    assert_eq!(submit(&whole, 1)["revision"], json!(2));
    assert_eq!(due(&server, &azienda, "INSIEME"), ["05 ALFA SUBMITTED *", "05 BETA SUBMITTED *"]);
    // A partner is told that nothing is missing of it, and shown its own draft alone.
    assert_eq!(due(&server, &beta, "INSIEME"), ["05 BETA SUBMITTED *"]);
    assert_eq!(values(&beta), ["3"]);
    // 20 - 17 = 3 people of BETA's: the whole would give them back, whether BETA submitted them or not.
    let others = [Role::Comune, Role::Assemblea, Role::Auditor].map(|role| server.token_of(role));
    for other in &others {
        assert_eq!(values(other), [json!("17"), Value::Null]);
    }
    assert_eq!(submit(&of_beta, 2)["revision"], json!(3));
    for other in &others {
        assert_eq!(values(other), [json!("17"), Value::Null, Value::Null]);
    }
    assert_eq!(values(&azienda), ["17", "3", "20"]);
}
