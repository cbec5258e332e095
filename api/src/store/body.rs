//! Governing bodies: which organisations sit in each by which role, how often it is to meet, and when it met. No person is ever named: seats are of organisations.

mod attendance;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

pub use attendance::Attendance;
use chrono::NaiveDate;
use entity::kinds::{BodyLevel, BodySide};
use entity::{agreement, body_meeting, body_member, governing_body};
use sea_orm::{ActiveEnum, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;

use super::ambito::expect_room;
use super::change::{Change, next_revision, own_ambito};
use super::insert::{insert_row, insert_rows};
use super::packed::{self, IDS_A_STATEMENT};
use super::pages::{self, Asked, Found, Place};
use super::{Transaction, Write, digest, in_effect, personal, shape};
use crate::auth::permit::MasterPermit;
use crate::error::{Code, Error, Refusal, Result};
use crate::limits::{BODIES_AN_AMBITO_MAX, BODY_MEMBERS_MAX};
use crate::store::book::Book;

/// Characters of a name, an organisation and a role. A role is short, so that nobody writes who holds it.
const NAME_CHARACTERS_MAX: usize = 200;
const ROLE_CHARACTERS_MAX: usize = 100;
/// Characters of what a meeting was about.
const SUBJECT_CHARACTERS_MAX: usize = 500;

/// Seats of a body: an organisation in a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMember {
    /// Whose side it is.
    pub side: BodySide,
    /// The organisation.
    pub organisation: String,
    /// By which role; never a person's name.
    pub role: String,
    /// How many sit there for it.
    pub seats: i32,
}

/// How often a body is to meet: so many times in each period of so many months.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cadence {
    /// Meetings of a period.
    pub meetings: i32,
    /// Months of a period.
    pub every_months: i32,
}

/// A governing body to be.
#[derive(Clone, Debug)]
pub struct NewBody {
    /// Code, unique in the Ambito.
    pub code: String,
    /// Name.
    pub name: String,
    /// Where it stands.
    pub level: BodyLevel,
    /// Code of the agreement that it governs; none where it governs the Ambito.
    pub agreement: Option<String>,
    /// How often it is to meet; none where nothing says so.
    pub cadence: Option<Cadence>,
    /// Day from which it sits.
    pub starts_on: NaiveDate,
    /// Last day; none while it sits.
    pub ends_on: Option<NaiveDate>,
    /// Who sits in it.
    pub members: Vec<NewMember>,
}

/// What becomes of a body; what is not given stays.
#[derive(Clone, Debug, Default)]
pub struct BodyChange {
    /// Name.
    pub name: Option<String>,
    /// Where it stands.
    pub level: Option<BodyLevel>,
    /// How often it is to meet.
    pub cadence: Change<Cadence>,
    /// Last day.
    pub ends_on: Change<NaiveDate>,
    /// Who sits in it, in the place of those who do.
    pub members: Option<Vec<NewMember>>,
}

/// A body as it is read.
#[derive(Clone, Debug)]
pub struct Body {
    /// Its row.
    pub row: governing_body::Model,
    /// Row ids of the partners of the agreement that it governs, by the version in effect on the day asked about.
    pub partners: Vec<i64>,
    /// Who sits in it, in order.
    pub members: Vec<body_member::Model>,
}

/// Writes a new governing body. Returns its row id.
pub async fn add(write: &Write, permit: &MasterPermit, new: NewBody, book: &Book) -> Result<i64> {
    let ambito = own_ambito(book, permit)?;
    let code = shape::code(new.code, "input.code")?;
    let name = line(new.name, "input.name", NAME_CHARACTERS_MAX)?;
    let starts_on = shape::day(new.starts_on, "input.startsOn")?;
    let ends_on = new.ends_on.map(|day| ends(day, starts_on)).transpose()?;
    let cadence = new.cadence.map(fits).transpose()?;
    let members = members(new.members)?;
    let others = governing_body::Entity::find().filter(governing_body::Column::AmbitoId.eq(ambito.row.id));
    let others = others.all(write.tx()).await?;
    if others.iter().any(|body| body.code == code) {
        return Err(Refusal::new(Code::Duplicate).argument("input.code").into());
    }
    expect_room(others.len(), BODIES_AN_AMBITO_MAX, "input.code")?;
    let agreement = match &new.agreement {
        None => None,
        Some(code) => {
            let found = agreement::Entity::find()
                .filter(agreement::Column::AmbitoId.eq(ambito.row.id))
                .filter(agreement::Column::Code.eq(code));
            let found = found.one(write.tx()).await?;
            Some(found.ok_or_else(|| Refusal::new(Code::NotFound).argument("input.agreement"))?.id)
        }
    };
    let row = governing_body::Model {
        id: 0,
        ambito_id: ambito.row.id,
        agreement_id: agreement,
        code,
        name,
        level: new.level,
        meetings: cadence.map(|cadence| cadence.meetings),
        every_months: cadence.map(|cadence| cadence.every_months),
        starts_on,
        ends_on,
        row_version: 1,
    };
    let after = canonical(&row, &members)?;
    let subject = subject(&ambito.row.code, &row.code);
    let id = insert_row!(
        write.tx(),
        governing_body {
            ambito_id: row.ambito_id,
            agreement_id: row.agreement_id,
            code: row.code,
            name: row.name,
            level: row.level,
            meetings: row.meetings,
            every_months: row.every_months,
            starts_on: row.starts_on,
            ends_on: row.ends_on,
        }
    );
    insert_members(write.tx(), id, &members).await?;
    write.audit(permit.actor(), "body.add", &subject, None, Some(after)).await?;
    Ok(id)
}

