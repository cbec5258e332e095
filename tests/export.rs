//! Tables for spreadsheets and reporting tools: what stands in them, in which form, and for whom.
//!
//! The demonstration's figures are those of `support::figures`, the workshop's are worked by hand.

mod access;
mod activity;

use std::collections::BTreeMap;

use api::auth::{Operator, Role};
use api::store::import::import as import_bundle;
use entity::kinds::PlanKind;
use serde_json::Value;

use crate::billing::{expected, import, pay, version};
use crate::support::figures::{BUDGETS, COMUNI, YEARS, amount_due, euro, list};
use crate::support::tables::wait;
use crate::support::{Answer, MANERBIO, Server, workshop};

/// The columns of the first two files.
const QUOTAS: &str = "ambito;year;plan_kind;plan_version;resolution_number;resolution_date;service;service_name;istat_code;comune;budget;municipal_share;quota;assumed";
const CHARGES: &str = "ambito;year;istat_code;comune;service;service_name;number;kind;due_date;charged_on;financial_year;mission_programme;cig;cup;reason;as_of;amount;paid;outstanding;overdue";

/// Asks for a file.
fn get(server: &Server, token: &str, path: &str) -> Answer {
    server.get(&format!("/export/{path}"), &[("authorization", &format!("Bearer {token}"))])
}

/// The rows of a file for programs, by column.
fn rows(server: &Server, role: Role, path: &str) -> Vec<BTreeMap<String, String>> {
    let answer = get(server, &server.token_of(role), &format!("{path}&separator=comma&decimal=point&mark=false"));
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    assert_eq!(answer.header("content-type").as_deref(), Some("text/csv; charset=utf-8; header=present"));
    let mut reader = csv::Reader::from_reader(answer.body.as_bytes());
    reader.deserialize().map(Result::unwrap).collect()
}

/// Some columns of each row.
fn columns<const N: usize>(rows: &[BTreeMap<String, String>], names: [&str; N]) -> Vec<[String; N]> {
    rows.iter().map(|row| names.map(|name| row[name].clone())).collect()
}

/// An amount as Italian spreadsheets have it.
fn with_comma(cents: i128) -> String {
    euro(cents).replace('.', ",")
}

#[test]
fn the_quotas_of_a_year_are_those_of_the_plan() {
    let server = Server::start();
    let query = "{ ambito(code: \"9\") { plans { year resolution { number date }
        budgets { service { code name } quotas { comune { istatCode } assumed } } } } }";
    let plans = server.data(Role::Reporting, query)["ambito"]["plans"].take();
    for (at, year) in YEARS.into_iter().enumerate() {
        let plan = &plans[at];
        let mut lines = vec![QUOTAS.to_owned()];
        for budget in &BUDGETS {
            let known = list(&plan["budgets"]).iter().find(|known| known["service"]["code"] == budget.service).unwrap();
            let name = known["service"]["name"].as_str().unwrap();
            // Names with a semicolon or a quote would stand in quotes.
            assert!(!name.contains([';', '"']));
            for (istat, cents) in budget.quotas(year) {
                let comune = COMUNI.iter().find(|comune| comune.istat == istat).unwrap();
                let quota = list(&known["quotas"]).iter().find(|quota| quota["comune"]["istatCode"] == istat).unwrap();
                let text = |value: &Value| value.as_str().unwrap().to_owned();
                lines.push(format!(
                    "9;{year};FORECAST;1;{};{};{};{name};{istat};{};{};{};{};{}",
                    text(&plan["resolution"]["number"]),
                    text(&plan["resolution"]["date"]),
                    budget.service,
                    comune.name,
                    with_comma(budget.cents),
                    with_comma(budget.municipal_share()),
                    with_comma(cents),
                    quota["assumed"],
                ));
            }
        }
        for role in [Role::Comune, Role::Azienda, Role::Assemblea, Role::Reporting, Role::Auditor] {
            let answer = get(&server, &server.token_of(role), &format!("quotas.csv?ambito=9&year={year}&mark=false"));
            let found: Vec<&str> = answer.body.split("\r\n").collect();
            assert_eq!(found.last(), Some(&""), "the last line has no end");
            assert_eq!(found[..found.len() - 1], lines, "{role:?}");
        }
    }
}

