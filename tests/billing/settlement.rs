//! The settlement of a final plan: what each comune still owes, or is given back, before the plan is approved and after.

use std::collections::BTreeMap;

use api::auth::Role;
use entity::kinds::PlanKind;
use serde_json::{Value, json};

use super::{NOTHING, approve, charges, import, pay, statement, version};
use crate::support::figures::{euro, list, wide};
use crate::support::{Server, workshop};

/// Service and comune, then final quota, charged and difference in cents.
type Lines = BTreeMap<(String, String), [i128; 3]>;

/// The settlement of a version of the workshop's plan, as a role reads it; none where it has none.
fn settlement(server: &Server, role: Role, version: u64) -> Option<Lines> {
    let query = r#"{ ambito(code: "10") { plans { version settlement { service { code } comune { istatCode } finalQuota charged difference } } } }"#;
    let data = server.data(role, query);
    let plan = list(&data["ambito"]["plans"]).iter().find(|plan| plan["version"] == version).unwrap().clone();
    let line = |line: &Value| {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let key = (text(&line["service"]["code"]), text(&line["comune"]["istatCode"]));
        (key, [wide(&line["finalQuota"]), wide(&line["charged"]), wide(&line["difference"])])
    };
    let lines: Vec<_> = plan["settlement"].as_array()?.iter().map(line).collect();
    let found: Lines = lines.iter().cloned().collect();
    assert_eq!(found.len(), lines.len(), "something is settled twice");
    for (key, [quota, charged, difference]) in &found {
        assert_eq!(charged + difference, *quota, "{key:?}");
    }
    Some(found)
}

/// The sum of a column.
fn sum(lines: &Lines, column: usize) -> i128 {
    lines.values().map(|line| line[column]).sum()
}

#[test]
fn a_proposed_final_plan_shows_what_its_settlement_would_be() {
    let server = Server::start();
    // The first version charges 3,333.33 for PARI and the second 0.01 more; the final one is of 10,000.00 again.
    workshop::import_to(&server);
    let lines = settlement(&server, Role::Auditor, 3).unwrap();
    assert_eq!(lines.len(), 30);
    for ((service, comune), line) in &lines {
        match service.as_str() {
            "PARI" => assert_eq!(*line, [333_333, 333_334, -1], "{comune}"),
            _ => assert_eq!((line[0], line[2]), (line[1], 0), "{service} {comune}"),
        }
    }
    assert_eq!(lines[&("PESI".to_owned(), "098002".to_owned())], [300_000, 300_000, 0]);
    for other in [1, 2, 4] {
        assert_eq!(settlement(&server, Role::Auditor, other), None);
    }
}

#[test]
fn an_approved_settlement_is_charged_and_given_back() {
    let server = Server::start();
    workshop::import_to(&server);
    let before = settlement(&server, Role::Auditor, 3).unwrap();
    approve(&server, 3, "2022-04-30");
    for role in [Role::Auditor, Role::Reporting] {
        assert_eq!(settlement(&server, role, 3).unwrap(), before, "{role:?}");
    }
    for istat in workshop::COMUNI {
        let found = statement(&server, istat, 2021, "2022-05-01");
        // Due on the day of the act, which is after the last instalment.
        assert_eq!(charges(&found, "PARI").last().unwrap(), &json!([2, "SETTLEMENT", "2022-04-30", "-0.01"]));
        let settled: Vec<&Value> =
            list(&found["charges"]).iter().filter(|charge| charge["kind"] == "SETTLEMENT").collect();
        assert_eq!((settled.len(), &settled[0]["financialYear"]), (1, &json!(2022)));
        let quotas: i128 = before.iter().filter(|((_, comune), _)| comune == istat).map(|(_, line)| line[0]).sum();
        assert_eq!(wide(&found["charged"]), quotas, "{istat}");
    }
}

#[test]
fn a_settlement_holds_what_has_no_quota_any_more() {
    let server = Server::start();
    // PARI costs 8,000.01 in the end: 2,666.67 each. PESI, of which 2,000.00, 3,000.00 and 5,000.00 were charged, did not take place.
    import(&server, |first| {
        let mut last = version(first, PlanKind::Final, &[(0, 800_001)], None);
        last.budgets.retain(|budget| budget.service != "PESI");
        vec![version(first, PlanKind::Forecast, &[], Some("2021-01-15")), last]
    });
    let check = |lines: &Lines| {
        for (istat, weight) in workshop::COMUNI.into_iter().zip([200_000, 300_000, 500_000]) {
            let line = |service: &str| lines[&(service.to_owned(), istat.to_owned())];
            assert_eq!(line("PARI"), [266_667, 333_333, -66_666], "{istat}");
            assert_eq!(line("PESI"), [0, weight, -weight], "{istat}");
        }
        assert_eq!(sum(lines, 2), -3 * 66_666 - 1_000_000);
        assert_eq!(sum(lines, 1) + sum(lines, 2), sum(lines, 0));
    };
    check(&settlement(&server, Role::Auditor, 2).unwrap());
    // Alfa has paid all by then; what it is given back stays its credit.
    let alfa = workshop::COMUNI[0];
    let all = wide(&statement(&server, alfa, 2021, "2021-12-31")["charged"]);
    pay(&server, alfa, "2021-12-31", i64::try_from(all).unwrap(), None);
    approve(&server, 2, "2022-03-31");
    check(&settlement(&server, Role::Auditor, 2).unwrap());
    let found = statement(&server, alfa, 2021, "2022-04-30");
    let back = -66_666 - 200_000;
    assert_eq!((wide(&found["charged"]), &found["paid"]), (all + back, &json!(euro(all))));
    assert_eq!((wide(&found["outstanding"]), &found["overdue"]), (back, &json!(NOTHING)));
    assert_eq!(charges(&found, "PESI").last().unwrap(), &json!([2, "SETTLEMENT", "2022-03-31", "-2000.00"]));
    // Beta has paid nothing: its credits are set off against what is open, those of PESI against PESI.
    let beta = statement(&server, workshop::COMUNI[1], 2021, "2022-04-30");
    for charge in list(&beta["charges"]).iter().filter(|charge| charge["service"]["code"] == "PESI") {
        assert_eq!(charge["outstanding"], NOTHING, "{charge}");
    }
    assert_eq!((&beta["paid"], wide(&beta["overdue"])), (&json!(NOTHING), wide(&beta["charged"])));
}

#[test]
fn a_settlement_of_an_older_act_settles_nothing() {
    let server = Server::start();
    import(&server, |first| {
        vec![
            version(first, PlanKind::Forecast, &[], Some("2021-01-15")),
            version(first, PlanKind::Amendment, &[(0, 900_000)], Some("2022-02-01")),
            version(first, PlanKind::Final, &[(0, 500_000)], Some("2022-01-31")),
            version(first, PlanKind::Final, &[(0, 600_000)], Some("2022-03-31")),
        ]
    });
    assert_eq!(settlement(&server, Role::Auditor, 3), None);
    let last = settlement(&server, Role::Auditor, 4).unwrap();
    assert_eq!(last[&("PARI".to_owned(), workshop::COMUNI[0].to_owned())], [200_000, 300_000, -100_000]);
}
