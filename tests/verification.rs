//! Verification: a stored figure that is altered behind the server's back is found, and named.

use api::auth::Role;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use crate::support::figures::{COMUNI, budget_of, euro, largest_remainder, list, wide};
use crate::support::{Server, neighbour, tables};

const FIELDS: &str = "year status digest verification { holds digest recordedDigest
    failures { service { code } kind comune { istatCode } fund { code } stored computed message } }";

/// Every plan of an Ambito with its verification.
fn plans(server: &Server, role: Role, ambito: &str) -> Vec<Value> {
    let data = server.data(role, &format!("{{ ambito(code: \"{ambito}\") {{ plans {{ {FIELDS} }} }} }}"));
    list(&data["ambito"]["plans"]).clone()
}

/// Alters the database past its guards, through a connection of its own.
fn alter(server: &Server, sql: &str) {
    tables::wait(async {
        let db = server.database().outside().await;
        if server.database().is_postgres() {
            // No trigger fires for this session, those of foreign keys neither.
            db.execute_unprepared("SET session_replication_role = replica").await.unwrap();
        } else {
            for trigger in tables::texts(&db, "SELECT name FROM sqlite_master WHERE type = 'trigger'").await {
                db.execute_unprepared(&format!("DROP TRIGGER {trigger}")).await.unwrap();
            }
            db.execute_unprepared("PRAGMA foreign_keys = OFF").await.unwrap();
        }
        let changed = db.execute_unprepared(sql).await.unwrap_or_else(|problem| panic!("{problem}: {sql}"));
        assert_eq!(changed.rows_affected(), 1, "{sql}");
        db.close().await.unwrap();
    });
}

/// The row of a budget of Ambito 9, in SQL.
fn budget(service: &str, year: i32) -> String {
    format!(
        "(SELECT budget.id FROM budget JOIN plan ON plan.id = budget.plan_id JOIN service ON service.id = budget.service_id
          WHERE service.code = '{service}' AND plan.year = {year})"
    )
}

fn comune(istat: &str) -> String {
    format!("(SELECT id FROM comune WHERE istat_code = '{istat}')")
}

/// The quota of a comune, in whole cents.
fn quota(service: &str, istat: &str) -> i128 {
    budget_of(service).quotas(2021).into_iter().find(|(other, _)| *other == istat).unwrap().1
}

/// A failure as it is published, without its sentence.
fn failure(service: &str, kind: &str, of: Option<&str>, stored: Option<i128>, computed: Option<i128>) -> Value {
    let comune = of.filter(|_| kind == "QUOTA").map(|istat| json!({ "istatCode": istat }));
    let fund = of.filter(|_| kind == "FUNDING").map(|code| json!({ "code": code }));
    let (stored, computed) = (stored.map(euro), computed.map(euro));
    json!({ "service": { "code": service }, "kind": kind, "comune": comune, "fund": fund, "stored": stored, "computed": computed })
}

#[test]
fn the_three_plans_hold() {
    let server = Server::start();
    for role in [Role::Comune, Role::Azienda, Role::Assemblea, Role::Reporting, Role::Auditor] {
        let plans = plans(&server, role, "9");
        assert_eq!(plans.len(), 3);
        for plan in plans {
            let verification = &plan["verification"];
            assert_eq!((&verification["holds"], &verification["failures"]), (&json!(true), &json!([])), "{plan}");
            assert_eq!([&verification["digest"], &verification["recordedDigest"]], [&plan["digest"], &plan["digest"]]);
            assert_eq!(plan["digest"].as_str().unwrap().len(), 64);
        }
    }
}

/// What every alteration also shows: the whole is not what was approved.
fn takes_off_the_digest(failures: &Value) -> Vec<Value> {
    let (last, others) = list(failures).split_last().unwrap();
    assert_eq!([&last["kind"], &last["service"]], [&json!("DIGEST"), &Value::Null], "{failures}");
    assert_eq!(last["message"], "Plan: the data are not what was approved or proposed.");
    others.to_vec()
}

