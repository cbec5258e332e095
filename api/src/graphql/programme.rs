//! Programmes (piani di programma) and resolutions (deliberazioni).

use std::sync::Arc;

use async_graphql::{Context, ID, Object};
use entity::{programme, resolution};

use super::direct::{Direct, Selected, Write};
use super::id::Key;
use super::json::Json;
use super::scalars::Date;
use super::work_plan::WorkPlan;
use crate::error::Result;

/// A programme of several years that plans belong to (piano di programma).
#[derive(Clone)]
pub struct Programme(pub(super) Arc<programme::Model>);

/// A programme of several years that plans belong to (piano di programma).
#[Object]
impl Programme {
    /// Opaque identifier (identificativo).
    pub async fn id(&self) -> ID {
        Key::Programme(self.0.id).id()
    }

    /// Title (titolo).
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// First year (primo anno).
    async fn from_year(&self) -> i32 {
        self.0.from_year
    }

    /// Last year (ultimo anno).
    async fn to_year(&self) -> i32 {
        self.0.to_year
    }

    /// How the document was read where it leaves room (nota).
    async fn note(&self) -> Option<&str> {
        self.0.note.as_deref()
    }

    /// Counts its changes: what an update names as `expectedVersion` (revisione).
    async fn revision(&self) -> i32 {
        self.0.row_version
    }

    /// Its work plans as they stood on a day, at most 100, by code (piani di lavoro). For whoever sees the plans of its Ambito.
    async fn work_plans(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day asked about; today where left out (alla data).")] as_of: Option<Date>,
    ) -> Option<Result<Vec<WorkPlan>>> {
        WorkPlan::of_programme(ctx, self.0.id, as_of).await
    }
}

/// The act that approves a plan (deliberazione).
#[derive(Clone)]
pub struct Resolution(pub(super) Arc<resolution::Model>);

impl Direct for Resolution {
    const NAME: &'static str = "Resolution";

    type Row<'a> = &'a resolution::Model;

    fn row(&self) -> &resolution::Model {
        &self.0
    }

    fn field(selected: &Selected<'_, Self>) -> Option<Write<Self>> {
        match selected.name() {
            "id" => selected.leaf(|act, _, json| json.text(&Key::Resolution(act.id).id())),
            "number" => selected.leaf(|act, _, json| json.text(&act.number)),
            "date" => selected.leaf(|act, _, json| json.text(&act.adopted_on.to_string())),
            "body" => selected.leaf(|act, _, json| json.text(&act.body)),
            "subject" => selected.leaf(|act, _, json| json.option(act.subject.as_deref(), Json::text)),
            "assumed" => selected.leaf(|act, _, json| json.any(&act.assumed)),
            "revision" => selected.leaf(|act, _, json| json.any(&act.row_version)),
            _ => None,
        }
    }
}

/// The act that approves a plan (deliberazione).
#[Object]
impl Resolution {
    /// Opaque identifier (identificativo).
    pub async fn id(&self) -> ID {
        Key::Resolution(self.0.id).id()
    }

    /// Number (numero).
    async fn number(&self) -> &str {
        &self.0.number
    }

    /// Day of adoption; the plan is in force from then on (data).
    async fn date(&self) -> Date {
        Date(self.0.adopted_on)
    }

    /// The body that adopted it (organo).
    async fn body(&self) -> &str {
        &self.0.body
    }

    /// What it is about (oggetto).
    async fn subject(&self) -> Option<&str> {
        self.0.subject.as_deref()
    }

    /// Whether no document gives it: it was assumed for the demonstration (valore presunto).
    async fn assumed(&self) -> bool {
        self.0.assumed
    }

    /// Counts its changes: what an update names as `expectedVersion` (revisione).
    async fn revision(&self) -> i32 {
        self.0.row_version
    }
}
