//! Governing bodies: who sits in them by which role, and when they met.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object};

use super::master::{keeps_master, missing, needed, optional, permit_by_code};
use super::{BodyMeetingPayload, GoverningBodyPayload, asker};
use crate::auth::{MasterPermit, Viewer};
use crate::error::{Error, Result};
use crate::graphql::body::{BodyMeeting, GoverningBody};
use crate::graphql::enums::{BodyLevel, BodySide};
use crate::graphql::id::Key;
use crate::graphql::scalars::Date;
use crate::graphql::writing::Act;
use crate::store::body::{self, BodyChange, Cadence, NewBody, NewMember};

/// Seats of a body (componente).
#[derive(InputObject)]
pub struct BodyMemberInput {
    /// Whose side it is (parte).
    pub side: BodySide,
    /// The organisation (ente).
    pub organisation: String,
    /// By which role, at most 100 characters; never a person's name, who is no business of this register (ruolo).
    pub role: String,
    /// How many sit there for it, 1 to 1000; 1 where left out (posti).
    #[graphql(default = 1)]
    pub seats: i32,
}

/// How often a body is to meet (cadenza).
#[derive(InputObject)]
pub struct MeetingsDueInput {
    /// Meetings of a period, 1 to 31 (riunioni).
    pub meetings: i32,
    /// Months of a period, 1 to 120 (mesi).
    pub every_months: i32,
}

/// A governing body to be (organismo di governo).
#[derive(InputObject)]
pub struct AddGoverningBodyInput {
    /// Code of the Ambito (codice dell'Ambito).
    pub ambito: String,
    /// Code, unique in the Ambito and never changed (codice): upper-case letters, digits, `-` and `_`.
    pub code: String,
    /// Name (denominazione).
    pub name: String,
    /// Where it stands (livello).
    pub level: BodyLevel,
    /// Code of the agreement that it governs, never changed; left out where it governs the Ambito (convenzione).
    pub agreement: Option<String>,
    /// How often it is to meet; left out where nothing says so (cadenza delle riunioni).
    pub due: Option<MeetingsDueInput>,
    /// Day from which it sits, never changed: periods are counted from it (dal).
    pub starts_on: Date,
    /// Its last day; left out while it sits (al).
    pub ends_on: Option<Date>,
    /// Who sits in it, at most 100 entries (componenti).
    pub members: Vec<BodyMemberInput>,
}

/// What becomes of a governing body (modifica dell'organismo): what is left out stays.
#[derive(InputObject)]
pub struct UpdateGoverningBodyInput {
    /// Identifier of the body (organismo).
    pub body: ID,
    /// The body's revision that this is based on (revisione attesa).
    pub expected_version: i32,
    /// Name (denominazione).
    pub name: MaybeUndefined<String>,
    /// Where it stands (livello).
    pub level: MaybeUndefined<BodyLevel>,
    /// How often it is to meet (cadenza delle riunioni).
    pub due: MaybeUndefined<MeetingsDueInput>,
    /// Its last day; it did not meet after it (al).
    pub ends_on: MaybeUndefined<Date>,
    /// Who sits in it, in the place of those who do (componenti).
    pub members: MaybeUndefined<Vec<BodyMemberInput>>,
}

/// A meeting to be recorded (riunione).
#[derive(InputObject)]
pub struct RecordMeetingInput {
    /// Identifier of the body (organismo).
    pub body: ID,
    /// The day, within the body's time and not after today; one meeting a day (data).
    pub held_on: Date,
    /// What it was about, at most 500 characters; no person is named (oggetto).
    pub subject: Option<String>,
}

#[derive(Default)]
pub(super) struct BodyMutation;

#[Object]
impl BodyMutation {
    /// Adds a governing body (aggiunge un organismo di governo). By the managing body.
    async fn add_governing_body(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The body (organismo).")] input: AddGoverningBodyInput,
    ) -> Option<Result<GoverningBodyPayload>> {
        Some(add(ctx, input).await)
    }

    /// Changes a governing body (modifica un organismo di governo). By the managing body.
    async fn update_governing_body(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change, and of which body (modifica).")] input: UpdateGoverningBodyInput,
    ) -> Option<Result<GoverningBodyPayload>> {
        Some(update(ctx, input).await)
    }

