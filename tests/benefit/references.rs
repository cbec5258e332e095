//! What benefits and applications go by outside: numbers that tell nothing of how many others there are, and by which every list is paged in its own order. What is older goes by its row.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sea_orm::ConnectionTrait;

use super::*;
use crate::support::tables::{number, wait};

/// The lists of a measure, and what of an entry tells whose it is.
const LISTS: [(&str, &str); 3] =
    [("grants", "{ id case }"), ("applications", "{ id case }"), ("ranking", "{ application { id case } }")];

fn list(server: &Server, token: &str, measure: &Value, (list, node): (&str, &str), arguments: &str) -> Value {
    let query = format!(
        "{{ node(id: {measure}) {{ ... on BenefitMeasure {{ {list}{arguments} {{ totalCount \
         pageInfo {{ hasNextPage startCursor endCursor }} edges {{ cursor node {node} }} }} }} }} }}"
    );
    server.ask(token, &query, Value::Null).data()["node"][list].take()
}

/// Identifier and case of each entry.
fn entries(page: &Value) -> Vec<(Value, String)> {
    let entry = |edge: &Value| {
        let node = edge["node"].get("application").unwrap_or(&edge["node"]);
        (node["id"].clone(), node["case"].as_str().unwrap().to_owned())
    };
    page["edges"].as_array().unwrap().iter().map(entry).collect()
}

fn cases(page: &Value) -> Vec<String> {
    entries(page).into_iter().map(|(_, case)| case).collect()
}

/// The cases of each list, which is the same entry by entry as whole.
fn walked(server: &Server, token: &str, measure: &Value) -> [Vec<String>; 3] {
    LISTS.map(|of| {
        let whole = list(server, token, measure, of, "");
        let (mut seen, mut after) = (Vec::new(), String::new());
        loop {
            let page = list(server, token, measure, of, &format!("(first: 1{after})"));
            assert_eq!(page["totalCount"], whole["totalCount"]);
            seen.extend(entries(&page));
            if page["pageInfo"]["hasNextPage"] == json!(false) {
                break;
            }
            after = format!(", after: {}", page["pageInfo"]["endCursor"]);
        }
        assert_eq!(seen, entries(&whole), "{}", of.0);
        seen.into_iter().map(|(_, case)| case).collect()
    })
}

fn all(cases: [&[&str]; 3]) -> [Vec<String>; 3] {
    cases.map(|cases| cases.iter().map(|case| (*case).to_owned()).collect())
}

fn encoded(text: &str) -> Value {
    json!(URL_SAFE_NO_PAD.encode(text))
}

/// The numbers in a text that says nothing.
fn numbers(opaque: &Value) -> Vec<i64> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(opaque.as_str().unwrap()).unwrap()).unwrap();
    let digits = text.split(|sign: char| !sign.is_ascii_digit()).filter(|part| !part.is_empty());
    digits.map(|part| part.parse().unwrap()).collect()
}

fn row_id(server: &Server, table: &str, case: &str) -> i64 {
    wait(async {
        let db = server.database().outside().await;
        let id = number(&db, &format!("SELECT id FROM {table} WHERE case_code = '{case}'")).await;
        db.close().await.unwrap();
        id
    })
}

/// Four grants and six who wait, of two comuni by turns.
fn filled(server: &Server) -> Value {
    let measure = measure(server, "10000.00");
    let isee = json!([{ "criterion": "ISEE" }]);
    for (case, comune, day, scores) in [
        ("A-1", MANERBIO, "2023-02-01", &isee),
        ("A-2", PONTEVICO, "2023-02-01", &json!([])),
        ("A-3", MANERBIO, "2023-02-01", &isee),
        ("A-4", PONTEVICO, "2023-01-31", &isee),
        ("A-5", PONTEVICO, "2023-02-01", &isee),
        ("A-6", MANERBIO, "2023-02-01", &json!([])),
    ] {
        apply(server, &measure, (comune, case), day, scores.clone());
    }
    for (case, comune) in [("G-1", MANERBIO), ("G-2", PONTEVICO), ("G-3", MANERBIO), ("G-4", PONTEVICO)] {
        grant(server, &measure, (comune, case), ("2023-02-01", "2023-03-31"), monthly("10.00"));
    }
    measure
}