/// Changes a governing body that is still at this revision. What it governs and its first day stay.
pub async fn update(
    write: &Write,
    permit: &MasterPermit,
    (id, revision): (i64, i32),
    change: BodyChange,
    book: &Book,
) -> Result<()> {
    let ambito = own_ambito(book, permit)?;
    let day = write.clock().today();
    let old = with_ids(write.tx(), &[id], day).await?.remove(&id).ok_or_else(|| Error::broken("body", id))?;
    let next = next_revision(old.row.row_version, revision)?;
    let mut row = old.row.clone();
    if let Some(name) = change.name {
        row.name = line(name, "input.name", NAME_CHARACTERS_MAX)?;
    }
    row.level = change.level.unwrap_or(row.level);
    if let Change::To(cadence) = change.cadence.checked(fits)? {
        row.meetings = cadence.map(|cadence| cadence.meetings);
        row.every_months = cadence.map(|cadence| cadence.every_months);
    }
    row.ends_on = change.ends_on.checked(|day| ends(day, row.starts_on))?.over(row.ends_on);
    if let Some(last) = row.ends_on {
        let later = body_meeting::Entity::find()
            .filter(body_meeting::Column::BodyId.eq(id))
            .filter(body_meeting::Column::HeldOn.gt(last));
        if later.one(write.tx()).await?.is_some() {
            return Err(outside("input.endsOn"));
        }
    }
    let before: Vec<NewMember> = old.members.iter().map(NewMember::of).collect();
    let after = change.members.map_or_else(|| Ok(before.clone()), members)?;
    let digests = (canonical(&old.row, &before)?, canonical(&row, &after)?);
    if before != after {
        let gone = body_member::Entity::delete_many().filter(body_member::Column::BodyId.eq(id));
        gone.exec(write.tx()).await?;
        insert_members(write.tx(), id, &after).await?;
    }
    let subject = subject(&ambito.row.code, &row.code);
    let set = governing_body::ActiveModel {
        name: Set(row.name),
        level: Set(row.level),
        meetings: Set(row.meetings),
        every_months: Set(row.every_months),
        ends_on: Set(row.ends_on),
        row_version: Set(next),
        ..Default::default()
    };
    governing_body::Entity::update_many().set(set).filter(governing_body::Column::Id.eq(id)).exec(write.tx()).await?;
    write.audit(permit.actor(), "body.update", &subject, Some(digests.0), Some(digests.1)).await
}

/// Records that a body met on a day; once a day. Returns the row id of the meeting.
pub async fn record_meeting(
    write: &Write,
    permit: &MasterPermit,
    (id, held_on): (i64, NaiveDate),
    about: Option<String>,
    book: &Book,
) -> Result<i64> {
    let ambito = own_ambito(book, permit)?;
    let body = governing_body::Entity::find_by_id(id).one(write.tx()).await?;
    let body = body.ok_or_else(|| Error::broken("body", id))?;
    let held_on = shape::past_day(held_on, write.clock().today(), "input.heldOn")?;
    if held_on < body.starts_on || body.ends_on.is_some_and(|last| held_on > last) {
        return Err(outside("input.heldOn"));
    }
    let about = about.map(|text| line(text, "input.subject", SUBJECT_CHARACTERS_MAX)).transpose()?;
    let same = body_meeting::Entity::find()
        .filter(body_meeting::Column::BodyId.eq(id))
        .filter(body_meeting::Column::HeldOn.eq(held_on));
    if same.one(write.tx()).await?.is_some() {
        return Err(Refusal::new(Code::Duplicate).argument("input.heldOn").into());
    }
    let after = digest::of_value(&json!([body.code, held_on, about]))?;
    let meeting = insert_row!(
        write.tx(),
        body_meeting {
            body_id: id,
            held_on: held_on,
            subject: about,
            recorded_by: permit.actor().to_owned(),
            recorded_at: write.clock().now(),
        }
    );
    let subject = format!("body:{}/{}/{held_on}", ambito.row.code, body.code);
    write.audit(permit.actor(), "body.meeting", &subject, None, Some(after)).await?;
    Ok(meeting)
}

