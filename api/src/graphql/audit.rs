//! The audit trail as auditors and managing bodies read it.

use std::sync::Arc;

use async_graphql::{Context, InputObject, Object};
use entity::audit_event;

use super::database::database;
use super::direct::{Direct, Selected, Write};
use super::json::Json;
use super::page::{AskedPage, Cursors, Page, PageArguments};
use super::scalars::DateTime;
use super::sight::sight;
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::store::audit::{Stretch, Trail, TrailFilter};

/// One write, and its place in the chain of all of them (operazione registrata).
#[derive(Clone)]
pub struct AuditEvent(Arc<audit_event::Model>);

/// Which events (filtro): those that fit everything that is given.
#[derive(Debug, Default, InputObject)]
pub struct AuditFilter {
    /// To what it was done, as the event says it: `plan:9/2021/1`, `ambito:9` (oggetto).
    pub subject: Option<String>,
    /// The client that did it, as the event says it (client).
    pub client: Option<String>,
    /// What was done: `plan.approve` (operazione).
    pub act: Option<String>,
    /// At this instant or later (dal).
    pub from: Option<DateTime>,
    /// Before this instant (prima del).
    pub to: Option<DateTime>,
    /// Code of the Ambito to which it was done (Ambito).
    pub ambito: Option<String>,
}

impl AuditFilter {
    fn of_store(self) -> TrailFilter {
        let Self { subject, client, act, from, to, ambito } = self;
        TrailFilter { subject, client, act, from: from.map(|from| from.0), to: to.map(|to| to.0), ambito }
    }
}

/// A page of the trail; none for whoever does not read it, whatever is asked.
pub(super) async fn audit_trail(
    ctx: &Context<'_>,
    filter: Option<AuditFilter>,
    arguments: &PageArguments,
    limits: &Limits,
) -> Result<Option<Page<AuditEvent>>> {
    let Some(permit) = sight(ctx)?.asker().trail() else { return Ok(None) };
    let cursors = Cursors { order: "auditTrail" };
    let asked = AskedPage::<i64>::read(arguments, limits, &cursors)?;
    let trail = Trail::new(database(ctx)?, &permit, &filter.unwrap_or_default().of_store()).await?;
    let counted = trail.count(asked.after, asked.before).await?;
    let window = asked.window(counted.total, counted.up_to, counted.before);
    let stretch = Stretch {
        after: window.after,
        before: window.before,
        last: counted.last,
        count: window.to - window.from,
        is_first: window.is_first,
    };
    let events = trail.events(&stretch).await?;
    let entry = |event: audit_event::Model| Ok((cursors.write(&event.sequence)?, AuditEvent(Arc::new(event))));
    let entries = events.into_iter().map(entry).collect::<Result<_>>()?;
    Ok(Some(Page::new(&window, counted.total, entries)))
}

/// Numbers of events are far below what a client can count to.
fn number(event: &audit_event::Model) -> Result<i32> {
    i32::try_from(event.sequence).map_err(Error::internal)
}

impl Direct for AuditEvent {
    const NAME: &'static str = "AuditEvent";

    type Row<'a> = &'a audit_event::Model;

    fn row(&self) -> &audit_event::Model {
        &self.0
    }

    fn field(selected: &Selected<'_, Self>) -> Option<Write<Self>> {
        match selected.name() {
            "sequence" => selected.leaf(|event, _, json| json.any(&number(event)?)),
            "at" => selected.leaf(|event, _, json| json.text(&DateTime(event.at).spelled())),
            "client" => selected.leaf(|event, _, json| json.text(&event.actor)),
            "act" => selected.leaf(|event, _, json| json.text(&event.act)),
            "subject" => selected.leaf(|event, _, json| json.text(&event.subject)),
            "digestBefore" => selected.leaf(|event, _, json| json.option(event.digest_before.as_deref(), Json::text)),
            "digestAfter" => selected.leaf(|event, _, json| json.option(event.digest_after.as_deref(), Json::text)),
            "previousHash" => selected.leaf(|event, _, json| json.text(&event.previous_hash)),
            "hash" => selected.leaf(|event, _, json| json.text(&event.hash)),
            _ => None,
        }
    }
}

/// One write, and its place in the chain of all of them (operazione registrata).
#[Object]
impl AuditEvent {
    /// Its place in the chain, from 1; numbers that are missing belong to events of others (numero progressivo).
    async fn sequence(&self) -> Result<i32> {
        number(&self.0)
    }

    /// When (data e ora).
    async fn at(&self) -> DateTime {
        DateTime(self.0.at)
    }

    /// The client that did it, or the operator at the machine (client).
    async fn client(&self) -> &str {
        &self.0.actor
    }

    /// What was done, for example `plan.approve` (operazione).
    async fn act(&self) -> &str {
        &self.0.act
    }

    /// To what, for example `plan:9/2021/1` (oggetto).
    async fn subject(&self) -> &str {
        &self.0.subject
    }

    /// Digest of the subject before; none where there was nothing to digest (impronta precedente).
    async fn digest_before(&self) -> Option<&str> {
        self.0.digest_before.as_deref()
    }

    /// Digest of the subject after; none where there is nothing to digest (impronta successiva).
    async fn digest_after(&self) -> Option<&str> {
        self.0.digest_after.as_deref()
    }

    /// Hash of the event before it in the chain; zeros before the first (hash precedente).
    async fn previous_hash(&self) -> &str {
        &self.0.previous_hash
    }

    /// SHA-256 of all of the above, in hexadecimal (hash).
    async fn hash(&self) -> &str {
        &self.0.hash
    }
}
