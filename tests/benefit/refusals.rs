//! What the acts on benefits refuse: the input, the code and the place, and that nothing changed.

use super::*;
use crate::support::neighbour;

#[test]
#[rustfmt::skip] // One line a case.
fn measures() {
    let server = Server::start();
    let id = measure(&server, "1000.00");
    let free = done(&server, "addBenefitMeasure", with(voucher("1.00"), json!({ "name": "Altro" })), "benefitMeasure", "{ id }")["id"].take();
    apply(&server, &id, (MANERBIO, "C-1"), "2023-02-01", json!([]));
    grant(&server, &id, (MANERBIO, "C-2"), ("2023-03-15", "2024-06-30"), monthly("10.00"));
    neighbour::add(&server);
    let theirs = "{ ambito(code: \"T1\") { service(code: \"SAD\") { benefitMeasures { id } } } }";
    let theirs = server.data(Role::Auditor, theirs)["ambito"]["service"]["benefitMeasures"][0]["id"].take();
    let new = |rest: Value| with(with(voucher("1.00"), json!({ "name": "Nuovo" })), rest);
    let old = |rest: Value| with(json!({ "measure": id, "expectedVersion": 1 }), rest);
    let criterion = |rest: Value| json!({ "publishedCriteria": [with(json!({ "code": "A", "name": "a", "points": 1 }), rest)] });
    let many: Vec<Value> = (0..51).map(|at| json!({ "code": format!("C{at}"), "name": "c", "points": 1 })).collect();
    server.check_refusals(Role::Azienda, vec![
        ("addBenefitMeasure", new(json!({ "ambito": "T1" })), "NOT_FOUND", "input.ambito"),
        ("addBenefitMeasure", new(json!({ "service": "ZZ" })), "NOT_FOUND", "input.service"),
        ("addBenefitMeasure", new(json!({ "fund": "ZZ" })), "NOT_FOUND", "input.fund"),
        ("addBenefitMeasure", new(json!({ "name": "Voucher di conciliazione" })), "DUPLICATE", "input.name"),
        ("addBenefitMeasure", new(json!({ "name": " " })), "INVALID", "input.name"),
        ("addBenefitMeasure", new(json!({ "kind": "a\nb" })), "INVALID", "input.kind"),
        ("addBenefitMeasure", new(json!({ "act": "" })), "INVALID", "input.act"),
        ("addBenefitMeasure", new(json!({ "criteria": "x".repeat(4_001) })), "INVALID", "input.criteria"),
        ("addBenefitMeasure", new(json!({ "name": "Per RSS MRA 80A01 H501U" })), "PERSONAL_DATA", "input.name"),
        ("addBenefitMeasure", new(json!({ "criteria": "Chiamare il 340 1234567" })), "PERSONAL_DATA", "input.criteria"),
        ("addBenefitMeasure", new(json!({ "kind": "rssmra80a01h501u" })), "PERSONAL_DATA", "input.kind"),
        ("addBenefitMeasure", new(json!({ "act": "Det. 1/2023 RSSMRA80A01H501U" })), "PERSONAL_DATA", "input.act"),
        ("addBenefitMeasure", new(criterion(json!({ "name": "RSSMRA80A01H501U" }))), "PERSONAL_DATA", "input.publishedCriteria.0.name"),
        ("addBenefitMeasure", new(criterion(json!({ "code": "RSSMRA80A01H501U" }))), "PERSONAL_DATA", "input.publishedCriteria.0.code"),
        ("updateBenefitMeasure", old(json!({ "name": "RSSMRA80A01H501U" })), "PERSONAL_DATA", "input.name"),
        ("updateBenefitMeasure", old(json!({ "act": "RSSMRA80A01H501U" })), "PERSONAL_DATA", "input.act"),
        ("addBenefitMeasure", new(json!({ "budget": "-0.01" })), "INVALID", "input.budget"),
        ("addBenefitMeasure", new(json!({ "budget": "1000000000000.01" })), "OVERFLOW", "input.budget"),
        ("addBenefitMeasure", new(json!({ "from": "2025-01-01" })), "INVALID", "input.to"),
        ("addBenefitMeasure", new(json!({ "from": null })), "INVALID", "input.from"),
        ("addBenefitMeasure", new(json!({ "to": null })), "INVALID", "input.to"),
        ("addBenefitMeasure", new(json!({ "from": "1989-12-31" })), "INVALID", "input.from"),
        ("addBenefitMeasure", new(json!({ "to": "2201-01-01" })), "INVALID", "input.to"),
        // Ten years from 1 January 2023.
        ("addBenefitMeasure", new(json!({ "to": "2033-01-01" })), "INVALID", "input.to"),
        ("updateBenefitMeasure", old(json!({ "to": "2033-01-01" })), "INVALID", "input.to"),
        ("addBenefitMeasure", new(json!({ "publishedCriteria": many })), "INVALID", "input.publishedCriteria"),
        ("addBenefitMeasure", new(criterion(json!({ "code": "a" }))), "INVALID", "input.publishedCriteria.0.code"),
        ("addBenefitMeasure", new(criterion(json!({ "name": "" }))), "INVALID", "input.publishedCriteria.0.name"),
        ("addBenefitMeasure", new(criterion(json!({ "points": 0 }))), "INVALID", "input.publishedCriteria.0.points"),
        ("addBenefitMeasure", new(criterion(json!({ "points": 10_001 }))), "INVALID", "input.publishedCriteria.0.points"),
        ("addBenefitMeasure", new(criterion(json!({ "maximumTimes": 0 }))), "INVALID", "input.publishedCriteria.0.maximumTimes"),
        ("addBenefitMeasure", new(criterion(json!({ "maximumTimes": 101 }))), "INVALID", "input.publishedCriteria.0.maximumTimes"),
        ("addBenefitMeasure", new(json!({ "publishedCriteria": [many[0], many[0]] })), "DUPLICATE", "input.publishedCriteria.1.code"),
        ("updateBenefitMeasure", old(json!({ "measure": "x" })), "NOT_FOUND", "input.measure"),
        ("updateBenefitMeasure", old(json!({ "measure": theirs })), "NOT_FOUND", "input.measure"),
        ("updateBenefitMeasure", old(json!({ "expectedVersion": 2 })), "VERSION_CONFLICT", "input.expectedVersion"),
        ("updateBenefitMeasure", old(json!({ "name": null })), "INVALID", "input.name"),
        ("updateBenefitMeasure", old(json!({ "kind": "" })), "INVALID", "input.kind"),
        ("updateBenefitMeasure", old(json!({ "kind": "Voucher" })), "INVALID", "input.kind"),
        ("updateBenefitMeasure", old(json!({ "fund": "ZZ" })), "NOT_FOUND", "input.fund"),
        // 16 months of 10.00 are granted, from an application of 1 February to the last day of June.
        ("updateBenefitMeasure", old(json!({ "budget": "159.99" })), "BEYOND_BUDGET", "input.budget"),
        ("updateBenefitMeasure", old(json!({ "budget": null })), "BEYOND_BUDGET", "input.budget"),
        ("updateBenefitMeasure", old(json!({ "from": "2023-02-02" })), "OUTSIDE_PERIOD", "input.from"),
        ("updateBenefitMeasure", old(json!({ "to": "2024-06-29" })), "OUTSIDE_PERIOD", "input.to"),
        ("updateBenefitMeasure", old(json!({ "from": null, "to": null })), "OUTSIDE_PERIOD", "input.from"),
        ("updateBenefitMeasure", old(json!({ "publishedCriteria": [] })), "INVALID", "input.publishedCriteria"),
        ("updateBenefitMeasure", with(old(json!({ "name": "Voucher di conciliazione" })), json!({ "measure": free })), "DUPLICATE", "input.name"),
    ]);
    let ten = with(new(json!({ "to": "2032-12-31" })), json!({ "name": "Dieci anni" }));
    done(&server, "addBenefitMeasure", ten, "benefitMeasure", "{ id }");
    // As far as all that goes, it may be changed.
    let fits = old(json!({ "budget": "160.00", "from": "2023-02-01", "to": "2024-06-30" }));
    done(&server, "updateBenefitMeasure", fits, "benefitMeasure", "{ id }");
}