/// Alters the plan of 2021 and asks: it fails with these failures, and the plans of 2020 and 2022 hold still.
#[track_caller]
fn check(sql: &str, expected: &[Value]) -> Vec<Value> {
    let server = Server::start();
    let before = plans(&server, Role::Auditor, "9");
    alter(&server, sql);
    let after = plans(&server, Role::Auditor, "9");
    let mut failures = Vec::new();
    for (before, after) in before.into_iter().zip(after) {
        if after["year"] != 2021 {
            assert_eq!(after, before, "{sql}");
            continue;
        }
        let verification = &after["verification"];
        assert_eq!(verification["holds"], false, "{sql}");
        for mut failure in takes_off_the_digest(&verification["failures"]) {
            let message = failure.as_object_mut().unwrap().remove("message").unwrap();
            let service = failure["service"]["code"].as_str().unwrap();
            assert!(message.as_str().unwrap().starts_with(&format!("{service}: ")), "{message}");
            let amounts = [&failure["stored"], &failure["computed"]];
            for amount in amounts.iter().filter(|_| amounts != [&Value::Null; 2]) {
                assert!(message.as_str().unwrap().contains(amount.as_str().unwrap_or("none")), "{message}");
            }
            failures.push(failure);
        }
    }
    if !expected.is_empty() {
        assert_eq!(failures, expected, "{sql}");
    }
    failures
}

#[test]
fn an_altered_result_is_named() {
    let sad = budget("SAD", 2021);
    let (manerbio, own) = (comune("017103"), quota("SAD", "017103"));
    let cents = budget_of("SAD").cents;
    let quota_failure = |istat, stored, computed| failure("SAD", "QUOTA", Some(istat), stored, computed);
    let ghedi = comune("017078");
    let table = [
        (
            format!(
                "UPDATE quota SET amount_cents = amount_cents + 1 WHERE budget_id = {sad} AND comune_id = {manerbio}"
            ),
            quota_failure("017103", Some(own + 1), Some(own)),
        ),
        (
            format!("DELETE FROM quota WHERE budget_id = {sad} AND comune_id = {manerbio}"),
            quota_failure("017103", None, Some(own)),
        ),
        // Ghedi takes no part in SAD.
        (
            format!(
                "INSERT INTO quota (plan_id, budget_id, comune_id, amount_cents) SELECT plan_id, id, {ghedi}, 5 FROM budget WHERE id = {sad}"
            ),
            quota_failure("017078", Some(5), None),
        ),
        (
            format!("UPDATE budget SET municipal_share_cents = municipal_share_cents - 1 WHERE id = {sad}"),
            failure("SAD", "MUNICIPAL_SHARE", None, Some(cents - 1), Some(cents)),
        ),
        (
            format!("UPDATE budget SET residue_cents = 7 WHERE id = {sad}"),
            failure("SAD", "RESIDUE", None, Some(7), Some(0)),
        ),
        (
            format!(
                "UPDATE funding SET amount_cents = amount_cents + 1 WHERE balancing AND budget_id = {}",
                budget("ADM", 2021)
            ),
            failure("ADM", "FUNDING", Some("FSR"), Some(2_475_476), Some(2_475_475)),
        ),
    ];
    for (sql, expected) in table {
        check(&sql, &[expected]);
    }
}

