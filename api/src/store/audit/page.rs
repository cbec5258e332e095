//! The trail as clients read it: which events there are for them, and the events of a page. Two statements, however many events there are.
//!
//! Events are only added, and each takes the next number: what is not above the last one counted is the same for both statements.

use chrono::{DateTime, TimeDelta, Timelike, Utc};
use entity::audit_event;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use tokio::sync::SemaphorePermit;

use crate::auth::TrailPermit;
use crate::error::{Error, Result};
use crate::store::Store;
use crate::store::contact::{PATIENCE, within};

/// The kinds of subject that begin with the code of the Ambito they belong to, as in `plan:9/2020/1` and `ambito:9`. Codes have neither `:` nor `/`.
/// A subject of any other kind, such as a client, belongs to no Ambito, whatever it is called.
pub const KINDS_OF_AMBITO: [&str; 25] = [
    "activity",
    "agreement",
    "ambito",
    "benefit",
    "benefit_measure",
    "body",
    "expense",
    "expense_report",
    "fund",
    "indicator",
    "measure",
    "measurement",
    "membership",
    "milestone",
    "monitoring",
    "partner",
    "payment",
    "plan",
    "programme",
    "project",
    "project_expense",
    "reading",
    "resolution",
    "service",
    "work_plan",
];

/// Nanoseconds of the instants that are kept.
const MICROSECOND: u32 = 1_000;

/// Which events: those that fit everything that is given.
#[derive(Clone, Debug, Default)]
pub struct TrailFilter {
    /// To what it was done.
    pub subject: Option<String>,
    /// Which client did it.
    pub client: Option<String>,
    /// What was done.
    pub act: Option<String>,
    /// Not before this instant.
    pub from: Option<DateTime<Utc>>,
    /// Before this instant.
    pub to: Option<DateTime<Utc>>,
    /// Code of the Ambito it belongs to.
    pub ambito: Option<String>,
}

/// The events that somebody asks for and may see.
pub struct Trail<'s> {
    store: &'s Store,
    condition: Condition,
    _place: SemaphorePermit<'s>,
}

/// How many events there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// All of them.
    pub total: usize,
    /// Those up to a sequence, itself included.
    pub up_to: usize,
    /// Those before a sequence.
    pub before: usize,
    /// The sequence of the last one; 0 where there is none.
    pub last: i64,
}

/// Which of the events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Only those after this sequence.
    pub after: Option<i64>,
    /// Only those before this sequence.
    pub before: Option<i64>,
    /// None above the last that was counted.
    pub last: i64,
    /// How many.
    pub count: usize,
    /// Whether the first or the last of them.
    pub is_first: bool,
}

impl<'s> Trail<'s> {
    /// The events of a filter, as far as the permit goes. It waits for a place among those who read rows for clients.
    pub async fn new(store: &'s Store, permit: &TrailPermit, filter: &TrailFilter) -> Result<Self> {
        let condition = condition(store, permit, filter);
        Ok(Self { store, condition, _place: store.place_to_read().await? })
    }

    /// How many events there are, and how many of them up to one sequence and before another.
    pub async fn count(&self, up_to: Option<i64>, before: Option<i64>) -> Result<Counted> {
        // Sequences begin with 1.
        let known = |edge: Option<i64>| edge.filter(|edge| *edge > 0).unwrap_or(0);
        let (up_to, before) = (known(up_to), known(before));
        let count = |which: String| Expr::cust(format!("count(CASE WHEN {which} THEN 1 END)"));
        let counts = audit_event::Entity::find()
            .select_only()
            .expr_as(Expr::cust("count(*)"), "total")
            .expr_as(count(format!("sequence <= {up_to}")), "up_to")
            .expr_as(count(format!("sequence < {before}")), "before")
            .expr_as(Expr::cust("max(sequence)"), "last")
            .filter(self.condition.clone())
            .into_tuple::<(i64, i64, i64, Option<i64>)>();
        let row = self.answer(async { Ok(counts.one(&self.store.db).await?) }).await?;
        let (total, up_to, before, last) = row.ok_or_else(|| Error::internal("nothing was counted"))?;
        let size = |count: i64| usize::try_from(count).map_err(Error::internal);
        Ok(Counted { total: size(total)?, up_to: size(up_to)?, before: size(before)?, last: last.unwrap_or(0) })
    }

