//! Cost-sharing rules as they are published: the interface's fields, each kind's own, adjustments and parts, and the quotas that follow from
//! each kind, worked by hand on the small Ambito of `support/workshop.rs`.

use api::auth::Role;
use serde_json::{Value, json};

use crate::support::figures::{BUDGETS, By, YEARS, list};
use crate::support::{Server, workshop};

/// All that any rule can say of itself.
const RULE: &str = "__typename kind summary rounding assumed note
    adjustments { exempt multiplier price fixed minimum maximum comune { istatCode } }
    ... on MeasureRule { measure }
    ... on FixedWeightRule { weights { weight comune { istatCode } } }
    ... on BandRule { measure marginal bands { upTo weight } }
    ... on FlatBandRule { measure amounts { upTo amount } }
    ... on TariffRule { measure price }
    ... on MixedRule { parts { amount percent remainder rule {
        ... on EqualRule { kind rounding } ... on MeasureRule { kind measure }
        ... on FixedWeightRule { kind weights { weight } adjustments { fixed comune { istatCode } } } ... on TariffRule { price }
    } } }";

/// A server that has the small Ambito too.
fn workshop() -> Server {
    let server = Server::start();
    workshop::import_to(&server);
    server
}

/// The budget of a service of the small Ambito, as first approved.
fn budget(server: &Server, service: &str, fields: &str) -> Value {
    let query = format!(
        r#"{{ ambito(code: "10") {{ plan(year: 2021, asOf: "2021-02-01") {{ budget(service: "{service}") {{ {fields} }} }} }} }}"#
    );
    server.data(Role::Reporting, &query)["ambito"]["plan"]["budget"].clone()
}

