//! Small cells: what so few people stand behind that it could name them is withheld, with enough beside it that no total gives it back.

mod attack;
mod few;

use std::collections::{BTreeMap, BTreeSet};

use api::auth::Role;
use serde_json::Value;

use crate::support::figures::{BUDGETS, Budget, COMUNI, Comune, YEARS, hundredths, list};
use crate::support::{MANERBIO, PONTEVICO, Server};

/// The services whose rule counts what residents used, with the place of their cases and hours in [`Comune`].
const CONSUMPTION: [(&str, usize); 3] = [("SAD", 0), ("ADP", 1), ("ADM", 2)];

/// Fewer people than these make a cell small.
const PEOPLE_MIN: i128 = 5;

/// Everybody who does not see all, with the comune whose cells are their own.
pub(crate) const ASKERS: [(Role, Option<&str>); 5] = [
    (Role::Comune, Some(MANERBIO)),
    (Role::Comune, Some(PONTEVICO)),
    (Role::Reporting, None),
    (Role::Assemblea, None),
    (Role::Auditor, None),
];

/// The comuni that a service has hours of.
fn users(at: usize) -> Vec<&'static Comune> {
    COMUNI.iter().filter(|comune| hundredths(comune.hours[at]) > 0).collect()
}

/// The comuni of a service whose cells are small, but for the asker's own. There are several of each, so that they hide one another.
fn small(at: usize, own: Option<&str>) -> BTreeSet<&'static str> {
    let small = users(at)
        .into_iter()
        .filter(|comune| comune.cases[at] > 0 && comune.cases[at] < PEOPLE_MIN && Some(comune.istat) != own);
    let small: BTreeSet<_> = small.map(|comune| comune.istat).collect();
    assert!(small.len() >= 2);
    small
}

fn ask(server: &Server, asker: (Role, Option<&str>), query: &str) -> Value {
    server.ask(&server.token_for(asker.0, asker.1), query, Value::Null).data()
}

/// The quotas of a service in a year.
fn quotas(server: &Server, asker: (Role, Option<&str>), year: i32, service: &str) -> Vec<Value> {
    let query = format!(
        "{{ ambito(code: \"9\") {{ plan(year: {year}) {{ budget(service: \"{service}\") {{ quotas {{
            amount measure basis basisReferenceDate basisSource comune {{ istatCode name }}
            explanation {{ text steps {{ kind label inputs {{ name value unit }} value unit }} }} }} }} }} }} }}"
    );
    list(&ask(server, asker, &query)["ambito"]["plan"]["budget"]["quotas"]).clone()
}

/// The small cells of a budget for an asker; none where its rule counts nothing that residents used.
fn withheld_of(budget: &Budget, own: Option<&str>) -> BTreeSet<&'static str> {
    let found = CONSUMPTION.iter().find(|(service, _)| *service == budget.service);
    found.map_or_else(BTreeSet::new, |(_, at)| small(*at, own))
}

#[test]
fn a_basis_is_shown_where_enough_people_stand_behind_it() {
    let server = Server::start();
    for asker in ASKERS {
        for year in YEARS {
            for budget in &BUDGETS {
                let hidden = withheld_of(budget, asker.1);
                let values = budget
                    .basis(year)
                    .map_or_else(|| vec![None; 20], |(_, _, values)| values.into_iter().map(Some).collect());
                let quotas = quotas(&server, asker, year, budget.service);
                for ((quota, (istat, _)), value) in quotas.iter().zip(budget.quotas(year)).zip(values) {
                    let hides = hidden.contains(istat);
                    assert_eq!(quota["comune"]["istatCode"], istat);
                    let shown = if hides || budget.basis(year).is_none() { None } else { value.as_deref() };
                    assert_eq!(basis_of(quota, budget), shown, "{asker:?} {} {quota}", budget.service);
                    for field in ["basisReferenceDate", "basisSource"] {
                        assert!(!hides || quota[field].is_null(), "{asker:?} {quota}");
                    }
                    check_explanation(quota, hides);
                }
            }
        }
    }
}

/// The basis of a quota; a service that funds cover has equal shares of nothing, and so none.
fn basis_of<'a>(quota: &'a Value, budget: &Budget) -> Option<&'a str> {
    assert!(quota["measure"].is_string() || budget.municipal_share() == 0);
    quota["basis"].as_str()
}