#[test]
fn an_altered_input_shows_in_what_follows_from_it() {
    let (sad, adm) = (budget("SAD", 2021), budget("ADM", 2021));
    let manerbio = comune("017103");
    let hours = "(SELECT id FROM measure WHERE code = 'HOURS')";
    // A cent less of FNPS is a cent more of FSR.
    let fund = format!("UPDATE funding SET amount_cents = amount_cents - 1 WHERE NOT balancing AND budget_id = {adm}");
    check(&fund, &[failure("ADM", "FUNDING", Some("FSR"), Some(2_475_475), Some(2_475_476))]);
    // An hour more of Manerbio's in ADM: its quota would be 9.00 more, and so would the municipal share; FSR would cover that much less.
    let basis = format!(
        "UPDATE basis SET value_micros = value_micros + 1000000 WHERE budget_id = {adm} AND comune_id = {manerbio} AND measure_id = {hours}"
    );
    let (share, own) = (budget_of("ADM").municipal_share(), quota("ADM", "017103"));
    let expected = [
        failure("ADM", "MUNICIPAL_SHARE", None, Some(share), Some(share + 900)),
        failure("ADM", "FUNDING", Some("FSR"), Some(2_475_475), Some(2_475_475 - 900)),
        failure("ADM", "QUOTA", Some("017103"), Some(own), Some(own + 900)),
    ];
    check(&basis, &expected);
    // A dearer hour: every quota of ADM.
    let price = format!("UPDATE rule SET price_micros = 10000000 WHERE budget_id = {adm}");
    let failures = check(&price, &[]);
    assert_eq!(failures.iter().filter(|failure| failure["kind"] == "QUOTA").count(), 20);
    for failure in failures.iter().filter(|failure| failure["kind"] == "QUOTA") {
        assert_eq!(wide(&failure["computed"]) * 9, wide(&failure["stored"]) * 10, "{failure}");
    }
    // One participant less: its quota has no ground, and the other nineteen would pay more.
    let staff = budget("STAFF", 2021);
    let failures = check(&format!("DELETE FROM participant WHERE budget_id = {staff} AND comune_id = {manerbio}"), &[]);
    let others =
        COMUNI.iter().filter(|comune| comune.istat != "017103").map(|comune| (comune.istat, comune.residents_of(2021)));
    let mut expected: Vec<Value> = largest_remainder(10_500_000, &others.collect::<Vec<_>>())
        .into_iter()
        .map(|(istat, computed)| failure("STAFF", "QUOTA", Some(istat), Some(quota("STAFF", istat)), Some(computed)))
        .collect();
    expected.push(failure("STAFF", "QUOTA", Some("017103"), Some(quota("STAFF", "017103")), None));
    assert_eq!(failures, expected);
    // A value less: nothing can be computed.
    let missing =
        format!("DELETE FROM basis WHERE budget_id = {sad} AND comune_id = {manerbio} AND measure_id = {hours}");
    check(&missing, &[failure("SAD", "INPUTS", None, None, None)]);
    // A dearer service: its municipal share, and with it every quota.
    let amount = format!("UPDATE budget SET amount_cents = amount_cents + 16 WHERE id = {sad}");
    let failures = check(&amount, &[]);
    assert_eq!(failures[0], failure("SAD", "MUNICIPAL_SHARE", None, Some(43_000_000), Some(43_000_016)));
    assert!(failures.iter().all(|failure| failure["service"]["code"] == "SAD"));
}

/// The form that digests are made from never changes: those of approved plans stand in acts and in backups. These were noted when it was
/// first released.
#[test]
fn the_digests_of_the_founding_plans_are_known() {
    let server = Server::start();
    for (year, digest) in [
        (2020, "2b4febb5b5fb381a836df9d87a92718c5f09e380c3d2c3821a89697e66652209"),
        (2021, "ff3ebd265b453469b7b5407e9763a08f5be1763d3224b4d54b6081960342cc3b"),
        (2022, "96af921be24a0a12013a5e717b0d705a718850f605e5f724a286f8ceeb1e5e1a"),
    ] {
        let query = format!("{{ ambito(code: \"9\") {{ plan(year: {year}) {{ digest }} }} }}");
        assert_eq!(server.data(Role::Auditor, &query)["ambito"]["plan"]["digest"], json!(digest), "{year}");
    }
}

