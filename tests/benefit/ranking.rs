//! The ranking of applications: its order, its ties, what it says of itself, and its pages.

use super::*;

const RANKED: &str = "totalCount pageInfo { hasNextPage hasPreviousPage endCursor }
    nodes { rank points appliedOn decidedBy explanation application { case points scores { criterion times points } } }";

fn ranking(server: &Server, token: &str, measure: &Value, arguments: &str) -> Value {
    let query =
        format!("{{ node(id: {measure}) {{ ... on BenefitMeasure {{ ranking{arguments} {{ {RANKED} }} }} }} }}");
    server.ask(token, &query, Value::Null).data()["node"]["ranking"].take()
}

/// Case, place, points and what decides, of each entry.
fn told(ranking: &Value) -> Vec<(String, i64, i64, String)> {
    let entry = |one: &Value| {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let (rank, points) = (one["rank"].as_i64().unwrap(), one["points"].as_i64().unwrap());
        assert_eq!(one["application"]["points"], one["points"]);
        (text(&one["application"]["case"]), rank, points, text(&one["decidedBy"]))
    };
    ranking["nodes"].as_array().unwrap().iter().map(entry).collect()
}

fn entry(case: &str, rank: i64, points: i64, decided: &str) -> (String, i64, i64, String) {
    (case.to_owned(), rank, points, decided.to_owned())
}

/// Seven who wait, and two who do not any more. In the order of receipt: C-1 ... C-9.
fn filled(server: &Server) -> Value {
    let measure = measure(server, "10000.00");
    let (isee, eta) = (json!([{ "criterion": "ISEE" }]), json!([{ "criterion": "ETA" }]));
    let children = |times: i32| json!([{ "criterion": "ISEE" }, { "criterion": "FIGLI", "times": times }]);
    for (case, comune, day, scores) in [
        ("C-1", MANERBIO, "2023-03-01", isee.clone()),
        ("C-2", PONTEVICO, "2023-03-01", eta.clone()),
        ("C-3", MANERBIO, "2023-02-28", eta),
        ("C-4", PONTEVICO, "2023-05-01", children(4)),
        ("C-5", PONTEVICO, "2023-01-01", json!([])),
        ("C-6", MANERBIO, "2023-04-01", children(1)),
        ("C-7", PONTEVICO, "2023-03-01", isee),
    ] {
        apply(server, &measure, (comune, case), day, scores);
    }
    for case in ["C-8", "C-9"] {
        let gone = apply(server, &measure, (MANERBIO, case), "2023-01-01", children(4));
        let input = json!({ "application": gone["id"], "expectedVersion": 1, "reason": "doppia" });
        done(server, "rejectBenefitApplication", input, "application", "{ id }");
    }
    measure
}

#[test]
fn points_then_days_then_receipt() {
    let server = Server::start();
    let measure = filled(&server);
    let token = server.token_of(Role::Azienda);
    let whole = ranking(&server, &token, &measure, "");
    // 10 + 4 x 5 = 30; 10 + 5 = 15; four of 10, one of an earlier day and three of one day in the order of receipt; none at last.
    let expected = [
        entry("C-4", 1, 30, "POINTS"),
        entry("C-6", 2, 15, "POINTS"),
        entry("C-3", 3, 10, "DAY"),
        entry("C-1", 4, 10, "DAY"),
        entry("C-2", 5, 10, "RECEIPT"),
        entry("C-7", 6, 10, "RECEIPT"),
        entry("C-5", 7, 0, "POINTS"),
    ];
    assert_eq!(told(&whole), expected);
    assert_eq!((&whole["totalCount"], &whole["pageInfo"]["hasNextPage"]), (&json!(7), &json!(false)));
    let sentences: Vec<&str> =
        whole["nodes"].as_array().unwrap().iter().map(|one| one["explanation"].as_str().unwrap()).collect();
    assert_eq!(
        sentences,
        [
            "ISEE 1 x 10 = 10, FIGLI 4 x 5 = 20: 30 points, application of 2023-05-01. The points decide: there is no tie.",
            "ISEE 1 x 10 = 10, FIGLI 1 x 5 = 5: 15 points, application of 2023-04-01. The points decide: there is no tie.",
            "ETA 1 x 10 = 10: 10 points, application of 2023-02-28. Of equal points with the application one place behind, it is of an earlier day.",
            "ISEE 1 x 10 = 10: 10 points, application of 2023-03-01. Of equal points, the application one place before is of an earlier day.",
            "ETA 1 x 10 = 10: 10 points, application of 2023-03-01. Of equal points and day, the application one place before was recorded earlier.",
            "ISEE 1 x 10 = 10: 10 points, application of 2023-03-01. Of equal points and day, the application one place before was recorded earlier.",
            "0 points, application of 2023-01-01. The points decide: there is no tie.",
        ]
    );
    let query = json!({ "query": format!("{{ node(id: {measure}) {{ ... on BenefitMeasure {{ ranking(first: 1) {{ {RANKED} }} }} }} }}") });
    let headers = [
        ("content-type", "application/json"),
        ("authorization", &format!("Bearer {token}")),
        ("accept-language", "it"),
    ];
    let italian = server.post("/graphql", &headers, &query.to_string()).data();
    assert_eq!(
        italian["node"]["ranking"]["nodes"][0]["explanation"],
        json!(
            "ISEE 1 x 10 = 10, FIGLI 4 x 5 = 20: 30 punti, domanda del 2023-05-01. Decide il punteggio: nessuna parità."
        )
    );
    // Page by page it is the same, whatever the page.
    for size in [1, 2, 3, 6, 7] {
        let (mut seen, mut after) = (Vec::new(), String::new());
        loop {
            let page = ranking(&server, &token, &measure, &format!("(first: {size}{after})"));
            assert_eq!(page["pageInfo"]["hasPreviousPage"], json!(!seen.is_empty()));
            seen.extend(told(&page));
            if page["pageInfo"]["hasNextPage"] == json!(false) {
                break;
            }
            after = format!(", after: {}", page["pageInfo"]["endCursor"]);
        }
        assert_eq!(seen, expected, "by {size}");
    }
}

