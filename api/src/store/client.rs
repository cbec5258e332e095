//! Clients: the programs that may ask. Made and revoked by an operator; the door finds them in the book.
//!
//! What a role needs is checked here: a comune's client speaks for one comune and belongs to its Ambito, and nobody
//! else speaks for one.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};

use allocation::IstatCode;
use aws_lc_rs::digest::{SHA256, digest};
use entity::{client, client_ambito};
use sea_orm::{
    ActiveEnum, ActiveValue::Set, ColumnTrait, DatabaseConnection, EntityTrait, IntoActiveModel, QueryFilter,
};

use super::book::Book;
use super::contact::{PATIENCE, within};
use super::digest::hex;
use super::master::ClientEntry;
use super::{Store, insert};
use crate::auth::{ClientPermit, Clients, KnownClient, Role, Scope, Standing};
use crate::error::{Code, Error, Refusal, Result};

/// Characters of a client's name.
const NAME_CHARACTERS_MAX: usize = 100;

/// A client to be.
#[derive(Clone, Debug)]
pub struct NewClient {
    /// The name it presents itself with; new on this server.
    pub client_id: String,
    /// Name for people.
    pub name: String,
    /// What it is and where it belongs.
    pub kind: Kind,
    /// Hash of its secret; none where its tokens are made at the machine, or by another issuer.
    pub secret_hash: Option<String>,
}

/// What a client is and where it belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kind {
    /// Its role.
    pub role: Role,
    /// Row ids of its Ambiti; none where it belongs to all.
    pub ambiti: Option<BTreeSet<i64>>,
    /// Row id of the comune it speaks for.
    pub comune: Option<i64>,
    /// Row id of the partner it speaks for.
    pub partner: Option<i64>,
}

impl Kind {
    /// Checks what was asked for against what the role needs. A comune's Ambito need not be named; roles that look at
    /// all Ambiti may be held to some.
    pub fn check(store: &Store, role: Role, ambiti: &[String], comune: Option<IstatCode>) -> Result<Self> {
        let book = store.book();
        let named = ambiti
            .iter()
            .map(|code| Ok(book.ambito_by_code(code).ok_or_else(|| Error::not_found("ambito", code))?.row.id));
        let named = named.collect::<Result<BTreeSet<i64>>>()?;
        match (role, comune) {
            (Role::Comune, None) => {
                Err(refusal("comune", "Serve il codice ISTAT del comune.", "The comune's ISTAT code is needed."))
            }
            (Role::Comune, Some(code)) => Self::of_comune(&book, store, &named, code),
            (_, Some(_)) => Err(refusal(
                "comune",
                "Solo il ruolo COMUNE ha un comune.",
                "Only the role COMUNE speaks for a comune.",
            )),
            (Role::Azienda | Role::Assemblea, None) if named.is_empty() => {
                Err(refusal("ambito", "Serve il codice dell'Ambito.", "The Ambito's code is needed."))
            }
            (Role::Partner, None) => {
                Err(refusal("partner", "Serve il codice del partner.", "The partner's code is needed."))
            }
            (_, None) => Ok(Self { role, ambiti: (!named.is_empty()).then_some(named), comune: None, partner: None }),
        }
    }

    fn of_comune(book: &Book, store: &Store, named: &BTreeSet<i64>, code: IstatCode) -> Result<Self> {
        let comune = book.comune_by_istat(code).ok_or_else(|| Error::not_found("comune", code.as_str()))?;
        let ambito = comune.ambito_on(store.clock().today());
        let own: BTreeSet<i64> = ambito.into_iter().collect();
        if own.is_empty() || !(named.is_empty() || *named == own) {
            return Err(refusal(
                "ambito",
                "Il comune non appartiene all'Ambito.",
                "The comune is not a member of the Ambito.",
            ));
        }
        Ok(Self { role: Role::Comune, ambiti: Some(own), comune: Some(comune.row.id), partner: None })
    }

    /// The kind of a client that speaks for a partner, which an Ambito knows by its code. It belongs to that Ambito alone.
    pub fn of_partner(store: &Store, ambito: &str, code: &str) -> Result<Self> {
        let book = store.book();
        let its = book.ambito_by_code(ambito).ok_or_else(|| Error::not_found("ambito", ambito))?;
        let partner = its.partners.iter().find(|partner| partner.code == code);
        let partner = partner.ok_or_else(|| Error::not_found("partner", code))?;
        let own = Some(BTreeSet::from([its.row.id]));
        Ok(Self { role: Role::Partner, ambiti: own, comune: None, partner: Some(partner.id) })
    }

    fn of(entry: &ClientEntry) -> Self {
        let ambiti = (!entry.row.all_ambiti).then(|| entry.ambiti.clone());
        Self { role: entry.row.role, ambiti, comune: entry.row.comune_id, partner: entry.row.partner_id }
    }
}

