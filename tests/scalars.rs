//! Scalars over HTTP: a malformed one is refused with 400, a stable code and the argument named, wherever it stands in a request.
//! Their spellings one by one are tested in `api/src/graphql/scalars.rs`.

use api::auth::Role;
use serde_json::{Value, json};

use crate::support::{Answer, Server};

/// Texts and JSON values that are no such scalar.
fn malformed() -> Vec<(&'static str, Value)> {
    let of = |scalar: &'static str, values: Value| {
        values.as_array().unwrap().iter().map(|value| (scalar, value.clone())).collect::<Vec<_>>()
    };
    [
        of(
            "IstatCode",
            json!(["17004", "0170044", "01700a", "", " 17004", "017004 ", "٠١٧٠٠٤", 17004, 170_040, true, {}]),
        ),
        of(
            "Euro",
            json!([
                "1e3",
                "1",
                "1.5",
                "1.500",
                "1,00",
                "+1.00",
                "",
                " 1.00",
                "1.00 ",
                "€1.00",
                "01.00",
                "NaN",
                "92233720368547758.08"
            ]),
        ),
        of("Euro", json!([1, 0, -1, 1_000_000_000_000_i64, false, { "amount": "1.00" }])),
        of(
            "Date",
            json!([
                "2020-13-01",
                "2020-1-1",
                "2021-02-29",
                "2020-12-32",
                "2020-00-10",
                "20201231",
                "31/12/2020",
                "",
                "2020-12-31T00:00:00Z"
            ]),
        ),
        of("Date", json!(["+020-01-01", "-020-01-01", "12020-01-01", 2020, 20_201_231, true, {}])),
        of(
            "ExactDecimal",
            json!([
                "1e3",
                "",
                ".",
                "1.",
                ".5",
                "+1",
                "1,5",
                "0x10",
                "Infinity",
                "0.1234567",
                "00.5",
                "9999999999999999999"
            ]),
        ),
        of("ExactDecimal", json!([9, 0, -1, true, { "value": "1" }])),
    ]
    .concat()
}

/// Where a scalar of this name can stand: in an argument itself, and deep inside an input object.
fn places(scalar: &str) -> [(&'static str, &'static str); 2] {
    match scalar {
        "IstatCode" => [
            ("{ comune(istatCode: _) { name } }", "istatCode"),
            (
                r#"{ simulation(input: { ambito: "9", year: 2020, service: "ADM", basis: [{ comune: _, measure: "HOURS", value: "1" }] }) { amount } }"#,
                "input.basis.0.comune",
            ),
        ],
        "Euro" => [
            ("{ quotas(filter: { minimum: _ }) { totalCount } }", "filter.minimum"),
            (
                r#"{ simulation(input: { ambito: "9", year: 2020, service: "SAD", rule: { equal: { adjustments: [{ comune: "017004", fixed: _ }] } } }) { amount } }"#,
                "input.rule.equal.adjustments.0.fixed",
            ),
        ],
        "Date" => [
            ("{ quotas(asOf: _) { totalCount } }", "asOf"),
            (r#"{ ambito(code: "9") { services { budget(year: 2020, asOf: _) { amount } } } }"#, "asOf"),
        ],
        "ExactDecimal" => [
            (
                r#"{ simulation(input: { ambito: "9", year: 2020, service: "ADM", rule: { tariff: { measure: "HOURS", price: _ } } }) { amount } }"#,
                "input.rule.tariff.price",
            ),
            (
                r#"{ simulation(input: { ambito: "9", year: 2020, service: "SAD", rule: { mixed: { parts: [{ size: { percent: _ }, rule: { equal: {} } }] } } }) { amount } }"#,
                "input.rule.mixed.parts.0.size.percent",
            ),
        ],
        other => panic!("no place for {other}"),
    }
}

/// A JSON value as GraphQL writes it: keys without quotes.
fn literal(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let members: Vec<String> =
                members.iter().map(|(key, value)| format!("{key}: {}", literal(value))).collect();
            format!("{{ {} }}", members.join(", "))
        }
        other => other.to_string(),
    }
}

