//! Who sees which reports, and that another partner's are nowhere: in no list, under no identifier, in no error.

use super::desk::{LINES, amend_to, terms};
use super::*;
use crate::support::write::new_key;
use crate::support::{MANERBIO, PONTEVICO, neighbour};

/// Everybody who may ask, and a token of each.
fn askers(server: &Server, beta: String) -> Vec<(&'static str, String)> {
    vec![
        ("azienda", server.token_of(Role::Azienda)),
        ("partner", server.token_of(Role::Partner)),
        ("other partner", beta),
        ("auditor", server.token_of(Role::Auditor)),
        ("grantor", server.token_for(Role::Comune, Some(MANERBIO))),
        ("other comune", server.token_for(Role::Comune, Some(PONTEVICO))),
        ("assembly", server.token_of(Role::Assemblea)),
        ("reporting", server.token_of(Role::Reporting)),
        ("admin", server.token_of(Role::Admin)),
        ("neighbour", neighbour::token(server, Role::Azienda, None)),
        ("neighbour's auditor", neighbour::token(server, Role::Auditor, None)),
    ]
}

/// Whether a report is in the list, and under its identifier; whether there is a list at all.
fn sees(server: &Server, token: &str, id: &Value) -> (bool, bool) {
    let query = format!("{{ expenseReports {{ totalCount nodes {{ id number }} }} node(id: {id}) {{ id }} }}");
    let data = server.ask(token, &query, Value::Null).data();
    let (list, node) = (&data["expenseReports"], &data["node"]);
    let in_list = list["nodes"].as_array().is_some_and(|nodes| nodes.iter().any(|one| one["id"] == *id));
    assert_eq!(list.get("totalCount").and_then(Value::as_i64).unwrap_or(0), i64::from(in_list));
    assert_eq!(in_list, !node.is_null());
    (in_list, !list.is_null())
}

#[test]
fn who_reads_a_report_in_which_state() {
    let server = ground();
    neighbour::add(&server);
    let beta = beta(&server, None);
    let askers = askers(&server, beta);
    let (partner, azienda) = (server.token_of(Role::Partner), server.token_of(Role::Azienda));
    let mut report = Held::begun(&server, &partner, "CONV");
    report.add(&server, &partner, cost("2025-01-31", "10.00", Some("PERS-2025"), "uno"));
    let check = |report: &Held, who: &[&str]| {
        for (name, token) in &askers {
            let has_list = !["assembly", "reporting", "admin"].contains(name);
            assert_eq!(sees(&server, token, &report.id), (who.contains(name), has_list), "{name}");
        }
    };
    let writers: [&str; 2] = ["azienda", "partner"];
    let all: [&str; 4] = ["azienda", "partner", "auditor", "grantor"];
    check(&report, &writers);
    report.go(&server, &partner, "submitExpenseReport", report.input());
    check(&report, &all);
    report.go(&server, &azienda, "returnExpenseReport", report.with(json!({ "reason": "x" })));
    check(&report, &writers);
    report.go(&server, &partner, "submitExpenseReport", report.input());
    report.go(&server, &azienda, "beginExpenseReview", report.input());
    check(&report, &all);
    report.judge(&server, &azienda, 0, admitted());
    report.go(&server, &azienda, "admitExpenseReport", report.input());
    check(&report, &all);
    report.go(&server, &azienda, "payExpenseReport", report.with(json!({ "paidOn": "2026-06-15", "reference": "1" })));
    check(&report, &all);
}

