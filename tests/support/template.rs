//! The database that every test begins with: the demonstration, and one client a role.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use api::auth::{HeadSigner, KeyRing, Operator, Role};
use api::clock::Clock;
use api::store::Store;
use api::store::client::{self, Kind, NewClient};
use api::store::partner::{self, NewPartner};

use super::database::Database;
use super::tables::wait;
use super::{KEY_FILE, NOW, Server, own_folder};

/// A comune that takes part in SAD but not in ADP.
pub(crate) const MANERBIO: &str = "017103";
/// A comune that takes part in all services.
pub(crate) const PONTEVICO: &str = "017149";
/// Code of the partner that one of the clients speaks for.
pub(crate) const PARTNER: &str = "ALFA";
/// Name of the clients that have no secret; `ambito token` finds them again by it.
pub(super) const CLIENT_NAME: &str = "ambito token";

/// The Ambiti that a role's client belongs to; none is all of them.
pub(super) fn ambiti_of(role: Role) -> Vec<String> {
    match role {
        Role::Azienda | Role::Assemblea | Role::Partner => vec!["9".to_owned()],
        Role::Comune | Role::Reporting | Role::Auditor | Role::Admin => Vec::new(),
    }
}

/// A key and a database that servers begin with, each with a copy. Nobody writes to it.
pub(crate) struct Template {
    folder: PathBuf,
    database: Database,
}

impl Template {
    /// What every test begins with.
    pub(super) fn of_tests() -> &'static Self {
        static TEMPLATE: OnceLock<Template> = OnceLock::new();
        TEMPLATE.get_or_init(make)
    }

    /// What a server holds, as it stands; the server ends.
    pub(crate) fn of(server: Server) -> Self {
        let folder = own_folder();
        std::fs::copy(server.folder().join(KEY_FILE), folder.join(KEY_FILE)).unwrap();
        let database = server.database().taken(&folder);
        drop(server);
        Self { folder, database }
    }

    /// Copies the key into a folder, and the database.
    pub(super) fn copy_to(&self, folder: &Path) -> Database {
        std::fs::copy(self.folder.join(KEY_FILE), folder.join(KEY_FILE)).unwrap();
        self.database.copy(folder)
    }
}

impl Drop for Template {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn make() -> Template {
    let folder = own_folder();
    KeyRing::generate(&folder.join(KEY_FILE)).unwrap();
    let database = Database::empty(&folder);
    wait(fill(&database, &folder.join(KEY_FILE)));
    Template { folder, database }
}

async fn fill(database: &Database, key: &Path) {
    let clock = || Clock::from_fn(|| NOW.parse().unwrap());
    let owner = Store::open(&database.owners_url(), clock()).await.unwrap();
    owner.migrate(database.application_role()).await.unwrap();
    owner.close().await.unwrap();
    // What the application's role may do is enough for all that follows.
    let signer = HeadSigner::new(KeyRing::load(&[key.to_owned()]).unwrap());
    let store = Store::open(&database.url(), clock()).await.unwrap().with_signer(signer);
    store.refresh().await.unwrap();
    let operator = Operator::at_the_machine("test");
    let bundle = api::exchange::demonstration().unwrap();
    api::store::import::import(&store, &operator, &bundle).await.unwrap();
    add_partner(&store, "9").await;
    let towns = [Some(MANERBIO), Some(PONTEVICO)];
    let roles = [Role::Azienda, Role::Assemblea, Role::Reporting, Role::Auditor, Role::Admin];
    let clients = roles.into_iter().map(|role| (role, None)).chain(towns.map(|comune| (Role::Comune, comune)));
    for (role, comune) in clients {
        let comune = comune.map(|code| allocation::IstatCode::parse(code).unwrap());
        let kind = Kind::check(&store, role, &ambiti_of(role), comune).unwrap();
        let client_id = format!("{role:?}{}", comune.map(|code| format!("-{code}")).unwrap_or_default()).to_lowercase();
        let new = NewClient { client_id, name: CLIENT_NAME.to_owned(), kind, secret_hash: None };
        client::create(&store, &operator.clients(), new).await.unwrap();
    }
    let kind = Kind::of_partner(&store, "9", PARTNER).unwrap();
    let new = NewClient { client_id: "partner".to_owned(), name: CLIENT_NAME.to_owned(), kind, secret_hash: None };
    client::create(&store, &operator.clients(), new).await.unwrap();
    store.close().await.unwrap();
}

/// A partner of an Ambito.
pub(crate) async fn add_partner(store: &Store, ambito: &str) {
    let book = store.book();
    let permit = Operator::at_the_machine("test").keep_master(book.ambito_by_code(ambito).unwrap().row.id);
    let write = store.write().await.unwrap();
    let new = NewPartner { code: PARTNER.to_owned(), name: "Cooperativa Alfa".to_owned(), tax_code: None };
    partner::add(&write, &permit, new, &book).await.unwrap();
    store.commit(write).await.unwrap();
}
