//! Preparing a plan: new drafts, empty or as copies, and the edits of a draft. Each edit replaces what it names, and what follows from it is computed
//! at once.
//!
//! It works on the book as the write sees it, so that codes and what stands in the draft need no statement of their own.

use allocation::{Cents, IstatCode, MeasureCode, Micros, Rule};
use chrono::{Datelike, NaiveDate};
use entity::kinds::{PlanKind, PlanStatus};
use entity::{
    adjustment, basis, budget, budget_line, funding, participant, plan, plan_instalment, quota, rule, rule_band,
    rule_weight,
};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait};

use super::book::{BudgetBook, PlanBook};
use super::given;
use super::results::{self, Which};
use super::write::{self, At, Codes};
use super::{compute_draft, comune_id, expect, read, records, subject};
use crate::auth::permit::DraftPermit;
use crate::error::{Code, Error, Refusal, Result};
use crate::store::agreement::commitment;
use crate::store::book::Book;
use crate::store::bundle::{BudgetRecord, FundingRecord, InstalmentRecord, LineRecord, PlanRecord, Pointer};
use crate::store::digest;
use crate::store::master::{AmbitoBook, covers};
use crate::store::rule::{self as rules, Place};
use crate::store::shape;
use crate::store::{Transaction, Write};

/// A draft to be.
#[derive(Clone, Debug)]
pub struct NewPlan {
    /// Row id of the Ambito.
    pub ambito: i64,
    /// The year.
    pub year: i32,
    /// What it is for.
    pub kind: PlanKind,
    /// A note.
    pub note: Option<String>,
    /// Row id of the plan that it begins as, of the same Ambito; none where it begins empty.
    pub copy_of: Option<i64>,
    /// Percent by which the copied amounts are raised.
    pub raise: Micros,
}

/// What an edit puts in the place of what a draft says. Services are named by their codes.
#[derive(Clone, Debug)]
#[allow(missing_docs)] // The fields of an edit are the things that it is said to replace.
pub enum Edit {
    /// What a service may cost. A service that had no budget gets one, with all members of the year taking part.
    Budget { service: String, amount: Amount, note: Option<String> },
    /// A service has no budget.
    NoBudget { service: String },
    /// Who covers a budget.
    Funding { service: String, funding: Vec<FundingRecord> },
    /// How the municipal share is divided.
    Rule { service: String, rule: Rule, note: Option<String> },
    /// Who takes part. What was frozen for those who no longer do goes with them.
    Participants { service: String, comuni: Vec<IstatCode> },
    /// The values of a measure: in the budget of a service, or in all that count by it or hold it already.
    Basis { service: Option<String>, measure: MeasureCode, source: BasisSource },
    /// When the quotas are due.
    Instalments(Vec<InstalmentRecord>),
}

/// What a budget comes to.
#[derive(Clone, Debug)]
pub enum Amount {
    /// So much.
    Sum(Cents),
    /// The sum of its lines.
    Lines(Vec<LineRecord>),
}

/// Where frozen values come from.
#[derive(Clone, Debug)]
#[allow(missing_docs)] // As in the basis that they become.
pub enum BasisSource {
    /// They are given.
    Values { values: Vec<(IstatCode, Micros)>, reference_date: NaiveDate, source: String },
    /// They were measured on this day.
    MeasuredOn(NaiveDate),
    /// They are what was delivered in this year.
    ActivityYear(i32),
}