#[test]
#[rustfmt::skip] // One line a case.
fn applications() {
    let server = Server::start();
    let id = measure(&server, "1000.00");
    let no_period = done(&server, "addBenefitMeasure", with(voucher("1.00"), json!({ "from": null, "to": null })), "benefitMeasure", "{ id }")["id"].take();
    let open = with(voucher("1.00"), json!({ "name": "Aperta", "from": "2026-01-01", "to": "2026-12-31" }));
    let open = done(&server, "addBenefitMeasure", open, "benefitMeasure", "{ id }")["id"].take();
    let waits = apply(&server, &id, (MANERBIO, "C-1"), "2023-02-01", json!([]));
    // The same code is another case in another comune.
    apply(&server, &id, (PONTEVICO, "C-1"), "2023-02-01", json!([]));
    let gone = apply(&server, &id, (MANERBIO, "C-2"), "2023-02-01", json!([]));
    let close = |application: &Value, revision: i32| json!({ "application": application["id"], "expectedVersion": revision, "reason": "doppia" });
    done(&server, "rejectBenefitApplication", close(&gone, 1), "application", "{ id }");
    // Whoever has the benefit on a day does not apply on that day, and may on the day after.
    let held = grant(&server, &id, (MANERBIO, "C-4"), ("2023-02-01", "2023-12-31"), monthly("1.00"));
    step(&server, "endBenefit", &held, "2023-06-01");
    apply(&server, &id, (MANERBIO, "C-4"), "2023-06-01", json!([]));
    grant(&server, &id, (MANERBIO, "C-5"), ("2023-02-01", "2023-02-28"), monthly("1.00"));
    // Whoever was rejected may apply again.
    apply(&server, &id, (MANERBIO, "C-2"), "2023-02-02", json!([]));
    neighbour::add(&server);
    let new = |rest: Value| with(application(&id, MANERBIO, "C-3", "2023-02-01", json!([])), rest);
    let score = |code: &str, times: i32| json!({ "criterion": code, "times": times });
    let name = "recordBenefitApplication";
    server.check_refusals(Role::Azienda, vec![
        (name, new(json!({ "measure": "x" })), "NOT_FOUND", "input.measure"),
        (name, new(json!({ "measure": waits["id"] })), "NOT_FOUND", "input.measure"),
        (name, new(json!({ "measure": no_period })), "OUTSIDE_PERIOD", "input.appliedOn"),
        (name, new(json!({ "appliedOn": "2022-12-31" })), "OUTSIDE_PERIOD", "input.appliedOn"),
        (name, new(json!({ "appliedOn": "2025-01-01" })), "OUTSIDE_PERIOD", "input.appliedOn"),
        (name, new(json!({ "appliedOn": "1989-12-31" })), "INVALID", "input.appliedOn"),
        (name, new(json!({ "measure": open, "appliedOn": "2026-06-16" })), "INVALID", "input.appliedOn"),
        // Nobody's comune, another Ambito's, and one that nobody knows: told alike.
        (name, new(json!({ "comune": "017001" })), "NOT_A_MEMBER", "input.comune"),
        (name, new(json!({ "comune": "099999" })), "NOT_A_MEMBER", "input.comune"),
        (name, new(json!({ "case": "" })), "INVALID", "input.case"),
        (name, new(json!({ "case": "x".repeat(65) })), "INVALID", "input.case"),
        (name, new(json!({ "case": "C\n1" })), "INVALID", "input.case"),
        (name, new(json!({ "case": "RSSMRA80A01H501U" })), "PERSONAL_DATA", "input.case"),
        (name, new(json!({ "case": "rss mra 80a41" })), "PERSONAL_DATA", "input.case"),
        (name, new(json!({ "case": "ＲＳＳＭＲＡ80А01" })), "PERSONAL_DATA", "input.case"),
        (name, new(json!({ "case": "CASO-12/03/1984" })), "PERSONAL_DATA", "input.case"),
        (name, new(json!({ "case": "19840312" })), "PERSONAL_DATA", "input.case"),
        (name, new(json!({ "case": "Rossi Mario" })), "PERSONAL_DATA", "input.case"),
        (name, new(json!({ "case": "3331234567" })), "PERSONAL_DATA", "input.case"),
        (name, new(json!({ "case": "C-0303331234" })), "PERSONAL_DATA", "input.case"),
        (name, new(json!({ "case": "C-1" })), "DUPLICATE", "input.case"),
        // Written otherwise it is the same case.
        (name, new(json!({ "case": "c-1" })), "DUPLICATE", "input.case"),
        (name, new(json!({ "case": "C - 1" })), "DUPLICATE", "input.case"),
        (name, new(json!({ "case": "c-5" })), "DUPLICATE", "input.case"),
        (name, new(json!({ "case": "C-5" })), "DUPLICATE", "input.case"),
        (name, new(json!({ "case": "C-5", "appliedOn": "2023-02-28" })), "DUPLICATE", "input.case"),
        (name, new(json!({ "scores": [score("ZZ", 1)] })), "NOT_FOUND", "input.scores.0.criterion"),
        (name, new(json!({ "scores": [score("ISEE", 1), score("ISEE", 1)] })), "DUPLICATE", "input.scores.1.criterion"),
        (name, new(json!({ "scores": [score("ISEE", 2)] })), "INVALID", "input.scores.0.times"),
        (name, new(json!({ "scores": [score("FIGLI", 5)] })), "INVALID", "input.scores.0.times"),
        (name, new(json!({ "scores": [score("FIGLI", 0)] })), "INVALID", "input.scores.0.times"),
        (name, new(json!({ "scores": [score("ISEE", 1), score("FIGLI", 1), score("ETA", 1), score("ETA", 1)] })), "INVALID", "input.scores"),
        ("withdrawBenefitApplication", with(close(&waits, 1), json!({ "application": id })), "NOT_FOUND", "input.application"),
        ("withdrawBenefitApplication", close(&waits, 2), "VERSION_CONFLICT", "input.expectedVersion"),
        ("withdrawBenefitApplication", close(&gone, 2), "ILLEGAL_TRANSITION", "input.application"),
        ("rejectBenefitApplication", close(&gone, 1), "VERSION_CONFLICT", "input.expectedVersion"),
        ("rejectBenefitApplication", close(&gone, 2), "ILLEGAL_TRANSITION", "input.application"),
        ("rejectBenefitApplication", with(close(&waits, 1), json!({ "reason": " " })), "INVALID", "input.reason"),
        ("rejectBenefitApplication", with(close(&waits, 1), json!({ "reason": "è RSSMRA80A01H501U" })), "PERSONAL_DATA", "input.reason"),
    ]);
}

