//! What a year's services cost, for the Region and the Ministry: planned and actual, added up by one classification of the services.
//!
//! Planned is the last forecast or amendment in force on a day, actual the final plan. Each budget is what covers it, so that every sum of a
//! plan is the plan's own to the cent. The classification is the services' own of now, and no part of a plan.

use std::collections::BTreeMap;
use std::sync::Arc;

use allocation::Cents;
use async_graphql::{Enum, SimpleObject};
use chrono::NaiveDate;
use entity::fund;
use entity::kinds::{self, PlanKind};

use super::ambito::Ambito;
use super::budget::fund_view;
use super::cost_allocation::expect_once;
use super::enums::{FundLevel, TargetArea};
use super::fund::Fund;
use super::scalars::Euro;
use super::service::Service;
use super::sight::Sight;
use crate::error::{Error, Result};
use crate::limits::SPENDING_ROWS_MAX;
use crate::store::master::{AmbitoBook, ServiceEntry};
use crate::store::mission;
use crate::store::plan::{BudgetBook, PlanBook};

/// What spending is added up by (dimensione della spesa). This list may grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum SpendingDimension {
    /// By Ambito (Ambito).
    Ambito,
    /// By mission and programme of D.Lgs. 118/2011 (missione e programma).
    MissionProgramme,
    /// By whom the services are for (area di utenza).
    TargetArea,
    /// By whose money it is (livello di finanziamento).
    Source,
    /// By fund, the comuni's quotas among them (fondo).
    Fund,
    /// By service (servizio).
    Service,
}

/// What the services of a year cost, as planned and as it was (spesa sociale). The sums are those of the plans, to the cent.
#[derive(SimpleObject)]
pub struct SocialSpending {
    /// The year (anno).
    pub year: i32,
    /// One row for each combination that occurs, in the order of `by`, at most 5000; an answer of more is refused, and is to be asked Ambito by Ambito or by fewer
    /// dimensions (righe).
    pub rows: Vec<SocialSpendingRow>,
    /// What was planned in all: the totals of the forecasts or amendments in force (spesa prevista).
    pub planned: Euro,
    /// What it was in all: the totals of the final plans; none where an Ambito that planned the year has none yet, or no Ambito has one (spesa effettiva).
    pub actual: Option<Euro>,
    /// The Ambiti that planned the year and have no final plan of it yet (Ambiti senza consuntivo).
    pub without_actual: Vec<Ambito>,
    /// The Ambiti that have no plan of the year in force, of which nothing is in the sums (Ambiti senza piano).
    pub without_plan: Vec<Ambito>,
}

/// One combination of what spending is added up by (riga). What is not asked for in `by` is left empty, and so is what a service is not classified in.
#[derive(SimpleObject)]
pub struct SocialSpendingRow {
    /// The Ambito (Ambito).
    pub ambito: Option<Ambito>,
    /// Mission and programme, for example `"12.01"` (missione e programma).
    pub mission_programme: Option<String>,
    /// Name of the mission; none where the code is not in the list of the decree (denominazione della missione).
    pub mission_name: Option<String>,
    /// Name of the programme; none where the code is not in the list of the decree (denominazione del programma).
    pub programme_name: Option<String>,
    /// Whom the services are for (area di utenza).
    pub target_area: Option<TargetArea>,
    /// Whose money it is (livello di finanziamento).
    pub source: Option<FundLevel>,
    /// The fund (fondo).
    pub fund: Option<Fund>,
    /// The service (servizio).
    pub service: Option<Service>,
    /// What was planned (spesa prevista).
    pub planned: Euro,
    /// What it was; none where an Ambito of the row has no final plan yet (spesa effettiva).
    pub actual: Option<Euro>,
    /// Actual less planned (scostamento).
    pub difference: Option<Euro>,
}

