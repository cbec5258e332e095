//! Reports under an agreement that is cut short, renewed, or handed over. Amounts are worked out by hand in the comments.

use api::store::agreement::given::GivenTerms;

use super::desk::{LINES, amend_to, follow, terms};
use super::*;

/// Terms of another period.
fn within(lines: &[(&str, i32, i64)], effective_from: &str, [from, to]: [&str; 2]) -> GivenTerms {
    let terms = terms(&["ALFA"], lines, effective_from);
    GivenTerms { starts_on: from.parse().unwrap(), ends_on: to.parse().unwrap(), ..terms }
}

/// A new report of the first quarter of 2026.
fn quarter(server: &Server, token: &str) -> Held {
    Held::of(&done(server, token, "addExpenseReport", first_quarter()))
}

fn first_quarter() -> Value {
    json!({ "ambito": "9", "agreement": "CONV", "periodFrom": "2026-01-01", "periodTo": "2026-03-31" })
}

/// Budget, admitted, paid and remaining of the line of staff of 2026.
fn staff(server: &Server, token: &str, report: &Held) -> [Value; 4] {
    let told = told(server, token, report);
    let line = told["lines"].as_array().unwrap().iter().find(|line| line["code"] == json!("PERS-2026"));
    let line = line.unwrap_or_else(|| panic!("{told}"));
    ["budget", "admitted", "paid", "remaining"].map(|name| line[name].clone())
}

#[test]
fn a_renewal_has_lines_of_its_own_and_what_was_admitted_before_is_paid() {
    let server = ground();
    let (partner, azienda) = (server.token_of(Role::Partner), server.token_of(Role::Azienda));
    let staff_cost = |gross: &str, name: &str| cost("2026-02-01", gross, Some("PERS-2026"), name);
    // 400 of the 500 of 2026 are admitted, and two drafts wait.
    let mut before = quarter(&server, &partner);
    before.add(&server, &partner, staff_cost("400.00", "prima"));
    before.admit(&server, &partner, &azienda);
    let mut draft = quarter(&server, &partner);
    draft.add(&server, &partner, staff_cost("50.00", "bozza"));
    // Cut short at the end of 2025, nothing more is reported beyond it; what was admitted is paid as it was agreed.
    amend_to(&server, "CONV", 1, within(&LINES[..2], "2025-06-01", ["2025-01-01", "2025-12-31"]));
    let outside = |field: &str| ("OUTSIDE_PERIOD".to_owned(), format!("input.{field}"));
    assert_eq!(refused(&server, &partner, "addExpenseReport", &first_quarter()), outside("periodFrom"));
    let more = draft.with(json!({ "cost": staff_cost("1.00", "altra") }));
    assert_eq!(refused(&server, &partner, "addExpense", &more), outside("report"));
    assert_eq!(refused(&server, &partner, "submitExpenseReport", &draft.input()), outside("report"));
    before.pay(&server, &azienda);
    let paid = [json!("500.00"), json!("400.00"), json!("400.00"), json!("100.00")];
    assert_eq!(staff(&server, &partner, &before), paid);
    // The renewal uses the code again, for 300: nothing of the 400 is of it.
    let renewed = within(&[("PERS-2026", 2026, 30_000)], "2026-01-01", ["2026-01-01", "2026-12-31"]);
    follow(&server, "CONV", 2, renewed, true);
    let mut after = quarter(&server, &partner);
    let above = after.with(json!({ "cost": staff_cost("300.01", "dopo") }));
    assert_eq!(refused(&server, &partner, "addExpense", &above).0, "ABOVE_LINE");
    after.add(&server, &partner, staff_cost("250.00", "dopo"));
    // The draft of before follows what is agreed now: 250 + 50 is all of the line.
    draft.go(&server, &partner, "submitExpenseReport", draft.input());
    let above = after.with(json!({ "cost": staff_cost("0.01", "ancora") }));
    assert_eq!(refused(&server, &partner, "addExpense", &above).0, "ABOVE_LINE");
    after.admit(&server, &partner, &azienda);
    for token in [&partner, &azienda] {
        let admitted = [json!("300.00"), json!("250.00"), json!("0.00"), json!("50.00")];
        assert_eq!(staff(&server, token, &after), admitted);
        assert_eq!(staff(&server, token, &before), paid);
    }
    // An amendment of the act that is over, numbered after the renewal, leaves the renewal's line and what was taken of it.
    amend_to(&server, "CONV", 3, within(&LINES[..1], "2025-09-01", ["2025-01-01", "2025-12-31"]));
    for token in [&partner, &azienda] {
        let admitted = [json!("300.00"), json!("250.00"), json!("0.00"), json!("50.00")];
        assert_eq!(staff(&server, token, &after), admitted);
    }
    let last = quarter(&server, &partner);
    let above = last.with(json!({ "cost": staff_cost("0.01", "ultima") }));
    assert_eq!(refused(&server, &partner, "addExpense", &above).0, "ABOVE_LINE");
    after.pay(&server, &azienda);
    assert_eq!(staff(&server, &partner, &after)[2], json!("250.00"));
}

