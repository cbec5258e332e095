//! As many agreements as an Ambito can have, and as much as one request can hold: what answers, and what is refused with its reason.

use api::auth::Role;
use serde_json::{Value, json};

use super::writing::{add, agreement, done, terms};
use crate::support::Server;
use crate::support::accord::run;
use crate::support::tables::wait;

/// Writes agreements of 2023 as rows, each with a partner and so many lines, the first of which is the cost of SAD.
pub(super) fn fill(server: &Server, agreements: usize, lines: usize) {
    let count = |name: &str, last: usize| {
        format!("WITH RECURSIVE {name}(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM {name} WHERE k < {last})")
    };
    let (ambito, sad) = ("(SELECT id FROM ambito WHERE code = '9')", "(SELECT id FROM service WHERE code = 'SAD')");
    let partner = "(SELECT id FROM partner WHERE code = 'ALFA')";
    run(
        server,
        &[
            format!(
                "{} INSERT INTO agreement (ambito_id, code, kind) SELECT {ambito}, 'M' || (10000 + k), 'TENDER' FROM n",
                count("n", agreements)
            ),
            format!(
                "INSERT INTO agreement_version (agreement_id, number, kind, title, effective_from, starts_on, ends_on, assumed, digest, \
                   partner_count, service_count, area_count, line_count, line_part_count, contribution_count, \
                   contribution_item_count, instalment_count, milestone_count, recurrence_count, perimeter_count, \
                   programme_count, written_by, written_at) \
                 SELECT id, 1, 'ORIGINAL', 'Appalto', '2023-01-01', '2023-01-01', '2023-12-31', FALSE, '{}', \
                   1, 0, 0, {lines}, 0, 0, 0, 0, 0, 0, 0, 0, 'azienda', '2023-01-01T00:00:00Z' FROM agreement",
                "0".repeat(64)
            ),
            format!(
                "INSERT INTO agreement_partner (version_id, position, partner_id) SELECT id, 1, {partner} FROM agreement_version"
            ),
            format!(
                "{} INSERT INTO agreement_line (version_id, position, code, year, service_id, given, net_cents, vat_cents, gross_cents, \
                   vat_regime) \
                 SELECT v.id, n.k, 'L' || (1000 + n.k), 2023, CASE WHEN n.k = 1 THEN {sad} END, 'NET', 100, 0, 100, 'EXEMPT' \
                 FROM agreement_version v CROSS JOIN n ORDER BY v.id, n.k",
                count("n", lines)
            ),
        ],
    );
    // No act names these agreements, so that the server is told to read everything.
    wait(async {
        let write = server.store().write().await.unwrap();
        write.audit("test", "ambito.import", "ambito:9", None, None).await.unwrap();
        server.store().commit(write).await.unwrap();
        server.store().refresh().await.unwrap();
    });
}