impl NewMember {
    fn of(row: &body_member::Model) -> Self {
        Self { side: row.side, organisation: row.organisation.clone(), role: row.role.clone(), seats: row.seats }
    }
}

fn fits(cadence: Cadence) -> Result<Cadence> {
    for (number, most, argument) in
        [(cadence.meetings, 31, "input.due.meetings"), (cadence.every_months, 120, "input.due.everyMonths")]
    {
        if !(1..=most).contains(&number) {
            let refusal = Refusal::new(Code::Invalid).argument(argument);
            return Err(refusal.message(format!("Va da 1 a {most}."), format!("It is from 1 to {most}.")).into());
        }
    }
    Ok(cadence)
}

fn ends(day: NaiveDate, starts_on: NaiveDate) -> Result<NaiveDate> {
    if day < starts_on {
        let (it, en) = ("L'organismo finisce prima di cominciare.", "The body ends before it begins.");
        return Err(shape::invalid("input.endsOn", it, en));
    }
    shape::day(day, "input.endsOn")
}

fn outside(argument: &str) -> Error {
    let refusal = Refusal::new(Code::OutsidePeriod).argument(argument);
    refusal.message("L'organismo non era in carica.", "The body did not sit then.").into()
}

fn members(given: Vec<NewMember>) -> Result<Vec<NewMember>> {
    shape::at_most(given.len(), BODY_MEMBERS_MAX, "input.members")?;
    let member = |(at, member): (usize, NewMember)| {
        let place = |field: &str| format!("input.members.{at}.{field}");
        if !(1..=1_000).contains(&member.seats) {
            return Err(shape::invalid(&place("seats"), "I posti vanno da 1 a 1000.", "Seats are from 1 to 1000."));
        }
        Ok(NewMember {
            organisation: line(member.organisation, &place("organisation"), NAME_CHARACTERS_MAX)?,
            role: line(member.role, &place("role"), ROLE_CHARACTERS_MAX)?,
            ..member
        })
    };
    given.into_iter().enumerate().map(member).collect()
}

/// A line that names no person.
fn line(text: String, argument: &str, characters_max: usize) -> Result<String> {
    personal::free(shape::line_of(text, argument, characters_max)?, argument)
}

async fn insert_members(tx: &Transaction, id: i64, members: &[NewMember]) -> Result<()> {
    insert_rows!(tx, members, body_member, |at, own| {
        body_id: id,
        position: at,
        side: own.side,
        organisation: own.organisation.clone(),
        role: own.role.clone(),
        seats: own.seats,
    });
    Ok(())
}

fn subject(ambito: &str, code: &str) -> String {
    format!("body:{ambito}/{code}")
}

fn canonical(row: &governing_body::Model, members: &[NewMember]) -> Result<String> {
    let member = |one: &NewMember| json!([one.side.to_value(), one.organisation, one.role, one.seats]);
    let members: Vec<_> = members.iter().map(member).collect();
    let days = (row.starts_on, row.ends_on);
    digest::of_value(&json!([row.code, row.name, row.level.to_value(), row.meetings, row.every_months, days, members]))
}

/// The bodies of each of these Ambiti, by code, with the partners of a day.
pub async fn of_ambiti(tx: &Transaction, ambiti: &[i64], day: NaiveDate) -> Result<HashMap<i64, Arc<Vec<Arc<Body>>>>> {
    let mut rows = Vec::new();
    for some in ambiti.chunks(IDS_A_STATEMENT) {
        let of_some = governing_body::Column::AmbitoId.is_in(some.iter().copied());
        rows.extend(governing_body::Entity::find().filter(of_some).all(tx).await?);
    }
    let mut found: BTreeMap<i64, Vec<Arc<Body>>> = ambiti.iter().map(|id| (*id, Vec::new())).collect();
    for body in whole(tx, rows, day).await? {
        found.entry(body.row.ambito_id).or_default().push(Arc::new(body));
    }
    let sorted = |mut bodies: Vec<Arc<Body>>| {
        bodies.sort_by(|one, other| one.row.code.cmp(&other.row.code));
        Arc::new(bodies)
    };
    Ok(found.into_iter().map(|(id, bodies)| (id, sorted(bodies))).collect())
}

