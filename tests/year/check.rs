//! What the server answers of the year, against the test's own books.

use std::collections::BTreeMap;

use api::auth::Role;
use chrono::NaiveDate;
use serde_json::{Value, json};

use super::account::{STATEMENT, money};
use super::delivered::{SERVICES, decimal};
use super::ledger::{Code, Plan, Sharing, day, half_up, split, text};
use super::{ACTS, Year};
use crate::support::figures::{COMUNI, list};
use crate::support::{PONTEVICO, Server, process};

/// What is compared of a plan.
const PLAN: &str = "status total municipalShare problems { code }
    budgets { service { code } amount municipalShare residue funding { fund { code } amount }
      quotas { comune { istatCode } amount instalments { number dueDate amount } } }
    comuneTotals { comune { istatCode } amount }";

/// What is compared of a forecast.
const FORECAST: &str = "service { code } measure monthsKnown consumed expected lowest highest planned price expectedAmount quota expectedOverrun";

/// Every day on which an account is looked at again at the end.
const DAYS: [&str; 18] = [
    "2022-12-11",
    "2022-12-12",
    "2023-03-31",
    "2023-04-01",
    "2023-04-11",
    "2023-04-12",
    "2023-04-20",
    "2023-05-10",
    "2023-06-05",
    "2023-07-01",
    "2023-09-17",
    "2023-09-18",
    "2023-10-31",
    "2023-11-01",
    "2023-12-16",
    "2024-04-28",
    "2024-04-29",
    "2024-06-01",
];

/// A plan as the server is to show it.
fn shown(plan: &Plan, status: &str) -> Value {
    let percents: Vec<i128> = plan.schedule.iter().map(|due| due.percent).collect();
    let instalments = |cents: i128| -> Vec<Value> {
        let dues = plan.schedule.iter().zip(split(cents, &percents));
        dues.map(|(due, cents)| json!({ "number": due.number, "dueDate": text(due.day), "amount": money(cents) }))
            .collect()
    };
    let budgets = plan.services.iter().map(|service| {
        let quota = |(comune, cents): (&Code, &i128)| {
            json!({ "comune": { "istatCode": comune }, "amount": money(*cents), "instalments": instalments(*cents) })
        };
        let fund = |(fund, cents): &(Code, i128)| json!({ "fund": { "code": fund }, "amount": money(*cents) });
        json!({
            "service": { "code": service.code }, "amount": money(service.budget),
            "municipalShare": money(service.municipal_share()), "residue": "0.00",
            "funding": service.coverage().iter().map(fund).collect::<Vec<_>>(),
            "quotas": service.quotas().iter().map(quota).collect::<Vec<_>>(),
        })
    });
    let totals = COMUNI.iter().map(
        |comune| json!({ "comune": { "istatCode": comune.istat }, "amount": money(plan.amount_due(comune.istat)) }),
    );
    json!({
        "status": status, "total": money(plan.total()), "municipalShare": money(plan.municipal_share()), "problems": [],
        "budgets": budgets.collect::<Vec<_>>(), "comuneTotals": totals.collect::<Vec<_>>(),
    })
}

/// Two values, of which the first place where they differ is told.
#[track_caller]
fn same(found: &Value, expected: &Value, what: &str) {
    if found == expected {
        return;
    }
    match (found, expected) {
        (Value::Array(ours), Value::Array(theirs)) if ours.len() == theirs.len() => {
            ours.iter()
                .zip(theirs)
                .enumerate()
                .for_each(|(at, (ours, theirs))| same(ours, theirs, &format!("{what}.{at}")));
        }
        (Value::Object(ours), Value::Object(theirs)) if ours.keys().eq(theirs.keys()) => {
            ours.iter().for_each(|(name, ours)| same(ours, &theirs[name], &format!("{what}.{name}")));
        }
        _ => panic!("{what}:\n   found {found}\nexpected {expected}"),
    }
}

impl Year {
    /// A plan, compared whole.
    pub(super) fn check_plan(&self, id: &Value, plan: &Plan, status: &str) {
        let data = self.desk.ask(Role::Azienda, &format!("{{ node(id: {id}) {{ ... on Plan {{ {PLAN} }} }} }}"));
        same(&data["node"], &shown(plan, status), "plan");
    }