#[test]
#[rustfmt::skip] // One line a case.
fn grants() {
    let server = Server::start();
    let id = measure(&server, "1000.00");
    let no_budget = done(&server, "addBenefitMeasure", with(voucher("1.00"), json!({ "name": "Altro", "budget": null })), "benefitMeasure", "{ id }")["id"].take();
    let no_period = done(&server, "addBenefitMeasure", with(voucher("1.00"), json!({ "from": null, "to": null })), "benefitMeasure", "{ id }")["id"].take();
    let waits = apply(&server, &id, (MANERBIO, "C-1"), "2023-02-01", json!([]));
    let taken = apply(&server, &id, (MANERBIO, "C-2"), "2023-02-01", json!([]));
    let half = ("2023-03-15", "2023-08-31");
    let of = |application: &Value, revision: i32, rest: Value| {
        let whom = json!({ "application": { "application": application["id"], "expectedVersion": revision } });
        with(with(direct(&id, (MANERBIO, "C-9"), half, monthly("10.00")), json!({ "recipient": whom })), rest)
    };
    // 60.00 and 600.00 of 1,000.00.
    done(&server, "grantBenefit", of(&taken, 1, json!({})), "grant", GRANT);
    grant(&server, &id, (MANERBIO, "C-3"), half, monthly("100.00"));
    neighbour::add(&server);
    let whom = |comune: &str, case: &str, measure: &Value| json!({ "recipient": { "case": { "measure": measure, "comune": comune, "case": case } } });
    let new = |rest: Value| with(direct(&id, (MANERBIO, "C-9"), half, monthly("10.00")), rest);
    let name = "grantBenefit";
    server.check_refusals(Role::Azienda, vec![
        (name, new(whom(MANERBIO, "C-9", &json!("x"))), "NOT_FOUND", "input.recipient.case.measure"),
        (name, of(&json!({ "id": "x" }), 1, json!({})), "NOT_FOUND", "input.recipient.application.application"),
        (name, of(&waits, 2, json!({})), "VERSION_CONFLICT", "input.expectedVersion"),
        // Twice: the application is granted already; the case has it already; the case waits.
        (name, of(&taken, 2, json!({})), "ILLEGAL_TRANSITION", "input.application"),
        (name, new(whom(MANERBIO, "C-3", &id)), "DUPLICATE", "input.recipient"),
        (name, with(new(whom(MANERBIO, "C-3", &id)), json!({ "from": "2023-08-31", "to": "2023-09-30" })), "DUPLICATE", "input.recipient"),
        (name, new(whom(MANERBIO, "C-1", &id)), "DUPLICATE", "input.recipient.case.case"),
        (name, new(whom(MANERBIO, "c -1", &id)), "DUPLICATE", "input.recipient.case.case"),
        (name, new(whom(MANERBIO, "c-3", &id)), "DUPLICATE", "input.recipient"),
        (name, new(whom("017001", "C-9", &id)), "NOT_A_MEMBER", "input.recipient.case.comune"),
        (name, new(whom("099999", "C-9", &id)), "NOT_A_MEMBER", "input.recipient.case.comune"),
        (name, new(whom(MANERBIO, "RSSMRA80A01H501U", &id)), "PERSONAL_DATA", "input.recipient.case.case"),
        (name, new(whom(MANERBIO, "1984-03-12", &id)), "PERSONAL_DATA", "input.recipient.case.case"),
        (name, new(whom(MANERBIO, "Mario Rossi", &id)), "PERSONAL_DATA", "input.recipient.case.case"),
        (name, new(whom(MANERBIO, "030 3331234", &id)), "PERSONAL_DATA", "input.recipient.case.case"),
        (name, new(whom(MANERBIO, " ", &id)), "INVALID", "input.recipient.case.case"),
        (name, new(whom(MANERBIO, "C-9", &no_period)), "OUTSIDE_PERIOD", "input.from"),
        (name, new(json!({ "from": "2022-12-31" })), "OUTSIDE_PERIOD", "input.from"),
        (name, new(json!({ "to": "2025-01-01" })), "OUTSIDE_PERIOD", "input.to"),
        (name, new(json!({ "to": "2023-03-14" })), "INVALID", "input.to"),
        (name, new(json!({ "from": "1989-12-31" })), "INVALID", "input.from"),
        (name, new(json!({ "grantedOn": "2026-06-16" })), "INVALID", "input.grantedOn"),
        (name, of(&waits, 1, json!({ "grantedOn": "2023-01-31" })), "INVALID", "input.grantedOn"),
        (name, new(json!({ "kind": "" })), "INVALID", "input.kind"),
        // Another kind is another measure, though it differs by a letter.
        (name, new(json!({ "kind": "buono" })), "INVALID", "input.kind"),
        (name, new(json!({ "kind": "Voucher" })), "INVALID", "input.kind"),
        (name, with(new(whom(MANERBIO, "C-3", &id)), json!({ "kind": "Voucher" })), "INVALID", "input.kind"),
        (name, new(json!({ "act": "a\nb" })), "INVALID", "input.act"),
        (name, new(json!({ "act": "Det. 3/2023 (RSSMRA80A01H501U)" })), "PERSONAL_DATA", "input.act"),
        (name, new(json!({ "amount": monthly("0.00") })), "INVALID", "input.amount"),
        (name, new(json!({ "amount": { "single": "-1.00" } })), "INVALID", "input.amount"),
        (name, new(json!({ "amount": { "single": "1000000000000.01" } })), "OVERFLOW", "input.amount"),
        // 340.00 are left: six months of 56.67 are 340.02.
        (name, new(json!({ "amount": monthly("56.67") })), "BEYOND_BUDGET", "input.amount"),
        (name, new(json!({ "amount": { "single": "340.01" } })), "BEYOND_BUDGET", "input.amount"),
        (name, of(&waits, 1, json!({ "amount": { "single": "340.01" } })), "BEYOND_BUDGET", "input.amount"),
        (name, new(whom(MANERBIO, "C-9", &no_budget)), "BEYOND_BUDGET", "input.amount"),
        (name, new(json!({ "amount": monthly("1000000000000.00") })), "BEYOND_BUDGET", "input.amount"),
    ]);
}