#[track_caller]
fn expect(answer: &Answer, code: &str, argument: &str, what: &str) {
    assert_eq!((answer.status, answer.code()), (400, code.to_owned()), "{what}: {}", answer.body);
    let body = answer.json();
    let error = &body["errors"][0];
    assert_eq!(error["extensions"]["argument"], argument, "{what}: {}", answer.body);
    // The sentence names it too, and nothing was executed.
    assert!(
        error["message"].as_str().unwrap().contains(argument) && body.get("data").is_none(),
        "{what}: {}",
        answer.body
    );
}

#[test]
fn a_malformed_literal_names_its_argument() {
    let server = Server::start();
    let token = server.token_of(Role::Azienda);
    for (scalar, value) in malformed() {
        for (query, argument) in places(scalar) {
            let query = query.replace('_', &literal(&value));
            expect(&server.ask(&token, &query, Value::Null), "VALIDATION_ERROR", argument, &query);
        }
    }
}

#[test]
fn a_malformed_variable_names_its_argument() {
    let server = Server::start();
    let token = server.token_of(Role::Azienda);
    for (scalar, value) in malformed() {
        for (query, argument) in places(scalar) {
            let query = format!("query($v: {scalar}!) {}", query.replace('_', "$v"));
            expect(
                &server.ask(&token, &query, json!({ "v": value })),
                "INVALID_VARIABLES",
                argument,
                &format!("{query} {value}"),
            );
        }
    }
}

#[test]
fn a_fraction_is_no_scalar_anywhere() {
    let server = Server::start();
    let token = server.token_of(Role::Azienda);
    for scalar in ["IstatCode", "Euro", "Date", "ExactDecimal"] {
        for (query, argument) in places(scalar) {
            for number in ["1.5", "1e3", "1.0", "-0.1"] {
                let written = query.replace('_', number);
                expect(&server.ask(&token, &written, Value::Null), "VALIDATION_ERROR", argument, &written);
                let given = format!("query($v: {scalar}!) {}", query.replace('_', "$v"));
                let value: Value = serde_json::from_str(number).unwrap();
                expect(&server.ask(&token, &given, json!({ "v": value })), "INVALID_VARIABLES", argument, &given);
            }
        }
    }
}

/// Malformed scalars inside whole input objects that come as one variable.
#[test]
fn a_malformed_value_inside_a_variable_is_named_by_its_path() {
    let server = Server::start();
    let token = server.token_of(Role::Azienda);
    let check_filter = |filter: Value, argument: &str| {
        let query = "query($filter: QuotaFilter) { quotas(filter: $filter) { totalCount } }";
        expect(
            &server.ask(&token, query, json!({ "filter": filter })),
            "INVALID_VARIABLES",
            argument,
            &filter.to_string(),
        );
    };
    check_filter(json!({ "minimum": 1 }), "filter.minimum");
    check_filter(json!({ "minimum": "1.00", "maximum": "1e3" }), "filter.maximum");
    check_filter(json!({ "comuni": ["017004", "17004"] }), "filter.comuni.1");
    check_filter(json!({ "comuni": [17004] }), "filter.comuni.0");
    check_filter(json!({ "years": ["2020"] }), "filter.years.0");
    let check_input = |changes: Value, argument: &str| {
        let mut input = json!({ "ambito": "9", "year": 2020, "service": "ADM" });
        input.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        let query = "query($input: SimulationInput!) { simulation(input: $input) { amount } }";
        expect(
            &server.ask(&token, query, json!({ "input": input })),
            "INVALID_VARIABLES",
            argument,
            &changes.to_string(),
        );
    };
    check_input(json!({ "amount": 110_000 }), "input.amount");
    check_input(json!({ "amount": "110000" }), "input.amount");
    check_input(
        json!({ "funding": [{ "fund": "FNPS", "amount": "1.00" }, { "fund": "FSR", "amount": "1e3" }] }),
        "input.funding.1.amount",
    );
    check_input(json!({ "participants": ["017004", "1"] }), "input.participants.1");
    check_input(json!({ "basis": [{ "comune": "017004", "measure": "HOURS", "value": 83 }] }), "input.basis.0.value");
    check_input(json!({ "rule": { "tariff": { "measure": "HOURS", "price": "9,00" } } }), "input.rule.tariff.price");
    let weights = json!({ "weights": [{ "comune": "017004", "weight": "1" }, { "comune": "17009", "weight": "1" }] });
    check_input(json!({ "rule": { "byFixedWeights": weights } }), "input.rule.byFixedWeights.weights.1.comune");
    let bands = json!({ "measure": "RESIDENTS", "amounts": [{ "upTo": "1000", "amount": "1" }, { "amount": "2.00" }] });
    check_input(json!({ "rule": { "flatByBand": bands } }), "input.rule.flatByBand.amounts.0.amount");
    let parts = json!({ "parts": [{ "size": { "remainder": true }, "rule": { "tariff": { "measure": "HOURS", "price": 1 } } }] });
    check_input(json!({ "rule": { "mixed": parts } }), "input.rule.mixed.parts.0.rule.tariff.price");
}

