//! What partners spent under agreements: reported, reviewed, paid. Amounts are worked out by hand in the comments.

mod account;
mod refusals;
mod sight;

use std::collections::BTreeMap;

use allocation::vat::Vat;
use allocation::{Cents, IstatCode};
use api::auth::{Operator, Role};
use api::store::agreement::given::{GivenAgreement, GivenLine, GivenTerms};
use api::store::agreement::write;
use api::store::client::Kind;
use entity::kinds::AgreementKind;
use serde_json::{Value, json};

use crate::support::neighbour::{token_in, token_of_kind};
use crate::support::tables::{snapshot, wait};
use crate::support::write::new_key;
use crate::support::{MANERBIO, Server};

/// What tests read of every report that was written.
const REPORT: &str = "{ report { id revision status number returnedReason expenses { id position status charged } } \
                      errors { code path message } }";

/// The lines of the agreement: code, year, gross amount in cents.
const LINES: [(&str, i32, i64); 3] =
    [("PERS-2025", 2025, 4_000_000), ("BENI-2025", 2025, 100_000), ("PERS-2026", 2026, 50_000)];

fn terms(partners: &[&str], lines: &[(&str, i32, i64)], effective_from: &str) -> GivenTerms {
    let line = |(code, year, cents): &(&str, i32, i64)| GivenLine {
        code: (*code).to_owned(),
        year: *year,
        area: None,
        item: Some(format!("Voce {code}")),
        service: None,
        vat: Vat::Exempt,
        net: None,
        vat_amount: None,
        gross: Some(Cents::new(*cents)),
        parts: Vec::new(),
    };
    GivenTerms {
        title: "Convenzione".to_owned(),
        act: None,
        effective_from: Some(effective_from.parse().unwrap()),
        starts_on: "2025-01-01".parse().unwrap(),
        ends_on: "2026-12-31".parse().unwrap(),
        note: None,
        assumed: false,
        partners: partners.iter().map(|code| (*code).to_owned()).collect(),
        services: Vec::new(),
        areas: Vec::new(),
        lines: lines.iter().map(line).collect(),
        contributions: Vec::new(),
        instalments: Vec::new(),
        milestones: Vec::new(),
        recurrences: Vec::new(),
        perimeters: Vec::new(),
        programmes: Vec::new(),
    }
}

/// An agreement of an Ambito; one of Ambito 9 is granted by Manerbio.
fn agree(server: &Server, ambito: &str, code: &str, partners: &[&str]) {
    let grantor = (ambito == "9").then(|| IstatCode::parse(MANERBIO).unwrap());
    let terms = terms(partners, &LINES, "2025-01-01");
    let given = GivenAgreement { code: code.to_owned(), kind: AgreementKind::CoDesign, grantor, terms };
    wait(async {
        let book = server.store().book();
        let permit = Operator::at_the_machine("test").keep_master(book.ambito_by_code(ambito).unwrap().row.id);
        let write = server.store().write().await.unwrap();
        write::add(&write, &permit, given, &book).await.unwrap();
        server.store().commit(write).await.unwrap();
    });
}

/// An amendment of Ambito 9's agreement: its lines from a day on.
fn amend(server: &Server, code: &str, (version, effective_from): (i32, &str), lines: &[(&str, i32, i64)]) {
    let terms = terms(&["ALFA"], lines, effective_from);
    wait(async {
        let book = server.store().book();
        let ambito = book.ambito_by_code("9").unwrap();
        let permit = Operator::at_the_machine("test").keep_master(ambito.row.id);
        let agreement = ambito.agreement(code).unwrap().row.id;
        let write = server.store().write().await.unwrap();
        write::amend(&write, &permit, (agreement, version), terms, &book).await.unwrap();
        server.store().commit(write).await.unwrap();
    });
}

