//! Who reads statements and settlements: a comune its own, its managing body and auditors all; a settlement, whoever sees the plan.

use std::collections::BTreeSet;
use std::sync::Arc;

use api::auth::{Role, Scope, Standing, Viewer};
use serde_json::{Value, json};

use super::{approve, ids};
use crate::support::neighbour::{self, ALFA};
use crate::support::{MANERBIO, PONTEVICO, Server, workshop};

/// Who sees what a comune of the Ambito was charged and paid: that of its own comune, and that of another.
pub(crate) const SEES_ACCOUNTS: [(Role, bool, bool); 6] = [
    (Role::Comune, true, false),
    (Role::Azienda, true, true),
    (Role::Auditor, true, true),
    (Role::Reporting, false, false),
    (Role::Assemblea, false, false),
    (Role::Admin, false, false),
];

#[test]
fn a_statement_is_the_comunes_its_managing_bodys_and_auditors_to_see() {
    let server = Server::start();
    neighbour::add(&server);
    let query = format!(
        "{{ own: comune(istatCode: \"{MANERBIO}\") {{ statement(year: 2021) {{ charged }} }}
            other: comune(istatCode: \"{PONTEVICO}\") {{ statement(year: 2021) {{ charged }} }} }}"
    );
    for (role, own, other) in SEES_ACCOUNTS {
        let data = server.data(role, &query);
        let sees = [&data["own"]["statement"], &data["other"]["statement"]].map(Value::is_object);
        assert_eq!(sees, [own, other], "{role:?}");
    }
    // Those of a list: its own is there, the others are not.
    let list = r#"{ ambito(code: "9") { comuni { istatCode statement(year: 2021) { charged } } } }"#;
    let data = server.data(Role::Comune, list);
    for comune in data["ambito"]["comuni"].as_array().unwrap() {
        assert_eq!(comune["statement"].is_object(), comune["istatCode"] == MANERBIO, "{comune}");
    }
    // Another Ambito's managing body and comune.
    let of_neighbour = format!("{{ comune(istatCode: \"{ALFA}\") {{ statement(year: 2020) {{ charged }} }} }}");
    assert_eq!(server.data(Role::Azienda, &of_neighbour)["comune"], Value::Null);
    for (role, comune) in [(Role::Azienda, None), (Role::Comune, Some(ALFA))] {
        let token = neighbour::token(&server, role, comune);
        assert!(server.ask(&token, &of_neighbour, Value::Null).data()["comune"]["statement"].is_object());
        assert_eq!(server.ask(&token, &query, Value::Null).data(), json!({ "own": null, "other": null }));
    }
}

#[test]
fn a_settlement_is_seen_by_whoever_sees_its_plan() {
    let server = Server::start();
    workshop::import_to(&server);
    let query = r#"{ ambito(code: "10") { plans { version settlement { difference } } } }"#;
    let versions = |role: Role| -> Vec<u64> {
        let data = server.data(role, query);
        let plans = data["ambito"]["plans"].as_array().unwrap();
        let settled = plans.iter().filter(|plan| plan["settlement"].is_array());
        settled.map(|plan| plan["version"].as_u64().unwrap()).collect()
    };
    assert_eq!((versions(Role::Auditor), versions(Role::Reporting)), (vec![3], vec![]));
    approve(&server, 3, "2022-04-30");
    assert_eq!((versions(Role::Auditor), versions(Role::Reporting)), (vec![3], vec![3]));
    assert!(versions(Role::Admin).is_empty());
}

#[test]
fn only_the_managing_body_records_payments_and_of_its_own_ambito() {
    let server = Server::start();
    neighbour::add(&server);
    let ((_, nine), (_, other)) = (ids(&server, PONTEVICO), ids(&server, ALFA));
    for role in [Role::Comune, Role::Reporting, Role::Azienda, Role::Assemblea, Role::Auditor, Role::Admin] {
        for scope in [Scope::All, Scope::Ambiti(BTreeSet::from([nine]))] {
            let standing = Standing { role, scope: scope.clone(), comune: None, partner: None };
            let expires_at = server.store().clock().now();
            let viewer = Viewer { client: "x".into(), standing: Arc::new(standing), expires_at };
            let permit = viewer.record_payments(nine);
            assert_eq!(permit.is_some(), role == Role::Azienda, "{role:?} {scope:?}");
            assert_eq!(viewer.record_payments(other).is_some(), role == Role::Azienda && scope == Scope::All);
            assert!(permit.is_none_or(|permit| permit.covers(nine) && !permit.covers(other)));
        }
    }
}
