//! Files of governance: the demonstration's answer through GraphQL alone, and a file with a fault writes nothing.

use api::auth::{Operator, Role};
use api::error::{Error, Result};
use api::exchange::{self, GovernanceFile, parse_governance};
use api::store::governance::{self, Imported};
use api::store::monitoring::import as monitoring;
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
    let watched = exchange::monitoring().unwrap();
    wait(monitoring::import(server.store(), &Operator::at_the_machine("test"), &watched)).unwrap();
    crate::benefit::demonstration::load(&server);
    for bundle in exchange::demonstration_governance().unwrap() {
        let records = bundle.bodies.len() + bundle.work_plans.len() + bundle.projects.len();
        assert_eq!(wait(governance::missing(server.store(), &bundle)).unwrap().len(), records);
        wait(governance::import(server.store(), &Operator::at_the_machine("test"), &bundle)).unwrap();
        assert!(wait(governance::missing(server.store(), &bundle)).unwrap().is_empty());
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

/// What is changed in a file, from what to what; then the code of the refusal, and the line and the record that it names.
#[rustfmt::skip] // One line a case.
const REFUSED: &[(&str, &str, &str, &str)] = &[
    ("amount = \"71450.00\"", "amount = \"142900.01\"", "BEYOND_BUDGET", "governance.toml:83: project Conciliazione famiglia-lavoro, expense 1: amount"),
    ("ambito = \"9\"", "ambito = \"ZZ\"", "NOT_FOUND", "governance.toml:5: ambito ZZ"),
    ("programme = 2020", "programme = 2023", "NOT_FOUND", "governance.toml:26: work_plan PL2020: programme"),
    ("service = \"PROGETTI-PROV\"", "service = \"NIENTE\"", "NOT_FOUND", "governance.toml:76: project Conciliazione famiglia-lavoro: service"),
    ("item = \"chiusura\", due_on = 2018-12-31", "item = \"chiusura\", due_on = 2017-12-31", "OUTSIDE_PERIOD", "governance.toml:72: project FAMI prog-1117 (integrazione dei cittadini di paesi terzi): milestones.0.dueOn"),
    ("started_on = 2017-12-01, done_on", "started_on = 2016-12-01, done_on", "OUTSIDE_PERIOD", "governance.toml:56: project PON SIA (inclusione attiva), milestone 1: startedOn"),
    ("role = \"sindaco o delegato\"", "role = \"RSSMRA80A01B157X\"", "PERSONAL_DATA", "governance.toml:12: body ASSEMBLEA: members.0.role"),
    ("due = {", "meeting = [{ on = 2020-01-15 }, { on = 2020-01-15 }]\ndue = {", "DUPLICATE", "governance.toml:19: body STAFF, meeting 2020-01-15: heldOn"),
    ("by = 2020-12-31 }", "by = 2021-01-01 }", "OUTSIDE_PERIOD", "governance.toml:39: work_plan PL2020: milestones.4.by"),
    ("{ milestone = \"SIL-NUOVI\", started_on = 2020-02-01 }", "{ milestone = \"TUTELA-EQUIPE\" }", "INVALID", "governance.toml:43: work_plan PL2020, report 2: milestone"),
];

/// What a refusal says that it is about.
fn place(refused: &Error) -> &str {
    let Error::Refusal(refusal) = refused else { panic!("{refused}") };
    refusal.argument.as_deref().unwrap_or_default()
}

#[test]
fn a_file_books_nothing_twice_and_what_it_leaves_out_stays() {
    let server = Server::start();
    let projects = &NINE[NINE.find("[[project]]").unwrap()..];
    let only = format!("ambito = \"9\"\n{projects}");
    import(&server, &only).unwrap();
    let before = snapshot(server.database());
    let refused = import(&server, &only).unwrap_err();
    let expected = ("DUPLICATE", "governance.toml:15: project PON SIA (inclusione attiva), expense 1");
    assert_eq!((refused.code().as_str(), place(&refused)), expected);
    assert!(snapshot(server.database()) == before);
    // The closing step was done on 31 December 2018; a later file says only when it was begun. A second report of the same milestone says only when it was done.
    let later = r#"
        ambito = "9"
        [[project]]
        service = "PROGETTI-UDP"
        name = "FAMI prog-1117 (integrazione dei cittadini di paesi terzi)"
        milestone = [{ item = "chiusura", due_on = 2018-12-31, started_on = 2018-12-01 }]
        [[work_plan]]
        programme = 2020
        code = "PL"
        title = "Piano"
        starts_on = 2020-01-01
        ends_on = 2020-12-31
        effective_from = 2020-01-01
        milestone = [{ code = "M", item = "tappa", by = 2020-06-30 }]
        report = [
          { milestone = "M", started_on = 2020-02-01, note = "prima" },
          { milestone = "M", done_on = 2020-03-01 },
        ]
    "#;
    import(&server, later).unwrap();
    let query = r#"{ ambito(code: "9") { service(code: "PROGETTI-UDP") { projects { timeline { startedOn doneOn } } }
        programmes { workPlans { milestones { startedOn doneOn reports { note } } } } } }"#;
    let told = server.data(Role::Auditor, query)["ambito"].take();
    let step = json!([{ "startedOn": "2018-12-01", "doneOn": "2018-12-31" }]);
    assert_eq!(told["service"]["projects"][1]["timeline"], step);
    let notes = json!([{ "note": "prima" }, { "note": "prima" }]);
    let milestones = json!([{ "startedOn": "2020-02-01", "doneOn": "2020-03-01", "reports": notes }]);
    assert_eq!(told["programmes"][0]["workPlans"][0]["milestones"], milestones);
}

#[test]
fn an_expense_that_was_taken_back_can_be_imported_anew() {
    let server = Server::start();
    let of_fami = |expense: &str| {
        let name = "FAMI prog-1117 (integrazione dei cittadini di paesi terzi)";
        format!("ambito = \"9\"\n[[project]]\nservice = \"PROGETTI-UDP\"\nname = \"{name}\"\nexpense = [{expense}]\n")
    };
    let corso = "{ on = 2018-06-30, amount = \"10.00\", description = \"Corso\" }";
    import(&server, &of_fami(corso)).unwrap();
    assert_eq!(import(&server, &of_fami(corso)).unwrap_err().code().as_str(), "DUPLICATE");
    // Another document is another expense.
    import(&server, &of_fami(&corso.replace(" }", ", reference = \"fattura 2\" }"))).unwrap();
    wait(server.store().refresh()).unwrap();
    let query =
        r#"{ ambito(code: "9") { service(code: "PROGETTI-UDP") { projects { spent spending { nodes { id } } } } } }"#;
    let spent = || server.data(Role::Azienda, query)["ambito"]["service"]["projects"][1].take();
    let expense = spent()["spending"]["nodes"][0]["id"].take();
    server.done(Role::Azienda, "reverseProjectExpense", json!({ "expense": expense }), "expense", "{ id }");
    import(&server, &of_fami(corso)).unwrap();
    assert_eq!(spent()["spent"], "20.00");
}

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
    for (from, to, code, record) in REFUSED {
        let changed = NINE.replacen(from, to, 1);
        assert_ne!(changed, NINE, "{from:?} is not in the file");
        let refused = import(&server, &changed).unwrap_err();
        assert_eq!(refused.code().as_str(), *code, "{from:?}: {refused}");
        assert_eq!(place(&refused), *record, "{from:?}");
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
