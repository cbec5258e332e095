//! Plans: totals, coverage and what each comune owes, when which version is in force, statuses, resolutions and notes.

use std::collections::BTreeMap;

use api::auth::Role;
use serde_json::{Value, json};

use crate::support::figures::{COMUNI, YEARS, amount_due, euro, list, share, wide};
use crate::support::{MANERBIO, Server, workshop};

/// One plan of Ambito 9 in force.
fn plan(server: &Server, year: i32, fields: &str) -> Value {
    let query = format!(r#"{{ ambito(code: "9") {{ plan(year: {year}) {{ {fields} }} }} }}"#);
    server.data(Role::Reporting, &query)["ambito"]["plan"].clone()
}

#[test]
fn coverage_adds_up_to_the_total() {
    let server = Server::start();
    // FNPS: 180000 + 40000 + 30000 + 10000 + 121000. FSR: 24754.75 + 25000. VINCOLATE: 175000 + 40000 + 600000. The comuni pay the rest.
    let coverage = [
        ("FNPS", "STATE", "381000.00", "0.113191"),
        ("FSR", "REGION", "49754.75", "0.014782"),
        ("QUOTA_COMUNI", "COMUNI", "2120245.25", "0.629901"),
        ("VINCOLATE", "OTHER", "815000.00", "0.242127"),
    ];
    for year in YEARS {
        let plan = plan(&server, year, "total municipalShare coverage { amount share fund { code level } }");
        assert_eq!((&plan["total"], &plan["municipalShare"]), (&json!("3366000.00"), &json!("2120245.25")), "{year}");
        let mut found: Vec<&Value> = list(&plan["coverage"]).iter().collect();
        assert_eq!(found.iter().map(|cover| wide(&cover["amount"])).sum::<i128>(), wide(&plan["total"]), "{year}");
        found.sort_by_key(|cover| cover["fund"]["code"].as_str().unwrap().to_owned());
        for (found, (fund, level, amount, share)) in found.into_iter().zip(coverage) {
            assert_eq!(
                *found,
                json!({ "amount": amount, "share": share, "fund": { "code": fund, "level": level } }),
                "{year}"
            );
        }
        assert_eq!(list(&plan["coverage"]).len(), coverage.len(), "{year}");
    }
}

#[test]
fn totals_of_the_comuni_are_the_sums_of_their_quotas() {
    let server = Server::start();
    for year in YEARS {
        let plan = plan(
            &server,
            year,
            "municipalShare comuneTotals { amount perResident share comune { istatCode } } budgets { quotas { amount comune { istatCode } } }",
        );
        let mut sums: BTreeMap<&str, i128> = BTreeMap::new();
        for quota in list(&plan["budgets"]).iter().flat_map(|budget| list(&budget["quotas"])) {
            *sums.entry(quota["comune"]["istatCode"].as_str().unwrap()).or_default() += wide(&quota["amount"]);
        }
        let whole = wide(&plan["municipalShare"]);
        assert_eq!(sums.values().sum::<i128>(), whole, "{year}");
        let expected = COMUNI.iter().map(|comune| {
            let (due, residents) = (amount_due(comune.istat, year), comune.residents_of(year));
            assert_eq!(sums[comune.istat], due, "{year} {}", comune.name);
            let per_resident = euro((due * 2 + residents) / (residents * 2));
            json!({ "amount": euro(due), "perResident": per_resident, "share": share(due, whole), "comune": { "istatCode": comune.istat } })
        });
        assert_eq!(plan["comuneTotals"], expected.collect::<Value>(), "{year}");
    }
}

#[test]
fn a_plan_says_what_it_is_and_who_approved_it() {
    let server = Server::start();
    let days = [(2020, "2019-12-16"), (2021, "2020-12-14"), (2022, "2021-12-13")];
    for (year, day) in days {
        let plan = plan(
            &server,
            year,
            "year kind version status inForceFrom inForceTo note digest ambito { code } resolution { number date body subject assumed }",
        );
        let expected = json!({
            "year": year, "kind": "FORECAST", "version": 1, "status": "APPROVED", "inForceFrom": day, "inForceTo": null,
            "note": "Budget del piano triennale, letti come annuali (ipotesi).", "digest": plan["digest"], "ambito": { "code": "9" },
            "resolution": {
                "number": format!("presunta-{year}"), "date": day, "body": "Assemblea dei Sindaci", "assumed": true,
                "subject": format!("Approvazione del piano annuale {year} (atto presunto, non indicato dal documento)"),
            },
        });
        assert_eq!(plan, expected);
        let digest = plan["digest"].as_str().unwrap();
        assert!(digest.len() == 64 && digest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')), "{digest}");
    }
}

/// Whether a plan is there on a day, wherever `asOf` can be said.
#[test]
fn a_plan_is_in_force_from_the_day_of_its_resolution() {
    let server = Server::start();
    let check = |year: i32, day: &str, there: bool| {
        let data = server.data(
            Role::Comune,
            &format!(
                r#"{{ ambito(code: "9") {{ plan(year: {year}, asOf: "{day}") {{ year }}
                       service(code: "SAD") {{ budget(year: {year}, asOf: "{day}") {{ amount }} }} }}
                     comune(istatCode: "{MANERBIO}") {{ quotas(year: {year}, asOf: "{day}") {{ year }} amountDue(year: {year}, asOf: "{day}") }}
                     quotas(asOf: "{day}", filter: {{ years: [{year}] }}) {{ totalCount }}
                     costAllocation(asOf: "{day}", filter: {{ years: [{year}] }}, groupBy: []) {{ total }} }}"#
            ),
        );
        let (ambito, comune) = (&data["ambito"], &data["comune"]);
        let expected = if there { json!({ "year": year }) } else { Value::Null };
        assert_eq!(ambito["plan"], expected, "{year} on {day}");
        assert_eq!(ambito["service"]["budget"].is_null(), !there, "{year} on {day}");
        // Manerbio takes part in all services but ADP.
        assert_eq!(comune["quotas"].as_array().map(Vec::len), there.then_some(12), "{year} on {day}");
        assert_eq!(
            comune["amountDue"],
            if there { json!(euro(amount_due(MANERBIO, year))) } else { Value::Null },
            "{year} on {day}"
        );
        // 11 services of 20 comuni, SAD of 16, ADP of 15.
        assert_eq!(data["quotas"]["totalCount"], if there { json!(251) } else { json!(0) }, "{year} on {day}");
        let total = if there { "2120245.25" } else { "0.00" };
        assert_eq!(data["costAllocation"]["total"], total, "{year} on {day}");
    };
    check(2020, "2019-12-15", false);
    check(2020, "2019-12-16", true);
    check(2021, "2020-12-13", false);
    check(2021, "2020-12-14", true);
    check(2022, "2021-12-12", false);
    check(2022, "2021-12-13", true);
    check(2022, "9999-12-31", true);
    check(2019, "2026-06-15", false);
}

