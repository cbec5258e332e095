//! The year 2023 of Ambito 9, from nothing to settled, through the API alone: a copy of 2022 with a new rule and a new price, proposed, sent back, proposed again and
//! approved; twelve months of hours; payments in time, late, reversed; an amendment in September; the final plan on actual costs and hours.
//!
//! Every figure is compared with one that the test works out from what went in: plans in [`ledger`], accounts in [`account`], hours in [`delivered`].
//! [`check`] asks and compares, [`desk`] acts; [`by_hand`] holds some figures as literals.

mod account;
mod by_hand;
mod check;
mod delivered;
mod desk;
mod ledger;

use std::collections::BTreeMap;

use api::auth::Role;
use chrono::NaiveDate;
use serde_json::{Value, json};

use crate::support::figures::{COMUNI, list};
use crate::support::{MANERBIO, PONTEVICO, cents};
use account::{Account, money};
use delivered::{Hours, decimal};
use desk::{Desk, Draft, Way};
use ledger::{Code, Plan, Sharing, Weights, day, weights};

/// A comune that takes no part in SAD until September.
const GAMBARA: &str = "017073";
/// Comuni whose payments are unlike the others'.
const GHEDI: &str = "017078";
const GOTTOLENGO: &str = "017080";
const ISORELLA: &str = "017086";
const LENO: &str = "017088";
const SENIGA: &str = "017177";
const VEROLANUOVA: &str = "017195";

/// The days of the acts that approve the forecast, the amendment and the final plan.
const ACTS: [&str; 3] = ["2022-12-12", "2023-09-18", "2024-04-29"];
/// The days of the instalments.
const DUE: [&str; 4] = ["2023-03-31", "2023-06-30", "2023-10-31", "2023-12-15"];
/// Their parts, in percent.
const PERCENTS: [&str; 4] = ["30", "33.333333", "20", "16.666667"];
/// The hours entrusted to Gambara for the rest of the year, in hundredths.
const GAMBARA_HOURS: i128 = 12_050;

/// A plan that was approved: its identifier, and what it must say.
struct Approved {
    id: Value,
    plan: Plan,
}

/// The year so far: what the server holds, and the test's own books.
struct Year {
    desk: Desk,
    plans: Vec<Approved>,
    accounts: BTreeMap<Code, Account>,
    hours: Hours,
}

#[test]
fn a_year_from_nothing_to_settled() {
    let mut year = Year::begin();
    year.pay_the_years_before();
    year.forecast();
    for month in 1..=2 {
        year.report(month);
    }
    year.pay_the_first_instalment();
    for month in 4..=5 {
        year.report(month);
    }
    year.correct_march();
    year.pay_what_is_due("2023-06-29", DUE[1], &[]);
    for month in 6..=7 {
        year.report(month);
    }
    year.check_forecasts("2023-08-09", 7);
    year.report(8);
    year.check_accounts(&["2023-07-01", "2023-09-17"]);
    year.amend();
    year.report(9);
    year.pay_what_is_due("2023-10-30", DUE[2], &[]);
    for month in 10..=11 {
        year.report(month);
    }
    year.pay_what_is_due("2023-12-14", DUE[3], &[ISORELLA]);
    year.report(12);
    year.check_activity();
    year.check_forecasts("2024-01-10", 12);
    year.settle();
    year.pay_what_is_due("2024-05-20", "2024-12-31", &[]);
    year.check_the_end();
    year.check_by_hand();
}

/// The cases that SIL had in 2022, as the managing body counted them.
fn sil_cases() -> Weights {
    weights(&|comune| 1 + comune.residents[4] / 1_500)
}

/// The residents of the newest count.
fn residents() -> Weights {
    weights(&|comune| comune.residents[4])
}

/// Values of a measure as an input says them.
fn values(measure: &str, values: &Weights, decimals: usize, day: &str, source: &str) -> Value {
    let value = |(comune, value): (&Code, &i128)| json!({ "comune": comune, "measure": measure, "value": decimal(*value, decimals) });
    let values: Vec<Value> = values.iter().map(value).collect();
    json!({ "values": { "values": values, "referenceDate": day, "source": source } })
}

impl Year {
    fn begin() -> Self {
        let desk = Desk::new();
        desk.on("2022-11-14");
        // The demonstration's three years are charged and not paid.
        let mut accounts: BTreeMap<Code, Account> = BTreeMap::new();
        for (year, act) in [(2020, "2019-12-16"), (2021, "2020-12-14"), (2022, "2021-12-13")] {
            let plan = Plan::founding(year);
            for comune in &COMUNI {
                accounts.entry(comune.istat).or_default().charge(&plan, comune.istat, "INSTALMENT", act);
            }
        }
        Self { desk, plans: Vec::new(), accounts, hours: Hours::default() }
    }

