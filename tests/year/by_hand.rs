//! A handful of the year's figures as literals. They were worked out once outside of this program, with exact fractions, from the files of `api/data/ambito-9`
//! and the inputs of this test: each share is cut to the cent, and the cents that are left go by the largest remainders; of ADM, 9.50 euro times each comune's
//! hours, rounded half up.

use api::auth::Role;
use serde_json::{Value, json};

use super::{ACTS, GAMBARA, GHEDI, Year};
use crate::support::figures::{list, wide};
use crate::support::{MANERBIO, PONTEVICO};

/// What the comuni pay together: forecast, amendment, final plan.
const MUNICIPAL_SHARES: [&str; 3] = ["2142852.70", "2149352.33", "2133879.65"];
/// What Pontevico owes under each.
const PONTEVICO_OWES: [&str; 3] = ["193370.80", "193386.18", "184417.56"];
/// Quotas: which plan, service, comune.
const QUOTAS: [(usize, &str, &str, &str); 4] = [
    (0, "SIL", MANERBIO, "5742.59"),
    (1, "SIL", MANERBIO, "6466.74"),
    (0, "ADM", PONTEVICO, "2306.13"),
    (1, "SAD", GAMBARA, "2806.78"),
];
/// What the comuni pay for the 5,243.26 hours of ADM that were delivered, and what that leaves to the FSR of 96,789.01.
const ADM: [&str; 2] = ["49811.04", "6977.97"];
/// What the settlement gives back or asks for: all together, of Pontevico, of Ghedi.
const SETTLED_CENTS: [i128; 3] = [-1_547_268, -896_862, 2_380_524];

impl Year {
    /// The server's figures against these.
    pub(super) fn check_by_hand(&self) {
        let of_plan = |at: usize, fields: &str| {
            let query = format!("{{ node(id: {}) {{ ... on Plan {{ {fields} }} }} }}", self.plans[at].id);
            self.desk.ask(Role::Azienda, &query)["node"].take()
        };
        for (at, (share, owes)) in MUNICIPAL_SHARES.into_iter().zip(PONTEVICO_OWES).enumerate() {
            assert_eq!(of_plan(at, "municipalShare")["municipalShare"], share);
            let query = format!(
                "{{ comune(istatCode: \"{PONTEVICO}\") {{ amountDue(year: 2023, asOf: \"{}\") statement(year: 2023, asOf: \"{0}\") {{ charged }} }} }}",
                ACTS[at]
            );
            let data = self.desk.ask(Role::Azienda, &query);
            assert_eq!(data["comune"], json!({ "amountDue": owes, "statement": { "charged": owes } }));
        }
        for (at, service, comune, amount) in QUOTAS {
            let data = of_plan(
                at,
                &format!("budget(service: \"{service}\") {{ quotas {{ comune {{ istatCode }} amount }} }}"),
            );
            let is = |quota: &&Value| quota["comune"]["istatCode"] == comune;
            let quota = list(&data["budget"]["quotas"]).iter().find(is).unwrap();
            assert_eq!(quota["amount"], amount, "{service} {comune}");
        }
        let adm =
            of_plan(2, "budget(service: \"ADM\") { municipalShare funding { balancing amount } }")["budget"].take();
        let [share, rest] = ADM;
        let funding = json!([{ "balancing": false, "amount": "40000.00" }, { "balancing": true, "amount": rest }]);
        assert_eq!(adm, json!({ "municipalShare": share, "funding": funding }));
        let settlement = of_plan(2, "settlement { comune { istatCode } difference }")["settlement"].take();
        let sum = |comune: Option<&str>| -> i128 {
            let own = |line: &&Value| comune.is_none_or(|code| line["comune"]["istatCode"] == code);
            list(&settlement).iter().filter(own).map(|line| wide(&line["difference"])).sum()
        };
        assert_eq!([sum(None), sum(Some(PONTEVICO)), sum(Some(GHEDI))], SETTLED_CENTS);
    }
}
