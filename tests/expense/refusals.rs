//! Bad input, a line each: the code, the way to the input, and nothing changed.

use super::*;
use crate::support::neighbour;

/// An expense that would be added, were it not for one thing.
fn but(change: Value) -> Value {
    let mut cost = cost("2025-03-31", "100.00", Some("PERS-2025"), "nuova");
    cost.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    cost
}

/// What is wrong with an expense, the code, and the field that is to change.
fn unfit() -> Vec<(Value, &'static str, &'static str)> {
    let empty_file = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    vec![
        (json!({ "spentOn": "2024-12-31" }), "OUTSIDE_PERIOD", "spentOn"),
        (json!({ "spentOn": "2025-07-01" }), "OUTSIDE_PERIOD", "spentOn"),
        (json!({ "spentOn": "2026-06-16" }), "INVALID", "spentOn"),
        (json!({ "line": "PERS-2026" }), "OUTSIDE_PERIOD", "spentOn"),
        (json!({ "line": "ALTRA" }), "OUTSIDE_AGREEMENT", "line"),
        (json!({ "line": "a\u{0}b" }), "OUTSIDE_AGREEMENT", "line"),
        // 30,000 and 5,000 of 40,000 are asked for already; 800 of 1,000.
        (json!({ "gross": "5000.01" }), "ABOVE_LINE", "charged"),
        (json!({ "gross": "200.01", "line": "BENI-2025" }), "ABOVE_LINE", "charged"),
        (json!({ "charged": "100.01" }), "INVALID", "charged"),
        (json!({ "charged": "0.00" }), "INVALID", "charged"),
        (json!({ "charged": "-1.00" }), "INVALID", "charged"),
        (json!({ "line": null, "charged": "1.00" }), "INVALID", "charged"),
        (
            json!({ "vatRegime": "RATE", "vatRate": "22", "vatRecoverable": true, "charged": "81.98" }),
            "INVALID",
            "charged",
        ),
        (json!({ "documentReference": null }), "DOCUMENT_REQUIRED", "documentReference"),
        (json!({ "documentReference": "  " }), "DOCUMENT_REQUIRED", "documentReference"),
        (json!({ "documentDigest": null }), "DOCUMENT_REQUIRED", "documentDigest"),
        (json!({ "documentDigest": empty_file }), "DOCUMENT_REQUIRED", "documentDigest"),
        (json!({ "documentDigest": "ab" }), "INVALID", "documentDigest"),
        (json!({ "documentDigest": "z".repeat(64) }), "INVALID", "documentDigest"),
        (json!({ "documentReference": "x".repeat(201) }), "INVALID", "documentReference"),
        (json!({ "documentDigest": document("tre") }), "DOCUMENT_USED", "documentDigest"),
        (json!({ "documentReference": " FATTURA  Tre " }), "DOCUMENT_USED", "documentReference"),
        // The same in other signs, wide letters, and capitals of another alphabet.
        (json!({ "documentReference": "fattura-tre" }), "DOCUMENT_USED", "documentReference"),
        (json!({ "documentReference": "Ｆattura (Tre)" }), "DOCUMENT_USED", "documentReference"),
        (json!({ "documentReference": "F\u{391}TTUR\u{410} tre" }), "DOCUMENT_USED", "documentReference"),
        (json!({ "documentReference": "Fattura\u{fe0f} tre" }), "INVALID", "documentReference"),
        (json!({ "documentReference": "Fat\u{ad}tura tre" }), "INVALID", "documentReference"),
        (json!({ "documentReference": "n. \u{3164}\u{e0020}" }), "INVALID", "documentReference"),
        (json!({ "documentReference": "-/-" }), "INVALID", "documentReference"),
        // Both are used, of two expenses: the digest is told.
        (
            json!({ "documentReference": "Fattura uno", "documentDigest": document("tre") }),
            "DOCUMENT_USED",
            "documentDigest",
        ),
        (json!({ "net": "100.00", "vat": "1.00" }), "VAT_MISMATCH", "vat"),
        (json!({ "net": "99.99" }), "VAT_MISMATCH", "gross"),
        (json!({ "vatRegime": "RATE", "vatRate": "22", "net": "81.96" }), "VAT_MISMATCH", "gross"),
        (json!({ "vatRegime": "RATE" }), "INVALID", "vatRate"),
        (json!({ "vatRate": "4" }), "INVALID", "vatRate"),
        (json!({ "vatRegime": "RATE", "vatRate": "100.000001" }), "INVALID", "vatRate"),
        (json!({ "gross": null }), "INVALID", "gross"),
        (json!({ "gross": "0.00" }), "INVALID", "gross"),
        (json!({ "gross": "-1.00" }), "INVALID", "gross"),
        (json!({ "gross": "1000000000.01" }), "OVERFLOW", "gross"),
        (json!({ "category": " " }), "INVALID", "category"),
        (json!({ "category": "x".repeat(101) }), "INVALID", "category"),
        (json!({ "category": "a\u{7}b" }), "INVALID", "category"),
        (json!({ "description": "x".repeat(1_001) }), "INVALID", "description"),
        (json!({ "description": "Stipendio di RSSMRA80A01B157X" }), "PERSONAL_DATA", "description"),
        (json!({ "documentReference": "Busta paga rssmra80a01b157x" }), "PERSONAL_DATA", "documentReference"),
    ]
}