    fn newest(&self) -> &Approved {
        self.plans.last().unwrap()
    }

    /// Every comune pays what it owes of 2020 to 2022; Ghedi 100.00 too little, Leno 500.00 too much.
    fn pay_the_years_before(&mut self) {
        self.desk.on("2022-12-05");
        let whole = |account: &Account| -> i128 {
            (2020..=2022).map(|year| account.open(year, NaiveDate::MAX, NaiveDate::MAX)).sum()
        };
        let other = |comune: &str| match comune {
            GHEDI => -10_000,
            LENO => 50_000,
            _ => 0,
        };
        let payments = self.accounts.iter().map(|(code, account)| (*code, whole(account) + other(code))).collect();
        self.pay("2022-12-05", payments);
        self.check_accounts_of(2022, "2022-12-05");
    }

    /// Records payments of a day, one a comune, and gives their identifiers.
    fn pay(&mut self, paid_on: &str, payments: Vec<(Code, i128)>) -> Vec<Value> {
        let payments: Vec<(Code, i128)> = payments.into_iter().filter(|(_, cents)| *cents > 0).collect();
        let input = |(comune, cents): &(Code, i128)| json!({ "ambito": "9", "comune": comune, "paidOn": paid_on, "amount": money(*cents), "reference": "CRO 1" });
        let inputs: Vec<Value> = payments.iter().map(input).collect();
        let answers = self.desk.write_all(Role::Azienda, "recordPayment", &inputs, "payment { id matched }");
        for ((comune, cents), answer) in payments.into_iter().zip(&answers) {
            let account = self.accounts.get_mut(comune).unwrap();
            let payment = account.pay(day(paid_on), cents, None);
            assert_eq!(answer["payment"]["matched"], money(account.matched(payment)), "{comune}");
        }
        answers.into_iter().map(|mut answer| answer["payment"]["id"].take()).collect()
    }

    /// Every comune but some pays what it owes of the year until a day.
    fn pay_what_is_due(&mut self, paid_on: &str, due_by: &str, but: &[&str]) {
        self.desk.on(paid_on);
        let own = self.accounts.iter().filter(|(code, _)| !but.contains(*code));
        let payments = own.map(|(code, account)| (*code, account.open(2023, day(paid_on), day(due_by)))).collect();
        self.pay(paid_on, payments);
        self.check_accounts(&[paid_on]);
    }

    /// The forecast of 2023: a copy of 2022 with the newest count of residents, a new rule for SIL and a new price for ADM.
    fn forecast(&mut self) {
        self.desk.on("2022-12-09");
        let data = self.desk.ask(Role::Azienda, "{ ambito(code: \"9\") { plan(year: 2022) { id kind } } }");
        let mut plan = Plan::founding(2023);
        let mut draft = self.desk.copy("FORECAST", &data["ambito"]["plan"]["id"]);
        self.check_plan(&draft.id, &plan, "DRAFT");
        self.edit_forecast(&mut draft, &mut plan);
        self.check_plan(&draft.id, &plan, "DRAFT");
        self.desk.act(Role::Azienda, "proposePlan", &mut draft, json!({}));
        // The assembly wants the overheads line by line, and four instalments instead of three.
        self.desk.act(Role::Assemblea, "sendBackPlan", &mut draft, json!({}));
        self.edit_again(&mut draft, &mut plan);
        self.desk.act(Role::Azienda, "proposePlan", &mut draft, json!({}));
        self.check_plan(&draft.id, &plan, "PROPOSED");
        self.desk.on(ACTS[0]);
        self.approve(draft, plan, "INSTALMENT", "44", ACTS[0]);
        self.check_accounts(&["2022-12-11", "2022-12-12"]);
    }

