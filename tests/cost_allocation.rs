//! The cost allocation: every way of adding up the cost, against sums over the documents' own figures.

use std::collections::{BTreeMap, BTreeSet};

use api::auth::Role;
use serde_json::{Value, json};

use crate::support::Server;
use crate::support::figures::{BUDGETS, Budget, COMUNI, Comune, YEAR_TOTAL_CENTS, YEARS, euro, list, wide};

/// Area, and mission and programme, of each of the 13 services, in the order of [`BUDGETS`].
const PLACES: [[&str; 2]; 13] = [
    ["Gestione Azienda", "12.07"],
    ["Gestione Azienda", "12.07"],
    ["Gestione servizi in forma associata", "12.01"],
    ["Gestione servizi in forma associata", "12.01"],
    ["Gestione servizi in forma associata", "12.04"],
    ["Gestione servizi in forma associata", "12.05"],
    ["Gestione servizi in forma associata", "12.01"],
    ["Servizi affidati", "12.07"],
    ["Servizi affidati", "12.03"],
    ["Servizi affidati", "12.02"],
    ["Gestione progetti regionali, nazionali ed europei", "12.07"],
    ["Gestione progetti regionali, nazionali ed europei", "12.07"],
    ["Anziani, minori, disabili", "12.04"],
];

const FIELDS: &str =
    "total rows { ambito { code } comune { istatCode } service { code } area fund { code } year missionProgramme
    amount perResident quotaCount }";

/// What is added up: a quota, or what a fund covers of a budget.
struct Item {
    at: usize,
    year: i32,
    comune: Option<&'static Comune>,
    fund: Option<&'static str>,
    cents: i128,
    quotas: usize,
}

impl Item {
    fn budget(&self) -> &'static Budget {
        &BUDGETS[self.at]
    }

    /// The comuni that share it.
    fn comuni(&self) -> Vec<&'static Comune> {
        self.comune.map_or_else(|| self.budget().participants(), |comune| vec![comune])
    }

    fn value(&self, dimension: &str) -> String {
        let [area, mission] = PLACES[self.at];
        match dimension {
            "AMBITO" => "9",
            "COMUNE" => self.comune.unwrap().istat,
            "SERVICE" => self.budget().service,
            "AREA" => area,
            "FUND" => self.fund.unwrap(),
            "YEAR" => return self.year.to_string(),
            "MISSION_PROGRAMME" => mission,
            other => panic!("{other}"),
        }
        .to_owned()
    }
}

/// Which items are added up.
type Keep = Box<dyn Fn(&Item) -> bool>;

/// Every quota of the three years.
fn quotas() -> Vec<Item> {
    let of_budget = |year: i32, at: usize| {
        let quota = move |(istat, cents): (&str, i128)| {
            let comune = COMUNI.iter().find(|comune| comune.istat == istat);
            Item { at, year, comune, fund: None, cents, quotas: 1 }
        };
        BUDGETS[at].quotas(year).into_iter().map(quota)
    };
    YEARS.into_iter().flat_map(|year| (0..BUDGETS.len()).flat_map(move |at| of_budget(year, at))).collect()
}

/// Everything that covers the budgets of the three years.
fn coverage() -> Vec<Item> {
    let mut items = Vec::new();
    for year in YEARS {
        for (at, budget) in BUDGETS.iter().enumerate() {
            let item = |fund, cents, quotas| Item { at, year, comune: None, fund: Some(fund), cents, quotas };
            items.extend(budget.funding.iter().map(|(fund, cents)| item(fund, *cents, 0)));
            if budget.municipal_share() > 0 {
                items.push(item("QUOTA_COMUNI", budget.municipal_share(), budget.participants().len()));
            }
        }
    }
    items
}

/// Rows by what they are added up by: amount, amount a resident where it is of one year, number of quotas.
type Rows = BTreeMap<Vec<String>, (String, Option<String>, usize)>;

