//! A second Ambito, small enough to be worked by hand: a service for each kind of rule, lines with VAT, and a year with several versions
//! of its plan, one in each status that a plan can have today.

use api::auth::Operator;
use api::exchange::{self, Bundle, Files};
use api::store::bundle::{PlanRecord, ResolutionRecord};
use api::store::import::import as import_bundle;
use api::store::plan;
use chrono::NaiveDate;
use entity::kinds::PlanKind;

use super::Server;
use super::tables::wait;

/// Its code. It comes before `"9"`.
pub(crate) const AMBITO: &str = "10";
/// Its comuni: Alfa with 1,000 residents, Beta with 3,000, Gamma with 6,000.
pub(crate) const COMUNI: [&str; 3] = ["098001", "098002", "098003"];

const COMUNI_CSV: &str = "istat_code,name,cadastral_code,province,member_from
098001,Alfa,,LO,2021-01-01
098002,Beta,Z001,LO,2021-01-01
098003,Gamma,Z002,LO,2021-01-01
";

const MEASUREMENTS_CSV: &str = "istat_code,measure,service,value,reference_date,source,assumed
098001,RESIDENTS,,1000,2020-01-01,ISTAT,false
098002,RESIDENTS,,3000,2020-01-01,ISTAT,false
098003,RESIDENTS,,6000,2020-01-01,ISTAT,false
098001,MEALS,,10.5,2020-12-31,Azienda,false
098002,MEALS,,20,2020-12-31,Azienda,false
098003,MEALS,,0,2020-12-31,Azienda,false
";

/// What stands before the services.
const HEAD: &str = r#"
[ambito]
code = "10"
name = "Officina"
region = "Lombardia"
province = "LO"
managing_body = "Comune capofila"

[programme]
title = "Piano 2021"
from_year = 2021
to_year = 2021

[[fund]]
code = "COMUNI"
name = "Quote dei Comuni"
level = "COMUNI"

[[fund]]
code = "FONDO"
name = "Fondo regionale"
level = "REGION"

[[measure]]
code = "MEALS"
name = "Pasti serviti"
unit = "pasti"
consumption = false

[[plan]]
year = 2021
kind = "FORECAST"

[[instalment]]
years = [2021]
due = "03-31"
percent = "33.333333"

[[instalment]]
years = [2021]
due = "10-31"
percent = "66.666667"

[[basis]]
years = [2021]
measure = "RESIDENTS"
reference_date = 2020-01-01

[[basis]]
years = [2021]
measure = "MEALS"
reference_date = 2020-12-31
"#;

/// The services, and the rest of each one's budget.
const BUDGETS: [(&str, &str); 10] = [
    ("PARI", "amount = \"10000.00\"\nrule = { kind = \"EQUAL\", rounding = \"HALF_UP_EACH\" }"),
    (
        "ABITANTI",
        r#"amount = "10000.00"
[budget.rule]
kind = "BY_MEASURE"
measure = "RESIDENTS"
[budget.rule.adjustments]
098001 = { exempt = true }
098002 = { multiplier = "0.5" }
098003 = { minimum = "100.00", maximum = "9000.00" }"#,
    ),
    (
        "PESI",
        r#"amount = "10000.00"
[budget.rule]
kind = "BY_FIXED_WEIGHTS"
weights = { 098001 = "1", 098002 = "1.5", 098003 = "2.5" }"#,
    ),
    (
        "FASCE",
        r#"amount = "10000.00"
[budget.rule]
kind = "BY_BANDS"
measure = "RESIDENTS"
bands = [{ up_to = "2000", weight = "0.5" }, { up_to = "5000", weight = "1" }, { weight = "1.5" }]"#,
    ),
    (
        "SCAGLIONI",
        r#"amount = "10000.00"
[budget.rule]
kind = "BY_BANDS"
measure = "RESIDENTS"
marginal = true
bands = [{ up_to = "2000", weight = "1" }, { weight = "0.5" }]"#,
    ),
    (
        "FISSO",
        r#"amount = "1000.00"
funding = [{ fund = "FONDO", amount = "balancing" }]
[budget.rule]
kind = "FLAT_BY_BAND"
measure = "RESIDENTS"
amounts = [{ up_to = "2000", amount = "100.00" }, { amount = "250.50" }]"#,
    ),
    (
        "MENSA",
        r#"amount = "1000.00"
funding = [{ fund = "FONDO", amount = "balancing" }]
[budget.rule]
kind = "TARIFF"
measure = "MEALS"
price = "9.00"
note = "un prezzo a pasto"
[budget.rule.adjustments]
098002 = { price = "8.25" }"#,
    ),
    (
        "MISTO",
        r#"amount = "10000.00"
[budget.rule]
kind = "MIXED"
[[budget.rule.part]]
amount = "900.00"
kind = "EQUAL"
[[budget.rule.part]]
percent = "60"
kind = "BY_MEASURE"
measure = "RESIDENTS"
[[budget.rule.part]]
remainder = true
kind = "BY_FIXED_WEIGHTS"
weights = { 098001 = "1", 098002 = "1", 098003 = "2" }
[budget.rule.part.adjustments]
098003 = { fixed = "1500.00" }"#,
    ),
    (
        "DOPPIO",
        r#"amount = "1000.00"
[budget.rule]
kind = "MIXED"
[[budget.rule.part]]
percent = "50"
kind = "BY_MEASURE"
measure = "RESIDENTS"
[[budget.rule.part]]
remainder = true
kind = "BY_MEASURE"
measure = "MEALS""#,
    ),
    (
        "VOCI",
        r#"note = "con IVA"
rule = { kind = "EQUAL" }
[[budget.line]]
item = "Personale"
net = "1000.05"
vat_regime = "RATE"
vat_rate = "22"
[[budget.line]]
item = "Sede"
gross = "500.00"
vat_regime = "EXEMPT"
[[budget.line]]
item = "Pasti"
gross = "100.00"
vat_regime = "RATE"
vat_rate = "4"
[[budget.line]]
item = "Tributi"
net = "9.99"
vat_regime = "OUT_OF_SCOPE""#,
    ),
];