#[test]
fn a_partner_sees_nothing_of_another() {
    let server = ground();
    let alfa = server.token_of(Role::Partner);
    let report = four(&server, &alfa);
    let beta = beta(&server, None);
    // Both are partners of one agreement, and each of one of its own.
    agree(&server, "9", "INSIEME", &["ALFA", "BETA"]);
    agree(&server, "9", "SOLA", &["BETA"]);
    let together = Held::begun(&server, &alfa, "INSIEME");
    let unknown = ["RXhwZW5zZVJlcG9ydDo5OTk", "RXhwZW5zZTo5OTk"].map(|id| json!(id));
    let body = |query: String| {
        let answer = server.ask(&beta, &query, Value::Null);
        answer.body.replace(&answer.header("x-request-id").unwrap(), "-")
    };
    // Queries by identifier and by code: as if there were nothing of that name.
    for (known, unknown) in [(&report.id, &unknown[0]), (&together.id, &unknown[0]), (&report.expenses[0], &unknown[1])]
    {
        let node = |id: &Value| body(format!("{{ node(id: {id}) {{ __typename id }} nodes(ids: [{id}]) {{ id }} }}"));
        assert_eq!(node(known), node(unknown));
    }
    let list = |filter: &str| {
        body(format!(
            "{{ expenseReports(filter: {{ {filter} }}) {{ totalCount nodes {{ id }} pageInfo {{ endCursor hasNextPage }} }} }}"
        ))
    };
    let nothing = list("ambito: \"9\", partner: \"NIENTE\"");
    assert!(nothing.contains("\"totalCount\":0"), "{nothing}");
    for filter in
        ["", "partner: \"ALFA\"", "agreement: \"CONV\"", "agreement: \"INSIEME\"", "status: DRAFT", "ambito: \"9\""]
    {
        assert_eq!(list(filter), nothing, "{filter}");
    }
    check_acts(&server, &beta, (&report, &unknown));
    let begin = |agreement: &str, partner: Option<&str>| {
        let input = json!({
            "ambito": "9", "agreement": agreement, "partner": partner, "periodFrom": "2025-01-01", "periodTo": "2025-01-31",
        });
        act(&server, &beta, "addExpenseReport", &input)
    };
    assert_eq!(begin("CONV", None), begin("NIENTE", None));
    assert_eq!(begin("INSIEME", Some("ALFA")), begin("INSIEME", Some("NIENTE")));
    // Of the lines that both may charge it sees its own payments alone.
    let own = Held::of(&begin("INSIEME", None)["report"]);
    let seen = told(&server, &beta, &own);
    assert_eq!((&seen["number"], &seen["partner"]["code"]), (&json!(1), &json!("BETA")));
    assert_eq!(seen["lines"][1]["paid"], json!("0.00"));
    // The acts of the review are nobody's but the managing body's.
    for role in [Role::Partner, Role::Comune, Role::Auditor, Role::Assemblea, Role::Admin, Role::Reporting] {
        let query =
            "mutation($input: BeginExpenseReviewInput!) { beginExpenseReview(input: $input) { errors { code } } }";
        let answer = server.send_write(&server.token_of(role), &new_key(), query, json!({ "input": report.input() }));
        assert_eq!(answer.code(), "FORBIDDEN", "{role:?}");
    }
}

/// A line that two partners may charge: each is measured and told by its own reports alone, and the managing body sees to it that no more is admitted than there is.
#[test]
fn a_line_of_several_tells_a_partner_nothing_of_another() {
    let server = Server::start();
    let (alfa, azienda, beta) = (server.token_of(Role::Partner), server.token_of(Role::Azienda), beta(&server, None));
    agree(&server, "9", "INSIEME", &["ALFA", "BETA"]);
    let of_staff = |gross: &str, name: &str| cost("2025-01-31", gross, Some("PERS-2025"), name);
    let mut first = Held::begun(&server, &alfa, "INSIEME");
    first.add(&server, &alfa, of_staff("39000.00", "alfa"));
    first.admit(&server, &alfa, &azienda);
    first.pay(&server, &azienda);
    // 39,000 of 40,000 are paid: BETA still asks 2,000, and is told of 40,000 as if it were alone.
    let mut second = Held::begun_by(&server, &beta, ("INSIEME", "BETA"));
    let above = second.with(json!({ "cost": of_staff("40000.01", "beta 0") }));
    let message = act(&server, &beta, "addExpense", &above)["errors"][0]["message"].as_str().unwrap().to_owned();
    assert!(message.contains("40000.01") && message.contains("40000.00"), "{message}");
    second.add(&server, &beta, of_staff("2000.00", "beta 1"));
    let line = |token: &str, report: &Held| {
        let lines = told(&server, token, report)["lines"].take();
        ["reported", "admitted", "reimbursable", "paid", "remaining"].map(|name| lines[1][name].clone())
    };
    let euro = |amounts: [&str; 4], remaining: Value| {
        let [reported, admitted, reimbursable, paid] = amounts.map(|amount| json!(amount));
        [reported, admitted, reimbursable, paid, remaining]
    };
    assert_eq!(line(&beta, &second), euro(["2000.00", "0.00", "0.00", "0.00"], Value::Null));
    assert_eq!(line(&azienda, &second), euro(["2000.00", "0.00", "0.00", "39000.00"], json!("1000.00")));
    // The managing body, which sees both, is told: 2,000.01 asked, 1,000.00 there.
    let more = second.with(json!({ "cost": of_staff("0.01", "beta 2") }));
    let told = act(&server, &azienda, "addExpense", &more)["errors"][0].take();
    assert_eq!(told["code"], json!("ABOVE_LINE"));
    let message = told["message"].as_str().unwrap();
    assert!(message.contains("2000.01") && message.contains("1000.00"), "{message}");
    second.go(&server, &beta, "submitExpenseReport", second.input());
    second.go(&server, &azienda, "beginExpenseReview", second.input());
    // Whoever judges is told at once: 1,000.00 are there.
    let judged = act(&server, &azienda, "judgeExpense", &second.of_expense(0, admitted()))["errors"][0].take();
    assert_eq!((&judged["code"], &judged["path"]), (&json!("ABOVE_LINE"), &json!(["input", "admitted"])));
    let message = judged["message"].as_str().unwrap();
    assert!(message.contains("2000.00") && message.contains("1000.00"), "{message}");
    second.judge(
        &server,
        &azienda,
        0,
        json!({ "verdict": "ADMITTED", "admitted": "1000.00", "reason": "Oltre la voce." }),
    );
    second.go(&server, &azienda, "admitExpenseReport", second.input());
    second.pay(&server, &azienda);
    assert_eq!(line(&beta, &second), euro(["2000.00", "1000.00", "1000.00", "1000.00"], Value::Null));
    assert_eq!(line(&azienda, &second), euro(["2000.00", "1000.00", "1000.00", "40000.00"], json!("0.00")));
    // So are the reports of the agreement together: 39,000 + 2,000 of staff, of lines of 41,500 in all.
    let together = |token: &str| {
        let told = account(&server, token, "INSIEME", "");
        let of = |one: &Value| {
            ["budget", "reported", "admitted", "refused", "reimbursable", "paid", "remaining"]
                .map(|name| one[name].clone())
        };
        [of(&told), of(&told["lines"][1])]
    };
    let own = ["2000.00", "1000.00", "1000.00", "1000.00", "1000.00"].map(|amount| json!(amount));
    for (told, budget) in together(&beta).iter().zip(["41500.00", "40000.00"]) {
        assert_eq!((&told[0], &told[1..6], &told[6]), (&json!(budget), &own[..], &Value::Null));
    }
    let all = ["41000.00", "40000.00", "1000.00", "40000.00", "40000.00"].map(|amount| json!(amount));
    for (told, [budget, remaining]) in together(&azienda).iter().zip([["41500.00", "1500.00"], ["40000.00", "0.00"]]) {
        assert_eq!((&told[0], &told[1..6], &told[6]), (&json!(budget), &all[..], &json!(remaining)));
    }
}

