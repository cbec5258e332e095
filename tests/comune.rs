//! Comuni: codes, counts of residents by day, measurements, the services they take part in, and what they owe.

use api::auth::Role;
use serde_json::{Value, json};

use crate::support::figures::{
    ACTIVITY_DAY, BUDGETS, COMUNI, COUNT_DAYS, YEARS, amount_due, budget_of, euro, hundredths, list, wide,
};
use crate::support::{MANERBIO, PONTEVICO, Server};

/// One comune, as the managing body sees it.
fn comune(server: &Server, istat: &str, fields: &str) -> Value {
    server.data(Role::Azienda, &format!(r#"{{ comune(istatCode: "{istat}") {{ {fields} }} }}"#))["comune"].clone()
}

#[test]
fn the_20_comuni_have_their_codes() {
    let server = Server::start();
    let data = server.data(
        Role::Comune,
        r#"{ ambito(code: "9") { comuni { istatCode cadastralCode name province ambito { code } } } }"#,
    );
    let expected = COMUNI.iter().map(|comune| {
        json!({ "istatCode": comune.istat, "cadastralCode": comune.cadastral, "name": comune.name, "province": "BS", "ambito": { "code": "9" } })
    });
    assert_eq!(data["ambito"]["comuni"], expected.collect::<Value>());
    for expected in &COMUNI {
        let found = comune(&server, expected.istat, "istatCode cadastralCode name");
        assert_eq!(
            found,
            json!({ "istatCode": expected.istat, "cadastralCode": expected.cadastral, "name": expected.name })
        );
    }
}

#[test]
fn population_is_the_latest_count_not_after_the_day() {
    let server = Server::start();
    // The place of the count in COUNT_DAYS, or none.
    let days = [
        ("2011-10-08", None),
        ("2011-10-09", Some(0)),
        ("2018-12-30", Some(0)),
        ("2018-12-31", Some(1)),
        ("2019-12-31", Some(1)),
        ("2020-01-01", Some(2)),
        ("2020-12-31", Some(2)),
        ("2021-01-01", Some(3)),
        ("2022-01-01", Some(4)),
        ("2026-06-15", Some(4)),
    ];
    let fields = days.iter().enumerate().map(|(at, (day, _))| format!(r#"d{at}: population(referenceDate: "{day}")"#));
    let fields = fields.collect::<Vec<_>>().join(" ");
    for expected in &COMUNI {
        let found = comune(&server, expected.istat, &format!("{fields} latest: population"));
        for (at, (day, count)) in days.iter().enumerate() {
            let residents = count.map(|count: usize| i64::try_from(expected.residents[count]).unwrap());
            assert_eq!(found[format!("d{at}")], json!(residents), "{} on {day}", expected.name);
        }
        assert_eq!(i128::from(found["latest"].as_i64().unwrap()), expected.residents[4], "{}", expected.name);
    }
}

#[test]
fn measurements_say_day_source_service_and_whether_they_are_assumed() {
    let server = Server::start();
    let sources = ["ISTAT censimento 2011", "Allegato OCDPC 658/2020", "ISTAT", "ISTAT", "ISTAT"];
    for expected in &COMUNI {
        let mut rows: Vec<Value> = Vec::new();
        for (at, day) in COUNT_DAYS.iter().enumerate() {
            let value = expected.residents[at].to_string();
            rows.push(json!({ "measure": "RESIDENTS", "value": value, "referenceDate": day, "source": sources[at], "assumed": false, "service": null }));
        }
        let mut assume = |measure: &str, service: &str, value: String| {
            let source = "Valore ipotizzato per la dimostrazione";
            rows.push(json!({ "measure": measure, "value": value, "referenceDate": ACTIVITY_DAY, "source": source, "assumed": true, "service": { "code": service } }));
        };
        for (at, service) in
            ["SAD", "ADP", "ADM"].into_iter().enumerate().filter(|(at, _)| hundredths(expected.hours[*at]) > 0)
        {
            assume("HOURS", service, expected.hours[at].trim_end_matches('0').trim_end_matches('.').to_owned());
            assume("CASES", service, expected.cases[at].to_string());
        }
        assume("ENTRUSTED_HOURS", "SSB", expected.hours[3].trim_end_matches(".00").to_owned());
        let found = comune(
            &server,
            expected.istat,
            "measurements { measure value referenceDate source assumed service { code } }",
        );
        let found = list(&found["measurements"]);
        assert!(found.is_sorted_by_key(|row| row["referenceDate"].as_str().unwrap()), "{}", expected.name);
        let sorted = |rows: &[Value]| {
            let mut rows: Vec<String> = rows.iter().map(Value::to_string).collect();
            rows.sort();
            rows
        };
        assert_eq!(sorted(found), sorted(&rows), "{}", expected.name);
    }
}

#[test]
fn measurements_are_chosen_by_measure() {
    let server = Server::start();
    // Manerbio: residents five times, hours and cases of SAD and ADM, hours entrusted.
    let count = |measure: &str| {
        let found = comune(&server, MANERBIO, &format!(r#"measurements(measure: "{measure}") {{ measure }}"#));
        let rows = list(&found["measurements"]).clone();
        assert!(rows.iter().all(|row| row["measure"] == measure), "{measure}");
        rows.len()
    };
    for (measure, expected) in
        [("RESIDENTS", 5), ("HOURS", 2), ("CASES", 2), ("ENTRUSTED_HOURS", 1), ("DAYS", 0), ("residents", 0)]
    {
        assert_eq!(count(measure), expected, "{measure}");
    }
}

#[test]
fn services_are_those_it_takes_part_in() {
    let server = Server::start();
    for year in YEARS {
        for expected in &COMUNI {
            let takes_part =
                |service: &str| budget_of(service).participants().iter().any(|comune| comune.istat == expected.istat);
            let services = BUDGETS
                .iter()
                .filter(|budget| takes_part(budget.service))
                .map(|budget| json!({ "code": budget.service }));
            let found = comune(&server, expected.istat, &format!("services(year: {year}) {{ code }}"));
            assert_eq!(found["services"], services.collect::<Value>(), "{year} {}", expected.name);
        }
    }
    // By name, whatever the tables say.
    let check = |istat: &str, absent: &[&str]| {
        let found = comune(&server, istat, "services(year: 2020) { code }");
        let codes: Vec<&str> =
            list(&found["services"]).iter().map(|service| service["code"].as_str().unwrap()).collect();
        assert_eq!(codes.len(), 13 - absent.len(), "{istat}");
        assert!(absent.iter().all(|code| !codes.contains(code)), "{istat}");
    };
    check("017073", &["SAD", "ADP"]);
    check("017078", &["SAD"]);
    check("017088", &["ADP"]);
    check(MANERBIO, &["ADP"]);
    check(PONTEVICO, &[]);
}

#[test]
fn the_amount_due_is_the_sum_of_the_quotas() {
    let server = Server::start();
    for year in YEARS {
        let mut whole = 0;
        for expected in &COMUNI {
            let found = comune(
                &server,
                expected.istat,
                &format!("amountDue(year: {year}) quotas(year: {year}) {{ amount year service {{ code }} }}"),
            );
            let due = amount_due(expected.istat, year);
            let quotas = BUDGETS.iter().filter_map(|budget| {
                let (_, cents) = budget.quotas(year).into_iter().find(|(code, _)| *code == expected.istat)?;
                Some(json!({ "amount": euro(cents), "year": year, "service": { "code": budget.service } }))
            });
            assert_eq!(found["quotas"], quotas.collect::<Value>(), "{year} {}", expected.name);
            assert_eq!(wide(&found["amountDue"]), due, "{year} {}", expected.name);
            whole += due;
        }
        assert_eq!(euro(whole), "2120245.25", "{year}");
    }
}

#[test]
fn what_is_not_known_is_null() {
    let server = Server::start();
    let check = |query: &str, expected: Value| assert_eq!(server.data(Role::Comune, query), expected, "{query}");
    check(r#"{ comune(istatCode: "000000") { name } }"#, json!({ "comune": null }));
    check(r#"{ comune(istatCode: "999999") { quotas(year: 2020) { amount } } }"#, json!({ "comune": null }));
    let nothing = json!({ "comune": { "amountDue": null, "quotas": null, "services": [] } });
    for year in ["2019", "2023", "0", "-1", "2147483647", "-2147483648"] {
        let of_year =
            format!("amountDue(year: {year}) quotas(year: {year}) {{ amount }} services(year: {year}) {{ code }}");
        check(&format!(r#"{{ comune(istatCode: "{MANERBIO}") {{ {of_year} }} }}"#), nothing.clone());
    }
}

#[test]
fn a_comune_is_found_by_its_id() {
    let server = Server::start();
    let id = comune(&server, PONTEVICO, "id")["id"].as_str().unwrap().to_owned();
    let query = format!(
        r#"{{ node(id: "{id}") {{ __typename id ... on Comune {{ istatCode }} }} nodes(ids: ["{id}", "x", "{id}"]) {{ id }} }}"#
    );
    let data = server.data(Role::Comune, &query);
    assert_eq!(data["node"], json!({ "__typename": "Comune", "id": id, "istatCode": PONTEVICO }));
    assert_eq!(data["nodes"], json!([{ "id": id }, null, { "id": id }]));
}
