//! Who sees which field: the whole schema, asked by each role, against a list of what each does not see.
//!
//! The queries are made from the schema, so that a new field is seen by everybody until it is listed here: the test then fails, and somebody has to say who is
//! to see it.

use std::collections::{BTreeMap, BTreeSet};

use api::auth::Role;
use serde_json::{Value, json};

use super::ROLES;
use crate::schema::published_types;
use crate::statements::counts::{each_type, of_the_demonstration};
use crate::statements::plan_ids;
use crate::support::{MANERBIO, Server, agreements, watched};

/// Roles, and what they do not see of what others see: a type's field, or all of a type.
const UNSEEN: &[(&[Role], &[&str])] = &[
    // Plans, and what follows from them, are not for those who neither pay nor decide nor look into the accounts.
    (
        &[Role::Admin, Role::Partner],
        &[
            "Ambito.plan",
            "Ambito.plans",
            "Ambito.resolutions",
            "BenefitMeasure.budget",
            "BenefitSum",
            "BenefitSums",
            "Budget",
            "BurdenSpread",
            "Charge",
            "Comune.amountDue",
            "Comune.measurements",
            "Comune.quotas",
            "Comune.services",
            "Comune.statement",
            "ComuneBurden",
            "ComuneOutcome",
            "ComuneTotal",
            "CostAllocation.rows",
            "CostAllocationRow",
            "EqualRule",
            "ExplanationStep",
            "FundCoverage",
            "Funding",
            "Instalment",
            "MeasureRule",
            "Measurement",
            "NamedValue",
            "Plan",
            "PlanComparison",
            "PlanVerification",
            "Quota",
            "QuotaChange",
            "QuotaConnection.edges",
            "QuotaConnection.nodes",
            "QuotaEdge",
            "QuotaExplanation",
            "Resolution",
            "ResolutionConnection",
            "ResolutionEdge",
            "Service.budget",
            "Service.participants",
            "ServiceOutcome",
            "SimulatedQuota",
            "Simulation",
            "SimulationAlternative",
            "SimulationComparison",
            "SimulationOutcome",
            "SocialSpending",
            "SocialSpendingRow",
            "Statement",
            "TariffRule",
            "Query.benefits",
            "Query.node",
            "Query.simulation",
            "Query.simulations",
            "Query.socialSpending",
            "Viewer.permissions",
            "Indicator.latest",
            "Indicator.reached",
            "Indicator.readings",
            "IndicatorReading",
            "IndicatorReadingConnection",
            "IndicatorReadingEdge",
            "Project.spending",
            "Project.remaining",
            "Project.spent",
            "Project.timeline",
            "ProjectExpense",
            "ProjectExpenseConnection",
            "ProjectExpenseEdge",
            "ProjectMilestone",
            "Programme.workPlans",
            "WorkPlan",
            "WorkPlanMilestone",
            "WorkPlanReport",
        ],
    ),
    // Bound revenue is for whoever sees the plans, and for the partners of an agreement that the service is tied to and that runs; the test's is over.
    (&[Role::Admin, Role::Partner], &["Project.contribution", "Project.fund", "Project.act", "Project.note"]),
    // What monitoring tells is for whoever does the work, pays for it or answers for it; drafts are for who writes them.
    (
        &[Role::Admin, Role::Reporting],
        &[
            "Ambito.monitoring",
            "Ambito.monitoringFields",
            "Ambito.monitoringReports",
            "Monitoring",
            "MonitoringDuty",
            "MonitoringDutyConnection",
            "MonitoringDutyEdge",
            "MonitoringField",
            "MonitoringReport",
            "MonitoringReportConnection",
            "MonitoringReportEdge",
            "MonitoringSubmission",
            "MonitoringValue",
        ],
    ),
    (&[Role::Comune, Role::Assemblea, Role::Auditor], &["Monitoring.drafts"]),
    // Bodies are for everybody who belongs to the Ambito, and to a partner those of its agreements; the test's is.
    (
        &[Role::Admin],
        &[
            "Ambito.governingBodies",
            "BodyAttendance",
            "BodyMeeting",
            "BodyMeetingConnection",
            "BodyMeetingEdge",
            "BodyMember",
            "GoverningBody",
            "MeetingsDue",
        ],
    ),
    // Agreements are for those who pay for them, decide on them, look into the accounts, or are a party; the test's partner is.
    (
        &[Role::Admin],
        &[
            "Agreement",
            "AgreementArea",
            "AgreementConnection",
            "AgreementContribution",
            "AgreementContributionItem",
            "AgreementEdge",
            "AgreementInstalment",
            "AgreementLine",
            "AgreementLinePart",
            "AgreementPerimeter",
            "AgreementProgramme",
            "AgreementRecurrence",
            "AgreementValue",
            "AgreementVersion",
            "AgreementYear",
            "Ambito.agreements",
            "Milestone",
        ],
    ),
    // What a comune paid is for itself, for whom it pays, and for auditors.
    (&[Role::Reporting, Role::Assemblea], &["Comune.statement", "Statement", "Charge"]),
    // Cases are for the managing body and the comune of residence.
    (
        &[Role::Reporting, Role::Assemblea, Role::Auditor, Role::Admin, Role::Partner],
        &[
            "ActivityConnection.pageInfo",
            "ActivityConnection.totalCount",
            "BenefitApplication",
            "BenefitApplicationConnection",
            "BenefitApplicationEdge",
            "BenefitEvent",
            "BenefitGrant",
            "BenefitGrantConnection",
            "BenefitGrantEdge",
            "BenefitMeasure.applications",
            "BenefitMeasure.grants",
            "BenefitMeasure.ranking",
            "BenefitRankingConnection",
            "BenefitRankingEdge",
            "BenefitScore",
            "Query.activity",
            "RankedApplication",
        ],
    ),
    // What the budget of a measure has left tells of the last benefit that was granted.
    (
        &[Role::Comune, Role::Reporting, Role::Assemblea, Role::Auditor, Role::Admin, Role::Partner],
        &["BenefitMeasure.committed", "BenefitMeasure.remaining"],
    ),
    // What partners spent is for themselves, the managing body, auditors and the comune that grants the agreement.
    (
        &[Role::Reporting, Role::Assemblea, Role::Admin],
        &[
            "Agreement.account",
            "AgreementAccount",
            "AgreementAccountLine",
            "Expense",
            "ExpenseRefusal",
            "ExpenseReport",
            "ExpenseReportConnection",
            "ExpenseReportEdge",
            "ExpenseTotals",
            "Query.expenseReports",
            "ReportedLine",
        ],
    ),
    // The trail is for auditors and the managing body.
    (
        &[Role::Comune, Role::Reporting, Role::Assemblea, Role::Admin, Role::Partner],
        &["AuditEvent", "AuditEventConnection", "AuditEventEdge", "Query.auditTrail"],
    ),
    // It sees every case as it is recorded now.
    (&[Role::Azienda], &["BenefitSums.publishedOn"]),
    // Whoever belongs to all Ambiti belongs to no single one; a comune alone speaks for a comune.
    (&[Role::Reporting, Role::Auditor, Role::Admin], &["Viewer.ambito"]),
    (&[Role::Reporting, Role::Azienda, Role::Assemblea, Role::Auditor, Role::Admin, Role::Partner], &["Viewer.comune"]),
];