/// What has ended leaves room for the same benefit from its end on, and none before; what is revoked, from the month of that day on.
#[test]
#[rustfmt::skip] // One line a case.
fn again() {
    let server = Server::start();
    let id = measure(&server, "1000.00");
    let to = "2023-08-31";
    let ended = grant(&server, &id, (MANERBIO, "C-3"), ("2023-03-15", to), monthly("100.00"));
    step(&server, "endBenefit", &ended, "2023-06-01");
    let revoked = grant(&server, &id, (MANERBIO, "C-4"), ("2023-03-15", to), monthly("1.00"));
    step(&server, "revokeBenefit", &revoked, "2023-06-15");
    // June had begun and is due whole: it is not due again.
    let begun = grant(&server, &id, (MANERBIO, "C-5"), ("2023-03-15", to), monthly("1.00"));
    step(&server, "endBenefit", &begun, "2023-06-02");
    let from = |case: &str, from: &str| direct(&id, (MANERBIO, case), (from, to), monthly("10.00"));
    server.check_refusals(Role::Azienda, vec![
        ("grantBenefit", from("C-3", "2023-03-15"), "DUPLICATE", "input.recipient"),
        ("grantBenefit", from("C-3", "2023-05-31"), "DUPLICATE", "input.recipient"),
        ("grantBenefit", from("c-4", "2023-05-31"), "DUPLICATE", "input.recipient"),
        ("grantBenefit", from("C-5", "2023-06-01"), "DUPLICATE", "input.recipient"),
        ("grantBenefit", from("C-5", "2023-06-02"), "DUPLICATE", "input.from"),
        ("grantBenefit", from("c-5", "2023-06-30"), "DUPLICATE", "input.from"),
        ("grantBenefit", with(from("C-5", "2023-06-30"), json!({ "amount": { "single": "1.00" } })), "DUPLICATE", "input.from"),
    ]);
    for (case, day) in [("C-3", "2023-06-01"), ("C-4", "2023-06-01"), ("C-5", "2023-07-01")] {
        done(&server, "grantBenefit", from(case, day), "grant", "{ id }");
    }
}

