//! `ambito import` as an operator runs it: a good folder is served, a wrong one is told whole and leaves nothing behind.
//!
//! What each file may hold, case by case, is tested in `api/src/exchange/tests`.

use std::path::{Path, PathBuf};

use api::auth::{Operator, Role};
use api::error::Error;
use api::exchange::{self, parse};
use api::store::import as store;
use serde_json::{Value, json};

use crate::support::database::Database;
use crate::support::process::{self, Ended, Running};
use crate::support::tables::{snapshot, wait};
use crate::support::{Server, own_folder, program};

const PLAN: &str = include_str!("../api/data/ambito-9/plan.toml");
const COMUNI: &str = include_str!("../api/data/ambito-9/comuni.csv");
const MEASUREMENTS: &str = include_str!("../api/data/ambito-9/measurements.csv");

/// The files of an Ambito: name and text.
type Files = [(&'static str, String); 3];

/// Ambito 9 under another code, with other comuni.
fn files() -> Files {
    let plan = PLAN.replace("\"017", "\"018").replacen("code = \"9\"", "code = \"10\"", 1);
    let comuni = COMUNI.replace("\n017", "\n018");
    [("plan.toml", plan), ("comuni.csv", comuni), ("measurements.csv", MEASUREMENTS.replace("\n017", "\n018"))]
}

/// The files with some text in the place of another, in whichever file has it.
fn changed(changes: &[(&str, &str)]) -> Files {
    let mut files = files();
    for (from, to) in changes {
        let file = files.iter_mut().find(|(_, text)| text.contains(from));
        let (_, text) = file.unwrap_or_else(|| panic!("no file has {from:?}"));
        *text = text.replacen(from, to, 1);
    }
    files
}

fn write(files: &Files) -> PathBuf {
    let folder = own_folder();
    for (name, text) in files {
        std::fs::write(folder.join(name), text).unwrap();
    }
    folder
}

/// A database with nothing in it but its tables.
fn fresh() -> Database {
    let database = Database::empty(&own_folder());
    database.migrate();
    database
}

/// The files of one more Ambito, that shares no comune with the first.
fn other_files() -> Files {
    let mut files = files().map(|(name, text)| (name, text.replace("\n018", "\n019").replace("\"018", "\"019")));
    files[0].1 = files[0].1.replacen("code = \"10\"", "code = \"11\"", 1);
    files
}

fn import(database: &Database, files: &Path) -> Ended {
    process::end(database.program(&["import", files.to_str().unwrap()]))
}

/// The import fails with exactly these lines, and the database is what it was.
fn check_refused(data: &Database, files: &Path, expected: &[&str]) {
    let before = snapshot(data);
    let ended = import(data, files);
    assert_eq!(ended.err.lines().collect::<Vec<_>>(), expected);
    assert_eq!((ended.code, ended.out.as_str()), (Some(1), ""), "{expected:?}");
    assert!(snapshot(data) == before, "something was written: {expected:?}");
}

/// Asks Ambito 10 of a database as its managing body, through `serve`.
fn ask_served(database: &Database, query: &str) -> Value {
    let key = own_folder().join("signing-key.pem");
    let made = process::run(&["key", "create", "--out", key.to_str().unwrap()], &[]);
    assert_eq!(made.code, Some(0), "{}", made.err);
    let client = ["client", "create", "--name", "Azienda", "--role", "AZIENDA", "--ambito", "10"];
    let client = process::end(database.program(&client));
    let field = |name: &str| client.out.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().to_owned();
    let settings = [
        ("AMBITO_DATABASE_URL", database.url()),
        ("AMBITO_SIGNING_KEY_FILES", key.to_str().unwrap().to_owned()),
        ("AMBITO_ISSUER", "https://ambito.example".to_owned()),
        ("AMBITO_LISTEN", "127.0.0.1:0".to_owned()),
        ("AMBITO_WORKERS", "1".to_owned()),
    ];
    let settings = settings.each_ref().map(|(name, value)| (*name, value.as_str()));
    let mut server = Running::start(program(&["serve"], &settings));
    let address = server.url("ambito serves");
    let (id, secret) = (field("client_id:"), field("client_secret:"));
    let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let granted = process::send("POST", &format!("{address}/oauth/token"), &headers, Some(&form)).json();
    process::ask(&address, granted["access_token"].as_str().unwrap(), query)
}

#[test]
fn a_good_folder_is_imported_and_served() {
    let (data, files) = (fresh(), write(&files()));
    let ended = import(&data, &files);
    let said = "imported: ambito 10, 20 comuni, 13 services, 3 plans, 3 of them approved\n";
    assert_eq!((ended.code, ended.out.as_str(), ended.err.as_str()), (Some(0), said, ""));
    let ask = |ambito: &str, comuni: &str| {
        format!(
            r#"{{ ambito(code: "{ambito}") {{ name plans {{ year status total municipalShare verification {{ holds }} }} }}
                comune(istatCode: "{comuni}103") {{ name amountDue(year: 2021) }} }}"#
        )
    };
    let served = ask_served(&data, &ask("10", "018"));
    for (at, year) in [2020, 2021, 2022].into_iter().enumerate() {
        let plan = &served["ambito"]["plans"][at];
        assert_eq!((&plan["year"], &plan["total"]), (&json!(year), &json!("3366000.00")));
        assert_eq!(plan["status"], "APPROVED");
    }
    // The same inputs give what they give in the demonstration.
    assert_eq!(served, Server::start().data(Role::Azienda, &ask("9", "017")));

    // Once is enough; and a comune is a member of one Ambito at a time.
    check_refused(&data, &files, &["ambito: argument ambito 10: It exists already. (DUPLICATE)"]);
    let other = write(&changed(&[("code = \"10\"", "code = \"11\"")]));
    check_refused(&data, &other, &["ambito: comune 018004: It exists already. (DUPLICATE)"]);
}

