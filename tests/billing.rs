//! What approved plans charge the comuni, by service and instalment; what these pay; and how a statement shows both on a day.
//!
//! The demonstration's charges are worked out from `support::figures`, the workshop's by hand.

pub(crate) mod access;
mod payments;
mod property;
mod settlement;

use allocation::Cents;
use api::auth::{Operator, Role};
use api::error::Result;
use api::store::bundle::PlanRecord;
use api::store::import::import as import_bundle;
use api::store::payment::{self, NewPayment};
use api::store::plan;
use chrono::NaiveDate;
use entity::kinds::{PlanKind, PlanStatus};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use crate::support::figures::{BUDGETS, COMUNI, YEARS, amount_due, euro, instalments, list, wide};
use crate::support::tables::{number, snapshot, wait};
use crate::support::{PONTEVICO, Server, workshop};

/// All of a statement but identifiers and instants.
pub(crate) const FIELDS: &str = "charged paid outstanding overdue unmatched
    charges { number service { code } kind dueDate amount paid outstanding overdue chargedOn financialYear missionProgramme cig cup reason }
    payments { paidOn amount reference matched reversed }";

/// What nobody has paid yet.
const NOTHING: &str = "0.00";

/// Row ids of a comune and of the Ambito that it belongs to.
fn ids(server: &Server, istat: &str) -> (i64, i64) {
    let book = server.store().book();
    let comune = book.comune_by_istat(allocation::IstatCode::parse(istat).unwrap()).unwrap();
    (comune.row.id, comune.memberships.last().unwrap().ambito_id)
}

/// Records a payment of a comune to its Ambito; its row id.
pub(crate) fn try_to_pay(server: &Server, istat: &str, day: &str, cents: i64, charge: Option<i64>) -> Result<i64> {
    let (comune, ambito) = ids(server, istat);
    let (paid_on, amount, reference) = (day.parse().unwrap(), Cents::new(cents), Some("CRO 1".to_owned()));
    let new = NewPayment { ambito, comune, paid_on, amount, reference, charge };
    let permit = Operator::at_the_machine("test").payments();
    wait(async {
        let write = server.store().write().await?;
        let id = payment::record(&write, &permit, &new).await?;
        server.store().commit(write).await?;
        Ok(id)
    })
}

/// The same, of which nothing is wrong.
pub(crate) fn pay(server: &Server, istat: &str, day: &str, cents: i64, charge: Option<i64>) -> i64 {
    try_to_pay(server, istat, day, cents, charge).unwrap()
}

/// Reverses a payment.
fn try_to_take_back(server: &Server, payment: i64, day: &str) -> Result<i64> {
    let permit = Operator::at_the_machine("test").payments();
    wait(async {
        let write = server.store().write().await?;
        let reason = Some("storno".to_owned());
        let id = payment::reverse(&write, &permit, payment, day.parse().unwrap(), reason).await?;
        server.store().commit(write).await?;
        Ok(id)
    })
}

/// The same, of which nothing is wrong.
pub(crate) fn take_back(server: &Server, payment: i64, day: &str) -> i64 {
    try_to_take_back(server, payment, day).unwrap()
}

/// A comune's statement of a year as of a day, as an auditor reads it.
fn statement(server: &Server, istat: &str, year: i32, as_of: &str) -> Value {
    let query =
        format!("{{ comune(istatCode: \"{istat}\") {{ statement(year: {year}, asOf: \"{as_of}\") {{ {FIELDS} }} }} }}");
    server.data(Role::Auditor, &query)["comune"]["statement"].take()
}

/// The row id behind an identifier of a charge.
fn row_id(id: &Value) -> i64 {
    use base64::Engine;
    let text = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(id.as_str().unwrap()).unwrap();
    String::from_utf8(text).unwrap().strip_prefix("Charge:").unwrap().parse().unwrap()
}

/// Imports the workshop's Ambito with other versions of its plan, made from the first.
pub(crate) fn import(server: &Server, versions: impl Fn(&PlanRecord) -> Vec<PlanRecord>) {
    let mut bundle = workshop::bundle();
    bundle.plans = versions(&bundle.plans[0]);
    wait(import_bundle(server.store(), &Operator::at_the_machine("test"), &bundle)).unwrap();
}

/// A version of another kind, with these budgets' amounts in cents by place, approved on a day where one is named.
pub(crate) fn version(
    first: &PlanRecord,
    kind: PlanKind,
    amounts: &[(usize, i64)],
    approved: Option<&str>,
) -> PlanRecord {
    let mut version = first.clone();
    version.kind = kind;
    for (place, cents) in amounts {
        version.budgets[*place].amount = Cents::new(*cents);
    }
    version.resolution = approved.map(|day| workshop::resolution(&format!("del {day}"), day));
    version
}