/// A second partner of Ambito 9, and a token of its client.
fn beta(server: &Server, tax_code: Option<&str>) -> String {
    let input = json!({ "ambito": "9", "code": "BETA", "name": "Cooperativa Beta", "taxCode": tax_code });
    let payload = server.write(Role::Azienda, "addPartner", input, "{ errors { code } }");
    assert_eq!(payload["errors"], json!([]));
    token_of_kind(server, Kind::of_partner(server.store(), "9", "BETA").unwrap(), "beta".to_owned())
}

/// A server with the agreement CONV of partner ALFA.
fn ground() -> Server {
    let server = Server::start();
    agree(&server, "9", "CONV", &["ALFA"]);
    server
}

/// A mutation with a token: its payload.
fn act(server: &Server, token: &str, name: &str, input: &Value) -> Value {
    let ty = format!("{}{}Input!", name[..1].to_uppercase(), &name[1..]);
    let query = format!("mutation($input: {ty}) {{ {name}(input: $input) {REPORT} }}");
    server.send_write(token, &new_key(), &query, json!({ "input": input })).data()[name].take()
}

/// The same of one that must be done: the report.
fn done(server: &Server, token: &str, name: &str, input: Value) -> Value {
    let mut payload = act(server, token, name, &input);
    assert_eq!(payload["errors"], json!([]), "{name} {input}");
    payload["report"].take()
}

/// The same of one that must be refused and change nothing: its code and the way to the input.
fn refused(server: &Server, token: &str, name: &str, input: &Value) -> (String, String) {
    let before = snapshot(server.database());
    let payload = act(server, token, name, input);
    assert_eq!(payload["report"], Value::Null, "{name} {input}");
    assert!(snapshot(server.database()) == before, "{name} {input} was refused and changed something");
    let error = &payload["errors"][0];
    let path = error["path"]
        .as_array()
        .map(|path| path.iter().map(|part| part.as_str().unwrap()).collect::<Vec<_>>().join("."));
    (error["code"].as_str().unwrap().to_owned(), path.unwrap_or_default())
}

/// The digest of a document that is called so.
fn document(name: &str) -> String {
    use std::fmt::Write;
    let bytes = name.bytes().cycle().zip(0..32_u8);
    bytes.fold(String::new(), |mut text, (byte, place)| {
        let _ = write!(text, "{:02x}", byte ^ place);
        text
    })
}

/// An expense, exempt from VAT, with a document of this name.
fn cost(day: &str, gross: &str, line: Option<&str>, name: &str) -> Value {
    json!({
        "spentOn": day, "category": "personale", "vatRegime": "EXEMPT", "gross": gross, "line": line,
        "documentReference": format!("Fattura {name}"), "documentDigest": document(name),
    })
}

/// A report in the hands of a test.
#[derive(Clone, Debug)]
struct Held {
    id: Value,
    revision: i64,
    expenses: Vec<Value>,
}

impl Held {
    fn of(report: &Value) -> Self {
        let expenses = report["expenses"].as_array().unwrap().iter().map(|one| one["id"].clone()).collect();
        Self { id: report["id"].clone(), revision: report["revision"].as_i64().unwrap(), expenses }
    }

    /// A new one of the first half of 2025.
    fn begun(server: &Server, token: &str, agreement: &str) -> Self {
        let input = json!({
            "ambito": "9", "agreement": agreement, "partner": "ALFA", "periodFrom": "2025-01-01", "periodTo": "2025-06-30",
        });
        Self::of(&done(server, token, "addExpenseReport", input))
    }

    fn input(&self) -> Value {
        json!({ "report": self.id, "expectedVersion": self.revision })
    }

    fn with(&self, rest: Value) -> Value {
        let mut input = self.input();
        input.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        input
    }

    /// The same of an expense by its place.
    fn of_expense(&self, at: usize, rest: Value) -> Value {
        let mut input = json!({ "expense": self.expenses[at], "expectedVersion": self.revision });
        input.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        input
    }

    /// Does an act and goes on with what it leaves.
    fn go(&mut self, server: &Server, token: &str, name: &str, input: Value) -> Value {
        let report = done(server, token, name, input);
        *self = Self::of(&report);
        report
    }

