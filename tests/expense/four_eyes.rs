//! Two people: whoever wrote an expense or submitted its report neither reviews nor pays it; and what there is to pay.

use super::*;

/// Another client of the managing body.
fn other(server: &Server) -> String {
    token_in(server, "9", Role::Azienda, None, "azienda-2".to_owned())
}

/// Refuses every act of the review that a report in this state has.
fn check_refused(server: &Server, token: &str, report: &Held, names: &[&str]) {
    for name in names {
        let input = match *name {
            "judgeExpense" => report.of_expense(0, admitted()),
            "returnExpenseReport" => report.with(json!({ "reason": "x" })),
            "payExpenseReport" => walk::payment(report, "2026-06-15"),
            _ => report.input(),
        };
        assert_eq!(refused(server, token, name, &input).0, "SAME_PERSON", "{name}");
    }
}

#[test]
fn who_wrote_or_submitted_neither_reviews_nor_pays() {
    let server = ground();
    let (partner, azienda) = (server.token_of(Role::Partner), server.token_of(Role::Azienda));
    let other = other(&server);
    let begun = || Held::begun(&server, &partner, "CONV");
    let small = |name: &str| cost("2025-01-31", "10.00", Some("PERS-2025"), name);
    // Submitted by the managing body; written by it for the partner, who submits; said anew by it, and submitted by the partner.
    let (mut submitted, mut written, mut said) = (begun(), begun(), begun());
    submitted.add(&server, &partner, small("uno"));
    submitted.go(&server, &azienda, "submitExpenseReport", submitted.input());
    written.add(&server, &azienda, small("due"));
    written.add(&server, &partner, small("due bis"));
    // What the partner says anew was the managing body's first.
    written.go(&server, &partner, "updateExpense", written.of_expense(0, json!({ "cost": small("due") })));
    written.go(&server, &partner, "submitExpenseReport", written.input());
    said.add(&server, &partner, small("tre"));
    said.go(&server, &azienda, "updateExpense", said.of_expense(0, json!({ "cost": small("tre") })));
    said.go(&server, &partner, "submitExpenseReport", said.input());
    // Corrected by it in between; with an expense of its own that is gone; and submitted by it before it was sent back.
    let (mut between, mut gone, mut before) = (begun(), begun(), begun());
    between.add(&server, &partner, small("quattro"));
    for token in [&azienda, &partner] {
        between.go(&server, token, "updateExpense", between.of_expense(0, json!({ "cost": small("quattro") })));
    }
    between.go(&server, &partner, "submitExpenseReport", between.input());
    gone.add(&server, &partner, small("cinque"));
    gone.add(&server, &azienda, small("cinque bis"));
    gone.go(&server, &partner, "removeExpense", gone.of_expense(1, json!({})));
    gone.go(&server, &partner, "submitExpenseReport", gone.input());
    before.add(&server, &partner, small("sei"));
    before.go(&server, &azienda, "submitExpenseReport", before.input());
    before.go(&server, &other, "returnExpenseReport", before.with(json!({ "reason": "Da rivedere." })));
    before.go(&server, &partner, "submitExpenseReport", before.input());
    for report in [&mut submitted, &mut written, &mut said, &mut between, &mut gone, &mut before] {
        check_refused(&server, &azienda, report, &["beginExpenseReview"]);
        report.go(&server, &other, "beginExpenseReview", report.input());
        check_refused(&server, &azienda, report, &["judgeExpense", "returnExpenseReport"]);
        for at in 0..report.expenses.len() {
            report.judge(&server, &other, at, admitted());
        }
        check_refused(&server, &azienda, report, &["admitExpenseReport"]);
        report.go(&server, &other, "admitExpenseReport", report.input());
        check_refused(&server, &azienda, report, &["payExpenseReport", "returnExpenseReport"]);
        report.pay(&server, &other);
    }
}

/// A report of which nothing is admitted, and one that the partner bears alone, come to their end admitted: there is nothing to pay.
#[test]
fn nothing_is_not_paid() {
    let server = ground();
    let (partner, azienda) = (server.token_of(Role::Partner), server.token_of(Role::Azienda));
    let mut alone = Held::begun(&server, &partner, "CONV");
    alone.add(&server, &partner, cost("2025-01-31", "10.00", None, "propria"));
    alone.admit(&server, &partner, &azienda);
    let mut report = Held::begun(&server, &partner, "CONV");
    report.add(&server, &partner, cost("2025-01-31", "10.00", Some("PERS-2025"), "uno"));
    report.go(&server, &partner, "submitExpenseReport", report.input());
    report.go(&server, &azienda, "beginExpenseReview", report.input());
    report.judge(&server, &azienda, 0, json!({ "verdict": "REFUSED", "reason": "Estranea." }));
    report.go(&server, &azienda, "admitExpenseReport", report.input());
    for report in [&alone, &report] {
        let told = refused(&server, &azienda, "payExpenseReport", &walk::payment(report, "2026-06-15"));
        assert_eq!(told, ("ILLEGAL_TRANSITION".to_owned(), "input.report".to_owned()));
    }
    // It can still be sent back.
    report.go(&server, &azienda, "returnExpenseReport", report.with(json!({ "reason": "Da rivedere." })));
}