#[test]
fn a_file_for_people_begins_with_a_mark_and_has_a_name() {
    let server = Server::start();
    let bearer = format!("Bearer {}", server.token_of(Role::Comune));
    let ask = |parameters: &str, more: &[(&str, &str)]| {
        let headers = [&[("authorization", bearer.as_str())], more].concat();
        server.get(&format!("/export/quotas.csv?ambito=9&year=2021{parameters}"), &headers)
    };
    let answer = ask("", &[]);
    // The mark is three bytes, which a client may take for itself.
    let length: usize = answer.header("content-length").unwrap().parse().unwrap();
    assert_eq!(length, answer.body.trim_start_matches('\u{feff}').len() + 3);
    assert_eq!(answer.header("content-disposition").as_deref(), Some("attachment; filename=\"quotas-9-2021.csv\""));
    assert_eq!(answer.header("cache-control").as_deref(), Some("private, no-cache"));
    assert!(answer.header("ambito-data-version").is_some());
    // Asked again, it is not sent again.
    let tag = answer.header("etag").unwrap();
    let again = ask("", &[("if-none-match", &tag)]);
    assert_eq!((again.status, again.body.as_str(), again.header("etag")), (304, "", Some(tag.clone())));
    let other = ask("&separator=comma&decimal=point&mark=false", &[("if-none-match", &tag)]);
    assert_eq!(other.status, 200);
    assert!(other.body.starts_with(&format!("{}\r\n", QUOTAS.replace(';', ","))), "{}", other.body);
    // A comma between cells and before decimals: numbers stand in quotes.
    let both = ask("&separator=comma&mark=false", &[]);
    let manerbio: Vec<&str> =
        both.body.lines().filter(|line| line.contains(",ADM,") && line.contains(MANERBIO)).collect();
    // 526.50 hours of 9.00 euro.
    assert!(manerbio.len() == 1 && manerbio[0].contains("\"4738,50\""), "{manerbio:?}");
}

#[test]
fn the_plan_is_the_one_in_force_on_the_day() {
    let server = Server::start();
    workshop::import_to(&server);
    // PARI was 10,000.00, and 10,000.03 from the end of June on; a third version is only proposed.
    for (day, version, act, budget, quota) in [
        ("&asOf=2021-01-15", "1", "1", "10000.00", "3333.33"),
        ("&asOf=2021-06-29", "1", "1", "10000.00", "3333.33"),
        ("&asOf=2021-06-30", "2", "7", "10000.03", "3333.34"),
        ("", "2", "7", "10000.03", "3333.34"),
    ] {
        let found = rows(&server, Role::Auditor, &format!("quotas.csv?ambito=10&year=2021{day}"));
        let pari: Vec<_> = found.into_iter().filter(|row| row["service"] == "PARI").collect();
        let names = ["istat_code", "plan_version", "resolution_number", "budget", "quota"];
        let expected = workshop::COMUNI.map(|istat| [istat, version, act, budget, quota].map(str::to_owned));
        assert_eq!(columns(&pari, names), expected, "{day}");
    }
    let before = get(&server, &server.token_of(Role::Auditor), "quotas.csv?ambito=10&year=2021&asOf=2021-01-14");
    assert_eq!((before.status, before.json()["code"].as_str()), (404, Some("NOT_FOUND")));
}

#[test]
fn charges_stand_as_they_stood_on_the_day() {
    let server = Server::start();
    // All of 2020 and 1,000.00 of 2021: the oldest charges of Manerbio, by day and code.
    let cents = amount_due(MANERBIO, 2020) + 100_000;
    pay(&server, MANERBIO, "2021-04-02", i64::try_from(cents).unwrap(), None);
    let mut of_year = expected(MANERBIO, 2021);
    let (in_order, mut left) = (of_year.clone(), 100_000);
    of_year.sort_by_key(|(service, _, due, _)| (due.clone(), *service));
    let paid: BTreeMap<(&str, usize), i128> = of_year
        .iter()
        .map(|(service, number, _, amount)| {
            let part = left.min(*amount);
            left -= part;
            ((*service, *number), part)
        })
        .collect();
    assert!(left == 0 && paid.values().filter(|part| **part > 0).count() > 0);
    for (day, counts) in [("2021-04-01", false), ("2021-04-02", true)] {
        let expected: Vec<_> = in_order
            .iter()
            .map(|(service, number, due, amount)| {
                let paid = if counts { paid[&(*service, *number)] } else { 0 };
                let open = amount - paid;
                let overdue = if **due < *day { open } else { 0 };
                let number = number.to_string();
                [
                    service,
                    number.as_str(),
                    due,
                    "INSTALMENT",
                    &euro(*amount),
                    &euro(paid),
                    &euro(open),
                    &euro(overdue),
                    day,
                ]
                .map(str::to_owned)
            })
            .collect();
        let names = ["service", "number", "due_date", "kind", "amount", "paid", "outstanding", "overdue", "as_of"];
        let own = rows(&server, Role::Comune, &format!("charges.csv?ambito=9&year=2021&asOf={day}"));
        assert_eq!(columns(&own, names), expected, "{day}");
        assert!(own.iter().all(|row| row["istat_code"] == MANERBIO && row["comune"] == "Manerbio"));
        let all = rows(&server, Role::Azienda, &format!("charges.csv?ambito=9&year=2021&asOf={day}"));
        let of_one: Vec<_> = all.iter().filter(|row| row["istat_code"] == MANERBIO).cloned().collect();
        assert_eq!(of_one, own);
        assert_eq!(
            rows(&server, Role::Auditor, &format!("charges.csv?ambito=9&year=2021&comune={MANERBIO}&asOf={day}")),
            own
        );
        for comune in &COMUNI {
            let amounts = all.iter().filter(|row| row["istat_code"] == comune.istat);
            let total: i128 = amounts.map(|row| row["amount"].replace('.', "").parse::<i128>().unwrap()).sum();
            assert_eq!(total, amount_due(comune.istat, 2021), "{}", comune.name);
        }
    }
    // What was never charged is an empty table.
    let none = get(&server, &server.token_of(Role::Comune), "charges.csv?ambito=9&year=2019&mark=false");
    assert_eq!((none.status, none.body), (200, format!("{CHARGES}\r\n")));
    assert_eq!(none.headers.iter().find(|(name, _)| name == "cache-control").unwrap().1, "no-store");
}