/// One value for each dimension asked for, so that rows sort by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Value<'a> {
    Ambito(&'a str, i64),
    MissionProgramme(Option<&'a str>),
    TargetArea(Option<TargetArea>),
    Source(FundLevel),
    Fund(&'a str, i64, i64),
    Service(&'a str, i32, i64),
}

/// What is added up for one combination, in cents.
#[derive(Default)]
struct Sum {
    planned: i128,
    actual: i128,
    /// Whether an Ambito of it has no final plan yet.
    is_open: bool,
    /// Whether some Ambito of it has one.
    is_final: bool,
}

/// A part of a budget, and where it belongs.
struct Part<'a> {
    ambito: &'a AmbitoBook,
    service: &'a ServiceEntry,
    fund: &'a fund::Model,
    amount: Cents,
}

/// Adds up the plans of a year, of one Ambito or of all that the asker sees.
pub(super) fn social_spending(
    sight: &Sight,
    year: i32,
    by: &[SpendingDimension],
    (code, day): (Option<&str>, NaiveDate),
) -> Result<SocialSpending> {
    expect_once(by, "by")?;
    let mut rows: BTreeMap<Vec<Value<'_>>, Sum> = BTreeMap::new();
    let mut total = Sum::default();
    let (mut without_actual, mut without_plan) = (Vec::new(), Vec::new());
    for ambito in sight.ambiti().filter(|ambito| code.is_none_or(|code| ambito.row.code == code)) {
        sight.check_time()?;
        let planned = in_force(sight, ambito, year, day, |kind| kind != PlanKind::Final);
        let actual = in_force(sight, ambito, year, day, |kind| kind == PlanKind::Final);
        let is_open = planned.is_some() && actual.is_none();
        if is_open {
            without_actual.push(Ambito(ambito.clone()));
        } else if actual.is_none() {
            without_plan.push(Ambito(ambito.clone()));
        }
        // Also where the plans are of nothing.
        total.is_open |= is_open;
        total.is_final |= actual.is_some();
        for (plan, is_actual) in planned.map(|plan| (plan, false)).into_iter().chain(actual.map(|plan| (plan, true))) {
            expect_few(rows.len())?;
            for budget in &plan.budgets {
                for part in parts(ambito, budget)? {
                    let key = by.iter().map(|dimension| part.value(*dimension)).collect();
                    for sum in [rows.entry(key).or_default(), &mut total] {
                        *(if is_actual { &mut sum.actual } else { &mut sum.planned }) += i128::from(part.amount.get());
                        sum.is_open |= is_open;
                        sum.is_final |= actual.is_some();
                    }
                }
            }
        }
    }
    expect_few(rows.len())?;
    sight.check_time()?;
    let rows = rows.into_iter().map(|(key, sum)| row(sight, &key, &sum)).collect::<Result<_>>()?;
    let (planned, actual) = (total.planned()?, total.actual()?);
    Ok(SocialSpending { year, rows, planned, actual, without_actual, without_plan })
}

/// Refuses an answer of more rows than one holds, while they are added up: a plan has only so many.
fn expect_few(rows: usize) -> Result<()> {
    if rows <= SPENDING_ROWS_MAX {
        return Ok(());
    }
    Err(Error::bad_request(
        format!("La risposta supera {SPENDING_ROWS_MAX} righe: indicare un Ambito o meno dimensioni."),
        format!("The answer is over {SPENDING_ROWS_MAX} rows: name an Ambito or fewer dimensions."),
    ))
}

/// The plan of some kinds that is in force on a day, where the asker sees it.
fn in_force<'a>(
    sight: &Sight,
    ambito: &'a AmbitoBook,
    year: i32,
    day: NaiveDate,
    is_wanted: impl Fn(PlanKind) -> bool,
) -> Option<&'a Arc<PlanBook>> {
    ambito.in_force_of(year, day, is_wanted).filter(|plan| sight.shows(plan))
}

