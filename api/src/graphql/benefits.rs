//! The benefits granted, added up: the question that the founding plan asks, of type, number and amount by measure, comune and period.

use std::collections::BTreeSet;

use async_graphql::{Context, Enum, ID, InputObject, SimpleObject};
use chrono::Datelike;

use super::activity::known_month;
use super::benefit_cells::{Group, Sees, Shown, add_up};
use super::benefit_measure::BenefitMeasure;
use super::comune::Comune;
use super::cost_allocation::expect_once;
use super::database::database;
use super::id::Key;
use super::scalars::{Date, Euro, IstatCode};
use super::sight::{Sight, sight};
use super::writing::writing;
use crate::error::{Error, Result};
use crate::limits::{BENEFIT_FILTER_ENTRIES_MAX, BENEFIT_ROWS_MAX};
use crate::store::activity::Month;
use crate::store::benefit::sum::{self, Share, Wanted};
use crate::store::master::AmbitoBook;

/// What benefits are added up by (dimensione di analisi). This list may grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum BenefitDimension {
    /// By measure (misura).
    Measure,
    /// By comune of residence (Comune di residenza).
    Comune,
    /// By kind of benefit (tipologia).
    Kind,
    /// By year (anno).
    Year,
    /// By month (mese). Only for whoever sees every case that is asked about.
    Month,
}

/// Which benefits (filtro): what fits everything that is given.
#[derive(Debug, InputObject)]
pub struct BenefitFilter {
    /// Code of the Ambito (Ambito).
    pub ambito: String,
    /// Identifiers of the measures; at most 100 (misure).
    pub measures: Option<Vec<ID>>,
    /// The comuni of residence; at most 100 (Comuni di residenza).
    pub comuni: Option<Vec<IstatCode>>,
    /// Kinds of benefit, as they are written; at most 100 (tipologie).
    pub kinds: Option<Vec<String>>,
    /// From the month of this day on (dal mese). January, for whoever does not see every case that is asked about.
    pub from: Option<Date>,
    /// Up to the month of this day (al mese). December, for whoever does not see every case that is asked about.
    pub to: Option<Date>,
}

/// Benefits added up (titoli sociali concessi).
#[derive(SimpleObject)]
pub struct BenefitSums {
    /// One row for each combination of which something is told, by measure, comune, kind, year and month (righe).
    pub rows: Vec<BenefitSum>,
    /// All of the rows together (totale).
    pub total: BenefitSum,
    /// The end of the last month that is over: figures of residents whose cases the asker does not see are of what was recorded until then. Of a measure, kind, year and comune they stay as they are until the benefits of as
    /// many people as make a cell (5) have changed, so that two answers about the same cells differ by none or by that many. None for whoever sees every case that is asked about: that is answered as it is (pubblicato al).
    pub published_on: Option<Date>,
    /// What the figures are of, in a sentence, in the language of the request (spiegazione).
    pub explanation: String,
}

/// One combination of what benefits are added up by (riga). What is not asked for in `groupBy` is left empty.
#[derive(SimpleObject)]
pub struct BenefitSum {
    /// The measure (misura).
    pub measure: Option<BenefitMeasure>,
    /// The comune of residence (Comune di residenza).
    pub comune: Option<Comune>,
    /// Kind of benefit (tipologia).
    pub kind: Option<String>,
    /// The year (anno).
    pub year: Option<i32>,
    /// First day of the month (mese).
    pub month: Option<Date>,
    /// How many benefits something is due under. None where all is withheld, and over several years for whoever does not see every case (numero di titoli).
    pub grant_count: Option<i32>,
    /// How many people have them, each counted once. None where all is withheld, and over several measures, kinds or years for whoever does not see every case
    /// (numero di beneficiari).
    pub case_count: Option<i32>,
    /// What is due: a monthly amount for each month that the benefit is in force on a day of, a single amount in the first of them. None where all is withheld (importo).
    pub amount: Option<Euro>,
    /// Whether something may be left out of it: what fewer people than make a cell (5) have of one measure, kind, year and comune, or had when it was last published. It is so of every sum that is
    /// also of residents whose cases the asker does not see, whether they have anything or not: else one person more or less would show. Then the figures are of the rest, and there are
    /// none where nothing is left (dato oscurato, in tutto o in parte).
    pub withheld: bool,
}

