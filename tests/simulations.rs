//! Alternatives side by side: every figure compared with what the test works out in whole numbers from the quotas, and that nothing is written or read.

mod plans;
mod refusals;
mod sight;
mod spread;

use std::collections::{BTreeMap, BTreeSet};

use api::auth::Role;
use serde_json::{Value, json};

use crate::support::figures::{BUDGETS, COMUNI, Comune, euro, hundredths, largest_remainder};
use crate::support::{Answer, Server, tables};
use spread::half_up;

/// Everything that is told of an outcome.
const OUTCOME: &str = "{ amount municipalShare residue
    comuni { comune { istatCode } amount current change perResident }
    services { service { code } amount municipalShare residue current change }
    spread { highest { comune { istatCode } perResident } lowest { comune { istatCode } perResident } gini } }";

/// Cents by ISTAT code.
type Quotas = BTreeMap<&'static str, i128>;

/// A budget worked out.
#[derive(Clone)]
struct Case {
    service: &'static str,
    amount: i128,
    share: i128,
    quotas: Quotas,
}

impl Case {
    fn new(
        service: &'static str,
        amount: i128,
        share: i128,
        quotas: impl IntoIterator<Item = (&'static str, i128)>,
    ) -> Self {
        Self { service, amount, share, quotas: quotas.into_iter().collect() }
    }
}

/// Asks for a comparison of the plan of 2020 with alternatives.
fn ask(server: &Server, token: &str, changes: &Value) -> Answer {
    let mut input = json!({ "ambito": "9", "year": 2020 });
    input.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    let query = format!(
        "query($input: SimulationsInput!) {{ simulations(input: $input) {{
            plan {{ year }} current {OUTCOME} alternatives {{ name plan {{ year }} outcome {OUTCOME} }} }} }}"
    );
    server.ask(token, &query, json!({ "input": input }))
}

/// Names alternatives that change services: a, b, c ...
fn alternatives(all: &[Value]) -> Value {
    let named = all.iter().zip('a'..).map(|(services, name)| json!({ "name": name.to_string(), "services": services }));
    named.collect()
}

fn comune_of(istat: &str) -> &'static Comune {
    COMUNI.iter().find(|comune| comune.istat == istat).unwrap()
}

fn residents() -> Vec<(&'static str, i128)> {
    COMUNI.iter().map(|comune| (comune.istat, comune.residents_of(2020))).collect()
}

/// The budgets of a plan in force, in its order.
fn in_force(year: i32) -> Vec<Case> {
    let case = |budget: &crate::support::figures::Budget| {
        Case::new(budget.service, budget.cents, budget.municipal_share(), budget.quotas(year))
    };
    BUDGETS.iter().map(case).collect()
}

/// The same with other budgets for some services.
fn with(mut cases: Vec<Case>, changed: Vec<Case>) -> Vec<Case> {
    for change in changed {
        let place = cases.iter().position(|case| case.service == change.service).unwrap();
        cases[place] = change;
    }
    cases
}

fn only(service: &str, cases: Vec<Case>) -> Vec<Case> {
    cases.into_iter().filter(|case| case.service == service).collect()
}

/// What each comune owes over all budgets.
fn totals(cases: &[Case]) -> Quotas {
    let mut totals = Quotas::new();
    for (istat, cents) in cases.iter().flat_map(|case| &case.quotas) {
        *totals.entry(istat).or_default() += cents;
    }
    totals
}

fn signed(cents: i128) -> String {
    if cents < 0 { format!("-{}", euro(-cents)) } else { euro(cents) }
}

/// Every figure of an outcome, residents counted as a year does. Both have the same services.
fn outcome(cases: &[Case], current: &[Case], year: i32) -> Value {
    let (quotas, today) = (totals(cases), totals(current));
    let residue = |case: &Case| case.share - case.quotas.values().sum::<i128>();
    let either: BTreeSet<&str> = quotas.keys().chain(today.keys()).copied().collect();
    let comuni = either.into_iter().map(|istat| {
        let (cents, current) = (quotas.get(istat).copied().unwrap_or(0), today.get(istat));
        json!({
            "comune": { "istatCode": istat },
            "amount": euro(cents),
            "current": current.map(|current| euro(*current)),
            "change": signed(cents - current.unwrap_or(&0)),
            "perResident": euro(half_up(cents, comune_of(istat).residents_of(year))),
        })
    });
    let services = cases.iter().zip(current).map(|(case, current)| {
        json!({
            "service": { "code": case.service },
            "amount": euro(case.amount),
            "municipalShare": euro(case.share),
            "residue": signed(residue(case)),
            "current": euro(current.share),
            "change": signed(case.share - current.share),
        })
    });
    json!({
        "amount": euro(cases.iter().map(|case| case.amount).sum()),
        "municipalShare": euro(cases.iter().map(|case| case.share).sum()),
        "residue": signed(cases.iter().map(residue).sum()),
        "comuni": comuni.collect::<Vec<_>>(),
        "services": services.collect::<Vec<_>>(),
        "spread": spread::expected(&quotas, year),
    })
}

