//! The cost allocation: quotas, or everything that covers the budgets, added up by what is asked for.

use std::collections::BTreeMap;
use std::sync::Arc;

use allocation::{Cents, Micros};
use async_graphql::{Context, Enum, Object, SimpleObject};
use chrono::NaiveDate;
use entity::kinds::FundLevel;

use super::ambito::Ambito;
use super::budget::fund_view;
use super::comune::Comune;
use super::direct::{Direct, Rows, Selected, Write};
use super::fund::Fund;
use super::json::Json;
use super::plan::residents;
use super::quotas::{Chosen, QuotaFilter};
use super::scalars::Euro;
use super::service::Service;
use super::sight::Sight;
use crate::error::{Error, Result};
use crate::store::master::AmbitoBook;
use crate::store::plan::{BudgetBook, ComuneKey, Comuni, PlanBook};

/// What the cost is added up by (dimensione di analisi). This list may grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum CostDimension {
    /// By Ambito (Ambito).
    Ambito,
    /// By comune (Comune). Funds cover services, not comuni, so it does not go with `FUND`.
    Comune,
    /// By service (servizio).
    Service,
    /// By area (area).
    Area,
    /// By fund, the comuni's quotas among them (fonte di copertura).
    Fund,
    /// By year (anno).
    Year,
    /// By mission and programme of D.Lgs. 118/2011 (missione e programma).
    MissionProgramme,
}

/// The cost of the services, added up (ripartizione dei costi). Without `FUND` it is what the comuni owe; with it, the whole budgets.
pub struct CostAllocation {
    rows: Vec<CostAllocationRow>,
    total: Euro,
}

/// The cost of the services, added up (ripartizione dei costi). Without `FUND` it is what the comuni owe; with it, the whole budgets.
#[Object]
impl CostAllocation {
    /// One row for each combination that occurs, in the order of `groupBy` (righe).
    async fn rows(&self, ctx: &Context<'_>) -> Rows<'_, CostAllocationRow> {
        Rows::new(ctx, &*self.rows)
    }

    /// The sum of the rows (totale).
    async fn total(&self) -> Euro {
        self.total
    }
}

/// One combination of what the cost is added up by (riga). What is not asked for in `groupBy` is left empty.
#[derive(Clone, SimpleObject)]
pub struct CostAllocationRow {
    /// The Ambito (Ambito).
    pub ambito: Option<Ambito>,
    /// The comune (Comune).
    pub comune: Option<Comune>,
    /// The service (servizio).
    pub service: Option<Service>,
    /// The area (area).
    pub area: Option<String>,
    /// The fund (fonte di copertura).
    pub fund: Option<Fund>,
    /// The year (anno).
    pub year: Option<i32>,
    /// Mission and programme (missione e programma).
    pub mission_programme: Option<String>,
    /// The sum (importo).
    pub amount: Euro,
    /// For each resident of the comuni that share it, rounded half up; none where the row spans several years (euro per abitante).
    pub per_resident: Option<Euro>,
    /// How many quotas are in the sum; zero for a fund that is not the comuni's (numero di quote).
    pub quota_count: i32,
}

impl Direct for CostAllocationRow {
    const NAME: &'static str = "CostAllocationRow";

    type Row<'a> = &'a Self;

    fn row(&self) -> &Self {
        self
    }

