//! What was delivered as what a plan counts by: frozen in a draft, and a final plan that settles on it.

use api::auth::Role;

use super::*;
use crate::support::figures::{budget_of, euro, wide};
use crate::support::write::PLAN;

/// A draft as a test holds on to it.
struct Draft<'s> {
    server: &'s Server,
    id: Value,
    revision: i64,
}

impl<'s> Draft<'s> {
    /// A copy of the plan of 2022.
    fn copy(server: &'s Server, kind: &str) -> Self {
        let query = "{ ambito(code: \"9\") { plan(year: 2022) { id } } }";
        let original = server.data(Role::Azienda, query)["ambito"]["plan"]["id"].take();
        let input = json!({ "ambito": "9", "year": 2022, "kind": kind, "copyOf": original });
        let plan = server.write_plan(Role::Azienda, "createPlan", input);
        Self { server, id: plan["id"].clone(), revision: 1 }
    }

    fn input(&self, rest: Value) -> Value {
        let mut input = json!({ "plan": self.id, "expectedVersion": self.revision });
        input.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        input
    }

    /// A step that must be done, by a role.
    fn step(&mut self, role: Role, name: &str, rest: Value) {
        self.server.write_plan(role, name, self.input(rest));
        self.revision += 1;
    }

    fn edit(&mut self, name: &str, rest: Value) {
        self.step(Role::Azienda, name, rest);
    }

    /// Freezes what was delivered.
    fn freeze(&mut self, service: Option<&str>, measure: &str, year: i32) {
        self.edit("setBasis", of_year(service, measure, year));
    }

    fn refused(&self, rest: Value, code: &str) {
        self.server.check_refused(Role::Azienda, "setBasis", self.input(rest), code);
    }

    fn read(&self, selection: &str) -> Value {
        let query = format!("{{ node(id: {}) {{ ... on Plan {{ {selection} }} }} }}", self.id);
        self.server.data(Role::Azienda, &query)["node"].take()
    }

    /// The quotas of a service: by comune, basis and cents.
    fn quotas(&self, service: &str) -> BTreeMap<String, (String, i128)> {
        let read = self
            .read(&format!("budget(service: \"{service}\") {{ quotas {{ comune {{ istatCode }} basis amount }} }}"));
        let quota = |quota: &Value| {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            (text(&quota["comune"]["istatCode"]), (text(&quota["basis"]), wide(&quota["amount"])))
        };
        list(&read["budget"]["quotas"]).iter().map(quota).collect()
    }

    /// The frozen values of a service by a measure, as they are stored: comune, value, day, source.
    fn stored(&self, service: &str, measure: &str) -> Vec<String> {
        let version = self.read("version")["version"].take();
        let sql = format!(
            "SELECT c.istat_code || ' ' || CAST(b.value_micros AS TEXT) || ' ' || CAST(b.reference_date AS TEXT) || ' ' || b.source FROM basis b \
             JOIN comune c ON c.id = b.comune_id JOIN measure m ON m.id = b.measure_id JOIN budget g ON g.id = b.budget_id \
             JOIN service s ON s.id = g.service_id JOIN plan p ON p.id = g.plan_id \
             WHERE p.year = 2022 AND p.version = {version} AND s.code = '{service}' AND m.code = '{measure}' ORDER BY c.istat_code"
        );
        wait(async {
            let db = self.server.database().outside().await;
            let found = texts(&db, &sql).await;
            db.close().await.unwrap();
            found
        })
    }
}

fn of_year(service: Option<&str>, measure: &str, year: i32) -> Value {
    json!({ "service": service, "measure": measure, "source": { "activityYear": year } })
}

/// Hundredths of hours of a service in a year, by comune.
fn hours(lines: &[Line], service: &str) -> BTreeMap<String, i64> {
    let mut sums = BTreeMap::new();
    for line in lines.iter().filter(|line| line.0 == service && line.4 == "HOURS") {
        *sums.entry(line.1.to_owned()).or_default() += line.5;
    }
    sums
}