    fn edit_forecast(&self, draft: &mut Draft, plan: &mut Plan) {
        let desk = &self.desk;
        let parts = json!([
            { "size": { "percent": "60" }, "rule": { "byMeasure": { "measure": "RESIDENTS" } } },
            { "size": { "percent": "40" }, "rule": { "byMeasure": { "measure": "CASES" } } },
        ]);
        desk.edit(draft, "setRule", json!({ "service": "SIL", "rule": { "mixed": { "parts": parts } } }));
        let cases = values("CASES", &sil_cases(), 0, "2022-10-31", "Azienda");
        desk.edit(draft, "setBasis", json!({ "service": "SIL", "measure": "CASES", "source": cases }));
        let newest = json!({ "measure": "RESIDENTS", "source": { "measuredOn": "2022-01-01" } });
        desk.edit(draft, "setBasis", newest);
        let tariff = json!({ "tariff": { "measure": "HOURS", "price": "9.50" } });
        desk.edit(draft, "setRule", json!({ "service": "ADM", "rule": tariff }));
        desk.edit(draft, "setBudget", json!({ "service": "SAD", "amount": "438765.43" }));
        desk.edit(draft, "setBudget", json!({ "service": "SIL", "amount": "106543.21" }));
        plan.service_mut("SAD").budget = 43_876_543;
        plan.service_mut("SIL").budget = 10_654_321;
        plan.service_mut("SIL").sharing = Sharing::Mixed(60, residents(), sil_cases());
        for service in ["STAFF", "ORGANI"] {
            plan.service_mut(service).sharing = Sharing::By(residents());
        }
        let Sharing::Tariff(price, _) = &mut plan.service_mut("ADM").sharing else { panic!("ADM has a tariff") };
        *price = 950;
    }

    fn edit_again(&self, draft: &mut Draft, plan: &mut Plan) {
        let lines = json!([
            { "item": "Consulenze", "net": "81234.53", "vatRegime": "RATE", "vatRate": "22" },
            { "item": "Assicurazioni", "net": "3333.33", "vatRegime": "OUT_OF_SCOPE" },
            { "item": "Sicurezza", "gross": "12345.67", "vatRegime": "RATE", "vatRate": "10" },
            { "item": "Organi", "gross": "20000.00", "vatRegime": "EXEMPT" },
        ]);
        self.desk.edit(draft, "setBudget", json!({ "service": "ORGANI", "lines": lines }));
        // 22 percent of 81,234.53 are 17,871.5966: 17,871.60.
        plan.service_mut("ORGANI").budget = 8_123_453 + 1_787_160 + 333_333 + 1_234_567 + 2_000_000;
        let instalment = |(due, percent): (&str, &str)| json!({ "dueDate": due, "percent": percent });
        let instalments: Vec<Value> = DUE.into_iter().zip(PERCENTS).map(instalment).collect();
        self.desk.edit(draft, "setInstalments", json!({ "instalments": instalments }));
        plan.set_schedule(&[(DUE[0], 30_000_000), (DUE[1], 33_333_333), (DUE[2], 20_000_000), (DUE[3], 16_666_667)]);
    }

    /// Approves a proposed plan, and charges what it adds.
    fn approve(&mut self, mut draft: Draft, plan: Plan, kind: &'static str, number: &str, act: &str) {
        self.desk.approve(&mut draft, number, act);
        for (comune, account) in &mut self.accounts {
            account.charge(&plan, comune, kind, act);
        }
        let edit = json!({ "plan": draft.id, "expectedVersion": draft.revision, "service": "SAD", "amount": "1.00" });
        self.desk.refused(Role::Azienda, "setBudget", edit, "PLAN_IMMUTABLE");
        self.plans.push(Approved { id: draft.id, plan });
        let newest = self.newest();
        self.check_plan(&newest.id, &newest.plan, "APPROVED");
        self.check_allocation(&newest.plan, act);
    }

    /// Reports the hours of a month, in the month after it. Every third month goes by the mutation.
    fn report(&mut self, month: i64) {
        let (year, after) = if month == 12 { (2024, 1) } else { (2023, month + 1) };
        let way = if month % 3 == 0 { Way::Mutation } else { Way::File };
        self.desk.on(&format!("2023-{month:02}-28"));
        if month < 12 {
            let refused = self.desk.send_file(way, "future.csv", &Hours::reported(month + 1).csv());
            let reason = &refused["problems"][0]["reason"];
            assert_eq!((&refused["written"], reason), (&json!(false), &json!("FUTURE_MONTH")));
        }
        self.desk.on(&format!("{year}-{after:02}-07"));
        let file = Hours::reported(month);
        let name = format!("ore-{month:02}.csv");
        let report = self.take_in(way, &name, &file);
        assert_eq!((&report["replacedMonths"], &report["knownSince"]), (&json!(0), &Value::Null));
        // Sent once more, in whatever way, it changes nothing.
        let again = self.desk.send_file(Way::File, &name, &file.csv());
        assert_eq!((&again["written"], again["knownSince"].is_string()), (&json!(false), true));
        self.hours.take(file);
    }

    fn take_in(&self, way: Way, name: &str, file: &Hours) -> Value {
        let report = self.desk.send_file(way, name, &file.csv());
        assert_eq!(report["written"], true, "{report}");
        let (values, months) = (json!(file.count()), json!(file.months()));
        assert_eq!((&report["values"], &report["months"]), (&values, &months), "{report}");
        self.desk.count("activity.import");
        report
    }

