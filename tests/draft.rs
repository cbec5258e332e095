//! Preparing a plan through the API: drafts, their edits, and what stands in their way.

use std::collections::BTreeMap;
use std::sync::Arc;

use api::auth::Role;
use api::store::plan::PlanBook;
use api::store::{Store, digest};
use serde_json::{Value, json};

use crate::support::tables::wait;
use crate::support::write::PLAN;
use crate::support::{Server, cents, workshop};

/// A plan in preparation, as a test holds on to it: its identifier and its revision.
struct Draft<'s> {
    server: &'s Server,
    id: Value,
    revision: i64,
}

impl<'s> Draft<'s> {
    fn create(server: &'s Server, input: Value) -> Self {
        let plan = server.write_plan(Role::Azienda, "createPlan", input);
        assert_eq!((&plan["status"], &plan["revision"]), (&json!("DRAFT"), &json!(1)));
        let draft = Self { server, id: plan["id"].clone(), revision: 1 };
        draft.check_rows();
        draft
    }

    fn copy_of_2022(server: &'s Server) -> Self {
        Self::create(
            server,
            json!({ "ambito": "9", "year": 2023, "kind": "FORECAST", "copyOf": plan_id(server, 2022) }),
        )
    }

    fn input(&self, rest: Value) -> Value {
        let mut input = json!({ "plan": self.id, "expectedVersion": self.revision });
        input.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        input
    }

    /// An edit that must be done. It raises the revision by one.
    fn edit(&mut self, name: &str, rest: Value) {
        let plan = self.server.write_plan(Role::Azienda, name, self.input(rest));
        self.revision += 1;
        assert_eq!(plan["revision"], json!(self.revision), "{name}");
        self.check_rows();
    }

    /// What a write left in the server's memory, without reading it back, is what its rows say.
    fn check_rows(&self) {
        let digests = |store: &Store| -> BTreeMap<i64, String> {
            let book = store.book();
            let digest = |plan: &Arc<PlanBook>| (plan.row.id, digest::of_plan(plan, book.names()).unwrap());
            book.plans().map(digest).collect()
        };
        wait(async {
            let clock = self.server.store().clock().clone();
            let anew = Store::open(&self.server.database().url(), clock).await.unwrap();
            anew.refresh().await.unwrap();
            assert_eq!(digests(self.server.store()), digests(&anew));
            anew.close().await.unwrap();
        });
    }

    /// An edit that must be refused and change nothing.
    fn refused(&self, name: &str, rest: Value, code: &str) {
        self.server.check_refused(Role::Azienda, name, self.input(rest), code);
    }

    fn read(&self, selection: &str) -> Value {
        let query = format!("{{ node(id: {}) {{ ... on Plan {{ {selection} }} }} }}", self.id);
        self.server.data(Role::Azienda, &query)["node"].take()
    }

    fn problems(&self) -> Vec<String> {
        let problems = self.read("problems { code service comune }")["problems"].take();
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        let problems = problems.as_array().unwrap().iter();
        problems.map(|one| ["code", "service", "comune"].map(|name| text(&one[name])).join(" ")).collect()
    }
}

fn plan_id(server: &Server, year: i32) -> Value {
    server.data(Role::Azienda, &format!("{{ ambito(code: \"9\") {{ plan(year: {year}) {{ id }} }} }}"))["ambito"]["plan"]
        ["id"]
        .take()
}

/// What a plan says but for its identifiers, year and status.
const CONTENT: &str = "kind total municipalShare note instalments: budgets { quotas { instalments { number amount } } }
    coverage { fund { code } amount } comuneTotals { comune { istatCode } amount }
    budgets { service { code } amount municipalShare residue note lines { item net vat gross }
      funding { fund { code } amount balancing } participants { istatCode } rule { kind summary note assumed }
      quotas { comune { istatCode } amount basis measure } }";