/// Checks a comparison whose alternatives change services of the plan of 2020.
#[track_caller]
fn check(server: &Server, services: Option<&str>, asked: &[Value], current: &[Case], expected: &[Vec<Case>]) {
    let mut changes = json!({ "alternatives": alternatives(asked) });
    if let Some(service) = services {
        changes["services"] = json!([service]);
    }
    let answer = ask(server, &server.token_of(Role::Azienda), &changes);
    let comparison = answer.data()["simulations"].take();
    assert_eq!(comparison["plan"], json!({ "year": 2020 }));
    assert_eq!(comparison["current"], outcome(current, current, 2020));
    for ((cases, name), at) in expected.iter().zip('a'..).zip(0..) {
        let alternative = &comparison["alternatives"][at];
        assert_eq!((&alternative["name"], &alternative["plan"]), (&json!(name.to_string()), &Value::Null));
        assert_eq!(alternative["outcome"], outcome(cases, current, 2020), "{}", asked[at]);
    }
    assert_eq!(comparison["alternatives"].as_array().unwrap().len(), expected.len());
}

#[test]
fn the_whole_plan_with_some_services_different() {
    let server = Server::start();
    let plan = in_force(2020);
    let adm: Quotas =
        COMUNI.iter().map(|comune| (comune.istat, half_up(hundredths(comune.hours[2]) * 950, 100))).collect();
    let each: Quotas = {
        let (all, whole) = (residents(), residents().iter().map(|(_, count)| count).sum::<i128>());
        all.into_iter().map(|(istat, count)| (istat, half_up(12_500_000 * count, whole))).collect()
    };
    let equally: Vec<_> = COMUNI.iter().map(|comune| (comune.istat, 1)).collect();
    let by_residents = json!({ "byMeasure": { "measure": "RESIDENTS" } });
    let table = [
        (json!([]), vec![]),
        (
            json!([{ "service": "SIL", "amount": "105000.07" }, { "service": "STAFF", "rule": { "equal": {} } }]),
            vec![
                Case::new("STAFF", 10_500_000, 10_500_000, largest_remainder(10_500_000, &equally)),
                Case::new("SIL", 10_500_007, 5_000_007, largest_remainder(5_000_007, &residents())),
            ],
        ),
        // FSR takes up what a dearer hour leaves.
        (
            json!([{ "service": "ADM", "rule": { "tariff": { "measure": "HOURS", "price": "9.50" } } }]),
            vec![Case::new("ADM", 11_000_000, adm.values().sum(), adm.clone())],
        ),
        (
            json!([{ "service": "TUTELA", "funding": [], "rule": by_residents }]),
            vec![Case::new("TUTELA", 18_000_000, 18_000_000, largest_remainder(18_000_000, &residents()))],
        ),
        // Rounded each on its own, the quotas leave a residue.
        (
            json!([{ "service": "ORGANI", "rule": { "byMeasure": { "measure": "RESIDENTS", "rounding": "HALF_UP_EACH" } } }]),
            vec![Case::new("ORGANI", 12_500_000, 12_500_000, each)],
        ),
    ];
    let (asked, changed): (Vec<_>, Vec<_>) = table.into_iter().unzip();
    let expected: Vec<_> = changed.into_iter().map(|changed| with(plan.clone(), changed)).collect();
    check(&server, None, &asked, &plan, &expected);
}