#[test]
fn a_budget_points_to_an_agreement_of_the_same_folder() {
    const AGREEMENTS: &str = "ambito = \"10\"\npartner = [{ code = \"COOP\", name = \"Cooperativa\" }]\n[[agreement]]\ncode = \"AFFIDO\"\nkind = \"TENDER\"
        version = [{ title = \"t\", starts_on = 2020-01-01, ends_on = 2020-01-31, partners = [\"COOP\"], services = [\"SAD\"], line = [
          { code = \"A\", year = 2020, service = \"SAD\", vat_regime = \"RATE\", vat_rate = \"5\", net = \"100.00\" } ] },
        { kind = \"RENEWAL\", title = \"t\", starts_on = 2020-02-01, ends_on = 2020-12-31, partners = [\"COOP\"], services = [\"SAD\"], line = [
          { code = \"A\", year = 2020, service = \"SAD\", vat_regime = \"RATE\", vat_rate = \"5\", net = \"380000.00\" } ] }]";
    let whole = "service = \"SAD\"\nyears = [2020, 2021, 2022]\namount = \"430000.00\"\nassumed = true\n\
                 rule = { kind = \"BY_MEASURE\", measure = \"HOURS\", assumed = true }\n";
    // 380,000.00 and 5% are 399,000.00; 31,000.00 are paid besides, of which the first month's act commits 105.00.
    let lines = "line = [\n\
                 { item = \"affidamento\", gross = \"399000.00\", vat_regime = \"RATE\", vat_rate = \"5\", agreement = \"AFFIDO\", agreement_line = \"A\", agreement_from = 2020-02-01 },\n\
                 { item = \"personale\", gross = \"31000.00\", vat_regime = \"OUT_OF_SCOPE\" },\n]\n";
    let of_2020 = whole.replace("[2020, 2021, 2022]", "[2020]") + lines;
    let split = format!("{of_2020}\n[[budget]]\n{}", whole.replace("[2020, 2021, 2022]", "[2021, 2022]"));
    let data = fresh();
    let folder = |split: &str| {
        let folder = write(&changed(&[(whole, split)]));
        std::fs::write(folder.join("agreements.toml"), AGREEMENTS).unwrap();
        folder
    };
    // Of a line that is not there, or is not of the year, its place is told, and nothing of the folder is written.
    let place = |plan: &Path| {
        let plan = std::fs::read_to_string(plan.join("plan.toml")).unwrap();
        plan.lines().position(|line| line.contains("item = \"affidamento\"")).unwrap() + 1
    };
    for (from, to, named) in [("line = \"A\"", "line = \"B\"", "line B"), ("[2020]", "[2021]", "line A")] {
        let mut wrong = split.replacen(from, to, 1);
        if to == "[2021]" {
            wrong = wrong.replacen("[2021, 2022]", "[2020, 2022]", 1);
        }
        let folder = folder(&wrong);
        let told =
            format!("ambito: argument plan.toml:{}: agreement AFFIDO, {named}: Not found. (NOT_FOUND)", place(&folder));
        check_refused(&data, &folder, &[told.as_str()]);
    }
    let half = folder(&split.replacen(", agreement_line = \"A\"", "", 1));
    let told = format!("plan.toml:{}: `agreement` and `agreement_line` stand together", place(&half));
    check_refused(&data, &half, &[told.as_str()]);
    check_agreed(&data, &split, (AGREEMENTS, folder, place));
    let ended = import(&data, &folder(&split));
    let said = "imported: ambito 10, 20 comuni, 13 services, 3 plans, 3 of them approved\n\
                imported: ambito 10, 1 partners, 1 agreements, 2 versions of them\n";
    assert_eq!((ended.code, ended.out.as_str(), ended.err.as_str()), (Some(0), said, ""));
    let served = ask_served(
        &data,
        r#"{ ambito(code: "10") { plan(year: 2020) { total verification { holds } budget(service: "SAD") { lines { item gross agreementLine { agreement version code } } } } } }"#,
    );
    let lines = json!([
        { "item": "affidamento", "gross": "399000.00", "agreementLine": { "agreement": "AFFIDO", "version": 2, "code": "A" } },
        { "item": "personale", "gross": "31000.00", "agreementLine": null },
    ]);
    let plan = &served["ambito"]["plan"];
    assert_eq!((&plan["total"], &plan["verification"]["holds"]), (&json!("3366000.00"), &json!(true)));
    assert_eq!(plan["budget"]["lines"], lines);
}

/// A pointer that two acts of the year fit, and plans below what is agreed, are refused with their place; nothing of the folder is written.
fn check_agreed(
    data: &Database,
    split: &str,
    (agreements, folder, place): (&str, impl Fn(&str) -> PathBuf, impl Fn(&Path) -> usize),
) {
    let before = snapshot(data);
    // 380,000.01 and 5% are 399,000.01. The service has 31,000.00 besides: 29,523.81 and 5% are 31,000.00, 29,523.82 are 31,000.01.
    let more = agreements.replace("\"380000.00\"", "\"380000.01\"");
    let besides = agreements.replace("\"100.00\"", "\"29523.82\"");
    let two = split.replacen(", agreement_from = 2020-02-01", "", 1);
    for (plan, agreements, at_line, told) in [
        (two.as_str(), agreements, true, "agreement AFFIDO, line A: Several acts of the agreement"),
        (
            split,
            more.as_str(),
            true,
            "plan 2020: budgets.SAD.lines.0: The budget lines that point to the line AFFIDO/A (399000.00 euro) are below what that commits (399000.01 euro)",
        ),
        (
            split,
            besides.as_str(),
            false,
            "plan 2020: budgets.SAD.amount: The budget (430000.00 euro) is below what agreements commit (430000.01 euro)",
        ),
    ] {
        let folder = folder(plan);
        std::fs::write(folder.join("agreements.toml"), agreements).unwrap();
        let ended = import(data, &folder);
        let text = std::fs::read_to_string(folder.join("plan.toml")).unwrap();
        let line = place(&folder);
        let of_budget =
            || text.lines().take(line).collect::<Vec<_>>().iter().rposition(|one| *one == "[[budget]]").unwrap() + 1;
        let told = format!("plan.toml:{}: {told}", if at_line { line } else { of_budget() });
        assert_eq!((ended.code, ended.out.as_str()), (Some(1), ""), "{told}");
        assert!(ended.err.contains(&told), "{told}: {}", ended.err);
    }
    assert!(snapshot(data) == before, "something was written");
}

#[test]
fn several_folders_are_read_before_the_first_is_written() {
    let (data, one, other) = (fresh(), write(&files()), write(&other_files()));
    let wrong = write(&changed(&[("region = \"Lombardia\"", "regione = \"Lombardia\"")]));
    let import = |folders: [&Path; 2]| {
        let [first, second] = folders.map(|folder| folder.to_str().unwrap());
        process::end(data.program(&["import", first, second]))
    };
    let before = snapshot(&data);
    let ended = import([&one, &wrong]);
    let place = wrong.display();
    let told = [
        format!("{place}: plan.toml:6: `region` is missing"),
        format!("{place}: plan.toml:9: unknown key \"regione\""),
    ];
    assert_eq!((ended.code, ended.out.as_str()), (Some(1), ""));
    assert_eq!(ended.err.lines().collect::<Vec<_>>(), told);
    assert!(snapshot(&data) == before, "something was written");

    let ended = import([&one, &other]);
    let said = |code| format!("imported: ambito {code}, 20 comuni, 13 services, 3 plans, 3 of them approved\n");
    assert_eq!((ended.code, ended.out, ended.err.as_str()), (Some(0), said(10) + &said(11), ""));
}

#[test]
fn a_plan_without_a_resolution_stays_a_draft() {
    let act = "[plan.resolution]\nnumber = \"presunta-2022\"\ndate = 2021-12-13\nbody = \"Assemblea dei Sindaci\"\n";
    let rest = "subject = \"Approvazione del piano annuale 2022 (atto presunto, non indicato dal documento)\"\nassumed = true\n";
    let (data, files) = (fresh(), write(&changed(&[(&format!("{act}{rest}"), "")])));
    let ended = import(&data, &files);
    let said = "imported: ambito 10, 20 comuni, 13 services, 3 plans, 2 of them approved\n";
    assert_eq!((ended.code, ended.out.as_str()), (Some(0), said), "{}", ended.err);
    let query = r#"{ ambito(code: "10") { plan(year: 2022) { id } plans { status resolution { number } } } }"#;
    let approved = |number: &str| json!({ "status": "APPROVED", "resolution": { "number": number } });
    let plans =
        [approved("presunta-2020"), approved("presunta-2021"), json!({ "status": "DRAFT", "resolution": null })];
    assert_eq!(ask_served(&data, query), json!({ "ambito": { "plan": null, "plans": plans } }));
}

/// An Ambito may come without a fund for what the comuni pay; its coverage adds up all the same.
#[test]
fn an_ambito_without_a_fund_of_the_comuni_has_its_coverage() {
    let fund = "[[fund]]\ncode = \"QUOTA_COMUNI\"\nname = \"Quota dei Comuni\"\nlevel = \"COMUNI\"\n";
    let mut files = changed(&[(fund, "")]);
    let plan = files[0].1.replace("[\"QUOTA_COMUNI\"]", "[]").replace(", \"QUOTA_COMUNI\"", "");
    files[0].1 = plan;
    let data = fresh();
    let ended = import(&data, &write(&files));
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    let query = r#"{ ambito(code: "10") { plan(year: 2020) { municipalShare coverage { fund { level } amount } } } }"#;
    let plan = &ask_served(&data, query)["ambito"]["plan"];
    let of_comuni = json!({ "fund": { "level": "COMUNI" }, "amount": plan["municipalShare"] });
    assert!(plan["coverage"].as_array().unwrap().contains(&of_comuni), "{plan}");
}

/// What is changed, from what to what, and every line that is told.
type Wrong = (&'static [(&'static str, &'static str)], &'static [&'static str]);

#[rustfmt::skip]
const WRONG: &[Wrong] = &[
    (&[("A188", "188")], &["comuni.csv:2: `cadastral_code`: not a cadastral code such as A188 (found \"188\")"]),
    (&[("year = 2021", "year = \"2021\"")], &["plan.toml:300: `year`: a year between 1990 and 2200 is expected, without quotes"]),
    (&[("level = \"STATE\"", "level = \"STATO\"")], &["plan.toml:30: `level`: one of EUROPE, STATE, REGION, COMUNI, PARTNER, USERS, OTHER is expected (found \"STATO\")"]),
    (&[("  \"018195\",", "  \"018999\",")], &["plan.toml:166: `participants`: no comune of the Ambito has the code 018999"]),
    (&[("018004,HOURS,ADM,83.25", "018004,HOURS,ADM,8e3")], &["measurements.csv:164: `value`: not a plain decimal number with at most six decimals (found \"8e3\")"]),
    (&[("018078,Ghedi", "018078;Ghedi")], &["comuni.csv:8: 5 columns are expected, 4 are here"]),
    (&[("region = \"Lombardia\"", "regione = \"Lombardia\""), ("percent = \"20\"", "percent = 20"), ("018004,RESIDENTS,,2406,2020-01-01", "018004,RESIDENTS,,2406,2020-13-01")], &[
        "measurements.csv:42: `reference_date`: not a day such as 2020-12-31 (found \"2020-13-01\")",
        "plan.toml:6: `region` is missing",
        "plan.toml:9: unknown key \"regione\"",
        "plan.toml:340: `percent`: write the number in quotes, as a text: TOML's own numbers are not exact",
    ]),
];

#[test]
fn every_problem_is_told_with_file_line_and_reason_and_nothing_is_written() {
    let data = fresh();
    for (changes, expected) in WRONG {
        check_refused(&data, &write(&changed(changes)), expected);
    }
}

/// What is changed in a file, from what to what, and the record that the refusal names.
#[rustfmt::skip] // One line a case.
const PERSONAL: &[(&str, &str, &str)] = &[
    ("code = \"10\"", "code = \"RSSMRA80A01B157X\"", "ambito, code"),
    ("managing_body = \"Azienda", "managing_body = \"tel. 030 9876543 Azienda", "ambito, managing_body"),
    ("legal_form = \"azienda", "legal_form = \"mario.rossi@example.it azienda", "ambito, legal_form"),
    ("title = \"Piano", "title = \"RSSMRA80A01B157X Piano", "programme, title"),
    ("note = \"Il documento", "note = \"RSSMRA80A01B157X Il documento", "programme, note"),
    ("name = \"Fondo Sociale Regionale\"", "name = \"Lascito di RSSMRA80A01B157X\"", "fund 3, name"),
    ("name = \"Staff operativo aziendale\"", "name = \"Staff di rss mra 80a01 b157x\"", "service STAFF, name"),
    ("area = \"Gestione Azienda\"", "area = \"RSSMRA80A01B157X\"", "service STAFF, area"),
    ("tasks = [\"direzione\"", "tasks = [\"RSSMRA80A01B157X\"", "service STAFF, tasks"),
    ("\"procedure gestionali definite\"", "\"RSSMRA80A01B157X\"", "service STAFF, indicators"),
    ("name = \"PON SIA (inclusione attiva)\"", "name = \"Progetto RSSMRA80A01B157X\"", "service PROGETTI-UDP, project 1, name"),
    ("name = \"Vita indipendente\"", "name = \"Vita di RSSMRA80A01B157X\"", "service TITOLI, benefit measure 1, name"),
    ("note = \"Budget del piano", "note = \"340 1234567 Budget del piano", "plan 2020, note"),
    ("body = \"Assemblea", "body = \"RSSMRA80A01B157X, Assemblea", "plan 2020, resolution, body"),
    ("note = \"ogni comune paga", "note = \"RSSMRA80A01B157X ogni comune paga", "plan 2020, service ADM, rule_note"),
    (",Alfianello,", ",RSSMRA80A01B157X,", "comune 018004, name"),
];

#[test]
fn what_tells_of_somebody_is_refused_and_nothing_is_written() {
    let server = Server::start();
    let before = snapshot(server.database());
    for &(from, to, record) in PERSONAL {
        let [(_, plan), (_, comuni), (_, measurements)] = changed(&[(from, to)]);
        let bundle =
            parse(&exchange::Files::new(plan, comuni, measurements)).unwrap_or_else(|problems| panic!("{problems:#?}"));
        let refused = wait(store::import(server.store(), &Operator::at_the_machine("test"), &bundle)).unwrap_err();
        let Error::Refusal(refusal) = &refused else { panic!("{refused}") };
        assert_eq!((refusal.code.as_str(), refusal.argument.as_deref()), ("PERSONAL_DATA", Some(record)), "{to}");
        assert!(!refused.to_string().contains("80A01"), "{refused}");
    }
    assert!(snapshot(server.database()) == before, "what was refused changed something");
}

#[test]
fn a_folder_that_is_not_there_and_a_database_that_is_not_there() {
    let data = fresh();
    let missing = own_folder().join("nowhere");
    let sentence =
        format!("ambito: the folder {} cannot be read: No such file or directory (os error 2)", missing.display());
    check_refused(&data, &missing, &[&sentence]);
    let empty = own_folder();
    check_refused(
        &data,
        &empty,
        &[
            "comuni.csv:1: the file is missing",
            "measurements.csv:1: the file is missing",
            "plan.toml:1: the file is missing",
        ],
    );
    let nowhere = Database::in_folder(&empty);
    let ended = import(&nowhere, &write(&files()));
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("`ambito migrate` makes one") && ended.err.lines().count() == 1, "{}", ended.err);
    assert_eq!(std::fs::read_dir(&empty).unwrap().count(), 0, "a database was made");
}
