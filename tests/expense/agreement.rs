//! What all reports of an agreement come to, and that nothing above a line is paid back, in whatever state. Amounts are worked out by hand in the comments.

use api::store::agreement::given::GivenTerms;

use super::desk::{follow, terms};
use super::*;
use crate::support::write::new_key;
use crate::support::{MANERBIO, PONTEVICO};

/// The seven amounts of an account or of a line of it.
fn amounts(of: &Value) -> [String; 7] {
    ["budget", "reported", "admitted", "refused", "reimbursable", "paid", "remaining"]
        .map(|name| of[name].as_str().unwrap_or("none").to_owned())
}

/// The version of an account, its sums, and its lines by code and year.
fn whole(account: &Value) -> (i64, [String; 7], Vec<(String, i64, [String; 7])>) {
    let line =
        |line: &Value| (line["code"].as_str().unwrap().to_owned(), line["year"].as_i64().unwrap(), amounts(line));
    let lines = account["lines"].as_array().unwrap().iter().map(line).collect();
    (account["version"].as_i64().unwrap(), amounts(account), lines)
}

/// The same as it is to be.
fn expected(
    version: i64,
    sums: [&str; 7],
    lines: &[(&str, i64, [&str; 7])],
) -> (i64, [String; 7], Vec<(String, i64, [String; 7])>) {
    let lines = lines.iter().map(|(code, year, amounts)| ((*code).to_owned(), *year, amounts.map(str::to_owned)));
    (version, sums.map(str::to_owned), lines.collect())
}

/// Four reports: one paid of which 34,000 of 35,000 of staff and nothing of 800 of goods were admitted; one in review with 2,000 of staff admitted; one of 150 of goods that
/// waits; and a draft of 700.
fn reported(server: &Server) {
    let (partner, azienda) = (server.token_of(Role::Partner), server.token_of(Role::Azienda));
    let mut paid = four(server, &partner);
    paid.go(server, &partner, "submitExpenseReport", paid.input());
    paid.go(server, &azienda, "beginExpenseReview", paid.input());
    paid.judge(server, &azienda, 0, admitted());
    paid.judge(server, &azienda, 1, json!({ "verdict": "REFUSED", "reason": "Manca la quietanza." }));
    paid.judge(server, &azienda, 2, admitted());
    let less = json!({ "verdict": "ADMITTED", "admitted": "4000.00", "reason": "Oltre il tariffario." });
    paid.judge(server, &azienda, 3, less);
    paid.go(server, &azienda, "admitExpenseReport", paid.input());
    paid.pay(server, &azienda);
    let with = |gross: &str, line: &str, name: &str| {
        let mut report = Held::begun(server, &partner, "CONV");
        report.add(server, &partner, cost("2025-04-30", gross, Some(line), name));
        report
    };
    let mut reviewed = with("2000.00", "PERS-2025", "istruita");
    reviewed.go(server, &partner, "submitExpenseReport", reviewed.input());
    reviewed.go(server, &azienda, "beginExpenseReview", reviewed.input());
    reviewed.judge(server, &azienda, 0, admitted());
    let mut submitted = with("150.00", "BENI-2025", "presentata");
    submitted.go(server, &partner, "submitExpenseReport", submitted.input());
    with("700.00", "PERS-2025", "bozza");
}

