//! The closed lists of words that columns hold, stored as text (`BY_MEASURE`), so that a person can read a table.
//!
//! The migrations repeat the words as checks of the columns; a test compares the two.

use sea_orm::entity::prelude::*;

/// Who pays into a fund.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FundLevel {
    /// The European Union.
    Europe,
    /// The State.
    State,
    /// The Region.
    Region,
    /// The comuni, by their quotas.
    Comuni,
    /// A partner, public or private.
    Partner,
    /// The users of the service.
    Users,
    /// Anyone else.
    Other,
}

/// What a plan is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PlanKind {
    /// Previsione: the plan of the year to come.
    Forecast,
    /// Variazione or assestamento: a change within the year.
    Amendment,
    /// Consuntivo: what the year did cost.
    Final,
}

/// How far a plan has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PlanStatus {
    /// Being written.
    Draft,
    /// Waiting for the Assemblea.
    Proposed,
    /// Binding, and never changed again.
    Approved,
    /// Given up.
    Withdrawn,
}

/// How VAT applies to a line of a budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum VatRegime {
    /// At a rate.
    Rate,
    /// Exempt.
    Exempt,
    /// Out of the scope of VAT.
    OutOfScope,
}

/// Which amount of a line was given; the others follow from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LineGiven {
    /// The net amount.
    Net,
    /// The gross amount.
    Gross,
}

/// The closed list of cost-sharing rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RuleKind {
    /// The same for everyone.
    Equal,
    /// In proportion to a measure.
    ByMeasure,
    /// In proportion to weights given a comune.
    ByFixedWeights,
    /// In proportion to the weight of the band that a measure falls in.
    ByBands,
    /// The amount of the band that a measure falls in.
    FlatByBand,
    /// A price a unit of a measure; the total follows.
    Tariff,
    /// Parts, each under one of the other rules.
    Mixed,
}

/// How exact shares become whole cents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Rounding {
    /// Left-over cents go to the largest remainders; the sum is the amount.
    LargestRemainder,
    /// Each quota on its own; the residue is published.
    HalfUpEach,
}

/// How the size of a part of a mixed rule is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PartSizeKind {
    /// A fixed amount.
    Amount,
    /// A percentage of the whole.
    Percent,
    /// What the other parts leave.
    Remainder,
}

/// What a charge is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ChargeKind {
    /// A part of a quota, as the schedule of the year's first act has it.
    Instalment,
    /// What a later act of the year changes of it.
    Amendment,
    /// The final quota less what was charged.
    Settlement,
}

/// What a client may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Role {
    /// A comune: reads its Ambito, its own consumption in full.
    Comune,
    /// A reporting tool: reads approved plans.
    Reporting,
    /// The managing body: prepares, imports, proposes.
    Azienda,
    /// The Assemblea dei Sindaci: approves or sends back.
    Assemblea,
    /// An auditor: reads everything and the audit trail.
    Auditor,
    /// An administrator: clients, keys, Ambiti.
    Admin,
    /// A partner of agreements: reports what it spent under its own.
    Partner,
}

/// What an agreement is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AgreementKind {
    /// A service contract (contratto di servizio).
    ServiceContract,
    /// A co-design agreement (convenzione di co-progettazione).
    CoDesign,
    /// A collaboration agreement (accordo di collaborazione).
    Collaboration,
    /// An entrustment (affidamento).
    Entrustment,
    /// A contract after a tender (appalto).
    Tender,
}

/// What made a version of an agreement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum VersionKind {
    /// Its first act.
    Original,
    /// A change within its period.
    Amendment,
    /// A further period.
    Renewal,
}

/// Which amount of a line of an agreement was given; the others follow from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TermGiven {
    /// The net amount.
    Net,
    /// The gross amount.
    Gross,
    /// Neither: its parts add up to it.
    Parts,
}

/// How a part of a line is worked out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PartGiven {
    /// Months at a net monthly fee.
    Months,
    /// Hours at an hourly cost with VAT.
    Hours,
}

/// What is done on a day that comes again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RecurrenceKind {
    /// The agreement is monitored.
    Monitoring,
    /// The activity of the next year is planned by it.
    Planning,
    /// The programme of the activity is drawn up.
    Programme,
}

/// How far a report of expenses has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReportStatus {
    /// Being written.
    Draft,
    /// Waiting for a review.
    Submitted,
    /// Being reviewed.
    UnderReview,
    /// Reviewed; what was admitted is to be paid.
    Admitted,
    /// Paid, and never changed again.
    Paid,
}

/// What the review said of an expense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ExpenseStatus {
    /// Nothing yet.
    Reported,
    /// It is admitted, whole or in part.
    Admitted,
    /// It is refused.
    Refused,
}

/// What became of an application for a benefit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ApplicationStatus {
    /// It waits, and is ranked.
    Waiting,
    /// It was granted.
    Granted,
    /// It was rejected.
    Rejected,
    /// It was withdrawn.
    Withdrawn,
}

/// What became of a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum GrantStatus {
    /// It is paid out.
    Granted,
    /// It is not paid out for the time being.
    Suspended,
    /// It ended.
    Ended,
    /// It was taken back.
    Revoked,
}

/// What kind of answer a field of a monitoring report takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FieldKind {
    /// Text.
    Text,
    /// A number.
    Number,
    /// An amount of money.
    Euro,
    /// Yes or no.
    YesNo,
}

/// How far a monitoring report has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MonitoringStatus {
    /// Being written.
    Draft,
    /// Submitted.
    Submitted,
}

/// Where a governing body stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BodyLevel {
    /// It directs the whole.
    Direction,
    /// It coordinates the comune's own side.
    Municipal,
    /// It directs the partners' side.
    Partner,
    /// It runs a programme.
    Programme,
}

/// Whose side a seat of a governing body is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BodySide {
    /// A comune.
    Comune,
    /// The managing body.
    ManagingBody,
    /// A partner.
    Partner,
    /// Anyone else.
    Other,
}

/// Whom a service is for: the areas of the yearly survey of the social expenditure of the comuni.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TargetArea {
    /// Families and minors.
    FamilyMinors,
    /// People with disabilities.
    Disabled,
    /// People with addictions.
    Addictions,
    /// The elderly.
    Elderly,
    /// Migrants and nomads.
    Migrants,
    /// Poverty, adult hardship and homelessness.
    Poverty,
    /// Several of them.
    Several,
}