    /// The hours of SAD in Pontevico in March were others.
    fn correct_march(&mut self) {
        self.desk.on("2023-06-08");
        let file = Hours::corrected("SAD", PONTEVICO, 3, &[4_075, 5_150, 6_225]);
        let report = self.take_in(Way::File, "ore-03-bis.csv", &file);
        assert_eq!(report["replacedMonths"], json!(1));
        self.desk.count("activity.replace");
        self.hours.take(file);
    }

    /// The first instalment: most pay in time; Manerbio half of it and the rest in June, Seniga late and told later still. Gottolengo's does not arrive and is
    /// made again; Verolanuova names what it pays.
    fn pay_the_first_instalment(&mut self) {
        let (on, due) = ("2023-03-30", day(DUE[0]));
        self.desk.on(on);
        let open: BTreeMap<Code, i128> =
            self.accounts.iter().map(|(code, account)| (*code, account.open(2023, day(on), due))).collect();
        let special = [MANERBIO, SENIGA, GOTTOLENGO, VEROLANUOVA];
        let payments = open.iter().filter(|(code, _)| !special.contains(*code)).map(|(code, cents)| (*code, *cents));
        self.pay(on, payments.collect());
        self.pay(on, vec![(MANERBIO, open[MANERBIO] / 2)]);
        let lost = self.pay(on, vec![(GOTTOLENGO, open[GOTTOLENGO])]).remove(0);
        self.pay_a_charge(VEROLANUOVA, on, "SAD");
        self.desk.on("2023-04-05");
        let rest = self.accounts[VEROLANUOVA].open(2023, day(on), due);
        self.pay("2023-04-05", vec![(VEROLANUOVA, rest)]);
        self.report(3);
        self.desk.on("2023-04-12");
        self.take_back(&lost, "2023-04-12");
        self.check_accounts(&[on, "2023-04-01", "2023-04-11", "2023-04-12"]);
        self.desk.on("2023-04-20");
        self.pay("2023-04-20", vec![(GOTTOLENGO, open[GOTTOLENGO])]);
        self.desk.on("2023-05-15");
        self.pay("2023-05-10", vec![(SENIGA, open[SENIGA])]);
        self.check_accounts(&["2023-05-09", "2023-05-10"]);
        self.desk.on("2023-06-05");
        let rest = self.accounts[MANERBIO].open(2023, day("2023-06-05"), due);
        self.pay("2023-06-05", vec![(MANERBIO, rest)]);
        self.check_accounts(&["2023-06-05"]);
    }

    /// Pays the first instalment of one service, although others are older.
    fn pay_a_charge(&mut self, comune: Code, on: &str, service: &str) {
        let query = format!(
            "{{ comune(istatCode: \"{comune}\") {{ statement(year: 2023) {{ charges {{ id number service {{ code }} amount }} }} }} }}"
        );
        let data = self.desk.ask(Role::Azienda, &query);
        let is = |charge: &&Value| charge["service"]["code"] == service && charge["number"] == 1;
        let charge = list(&data["comune"]["statement"]["charges"]).iter().find(is).unwrap();
        let input = json!({ "ambito": "9", "comune": comune, "paidOn": on, "amount": charge["amount"], "charge": charge["id"] });
        self.desk.write(Role::Azienda, "recordPayment", input, "payment { id }");
        let account = self.accounts.get_mut(comune).unwrap();
        let named = account.find(2023, service, "INSTALMENT", 1);
        account.pay(day(on), i128::from(cents(&charge["amount"])), Some(named));
    }

    /// Takes back the payment that Gottolengo made last, today.
    fn take_back(&mut self, payment: &Value, today: &str) {
        let input = json!({ "payment": payment });
        let answer = self.desk.write(Role::Azienda, "reversePayment", input, "payment { amount reverses paidOn }");
        let account = self.accounts.get_mut(GOTTOLENGO).unwrap();
        let cents = account.reverse_last(day(today));
        assert_eq!(answer["payment"], json!({ "amount": money(-cents), "reverses": payment, "paidOn": today }));
    }

