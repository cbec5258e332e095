//! Activity case by case (prestazioni erogate): which rows, by pages.

use allocation::{MeasureCode, Micros};
use async_graphql::{Context, InputObject, Object};

use super::comune::Comune;
use super::direct::{Direct, Selected, Write};
use super::page::{Bounds, Cursors, Page, PageArguments};
use super::scalars::{Date, ExactDecimal, IstatCode};
use super::service::Service;
use super::sight::{Sight, sight};
use crate::auth::ReadActivityPermit;
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::store::Store;
use crate::store::activity::{self, Direction, Month, PlaceInList, Row, Wanted};
use crate::store::shape::{YEAR_MAX, YEAR_MIN};

/// What was delivered to one case in one month, by one measure (prestazione erogata).
#[derive(Clone)]
pub struct Activity(pub(super) Row);

impl Direct for Activity {
    const NAME: &'static str = "Activity";

    type Row<'a> = &'a Row;

    fn row(&self) -> &Row {
        &self.0
    }

    fn field(selected: &Selected<'_, Self>) -> Option<Write<Self>> {
        match selected.name() {
            "case" => selected.leaf(|row, _, json| json.text(&row.place.5)),
            "measure" => {
                selected.leaf(|row, sight, json| json.text(sight.book().names().measure(row.place.4)?.as_str()))
            }
            "value" => selected.leaf(|row, _, json| json.text(&Micros::new(row.value).to_string())),
            "month" => selected.leaf(|row, _, json| json.text(&month(row)?.first_day().to_string())),
            _ => None,
        }
    }
}

fn month(row: &Row) -> Result<Month> {
    Month::stored(row.place.1).ok_or_else(|| Error::broken("activity", row.id))
}

/// What was delivered to one case in one month, by one measure (prestazione erogata).
#[Object]
impl Activity {
    /// First day of the month (mese).
    async fn month(&self) -> Result<Date> {
        Ok(Date(month(&self.0)?.first_day()))
    }

    /// The service (servizio).
    async fn service(&self, ctx: &Context<'_>) -> Result<Service> {
        let found = sight(ctx)?.service(self.0.place.2);
        Ok(Service(found.ok_or_else(|| Error::broken("service", self.0.place.2))?.clone()))
    }

    /// The comune of residence (Comune di residenza).
    async fn comune(&self, ctx: &Context<'_>) -> Result<Comune> {
        let found = sight(ctx)?.comune(self.0.place.3);
        Ok(Comune(found.ok_or_else(|| Error::broken("comune", self.0.place.3))?.clone()))
    }

    /// Code of the measure, for example `HOURS` (misura).
    async fn measure(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(sight(ctx)?.book().names().measure(self.0.place.4)?.to_string())
    }

    /// Pseudonym of the case, unique in its comune. It is text as it was sent: a program that writes it into a spreadsheet guards what begins like a formula
    /// (codice del caso).
    async fn case(&self) -> &str {
        &self.0.place.5
    }

    /// How much was delivered (quantità).
    async fn value(&self) -> ExactDecimal {
        Micros::new(self.0.value).into()
    }
}

/// Which activity (filtro): what fits everything that is given.
#[derive(Debug, Default, InputObject)]
pub struct ActivityFilter {
    /// Code of the Ambito (Ambito).
    pub ambito: Option<String>,
    /// Codes of the services (servizi).
    pub services: Option<Vec<String>>,
    /// The comuni of residence (Comuni di residenza).
    pub comuni: Option<Vec<IstatCode>>,
    /// Codes of the measures (misure).
    pub measures: Option<Vec<String>>,
    /// From the month of this day on (dal mese).
    pub from: Option<Date>,
    /// Up to the month of this day (al mese).
    pub to: Option<Date>,
}

impl ActivityFilter {
    /// The filter with row ids for names. A name that is not there for the asker takes nothing.
    fn wanted(&self, sight: &Sight) -> Result<Wanted> {
        let ambiti: Vec<_> = match &self.ambito {
            Some(code) => sight.ambito_by_code(code).into_iter().collect(),
            None => sight.ambiti().collect(),
        };
        let service = |code: &String| {
            let of_code = ambiti.iter().filter_map(|ambito| ambito.service(code));
            of_code.map(|service| service.row.id).collect::<Vec<_>>()
        };
        let names = sight.book().names();
        let measure = |code: &String| {
            let code = MeasureCode::parse(code).ok();
            let of_code = code.map(|code| {
                ambiti.iter().filter_map(|ambito| names.measure_id(ambito.row.id, &code)).collect::<Vec<_>>()
            });
            of_code.unwrap_or_default()
        };
        Ok(Wanted {
            ambiti: self.ambito.as_ref().map(|_| ambiti.iter().map(|ambito| ambito.row.id).collect()),
            services: self.services.as_ref().map(|codes| codes.iter().flat_map(service).collect()),
            comuni: self.comuni.as_ref().map(|codes| codes.iter().filter_map(|code| names.comune_id(code.0)).collect()),
            measures: self.measures.as_ref().map(|codes| codes.iter().flat_map(measure).collect()),
            from: self.from.map(known_month).transpose()?,
            to: self.to.map(known_month).transpose()?,
        })
    }
}

/// The month of a day that a filter names. One outside the years that are known is refused: left out, it would let everything through.
pub(super) fn known_month(day: Date) -> Result<Month> {
    Month::of(day.0).ok_or_else(|| {
        let (from, to) = (YEAR_MIN, YEAR_MAX);
        Error::bad_request(
            format!("Un giorno del filtro va dal {from} al {to}."),
            format!("A day of the filter is from {from} to {to}."),
        )
    })
}

/// A page of the rows that the permit is for. They are counted only where that is asked for.
pub(super) async fn activity(
    sight: &Sight,
    store: &Store,
    permit: &ReadActivityPermit,
    filter: &ActivityFilter,
    (arguments, limits): (&PageArguments, &Limits),
    counts: bool,
) -> Result<Page<Activity>> {
    let wanted = filter.wanted(sight)?;
    let cursors = Cursors { order: "activity" };
    let Bounds { after, before, is_first, count } = cursors.bounds::<PlaceInList>(arguments, limits)?;
    // A code never has a zero byte, and PostgreSQL takes none.
    if [&after, &before].into_iter().flatten().any(|place| place.5.contains('\0')) {
        return Err(Error::InvalidCursor);
    }
    let direction = if is_first { Direction::Forward } else { Direction::Backward };
    let between = (after.as_ref(), before.as_ref());
    // One more, to know whether there are others.
    let mut rows = activity::page(store, permit, &wanted, between, (direction, count + 1)).await?;
    let has_more = rows.len() > count;
    if has_more && is_first {
        rows.truncate(count);
    } else if has_more {
        rows.remove(0);
    }
    let total = if counts { activity::count(store, permit, &wanted).await? } else { 0 };
    let entries = rows.into_iter().map(|row| Ok((cursors.write(&row.place)?, Activity(row))));
    let (before, after) = (before.is_some(), after.is_some());
    let (has_next, has_previous) = if is_first { (has_more, after) } else { (before, has_more) };
    Ok(Page::of_window(entries.collect::<Result<_>>()?, (has_previous, has_next), total))
}