    fn field(selected: &Selected<'_, Self>) -> Option<Write<Self>> {
        match selected.name() {
            "ambito" => selected.object_or_null::<Ambito>(|row, _| row.ambito.as_ref().map(Direct::row)),
            "comune" => selected.object_or_null::<Comune>(|row, _| row.comune.as_ref().map(Direct::row)),
            "service" => selected.object_or_null::<Service>(|row, _| row.service.as_ref().map(Direct::row)),
            "area" => selected.leaf(|row, _, json| json.option(row.area.as_deref(), Json::text)),
            "year" => selected.leaf(|row, _, json| json.any(&row.year)),
            "missionProgramme" => {
                selected.leaf(|row, _, json| json.option(row.mission_programme.as_deref(), Json::text))
            }
            "amount" => selected.leaf(|row, _, json| json.euro(row.amount.0)),
            "perResident" => {
                selected.leaf(|row, _, json| json.option(row.per_resident, |json, amount| json.euro(amount.0)))
            }
            "quotaCount" => selected.leaf(|row, _, json| json.any(&row.quota_count)),
            _ => None,
        }
    }
}

/// One value for each dimension asked for, so that rows sort by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Value<'a> {
    Ambito(&'a str, i64),
    Comune(allocation::IstatCode, i64),
    Service(&'a str, i32, i64),
    Area(&'a str),
    Fund(&'a str, i64, i64),
    Year(i32),
    MissionProgramme(Option<&'a str>),
}

/// What is added up for one combination.
#[derive(Default)]
struct Sum<'a> {
    cents: i128,
    quotas: usize,
    /// The year of its quotas, and whether they are of others, too.
    year: Option<i32>,
    spans_years: bool,
    /// The comuni of whole budgets, each list once a plan.
    lists: Vec<(&'a PlanBook, &'a Comuni)>,
    /// Single comuni, with the plan that counts their residents.
    comuni: BTreeMap<i64, (&'a PlanBook, ComuneKey)>,
}

/// The sums of every combination.
struct Sums<'a> {
    by_key: BTreeMap<Vec<Value<'a>>, Sum<'a>>,
    group_by: &'a [CostDimension],
}

/// Adds up the quotas or the coverage of all plans in force on a day, and says what a resident pays where that is asked for.
pub(super) fn cost_allocation(
    sight: &Sight,
    filter: &QuotaFilter,
    group_by: &[CostDimension],
    (day, per_resident): (NaiveDate, bool),
) -> Result<CostAllocation> {
    check(filter, group_by)?;
    let mut sums = Sums { by_key: BTreeMap::new(), group_by };
    let by_fund = group_by.contains(&CostDimension::Fund);
    let wanted = filter.wanted();
    for (ambito, plan) in wanted.plans(sight, day) {
        sight.check_time()?;
        for budget in plan.budgets.iter().filter(|budget| wanted.takes_budget(ambito, budget)) {
            let place = Place { ambito, plan, budget };
            if by_fund { sums.add_coverage(&place)? } else { sums.add_quotas(&place, &wanted.chosen(budget))? }
        }
    }
    let rows =
        sums.by_key.into_iter().map(|(key, sum)| row(sight, key, &sum, per_resident)).collect::<Result<Vec<_>>>()?;
    let total = Cents::sum(rows.iter().map(|row| row.amount.0))?;
    Ok(CostAllocation { rows, total: Euro(total) })
}

/// Refuses a dimension that an argument names twice.
pub(super) fn expect_once<T: PartialEq>(dimensions: &[T], argument: &str) -> Result<()> {
    if dimensions.iter().enumerate().any(|(at, dimension)| dimensions[..at].contains(dimension)) {
        return Err(Error::bad_request(
            format!("{argument}: una dimensione compare due volte."),
            format!("{argument}: a dimension is named twice."),
        ));
    }
    Ok(())
}

fn check(filter: &QuotaFilter, group_by: &[CostDimension]) -> Result<()> {
    expect_once(group_by, "groupBy")?;
    let by_fund = group_by.contains(&CostDimension::Fund);
    if by_fund && (group_by.contains(&CostDimension::Comune) || filter.names_quotas()) {
        return Err(Error::bad_request(
            "I fondi coprono servizi, non comuni: FUND non si combina con COMUNE né con filtri su comuni o importi di quota.",
            "Funds cover services, not comuni: FUND does not go with COMUNE, nor with filters on comuni or on amounts of quotas.",
        ));
    }
    Ok(())
}

/// A budget, and where it belongs.
struct Place<'a> {
    ambito: &'a Arc<AmbitoBook>,
    plan: &'a PlanBook,
    budget: &'a BudgetBook,
}

impl<'a> Sums<'a> {
    /// The quotas of a budget: as one sum, unless they are told apart.
    fn add_quotas(&mut self, place: &Place<'a>, chosen: &Chosen) -> Result<()> {
        let budget = place.budget;
        if self.group_by.contains(&CostDimension::Comune) {
            let mut key = self.key(place, None, budget.quota_comuni.first().copied())?;
            let at = self.group_by.iter().position(|dimension| *dimension == CostDimension::Comune);
            for index in 0..chosen.len() {
                let quota = chosen.at(index);
                let comune = budget.quota_comuni[quota];
                if let Some(value) = at.and_then(|at| key.get_mut(at)) {
                    *value = Value::Comune(comune.istat, comune.id);
                }
                let sum = self.sum(&key, place.plan)?;
                sum.cents += i128::from(budget.quotas[quota].get());
                sum.quotas += 1;
                sum.comuni.entry(comune.id).or_insert((place.plan, comune));
            }
            return Ok(());
        }
        if chosen.len() == 0 {
            return Ok(());
        }
        let key = self.key(place, None, None)?;
        let sum = self.sum(&key, place.plan)?;
        sum.quotas += chosen.len();
        if let Chosen::All(_) = chosen {
            sum.cents += i128::from(budget.quota_total.get());
            sum.add_list(place.plan, &budget.quota_comuni);
            return Ok(());
        }
        for quota in (0..chosen.len()).map(|index| chosen.at(index)) {
            let comune = budget.quota_comuni[quota];
            sum.cents += i128::from(budget.quotas[quota].get());
            sum.comuni.entry(comune.id).or_insert((place.plan, comune));
        }
        Ok(())
    }

    /// What covers a budget, the comuni's quotas among it.
    fn add_coverage(&mut self, place: &Place<'a>) -> Result<()> {
        let Place { ambito, plan, budget } = *place;
        let find = |id: i64| ambito.funds.iter().find(|fund| fund.id == id).ok_or_else(|| Error::broken("fund", id));
        let comuni = ambito.funds.iter().find(|fund| fund.level == FundLevel::Comuni);
        let comuni = comuni.ok_or_else(|| Error::broken("fund of the comuni of ambito", ambito.row.id))?;
        let mut sources = Vec::with_capacity(budget.funding.len() + 1);
        for row in &budget.funding {
            sources.push((find(row.fund_id)?, row.amount, 0));
        }
        sources.push((comuni, budget.municipal_share, budget.quotas.len()));
        for (fund, amount, quotas) in sources.into_iter().filter(|(_, amount, _)| *amount != Cents::ZERO) {
            let key = self.key(place, Some(fund), None)?;
            let sum = self.sum(&key, plan)?;
            sum.cents += i128::from(amount.get());
            sum.quotas += quotas;
            sum.add_list(plan, &budget.quota_comuni);
        }
        Ok(())
    }

    fn sum(&mut self, key: &[Value<'a>], plan: &'a PlanBook) -> Result<&mut Sum<'a>> {
        if !self.by_key.contains_key(key) {
            self.by_key.insert(key.to_vec(), Sum::default());
        }
        let sum = self.by_key.get_mut(key).ok_or_else(|| Error::internal("a sum was lost"))?;
        sum.spans_years |= sum.year.replace(plan.row.year).is_some_and(|year| year != plan.row.year);
        Ok(sum)
    }

    fn key(
        &self,
        place: &Place<'a>,
        fund: Option<&'a entity::fund::Model>,
        comune: Option<ComuneKey>,
    ) -> Result<Vec<Value<'a>>> {
        self.group_by.iter().map(|dimension| value(*dimension, place, fund, comune)).collect()
    }
}

impl<'a> Sum<'a> {
    fn add_list(&mut self, plan: &'a PlanBook, comuni: &'a Comuni) {
        let known = |(other, list): &(&PlanBook, &Comuni)| std::ptr::eq(*other, plan) && Arc::ptr_eq(list, comuni);
        if !self.lists.iter().any(known) {
            self.lists.push((plan, comuni));
        }
    }

    /// The residents of all its comuni, each counted once; none where one is not known, or where it is of several years.
    fn residents(&self, sight: &Sight) -> Option<Micros> {
        if self.spans_years {
            return None;
        }
        if let ([(plan, list)], true) = (&self.lists[..], self.comuni.is_empty())
            && let Some(total) = plan.residents_of(list)
        {
            return Some(total);
        }
        let mut comuni = self.comuni.clone();
        for (plan, list) in &self.lists {
            for comune in list.iter() {
                comuni.entry(comune.id).or_insert((plan, *comune));
            }
        }
        let mut total = 0_i128;
        for (plan, comune) in comuni.values() {
            let residents = match plan.residents(comune.istat) {
                Some(frozen) => frozen,
                None => residents(sight, plan, sight.book().comune(comune.id)?)?,
            };
            total += i128::from(residents.get());
        }
        i64::try_from(total).ok().map(Micros::new)
    }
}

fn value<'a>(
    dimension: CostDimension,
    place: &Place<'a>,
    fund: Option<&'a entity::fund::Model>,
    comune: Option<ComuneKey>,
) -> Result<Value<'a>> {
    let Place { ambito, plan, budget } = *place;
    let service = || ambito.service(&budget.service).ok_or_else(|| Error::not_found("service", &budget.service));
    Ok(match dimension {
        CostDimension::Ambito => Value::Ambito(&ambito.row.code, ambito.row.id),
        CostDimension::Comune => comune.map_or(Value::Year(0), |comune| Value::Comune(comune.istat, comune.id)),
        CostDimension::Service => {
            let service = service()?;
            Value::Service(&ambito.row.code, service.row.position, service.row.id)
        }
        CostDimension::Area => Value::Area(&service()?.row.area),
        CostDimension::Fund => {
            let fund = fund.ok_or_else(|| Error::internal("a quota has no fund"))?;
            Value::Fund(&fund.code, ambito.row.id, fund.id)
        }
        CostDimension::Year => Value::Year(plan.row.year),
        CostDimension::MissionProgramme => Value::MissionProgramme(service()?.row.mission_programme.as_deref()),
    })
}