/// Makes a client.
pub async fn create(store: &Store, permit: &ClientPermit, new: NewClient) -> Result<client::Model> {
    let printable = !new.name.trim().is_empty() && !new.name.chars().any(char::is_control);
    if !printable || new.name.chars().count() > NAME_CHARACTERS_MAX {
        return Err(refusal(
            "name",
            "Il nome deve avere da 1 a 100 caratteri stampabili.",
            "The name must have 1 to 100 printable characters.",
        ));
    }
    let write = store.write().await?;
    let known = client::Entity::find().filter(client::Column::ClientId.eq(&new.client_id)).one(write.tx()).await?;
    if known.is_some() {
        return Err(Refusal::new(Code::Duplicate).argument("client_id").into());
    }
    let row = client::ActiveModel {
        client_id: Set(new.client_id),
        name: Set(new.name),
        role: Set(new.kind.role),
        secret_hash: Set(new.secret_hash),
        all_ambiti: Set(new.kind.ambiti.is_none()),
        comune_id: Set(new.kind.comune),
        partner_id: Set(new.kind.partner),
        created_at: Set(write.clock().now()),
        revoked_at: Set(None),
        ..Default::default()
    };
    let row = client::Entity::insert(row).exec_with_returning(write.tx()).await?;
    let ambiti = new.kind.ambiti.unwrap_or_default();
    let memberships = ambiti.iter().map(|ambito| client_ambito::ActiveModel {
        client_id: Set(row.id),
        ambito_id: Set(*ambito),
        ..Default::default()
    });
    insert::many(write.tx(), memberships).await?;
    let after = fingerprint(&row, &ambiti);
    write.audit(permit.actor(), "client.create", &subject(&row), None, Some(after)).await?;
    store.commit(write).await?;
    Ok(row)
}

/// Revokes a client: its tokens end with the next request, its secret with the next try. It cannot be undone.
pub async fn revoke(store: &Store, permit: &ClientPermit, client_id: &str) -> Result<client::Model> {
    let write = store.write().await?;
    let found = client::Entity::find().filter(client::Column::ClientId.eq(client_id)).one(write.tx()).await?;
    let row = found.ok_or_else(|| Error::not_found("client", client_id))?;
    if row.revoked_at.is_some() {
        return Err(refusal("client_id", "Il client è già revocato.", "The client is revoked already."));
    }
    let links =
        client_ambito::Entity::find().filter(client_ambito::Column::ClientId.eq(row.id)).all(write.tx()).await?;
    let ambiti: BTreeSet<i64> = links.into_iter().map(|link| link.ambito_id).collect();
    let before = fingerprint(&row, &ambiti);
    let mut change = row.into_active_model();
    change.revoked_at = Set(Some(write.clock().now()));
    let row = client::Entity::update(change).exec(write.tx()).await?;
    let after = fingerprint(&row, &ambiti);
    write.audit(permit.actor(), "client.revoke", &subject(&row), Some(before), Some(after)).await?;
    store.commit(write).await?;
    Ok(row)
}

/// Every client, the revoked ones too, in the order of their ids.
pub fn all(book: &Book) -> Vec<&ClientEntry> {
    let mut entries: Vec<_> = book.clients.values().collect();
    entries.sort_by(|one, other| one.row.client_id.cmp(&other.row.client_id));
    entries
}

/// A client of this name and kind that has no secret and was not revoked.
pub fn without_secret(book: &Book, name: &str, kind: &Kind) -> Option<Arc<KnownClient>> {
    let fits = |entry: &&ClientEntry| {
        let row = &entry.row;
        row.name == name && row.secret_hash.is_none() && row.revoked_at.is_none() && Kind::of(entry) == *kind
    };
    all(book).into_iter().find(fits).map(|entry| entry.known.clone())
}

impl Clients for Store {
    fn find_client(&self, client_id: &str) -> Option<Arc<KnownClient>> {
        // In place: each request comes here, and counting another reader of the book costs more than the look.
        let book = self.book.read().unwrap_or_else(PoisonError::into_inner);
        book.client(client_id).map(|entry| entry.known.clone())
    }

    async fn ask_client(&self, client_id: &str) -> Result<Option<Arc<KnownClient>>> {
        // Somebody waits at the door: its rows alone, and not behind a large book that is being read.
        within(PATIENCE, stored(&self.db, client_id)).await
    }
}

