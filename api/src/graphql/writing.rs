//! One request that writes: its transaction, and what becomes of it.
//!
//! All that a request writes is one transaction, which begins with its first act and lasts once the whole answer is made; the answer is kept with it
//! under the client's key. An act that the domain refuses leaves nothing behind and does not hold up the others; a fault undoes all of them.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_graphql::Context;
use tokio::sync::{MappedMutexGuard, Mutex, MutexGuard};

use super::mutation::UserError;
use super::sight::{Sight, sight};
use crate::auth::ReadExpensesPermit;
use crate::error::{Error, Result};
use crate::store::activity::{self, MonthSum, Reading};
use crate::store::agreement::read::{self as agreement, Asked, Versions};
use crate::store::book::Book;
use crate::store::expense;
use crate::store::idempotency::{self, Answered};
use crate::store::settlement::{self, Charged};
use crate::store::statement::{self, Account};
use crate::store::verification::{self, Verification};
use crate::store::{Store, Write};

/// What tells a write from its own repetition.
#[derive(Clone, Debug)]
pub struct IdempotencyKey {
    /// The client that chose it.
    pub client: Arc<str>,
    /// What it chose.
    pub key: String,
    /// SHA-256 of the request's body, in hexadecimal.
    pub request_hash: String,
}

/// The writing of one request.
pub struct Writing {
    store: Arc<Store>,
    key: Result<IdempotencyKey>,
    /// How activity is read that comes within a request.
    reading: Reading,
    state: Mutex<State>,
}

/// How far it has come.
enum State {
    /// Nothing was to be written yet.
    Waiting,
    Open(Box<Open>),
    /// The request was answered before.
    Answered(String),
    Failed(Error),
}

/// A transaction, and the book as it sees it.
struct Open {
    write: Write,
    book: Arc<Book>,
    acts: usize,
    fault: Option<Error>,
}

/// What became of a request's writing.
pub enum Written {
    /// Nothing was written.
    Nothing,
    /// It was written before, and answered so.
    Before(String),
    /// It lasts once its answer is kept with it.
    Now(Box<Unkept>),
}

/// What was written, and does not last yet.
pub struct Unkept {
    store: Arc<Store>,
    key: IdempotencyKey,
    open: Open,
}

impl Writing {
    /// Of a request under this key, or of one that has none.
    pub fn new(store: Arc<Store>, key: Result<IdempotencyKey>, reading: Reading) -> Self {
        Self { store, key, reading, state: Mutex::new(State::Waiting) }
    }

    /// How activity is read that comes within a request.
    pub(super) fn reading(&self) -> Reading {
        self.reading
    }

    /// Begins the transaction, unless the request was answered before.
    async fn open(&self) -> Result<State> {
        let key = self.key.as_ref().map_err(Clone::clone)?;
        let write = self.store.write().await?;
        if let Some(known) = idempotency::find(&write, &key.client, &key.key).await? {
            if known.request_hash != key.request_hash {
                return Err(Error::IdempotencyConflict);
            }
            return Ok(State::Answered(known.answer));
        }
        let book = write.book(&self.store.book()).await?;
        Ok(State::Open(Box::new(Open { write, book, acts: 0, fault: None })))
    }

    /// Ends it. What was written is gone unless it is kept.
    pub async fn end(&self) -> Result<Written> {
        let state = std::mem::replace(&mut *self.state.lock().await, State::Waiting);
        match state {
            State::Waiting => Ok(Written::Nothing),
            State::Answered(answer) => Ok(Written::Before(answer)),
            State::Failed(error) => Err(error),
            State::Open(open) => match *open {
                Open { fault: Some(fault), .. } => Err(fault),
                Open { acts: 0, .. } => Ok(Written::Nothing),
                open => {
                    let (store, key) = (self.store.clone(), self.key.clone()?);
                    Ok(Written::Now(Box::new(Unkept { store, key, open })))
                }
            },
        }
    }
}

/// The writing of a request that writes.
pub(super) fn writing<'a>(ctx: &Context<'a>) -> Option<&'a Writing> {
    ctx.data_opt::<Arc<Writing>>().map(|writing| &**writing)
}

impl Writing {
    /// Verifies a plan as this request has left it.
    pub(super) async fn verify(&self, plan: i64) -> Result<Verification> {
        let open = self.opened().await?;
        let verified = verification::verify_within(&open.write, &open.book, &[plan]).await?.remove(&plan);
        verified.ok_or_else(|| Error::broken("plan", plan))?
    }

    /// Reads an account as this request has left it.
    pub(super) async fn account(&self, key: statement::Key) -> Result<Arc<Account>> {
        statement::written(&self.opened().await?.write, key).await
    }

    /// Reads what a plan's year was charged as this request has left it.
    pub(super) async fn charged(&self, plan: i64) -> Result<Arc<Charged>> {
        settlement::written(&self.opened().await?.write, plan).await
    }