    fn add(&mut self, server: &Server, token: &str, cost: Value) {
        self.go(server, token, "addExpense", self.with(json!({ "cost": cost })));
    }

    fn judge(&mut self, server: &Server, token: &str, at: usize, rest: Value) {
        self.go(server, token, "judgeExpense", self.of_expense(at, rest));
    }
}

fn admitted() -> Value {
    json!({ "verdict": "ADMITTED" })
}

/// Reports in each state, and for each act an input that would be done.
pub(crate) fn inputs(server: &Server) -> BTreeMap<&'static str, Value> {
    agree(server, "9", "CONV", &["ALFA"]);
    let (partner, azienda) = (server.token_of(Role::Partner), server.token_of(Role::Azienda));
    let with_expense = |name: &str| {
        let mut report = Held::begun(server, &partner, "CONV");
        report.add(server, &partner, cost("2025-01-31", "10.00", Some("PERS-2025"), name));
        report
    };
    let draft = with_expense("bozza");
    let [submitted, mut reviewed, mut approved] = ["presentata", "istruita", "ammessa"].map(|name| {
        let mut report = with_expense(name);
        report.go(server, &partner, "submitExpenseReport", report.input());
        report
    });
    for report in [&mut reviewed, &mut approved] {
        report.go(server, &azienda, "beginExpenseReview", report.input());
        report.judge(server, &azienda, 0, admitted());
    }
    approved.go(server, &azienda, "admitExpenseReport", approved.input());
    let period = json!({ "ambito": "9", "agreement": "CONV", "partner": "ALFA", "periodFrom": "2025-01-01", "periodTo": "2025-01-31" });
    let new = json!({ "cost": cost("2025-01-31", "10.00", Some("PERS-2025"), "nuova") });
    BTreeMap::from([
        ("addExpenseReport", period),
        ("updateExpenseReport", draft.with(json!({ "note": "Nota" }))),
        ("removeExpenseReport", draft.input()),
        ("submitExpenseReport", draft.input()),
        ("addExpense", draft.with(new.clone())),
        ("updateExpense", draft.of_expense(0, new)),
        ("removeExpense", draft.of_expense(0, json!({}))),
        ("beginExpenseReview", submitted.input()),
        ("returnExpenseReport", submitted.with(json!({ "reason": "Mancano allegati." }))),
        ("judgeExpense", reviewed.of_expense(0, json!({ "verdict": "REFUSED", "reason": "Estranea." }))),
        ("admitExpenseReport", reviewed.input()),
        ("payExpenseReport", approved.with(json!({ "paidOn": "2026-06-15", "reference": "CRO 1" }))),
    ])
}

/// What a report comes to.
fn told(server: &Server, token: &str, report: &Held) -> Value {
    let query = format!(
        "{{ node(id: {}) {{ ... on ExpenseReport {{ status number periodFrom periodTo note paidOn paymentReference
             agreement {{ code }} partner {{ code }} submittedAt reviewedAt
             expenses {{ position spentOn net vat gross vatRate vatRecoverable cost charged ownResources line status admitted refusal }}
             lines {{ code year item budget reported admitted refused refusals {{ position amount reason }} reimbursable paid remaining }}
             totals {{ cost charged admitted refused ownResources reimbursable paid }} }} }} }}",
        report.id
    );
    server.ask(token, &query, Value::Null).data()["node"].take()
}