/// Lists of variables, variables inside literals, in fragments, and by default.
#[test]
fn a_malformed_variable_is_found_wherever_it_goes() {
    let server = Server::start();
    let token = server.token_of(Role::Azienda);
    let check = |query: &str, variables: Value, argument: &str| {
        expect(&server.ask(&token, query, variables), "INVALID_VARIABLES", argument, query);
    };
    check(
        "query($c: [IstatCode!]) { quotas(filter: { comuni: $c }) { totalCount } }",
        json!({ "c": ["017004", "x"] }),
        "filter.comuni.1",
    );
    check(
        "query($c: IstatCode!) { quotas(filter: { comuni: [$c] }) { totalCount } }",
        json!({ "c": "x" }),
        "filter.comuni.0",
    );
    check(
        "query($d: Date) { ...f } fragment f on Query { quotas(asOf: $d) { totalCount } }",
        json!({ "d": "today" }),
        "asOf",
    );
    check(
        "query($d: Date) { quotas(asOf: $d) @skip(if: true) { totalCount } viewer { role } }",
        json!({ "d": "today" }),
        "asOf",
    );
    check("query($c: IstatCode!) { comune(istatCode: $c) { name } }", json!({}), "$c");
    check("query($c: IstatCode!) { comune(istatCode: $c) { name } }", json!({ "c": null }), "$c");
    check("query($c: [IstatCode!]!) { quotas(filter: { comuni: $c }) { totalCount } }", json!({ "c": null }), "$c");
    // Nullable variables where a value is needed.
    check("query($c: IstatCode) { comune(istatCode: $c) { name } }", json!({}), "istatCode");
    check("query($c: IstatCode) { comune(istatCode: $c) { name } }", json!({ "c": null }), "istatCode");
    check(r#"query($y: Int) { ambito(code: "9") { plan(year: $y) { total } } }"#, json!({}), "year");
    check(r#"query($y: [Int!]) { ambito(code: "9") { plan(year: $y) { total } } }"#, json!({ "y": [2020] }), "year");
    check("query($y: Int) { quotas(filter: { years: [$y] }) { totalCount } }", json!({ "y": null }), "filter.years.0");
    check(
        "query($d: OrderDirection) { quotas(orderBy: [{ field: YEAR, direction: $d }]) { totalCount } }",
        json!({}),
        "orderBy",
    );
    let default =
        server.ask(&token, r#"query($d: Date = "2020-13-01") { quotas(asOf: $d) { totalCount } }"#, json!({}));
    assert_eq!((default.status, default.code()), (400, "VALIDATION_ERROR".to_owned()), "{}", default.body);
}

/// What is well formed is taken, in every place where the malformed were refused, and comes out as it went in.
#[test]
fn well_formed_scalars_are_taken() {
    let server = Server::start();
    let token = server.token_of(Role::Azienda);
    for (scalar, value) in [
        ("IstatCode", "017004"),
        ("Euro", "0.00"),
        ("Euro", "1.50"),
        ("Date", "2024-02-29"),
        ("ExactDecimal", "33.333333"),
    ] {
        for (query, _) in places(scalar) {
            let literal = server.ask(&token, &query.replace('_', &format!("\"{value}\"")), Value::Null);
            let variable = format!("query($v: {scalar}!) {}", query.replace('_', "$v"));
            let variable = server.ask(&token, &variable, json!({ "v": value }));
            for answer in [literal, variable] {
                let code = answer.code();
                assert!(
                    answer.status == 200 && !matches!(code.as_str(), "VALIDATION_ERROR" | "INVALID_VARIABLES"),
                    "{query} {value}: {}",
                    answer.body
                );
            }
        }
    }
    // An amount below zero is a well-formed amount.
    let count = |filter: &str| {
        server.data(Role::Azienda, &format!("{{ quotas(filter: {filter}) {{ totalCount }} }}"))["quotas"]["totalCount"]
            .clone()
    };
    assert_eq!((count(r#"{ minimum: "-0.01" }"#), count(r#"{ maximum: "-0.01" }"#)), (json!(753), json!(0)));
    assert_eq!(count("{ minimum: null, comuni: null }"), 753);
}

#[test]
fn whole_numbers_and_enums_are_strict_too() {
    let server = Server::start();
    let token = server.token_of(Role::Azienda);
    for (query, argument) in [
        (r#"{ ambito(code: "9") { plan(year: "2020") { total } } }"#, "year"),
        (r#"{ ambito(code: "9") { plan(year: 2020.0) { total } } }"#, "year"),
        (r#"{ ambito(code: "9") { plan(year: 2147483648) { total } } }"#, "year"),
        ("{ ambito(code: 9) { name } }", "code"),
        (r#"{ quotas(first: "5") { totalCount } }"#, "first"),
        ("{ quotas(first: true) { totalCount } }", "first"),
        ("{ quotas(filter: { years: [2020.5] }) { totalCount } }", "filter.years.0"),
        ("{ quotas(orderBy: [{ field: TIME, direction: ASC }]) { totalCount } }", "orderBy.0.field"),
        ("{ quotas(orderBy: [{ field: YEAR, direction: UP }]) { totalCount } }", "orderBy.0.direction"),
        ("{ quotas(orderBy: [{ field: YEAR }]) { totalCount } }", "orderBy.0"),
        ("{ quotas(filter: { year: [2020] }) { totalCount } }", "filter"),
    ] {
        let answer = server.ask(&token, query, Value::Null);
        assert_eq!((answer.status, answer.code()), (400, "VALIDATION_ERROR".to_owned()), "{query}: {}", answer.body);
        assert_eq!(answer.json()["errors"][0]["extensions"]["argument"], argument, "{query}: {}", answer.body);
    }
}

#[test]
fn published_scalars_keep_their_shape() {
    let server = Server::start();
    let query = "{ viewer { expiresAt } quotas(first: 100) { nodes { amount share basis basisReferenceDate comune { istatCode } instalments { dueDate amount } } } }";
    let data = server.data(Role::Azienda, query);
    let digits = |text: &str, from: usize, to: usize| {
        (from..=to).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    let is_euro = |value: &Value| {
        value.as_str().unwrap().split_once('.').is_some_and(|(whole, cents)| digits(whole, 1, 9) && digits(cents, 2, 2))
    };
    let is_date = |value: &Value| {
        let parts: Vec<&str> = value.as_str().unwrap().split('-').collect();
        matches!(parts[..], [year, month, day] if digits(year, 4, 4) && digits(month, 2, 2) && digits(day, 2, 2))
    };
    // Tests stand at 2026-06-15T10:00:00Z, and their tokens last an hour.
    assert_eq!(data["viewer"]["expiresAt"], "2026-06-15T11:00:00Z");
    let nodes = data["quotas"]["nodes"].as_array().unwrap();
    assert_eq!(nodes.len(), 100);
    for quota in nodes {
        assert!(is_euro(&quota["amount"]) && digits(quota["comune"]["istatCode"].as_str().unwrap(), 6, 6), "{quota}");
        assert!(
            quota["share"].is_null()
                || quota["share"].as_str().unwrap().split_once('.').is_some_and(|(_, six)| digits(six, 6, 6)),
            "{quota}"
        );
        assert!(
            quota["basis"].is_null() || (quota["basis"].is_string() && is_date(&quota["basisReferenceDate"])),
            "{quota}"
        );
        let instalments = quota["instalments"].as_array().unwrap();
        assert!(
            instalments.len() == 3
                && instalments.iter().all(|part| is_date(&part["dueDate"]) && is_euro(&part["amount"])),
            "{quota}"
        );
    }
}