#[test]
fn all_reports_of_an_agreement_are_added_up_by_line() {
    let server = ground();
    reported(&server);
    let (partner, azienda) = (server.token_of(Role::Partner), server.token_of(Role::Azienda));
    // 800 + 150; 35,000 + 2,000 reported, 34,000 + 2,000 admitted, 40,000 - 36,000 left. The draft is none yet.
    let goods = ("BENI-2025", 2025, ["1000.00", "950.00", "0.00", "800.00", "0.00", "0.00", "1000.00"]);
    let staff = ("PERS-2025", 2025, ["40000.00", "37000.00", "36000.00", "1000.00", "36000.00", "34000.00", "4000.00"]);
    let next = ("PERS-2026", 2026, ["500.00", "0.00", "0.00", "0.00", "0.00", "0.00", "500.00"]);
    let all = ["41500.00", "37950.00", "36000.00", "1800.00", "36000.00", "34000.00", "5500.00"];
    let of_year = ["41000.00", "37950.00", "36000.00", "1800.00", "36000.00", "34000.00", "5000.00"];
    // The partner is the only one, so that what it reads is all there is.
    let grantor = server.token_for(Role::Comune, Some(MANERBIO));
    for token in [&azienda, &partner, &server.token_of(Role::Auditor), &grantor] {
        let told = |arguments: &str| whole(&account(&server, token, "CONV", arguments));
        assert_eq!(told(""), expected(1, all, &[goods, staff, next]));
        assert_eq!(told("(version: 1)"), expected(1, all, &[goods, staff, next]));
        assert_eq!(told("(year: 2025)"), expected(1, of_year, &[goods, staff]));
        assert_eq!(told("(year: 2030)"), expected(1, ["0.00"; 7], &[]));
        assert_eq!(account(&server, token, "CONV", "(version: 2)"), Value::Null);
    }
    for token in [
        server.token_for(Role::Comune, Some(PONTEVICO)),
        server.token_of(Role::Assemblea),
        server.token_of(Role::Reporting),
    ] {
        assert_eq!(account(&server, &token, "CONV", ""), Value::Null);
    }
    // Of 35,000 there is room for 1,000 of the 2,000 that are in review; 34,000 are paid. Goods are gone, with what was refused of them.
    amend(&server, "CONV", (1, "2025-06-01"), &[("PERS-2025", 2025, 3_500_000)]);
    let goods = ("BENI-2025", 2025, ["0.00", "950.00", "0.00", "800.00", "0.00", "0.00", "0.00"]);
    let staff =
        ("PERS-2025", 2025, ["35000.00", "37000.00", "36000.00", "1000.00", "35000.00", "34000.00", "-1000.00"]);
    let all = ["35000.00", "37950.00", "36000.00", "1800.00", "35000.00", "34000.00", "-1000.00"];
    for arguments in ["", "(version: 1)", "(version: 2)"] {
        assert_eq!(whole(&account(&server, &azienda, "CONV", arguments)), expected(2, all, &[goods, staff]));
    }
    // What was paid stays so below what it was paid of.
    amend(&server, "CONV", (2, "2025-07-01"), &[("PERS-2025", 2025, 3_000_000)]);
    let told = account(&server, &azienda, "CONV", "");
    assert_eq!((&told["reimbursable"], &told["remaining"]), (&json!("34000.00"), &json!("-6000.00")));
    // A renewal that is to come has lines of its own, of which nothing was reported.
    let renewed = terms(&["ALFA"], &[("PERS-2025", 2027, 900)], "2027-01-01");
    let [starts_on, ends_on] = ["2027-01-01", "2027-12-31"].map(|day| day.parse().unwrap());
    follow(&server, "CONV", 3, GivenTerms { starts_on, ends_on, ..renewed }, true);
    let new = ["9.00", "0.00", "0.00", "0.00", "0.00", "0.00", "9.00"];
    let coming = account(&server, &partner, "CONV", "(version: 4)");
    assert_eq!(whole(&coming), expected(4, new, &[("PERS-2025", 2027, new)]));
    assert_eq!(account(&server, &azienda, "CONV", ""), told);
}

/// The line of goods of a report, as the managing body reads it: admitted and reimbursable; and the same of the agreement.
fn of_goods(server: &Server, token: &str, reports: [&Held; 2]) -> [[String; 2]; 3] {
    let of = |lines: &Value| {
        let line = lines.as_array().unwrap().iter().find(|line| line["code"] == json!("BENI-2025")).unwrap();
        ["admitted", "reimbursable"].map(|name| line[name].as_str().unwrap().to_owned())
    };
    let [first, second] = reports.map(|report| of(&told(server, token, report)["lines"]));
    [first, second, of(&account(server, token, "CONV", "")["lines"])]
}

