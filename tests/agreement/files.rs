//! Files of agreements: what is wrong with one is told whole, and nothing of it is written.

use api::auth::{Operator, Role};
use api::error::{Error, Result};
use api::exchange::{AgreementFile, parse_agreements};
use api::store::agreement::import::{self, Imported};
use serde_json::json;

use super::codes;
use crate::support::database::Database;
use crate::support::process;
use crate::support::tables::{snapshot, wait};
use crate::support::{Server, own_folder};

const CREMA: &str = include_str!("../../api/data/crema/agreements.toml");
const CREMONA: &str = include_str!("../../api/data/cremona/agreements.toml");

/// Takes in a file of agreements that has no problem.
pub(super) fn import(server: &Server, text: &str) -> Result<Imported> {
    let bundle = parse_agreements(&AgreementFile::new(text)).unwrap_or_else(|problems| panic!("{problems:#?}"));
    wait(import::import(server.store(), &Operator::at_the_machine("test"), &bundle))
}

/// What is changed in a file, from what to what; then line and part of the reason of every problem.
type Case = (&'static str, &'static str, &'static [(usize, &'static str)]);

fn check(file: &str, cases: &[Case]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (from, to, expected) in cases {
        let changed = if from.is_empty() { format!("{file}{to}") } else { file.replacen(from, to, 1) };
        assert_ne!(changed, file, "{from:?} is not in the file");
        let found = parse_agreements(&AgreementFile::new(changed)).err().unwrap_or_default();
        let same = found.len() == expected.len()
            && found.iter().zip(*expected).all(|(problem, (line, part))| {
                problem.file == "agreements.toml" && problem.line == *line && problem.reason.contains(part)
            });
        if !same {
            let found: Vec<_> = found.iter().map(|problem| format!("  {problem}")).collect();
            wrong.push(format!("{from:?} -> {to:?}: expected {expected:?}, found\n{}", found.join("\n")));
        }
    }
    wrong
}

/// Of the file of Cremona.
#[rustfmt::skip]
const SHAPE: &[Case] = &[
    ("region = \"Lombardia\"\n", "", &[(4, "`region` is missing")]),
    ("[[comune]]", "[[comuni]]", &[(11, "unknown key \"comuni\""), (25, "`grantor`: no comune has the code 019036")]),
    ("code = \"CREMONA\"", "code = \"cremona\"", &[(5, "not a code")]),
    ("istat_code = \"019036\"", "istat_code = \"19036\"", &[(12, "")]),
    ("member_from = 2024-09-01", "member_from = \"2024-09-01\"", &[(16, "without quotes")]),
    ("name = \"Consorzio Sol.Co Cremona\"", "name = \"Consorzio\"\ntax_code = \"RSSMRA80A01D150X\"", &[(21, "that of a person is not recorded")]),
    ("kind = \"COLLABORATION\"", "kind = \"FRIENDSHIP\"", &[(24, "one of SERVICE_CONTRACT, CO_DESIGN")]),
    ("grantor = \"019036\"", "grantor = \"019035\"", &[(25, "no comune has the code 019035")]),
    ("partners = [\"SOLCO\"]", "partners = []", &[(34, "at least one partner")]),
    ("partners = [\"SOLCO\"]", "partners = [\"SOLCO\", \"ALTRI\"]", &[(34, "no partner has the code ALTRI")]),
    ("partners = [\"SOLCO\"]", "partners = [\"SOLCO\", \"SOLCO\"]", &[(34, "SOLCO stands here twice")]),
    ("starts_on = 2024-09-01", "starts_on = 2026-09-01", &[(31, "the period ends before it begins")]),
    ("starts_on = 2024-09-01", "kind = \"ORIGINAL\"\nstarts_on = 2024-09-01", &[(30, "unknown key \"kind\"")]),
    ("every_months = 4", "every_months = 0", &[(35, "a whole number from 1")]),
    ("every_months = 4", "every_months = \"4\"", &[(35, "a whole number from 1")]),
    ("every_months = 4", "every_months = 4, day = \"06-30\"", &[(35, "either `day` or `every_months`")]),
    ("kind = \"PROGRAMME\"", "kind = \"PARTY\"", &[(35, "one of MONITORING, PLANNING, PROGRAMME")]),
    ("", "\n[[agreement]]\ncode = \"PREADOLESCENTI\"\nkind = \"TENDER\"\n", &[(54, "`version` is missing"), (55, "PREADOLESCENTI stands already in line 23")]),
    ("[[agreement.version]]", "[agreement.version]", &[(28, "a list is expected, not a table")]),
];