/// Every act that a partner has says the same of another's identifiers as of unknown ones.
fn check_acts(server: &Server, beta: &str, (report, unknown): (&Held, &[Value; 2])) {
    let acts = [
        ("updateExpenseReport", json!({ "report": 0, "note": "x" })),
        ("removeExpenseReport", json!({ "report": 0 })),
        ("submitExpenseReport", json!({ "report": 0 })),
        ("addExpense", json!({ "report": 0, "cost": cost("2025-01-31", "1.00", None, "beta") })),
        ("updateExpense", json!({ "expense": 1, "cost": cost("2025-01-31", "1.00", None, "beta") })),
        ("removeExpense", json!({ "expense": 1 })),
    ];
    for (name, input) in acts {
        let tell = |ids: [&Value; 2], revision: i64| {
            let mut input = input.clone();
            input["expectedVersion"] = json!(revision);
            for (field, id) in ["report", "expense"].into_iter().zip(ids) {
                if input.get(field).is_some() {
                    input[field] = id.clone();
                }
            }
            act(server, beta, name, &input)
        };
        let strange = tell([&unknown[0], &unknown[1]], report.revision);
        assert_eq!(strange["errors"][0]["code"], json!("NOT_FOUND"), "{name}");
        for revision in [report.revision, report.revision + 1] {
            assert_eq!(tell([&report.id, &report.expenses[0]], revision), strange, "{name}");
        }
    }
}

/// An amendment that hands the work over from one partner to another: the first reports nothing more, and is told no more than that of a day far off.
#[test]
fn a_version_with_another_takes_no_report_of_a_partner() {
    let server = ground();
    let beta = beta(&server, None);
    let alfa = server.token_of(Role::Partner);
    let before = Held::begun(&server, &alfa, "CONV");
    amend_to(&server, "CONV", 1, terms(&["BETA"], &LINES, "2025-06-01"));
    let input = |period: [&str; 2], partner: Value| json!({ "ambito": "9", "agreement": "CONV", "periodFrom": period[0], "periodTo": period[1], "partner": partner });
    let (handed_over, far_off) = (["2026-01-01", "2026-03-31"], ["2031-01-01", "2031-03-31"]);
    let refused = |token: &str, input: Value| refused(&server, token, "addExpenseReport", &input);
    let found = refused(&alfa, input(handed_over, Value::Null));
    assert_eq!(found.0, "OUTSIDE_PERIOD");
    assert_eq!(found, refused(&alfa, input(far_off, Value::Null)));
    assert_eq!(refused(&server.token_of(Role::Azienda), input(handed_over, json!("ALFA"))).0, "OUTSIDE_PERIOD");
    done(&server, &beta, "addExpenseReport", input(handed_over, Value::Null));
    // What it began before is still its own.
    assert_eq!(sees(&server, &alfa, &before.id), (true, true));
}
