//! Approved plans are read from memory: with every connection to the database closed, each field of the schema still answers, but those
//! that read rows on purpose.
//!
//! The queries are made from the schema, so that a new field cannot be forgotten.

pub(crate) mod counts;
mod watched;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use api::auth::Role;
use async_graphql::parser::types::{FieldDefinition, TypeKind};
use serde_json::{Value, json};

use crate::schema::{Types, named, published_types};
use crate::support::tables::wait;
use crate::support::{Server, agreements, neighbour};

/// Fields that read the database on purpose; what is below them is not reached here.
const READS_ROWS: &[&str] = &[
    "Agreement.account",
    "Agreement.latestVersion",
    "Agreement.version",
    "Agreement.versions",
    "Query.expenseReports",
    "Plan.verification",
    "Plan.settlement",
    "Comune.statement",
    "Query.auditTrail",
    "Query.activity",
    "Comune.activity",
    "Comune.forecast",
    "Service.activity",
    "BenefitMeasure.applications",
    "BenefitMeasure.committed",
    "BenefitMeasure.grants",
    "BenefitMeasure.ranking",
    "BenefitMeasure.remaining",
    "Query.benefits",
    "Ambito.governingBodies",
    "Ambito.monitoring",
    "Ambito.monitoringFields",
    "Ambito.monitoringReports",
    "Indicator.latest",
    "Indicator.reached",
    "Indicator.readings",
    "Project.spending",
    "Project.remaining",
    "Project.spent",
    "Project.timeline",
    "Programme.workPlans",
];
/// Types that are only below them, or below acts and unfinished drafts, of which nothing is asked here.
const BELOW: &[&str] = &[
    "AgreementAccount",
    "AgreementAccountLine",
    "AgreementVersion",
    "AgreementArea",
    "AgreementLine",
    "AgreementLinePart",
    "AgreementYear",
    "AgreementContribution",
    "AgreementContributionItem",
    "AgreementInstalment",
    "Milestone",
    "AgreementPerimeter",
    "AgreementProgramme",
    "AgreementRecurrence",
    "AgreementValue",
    "ExpenseReport",
    "ExpenseReportConnection",
    "ExpenseReportEdge",
    "ExpenseReportPayload",
    "Expense",
    "ExpenseRefusal",
    "ExpenseTotals",
    "ReportedLine",
    "PlanVerification",
    "VerificationFailure",
    "AuditEventConnection",
    "AuditEventEdge",
    "AuditEvent",
    "Settlement",
    "Statement",
    "Charge",
    "Payment",
    "PaymentMatch",
    "PaymentPayload",
    "Activity",
    "ActivityImport",
    "ActivityImportPayload",
    "ActivityImportProblem",
    "ActivityConnection",
    "ActivityEdge",
    "ConsumptionForecast",
    "MonthlyActivity",
    "BodyAttendance",
    "BodyMeeting",
    "BodyMeetingConnection",
    "BodyMeetingEdge",
    "BodyMeetingPayload",
    "BodyMember",
    "GoverningBody",
    "GoverningBodyPayload",
    "IndicatorPayload",
    "IndicatorReading",
    "IndicatorReadingConnection",
    "IndicatorReadingEdge",
    "IndicatorReadingPayload",
    "MeetingsDue",
    "Monitoring",
    "MonitoringDuty",
    "MonitoringDutyConnection",
    "MonitoringDutyEdge",
    "MonitoringField",
    "MonitoringFieldPayload",
    "MonitoringReport",
    "MonitoringReportConnection",
    "MonitoringReportEdge",
    "MonitoringReportPayload",
    "MonitoringSubmission",
    "MonitoringValue",
    "ProjectExpense",
    "ProjectExpenseConnection",
    "ProjectExpenseEdge",
    "ProjectExpensePayload",
    "ProjectMilestone",
    "ProjectPayload",
    "Mutation",
    "PlanPayload",
    "ResolutionPayload",
    "ServicePayload",
    "FundPayload",
    "PartnerPayload",
    "AgreementPayload",
    "BudgetAgreementLine",
    "ProgrammePayload",
    "WorkPlan",
    "WorkPlanMilestone",
    "WorkPlanPayload",
    "WorkPlanReport",
    "MeasurePayload",
    "MeasurementsPayload",
    "AmbitoPayload",
    "ComunePayload",
    "MembershipPayload",
    "BenefitApplication",
    "BenefitApplicationConnection",
    "BenefitApplicationEdge",
    "BenefitApplicationPayload",
    "BenefitCriterion",
    "BenefitEvent",
    "BenefitGrant",
    "BenefitGrantConnection",
    "BenefitGrantEdge",
    "BenefitGrantPayload",
    "BenefitMeasurePayload",
    "BenefitRankingConnection",
    "BenefitRankingEdge",
    "BenefitScore",
    "BenefitSum",
    "BenefitSums",
    "RankedApplication",
    "UndecidedRule",
    "UserError",
];
/// Fields that are asked for but not gone through: another holds the same things, and more of them.
const NOT_THROUGH: &[&str] = &[
    "Query.agreement",
    "Query.node",
    "Query.nodes",
    "BenefitSums.total",
    "Plan.budget",
    "Service.budget",
    "Simulation.rule",
];

