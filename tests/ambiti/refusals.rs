//! What the acts on Ambiti, comuni and memberships refuse, and that a refusal leaves every row as it was.

use super::*;
use crate::support::tables::snapshot;
use crate::support::{MANERBIO, neighbour::ALFA};

/// Refuses an act of the administrator with this code at this input, and changes nothing.
fn refused(server: &Server, name: &str, input: Value, code: &str, path: &str) {
    refused_to(server, &server.token_of(Role::Admin), name, input, (code, path));
}

fn refused_to(server: &Server, token: &str, name: &str, input: Value, (code, path): (&str, &str)) {
    let before = snapshot(server.database());
    let (thing, selection) = selection(name);
    let ty = format!("{}{}Input!", name[..1].to_uppercase(), &name[1..]);
    let query = format!("mutation($input: {ty}) {{ {name}(input: $input) {selection} }}");
    let mut data = server.send_write(token, &new_key(), &query, json!({ "input": input })).data();
    let payload = data[name].take();
    let path: Vec<&str> = path.split('.').collect();
    assert_eq!(payload["errors"], json!([{ "code": code, "path": path }]), "{name} {input}");
    assert_eq!(payload[thing], Value::Null, "{name} {input}");
    assert!(snapshot(server.database()) == before, "{name} {input} was refused and changed something");
}

/// The input with one field set, or left out where null.
fn with(input: &Value, field: &str, value: Value) -> Value {
    let mut input = input.clone();
    input[field] = value;
    input
}

/// Texts that no line of master data may be.
fn bad_lines() -> [Value; 7] {
    ["", " ", "a\u{7}b", "a\nb", "a\u{200b}b", "a\u{202e}b", &"x".repeat(1_001)].map(|text| json!(text))
}

/// Texts of an Ambito that tell of somebody.
const PERSONAL: [(&str, &str); 5] = [
    ("code", "RSSMRA80A01B157X"),
    ("name", "Ambito di rss mra 80a01 b157x"),
    ("region", "mario.rossi@example.it"),
    ("managingBody", "Ente, tel. 030 9876543"),
    ("legalForm", "RSSMRA80A01B157X"),
];

#[test]
fn ambiti() {
    let server = Server::start();
    neighbour::add(&server);
    let new = json!({ "code": "X1", "name": "Nuovo", "region": "Lombardia", "province": "BS", "managingBody": "Ente", "legalForm": "unione" });
    for field in ["name", "region", "managingBody", "legalForm"] {
        for text in bad_lines() {
            refused(&server, "addAmbito", with(&new, field, text), "INVALID", &format!("input.{field}"));
        }
    }
    for province in ["", "B", "bs", "BSX", "B1", " BS"] {
        refused(&server, "addAmbito", with(&new, "province", json!(province)), "INVALID", "input.province");
    }
    for code in ["", " ", "x1", "X 1", "X/1", "X:1", "-X", &"X".repeat(41)] {
        refused(&server, "addAmbito", with(&new, "code", json!(code)), "INVALID", "input.code");
    }
    for (field, text) in PERSONAL {
        refused(&server, "addAmbito", with(&new, field, json!(text)), "PERSONAL_DATA", &format!("input.{field}"));
    }
    for code in ["9", "T1"] {
        refused(&server, "addAmbito", with(&new, "code", json!(code)), "DUPLICATE", "input.code");
    }
    let own = json!({ "ambito": ambito_id(&server), "expectedVersion": 1 });
    for field in ["name", "region", "managingBody", "legalForm"] {
        for text in bad_lines() {
            refused(&server, "updateAmbito", with(&own, field, text), "INVALID", &format!("input.{field}"));
        }
    }
    for (field, text) in &PERSONAL[1..] {
        refused(&server, "updateAmbito", with(&own, field, json!(text)), "PERSONAL_DATA", &format!("input.{field}"));
    }
    for field in ["name", "region", "province", "managingBody"] {
        refused(&server, "updateAmbito", with(&own, field, Value::Null), "INVALID", &format!("input.{field}"));
    }
    refused(&server, "updateAmbito", with(&own, "province", json!("Bs")), "INVALID", "input.province");
    for id in [json!("x"), json!(""), comune_id(&server, MANERBIO), json!("QW1iaXRvOjk5OQ")] {
        refused(&server, "updateAmbito", with(&own, "ambito", id), "NOT_FOUND", "input.ambito");
    }
    for revision in [0, 2, -1] {
        let old = with(&with(&own, "expectedVersion", json!(revision)), "name", json!("Altro"));
        refused(&server, "updateAmbito", old, "VERSION_CONFLICT", "input.expectedVersion");
    }
    done(&server, "updateAmbito", with(&own, "name", json!("Altro")));
    refused(&server, "updateAmbito", with(&own, "name", json!("Altro")), "VERSION_CONFLICT", "input.expectedVersion");
}

