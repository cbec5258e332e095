//! The list of all quotas: filters, orders, pages in both directions, and what a page may not ask for. Every list is compared with one that
//! the test makes from `support/figures.rs`, filters and sorts itself.

use std::cmp::Ordering;

use api::auth::Role;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::support::figures::{BUDGETS, YEARS, euro, list, wide};
use crate::support::{Answer, Server, workshop};

/// A quota as the list has it: year, service, comune, cents.
type Row = (i32, String, String, i128);
/// What decides which of two quotas comes first.
type Order = fn(&Row, &Row) -> Ordering;

const FIELDS: &str = "totalCount nodes { id year amount service { code } comune { istatCode } } edges { cursor node { id } } \
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }";

/// Every quota of the three years, in no order that the list has.
fn all() -> Vec<Row> {
    let of_year = |year: i32| {
        let of_budget = move |(service, quotas): (&str, Vec<(&str, i128)>)| {
            quotas
                .into_iter()
                .map(|(comune, cents)| (year, service.to_owned(), comune.to_owned(), cents))
                .collect::<Vec<_>>()
        };
        BUDGETS.iter().rev().flat_map(move |budget| of_budget((budget.service, budget.quotas(year))))
    };
    YEARS.into_iter().rev().flat_map(of_year).collect()
}

/// Orders by year, service and comune what nothing else orders; the tests' rows are all of one Ambito.
fn by_default(one: &Row, other: &Row) -> Ordering {
    (one.0, &one.1, &one.2).cmp(&(other.0, &other.1, &other.2))
}

fn sorted(order: Order) -> Vec<Row> {
    let mut rows = all();
    rows.sort_by(|one, other| order(one, other).then_with(|| by_default(one, other)));
    rows
}

/// A reader of the list, with one token for many pages.
struct Reader<'a> {
    server: &'a Server,
    token: String,
}

impl Reader<'_> {
    fn new(server: &Server) -> Reader<'_> {
        Reader { server, token: server.token_of(Role::Reporting) }
    }

    fn ask(&self, arguments: &str) -> Answer {
        self.server.ask(&self.token, &format!("{{ quotas{arguments} {{ {FIELDS} }} }}"), Value::Null)
    }

    fn page(&self, arguments: &str) -> Value {
        self.ask(arguments).data()["quotas"].take()
    }

    /// Reads the whole list by pages, and checks of each page where it says that it stands.
    fn walk(&self, order: &str, size: usize, forward: bool, total: usize) -> Vec<Row> {
        let (mut read, mut edge) = (Vec::new(), String::new());
        loop {
            let page = self.page(&if forward {
                format!("(first: {size}{edge}{order})")
            } else {
                format!("(last: {size}{edge}{order})")
            });
            let (mut rows, edges, info) = (rows(&page), list(&page["edges"]), &page["pageInfo"]);
            assert_eq!((rows.len(), edges.len()), (size.min(total - read.len()), rows.len()), "{order}");
            assert!(
                list(&page["nodes"]).iter().zip(edges).all(|(node, edge)| node["id"] == edge["node"]["id"]),
                "{order}"
            );
            let (before, after) = (!read.is_empty(), read.len() + rows.len() < total);
            let (previous, next) = if forward { (before, after) } else { (after, before) };
            assert_eq!((&info["hasNextPage"], &info["hasPreviousPage"]), (&json!(next), &json!(previous)), "{order}");
            assert_eq!(
                (&info["startCursor"], &info["endCursor"]),
                (&edges[0]["cursor"], &edges[rows.len() - 1]["cursor"]),
                "{order}"
            );
            assert_eq!(page["totalCount"], total, "{order}");
            edge = if forward {
                format!(", after: {}", info["endCursor"])
            } else {
                format!(", before: {}", info["startCursor"])
            };
            if forward {
                read.append(&mut rows);
            } else {
                rows.append(&mut read);
                read = rows;
            }
            if !after {
                return read;
            }
        }
    }
}

fn rows(page: &Value) -> Vec<Row> {
    let row = |node: &Value| {
        let text = |path: &str| node.pointer(path).unwrap().as_str().unwrap().to_owned();
        let year = i32::try_from(node["year"].as_i64().unwrap()).unwrap();
        (year, text("/service/code"), text("/comune/istatCode"), wide(&node["amount"]))
    };
    list(&page["nodes"]).iter().map(row).collect()
}