#[test]
fn one_service_with_other_comuni_in_it() {
    let server = Server::start();
    let plan = only("SAD", in_force(2020));
    let hours: Vec<_> = plan[0].quotas.keys().map(|istat| (*istat, hundredths(comune_of(istat).hours[0]))).collect();
    assert_eq!(hours.len(), 16);
    // Gambara joins with 400.5 hours, in the order of the codes; Seniga leaves, and owes nothing of what it owes today.
    let mut more = hours.clone();
    more.push(("017073", 40_050));
    more.sort_unstable();
    let fewer: Vec<_> = hours.iter().filter(|(istat, _)| *istat != "017177").copied().collect();
    let codes = |weights: &[(&str, i128)]| weights.iter().map(|(istat, _)| (*istat).to_owned()).collect::<Vec<_>>();
    let asked = [
        json!([{
            "service": "SAD", "participants": codes(&more),
            "basis": [{ "comune": "017073", "measure": "HOURS", "value": "400.5" }],
        }]),
        json!([{ "service": "SAD", "participants": codes(&fewer) }]),
        json!([{ "service": "SAD", "amount": "0.00" }]),
    ];
    let case = |cents, weights: &[(&'static str, i128)]| {
        vec![Case::new("SAD", cents, cents, largest_remainder(cents, weights))]
    };
    let nothing: Vec<_> = hours.iter().map(|(istat, _)| (*istat, 0)).collect();
    let expected = [case(43_000_000, &more), case(43_000_000, &fewer), vec![Case::new("SAD", 0, 0, nothing)]];
    check(&server, Some("SAD"), &asked, &plan, &expected);
}

#[test]
fn one_that_cannot_be_worked_out_leaves_the_others() {
    let server = Server::start();
    let changes = json!({ "alternatives": [
        { "name": "as it is", "services": [] },
        { "name": "by what nobody has", "services": [
            { "service": "STAFF", "amount": "1.00" },
            { "service": "SIL", "rule": { "byMeasure": { "measure": "DAYS" } } },
        ] },
        { "name": "a plan of nowhere", "plan": "x" },
        { "name": "as it is, too", "services": [] },
    ] });
    let answer = ask(&server, &server.token_of(Role::Comune), &changes).json();
    let plan = in_force(2020);
    let as_it_is = outcome(&plan, &plan, 2020);
    let comparison = &answer["data"]["simulations"];
    let outcomes: Vec<&Value> = (0..4).map(|at| &comparison["alternatives"][at]["outcome"]).collect();
    assert_eq!(outcomes, [&as_it_is, &Value::Null, &Value::Null, &as_it_is]);
    assert_eq!(comparison["current"], as_it_is);
    let errors = answer["errors"].as_array().unwrap().iter();
    let told: Vec<Value> = errors
        .map(|error| json!([error["path"][2], error["extensions"]["code"], error["extensions"]["service"]]))
        .collect();
    assert_eq!(told, [json!([1, "NO_BASIS", "SIL"]), json!([2, "NOT_FOUND", null])]);
}

/// Ten alternatives, each with every service of the plan different.
fn ten() -> Value {
    let services = |price: usize| -> Value {
        let change = |case: &Case| json!({ "service": case.service, "amount": format!("{}.00", 900_000 + price), "funding": [] });
        in_force(2020)
            .iter()
            .filter(|case| case.service != "ADM")
            .map(change)
            .chain([json!({
                "service": "ADM", "rule": { "tariff": { "measure": "HOURS", "price": format!("9.{price:02}") } },
            })])
            .collect()
    };
    json!({ "alternatives": alternatives(&(0..10).map(services).collect::<Vec<_>>()) })
}

#[test]
fn ten_over_the_whole_plan_are_within_the_limits_and_read_no_row() {
    let server = Server::start();
    let token = server.token_of(Role::Azienda);
    // A client that the book knows already costs nothing.
    server.data(Role::Azienda, "{ viewer { role } }");
    let before = server.store().statements();
    let answer = ask(&server, &token, &ten());
    assert_eq!(server.store().statements(), before);
    // 50 for each alternative; 20 comuni, 13 services and the spread for each and for the plan in force.
    let outcome = 1 + 20 * 2 + 13 * 2 + (1 + 2 + 2);
    let cost = 10 * 50 + 1 + outcome + 10 * (1 + 1 + outcome);
    assert_eq!(answer.json()["extensions"]["cost"], json!({ "requested": cost, "limit": 10_000 }));
    let mut told = BTreeSet::new();
    for alternative in answer.data()["simulations"]["alternatives"].as_array().unwrap() {
        assert_eq!(alternative["outcome"]["comuni"].as_array().unwrap().len(), 20);
        assert!(told.insert(alternative["outcome"]["amount"].to_string()), "{alternative}");
    }
    assert_eq!(told.len(), 10);
}

#[test]
fn nothing_is_written() {
    let server = Server::start();
    let plans = "{ ambito(code: \"9\") { plans { digest verification { holds digest } budgets { amount quotas { amount } } } } }";
    let before = (tables::snapshot(server.database()), server.data(Role::Azienda, plans));
    ask(&server, &server.token_of(Role::Azienda), &ten()).data();
    assert_eq!((tables::snapshot(server.database()), server.data(Role::Azienda, plans)), before);
}