/// The people to whom a service delivered anything in a year, by comune.
fn people(lines: &[Line], service: &str) -> BTreeMap<String, i64> {
    let mut people = BTreeMap::<String, BTreeSet<&str>>::new();
    for line in lines.iter().filter(|line| line.0 == service) {
        people.entry(line.1.to_owned()).or_default().insert(&line.3);
    }
    people.into_iter().map(|(comune, cases)| (comune, i64::try_from(cases.len()).unwrap())).collect()
}

fn participants(service: &str) -> Vec<&'static str> {
    budget_of(service).participants().iter().map(|comune| comune.istat).collect()
}

#[test]
fn hours_of_a_year_are_what_its_months_come_to() {
    let server = Server::start();
    let lines = year(1..=12);
    import(&server, &lines);
    let mut draft = Draft::copy(&server, "FINAL");
    draft.freeze(Some("SAD"), "HOURS", 2022);
    let (hours, people) = (hours(&lines, "SAD"), people(&lines, "SAD"));
    let found = draft.quotas("SAD");
    let mut istats = participants("SAD");
    istats.sort_unstable();
    assert_eq!(found.keys().map(String::as_str).collect::<Vec<_>>(), istats);
    for (comune, (basis, _)) in &found {
        assert_eq!(*basis, decimal(hours.get(comune).copied().unwrap_or(0)), "{comune}");
    }
    // Each pays for its part of all hours, within a cent; together what there is to share.
    let total: i64 = istats.iter().filter_map(|istat| hours.get(*istat)).sum();
    let share = budget_of("SAD").municipal_share();
    for (comune, (_, cents)) in &found {
        let exact = share * i128::from(hours.get(comune).copied().unwrap_or(0));
        assert!((cents * i128::from(total) - exact).abs() < i128::from(total), "{comune}");
    }
    assert_eq!(found.values().map(|(_, cents)| cents).sum::<i128>(), share);
    // Kept with its day and source, and beside it the people behind it.
    let stored = |values: &BTreeMap<String, i64>, micros: i64| -> Vec<String> {
        let line = |istat: &&str| {
            let value = values.get(*istat).copied().unwrap_or(0) * micros;
            format!("{istat} {value} 2022-12-31 Prestazioni erogate nel 2022")
        };
        istats.iter().map(line).collect()
    };
    assert_eq!(draft.stored("SAD", "HOURS"), stored(&hours, 10_000));
    assert_eq!(draft.stored("SAD", "CASES"), stored(&people, 1_000_000));
}

#[test]
fn people_are_counted_once_in_a_year() {
    let server = Server::start();
    let lines = year(1..=3);
    import(&server, &lines);
    let mut draft = Draft::copy(&server, "FORECAST");
    draft.edit("setRule", json!({ "service": "SAD", "rule": { "byMeasure": { "measure": "CASES" } } }));
    let before = draft.stored("SAD", "HOURS");
    draft.freeze(Some("SAD"), "CASES", 2022);
    let people = people(&lines, "SAD");
    for (comune, (basis, _)) in draft.quotas("SAD") {
        assert_eq!(basis, people.get(&comune).copied().unwrap_or(0).to_string(), "{comune}");
    }
    // A year that is not over is told by its last month.
    assert!(draft.stored("SAD", "CASES").iter().all(|row| row.contains(" 2022-03-31 ")));
    assert_eq!(draft.stored("SAD", "HOURS"), before);
    // A rule that counts by people keeps them where hours are frozen.
    let counted = draft.stored("SAD", "CASES");
    import(&server, &[Line("SAD", MANERBIO, 202_204, "C-NEW".to_owned(), "HOURS", 100)]);
    draft.freeze(Some("SAD"), "HOURS", 2022);
    assert_eq!(draft.stored("SAD", "CASES"), counted);
    assert!(draft.stored("SAD", "HOURS").iter().all(|row| row.contains(" 2022-04-30 ")));
}