/// How `orderBy` is written, and what it means.
const ORDERS: [(&str, Order); 14] = [
    ("", |_, _| Ordering::Equal),
    (", orderBy: []", |_, _| Ordering::Equal),
    (", orderBy: [{ field: YEAR, direction: ASC }]", |a, b| a.0.cmp(&b.0)),
    (", orderBy: [{ field: YEAR, direction: DESC }]", |a, b| b.0.cmp(&a.0)),
    (", orderBy: [{ field: SERVICE, direction: ASC }]", |a, b| a.1.cmp(&b.1)),
    (", orderBy: [{ field: SERVICE, direction: DESC }]", |a, b| b.1.cmp(&a.1)),
    (", orderBy: [{ field: COMUNE, direction: ASC }]", |a, b| a.2.cmp(&b.2)),
    (", orderBy: [{ field: COMUNE, direction: DESC }]", |a, b| b.2.cmp(&a.2)),
    (", orderBy: [{ field: AMOUNT, direction: ASC }]", |a, b| a.3.cmp(&b.3)),
    (", orderBy: [{ field: AMOUNT, direction: DESC }]", |a, b| b.3.cmp(&a.3)),
    (", orderBy: { field: AMOUNT, direction: DESC }", |a, b| b.3.cmp(&a.3)),
    (", orderBy: [{ field: COMUNE, direction: DESC }, { field: AMOUNT, direction: ASC }]", |a, b| {
        b.2.cmp(&a.2).then(a.3.cmp(&b.3))
    }),
    (
        ", orderBy: [{ field: SERVICE, direction: ASC }, { field: YEAR, direction: DESC }, { field: COMUNE, direction: DESC }]",
        |a, b| a.1.cmp(&b.1).then(b.0.cmp(&a.0)).then(b.2.cmp(&a.2)),
    ),
    (
        ", orderBy: [{ field: AMOUNT, direction: ASC }, { field: YEAR, direction: DESC }, { field: SERVICE, direction: DESC }, { field: COMUNE, direction: DESC }]",
        |a, b| a.3.cmp(&b.3).then(b.0.cmp(&a.0)).then(b.1.cmp(&a.1)).then(b.2.cmp(&a.2)),
    ),
];

#[test]
fn pages_forward_make_the_whole_list_in_every_order() {
    let server = Server::start();
    let reader = Reader::new(&server);
    for (text, order) in ORDERS {
        assert_eq!(reader.walk(text, 100, true, 753), sorted(order), "{text}");
    }
}

#[test]
fn pages_backward_make_the_whole_list_in_every_order() {
    let server = Server::start();
    let reader = Reader::new(&server);
    for (text, order) in ORDERS {
        assert_eq!(reader.walk(text, 100, false, 753), sorted(order), "{text}");
    }
}

#[test]
fn pages_of_any_size_make_the_whole_list() {
    let server = Server::start();
    let reader = Reader::new(&server);
    let of_sad: Vec<Row> = sorted(|a, b| b.3.cmp(&a.3)).into_iter().filter(|row| row.1 == "SAD").collect();
    let order = r#", filter: { services: ["SAD"] }, orderBy: [{ field: AMOUNT, direction: DESC }]"#;
    for size in [1, 7, 16, 47, 48, 49, 100] {
        for forward in [true, false] {
            assert_eq!(reader.walk(order, size, forward, 48), of_sad, "{size} {forward}");
        }
    }
}

#[test]
fn without_a_size_a_page_has_20() {
    let server = Server::start();
    let reader = Reader::new(&server);
    let whole = sorted(|_, _| Ordering::Equal);
    let first = reader.page("");
    assert_eq!(rows(&first), whole[..20]);
    let cursor = &first["pageInfo"]["endCursor"];
    assert_eq!(rows(&reader.page(&format!("(after: {cursor})"))), whole[20..40]);
    let last = reader.page("(last: 20)");
    // Without `last`, the page before a cursor still begins at the list's beginning.
    assert_eq!(rows(&reader.page(&format!("(before: {})", last["pageInfo"]["startCursor"]))), whole[..20]);
    assert_eq!(
        rows(&reader.page("(first: null, last: null, after: null, before: null, orderBy: null, filter: null)")),
        whole[..20]
    );
}