/// Writes a new draft. Returns its row id.
pub async fn create(write: &Write, permit: &DraftPermit, new: NewPlan, book: &Book) -> Result<i64> {
    let ambito = ambito(book, permit, new.ambito)?;
    shape::year(new.year, "input.year")?;
    let note = given::note(new.note)?;
    let mut record = match new.copy_of {
        None => PlanRecord {
            year: new.year,
            kind: new.kind,
            note: None,
            resolution: None,
            instalments: Vec::new(),
            budgets: Vec::new(),
        },
        Some(id) => {
            let source = book.plan(id).filter(|plan| plan.row.ambito_id == new.ambito);
            let source = source.ok_or_else(|| Error::not_found("plan", &id.to_string()))?;
            records::raised(records::of_plan(source, new.year, book.names())?, new.raise)?
        }
    };
    record.kind = new.kind;
    record.note = note.or(record.note);
    let programme = ambito.programmes.iter().find(|row| (row.from_year..=row.to_year).contains(&new.year));
    let programme = programme.map(|row| row.id);
    let names = book.names();
    let (id, version) = write::draft(write, &Codes::of(ambito), programme, &record, names).await?;
    let digest = compute_draft(write, id, names).await?;
    let subject = super::subject_of(&ambito.row.code, new.year, version);
    write.audit(permit.actor(), "plan.create", &subject, None, Some(digest)).await?;
    Ok(id)
}

/// Changes a draft that is still at this revision.
pub async fn edit(
    write: &Write,
    permit: &DraftPermit,
    (id, revision): (i64, i32),
    edit: Edit,
    book: &Book,
) -> Result<()> {
    let before = expect(book, id, revision, PlanStatus::Draft)?;
    let ambito = ambito(book, permit, before.row.ambito_id)?;
    let act = edit.act();
    let edit = given::edit(edit, ambito)?;
    let editing = Editing { tx: write.tx(), codes: Codes::of(ambito), ambito, plan: before, book };
    let which = editing.apply(edit).await?;
    plan::Entity::update_many()
        .col_expr(plan::Column::RowVersion, Expr::value(revision + 1))
        .filter(plan::Column::Id.eq(id))
        .exec(write.tx())
        .await?;
    let names = book.names();
    let mut after = read(write.tx(), id, names).await?;
    if which != Which::None {
        after = results::write(write.tx(), after, which, names).await?;
    }
    let digests = (digest::of_plan(before, names)?, digest::of_plan(&after, names)?);
    write.audit(permit.actor(), act, &subject(&before.row, names)?, Some(digests.0), Some(digests.1)).await?;
    write.knows(after);
    Ok(())
}

fn ambito<'b>(book: &'b Book, permit: &DraftPermit, id: i64) -> Result<&'b AmbitoBook> {
    let found = book.ambito(id).filter(|_| permit.covers(id));
    found.map(|ambito| &**ambito).ok_or_else(|| Error::not_found("ambito", &id.to_string()))
}

impl Codes {
    /// Of an Ambito of the book.
    pub fn of(ambito: &AmbitoBook) -> Self {
        Self {
            ambito: ambito.row.id,
            funds: ambito.funds.iter().map(|fund| (fund.code.clone(), fund.id)).collect(),
            services: ambito.services.iter().map(|service| (service.row.code.clone(), service.row.id)).collect(),
        }
    }
}

impl Edit {
    /// What the audit trail calls it.
    fn act(&self) -> &'static str {
        match self {
            Self::Budget { .. } => "plan.set_budget",
            Self::NoBudget { .. } => "plan.remove_budget",
            Self::Funding { .. } => "plan.set_funding",
            Self::Rule { .. } => "plan.set_rule",
            Self::Participants { .. } => "plan.set_participants",
            Self::Basis { .. } => "plan.set_basis",
            Self::Instalments(_) => "plan.set_instalments",
        }
    }
}

/// A draft that is being changed.
pub(super) struct Editing<'a> {
    pub(super) tx: &'a Transaction,
    pub(super) codes: Codes,
    pub(super) ambito: &'a AmbitoBook,
    pub(super) plan: &'a PlanBook,
    pub(super) book: &'a Book,
}

/// Deletes the rows of a table that a condition holds for.
macro_rules! delete {
    ($tx:expr, $table:ident where $($condition:expr),+) => {
        $table::Entity::delete_many()$(.filter($condition))+.exec($tx).await?
    };
}
pub(super) use delete;