/// What covers a budget: its funds, and the comuni's quotas.
fn parts<'a>(ambito: &'a AmbitoBook, budget: &BudgetBook) -> Result<Vec<Part<'a>>> {
    let service = ambito.service(&budget.service).ok_or_else(|| Error::not_found("service", &budget.service))?;
    let of_fund = |fund: Option<&'a Arc<fund::Model>>, amount: Cents| {
        let fund = fund.ok_or_else(|| Error::broken("fund of ambito", ambito.row.id))?;
        Ok(Part { ambito, service, fund, amount })
    };
    let by_id = |id: i64| ambito.funds.iter().find(|fund| fund.id == id);
    let of_comuni = ambito.funds.iter().find(|fund| fund.level == kinds::FundLevel::Comuni);
    let funding = budget.funding.iter().map(|row| of_fund(by_id(row.fund_id), row.amount));
    let parts: Vec<Part<'a>> = funding.chain([of_fund(of_comuni, budget.municipal_share)]).collect::<Result<_>>()?;
    Ok(parts.into_iter().filter(|part| part.amount != Cents::ZERO).collect())
}

impl<'a> Part<'a> {
    fn value(&self, dimension: SpendingDimension) -> Value<'a> {
        let (ambito, service) = (&self.ambito.row, &self.service.row);
        match dimension {
            SpendingDimension::Ambito => Value::Ambito(&ambito.code, ambito.id),
            SpendingDimension::MissionProgramme => Value::MissionProgramme(service.mission_programme.as_deref()),
            SpendingDimension::TargetArea => Value::TargetArea(service.target_area.map(Into::into)),
            SpendingDimension::Source => Value::Source(self.fund.level.into()),
            SpendingDimension::Fund => Value::Fund(&self.fund.code, ambito.id, self.fund.id),
            SpendingDimension::Service => Value::Service(&ambito.code, service.position, service.id),
        }
    }
}

impl Sum {
    fn planned(&self) -> Result<Euro> {
        euro(self.planned)
    }

    fn actual(&self) -> Result<Option<Euro>> {
        if self.is_open || !self.is_final { Ok(None) } else { euro(self.actual).map(Some) }
    }
}

fn euro(cents: i128) -> Result<Euro> {
    let cents = i64::try_from(cents).map_err(|_| allocation::Error::Overflow)?;
    Ok(Euro(Cents::new(cents)))
}

fn row(sight: &Sight, key: &[Value<'_>], sum: &Sum) -> Result<SocialSpendingRow> {
    let (planned, actual) = (sum.planned()?, sum.actual()?);
    let difference = actual.map(|actual| actual.0.checked_sub(planned.0)).transpose()?.map(Euro);
    let mut row = SocialSpendingRow {
        ambito: None,
        mission_programme: None,
        mission_name: None,
        programme_name: None,
        target_area: None,
        source: None,
        fund: None,
        service: None,
        planned,
        actual,
        difference,
    };
    for value in key {
        match value {
            Value::Ambito(_, id) => row.ambito = sight.ambito(*id).map(|ambito| Ambito(ambito.clone())),
            Value::MissionProgramme(code) => {
                let meaning = code.and_then(mission::meaning);
                row.mission_programme = code.map(str::to_owned);
                row.mission_name = meaning.map(|meaning| meaning.mission.to_owned());
                row.programme_name = meaning.map(|meaning| meaning.programme.to_owned());
            }
            Value::TargetArea(area) => row.target_area = *area,
            Value::Source(level) => row.source = Some(*level),
            Value::Fund(_, ambito, id) => row.fund = Some(fund_view(sight, *ambito, *id)?),
            Value::Service(_, _, id) => row.service = sight.service(*id).map(|service| Service(service.clone())),
        }
    }
    Ok(row)
}

#[cfg(test)]
mod tests {
    use super::{SPENDING_ROWS_MAX, expect_few};
    use crate::error::Code;

    #[test]
    fn an_answer_has_a_bound() {
        assert!(expect_few(SPENDING_ROWS_MAX).is_ok());
        assert_eq!(expect_few(SPENDING_ROWS_MAX + 1).map_err(|problem| problem.code()), Err(Code::BadRequest));
    }
}