    /// Reads what an agreement says as this request has left it.
    pub(super) async fn versions(&self, asked: Asked) -> Result<Versions> {
        agreement::written(&self.opened().await?.write, asked).await
    }

    /// Reads what a report of expenses holds as this request has left it.
    pub(super) async fn expense_report(
        &self,
        permit: &ReadExpensesPermit,
        asked: (i64, expense::Parts),
    ) -> Result<Option<expense::Detail>> {
        expense::detail_within(&self.opened().await?.write, permit, asked).await
    }

    /// Reads what all reports of an agreement come to as this request has left it.
    pub(super) async fn agreement_account(
        &self,
        permit: &ReadExpensesPermit,
        asked: expense::AskedAccount,
    ) -> Result<Option<Arc<expense::AgreementAccount>>> {
        expense::account_within(&self.opened().await?.write, permit, asked).await
    }

    /// Reads what months come to as this request has left it.
    pub(super) async fn months(
        &self,
        ambiti: &BTreeSet<i64>,
        year: i32,
        services: Option<&BTreeSet<i64>>,
    ) -> Result<Vec<MonthSum>> {
        activity::months(self.opened().await?.write.tx(), ambiti, year, services).await
    }

    /// The transaction, for what an answer reads of it.
    pub(super) async fn written(&self) -> Result<MappedMutexGuard<'_, Write>> {
        Ok(MappedMutexGuard::map(self.opened().await?, |open| &mut open.write))
    }

    /// The transaction, once an act has begun it.
    async fn opened(&self) -> Result<MappedMutexGuard<'_, Open>> {
        let open = MutexGuard::try_map(self.state.lock().await, |state| match state {
            State::Open(open) => Some(&mut **open),
            _ => None,
        });
        open.map_err(|_| Error::internal("nothing is being written"))
    }
}

impl Unkept {
    /// Keeps the answer, and makes it all last. Returns the book with what was written.
    pub async fn keep(self, answer: &str) -> Result<Arc<Book>> {
        let Self { store, key, open } = self;
        let answered = Answered { request_hash: key.request_hash, answer: answer.to_owned() };
        idempotency::keep(&open.write, &key.client, &key.key, answered).await?;
        store.commit_with(open.write, open.book.clone()).await?;
        Ok(open.book)
    }
}

/// One act of a request that writes: a root field.
pub(super) struct Act<'a> {
    sight: &'a Sight,
    open: MappedMutexGuard<'a, Open>,
}

impl<'a> Act<'a> {
    /// Begins an act. Whoever calls it holds the right to it already: from here on others wait.
    pub(super) async fn begin(ctx: &Context<'a>) -> Result<Self> {
        let sight = sight(ctx)?;
        let writing = writing(ctx).ok_or_else(|| Error::internal("a write by a request for reads"))?;
        let mut state = writing.state.lock().await;
        if matches!(*state, State::Waiting) {
            *state = match writing.open().await {
                Ok(opened) => opened,
                Err(error) => State::Failed(error),
            };
            if let State::Open(open) = &*state {
                sight.turn_to(open.book.clone());
            }
        }
        if let State::Failed(error) = &*state {
            return Err(error.clone());
        }
        let open = MutexGuard::try_map(state, |state| match state {
            State::Open(open) => Some(&mut **open),
            _ => None,
        });
        // The answer that was given before takes the place of this one, so nobody reads this; it is no fault, and none is logged.
        let mut open = open.map_err(|_| Error::IdempotencyConflict)?;
        if open.fault.is_none() {
            open.fault = open.write.save().await.err();
        }
        match open.fault.clone() {
            Some(fault) => Err(fault),
            None => Ok(Self { sight, open }),
        }
    }

    /// The transaction.
    pub(super) fn write(&self) -> &Write {
        &self.open.write
    }

    /// Ends the act: what was done stays, and the answer sees it; what was refused leaves nothing, and says why.
    pub(super) async fn end<T>(mut self, done: Result<T>) -> Result<Result<T, Vec<UserError>>> {
        let ended = match done {
            Ok(thing) => self.stay().await.map(|()| Ok(thing)),
            Err(Error::Refusal(refusal)) => {
                let errors = vec![UserError::new(&refusal, self.sight.language())];
                self.open.write.undo().await.map(|()| Err(errors))
            }
            Err(fault) => Err(fault),
        };
        if let Err(fault) = &ended {
            self.open.fault = Some(fault.clone());
        }
        ended
    }

    /// Ends an act that turned out to have nothing to write: nothing is left of it, and it alone keeps no key.
    pub(super) async fn end_idle(mut self) -> Result<()> {
        let undone = self.open.write.undo().await;
        if let Err(fault) = &undone {
            self.open.fault = Some(fault.clone());
        }
        undone
    }

    async fn stay(&mut self) -> Result<()> {
        self.open.write.release().await?;
        let book = self.open.write.book(&self.open.book).await?;
        self.open.book = book.clone();
        self.open.acts += 1;
        self.sight.turn_to(book);
        Ok(())
    }
}