#[test]
fn an_expense_that_does_not_fit_is_refused() {
    let server = ground();
    let partner = server.token_of(Role::Partner);
    let mut report = four(&server, &partner);
    for (change, code, field) in unfit() {
        let expected = (code.to_owned(), format!("input.cost.{field}"));
        let input = report.with(json!({ "cost": but(change.clone()) }));
        assert_eq!(refused(&server, &partner, "addExpense", &input), expected, "{change}");
    }
    // The same of one that is said anew: its own document is no hindrance, that of another is.
    let said = |change: Value| report.of_expense(3, json!({ "cost": but(change) }));
    let cases = [
        (json!({ "spentOn": "2024-12-31" }), "OUTSIDE_PERIOD"),
        // 30,000 of 40,000 are another's.
        (json!({ "gross": "10000.01" }), "ABOVE_LINE"),
        (json!({ "documentDigest": document("uno") }), "DOCUMENT_USED"),
    ];
    for (change, code) in cases {
        assert_eq!(refused(&server, &partner, "updateExpense", &said(change)).0, code);
    }
    let own = said(json!({ "gross": "10000.00", "documentDigest": document("quattro") }));
    report.go(&server, &partner, "updateExpense", own);
    // An older revision, and what is not there.
    let mut old = report.with(json!({ "cost": but(json!({})) }));
    old["expectedVersion"] = json!(report.revision - 1);
    let told = refused(&server, &partner, "addExpense", &old);
    assert_eq!(told, ("VERSION_CONFLICT".to_owned(), "input.expectedVersion".to_owned()));
    for id in [json!("x"), report.id.clone(), json!("RXhwZW5zZTo5OTk")] {
        let input = json!({ "expense": id, "expectedVersion": report.revision });
        assert_eq!(refused(&server, &partner, "removeExpense", &input).0, "NOT_FOUND");
    }
}

