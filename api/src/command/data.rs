//! `ambito migrate` and `ambito import`.

use std::path::Path;

use crate::auth::Operator;
use crate::config::{Config, without_password};
use crate::exchange;
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

/// Loads an Ambito. Every problem of its files is told, and then nothing is written.
pub(super) async fn import(config: &Config, files: &Path, place: &Place) -> Result<(), Failure> {
    let read = exchange::read_folder(files)
        .map_err(|problem| Failure::new(format!("the folder {} cannot be read: {problem}", files.display())))?;
    let bundle =
        exchange::parse(&read).map_err(|problems| Failure(problems.iter().map(ToString::to_string).collect()))?;
    let store = folder::open(&folder::database_url(config, place)?).await?;
    let done = import::import(&store, &Operator::at_the_machine("import"), &bundle).await?;
    let (plans, approved) = done.plans;
    answer(&format!(
        "imported: ambito {}, {} comuni, {} services, {plans} plans, {approved} of them approved\n",
        done.ambito, done.comuni, done.services
    ))
}
