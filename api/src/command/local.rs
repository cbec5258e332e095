//! Clients and tokens of a data folder: whoever can read its key may speak for anybody in it.

use std::sync::Arc;

use crate::auth::authenticator::OwnIssuer;
use crate::auth::secret::random_text;
use crate::auth::{Authenticator, Issuers, KeyRing, KnownClient, Operator, Role};
use crate::clock::Clock;
use crate::config::Config;
use crate::store::Store;
use crate::store::client::{self, Kind, NewClient};

use super::folder::{self, DataFolder};
use super::{Failure, KindArguments, TokenArguments, answer, role_word};

/// Name of the clients that are made here, by which they are found again.
const NAME: &str = "ambito token";
/// The `iss` of a data folder's tokens unless told otherwise.
const ISSUER: &str = "urn:ambito:demo";
/// How long they last unless told otherwise: a day of trying out.
const TOKEN_SECONDS: u32 = 24 * 3_600;
/// Bytes of randomness in a client's id.
const ID_BYTES: usize = 6;

/// `ambito token`: one token on a line of its own.
pub(super) async fn token(config: &Config, arguments: &TokenArguments) -> Result<(), Failure> {
    let data = DataFolder::at(&arguments.data);
    let authenticator = authenticator(config, data.keys()?)?;
    let store = folder::open(&data.database_url()?).await?;
    let text = token_for(&store, &authenticator, &arguments.kind).await?;
    answer(&text)
}

/// What checks and makes tokens with a data folder's key.
pub(super) fn authenticator(config: &Config, keys: KeyRing) -> Result<Authenticator, Failure> {
    let own = OwnIssuer {
        issuer: config.issuer.clone().unwrap_or_else(|| ISSUER.to_owned()),
        audience: config.audience.clone(),
        token_seconds: config.token_seconds.unwrap_or(TOKEN_SECONDS),
    };
    Ok(Authenticator::new(keys, Issuers::default(), own, &config.limits, Clock::system())?)
}

/// A token of a client of this kind, which is made where there is none.
pub(super) async fn token_for(
    store: &Store,
    authenticator: &Authenticator,
    asked: &KindArguments,
) -> Result<String, Failure> {
    let mut ambiti = asked.ambiti.clone();
    if ambiti.is_empty() && matches!(asked.role, Role::Azienda | Role::Assemblea | Role::Partner) {
        ambiti.extend(only_ambito(store));
    }
    let kind = kind(store, asked, &ambiti)?;
    let client = client_of(store, asked, &kind).await?;
    let (token, _) = authenticator.issue(&client)?;
    Ok(token)
}

/// What was asked for, checked against what the role needs; a partner is known by its Ambito and its code.
pub(super) fn kind(store: &Store, asked: &KindArguments, ambiti: &[String]) -> Result<Kind, Failure> {
    match (asked.role, &asked.partner, ambiti) {
        (Role::Partner, Some(partner), [code]) => Ok(Kind::of_partner(store, code, partner)?),
        (Role::Partner, Some(_), _) => {
            Err(Failure::new("a partner's client belongs to one Ambito: name it with --ambito"))
        }
        (_, Some(_), _) => Err(Failure::new("only the role PARTNER speaks for a partner")),
        (_, None, _) => Ok(Kind::check(store, asked.role, ambiti, asked.comune)?),
    }
}

async fn client_of(store: &Store, asked: &KindArguments, kind: &Kind) -> Result<Arc<KnownClient>, Failure> {
    if let Some(client) = client::without_secret(&store.book(), NAME, kind) {
        return Ok(client);
    }
    let new = NewClient { client_id: new_id(asked)?, name: NAME.to_owned(), kind: kind.clone(), secret_hash: None };
    let operator = Operator::at_the_machine("token");
    client::create(store, &operator.clients(), new).await?;
    client::without_secret(&store.book(), NAME, kind)
        .ok_or_else(|| Failure::new("the client was revoked while it was made"))
}

/// A new client's id: its role, its comune if it has one, and something that no other has.
pub(super) fn new_id(kind: &KindArguments) -> Result<String, Failure> {
    let comune = kind.comune.map(|code| format!("{code}-")).unwrap_or_default();
    Ok(format!("{}-{comune}{}", role_word(kind.role).to_ascii_lowercase(), random_text(ID_BYTES)?))
}

/// The Ambito that is meant where none is named: the only one, or the only one that has services. One that has none is there for its agreements.
fn only_ambito(store: &Store) -> Option<String> {
    let book = store.book();
    let all: Vec<_> = book.ambiti().collect();
    let with_services: Vec<_> = all.iter().copied().filter(|ambito| !ambito.services.is_empty()).collect();
    match (&all[..], &with_services[..]) {
        ([only], _) | (_, [only]) => Some(only.row.code.clone()),
        _ => None,
    }
}