/// Arguments of fields that need some.
fn arguments(field: &str, plans: &[Value]) -> Option<String> {
    Some(match field {
        "Query.ambito" => r#"code: "T1""#.to_owned(),
        "Query.comune" => r#"istatCode: "017001""#.to_owned(),
        "Query.benefits" => {
            r#"filter: { ambito: "T1", from: "2020-01-01", to: "2020-12-31" }, groupBy: [MEASURE, COMUNE, KIND, YEAR]"#
                .to_owned()
        }
        "Query.costAllocation" => "groupBy: [AMBITO, COMUNE, SERVICE, AREA, YEAR, MISSION_PROGRAMME]".to_owned(),
        "Query.socialSpending" => {
            r#"year: 2020, ambito: "T1", by: [AMBITO, MISSION_PROGRAMME, TARGET_AREA, SOURCE, FUND, SERVICE]"#
                .to_owned()
        }
        "Query.agreement" | "Query.node" => format!("id: {}", plans[0]),
        "Query.nodes" => format!("ids: [{}, {}]", plans[0], plans[1]),
        "Query.quotas" => r#"filter: { ambito: "T1" }"#.to_owned(),
        "Query.simulation" => {
            r#"input: { ambito: "T1", year: 2020, service: "SAD", amount: "100.00", funding: [] }"#.to_owned()
        }
        "Query.simulations" => format!(
            r#"input: {{ ambito: "T1", year: 2020, alternatives: [
                {{ name: "a", services: [{{ service: "SAD", amount: "100.00", funding: [] }}] }}, {{ name: "b", plan: {} }}] }}"#,
            plans[1]
        ),
        "Ambito.agreements" => "first: 100".to_owned(),
        "Ambito.service" => r#"code: "SAD""#.to_owned(),
        "GoverningBody.attendance" => r#"from: "2019-01-01", to: "2019-12-31""#.to_owned(),
        "Plan.budget" => r#"service: "SAD""#.to_owned(),
        "Plan.comparison" => format!("other: {}", plans[1]),
        "AgreementVersion.perimeter" => "year: 2021".to_owned(),
        "Ambito.plan"
        | "Comune.activity"
        | "Comune.amountDue"
        | "Comune.forecast"
        | "Comune.quotas"
        | "Comune.services"
        | "Comune.statement"
        | "Service.activity"
        | "Service.budget"
        | "Service.participants" => "year: 2020".to_owned(),
        _ => return None,
    })
}

/// A field as it is asked for.
fn call(owner: &str, field: &FieldDefinition, plans: &[Value]) -> String {
    let name = &field.name.node;
    let needed = field.arguments.iter().any(|argument| !argument.node.ty.node.nullable);
    match arguments(&format!("{owner}.{name}"), plans) {
        Some(arguments) => format!("{name}({arguments})"),
        None if needed => panic!("{owner}.{name} needs arguments: give it some here"),
        None => name.to_string(),
    }
}

/// The fields of a type that has fields.
pub(crate) fn fields<'t>(types: &'t Types, name: &str) -> Vec<&'t FieldDefinition> {
    match types.get(name).map(|definition| &definition.kind) {
        Some(TypeKind::Object(object)) => object.fields.iter().map(|field| &field.node).collect(),
        Some(TypeKind::Interface(interface)) => interface.fields.iter().map(|field| &field.node).collect(),
        _ => Vec::new(),
    }
}

/// The objects that an interface or a union stands for.
fn possible(types: &Types, name: &str) -> Vec<String> {
    let implements = |kind: &TypeKind| match kind {
        TypeKind::Object(object) => object.implements.iter().any(|interface| interface.node == name),
        _ => false,
    };
    match &types[name].kind {
        TypeKind::Union(union) => union.members.iter().map(|member| member.node.to_string()).collect(),
        TypeKind::Interface(_) => {
            types.iter().filter(|(_, own)| implements(&own.kind)).map(|(name, _)| name.clone()).collect()
        }
        _ => Vec::new(),
    }
}

/// One query a type, over the neighbour's things: every field of the schema but those that read rows.
pub(crate) fn whole_schema(server: &Server) -> Vec<String> {
    queries(&published_types(), &plan_ids(server, "T1")).into_values().collect()
}

