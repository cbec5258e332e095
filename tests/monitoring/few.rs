//! Counts of few people in reports are withheld from whoever did not write them, with enough beside them that no total of the year gives them back.

use super::*;

/// People of January to May 2026: 3, 12, 7, 20, 0. Beside the 3 the smallest other, 7, is withheld: 10 people, two months.
#[test]
fn few_people_are_withheld_and_so_is_what_would_give_them_back() {
    let server = Server::start();
    agreements(&server);
    let id = field(&server, "PERSONE", "NUMBER", true);
    for (month, people) in
        [("2025-12", "2"), ("2026-01", "3"), ("2026-02", "12"), ("2026-03", "7"), ("2026-04", "20"), ("2026-05", "0")]
    {
        let report = report(&format!("{month}-01"), &[("PERSONE", people)]);
        let id = write(&server, Role::Partner, report)["id"].take();
        submit(&server, Role::Partner, &id, 1);
    }
    let seen = |role: Role, arguments: &str| {
        let query = format!(
            "{{ ambito(code: \"9\") {{ monitoringReports({arguments}) {{ nodes {{ values {{ value number withheld field {{ countsPeople }} }} }} }} }} }}"
        );
        let told = server.data(role, &query)["ambito"]["monitoringReports"]["nodes"].take();
        let line = |report: &Value| {
            let value = &report["values"][0];
            assert_eq!((&value["value"], value["withheld"] == true), (&value["number"], value["value"].is_null()));
            value["value"].as_str().unwrap_or("-").to_owned()
        };
        told.as_array().unwrap().iter().map(line).collect::<Vec<_>>()
    };
    // December 2025 is another year: alone, and withheld all the same.
    let whole = ["2", "3", "12", "7", "20", "0"];
    let shown = ["-", "-", "12", "-", "20", "0"];
    for (role, expected) in [
        (Role::Azienda, whole),
        (Role::Partner, whole),
        (Role::Comune, shown),
        (Role::Assemblea, shown),
        (Role::Auditor, shown),
    ] {
        assert_eq!(seen(role, "first: 9"), expected, "{role:?}");
        // Which ones are withheld does not depend on what is asked.
        assert_eq!(seen(role, r#"from: "2026-02-01", to: "2026-03-31""#), expected[2..4], "{role:?}");
        assert_eq!(seen(role, r#"asOf: "2026-06-15", first: 9"#), expected, "{role:?}");
    }
    // Hours are no people, once the Ambito says so.
    let change = json!({ "field": id, "expectedVersion": 1, "countsPeople": false });
    server.done(Role::Azienda, "updateMonitoringField", change, "field", "{ countsPeople }");
    assert_eq!(seen(Role::Comune, "first: 9"), whole);
}