/// Two reports on a line of 1,000.00, which amendments lower and raise again: what is reimbursable is never above it, and the rest is paid once it is there.
#[test]
fn nothing_above_a_line_is_paid_back_unless_an_amendment_raises_it() {
    let server = ground();
    let (partner, azienda) = (server.token_of(Role::Partner), server.token_of(Role::Azienda));
    let begun = |gross: &[&str], name: &str| {
        let mut report = Held::begun(&server, &partner, "CONV");
        for (at, gross) in gross.iter().enumerate() {
            report.add(&server, &partner, cost("2025-03-31", gross, Some("BENI-2025"), &format!("{name} {at}")));
        }
        report.go(&server, &partner, "submitExpenseReport", report.input());
        report.go(&server, &azienda, "beginExpenseReview", report.input());
        report
    };
    let (mut first, mut second) = (begun(&["500.00", "300.00"], "prima"), begun(&["200.00"], "seconda"));
    let goods = |first: &Held, second: &Held| of_goods(&server, &azienda, [first, second]);
    let euro = |rows: [[&str; 2]; 3]| rows.map(|row| row.map(str::to_owned));
    let lower = |version: i32, day: &str, cents: i64| {
        amend(&server, "CONV", (version, day), &[("PERS-2025", 2025, 4_000_000), ("BENI-2025", 2025, cents)]);
    };
    let above = |report: &Held, at: usize| {
        let told = refused(&server, &azienda, "judgeExpense", &report.of_expense(at, admitted()));
        assert_eq!(told, ("ABOVE_LINE".to_owned(), "input.admitted".to_owned()));
    };
    // All of it was asked of 1,000; the judgement finds 700: 500 and 200 of the 300, and of the other report, which has it for itself until the first is admitted, 200.
    lower(1, "2025-06-01", 70_000);
    assert_eq!(goods(&first, &second), euro([["0.00", "0.00"], ["0.00", "0.00"], ["0.00", "0.00"]]));
    first.judge(&server, &azienda, 0, admitted());
    above(&first, 1);
    let less = |admitted: &str| json!({ "verdict": "ADMITTED", "admitted": admitted, "reason": "Oltre la voce." });
    let told = refused(&server, &azienda, "judgeExpense", &first.of_expense(1, less("200.01")));
    assert_eq!(told.0, "ABOVE_LINE");
    first.judge(&server, &azienda, 1, less("200.00"));
    second.judge(&server, &azienda, 0, admitted());
    assert_eq!(goods(&first, &second), euro([["700.00", "700.00"], ["200.00", "200.00"], ["900.00", "700.00"]]));
    first.go(&server, &azienda, "admitExpenseReport", first.input());
    assert_eq!(goods(&first, &second), euro([["700.00", "700.00"], ["200.00", "0.00"], ["900.00", "700.00"]]));
    assert_eq!(refused(&server, &azienda, "admitExpenseReport", &second.input()).0, "ABOVE_LINE");
    // Lowered once more, what was judged may be lowered too, though it stays above the line; and nothing is raised.
    lower(2, "2025-06-02", 60_000);
    assert_eq!(goods(&first, &second), euro([["700.00", "600.00"], ["200.00", "0.00"], ["900.00", "600.00"]]));
    second.judge(&server, &azienda, 0, less("150.00"));
    above(&second, 0);
    assert_eq!(refused(&server, &azienda, "payExpenseReport", &walk::payment(&first, "2026-06-15")).0, "ABOVE_LINE");
    // Raised to 900 the rest of the other report is admitted, and it is paid.
    lower(3, "2025-06-03", 90_000);
    assert_eq!(goods(&first, &second), euro([["700.00", "700.00"], ["150.00", "150.00"], ["850.00", "850.00"]]));
    second.judge(&server, &azienda, 0, admitted());
    second.go(&server, &azienda, "admitExpenseReport", second.input());
    second.pay(&server, &azienda);
    // Raised to 1,000 what was admitted in part, and is not paid, is sent back and judged anew: the rest of it, too.
    lower(4, "2025-06-04", 100_000);
    first.go(&server, &azienda, "returnExpenseReport", first.with(json!({ "reason": "La voce è aumentata." })));
    assert_eq!(goods(&first, &second), euro([["0.00", "0.00"], ["200.00", "200.00"], ["200.00", "200.00"]]));
    first.admit(&server, &partner, &azienda);
    first.pay(&server, &azienda);
    assert_eq!(goods(&first, &second), euro([["800.00", "800.00"], ["200.00", "200.00"], ["1000.00", "1000.00"]]));
    // To the cent: nothing is left, and nothing more is taken.
    let mut more = Held::begun(&server, &partner, "CONV");
    let cent = more.with(json!({ "cost": cost("2025-03-31", "0.01", Some("BENI-2025"), "terza") }));
    assert_eq!(refused(&server, &partner, "addExpense", &cent).0, "ABOVE_LINE");
    lower(5, "2025-06-05", 100_001);
    more.go(&server, &partner, "addExpense", cent);
    more.admit(&server, &partner, &azienda);
    // The act that pays it is answered with it paid.
    let query = "mutation($input: PayExpenseReportInput!) { payExpenseReport(input: $input) {
        report { agreement { account(year: 2025) { paid lines { code paid } } } } errors { code } } }";
    let input = json!({ "input": walk::payment(&more, "2026-06-15") });
    let mut answer = server.send_write(&azienda, &new_key(), query, input).data();
    let paid = answer["payExpenseReport"]["report"]["agreement"]["account"].take();
    assert_eq!((&paid["paid"], &paid["lines"][0]["paid"]), (&json!("1000.01"), &json!("1000.01")));
}