/// No month is due twice to a case: not by taking up again what was suspended while another was granted for the rest of its last month.
#[test]
fn resumed_beside_another() {
    let server = Server::start();
    let id = measure(&server, "1000.00");
    let first = grant(&server, &id, (MANERBIO, "C-1"), ("2023-01-01", "2023-03-15"), monthly("100.00"));
    let first = step(&server, "suspendBenefit", &first, "2023-03-01");
    grant(&server, &id, (MANERBIO, "c-1"), ("2023-03-16", "2023-06-30"), monthly("100.00"));
    // Another case, and the same code in another comune, are in nobody's way.
    grant(&server, &id, (MANERBIO, "C-2"), ("2023-03-01", "2023-03-31"), monthly("1.00"));
    let to = |from: &str| json!({ "grant": first["id"], "expectedVersion": 2, "from": from, "reason": "controllo" });
    server.check_refusals(
        Role::Azienda,
        vec![
            ("resumeBenefit", to("2023-03-01"), "DUPLICATE", "input.from"),
            ("resumeBenefit", to("2023-03-15"), "DUPLICATE", "input.from"),
        ],
    );
    step(&server, "endBenefit", &first, "2023-03-01");
    let alone = grant(&server, &id, (MANERBIO, "C-3"), ("2023-01-01", "2023-03-15"), monthly("100.00"));
    let alone = step(&server, "suspendBenefit", &alone, "2023-03-01");
    step(&server, "resumeBenefit", &alone, "2023-03-10");
}

