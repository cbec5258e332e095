//! `ambito client`: make, list, revoke.

use chrono::{DateTime, SecondsFormat, Utc};

use crate::auth::Operator;
use crate::auth::secret::Secret;
use crate::config::Config;
use crate::store::book::Book;
use crate::store::client::{self, NewClient};
use crate::store::master::ClientEntry;

use super::{ClientArguments, Failure, Place, answer, folder, local, role_word};

/// Makes a client and prints its id and secret, the only time that the secret is seen.
pub(super) async fn create(config: &Config, arguments: ClientArguments) -> Result<(), Failure> {
    let store = folder::open(&folder::database_url(config, &arguments.place)?).await?;
    let asked = &arguments.kind;
    let kind = local::kind(&store, asked, &asked.ambiti)?;
    let secret = Secret::generate()?;
    let new =
        NewClient { client_id: local::new_id(asked)?, name: arguments.name, kind, secret_hash: Some(secret.hash()?) };
    let row = client::create(&store, &Operator::at_the_machine("client").clients(), new).await?;
    answer(&format!("client_id: {}\nclient_secret: {}\n", row.client_id, secret.expose()))
}

/// Prints one line a client, its fields separated by tabs.
pub(super) async fn list(config: &Config, place: &Place) -> Result<(), Failure> {
    let store = folder::open(&folder::database_url(config, place)?).await?;
    let book = store.book();
    let mut text = String::from("client_id\trole\tambiti\tcomune\tname\tcreated\trevoked\tpartner\n");
    for entry in client::all(&book) {
        text.push_str(&line(&book, entry));
    }
    answer(&text)
}

/// Revokes a client.
pub(super) async fn revoke(config: &Config, client_id: &str, place: &Place) -> Result<(), Failure> {
    let store = folder::open(&folder::database_url(config, place)?).await?;
    let row = client::revoke(&store, &Operator::at_the_machine("client").clients(), client_id).await?;
    answer(&format!("revoked: {}\n", row.client_id))
}

fn line(book: &Book, entry: &ClientEntry) -> String {
    let row = &entry.row;
    let codes: Vec<&str> =
        entry.ambiti.iter().filter_map(|id| book.ambito(*id)).map(|ambito| ambito.row.code.as_str()).collect();
    let ambiti = if row.all_ambiti { "all".to_owned() } else { codes.join(",") };
    let comune = row.comune_id.and_then(|id| book.comune(id)).map_or("-", |comune| comune.row.istat_code.as_str());
    let day = |instant: DateTime<Utc>| instant.to_rfc3339_opts(SecondsFormat::Secs, true);
    let revoked = row.revoked_at.map_or_else(|| "-".to_owned(), day);
    let partners = entry.ambiti.iter().filter_map(|id| book.ambito(*id)).flat_map(|ambito| &ambito.partners);
    let partner = partners.into_iter().find(|partner| Some(partner.id) == row.partner_id);
    let partner = partner.map_or("-", |partner| partner.code.as_str());
    format!(
        "{}\t{}\t{ambiti}\t{comune}\t{}\t{}\t{revoked}\t{partner}\n",
        row.client_id,
        role_word(row.role),
        row.name,
        day(row.created_at)
    )
}