/// The client of this id as it is stored. One that is not known takes as many statements as one that is.
async fn stored(db: &DatabaseConnection, client_id: &str) -> Result<Option<Arc<KnownClient>>> {
    // PostgreSQL has no text with this sign in it, and no client either.
    if client_id.contains('\0') {
        return Ok(None);
    }
    let row = client::Entity::find().filter(client::Column::ClientId.eq(client_id)).one(db).await?;
    let id = row.as_ref().map_or(0, |row| row.id);
    let links = client_ambito::Entity::find().filter(client_ambito::Column::ClientId.eq(id)).all(db).await?;
    let ambiti = links.into_iter().map(|link| link.ambito_id).collect();
    Ok(row.map(|row| Arc::new(known(&row, &ambiti))))
}

/// A client as the door asks for it.
pub(super) fn known(row: &client::Model, ambiti: &BTreeSet<i64>) -> KnownClient {
    let scope = if row.all_ambiti { Scope::All } else { Scope::Ambiti(ambiti.clone()) };
    KnownClient {
        client_id: row.client_id.as_str().into(),
        standing: Standing { role: row.role, scope, comune: row.comune_id, partner: row.partner_id }.into(),
        secret_hash: row.secret_hash.clone(),
        revoked: row.revoked_at.is_some(),
    }
}

fn subject(row: &client::Model) -> String {
    format!("client:{}", row.client_id)
}

/// Digest of what a client may do; its secret is left out.
fn fingerprint(row: &client::Model, ambiti: &BTreeSet<i64>) -> String {
    let ambiti: Vec<String> = ambiti.iter().map(i64::to_string).collect();
    let comune = row.comune_id.map(|id| id.to_string()).unwrap_or_default();
    let fields = [
        row.client_id.as_str(),
        &row.name,
        &row.role.to_value(),
        if row.all_ambiti { "all" } else { "some" },
        &ambiti.join(","),
        &comune,
        if row.revoked_at.is_some() { "revoked" } else { "active" },
    ];
    // Clients of before have no such line.
    let partner = row.partner_id.map(|id| format!("\npartner {id}")).unwrap_or_default();
    hex(digest(&SHA256, (fields.join("\n") + &partner).as_bytes()).as_ref())
}

