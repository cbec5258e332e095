//! Benefits added up: the question of the founding plan, with its answer worked out by hand; and that a list costs the same statements however long it is.

use super::*;

/// What tests read of sums.
const SUMS: &str =
    "{ rows { measure { name } comune { istatCode } kind year month grantCount caseCount amount withheld }
    total { measure { name } grantCount caseCount amount withheld } }";

pub(super) fn query(filter: &str, group_by: &str) -> String {
    format!("{{ benefits(filter: {{ ambito: \"9\" {filter} }}, groupBy: [{group_by}]) {SUMS} }}")
}

pub(super) fn sums(server: &Server, token: &str, filter: &str, group_by: &str) -> Value {
    server.ask(token, &query(filter, group_by), Value::Null).data()["benefits"].take()
}

/// A sum in a line: what it is of, grants, people, amount.
pub(super) fn line(sum: &Value) -> String {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let of = [&sum["measure"]["name"], &sum["comune"]["istatCode"], &sum["kind"], &sum["year"], &sum["month"]];
    let of: Vec<String> = of.into_iter().filter(|part| !part.is_null()).map(text).collect();
    format!("{}: {} {} {}", of.join(" "), sum["grantCount"], sum["caseCount"], text(&sum["amount"]))
}

pub(super) fn lines(sums: &Value) -> Vec<String> {
    sums["rows"].as_array().unwrap().iter().map(line).collect()
}

/// Three measures, and seven grants to five people of two comuni.
fn filled(server: &Server) -> (Value, Value) {
    let voucher_id = measure(server, "10000.00");
    let house = json!({ "ambito": "9", "service": "TITOLI", "name": "Casa", "kind": "contributo", "from": "2023-01-01", "to": "2024-12-31",
        "budget": "10000.00" });
    let house = done(server, "addBenefitMeasure", house, "benefitMeasure", "{ id }")["id"].take();
    // 100.00 from November 2023 to February 2024, suspended whole in December.
    let one = grant(server, &voucher_id, (MANERBIO, "C-1"), ("2023-11-15", "2024-02-10"), monthly("100.00"));
    let one = step(server, "suspendBenefit", &one, "2023-12-01");
    step(server, "resumeBenefit", &one, "2024-01-01");
    // 50.00 in November and December.
    grant(server, &voucher_id, (MANERBIO, "C-2"), ("2023-11-01", "2023-12-31"), monthly("50.00"));
    // 70.10 in December alone: ended from January.
    let two = grant(server, &voucher_id, (PONTEVICO, "C-1"), ("2023-12-31", "2024-12-31"), monthly("70.10"));
    step(server, "endBenefit", &two, "2024-01-01");
    // Another kind, of another measure, to the same person, written otherwise, at once.
    let other = with(voucher("10.00"), json!({ "name": "Buono", "kind": "buono" }));
    let other = done(server, "addBenefitMeasure", other, "benefitMeasure", "{ id }")["id"].take();
    grant(server, &other, (PONTEVICO, "\u{ff43} - 1"), ("2023-12-01", "2023-12-31"), json!({ "single": "9.99" }));
    // The house: 1,000.00 once, in its first month; 500.00 once, and taken back.
    grant(server, &house, (MANERBIO, "C-1"), ("2023-12-10", "2024-12-31"), json!({ "single": "1000.00" }));
    let back = grant(server, &house, (MANERBIO, "C-4"), ("2023-12-10", "2024-12-31"), json!({ "single": "500.00" }));
    step(server, "revokeBenefit", &back, "2024-03-01");
    // And one of January 2024.
    grant(server, &house, (PONTEVICO, "C-5"), ("2024-01-31", "2024-01-31"), json!({ "single": "20.00" }));
    (voucher_id, house)
}

