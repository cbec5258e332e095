//! Freezing what a draft counts by: values that are given, that were measured on a day, or that were delivered in a year. Each is kept with its day and its source.

use std::collections::BTreeMap;

use allocation::{IstatCode, MeasureCode, Micros};
use chrono::NaiveDate;
use entity::basis;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::book::BudgetBook;
use super::comune_id;
use super::draft::{BasisSource, Editing, delete};
use super::results::Which;
use super::write::{self, At};
use crate::error::{Code, Error, Refusal, Result};
use crate::store::activity;
use crate::store::bundle::BasisRecord;

impl Editing<'_> {
    /// Freezes the values of a measure in the budget of a service, or in all that count by it or hold it. Says which results follow.
    pub(super) async fn basis(
        &self,
        service: Option<&str>,
        measure: &MeasureCode,
        source: &BasisSource,
    ) -> Result<Which> {
        let id = self.codes.measure(measure, self.book.names())?;
        let holds = |budget: &&BudgetBook| {
            budget.measures().contains(&id) || budget.basis.iter().any(|column| column.measure_id == id)
        };
        let budgets: Vec<&BudgetBook> = match service {
            Some(service) => vec![self.find(service)?],
            None => self.plan.budgets.iter().filter(holds).collect(),
        };
        if matches!(source, BasisSource::ActivityYear(_)) {
            self.check_consumption(id)?;
        }
        let mut written = false;
        for budget in &budgets {
            let records = match source {
                BasisSource::Values { values, reference_date, source } => {
                    self.given(budget, measure, values, (*reference_date, source))?
                }
                BasisSource::MeasuredOn(day) => self.measured(budget, (id, measure), *day),
                BasisSource::ActivityYear(year) => self.delivered(budget, (id, measure), *year).await?,
            };
            written |= !records.is_empty();
            self.freeze(budget, &records).await?;
        }
        if !written {
            let refusal = Refusal::new(Code::NoBasis).argument("input.source").message(
                format!("Nessun valore di {measure} da congelare."),
                format!("There is no value of {measure} to freeze."),
            );
            return Err(refusal.into());
        }
        Ok(match budgets[..] {
            [only] => Which::OfService(only.service_id),
            _ => Which::All,
        })
    }

    /// Puts values in the place of those of the same measures and comuni.
    async fn freeze(&self, budget: &BudgetBook, records: &[BasisRecord]) -> Result<()> {
        let names = self.book.names();
        let mut comuni: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
        for record in records {
            let of_measure = comuni.entry(self.codes.measure(&record.measure, names)?).or_default();
            of_measure.push(comune_id(record.comune, names)?);
        }
        for (measure, comuni) in comuni {
            delete!(self.tx, basis where basis::Column::BudgetId.eq(budget.id), basis::Column::MeasureId.eq(measure),
                basis::Column::ComuneId.is_in(comuni));
        }
        let at = At { plan: self.plan.row.id, budget: budget.id };
        write::bases(self.tx, &self.codes, at, records, names).await
    }

    /// Only what people used is ever delivered.
    fn check_consumption(&self, measure: i64) -> Result<()> {
        if self.ambito.measures.iter().any(|row| row.id == measure && row.consumption) {
            return Ok(());
        }
        let refusal = Refusal::new(Code::Invalid).argument("input.measure");
        Err(refusal.message("Non è una misura di consumo.", "It is no measure of consumption.").into())
    }

    /// What the service of a budget delivered in a year to each that takes part in it, nothing among it. Beside it the people behind it, unless the rule counts by them:
    /// they tell which values are too small to be shown.
    async fn delivered(
        &self,
        budget: &BudgetBook,
        (id, code): (i64, &MeasureCode),
        year: i32,
    ) -> Result<Vec<BasisRecord>> {
        let cases = activity::cases_measure(self.book, self.codes.ambito)?;
        let Some(found) = activity::of_year(self.tx, budget.service_id, (id, cases), year).await? else {
            return Ok(Vec::new());
        };
        let people = (id != cases && !budget.measures().contains(&cases)).then_some((cases, &found.people));
        let source = format!("Prestazioni erogate nel {year}");
        let mut records = Vec::new();
        for (measure, values) in [(id, &found.totals)].into_iter().chain(people) {
            let code = if measure == id { code } else { self.book.names().measure(measure)? };
            records.extend(budget.comuni.iter().map(|key| {
                let value = values.get(&key.id).copied().unwrap_or(Micros::ZERO);
                record(code, key.istat, value, (found.last.last_day(), &source))
            }));
        }
        Ok(records)
    }

    /// Values that are given, each of a comune that takes part.
    fn given(
        &self,
        budget: &BudgetBook,
        measure: &MeasureCode,
        values: &[(IstatCode, Micros)],
        (day, source): (NaiveDate, &str),
    ) -> Result<Vec<BasisRecord>> {
        let mut records = Vec::with_capacity(values.len());
        for (comune, value) in values {
            self.own_comune(*comune)?;
            if !budget.has(*comune) {
                return Err(no_participant(budget, *comune));
            }
            records.push(record(measure, *comune, *value, (day, source)));
        }
        Ok(records)
    }

    /// What was measured on a day of those who take part.
    fn measured(&self, budget: &BudgetBook, (id, measure): (i64, &MeasureCode), day: NaiveDate) -> Vec<BasisRecord> {
        let measured = budget.comuni.iter().filter_map(|key| {
            let found = self.book.comune(key.id)?.measurements.iter().filter(|row| {
                row.measure_id == id
                    && row.vintage.reference_date == day
                    && row.service_id().is_none_or(|service| service == budget.service_id)
            });
            // What was counted for the service itself comes before what holds for all.
            let row = found.max_by_key(|row| row.service_id().is_some())?;
            let vintage = &row.vintage;
            let frozen = record(measure, key.istat, row.value, (day, &vintage.source));
            Some(BasisRecord { assumed: vintage.assumed, ..frozen })
        });
        measured.collect()
    }
}

fn record(measure: &MeasureCode, comune: IstatCode, value: Micros, (day, source): (NaiveDate, &str)) -> BasisRecord {
    BasisRecord {
        measure: measure.clone(),
        comune,
        value,
        reference_date: day,
        source: source.to_owned(),
        assumed: false,
    }
}

fn no_participant(budget: &BudgetBook, comune: IstatCode) -> Error {
    let service = &budget.service;
    let refusal = Refusal::new(Code::Invalid).comune(comune).service(service).message(
        format!("Il comune {comune} non aderisce al servizio {service}."),
        format!("The comune {comune} does not take part in {service}."),
    );
    refusal.into()
}