/// Four expenses: 30,000.00 with 4% of VAT to the line of staff; 1,000.00 and 22% that comes back, 800.00 of it to the line of goods; 250.00 that the partner bears;
/// 5,000.00 to the line of staff.
fn four(server: &Server, token: &str) -> Held {
    let mut report = Held::begun(server, token, "CONV");
    let mut staff = cost("2025-01-31", "30000.00", Some("PERS-2025"), "uno");
    staff["vatRegime"] = json!("RATE");
    staff["vatRate"] = json!("4");
    report.add(server, token, staff);
    report.add(
        server,
        token,
        json!({
            "spentOn": "2025-02-28", "category": "beni", "description": "Materiale", "vatRegime": "RATE", "vatRate": "22",
            "net": "1000.00", "vat": "220.00", "vatRecoverable": true, "line": "BENI-2025", "charged": "800.00",
            "documentReference": "Ferramenta, fattura 7 del 28.2.2025", "documentDigest": document("due").to_uppercase(),
        }),
    );
    report.add(server, token, cost("2025-03-15", "250.00", None, "tre"));
    report.add(server, token, cost("2025-06-30", "5000.00", Some("PERS-2025"), "quattro"));
    report
}

#[test]
fn a_report_walks_from_draft_to_paid() {
    let server = ground();
    let (partner, azienda) = (server.token_of(Role::Partner), server.token_of(Role::Azienda));
    let mut report = four(&server, &partner);
    let seen = told(&server, &partner, &report);
    // 30,000.00 / 1.04 = 28,846.153...
    assert_eq!(
        seen["expenses"][0],
        json!({
            "position": 1, "spentOn": "2025-01-31", "net": "28846.15", "vat": "1153.85", "gross": "30000.00", "vatRate": "4",
            "vatRecoverable": false, "cost": "30000.00", "charged": "30000.00", "ownResources": "0.00", "line": "PERS-2025",
            "status": "REPORTED", "admitted": null, "refusal": null,
        })
    );
    // The VAT comes back, so 1,000.00 of 1,220.00 is the cost; 800.00 of it is charged.
    let second = &seen["expenses"][1];
    assert_eq!((&second["gross"], &second["cost"]), (&json!("1220.00"), &json!("1000.00")));
    assert_eq!((&second["charged"], &second["ownResources"]), (&json!("800.00"), &json!("200.00")));
    // 30,000 + 1,000 + 250 + 5,000; 30,000 + 800 + 5,000; 200 + 250.
    let totals = |charged: [&str; 7]| {
        let names = ["cost", "charged", "admitted", "refused", "ownResources", "reimbursable", "paid"];
        let members = names.iter().zip(charged).map(|(name, amount)| ((*name).to_owned(), json!(amount)));
        Value::Object(members.collect())
    };
    assert_eq!(seen["totals"], totals(["36250.00", "35800.00", "0.00", "0.00", "450.00", "0.00", "0.00"]));
    assert_eq!(seen["submittedAt"], Value::Null);

    // Not yet: it was not submitted.
    assert_eq!(refused(&server, &azienda, "beginExpenseReview", &report.input()).0, "ILLEGAL_TRANSITION");
    report.go(&server, &partner, "submitExpenseReport", report.input());
    assert_eq!(refused(&server, &partner, "submitExpenseReport", &report.input()).0, "ILLEGAL_TRANSITION");
    assert_eq!(refused(&server, &partner, "removeExpense", &report.of_expense(0, json!({}))).0, "ILLEGAL_TRANSITION");
    assert_eq!(refused(&server, &azienda, "judgeExpense", &report.of_expense(0, admitted())).0, "ILLEGAL_TRANSITION");
    report.go(&server, &azienda, "beginExpenseReview", report.input());
    report.judge(&server, &azienda, 0, admitted());
    assert_eq!(refused(&server, &azienda, "admitExpenseReport", &report.input()).0, "ILLEGAL_TRANSITION");
    report.judge(&server, &azienda, 1, json!({ "verdict": "REFUSED", "reason": "Manca la quietanza." }));
    report.judge(&server, &azienda, 2, admitted());
    let less = json!({ "verdict": "ADMITTED", "admitted": "4000.00", "reason": "Oltre il tariffario." });
    report.judge(&server, &azienda, 3, less);
    let payment = |report: &Held, day: &str| report.with(json!({ "paidOn": day, "reference": "CRO 123" }));
    assert_eq!(refused(&server, &azienda, "payExpenseReport", &payment(&report, "2026-06-15")).0, "ILLEGAL_TRANSITION");
    report.go(&server, &azienda, "admitExpenseReport", report.input());
    // Admitted today: neither before nor in the future.
    for day in ["2026-06-14", "2026-06-16"] {
        let told = refused(&server, &azienda, "payExpenseReport", &payment(&report, day));
        assert_eq!(told, ("INVALID".to_owned(), "input.paidOn".to_owned()));
    }
    let line = |code: &str, amounts: [&str; 7], refusals: Value| {
        let [budget, reported, admitted, refused, reimbursable, paid, remaining] = amounts;
        json!({
            "code": code, "year": 2025, "item": format!("Voce {code}"), "budget": budget, "reported": reported,
            "admitted": admitted, "refused": refused, "refusals": refusals, "reimbursable": reimbursable, "paid": paid,
            "remaining": remaining,
        })
    };
    let lines = |paid: &str| {
        let goods = json!([{ "position": 2, "amount": "800.00", "reason": "Manca la quietanza." }]);
        let staff = json!([{ "position": 4, "amount": "1000.00", "reason": "Oltre il tariffario." }]);
        json!([
            line("BENI-2025", ["1000.00", "800.00", "0.00", "800.00", "0.00", "0.00", "1000.00"], goods),
            // 30,000 + 4,000 admitted of 35,000; 40,000 - 34,000 remain.
            line("PERS-2025", ["40000.00", "35000.00", "34000.00", "1000.00", "34000.00", paid, "6000.00"], staff),
        ])
    };
    assert_eq!(told(&server, &azienda, &report)["lines"], lines("0.00"));
    report.go(&server, &azienda, "payExpenseReport", payment(&report, "2026-06-15"));
    let paid = told(&server, &partner, &report);
    assert_eq!(paid["lines"], lines("34000.00"));
    assert_eq!(
        paid["totals"],
        totals(["36250.00", "35800.00", "34000.00", "1800.00", "250.00", "34000.00", "34000.00"])
    );
    let ends = ["status", "paidOn", "paymentReference"].map(|name| paid[name].as_str().unwrap().to_owned());
    assert_eq!(ends, ["PAID", "2026-06-15", "CRO 123"]);
    // Nothing of it changes any more.
    let all = [
        ("updateExpenseReport", report.with(json!({ "note": "x" }))),
        ("removeExpenseReport", report.input()),
        ("submitExpenseReport", report.input()),
        ("addExpense", report.with(json!({ "cost": cost("2025-06-30", "1.00", None, "cinque") }))),
        ("updateExpense", report.of_expense(0, json!({ "cost": cost("2025-06-30", "1.00", None, "cinque") }))),
        ("removeExpense", report.of_expense(0, json!({}))),
        ("beginExpenseReview", report.input()),
        ("judgeExpense", report.of_expense(0, admitted())),
        ("returnExpenseReport", report.with(json!({ "reason": "x" }))),
        ("admitExpenseReport", report.input()),
        ("payExpenseReport", payment(&report, "2026-06-15")),
    ];
    for (name, input) in all {
        assert_eq!(refused(&server, &azienda, name, &input).0, "ILLEGAL_TRANSITION", "{name}");
    }
    // Fourteen acts, one event each, from one digest to the next.
    let query = "{ auditTrail(filter: { subject: \"expense_report:9/CONV/ALFA/1\" }) { totalCount nodes { act digestBefore digestAfter } } }";
    let trail = server.ask(&azienda, query, Value::Null).data()["auditTrail"].take();
    let events = trail["nodes"].as_array().unwrap();
    let acts: Vec<&str> = events.iter().map(|event| event["act"].as_str().unwrap()).collect();
    let adds = ["expense.add"; 4];
    let judges = ["expense.judge"; 4];
    let mut expected = vec!["expense_report.add"];
    expected.extend(adds);
    expected.extend(["expense_report.submit", "expense_report.begin_review"]);
    expected.extend(judges);
    expected.extend(["expense_report.admit", "expense_report.pay"]);
    assert_eq!(acts, expected);
    assert_eq!(events[0]["digestBefore"], Value::Null);
    for pair in events.windows(2) {
        assert_eq!(pair[0]["digestAfter"], pair[1]["digestBefore"]);
        assert_ne!(pair[1]["digestAfter"], pair[1]["digestBefore"]);
    }
}