/// The benefits of an Ambito, added up; none for whoever may not ask, and of an Ambito that is not the asker's.
pub(super) async fn benefits(
    ctx: &Context<'_>,
    filter: &BenefitFilter,
    group_by: &[BenefitDimension],
) -> Result<Option<BenefitSums>> {
    let sight = sight(ctx)?;
    let Some(ambito) = sight.ambito_by_code(&filter.ambito).filter(|_| sight.sees_plans()) else { return Ok(None) };
    expect_once(group_by, "groupBy")?;
    let chosen = Chosen::new(sight, ambito, filter)?;
    let sees = chosen.sees(sight, ambito, group_by)?;
    let wanted = Wanted {
        measures: chosen.measures.clone(),
        comuni: chosen.comuni.clone(),
        from: chosen.from,
        to: chosen.to,
        with_records: !matches!(sees, Sees::All),
    };
    let store = database(ctx)?;
    let mut shares = match writing(ctx) {
        Some(writing) => sum::shares(writing.written().await?.tx(), &wanted, || sight.check_time()).await?,
        None => sum::read(store, &wanted, || sight.check_time()).await?,
    };
    shares.retain(|share| chosen.takes(share));
    let by = |dimension| group_by.contains(&dimension);
    let group = |share: &Share, month: Month| Group {
        measure: by(BenefitDimension::Measure).then_some(share.measure),
        comune: by(BenefitDimension::Comune).then_some(share.comune),
        kind: by(BenefitDimension::Kind).then(|| share.kind.clone()),
        year: by(BenefitDimension::Year).then(|| month.year()),
        month: by(BenefitDimension::Month).then_some(month),
    };
    let (rows, total) = add_up(&shares, group, &sees, || sight.check_time())?;
    if rows.len() > BENEFIT_ROWS_MAX {
        let (it, en) = (
            format!("La risposta supera {BENEFIT_ROWS_MAX} righe: restringere il filtro."),
            format!("The answer is over {BENEFIT_ROWS_MAX} rows: narrow the filter."),
        );
        return Err(Error::bad_request(it, en));
    }
    let mut rows: Vec<(Group, Shown)> = rows.into_iter().collect();
    rows.sort_by_cached_key(|(group, _)| (places(sight, ambito, group), group.clone()));
    let rows = rows.iter().map(|(group, shown)| publish(sight, group, shown)).collect::<Result<_>>()?;
    let (published_on, explanation) = explained(sight, &sees);
    Ok(Some(BenefitSums { rows, total: publish(sight, &Group::default(), &total)?, published_on, explanation }))
}

/// As of which day an asker is answered, and why.
fn explained(sight: &Sight, sees: &Sees) -> (Option<Date>, String) {
    let Sees::Some { people_min, closed, .. } = sees else {
        let (it, en) = ("Tutto quello che è registrato ora.", "All that is recorded now.");
        return (None, sight.language().choose(it, en).to_owned());
    };
    let (day, few) = (closed.last_day(), people_min);
    let it = format!(
        "I titoli di cui non si vedono i singoli casi sono quelli registrati fino al {day}: i successivi si leggono a mese concluso. Per misura, tipologia, anno e Comune, \
         quelli di meno di {few} persone sono esclusi da ogni somma, e le cifre cambiano quando cambiano i titoli di almeno {few} persone."
    );
    let en = format!(
        "Benefits of which single cases are not seen are those recorded up to {day}; later ones are told once their month is over. By measure, kind, year and comune, those of fewer than \
         {few} people are left out of every sum, and figures change when the benefits of {few} people or more have changed."
    );
    (Some(Date(day)), sight.language().choose(it, en))
}

/// What is asked about. Numbers are row ids.
struct Chosen {
    measures: BTreeSet<i64>,
    comuni: Option<BTreeSet<i64>>,
    /// Whether comuni are given, and each of them is one that the asker can name.
    names_comuni: bool,
    kinds: Option<Vec<String>>,
    from: Option<Month>,
    to: Option<Month>,
}