#[rustfmt::skip]
const MONEY: &[Case] = &[
    ("year = 2024", "year = 2023", &[(39, "2023 is not in the period")]),
    ("{ code = \"2025\"", "{ code = \"2024\"", &[(42, "2024 stands already in line 39")]),
    ("gross = \"13000.00\", vat_regime", "vat_regime", &[(39, "a line needs `net` or `gross`")]),
    ("gross = \"13000.00\", vat_regime", "gross = \"13000.0\", vat_regime", &[(39, "exactly two decimals")]),
    ("gross = \"13000.00\", vat_regime", "gross = 13000.00, vat_regime", &[(39, "write the number in quotes")]),
    ("gross = \"13000.00\", vat_regime = \"OUT_OF_SCOPE\"", "gross = \"13000.00\", vat_regime = \"RATE\"", &[(39, "`vat_rate` is missing")]),
    ("gross = \"13000.00\", vat_regime = \"OUT_OF_SCOPE\"", "gross = \"13000.00\", vat_regime = \"RATE\", vat_rate = \"101\"", &[(39, "up to 100")]),
    ("gross = \"13000.00\", vat_regime", "gross = \"13000.00\", vat = \"1.00\", vat_regime", &[(39, "0.00 is expected here, not 1.00")]),
    ("vat_regime = \"OUT_OF_SCOPE\"", "vat_regime = \"OUT_OF_SCOPE\", area = \"1\"", &[(39, "no area has the code 1")]),
    ("gross = \"1995.00\"", "gross = \"2000.00\"", &[(40, "1995.00 is expected here, not 2000.00")]),
    ("hours = \"76\", hourly_cost = \"26.25\"", "hours = \"76\"", &[(40, "`hourly_cost` is missing")]),
    ("hours = \"76\", hourly_cost = \"26.25\", ", "", &[(40, "a part needs `months` and `fee`")]),
    ("vat_regime = \"OUT_OF_SCOPE\"", "vat_regime = \"OUT_OF_SCOPE\", sum_of_parts = true", &[(39, "1995.00 is expected here, not 13000.00")]),
    ("{ label = \"tranche 1\", from", "{ label = \"tranche 1\", fram", &[(49, "stand together")]),
    ("due = 2025-01-31", "due = 2024-08-31", &[(49, "before the period")]),
    ("amount = \"9000.00\" },\n  { label = \"tranche 2\"", "amount = \"0.00\" },\n  { label = \"tranche 2\"", &[(49, "more than nothing")]),
    ("from = 2024-09-01, to = 2024-12-31", "from = 2024-08-31, to = 2024-12-31", &[(48, "2024-08-31 is not in the period")]),
];

/// Of the file of Crema.
#[rustfmt::skip]
const LARGER: &[Case] = &[
    ("gross = \"222450.76\"", "gross = \"222450.77\"", &[(47, "213894.96 and 8555.80 of VAT are 222450.76; 222450.76 is expected here, not 222450.77")]),
    ("fee = \"8022.00\"", "fee = \"8023.00\"", &[(52, "75095.28 is expected here, not 75085.92"), (52, "72207.00 is expected here, not 72198.00")]),
    ("months = 8", "hours = \"8\", hourly_cost = \"1.00\"", &[(51, "not 21216.00"), (51, "not 20400.00"), (51, "unknown key \"fee\"")]),
    ("percent = \"1\", amount = \"8674.02\"", "percent = \"1\", amount = \"8674.00\"", &[(112, "1 percent of 867402.01 is 8674.02, not 8674.00")]),
    ("percent = \"1\", amount = \"8674.02\"", "detail = []", &[(112, "a contribution needs `amount` or `percent`")]),
    ("item = \"sportelli\", amount = \"9560.00\"", "item = \"sportelli\", amount = \"9560.01\"", &[(93, "the items add up to 29530.01, not to 29530.00")]),
    ("partner = \"SUL_SERIO\", amount = \"5500.00\"", "partner = \"ALTRI\", amount = \"5500.00\"", &[(91, "ALTRI is no partner of the version")]),
    ("item = \"criteri d'accesso\", by = \"2015-04\"", "item = \"criteri d'accesso\"", &[(137, "either `from` or `by`")]),
    ("item = \"criteri d'accesso\", by = \"2015-04\"", "item = \"criteri d'accesso\", by = \"2015-13\"", &[(137, "not a month")]),
    ("item = \"criteri d'accesso\", by = \"2015-04\"", "item = \"criteri d'accesso\", by = 2015-02-28", &[(137, "2015-02-28 is not in the period")]),
    ("code = \"2015-3-02\"", "code = \"2015-3-01\"", &[(130, "2015-3-01 stands already in line 129")]),
    ("total = \"1807969.00\"", "total = \"1807968.00\"", &[(163, "is 1807969.00, not 1807968.00")]),
    ("kind = \"RENEWAL\"\n", "", &[(154, "`kind` is missing")]),
    ("{ code = \"2\", name = \"Contrasto alla povertà\" }", "{ code = \"2\", name = \"Contrasto alla povertà\", public = \"1.00\" }", &[(166, "need a `year`")]),
    ("gross = \"1241814.77\" },\n]", "gross = \"1241814.78\" },\n]", &[(86, "`gross`: the sum of the year is 1241814.77, not 1241814.78")]),
    ("contributions = \"113954.02\"", "contributions = \"105280.00\"", &[(84, "the sum of the year is 113954.02, not 105280.00")]),
    ("{ year = 2016, net = \"1098962.11\", gross", "{ year = 2018, net = \"1098962.11\", gross", &[(85, "2018 is not in the period")]),
];