#[test]
fn sent_back_it_is_corrected_and_what_was_refused_is_free() {
    let server = ground();
    let (partner, azienda) = (server.token_of(Role::Partner), server.token_of(Role::Azienda));
    let mut report = four(&server, &partner);
    // From where it waits, too.
    report.go(&server, &partner, "submitExpenseReport", report.input());
    let sent =
        report.go(&server, &azienda, "returnExpenseReport", report.with(json!({ "reason": "Mancano allegati." })));
    assert_eq!((&sent["status"], &sent["returnedReason"]), (&json!("DRAFT"), &json!("Mancano allegati.")));
    report.go(&server, &partner, "submitExpenseReport", report.input());
    report.go(&server, &azienda, "beginExpenseReview", report.input());
    report.judge(&server, &azienda, 0, admitted());
    report.judge(&server, &azienda, 1, json!({ "verdict": "REFUSED", "reason": "Doppia." }));
    let sent = report.go(&server, &azienda, "returnExpenseReport", report.with(json!({ "reason": "Da rivedere." })));
    let statuses: Vec<&Value> = sent["expenses"].as_array().unwrap().iter().map(|one| &one["status"]).collect();
    assert_eq!(statuses, ["REPORTED", "REFUSED", "REPORTED", "REPORTED"]);
    // Another report uses the document that was refused: here it is not taken up again.
    let mut other = Held::begun(&server, &partner, "CONV");
    let mut same = cost("2025-02-28", "10.00", None, "altra");
    same["documentDigest"] = json!(document("due"));
    other.add(&server, &partner, same);
    let again = json!({ "cost": {
        "spentOn": "2025-02-28", "category": "beni", "vatRegime": "EXEMPT", "gross": "1.00",
        "documentReference": "Ferramenta", "documentDigest": document("due"),
    } });
    let told = refused(&server, &partner, "updateExpense", &report.of_expense(1, again.clone()));
    assert_eq!(told, ("DOCUMENT_USED".to_owned(), "input.cost.documentDigest".to_owned()));
    report.go(&server, &partner, "submitExpenseReport", report.input());
    report.go(&server, &azienda, "beginExpenseReview", report.input());
    let told = refused(&server, &azienda, "judgeExpense", &report.of_expense(1, admitted()));
    assert_eq!(told.0, "DOCUMENT_USED");
    // Once the other is given up the review may take it up.
    done(&server, &partner, "removeExpenseReport", other.input());
    report.judge(&server, &azienda, 1, admitted());
    let open = report.go(&server, &azienda, "returnExpenseReport", report.with(json!({ "reason": "Ancora." })));
    assert!(open["expenses"].as_array().unwrap().iter().all(|one| one["status"] == json!("REPORTED")));
    report.go(&server, &partner, "updateExpense", report.of_expense(1, again));
}