/// Makes grants and applications as they were recorded before there were references.
fn make_old(server: &Server) {
    wait(async {
        let db = server.database().outside().await;
        for (table, cases) in [("benefit_grant", "'G-1', 'G-3'"), ("benefit_application", "'A-1', 'A-2'")] {
            let of = if server.database().is_postgres() { format!(" ON {table}") } else { String::new() };
            for sql in [
                format!("DROP TRIGGER guard_{table}_update{of}"),
                format!("UPDATE {table} SET reference = NULL WHERE case_code IN ({cases})"),
            ] {
                db.execute_unprepared(&sql).await.unwrap();
            }
        }
        db.close().await.unwrap();
    });
}

#[test]
fn nothing_that_is_shown_counts_what_others_have() {
    let server = Server::start();
    let measure = filled(&server);
    let tokens = [server.token_of(Role::Azienda), server.token_for(Role::Comune, Some(MANERBIO))];
    let expected = [
        all([
            &["G-1", "G-2", "G-3", "G-4"],
            &["A-1", "A-2", "A-3", "A-4", "A-5", "A-6"],
            &["A-4", "A-1", "A-3", "A-5", "A-2", "A-6"],
        ]),
        all([&["G-1", "G-3"], &["A-1", "A-3", "A-6"], &["A-1", "A-3", "A-6"]]),
    ];
    for (token, expected) in tokens.iter().zip(expected) {
        assert_eq!(walked(&server, token, &measure), expected);
    }
    let comune = &tokens[1];
    for of in LISTS {
        let page = list(&server, comune, &measure, of, "");
        let mut shown: Vec<Value> = entries(&page).into_iter().map(|(id, _)| id).collect();
        let (ids, edges) = (shown.len(), page["edges"].as_array().unwrap());
        shown.extend(edges.iter().map(|edge| edge["cursor"].clone()));
        shown.extend(["startCursor", "endCursor"].map(|cursor| page["pageInfo"][cursor].clone()));
        let mut found: Vec<i64> = shown.iter().flat_map(numbers).collect();
        assert_eq!(found.len(), shown.len(), "one number in each: {shown:?}");
        assert!(found.iter().all(|number| (1 << 32..1 << 62).contains(number)), "{found:?}");
        found.sort_unstable();
        found.dedup();
        assert_eq!(found.len(), ids, "a cursor says of its entry what its identifier says");
        // Numbers that counted would lie closely together.
        assert!(found.windows(2).all(|pair| pair[1] - pair[0] > 1_000_000), "{found:?}");
    }
    cursors_name_places_of_their_list(&server, &measure);
}

/// Who left the ranking is a place in it still, and what is not of a list is none in it.
fn cursors_name_places_of_their_list(server: &Server, measure: &Value) {
    let other = done(
        server,
        "addBenefitMeasure",
        with(voucher("100.00"), json!({ "name": "Altra" })),
        "benefitMeasure",
        "{ id }",
    )["id"]
        .take();
    grant(server, &other, (MANERBIO, "H-1"), ("2023-02-01", "2023-02-28"), monthly("10.00"));
    let (azienda, comune) = (server.token_of(Role::Azienda), server.token_for(Role::Comune, Some(MANERBIO)));
    let first = list(server, &azienda, measure, LISTS[2], "(first: 1)");
    assert_eq!(cases(&first), ["A-4"]);
    let input = json!({
        "recipient": { "application": { "application": entries(&first)[0].0, "expectedVersion": 1 } },
        "from": "2023-06-01", "to": "2023-06-30", "amount": { "monthly": "10.00" },
    });
    assert_eq!(done(server, "grantBenefit", input, "grant", GRANT)["application"], entries(&first)[0].0);
    let after = |cursor: &Value| format!("(after: {cursor})");
    let rest = list(server, &azienda, measure, LISTS[2], &after(&first["pageInfo"]["endCursor"]));
    assert_eq!(cases(&rest), ["A-1", "A-3", "A-5", "A-2", "A-6"]);
    let last = |page: Value| page["pageInfo"]["endCursor"].clone();
    let of_pontevico = last(list(server, &azienda, measure, LISTS[0], "(first: 2)"));
    let of_other = last(list(server, &azienda, &other, LISTS[0], ""));
    let by_row = encoded(&format!("[\"benefitGrants\",{}]", row_id(server, "benefit_grant", "G-2")));
    assert_eq!(cases(&list(server, &azienda, measure, LISTS[0], &after(&of_pontevico))), ["G-3", "G-4", "A-4"]);
    // Behind what is not of the list there is nothing: of another comune, of another measure, the number of a row.
    for (token, cursor) in
        [(&comune, &of_pontevico), (&comune, &of_other), (&azienda, &of_other), (&comune, &by_row), (&azienda, &by_row)]
    {
        let page = list(server, token, measure, LISTS[0], &after(cursor));
        assert_eq!(cases(&page), [""; 0]);
        assert_eq!(page["pageInfo"]["hasNextPage"], json!(false));
    }
    // As cursors of rankings were once.
    let before = encoded("[\"benefitRanking\",[10,\"2023-01-31\",1]]");
    let query = format!(
        "{{ node(id: {measure}) {{ ... on BenefitMeasure {{ ranking(after: {before}) {{ totalCount }} }} }} }}"
    );
    assert_eq!(server.ask(&azienda, &query, Value::Null).code(), "INVALID_CURSOR");
}

