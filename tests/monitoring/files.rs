//! Files of monitoring: what is refused is told with its line and writes nothing, and what a file leaves out stays.

use api::auth::Operator;
use api::error::{Error, Result};
use api::exchange::{MonitoringFile, parse_monitoring};
use api::store::monitoring::import::{self, Imported};

use super::*;
use crate::support::own_folder;
use crate::support::process;
use crate::support::tables::{snapshot, wait};

const FILE: &str = r#"ambito = "9"
[[field]]
code = "PERSONE"
name = "Persone seguite"
kind = "NUMBER"
[[field]]
code = "NOTE"
name = "Annotazioni"
kind = "TEXT"
[[indicator]]
service = "STAFF"
name = "obiettivi del piano di zona raggiunti"
unit = "percento"
target = "80"
at_most = true
counts_people = false
[[indicator.reading]]
read_on = 2020-12-31
value = "62.5"
source = "prima relazione"
assumed = true
[[indicator.reading]]
read_on = 2021-12-31
value = "81"
source = "seconda relazione"
"#;

fn import(server: &Server, text: &str) -> Result<Imported> {
    let bundle = parse_monitoring(&MonitoringFile::new(text)).unwrap_or_else(|problems| panic!("{problems:#?}"));
    wait(import::import(server.store(), &Operator::at_the_machine("test"), &bundle))
}

/// What is changed in the file, from what to what; then the code of the refusal, the line, and the record and the part of it.
#[rustfmt::skip] // One line a case.
fn refused() -> Vec<(&'static str, String, &'static str, &'static str)> {
    let goals = "obiettivi del piano di zona raggiunti";
    vec![
        ("ambito = \"9\"", "ambito = \"ZZ\"".to_owned(), "NOT_FOUND", "1: ambito ZZ"),
        ("Persone seguite", "Persone di RSSMRA80A01B157X".to_owned(), "PERSONAL_DATA", "4: field PERSONE: name"),
        ("Annotazioni", "x".repeat(201), "INVALID", "8: field NOTE: name"),
        ("kind = \"TEXT\"", "kind = \"TEXT\"\ncounts_people = true".to_owned(), "INVALID", "10: field NOTE: countsPeople"),
        ("service = \"STAFF\"", "service = \"NIENTE\"".to_owned(), "NOT_FOUND", "11: indicator * of NIENTE: service"),
        (goals, "altro".to_owned(), "NOT_FOUND", "12: indicator altro of STAFF: name"),
        ("percento", "x".repeat(101), "INVALID", "13: indicator * of STAFF: unit"),
        ("\"80\"", "\"1000000000000.000001\"".to_owned(), "OVERFLOW", "14: indicator * of STAFF: target"),
        ("2020-12-31", "2026-06-16".to_owned(), "INVALID", "18: indicator * of STAFF, reading 2026-06-16: readOn"),
        ("\"81\"", "\"1000000000000.000001\"".to_owned(), "OVERFLOW", "24: indicator * of STAFF, reading 2021-12-31: value"),
        ("seconda relazione", "scheda di RSSMRA80A01B157X".to_owned(), "PERSONAL_DATA", "25: indicator * of STAFF, reading 2021-12-31: source"),
    ]
}

#[test]
fn what_is_refused_of_a_file_is_told_with_its_line() {
    let server = Server::start();
    let check = |text: &str, code: &str, place: &str| {
        let before = snapshot(server.database());
        let Err(Error::Refusal(refusal)) = import(&server, text) else { panic!("{place}: not refused") };
        let expected = format!("monitoring.toml:{place}").replace('*', "obiettivi del piano di zona raggiunti");
        assert_eq!((refusal.code.as_str(), refusal.argument.as_deref()), (code, Some(expected.as_str())));
        assert!(snapshot(server.database()) == before, "{place}: something was written");
    };
    for (from, to, code, place) in refused() {
        assert_eq!(FILE.matches(from).count(), 1, "{from:?}");
        check(&FILE.replace(from, &to), code, place);
    }
    // The command says the same.
    let folder = own_folder();
    std::fs::write(folder.join("monitoring.toml"), FILE.replace("2020-12-31", "2199-12-31")).unwrap();
    let ended = process::end(server.database().program(&["import", folder.to_str().unwrap()]));
    let place =
        "monitoring.toml:18: indicator obiettivi del piano di zona raggiunti of STAFF, reading 2199-12-31: readOn";
    assert_eq!((ended.code, ended.out.as_str()), (Some(1), ""));
    assert!(ended.err.contains(place), "{}", ended.err);
    // What is there already is refused at its first record.
    let told = import(&server, FILE).unwrap();
    assert_eq!((told.fields, told.indicators, told.readings), (2, 1, 2));
    check(FILE, "DUPLICATE", "3: field PERSONE: code");
    let readings = FILE.replace(&FILE[FILE.find("[[field]]").unwrap()..FILE.find("[[indicator]]").unwrap()], "");
    check(&readings, "DUPLICATE", "10: indicator * of STAFF, reading 2020-12-31: readOn");
}

#[test]
fn what_a_file_leaves_out_of_an_indicator_stays() {
    let server = Server::start();
    import(&server, FILE).unwrap();
    let later = r#"
        ambito = "9"
        indicator = [{ service = "STAFF", name = "obiettivi del piano di zona raggiunti", counts_people = false,
          reading = [{ read_on = 2022-12-31, value = "79", source = "terza relazione" }] }]
    "#;
    import(&server, later).unwrap();
    wait(server.store().refresh()).unwrap();
    let query = r#"{ ambito(code: "9") { service(code: "STAFF") { indicators { unit target targetIsMaximum from revision
        readings { nodes { value unit target reached assumed } } } } } }"#;
    let told = server.data(Role::Auditor, query)["ambito"]["service"]["indicators"][0].take();
    let reading = |value: &str, reached: bool, assumed: bool| json!({ "value": value, "unit": "percento", "target": "80", "reached": reached, "assumed": assumed });
    let expected = json!({
        "unit": "percento", "target": "80", "targetIsMaximum": true, "from": null, "revision": 3,
        "readings": { "nodes": [reading("62.5", true, true), reading("81", false, false), reading("79", true, false)] },
    });
    assert_eq!(told, expected);
}