#[test]
fn a_copy_says_what_its_original_says() {
    let server = Server::start();
    let draft = Draft::copy_of_2022(&server);
    let query = format!("{{ ambito(code: \"9\") {{ plan(year: 2022) {{ {CONTENT} }} }} }}");
    let original = server.data(Role::Azienda, &query)["ambito"]["plan"].take();
    assert_eq!(draft.read(CONTENT), original);
    assert_eq!(draft.problems(), [""; 0]);
    let dates = draft.read("budgets { quotas { instalments { dueDate } } }");
    let first: Vec<&str> = dates["budgets"][0]["quotas"][0]["instalments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["dueDate"].as_str().unwrap())
        .collect();
    assert_eq!(first, ["2023-03-31", "2023-07-31", "2023-12-15"]);
}

#[test]
fn a_copy_is_raised_to_the_cent() {
    let server = Server::start();
    workshop::import_to(&server);
    let plan = server.data(Role::Auditor, "{ ambito(code: \"10\") { plan(year: 2021) { id } } }");
    // Ambito 10 is not this azienda's.
    server.check_refused(
        Role::Azienda,
        "createPlan",
        json!({ "ambito": "9", "year": 2023, "kind": "FORECAST", "copyOf": plan["ambito"]["plan"]["id"] }),
        "NOT_FOUND",
    );
    server.check_refused(
        Role::Azienda,
        "createPlan",
        json!({ "ambito": "9", "year": 2023, "kind": "FORECAST", "copyOf": plan_id(&server, 2022), "note": "Per RSSMRA80A01B157X" }),
        "PERSONAL_DATA",
    );
    let draft = Draft::create(
        &server,
        json!({ "ambito": "9", "year": 2023, "kind": "FORECAST", "copyOf": plan_id(&server, 2022), "raisePercent": "2.345678" }),
    );
    let raised = draft.read("budgets { service { code } amount funding { amount balancing } }");
    let original = server.data(
        Role::Azienda,
        "{ ambito(code: \"9\") { plan(year: 2022) { budgets { service { code } amount funding { amount balancing } } } } }",
    );
    let original = original["ambito"]["plan"]["budgets"].as_array().unwrap();
    // Half up, by whole numbers of the test's own.
    let raise = |amount: &Value| (i128::from(cents(amount)) * 102_345_678 + 50_000_000) / 100_000_000;
    for (new, old) in raised["budgets"].as_array().unwrap().iter().zip(original) {
        assert_eq!(i128::from(cents(&new["amount"])), raise(&old["amount"]), "{}", old["service"]);
        for (new, old) in new["funding"].as_array().unwrap().iter().zip(old["funding"].as_array().unwrap()) {
            if old["balancing"] == json!(false) {
                assert_eq!(i128::from(cents(&new["amount"])), raise(&old["amount"]));
            }
        }
    }
}

#[test]
fn an_empty_plan_grows_until_nothing_stands_in_its_way() {
    let server = Server::start();
    let mut draft = Draft::create(&server, json!({ "ambito": "9", "year": 2023, "kind": "FORECAST" }));
    assert_eq!(draft.problems(), ["NO_BUDGET - -", "INSTALMENTS_UNBALANCED - -"]);
    draft.edit("setInstalments", json!({ "instalments": [{ "dueDate": "2023-04-30", "percent": "99.999999" }] }));
    assert_eq!(draft.problems(), ["NO_BUDGET - -", "INSTALMENTS_UNBALANCED - -"]);
    draft.edit("setInstalments", json!({ "instalments": [{ "dueDate": "2023-04-30", "percent": "100" }] }));
    draft.edit("setBudget", json!({ "service": "SAD", "amount": "1000.00", "note": " prova " }));
    assert_eq!(draft.problems(), ["NO_RULE SAD -"]);
    let budget = draft.read("budget(service: \"SAD\") { note municipalShare residue rule { kind summary } participants { istatCode } quotas { amount } }");
    let budget = &budget["budget"];
    assert_eq!((&budget["note"], &budget["rule"]["kind"]), (&json!("prova"), &json!("UNDECIDED")));
    assert_eq!((&budget["municipalShare"], &budget["quotas"]), (&json!("1000.00"), &json!([])));
    assert_eq!(budget["participants"].as_array().unwrap().len(), 20);
    draft.edit("setRule", json!({ "service": "SAD", "rule": { "byMeasure": { "measure": "HOURS" } } }));
    assert_eq!(draft.problems().len(), 20, "nobody has hours yet");
    let comuni = ["017103", "017149", "017004"];
    draft.edit("setParticipants", json!({ "service": "SAD", "comuni": comuni }));
    assert_eq!(draft.problems(), ["NO_BASIS SAD 017004", "NO_BASIS SAD 017103", "NO_BASIS SAD 017149"]);
    let values: Vec<Value> = comuni
        .iter()
        .zip(["1", "2", "4"])
        .map(|(comune, value)| json!({ "comune": comune, "measure": "HOURS", "value": value }))
        .collect();
    let source = json!({ "values": { "values": values, "referenceDate": "2022-12-31", "source": "Azienda" } });
    draft.edit("setBasis", json!({ "service": "SAD", "measure": "HOURS", "source": source }));
    assert_eq!(draft.problems(), [""; 0]);
    // 100,000 cents by 4 : 1 : 2; the cent that is left goes to the largest remainder, 3/7 of Alfianello's.
    let amounts = |draft: &Draft<'_>| {
        let budget = draft.read("budget(service: \"SAD\") { quotas { comune { istatCode } amount } }");
        let quotas = budget["budget"]["quotas"].as_array().unwrap().clone();
        quotas.iter().map(|quota| quota["amount"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(amounts(&draft), ["571.43", "142.86", "285.71"]);
    draft.edit("setFunding", json!({ "service": "SAD", "funding": [{ "fund": "FNPS", "amount": "300.00" }] }));
    assert_eq!(amounts(&draft), ["400.00", "100.00", "200.00"]);
    draft.edit("setFunding", json!({ "service": "SAD", "funding": [{ "fund": "FNPS", "amount": "1000.01" }] }));
    assert_eq!(draft.problems(), ["FUNDING_EXCEEDS_BUDGET SAD -"]);
    assert_eq!(amounts(&draft), [""; 0]);
    draft.edit("removeBudget", json!({ "service": "SAD" }));
    assert_eq!(draft.problems(), ["NO_BUDGET - -"]);
}

#[test]
fn lines_come_with_their_vat() {
    let server = Server::start();
    let mut draft = Draft::create(&server, json!({ "ambito": "9", "year": 2023, "kind": "FORECAST" }));
    draft.edit(
        "setBudget",
        json!({ "service": "SAD", "lines": [
        { "item": "Personale", "net": "1000.05", "vatRegime": "RATE", "vatRate": "22" },
        { "item": "Pasti", "gross": "100.00", "vatRegime": "RATE", "vatRate": "4" },
        { "item": "Sede", "gross": "500.00", "vatRegime": "EXEMPT" },
    ] }),
    );
    let budget = draft.read("budget(service: \"SAD\") { amount lines { item net vat gross } }")["budget"].take();
    // 1,000.05 x 22% = 220.011; 100.00 / 1.04 = 96.1538...
    assert_eq!(
        budget,
        json!({ "amount": "1820.06", "lines": [
        { "item": "Personale", "net": "1000.05", "vat": "220.01", "gross": "1220.06" },
        { "item": "Pasti", "net": "96.15", "vat": "3.85", "gross": "100.00" },
        { "item": "Sede", "net": "500.00", "vat": "0.00", "gross": "500.00" },
    ] })
    );
    draft.edit("setBudget", json!({ "service": "SAD", "amount": "7.00" }));
    let budget = draft.read("budget(service: \"SAD\") { amount lines { item } }")["budget"].take();
    assert_eq!(budget, json!({ "amount": "7.00", "lines": [] }));
}

#[test]
fn what_was_measured_on_a_day_is_frozen() {
    let server = Server::start();
    let mut draft = Draft::copy_of_2022(&server);
    draft.edit("setBasis", json!({ "measure": "RESIDENTS", "source": { "measuredOn": "2022-01-01" } }));
    let staff = draft.read("budget(service: \"STAFF\") { quotas { comune { istatCode } amount basis } }");
    let quotas = staff["budget"]["quotas"].as_array().unwrap();
    let residents: Vec<(String, i128)> = crate::support::figures::COMUNI
        .iter()
        .map(|comune| (comune.residents[4].to_string(), comune.residents[4]))
        .collect();
    let total: i128 = residents.iter().map(|(_, count)| count).sum();
    let mut sum = 0;
    for (quota, (text, count)) in quotas.iter().zip(&residents) {
        assert_eq!(quota["basis"], json!(text));
        let amount = i128::from(cents(&quota["amount"]));
        let exact = 10_500_000 * count;
        assert!((amount * total - exact).abs() < total, "{quota} is more than a cent from its share");
        sum += amount;
    }
    assert_eq!(sum, 10_500_000);
    draft.refused("setBasis", json!({ "measure": "RESIDENTS", "source": { "measuredOn": "1999-01-01" } }), "NO_BASIS");
}

/// The input of an edit, and the code of its refusal.
#[rustfmt::skip] // One line a case.
fn refusals() -> Vec<(&'static str, Value, &'static str)> {
    let line = |rest: Value| { let mut line = json!({ "item": "voce", "vatRegime": "EXEMPT" }); line.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone()); json!({ "service": "SAD", "lines": [line] }) };
    let rule = |rule: Value| json!({ "service": "SAD", "rule": rule });
    let values = |values: Value| json!({ "service": "SAD", "measure": "HOURS", "source": { "values": { "values": values, "referenceDate": "2022-12-31", "source": "Azienda" } } });
    let value = |comune: &str, value: &str| json!({ "comune": comune, "measure": "HOURS", "value": value });
    let instalments = |rows: Value| json!({ "instalments": rows });
    let long = "x".repeat(2_001);
    vec![
        ("setBudget", json!({ "service": "SAD" }), "INVALID"),
        ("setBudget", json!({ "service": "SAD", "amount": "1.00", "lines": [] }), "INVALID"),
        ("setBudget", json!({ "service": "SAD", "lines": [] }), "INVALID"),
        ("setBudget", json!({ "service": "NIENTE", "amount": "1.00" }), "NOT_FOUND"),
        ("setBudget", json!({ "service": "SAD", "amount": "-0.01" }), "INVALID"),
        ("setBudget", json!({ "service": "SAD", "amount": "1000000000000.01" }), "OVERFLOW"),
        ("setBudget", json!({ "service": "SAD", "amount": "92233720368547758.07" }), "OVERFLOW"),
        ("setBudget", json!({ "service": "SAD", "amount": "1.00", "note": " " }), "INVALID"),
        ("setBudget", json!({ "service": "SAD", "amount": "1.00", "note": long }), "INVALID"),
        ("setBudget", json!({ "service": "SAD", "amount": "1.00", "note": "a\u{0}b" }), "INVALID"),
        ("setBudget", json!({ "service": "SAD", "amount": "1.00", "note": "chiamare il 340 1234567" }), "PERSONAL_DATA"),
        ("setBudget", line(json!({ "net": "1.00", "item": "ore di RSSMRA80A01B157X" })), "PERSONAL_DATA"),
        ("setBudget", line(json!({})), "INVALID"),
        ("setBudget", line(json!({ "net": "1.00", "gross": "1.00" })), "INVALID"),
        ("setBudget", line(json!({ "net": "-1.00" })), "INVALID"),
        ("setBudget", line(json!({ "gross": "-1.00" })), "INVALID"),
        ("setBudget", line(json!({ "net": "1.00", "vatRate": "22" })), "INVALID"),
        ("setBudget", line(json!({ "net": "1.00", "vatRegime": "RATE" })), "INVALID"),
        ("setBudget", line(json!({ "net": "1.00", "vatRegime": "RATE", "vatRate": "100.000001" })), "INVALID"),
        ("setBudget", line(json!({ "net": "1.00", "vatRegime": "RATE", "vatRate": "-1" })), "INVALID"),
        ("setBudget", line(json!({ "net": "1.00", "item": "\t" })), "INVALID"),
        ("setBudget", json!({ "service": "SAD", "lines": [{ "item": "una", "vatRegime": "EXEMPT", "net": "600000000000.00" },
            { "item": "due", "vatRegime": "EXEMPT", "net": "400000000000.01" }] }), "OVERFLOW"),
        ("removeBudget", json!({ "service": "NIENTE" }), "NOT_FOUND"),
        ("setFunding", json!({ "service": "NIENTE", "funding": [] }), "NOT_FOUND"),
        ("setFunding", json!({ "service": "SAD", "funding": [{ "fund": "NIENTE", "amount": "1.00" }] }), "NOT_FOUND"),
        ("setFunding", json!({ "service": "SAD", "funding": [{ "fund": "FNPS" }] }), "INVALID"),
        ("setFunding", json!({ "service": "SAD", "funding": [{ "fund": "FNPS", "amount": "1.00", "balancing": true }] }), "INVALID"),
        ("setFunding", json!({ "service": "SAD", "funding": [{ "fund": "FNPS", "amount": "-1.00" }] }), "INVALID"),
        ("setFunding", json!({ "service": "SAD", "funding": [{ "fund": "QUOTA_COMUNI", "amount": "1.00" }] }), "INVALID"),
        ("setFunding", json!({ "service": "SAD", "funding": [{ "fund": "FNPS", "amount": "1.00" }, { "fund": "FNPS", "amount": "1.00" }] }), "DUPLICATE"),
        ("setFunding", json!({ "service": "SAD", "funding": [{ "fund": "FNPS", "balancing": true }, { "fund": "FSR", "balancing": true }] }), "INVALID"),
        ("setRule", json!({ "service": "NIENTE", "rule": { "equal": {} } }), "NOT_FOUND"),
        ("setRule", rule(json!({ "byMeasure": { "measure": "NIENTE" } })), "NOT_FOUND"),
        ("setRule", json!({ "service": "SAD", "rule": { "equal": {} }, "note": "rssmra80a01b157x" }), "PERSONAL_DATA"),
        ("setRule", rule(json!({ "tariff": { "measure": "HOURS", "price": "-1" } })), "INVALID"),
        ("setRule", rule(json!({ "byBands": { "measure": "HOURS", "bands": [] } })), "INVALID"),
        ("setRule", rule(json!({ "byFixedWeights": { "weights": [{ "comune": "999999", "weight": "1" }] } })), "NOT_FOUND"),
        ("setRule", rule(json!({ "mixed": { "parts": [] } })), "INVALID"),
        ("setRule", rule(json!({ "equal": { "adjustments": [{ "comune": "017103", "minimum": "2.00", "maximum": "1.00" }] } })), "INFEASIBLE_BOUNDS"),
        ("setParticipants", json!({ "service": "SAD", "comuni": ["999999"] }), "NOT_FOUND"),
        ("setParticipants", json!({ "service": "SAD", "comuni": ["017103", "017103"] }), "DUPLICATE"),
        ("setParticipants", json!({ "service": "NIENTE", "comuni": [] }), "NOT_FOUND"),
        ("setBasis", values(json!([])), "NO_BASIS"),
        ("setBasis", values(json!([value("999999", "1")])), "NOT_FOUND"),
        ("setBasis", values(json!([value("017103", "-1")])), "INVALID"),
        ("setBasis", values(json!([value("017103", "1"), value("017103", "1")])), "DUPLICATE"),
        ("setBasis", values(json!([value("017073", "1")])), "INVALID"), // Gambara takes no part in SAD
        ("setBasis", values(json!([{ "comune": "017103", "measure": "CASES", "value": "1" }])), "INVALID"),
        ("setBasis", json!({ "measure": "NIENTE", "source": { "measuredOn": "2022-01-01" } }), "NOT_FOUND"),
        ("setBasis", json!({ "measure": "no measure", "source": { "measuredOn": "2022-01-01" } }), "NOT_FOUND"),
        ("setInstalments", instalments(json!([{ "dueDate": "2023-01-01", "percent": "-1" }])), "INVALID"),
        ("setInstalments", instalments(json!([{ "dueDate": "2023-01-01", "percent": "100.000001" }])), "INVALID"),
        ("setInstalments", instalments(json!([{ "dueDate": "2023-02-01", "percent": "50" }, { "dueDate": "2023-02-01", "percent": "50" }])), "INVALID"),
    ]
}

#[test]
fn every_refusal_has_its_code_and_changes_nothing() {
    let server = Server::start();
    let draft = Draft::copy_of_2022(&server);
    for (name, rest, code) in refusals() {
        draft.refused(name, rest, code);
    }
    for (input, code) in [
        (json!({ "ambito": "8", "year": 2023, "kind": "FORECAST" }), "NOT_FOUND"),
        (json!({ "ambito": "9", "year": 1989, "kind": "FORECAST" }), "INVALID"),
        (json!({ "ambito": "9", "year": 2201, "kind": "FORECAST" }), "INVALID"),
        (json!({ "ambito": "9", "year": 2023, "kind": "FORECAST", "copyOf": "eA" }), "NOT_FOUND"),
        (
            json!({ "ambito": "9", "year": 2023, "kind": "FORECAST", "copyOf": plan_id(&server, 2022), "raisePercent": "-100.5" }),
            "INVALID",
        ),
        // More than any budget may be.
        (
            json!({ "ambito": "9", "year": 2023, "kind": "FORECAST", "copyOf": plan_id(&server, 2022), "raisePercent": "1000000000" }),
            "OVERFLOW",
        ),
        (json!({ "ambito": "9", "year": 2023, "kind": "FORECAST", "note": "" }), "INVALID"),
    ] {
        server.check_refused(Role::Azienda, "createPlan", input, code);
    }
}

#[test]
fn an_old_revision_is_refused() {
    let server = Server::start();
    let mut draft = Draft::copy_of_2022(&server);
    draft.edit("setBudget", json!({ "service": "SAD", "amount": "1.00" }));
    for revision in [1, 3, 0, -1] {
        let input = json!({ "plan": draft.id, "expectedVersion": revision, "service": "SAD", "amount": "2.00" });
        server.check_refused(Role::Azienda, "setBudget", input, "VERSION_CONFLICT");
    }
}

#[test]
fn an_approved_plan_is_edited_by_nobody() {
    let server = Server::start();
    let (id, other) = (plan_id(&server, 2022), Draft::copy_of_2022(&server));
    for (name, rest, _) in
        refusals().into_iter().chain([("setRule", json!({ "service": "SAD", "rule": { "equal": {} } }), "")])
    {
        let revision = server.data(Role::Azienda, "{ ambito(code: \"9\") { plan(year: 2022) { revision } } }");
        let mut input = other.input(rest);
        input["plan"] = id.clone();
        input["expectedVersion"] = revision["ambito"]["plan"]["revision"].clone();
        let payload = server.write(Role::Azienda, name, input.clone(), PLAN);
        let code = payload["errors"][0]["code"].as_str().unwrap();
        // What cannot even be read as an edit is refused for that.
        assert!(code == "PLAN_IMMUTABLE" || payload["plan"].is_null(), "{name} {input} {payload}");
    }
}

#[test]
fn malformed_values_are_requests_that_fail() {
    let server = Server::start();
    let draft = Draft::copy_of_2022(&server);
    for amount in [json!("1.001"), json!("1"), json!(1.5), json!("92233720368547758.08"), json!("1,00"), json!("=1.00")]
    {
        let query = format!("mutation($input: SetBudgetInput!) {{ setBudget(input: $input) {PLAN} }}");
        let input = draft.input(json!({ "service": "SAD", "amount": amount }));
        let token = server.token_of(Role::Azienda);
        let answer = server.send_write(&token, &crate::support::write::new_key(), &query, json!({ "input": input }));
        assert_eq!((answer.status, answer.code().as_str()), (400, "INVALID_VARIABLES"), "{amount}");
    }
}