impl Editing<'_> {
    /// Writes the edit, and says which results follow from it.
    async fn apply(&self, edit: Edit) -> Result<Which> {
        match edit {
            Edit::Budget { service, amount, note } => self.budget(&service, amount, note).await,
            Edit::NoBudget { service } => {
                self.remove(self.find(&service)?).await?;
                Ok(Which::None)
            }
            Edit::Funding { service, funding } => {
                let (budget, at) = (self.find(&service)?, self.at(&service)?);
                delete!(self.tx, funding where funding::Column::BudgetId.eq(at.budget));
                write::fundings(self.tx, &self.codes, at, &funding).await?;
                Ok(Which::OfService(budget.service_id))
            }
            Edit::Rule { service, rule, note } => {
                let (budget, at) = (self.find(&service)?, self.at(&service)?);
                self.forget_rule(at.budget).await?;
                let place = Place {
                    ambito: self.codes.ambito,
                    plan: at.plan,
                    budget: at.budget,
                    assumed: false,
                    note: note.as_deref(),
                };
                rules::insert(self.tx, &place, &rule, self.book.names()).await?;
                Ok(Which::OfService(budget.service_id))
            }
            Edit::Participants { service, comuni } => self.participants(&service, &comuni).await,
            Edit::Basis { service, measure, source } => self.basis(service.as_deref(), &measure, &source).await,
            Edit::Instalments(records) => {
                delete!(self.tx, plan_instalment where plan_instalment::Column::PlanId.eq(self.plan.row.id));
                write::instalments(self.tx, self.plan.row.id, &records).await?;
                Ok(Which::None)
            }
        }
    }

    pub(super) fn find(&self, service: &str) -> Result<&BudgetBook> {
        let found = self.plan.budget(service).map(|at| &self.plan.budgets[at]);
        found.ok_or_else(|| Error::not_found("budget", service))
    }

    fn at(&self, service: &str) -> Result<At> {
        Ok(At { plan: self.plan.row.id, budget: self.find(service)?.id })
    }

    async fn budget(&self, service: &str, amount: Amount, note: Option<String>) -> Result<Which> {
        let service_id = self.codes.service(service)?;
        let (sum, lines) = match amount {
            Amount::Sum(sum) => (sum, Vec::new()),
            Amount::Lines(lines) => (Cents::sum(lines.iter().map(|line| line.gross))?, lines),
        };
        let pointing = lines.iter().map(|line| line.agreement_line.as_ref().and_then(Pointer::row)).enumerate();
        let place = (self.codes.ambito, self.plan.row.year, service_id);
        commitment::expect_lines(self.tx, place, pointing).await?;
        if let Ok(at) = self.at(service) {
            delete!(self.tx, budget_line where budget_line::Column::BudgetId.eq(at.budget));
            budget::Entity::update_many()
                .col_expr(budget::Column::AmountCents, Expr::value(sum.get()))
                .col_expr(budget::Column::Note, Expr::value(note))
                .col_expr(budget::Column::Assumed, Expr::value(false))
                .filter(budget::Column::Id.eq(at.budget))
                .exec(self.tx)
                .await?;
            write::lines(self.tx, at, &lines).await?;
        } else {
            let record = BudgetRecord {
                service: service.to_owned(),
                amount: sum,
                lines,
                funding: Vec::new(),
                rule: None,
                rule_assumed: false,
                rule_note: None,
                participants: self.members(),
                basis: Vec::new(),
                note,
                assumed: false,
            };
            write::whole_budget(self.tx, &self.codes, self.plan.row.id, &record, self.book.names()).await?;
        }
        Ok(Which::OfService(service_id))
    }

    /// The comuni that are members on a day of the plan's year.
    fn members(&self) -> Vec<IstatCode> {
        let comuni = self.ambito.comuni.iter().filter_map(|id| self.book.comune(*id));
        comuni.filter(|comune| self.is_member(comune)).map(|comune| comune.istat).collect()
    }

    fn is_member(&self, comune: &crate::store::master::ComuneEntry) -> bool {
        is_member_in(comune, self.codes.ambito, self.plan.row.year)
    }

    async fn remove(&self, budget: &BudgetBook) -> Result<()> {
        let id = budget.id;
        delete!(self.tx, quota where quota::Column::BudgetId.eq(id));
        delete!(self.tx, basis where basis::Column::BudgetId.eq(id));
        delete!(self.tx, participant where participant::Column::BudgetId.eq(id));
        delete!(self.tx, funding where funding::Column::BudgetId.eq(id));
        delete!(self.tx, budget_line where budget_line::Column::BudgetId.eq(id));
        self.forget_rule(id).await?;
        delete!(self.tx, budget where budget::Column::Id.eq(id));
        Ok(())
    }

    async fn forget_rule(&self, budget: i64) -> Result<()> {
        let of_budget = || {
            rule::Entity::find()
                .select_only()
                .column(rule::Column::Id)
                .filter(rule::Column::BudgetId.eq(budget))
                .into_query()
        };
        delete!(self.tx, rule_band where rule_band::Column::RuleId.in_subquery(of_budget()));
        delete!(self.tx, rule_weight where rule_weight::Column::RuleId.in_subquery(of_budget()));
        delete!(self.tx, adjustment where adjustment::Column::RuleId.in_subquery(of_budget()));
        // Parts before what they are parts of.
        delete!(self.tx, rule where rule::Column::BudgetId.eq(budget), rule::Column::ParentId.is_not_null());
        delete!(self.tx, rule where rule::Column::BudgetId.eq(budget));
        Ok(())
    }

    async fn participants(&self, service: &str, comuni: &[IstatCode]) -> Result<Which> {
        let (budget, at) = (self.find(service)?, self.at(service)?);
        let mut wanted = Vec::with_capacity(comuni.len());
        for (place, code) in comuni.iter().enumerate() {
            if comuni[..place].contains(code) {
                return Err(allocation::Error::DuplicateComune { comune: *code }.into());
            }
            wanted.push(self.own_comune(*code)?);
        }
        let gone: Vec<i64> = budget.comuni.iter().map(|key| key.id).filter(|id| !wanted.contains(id)).collect();
        let new: Vec<i64> = wanted.into_iter().filter(|id| budget.comuni.iter().all(|key| key.id != *id)).collect();
        delete!(self.tx, quota where quota::Column::BudgetId.eq(at.budget));
        delete!(self.tx, basis where basis::Column::BudgetId.eq(at.budget), basis::Column::ComuneId.is_in(gone.clone()));
        delete!(self.tx, participant
            where participant::Column::BudgetId.eq(at.budget), participant::Column::ComuneId.is_in(gone));
        write::participants(self.tx, at, &new).await?;
        Ok(Which::OfService(budget.service_id))
    }

    /// A comune that is, was or will be of the Ambito; another is not there.
    pub(super) fn own_comune(&self, code: IstatCode) -> Result<i64> {
        let id = comune_id(code, self.book.names()).ok().filter(|id| self.ambito.comuni.contains(id));
        id.ok_or_else(|| {
            let refusal = Refusal::new(Code::NotFound).comune(code).message(
                format!("Il comune {code} non fa parte dell'Ambito."),
                format!("The comune {code} is not one of the Ambito."),
            );
            refusal.into()
        })
    }
}

/// Whether a comune is a member of an Ambito on some day of a year.
pub(super) fn is_member_in(comune: &crate::store::master::ComuneEntry, ambito: i64, year: i32) -> bool {
    let day = |month, day| NaiveDate::from_ymd_opt(year, month, day);
    let (Some(first), Some(last)) = (day(1, 1), day(12, 31)) else { return false };
    comune.memberships.iter().any(|row| {
        let starts_within = row.valid_from.year() == year && row.valid_from <= last;
        row.ambito_id == ambito && (starts_within || covers(row.valid_from, row.valid_to, first))
    })
}