#[test]
fn rules_of_ambito_9_say_what_is_assumed() {
    let server = Server::start();
    for year in YEARS {
        let query =
            format!(r#"{{ ambito(code: "9") {{ plan(year: {year}) {{ budgets {{ rule {{ {RULE} }} }} }} }} }}"#);
        let data = server.data(Role::Comune, &query);
        for (found, budget) in list(&data["ambito"]["plan"]["budgets"]).iter().zip(&BUDGETS) {
            // ADM's hourly price is the document's; the rule of every other service is not.
            let tariff = "ogni comune paga le ore erogate ai minori residenti; il prezzo orario è stabilito ogni anno dall'Assemblea dei Sindaci, al netto di FNPS e FSR";
            let entrusted =
                "il piano parla del monte ore affidato a ciascuna assistente sociale, senza dire che la quota lo segue";
            let (name, kind, own, assumed, note) = match budget.by {
                By::Funds => ("EqualRule", "EQUAL", json!({}), true, None),
                By::Residents => ("MeasureRule", "BY_MEASURE", json!({ "measure": "RESIDENTS" }), true, None),
                By::Tariff => {
                    ("TariffRule", "TARIFF", json!({ "measure": "HOURS", "price": "9" }), false, Some(tariff))
                }
                By::Hours(3) => {
                    ("MeasureRule", "BY_MEASURE", json!({ "measure": "ENTRUSTED_HOURS" }), true, Some(entrusted))
                }
                By::Hours(_) => ("MeasureRule", "BY_MEASURE", json!({ "measure": "HOURS" }), true, None),
            };
            let mut expected = json!({
                "__typename": name, "kind": kind, "rounding": "LARGEST_REMAINDER", "adjustments": [], "assumed": assumed, "note": note,
                "summary": found["rule"]["summary"],
            });
            expected.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
            assert_eq!(found["rule"], expected, "{year} {}", budget.service);
        }
    }
}

#[test]
fn each_kind_of_rule_shows_what_it_needs() {
    let server = workshop();
    let check = |service: &str, name: &str, kind: &str, rounding: &str, own: Value| {
        let mut rule = budget(&server, service, &format!("rule {{ {RULE} }}"))["rule"].clone();
        let rule = rule.as_object_mut().unwrap();
        rule.remove("summary");
        let mut expected = json!({
            "__typename": name, "kind": kind, "rounding": rounding, "assumed": false, "note": null, "adjustments": [],
        });
        expected.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
        assert_eq!(json!(rule), expected, "{service}");
    };
    let exact = "LARGEST_REMAINDER";
    check("PARI", "EqualRule", "EQUAL", "HALF_UP_EACH", json!({}));
    let weight = |istat: &str, weight: &str| json!({ "weight": weight, "comune": { "istatCode": istat } });
    let weights = json!({ "weights": [weight("098001", "1"), weight("098002", "1.5"), weight("098003", "2.5")] });
    check("PESI", "FixedWeightRule", "BY_FIXED_WEIGHTS", exact, weights);
    let band = |up_to: Option<&str>, weight: &str| json!({ "upTo": up_to, "weight": weight });
    let bands = json!([band(Some("2000"), "0.5"), band(Some("5000"), "1"), band(None, "1.5")]);
    check("FASCE", "BandRule", "BY_BANDS", exact, json!({ "measure": "RESIDENTS", "marginal": false, "bands": bands }));
    let bands = json!([band(Some("2000"), "1"), band(None, "0.5")]);
    check(
        "SCAGLIONI",
        "BandRule",
        "BY_BANDS",
        exact,
        json!({ "measure": "RESIDENTS", "marginal": true, "bands": bands }),
    );
    let amounts = json!([{ "upTo": "2000", "amount": "100.00" }, { "upTo": null, "amount": "250.50" }]);
    check("FISSO", "FlatBandRule", "FLAT_BY_BAND", exact, json!({ "measure": "RESIDENTS", "amounts": amounts }));
}

#[test]
fn adjustments_are_shown_comune_by_comune() {
    let server = workshop();
    let adjustments = |service: &str| budget(&server, service, &format!("rule {{ {RULE} }}"))["rule"].clone();
    let none =
        json!({ "exempt": false, "multiplier": null, "price": null, "fixed": null, "minimum": null, "maximum": null });
    let of = |istat: &str, changes: Value| {
        let mut adjustment = none.clone();
        adjustment["comune"] = json!({ "istatCode": istat });
        adjustment.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        adjustment
    };
    let expected = json!([
        of("098001", json!({ "exempt": true })),
        of("098002", json!({ "multiplier": "0.5" })),
        of("098003", json!({ "minimum": "100.00", "maximum": "9000.00" })),
    ]);
    assert_eq!(adjustments("ABITANTI")["adjustments"], expected);
    let mensa = adjustments("MENSA");
    assert_eq!(mensa["adjustments"], json!([of("098002", json!({ "price": "8.25" }))]));
    assert_eq!(
        (&mensa["measure"], &mensa["price"], &mensa["note"]),
        (&json!("MEALS"), &json!("9"), &json!("un prezzo a pasto"))
    );
}

#[test]
fn a_mixed_rule_shows_its_parts() {
    let server = workshop();
    let rule = budget(&server, "MISTO", &format!("rule {{ {RULE} }}"))["rule"].clone();
    let part = |amount: Option<&str>, percent: Option<&str>, rule: Value| json!({ "amount": amount, "percent": percent, "remainder": amount.or(percent).is_none(), "rule": rule });
    let weights = json!([{ "weight": "1" }, { "weight": "1" }, { "weight": "2" }]);
    let fixed = json!([{ "fixed": "1500.00", "comune": { "istatCode": "098003" } }]);
    let parts = json!([
        part(Some("900.00"), None, json!({ "kind": "EQUAL", "rounding": "LARGEST_REMAINDER" })),
        part(None, Some("60"), json!({ "kind": "BY_MEASURE", "measure": "RESIDENTS" })),
        part(None, None, json!({ "kind": "BY_FIXED_WEIGHTS", "weights": weights, "adjustments": fixed })),
    ]);
    assert_eq!((&rule["kind"], &rule["parts"]), (&json!("MIXED"), &parts));
    // The parts' own adjustments are the parts'.
    assert_eq!(rule["adjustments"], json!([]));
    // The union can be asked by the interface too.
    let kinds = budget(
        &server,
        "MISTO",
        "rule { ... on MixedRule { parts { rule { __typename ... on CostSharingRule { kind } } } } }",
    );
    let part = |name: &str, kind: &str| json!({ "rule": { "__typename": name, "kind": kind } });
    let expected = json!([
        part("EqualRule", "EQUAL"),
        part("MeasureRule", "BY_MEASURE"),
        part("FixedWeightRule", "BY_FIXED_WEIGHTS")
    ]);
    assert_eq!(kinds["rule"]["parts"], expected);
}

/// One line a rule: the quotas of Alfa (1,000 residents, 10.5 meals), Beta (3,000; 20) and Gamma (6,000; 0).
#[test]
fn each_kind_of_rule_gives_the_quotas_worked_by_hand() {
    let server = workshop();
    let check = |service: &str, share: &str, quotas: [&str; 3], residue: &str| {
        let found = budget(&server, service, "municipalShare residue quotas { amount }");
        let quotas = quotas.map(|amount| json!({ "amount": amount }));
        assert_eq!(found, json!({ "municipalShare": share, "residue": residue, "quotas": quotas }), "{service}");
    };
    // A third each, each rounded on its own.
    check("PARI", "10000.00", ["3333.33", "3333.33", "3333.33"], "0.01");
    // Alfa is exempt, Beta counts half: 1500 : 6000.
    check("ABITANTI", "10000.00", ["0.00", "2000.00", "8000.00"], "0.00");
    // 1 : 1.5 : 2.5.
    check("PESI", "10000.00", ["2000.00", "3000.00", "5000.00"], "0.00");
    // 0.5 : 1 : 1.5; the cent left over goes to the remainder of 2/3.
    check("FASCE", "10000.00", ["1666.67", "3333.33", "5000.00"], "0.00");
    // 1000 : 2000 + 1000/2 : 2000 + 4000/2; of three remainders of 1/3 the largest weight's.
    check("SCAGLIONI", "10000.00", ["1333.33", "3333.33", "5333.34"], "0.00");
    // An amount each; the fund takes the rest.
    check("FISSO", "601.00", ["100.00", "250.50", "250.50"], "0.00");
    // 9.00 x 10.5, 8.25 x 20, 9.00 x 0.
    check("MENSA", "259.50", ["94.50", "165.00", "0.00"], "0.00");
    // 300 each; 6000 as 1 : 3 : 6; of 3100 left Gamma pays its fixed 1500 and the others 800 each.
    check("MISTO", "10000.00", ["1700.00", "2900.00", "5400.00"], "0.00");
    // 500 as 1 : 3 : 6; 500 as 10.5 : 20 : 0, which is 172.1311... and 327.8688...
    check("DOPPIO", "1000.00", ["222.13", "477.87", "300.00"], "0.00");
    // 1830.05 / 3 = 610.0166...: two cents left over; remainders and weights are equal, so the lower codes have them.
    check("VOCI", "1830.05", ["610.02", "610.02", "610.01"], "0.00");
}

#[test]
fn summaries_are_sentences_in_the_language_asked_for() {
    let server = workshop();
    let token = server.token_of(Role::Reporting);
    let summary = |service: &str, language: &str| {
        let query = format!(
            r#"{{ ambito(code: "10") {{ plan(year: 2021) {{ budget(service: "{service}") {{ rule {{ summary }} }} }} }} }}"#
        );
        let authorization = format!("Bearer {token}");
        let headers =
            [("content-type", "application/json"), ("authorization", &authorization), ("accept-language", language)];
        let answer = server.post("/graphql", &headers, &json!({ "query": query }).to_string());
        answer.data()["ambito"]["plan"]["budget"]["rule"]["summary"].as_str().unwrap().to_owned()
    };
    for (service, italian, english) in [
        ("PARI", "In parti uguali.", "In equal parts."),
        (
            "MENSA",
            "9,00 euro per ogni unità di: Pasti serviti (pasti), con un correttivo.",
            "9.00 euro for each unit of MEALS, with one adjustment.",
        ),
        (
            "MISTO",
            "900,00 euro in parti uguali; 60% in proporzione a: Residenti; il resto secondo pesi fissi, con un correttivo.",
            "900.00 euro in equal parts; 60% in proportion to residents; the rest by fixed weights, with one adjustment.",
        ),
    ] {
        assert_eq!((summary(service, "it").as_str(), summary(service, "en").as_str()), (italian, english), "{service}");
    }
    let sentences: std::collections::BTreeSet<String> =
        ["PARI", "ABITANTI", "PESI", "FASCE", "SCAGLIONI", "FISSO", "MENSA", "MISTO"]
            .into_iter()
            .flat_map(|service| ["it", "en"].map(|language| summary(service, language)))
            .collect();
    assert_eq!(sentences.len(), 16, "{sentences:?}");
    assert!(sentences.iter().all(|sentence| sentence.ends_with('.')
        && sentence.chars().next().is_some_and(|first| first.is_uppercase() || first.is_ascii_digit())));
}

#[test]
fn what_only_one_kind_has_needs_a_fragment() {
    let server = Server::start();
    let token = server.token_of(Role::Comune);
    let ask = |fields: &str| {
        let query = format!(
            r#"{{ ambito(code: "9") {{ plan(year: 2020) {{ budget(service: "ADM") {{ rule {{ {fields} }} }} }} }} }}"#
        );
        server.ask(&token, &query, Value::Null)
    };
    for refused in [
        "price",
        "measure",
        "kind { name }",
        "... on Budget { amount }",
        "... on RulePart { amount }",
        "... on MeasureRule { price }",
    ] {
        let answer = ask(refused);
        assert_eq!((answer.status, answer.code()), (400, "VALIDATION_ERROR".to_owned()), "{refused}: {}", answer.body);
    }
    // A fragment of another kind gives nothing; that of its own kind does, by name or inline.
    let answer =
        ask("... on MeasureRule { measure } ... on MixedRule { parts { remainder } } ... on CostSharingRule { kind }")
            .data();
    assert_eq!(answer["ambito"]["plan"]["budget"]["rule"], json!({ "kind": "TARIFF" }));
    let answer = ask("... on TariffRule { measure price } ...on CostSharingRule { ... on TariffRule { kind } }").data();
    assert_eq!(
        answer["ambito"]["plan"]["budget"]["rule"],
        json!({ "measure": "HOURS", "price": "9", "kind": "TARIFF" })
    );
}