#[test]
fn after_and_before_together_bound_a_page() {
    let server = Server::start();
    let reader = Reader::new(&server);
    let whole = sorted(|_, _| Ordering::Equal);
    let first = reader.page("(first: 100)");
    let cursor = |at: usize| first["edges"][at]["cursor"].to_string();
    let check = |arguments: String, from: usize, to: usize, next: bool, previous: bool| {
        let page = reader.page(&format!("({arguments})"));
        assert_eq!(rows(&page), whole[from..to], "{arguments}");
        let info = (&page["pageInfo"]["hasNextPage"], &page["pageInfo"]["hasPreviousPage"]);
        assert_eq!(info, (&json!(next), &json!(previous)), "{arguments}");
        assert_eq!(page["totalCount"], 753, "{arguments}");
    };
    let between = |from: usize, to: usize| format!("after: {}, before: {}", cursor(from), cursor(to));
    check(format!("first: 100, {}", between(9, 30)), 10, 30, true, true);
    check(format!("first: 5, {}", between(9, 30)), 10, 15, true, true);
    check(format!("last: 5, {}", between(9, 30)), 25, 30, true, true);
    check(format!("last: 100, before: {}", cursor(30)), 0, 30, true, false);
    check(between(30, 31), 31, 31, true, true);
    check(between(30, 9), 31, 31, true, true);
}

