//! What the fields of the schema cost: one line a field that is more than one cheap object.
//!
//! The figures are those of a real Ambito (20 comuni, 13 services, a few steps an explanation), not worst cases: a limit on cost keeps work
//! in proportion, the limits on time and memory keep the server. A test in `tests/door.rs` fails when the schema has a list of
//! objects that this table does not know.

/// How many objects a field gives, for each object it is asked of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// A list of about so many, or 1.
    Fixed(u64),
    /// A connection: one itself, and as many `nodes` or `edges` as its page has.
    Connection,
    /// `nodes` and `edges`: as many as the page of the connection above. `alternatives`: as many as the comparison above was given.
    Page,
    /// A comparison: one itself, made anew for each of the alternatives that it is given.
    Comparison,
}

/// What one field costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Factor {
    /// How many objects it gives.
    pub count: Count,
    /// What each of them costs to make.
    pub each: u64,
}

/// Fields of the root that are connections there and plain lists elsewhere.
const ROOT: &[(&str, Factor)] = &[("activity", connection()), ("quotas", connection())];

const FIELDS: &[(&str, Factor)] = &[
    // Connections and their parts.
    ("agreements", connection()),
    ("ambiti", connection()),
    ("expenseReports", Factor { count: Count::Connection, each: 20 }),
    // Counted by the database each time.
    ("auditTrail", Factor { count: Count::Connection, each: 20 }),
    ("resolutions", connection()),
    ("ranking", connection()),
    ("applications", connection()),
    ("grants", connection()),
    ("readings", connection()),
    ("meetings", connection()),
    ("spending", connection()),
    ("monitoringReports", Factor { count: Count::Connection, each: 20 }),
    ("duties", connection()),
    ("nodes", Factor { count: Count::Page, each: 1 }),
    ("edges", Factor { count: Count::Page, each: 1 }),
    // Computed when asked for.
    ("simulation", one(50)),
    ("simulations", Factor { count: Count::Comparison, each: 50 }),
    ("alternatives", Factor { count: Count::Page, each: 1 }),
    ("costAllocation", one(50)),
    // Every plan in force of the year, of all Ambiti where none is named.
    ("socialSpending", one(200)),
    ("benefits", one(100)),
    ("comparison", one(100)),
    ("verification", one(200)),
    ("statement", one(20)),
    // Of all agreements and months, whatever is shown of it.
    ("monitoring", one(200)),
    ("attendance", one(20)),
    ("latest", one(2)),
    ("explanation", one(2)),
    ("version", one(10)),
    // All expenses under an agreement, added up by the database.
    ("account", one(50)),
    // Each may have thousands of rows; how many one answer reads is bounded where they are read.
    ("versions", Factor { count: Count::Fixed(5), each: 20 }),
    // Acts: while one is done all others wait.
    ("createPlan", one(100)),
    ("proposePlan", one(100)),
    ("approvePlan", one(100)),
    ("sendBackPlan", one(50)),
    ("withdrawPlan", one(50)),
    ("setBudget", one(50)),
    ("removeBudget", one(50)),
    ("setFunding", one(50)),
    ("setRule", one(50)),
    ("setParticipants", one(50)),
    ("setBasis", one(50)),
    ("setInstalments", one(50)),
    ("addResolution", one(50)),
    ("importActivity", one(200)),
    ("recordPayment", one(50)),
    ("reversePayment", one(50)),
    ("addAmbito", one(50)),
    ("updateAmbito", one(50)),
    ("addComune", one(50)),
    ("updateComune", one(50)),
    ("addMembership", one(50)),
    ("updateMembership", one(50)),
    ("updateResolution", one(50)),
    ("addService", one(50)),
    ("updateService", one(50)),
    ("addFund", one(50)),
    ("updateFund", one(50)),
    ("addPartner", one(50)),
    ("updatePartner", one(50)),
    // A version may have thousands of rows.
    ("addAgreement", one(200)),
    ("amendAgreement", one(200)),
    ("renewAgreement", one(200)),
    ("reportMilestone", one(50)),
    ("addProgramme", one(50)),
    ("updateProgramme", one(50)),
    ("addMeasure", one(50)),
    ("updateMeasure", one(50)),
    ("setMeasurements", one(100)),
    ("addExpenseReport", one(50)),
    ("updateExpenseReport", one(50)),
    ("removeExpenseReport", one(50)),
    ("submitExpenseReport", one(50)),
    ("addExpense", one(50)),
    ("updateExpense", one(50)),
    ("removeExpense", one(50)),
    ("beginExpenseReview", one(50)),
    ("judgeExpense", one(50)),
    ("returnExpenseReport", one(50)),
    ("admitExpenseReport", one(50)),
    ("payExpenseReport", one(50)),
    ("addBenefitMeasure", one(50)),
    ("updateBenefitMeasure", one(50)),
    ("recordBenefitApplication", one(50)),
    ("withdrawBenefitApplication", one(50)),
    ("rejectBenefitApplication", one(50)),
    ("grantBenefit", one(50)),
    ("suspendBenefit", one(50)),
    ("resumeBenefit", one(50)),
    ("endBenefit", one(50)),
    ("revokeBenefit", one(50)),
    ("updateIndicator", one(50)),
    ("recordReading", one(50)),
    ("correctReading", one(50)),
    ("addMonitoringField", one(50)),
    ("updateMonitoringField", one(50)),
    ("writeMonitoringReport", one(50)),
    ("submitMonitoringReport", one(50)),
    ("returnMonitoringReport", one(50)),
    ("addGoverningBody", one(50)),
    ("updateGoverningBody", one(50)),
    ("recordMeeting", one(50)),
    ("addProject", one(50)),
    ("updateProject", one(50)),
    ("setProjectTimeline", one(50)),
    ("reportProjectMilestone", one(50)),
    ("addWorkPlan", one(50)),
    ("updateWorkPlan", one(50)),
    ("reportWorkPlanMilestone", one(50)),
    ("recordProjectExpense", one(50)),
    ("reverseProjectExpense", one(50)),
    // Plain lists.
    ("activity", Factor { count: Count::Fixed(40), each: 2 }),
    ("adjustments", list(2)),
    ("amounts", list(5)),
    ("areas", list(5)),
    ("bands", list(5)),
    ("errors", list(5)),
    ("problems", list(10)),
    ("benefitMeasures", list(4)),
    ("budgets", list(13)),
    ("charges", list(40)),
    ("contributions", list(6)),
    ("comuneTotals", list(20)),
    ("comuni", list(20)),
    ("coverage", list(8)),
    // Up to 500 each: a page of reports with them is of a few thousand.
    ("expenses", list(250)),
    ("failures", list(5)),
    ("forecast", Factor { count: Count::Fixed(20), each: 2 }),
    ("funding", list(3)),
    ("funds", list(10)),
    ("history", list(3)),
    ("governingBodies", list(20)),
    ("indicators", list(4)),
    ("inputs", list(3)),
    ("instalments", list(4)),
    ("items", list(5)),
    ("lines", list(10)),
    ("matches", list(5)),
    ("measurements", list(12)),
    ("measures", list(12)),
    ("members", list(5)),
    ("memberships", list(20)),
    ("monitoringFields", list(20)),
    ("milestones", list(20)),
    ("participants", list(20)),
    ("parts", list(3)),
    ("partners", list(10)),
    ("payments", list(5)),
    ("plans", list(5)),
    ("withoutActual", list(2)),
    ("withoutPlan", list(2)),
    ("perimeters", list(3)),
    ("programmes", list(2)),
    ("projects", list(3)),
    ("publishedCriteria", list(5)),
    ("quotas", list(20)),
    ("recurrences", list(3)),
    // As many as the expenses of a report, over its lines.
    ("refusals", list(25)),
    ("reports", list(2)),
    ("rows", list(100)),
    ("scores", list(5)),
    ("services", list(13)),
    ("settlement", list(260)),
    ("steps", list(6)),
    ("submissions", list(2)),
    ("timeline", list(10)),
    ("values", list(20)),
    ("weights", list(20)),
    ("workPlans", list(50)),
    ("years", list(3)),
];

