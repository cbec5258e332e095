//! The list of reports: its pages, and that it costs as many statements for a hundred as for one.

use super::*;

/// Everything of each report.
const WHOLE: &str = "id number status partner { code } agreement { code version { title } account { reported lines { code } } } expenses { id cost } \
                     lines { code remaining refusals { reason } } totals { cost paid }";

/// So many drafts beside those that are there, with an expense each.
fn add_many(server: &Server, from: i32, to: i32) {
    wait(async {
        use sea_orm::ConnectionTrait;
        let write = server.store().write().await.unwrap();
        for number in from..=to {
            let digest = format!("{number:064x}");
            let report = format!(
                "INSERT INTO expense_report (agreement_id, partner_id, number, period_from, period_to, status, created_by, act_id) \
                 SELECT agreement_id, partner_id, {number}, period_from, period_to, 'DRAFT', 'test', act_id \
                 FROM expense_report WHERE number = 1"
            );
            let expense = format!(
                "INSERT INTO expense (report_id, position, spent_on, category, line_code, net_cents, vat_cents, gross_cents, \
                   vat_regime, vat_recoverable, charged_cents, document_reference, document_key, document_digest, status) \
                 SELECT id, 1, '2025-01-31', 'beni', 'PERS-2025', 100, 0, 100, 'EXEMPT', FALSE, 100, 'f {number}', 'f{number}', \
                   '{digest}', 'REPORTED' FROM expense_report WHERE number = {number}"
            );
            write.tx().execute_unprepared(&report).await.unwrap();
            write.tx().execute_unprepared(&expense).await.unwrap();
        }
        server.store().commit(write).await.unwrap();
    });
}

#[test]
fn the_list_goes_by_pages() {
    let server = ground();
    let partner = server.token_of(Role::Partner);
    Held::begun(&server, &partner, "CONV");
    add_many(&server, 2, 25);
    let page = |arguments: &str| {
        let query = format!(
            "{{ expenseReports({arguments}) {{ totalCount nodes {{ number }} pageInfo {{ hasNextPage hasPreviousPage endCursor }} }} }}"
        );
        server.ask(&partner, &query, Value::Null).data()["expenseReports"].take()
    };
    let numbers = |page: &Value| -> Vec<i64> {
        page["nodes"].as_array().unwrap().iter().map(|one| one["number"].as_i64().unwrap()).collect()
    };
    let first = page("filter: { ambito: \"9\", agreement: \"CONV\", partner: \"ALFA\", status: DRAFT }");
    assert_eq!((numbers(&first), &first["totalCount"]), ((1..=20).collect(), &json!(25)));
    let next = page(&format!("first: 3, after: {}", first["pageInfo"]["endCursor"]));
    assert_eq!(numbers(&next), [21, 22, 23]);
    assert_eq!((&next["pageInfo"]["hasNextPage"], &next["pageInfo"]["hasPreviousPage"]), (&json!(true), &json!(true)));
    let last = page("last: 2");
    assert_eq!((numbers(&last), &last["pageInfo"]["hasNextPage"]), (vec![24, 25], &json!(false)));
    assert_eq!(page("filter: { status: PAID }")["totalCount"], json!(0));
    assert_eq!(page("filter: { agreement: \"a\\u0000\" }")["totalCount"], json!(0));
    // Up to 500 expenses each: a page of the usual size has them, one of a hundred reports costs too much.
    let expenses = |first: usize| {
        let query = format!("{{ expenseReports(first: {first}) {{ nodes {{ expenses {{ id }} }} }} }}");
        server.ask(&partner, &query, Value::Null)
    };
    assert_eq!(expenses(20).data()["expenseReports"]["nodes"].as_array().unwrap().len(), 20);
    assert_eq!(expenses(100).code(), "COST_EXCEEDED");
    // Why they were refused is told of as many.
    let refusals = |first: usize| {
        let query = format!("{{ expenseReports(first: {first}) {{ nodes {{ lines {{ refusals {{ reason }} }} }} }} }}");
        server.ask(&partner, &query, Value::Null)
    };
    assert_eq!(refusals(20).data()["expenseReports"]["nodes"].as_array().unwrap().len(), 20);
    assert_eq!(refusals(100).code(), "COST_EXCEEDED");
    for (arguments, code) in [("first: 101", "PAGE_LIMIT_EXCEEDED"), ("after: \"x\"", "INVALID_CURSOR")] {
        let query = format!("{{ expenseReports({arguments}) {{ totalCount }} }}");
        assert_eq!(server.ask(&partner, &query, Value::Null).code(), code);
    }
}

#[test]
fn a_hundred_cost_as_many_statements_as_one() {
    let server = Server::with(|limits| limits.cost_max = 1_000_000);
    agree(&server, "9", "CONV", &["ALFA"]);
    let (partner, azienda) = (server.token_of(Role::Partner), server.token_of(Role::Azienda));
    Held::begun(&server, &partner, "CONV");
    let count = |rows: usize| {
        let query = format!("{{ expenseReports(first: 100) {{ totalCount nodes {{ {WHOLE} }} }} }}");
        server.ask_once(&azienda, &json!({ "query": "{ viewer { role } }" }).to_string());
        let before = server.store().statements();
        let data = server.ask_once(&azienda, &json!({ "query": query }).to_string()).data();
        assert_eq!(data["expenseReports"]["nodes"].as_array().unwrap().len(), rows);
        let listed = server.store().statements() - before;
        let ids: Vec<&Value> =
            data["expenseReports"]["nodes"].as_array().unwrap().iter().map(|one| &one["id"]).collect();
        let query = format!("query($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on ExpenseReport {{ {WHOLE} }} }} }}");
        let before = server.store().statements();
        let body = json!({ "query": query, "variables": { "ids": ids } }).to_string();
        let data = server.ask_once(&azienda, &body).data();
        assert!(data["nodes"].as_array().unwrap().iter().all(|one| one["lines"][1]["code"] == json!("PERS-2025")));
        (listed, server.store().statements() - before)
    };
    let few = count(1);
    add_many(&server, 2, 100);
    assert_eq!(count(100), few);
}
