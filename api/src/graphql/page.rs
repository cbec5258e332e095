//! Pages of lists that grow: Relay connections with keyset cursors. A cursor holds the key of its entry and the order it was made in,
//! so that a page begins where the last one ended whatever was added in between.

use std::cmp::Ordering;

use async_graphql::{Context, Object, SimpleObject};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::direct::{Direct, Rows, Selected, Write};
use crate::error::{Error, Result};
use crate::limits::Limits;

/// Where a page begins and how far it goes, as the client asked.
#[derive(Clone, Debug, Default)]
pub(super) struct PageArguments {
    pub(super) first: Option<i32>,
    pub(super) after: Option<String>,
    pub(super) last: Option<i32>,
    pub(super) before: Option<String>,
}

/// Where a page stands in its list (informazioni sulla pagina).
#[derive(Clone, Debug, PartialEq, Eq, SimpleObject)]
pub struct PageInfo {
    /// Whether entries follow (altri elementi dopo).
    pub has_next_page: bool,
    /// Whether entries precede (altri elementi prima).
    pub has_previous_page: bool,
    /// Cursor of the first entry (primo cursore).
    pub start_cursor: Option<String>,
    /// Cursor of the last entry (ultimo cursore).
    pub end_cursor: Option<String>,
}

/// A page before it takes the name of its list.
pub(super) struct Page<T> {
    entries: Vec<(String, T)>,
    info: PageInfo,
    total: i32,
}

/// Declares the connection and the edge of a list, which the library can only name one by one.
macro_rules! connections {
    ($($connection:ident, $edge:ident, $node:ty, $of:literal;)*) => {$(
        #[doc = concat!("One entry of a page of ", $of, ".")]
        #[derive(Clone, SimpleObject)]
        pub struct $edge {
            /// Where a page after or before this entry begins (cursore).
            pub cursor: String,
            /// The entry (elemento).
            pub node: $node,
        }

        #[doc = concat!("A page of ", $of, ", and how many there are in all.")]
        pub struct $connection {
            edges: Vec<$edge>,
            info: PageInfo,
            total: i32,
        }

        #[doc = concat!("A page of ", $of, ", and how many there are in all.")]
        #[Object]
        impl $connection {
            /// The entries, each with its cursor (elementi con cursore).
            async fn edges(&self, ctx: &Context<'_>) -> Rows<'_, $edge> {
                Rows::new(ctx, &*self.edges)
            }

            /// The entries (elementi).
            async fn nodes(&self, ctx: &Context<'_>) -> Rows<'_, $node> {
                Rows::new(ctx, self.edges.iter().map(|edge| edge.node.clone()).collect::<Vec<_>>())
            }

            /// Where the page stands (posizione della pagina).
            async fn page_info(&self) -> &PageInfo {
                &self.info
            }

            /// Entries of the whole list (totale degli elementi).
            async fn total_count(&self) -> i32 {
                self.total
            }
        }

        impl Direct for $edge {
            const NAME: &'static str = stringify!($edge);

            type Row<'a> = &'a $edge;

            fn row(&self) -> &$edge {
                self
            }

            fn field(selected: &Selected<'_, Self>) -> Option<Write<Self>> {
                match selected.name() {
                    "cursor" => selected.leaf(|edge, _, json| json.text(&edge.cursor)),
                    "node" => selected.object::<$node>(|edge, _| Ok(edge.node.row())),
                    _ => None,
                }
            }
        }

        impl From<Page<$node>> for $connection {
            fn from(page: Page<$node>) -> Self {
                let edges = page.entries.into_iter().map(|(cursor, node)| $edge { cursor, node }).collect();
                Self { edges, info: page.info, total: page.total }
            }
        }
    )*};
}

connections! {
    ActivityConnection, ActivityEdge, super::activity::Activity, "activity (prestazioni erogate)";
    AgreementConnection, AgreementEdge, super::agreement::Agreement, "agreements (accordi)";
    AmbitoConnection, AmbitoEdge, super::ambito::Ambito, "Ambiti (Ambiti territoriali)";
    AuditEventConnection, AuditEventEdge, super::audit::AuditEvent, "the audit trail (registro delle operazioni)";
    ExpenseReportConnection, ExpenseReportEdge, super::expense_report::ExpenseReport, "reports of expenses (rendicontazioni)";
    BenefitApplicationConnection, BenefitApplicationEdge, super::benefit_application::BenefitApplication, "applications for benefits (domande)";
    BenefitGrantConnection, BenefitGrantEdge, super::benefit_grant::BenefitGrant, "benefits granted (titoli concessi)";
    BenefitRankingConnection, BenefitRankingEdge, super::benefit_application::RankedApplication, "a ranking (graduatoria)";
    BodyMeetingConnection, BodyMeetingEdge, super::body::BodyMeeting, "meetings of governing bodies (riunioni)";
    IndicatorReadingConnection, IndicatorReadingEdge, super::indicator::IndicatorReading, "readings of indicators (rilevazioni)";
    MonitoringDutyConnection, MonitoringDutyEdge, super::monitoring::MonitoringDuty, "monitoring reports that were due (relazioni dovute)";
    MonitoringReportConnection, MonitoringReportEdge, super::monitoring_report::MonitoringReport, "monitoring reports (relazioni di monitoraggio)";
    ProjectExpenseConnection, ProjectExpenseEdge, super::project::ProjectExpense, "expenses of projects (spese dei progetti)";
    QuotaConnection, QuotaEdge, super::quota::Quota, "quotas (quote)";
    ResolutionConnection, ResolutionEdge, super::programme::Resolution, "resolutions (deliberazioni)";
}

/// Makes and reads the cursors of one list in one order.
pub(super) struct Cursors<'a> {
    /// Names the list and its order; a cursor of another is refused.
    pub(super) order: &'a str,
}

impl Cursors<'_> {
    pub(super) fn write<K: Serialize>(&self, key: &K) -> Result<String> {
        let text = serde_json::to_vec(&(self.order, key)).map_err(Error::internal)?;
        Ok(URL_SAFE_NO_PAD.encode(text))
    }

    /// Where a page begins and ends, of a list that is read where it is stored.
    pub(super) fn bounds<K: Serialize + DeserializeOwned>(
        &self,
        arguments: &PageArguments,
        limits: &Limits,
    ) -> Result<Bounds<K>> {
        let size = size(arguments, limits)?;
        let after = arguments.after.as_deref().map(|cursor| self.read::<K>(cursor)).transpose()?;
        let before = arguments.before.as_deref().map(|cursor| self.read::<K>(cursor)).transpose()?;
        let (Size::First(count) | Size::Last(count)) = size;
        Ok(Bounds { after, before, is_first: matches!(size, Size::First(_)), count })
    }

    fn read<K: Serialize + DeserializeOwned>(&self, cursor: &str) -> Result<K> {
        let text = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| Error::InvalidCursor)?;
        let (order, key): (String, K) = serde_json::from_slice(&text).map_err(|_| Error::InvalidCursor)?;
        // One spelling a cursor: what we would not have written is not ours.
        if order != self.order || self.write(&key)? != cursor {
            return Err(Error::InvalidCursor);
        }
        Ok(key)
    }
}