/// Every field of an answer that holds something, by its type.
fn seen(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Array(entries) => entries.iter().for_each(|entry| seen(entry, found)),
        Value::Object(members) => {
            if let Some(name) = members.get("__typename").and_then(Value::as_str) {
                let holds = |value: &Value| !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty());
                // Where a page stands is the same of every list.
                let is_own = |field: &str| field != "__typename" && name != "PageInfo";
                let fields = members.iter().filter(|(field, value)| is_own(field) && holds(value));
                found.extend(fields.map(|(field, _)| format!("{name}.{field}")));
            }
            members.values().for_each(|member| seen(member, found));
        }
        _ => {}
    }
}

/// Benefits of enough people, granted in months that are over, so that something of them is published; and somebody of Manerbio who waits for one.
fn benefits(server: &Server) {
    crate::benefit::demonstration::load(server);
    let query = r#"{ ambito(code: "9") { service(code: "TITOLI") { benefitMeasures { id } } } }"#;
    let mut found = server.data(Role::Azienda, query);
    let measure = found["ambito"]["service"]["benefitMeasures"][0]["id"].take();
    let waits = json!({
        "measure": measure, "comune": MANERBIO, "case": "C-1", "appliedOn": "2022-01-31", "scores": [{ "criterion": "ETA" }],
    });
    server.done(Role::Azienda, "recordBenefitApplication", waits, "application", "{ id }");
}

