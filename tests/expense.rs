//! What partners spent under agreements: reported, reviewed, paid. Amounts are worked out by hand in the comments.

mod account;
mod acts;
mod agreement;
mod desk;
mod four_eyes;
mod refusals;
mod sight;
mod walk;

use api::auth::Role;
use serde_json::{Value, json};

use desk::{Held, account, act, admitted, agree, amend, beta, cost, document, done, four, ground, refused, told};
pub(crate) use desk::{inputs, inputs_under, shared};

use crate::support::Server;
use crate::support::neighbour::token_in;
use crate::support::tables::wait;

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
    // Nor where only the reference is the same, however the other writes it, in a draft or submitted.
    let mut copy = cost("2025-02-28", "10.00", None, "copia");
    copy["documentReference"] = json!("FERRAMENTA - Fattura 7 (del 28/2/2025)");
    other.go(&server, &partner, "updateExpense", other.of_expense(0, json!({ "cost": copy })));
    let used = |report: &Held| {
        let told = refused(&server, &azienda, "judgeExpense", &report.of_expense(1, admitted()));
        assert_eq!(told, ("DOCUMENT_USED".to_owned(), "input.expense".to_owned()));
    };
    used(&report);
    other.go(&server, &partner, "submitExpenseReport", other.input());
    used(&report);
    other.go(&server, &azienda, "returnExpenseReport", other.with(json!({ "reason": "Doppia." })));
    // Once the other is given up the review may take it up.
    done(&server, &partner, "removeExpenseReport", other.input());
    report.judge(&server, &azienda, 1, admitted());
    let open = report.go(&server, &azienda, "returnExpenseReport", report.with(json!({ "reason": "Ancora." })));
    assert!(open["expenses"].as_array().unwrap().iter().all(|one| one["status"] == json!("REPORTED")));
    report.go(&server, &partner, "updateExpense", report.of_expense(1, again));
}

/// What was admitted by mistake, or has no room any more, can be sent back until it is paid; whoever submitted it does not do so.
#[test]
fn what_was_admitted_can_be_sent_back_until_it_is_paid() {
    let server = ground();
    let (partner, azienda) = (server.token_of(Role::Partner), server.token_of(Role::Azienda));
    let mut report = four(&server, &partner);
    report.go(&server, &partner, "submitExpenseReport", report.input());
    report.go(&server, &azienda, "beginExpenseReview", report.input());
    for at in 0..4 {
        report.judge(&server, &azienda, at, admitted());
    }
    report.go(&server, &azienda, "admitExpenseReport", report.input());
    // An amendment leaves less than was admitted: it cannot be paid, and not stay either.
    amend(&server, "CONV", (1, "2025-06-01"), &[("PERS-2025", 2025, 100), ("BENI-2025", 2025, 100_000)]);
    let told = refused(&server, &azienda, "payExpenseReport", &walk::payment(&report, "2026-06-15"));
    assert_eq!(told.0, "ABOVE_LINE");
    let sent = report.go(&server, &azienda, "returnExpenseReport", report.with(json!({ "reason": "Voce ridotta." })));
    assert_eq!((&sent["status"], &sent["returnedReason"]), (&json!("DRAFT"), &json!("Voce ridotta.")));
    assert!(sent["expenses"].as_array().unwrap().iter().all(|one| one["status"] == json!("REPORTED")));
}

#[test]
fn an_amendment_lets_through_what_the_line_did_not_have() {
    let server = ground();
    let (partner, azienda) = (server.token_of(Role::Partner), server.token_of(Role::Azienda));
    let mut first = Held::begun(&server, &partner, "CONV");
    first.add(&server, &partner, cost("2025-01-31", "34000.00", Some("PERS-2025"), "uno"));
    let mut second = Held::begun(&server, &partner, "CONV");
    second.add(&server, &partner, cost("2025-02-28", "6000.00", Some("PERS-2025"), "due"));
    let more = second.with(json!({ "cost": cost("2025-03-31", "0.01", Some("PERS-2025"), "tre") }));
    // A draft takes room from nobody, not even its own partner: 6,000.01 of 40,000.
    let mut third = Held::begun(&server, &partner, "CONV");
    third.add(&server, &partner, cost("2025-02-28", "40000.00", Some("PERS-2025"), "altra"));
    first.go(&server, &partner, "submitExpenseReport", first.input());
    // What was submitted does: 34,000 + 6,000 is all that the line has.
    assert_eq!(
        refused(&server, &partner, "addExpense", &more),
        ("ABOVE_LINE".to_owned(), "input.cost.charged".to_owned())
    );
    let message = act(&server, &partner, "addExpense", &more)["errors"][0]["message"].as_str().unwrap().to_owned();
    assert!(message.contains("6000.01") && message.contains("6000.00"), "{message}");
    assert_eq!(refused(&server, &partner, "submitExpenseReport", &third.input()).0, "ABOVE_LINE");
    done(&server, &partner, "removeExpenseReport", third.input());
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
    first.go(&server, &azienda, "beginExpenseReview", first.input());
    first.judge(&server, &azienda, 0, admitted());
    first.go(&server, &azienda, "admitExpenseReport", first.input());
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
    // 39,000.01 - 34,000.00 - 5,000.01, of which 5,000.01 was paid.
    let lines = told(&server, &azienda, &second)["lines"].take();
    assert_eq!((&lines[1]["paid"], &lines[1]["remaining"]), (&json!("5000.01"), &json!("0.00")));
}

/// Where an amendment leaves less than a draft asks already, what asks no more is corrected and lowered.
#[test]
fn a_line_that_is_over_hinders_no_correction() {
    let server = ground();
    let partner = server.token_of(Role::Partner);
    let mut report = Held::begun(&server, &partner, "CONV");
    for (gross, name) in [("3000.00", "uno"), ("2000.00", "due")] {
        report.add(&server, &partner, cost("2025-01-31", gross, Some("PERS-2025"), name));
    }
    amend(&server, "CONV", (1, "2025-06-01"), &[("PERS-2025", 2025, 100_000), ("BENI-2025", 2025, 100_000)]);
    let said = |report: &Held, gross: &str, line: &str, name: &str| {
        report.of_expense(1, json!({ "cost": cost("2025-02-01", gross, Some(line), name) }))
    };
    // 5,000 of 1,000 are asked: no cent more, and not by another line that has no room for it.
    for (gross, line) in [("2000.01", "PERS-2025"), ("1000.01", "BENI-2025")] {
        let told = refused(&server, &partner, "updateExpense", &said(&report, gross, line, "due"));
        assert_eq!(told, ("ABOVE_LINE".to_owned(), "input.cost.charged".to_owned()), "{gross} {line}");
    }
    for (gross, line, name) in
        [("2000.00", "PERS-2025", "corretta"), ("1999.99", "PERS-2025", "due"), ("1000.00", "BENI-2025", "due")]
    {
        report.go(&server, &partner, "updateExpense", said(&report, gross, line, name));
    }
    assert_eq!(refused(&server, &partner, "submitExpenseReport", &report.input()).0, "ABOVE_LINE");
}
