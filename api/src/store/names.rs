//! The natural codes behind row ids, and back: what rows need to become arithmetic. Codes never change (the database refuses it).

use std::collections::{BTreeMap, HashMap};

use allocation::{IstatCode, MeasureCode};
use entity::kinds::FundLevel;
use entity::{ambito, comune, fund, measure, service};
use sea_orm::{ConnectionTrait, EntityTrait};

use crate::error::{Error, Result};

/// Codes by row id, and row ids by code.
#[derive(Debug, Default)]
pub struct Names {
    comuni: HashMap<i64, IstatCode>,
    comune_ids: BTreeMap<IstatCode, i64>,
    measures: HashMap<i64, MeasureCode>,
    measure_ids: BTreeMap<(Option<i64>, String), i64>,
    ambiti: HashMap<i64, String>,
    funds: HashMap<i64, (String, FundLevel)>,
    services: HashMap<i64, String>,
}

impl Names {
    /// Reads all of them, in five statements.
    pub(super) async fn load(db: &impl ConnectionTrait) -> Result<Self> {
        let mut names = Self::default();
        for row in comune::Entity::find().all(db).await? {
            names.add_comune(row.id, IstatCode::parse(&row.istat_code)?);
        }
        for row in measure::Entity::find().all(db).await? {
            names.add_measure(row.id, row.ambito_id, MeasureCode::parse(&row.code)?);
        }
        for row in fund::Entity::find().all(db).await? {
            names.funds.insert(row.id, (row.code, row.level));
        }
        for row in ambito::Entity::find().all(db).await? {
            names.ambiti.insert(row.id, row.code);
        }
        for row in service::Entity::find().all(db).await? {
            names.services.insert(row.id, row.code);
        }
        Ok(names)
    }

    pub(super) fn add_comune(&mut self, id: i64, code: IstatCode) {
        self.comuni.insert(id, code);
        self.comune_ids.insert(code, id);
    }

    pub(super) fn add_measure(&mut self, id: i64, ambito: Option<i64>, code: MeasureCode) {
        self.measure_ids.insert((ambito, code.as_str().to_owned()), id);
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
        let id = |owner: Option<i64>| self.measure_ids.get(&(owner, code.as_str().to_owned())).copied();
        id(Some(ambito)).or_else(|| id(None))
    }

    /// Code of the fund with this row id.
    pub fn fund(&self, id: i64) -> Result<&str> {
        self.funds.get(&id).map(|(code, _)| code.as_str()).ok_or_else(|| Error::broken("fund", id))
    }

    /// Whose money the fund with this row id is.
    pub fn fund_level(&self, id: i64) -> Result<FundLevel> {
        self.funds.get(&id).map(|(_, level)| *level).ok_or_else(|| Error::broken("fund", id))
    }

    /// Code of the Ambito with this row id.
    pub fn ambito(&self, id: i64) -> Result<&str> {
        self.ambiti.get(&id).map(String::as_str).ok_or_else(|| Error::broken("ambito", id))
    }

    /// Code of the service with this row id.
    pub fn service(&self, id: i64) -> Result<&str> {
        self.services.get(&id).map(String::as_str).ok_or_else(|| Error::broken("service", id))
    }
}