#[test]
fn a_comune_is_told_of_its_own_residents_alone() {
    let server = Server::start();
    let measure = filled(&server);
    // A comune is told the places of its own residents among all, and what decides between two of them: nothing of others, not even whether they are alike.
    let own = ranking(&server, &server.token_for(Role::Comune, Some(MANERBIO)), &measure, "(first: 2)");
    assert_eq!(told(&own), [entry("C-6", 2, 15, "WITHHELD"), entry("C-3", 3, 10, "DAY")]);
    assert_eq!((&own["totalCount"], &own["pageInfo"]["hasNextPage"]), (&json!(3), &json!(true)));
    let own = ranking(&server, &server.token_for(Role::Comune, Some(PONTEVICO)), &measure, "");
    let expected =
        [(1, "C-4", 30, "WITHHELD"), (5, "C-2", 10, "WITHHELD"), (6, "C-7", 10, "RECEIPT"), (7, "C-5", 0, "POINTS")];
    assert_eq!(told(&own), expected.map(|(rank, case, points, by)| entry(case, rank, points, by)));
    assert_eq!(
        own["nodes"][1]["explanation"],
        "ETA 1 x 10 = 10: 10 points, application of 2023-03-01. The place is among all applications that wait; of those beside it, which are of other comuni, nothing is told."
    );
}

#[test]
fn who_is_granted_leaves_the_ranking() {
    let server = Server::start();
    let measure = filled(&server);
    let token = server.token_of(Role::Azienda);
    let query = format!(
        "{{ node(id: {measure}) {{ ... on BenefitMeasure {{ ranking(first: 1) {{ nodes {{ application {{ id revision }} }} }} }} }} }}"
    );
    let first = server.ask(&token, &query, Value::Null).data()["node"]["ranking"]["nodes"][0]["application"].take();
    let input = json!({
        "recipient": { "application": { "application": first["id"], "expectedVersion": first["revision"] } },
        "from": "2023-06-01", "to": "2023-12-31", "amount": { "monthly": "10.00" },
    });
    // Within the request that grants it, too.
    let selection = format!("{{ measure {{ ranking {{ {RANKED} }} }} }}");
    let granted = done(&server, "grantBenefit", input, "grant", &selection);
    let of_request = told(&granted["measure"]["ranking"]);
    assert_eq!(of_request.len(), 6);
    assert_eq!(of_request[0], entry("C-6", 1, 15, "POINTS"));
    assert_eq!(told(&ranking(&server, &token, &measure, "")), of_request);
    let query = format!(
        "{{ node(id: {measure}) {{ ... on BenefitMeasure {{ applications(first: 4) {{ totalCount nodes {{ case status }} }} }} }} }}"
    );
    let all = server.ask(&token, &query, Value::Null).data()["node"]["applications"].take();
    assert_eq!(all["totalCount"], json!(9));
    assert_eq!(all["nodes"][3], json!({ "case": "C-4", "status": "GRANTED" }));
}

#[test]
fn a_cursor_of_another_list_is_refused() {
    let server = Server::start();
    let measure = filled(&server);
    let token = server.token_of(Role::Azienda);
    let query = format!(
        "{{ node(id: {measure}) {{ ... on BenefitMeasure {{ applications(first: 1) {{ pageInfo {{ endCursor }} }} }} }} }}"
    );
    let data = server.ask(&token, &query, Value::Null).data();
    let cursor = &data["node"]["applications"]["pageInfo"]["endCursor"];
    for arguments in [format!("after: {cursor}"), "after: \"x\"".to_owned()] {
        let query = format!(
            "{{ node(id: {measure}) {{ ... on BenefitMeasure {{ ranking({arguments}) {{ totalCount }} }} }} }}"
        );
        assert_eq!(server.ask(&token, &query, Value::Null).code(), "INVALID_CURSOR");
    }
    let query =
        format!("{{ node(id: {measure}) {{ ... on BenefitMeasure {{ ranking(first: 101) {{ totalCount }} }} }} }}");
    assert_eq!(server.ask(&token, &query, Value::Null).code(), "PAGE_LIMIT_EXCEEDED");
}