fn add_up(items: &[Item], dimensions: &[&str]) -> Rows {
    let mut sums: BTreeMap<Vec<String>, Vec<&Item>> = BTreeMap::new();
    for item in items {
        let key = dimensions.iter().map(|dimension| item.value(dimension)).collect();
        sums.entry(key).or_default().push(item);
    }
    let row = |items: Vec<&Item>| {
        let cents: i128 = items.iter().map(|item| item.cents).sum();
        let years: BTreeSet<i32> = items.iter().map(|item| item.year).collect();
        let comuni: BTreeMap<&str, &Comune> =
            items.iter().flat_map(|item| item.comuni()).map(|comune| (comune.istat, comune)).collect();
        let per_resident = (years.len() == 1).then(|| {
            let residents: i128 = comuni.values().map(|comune| comune.residents_of(items[0].year)).sum();
            euro((cents * 2 + residents) / (residents * 2))
        });
        (euro(cents), per_resident, items.iter().map(|item| item.quotas).sum())
    };
    sums.into_iter().map(|(key, items)| (key, row(items))).collect()
}

/// Where a row holds the value of a dimension.
fn pointer(dimension: &str) -> &'static str {
    match dimension {
        "AMBITO" => "/ambito/code",
        "COMUNE" => "/comune/istatCode",
        "SERVICE" => "/service/code",
        "AREA" => "/area",
        "FUND" => "/fund/code",
        "YEAR" => "/year",
        "MISSION_PROGRAMME" => "/missionProgramme",
        other => panic!("{other}"),
    }
}

const DIMENSIONS: [&str; 7] = ["AMBITO", "COMUNE", "SERVICE", "AREA", "FUND", "YEAR", "MISSION_PROGRAMME"];

fn ask(server: &Server, arguments: &str) -> Value {
    let mut data = server.data(Role::Reporting, &format!("{{ costAllocation({arguments}) {{ {FIELDS} }} }}"));
    data["costAllocation"].take()
}

/// Asks, and compares every row and the total with the items added up; what is not asked for is empty. Returns the keys in their order.
#[track_caller]
fn check(server: &Server, dimensions: &[&str], arguments: &str, items: &[Item]) -> Vec<Vec<String>> {
    let allocation = ask(server, &format!("groupBy: [{}] {arguments}", dimensions.join(" ")));
    let text = |row: &Value, dimension: &str| {
        let value = row.pointer(pointer(dimension)).unwrap();
        value.as_str().map_or_else(|| value.to_string(), str::to_owned)
    };
    let mut rows = Rows::new();
    let mut keys = Vec::new();
    for row in list(&allocation["rows"]) {
        let key: Vec<String> = dimensions.iter().map(|dimension| text(row, dimension)).collect();
        for other in DIMENSIONS.iter().filter(|other| !dimensions.contains(other)) {
            let field = pointer(other).split('/').nth(1).unwrap();
            assert!(row[field].is_null(), "{other} of {row}");
        }
        let count = usize::try_from(row["quotaCount"].as_u64().unwrap()).unwrap();
        let text = |field: &str| row[field].as_str().map(str::to_owned);
        assert!(
            rows.insert(key.clone(), (text("amount").unwrap(), text("perResident"), count)).is_none(),
            "{key:?} twice"
        );
        keys.push(key);
    }
    assert_eq!(rows, add_up(items, dimensions), "{dimensions:?} {arguments}");
    assert_eq!(
        wide(&allocation["total"]),
        items.iter().map(|item| item.cents).sum::<i128>(),
        "{dimensions:?} {arguments}"
    );
    keys
}

#[test]
fn quotas_are_added_up_by_every_dimension() {
    let server = Server::start();
    let (all, of_2021) = (quotas(), only(quotas(), |item| item.year == 2021));
    let tables: [&[&str]; 12] = [
        &[],
        &["AMBITO"],
        &["COMUNE"],
        &["SERVICE"],
        &["AREA"],
        &["YEAR"],
        &["MISSION_PROGRAMME"],
        &["COMUNE", "YEAR"],
        &["SERVICE", "YEAR"],
        &["YEAR", "AREA", "MISSION_PROGRAMME"],
        &["COMUNE", "SERVICE"],
        &["AMBITO", "COMUNE", "SERVICE", "AREA", "YEAR", "MISSION_PROGRAMME"],
    ];
    for dimensions in tables {
        check(&server, dimensions, "", &all);
        check(&server, dimensions, "filter: { years: [2021] }", &of_2021);
    }
}