/// A cursor says where a page begins, whatever was filtered or was in force when it was made.
#[test]
fn a_cursor_holds_its_place_in_another_list_of_the_same_order() {
    let server = Server::start();
    let reader = Reader::new(&server);
    let whole = sorted(|_, _| Ordering::Equal);
    // 251 quotas of 2020, the only plan in force on that day; the next page under all plans begins with 2021.
    let early = reader.page(r#"(asOf: "2020-01-01", last: 1)"#);
    assert_eq!((rows(&early), &early["totalCount"]), (whole[250..251].to_vec(), &json!(251)));
    let cursor = &early["pageInfo"]["endCursor"];
    assert_eq!(rows(&reader.page(&format!("(first: 2, after: {cursor})"))), whole[251..253]);
    // A place inside ADM of 2020 is before all of SAD.
    let of_sad: Vec<Row> = whole.iter().filter(|row| row.1 == "SAD").cloned().collect();
    let inside = &reader.page("(first: 3)")["pageInfo"]["endCursor"].clone();
    let page = reader.page(&format!(r#"(first: 100, after: {inside}, filter: {{ services: ["SAD"] }})"#));
    assert_eq!((rows(&page), &page["pageInfo"]["hasPreviousPage"]), (of_sad, &json!(false)));
}

#[test]
fn each_filter_takes_what_fits_and_several_take_what_fits_all() {
    let server = Server::start();
    let reader = Reader::new(&server);
    let whole = sorted(|_, _| Ordering::Equal);
    let check = |filter: &str, count: usize, takes: &dyn Fn(&Row) -> bool| {
        let expected: Vec<Row> = whole.iter().filter(|row| takes(row)).cloned().collect();
        assert_eq!(expected.len(), count, "{filter}: the test's own count");
        let page = reader.page(&format!("(first: 100, filter: {{ {filter} }})"));
        assert_eq!(
            (rows(&page), &page["totalCount"]),
            (expected[..count.min(100)].to_vec(), &json!(count)),
            "{filter}"
        );
    };
    check("", 753, &|_| true);
    check("years: null, ambito: null, comuni: null", 753, &|_| true);
    check("ambito: \"9\"", 753, &|_| true);
    check("ambito: \"10\"", 0, &|_| false);
    check("years: [2021]", 251, &|row| row.0 == 2021);
    check("years: 2021", 251, &|row| row.0 == 2021);
    check("years: [2022, 2020, 2020, 1999]", 502, &|row| row.0 != 2021);
    check("years: []", 0, &|_| false);
    check("services: [\"SAD\", \"ADP\", \"X\"]", 93, &|row| row.1 == "SAD" || row.1 == "ADP");
    check("services: [\"sad\"]", 0, &|_| false);
    check("comuni: [\"017103\", \"017073\"]", 69, &|row| row.2 == "017103" || row.2 == "017073");
    check("comuni: [\"999999\"]", 0, &|_| false);
    check("areas: [\"Servizi affidati\"]", 153, &|row| matches!(row.1.as_str(), "SSB" | "SAD" | "ADP"));
    check("areas: [\"Gestione Azienda\", \"nessuna\"]", 120, &|row| matches!(row.1.as_str(), "STAFF" | "ORGANI"));
    check("minimum: \"0.01\", years: [2020, 2021, 2022]", whole.iter().filter(|row| row.3 > 0).count(), &|row| {
        row.3 > 0
    });
    check("maximum: \"0.00\"", 360, &|row| row.3 == 0);
    check("minimum: \"749.25\", maximum: \"749.25\"", 3, &|row| row.3 == 74_925);
    check("minimum: \"749.26\", maximum: \"749.25\"", 0, &|_| false);
    check("minimum: \"100000.00\"", whole.iter().filter(|row| row.3 >= 10_000_000).count(), &|row| row.3 >= 10_000_000);
    check("years: [2021], services: [\"SAD\"], comuni: [\"017103\"]", 1, &|row| {
        row.0 == 2021 && row.1 == "SAD" && row.2 == "017103"
    });
    check("services: [\"SAD\"], areas: [\"Gestione Azienda\"]", 0, &|_| false);
    check("services: [\"ADP\"], comuni: [\"017103\"]", 0, &|_| false);
    check(
        "ambito: \"9\", years: [2020, 2022], services: [\"STAFF\", \"SIL\", \"SAD\"], comuni: [\"017103\", \"017149\"], areas: [\"Gestione Azienda\", \"Servizi affidati\"], minimum: \"1.00\", maximum: \"999999.99\"",
        8,
        &|row| {
            row.0 != 2021 && matches!(row.1.as_str(), "STAFF" | "SAD") && matches!(row.2.as_str(), "017103" | "017149")
        },
    );
}

#[test]
fn quotas_of_several_ambiti_come_by_year_and_then_ambito() {
    let server = Server::start();
    workshop::import_to(&server);
    let reader = Reader::new(&server);
    let fields = r#"first: 100, filter: { years: [2020, 2021], services: ["STAFF", "PARI"] }"#;
    let page = reader.page(&format!("({fields})"));
    // 20 of 2020, then 3 of Ambito 10 and 20 of Ambito 9 of 2021, although PARI comes before STAFF in both.
    let found: Vec<(i32, String)> = rows(&page).into_iter().map(|(year, service, ..)| (year, service)).collect();
    let expected = [(2020, "STAFF", 20), (2021, "PARI", 3), (2021, "STAFF", 20)];
    let expected: Vec<(i32, String)> =
        expected.into_iter().flat_map(|(year, service, count)| vec![(year, service.to_owned()); count]).collect();
    assert_eq!(found, expected);
    let own = reader.page(r#"(first: 100, filter: { ambito: "10" })"#);
    assert_eq!(own["totalCount"], 30);
    assert!(rows(&own).iter().all(|(_, _, comune, _)| workshop::COMUNI.contains(&comune.as_str())));
}

#[test]
fn what_a_page_may_not_ask_for_is_refused_and_never_clipped() {
    let server = Server::start();
    let reader = Reader::new(&server);
    let check = |arguments: &str, code: &str| {
        let answer = reader.ask(&format!("({arguments})"));
        assert_eq!((answer.status, answer.code()), (200, code.to_owned()), "{arguments}: {}", answer.body);
        assert_eq!(answer.json()["data"], json!({ "quotas": null }), "{arguments}");
    };
    for size in ["0", "101", "-1", "2147483647", "-2147483648"] {
        for end in ["first", "last"] {
            check(&format!("{end}: {size}"), "PAGE_LIMIT_EXCEEDED");
        }
    }
    check("first: 1, last: 1", "BAD_REQUEST");
    check("first: 0, last: 0", "BAD_REQUEST");
    check("orderBy: [{ field: YEAR, direction: ASC }, { field: YEAR, direction: DESC }]", "BAD_REQUEST");
    let limit = reader.ask("(first: 101)").json();
    assert_eq!(limit["errors"][0]["extensions"]["limit"], 100);
}

#[test]
fn a_cursor_that_is_not_of_this_list_and_order_is_refused() {
    let server = Server::start();
    let reader = Reader::new(&server);
    let cursor = |arguments: &str| reader.page(arguments)["pageInfo"]["endCursor"].as_str().unwrap().to_owned();
    let good = cursor("(first: 5)");
    let middle = good.len() / 2;
    let other = |fields: &str| {
        let data = server.data(Role::Reporting, fields);
        data.pointer("/ambiti/pageInfo/endCursor")
            .or(data.pointer("/ambito/resolutions/pageInfo/endCursor"))
            .unwrap()
            .as_str()
            .unwrap()
            .to_owned()
    };
    let spaced =
        URL_SAFE_NO_PAD.encode(format!(" {}", String::from_utf8(URL_SAFE_NO_PAD.decode(&good).unwrap()).unwrap()));
    let by_amount = ", orderBy: [{ field: AMOUNT, direction: ASC }]";
    let cases = [
        ("another field", cursor("(first: 5, orderBy: [{ field: AMOUNT, direction: ASC }])"), ""),
        ("no order", good.clone(), by_amount),
        ("another direction", cursor("(first: 5, orderBy: [{ field: AMOUNT, direction: DESC }])"), by_amount),
        ("the default, named", cursor("(first: 5, orderBy: [{ field: YEAR, direction: ASC }])"), ""),
        (
            "one field more",
            cursor("(first: 5, orderBy: [{ field: AMOUNT, direction: ASC }, { field: YEAR, direction: ASC }])"),
            by_amount,
        ),
        ("cut by one", good[..good.len() - 1].to_owned(), ""),
        ("cut in half", good[..middle].to_owned(), ""),
        ("without its head", good[1..].to_owned(), ""),
        ("longer", format!("{good}A"), ""),
        ("padded", format!("{good}="), ""),
        ("spaced", format!(" {good}"), ""),
        ("twice", format!("{good}{good}"), ""),
        ("spelt otherwise", spaced, ""),
        ("empty", String::new(), ""),
        ("garbage", "garbage".to_owned(), ""),
        ("not base64", "é!*".to_owned(), ""),
        ("long", "A".repeat(10_000), ""),
        ("of Ambiti", other("{ ambiti { pageInfo { endCursor } } }"), ""),
        ("of resolutions", other(r#"{ ambito(code: "9") { resolutions { pageInfo { endCursor } } } }"#), ""),
    ];
    for (what, cursor, order) in &cases {
        for side in ["first: 5, after", "last: 5, before", "after", "before"] {
            let answer = reader.ask(&format!("({side}: {}{order})", json!(cursor)));
            assert_eq!(
                (answer.status, answer.code()),
                (200, "INVALID_CURSOR".to_owned()),
                "{what}, {side}: {}",
                answer.body
            );
            assert_eq!(answer.json()["data"], json!({ "quotas": null }), "{what}, {side}");
        }
    }
    // The same tool takes the good one.
    assert_eq!(reader.ask(&format!("(first: 5, after: {})", json!(good))).code(), "");
    let foreign =
        server.ask(&reader.token, &format!("{{ ambiti(after: {}) {{ totalCount }} }}", json!(good)), Value::Null);
    assert_eq!(foreign.code(), "INVALID_CURSOR");
}

#[test]
fn a_page_that_fails_leaves_the_rest_of_the_answer() {
    let server = Server::start();
    let query = r#"{ bad: quotas(first: 0) { totalCount } good: quotas(first: 1, filter: { services: ["ADM"], comuni: ["017004"] }) { nodes { amount } } }"#;
    let answer = server.ask(&server.token_of(Role::Comune), query, Value::Null);
    let body = answer.json();
    assert_eq!(body["data"], json!({ "bad": null, "good": { "nodes": [{ "amount": euro(74_925) }] } }));
    assert_eq!((&body["errors"][0]["path"], answer.code().as_str()), (&json!(["bad"]), "PAGE_LIMIT_EXCEEDED"));
}

/// Whoever goes through pages by cursor gets no more time than others: where there is none at all, a page from the beginning is found by counting,
/// and the place of a cursor is not looked for.
#[test]
fn the_place_of_a_cursor_is_found_in_time() {
    let cursors = |server: &Server, arguments: &str| {
        let query = format!(
            "{{ quotas(first: 1, orderBy: [{{ field: YEAR, direction: ASC }}]{arguments}) {{ edges {{ cursor }} }} }}"
        );
        server.ask(&server.token_of(Role::Reporting), &query, Value::Null)
    };
    let first = cursors(&Server::start(), "").data();
    let after = format!(", after: {}", first["quotas"]["edges"][0]["cursor"]);
    let late = Server::with(|limits| limits.execution_seconds_max = 0);
    assert_eq!(cursors(&late, "").data(), first);
    assert_eq!(cursors(&late, &after).code(), "TIMEOUT");
}
