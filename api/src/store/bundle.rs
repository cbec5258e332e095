//! What an import holds once every file of it has been read and checked: plain records, in the order of the files.
//! It knows nothing of the database, and nothing of the files' syntax.

use allocation::{Cents, IstatCode, MeasureCode, Micros, Rule};
use chrono::NaiveDate;
use entity::kinds::{FundLevel, LineGiven, PlanKind, TargetArea, VatRegime};

/// One Ambito with its master data and plans.
#[derive(Clone, Debug)]
pub struct Bundle {
    /// SHA-256 of the files it was read from, as 64 hexadecimal digits: what the audit trail keeps of an import.
    pub digest: String,
    /// The Ambito itself.
    pub ambito: AmbitoRecord,
    /// Its comuni, each with the day from which it is a member.
    pub comuni: Vec<ComuneRecord>,
    /// Measures that the Ambito adds to the known ones.
    pub measures: Vec<MeasureRecord>,
    /// Values of measures, with reference day and source.
    pub measurements: Vec<MeasurementRecord>,
    /// Sources of coverage.
    pub funds: Vec<FundRecord>,
    /// The services, in their order.
    pub services: Vec<ServiceRecord>,
    /// The programme that the plans belong to.
    pub programme: Option<ProgrammeRecord>,
    /// The plans, oldest first.
    pub plans: Vec<PlanRecord>,
}

/// An Ambito.
#[derive(Clone, Debug)]
pub struct AmbitoRecord {
    /// Its code, unique on a server.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Region.
    pub region: String,
    /// Province, two letters.
    pub province: String,
    /// The body that manages its services.
    pub managing_body: String,
    /// Legal form of that body.
    pub legal_form: Option<String>,
}

/// A comune and its membership.
#[derive(Clone, Debug)]
pub struct ComuneRecord {
    /// ISTAT code.
    pub istat_code: IstatCode,
    /// Name.
    pub name: String,
    /// Cadastral code (Belfiore).
    pub cadastral_code: Option<String>,
    /// Province, two letters.
    pub province: String,
    /// First day of membership.
    pub member_from: NaiveDate,
}

/// A measure of the Ambito's own.
#[derive(Clone, Debug)]
pub struct MeasureRecord {
    /// Code.
    pub code: MeasureCode,
    /// Name in Italian.
    pub name: String,
    /// Unit in Italian.
    pub unit: String,
    /// Whether it counts what residents consumed, so that small values could name people.
    pub consumption: bool,
}

/// The value of a measure for one comune on a day.
#[derive(Clone, Debug)]
pub struct MeasurementRecord {
    /// The measure.
    pub measure: MeasureCode,
    /// The comune.
    pub comune: IstatCode,
    /// The service it counts, where it counts one.
    pub service: Option<String>,
    /// The value.
    pub value: Micros,
    /// The day it describes.
    pub reference_date: NaiveDate,
    /// Who published it.
    pub source: String,
    /// Whether no document gives it.
    pub assumed: bool,
}

/// A fund.
#[derive(Clone, Debug)]
pub struct FundRecord {
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Whose money it is.
    pub level: FundLevel,
}

/// A service, as the programme describes it.
#[derive(Clone, Debug)]
pub struct ServiceRecord {
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Area.
    pub area: String,
    /// How it is delivered.
    pub delivery: String,
    /// Mission and programme of D.Lgs. 118/2011.
    pub mission_programme: Option<String>,
    /// Whom it is for, as the Ambito classifies it.
    pub target_area: Option<TargetArea>,
    /// Code of the tender that it is bought by (CIG).
    pub cig: Option<String>,
    /// Code of the public investment project that it belongs to (CUP).
    pub cup: Option<String>,
    /// A note.
    pub note: Option<String>,
    /// For whom.
    pub targets: Vec<String>,
    /// What it includes.
    pub tasks: Vec<String>,
    /// Result indicators.
    pub indicators: Vec<String>,
    /// Codes of the funds that cover it.
    pub covered_by: Vec<String>,
    /// Projects with bound revenue.
    pub projects: Vec<ProjectRecord>,
    /// Benefits that it grants.
    pub benefit_measures: Vec<BenefitMeasureRecord>,
    /// The comuni that take part.
    pub participants: Vec<IstatCode>,
    /// The first day on which they do.
    pub participants_from: NaiveDate,
}

/// A project.
#[derive(Clone, Debug)]
pub struct ProjectRecord {
    /// Name.
    pub name: String,
    /// Years, as the document writes them.
    pub years: Option<String>,
    /// What is contributed to it.
    pub contribution: Option<Cents>,
    /// Code of the fund that it comes from.
    pub fund: Option<String>,
    /// The act.
    pub act: Option<String>,
    /// First day.
    pub starts_on: Option<NaiveDate>,
    /// Last day.
    pub ends_on: Option<NaiveDate>,
    /// Ambiti that share what is contributed.
    pub ambiti: Option<i32>,
    /// A note.
    pub note: Option<String>,
}