#[test]
fn each_role_sees_each_field_or_does_not() {
    let server = Server::with(|limits| {
        limits.rate_per_minute = 0;
        limits.cost_max = 1_000_000_000;
    });
    agreements::add_small(&server, "9", ("ALFA", "SAD"), 1);
    // Reports of expenses in each state, of a partner and an agreement that Manerbio grants.
    crate::expense::inputs(&server);
    watched::add(&server);
    benefits(&server);
    let types = published_types();
    let mut queries: Vec<String> =
        each_type(&types, &plan_ids(&server, "9")).iter().map(|query| of_the_demonstration(query)).collect();
    // One service has reports of expenses, and another the benefits.
    let of_benefits = queries.iter().filter(|query| query.contains("benefitMeasures"));
    let of_benefits: Vec<String> = of_benefits.map(|query| query.replace("\"SAD\"", "\"TITOLI\"")).collect();
    queries.extend(of_benefits);
    let mut by_role = BTreeMap::new();
    for role in ROLES {
        let token = server.token_of(role);
        let mut found = BTreeSet::new();
        for query in &queries {
            let answer = server.ask(&token, query, Value::Null);
            assert_eq!(answer.status, 200, "{role:?} {query}");
            seen(&answer.json()["data"], &mut found);
        }
        by_role.insert(format!("{role:?}"), found);
    }
    let all: BTreeSet<&String> = by_role.values().flatten().collect();
    let mut wrong = Vec::new();
    for role in ROLES {
        let unseen: Vec<&str> = UNSEEN
            .iter()
            .filter(|(roles, _)| roles.contains(&role))
            .flat_map(|(_, names)| names.iter().copied())
            .collect();
        for name in &all {
            let is_listed = unseen
                .iter()
                .any(|listed| *listed == name.as_str() || name.split_once('.').is_some_and(|(ty, _)| ty == *listed));
            if by_role[&format!("{role:?}")].contains(*name) == is_listed {
                wrong.push(format!("{role:?} {name}: listed {is_listed}"));
            }
        }
        for listed in unseen {
            let is_there = all.iter().any(|name| name.as_str() == listed || name.split('.').next() == Some(listed));
            assert!(is_there, "{role:?} {listed} is listed, and nobody sees it");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A partner that shares an agreement with another reads the same, to the byte, whether the other has reports and drafts under it or not: every field, and all that hangs
/// on sums of lines that both may charge.
#[test]
fn a_partner_reads_the_same_with_and_without_the_reports_of_another() {
    let ask = |has_other: bool| {
        let server = Server::with(|limits| {
            limits.rate_per_minute = 0;
            limits.cost_max = 1_000_000_000;
        });
        let beta = crate::expense::shared(&server, || {
            if has_other {
                crate::expense::inputs_under(&server, "INSIEME");
            }
        });
        let queries = each_type(&published_types(), &plan_ids(&server, "9"));
        let answers: Vec<(String, String)> = queries
            .iter()
            .map(|query| of_the_demonstration(query))
            .map(|query| {
                let answer = server.ask(&beta, &query, Value::Null);
                assert_eq!(answer.status, 200, "{query}");
                let body = answer.body.replace(&answer.header("x-request-id").unwrap(), "-");
                (query, body)
            })
            .collect();
        answers
    };
    let (with, without) = (ask(true), ask(false));
    // 30,000 paid and 150 of 200 admitted are within the 30,150 that an amendment left; what is left of the line is not told.
    let lines =
        with.iter().find(|(query, _)| query.contains("expenseReports") && query.contains("reimbursable remaining"));
    let (_, lines) = lines.unwrap();
    assert!(lines.contains("\"reimbursable\":\"150.00\"") && lines.contains("\"remaining\":null"), "{lines}");
    assert!(!lines.contains("\"remaining\":\""), "{lines}");
    for ((query, with), (other, without)) in with.iter().zip(&without) {
        assert_eq!((query, with), (other, without));
    }
}