/// What an act would refuse whatever there is, told with its line; of the file of Cremona.
#[rustfmt::skip]
const ALONE: &[Case] = &[
    ("{ kind = \"PROGRAMME\", every_months = 4 }", "{ kind = \"PROGRAMME\", every_months = 121 }", &[(35, "agreement PREADOLESCENTI: `everyMonths`: The months are from 1 to 120")]),
    ("{ kind = \"PROGRAMME\", every_months = 4 }", "{ kind = \"PROGRAMME\", every_months = 4 }, { kind = \"PROGRAMME\", every_months = 4 }", &[(35, "agreement PREADOLESCENTI: `recurrences`: It exists already")]),
    ("hours = \"76\"", "hours = \"800\"", &[(40, "not 1995.00")]),
    ("hours = \"76\", hourly_cost = \"26.25\", gross = \"1995.00\"", "hours = \"800\", hourly_cost = \"26.25\"", &[(39, "agreement PREADOLESCENTI: `parts`: The parts (21000.00 euro) are above the line (13000.00 euro)")]),
    ("hours = \"76\", hourly_cost = \"26.25\", gross = \"1995.00\"", "months = 1201, fee = \"1.00\"", &[(39, "agreement PREADOLESCENTI: `months`: The months are from 1 to 1200")]),
];

/// Lines whose net and VAT are those of their gross amount alone: 0.13 / 1.04 is 0.125, rounded up to 0.13, and its VAT what is left, 0.00; 4% of 0.13 are 0.01.
#[test]
fn a_file_takes_the_amounts_that_an_act_takes() {
    let server = Server::start();
    let file = |code: &str, amounts: &str| {
        format!(
            "ambito = \"9\"\n[[agreement]]\ncode = \"{code}\"\nkind = \"TENDER\"\nversion = [{{ title = \"t\", starts_on = 2020-01-01, \
             ends_on = 2020-12-31, partners = [\"ALFA\"], line = [\n{{ code = \"A\", year = 2020, vat_regime = \"RATE\", vat_rate = \"4\", {amounts} }} ] }}]"
        )
    };
    let told = |given: &str| {
        let query = r#"{ ambito(code: "9") { agreements(first: 100) { nodes { code version(asOf: "2020-06-30") { digest lines { given net vat gross } } } } } }"#;
        let nodes = server.data(Role::Azienda, query)["ambito"]["agreements"]["nodes"].take();
        nodes.as_array().unwrap().iter().find(|node| node["code"] == given).unwrap()["version"].clone()
    };
    import(&server, &file("FILE", "net = \"0.13\", vat = \"0.00\", gross = \"0.13\"")).unwrap();
    let line = json!({ "code": "A", "year": 2020, "vatRegime": "RATE", "vatRate": "4", "net": "0.13", "vat": "0.00", "gross": "0.13" });
    let given = super::writing::terms("2020-01-01", "2020-12-31", json!({ "lines": [line] }));
    super::writing::add(&server, "ATTO", given);
    let expected = json!([{ "given": "GROSS", "net": "0.13", "vat": "0.00", "gross": "0.13" }]);
    assert_eq!((&told("FILE")["lines"], &told("ATTO")["lines"]), (&expected, &expected));
    // What fits neither way is refused by both.
    for amounts in
        ["net = \"0.13\", vat = \"0.00\"", "net = \"0.13\", gross = \"0.15\"", "gross = \"0.13\", vat = \"0.01\""]
    {
        let found = parse_agreements(&AgreementFile::new(file("ALTRO", amounts))).unwrap_err();
        assert!(found.iter().all(|one| one.line == 6 && one.reason.starts_with("agreement ALTRO: ")), "{found:?}");
    }
}