#[test]
fn today_is_the_servers_own_day() {
    let server = Server::start();
    let years = || {
        let data = server.data(Role::Reporting, r#"{ ambito(code: "9") { a: plan(year: 2020) { year } b: plan(year: 2021) { year } c: plan(year: 2022) { year } } }"#);
        ["a", "b", "c"].map(|alias| data["ambito"][alias]["year"].as_i64().unwrap_or(0))
    };
    assert_eq!(years(), [2020, 2021, 2022]);
    // From 2026-06-15T10:00:00Z back to 2021-12-13T00:00:00Z, the day of the resolution of 2022.
    server.clock().advance(-(1_645 * 86_400 + 10 * 3_600));
    assert_eq!(years(), [2020, 2021, 2022]);
    server.clock().advance(-1);
    assert_eq!(years(), [2020, 2021, 0]);
}

#[test]
fn of_several_versions_the_latest_resolution_counts() {
    let server = Server::start();
    workshop::import_to(&server);
    let check = |day: &str, version: Option<i32>, amount: &str| {
        let query = format!(
            r#"{{ ambito(code: "10") {{ plan(year: 2021, asOf: "{day}") {{ version }} service(code: "PARI") {{ budget(year: 2021, asOf: "{day}") {{ amount }} }} }} }}"#
        );
        let data = server.data(Role::Reporting, &query);
        let ambito = &data["ambito"];
        assert_eq!(ambito["plan"]["version"], json!(version), "{day}");
        assert_eq!(ambito["service"]["budget"]["amount"].as_str().unwrap_or_default(), amount, "{day}");
    };
    check("2021-01-14", None, "");
    check("2021-01-15", Some(1), "10000.00");
    check("2021-06-29", Some(1), "10000.00");
    check("2021-06-30", Some(2), "10000.03");
    check("2026-06-15", Some(2), "10000.03");
}

/// A later act may approve an earlier version, and two versions may be approved on one day.
#[test]
fn the_newer_version_counts_only_among_acts_of_one_day() {
    let check = |days: [&str; 2], expected: [[Option<&str>; 2]; 2], in_force: i32| {
        let server = Server::start();
        workshop::import_approved_on(&server, days);
        let query =
            r#"{ ambito(code: "10") { plans(year: 2021) { inForceFrom inForceTo } plan(year: 2021) { version } } }"#;
        let data = server.data(Role::Reporting, query);
        let expected = expected.map(|[from, to]| json!({ "inForceFrom": from, "inForceTo": to }));
        assert_eq!(data["ambito"]["plans"], json!(expected), "{days:?}");
        assert_eq!(data["ambito"]["plan"]["version"], in_force, "{days:?}");
    };
    check(["2021-05-02", "2021-05-03"], [[Some("2021-05-02"), Some("2021-05-02")], [Some("2021-05-03"), None]], 2);
    check(["2021-05-02", "2021-05-02"], [[None, None], [Some("2021-05-02"), None]], 2);
    check(["2021-05-03", "2021-05-02"], [[Some("2021-05-03"), None], [Some("2021-05-02"), Some("2021-05-02")]], 1);
}

#[test]
fn every_version_is_listed_with_its_status_for_who_may_see_it() {
    let server = Server::start();
    workshop::import_to(&server);
    let first = json!({ "version": 1, "kind": "FORECAST", "status": "APPROVED", "inForceFrom": "2021-01-15", "inForceTo": "2021-06-29", "resolution": { "number": "1" } });
    let second = json!({ "version": 2, "kind": "AMENDMENT", "status": "APPROVED", "inForceFrom": "2021-06-30", "inForceTo": null, "resolution": { "number": "7" } });
    let open = |version: i32, kind: &str, status: &str| json!({ "version": version, "kind": kind, "status": status, "inForceFrom": null, "inForceTo": null, "resolution": null });
    let (third, fourth) = (open(3, "FINAL", "PROPOSED"), open(4, "FORECAST", "DRAFT"));
    let check = |role: Role, arguments: &str, expected: &[&Value]| {
        let query = format!(
            "{{ ambito(code: \"10\") {{ plans{arguments} {{ version kind status inForceFrom inForceTo resolution {{ number }} }} }} }}"
        );
        let data = server.data(role, &query);
        assert_eq!(list(&data["ambito"]["plans"]).iter().collect::<Vec<_>>(), expected, "{role:?} {arguments}");
    };
    check(Role::Auditor, "", &[&first, &second, &third, &fourth]);
    check(Role::Auditor, "(year: 2021)", &[&first, &second, &third, &fourth]);
    check(Role::Auditor, "(year: 2020)", &[]);
    check(Role::Auditor, "(status: APPROVED)", &[&first, &second]);
    check(Role::Auditor, "(status: PROPOSED)", &[&third]);
    check(Role::Auditor, "(status: DRAFT, year: 2021)", &[&fourth]);
    check(Role::Auditor, "(status: WITHDRAWN)", &[]);
    check(Role::Reporting, "", &[&first, &second]);
    check(Role::Reporting, "(status: DRAFT)", &[]);
    let both = "{ ambiti { nodes { code plans(year: 2021) { version } } } }";
    let data = server.data(Role::Reporting, both);
    let versions = json!([{ "code": "10", "plans": [{ "version": 1 }, { "version": 2 }] }, { "code": "9", "plans": [{ "version": 1 }] }]);
    assert_eq!(data["ambiti"]["nodes"], versions);
}

#[test]
fn instalments_of_percentages_with_decimals_add_up() {
    let server = Server::start();
    workshop::import_to(&server);
    let query = r#"{ ambito(code: "10") { plan(year: 2021) { budget(service: "PARI") { residue quotas { amount instalments { number dueDate amount assumed } } } } } }"#;
    let data = server.data(Role::Reporting, query);
    let budget = &data["ambito"]["plan"]["budget"];
    // 10000.03 / 3 = 3333.3433..., each on its own: 3333.34; 0.01 is left. 33.333333% of 3333.34 is 1111.1133...
    assert_eq!(budget["residue"], "0.01");
    let instalments = json!([
        { "number": 1, "dueDate": "2021-03-31", "amount": "1111.11", "assumed": false },
        { "number": 2, "dueDate": "2021-10-31", "amount": "2222.23", "assumed": false },
    ]);
    for quota in list(&budget["quotas"]) {
        assert_eq!(*quota, json!({ "amount": "3333.34", "instalments": instalments }));
    }
}