#[test]
fn what_is_older_goes_by_its_row_and_nothing_else_does() {
    let server = Server::start();
    let measure = filled(&server);
    make_old(&server);
    let of_grant = |case: &str| encoded(&format!("BenefitGrant:{}", row_id(&server, "benefit_grant", case)));
    let of_application =
        |case: &str| encoded(&format!("BenefitApplication:{}", row_id(&server, "benefit_application", case)));
    let suspended = |id: &Value| json!({ "grant": id, "expectedVersion": 1, "from": "2023-03-01", "reason": "x" });
    // Acts find what is old by its row, and what has a reference by that alone.
    let old = done(&server, "suspendBenefit", suspended(&of_grant("G-1")), "grant", GRANT);
    assert_eq!((&old["id"], &old["status"]), (&of_grant("G-1"), &json!("SUSPENDED")));
    let closing = |id: &Value| json!({ "application": id, "expectedVersion": 1, "reason": "rinuncia" });
    let granted = |id: &Value| {
        json!({
            "recipient": { "application": { "application": id, "expectedVersion": 1 } },
            "from": "2023-06-01", "to": "2023-06-30", "amount": { "monthly": "10.00" },
        })
    };
    for (name, input, path) in [
        ("suspendBenefit", suspended(&of_grant("G-2")), "input.grant"),
        ("suspendBenefit", suspended(&encoded("BenefitGrant:4611686018427387904")), "input.grant"),
        ("rejectBenefitApplication", closing(&of_application("A-3")), "input.application"),
        ("grantBenefit", granted(&of_application("A-3")), "input.recipient.application.application"),
    ] {
        let before = snapshot(server.database());
        let payload = server.write(Role::Azienda, name, input, &format!("{{ {ERRORS} }}"));
        let path: Vec<&str> = path.split('.').collect();
        assert_eq!((&payload["errors"][0]["code"], &payload["errors"][0]["path"]), (&json!("NOT_FOUND"), &json!(path)));
        assert_eq!(snapshot(server.database()), before);
    }
    done(&server, "withdrawBenefitApplication", closing(&of_application("A-1")), "application", "{ id }");
    let through = done(&server, "grantBenefit", granted(&of_application("A-2")), "grant", GRANT);
    assert_eq!(through["application"], of_application("A-2"));
    assert!(numbers(&through["id"])[0] > 1 << 32);
    let (azienda, comune) = (server.token_of(Role::Azienda), server.token_for(Role::Comune, Some(MANERBIO)));
    assert_eq!(
        walked(&server, &azienda, &measure),
        all([
            &["G-1", "G-2", "G-3", "G-4", "A-2"],
            &["A-1", "A-2", "A-3", "A-4", "A-5", "A-6"],
            &["A-4", "A-3", "A-5", "A-6"],
        ])
    );
    assert_eq!(walked(&server, &comune, &measure), all([&["G-1", "G-3"], &["A-1", "A-3", "A-6"], &["A-3", "A-6"]]));
    let page = list(&server, &comune, &measure, LISTS[0], "");
    assert_eq!(entries(&page)[0].0, of_grant("G-1"));
    assert_eq!(
        page["pageInfo"]["startCursor"],
        encoded(&format!("[\"benefitGrants\",{}]", numbers(&of_grant("G-1"))[0]))
    );
}
