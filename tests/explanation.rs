//! Explanations: every step can be redone, and the sentence says the same in Italian and English.

mod redo;

use std::collections::BTreeSet;

use api::auth::Role;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::support::figures::{BUDGETS, Budget, By, COMUNI, YEARS, euro, hundredths, list};
use crate::support::{Server, neighbour, workshop};
use redo::{number, redo};

const EXPLANATIONS: &str = "it: explanation(language: IT) { ...all } en: explanation(language: EN) { ...all }";
const FRAGMENT: &str =
    "fragment all on QuotaExplanation { text steps { kind label formula inputs { name value unit } value unit } }";

/// Kinds of steps with how their labels begin in Italian and English.
const LABELS: [[&str; 3]; 12] = [
    ["BUDGET", "Budget di gestione", "Budget"],
    ["FUNDING", "Copertura ", "Funding "],
    ["MUNICIPAL_SHARE", "Quota dei Comuni", "Municipal share"],
    ["PART", "Importo della parte", "Size of the part"],
    ["EXEMPT", "Comune esente", "Exempt comune"],
    ["FIXED", "Importo fisso", "Fixed amount"],
    ["BASIS", "Base di riparto ", "Basis "],
    ["WEIGHT", "Peso", "Weight"],
    ["PROPORTION", "Proporzione", "Proportion"],
    ["EXACT_QUOTA", "Quota esatta", "Exact quota"],
    ["BOUND", "Minimo o massimo", "Minimum or maximum"],
    ["ROUNDING", "Arrotondamento al centesimo", "Rounding to the cent"],
];

/// Units in Italian and English.
const UNITS: [[&str; 2]; 12] = [
    ["EUR", "EUR"],
    ["EUR/ore", "EUR/hours"],
    ["EUR/abitanti", "EUR/residents"],
    ["EUR/MEALS", "EUR/MEALS"],
    ["%", "%"],
    ["abitanti", "residents"],
    ["ore", "hours"],
    ["ore affidate", "entrusted hours"],
    ["MEALS", "MEALS"],
    ["peso", "weight"],
    ["rapporto", "ratio"],
    ["comuni", "comuni"],
];

/// The quotas of a service with their explanations, as the managing body of Ambito 9 or, elsewhere, the auditor sees them.
fn explained(server: &Server, role: Role, ambito: &str, year: i32, service: &str) -> Vec<Value> {
    let query = format!(
        "{{ ambito(code: \"{ambito}\") {{ plan(year: {year}) {{ budget(service: \"{service}\") {{
            quotas {{ amount comune {{ istatCode name }} {EXPLANATIONS} }} }} }} }} }} {FRAGMENT}"
    );
    list(&server.data(role, &query)["ambito"]["plan"]["budget"]["quotas"]).clone()
}

/// What holds of the explanation of every quota: it can be redone, and both languages tell the same.
#[track_caller]
fn check(quota: &Value) {
    assert_eq!(redo(&quota["en"]), number(&quota["amount"]), "{quota:#}");
    let (it, en) = (list(&quota["it"]["steps"]), list(&quota["en"]["steps"]));
    assert_eq!(it.len(), en.len());
    let units = |one: &Value, other: &Value| {
        let pair = [one["unit"].as_str().unwrap(), other["unit"].as_str().unwrap()];
        let known = UNITS.contains(&pair) || [["centesimi", "cents"], ["posto", "place"]].contains(&pair);
        assert!(known, "{pair:?}");
    };
    for (one, other) in it.iter().zip(en) {
        assert_eq!([&one["kind"], &one["value"]], [&other["kind"], &other["value"]]);
        let [_, label_it, label_en] = LABELS.iter().find(|label| one["kind"] == label[0]).unwrap();
        let starts = |step: &Value, label: &str| step["label"].as_str().unwrap().starts_with(label);
        assert!(starts(one, label_it) && starts(other, label_en), "{one} {other}");
        units(one, other);
        for (input_it, input_en) in list(&one["inputs"]).iter().zip(list(&other["inputs"])) {
            assert_eq!(input_it["value"], input_en["value"]);
            // Only these words are the same in both languages.
            let name = input_it["name"].as_str().unwrap();
            assert!(input_it["name"] != input_en["name"] || name == "budget", "{name}");
            assert!(
                one["formula"].as_str().unwrap().contains(name) || one["kind"] == "BOUND" || name.starts_with("fascia"),
                "{one}"
            );
            units(input_it, input_en);
        }
    }
    let name = quota["comune"]["name"].as_str().unwrap();
    let amount = quota["amount"].as_str().unwrap();
    let (it, en) = (quota["it"]["text"].as_str().unwrap(), quota["en"]["text"].as_str().unwrap());
    assert!(
        it.starts_with(&format!("{name} deve {} euro per ", amount.replace('.', ","))) && it.ends_with('.'),
        "{it}"
    );
    assert!(en.starts_with(&format!("{name} owes {amount} euro for ")) && en.ends_with('.'), "{en}");
}

