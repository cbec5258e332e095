//! `ambito migrate` and `ambito import`.

use std::path::{Path, PathBuf};

use crate::auth::{HeadSigner, Operator};
use crate::config::{Config, without_password};
use crate::exchange;
use crate::store::bundle::Bundle;
use crate::store::import;

use super::folder::{self, DataFolder};
use super::{Failure, Place, answer};

/// Makes the database or brings it to this version.
pub(super) async fn migrate(config: &Config, place: &Place, application_role: Option<&str>) -> Result<(), Failure> {
    if let Some(path) = &place.data {
        DataFolder::make(path)?;
    }
    let url = folder::database_url(config, place)?;
    folder::open_or_new(&url, application_role).await?;
    answer(&format!("migrated: {}\n", without_password(&url)))
}

/// Loads Ambiti, one a folder and one after the other. Every problem of all their files is told, and then nothing is written.
pub(super) async fn import(config: &Config, folders: &[PathBuf], place: &Place) -> Result<(), Failure> {
    let (mut bundles, mut problems) = (Vec::new(), Vec::new());
    for folder in folders {
        match read(folder) {
            Ok(bundle) => bundles.push(bundle),
            // The files have the same names in every folder.
            Err(found) if folders.len() > 1 => {
                problems.extend(found.into_iter().map(|problem| format!("{}: {problem}", folder.display())));
            }
            Err(found) => problems.extend(found),
        }
    }
    if !problems.is_empty() {
        return Err(Failure(problems));
    }
    let keys = folder::keys(config, place)?;
    let mut store = folder::open(&folder::database_url(config, place)?).await?;
    if let Some(keys) = keys {
        store = store.with_signer(HeadSigner::new(keys));
    }
    for bundle in &bundles {
        let done = import::import(&store, &Operator::at_the_machine("import"), bundle).await?;
        let (plans, approved) = done.plans;
        answer(&format!(
            "imported: ambito {}, {} comuni, {} services, {plans} plans, {approved} of them approved\n",
            done.ambito, done.comuni, done.services
        ))?;
    }
    Ok(())
}

fn read(folder: &Path) -> Result<Bundle, Vec<String>> {
    let files = exchange::read_folder(folder)
        .map_err(|problem| vec![format!("ambito: the folder {} cannot be read: {problem}", folder.display())])?;
    exchange::parse(&files).map_err(|problems| problems.iter().map(ToString::to_string).collect())
}