/// A measure of support to people.
#[derive(Clone, Debug)]
pub struct BenefitMeasureRecord {
    /// Name.
    pub name: String,
    /// Kind: buono, voucher, contributo, progetto.
    pub kind: String,
    /// The act.
    pub act: Option<String>,
}

/// A programme of several years.
#[derive(Clone, Debug)]
pub struct ProgrammeRecord {
    /// Title.
    pub title: String,
    /// First year.
    pub from_year: i32,
    /// Last year.
    pub to_year: i32,
    /// How the document is read, where it leaves room.
    pub note: Option<String>,
}

/// One year's plan.
#[derive(Clone, Debug)]
pub struct PlanRecord {
    /// The year.
    pub year: i32,
    /// What kind of plan.
    pub kind: PlanKind,
    /// A note.
    pub note: Option<String>,
    /// The act that approved it; without one the plan stays a draft.
    pub resolution: Option<ResolutionRecord>,
    /// When the comuni pay.
    pub instalments: Vec<InstalmentRecord>,
    /// One budget a service.
    pub budgets: Vec<BudgetRecord>,
}

/// The act that approves a plan.
#[derive(Clone, Debug)]
pub struct ResolutionRecord {
    /// Number.
    pub number: String,
    /// Day of adoption.
    pub adopted_on: NaiveDate,
    /// The body that adopted it.
    pub body: String,
    /// What it is about.
    pub subject: Option<String>,
    /// Whether no document gives it.
    pub assumed: bool,
}

/// A share of each quota that is due on a day.
#[derive(Clone, Debug)]
pub struct InstalmentRecord {
    /// The day.
    pub due_date: NaiveDate,
    /// Percent of the year's quota.
    pub percent: Micros,
    /// Whether no document gives it.
    pub assumed: bool,
}

/// What one service may cost, who covers it, and how the rest is shared.
#[derive(Clone, Debug)]
pub struct BudgetRecord {
    /// Code of the service.
    pub service: String,
    /// The amount; where lines are given, their sum.
    pub amount: Cents,
    /// Lines with VAT.
    pub lines: Vec<LineRecord>,
    /// Funding.
    pub funding: Vec<FundingRecord>,
    /// How the municipal share is divided; none where nobody has said yet, in a draft.
    pub rule: Option<Rule>,
    /// Whether no document gives the rule.
    pub rule_assumed: bool,
    /// A note on the rule.
    pub rule_note: Option<String>,
    /// The comuni that take part.
    pub participants: Vec<IstatCode>,
    /// The frozen basis: at least every measure of the rule, for every participant.
    pub basis: Vec<BasisRecord>,
    /// A note.
    pub note: Option<String>,
    /// Whether no document gives the amount.
    pub assumed: bool,
}

/// A line of a budget.
#[derive(Clone, Debug)]
pub struct LineRecord {
    /// What it is for.
    pub item: String,
    /// Without VAT.
    pub net: Cents,
    /// VAT.
    pub vat: Cents,
    /// With VAT.
    pub gross: Cents,
    /// VAT regime.
    pub regime: VatRegime,
    /// Rate in percent, where the regime is a rate.
    pub rate: Option<Micros>,
    /// Which of net and gross the document gives.
    pub given: LineGiven,
    /// The line of an agreement whose cost it is.
    pub agreement_line: Option<Pointer>,
}

/// The line of an agreement that a line of a budget points to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pointer {
    /// By its row id.
    Row(i64),
    /// By codes, as a file has it.
    Named {
        /// Code of the agreement.
        agreement: String,
        /// Code of the line.
        line: String,
        /// Where the file says so.
        place: String,
    },
}

impl Pointer {
    /// The row id; none where it is not known yet.
    pub fn row(&self) -> Option<i64> {
        match self {
            Self::Row(id) => Some(*id),
            Self::Named { .. } => None,
        }
    }
}

/// How much of a budget a fund covers.
#[derive(Clone, Debug)]
pub struct FundingRecord {
    /// Code of the fund.
    pub fund: String,
    /// The amount; none where the fund takes up what the others and the quotas leave.
    pub amount: Option<Cents>,
    /// Whether no document gives it.
    pub assumed: bool,
}

/// The value that a plan freezes for one comune.
#[derive(Clone, Debug)]
pub struct BasisRecord {
    /// The measure.
    pub measure: MeasureCode,
    /// The comune.
    pub comune: IstatCode,
    /// The value.
    pub value: Micros,
    /// The day it describes.
    pub reference_date: NaiveDate,
    /// Who published it.
    pub source: String,
    /// Whether no document gives it.
    pub assumed: bool,
}