/// Bodies by row id, with the partners of a day. What is not there is left out.
pub async fn with_ids(tx: &Transaction, ids: &[i64], day: NaiveDate) -> Result<HashMap<i64, Arc<Body>>> {
    let mut rows = Vec::new();
    for some in ids.chunks(IDS_A_STATEMENT) {
        let of_some = governing_body::Column::Id.is_in(some.iter().copied());
        rows.extend(governing_body::Entity::find().filter(of_some).all(tx).await?);
    }
    Ok(whole(tx, rows, day).await?.into_iter().map(|body| (body.row.id, Arc::new(body))).collect())
}

async fn whole(tx: &Transaction, rows: Vec<governing_body::Model>, day: NaiveDate) -> Result<Vec<Body>> {
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let mut members: HashMap<i64, Vec<body_member::Model>> = HashMap::new();
    let mut partners: HashMap<i64, Vec<i64>> = HashMap::new();
    for some in ids.chunks(IDS_A_STATEMENT) {
        let of_some = body_member::Column::BodyId.is_in(some.iter().copied());
        let found = body_member::Entity::find().filter(of_some).order_by_asc(body_member::Column::Position);
        for row in found.all(tx).await? {
            members.entry(row.body_id).or_default().push(row);
        }
        let (names, mut values) = packed::parameters(some);
        values.push(day.into());
        let in_effect = in_effect::version_on(&format!("${}", values.len()));
        let sql = format!(
            "SELECT b.id, p.partner_id FROM governing_body b \
               JOIN agreement_version v ON v.agreement_id = b.agreement_id JOIN agreement_partner p ON p.version_id = v.id \
             WHERE b.id IN ({names}) AND {in_effect} ORDER BY b.id, p.partner_id"
        );
        for row in packed::rows(tx, &sql, values).await? {
            partners.entry(row.try_get_by_index(0)?).or_default().push(row.try_get_by_index(1)?);
        }
    }
    let body = |row: governing_body::Model| {
        let partners = partners.remove(&row.id).unwrap_or_default();
        let members = members.remove(&row.id).unwrap_or_default();
        Body { row, partners, members }
    };
    Ok(rows.into_iter().map(body).collect())
}

/// A meeting as a write sees it.
pub async fn meeting(write: &Write, id: i64) -> Result<Option<body_meeting::Model>> {
    Ok(body_meeting::Entity::find_by_id(id).one(write.tx()).await?)
}

/// Pages of the meetings of bodies.
pub async fn meetings(tx: &Transaction, asked: &[Asked]) -> Result<HashMap<Asked, Found<body_meeting::Model>>> {
    let place = Place {
        from: "body_meeting",
        id: "id",
        owner: "body_id",
        day: "held_on",
        is_month: false,
        condition: String::new(),
    };
    pages::read::<body_meeting::Entity>(tx, &place, asked, body_meeting::Column::Id, |row| row.id).await
}

/// A body and the first and last day of a span.
pub type Span = (i64, NaiveDate, NaiveDate);

/// The days of each span on which its body met, oldest first.
pub async fn days(tx: &Transaction, spans: &[Span]) -> Result<HashMap<Span, Arc<Vec<NaiveDate>>>> {
    let mut together: BTreeMap<(NaiveDate, NaiveDate), Vec<i64>> = BTreeMap::new();
    for (body, from, to) in spans {
        together.entry((*from, *to)).or_default().push(*body);
    }
    let mut found: HashMap<Span, Vec<NaiveDate>> = spans.iter().map(|span| (*span, Vec::new())).collect();
    for ((from, to), bodies) in together {
        for some in bodies.chunks(IDS_A_STATEMENT) {
            let rows = body_meeting::Entity::find()
                .select_only()
                .columns([body_meeting::Column::BodyId, body_meeting::Column::HeldOn])
                .filter(body_meeting::Column::BodyId.is_in(some.iter().copied()))
                .filter(body_meeting::Column::HeldOn.between(from, to))
                .order_by_asc(body_meeting::Column::HeldOn);
            for (body, held_on) in rows.into_tuple::<(i64, NaiveDate)>().all(tx).await? {
                found.entry((body, from, to)).or_default().push(held_on);
            }
        }
    }
    Ok(found.into_iter().map(|(span, days)| (span, Arc::new(days))).collect())
}