#[test]
fn a_document_is_used_once_on_the_whole_server() {
    let server = ground();
    let partner = server.token_of(Role::Partner);
    four(&server, &partner);
    let beta = beta(&server, Some("01234567890"));
    neighbour::add(&server);
    agree(&server, "9", "ALTRA", &["BETA"]);
    agree(&server, "T1", "CONV", &["ALFA"]);
    let azienda = neighbour::token(&server, Role::Azienda, None);
    let begin = |token: &str, ambito: &str, agreement: &str, partner: &str| {
        let input = json!({
            "ambito": ambito, "agreement": agreement, "partner": partner, "periodFrom": "2025-01-01", "periodTo": "2025-12-31",
        });
        Held::of(&done(&server, token, "addExpenseReport", input))
    };
    let mut of_beta = begin(&beta, "9", "ALTRA", "BETA");
    let mut far = begin(&azienda, "T1", "CONV", "ALFA");
    let same_file = but(json!({ "documentDigest": document("uno") }));
    for (token, report) in [(&beta, &of_beta), (&azienda, &far)] {
        let told = refused(&server, token, "addExpense", &report.with(json!({ "cost": same_file })));
        assert_eq!(told, ("DOCUMENT_USED".to_owned(), "input.cost.documentDigest".to_owned()));
    }
    // Two organisations may number their invoices alike.
    of_beta.add(&server, &beta, but(json!({ "documentReference": "Fattura uno", "documentDigest": document("b1") })));
    // The same organisation may be a partner of two Ambiti: its tax code says so.
    let tax_code = |partner: &str, code: &str| {
        let update = format!("UPDATE partner SET tax_code = '{code}' WHERE id = {partner}");
        wait(async {
            use sea_orm::ConnectionTrait;
            let write = server.store().write().await.unwrap();
            write.tx().execute_unprepared(&update).await.unwrap();
            write.audit("test", "partner.update", "partner:T1/ALFA", None, None).await.unwrap();
            server.store().commit(write).await.unwrap();
        });
    };
    tax_code("(SELECT p.id FROM partner p JOIN ambito a ON a.id = p.ambito_id WHERE a.code = 'T1')", "01234567890");
    let alike = but(json!({ "documentReference": "fattura UNO", "documentDigest": document("t1") }));
    let told = refused(&server, &azienda, "addExpense", &far.with(json!({ "cost": alike })));
    assert_eq!(told, ("DOCUMENT_USED".to_owned(), "input.cost.documentReference".to_owned()));
    far.add(&server, &azienda, but(json!({ "documentReference": "Fattura 2", "documentDigest": document("t1") })));
}

#[test]
fn a_report_that_does_not_fit_is_refused() {
    let server = ground();
    let (partner, azienda) = (server.token_of(Role::Partner), server.token_of(Role::Azienda));
    beta(&server, None);
    agree(&server, "9", "ALTRA", &["BETA"]);
    let new = |change: Value| {
        let mut input = json!({
            "ambito": "9", "agreement": "CONV", "periodFrom": "2025-01-01", "periodTo": "2025-12-31",
        });
        input.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        input
    };
    let cases = [
        (&partner, json!({ "ambito": "10" }), "NOT_FOUND", "ambito"),
        (&partner, json!({ "agreement": "NIENTE" }), "NOT_FOUND", "agreement"),
        (&partner, json!({ "agreement": "a\u{0}" }), "NOT_FOUND", "agreement"),
        (&partner, json!({ "agreement": "ALTRA" }), "NOT_FOUND", "agreement"),
        (&partner, json!({ "partner": "BETA" }), "NOT_FOUND", "partner"),
        (&partner, json!({ "partner": "NIENTE" }), "NOT_FOUND", "partner"),
        (&azienda, json!({}), "INVALID", "partner"),
        (&azienda, json!({ "partner": "NIENTE" }), "NOT_FOUND", "partner"),
        (&azienda, json!({ "partner": "BETA" }), "OUTSIDE_AGREEMENT", "partner"),
        (&partner, json!({ "periodFrom": "2024-12-31" }), "OUTSIDE_PERIOD", "periodFrom"),
        (&partner, json!({ "periodTo": "2027-01-01" }), "OUTSIDE_PERIOD", "periodFrom"),
        (&partner, json!({ "periodTo": "2024-12-31" }), "INVALID", "periodTo"),
        (&partner, json!({ "periodTo": "2300-12-31" }), "INVALID", "periodTo"),
        (&partner, json!({ "note": "Per RSSMRA80A01B157X" }), "PERSONAL_DATA", "note"),
        (&partner, json!({ "note": "" }), "INVALID", "note"),
    ];
    for (token, change, code, field) in cases {
        let expected = (code.to_owned(), format!("input.{field}"));
        assert_eq!(refused(&server, token, "addExpenseReport", &new(change.clone())), expected, "{change}");
    }
    let mut report = four(&server, &partner);
    let cases = [
        (json!({ "periodFrom": "2025-02-01" }), "OUTSIDE_PERIOD", "periodFrom"),
        (json!({ "periodTo": "2025-06-29" }), "OUTSIDE_PERIOD", "periodTo"),
        (json!({ "periodTo": "2027-06-29" }), "OUTSIDE_PERIOD", "periodFrom"),
        (json!({ "periodTo": null }), "INVALID", "periodTo"),
        (json!({ "note": "x".repeat(1_001) }), "INVALID", "note"),
    ];
    for (change, code, field) in cases {
        let expected = (code.to_owned(), format!("input.{field}"));
        assert_eq!(
            refused(&server, &partner, "updateExpenseReport", &report.with(change.clone())),
            expected,
            "{change}"
        );
    }
    // What is given changes, and the number goes on.
    report.go(
        &server,
        &partner,
        "updateExpenseReport",
        report.with(json!({ "periodTo": "2025-12-31", "note": "Anno" })),
    );
    let seen = told(&server, &partner, &report);
    let kept = ["periodFrom", "periodTo", "note"].map(|name| seen[name].as_str().unwrap().to_owned());
    assert_eq!(kept, ["2025-01-01", "2025-12-31", "Anno"]);
    let empty = Held::begun(&server, &partner, "CONV");
    let told = refused(&server, &partner, "submitExpenseReport", &empty.input());
    assert_eq!(told, ("INVALID".to_owned(), "input.report".to_owned()));
    // Given up it is gone, with its expenses.
    let gone = act(&server, &partner, "removeExpenseReport", &report.input());
    assert_eq!(gone, json!({ "report": null, "errors": [] }));
    assert_eq!(refused(&server, &partner, "submitExpenseReport", &report.input()).0, "NOT_FOUND");
}