#[test]
fn a_credit_is_a_number_and_codes_are_as_they_are() {
    let server = Server::start();
    import(&server, |first| {
        vec![
            version(first, PlanKind::Forecast, &[], Some("2021-01-15")),
            version(first, PlanKind::Amendment, &[(0, 900_000)], Some("2021-11-15")),
        ]
    });
    // From 3,333.33 each to 3,000.00.
    let answer = get(&server, &server.token_of(Role::Auditor), "charges.csv?ambito=10&year=2021&mark=false");
    let credits: Vec<&str> = answer.body.lines().filter(|line| line.contains(";-333,33;")).collect();
    assert_eq!(credits.len(), 3, "{}", answer.body);
    for (line, istat) in credits.iter().zip(workshop::COMUNI) {
        assert!(line.starts_with(&format!("10;2021;{istat};")), "{line}");
        assert!(line.ends_with(";2026-06-15;-333,33;-333,33;0,00;0,00"), "{line}");
        assert!(
            line.contains(";2;AMENDMENT;2021-11-15;2021-11-15;2021;;;;\"Variazione della quota 2021, PARI"),
            "{line}"
        );
    }
}

#[test]
fn what_begins_like_a_formula_is_text() {
    let server = Server::start();
    let mut bundle = workshop::bundle();
    bundle.comuni[0].name = "=1+1".to_owned();
    bundle.comuni[1].name = "\"@SUM(A1)\"".to_owned();
    bundle.comuni[2].name = "＝1".to_owned();
    bundle.services[0].name = "-2+3; \"altro\"".to_owned();
    bundle.services[0].cig = Some("8012345ABC".to_owned());
    bundle.services[0].cup = Some("D51B19000120003".to_owned());
    bundle.plans[0].resolution = Some(workshop::resolution("+39", "2021-01-15"));
    wait(import_bundle(server.store(), &Operator::at_the_machine("test"), &bundle)).unwrap();
    let auditor = server.token_of(Role::Auditor);
    let quotas = get(&server, &auditor, "quotas.csv?ambito=10&year=2021&mark=false").body;
    let name = "\"'-2+3; \"\"altro\"\"\"";
    let expected = ["'=1+1", "\"'\"\"@SUM(A1)\"\"\"", "'＝1"];
    let lines: Vec<&str> = quotas.lines().filter(|line| line.contains(";PARI;")).collect();
    for ((line, istat), comune) in lines.iter().zip(workshop::COMUNI).zip(expected) {
        let start =
            format!("10;2021;FORECAST;1;'+39;2021-01-15;PARI;{name};{istat};{comune};10000,00;10000,00;3333,33;");
        assert!(line.starts_with(&start), "{line}");
    }
    assert_eq!(lines.len(), 3);
    let charges = get(&server, &auditor, "charges.csv?ambito=10&year=2021&mark=false").body;
    let first = charges.lines().find(|line| line.contains(";PARI;")).unwrap();
    let start = format!(
        "10;2021;098001;'=1+1;PARI;{name};1;INSTALMENT;2021-03-31;2021-01-15;2021;;8012345ABC;D51B19000120003;"
    );
    assert!(first.starts_with(&start), "{first}");
}

#[test]
fn every_column_is_documented() {
    let documentation = include_str!("../docs/export.md");
    for (file, columns) in [("quotas", QUOTAS), ("charges", CHARGES), ("activity", activity::HEADER)] {
        let start = format!("- **{file}**: ");
        let own = documentation.split(&start).nth(1).and_then(|rest| rest.split("\n- ").next()).unwrap();
        let mut named = own.split('`').skip(1).step_by(2);
        for column in columns.split(';') {
            assert!(named.any(|name| name == column), "{file}: {column} is not in its place");
        }
    }
}
