//! Files for reporting tools (esportazioni): what of an Ambito's year an asker may take away. It is found here, as the API's own fields find it, and written elsewhere.
//!
//! Who may never see such a thing hears `FORBIDDEN`, whatever the file; who may, but not there, hears `NOT_FOUND`, as for what is not there.

use std::sync::Arc;

use chrono::NaiveDate;

use super::Asking;
use super::origin::Origin;
use super::scalars::{Date, IstatCode};
use super::sight::Sight;
use crate::error::{Code, Error, Refusal, Result};
use crate::limits::Limits;
use crate::store::Store;
use crate::store::activity::{Month, Walk, Wanted};
use crate::store::book::Book;
use crate::store::master::{AmbitoBook, ComuneEntry};
use crate::store::plan::PlanBook;
use crate::store::statement::{self, Account, Key};

/// The files of one asker.
pub struct Exports(Sight);

/// What the comuni of an Ambito were charged for a year.
pub struct Accounts {
    /// The Ambito.
    pub ambito: Arc<AmbitoBook>,
    /// The day it is asked about.
    pub day: NaiveDate,
    /// The comuni by code, each with its account.
    pub comuni: Vec<(Arc<ComuneEntry>, Arc<Account>)>,
}

fn absent(argument: &str) -> Error {
    Refusal::new(Code::NotFound).argument(argument).into()
}

impl Exports {
    /// The files of whoever asks.
    pub fn new(asking: Asking, limits: &Limits) -> Self {
        Self(Sight::new(asking, Origin::default(), limits))
    }

    /// The book that they are made from.
    pub fn book(&self) -> &Arc<Book> {
        self.0.book()
    }

    fn ambito(&self, code: &str) -> Result<&Arc<AmbitoBook>> {
        self.0.ambito_by_code(code).ok_or_else(|| absent("ambito"))
    }

    /// A comune that is, was or will be one of an Ambito's.
    fn comune(&self, ambito: &AmbitoBook, code: IstatCode) -> Result<i64> {
        let found = self.0.comune_by_istat(code.0).map(|comune| comune.row.id);
        found.filter(|id| ambito.comuni.contains(id)).ok_or_else(|| absent("comune"))
    }

    /// The plan in force of a year, on a day or today.
    pub fn quotas(&self, ambito: &str, year: i32, as_of: Option<Date>) -> Result<(&Arc<AmbitoBook>, &Arc<PlanBook>)> {
        if !self.0.sees_plans() {
            return Err(Error::Forbidden);
        }
        let ambito = self.ambito(ambito)?;
        let plan = self.0.in_force(ambito, year, self.0.day(as_of));
        Ok((ambito, plan.ok_or_else(|| absent("year"))?))
    }

    /// The accounts of a year: of all comuni that the asker may see, or of one of these.
    pub async fn charges(
        &self,
        store: &Store,
        ambito: &str,
        (year, as_of): (i32, Option<Date>),
        comune: Option<IstatCode>,
    ) -> Result<Accounts> {
        let asker = self.0.asker();
        if !asker.sees_payments() {
            return Err(Error::Forbidden);
        }
        let ambito = self.ambito(ambito)?;
        let id = ambito.row.id;
        let only = comune.map(|code| self.comune(ambito, code)).transpose()?;
        if only.is_some_and(|only| !asker.sees_payments_of(id, only)) {
            return Err(absent("comune"));
        }
        let seen = ambito
            .comuni
            .iter()
            .copied()
            .filter(|comune| only.is_none_or(|only| only == *comune) && asker.sees_payments_of(id, *comune));
        let keys: Vec<Key> = seen.map(|comune| Key { ambito: id, comune, year }).collect();
        let mut read = statement::read(store, &keys).await?;
        let mut accounts = Vec::with_capacity(keys.len());
        for key in keys {
            let comune = self.book().comune(key.comune).ok_or_else(|| Error::broken("comune", key.comune))?;
            let account = read.remove(&key).ok_or_else(|| Error::broken("account of comune", key.comune))??;
            accounts.push((comune.clone(), account));
        }
        Ok(Accounts { ambito: ambito.clone(), day: self.0.day(as_of), comuni: accounts })
    }

    /// The rows of a year's activity that the asker may see, or of these those of a service or a comune. A comune has its own residents'.
    pub fn activity(&self, ambito: &str, year: i32, service: Option<&str>, comune: Option<IstatCode>) -> Result<Walk> {
        let permit = self.0.asker().read_activity().ok_or(Error::Forbidden)?;
        let ambito = self.ambito(ambito)?;
        let service = service.map(|code| ambito.service(code).ok_or_else(|| absent("service"))).transpose()?;
        let comune = comune.map(|code| self.comune(ambito, code)).transpose()?;
        if comune.is_some_and(|comune| permit.comune().is_some_and(|own| own != comune)) {
            return Err(absent("comune"));
        }
        let wanted = Wanted {
            services: service.map(|service| vec![service.row.id]),
            comuni: comune.map(|comune| vec![comune]),
            from: Month::new(year, 1),
            to: Month::new(year, 12),
            ..Wanted::default()
        };
        Ok(Walk::new(permit, ambito.row.id, wanted))
    }
}