#[test]
fn what_changes_no_figure_shows_in_the_digest() {
    let sad = budget("SAD", 2021);
    let manerbio = comune("017103");
    for sql in [
        "UPDATE plan SET digest = '0000000000000000000000000000000000000000000000000000000000000000' WHERE year = 2021"
            .to_owned(),
        "UPDATE plan SET kind = 'FINAL' WHERE year = 2021".to_owned(),
        "UPDATE plan SET digest = NULL WHERE year = 2021".to_owned(),
        "UPDATE resolution SET adopted_on = '2020-12-15' WHERE adopted_on = '2020-12-14'".to_owned(),
        format!("UPDATE budget SET assumed = NOT assumed WHERE id = {sad}"),
        "UPDATE plan_instalment SET due_date = '2021-04-01' WHERE due_date = '2021-03-31'".to_owned(),
        format!(
            "UPDATE basis SET source = 'altra' WHERE budget_id = {sad} AND comune_id = {manerbio} AND measure_id = (SELECT id FROM measure WHERE code = 'CASES')"
        ),
        format!("UPDATE rule SET rounding = 'HALF_UP_EACH' WHERE budget_id = {}", budget("TUTELA", 2021)),
    ] {
        assert_eq!(check(&sql, &[]), [] as [Value; 0], "{sql}");
    }
}

#[test]
fn what_is_wrong_with_the_plan_as_a_whole_names_no_service() {
    let plan = "(SELECT id FROM plan WHERE year = 2021)";
    let approval = "act = 'plan.approve' AND subject = 'plan:9/2021/1'";
    let table: [(String, &[&str]); 5] = [
        ("UPDATE plan SET status = 'WITHDRAWN' WHERE year = 2021".to_owned(), &["STATUS"]),
        (
            format!("UPDATE plan_instalment SET percent_micros = 39000000 WHERE number = 1 AND plan_id = {plan}"),
            &["INSTALMENTS", "DIGEST"],
        ),
        // Without its rule a budget is nothing that could be read.
        (format!("DELETE FROM rule WHERE budget_id = {}", budget("SAD", 2021)), &["INPUTS", "DIGEST"]),
        // The trail says what was approved, also where plan and digest agree.
        (format!("UPDATE audit_event SET digest_after = digest_before WHERE {approval}"), &["DIGEST"]),
        (format!("DELETE FROM audit_event WHERE {approval}"), &["DIGEST"]),
    ];
    for (sql, kinds) in table {
        let server = Server::start();
        alter(&server, &sql);
        for plan in plans(&server, Role::Auditor, "9") {
            let expected: &[&str] = if plan["year"] == 2021 { kinds } else { &[] };
            let failures = list(&plan["verification"]["failures"]);
            assert_eq!(failures.iter().map(|failure| &failure["kind"]).collect::<Vec<_>>(), expected, "{sql} {plan}");
            assert_eq!(plan["verification"]["holds"], expected.is_empty(), "{sql}");
            for failure in failures {
                let empty =
                    ["service", "comune", "fund", "stored", "computed"].iter().all(|field| failure[field].is_null());
                assert!(empty && failure["message"].as_str().unwrap().starts_with("Plan: "), "{sql} {failure}");
            }
        }
    }
}

#[test]
fn the_sentence_is_in_the_language_of_the_request() {
    let server = Server::start();
    let sql = format!(
        "UPDATE quota SET amount_cents = 1 WHERE budget_id = {} AND comune_id = {}",
        budget("SAD", 2021),
        comune("017103")
    );
    alter(&server, &sql);
    let query = "{ ambito(code: \"9\") { plan(year: 2021) { verification { failures { message } } } } }";
    let body = json!({ "query": query }).to_string();
    let own = euro(quota("SAD", "017103"));
    for (language, expected) in [
        ("it", format!("SAD: quota (Manerbio): registrato 0.01, ricalcolato {own}.")),
        ("en", format!("SAD: quota (Manerbio): stored 0.01, computed {own}.")),
    ] {
        let authorization = format!("Bearer {}", server.token_of(Role::Comune));
        let headers = [
            ("content-type", "application/json"),
            ("authorization", authorization.as_str()),
            ("accept-language", language),
        ];
        let data = server.post("/graphql", &headers, &body).data();
        assert_eq!(data["ambito"]["plan"]["verification"]["failures"][0], json!({ "message": expected }));
    }
}