    /// The statements of 2023 of all comuni, as of some days.
    pub(super) fn check_accounts(&self, days: &[&str]) {
        for on in days {
            self.check_accounts_of(2023, on);
        }
    }

    /// The statements of a year of all comuni, as of a day.
    pub(super) fn check_accounts_of(&self, year: i32, on: &str) {
        let query = format!(
            "{{ ambito(code: \"9\") {{ comuni {{ istatCode statement(year: {year}, asOf: \"{on}\") {{ {STATEMENT} }} }} }} }}"
        );
        let data = self.desk.ask(Role::Azienda, &query);
        let comuni = list(&data["ambito"]["comuni"]);
        assert_eq!(comuni.len(), self.accounts.len());
        for comune in comuni {
            let code = comune["istatCode"].as_str().unwrap();
            let expected = self.accounts[code].statement(year, on.parse().unwrap());
            same(&comune["statement"], &expected, &format!("statement of {code} on {on}"));
        }
    }

    /// The cost allocation of the year as of a day, by service and comune, and by fund.
    pub(super) fn check_allocation(&self, plan: &Plan, on: &str) {
        let ask = |by: &str, fields: &str| {
            let query = format!(
                "{{ costAllocation(asOf: \"{on}\", filter: {{ ambito: \"9\", years: [2023] }}, groupBy: [{by}]) {{ total rows {{ {fields} amount }} }} }}"
            );
            self.desk.ask(Role::Reporting, &query)["costAllocation"].take()
        };
        let found = ask("SERVICE, COMUNE", "service { code } comune { istatCode }");
        let mut expected = BTreeMap::new();
        for service in &plan.services {
            expected.extend(service.quotas().into_iter().map(|(comune, cents)| ((service.code, comune), money(cents))));
        }
        let key = |row: &'_ Value| (row["service"]["code"].clone(), row["comune"]["istatCode"].clone());
        let rows: Vec<_> = list(&found["rows"]).iter().map(|row| (key(row), row["amount"].clone())).collect();
        assert_eq!(rows.len(), expected.len());
        for ((service, comune), amount) in rows {
            let key = (service.as_str().unwrap(), comune.as_str().unwrap());
            assert_eq!(amount, json!(expected[&key]), "{key:?}");
        }
        assert_eq!(found["total"], json!(money(plan.municipal_share())));
        let found = ask("FUND", "fund { code }");
        let mut expected: BTreeMap<Code, i128> = BTreeMap::from([("QUOTA_COMUNI", plan.municipal_share())]);
        for (fund, cents) in plan.services.iter().flat_map(super::ledger::Service::coverage) {
            *expected.entry(fund).or_default() += cents;
        }
        let rows =
            list(&found["rows"]).iter().map(|row| (row["fund"]["code"].as_str().unwrap(), row["amount"].clone()));
        let expected: BTreeMap<Code, Value> =
            expected.into_iter().map(|(fund, cents)| (fund, json!(money(cents)))).collect();
        assert_eq!(rows.collect::<BTreeMap<&str, Value>>(), expected);
        assert_eq!(found["total"], json!(money(plan.total())));
    }

    /// What the year will consume by the months so far, for every comune and service, on a day.
    pub(super) fn check_forecasts(&self, on: &str, known: i64) {
        self.desk.on(on);
        let query =
            format!("{{ ambito(code: \"9\") {{ comuni {{ istatCode forecast(year: 2023) {{ {FORECAST} }} }} }} }}");
        let data = self.desk.ask(Role::Azienda, &query);
        let mut overruns = Vec::new();
        for comune in list(&data["ambito"]["comuni"]) {
            let code = comune["istatCode"].as_str().unwrap();
            let mut left: Vec<Code> =
                SERVICES.into_iter().filter(|service| !self.hours.by_month(service, code).is_empty()).collect();
            for found in list(&comune["forecast"]) {
                let at = left.iter().position(|service| found["service"]["code"] == *service).unwrap();
                let expected = self.forecast_of(left.remove(at), code, known);
                same(found, &expected, &format!("forecast of {code}"));
                overruns.push(expected["expectedOverrun"].clone());
            }
            assert_eq!(left, Vec::<Code>::new(), "{code}");
        }
        assert!(overruns.contains(&json!(true)) && overruns.contains(&json!(false)));
    }

