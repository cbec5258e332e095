//! Files of governance: the demonstration's answer through GraphQL alone, and a file with a fault writes nothing.

use api::auth::{Operator, Role};
use api::error::Result;
use api::exchange::{self, GovernanceFile, parse_governance};
use api::store::governance::{self, Imported};
use serde_json::{Value, json};

use crate::support::tables::{snapshot, wait};
use crate::support::{Server, agreements, own_folder};

const NINE: &str = include_str!("../api/data/ambito-9/governance.toml");

fn import(server: &Server, text: &str) -> Result<Imported> {
    let bundle = parse_governance(&GovernanceFile::new(text)).unwrap_or_else(|problems| panic!("{problems:#?}"));
    wait(governance::import(server.store(), &Operator::at_the_machine("test"), &bundle))
}

/// A server with the whole demonstration.
pub(crate) fn demonstration() -> Server {
    let server = Server::start();
    agreements::add(&server);
    for bundle in exchange::demonstration_governance().unwrap() {
        assert!(!wait(governance::is_there(server.store(), &bundle)).unwrap());
        wait(governance::import(server.store(), &Operator::at_the_machine("test"), &bundle)).unwrap();
        assert!(wait(governance::is_there(server.store(), &bundle)).unwrap());
    }
    server
}

fn bodies(server: &Server, ambito: &str, selection: &str) -> Value {
    let query = format!("{{ ambito(code: \"{ambito}\") {{ governingBodies {{ {selection} }} }} }}");
    server.data(Role::Auditor, &query)["ambito"]["governingBodies"].take()
}

#[test]
fn the_demonstration_tells_who_governs() {
    let server = demonstration();
    let selection = "code name level due { meetings everyMonths } members { side seats } agreement { code }";
    let crema = bodies(&server, "CREMA", selection);
    let body = |code: &str, name: &str, level: &str, due: Value, members: Value| {
        json!({
            "code": code, "name": name, "level": level, "due": due, "members": members,
            "agreement": { "code": "COPROGETTAZIONE" },
        })
    };
    // 3 of the comune and 4 of the partner, twice a month; the staff monthly.
    let members = json!([{ "side": "COMUNE", "seats": 3 }, { "side": "PARTNER", "seats": 4 }]);
    let expected = json!([
        body("CABINA", "Cabina di regia integrata", "DIRECTION", json!({ "meetings": 2, "everyMonths": 1 }), members),
        body("COORDINAMENTO", "Coordinamento comunale", "MUNICIPAL", Value::Null, json!([])),
        body("DIRETTIVO_ATS", "Direttivo ATS", "PARTNER", Value::Null, json!([])),
        body("STAFF", "Staff di programma", "PROGRAMME", json!({ "meetings": 1, "everyMonths": 1 }), json!([])),
    ]);
    assert_eq!(crema, expected);
    // By 14 February January's two were due and one of February's, and three were held; of the staff January's.
    let attendance = |span: &str| {
        let told = bodies(&server, "CREMA", &format!("attendance({span}) {{ due held missing }}"));
        let number = |at: usize, field: &str| told[at]["attendance"][field].as_i64().unwrap();
        [0, 3].map(|at| (number(at, "due"), number(at, "held"), number(at, "missing")))
    };
    let year = "from: \"2019-01-01\", to: \"2019-12-31\"";
    assert_eq!(attendance(&format!("{year}, asOf: \"2019-02-14\"")), [(3, 3, 0), (1, 1, 0)]);
    assert_eq!(attendance(year), [(24, 3, 21), (12, 1, 11)]);
    let nine = bodies(&server, "9", "code level members { side organisation role seats }");
    assert_eq!(nine[0]["code"], json!("ASSEMBLEA"));
    let members =
        json!([{ "side": "COMUNE", "organisation": "Comuni dell'Ambito", "role": "sindaco o delegato", "seats": 20 }]);
    assert_eq!(nine[0]["members"], members);
}

