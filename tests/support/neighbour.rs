//! A second Ambito, small, with a plan in each status and a row in every table: what callers of Ambito 9 must not see, and drafts.

use api::auth::secret::Secret;
use api::auth::{Operator, Role};
use api::exchange::{self, Files};
use api::store::client::{self, Kind, NewClient};
use api::store::{import, plan};
use sea_orm::ConnectionTrait;

use super::Server;
use super::tables::wait;
use super::template::add_partner;

/// Its code.
pub(crate) const AMBITO: &str = "T1";
/// One of its comuni.
pub(crate) const ALFA: &str = "017001";
/// The years of its plans, each in another status.
pub(crate) const APPROVED: i32 = 2020;
pub(crate) const PROPOSED: i32 = 2021;
pub(crate) const DRAFT: i32 = 2022;
pub(crate) const WITHDRAWN: i32 = 2023;

const PLAN: &str = r#"
[ambito]
code = "T1"
name = "Ambito vicino"
region = "Lombardia"
province = "BS"
managing_body = "Azienda vicina"

[programme]
title = "Piano vicino"
from_year = 2020
to_year = 2023

[[fund]]
code = "QUOTA_COMUNI"
name = "Quota dei Comuni"
level = "COMUNI"

[[fund]]
code = "FNPS"
name = "Fondo nazionale"
level = "STATE"

[[fund]]
code = "VICINO"
name = "Fondo di qui"
level = "PARTNER"

[[measure]]
code = "MEALS"
name = "Pasti"
unit = "pasti"
consumption = true

[[service]]
code = "SAD"
name = "Assistenza domiciliare"
area = "Anziani"
delivery = "appalto"
covered_by = ["FNPS"]
participants = "all"
targets = ["anziani"]
tasks = ["cura"]
indicators = ["ore"]
project = [{ name = "Progetto" }]
benefit = [{ name = "Buono", kind = "buono" }]

[[service]]
code = "MENSA"
name = "Pasti a domicilio"
area = "Anziani"
delivery = "gestione diretta"
participants = "all"

[[service]]
code = "EQUAL"
name = "Servizio EQUAL"
area = "Minori"
delivery = "appalto"
participants = "all"

[[service]]
code = "WEIGHTS"
name = "Servizio WEIGHTS"
area = "Minori"
delivery = "appalto"
participants = "all"

[[service]]
code = "BANDS"
name = "Servizio BANDS"
area = "Minori"
delivery = "appalto"
participants = "all"

[[service]]
code = "FLAT"
name = "Servizio FLAT"
area = "Minori"
delivery = "appalto"
covered_by = ["FNPS"]
participants = "all"

[[service]]
code = "TARIFF"
name = "Servizio TARIFF"
area = "Minori"
delivery = "appalto"
covered_by = ["FNPS"]
participants = "all"

[[plan]]
year = 2020
kind = "FORECAST"
resolution = { number = "1", date = 2019-12-01, body = "Assemblea" }

[[plan]]
year = 2021
kind = "FORECAST"

[[plan]]
year = 2022
kind = "FORECAST"

[[plan]]
year = 2023
kind = "FORECAST"

[[instalment]]
years = [2020, 2021, 2022, 2023]
due = "06-30"
percent = "100"

[[basis]]
years = [2020, 2021, 2022, 2023]
measure = "RESIDENTS"
reference_date = 2019-01-01

[[basis]]
years = [2020, 2021, 2022, 2023]
measure = "HOURS"
reference_date = 2019-12-31

[[budget]]
service = "SAD"
years = [2020, 2021, 2022, 2023]

[[budget.line]]
item = "Ore"
net = "800.00"
vat_regime = "RATE"
vat_rate = "22"

[[budget.line]]
item = "Sede"
gross = "24.00"
vat_regime = "EXEMPT"

[[budget.funding]]
fund = "FNPS"
amount = "400.00"

[budget.rule]
kind = "BY_MEASURE"
measure = "HOURS"

[budget.rule.adjustments]
017001 = { multiplier = "0.5" }

[[budget]]
service = "MENSA"
years = [2020, 2021, 2022, 2023]
amount = "600.00"

[budget.rule]
kind = "MIXED"

[[budget.rule.part]]
percent = "50"
kind = "BY_BANDS"
measure = "RESIDENTS"
bands = [{ up_to = "1500", weight = "0.8" }, { weight = "1" }]

[[budget.rule.part]]
remainder = true
kind = "BY_FIXED_WEIGHTS"
weights = { 017001 = "3", 017002 = "1.5" }