fn row(sight: &Sight, key: Vec<Value<'_>>, sum: &Sum<'_>, per_resident: bool) -> Result<CostAllocationRow> {
    let cents = i64::try_from(sum.cents).map_err(|_| allocation::Error::Overflow)?;
    let amount = Cents::new(cents);
    // To count them walks over all comuni of the sum, so it is done where it is asked for.
    let residents = per_resident.then(|| sum.residents(sight)).flatten();
    let mut row = CostAllocationRow {
        ambito: None,
        comune: None,
        service: None,
        area: None,
        fund: None,
        year: None,
        mission_programme: None,
        amount: Euro(amount),
        per_resident: residents.and_then(|residents| allocation::per_unit(amount, residents)).map(Euro),
        quota_count: i32::try_from(sum.quotas).unwrap_or(i32::MAX),
    };
    for value in key {
        match value {
            Value::Ambito(_, id) => row.ambito = sight.ambito(id).map(|ambito| Ambito(ambito.clone())),
            Value::Comune(_, id) => row.comune = sight.book().comune(id).map(|comune| Comune(comune.clone())),
            Value::Service(_, _, id) => row.service = sight.service(id).map(|service| Service(service.clone())),
            Value::Area(area) => row.area = Some(area.to_owned()),
            Value::Fund(_, ambito, id) => row.fund = Some(fund_view(sight, ambito, id)?),
            Value::Year(year) => row.year = Some(year),
            Value::MissionProgramme(code) => row.mission_programme = code.map(str::to_owned),
        }
    }
    Ok(row)
}