#[test]
fn five_thousand_agreements_are_listed_by_pages_and_asked_one_by_one() {
    let server = Server::start();
    fill(&server, 5_000, 2);
    let token = server.token_of(Role::Auditor);
    let asked = |query: &str| {
        let before = server.store().statements();
        let data = server.ask_once(&token, &json!({ "query": query }).to_string()).data();
        (data, server.store().statements() - before)
    };
    let list = |inner: &str, first: usize| {
        format!(
            "{{ ambito(code: \"9\") {{ agreements(first: {first}) {{ totalCount nodes {{ id code {inner} }} pageInfo {{ hasNextPage }} }} }} }}"
        )
    };
    let (data, statements) = asked(&list("", 100));
    let page = &data["ambito"]["agreements"];
    assert_eq!((&page["totalCount"], page["nodes"].as_array().unwrap().len()), (&json!(5_000), 100));
    assert_eq!((&page["nodes"][99]["code"], &page["pageInfo"]["hasNextPage"]), (&json!("M10100"), &json!(true)));
    assert_eq!(statements, 0);
    // What the versions say is read together: as many statements for a hundred agreements as for one.
    let version = "version(asOf: \"2023-06-30\") { number partners { code } lines { code gross } }";
    let (one, for_one) = asked(&list(version, 1));
    let (_, for_many) = asked(&list(version, 100));
    assert_eq!(for_one, for_many);
    let node = &one["ambito"]["agreements"]["nodes"][0];
    let lines = json!([{ "code": "L1001", "gross": "1.00" }, { "code": "L1002", "gross": "1.00" }]);
    assert_eq!(node["version"], json!({ "number": 1, "partners": [{ "code": "ALFA" }], "lines": lines }));
    let (data, statements) = asked(&format!("{{ agreement(id: {}) {{ code {version} }} }}", node["id"]));
    assert_eq!((&data["agreement"]["code"], statements), (&json!("M10001"), for_one));
    // No more than the Ambito can have.
    let payload = server.write(
        Role::Azienda,
        "addAgreement",
        agreement("ULTIMO", terms("2023-01-01", "2023-12-31", json!({}))),
        "{ errors { code path } }",
    );
    assert_eq!(payload["errors"], json!([{ "code": "INVALID", "path": ["input", "code"] }]));
    // All of them together are asked of a budget: 5,000 lines of 1.00 euro.
    let query = r#"{ ambito(code: "9") { plan(year: 2022) { id } } }"#;
    let copied = server.data(Role::Azienda, query)["ambito"]["plan"]["id"].take();
    let input = json!({ "ambito": "9", "year": 2023, "kind": "FORECAST", "copyOf": copied });
    let plan = server.write_plan(Role::Azienda, "createPlan", input);
    for (amount, expected) in [("4999.99", json!(["BELOW_COMMITMENTS"])), ("5000.00", json!([]))] {
        let query = format!("{{ node(id: {}) {{ ... on Plan {{ revision problems {{ code }} }} }} }}", plan["id"]);
        let revision = server.data(Role::Azienda, &query)["node"]["revision"].take();
        let input = json!({ "plan": plan["id"], "expectedVersion": revision, "service": "SAD", "amount": amount });
        server.write_plan(Role::Azienda, "setBudget", input);
        let problems = server.data(Role::Azienda, &query)["node"]["problems"].take();
        assert_eq!(problems.as_array().unwrap().iter().map(|one| one["code"].clone()).collect::<Value>(), expected);
    }
}

/// A hundred partners and a hundred services more.
fn add_hundred(server: &Server) {
    let rows = "WITH RECURSIVE n(k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM n WHERE k < 99)";
    let of = "FROM n CROSS JOIN ambito a WHERE a.code = '9'";
    run(
        server,
        &[
            format!(
                "{rows} INSERT INTO partner (ambito_id, code, name) SELECT a.id, 'C' || n.k, 'Cooperativa ' || n.k {of}"
            ),
            format!(
                "{rows} INSERT INTO service (ambito_id, code, name, area, delivery, position) \
                 SELECT a.id, 'C' || n.k, 'Servizio ' || n.k, 'Area', 'diretta', 100 + n.k {of}"
            ),
        ],
    );
}