#[test]
fn a_judgement_that_does_not_fit_is_refused() {
    let server = ground();
    let (partner, azienda) = (server.token_of(Role::Partner), server.token_of(Role::Azienda));
    let mut report = four(&server, &partner);
    report.go(&server, &partner, "submitExpenseReport", report.input());
    report.go(&server, &azienda, "beginExpenseReview", report.input());
    let cases = [
        (0, json!({ "verdict": "REFUSED" }), "INVALID", "reason"),
        (0, json!({ "verdict": "REFUSED", "reason": " " }), "INVALID", "reason"),
        (0, json!({ "verdict": "REFUSED", "reason": "x", "admitted": "1.00" }), "INVALID", "admitted"),
        (0, json!({ "verdict": "REFUSED", "reason": "RSSMRA80A01B157X" }), "PERSONAL_DATA", "reason"),
        (0, json!({ "verdict": "ADMITTED", "admitted": "1.00" }), "INVALID", "reason"),
        (0, json!({ "verdict": "ADMITTED", "reason": "x" }), "INVALID", "reason"),
        (0, json!({ "verdict": "ADMITTED", "admitted": "30000.01", "reason": "x" }), "INVALID", "admitted"),
        (0, json!({ "verdict": "ADMITTED", "admitted": "-1.00", "reason": "x" }), "INVALID", "admitted"),
        (0, json!({ "verdict": "ADMITTED", "admitted": "0.00", "reason": "x" }), "INVALID", "admitted"),
        // Nothing of it is charged.
        (2, json!({ "verdict": "ADMITTED", "admitted": "0.01" }), "INVALID", "admitted"),
    ];
    for (at, rest, code, field) in cases {
        let expected = (code.to_owned(), format!("input.{field}"));
        assert_eq!(
            refused(&server, &azienda, "judgeExpense", &report.of_expense(at, rest.clone())),
            expected,
            "{rest}"
        );
    }
    let reason = refused(&server, &azienda, "returnExpenseReport", &report.with(json!({ "reason": "" })));
    assert_eq!(reason, ("INVALID".to_owned(), "input.reason".to_owned()));
    for at in 0..4 {
        report.judge(&server, &azienda, at, admitted());
    }
    report.go(&server, &azienda, "admitExpenseReport", report.input());
    for (reference, code) in [("", "INVALID"), ("due\nrighe", "INVALID"), ("RSSMRA80A01B157X", "PERSONAL_DATA")] {
        let input = report.with(json!({ "paidOn": "2026-06-15", "reference": reference }));
        let told = refused(&server, &azienda, "payExpenseReport", &input);
        assert_eq!(told, (code.to_owned(), "input.reference".to_owned()), "{reference:?}");
    }
}