/// An amendment hands the work over: the first partner still reports what it did before, by what was agreed with it, and reads nothing of what is agreed with the other.
#[test]
fn what_was_handed_over_is_reported_until_then() {
    let server = ground();
    beta(&server, None);
    let partner = server.token_of(Role::Partner);
    let mut report = Held::begun(&server, &partner, "CONV");
    report.add(&server, &partner, cost("2025-01-31", "500.00", Some("PERS-2025"), "uno"));
    amend_to(&server, "CONV", 1, terms(&["BETA"], &[("PERS-2025", 2025, 100), ("SEGRETA", 2025, 700)], "2025-06-01"));
    let azienda = server.token_of(Role::Azienda);
    let lines = |token: &str, report: &Held| -> Vec<[Value; 3]> {
        let lines = told(&server, token, report)["lines"].take();
        let told = |line: &Value| ["code", "budget", "remaining"].map(|name| line[name].clone());
        lines.as_array().unwrap().iter().map(told).collect()
    };
    // It runs into the days of the other: nothing can be charged as it is, and what is charged already has nothing.
    assert_eq!(lines(&partner, &report), [[json!("PERS-2025"), json!("0.00"), json!(null)]]);
    // It runs into the days of the other.
    let more = |report: &Held| report.with(json!({ "cost": cost("2025-05-31", "39500.00", Some("PERS-2025"), "due") }));
    assert_eq!(refused(&server, &partner, "addExpense", &more(&report)).0, "OUTSIDE_PERIOD");
    assert_eq!(refused(&server, &partner, "submitExpenseReport", &report.input()).0, "OUTSIDE_PERIOD");
    let until = |day: &str| report.with(json!({ "periodTo": day }));
    assert_eq!(refused(&server, &partner, "updateExpenseReport", &until("2025-06-01")).0, "OUTSIDE_PERIOD");
    report.go(&server, &partner, "updateExpenseReport", until("2025-05-31"));
    let line = |code: &str, budget: &str, remaining: Value| [json!(code), json!(budget), remaining];
    // The other may have been admitted something of the same line: how much is left is not the partner's to know.
    let of_partner = [line("BENI-2025", "1000.00", json!(null)), line("PERS-2025", "40000.00", json!(null))];
    assert_eq!(lines(&partner, &report), of_partner);
    let of_all =
        [("BENI-2025", "1000.00"), ("PERS-2025", "40000.00")].map(|(code, left)| line(code, left, json!(left)));
    assert_eq!(lines(&azienda, &report), of_all);
    report.go(&server, &partner, "addExpense", more(&report));
    let of_other = report.with(json!({ "cost": cost("2025-05-31", "1.00", Some("SEGRETA"), "tre") }));
    assert_eq!(refused(&server, &partner, "addExpense", &of_other).0, "OUTSIDE_AGREEMENT");
    report.admit(&server, &partner, &azienda);
    report.pay(&server, &azienda);
    // Together: 500 + 39,500 by what was agreed with it, and to whoever sees all of it by what is agreed now.
    let line = |[code, budget, all, remaining]: [&str; 4]| -> Value { json!([code, budget, all, all, remaining]) };
    let lines = |token: &str, arguments: &str| -> Value {
        let account = account(&server, token, "CONV", arguments);
        let told = |line: &Value| ["code", "budget", "admitted", "paid", "remaining"].map(|name| line[name].clone());
        let lines = account["lines"].as_array().unwrap().iter().map(|line| json!(told(line)));
        json!([account["version"], lines.collect::<Value>()])
    };
    let mut of_partner = [["BENI-2025", "1000.00", "0.00", ""], ["PERS-2025", "40000.00", "40000.00", ""]].map(line);
    for line in &mut of_partner {
        line[4] = Value::Null;
    }
    assert_eq!(lines(&partner, "(year: 2025)"), json!([1, of_partner]));
    let of_all = [["PERS-2025", "1.00", "40000.00", "-39999.00"], ["SEGRETA", "7.00", "0.00", "7.00"]].map(line);
    assert_eq!(lines(&azienda, ""), json!([2, of_all]));
    assert_eq!(lines(&azienda, "(version: 1)"), json!([2, of_all]));
    // A version with the other is not there.
    assert_eq!(account(&server, &partner, "CONV", "(version: 2)"), account(&server, &partner, "CONV", "(version: 9)"));
    assert_eq!(account(&server, &partner, "CONV", "(version: 2)"), Value::Null);
}