/// Lists of the introspection. Its single objects are free, or the usual tools' query would cost more than any real one; its lists are not,
/// since `types { fields { type { fields { ...` grows with every level.
const INTROSPECTION: &[(&str, Factor)] = &[
    ("types", list(80)),
    ("directives", list(6)),
    ("fields", list(8)),
    ("args", list(2)),
    ("inputFields", list(6)),
    ("enumValues", list(6)),
    ("interfaces", list(2)),
    ("possibleTypes", list(4)),
];

/// The factor of a field of the schema, by its name; `root` says that it is asked of the operation itself.
pub fn of(name: &str, root: bool) -> Option<Factor> {
    let in_root = ROOT.iter().filter(|_| root);
    in_root.chain(FIELDS).find(|(field, _)| *field == name).map(|(_, factor)| *factor)
}

/// The factor of a field below `__schema` or `__type`.
pub fn of_introspection(name: &str) -> Factor {
    INTROSPECTION.iter().find(|(field, _)| *field == name).map_or(one(0), |(_, factor)| *factor)
}

const fn connection() -> Factor {
    Factor { count: Count::Connection, each: 1 }
}

const fn one(each: u64) -> Factor {
    Factor { count: Count::Fixed(1), each }
}

const fn list(count: u64) -> Factor {
    Factor { count: Count::Fixed(count), each: 1 }
}