    fn forecast_of(&self, service: Code, comune: &str, known: i64) -> Value {
        let plan = &self.newest().plan;
        let months = self.hours.by_month(service, comune);
        let hours: Vec<i128> = (1..=known).map(|month| months.get(&month).map_or(0, |month| month.0)).collect();
        let (consumed, to_come) = (hours.iter().sum::<i128>(), i128::from(12 - known));
        // In millionths of an hour.
        let expected = half_up(consumed * 10_000 * 12, i128::from(known));
        let bound = |month: Option<&i128>| decimal(consumed + to_come * month.unwrap(), 2);
        let quota = plan.service(service).quotas().get(comune).copied();
        let (planned, amount) = match &plan.service(service).sharing {
            Sharing::By(hours) => (hours.get(comune).copied(), None),
            Sharing::Tariff(price, hours) => (hours.get(comune).copied(), Some(half_up(price * expected, 1_000_000))),
            _ => (None, None),
        };
        let overrun = match (amount, planned) {
            (Some(amount), _) => Some(amount > quota.unwrap()),
            (None, Some(planned)) => Some(expected > planned * 10_000),
            _ => None,
        };
        json!({
            "service": { "code": service }, "measure": "HOURS", "monthsKnown": known, "consumed": decimal(consumed, 2),
            "expected": decimal(expected, 6), "lowest": bound(hours.iter().min()), "highest": bound(hours.iter().max()),
            "planned": planned.map(|hours| decimal(hours, 2)), "price": amount.map(|_| "9.5"),
            "expectedAmount": amount.map(money), "quota": quota.map(money), "expectedOverrun": overrun,
        })
    }

    /// The hours and people of every comune, service and month, with what ADM costs by its price.
    pub(super) fn check_activity(&self) {
        let query = "{ ambito(code: \"9\") { comuni { istatCode activity(year: 2023) { month service { code } measure total cases price amount } } } }";
        let data = self.desk.ask(Role::Azienda, query);
        for comune in list(&data["ambito"]["comuni"]) {
            let code = comune["istatCode"].as_str().unwrap();
            let mut expected = Vec::new();
            for service in SERVICES {
                for (month, (hours, people)) in self.hours.by_month(service, code) {
                    let is_adm = service == "ADM";
                    let row = |measure: &str, total: String, price: Option<&str>, amount: Option<String>| {
                        json!({
                            "month": format!("2023-{month:02}-01"), "service": { "code": service }, "measure": measure,
                            "total": total, "cases": people, "price": price, "amount": amount,
                        })
                    };
                    let amount = is_adm.then(|| money(half_up(950 * hours, 100)));
                    expected.push(row("HOURS", decimal(hours, 2), is_adm.then_some("9.5"), amount));
                    expected.push(row("CASES", people.to_string(), None, None));
                }
            }
            let sorted = |rows: &[Value]| {
                let mut rows: Vec<String> = rows.iter().map(ToString::to_string).collect();
                rows.sort();
                rows
            };
            assert_eq!(sorted(list(&comune["activity"])), sorted(&expected), "{code}");
        }
    }

    /// The settlement of a final plan: against what the accounts were charged before it.
    pub(super) fn check_settlement(&self, id: &Value, plan: &Plan) {
        let query = format!(
            "{{ node(id: {id}) {{ ... on Plan {{ settlement {{ service {{ code }} comune {{ istatCode }} finalQuota charged difference }} }} }} }}"
        );
        let data = self.desk.ask(Role::Azienda, &query);
        let mut expected = Vec::new();
        for service in &plan.services {
            for (comune, quota) in service.quotas() {
                let charged = self.accounts[comune].charged(2023, service.code);
                expected.push(json!({
                    "service": { "code": service.code }, "comune": { "istatCode": comune }, "finalQuota": money(quota),
                    "charged": money(charged), "difference": money(quota - charged),
                }));
            }
        }
        same(&data["node"]["settlement"], &json!(expected), "settlement");
    }