    /// The events of a stretch, oldest first.
    pub async fn events(&self, stretch: &Stretch) -> Result<Vec<audit_event::Model>> {
        if stretch.count == 0 {
            return Ok(Vec::new());
        }
        let sequence = audit_event::Column::Sequence;
        let mut events = audit_event::Entity::find().filter(self.condition.clone()).filter(sequence.lte(stretch.last));
        if let Some(after) = stretch.after {
            events = events.filter(sequence.gt(after));
        }
        if let Some(before) = stretch.before {
            events = events.filter(sequence.lt(before));
        }
        let ordered = if stretch.is_first { events.order_by_asc(sequence) } else { events.order_by_desc(sequence) };
        let page = ordered.limit(u64::try_from(stretch.count).map_err(Error::internal)?);
        let mut events = self.answer(async { Ok(page.all(&self.store.db).await?) }).await?;
        if !stretch.is_first {
            events.reverse();
        }
        Ok(events)
    }

    /// The answer to a question, unless the database is away.
    async fn answer<T>(&self, question: impl Future<Output = Result<T>>) -> Result<T> {
        let answer = within(PATIENCE, question).await;
        if answer.is_err() {
            self.store.contact.failed();
        }
        answer
    }
}

fn condition(store: &Store, permit: &TrailPermit, filter: &TrailFilter) -> Condition {
    let TrailFilter { subject, client, act, from, to, ambito } = filter;
    // PostgreSQL has no text with this sign in it, and no event either.
    if [subject, client, act, ambito].into_iter().flatten().any(|text| text.contains('\0')) {
        return Condition::all().add(Expr::cust("1 = 0"));
    }
    let equal = |column: audit_event::Column, text: &Option<String>| text.as_ref().map(|text| column.eq(text));
    Condition::all()
        .add_option(equal(audit_event::Column::Subject, subject))
        .add_option(equal(audit_event::Column::Actor, client))
        .add_option(equal(audit_event::Column::Act, act))
        .add_option(from.map(|from| audit_event::Column::At.gte(next_microsecond(from))))
        .add_option(to.map(|to| audit_event::Column::At.lt(next_microsecond(to))))
        .add_option(codes(store, permit, ambito.as_deref()).map(|codes| of_ambiti(store, codes)))
}

/// The codes of the Ambiti whose events are meant; none where all events are, also those that belong to no Ambito.
fn codes(store: &Store, permit: &TrailPermit, wanted: Option<&str>) -> Option<Vec<String>> {
    if permit.is_whole() {
        return wanted.map(|code| vec![code.to_owned()]);
    }
    let book = store.book();
    let covered = book.ambiti().filter(|ambito| permit.covers(ambito.row.id)).map(|ambito| ambito.row.code.as_str());
    Some(covered.filter(|code| wanted.is_none_or(|wanted| wanted == *code)).map(str::to_owned).collect())
}

/// Whether an event belongs to an Ambito of one of these codes. The index `audit_event_ambito` is over the same expression.
fn of_ambiti(store: &Store, codes: Vec<String>) -> Condition {
    let position = if store.is_postgres() { "strpos" } else { "instr" };
    let rest = format!("substr(subject, {position}(subject, ':') + 1)");
    let code = format!("(substr({rest}, 1, {position}({rest} || '/', '/') - 1))");
    let of_kind = |kind: &str| {
        // All texts that begin with the kind and a colon: the sign after the colon is the semicolon.
        let (from, to) = (format!("{kind}:"), format!("{kind};"));
        Condition::all().add(audit_event::Column::Subject.gte(from)).add(audit_event::Column::Subject.lt(to))
    };
    let kinds = KINDS_OF_AMBITO.iter().fold(Condition::any(), |kinds, kind| kinds.add(of_kind(kind)));
    Condition::all().add(Expr::cust(code).is_in(codes)).add(kinds)
}

/// The first whole microsecond that is not before an instant. Events have whole ones, and the engines would cut an instant each in its own way.
fn next_microsecond(instant: DateTime<Utc>) -> DateTime<Utc> {
    let over = instant.nanosecond() % MICROSECOND;
    let missing = if over == 0 { 0 } else { MICROSECOND - over };
    instant.checked_add_signed(TimeDelta::nanoseconds(missing.into())).unwrap_or(instant)
}

#[cfg(test)]
mod tests {
    use super::next_microsecond;

    #[test]
    fn instants_go_up_to_whole_microseconds() {
        for (given, expected) in [
            ("2026-06-15T10:00:00Z", "2026-06-15T10:00:00Z"),
            ("2026-06-15T10:00:00.000001Z", "2026-06-15T10:00:00.000001Z"),
            ("2026-06-15T10:00:00.0000001Z", "2026-06-15T10:00:00.000001Z"),
            ("2026-06-15T10:00:00.999999999Z", "2026-06-15T10:00:01Z"),
        ] {
            assert_eq!(
                next_microsecond(given.parse().unwrap()),
                expected.parse::<chrono::DateTime<chrono::Utc>>().unwrap()
            );
        }
    }
}