fn refusal(argument: &str, it: &'static str, en: &'static str) -> Error {
    Refusal::new(Code::Invalid).message(it, en).argument(argument).into()
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, NaiveDate};
    use entity::{ambito, comune, membership};

    use super::*;
    use crate::auth::Operator;
    use crate::auth::secret::random_text;
    use crate::clock::Clock;
    use crate::config::{sqlite_url, with_mode};
    use crate::store::audit;

    /// A database of its own with the Ambiti 9 and 10; comune 017103 is of 9, 017001 of 10, 017002 of neither.
    struct Database {
        store: Store,
        folder: std::path::PathBuf,
    }

    impl Drop for Database {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }

    impl Database {
        async fn new() -> Self {
            let folder = crate::config::temporary_folder().join(format!("ambito-client-{}", random_text(9).unwrap()));
            std::fs::create_dir(&folder).unwrap();
            let clock = Clock::from_fn(|| DateTime::from_timestamp(1_600_000_000, 0).unwrap());
            let store = Store::open(&with_mode(&sqlite_url(&folder).unwrap(), true), clock).await.unwrap();
            store.migrate(None).await.unwrap();
            let write = store.write().await.unwrap();
            for (id, istat, of) in [(9, "017103", Some(9)), (10, "017001", Some(10)), (11, "017002", None)] {
                if let Some(of) = of {
                    let row = ambito::ActiveModel {
                        id: Set(of),
                        code: Set(of.to_string()),
                        name: Set("Ambito".into()),
                        region: Set("Lombardia".into()),
                        province: Set("BS".into()),
                        managing_body: Set("Azienda".into()),
                        legal_form: Set(None),
                        ..Default::default()
                    };
                    ambito::Entity::insert(row).exec(write.tx()).await.unwrap();
                }
                let row = comune::ActiveModel {
                    id: Set(id),
                    istat_code: Set(istat.into()),
                    name: Set(istat.into()),
                    cadastral_code: Set(None),
                    province: Set("BS".into()),
                    ..Default::default()
                };
                comune::Entity::insert(row).exec(write.tx()).await.unwrap();
                if let Some(of) = of {
                    let row = membership::ActiveModel {
                        ambito_id: Set(of),
                        comune_id: Set(id),
                        valid_from: Set(NaiveDate::from_ymd_opt(2018, 1, 1).unwrap()),
                        valid_to: Set(None),
                        ..Default::default()
                    };
                    membership::Entity::insert(row).exec(write.tx()).await.unwrap();
                }
            }
            write.audit("test", "ambito.import", "ambito:9", None, None).await.unwrap();
            store.commit(write).await.unwrap();
            Self { store, folder }
        }

        async fn events(&self) -> i64 {
            audit::head(self.store.reader()).await.unwrap().0
        }

        fn kind(&self, role: Role, ambiti: &[&str], comune: Option<&str>) -> Result<Kind> {
            let ambiti: Vec<String> = ambiti.iter().map(|code| (*code).to_owned()).collect();
            Kind::check(&self.store, role, &ambiti, comune.map(|code| IstatCode::parse(code).unwrap()))
        }

        async fn create(&self, client_id: &str, name: &str) -> Result<client::Model> {
            let kind = self.kind(Role::Comune, &[], Some("017103"))?;
            let new = NewClient { client_id: client_id.into(), name: name.into(), kind, secret_hash: None };
            create(&self.store, &Operator::at_the_machine("test").clients(), new).await
        }
    }

    #[tokio::test]
    async fn what_each_role_needs() {
        let database = Database::new().await;
        for (role, ambiti, comune, expected) in [
            (Role::Comune, &[][..], Some("017103"), "9 for 9"),
            (Role::Comune, &["9"], Some("017103"), "9 for 9"),
            (Role::Comune, &[], None, "INVALID"),
            (Role::Comune, &["10"], Some("017103"), "INVALID"),
            (Role::Comune, &["9", "10"], Some("017103"), "INVALID"),
            (Role::Comune, &[], Some("017002"), "INVALID"),
            (Role::Comune, &[], Some("099999"), "NOT_FOUND"),
            (Role::Azienda, &["9"], None, "9"),
            (Role::Azienda, &["9", "10"], None, "9,10"),
            (Role::Azienda, &[], None, "INVALID"),
            (Role::Azienda, &["9"], Some("017103"), "INVALID"),
            (Role::Assemblea, &[], None, "INVALID"),
            (Role::Assemblea, &["11"], None, "NOT_FOUND"),
            (Role::Reporting, &[], None, "all"),
            (Role::Reporting, &["10"], None, "10"),
            (Role::Auditor, &[], None, "all"),
            (Role::Admin, &[], None, "all"),
            (Role::Admin, &[], Some("017103"), "INVALID"),
        ] {
            let found = match database.kind(role, ambiti, comune) {
                Err(error) => error.code().as_str().to_owned(),
                Ok(kind) => {
                    let ids = kind.ambiti.map(|ids| ids.iter().map(i64::to_string).collect::<Vec<_>>().join(","));
                    let own = kind.comune.map(|id| format!(" for {id}")).unwrap_or_default();
                    ids.unwrap_or_else(|| "all".to_owned()) + &own
                }
            };
            assert_eq!(found, expected, "{role:?} {ambiti:?} {comune:?}");
        }
    }

    #[tokio::test]
    async fn a_client_is_found_until_it_is_revoked_and_each_act_is_in_the_trail() {
        let database = Database::new().await;
        let (store, before) = (&database.store, database.events().await);
        database.create("c-1", "Manerbio").await.unwrap();
        let found = store.find_client("c-1").unwrap();
        assert_eq!((found.standing.role, found.standing.comune, found.revoked), (Role::Comune, Some(9), false));
        assert_eq!(found.standing.scope, Scope::Ambiti(BTreeSet::from([9])));
        let kind = database.kind(Role::Comune, &[], Some("017103")).unwrap();
        assert!(without_secret(&store.book(), "Manerbio", &kind).is_some());
        assert!(without_secret(&store.book(), "another name", &kind).is_none());
        let permit = Operator::at_the_machine("test").clients();
        revoke(store, &permit, "c-1").await.unwrap();
        assert!(store.find_client("c-1").unwrap().revoked);
        assert!(without_secret(&store.book(), "Manerbio", &kind).is_none());
        assert_eq!(database.events().await, before + 2);
    }

    #[tokio::test]
    async fn what_is_refused_changes_nothing() {
        let database = Database::new().await;
        let permit = Operator::at_the_machine("test").clients();
        database.create("c-1", "Manerbio").await.unwrap();
        database.create("c-2", "Manerbio").await.unwrap();
        revoke(&database.store, &permit, "c-2").await.unwrap();
        let before = database.events().await;
        let long = "n".repeat(NAME_CHARACTERS_MAX + 1);
        let code = |result: Result<client::Model>| result.unwrap_err().code().as_str();
        for (id, name, expected) in [
            ("c-1", "again", "DUPLICATE"),
            ("c-3", "", "INVALID"),
            ("c-3", " ", "INVALID"),
            ("c-3", "two\nlines", "INVALID"),
            ("c-3", &long, "INVALID"),
        ] {
            assert_eq!(code(database.create(id, name).await), expected, "{id} {name}");
        }
        assert_eq!(code(revoke(&database.store, &permit, "nobody").await), "NOT_FOUND");
        assert_eq!(code(revoke(&database.store, &permit, "c-2").await), "INVALID");
        assert_eq!((database.events().await, all(&database.store.book()).len()), (before, 2));
    }
}
