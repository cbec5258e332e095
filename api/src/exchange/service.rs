//! `[[service]]`: what a service is, for whom, and who takes part.

use allocation::IstatCode;
use chrono::NaiveDate;
use entity::kinds::TargetArea;

use super::document::{Table, Value};
use super::names::Names;
use super::text;
use crate::store::bundle::{BenefitMeasureRecord, ProjectRecord, ServiceRecord};

/// Ambiti that can share what is contributed to a project.
const AMBITI_MAX: i32 = 2_000;
/// The words for whom a service is.
const TARGET_AREAS: [(&str, TargetArea); 7] = [
    ("FAMILY_MINORS", TargetArea::FamilyMinors),
    ("DISABLED", TargetArea::Disabled),
    ("ADDICTIONS", TargetArea::Addictions),
    ("ELDERLY", TargetArea::Elderly),
    ("MIGRANTS", TargetArea::Migrants),
    ("POVERTY", TargetArea::Poverty),
    ("SEVERAL", TargetArea::Several),
];

/// Who takes part.
#[derive(Clone, Debug)]
pub(super) enum Participants {
    /// Every comune of the Ambito.
    All,
    /// These, in order of their codes.
    Listed(Vec<IstatCode>),
}

/// A service with whatever of it could be read.
pub(super) struct Service {
    pub(super) code: Option<String>,
    /// The funds that may cover it; `None` where the list could not be read.
    pub(super) covered_by: Option<Vec<String>>,
    pub(super) participants: Option<Participants>,
    pub(super) record: Option<ServiceRecord>,
}

/// Reads a service. `first_day` stands in for an absent `participants_from`.
pub(super) fn service(mut table: Table<'_>, first_day: Option<NaiveDate>, names: &mut Names) -> Service {
    let code = names.services.declare(table.need("code"), text::code);
    let name = table.text("name");
    let area = table.text("area");
    let delivery = table.text("delivery");
    let mission_programme = table.read_or_none("mission_programme", text::mission_programme);
    let target_area = table.get("target_area").and_then(|value| value.choice(&TARGET_AREAS));
    let cig = table.read_or_none("cig", text::cig);
    let cup = table.read_or_none("cup", text::cup);
    let note = table.text_or_none("note");
    let targets = table.texts("targets");
    let tasks = table.texts("tasks");
    let indicators = table.texts("indicators");
    let covered_by =
        table.get("covered_by").map_or(Some(Vec::new()), |value| names.funds.refer_all(value, "fund", text::code));
    let participants = table.need("participants").and_then(|value| participants(value, names));
    let from = table.get("participants_from");
    let participants_from = from.map_or(first_day, Value::date);
    if from.is_none() && first_day.is_none() {
        table.problem("`participants_from` is missing, and there is no programme and no plan to take it from");
    }
    let projects: Vec<_> = table.tables("project").into_iter().filter_map(|one| project(one, names)).collect();
    let benefit_measures: Vec<_> = table.tables("benefit").into_iter().filter_map(benefit).collect();
    table.finish();
    let listed = participants.as_ref().map(|participants| match participants {
        Participants::All => names.comuni.codes().copied().collect(),
        Participants::Listed(codes) => codes.clone(),
    });
    let whole = || {
        Some(ServiceRecord {
            code: code.clone()?,
            name: name?,
            area: area?,
            delivery: delivery?,
            mission_programme,
            target_area,
            cig,
            cup,
            note,
            targets,
            tasks,
            indicators,
            covered_by: covered_by.clone()?,
            projects,
            benefit_measures,
            participants: listed?,
            participants_from: participants_from?,
        })
    };
    let record = whole();
    Service { code, covered_by, participants, record }
}

/// Who takes part: `"all"`, or a list of ISTAT codes.
pub(super) fn participants(value: Value<'_>, names: &Names) -> Option<Participants> {
    if value.as_str() == Some("all") {
        return Some(Participants::All);
    }
    if value.as_str().is_some() {
        value.problem("either \"all\" or a list of ISTAT codes is expected");
        return None;
    }
    let mut codes = names.comuni.refer_all(value, "comune of the Ambito", text::istat)?;
    codes.sort_unstable();
    if codes.is_empty() {
        value.problem("at least one comune must take part");
        return None;
    }
    Some(Participants::Listed(codes))
}

/// `[[service.project]]`
fn project(mut table: Table<'_>, names: &Names) -> Option<ProjectRecord> {
    let name = table.text("name");
    let years = table.text_or_none("years");
    let contribution = table.read_or_none("contribution", text::money);
    let fund = table.get("fund").and_then(|value| names.funds.refer(value, "fund", text::code));
    let act = table.text_or_none("act");
    let starts_on = table.get("starts_on").and_then(Value::date);
    let ends_on = table.get("ends_on").and_then(Value::date);
    if starts_on.zip(ends_on).is_some_and(|(from, to)| to < from) {
        table.problem("`ends_on` is before `starts_on`");
    }
    let ambiti = table.get("ambiti").and_then(|value| {
        let count = value.count()?;
        let fits = i32::try_from(count).ok().filter(|count| *count <= AMBITI_MAX);
        if fits.is_none() {
            value.problem(&format!("there are at most {AMBITI_MAX} Ambiti"));
        }
        fits
    });
    let note = table.text_or_none("note");
    table.finish();
    Some(ProjectRecord { name: name?, years, contribution, fund, act, starts_on, ends_on, ambiti, note })
}

/// `[[service.benefit]]`
fn benefit(mut table: Table<'_>) -> Option<BenefitMeasureRecord> {
    let name = table.text("name");
    let kind = table.text("kind");
    let act = table.text_or_none("act");
    table.finish();
    Some(BenefitMeasureRecord { name: name?, kind: kind?, act })
}