/// An amendment lowers a line and ends the act early: it binds what is submitted and what is under review.
#[test]
fn what_is_not_admitted_yet_follows_an_amendment_that_cuts_the_act_short() {
    let server = ground();
    let (partner, azienda) = (server.token_of(Role::Partner), server.token_of(Role::Azienda));
    let winter = |name: &str| {
        let input = json!({ "ambito": "9", "agreement": "CONV", "periodFrom": "2025-12-01", "periodTo": "2026-01-31" });
        let mut report = Held::of(&done(&server, &partner, "addExpenseReport", input));
        report.add(&server, &partner, cost("2025-12-15", "1000.00", Some("PERS-2025"), &format!("{name} prima")));
        report.add(&server, &partner, cost("2026-01-15", "100.00", Some("PERS-2026"), &format!("{name} dopo")));
        report.go(&server, &partner, "submitExpenseReport", report.input());
        report
    };
    let (mut submitted, mut judged) = (winter("uno"), winter("due"));
    judged.go(&server, &azienda, "beginExpenseReview", judged.input());
    for at in 0..2 {
        judged.judge(&server, &azienda, at, admitted());
    }
    // 600 are left for staff, and nothing after 2025.
    let lowered = [("PERS-2025", 2025, 60_000)];
    amend_to(&server, "CONV", 1, within(&lowered, "2025-06-01", ["2025-01-01", "2025-12-31"]));
    assert_eq!(told(&server, &azienda, &judged)["lines"][0]["budget"], json!("600.00"));
    let outside = |field: &str| ("OUTSIDE_PERIOD".to_owned(), format!("input.{field}"));
    assert_eq!(refused(&server, &azienda, "admitExpenseReport", &judged.input()), outside("report"));
    submitted.go(&server, &azienda, "beginExpenseReview", submitted.input());
    let late = submitted.of_expense(1, admitted());
    assert_eq!(refused(&server, &azienda, "judgeExpense", &late), outside("expense"));
    submitted.judge(&server, &azienda, 1, json!({ "verdict": "REFUSED", "reason": "Oltre la scadenza." }));
    // 1,000 of 600.
    let above = ("ABOVE_LINE".to_owned(), "input.admitted".to_owned());
    assert_eq!(refused(&server, &azienda, "judgeExpense", &submitted.of_expense(0, admitted())), above);
    let less = json!({ "verdict": "ADMITTED", "admitted": "600.00", "reason": "Voce ridotta." });
    submitted.judge(&server, &azienda, 0, less);
    submitted.go(&server, &azienda, "admitExpenseReport", submitted.input());
    submitted.pay(&server, &azienda);
}