/// What bounds a page: the cursors' keys, and how many entries from which end.
pub(super) struct Bounds<K> {
    pub(super) after: Option<K>,
    pub(super) before: Option<K>,
    /// Whether the page is the beginning of what the cursors bound; otherwise it is the end of it.
    pub(super) is_first: bool,
    pub(super) count: usize,
}

impl<T> Page<T> {
    /// A page that was read where it is stored: its entries, whether there are others before and after, and how many there are in all.
    pub(super) fn of_window(entries: Vec<(String, T)>, (before, after): (bool, bool), total: i64) -> Self {
        let info = PageInfo {
            has_next_page: after,
            has_previous_page: before,
            start_cursor: entries.first().map(|(cursor, _)| cursor.clone()),
            end_cursor: entries.last().map(|(cursor, _)| cursor.clone()),
        };
        Self { entries, info, total: i32::try_from(total).unwrap_or(i32::MAX) }
    }
}

/// How many entries, and from which end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Size {
    First(usize),
    Last(usize),
}

fn size(arguments: &PageArguments, limits: &Limits) -> Result<Size> {
    let within = |asked: i32| {
        let asked = usize::try_from(asked).unwrap_or(0);
        if (1..=limits.page_max).contains(&asked) { Ok(asked) } else { Err(Error::page(limits.page_max)) }
    };
    match (arguments.first, arguments.last) {
        (Some(_), Some(_)) => {
            Err(Error::bad_request("Indicare first oppure last, non entrambi.", "Give first or last, not both."))
        }
        (Some(first), None) => Ok(Size::First(within(first)?)),
        (None, Some(last)) => Ok(Size::Last(within(last)?)),
        (None, None) => Ok(Size::First(limits.page_default)),
    }
}

