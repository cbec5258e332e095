//! Services: added, and what is said of them changed.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object};

use super::master::{keeps_master, needed, optional, own, payload, permit_by_code};
use super::{ServicePayload, asker};
use crate::error::Result;
use crate::graphql::enums::TargetArea;
use crate::graphql::id::Key;
use crate::graphql::service::Service;
use crate::graphql::sight::sight;
use crate::graphql::writing::Act;
use crate::store::change::Change;
use crate::store::service::{self, ServiceChange};

/// A service to be (servizio).
#[derive(InputObject)]
pub struct AddServiceInput {
    /// Code of the Ambito (codice dell'Ambito).
    pub ambito: String,
    /// Code, unique in the Ambito and never changed (codice): upper-case letters, digits, `-` and `_`.
    pub code: String,
    /// Name (denominazione).
    pub name: String,
    /// Area (area).
    pub area: String,
    /// How it is delivered (modalità di gestione).
    pub delivery: String,
    /// Mission and programme of D.Lgs. 118/2011, for example `"12.01"` (missione e programma).
    pub mission_programme: Option<String>,
    /// Whom it is for, in reports on spending (area di utenza).
    pub target_area: Option<TargetArea>,
    /// Code of the tender that it is bought by (codice identificativo gara, CIG): ten upper-case letters and digits.
    pub cig: Option<String>,
    /// Code of the public investment project that it belongs to (codice unico di progetto, CUP): fifteen upper-case letters and digits.
    pub cup: Option<String>,
    /// A note (nota).
    pub note: Option<String>,
    /// Its place in the list of the Ambito, from 1; the last where left out (posto nell'elenco).
    pub position: Option<i32>,
    /// For whom (destinatari).
    #[graphql(default)]
    pub targets: Vec<String>,
    /// What it includes (attività comprese).
    #[graphql(default)]
    pub tasks: Vec<String>,
    /// Its result indicators (indicatori di risultato).
    #[graphql(default)]
    pub indicators: Vec<String>,
    /// Codes of the funds that may cover it (fonti di copertura).
    #[graphql(default)]
    pub funds: Vec<String>,
}

/// What becomes of a service (modifica del servizio): what is left out stays, and what is `null` is emptied. A list takes the place of the one before.
#[derive(InputObject)]
pub struct UpdateServiceInput {
    /// Identifier of the service (servizio).
    pub service: ID,
    /// The service's revision that this is based on (revisione attesa).
    pub expected_version: i32,
    /// Name (denominazione).
    pub name: MaybeUndefined<String>,
    /// Area (area).
    pub area: MaybeUndefined<String>,
    /// How it is delivered (modalità di gestione).
    pub delivery: MaybeUndefined<String>,
    /// Mission and programme of D.Lgs. 118/2011, for example `"12.01"` (missione e programma).
    pub mission_programme: MaybeUndefined<String>,
    /// Whom it is for, in reports on spending (area di utenza).
    pub target_area: MaybeUndefined<TargetArea>,
    /// Code of the tender that it is bought by (codice identificativo gara, CIG).
    pub cig: MaybeUndefined<String>,
    /// Code of the public investment project that it belongs to (codice unico di progetto, CUP).
    pub cup: MaybeUndefined<String>,
    /// A note (nota).
    pub note: MaybeUndefined<String>,
    /// Its place in the list of the Ambito, from 1 (posto nell'elenco).
    pub position: MaybeUndefined<i32>,
    /// For whom (destinatari).
    pub targets: MaybeUndefined<Vec<String>>,
    /// What it includes (attività comprese).
    pub tasks: MaybeUndefined<Vec<String>>,
    /// Its result indicators; one that keeps its name stays the same (indicatori di risultato).
    pub indicators: MaybeUndefined<Vec<String>>,
    /// Codes of the funds that may cover it (fonti di copertura).
    pub funds: MaybeUndefined<Vec<String>>,
}

#[derive(Default)]
pub(super) struct ServiceMutation;

#[Object]
impl ServiceMutation {
    /// Adds a service (aggiunge un servizio). What it costs and who takes part is said by each plan. By the managing body.
    async fn add_service(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The service (servizio).")] input: AddServiceInput,
    ) -> Option<Result<ServicePayload>> {
        Some(add(ctx, input).await)
    }

    /// Changes what is said of a service (modifica un servizio). Approved plans keep their figures. By the managing body.
    async fn update_service(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change, and of which service (modifica).")] input: UpdateServiceInput,
    ) -> Option<Result<ServicePayload>> {
        Some(update(ctx, input).await)
    }
}

async fn add(ctx: &Context<'_>, input: AddServiceInput) -> Result<ServicePayload> {
    let (sight_now, viewer) = asker(ctx, keeps_master)?;
    let act = Act::begin(ctx).await?;
    let done = async {
        let permit = permit_by_code(sight_now, viewer, &input.ambito)?;
        let (code, described) = input.described();
        service::add(act.write(), &permit, code, described, sight_now.book()).await
    };
    let done = done.await;
    let ended = act.end(done).await?;
    let sight = sight(ctx)?;
    Ok(payload(ended, |id| sight.service(id).map(|service| Service(service.clone()))))
}

async fn update(ctx: &Context<'_>, input: UpdateServiceInput) -> Result<ServicePayload> {
    let (sight_now, viewer) = asker(ctx, keeps_master)?;
    let act = Act::begin(ctx).await?;
    let done = async {
        let (permit, found) = own((sight_now, viewer), &input.service, "input.service", |ambito, key| {
            ambito.services.iter().find(|service| key == Key::Service(service.row.id))
        })?;
        let (id, revision) = (found.row.id, input.expected_version);
        service::update(act.write(), &permit, (id, revision), input.change()?, sight_now.book()).await?;
        Ok(id)
    };
    let done = done.await;
    let ended = act.end(done).await?;
    let sight = sight(ctx)?;
    Ok(payload(ended, |id| sight.service(id).map(|service| Service(service.clone()))))
}

impl AddServiceInput {
    /// Its code, and what is said of it.
    fn described(self) -> (String, ServiceChange) {
        let described = ServiceChange {
            name: Some(self.name),
            area: Some(self.area),
            delivery: Some(self.delivery),
            mission_programme: Change::To(self.mission_programme),
            target_area: Change::To(self.target_area.map(Into::into)),
            cig: Change::To(self.cig),
            cup: Change::To(self.cup),
            note: Change::To(self.note),
            position: self.position,
            targets: Some(self.targets),
            tasks: Some(self.tasks),
            indicators: Some(self.indicators),
            funds: Some(self.funds),
        };
        (self.code, described)
    }
}

impl UpdateServiceInput {
    fn change(self) -> Result<ServiceChange> {
        Ok(ServiceChange {
            name: needed(self.name, "input.name")?,
            area: needed(self.area, "input.area")?,
            delivery: needed(self.delivery, "input.delivery")?,
            mission_programme: optional(self.mission_programme),
            target_area: optional(self.target_area.map_value(Into::into)),
            cig: optional(self.cig),
            cup: optional(self.cup),
            note: optional(self.note),
            position: needed(self.position, "input.position")?,
            targets: needed(self.targets, "input.targets")?,
            tasks: needed(self.tasks, "input.tasks")?,
            indicators: needed(self.indicators, "input.indicators")?,
            funds: needed(self.funds, "input.funds")?,
        })
    }
}
