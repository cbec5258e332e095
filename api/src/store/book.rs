//! The book: all that is read again and again, in memory, immutable, of one instant of the database.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use allocation::IstatCode;
use entity::partner;

use super::master::{AgreementEntry, AmbitoBook, ClientEntry, ComuneEntry, ServiceEntry};
use super::names::Names;
use super::plan::PlanBook;

/// The book. Cheap to share, never changed; a newer one replaces it whole.
#[derive(Debug, Default)]
pub struct Book {
    pub(super) version: i64,
    /// Hash of the event of that version: another one under the same number is another database.
    pub(super) head: String,
    pub(super) content: Content,
    pub(super) master: Arc<Master>,
    pub(super) ambiti: BTreeMap<i64, Arc<AmbitoBook>>,
    pub(super) plans: HashMap<i64, Arc<PlanBook>>,
    pub(super) clients: Arc<HashMap<String, ClientEntry>>,
}

/// Which content a book has: a later book of the same content has the very same. Acts that change nothing of a book, as payments, leave it.
///
/// It is told from others by its place in memory, which no other is given while somebody holds this.
#[derive(Clone, Debug, Default)]
pub struct Content(Arc<()>);

impl Content {
    /// Equal for the same content and, while both are held, for no other.
    pub fn address(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }
}

/// What no act on a plan or a client changes: a newer book takes it over.
#[derive(Clone, Debug, Default)]
pub(super) struct Master {
    pub(super) names: Names,
    pub(super) comuni: HashMap<i64, Arc<ComuneEntry>>,
    pub(super) ambito_ids: BTreeMap<String, i64>,
    pub(super) services: HashMap<i64, (i64, Arc<ServiceEntry>)>,
    pub(super) agreements: HashMap<i64, (i64, Arc<AgreementEntry>)>,
    pub(super) partners: HashMap<i64, Arc<partner::Model>>,
}

impl Master {
    /// Takes over what was read of a part.
    pub(super) fn take(&mut self, part: Self) {
        let Self { names, comuni, ambito_ids, services, agreements, partners } = part;
        self.names.take(names);
        self.comuni.extend(comuni);
        self.ambito_ids.extend(ambito_ids);
        self.services.extend(services);
        self.agreements.extend(agreements);
        self.partners.extend(partners);
    }
}

impl Book {
    /// Sequence of the last audit event it contains; 0 where nothing was ever written.
    pub fn version(&self) -> i64 {
        self.version
    }

    /// Which content it has.
    pub fn content(&self) -> &Content {
        &self.content
    }

    /// Codes behind row ids.
    pub fn names(&self) -> &Names {
        &self.master.names
    }

    /// Every Ambito, by code.
    pub fn ambiti(&self) -> impl DoubleEndedIterator<Item = &Arc<AmbitoBook>> {
        self.master.ambito_ids.values().filter_map(|id| self.ambiti.get(id))
    }

    /// An Ambito by row id.
    pub fn ambito(&self, id: i64) -> Option<&Arc<AmbitoBook>> {
        self.ambiti.get(&id)
    }

    /// An Ambito by its code.
    pub fn ambito_by_code(&self, code: &str) -> Option<&Arc<AmbitoBook>> {
        self.ambito(*self.master.ambito_ids.get(code)?)
    }

    /// How many comuni there are.
    pub fn comuni(&self) -> usize {
        self.master.comuni.len()
    }

    /// A comune by row id.
    pub fn comune(&self, id: i64) -> Option<&Arc<ComuneEntry>> {
        self.master.comuni.get(&id)
    }

    /// A comune by its code.
    pub fn comune_by_istat(&self, code: IstatCode) -> Option<&Arc<ComuneEntry>> {
        self.comune(self.names().comune_id(code)?)
    }

    /// A service by row id, with the Ambito it belongs to.
    pub fn service(&self, id: i64) -> Option<(&Arc<AmbitoBook>, &Arc<ServiceEntry>)> {
        let (ambito, service) = self.master.services.get(&id)?;
        Some((self.ambito(*ambito)?, service))
    }

    /// An agreement by row id, with the Ambito it belongs to.
    pub fn agreement(&self, id: i64) -> Option<(&Arc<AmbitoBook>, &Arc<AgreementEntry>)> {
        let (ambito, agreement) = self.master.agreements.get(&id)?;
        Some((self.ambito(*ambito)?, agreement))
    }

    /// A partner by row id.
    pub fn partner(&self, id: i64) -> Option<&Arc<partner::Model>> {
        self.master.partners.get(&id)
    }

    /// A plan by row id.
    pub fn plan(&self, id: i64) -> Option<&Arc<PlanBook>> {
        self.plans.get(&id)
    }

    /// Every plan.
    pub fn plans(&self) -> impl Iterator<Item = &Arc<PlanBook>> {
        self.plans.values()
    }

    /// A client by the name in its tokens.
    pub fn client(&self, client_id: &str) -> Option<&ClientEntry> {
        self.clients.get(client_id)
    }
}