/// Approves a version of the workshop's plan by an act of a day, proposing it where it is a draft.
pub(crate) fn approve(server: &Server, version: i32, day: &str) {
    let (store, operator) = (server.store(), Operator::at_the_machine("test"));
    let book = store.book();
    let plans = &book.ambito_by_code(workshop::AMBITO).unwrap().plans;
    let row = &plans.iter().find(|plan| plan.row.version == version).unwrap().row;
    wait(async {
        let write = store.write().await.unwrap();
        if row.status == PlanStatus::Draft {
            plan::propose(&write, &operator.propose("azienda"), row.id, book.names()).await.unwrap();
        }
        let act = format!(
            "INSERT INTO resolution (ambito_id, number, adopted_on, body, assumed) VALUES ({}, '{version}/{day}', '{day}', 'Assemblea', FALSE)",
            row.ambito_id
        );
        write.tx().execute_unprepared(&act).await.unwrap();
        let act = number(write.tx(), "SELECT max(id) FROM resolution").await;
        plan::approve(&write, &operator.approve("assemblea"), row.id, act, book.names()).await.unwrap();
        store.commit(write).await.unwrap();
    });
}

/// Charges of a service as (number, kind, due date, amount).
fn charges(statement: &Value, service: &str) -> Vec<Value> {
    let own = list(&statement["charges"]).iter().filter(|charge| charge["service"]["code"] == service);
    own.map(|charge| json!([charge["number"], charge["kind"], charge["dueDate"], charge["amount"]])).collect()
}

/// The due dates of the demonstration's instalments.
const DUE: [&str; 3] = ["03-31", "07-31", "12-15"];

/// The demonstration's charges of a comune and a year, in order: service, number, due date and cents.
pub(crate) fn expected(istat: &str, year: i32) -> Vec<(&'static str, usize, String, i128)> {
    let mut expected = Vec::new();
    for (at, day) in DUE.iter().enumerate() {
        for budget in &BUDGETS {
            let quota =
                budget.quotas(year).into_iter().find(|(comune, _)| *comune == istat).map_or(0, |(_, cents)| cents);
            let amount = instalments(quota)[at];
            if amount > 0 {
                expected.push((budget.service, at + 1, format!("{year}-{day}"), amount));
            }
        }
    }
    expected
}