/// Cuts a page out of entries that are sorted by key already.
pub(super) fn page<T, E, K>(
    entries: &[E],
    arguments: &PageArguments,
    limits: &Limits,
    cursors: &Cursors<'_>,
    key: impl Fn(&E) -> K,
    order: impl Fn(&K, &K) -> Ordering,
    node: impl Fn(&E) -> Result<T>,
) -> Result<Page<T>>
where
    K: Serialize + DeserializeOwned,
{
    let rank = |edge: &K, counted: &[Ordering]| {
        Ok(entries.partition_point(|entry| counted.contains(&order(&key(entry), edge))))
    };
    let of_page = |window: &Window<K>| {
        let entries = &entries[window.from..window.to];
        entries.iter().map(|entry| Ok((cursors.write(&key(entry))?, node(entry)?))).collect()
    };
    cut(arguments, limits, cursors, entries.len(), rank, of_page)
}

/// Which entries of a list are on a page, and the cursors that bound it.
pub(super) struct Window<K> {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) after: Option<K>,
    pub(super) before: Option<K>,
    /// Whether the page is the beginning of what the cursors bound; otherwise it is the end of it.
    pub(super) is_first: bool,
}

/// What is up to a cursor's entry, and what is before it.
const UP_TO: &[Ordering] = &[Ordering::Less, Ordering::Equal];
const BEFORE: &[Ordering] = &[Ordering::Less];

/// Cuts a page out of a list that is not there as a whole: `rank` says how many entries stand to a cursor's as is asked.
pub(super) fn cut<T, K: Serialize + DeserializeOwned>(
    arguments: &PageArguments,
    limits: &Limits,
    cursors: &Cursors<'_>,
    total: usize,
    rank: impl Fn(&K, &[Ordering]) -> Result<usize>,
    entries: impl FnOnce(&Window<K>) -> Result<Vec<(String, T)>>,
) -> Result<Page<T>> {
    let asked = AskedPage::read(arguments, limits, cursors)?;
    let up_to = asked.after.as_ref().map_or(Ok(0), |edge| rank(edge, UP_TO))?;
    let before = asked.before.as_ref().map_or(Ok(0), |edge| rank(edge, BEFORE))?;
    let window = asked.window(total, up_to, before);
    let page = entries(&window)?;
    Ok(Page::new(&window, total, page))
}

/// What is asked of a page, read and checked: for lists that [`cut`] cannot count, since their entries are elsewhere.
pub(super) struct AskedPage<K> {
    size: Size,
    pub(super) after: Option<K>,
    pub(super) before: Option<K>,
}

impl<K: Serialize + DeserializeOwned> AskedPage<K> {
    pub(super) fn read(arguments: &PageArguments, limits: &Limits, cursors: &Cursors<'_>) -> Result<Self> {
        let size = size(arguments, limits)?;
        let read = |cursor: &Option<String>| cursor.as_deref().map(|cursor| cursors.read::<K>(cursor)).transpose();
        Ok(Self { size, after: read(&arguments.after)?, before: read(&arguments.before)? })
    }

    /// The page in a list of so many entries, of which so many stand up to the cursor `after` and so many before the cursor `before`; where a
    /// cursor was not given its number says nothing.
    pub(super) fn window(self, total: usize, up_to: usize, before: usize) -> Window<K> {
        let from = if self.after.is_some() { up_to } else { 0 };
        let to = if self.before.is_some() { before } else { total }.max(from);
        let (from, to) = match self.size {
            Size::First(count) => (from, to.min(from.saturating_add(count))),
            Size::Last(count) => (from.max(to.saturating_sub(count)), to),
        };
        Window { from, to, after: self.after, before: self.before, is_first: matches!(self.size, Size::First(_)) }
    }
}

impl<T> Page<T> {
    /// The entries of a window with their cursors, in a list of so many.
    pub(super) fn new<K>(window: &Window<K>, total: usize, entries: Vec<(String, T)>) -> Self {
        let info = PageInfo {
            has_next_page: window.to < total,
            has_previous_page: window.from > 0,
            start_cursor: entries.first().map(|(cursor, _)| cursor.clone()),
            end_cursor: entries.last().map(|(cursor, _)| cursor.clone()),
        };
        Self { entries, info, total: i32::try_from(total).unwrap_or(i32::MAX) }
    }
}