#[test]
fn a_request_holds_as_many_of_a_list_as_the_limit_says() {
    let server = Server::start();
    add_hundred(&server);
    let many = |count: usize, entry: &dyn Fn(usize) -> Value| Value::from((0..count).map(entry).collect::<Vec<_>>());
    let line = |at: usize| {
        json!({ "code": format!("2020-{at:04}"), "year": 2020, "area": "1", "item": "Accoglienza sociale", "service": "SAD",
            "vatRegime": "RATE", "vatRate": "22", "net": "312850.00", "vat": "68827.00", "gross": "381677.00" })
    };
    let part = |_| json!({ "item": "Accoglienza", "months": 8, "monthlyFee": "2550.00", "stated": "20400.00" });
    let contribution = |at: usize| json!({ "year": 2020, "area": "1", "item": format!("Voce {at}"), "partner": "ALFA", "amount": "5500.00" });
    let item = |at: usize| json!({ "item": format!("Voce {at}"), "amount": "1.00" });
    let instalment = |at: usize| json!({ "label": format!("Rata {at}"), "periodFrom": "2020-01-01", "periodTo": "2020-12-31", "dueDate": "2020-12-31", "amount": "9000.00" });
    let milestone = |at: usize| json!({ "code": format!("T{at}"), "area": "1", "item": "Mappatura del bisogno", "by": "2020-05-31" });
    let value = |year: usize| json!({ "year": 2020 + year, "public": "1.00", "private": "1.00", "total": "2.00" });
    let programmes = |count: usize, years: usize| {
        many(count, &|at| json!({ "code": format!("P{at}"), "name": "Programma", "years": many(years, &value) }))
    };
    let area = |at: usize| json!({ "code": format!("A{at}"), "name": "Area di co-progettazione" });
    let recurrence = |at: usize| json!({ "kind": "PLANNING", "everyMonths": at + 1 });
    let code = |at: usize| json!(format!("C{at}"));
    let parts =
        |count: usize| json!([{ "code": "A", "year": 2020, "vatRegime": "EXEMPT", "parts": many(count, &part) }]);
    let items = |count: usize| json!([{ "year": 2020, "amount": format!("{count}.00"), "items": many(count, &item) }]);
    let one_more = [
        ("lines", many(1_000, &line), many(1_001, &line), "lines"),
        ("lines", parts(2_000), parts(2_001), "lines"),
        ("contributions", many(1_000, &contribution), many(1_001, &contribution), "contributions"),
        ("contributions", items(2_000), items(2_001), "contributions"),
        ("instalments", many(500, &instalment), many(501, &instalment), "instalments"),
        ("milestones", many(1_000, &milestone), many(1_001, &milestone), "milestones"),
        ("programmes", programmes(100, 10), programmes(101, 1), "programmes"),
        // A year more of all programmes together.
        ("programmes", programmes(1, 100), programmes(91, 11), "programmes"),
        ("perimeters", many(100, &value), many(101, &value), "perimeters"),
        ("areas", many(100, &area), many(101, &area), "areas"),
        ("recurrences", many(50, &recurrence), many(51, &recurrence), "recurrences"),
        ("partners", many(100, &code), many(101, &code), "partners"),
        ("services", many(100, &code), many(101, &code), "services"),
    ];
    for (at, (list, most, beyond, field)) in one_more.into_iter().enumerate() {
        let given =
            |entries: Value| terms("2020-01-01", "2129-12-31", json!({ "areas": [{ "code": "1" }], list: entries }));
        add(&server, &format!("PIENO{at}"), given(most));
        let input = agreement("TROPPO", given(beyond));
        let payload = server.write(Role::Azienda, "addAgreement", input, "{ errors { code path } }");
        let expected = json!([{ "code": "INVALID", "path": ["input", "terms", field] }]);
        assert_eq!(payload["errors"], expected, "{list}");
    }
}

#[test]
fn what_would_read_too_many_rows_is_refused_and_a_part_of_it_is_not() {
    let server = Server::with(|limits| limits.cost_max = 1_000_000);
    fill(&server, 60, 900);
    let token = server.token_of(Role::Auditor);
    let ask = |first: usize, fields: &str| {
        let query = format!(
            "{{ ambito(code: \"9\") {{ agreements(first: {first}) {{ nodes {{ version(asOf: \"2023-06-30\") {{ {fields} }} }} }} }} }}"
        );
        server.ask(&token, &query, Value::Null)
    };
    // A row a version and one a line: 60 x 901 are more than 50,000, 55 x 901 are 49,555.
    let answer = ask(60, "number lines { code }");
    assert_eq!((answer.status, answer.code().as_str()), (200, "BAD_REQUEST"));
    let nodes = |answer: &Value| answer["ambito"]["agreements"]["nodes"].as_array().unwrap().len();
    assert_eq!(nodes(&ask(55, "number lines { code }").data()), 55);
    // What is not asked for is not counted.
    assert_eq!(nodes(&ask(60, "number partners { code }").data()), 60);
    // The database was there all the time, and goes on being asked.
    let made =
        done(&server, "addAgreement", agreement("DOPO", terms("2023-01-01", "2023-12-31", json!({}))), "{ code }");
    assert_eq!(made, json!({ "code": "DOPO" }));
}