#[test]
fn what_the_founding_plan_asks_for_is_one_query() {
    let server = Server::start();
    let (voucher_id, house) = filled(&server);
    let token = server.token_of(Role::Azienda);
    let of = |filter: &str, group_by: &str| sums(&server, &token, filter, group_by);
    let by_year = of("", "MEASURE, COMUNE, KIND, YEAR");
    assert_eq!(
        lines(&by_year),
        [
            "Voucher di conciliazione 017103 voucher 2023: 2 2 200.00",
            "Voucher di conciliazione 017103 voucher 2024: 1 1 200.00",
            "Voucher di conciliazione 017149 voucher 2023: 1 1 70.10",
            "Casa 017103 contributo 2023: 1 1 1000.00",
            "Casa 017149 contributo 2024: 1 1 20.00",
            "Buono 017149 buono 2023: 1 1 9.99",
        ]
    );
    // Six grants of which something is due, to four people: one of them has two benefits, another two of two kinds.
    assert_eq!(line(&by_year["total"]), ": 6 4 1500.09");
    assert_eq!(
        lines(&of("", "COMUNE, MONTH")),
        [
            "017103 2023-11-01: 2 2 150.00",
            "017103 2023-12-01: 2 2 1050.00",
            "017103 2024-01-01: 1 1 100.00",
            "017103 2024-02-01: 1 1 100.00",
            "017149 2023-12-01: 2 1 80.09",
            "017149 2024-01-01: 1 1 20.00",
        ]
    );
    assert_eq!(lines(&of("", "YEAR")), ["2023: 5 3 1280.09", "2024: 2 2 220.00"]);
    assert_eq!(lines(&of("", "KIND")), ["buono: 1 1 9.99", "contributo: 2 2 1020.00", "voucher: 3 3 470.10"]);
    assert_eq!(
        lines(&of("from: \"2023-12-31\", to: \"2024-01-01\"", "MEASURE")),
        ["Voucher di conciliazione: 3 3 220.10", "Casa: 2 2 1020.00", "Buono: 1 1 9.99"]
    );
    assert_eq!(
        lines(&of("kinds: [\"voucher\"], comuni: [\"017149\"]", "MEASURE")),
        ["Voucher di conciliazione: 1 1 70.10"]
    );
    assert_eq!(line(&of(&format!("measures: [{house}]"), "")["total"]), ": 2 2 1020.00");
    assert_eq!(lines(&of(&format!("measures: [{house}, {voucher_id}]"), "")), [": 5 4 1490.10"]);
    for nothing in
        ["measures: []", "measures: [\"x\"]", "comuni: [\"099999\"]", "comuni: []", "kinds: []", "from: \"2025-01-01\""]
    {
        let nothing = of(nothing, "MEASURE");
        assert_eq!((lines(&nothing), line(&nothing["total"])), (vec![], ": 0 0 0.00".to_owned()));
    }
}

#[test]
fn a_filter_that_says_nothing_known_or_too_much_is_refused() {
    let server = Server::start();
    let token = server.token_of(Role::Azienda);
    let code = |filter: &str| server.ask(&token, &query(filter, "YEAR"), Value::Null).code();
    for (field, entry) in [("measures", "x"), ("comuni", MANERBIO), ("kinds", "x")] {
        let list = |entries: usize| format!("{field}: {}", json!(vec![entry; entries]));
        assert_eq!(code(&list(101)), "BAD_REQUEST", "{field}");
        sums(&server, &token, &list(100), "YEAR");
    }
    for day in ["1989-12-31", "2201-01-01", "0001-01-01", "9999-12-31"] {
        for field in ["from", "to"] {
            assert_eq!(code(&format!("{field}: \"{day}\"")), "BAD_REQUEST", "{field} {day}");
            let activity = format!("{{ activity(filter: {{ ambito: \"9\", {field}: \"{day}\" }}) {{ totalCount }} }}");
            assert_eq!(server.ask(&token, &activity, Value::Null).code(), "BAD_REQUEST", "{field} {day}");
        }
    }
}

/// Does many acts of the managing body, several a request; each must be done.
pub(super) fn many_acts(server: &Server, acts: &[(&str, Value)]) {
    for some in acts.chunks(25) {
        let (mut names, mut fields, mut variables) = (Vec::new(), Vec::new(), serde_json::Map::new());
        for (at, (name, input)) in some.iter().enumerate() {
            names.push(format!("$i{at}: {}{}Input!", name[..1].to_uppercase(), &name[1..]));
            fields.push(format!("a{at}: {name}(input: $i{at}) {{ errors {{ code }} }}"));
            variables.insert(format!("i{at}"), input.clone());
        }
        let query = format!("mutation({}) {{ {} }}", names.join(", "), fields.join(" "));
        let answer = server.send_write(&server.token_of(Role::Azienda), &new_key(), &query, Value::Object(variables));
        let done = answer.data();
        assert!(done.as_object().unwrap().values().all(|payload| payload["errors"] == json!([])), "{done}");
    }
}