#[test]
fn every_quota_of_the_demonstration_is_charged_by_its_instalments() {
    let server = Server::start();
    let services = server.data(Role::Azienda, r#"{ ambito(code: "9") { services { code name missionProgramme } } }"#);
    let service = |code: &str| {
        list(&services["ambito"]["services"]).iter().find(|service| service["code"] == code).unwrap().clone()
    };
    assert_eq!(service("ADM")["missionProgramme"], "12.01");
    for (year, act) in [(2020, "2019-12-16"), (2021, "2020-12-14"), (2022, "2021-12-13")] {
        let query =
            format!("{{ ambito(code: \"9\") {{ comuni {{ istatCode statement(year: {year}) {{ {FIELDS} }} }} }} }}");
        let data = server.data(Role::Azienda, &query);
        let comuni = list(&data["ambito"]["comuni"]);
        assert_eq!(comuni.len(), COMUNI.len());
        for comune in comuni {
            let (istat, found) = (comune["istatCode"].as_str().unwrap(), &comune["statement"]);
            let day: NaiveDate = act.parse().unwrap();
            let charge = |(code, number, due, cents): (&str, usize, String, i128)| {
                let (amount, service) = (euro(cents), service(code));
                let name = service["name"].as_str().unwrap();
                let reason = format!(
                    "Quota {year}, {code} ({name}); deliberazione n. presunta-{year} del {}, Assemblea dei Sindaci",
                    day.format("%d/%m/%Y")
                );
                json!({
                    "number": number, "service": { "code": code }, "kind": "INSTALMENT", "dueDate": due, "amount": amount,
                    "paid": NOTHING, "outstanding": amount, "overdue": amount, "chargedOn": act, "financialYear": year,
                    "missionProgramme": service["missionProgramme"], "cig": null, "cup": null, "reason": reason,
                })
            };
            let expected: Vec<Value> = expected(istat, year).into_iter().map(charge).collect();
            assert_eq!(list(&found["charges"]), &expected, "{istat} {year}");
            let total = euro(amount_due(istat, year));
            let sums = ["charged", "paid", "outstanding", "overdue", "unmatched"].map(|name| found[name].clone());
            assert_eq!(sums, [total.as_str(), NOTHING, &total, &total, NOTHING], "{istat} {year}");
            assert_eq!(found["payments"], json!([]));
        }
    }
}

#[test]
fn a_statement_is_of_the_day_that_is_asked_about() {
    let server = Server::start();
    let of_days = |days: &[usize]| -> String {
        let parts = expected(PONTEVICO, 2021).into_iter().filter(|(_, number, ..)| days.contains(number));
        euro(parts.map(|(.., cents)| cents).sum())
    };
    let (total, nothing) = (of_days(&[1, 2, 3]), NOTHING.to_owned());
    let (first, two) = (of_days(&[1]), of_days(&[1, 2]));
    for (day, charged, overdue) in [
        ("2020-12-13", &nothing, &nothing),
        ("2020-12-14", &total, &nothing),
        ("2021-03-31", &total, &nothing),
        ("2021-04-01", &total, &first),
        ("2021-07-31", &total, &first),
        ("2021-08-01", &total, &two),
        ("2021-12-16", &total, &total),
    ] {
        let found = statement(&server, PONTEVICO, 2021, day);
        assert_eq!([&found["charged"], &found["overdue"]], [charged, overdue], "{day}");
        assert_eq!(found["outstanding"], *charged, "{day}");
        assert_eq!(list(&found["charges"]).is_empty(), charged == NOTHING, "{day}");
    }
    // Of a year without a plan there is nothing.
    let other = statement(&server, PONTEVICO, 2019, "2026-01-01");
    assert_eq!((&other["charged"], &other["charges"]), (&json!(NOTHING), &json!([])));
    assert_eq!(YEARS.len(), 3);
}

#[test]
fn an_amendment_recharges_only_the_difference() {
    let server = Server::start();
    // PARI goes from 10,000.00, of which each owes 3,333.33, to 10,000.03: 3,333.34, half a cent up. Of the instalments one is still to come.
    workshop::import_to(&server);
    for istat in workshop::COMUNI {
        let found = statement(&server, istat, 2021, "2021-12-31");
        let expected = [
            json!([1, "INSTALMENT", "2021-03-31", "1111.11"]),
            json!([2, "INSTALMENT", "2021-10-31", "2222.22"]),
            json!([2, "AMENDMENT", "2021-10-31", "0.01"]),
        ];
        assert_eq!(charges(&found, "PARI"), expected, "{istat}");
        let amended: Vec<&Value> =
            list(&found["charges"]).iter().filter(|charge| charge["kind"] != "INSTALMENT").collect();
        assert_eq!(amended.len(), 1, "{istat}");
        let reason = "Variazione della quota 2021, PARI (Servizio PARI); deliberazione n. 7 del 30/06/2021, Assemblea";
        assert_eq!((&amended[0]["reason"], &amended[0]["chargedOn"]), (&json!(reason), &json!("2021-06-30")));
        // On every day what was charged is the quotas of the plan in force.
        for day in ["2021-01-14", "2021-01-15", "2021-06-29", "2021-06-30", "2026-01-01"] {
            let query = format!("{{ comune(istatCode: \"{istat}\") {{ amountDue(year: 2021, asOf: \"{day}\") }} }}");
            let due = server.data(Role::Auditor, &query)["comune"]["amountDue"].take();
            let due = if due.is_null() { json!(NOTHING) } else { due };
            assert_eq!(statement(&server, istat, 2021, day)["charged"], due, "{istat} {day}");
        }
    }
    // By fixed weights of 1, 1.5 and 2.5: 2,000.00, 3,000.00 and 5,000.00, of which 33.333333 percent are due first.
    for (istat, parts) in
        workshop::COMUNI.into_iter().zip([["666.67", "1333.33"], ["1000.00", "2000.00"], ["1666.67", "3333.33"]])
    {
        let found = statement(&server, istat, 2021, "2021-12-31");
        let expected =
            [json!([1, "INSTALMENT", "2021-03-31", parts[0]]), json!([2, "INSTALMENT", "2021-10-31", parts[1]])];
        assert_eq!(charges(&found, "PESI"), expected, "{istat}");
    }
}

#[test]
fn a_late_amendment_is_due_on_its_own_day_and_may_give_back() {
    let server = Server::start();
    // After the last instalment: PARI goes down to 3,000.00 each, PESI up by 120.00, 180.00 and 300.00.
    import(&server, |first| {
        vec![
            version(first, PlanKind::Forecast, &[], Some("2021-01-15")),
            version(first, PlanKind::Amendment, &[(0, 900_000), (2, 1_060_000)], Some("2021-11-15")),
        ]
    });
    for (istat, more) in workshop::COMUNI.into_iter().zip(["120.00", "180.00", "300.00"]) {
        let found = statement(&server, istat, 2021, "2021-12-31");
        assert_eq!(charges(&found, "PESI")[2], json!([2, "AMENDMENT", "2021-11-15", more]), "{istat}");
        assert_eq!(charges(&found, "PARI")[2], json!([2, "AMENDMENT", "2021-11-15", "-333.33"]), "{istat}");
        // The credit is set off against the oldest charge of its own service.
        let pari: Vec<Value> = list(&found["charges"])
            .iter()
            .filter(|charge| charge["service"]["code"] == "PARI")
            .map(|charge| json!([charge["paid"], charge["outstanding"]]))
            .collect();
        assert_eq!(pari, [json!(["333.33", "777.78"]), json!([NOTHING, "2222.22"]), json!(["-333.33", NOTHING])]);
        assert_eq!((&found["paid"], &found["outstanding"]), (&json!(NOTHING), &found["charged"]), "{istat}");
        // Before the act it was neither charged nor set off.
        let before = statement(&server, istat, 2021, "2021-11-14");
        assert_eq!((charges(&before, "PARI").len(), &before["paid"]), (2, &json!(NOTHING)), "{istat}");
        assert!(list(&before["charges"]).iter().all(|charge| charge["paid"] == NOTHING), "{istat}");
    }
}

#[test]
fn an_act_from_before_the_newest_charges_nothing() {
    let server = Server::start();
    import(&server, |first| {
        vec![
            version(first, PlanKind::Forecast, &[], Some("2021-06-15")),
            version(first, PlanKind::Amendment, &[(0, 900_000)], Some("2021-02-01")),
            version(first, PlanKind::Amendment, &[(0, 1_200_000)], Some("2021-06-15")),
        ]
    });
    // The third, of the same day as the first and the newer version, is in force: 4,000.00 each.
    let found = statement(&server, workshop::COMUNI[0], 2021, "2021-12-31");
    assert_eq!(
        charges(&found, "PARI"),
        [
            json!([1, "INSTALMENT", "2021-03-31", "1111.11"]),
            json!([2, "INSTALMENT", "2021-10-31", "2222.22"]),
            json!([2, "AMENDMENT", "2021-10-31", "666.67"]),
        ]
    );
}

#[test]
fn codes_of_a_service_are_frozen_with_its_charges() {
    let server = Server::start();
    let mut bundle = workshop::bundle();
    bundle.services[0].cig = Some("8012345ABC".to_owned());
    bundle.services[0].cup = Some("D51B19000120003".to_owned());
    bundle.plans[0].resolution = Some(workshop::resolution("1", "2021-01-15"));
    wait(import_bundle(server.store(), &Operator::at_the_machine("test"), &bundle)).unwrap();
    let query = r#"{ ambito(code: "10") { service(code: "PARI") { cig cup } } }"#;
    let codes = json!({ "cig": "8012345ABC", "cup": "D51B19000120003" });
    assert_eq!(server.data(Role::Auditor, query)["ambito"]["service"], codes);
    let found = statement(&server, workshop::COMUNI[0], 2021, "2021-12-31");
    for charge in list(&found["charges"]) {
        let expected =
            if charge["service"]["code"] == "PARI" { codes.clone() } else { json!({ "cig": null, "cup": null }) };
        assert_eq!(json!({ "cig": charge["cig"], "cup": charge["cup"] }), expected);
    }
}

/// Takes every charge out, past the guards: what a database holds whose plans were approved before plans were charged.
fn forget_charges(server: &Server) {
    wait(async {
        let db = server.database().outside().await;
        if server.database().is_postgres() {
            db.execute_unprepared("SET session_replication_role = replica").await.unwrap();
        } else {
            for table in ["billing", "charge"] {
                db.execute_unprepared(&format!("DROP TRIGGER guard_{table}_delete")).await.unwrap();
            }
        }
        for table in ["charge", "billing"] {
            assert!(db.execute_unprepared(&format!("DELETE FROM {table}")).await.unwrap().rows_affected() > 0);
        }
        db.close().await.unwrap();
    });
}

#[test]
fn plans_of_an_older_database_are_charged_when_it_is_migrated() {
    let server = Server::start();
    workshop::import_to(&server);
    let ask = || {
        let query = format!(
            "{{ nine: ambito(code: \"9\") {{ comuni {{ istatCode statement(year: 2021) {{ {FIELDS} }} }} }}
                ten: ambito(code: \"10\") {{ comuni {{ istatCode statement(year: 2021) {{ {FIELDS} }} }} }} }}"
        );
        server.data(Role::Auditor, &query)
    };
    let before = ask();
    forget_charges(&server);
    assert!(wide(&before["nine"]["comuni"][0]["statement"]["charged"]) > 0);
    assert_eq!(ask()["nine"]["comuni"][0]["statement"]["charged"], NOTHING);
    server.database().migrate();
    assert_eq!(ask(), before);
    // Once: the next migration finds nothing to do.
    let kept = snapshot(server.database());
    server.database().migrate();
    assert_eq!(snapshot(server.database()), kept);
    let events = wait(number(server.store().reader(), "SELECT count(*) FROM audit_event WHERE act = 'plan.charge'"));
    assert_eq!(events, 5);
}