#[test]
fn comuni() {
    let server = Server::start();
    let new = json!({ "istatCode": "017999", "name": "Nuovo", "cadastralCode": "A123", "province": "BS" });
    let own = json!({ "comune": comune_id(&server, MANERBIO), "expectedVersion": 1 });
    for (name, input) in [("addComune", &new), ("updateComune", &own)] {
        for text in bad_lines() {
            refused(&server, name, with(input, "name", text), "INVALID", "input.name");
        }
        refused(&server, name, with(input, "name", json!("RSSMRA80A01B157X")), "PERSONAL_DATA", "input.name");
        for code in ["", "123", "a123", "A12", "A1234", "AB12", "A12３"] {
            refused(&server, name, with(input, "cadastralCode", json!(code)), "INVALID", "input.cadastralCode");
        }
        for province in ["", "bs", "BSX"] {
            refused(&server, name, with(input, "province", json!(province)), "INVALID", "input.province");
        }
    }
    refused(&server, "addComune", with(&new, "istatCode", json!(MANERBIO)), "DUPLICATE", "input.istatCode");
    for field in ["name", "province"] {
        refused(&server, "updateComune", with(&own, field, Value::Null), "INVALID", &format!("input.{field}"));
    }
    for id in [json!("x"), ambito_id(&server), json!("Q29tdW5lOjk5OTk")] {
        refused(&server, "updateComune", with(&own, "comune", id), "NOT_FOUND", "input.comune");
    }
    let old = with(&with(&own, "expectedVersion", json!(2)), "name", json!("Altro"));
    refused(&server, "updateComune", old, "VERSION_CONFLICT", "input.expectedVersion");
    // An ISTAT code that is none is not even a request.
    let query = "mutation($input: AddComuneInput!) { addComune(input: $input) { errors { code } } }";
    for code in [json!("17999"), json!("01799a"), json!(17999)] {
        let variables = json!({ "input": with(&new, "istatCode", code) });
        assert_eq!(server.send_write(&server.token_of(Role::Admin), &new_key(), query, variables).status, 400);
    }
}