/// A number as a step or a sentence writes it.
fn plain(hundredths: i128) -> String {
    number(&euro(hundredths).into()).normalize().to_string()
}

/// What a comune is counted by under a budget's rule, in hundredths, with the units; none where funds cover all.
fn counted(budget: &Budget, istat: &str, year: i32) -> Option<(i128, [&'static str; 2])> {
    let comune = COMUNI.iter().find(|comune| comune.istat == istat).unwrap();
    Some(match budget.by {
        By::Funds => return None,
        By::Residents => (comune.residents_of(year) * 100, ["abitanti", "residents"]),
        By::Tariff => (hundredths(comune.hours[2]), ["ore", "hours"]),
        By::Hours(3) => (hundredths(comune.hours[3]), ["ore affidate", "entrusted hours"]),
        By::Hours(at) => (hundredths(comune.hours[at]), ["ore", "hours"]),
    })
}

/// The reason in the sentence of a quota, in Italian and English.
fn reasons(budget: &Budget, istat: &str, year: i32) -> [String; 2] {
    let comma = |text: String| text.replace('.', ",");
    let Some((basis, [unit_it, unit_en])) = counted(budget, istat, year) else {
        let amount = euro(budget.cents);
        return [
            format!("i fondi coprono l'intero budget di {} euro", comma(amount.clone())),
            format!("funds cover the whole budget of {amount} euro"),
        ];
    };
    let all = budget.participants().into_iter().map(|comune| counted(budget, comune.istat, year).unwrap().0).sum();
    let (basis, all, share) = (plain(basis), plain(all), euro(budget.municipal_share()));
    if budget.by == By::Tariff {
        return [format!("9,00 euro x {} ore", comma(basis.clone())), format!("9.00 euro x {basis} hours")];
    }
    [
        format!(
            "{} {unit_it} su {} dei {} euro a carico dei Comuni",
            comma(basis.clone()),
            comma(all.clone()),
            comma(share.clone())
        ),
        format!("{basis} {unit_en} of {all} of the {share} euro that the comuni share"),
    ]
}

#[test]
fn every_quota_of_the_three_plans_can_be_redone() {
    let server = Server::start();
    for year in YEARS {
        for budget in &BUDGETS {
            let quotas = explained(&server, Role::Azienda, "9", year, budget.service);
            let expected = budget.quotas(year);
            assert_eq!(quotas.len(), expected.len());
            for (quota, (istat, cents)) in quotas.iter().zip(expected) {
                check(quota);
                assert_eq!([&quota["comune"]["istatCode"], &quota["amount"]], [istat, &euro(cents)]);
                // Every budget is assumed to be a year's.
                let (name, comma) = (quota["comune"]["name"].as_str().unwrap(), euro(cents).replace('.', ","));
                let [reason_it, reason_en] = reasons(budget, istat, year);
                let service = budget.service;
                assert_eq!(
                    quota["it"]["text"],
                    format!("{name} deve {comma} euro per {service} nel {year}: {reason_it} (con valori presunti).")
                );
                assert_eq!(
                    quota["en"]["text"],
                    format!(
                        "{name} owes {} euro for {service} in {year}: {reason_en} (with assumed values).",
                        euro(cents)
                    )
                );
                check_figures(budget, quota, istat, year);
            }
        }
    }
}

/// The steps begin from the documents' own figures.
fn check_figures(budget: &Budget, quota: &Value, istat: &str, year: i32) {
    let steps = list(&quota["en"]["steps"]);
    let kinds = |kind: &'static str| steps.iter().filter(move |step| step["kind"] == kind);
    let value = |kind: &'static str| kinds(kind).map(|step| number(&step["value"])).collect::<Vec<_>>();
    let cents = |cents: i128| Decimal::from_i128_with_scale(cents, 2);
    assert_eq!(value("BUDGET"), [cents(budget.cents)]);
    assert_eq!(value("FUNDING"), budget.funding.iter().map(|(_, covered)| cents(*covered)).collect::<Vec<_>>());
    assert_eq!(value("MUNICIPAL_SHARE"), [cents(budget.municipal_share())]);
    let basis: Vec<Decimal> = counted(budget, istat, year).into_iter().map(|(basis, _)| cents(basis)).collect();
    assert_eq!(value("BASIS"), basis, "{quota}");
    let expected: &[&str] = match budget.by {
        By::Funds => &["EXACT_QUOTA", "ROUNDING"],
        By::Tariff => &["BASIS", "EXACT_QUOTA", "ROUNDING"],
        By::Residents | By::Hours(_) => &["BASIS", "PROPORTION", "EXACT_QUOTA", "ROUNDING"],
    };
    let after = steps.iter().map(|step| step["kind"].as_str().unwrap());
    let after: Vec<&str> = after.skip_while(|kind| *kind != "MUNICIPAL_SHARE").skip(1).collect();
    assert_eq!(after, expected, "{quota}");
}

#[test]
fn every_kind_of_rule_can_be_redone() {
    let server = Server::start();
    workshop::import_to(&server);
    neighbour::add(&server);
    let mut kinds = BTreeSet::new();
    let workshop = ["PARI", "ABITANTI", "PESI", "FASCE", "SCAGLIONI", "FISSO", "MENSA", "MISTO", "VOCI"];
    let services = workshop.map(|service| (workshop::AMBITO, 2021, service));
    for (ambito, year, service) in
        services.into_iter().chain(["SAD", "MENSA"].map(|service| (neighbour::AMBITO, 2020, service)))
    {
        let quotas = explained(&server, Role::Auditor, ambito, year, service);
        assert!(quotas.len() > 1, "{service}");
        for quota in &quotas {
            // The auditor does not see what few people stand behind.
            if service == "SAD" {
                continue;
            }
            check(quota);
            kinds.extend(list(&quota["en"]["steps"]).iter().map(|step| step["kind"].as_str().unwrap().to_owned()));
            let (it, en) = (quota["it"]["text"].as_str().unwrap(), quota["en"]["text"].as_str().unwrap());
            assert!(!it.contains("presunti") && !en.contains("assumed"), "nothing is assumed here: {it}");
        }
    }
    let all: BTreeSet<String> = LABELS.iter().map(|label| label[0].to_owned()).collect();
    assert_eq!(kinds, all);
}

/// Rules, each as the input of a simulation.
fn rules() -> Vec<Value> {
    let part = |size: Value, rule: Value| json!({ "size": size, "rule": rule });
    let measure = json!({ "measure": "RESIDENTS" });
    let bands = json!([{ "upTo": "2450", "weight": "0.8" }, { "upTo": "8190", "weight": "1" }, { "weight": "1.25" }]);
    let adjusted = |kind: &str, mut rule: Value| {
        rule["adjustments"] = json!([
            { "comune": "017004", "exempt": true },
            { "comune": "017009", "fixed": "123.45" },
            { "comune": "017013", "multiplier": "0.333333" },
            { "comune": "017078", "maximum": "9000.00" },
            { "comune": "017177", "minimum": "2000.00", "maximum": "3000.00" },
        ]);
        json!({ kind: rule })
    };
    let tariff = json!({ "measure": "RESIDENTS", "price": "0.333333" });
    let flat = json!({ "measure": "RESIDENTS", "amounts": [{ "upTo": "2450", "amount": "1000.00" }, { "amount": "2500.55" }] });
    let mut rules = vec![
        adjusted("equal", json!({})),
        adjusted("byMeasure", measure.clone()),
        adjusted("byMeasure", json!({ "measure": "RESIDENTS", "rounding": "HALF_UP_EACH" })),
        adjusted("byBands", json!({ "measure": "RESIDENTS", "bands": bands })),
        adjusted("byBands", json!({ "measure": "RESIDENTS", "marginal": true, "bands": bands })),
        adjusted("flatByBand", flat.clone()),
        adjusted("tariff", tariff.clone()),
    ];
    for rounding in ["LARGEST_REMAINDER", "HALF_UP_EACH"] {
        let parts = json!([
            part(json!({ "amount": "30000.01" }), adjusted("equal", json!({}))),
            part(json!({ "percent": "33.333333" }), adjusted("byMeasure", measure.clone())),
            part(
                json!({ "remainder": true }),
                adjusted("byBands", json!({ "measure": "RESIDENTS", "marginal": true, "bands": bands }))
            ),
        ]);
        rules.push(json!({ "mixed": { "rounding": rounding, "parts": parts } }));
    }
    let parts = json!([
        part(json!({ "percent": "1" }), json!({ "tariff": tariff })),
        part(json!({ "amount": "200.00" }), json!({ "flatByBand": flat }))
    ]);
    rules.push(json!({ "mixed": { "parts": parts } }));
    rules
}

#[test]
fn simulated_quotas_are_explained_too() {
    let server = Server::start();
    let query = format!(
        "query($input: SimulationInput!) {{ simulation(input: $input) {{ quotas {{ amount comune {{ istatCode name }} {EXPLANATIONS} }} }} }} {FRAGMENT}"
    );
    for rule in rules() {
        let input = json!({ "ambito": "9", "year": 2020, "service": "STAFF", "amount": "100000.07", "rule": rule });
        let data = server.ask(&server.token_of(Role::Azienda), &query, json!({ "input": input })).data();
        let quotas = list(&data["simulation"]["quotas"]);
        assert_eq!(quotas.len(), 20, "{rule}");
        for quota in quotas {
            check(quota);
            // Amount and rule are given, and the residents counted.
            assert!(!quota["it"]["text"].as_str().unwrap().contains("presunti"), "{rule}");
        }
    }
}

#[test]
fn a_simulation_says_what_it_takes_that_is_assumed() {
    let server = Server::start();
    let query = "query($input: SimulationInput!) { simulation(input: $input) { quotas { explanation(language: IT) { text } } } }";
    let all_hours: Value = BUDGETS[8]
        .participants()
        .iter()
        .map(|comune| json!({ "comune": comune.istat, "measure": "HOURS", "value": "1" }))
        .collect();
    let by = |measure: &str| json!({ "byMeasure": { "measure": measure } });
    // SAD's amount, rule and hours are assumed; its residents are not.
    let cases = [
        (json!({}), true),
        (json!({ "amount": "1000.00" }), true),
        (json!({ "rule": by("RESIDENTS") }), true),
        (json!({ "amount": "1000.00", "rule": by("RESIDENTS") }), false),
        (json!({ "amount": "1000.00", "rule": by("HOURS") }), true),
        (json!({ "amount": "1000.00", "rule": by("HOURS"), "basis": [all_hours[0]] }), true),
        (json!({ "amount": "1000.00", "rule": by("HOURS"), "basis": all_hours }), false),
        (json!({ "amount": "1000.00", "rule": by("ENTRUSTED_HOURS") }), true),
    ];
    for (changes, assumed) in cases {
        let mut input = json!({ "ambito": "9", "year": 2020, "service": "SAD" });
        input.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        let answer = server.ask(&server.token_of(Role::Azienda), query, json!({ "input": input }));
        for quota in list(&answer.data()["simulation"]["quotas"]) {
            let text = quota["explanation"]["text"].as_str().unwrap();
            assert_eq!(text.contains("(con valori presunti)"), assumed, "{changes} {text}");
        }
    }
}

#[test]
fn the_request_says_which_language() {
    let server = Server::start();
    let query = "{ ambito(code: \"9\") { plan(year: 2020) { budget(service: \"ADM\") { rule { summary } quotas {
        explanation { text steps { label } } it: explanation(language: IT) { text } en: explanation(language: EN) { text } } } } } }";
    let body = json!({ "query": query }).to_string();
    let authorization = format!("Bearer {}", server.token_of(Role::Azienda));
    for (header, language, word) in [
        (Some("it"), "it", "Arrotondamento"),
        (Some("it-IT,it;q=0.9,en;q=0.8"), "it", "Arrotondamento"),
        (Some("de, it;q=0.1"), "it", "Arrotondamento"),
        (Some("en-GB, it;q=0.5"), "en", "Rounding"),
        (Some("fr"), "en", "Rounding"),
        (None, "en", "Rounding"),
    ] {
        let mut headers = vec![("content-type", "application/json"), ("authorization", authorization.as_str())];
        headers.extend(header.map(|value| ("accept-language", value)));
        let data = server.post("/graphql", &headers, &body).data();
        let budget = &data["ambito"]["plan"]["budget"];
        for quota in list(&budget["quotas"]) {
            // The argument goes before the header.
            assert!(quota["it"]["text"].as_str().unwrap().contains(" deve "), "{quota}");
            assert!(quota["en"]["text"].as_str().unwrap().contains(" owes "), "{quota}");
            assert_eq!(quota["explanation"]["text"], quota[language]["text"], "{header:?}");
            let last = list(&quota["explanation"]["steps"]).last().unwrap();
            assert!(last["label"].as_str().unwrap().starts_with(word), "{header:?} {last}");
        }
        let summary = budget["rule"]["summary"].as_str().unwrap();
        assert!(summary.starts_with(if language == "it" { "9,00 euro" } else { "9.00 euro" }), "{summary}");
    }
}
