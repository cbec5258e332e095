//! Acts on benefits that would be done, were they allowed.

use api::auth::Role;
use serde_json::{Value, json};

use crate::support::Server;

/// What acts on benefits name.
pub(super) struct Benefits {
    measure: Value,
    application: Value,
    grant: Value,
    suspended: Value,
}

impl Benefits {
    /// A measure, an application that waits, a grant, and one that is suspended.
    pub(super) fn new(server: &Server) -> Self {
        let id = |name: &str, input: Value, thing: &str| {
            let mut payload =
                server.write(Role::Azienda, name, input, &format!("{{ {thing} {{ id }} errors {{ code }} }}"));
            assert_eq!(payload["errors"], json!([]), "{name}");
            payload[thing]["id"].take()
        };
        let measure = id("addBenefitMeasure", measure("Buono"), "benefitMeasure");
        let application = id("recordBenefitApplication", application(&measure, "C-1"), "application");
        let grants = ["C-2", "C-3"].map(|case| id("grantBenefit", grant(&measure, case), "grant"));
        let [grant, suspended] = grants;
        id("suspendBenefit", step(&suspended, 1), "grant");
        Self { measure, application, grant, suspended }
    }

    /// An input of an act on benefits; none of another.
    pub(super) fn input(&self, name: &str) -> Option<Value> {
        Some(match name {
            "addBenefitMeasure" => measure("Voucher"),
            "updateBenefitMeasure" => json!({ "measure": self.measure, "expectedVersion": 1, "name": "Altro" }),
            "recordBenefitApplication" => application(&self.measure, "C-4"),
            "withdrawBenefitApplication" | "rejectBenefitApplication" => {
                json!({ "application": self.application, "expectedVersion": 1, "reason": "r" })
            }
            "grantBenefit" => grant(&self.measure, "C-5"),
            "suspendBenefit" | "endBenefit" | "revokeBenefit" => step(&self.grant, 1),
            "resumeBenefit" => step(&self.suspended, 2),
            _ => return None,
        })
    }
}

fn measure(name: &str) -> Value {
    json!({
        "ambito": "9", "service": "TITOLI", "name": name, "kind": "buono", "from": "2022-01-01", "to": "2022-12-31", "budget": "100.00",
    })
}

fn application(measure: &Value, case: &str) -> Value {
    json!({ "measure": measure, "comune": "017103", "case": case, "appliedOn": "2022-03-01", "scores": [] })
}

fn grant(measure: &Value, case: &str) -> Value {
    json!({
        "recipient": { "case": { "measure": measure, "comune": "017103", "case": case } }, "from": "2022-03-01", "to": "2022-06-30",
        "amount": { "monthly": "1.00" },
    })
}

fn step(grant: &Value, revision: i32) -> Value {
    json!({ "grant": grant, "expectedVersion": revision, "from": "2022-05-01", "reason": "r" })
}