#[test]
fn funds_are_added_up_to_the_whole_budgets() {
    let server = Server::start();
    let all = coverage();
    for dimensions in [
        &["FUND"][..],
        &["FUND", "YEAR"],
        &["SERVICE", "FUND"],
        &["FUND", "AREA"],
        &["FUND", "MISSION_PROGRAMME"],
        &["AMBITO", "FUND", "YEAR", "SERVICE"],
    ] {
        check(&server, dimensions, "", &all);
        check(&server, dimensions, "filter: { years: [2022, 2020] }", &only(coverage(), |item| item.year != 2021));
    }
    for year in YEARS {
        let of_year = ask(&server, &format!("groupBy: [FUND] filter: {{ years: [{year}] }}"));
        assert_eq!((wide(&of_year["total"]), of_year["total"].as_str()), (YEAR_TOTAL_CENTS, Some("3366000.00")));
        let quotas = ask(&server, &format!("groupBy: [] filter: {{ years: [{year}] }}"));
        let comuni = list(&of_year["rows"]).iter().find(|row| row["fund"]["code"] == "QUOTA_COMUNI").unwrap();
        assert_eq!((&comuni["amount"], comuni["quotaCount"].as_u64()), (&quotas["total"], Some(20 * 5 + 16 + 15)));
        // Six services of 20 quotas of 0.00 are counted among the quotas, but no fund of the comuni covers them.
        assert_eq!(quotas["rows"][0]["quotaCount"], 20 * 11 + 16 + 15);
    }
}

fn only(items: Vec<Item>, keep: impl Fn(&Item) -> bool) -> Vec<Item> {
    items.into_iter().filter(keep).collect()
}