/// What a failure says is stored, and what the arithmetic gives.
type StoredAndComputed = [Option<&'static str>; 2];

#[test]
fn a_budget_that_is_not_the_sum_of_its_lines_is_named() {
    let server = Server::start();
    neighbour::add(&server);
    let years = |plans: &[Value]| -> Vec<(i64, bool)> {
        plans
            .iter()
            .map(|plan| (plan["year"].as_i64().unwrap(), plan["verification"]["holds"].as_bool().unwrap()))
            .collect()
    };
    let approved = plans(&server, Role::Reporting, neighbour::AMBITO);
    assert_eq!(years(&approved), [(i64::from(neighbour::APPROVED), true)]);
    // 800.00 with 22% of VAT and 24.00 without: 1,000.00. What is not in the budget, and what the rate does not give.
    let cases: [(&str, &str, &[StoredAndComputed]); 2] = [
        ("net_cents = 2401, gross_cents = 2401", "Sede", &[[Some("1000.00"), Some("1000.01")]]),
        (
            "vat_cents = 17601, gross_cents = 97601",
            "Ore",
            &[[Some("976.01"), None], [Some("1000.00"), Some("1000.01")]],
        ),
    ];
    for (change, item, expected) in cases {
        let server = Server::start();
        neighbour::add(&server);
        let plan = neighbour::plan_id(&server, neighbour::APPROVED);
        alter(&server, &format!("UPDATE budget_line SET {change} WHERE plan_id = {plan} AND item = '{item}'"));
        let approved = plans(&server, Role::Reporting, neighbour::AMBITO);
        let verification = &approved[0]["verification"];
        assert_eq!(verification["holds"], false);
        let failures = takes_off_the_digest(&verification["failures"]);
        let amounts = |failure: &Value| {
            json!([failure["kind"], failure["service"]["code"], failure["stored"], failure["computed"]])
        };
        let expected: Vec<Value> =
            expected.iter().map(|[stored, computed]| json!(["LINES", "SAD", stored, computed])).collect();
        assert_eq!(failures.iter().map(amounts).collect::<Vec<_>>(), expected, "{change}");
        assert!(plans(&server, Role::Reporting, "9").iter().all(|plan| plan["verification"]["holds"] == true));
    }
}

#[test]
fn a_plan_holds_to_what_was_proposed_and_then_to_what_was_approved() {
    let server = Server::start();
    neighbour::add(&server);
    for plan in plans(&server, Role::Auditor, neighbour::AMBITO) {
        let verification = &plan["verification"];
        let is_recorded = ["APPROVED", "PROPOSED"].contains(&plan["status"].as_str().unwrap());
        assert_eq!(verification["recordedDigest"].is_string(), is_recorded, "{plan}");
        assert_eq!(verification["digest"], plan["digest"], "{plan}");
        assert_eq!(verification["holds"], true, "{plan}");
    }
}

/// Digests are compared for as long as plans are kept: what changes one of these changes the canonical form, and needs a new `format` in it.
#[test]
fn the_digests_of_the_demonstration_never_change() {
    let digests: Vec<_> =
        plans(&Server::start(), Role::Comune, "9").into_iter().map(|plan| plan["digest"].clone()).collect();
    let expected = [
        "2b4febb5b5fb381a836df9d87a92718c5f09e380c3d2c3821a89697e66652209",
        "ff3ebd265b453469b7b5407e9763a08f5be1763d3224b4d54b6081960342cc3b",
        "96af921be24a0a12013a5e717b0d705a718850f605e5f724a286f8ceeb1e5e1a",
    ];
    assert_eq!(digests, expected);
}
