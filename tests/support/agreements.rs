//! Agreements for tests: those of the demonstration, and as many small ones as a test needs.

use std::fmt::Write;

use api::auth::Operator;
use api::auth::secret::Secret;
use api::exchange::{self, AgreementFile};
use api::store::agreement::import;
use api::store::client::{self, Kind, NewClient};

use super::Server;
use super::tables::wait;

/// Adds the agreements of the demonstration, each of an Ambito of its own.
pub(crate) fn add(server: &Server) {
    for bundle in exchange::agreements().unwrap() {
        wait(import::import(server.store(), &Operator::at_the_machine("test"), &bundle)).unwrap();
    }
}

/// Adds so many agreements to an Ambito that is there, with something in each of their tables, and a second version. They are with a partner of the
/// Ambito's own, and tied to one of its services.
pub(crate) fn add_small(server: &Server, ambito: &str, of: (&str, &str), count: usize) {
    let codes: Vec<String> = (1..=count).map(|number| format!("S{number:03}")).collect();
    add_of(server, ambito, of, &codes, &[2020, 2021]);
}

/// The same with these codes, and a version of each of these years.
pub(crate) fn add_of(server: &Server, ambito: &str, (partner, service): (&str, &str), codes: &[String], years: &[i32]) {
    let mut text = format!("ambito = \"{ambito}\"\n[[partner]]\ncode = \"{partner}\"\nname = \"Cooperativa\"\n");
    for code in codes {
        let _ = write!(text, "[[agreement]]\ncode = \"{code}\"\nkind = \"SERVICE_CONTRACT\"\n");
        for (at, year) in years.iter().enumerate() {
            let kind = if at == 0 { "" } else { "kind = \"RENEWAL\"\n" };
            let _ = write!(
                text,
                r#"[[agreement.version]]
{kind}title = "Contratto"
starts_on = {year}-01-01
ends_on = {year}-12-31
partners = ["{partner}"]
services = ["{service}"]
area = [{{ code = "A" }}]
line = [{{ code = "L", year = {year}, area = "A", service = "{service}", sum_of_parts = true, vat_regime = "EXEMPT", part = [
  {{ item = "canone", months = 12, fee = "100.00" }},
] }}]
contribution = [{{ year = {year}, area = "A", partner = "{partner}", amount = "10.00", detail = [{{ item = "x", amount = "10.00" }}] }}]
instalment = [{{ label = "unica", due = {year}-06-30, amount = "1200.00" }}]
milestone = [{{ code = "M{year}", item = "avvio", from = {year}-01-01 }}]
recurrence = [{{ kind = "MONITORING", day = "06-30" }}]
perimeter = [{{ year = {year}, public = "1200.00", private = "10.00" }}]
programme = [{{ code = "P", name = "Programma" }}]
"#
            );
        }
    }
    let bundle = exchange::parse_agreements(&AgreementFile::new(text)).unwrap();
    wait(import::import(server.store(), &Operator::at_the_machine("test"), &bundle)).unwrap();
}

/// A token of a new client that speaks for a partner.
pub(crate) fn partner_token(server: &Server, ambito: &str, partner: &str) -> String {
    let secret = Secret::generate().unwrap();
    let client_id = format!("partner-{ambito}-{partner}").to_lowercase();
    let kind = Kind::of_partner(server.store(), ambito, partner).unwrap();
    let name = "partner".to_owned();
    let new = NewClient { client_id: client_id.clone(), name, kind, secret_hash: Some(secret.hash().unwrap()) };
    wait(client::create(server.store(), &Operator::at_the_machine("test").clients(), new)).unwrap();
    let form = format!("grant_type=client_credentials&client_id={client_id}&client_secret={}", secret.expose());
    let answer = server.post("/oauth/token", &[("content-type", "application/x-www-form-urlencoded")], &form);
    answer.json()["access_token"].as_str().unwrap_or_else(|| panic!("{}", answer.body)).to_owned()
}