#[test]
fn without_a_service_each_gets_its_own() {
    let server = Server::start();
    let lines = year(1..=2);
    import(&server, &lines);
    let mut draft = Draft::copy(&server, "FINAL");
    let others: Vec<(&str, Vec<String>)> =
        ["SIL", "TUTELA", "SSB"].map(|service| (service, draft.stored(service, "HOURS"))).to_vec();
    draft.freeze(None, "HOURS", 2022);
    for service in ["SAD", "ADM"] {
        let hours = hours(&lines, service);
        for (comune, (basis, _)) in draft.quotas(service) {
            assert_eq!(basis, decimal(hours.get(&comune).copied().unwrap_or(0)), "{service} {comune}");
        }
    }
    for (service, before) in others {
        assert_eq!(draft.stored(service, "HOURS"), before, "{service}");
    }
}

#[test]
fn what_was_not_delivered_is_refused() {
    let server = Server::start();
    import(&server, &year(1..=1));
    let draft = Draft::copy(&server, "FINAL");
    for (service, measure, year, code) in [
        (Some("SAD"), "HOURS", 2021, "NO_BASIS"),
        (Some("SAD"), "DAYS", 2022, "NO_BASIS"),
        (Some("SIL"), "HOURS", 2022, "NO_BASIS"),
        (None, "DAYS", 2022, "NO_BASIS"),
        (Some("SAD"), "RESIDENTS", 2022, "INVALID"),
        (Some("SAD"), "ENTRUSTED_HOURS", 2022, "INVALID"),
        (None, "RESIDENTS", 2022, "INVALID"),
        (Some("SAD"), "HOURS", 1989, "INVALID"),
        (Some("SAD"), "HOURS", 2201, "INVALID"),
        (Some("NIENTE"), "HOURS", 2022, "NOT_FOUND"),
        (Some("SAD"), "NIENTE", 2022, "NOT_FOUND"),
    ] {
        draft.refused(of_year(service, measure, year), code);
    }
    let both =
        json!({ "service": "SAD", "measure": "HOURS", "source": { "activityYear": 2022, "measuredOn": "2022-01-01" } });
    let query = format!("mutation($input: SetBasisInput!) {{ setBasis(input: $input) {PLAN} }}");
    let key = crate::support::write::new_key();
    let answer =
        server.send_write(&server.token_of(Role::Azienda), &key, &query, json!({ "input": draft.input(both) }));
    assert_eq!(answer.status, 400, "{}", answer.body);
}

/// A resolution of a day; its identifier.
fn act(server: &Server, day: &str) -> Value {
    let input = json!({ "ambito": "9", "number": day, "date": day, "body": "Assemblea dei Sindaci" });
    let mut payload = server.write(Role::Assemblea, "addResolution", input, "{ resolution { id } errors { code } }");
    payload["resolution"]["id"].take()
}

/// Service and comune, with final quota, charged and difference in cents.
type Lines = BTreeMap<(String, String), [i128; 3]>;

fn settlement(plan: &Value) -> Lines {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let line = |line: &Value| {
        let key = (text(&line["service"]["code"]), text(&line["comune"]["istatCode"]));
        (key, ["finalQuota", "charged", "difference"].map(|name| wide(&line[name])))
    };
    list(&plan["settlement"]).iter().map(line).collect()
}

const SETTLEMENT: &str = "settlement { service { code } comune { istatCode } finalQuota charged difference }";