#[test]
fn memberships() {
    let server = Server::start();
    neighbour::add(&server);
    let new = json!({ "ambito": "9", "comune": "017999", "validFrom": "2024-01-01" });
    refused(&server, "addMembership", new.clone(), "NOT_FOUND", "input.comune");
    done(&server, "addComune", json!({ "istatCode": "017999", "name": "Nuovo", "province": "BS" }));
    for code in ["ZZ", "", "9 "] {
        refused(&server, "addMembership", with(&new, "ambito", json!(code)), "NOT_FOUND", "input.ambito");
    }
    refused(&server, "addMembership", with(&new, "validTo", json!("2023-12-31")), "INVALID", "input.validTo");
    for day in ["1989-12-31", "2201-01-01", "0001-01-01"] {
        refused(&server, "addMembership", with(&new, "validFrom", json!(day)), "INVALID", "input.validFrom");
    }
    refused(&server, "addMembership", with(&new, "validTo", json!("9999-12-31")), "INVALID", "input.validTo");
    // 2024 in Ambito 9, and 2026 in the other: what is free is before, between and after.
    let first = done(&server, "addMembership", with(&new, "validTo", json!("2024-12-31")));
    let other = json!({ "ambito": "T1", "comune": "017999", "validFrom": "2026-01-01", "validTo": "2026-12-31" });
    let second = done(&server, "addMembership", other);
    let days = |from: &str, to: &str| {
        let to = if to.is_empty() { Value::Null } else { json!(to) };
        (json!(from), to)
    };
    for ambito in ["9", "T1"] {
        for (from, to) in [
            days("2024-01-01", ""),
            days("2024-12-31", "2025-06-30"),
            days("2023-01-01", "2024-01-01"),
            days("2024-06-01", "2024-06-01"),
            days("2025-01-01", ""),
            days("2025-01-01", "2026-01-01"),
            days("2026-12-31", ""),
            days("2020-01-01", "2030-01-01"),
        ] {
            let input = json!({ "ambito": ambito, "comune": "017999", "validFrom": from, "validTo": to });
            refused(&server, "addMembership", input, "DUPLICATE", "input.validFrom");
        }
    }
    let first = json!({ "membership": first["id"], "expectedVersion": 1 });
    let second = json!({ "membership": second["id"], "expectedVersion": 1 });
    refused(&server, "updateMembership", with(&first, "validTo", Value::Null), "DUPLICATE", "input.validFrom");
    refused(&server, "updateMembership", with(&first, "validTo", json!("2026-01-01")), "DUPLICATE", "input.validFrom");
    refused(
        &server,
        "updateMembership",
        with(&second, "validFrom", json!("2024-12-31")),
        "DUPLICATE",
        "input.validFrom",
    );
    refused(&server, "updateMembership", with(&first, "validTo", json!("2023-12-31")), "INVALID", "input.validTo");
    refused(&server, "updateMembership", with(&first, "validFrom", Value::Null), "INVALID", "input.validFrom");
    refused(&server, "updateMembership", with(&first, "validFrom", json!("1900-01-01")), "INVALID", "input.validFrom");
    for id in [json!("x"), ambito_id(&server), json!("TWVtYmVyc2hpcDo5OTk")] {
        refused(&server, "updateMembership", with(&first, "membership", id), "NOT_FOUND", "input.membership");
    }
    let old = with(&with(&first, "expectedVersion", json!(2)), "validTo", json!("2024-11-30"));
    refused(&server, "updateMembership", old, "VERSION_CONFLICT", "input.expectedVersion");
    done(&server, "updateMembership", with(&first, "validTo", json!("2025-12-31")));
    done(&server, "addMembership", with(&new, "validFrom", json!("2027-01-01")));
}

/// As many as a server or an Ambito can have, and one more.
#[test]
fn there_is_room_for_so_many() {
    let server = Server::start();
    done(&server, "addComune", json!({ "istatCode": "017999", "name": "Nuovo", "province": "BS" }));
    // Ambito 9 has 20 memberships already, the server 21 comuni and one Ambito.
    renewed::run(
        &server,
        &[
            "INSERT INTO comune (istat_code, name, province) SELECT CAST(500000 + i AS TEXT), 'x', 'BS' FROM n WHERE i <= 979",
            "INSERT INTO membership (ambito_id, comune_id, valid_from) SELECT a.id, c.id, DAY FROM ambito a, comune c WHERE a.code = '9' AND c.istat_code >= '500000'",
        ],
    );
    renewed::act(&server, "unknown.act", "x");
    let member = |comune: &str| json!({ "ambito": "9", "comune": comune, "validFrom": "2026-01-01" });
    done(&server, "addMembership", member("017999"));
    done(&server, "addComune", json!({ "istatCode": "017998", "name": "Nuovo", "province": "BS" }));
    refused(&server, "addMembership", member("017998"), "INVALID", "input.comune");
    renewed::run(
        &server,
        &[
            "INSERT INTO ambito (code, name, region, province, managing_body) SELECT 'N' || i, 'x', 'Lombardia', 'BS', 'Ente' FROM n WHERE i <= 1998",
            "INSERT INTO comune (istat_code, name, province) SELECT CAST(600000 + 5 * i + j AS TEXT), 'x', 'BS' FROM n, (SELECT 0 AS j UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4) five WHERE 5 * i + j < 19003",
        ],
    );
    renewed::act(&server, "unknown.act", "x");
    let ambito = |code: &str| json!({ "code": code, "name": "Nuovo", "region": "Lombardia", "province": "BS", "managingBody": "Ente" });
    let comune = |code: &str| json!({ "istatCode": code, "name": "Nuovo", "province": "BS" });
    done(&server, "addAmbito", ambito("X1"));
    refused(&server, "addAmbito", ambito("X2"), "INVALID", "input.code");
    done(&server, "addComune", comune("017997"));
    refused(&server, "addComune", comune("017996"), "INVALID", "input.istatCode");
}