    /// In September SAD costs more and Gambara joins it, ADP costs less, and the FSR covers less of SIL.
    fn amend(&mut self) {
        self.desk.on("2023-09-12");
        let before = self.newest().plan.clone();
        let mut plan = before.clone();
        let mut draft = self.desk.copy("AMENDMENT", &self.newest().id);
        self.check_plan(&draft.id, &before, "DRAFT");
        let desk = &self.desk;
        desk.edit(&mut draft, "setBudget", json!({ "service": "SAD", "amount": "451111.11" }));
        desk.edit(&mut draft, "setBudget", json!({ "service": "ADP", "amount": "1087654.32" }));
        let funding = json!([{ "fund": "FNPS", "amount": "30000.00" }, { "fund": "FSR", "amount": "18500.37" }]);
        desk.edit(&mut draft, "setFunding", json!({ "service": "SIL", "funding": funding }));
        let Sharing::By(hours) = &mut plan.service_mut("SAD").sharing else { panic!("SAD is shared by hours") };
        hours.insert(GAMBARA, GAMBARA_HOURS);
        let comuni: Vec<Code> = hours.keys().copied().collect();
        desk.edit(&mut draft, "setParticipants", json!({ "service": "SAD", "comuni": comuni }));
        let joining = values("HOURS", &Weights::from([(GAMBARA, GAMBARA_HOURS)]), 2, "2023-08-31", "Azienda");
        desk.edit(&mut draft, "setBasis", json!({ "service": "SAD", "measure": "HOURS", "source": joining }));
        plan.service_mut("SAD").budget = 45_111_111;
        plan.service_mut("ADP").budget = 108_765_432;
        plan.service_mut("SIL").funds = vec![("FNPS", 3_000_000), ("FSR", 1_850_037)];
        desk.act(Role::Azienda, "proposePlan", &mut draft, json!({}));
        self.check_plan(&draft.id, &plan, "PROPOSED");
        self.desk.on(ACTS[1]);
        self.approve(draft, plan, "AMENDMENT", "31", ACTS[1]);
        // The forecast is what it was.
        self.check_plan(&self.plans[0].id, &self.plans[0].plan, "APPROVED");
        self.check_accounts(&["2023-09-17", "2023-09-18"]);
    }

    /// The final plan: what the services have cost, and the hours that were delivered.
    fn settle(&mut self) {
        self.desk.on("2024-04-15");
        let mut plan = self.newest().plan.clone();
        let mut draft = self.desk.copy("FINAL", &self.newest().id);
        self.edit_final(&mut draft, &mut plan);
        self.check_plan(&draft.id, &plan, "DRAFT");
        self.check_settlement(&draft.id, &plan);
        self.desk.act(Role::Azienda, "proposePlan", &mut draft, json!({}));
        self.desk.on(ACTS[2]);
        let before = self.accounts.clone();
        let id = draft.id.clone();
        self.approve(draft, plan.clone(), "SETTLEMENT", "12", ACTS[2]);
        let after = std::mem::replace(&mut self.accounts, before);
        self.check_settlement(&id, &plan);
        self.accounts = after;
        self.check_accounts(&["2024-04-28", "2024-04-29", "2024-04-30"]);
    }

    fn edit_final(&self, draft: &mut Draft, plan: &mut Plan) {
        for (service, cents) in [
            ("STAFF", 10_345_678),
            ("ORGANI", 11_987_654),
            ("TUTELA", 17_543_210),
            ("ADM", 9_678_901),
            ("SIL", 9_999_999),
            ("SSB", 26_601_235),
            ("SAD", 44_901_234),
            ("ADP", 109_321_098),
        ] {
            self.desk.edit(draft, "setBudget", json!({ "service": service, "amount": money(cents) }));
            plan.service_mut(service).budget = cents;
        }
        let funds: [(&str, Vec<(Code, i128)>); 2] =
            [("TUTELA", vec![("FNPS", 17_543_210)]), ("SIL", vec![("FNPS", 2_900_000), ("FSR", 1_850_037)])];
        for (service, funds) in funds {
            let fund = |(fund, cents): &(Code, i128)| json!({ "fund": fund, "amount": money(*cents) });
            let funding: Vec<Value> = funds.iter().map(fund).collect();
            self.desk.edit(draft, "setFunding", json!({ "service": service, "funding": funding }));
            plan.service_mut(service).funds = funds;
        }
        for (service, measure) in [("ADM", "HOURS"), ("SAD", "HOURS"), ("ADP", "HOURS"), ("SIL", "CASES")] {
            let delivered = json!({ "service": service, "measure": measure, "source": { "activityYear": 2023 } });
            self.desk.edit(draft, "setBasis", delivered);
        }
        for service in ["ADM", "SAD", "ADP"] {
            match &mut plan.service_mut(service).sharing {
                Sharing::By(hours) | Sharing::Tariff(_, hours) => {
                    *hours = self.hours.weights(service, hours.keys().copied());
                }
                _ => panic!("{service} is shared by hours"),
            }
        }
        let people = self.hours.people("SIL");
        plan.service_mut("SIL").sharing = Sharing::Mixed(60, residents(), people);
    }
}