/// A final plan from nothing but the API: actual hours under the tariff of ADM, the actual cost of SAD, what a fund covered of SIL in the end,
/// all else as it was.
#[test]
fn a_final_plan_settles_on_what_was_delivered_and_spent() {
    let server = Server::start();
    let lines: Vec<Line> = year(1..=12).into_iter().filter(|line| line.0 == "ADM").collect();
    import(&server, &lines);
    let hours = hours(&lines, "ADM");
    // What 9.00 euro an hour come to, in cents: hundredths of an hour times nine.
    let adm: BTreeMap<String, i128> = participants("ADM")
        .iter()
        .map(|istat| ((*istat).to_owned(), 9 * i128::from(hours.get(*istat).copied().unwrap_or(0))))
        .collect();
    let cost: i128 = adm.values().sum();
    let before: BTreeMap<String, i128> =
        budget_of("ADM").quotas(2022).into_iter().map(|(istat, cents)| (istat.to_owned(), cents)).collect();
    // SAD cost 1,000.00 less than was planned, all of it the comuni's.
    let sad = budget_of("SAD").cents - 100_000;

    let mut plan = Draft::copy(&server, "FINAL");
    plan.freeze(Some("ADM"), "HOURS", 2022);
    let funding: i128 = budget_of("ADM").funding.iter().map(|(_, cents)| cents).sum();
    plan.edit("setBudget", json!({ "service": "ADM", "amount": euro(cost + funding) }));
    plan.edit("setBudget", json!({ "service": "SAD", "amount": euro(sad) }));
    // FSR covered 1,000.00 of SIL less than was planned: the comuni bear it.
    let funding = json!([{ "fund": "FNPS", "amount": "30000.00" }, { "fund": "FSR", "amount": "24000.00" }]);
    plan.edit("setFunding", json!({ "service": "SIL", "funding": funding }));
    assert_eq!(plan.read("problems { code service comune }")["problems"], json!([]));
    let quotas: BTreeMap<String, i128> =
        plan.quotas("ADM").into_iter().map(|(istat, (_, cents))| (istat, cents)).collect();
    assert_eq!(quotas, adm);
    let planned = settlement(&plan.read(SETTLEMENT));
    for (istat, cents) in &adm {
        let charged = before[istat];
        assert_eq!(planned[&("ADM".to_owned(), istat.clone())], [*cents, charged, cents - charged], "{istat}");
    }
    let difference = |lines: &Lines, service: &str| -> i128 {
        lines.iter().filter(|((code, _), _)| code == service).map(|(_, line)| line[2]).sum()
    };
    assert_eq!(difference(&planned, "ADM"), cost - before.values().sum::<i128>());
    assert_eq!((difference(&planned, "SAD"), difference(&planned, "SIL")), (-100_000, 100_000));
    for ((service, comune), line) in
        planned.iter().filter(|((service, _), _)| !["ADM", "SAD", "SIL"].contains(&service.as_str()))
    {
        assert_eq!((line[0], line[2]), (line[1], 0), "{service} {comune}");
    }

    plan.step(Role::Azienda, "proposePlan", json!({}));
    let resolution = act(&server, "2023-04-28");
    let selection = format!("{{ plan {{ status {SETTLEMENT} }} errors {{ code }} }}");
    let approved =
        server.write(Role::Assemblea, "approvePlan", plan.input(json!({ "resolution": resolution })), &selection);
    assert_eq!((&approved["errors"], &approved["plan"]["status"]), (&json!([]), &json!("APPROVED")));
    // Told by the act itself, and afterwards.
    assert_eq!(settlement(&approved["plan"]), planned);
    assert_eq!(settlement(&plan.read(SETTLEMENT)), planned);
    for istat in participants("ADM") {
        let query = format!(
            "{{ comune(istatCode: \"{istat}\") {{ amountDue(year: 2022) statement(year: 2022) {{ charged charges {{ kind dueDate amount financialYear service {{ code }} }} }} }} }}"
        );
        let data = server.data(Role::Azienda, &query)["comune"].take();
        assert_eq!(data["statement"]["charged"], data["amountDue"], "{istat}");
        let settled: BTreeMap<&str, i128> = list(&data["statement"]["charges"])
            .iter()
            .filter(|charge| charge["kind"] == "SETTLEMENT")
            .map(|charge| {
                assert_eq!((&charge["dueDate"], &charge["financialYear"]), (&json!("2023-04-28"), &json!(2023)));
                (charge["service"]["code"].as_str().unwrap(), wide(&charge["amount"]))
            })
            .collect();
        let expected: BTreeMap<&str, i128> = planned
            .iter()
            .filter(|((_, comune), line)| comune == istat && line[2] != 0)
            .map(|((service, _), line)| (service.as_str(), line[2]))
            .collect();
        assert_eq!(settled, expected, "{istat}");
    }
}