impl Chosen {
    /// A name that is not there for the asker takes nothing.
    fn new(sight: &Sight, ambito: &AmbitoBook, filter: &BenefitFilter) -> Result<Self> {
        let lists = [filter.measures.as_ref().map(Vec::len), filter.comuni.as_ref().map(Vec::len)];
        let longest = lists.into_iter().chain([filter.kinds.as_ref().map(Vec::len)]).flatten().max();
        if longest.is_some_and(|entries| entries > BENEFIT_FILTER_ENTRIES_MAX) {
            let most = BENEFIT_FILTER_ENTRIES_MAX;
            return Err(Error::bad_request(
                format!("Un elenco del filtro ha al massimo {most} voci."),
                format!("A list of the filter has {most} entries at most."),
            ));
        }
        let all = ambito.services.iter().flat_map(|service| &service.benefit_measures).map(|own| own.row.id);
        let named: Option<Vec<Option<Key>>> = filter.measures.as_ref().map(|ids| ids.iter().map(Key::read).collect());
        let is_named = |id: &i64| named.as_ref().is_none_or(|named| named.contains(&Some(Key::BenefitMeasure(*id))));
        // A comune that the asker does not see is as unknown as one that is not registered.
        let resolve = |given: &Vec<IstatCode>| {
            let find = |code: &IstatCode| sight.comune_by_istat(code.0).map(|comune| comune.row.id);
            given.iter().map(find).collect::<Vec<_>>()
        };
        let comuni: Option<Vec<Option<i64>>> = filter.comuni.as_ref().map(resolve);
        Ok(Self {
            measures: all.filter(is_named).collect(),
            names_comuni: comuni.as_ref().is_some_and(|ids| !ids.is_empty() && ids.iter().all(Option::is_some)),
            comuni: comuni.map(|ids| ids.into_iter().flatten().collect()),
            kinds: filter.kinds.clone(),
            from: filter.from.map(known_month).transpose()?,
            to: filter.to.map(known_month).transpose()?,
        })
    }

    fn takes(&self, share: &Share) -> bool {
        self.kinds.as_ref().is_none_or(|kinds| kinds.iter().any(|kind| **kind == *share.kind))
    }

    /// What the asker may see of it. Whoever does not see everything that it asks about asks about whole years.
    fn sees(&self, sight: &Sight, ambito: &AmbitoBook, group_by: &[BenefitDimension]) -> Result<Sees> {
        let asker = sight.asker();
        let sees = |comune: i64| asker.sees_small_cells_of(ambito.row.id, comune);
        // Whoever sees the small cells of a comune and is none sees them all.
        let sees_all = asker.comune.is_none() && sees(0);
        let is_own =
            self.names_comuni && self.comuni.as_ref().is_some_and(|comuni| comuni.iter().all(|comune| sees(*comune)));
        if sees_all || is_own {
            return Ok(Sees::All);
        }
        let is_whole = self.from.is_none_or(|month| month.first_day().month() == 1)
            && self.to.is_none_or(|month| month.first_day().month() == 12);
        if !is_whole || group_by.contains(&BenefitDimension::Month) {
            return Err(Error::bad_request(
                "Di titoli che non si vedono caso per caso si chiedono anni interi: da gennaio, a dicembre e senza MONTH.",
                "Of benefits that are not seen case by case whole years are asked for: from January, to December, and without MONTH.",
            ));
        }
        let people_min = usize::try_from(sight.people_min()).map_err(Error::internal)?;
        let month = sight.day(None).with_day(1).and_then(|first| first.pred_opt()).and_then(Month::of);
        let closed = month.ok_or_else(|| Error::internal("no month before this one"))?;
        Ok(Sees::Some { own: asker.comune, people_min, closed })
    }
}

/// Where a row stands: measures in the order of services, comuni by code.
fn places(sight: &Sight, ambito: &AmbitoBook, group: &Group) -> (Option<usize>, Option<String>) {
    let mut measures = ambito.services.iter().flat_map(|service| &service.benefit_measures);
    let measure = group.measure.and_then(|id| measures.position(|own| own.row.id == id));
    let comune = group.comune.and_then(|id| sight.book().comune(id)).map(|comune| comune.istat.to_string());
    (measure, comune)
}

fn publish(sight: &Sight, group: &Group, shown: &Shown) -> Result<BenefitSum> {
    let measure = |id: i64| {
        let found = sight.benefit_measure(id).ok_or_else(|| Error::broken("benefit measure", id))?;
        Ok::<_, Error>(BenefitMeasure(found.1.clone()))
    };
    let comune = |id: i64| {
        let found = sight.book().comune(id).ok_or_else(|| Error::broken("comune of benefits", id))?;
        Ok::<_, Error>(Comune(found.clone()))
    };
    let count = |number: i64| i32::try_from(number).map_err(Error::internal);
    Ok(BenefitSum {
        measure: group.measure.map(measure).transpose()?,
        comune: group.comune.map(comune).transpose()?,
        kind: group.kind.as_deref().map(str::to_owned),
        year: group.year,
        month: group.month.map(|month| Date(month.first_day())),
        grant_count: shown.grants.map(count).transpose()?,
        case_count: shown.people.map(count).transpose()?,
        amount: shown.amount.map(Euro),
        withheld: shown.withheld,
    })
}
