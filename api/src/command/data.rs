//! `ambito migrate` and `ambito import`.

use std::path::{Path, PathBuf};

use crate::auth::{HeadSigner, Operator};
use crate::config::{Config, without_password};
use crate::exchange;
use crate::store::agreement::bundle::AgreementBundle;
use crate::store::agreement::import as agreements;
use crate::store::bundle::Bundle;
use crate::store::governance::{self, GovernanceBundle};
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

/// Loads Ambiti, agreements and who governs them, folder by folder and one after the other. Every problem of all their files is told, and then nothing is written.
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
    let operator = Operator::at_the_machine("import");
    for (plan, of_agreements, of_governance) in &bundles {
        // Together where both are there: the plan's budgets may point to the agreements, which may be tied to the plan's services.
        let mut beside = None;
        if let Some(bundle) = plan {
            let (done, of_agreements) = import::import_with(&store, &operator, bundle, of_agreements.as_ref()).await?;
            beside = of_agreements;
            let (plans, approved) = done.plans;
            answer(&format!(
                "imported: ambito {}, {} comuni, {} services, {plans} plans, {approved} of them approved\n",
                done.ambito, done.comuni, done.services
            ))?;
        }
        let alone = of_agreements.as_ref().filter(|_| plan.is_none());
        if let Some(bundle) = alone {
            beside = Some(agreements::import(&store, &operator, bundle).await?);
        }
        if let Some(done) = beside {
            answer(&format!(
                "imported: ambito {}, {} partners, {} agreements, {} versions of them\n",
                done.ambito, done.partners, done.agreements, done.versions
            ))?;
        }
        if let Some(bundle) = of_governance {
            let done = governance::import(&store, &operator, bundle).await?;
            answer(&format!(
                "imported: ambito {}, {} governing bodies, {} work plans, {} projects\n",
                done.ambito, done.bodies, done.work_plans, done.projects
            ))?;
        }
    }
    Ok(())
}

/// What a folder holds: a plan, agreements, governance, or several of them.
type Read = (Option<Bundle>, Option<AgreementBundle>, Option<GovernanceBundle>);

fn read(folder: &Path) -> Result<Read, Vec<String>> {
    let found = exchange::read_whole_folder(folder)
        .map_err(|problem| vec![format!("ambito: the folder {} cannot be read: {problem}", folder.display())])?;
    let plan = found.plan.as_ref().map(exchange::parse).transpose();
    let agreements = found.agreements.as_ref().map(exchange::parse_agreements).transpose();
    let governance = found.governance.as_ref().map(exchange::parse_governance).transpose();
    match (plan, agreements, governance) {
        (Ok(plan), Ok(agreements), Ok(governance)) => Ok((plan, agreements, governance)),
        // Of all files, not of the first.
        (plan, agreements, governance) => {
            let problems = [plan.err(), agreements.err(), governance.err()].into_iter().flatten().flatten();
            Err(problems.map(|problem| problem.to_string()).collect())
        }
    }
}