#[test]
fn every_broken_file_gets_every_problem() {
    let wrong = [check(CREMONA, SHAPE), check(CREMONA, MONEY), check(CREMONA, ALONE), check(CREMA, LARGER)].concat();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn agreements_of_an_ambito_that_is_there_are_added_to_it() {
    let server = Server::start();
    let text = "ambito = \"9\"\npartner = [{ code = \"ALFA\", name = \"Un altro nome\" }]\n[[agreement]]\ncode = \"ADM\"\nkind = \"ENTRUSTMENT\"
        version = [{ title = \"Affidamento\", starts_on = 2021-01-01, ends_on = 2021-12-31, partners = [\"ALFA\"], services = [\"ADM\"] }]";
    let done = import(&server, text).unwrap();
    // What is there already stays as it is.
    assert_eq!(done, Imported { ambito: "9".to_owned(), partners: 0, agreements: 1, versions: 1 });
    let query = r#"{ ambito(code: "9") { agreements { nodes { code grantor grantorComune { name } version(asOf: "2021-06-30") {
        partners { name } services { code } } } } } }"#;
    let nodes = server.data(Role::Azienda, query)["ambito"]["agreements"]["nodes"].take();
    let expected = json!([{
        "code": "ADM", "grantor": "Azienda Territoriale per i Servizi alla Persona", "grantorComune": null,
        "version": { "partners": [{ "name": "Cooperativa Alfa" }], "services": [{ "code": "ADM" }] },
    }]);
    assert_eq!(nodes, expected);
    // The file is right, and the server is not as it says: nothing of it is written.
    let before = snapshot(server.database());
    for (from, to, code) in [
        ("ambito = \"9\"", "ambito = \"X\"", "NOT_FOUND"),
        ("services = [\"ADM\"]", "services = [\"XXX\"]", "NOT_FOUND"),
        ("partners = [\"ALFA\"]", "partners = [\"XXX\"]", "NOT_FOUND"),
        ("code = \"ADM\"", "code = \"ADM\"", "DUPLICATE"),
        ("kind = \"ENTRUSTMENT\"", "kind = \"ENTRUSTMENT\"\ngrantor = \"019035\"", "NOT_A_MEMBER"),
    ] {
        let other = text.replacen(from, to, 1);
        let other = if code == "DUPLICATE" { other } else { other.replacen("code = \"ADM\"", "code = \"ALTRO\"", 1) };
        let fault = import(&server, &other).unwrap_err();
        assert_eq!(fault.code().as_str(), code, "{to}");
        // What was refused of an agreement is told with its line and its code: the version stands in line 6, the agreement in line 3.
        let Error::Refusal(refusal) = fault else { panic!("{to}") };
        let (line, named) = match to.split(' ').next().unwrap() {
            "ambito" => continue,
            "code" => (3, "agreement ADM: code"),
            "services" => (6, "agreement ALTRO: services.0"),
            "partners" => (6, "agreement ALTRO: partners.0"),
            _ => (3, "agreement ALTRO: grantorComune"),
        };
        assert_eq!(refusal.argument.as_deref(), Some(format!("agreements.toml:{line}: {named}").as_str()), "{to}");
    }
    assert!(snapshot(server.database()) == before, "something was written");
    assert_eq!(codes(&server, &server.token_of(Role::Azienda), "9", ""), json!(["ADM"]));
}

#[test]
fn the_command_takes_a_folder_of_agreements() {
    let database = Database::empty(&own_folder());
    database.migrate();
    let folder = own_folder();
    std::fs::write(folder.join("agreements.toml"), CREMA).unwrap();
    let ended = process::end(database.program(&["import", folder.to_str().unwrap()]));
    let told = "imported: ambito CREMA, 1 partners, 1 agreements, 2 versions of them\n";
    assert_eq!((ended.code, ended.out.as_str(), ended.err.as_str()), (Some(0), told, ""));
    let before = snapshot(&database);
    std::fs::write(folder.join("agreements.toml"), CREMA.replace("\"222450.76\"", "\"222450.77\"")).unwrap();
    let ended = process::end(database.program(&["import", folder.to_str().unwrap()]));
    let problem = "agreements.toml:47: agreement COPROGETTAZIONE: `gross`: 213894.96 and 8555.80 of VAT are 222450.76; 222450.76 is expected here, not 222450.77\n";
    assert_eq!((ended.code, ended.out.as_str(), ended.err.as_str()), (Some(1), "", problem));
    // Beside a plan, the problems of all files are told.
    std::fs::write(folder.join("plan.toml"), "[ambito]\n").unwrap();
    let ended = process::end(database.program(&["import", folder.to_str().unwrap()]));
    assert_eq!(ended.code, Some(1));
    for part in [problem, "comuni.csv:1: the file is missing", "plan.toml:1: `code` is missing"] {
        assert!(ended.err.contains(part), "{part}: {}", ended.err);
    }
    assert!(snapshot(&database) == before, "something was written");
}
