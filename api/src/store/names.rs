//! The natural codes behind row ids, and back: what rows need to become arithmetic. Codes never change (the database refuses it).

use std::collections::HashMap;
use std::sync::Arc;

use allocation::{IstatCode, MeasureCode};
use entity::kinds::FundLevel;
use sea_orm::ConnectionTrait;

use super::packed::{self, Word};
use super::part::{Of, Part};
use crate::error::{Error, Result};

/// Codes by row id, and row ids by code.
#[derive(Clone, Debug, Default)]
pub struct Names {
    comuni: HashMap<i64, IstatCode>,
    comune_ids: HashMap<IstatCode, i64>,
    measures: HashMap<i64, MeasureCode>,
    measure_ids: HashMap<(Option<i64>, MeasureCode), i64>,
    ambiti: HashMap<i64, Arc<str>>,
    funds: HashMap<i64, (Arc<str>, FundLevel)>,
    services: HashMap<i64, Arc<str>>,
}

impl Names {
    /// Reads all of them.
    pub(super) async fn load(db: &impl ConnectionTrait) -> Result<Self> {
        Self::load_part(db, Part::Everything).await
    }

    /// Reads those of a part, in five statements of one row each.
    pub(super) async fn load_part(db: &impl ConnectionTrait, part: Part) -> Result<Self> {
        let mut names = Self::default();
        let comuni = part.rows("comune", "id", Of::Comune);
        for (id, code) in packed::table::<(i64, Box<str>)>(db, "id, istat_code", comuni).await? {
            names.add_comune(id, IstatCode::parse(&code)?);
        }
        if matches!(part, Part::Comune(_)) {
            return Ok(names);
        }
        let of_ambito = |table| part.rows(table, "ambito_id", Of::Ambito);
        let measures = packed::table::<(i64, Option<i64>, Box<str>)>(db, "id, ambito_id, code", of_ambito("measure"));
        for (id, ambito, code) in measures.await? {
            names.add_measure(id, ambito, MeasureCode::parse(&code)?);
        }
        let funds = packed::table::<(i64, String, Word<FundLevel>)>(db, "id, code, level", of_ambito("fund"));
        names.funds.extend(funds.await?.into_iter().map(|(id, code, level)| (id, (code.into(), level.0))));
        let ambiti = packed::table::<(i64, Arc<str>)>(db, "id, code", part.rows("ambito", "id", Of::Ambito));
        names.ambiti.extend(ambiti.await?);
        let services = packed::table::<(i64, Arc<str>)>(db, "id, code", of_ambito("service"));
        names.services.extend(services.await?);
        Ok(names)
    }

    /// Takes over what was read of a part.
    pub(super) fn take(&mut self, part: Self) {
        let Self { comuni, comune_ids, measures, measure_ids, ambiti, funds, services } = part;
        self.comuni.extend(comuni);
        self.comune_ids.extend(comune_ids);
        self.measures.extend(measures);
        self.measure_ids.extend(measure_ids);
        self.ambiti.extend(ambiti);
        self.funds.extend(funds);
        self.services.extend(services);
    }

    pub(super) fn add_comune(&mut self, id: i64, code: IstatCode) {
        self.comuni.insert(id, code);
        self.comune_ids.insert(code, id);
    }

    pub(super) fn add_measure(&mut self, id: i64, ambito: Option<i64>, code: MeasureCode) {
        self.measure_ids.insert((ambito, code.clone()), id);
        self.measures.insert(id, code);
    }

    /// ISTAT code of the comune with this row id.
    pub fn comune(&self, id: i64) -> Result<IstatCode> {
        self.comuni.get(&id).copied().ok_or_else(|| Error::broken("comune", id))
    }

    /// Row id of a comune.
    pub fn comune_id(&self, code: IstatCode) -> Option<i64> {
        self.comune_ids.get(&code).copied()
    }

    /// Code of the measure with this row id.
    pub fn measure(&self, id: i64) -> Result<&MeasureCode> {
        self.measures.get(&id).ok_or_else(|| Error::broken("measure", id))
    }

    /// Row id of a measure as an Ambito knows it: its own before the one known everywhere.
    pub fn measure_id(&self, ambito: i64, code: &MeasureCode) -> Option<i64> {
        let id = |owner: Option<i64>| self.measure_ids.get(&(owner, code.clone())).copied();
        id(Some(ambito)).or_else(|| id(None))
    }

    /// Code of the fund with this row id.
    pub fn fund(&self, id: i64) -> Result<&str> {
        self.funds.get(&id).map(|(code, _)| &**code).ok_or_else(|| Error::broken("fund", id))
    }

    /// Whose money the fund with this row id is.
    pub fn fund_level(&self, id: i64) -> Result<FundLevel> {
        self.funds.get(&id).map(|(_, level)| *level).ok_or_else(|| Error::broken("fund", id))
    }

    /// Code of the Ambito with this row id.
    pub fn ambito(&self, id: i64) -> Result<&str> {
        self.ambiti.get(&id).map(|code| &**code).ok_or_else(|| Error::broken("ambito", id))
    }

    /// Code of the service with this row id.
    pub fn service(&self, id: i64) -> Result<&str> {
        self.service_code(id).map(|code| &**code)
    }

    /// The same, to be held on to.
    pub(super) fn service_code(&self, id: i64) -> Result<&Arc<str>> {
        self.services.get(&id).ok_or_else(|| Error::broken("service", id))
    }
}
