//! How evenly a cost lies on the residents of the comuni that share it. The arithmetic is `allocation::spread`.

use allocation::{Burden, Cents, IstatCode};
use async_graphql::SimpleObject;

use super::comune::Comune;
use super::plan::residents;
use super::scalars::{Euro, ExactDecimal};
use super::sight::Sight;
use crate::error::{Error, Result};
use crate::store::plan::PlanBook;

/// How evenly a cost lies on the residents of the comuni that share it (distribuzione dell'onere).
#[derive(SimpleObject)]
pub struct BurdenSpread {
    /// The comune whose residents bear most each; of equal ones that of the lowest code (onere più alto).
    pub highest: ComuneBurden,
    /// The comune whose residents bear least each; of equal ones that of the lowest code (onere più basso).
    pub lowest: ComuneBurden,
    /// How far the burdens of the residents lie apart: 0 where all bear the same, towards 1 the fewer bear it all. Each resident counts once and bears
    /// what its comune owes for each of its residents; six decimals, rounded half up (indice di concentrazione di Gini).
    pub gini: ExactDecimal,
}

/// What each resident of a comune bears (onere per abitante).
#[derive(SimpleObject)]
pub struct ComuneBurden {
    /// The comune (Comune).
    pub comune: Comune,
    /// For each of its residents, rounded half up to the cent (euro per abitante).
    pub per_resident: Euro,
}

/// The spread of what some comuni owe, their residents counted as a plan does; none where there are no comuni, or the residents of one are not known.
pub(super) fn spread(
    sight: &Sight,
    plan: &PlanBook,
    quotas: impl Iterator<Item = (IstatCode, Cents)>,
) -> Result<Option<BurdenSpread>> {
    let mut burdens = Vec::new();
    for (istat, amount) in quotas {
        let comune = sight.book().comune_by_istat(istat);
        let comune = comune.ok_or_else(|| Error::not_found("comune", istat.as_str()))?;
        // Without one of them the figure would pass for that of all.
        let Some(residents) = residents(sight, plan, comune) else { return Ok(None) };
        burdens.push(Burden { comune: istat, amount, residents });
    }
    let Some(spread) = allocation::spread(&burdens)? else { return Ok(None) };
    Ok(Some(BurdenSpread {
        highest: view(sight, &spread.highest)?,
        lowest: view(sight, &spread.lowest)?,
        gini: ExactDecimal::six_places(spread.gini),
    }))
}

fn view(sight: &Sight, burden: &Burden) -> Result<ComuneBurden> {
    let comune = sight.book().comune_by_istat(burden.comune);
    let comune = comune.ok_or_else(|| Error::not_found("comune", burden.comune.as_str()))?;
    let per_resident = allocation::per_unit(burden.amount, burden.residents).ok_or(allocation::Error::Overflow)?;
    Ok(ComuneBurden { comune: Comune(comune.clone()), per_resident: Euro(per_resident) })
}