[[budget]]
service = "EQUAL"
years = [2020, 2021, 2022, 2023]
amount = "600.00"

[budget.rule]
kind = "EQUAL"

[[budget]]
service = "WEIGHTS"
years = [2020, 2021, 2022, 2023]
amount = "600.00"

[budget.rule]
kind = "BY_FIXED_WEIGHTS"
weights = { 017001 = "3", 017002 = "1.5" }

[[budget]]
service = "BANDS"
years = [2020, 2021, 2022, 2023]
amount = "600.00"

[budget.rule]
kind = "BY_BANDS"
measure = "RESIDENTS"
marginal = true
bands = [{ up_to = "1500", weight = "0.8" }, { weight = "1" }]

[[budget]]
service = "FLAT"
years = [2020, 2021, 2022, 2023]
amount = "600.00"

[[budget.funding]]
fund = "FNPS"
amount = "balancing"

[budget.rule]
kind = "FLAT_BY_BAND"
measure = "RESIDENTS"
amounts = [{ up_to = "1500", amount = "100.00" }, { amount = "250.00" }]

[[budget]]
service = "TARIFF"
years = [2020, 2021, 2022, 2023]
amount = "600.00"

[[budget.funding]]
fund = "FNPS"
amount = "balancing"

[budget.rule]
kind = "TARIFF"
measure = "HOURS"
price = "9.00"
"#;

const COMUNI: &str = "istat_code,name,cadastral_code,province,member_from
017001,Alfa,A001,BS,
017002,Beta,A002,BS,
";

const MEASUREMENTS: &str = "istat_code,measure,service,value,reference_date,source,assumed
017001,RESIDENTS,,1000,2019-01-01,ISTAT,false
017002,RESIDENTS,,2000,2019-01-01,ISTAT,false
017001,HOURS,,10.5,2019-12-31,Azienda,false
017002,HOURS,,20,2019-12-31,Azienda,false
";

/// Imports it, and moves its plans to their statuses.
pub(crate) fn add(server: &Server) {
    let bundle = exchange::parse(&Files::new(PLAN, COMUNI, MEASUREMENTS)).unwrap();
    let operator = Operator::at_the_machine("test");
    wait(async {
        let store = server.store();
        import::import(store, &operator, &bundle).await.unwrap();
        let write = store.write().await.unwrap();
        plan::propose(&write, &operator.propose("azienda"), plan_id(server, PROPOSED), store.book().names())
            .await
            .unwrap();
        let withdraw = format!("UPDATE plan SET status = 'WITHDRAWN' WHERE id = {}", plan_id(server, WITHDRAWN));
        write.tx().execute_unprepared(&withdraw).await.unwrap();
        write.audit("test", "plan.withdraw", "plan", None, None).await.unwrap();
        store.commit(write).await.unwrap();
        add_partner(store, AMBITO).await;
    });
}

/// Row id of its plan of a year.
pub(crate) fn plan_id(server: &Server, year: i32) -> i64 {
    let book = server.store().book();
    let plans = &book.ambito_by_code(AMBITO).unwrap().plans;
    plans.iter().find(|plan| plan.row.year == year).unwrap().row.id
}

/// A token of a new client of its own, got as any client gets one.
pub(crate) fn token(server: &Server, role: Role, comune: Option<&str>) -> String {
    let client_id = format!("neighbour-{role:?}").to_lowercase();
    token_in(server, AMBITO, role, comune, client_id)
}

/// The same of a client of this id and of any Ambito.
pub(crate) fn token_in(server: &Server, ambito: &str, role: Role, comune: Option<&str>, client_id: String) -> String {
    let comune = comune.map(|code| allocation::IstatCode::parse(code).unwrap());
    token_of_kind(server, Kind::check(server.store(), role, &[ambito.to_owned()], comune).unwrap(), client_id)
}

/// The same of a client of this kind.
pub(crate) fn token_of_kind(server: &Server, kind: Kind, client_id: String) -> String {
    let secret = Secret::generate().unwrap();
    let name = "neighbour".to_owned();
    let new = NewClient { client_id: client_id.clone(), name, kind, secret_hash: Some(secret.hash().unwrap()) };
    wait(client::create(server.store(), &Operator::at_the_machine("test").clients(), new)).unwrap();
    let form = format!("grant_type=client_credentials&client_id={client_id}&client_secret={}", secret.expose());
    let answer = server.post("/oauth/token", &[("content-type", "application/x-www-form-urlencoded")], &form);
    answer.json()["access_token"].as_str().unwrap_or_else(|| panic!("{}", answer.body)).to_owned()
}