#[test]
fn an_amendment_lets_through_what_the_line_did_not_have() {
    let server = ground();
    let (partner, azienda) = (server.token_of(Role::Partner), server.token_of(Role::Azienda));
    let mut first = Held::begun(&server, &partner, "CONV");
    first.add(&server, &partner, cost("2025-01-31", "34000.00", Some("PERS-2025"), "uno"));
    let mut second = Held::begun(&server, &partner, "CONV");
    second.add(&server, &partner, cost("2025-02-28", "6000.00", Some("PERS-2025"), "due"));
    // 34,000 + 6,000 is all that the line has.
    let more = second.with(json!({ "cost": cost("2025-03-31", "0.01", Some("PERS-2025"), "tre") }));
    assert_eq!(
        refused(&server, &partner, "addExpense", &more),
        ("ABOVE_LINE".to_owned(), "input.cost.charged".to_owned())
    );
    let message = act(&server, &partner, "addExpense", &more)["errors"][0]["message"].as_str().unwrap().to_owned();
    assert!(message.contains("6000.01") && message.contains("6000.00"), "{message}");
    let with = |staff: i64| [("PERS-2025", 2025, staff), ("BENI-2025", 2025, 100_000)];
    amend(&server, "CONV", (1, "2025-06-01"), &with(4_000_001));
    second.go(&server, &partner, "addExpense", more);
    // Lowered again, nothing of it goes on: what is to be submitted, admitted or paid is looked at anew.
    amend(&server, "CONV", (2, "2025-07-01"), &with(3_000_000));
    assert_eq!(refused(&server, &partner, "submitExpenseReport", &second.input()).0, "ABOVE_LINE");
    amend(&server, "CONV", (3, "2025-08-01"), &with(4_000_001));
    second.go(&server, &partner, "submitExpenseReport", second.input());
    second.go(&server, &azienda, "beginExpenseReview", second.input());
    for at in 0..2 {
        second.judge(&server, &azienda, at, admitted());
    }
    amend(&server, "CONV", (4, "2025-09-01"), &with(3_400_000));
    assert_eq!(refused(&server, &azienda, "admitExpenseReport", &second.input()).0, "ABOVE_LINE");
    // Less may always be admitted: the rest of the line is the first report's.
    second.judge(&server, &azienda, 0, json!({ "verdict": "ADMITTED", "admitted": "5000.00", "reason": "Oltre." }));
    assert_eq!(refused(&server, &azienda, "judgeExpense", &second.of_expense(0, admitted())).0, "ABOVE_LINE");
    amend(&server, "CONV", (5, "2025-10-01"), &with(3_900_001));
    second.go(&server, &azienda, "admitExpenseReport", second.input());
    amend(&server, "CONV", (6, "2025-11-01"), &with(3_900_000));
    let payment = second.with(json!({ "paidOn": "2026-06-15", "reference": "CRO 1" }));
    assert_eq!(refused(&server, &azienda, "payExpenseReport", &payment).0, "ABOVE_LINE");
    // A line that is gone pays nothing.
    amend(&server, "CONV", (7, "2025-12-01"), &with(0)[1..]);
    assert_eq!(refused(&server, &azienda, "payExpenseReport", &payment).0, "OUTSIDE_AGREEMENT");
    amend(&server, "CONV", (8, "2025-12-02"), &with(3_900_001));
    second.go(&server, &azienda, "payExpenseReport", payment);
    // 39,000.01 - 5,000.01; the first report is not admitted yet.
    let lines = told(&server, &azienda, &second)["lines"].take();
    assert_eq!((&lines[1]["paid"], &lines[1]["remaining"]), (&json!("5000.01"), &json!("34000.00")));
}

#[test]
fn who_submits_does_not_review() {
    let server = ground();
    let azienda = server.token_of(Role::Azienda);
    let other = token_in(&server, "9", Role::Azienda, None, "azienda-2".to_owned());
    let mut report = Held::begun(&server, &azienda, "CONV");
    report.add(&server, &azienda, cost("2025-01-31", "10.00", Some("PERS-2025"), "uno"));
    report.go(&server, &azienda, "submitExpenseReport", report.input());
    assert_eq!(refused(&server, &azienda, "beginExpenseReview", &report.input()).0, "SAME_PERSON");
    report.go(&server, &other, "beginExpenseReview", report.input());
    assert_eq!(refused(&server, &azienda, "judgeExpense", &report.of_expense(0, admitted())).0, "SAME_PERSON");
    let reason = report.with(json!({ "reason": "x" }));
    assert_eq!(refused(&server, &azienda, "returnExpenseReport", &reason).0, "SAME_PERSON");
    report.judge(&server, &other, 0, admitted());
    assert_eq!(refused(&server, &azienda, "admitExpenseReport", &report.input()).0, "SAME_PERSON");
    report.go(&server, &other, "admitExpenseReport", report.input());
}
