//! The database that every test begins with: the demonstration, and one client a role.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use api::auth::{KeyRing, Operator, Role};
use api::clock::Clock;
use api::store::Store;
use api::store::client::{self, Kind, NewClient};

use super::{NOW, database_url, own_folder};

/// A comune that takes part in SAD but not in ADP.
pub(crate) const MANERBIO: &str = "017103";
/// A comune that takes part in all services.
pub(crate) const PONTEVICO: &str = "017149";
/// Name of the clients that have no secret; `ambito token` finds them again by it.
pub(super) const CLIENT_NAME: &str = "ambito token";

/// The Ambiti that a role's client belongs to; none is all of them.
pub(super) fn ambiti_of(role: Role) -> Vec<String> {
    match role {
        Role::Azienda | Role::Assemblea => vec!["9".to_owned()],
        Role::Comune | Role::Reporting | Role::Auditor | Role::Admin => Vec::new(),
    }
}

/// Copies the template's database and key into a folder.
pub(super) fn copy_to(folder: &Path) {
    static TEMPLATE: OnceLock<PathBuf> = OnceLock::new();
    let template = TEMPLATE.get_or_init(make);
    for file in ["ambito.sqlite", "signing-key.pem"] {
        std::fs::copy(template.join(file), folder.join(file)).unwrap();
    }
}

fn make() -> PathBuf {
    let folder = own_folder();
    let place = folder.clone();
    // A thread of its own: the caller may be inside a runtime.
    std::thread::spawn(move || tokio::runtime::Runtime::new().unwrap().block_on(fill(&place))).join().unwrap();
    folder
}

async fn fill(folder: &Path) {
    KeyRing::generate(&folder.join("signing-key.pem")).unwrap();
    let clock = Clock::from_fn(|| NOW.parse().unwrap());
    let store = Store::open(&database_url(folder), clock).await.unwrap();
    store.migrate().await.unwrap();
    let operator = Operator::at_the_machine("test");
    let bundle = api::exchange::demonstration().unwrap();
    api::store::import::import(&store, &operator, &bundle).await.unwrap();
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
    store.close().await.unwrap();
}
