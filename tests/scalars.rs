//! probe
use api::auth::Role;
use serde_json::{Value, json};
use crate::support::Server;
#[test]
fn probe() {
    let server = Server::start();
    let token = server.token_of(Role::Azienda);
    for (q, v) in [
        (r#"{ comune(istatCode: "17004") { name } }"#, Value::Null),
        (r#"{ comune(istatCode: 17004) { name } }"#, Value::Null),
        (r#"query($c: IstatCode!) { comune(istatCode: $c) { name } }"#, json!({"c": "17004"})),
        (r#"query($c: IstatCode!) { comune(istatCode: $c) { name } }"#, json!({"c": 17004})),
        (r#"query($c: IstatCode!) { comune(istatCode: $c) { name } }"#, json!({})),
        (r#"query($c: [IstatCode!]!) { quotas(filter: {comuni: $c}) { totalCount } }"#, json!({"c": ["017004", "1"]})),
        (r#"{ quotas(filter: {comuni: ["017004", "1"]}) { totalCount } }"#, Value::Null),
        (r#"{ quotas(filter: {minimum: 1.5}) { totalCount } }"#, Value::Null),
        (r#"{ quotas(filter: {minimum: "1e3"}) { totalCount } }"#, Value::Null),
        (r#"query($f: QuotaFilter) { quotas(filter: $f) { totalCount } }"#, json!({"f": {"minimum": 1.5}})),
        (r#"query($f: QuotaFilter) { quotas(filter: $f) { totalCount } }"#, json!({"f": {"comuni": ["1"]}})),
        (r#"query($f: QuotaFilter) { quotas(filter: $f) { totalCount } }"#, json!({"f": {"wrong": 1}})),
        (r#"query($m: Euro) { quotas(filter: {minimum: $m}) { totalCount } }"#, json!({"m": "1e3"})),
        (r#"{ quotas(asOf: "2020-13-01") { totalCount } }"#, Value::Null),
        (r#"{ quotas(first: 1.5) { totalCount } }"#, Value::Null),
        (r#"{ quotas(first: 0) { totalCount } }"#, Value::Null),
        (r#"{ ambito(code: "9") { plan(year: 2020, asOf: "2020-1-1") { total } } }"#, Value::Null),
        (r#"query($i: SimulationInput!) { simulation(input: $i) { amount } }"#, json!({"i": {"ambito": "9", "year": 2020, "service": "ADM", "rule": {"tariff": {"measure": "HOURS", "price": 9}}}})),
        (r#"query($i: SimulationInput!) { simulation(input: $i) { amount } }"#, json!({"i": {"ambito": "9", "year": 2020, "service": "ADM", "rule": {"tariff": {"measure": "HOURS", "price": "9", "adjustments": [{"comune": "1"}]}}}})),
        (r#"query($p: ExactDecimal!) { simulation(input: {ambito: "9", year: 2020, service: "ADM", rule: {tariff: {measure: "HOURS", price: $p}}}) { amount } }"#, json!({"p": 9})),
        (r#"query($i: [BasisInput!]) { simulation(input: {ambito: "9", year: 2020, service: "ADM", basis: $i}) { amount } }"#, json!({"i": [{"comune": "017004", "measure": "HOURS", "value": 1.5}]})),
        (r#"query($c: IstatCode = "1") { quotas(filter: {comuni: [$c]}) { totalCount } }"#, json!({})),
        (r#"query($o: QuotaOrder!) { quotas(orderBy: [$o]) { totalCount } }"#, json!({"o": {"field": "WRONG", "direction": "ASC"}})),
    ] {
        let a = server.ask(&token, q, v.clone());
        println!("{q} {v}\n   {} {}", a.status, a.body);
    }
}