#[test]
#[rustfmt::skip] // One line a case.
fn steps() {
    let server = Server::start();
    let id = measure(&server, "1000.00");
    let waits = apply(&server, &id, (MANERBIO, "C-1"), "2023-02-01", json!([]));
    let half = ("2023-03-15", "2023-08-31");
    let first = grant(&server, &id, (MANERBIO, "C-2"), half, monthly("10.00"));
    let second = grant(&server, &id, (MANERBIO, "C-3"), half, monthly("100.00"));
    let to = |grant: &Value, revision: i32, from: &str| json!({ "grant": grant["id"], "expectedVersion": revision, "from": from, "reason": "controllo" });
    server.check_refusals(Role::Azienda, vec![
        ("suspendBenefit", to(&waits, 1, "2023-04-01"), "NOT_FOUND", "input.grant"),
        ("suspendBenefit", to(&first, 2, "2023-04-01"), "VERSION_CONFLICT", "input.expectedVersion"),
        ("suspendBenefit", to(&first, 1, "2023-03-14"), "OUTSIDE_PERIOD", "input.from"),
        ("suspendBenefit", to(&first, 1, "2023-09-01"), "OUTSIDE_PERIOD", "input.from"),
        ("suspendBenefit", with(to(&first, 1, "2023-04-01"), json!({ "reason": "" })), "INVALID", "input.reason"),
        ("suspendBenefit", with(to(&first, 1, "2023-04-01"), json!({ "reason": "RSSMRA80A01H501U" })), "PERSONAL_DATA", "input.reason"),
        ("resumeBenefit", to(&first, 1, "2023-04-01"), "ILLEGAL_TRANSITION", "input.grant"),
        ("endBenefit", to(&first, 1, "2023-03-14"), "OUTSIDE_PERIOD", "input.from"),
        ("endBenefit", to(&first, 1, "2023-09-02"), "OUTSIDE_PERIOD", "input.from"),
        ("revokeBenefit", to(&first, 1, "2023-09-02"), "OUTSIDE_PERIOD", "input.from"),
    ]);
    let first = step(&server, "suspendBenefit", &first, "2023-05-01");
    let second = step(&server, "endBenefit", &second, "2023-09-01");
    server.check_refusals(Role::Azienda, vec![
        ("suspendBenefit", to(&first, 2, "2023-06-01"), "ILLEGAL_TRANSITION", "input.grant"),
        ("resumeBenefit", to(&first, 2, "2023-04-30"), "OUTSIDE_PERIOD", "input.from"),
        ("resumeBenefit", to(&first, 2, "2023-09-01"), "OUTSIDE_PERIOD", "input.from"),
        ("suspendBenefit", to(&second, 2, "2023-06-01"), "ILLEGAL_TRANSITION", "input.grant"),
        ("resumeBenefit", to(&second, 2, "2023-06-01"), "ILLEGAL_TRANSITION", "input.grant"),
        ("endBenefit", to(&second, 2, "2023-06-01"), "ILLEGAL_TRANSITION", "input.grant"),
        ("revokeBenefit", to(&second, 2, "2023-06-01"), "ILLEGAL_TRANSITION", "input.grant"),
    ]);
}