#[test]
fn an_administrator_of_some_ambiti_keeps_those() {
    let server = Server::start();
    neighbour::add(&server);
    let token = neighbour::token_in(&server, "9", Role::Admin, None, "admin-9".to_owned());
    let write = |name: &str, input: Value| {
        let ty = format!("{}{}Input!", name[..1].to_uppercase(), &name[1..]);
        let query = format!("mutation($input: {ty}) {{ {name}(input: $input) {{ errors {{ code }} }} }}");
        server.send_write(&token, &new_key(), &query, json!({ "input": input }))
    };
    // Of every Ambito, as the administrator of all sees them.
    let all = "{ ambito(code: \"T1\") { id memberships { id comune { id } } } }";
    let other = server.data(Role::Admin, all)["ambito"].take();
    let before = snapshot(server.database());
    for (name, input) in [
        (
            "addAmbito",
            json!({ "code": "X1", "name": "Nuovo", "region": "Lombardia", "province": "BS", "managingBody": "Ente" }),
        ),
        ("addComune", json!({ "istatCode": "017999", "name": "Nuovo", "province": "BS" })),
    ] {
        assert_eq!(write(name, input).json()["errors"][0]["extensions"]["code"], json!("FORBIDDEN"), "{name}");
    }
    assert!(snapshot(server.database()) == before);
    let membership = &other["memberships"][0];
    for (name, input, path) in [
        ("updateAmbito", json!({ "ambito": other["id"], "expectedVersion": 1, "name": "Altro" }), "input.ambito"),
        (
            "updateComune",
            json!({ "comune": membership["comune"]["id"], "expectedVersion": 1, "name": "Altro" }),
            "input.comune",
        ),
        (
            "updateMembership",
            json!({ "membership": membership["id"], "expectedVersion": 1, "validTo": null }),
            "input.membership",
        ),
        ("addMembership", json!({ "ambito": "T1", "comune": MANERBIO, "validFrom": "2026-01-01" }), "input.ambito"),
        ("addMembership", json!({ "ambito": "9", "comune": ALFA, "validFrom": "2026-01-01" }), "input.comune"),
    ] {
        refused_to(&server, &token, name, input, ("NOT_FOUND", path));
    }
    let (ambito, comune, own) = (ambito_id(&server), comune_id(&server, MANERBIO), membership_id(&server, MANERBIO));
    for (name, input) in [
        ("updateAmbito", json!({ "ambito": ambito, "expectedVersion": 1, "name": "Altro" })),
        ("updateComune", json!({ "comune": comune, "expectedVersion": 1, "name": "Altro" })),
        ("updateMembership", json!({ "membership": own, "expectedVersion": 1, "validTo": "2025-12-31" })),
    ] {
        assert_eq!(write(name, input).data()[name]["errors"], json!([]), "{name}");
    }
    // Once it was a member elsewhere, too, it is for whoever keeps both.
    done(&server, "addMembership", json!({ "ambito": "T1", "comune": MANERBIO, "validFrom": "2026-01-01" }));
    let rename = json!({ "comune": comune, "expectedVersion": 2, "name": "Ancora" });
    refused_to(&server, &token, "updateComune", rename.clone(), ("NOT_FOUND", "input.comune"));
    done(&server, "updateComune", rename);
    // It sees what it keeps, and nothing that is paid for.
    let query = "{ ambiti { nodes { code revision plans { year } resolutions { totalCount } memberships { revision } } } quotas { totalCount } auditTrail { totalCount } }";
    let seen = server.ask(&token, query, Value::Null).data();
    let nodes = &seen["ambiti"]["nodes"];
    assert_eq!(
        (nodes.as_array().unwrap().len(), &nodes[0]["code"], &nodes[0]["revision"]),
        (1, &json!("9"), &json!(2))
    );
    assert_eq!((&nodes[0]["plans"], &nodes[0]["resolutions"]), (&json!([]), &Value::Null));
    assert_eq!((&seen["quotas"]["totalCount"], &seen["auditTrail"]), (&json!(0), &Value::Null));
}