/// Its records, as its files give them: one plan, still a draft.
fn bundle() -> Bundle {
    let services = BUDGETS.map(|(code, _)| {
        format!("[[service]]\ncode = \"{code}\"\nname = \"Servizio {code}\"\narea = \"Officina\"\ndelivery = \"diretta\"\nparticipants = \"all\"\ncovered_by = [\"FONDO\"]\n")
    });
    let budgets = BUDGETS.map(|(code, rest)| format!("[[budget]]\nservice = \"{code}\"\nyears = [2021]\n{rest}\n"));
    let document = format!("{HEAD}\n{}\n{}", services.join("\n"), budgets.join("\n"));
    exchange::parse(&Files::new(document, COMUNI_CSV, MEASUREMENTS_CSV))
        .unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn resolution(number: &str, day: &str) -> ResolutionRecord {
    let adopted_on: NaiveDate = day.parse().unwrap();
    ResolutionRecord {
        number: number.to_owned(),
        adopted_on,
        body: "Assemblea".to_owned(),
        subject: None,
        assumed: false,
    }
}

/// The four versions of the plan of 2021: approved; approved later with PARI at 10,000.03; proposed; in preparation.
fn versions(first: &PlanRecord, days: [&str; 2]) -> Vec<PlanRecord> {
    let mut versions = vec![first.clone(), first.clone(), first.clone(), first.clone()];
    versions[0].resolution = Some(resolution("1", days[0]));
    versions[1].resolution = Some(resolution("7", days[1]));
    versions[1].kind = PlanKind::Amendment;
    versions[1].budgets[0].amount = allocation::Cents::new(1_000_003);
    versions[2].kind = PlanKind::Final;
    versions
}

/// Imports the Ambito into a server's database and proposes the third version.
pub(crate) fn import_to(server: &Server) {
    import_changed(server, |_| {});
}

/// The same, with the two approvals on these days.
pub(crate) fn import_approved_on(server: &Server, days: [&str; 2]) {
    import(server, |_| {}, days);
}

/// The same, with every version of the plan changed first.
pub(crate) fn import_changed(server: &Server, change: impl Fn(&mut PlanRecord)) {
    import(server, change, ["2021-01-15", "2021-06-30"]);
}

fn import(server: &Server, change: impl Fn(&mut PlanRecord), days: [&str; 2]) {
    let mut bundle = bundle();
    change(&mut bundle.plans[0]);
    bundle.plans = versions(&bundle.plans[0], days);
    let operator = Operator::at_the_machine("test");
    let store = server.store();
    wait(async {
        import_bundle(store, &operator, &bundle).await.unwrap();
        let book = store.book();
        let third =
            book.ambito_by_code(AMBITO).unwrap().plans.iter().find(|plan| plan.row.version == 3).unwrap().row.id;
        let write = store.write().await.unwrap();
        plan::propose(&write, &operator.propose("azienda"), third, book.names()).await.unwrap();
        store.commit(write).await.unwrap();
    });
}
