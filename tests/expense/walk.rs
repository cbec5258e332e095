//! A report from its first expense to its payment, with what is refused on the way. Amounts are worked out by hand in the comments.

use super::*;

/// The totals of a report: cost, charged, admitted, refused, own resources, reimbursable, paid.
fn totals(amounts: [&str; 7]) -> Value {
    let names = ["cost", "charged", "admitted", "refused", "ownResources", "reimbursable", "paid"];
    let members = names.iter().zip(amounts).map(|(name, amount)| ((*name).to_owned(), json!(amount)));
    Value::Object(members.collect())
}

fn line(code: &str, amounts: [&str; 7], refusals: Value) -> Value {
    let [budget, reported, admitted, refused, reimbursable, paid, remaining] = amounts;
    json!({
        "code": code, "year": 2025, "item": format!("Voce {code}"), "budget": budget, "reported": reported,
        "admitted": admitted, "refused": refused, "refusals": refusals, "reimbursable": reimbursable, "paid": paid,
        "remaining": remaining,
    })
}

/// The lines of the report once it is judged.
fn lines(paid: &str) -> Value {
    let goods = json!([{ "position": 2, "amount": "800.00", "reason": "Manca la quietanza." }]);
    let staff = json!([{ "position": 4, "amount": "1000.00", "reason": "Oltre il tariffario." }]);
    json!([
        line("BENI-2025", ["1000.00", "800.00", "0.00", "800.00", "0.00", "0.00", "1000.00"], goods),
        // 30,000 + 4,000 admitted of 35,000; 40,000 - 34,000 remain.
        line("PERS-2025", ["40000.00", "35000.00", "34000.00", "1000.00", "34000.00", paid, "6000.00"], staff),
    ])
}

pub(super) fn payment(report: &Held, day: &str) -> Value {
    report.with(json!({ "paidOn": day, "reference": "CRO 123" }))
}

#[test]
fn a_report_walks_from_draft_to_paid() {
    let server = ground();
    let (partner, azienda) = (server.token_of(Role::Partner), server.token_of(Role::Azienda));
    let mut report = four(&server, &partner);
    check_reported(&told(&server, &partner, &report));
    let illegal = |token: &str, name: &str, input: Value| {
        assert_eq!(refused(&server, token, name, &input).0, "ILLEGAL_TRANSITION", "{name}");
    };
    // Not yet: it was not submitted.
    illegal(&azienda, "beginExpenseReview", report.input());
    report.go(&server, &partner, "submitExpenseReport", report.input());
    illegal(&partner, "submitExpenseReport", report.input());
    illegal(&partner, "removeExpense", report.of_expense(0, json!({})));
    illegal(&azienda, "judgeExpense", report.of_expense(0, admitted()));
    report.go(&server, &azienda, "beginExpenseReview", report.input());
    report.judge(&server, &azienda, 0, admitted());
    illegal(&azienda, "admitExpenseReport", report.input());
    report.judge(&server, &azienda, 1, json!({ "verdict": "REFUSED", "reason": "Manca la quietanza." }));
    report.judge(&server, &azienda, 2, admitted());
    let less = json!({ "verdict": "ADMITTED", "admitted": "4000.00", "reason": "Oltre il tariffario." });
    report.judge(&server, &azienda, 3, less);
    illegal(&azienda, "payExpenseReport", payment(&report, "2026-06-15"));
    report.go(&server, &azienda, "admitExpenseReport", report.input());
    // Admitted today: neither before nor in the future.
    for day in ["2026-06-14", "2026-06-16"] {
        let told = refused(&server, &azienda, "payExpenseReport", &payment(&report, day));
        assert_eq!(told, ("INVALID".to_owned(), "input.paidOn".to_owned()));
    }
    assert_eq!(told(&server, &azienda, &report)["lines"], lines("0.00"));
    report.go(&server, &azienda, "payExpenseReport", payment(&report, "2026-06-15"));
    let paid = told(&server, &partner, &report);
    assert_eq!(paid["lines"], lines("34000.00"));
    let expected = totals(["36250.00", "35800.00", "34000.00", "1800.00", "250.00", "34000.00", "34000.00"]);
    assert_eq!(paid["totals"], expected);
    // Alone they are the same: only the lines that are charged are read for them.
    let alone = format!(
        "{{ node(id: {}) {{ ... on ExpenseReport {{
             totals {{ cost charged admitted refused ownResources reimbursable paid }} }} }} }}",
        report.id
    );
    assert_eq!(server.ask(&partner, &alone, Value::Null).data()["node"]["totals"], expected);
    let ends = ["status", "paidOn", "paymentReference"].map(|name| paid[name].as_str().unwrap().to_owned());
    assert_eq!(ends, ["PAID", "2026-06-15", "CRO 123"]);
    check_unchangeable(&server, &report);
    check_trail(&server);
}

/// What the partner has reported.
fn check_reported(seen: &Value) {
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
    assert_eq!(seen["totals"], totals(["36250.00", "35800.00", "0.00", "0.00", "450.00", "0.00", "0.00"]));
    assert_eq!(seen["submittedAt"], Value::Null);
}

/// Nothing of what was paid changes any more.
fn check_unchangeable(server: &Server, report: &Held) {
    let cost = json!({ "cost": cost("2025-06-30", "1.00", None, "cinque") });
    let all = [
        ("updateExpenseReport", report.with(json!({ "note": "x" }))),
        ("removeExpenseReport", report.input()),
        ("submitExpenseReport", report.input()),
        ("addExpense", report.with(cost.clone())),
        ("updateExpense", report.of_expense(0, cost)),
        ("removeExpense", report.of_expense(0, json!({}))),
        ("beginExpenseReview", report.input()),
        ("judgeExpense", report.of_expense(0, admitted())),
        ("returnExpenseReport", report.with(json!({ "reason": "x" }))),
        ("admitExpenseReport", report.input()),
        ("payExpenseReport", payment(report, "2026-06-15")),
    ];
    for (name, input) in all {
        let told = refused(server, &server.token_of(Role::Azienda), name, &input);
        assert_eq!(told.0, "ILLEGAL_TRANSITION", "{name}");
    }
}

/// One event an act, from one digest to the next.
fn check_trail(server: &Server) {
    let query = "{ auditTrail(filter: { subject: \"expense_report:9/CONV/ALFA/1\" }) { nodes { act digestBefore digestAfter } } }";
    let trail = server.data(Role::Azienda, query)["auditTrail"].take();
    let events = trail["nodes"].as_array().unwrap();
    let acts: Vec<&str> = events.iter().map(|event| event["act"].as_str().unwrap()).collect();
    let mut expected = vec!["expense_report.add"];
    expected.extend(["expense.add"; 4]);
    expected.extend(["expense_report.submit", "expense_report.begin_review"]);
    expected.extend(["expense.judge"; 4]);
    expected.extend(["expense_report.admit", "expense_report.pay"]);
    assert_eq!(acts, expected);
    assert_eq!(events[0]["digestBefore"], Value::Null);
    for pair in events.windows(2) {
        assert_eq!(pair[0]["digestAfter"], pair[1]["digestBefore"]);
        assert_ne!(pair[1]["digestAfter"], pair[1]["digestBefore"]);
    }
}