#[test]
fn the_demonstration_tells_of_its_work_plan_and_projects() {
    let server = demonstration();
    let query = r#"{ ambito(code: "9") { programmes { workPlans(asOf: "2020-04-30") { code assumed milestones { code state late daysLate } } } } }"#;
    let plans = server.data(Role::Auditor, query)["ambito"]["programmes"][0]["workPlans"].take();
    let row = |code: &str, state: &str, days: i64| json!({ "code": code, "state": state, "late": days > 0, "daysLate": days });
    let milestones = json!([
        row("STAFF-PROCEDURE", "PLANNED", 0),
        row("TUTELA-EQUIPE", "DONE", 10),
        row("TUTELA-COORDINATORE", "PLANNED", 0),
        row("SIL-NUOVI", "STARTED", 0),
        row("SSB-METODO", "PLANNED", 0),
    ]);
    assert_eq!(plans, json!([{ "code": "PL2020", "assumed": true, "milestones": milestones }]));
    let projects = |service: &str, day: &str| {
        let query = format!(
            "{{ ambito(code: \"9\") {{ service(code: \"{service}\") {{ projects {{ contribution act ambiti startsOn endsOn fund {{ code }}
                spent(asOf: \"{day}\") remaining(asOf: \"{day}\") timeline(asOf: \"{day}\") {{ item state daysLate }} }} }} }} }}"
        );
        server.data(Role::Comune, &query)["ambito"]["service"]["projects"].take()
    };
    // 205,467.00 over two years is 102,733.50 a year.
    let pon = json!({
        "contribution": "205467.00", "act": "Convenzione di sovvenzione PON Inclusione (presunto)", "ambiti": null,
        "startsOn": "2017-01-01", "endsOn": "2019-12-31", "fund": { "code": "VINCOLATE" }, "spent": "102733.50",
        "remaining": "102733.50", "timeline": [
            { "item": "avvio", "state": "DONE", "daysLate": 0 },
            { "item": "rendicontazione finale", "state": "PLANNED", "daysLate": 0 },
        ],
    });
    let fami = json!({
        "contribution": "94405.00", "act": "Convenzione di sovvenzione FAMI prog-1117 (presunto)", "ambiti": null,
        "startsOn": "2018-01-01", "endsOn": "2018-12-31", "fund": { "code": "VINCOLATE" }, "spent": "94405.00",
        "remaining": "0.00", "timeline": [{ "item": "chiusura", "state": "DONE", "daysLate": 0 }],
    });
    assert_eq!(projects("PROGETTI-UDP", "2018-12-31"), json!([pon, fami]));
    let of_pon = projects("PROGETTI-UDP", "2019-12-31")[0].take();
    assert_eq!((&of_pon["spent"], &of_pon["remaining"]), (&json!("205467.00"), &json!("0.00")));
    // The alliance of five Ambiti: half is spent.
    let alliance = json!({
        "contribution": "142900.00", "act": "DGR 5969/2016", "ambiti": 5, "startsOn": "2017-01-01", "endsOn": "2018-12-31",
        "fund": { "code": "VINCOLATE" }, "spent": "71450.00", "remaining": "71450.00",
        "timeline": [{ "item": "relazione finale", "state": "DONE", "daysLate": 31 }],
    });
    assert_eq!(projects("PROGETTI-PROV", "2019-12-31")[1], alliance);
}

/// What is changed in a file, from what to what; then line and part of the reason of every problem.
type Case = (&'static str, &'static str, &'static [(usize, &'static str)]);

#[rustfmt::skip] // One line a case.
const BROKEN: &[Case] = &[
    ("ambito = \"9\"", "ambito = \"nove\"", &[(5, "not a code")]),
    ("level = \"DIRECTION\"", "level = \"TOP\"", &[(10, "one of DIRECTION, MUNICIPAL, PARTNER, PROGRAMME")]),
    ("code = \"STAFF\"", "code = \"ASSEMBLEA\"", &[(15, "ASSEMBLEA stands already in line 8")]),
    ("every_months = 1 }", "every_months = 0 }", &[(19, "from 1")]),
    ("seats = 20", "seats = 20, name = \"x\"", &[(12, "unknown key \"name\"")]),
    ("programme = 2020", "programme = 1989", &[(26, "a year between")]),
    ("by = 2020-06-30 },", "by = 2020-06-30, from = 2020-06-30 },", &[(35, "either `from` or `by`")]),
    ("milestone = \"SIL-NUOVI\"", "milestone = \"SIL\"", &[(43, "no milestone has the code SIL")]),
    ("amount = \"94405.00\"", "amount = 94405.00", &[(73, "in quotes")]),
];

#[test]
fn a_file_with_a_fault_writes_nothing() {
    let mut wrong = Vec::new();
    for (from, to, expected) in BROKEN {
        let changed = NINE.replacen(from, to, 1);
        assert_ne!(changed, NINE, "{from:?} is not in the file");
        let found = parse_governance(&GovernanceFile::new(changed)).err().unwrap_or_default();
        let same = found.len() == expected.len()
            && found.iter().zip(*expected).all(|(problem, (line, part))| {
                problem.file == "governance.toml" && problem.line == *line && problem.reason.contains(part)
            });
        if !same {
            let found: Vec<String> = found.iter().map(ToString::to_string).collect();
            wrong.push(format!("{from:?} -> {to:?}: expected {expected:?}, found {found:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // What only the database knows is refused as a whole, also where all but the last thing went well.
    let server = Server::start();
    let before = snapshot(server.database());
    for (from, to, code) in [
        ("amount = \"71450.00\"", "amount = \"142900.01\"", "BEYOND_BUDGET"),
        ("ambito = \"9\"", "ambito = \"ZZ\"", "NOT_FOUND"),
        ("programme = 2020", "programme = 2023", "NOT_FOUND"),
        ("service = \"PROGETTI-PROV\"", "service = \"NIENTE\"", "NOT_FOUND"),
        ("item = \"chiusura\", due_on = 2018-12-31", "item = \"chiusura\", due_on = 2017-12-31", "OUTSIDE_PERIOD"),
        ("role = \"sindaco o delegato\"", "role = \"RSSMRA80A01B157X\"", "PERSONAL_DATA"),
    ] {
        let changed = NINE.replacen(from, to, 1);
        assert_ne!(changed, NINE, "{from:?} is not in the file");
        let refused = import(&server, &changed).unwrap_err();
        assert_eq!(refused.code().as_str(), code, "{from:?}: {refused}");
        assert!(snapshot(server.database()) == before, "{from:?}");
    }
    // A folder may hold it alone.
    let folder = own_folder();
    std::fs::write(folder.join("governance.toml"), NINE).unwrap();
    let told = server.run(&["import", folder.to_str().unwrap()]);
    assert_eq!(told, "imported: ambito 9, 2 governing bodies, 1 work plans, 3 projects\n");
    wait(server.store().refresh()).unwrap();
    // What is there is not taken in a second time.
    assert_eq!(import(&server, NINE).unwrap_err().code().as_str(), "DUPLICATE");
}
