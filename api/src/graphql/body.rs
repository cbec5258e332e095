//! Governing bodies (organismi di governo): who sits in them, when they met, and how often they were to.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, SimpleObject};
use chrono::{Months, NaiveDate};
use entity::kinds::BodySide as Side;
use entity::{body_meeting, body_member};

use super::agreement::Agreement;
use super::batch::Batch;
use super::direct::by_library;
use super::enums::{BodyLevel, BodySide};
use super::id::Key;
use super::page::{BodyMeetingConnection, Cursors};
use super::reading::{DayPage, page_of, together};
use super::scalars::{Date, DateTime};
use super::sight::{Sight, sight};
use crate::auth::viewer::Role;
use crate::error::{Error, Result};
use crate::limits::ATTENDANCE_YEARS_MAX;
use crate::store::body::{self, Attendance, Body, Span};
use crate::store::pages::{Asked, Found};

/// A body that governs an Ambito or an agreement (organismo di governo): a Cabina di regia, the staff of a programme.
#[derive(Clone)]
pub struct GoverningBody(pub(super) Arc<Body>);

/// Seats of a body: an organisation in a role, and no person (componente).
#[derive(SimpleObject)]
pub struct BodyMember {
    /// Whose side it is (parte).
    pub side: BodySide,
    /// The organisation (ente).
    pub organisation: String,
    /// By which role; never a person's name (ruolo).
    pub role: String,
    /// How many sit there for it (posti).
    pub seats: i32,
}

/// How often a body is to meet (cadenza).
#[derive(SimpleObject)]
pub struct MeetingsDue {
    /// Meetings of a period (riunioni).
    pub meetings: i32,
    /// Months of a period; the first begins with the body (mesi).
    pub every_months: i32,
}

/// Meetings held against meetings due in a span of days (riunioni svolte e dovute).
#[derive(SimpleObject)]
pub struct BodyAttendance {
    /// Meetings due by the last day of the span, the day asked about or the body's own last day, whichever comes first: those of each period of its cadence, counted
    /// from the first day of the body, that begins within the span; of one that goes on so many as its days allow for, the fraction left out (riunioni dovute).
    pub due: i32,
    /// Meetings held in the span, up to the day asked about (riunioni svolte).
    pub held: i32,
    /// Meetings that were due in such a period and were not held in it; one more in a period does not stand for one less in another (riunioni mancanti).
    pub missing: i32,
}

/// A meeting that a body held (riunione).
#[derive(Clone)]
pub struct BodyMeeting(pub(super) body_meeting::Model);

/// The bodies that one request asks for.
#[derive(Default)]
pub(super) struct Bodies {
    of_ambito: Batch<(i64, NaiveDate), Arc<Vec<Arc<Body>>>>,
    by_id: Batch<(i64, NaiveDate), Arc<Body>>,
    meetings: Batch<Asked, Arc<Found<body_meeting::Model>>>,
    days: Batch<Span, Arc<Vec<NaiveDate>>>,
}

/// Row ids and the day of keys of one request, which has one today.
fn of_one_day(keys: &[(i64, NaiveDate)]) -> (Vec<i64>, NaiveDate) {
    let day = keys.first().map(|key| key.1).unwrap_or_default();
    (keys.iter().map(|key| key.0).collect(), day)
}

fn is_for(sight: &Sight, body: &Body) -> bool {
    sight.asker().sees_body(body.row.ambito_id, &body.partners)
}

impl GoverningBody {
    /// Those of an Ambito that the asker sees, by code.
    pub(super) async fn of_ambito(ctx: &Context<'_>, ambito: i64) -> Result<Vec<Self>> {
        let sight = sight(ctx)?;
        let key = (ambito, sight.day(None));
        let found = together(ctx, &sight.watched().bodies.of_ambito, key, |tx, keys| {
            Box::pin(async move {
                let (ids, day) = of_one_day(&keys);
                Ok(body::of_ambiti(tx, &ids, day).await?.into_iter().map(|(id, found)| ((id, day), found)).collect())
            })
        });
        let found = found.await?.unwrap_or_default();
        Ok(found.iter().filter(|body| is_for(sight, body)).map(|body| Self(body.clone())).collect())
    }

    /// The one with this row id; none where it is not for the asker.
    pub(super) async fn find(ctx: &Context<'_>, id: i64) -> Result<Option<Self>> {
        let sight = sight(ctx)?;
        let key = (id, sight.day(None));
        let found = together(ctx, &sight.watched().bodies.by_id, key, |tx, keys| {
            Box::pin(async move {
                let (ids, day) = of_one_day(&keys);
                Ok(body::with_ids(tx, &ids, day).await?.into_iter().map(|(id, found)| ((id, day), found)).collect())
            })
        });
        Ok(found.await?.filter(|body| is_for(sight, body)).map(Self))
    }
}

/// A body that governs an Ambito or an agreement (organismo di governo): a Cabina di regia, the staff of a programme.
#[Object]
impl GoverningBody {
    /// Opaque identifier (identificativo).
    pub async fn id(&self) -> ID {
        Key::Body(self.0.row.id).id()
    }

    /// Code, unique in its Ambito (codice).
    async fn code(&self) -> &str {
        &self.0.row.code
    }

    /// Name (denominazione).
    async fn name(&self) -> &str {
        &self.0.row.name
    }