/// A hundred measures, cases and grants, and the same of one.
#[test]
fn statements_do_not_grow_with_the_rows() {
    let server = Server::with(|limits| limits.cost_max = 1_000_000_000);
    let token = server.token_of(Role::Azienda);
    let all = |acts: &[(&str, Value)]| many_acts(&server, acts);
    let count = |query: &str| {
        let before = server.store().statements();
        let answer = server.ask_once(&token, &json!({ "query": query }).to_string());
        assert!(answer.status == 200 && answer.json().get("errors").is_none(), "{query}: {}", answer.body);
        (server.store().statements() - before, answer.data())
    };
    let few = measure(&server, "10000.00");
    let many = done(
        &server,
        "addBenefitMeasure",
        with(voucher("10000.00"), json!({ "name": "Molti" })),
        "benefitMeasure",
        "{ id }",
    )["id"]
        .take();
    let of_cases = |measure: &Value, cases: usize| {
        let mut acts = Vec::new();
        for case in 0..cases {
            let waits =
                application(measure, MANERBIO, &format!("W-{case}"), "2023-02-01", json!([{ "criterion": "ISEE" }]));
            acts.push(("recordBenefitApplication", waits));
            let single = json!({ "single": "1.00" });
            acts.push((
                "grantBenefit",
                direct(measure, (MANERBIO, &format!("G-{case}")), ("2023-03-01", "2023-03-31"), single),
            ));
        }
        all(&acts);
    };
    of_cases(&few, 1);
    of_cases(&many, 100);
    let lists = "ranking(first: 100) { totalCount nodes { rank explanation application { case scores { points } comune { name } } } }
        applications(first: 100) { totalCount nodes { case measure { name } scores { points } } }
        grants(first: 100) { totalCount nodes { case history { status } comune { name } } } committed remaining";
    let of_one = |id: &Value| count(&format!("{{ node(id: {id}) {{ ... on BenefitMeasure {{ {lists} }} }} }}"));
    // The first answer makes the client known.
    of_one(&few);
    let (of_few, of_many) = (of_one(&few), of_one(&many));
    assert_eq!(of_few.1["node"]["grants"]["totalCount"], json!(1));
    assert_eq!(of_many.1["node"]["ranking"]["nodes"].as_array().unwrap().len(), 100);
    assert_eq!(of_few.0, of_many.0);
    // Benefits added up.
    let sums = |id: &Value| {
        let filter = format!("{{ ambito: \"9\", measures: [{id}] }}");
        count(&format!("{{ benefits(filter: {filter}, groupBy: [MEASURE, COMUNE, KIND, MONTH]) {{ rows {{ amount comune {{ name }} measure {{ name }} }} }} }}")).0
    };
    assert_eq!(sums(&few), sums(&many));
    // As many measures in one list: each is read with the others.
    let whole =
        format!("{{ ambito(code: \"9\") {{ service(code: \"TITOLI\") {{ benefitMeasures {{ {lists} }} }} }} }}");
    let (before, _) = count(&whole);
    let more: Vec<_> = (0..100)
        .map(|at| ("addBenefitMeasure", with(voucher("1.00"), json!({ "name": format!("Misura {at}") }))))
        .collect();
    all(&more);
    let (after, data) = count(&whole);
    assert!(data["ambito"]["service"]["benefitMeasures"].as_array().unwrap().len() > 100);
    assert_eq!(before, after);
    expect_together_in_writes(&server, lists);
}

/// Within the request that writes, too: what an act gives back of a hundred measures is read together.
fn expect_together_in_writes(server: &Server, lists: &str) {
    let token = server.token_of(Role::Azienda);
    let written = |name: &str, selection: &str| {
        let input = with(voucher("1.00"), json!({ "name": name }));
        let query = format!(
            "mutation($i: AddBenefitMeasureInput!) {{ addBenefitMeasure(input: $i) {{ benefitMeasure {{ service {{ benefitMeasures {{ {selection} }} }} }} }} }}"
        );
        let before = server.store().statements();
        let answer = server.send_write(&token, &new_key(), &query, json!({ "i": input }));
        assert!(answer.json().get("errors").is_none(), "{}", answer.body);
        server.store().statements() - before
    };
    let (without, with_lists) = (written("Senza", "name"), written("Con", lists));
    // The lists of a hundred measures are a handful of statements more.
    assert!(with_lists <= without + 20, "{with_lists} and {without}");
}