    /// After everything: each day has the answer that it had, every plan can be recomputed, nothing is owed but what is to be given back, and the trail tells
    /// of every act.
    pub(super) fn check_the_end(&self) {
        self.desk.on("2024-06-03");
        self.check_accounts(&DAYS);
        self.check_accounts_of(2022, "2024-06-01");
        let [first, second, third] = ACTS.map(|act| act.parse::<NaiveDate>().unwrap());
        for (on, plan) in [
            (first.pred_opt().unwrap(), None),
            (first, Some(0)),
            (second.pred_opt().unwrap(), Some(0)),
            (second, Some(1)),
            (third.pred_opt().unwrap(), Some(1)),
            (third, Some(2)),
        ] {
            self.check_day(on, plan);
        }
        for approved in &self.plans {
            self.check_plan(&approved.id, &approved.plan, "APPROVED");
            let query = format!("{{ node(id: {}) {{ ... on Plan {{ verification {{ holds }} }} }} }}", approved.id);
            let data = self.desk.ask(Role::Auditor, &query);
            assert_eq!(data["node"]["verification"]["holds"], json!(true));
        }
        for (code, account) in &self.accounts {
            let open = account.open(2023, day("2024-06-01"), NaiveDate::MAX);
            assert!(open <= 0, "{code} still owes {open}");
        }
        self.check_what_pontevico_sees();
        self.check_trail();
    }

    /// What is in force of 2023 on a day, and what each comune owes by it.
    fn check_day(&self, on: NaiveDate, plan: Option<usize>) {
        let on = text(on);
        let query = format!(
            "{{ ambito(code: \"9\") {{ plan(year: 2023, asOf: \"{on}\") {{ id }} comuni {{ istatCode amountDue(year: 2023, asOf: \"{on}\") }} }} }}"
        );
        let data = self.desk.ask(Role::Reporting, &query);
        let approved = plan.map(|at| &self.plans[at]);
        assert_eq!(data["ambito"]["plan"]["id"], approved.map_or(Value::Null, |approved| approved.id.clone()), "{on}");
        for comune in list(&data["ambito"]["comuni"]) {
            let code = comune["istatCode"].as_str().unwrap();
            let due = approved.map(|approved| money(approved.plan.amount_due(code)));
            assert_eq!(comune["amountDue"], json!(due), "{code} on {on}");
        }
    }

    /// A comune reads its own account as the managing body does, and its own hours.
    fn check_what_pontevico_sees(&self) {
        let query = format!(
            "{{ comune(istatCode: \"{PONTEVICO}\") {{ statement(year: 2023) {{ {STATEMENT} }} forecast(year: 2023) {{ service {{ code }} consumed }} }} }}"
        );
        let server: &Server = &self.desk.server;
        let data = server.ask(&server.token_for(Role::Comune, Some(PONTEVICO)), &query, Value::Null).data();
        let expected = self.accounts[PONTEVICO].statement(2023, day("2024-06-03"));
        same(&data["comune"]["statement"], &expected, "own statement");
        for forecast in list(&data["comune"]["forecast"]) {
            let service = forecast["service"]["code"].as_str().unwrap();
            assert_eq!(forecast["consumed"], json!(decimal(self.hours.of_year(service, PONTEVICO), 2)), "{service}");
        }
    }

    /// Every act is one event, and the chain of events holds.
    fn check_trail(&self) {
        // The demonstration's own plans.
        let before = |act: &str| if ["plan.create", "plan.propose", "plan.approve"].contains(&act) { 3 } else { 0 };
        for (act, done) in self.desk.done() {
            let query = format!("{{ auditTrail(filter: {{ act: \"{act}\" }}) {{ totalCount }} }}");
            let data = self.desk.ask(Role::Auditor, &query);
            assert_eq!(data["auditTrail"]["totalCount"], json!(done + before(act)), "{act}");
        }
        let server = &self.desk.server;
        let key = server.folder().join("signing-key.pem").display().to_string();
        let settings = [("AMBITO_DATABASE_URL", &*server.database().url()), ("AMBITO_SIGNING_KEY_FILES", &*key)];
        let ended = process::run(&["audit", "verify"], &settings);
        assert!(ended.code == Some(0) && ended.out.ends_with("\nthe audit trail holds\n"), "{ended:?}");
        // Each approval has signed one: three of the demonstration, three of the year.
        assert!(ended.out.contains("\nsigned heads: 6, "), "{ended:?}");
    }
}
