//! Where reports of expenses are written in tests: agreements, partners, and a report in somebody's hands.

use std::collections::BTreeMap;

use allocation::vat::Vat;
use allocation::{Cents, IstatCode};
use api::auth::{Operator, Role};
use api::store::agreement::given::{GivenAgreement, GivenLine, GivenTerms};
use api::store::agreement::write;
use api::store::client::Kind;
use entity::kinds::AgreementKind;
use serde_json::{Value, json};

use crate::support::neighbour::token_of_kind;
use crate::support::tables::{snapshot, wait};
use crate::support::write::new_key;
use crate::support::{MANERBIO, Server};

/// What tests read of every report that was written.
pub(crate) const REPORT: &str = "{ report { id revision status number returnedReason expenses { id position status charged } } \
                      errors { code path message } }";

/// The lines of the agreement: code, year, gross amount in cents.
pub(crate) const LINES: [(&str, i32, i64); 3] =
    [("PERS-2025", 2025, 4_000_000), ("BENI-2025", 2025, 100_000), ("PERS-2026", 2026, 50_000)];

pub(crate) fn terms(partners: &[&str], lines: &[(&str, i32, i64)], effective_from: &str) -> GivenTerms {
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
pub(crate) fn agree(server: &Server, ambito: &str, code: &str, partners: &[&str]) {
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
pub(crate) fn amend(server: &Server, code: &str, (version, effective_from): (i32, &str), lines: &[(&str, i32, i64)]) {
    amend_to(server, code, version, terms(&["ALFA"], lines, effective_from));
}

/// An amendment of Ambito 9's agreement to these terms.
pub(crate) fn amend_to(server: &Server, code: &str, version: i32, terms: GivenTerms) {
    follow(server, code, version, terms, false);
}

/// The next version of Ambito 9's agreement: a renewal, or an amendment.
pub(crate) fn follow(server: &Server, code: &str, version: i32, terms: GivenTerms, is_renewal: bool) {
    wait(async {
        let book = server.store().book();
        let ambito = book.ambito_by_code("9").unwrap();
        let permit = Operator::at_the_machine("test").keep_master(ambito.row.id);
        let agreement = ambito.agreement(code).unwrap().row.id;
        let write = server.store().write().await.unwrap();
        if is_renewal {
            write::renew(&write, &permit, (agreement, version), terms, &book).await.unwrap();
        } else {
            write::amend(&write, &permit, (agreement, version), terms, &book).await.unwrap();
        }
        server.store().commit(write).await.unwrap();
    });
}

/// A second partner of Ambito 9, and a token of its client.
pub(crate) fn beta(server: &Server, tax_code: Option<&str>) -> String {
    let input = json!({ "ambito": "9", "code": "BETA", "name": "Cooperativa Beta", "taxCode": tax_code });
    let payload = server.write(Role::Azienda, "addPartner", input, "{ errors { code } }");
    assert_eq!(payload["errors"], json!([]));
    token_of_kind(server, Kind::of_partner(server.store(), "9", "BETA").unwrap(), "beta".to_owned())
}

/// A server with the agreement CONV of partner ALFA.
pub(crate) fn ground() -> Server {
    let server = Server::start();
    agree(&server, "9", "CONV", &["ALFA"]);
    server
}

/// A mutation with a token: its payload.
pub(crate) fn act(server: &Server, token: &str, name: &str, input: &Value) -> Value {
    let ty = format!("{}{}Input!", name[..1].to_uppercase(), &name[1..]);
    let query = format!("mutation($input: {ty}) {{ {name}(input: $input) {REPORT} }}");
    server.send_write(token, &new_key(), &query, json!({ "input": input })).data()[name].take()
}

/// The same of one that must be done: the report.
pub(crate) fn done(server: &Server, token: &str, name: &str, input: Value) -> Value {
    let mut payload = act(server, token, name, &input);
    assert_eq!(payload["errors"], json!([]), "{name} {input}");
    payload["report"].take()
}

/// The same of one that must be refused and change nothing: its code and the way to the input.
pub(crate) fn refused(server: &Server, token: &str, name: &str, input: &Value) -> (String, String) {
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
pub(crate) fn document(name: &str) -> String {
    use std::fmt::Write;
    let bytes = name.bytes().cycle().zip(0..32_u8);
    bytes.fold(String::new(), |mut text, (byte, place)| {
        let _ = write!(text, "{:02x}", byte ^ place);
        text
    })
}

/// An expense, exempt from VAT, with a document of this name.
pub(crate) fn cost(day: &str, gross: &str, line: Option<&str>, name: &str) -> Value {
    json!({
        "spentOn": day, "category": "personale", "vatRegime": "EXEMPT", "gross": gross, "line": line,
        "documentReference": format!("Fattura {name}"), "documentDigest": document(name),
    })
}

/// A report in the hands of a test.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) id: Value,
    pub(crate) revision: i64,
    pub(crate) expenses: Vec<Value>,
}

impl Held {
    pub(crate) fn of(report: &Value) -> Self {
        let expenses = report["expenses"].as_array().unwrap().iter().map(|one| one["id"].clone()).collect();
        Self { id: report["id"].clone(), revision: report["revision"].as_i64().unwrap(), expenses }
    }

    /// A new one of partner ALFA and the first half of 2025.
    pub(crate) fn begun(server: &Server, token: &str, agreement: &str) -> Self {
        Self::begun_by(server, token, (agreement, "ALFA"))
    }

    /// The same of another partner.
    pub(crate) fn begun_by(server: &Server, token: &str, (agreement, partner): (&str, &str)) -> Self {
        let input = json!({
            "ambito": "9", "agreement": agreement, "partner": partner, "periodFrom": "2025-01-01", "periodTo": "2025-06-30",
        });
        Self::of(&done(server, token, "addExpenseReport", input))
    }

    pub(crate) fn input(&self) -> Value {
        json!({ "report": self.id, "expectedVersion": self.revision })
    }

    pub(crate) fn with(&self, rest: Value) -> Value {
        let mut input = self.input();
        input.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        input
    }

    /// The same of an expense by its place.
    pub(crate) fn of_expense(&self, at: usize, rest: Value) -> Value {
        let mut input = json!({ "expense": self.expenses[at], "expectedVersion": self.revision });
        input.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        input
    }

    /// Does an act and goes on with what it leaves.
    pub(crate) fn go(&mut self, server: &Server, token: &str, name: &str, input: Value) -> Value {
        let report = done(server, token, name, input);
        *self = Self::of(&report);
        report
    }

    /// Goes from draft to admitted, with all that is charged.
    pub(crate) fn admit(&mut self, server: &Server, partner: &str, azienda: &str) {
        self.go(server, partner, "submitExpenseReport", self.input());
        self.go(server, azienda, "beginExpenseReview", self.input());
        for at in 0..self.expenses.len() {
            self.judge(server, azienda, at, admitted());
        }
        self.go(server, azienda, "admitExpenseReport", self.input());
    }

    /// Is paid on the day of the tests.
    pub(crate) fn pay(&mut self, server: &Server, azienda: &str) {
        self.go(server, azienda, "payExpenseReport", super::walk::payment(self, "2026-06-15"));
    }

    pub(crate) fn add(&mut self, server: &Server, token: &str, cost: Value) {
        self.go(server, token, "addExpense", self.with(json!({ "cost": cost })));
    }

    pub(crate) fn judge(&mut self, server: &Server, token: &str, at: usize, rest: Value) {
        self.go(server, token, "judgeExpense", self.of_expense(at, rest));
    }
}

pub(crate) fn admitted() -> Value {
    json!({ "verdict": "ADMITTED" })
}

/// Reports in each state, and for each act an input that would be done.
pub(crate) fn inputs(server: &Server) -> BTreeMap<&'static str, Value> {
    agree(server, "9", "CONV", &["ALFA"]);
    inputs_under(server, "CONV")
}

/// The same under an agreement of partner ALFA that is there.
pub(crate) fn inputs_under(server: &Server, agreement: &str) -> BTreeMap<&'static str, Value> {
    let (partner, azienda) = (server.token_of(Role::Partner), server.token_of(Role::Azienda));
    let with_expense = |name: &str| {
        let mut report = Held::begun(server, &partner, agreement);
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
        let less = json!({ "verdict": "ADMITTED", "admitted": "5.00", "reason": "Oltre il tariffario." });
        report.judge(server, &azienda, 0, less);
    }
    approved.go(server, &azienda, "admitExpenseReport", approved.input());
    let period = json!({ "ambito": "9", "agreement": agreement, "partner": "ALFA", "periodFrom": "2025-01-01", "periodTo": "2025-01-31" });
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

/// An agreement INSIEME of partners ALFA and BETA, with reports of BETA in several states; BETA's token. An amendment, after what else comes before
/// it, leaves 30,150 of the line of staff, of which BETA was paid 30,000 and admitted 200.
pub(crate) fn shared(server: &Server, before_it: impl FnOnce()) -> String {
    let (beta, azienda) = (beta(server, None), server.token_of(Role::Azienda));
    let both = ["ALFA", "BETA"];
    agree(server, "9", "INSIEME", &both);
    let begun = |gross: &str, name: &str| {
        let mut report = Held::begun_by(server, &beta, ("INSIEME", "BETA"));
        report.add(server, &beta, cost("2025-01-31", gross, Some("PERS-2025"), name));
        report
    };
    let (mut paid, mut admitted) = (begun("30000.00", "beta 1"), begun("200.00", "beta 2"));
    paid.admit(server, &beta, &azienda);
    paid.pay(server, &azienda);
    admitted.admit(server, &beta, &azienda);
    let mut reviewed = begun("70.00", "beta 3");
    reviewed.go(server, &beta, "submitExpenseReport", reviewed.input());
    reviewed.go(server, &azienda, "beginExpenseReview", reviewed.input());
    reviewed.judge(server, &azienda, 0, json!({ "verdict": "REFUSED", "reason": "Estranea." }));
    reviewed.go(server, &azienda, "returnExpenseReport", reviewed.with(json!({ "reason": "Da rivedere." })));
    begun("80.00", "beta 4");
    before_it();
    let lines = [("PERS-2025", 2025, 3_015_000), ("BENI-2025", 2025, 100_000), ("PERS-2026", 2026, 50_000)];
    amend_to(server, "INSIEME", 1, terms(&both, &lines, "2025-06-01"));
    beta
}

/// What a report comes to.
pub(crate) fn told(server: &Server, token: &str, report: &Held) -> Value {
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

/// What all reports of an agreement of Ambito 9 come to; null where that is not told.
pub(crate) fn account(server: &Server, token: &str, agreement: &str, arguments: &str) -> Value {
    let query = format!(
        "{{ ambito(code: \"9\") {{ agreements(first: 100) {{ nodes {{ code account{arguments} {{
             version budget reported admitted refused reimbursable paid remaining
             lines {{ code year item budget reported admitted refused reimbursable paid remaining }} }} }} }} }} }}"
    );
    let mut data = server.ask(token, &query, Value::Null).data();
    let nodes = data["ambito"]["agreements"]["nodes"].as_array_mut().unwrap();
    let node = nodes.iter_mut().find(|node| node["code"] == json!(agreement));
    node.unwrap_or_else(|| panic!("no agreement {agreement}"))["account"].take()
}

/// Four expenses: 30,000.00 with 4% of VAT to the line of staff; 1,000.00 and 22% that comes back, 800.00 of it to the line of goods; 250.00 that the partner bears;
/// 5,000.00 to the line of staff.
pub(crate) fn four(server: &Server, token: &str) -> Held {
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
