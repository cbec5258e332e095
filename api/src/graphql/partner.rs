//! Partners (enti partner): the organisations that agreements are made with.

use std::sync::Arc;

use async_graphql::{ID, Object};
use entity::partner;

use super::id::Key;

/// An organisation that agreements are made with (partner, ente gestore).
#[derive(Clone)]
pub struct Partner(pub(super) Arc<partner::Model>);

/// An organisation that agreements are made with (partner, ente gestore).
#[Object]
impl Partner {
    /// Opaque identifier (identificativo).
    pub async fn id(&self) -> ID {
        Key::Partner(self.0.id).id()
    }

    /// Code, unique in its Ambito (codice).
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// Name (denominazione).
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Tax code of the organisation, eleven digits (codice fiscale).
    async fn tax_code(&self) -> Option<&str> {
        self.0.tax_code.as_deref()
    }

    /// Counts its changes: what an update names as `expectedVersion` (revisione).
    async fn revision(&self) -> i32 {
        self.0.row_version
    }
}