    /// Records that a governing body met (registra una riunione). By the managing body.
    async fn record_meeting(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The meeting (riunione).")] input: RecordMeetingInput,
    ) -> Option<Result<BodyMeetingPayload>> {
        Some(record(ctx, input).await)
    }
}

impl BodyMemberInput {
    fn member(self) -> NewMember {
        NewMember { side: self.side.into(), organisation: self.organisation, role: self.role, seats: self.seats }
    }
}

impl MeetingsDueInput {
    fn cadence(&self) -> Cadence {
        Cadence { meetings: self.meetings, every_months: self.every_months }
    }
}

fn members(given: Vec<BodyMemberInput>) -> Vec<NewMember> {
    given.into_iter().map(BodyMemberInput::member).collect()
}

/// The body that an identifier names, and the right to keep it.
async fn own(act: &Act<'_>, viewer: &Viewer, id: &ID) -> Result<(MasterPermit, i64)> {
    let Some(Key::Body(id)) = Key::read(id) else { return Err(missing("input.body")) };
    let found = body::with_ids(act.write().tx(), &[id], act.write().clock().today()).await?.remove(&id);
    let permit = found.and_then(|body| viewer.keep_master(body.row.ambito_id));
    Ok((permit.ok_or_else(|| missing("input.body"))?, id))
}

async fn written(act: &Act<'_>, id: i64) -> Result<GoverningBody> {
    let found = body::with_ids(act.write().tx(), &[id], act.write().clock().today()).await?.remove(&id);
    Ok(GoverningBody(found.ok_or_else(|| Error::broken("body", id))?))
}

async fn add(ctx: &Context<'_>, input: AddGoverningBodyInput) -> Result<GoverningBodyPayload> {
    let (sight, viewer) = asker(ctx, keeps_master)?;
    let act = Act::begin(ctx).await?;
    let done = async {
        let permit = permit_by_code(sight, viewer, &input.ambito)?;
        let new = NewBody {
            code: input.code,
            name: input.name,
            level: input.level.into(),
            agreement: input.agreement,
            cadence: input.due.map(|due| due.cadence()),
            starts_on: input.starts_on.0,
            ends_on: input.ends_on.map(|day| day.0),
            members: members(input.members),
        };
        let id = body::add(act.write(), &permit, new, sight.book()).await?;
        written(&act, id).await
    };
    let done = done.await;
    Ok(act.end(done).await?.map(Some).into())
}

async fn update(ctx: &Context<'_>, input: UpdateGoverningBodyInput) -> Result<GoverningBodyPayload> {
    let (sight, viewer) = asker(ctx, keeps_master)?;
    let act = Act::begin(ctx).await?;
    let done = async {
        let (permit, id) = own(&act, viewer, &input.body).await?;
        let change = BodyChange {
            name: needed(input.name, "input.name")?,
            level: needed(input.level, "input.level")?.map(Into::into),
            cadence: optional(input.due.map_value(|due| due.cadence())),
            ends_on: optional(input.ends_on.map_value(|day| day.0)),
            members: needed(input.members, "input.members")?.map(members),
        };
        body::update(act.write(), &permit, (id, input.expected_version), change, sight.book()).await?;
        written(&act, id).await
    };
    let done = done.await;
    Ok(act.end(done).await?.map(Some).into())
}

async fn record(ctx: &Context<'_>, input: RecordMeetingInput) -> Result<BodyMeetingPayload> {
    let (sight, viewer) = asker(ctx, keeps_master)?;
    let act = Act::begin(ctx).await?;
    let done = async {
        let (permit, id) = own(&act, viewer, &input.body).await?;
        let when = (id, input.held_on.0);
        let id = body::record_meeting(act.write(), &permit, when, input.subject, sight.book()).await?;
        let row = body::meeting(act.write(), id).await?;
        Ok(BodyMeeting(row.ok_or_else(|| Error::broken("meeting", id))?))
    };
    let done = done.await;
    Ok(act.end(done).await?.map(Some).into())
}