    /// Where it stands (livello).
    async fn level(&self) -> BodyLevel {
        self.0.row.level.into()
    }

    /// The agreement that it governs; none where it governs the Ambito (convenzione).
    async fn agreement(&self, ctx: &Context<'_>) -> Option<Agreement> {
        let found = sight(ctx).ok()?.agreement(self.0.row.agreement_id?)?;
        Some(Agreement(found.clone()))
    }

    /// How often it is to meet; none where nothing says so (cadenza delle riunioni).
    async fn due(&self) -> Option<MeetingsDue> {
        let (meetings, every_months) = self.0.row.meetings.zip(self.0.row.every_months)?;
        Some(MeetingsDue { meetings, every_months })
    }

    /// Day from which it sits (dal).
    async fn starts_on(&self) -> Date {
        Date(self.0.row.starts_on)
    }

    /// Its last day; none while it sits (al).
    async fn ends_on(&self) -> Option<Date> {
        self.0.row.ends_on.map(Date)
    }

    /// Counts its changes: what an update names as `expectedVersion` (revisione).
    async fn revision(&self) -> i32 {
        self.0.row.row_version
    }

    /// Who sits in it: organisations by their role; a partner is told of no other partner (componenti).
    async fn members(&self, ctx: &Context<'_>) -> Result<Vec<BodyMember>> {
        let sight = sight(ctx)?;
        let own = sight.asker().partner.and_then(|id| sight.partner(id)).map(|partner| partner.name.to_lowercase());
        let is_told = |row: &&body_member::Model| {
            let is_own = |name: &String| *name == row.organisation.to_lowercase();
            row.side != Side::Partner || sight.asker().role != Role::Partner || own.as_ref().is_some_and(is_own)
        };
        let member = |row: &body_member::Model| BodyMember {
            side: row.side.into(),
            organisation: row.organisation.clone(),
            role: row.role.clone(),
            seats: row.seats,
        };
        Ok(self.0.members.iter().filter(is_told).map(member).collect())
    }

    /// When it met, by day (riunioni).
    async fn meetings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of this day or later (dal).")] from: Option<Date>,
        #[graphql(desc = "Of this day or earlier (al).")] to: Option<Date>,
        #[graphql(desc = "The first so many, 1 to 100 (primi).")] first: Option<i32>,
        #[graphql(desc = "Those after this cursor (dopo).")] after: Option<String>,
    ) -> Option<Result<BodyMeetingConnection>> {
        let find = async {
            let cursors = Cursors { order: "meetings" };
            let asked = DayPage { first, after, from, to }.asked(ctx, self.0.row.id, &cursors)?;
            let found = together(ctx, &sight(ctx)?.watched().bodies.meetings, asked, |tx, keys| {
                Box::pin(async move {
                    let pages = body::meetings(tx, &keys).await?;
                    Ok(pages.into_iter().map(|(asked, page)| (asked, Arc::new(page))).collect())
                })
            });
            let found = found.await?.unwrap_or_default();
            let place = |row: &body_meeting::Model| (row.held_on, row.id);
            page_of(&found, &asked, &cursors, place, |row| BodyMeeting(row.clone())).map(Into::into)
        };
        Some(find.await)
    }

    /// How often it met in a span of at most 10 years, against how often it was to by a day (riunioni svolte e dovute).
    async fn attendance(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first day of the span (dal).")] from: Date,
        #[graphql(desc = "The last day of the span (al).")] to: Date,
        #[graphql(desc = "What comes after this day is neither due nor held yet; today where left out (alla data).")]
        as_of: Option<Date>,
    ) -> Option<Result<BodyAttendance>> {
        let find = async {
            let sight = sight(ctx)?;
            expect_short(from.0, to.0)?;
            let to = to.0.min(sight.day(as_of));
            let span = (self.0.row.id, from.0, to);
            let days = together(ctx, &sight.watched().bodies.days, span, |tx, keys| {
                Box::pin(async move { body::days(tx, &keys).await })
            });
            let days = days.await?.unwrap_or_default();
            sight.check_time()?;
            let Attendance { due, held, missing } = Attendance::new(&self.0.row, (from.0, to), &days);
            let number = |count: i64| i32::try_from(count).unwrap_or(i32::MAX);
            Ok(BodyAttendance { due: number(due), held: number(held), missing: number(missing) })
        };
        Some(find.await)
    }
}

/// Refuses a span of more years than meetings are counted of.
fn expect_short(from: NaiveDate, to: NaiveDate) -> Result<()> {
    let end = from.checked_add_months(Months::new(12 * ATTENDANCE_YEARS_MAX));
    if end.is_none_or(|end| to < end) {
        return Ok(());
    }
    Err(Error::bad_request(
        format!("from, to: al massimo {ATTENDANCE_YEARS_MAX} anni."),
        format!("from, to: at most {ATTENDANCE_YEARS_MAX} years."),
    ))
}

by_library!(BodyMeeting);

/// A meeting that a body held (riunione).
#[Object]
impl BodyMeeting {
    /// The day (data).
    async fn held_on(&self) -> Date {
        Date(self.0.held_on)
    }

    /// What it was about; no person is named (oggetto).
    async fn subject(&self) -> Option<&str> {
        self.0.subject.as_deref()
    }

    /// When it was recorded (registrata il).
    async fn recorded_at(&self) -> DateTime {
        DateTime(self.0.recorded_at)
    }
}