/// Where a basis is withheld the explanation ends before it: no basis, weight, total of weights or rank.
#[track_caller]
fn check_explanation(quota: &Value, hides: bool) {
    let kinds: BTreeSet<&str> =
        list(&quota["explanation"]["steps"]).iter().map(|step| step["kind"].as_str().unwrap()).collect();
    let before = BTreeSet::from(["BUDGET", "FUNDING", "MUNICIPAL_SHARE"]);
    assert_eq!(kinds.is_subset(&before), hides, "{quota}");
    let text = quota["explanation"]["text"].as_str().unwrap();
    assert_eq!(text.contains("withheld"), hides, "{text}");
    assert!(!(hides && text.contains("hours")), "{text}");
}

#[test]
fn the_managing_body_sees_all() {
    let server = Server::start();
    for (service, _) in CONSUMPTION {
        for quota in quotas(&server, (Role::Azienda, None), 2020, service) {
            assert!(quota["basis"].is_string() && quota["basisSource"].is_string(), "{quota}");
            check_explanation(&quota, false);
        }
    }
    let shown = measurements(&server, (Role::Azienda, None));
    assert_eq!(shown, expected_measurements(|_, _| true));
}

/// What is measured of a comune: by measure, service and comune, the value.
type Measurements = BTreeMap<(String, String, String), String>;

/// Every measurement that an asker sees, but for those of the residents.
fn measurements(server: &Server, asker: (Role, Option<&str>)) -> Measurements {
    let query = "{ ambito(code: \"9\") { comuni { istatCode measurements { measure service { code } value } } } }";
    let mut shown = BTreeMap::new();
    let data = ask(server, asker, query);
    for comune in list(&data["ambito"]["comuni"]) {
        let mut residents = 0;
        for row in list(&comune["measurements"]) {
            if row["measure"] == "RESIDENTS" {
                residents += 1;
                continue;
            }
            let [measure, service, istat] = [&row["measure"], &row["service"]["code"], &comune["istatCode"]]
                .map(|text| text.as_str().unwrap().to_owned());
            assert!(shown.insert((measure, service, istat), row["value"].as_str().unwrap().to_owned()).is_none());
        }
        assert_eq!(residents, 5, "{asker:?} {comune}");
    }
    shown
}

/// Hours and cases of each service and comune that are shown, and the hours entrusted, which nobody uses.
fn expected_measurements(shows: impl Fn(usize, &str) -> bool) -> Measurements {
    let mut expected = BTreeMap::new();
    let mut add = |measure: &str, service: &str, comune: &Comune, value: &str| {
        let value = if value.contains('.') { value.trim_end_matches('0').trim_end_matches('.') } else { value };
        expected.insert((measure.to_owned(), service.to_owned(), comune.istat.to_owned()), value.to_owned());
    };
    for comune in &COMUNI {
        add("ENTRUSTED_HOURS", "SSB", comune, comune.hours[3]);
    }
    for (service, at) in CONSUMPTION {
        for comune in users(at).into_iter().filter(|comune| shows(at, comune.istat)) {
            add("HOURS", service, comune, comune.hours[at]);
            add("CASES", service, comune, &comune.cases[at].to_string());
        }
    }
    expected
}

#[test]
fn measurements_are_shown_where_enough_people_stand_behind_them() {
    let server = Server::start();
    for asker in ASKERS {
        let expected = expected_measurements(|at, istat| !small(at, asker.1).contains(istat));
        assert_eq!(measurements(&server, asker), expected, "{asker:?}");
        // By measure they are the same.
        let query = "{ ambito(code: \"9\") { comuni { measurements(measure: \"CASES\") { value } } } }";
        let data = ask(&server, asker, query);
        let cases: usize =
            list(&data["ambito"]["comuni"]).iter().map(|comune| list(&comune["measurements"]).len()).sum();
        assert_eq!(cases, expected.keys().filter(|(measure, _, _)| measure == "CASES").count());
    }
}

#[test]
fn a_lower_threshold_shows_more() {
    let server = Server::with(|limits| limits.small_cell_people_min = 4);
    let shown: Vec<Value> = quotas(&server, (Role::Reporting, None), 2020, "SAD");
    let hidden = shown
        .iter()
        .filter(|quota| quota["basis"].is_null())
        .map(|quota| quota["comune"]["istatCode"].as_str().unwrap());
    // Only Milzano's three cases are fewer than four: the fewest other hours, Seniga's 357.50, are withheld with them.
    assert_eq!(hidden.collect::<Vec<_>>(), ["017108", "017177"]);
}