/// One query a type: every field of it, at the end of the shortest way there.
fn queries(types: &Types, plans: &[Value]) -> BTreeMap<String, String> {
    let mut queries = BTreeMap::new();
    let mut ways = VecDeque::from([("Query".to_owned(), Vec::<String>::new())]);
    while let Some((owner, way)) = ways.pop_front() {
        if queries.contains_key(&owner) {
            continue;
        }
        let further = |step: String| way.iter().cloned().chain([step]).collect::<Vec<_>>();
        let objects = possible(types, &owner).into_iter();
        ways.extend(objects.map(|object| (object.clone(), further(format!("... on {object}")))));
        let mut selections = vec!["__typename".to_owned()];
        for field in fields(types, &owner) {
            let name = format!("{owner}.{}", field.name.node);
            let (call, of) = (call(&owner, field, plans), named(&field.ty.node));
            match types.get(of).map(|of| &of.kind) {
                _ if READS_ROWS.contains(&name.as_str()) => {}
                None | Some(TypeKind::Scalar | TypeKind::Enum(_)) => selections.push(call),
                Some(_) => {
                    selections.push(format!("{call} {{ __typename }}"));
                    ways.extend((!NOT_THROUGH.contains(&name.as_str())).then(|| (of.to_owned(), further(call))));
                }
            }
        }
        let whole =
            way.iter().rfold(format!("{{ {} }}", selections.join(" ")), |inner, step| format!("{{ {step} {inner} }}"));
        queries.insert(owner, whole);
    }
    queries
}

/// Every `__typename` of an answer.
fn type_names(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Array(entries) => entries.iter().for_each(|entry| type_names(entry, found)),
        Value::Object(members) => {
            found.extend(members.get("__typename").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|member| type_names(member, found));
        }
        _ => {}
    }
}

pub(crate) fn plan_ids(server: &Server, ambito: &str) -> Vec<Value> {
    let data = server.data(Role::Auditor, &format!("{{ ambito(code: \"{ambito}\") {{ plans {{ id }} }} }}"));
    data["ambito"]["plans"].as_array().unwrap().iter().map(|plan| plan["id"].clone()).collect()
}

/// From here on the server has no database.
fn close_database(server: &Server) {
    wait(server.store().reader().close_by_ref()).unwrap();
    assert!(wait(server.store().ready()).is_err(), "the database still answers");
}

#[test]
fn every_field_answers_without_the_database() {
    let server = Server::with(|limits| {
        limits.rate_per_minute = 1_000_000;
        limits.cost_max = 1_000_000_000;
    });
    neighbour::add(&server);
    agreements::add_small(&server, "T1", ("ALFA", "SAD"), 1);
    let types = published_types();
    let queries = queries(&types, &plan_ids(&server, "T1"));
    let token = server.token_of(Role::Auditor);
    let ask = |(name, query): (&String, &String)| {
        let answer = server.ask(&token, query, Value::Null);
        assert!(answer.status == 200 && answer.json().get("errors").is_none(), "{name}: {query}\n{}", answer.body);
        answer.json()["data"].take()
    };
    let before: Vec<Value> = queries.iter().map(ask).collect();
    close_database(&server);
    let mut reached = BTreeSet::new();
    for (query, before) in queries.iter().zip(before) {
        let after = ask(query);
        type_names(&after, &mut reached);
        // What is left of an allowance is less each time.
        assert!(after == before || query.0 == "RateLimit", "{query:?} has another answer: {after}");
    }
    let objects = types.iter().filter(|(_, own)| matches!(own.kind, TypeKind::Object(_))).map(|(name, _)| name.clone());
    let missing: Vec<String> =
        objects.filter(|name| !reached.contains(name) && !BELOW.contains(&name.as_str())).collect();
    assert!(missing.is_empty(), "no answer holds a {missing:?}");
}

#[test]
fn what_reads_the_database_fails_alone() {
    let server = Server::start();
    let query =
        r#"{ ambito(code: "9") { name plan(year: 2020) { year verification { holds } total } } viewer { role } }"#;
    let token = server.token_of(Role::Auditor);
    let mut expected = server.ask(&token, query, Value::Null).data();
    assert_eq!(expected["ambito"]["plan"]["verification"], json!({ "holds": true }));
    close_database(&server);
    let answer = server.ask(&token, query, Value::Null);
    assert_eq!((answer.status, answer.code().as_str()), (200, "STORAGE_UNAVAILABLE"));
    expected["ambito"]["plan"]["verification"] = Value::Null;
    assert_eq!(answer.json()["data"], expected);
    assert_eq!(answer.json()["errors"][0]["path"], json!(["ambito", "plan", "verification"]));
    for (path, status) in [("/health/live", 200), ("/health/ready", 503), ("/status", 503), ("/schema.graphql", 200)] {
        assert_eq!(server.get(path, &[]).status, status, "{path}");
    }
}