#[test]
fn filters_choose_what_is_added_up() {
    let server = Server::start();
    let sad = |item: &Item| item.budget().service == "SAD";
    let of = |istat: &'static str| move |item: &Item| item.comune.is_some_and(|comune| comune.istat == istat);
    let table: [(&str, Keep); 12] = [
        ("{}", Box::new(|_| true)),
        (r#"{ ambito: "9" }"#, Box::new(|_| true)),
        (r#"{ ambito: "8" }"#, Box::new(|_| false)),
        (r#"{ services: ["SAD"] }"#, Box::new(sad)),
        (
            r#"{ services: ["SAD", "NIDO", "ADM"], years: [2020] }"#,
            Box::new(move |item| item.year == 2020 && (sad(item) || item.budget().service == "ADM")),
        ),
        (r#"{ areas: ["Servizi affidati"] }"#, Box::new(|item| PLACES[item.at][0] == "Servizi affidati")),
        (r#"{ comuni: ["017103"] }"#, Box::new(of("017103"))),
        (
            r#"{ comuni: ["017103"], services: ["SAD"], years: [2020, 2022] }"#,
            Box::new(move |item| of("017103")(item) && sad(item) && item.year != 2021),
        ),
        (r#"{ minimum: "20000.00" }"#, Box::new(|item| item.cents >= 2_000_000)),
        (r#"{ maximum: "0.00" }"#, Box::new(|item| item.cents == 0)),
        // ADM's quota of Alfianello is 83.25 x 9.00 = 749.25 in each year.
        (r#"{ minimum: "749.25", maximum: "749.25" }"#, Box::new(|item| item.cents == 74_925)),
        ("{ years: [] }", Box::new(|_| false)),
    ];
    for (filter, keep) in table {
        let items = only(quotas(), keep);
        for dimensions in [&["SERVICE", "YEAR"][..], &["COMUNE"]] {
            check(&server, dimensions, &format!("filter: {filter}"), &items);
        }
    }
    for (filter, keep) in [
        (
            r#"{ services: ["SIL", "ADM"] }"#,
            &(|item: &Item| ["SIL", "ADM"].contains(&item.budget().service)) as &dyn Fn(&Item) -> bool,
        ),
        (r#"{ areas: ["Gestione Azienda"] }"#, &|item| PLACES[item.at][0] == "Gestione Azienda"),
    ] {
        check(&server, &["FUND"], &format!("filter: {filter}"), &only(coverage(), keep));
    }
}

#[test]
fn a_day_has_the_plans_that_were_in_force_on_it() {
    let server = Server::start();
    // The acts are of 2019-12-16, 2020-12-14 and 2021-12-13.
    for (day, last) in [
        ("2019-12-15", 2019),
        ("2019-12-16", 2020),
        ("2020-12-13", 2020),
        ("2020-12-14", 2021),
        ("2021-12-12", 2021),
        ("2021-12-13", 2022),
    ] {
        let arguments = format!("asOf: \"{day}\"");
        check(&server, &["YEAR"], &arguments, &only(quotas(), |item| item.year <= last));
        check(&server, &["FUND", "YEAR"], &arguments, &only(coverage(), |item| item.year <= last));
    }
}

#[test]
fn rows_come_in_the_order_of_the_dimensions() {
    let server = Server::start();
    let all = quotas();
    let years: Vec<_> = YEARS.iter().map(|year| vec![year.to_string()]).collect();
    assert_eq!(check(&server, &["YEAR"], "", &all), years);
    let comuni: Vec<_> = COMUNI.iter().map(|comune| vec![comune.istat.to_owned()]).collect();
    assert_eq!(check(&server, &["COMUNE"], "", &all), comuni);
    // Services stand in the programme's order.
    let services: Vec<_> = BUDGETS.iter().map(|budget| vec![budget.service.to_owned()]).collect();
    assert_eq!(check(&server, &["SERVICE"], "", &all), services);
    let pairs: Vec<_> =
        services.iter().flat_map(|service| years.iter().map(|year| [&service[..], year].concat())).collect();
    assert_eq!(check(&server, &["SERVICE", "YEAR"], "", &all), pairs);
}

#[test]
fn with_nothing_to_add_up_there_are_no_rows() {
    let server = Server::start();
    for arguments in [r#"groupBy: [] filter: { services: ["NIDO"] }"#, "groupBy: [FUND] filter: { years: [1999] }"] {
        assert_eq!(ask(&server, arguments), json!({ "total": "0.00", "rows": [] }), "{arguments}");
    }
    // There are no plans for an administrator.
    let data = server.data(Role::Admin, "{ costAllocation(groupBy: [SERVICE]) { total rows { amount } } }");
    assert_eq!(data["costAllocation"], json!({ "total": "0.00", "rows": [] }));
}

#[test]
fn every_role_adds_up_the_same() {
    let server = Server::start();
    let query = format!("{{ costAllocation(groupBy: [COMUNE YEAR]) {{ {FIELDS} }} }}");
    let expected = server.data(Role::Reporting, &query);
    for role in [Role::Comune, Role::Azienda, Role::Assemblea, Role::Auditor] {
        assert_eq!(server.data(role, &query), expected, "{role:?}");
    }
}

#[test]
fn what_does_not_go_together_is_refused() {
    let server = Server::start();
    for arguments in [
        "groupBy: [FUND COMUNE]",
        "groupBy: [COMUNE YEAR FUND]",
        r#"groupBy: [FUND] filter: { comuni: ["017103"] }"#,
        "groupBy: [FUND] filter: { comuni: [] }",
        r#"groupBy: [FUND] filter: { minimum: "0.00" }"#,
        r#"groupBy: [FUND] filter: { maximum: "1.00" }"#,
        "groupBy: [YEAR YEAR]",
        "groupBy: [YEAR SERVICE YEAR]",
    ] {
        let query = format!("{{ costAllocation({arguments}) {{ {FIELDS} }} }}");
        let answer = server.ask(&server.token_of(Role::Azienda), &query, Value::Null);
        assert_eq!((answer.status, answer.code().as_str()), (200, "BAD_REQUEST"), "{arguments} {}", answer.body);
        assert_eq!(answer.json()["data"], json!({ "costAllocation": null }), "{arguments}");
    }
    for arguments in ["groupBy: [NATION]", "groupBy: null", r#"groupBy: [FUND] filter: { comuni: ["17103"] }"#, ""] {
        let arguments = if arguments.is_empty() { String::new() } else { format!("({arguments})") };
        let query = format!("{{ costAllocation{arguments} {{ total }} }}");
        let answer = server.ask(&server.token_of(Role::Azienda), &query, Value::Null);
        assert_eq!((answer.status, answer.code().as_str()), (400, "VALIDATION_ERROR"), "{query} {}", answer.body);
    }
}
