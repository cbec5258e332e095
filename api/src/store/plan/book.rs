//! A plan version as the book holds it: by column, with what many budgets have in common held once.
//!
//! Row ids are kept where a column of another table names them, and nowhere else. It is read by `read.rs` and never changed.

use std::sync::{Arc, OnceLock};

use allocation::{Basis, BudgetCase, BudgetOutcome, Cents, Funding, FundingSize, IstatCode, MeasureCode, Micros, Rule};
use chrono::NaiveDate;
use entity::kinds::PlanStatus;
use entity::{plan, resolution};

use super::line::Line;
use crate::error::{Code, Refusal, Result};
use crate::store::names::Names;

/// Stands for a value that is not there. The tables refuse values below zero, and so does the reader.
pub(super) const NONE: i64 = -1;

/// A comune by row id and code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ComuneKey {
    /// Row id.
    pub id: i64,
    /// ISTAT code.
    pub istat: IstatCode,
}

/// Comuni in the order of their codes. Budgets with the same comuni hold the same list.
pub type Comuni = Arc<[ComuneKey]>;

/// Where a comune stands in a list.
pub(super) fn position(comuni: &[ComuneKey], istat: IstatCode) -> Option<usize> {
    comuni.binary_search_by_key(&istat, |comune| comune.istat).ok()
}

/// One plan version with all that its quotas depend on.
#[derive(Debug)]
pub struct PlanBook {
    /// The plan's row.
    pub row: plan::Model,
    /// The act that approved it.
    pub resolution: Option<Arc<resolution::Model>>,
    /// When its quotas are due.
    pub instalments: Box<[Instalment]>,
    /// One a service, in the plan's own order.
    pub budgets: Box<[BudgetBook]>,
    /// Sum of the budgets.
    pub total: Cents,
    /// What of it the comuni share.
    pub municipal_share: Cents,
    /// How many quotas it has.
    pub quota_count: usize,
    /// The comuni that owe something, or 0.00.
    pub comuni: Comuni,
    /// What each of them owes over all services, in their order.
    pub comune_totals: Box<[Cents]>,
    /// Residents as it froze them.
    pub(super) residents: Option<Counted>,
    /// Its digest, once it was asked for: it never changes, since a book does not.
    pub(in crate::store) digest: OnceLock<Box<str>>,
}

/// A value for each of some comuni.
#[derive(Clone, Debug)]
pub(super) struct Counted {
    pub(super) comuni: Comuni,
    pub(super) values: Arc<[i64]>,
    /// The sum, where it fits and every comune has a value.
    pub(super) total: Option<Micros>,
}

impl Counted {
    pub(super) fn new(comuni: Comuni, values: Arc<[i64]>) -> Self {
        let sum = (!values.contains(&NONE)).then(|| values.iter().copied().map(i128::from).sum::<i128>());
        let total = sum.and_then(|sum| i64::try_from(sum).ok()).map(Micros::new);
        Self { comuni, values, total }
    }
}

/// A part of every quota that is due on a day.
#[derive(Clone, Debug)]
pub struct Instalment {
    /// Its number, from 1.
    pub number: i32,
    /// The day on which it is due.
    pub due_date: NaiveDate,
    /// Its percentage.
    pub percent: Micros,
    /// Whether no document gives it.
    pub assumed: bool,
}

/// One service's budget in a plan.
#[derive(Debug)]
pub struct BudgetBook {
    /// Row id.
    pub(super) id: i64,
    /// Row id of the service.
    pub service_id: i64,
    /// Code of the service.
    pub service: Arc<str>,
    /// The amount.
    pub amount: Cents,
    /// What of it the comuni share.
    pub municipal_share: Cents,
    /// The municipal share less the quotas.
    pub residue: Cents,
    /// The sum of the quotas.
    pub quota_total: Cents,
    /// Whether the amount is assumed.
    pub assumed: bool,
    /// A note.
    pub note: Option<Box<str>>,
    /// Lines, in order.
    pub lines: Box<[Line]>,
    /// Funding, in order, amounts as computed.
    pub funding: Box<[FundingBook]>,
    /// How the municipal share is divided; none where nobody has said yet, in a draft.
    pub rule: Option<Arc<RuleBook>>,
    /// The comuni that take part.
    pub comuni: Comuni,
    /// The frozen values, a column a measure.
    pub basis: Box<[Column]>,
    /// The comuni that have a quota: those that take part, or none before the plan was first computed.
    pub quota_comuni: Comuni,
    /// The quotas, in their order.
    pub quotas: Box<[Cents]>,
}

/// What a fund covers of a budget.
#[derive(Clone, Debug)]
pub struct FundingBook {
    /// Row id of the fund.
    pub fund_id: i64,
    /// What it covers, as computed.
    pub amount: Cents,
    /// Whether it takes up what the others and the quotas leave.
    pub balancing: bool,
    /// Whether no document gives it.
    pub assumed: bool,
}

/// A rule with what its author said of it. Budgets with the same rule hold the same one.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct RuleBook {
    /// The rule.
    pub rule: Rule,
    /// Row ids of the measures that it counts by.
    pub measures: Box<[i64]>,
    /// Whether no document gives it.
    pub assumed: bool,
    /// A note.
    pub note: Option<Box<str>>,
}

/// Where a frozen value comes from.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Vintage {
    /// The day that it describes.
    pub reference_date: NaiveDate,
    /// Who published it.
    pub source: Box<str>,
    /// Whether no document gives it.
    pub assumed: bool,
}

/// The frozen values of one measure, in the order of the comuni that take part.
#[derive(Debug)]
pub struct Column {
    /// Row id of the measure.
    pub measure_id: i64,
    /// Its code.
    pub measure: MeasureCode,
    pub(super) values: Arc<[i64]>,
    pub(super) vintages: Vintages,
    /// Values of comuni that take no part: they count nowhere. No write leaves one behind; the digest tells where there is one.
    pub(super) strays: Box<[(ComuneKey, i64, Arc<Vintage>)]>,
}

/// Where the values of a column come from: mostly all from one place.
#[derive(Debug)]
pub(super) enum Vintages {
    One(Arc<Vintage>),
    Each(Box<[Option<Arc<Vintage>>]>),
}

/// A frozen value.
#[derive(Clone, Copy, Debug)]
pub struct Frozen<'a> {
    /// The value.
    pub value: Micros,
    /// Where it comes from.
    pub vintage: &'a Vintage,
}

impl Column {
    /// The value at a position.
    pub fn at(&self, position: usize) -> Option<Frozen<'_>> {
        let value = *self.values.get(position)?;
        let vintage = match &self.vintages {
            Vintages::One(vintage) => vintage,
            Vintages::Each(each) => each.get(position)?.as_ref()?,
        };
        (value != NONE).then(|| Frozen { value: Micros::new(value), vintage })
    }

    /// Every value that is stored, with its comune, of those that take part and of others.
    pub fn rows<'a>(&'a self, comuni: &'a [ComuneKey]) -> impl Iterator<Item = (ComuneKey, Frozen<'a>)> {
        let within = comuni.iter().enumerate().filter_map(|(at, comune)| Some((*comune, self.at(at)?)));
        let strays = self
            .strays
            .iter()
            .map(|(comune, value, vintage)| (*comune, Frozen { value: Micros::new(*value), vintage }));
        within.chain(strays)
    }

    /// Every value, in order.
    fn values(&self) -> impl Iterator<Item = Option<Micros>> {
        self.values.iter().map(|value| (*value != NONE).then_some(Micros::new(*value)))
    }
}

impl BudgetBook {
    /// What the arithmetic works on.
    pub fn case(&self, names: &Names) -> Result<BudgetCase> {
        let sources = self.funding.iter().map(|row| {
            let size = if row.balancing { FundingSize::Balancing } else { FundingSize::Fixed(row.amount) };
            Ok(Funding { fund: names.fund(row.fund_id)?.to_owned(), size })
        });
        let funding = sources.collect::<Result<_>>()?;
        let rule = self.rule()?.clone();
        Ok(BudgetCase { amount: self.amount, funding, rule, basis: self.basis()? })
    }

    /// The rule; a refusal where there is none yet.
    pub fn rule(&self) -> Result<&Rule> {
        let rule = self.rule.as_ref().map(|book| &book.rule);
        rule.ok_or_else(|| Refusal::new(Code::NoRule).service(&self.service).into())
    }

    /// Row ids of the measures that its rule counts by.
    pub fn measures(&self) -> &[i64] {
        self.rule.as_ref().map_or(&[], |rule| &rule.measures)
    }

    /// Whether its rule is assumed.
    pub fn is_rule_assumed(&self) -> bool {
        self.rule.as_ref().is_some_and(|rule| rule.assumed)
    }

    /// Whether anything that a quota depends on is assumed.
    pub fn is_quota_assumed(&self, quota: usize) -> bool {
        let funding = self.funding.iter().any(|row| row.assumed);
        self.assumed || self.is_rule_assumed() || funding || self.bases_of(quota).any(|frozen| frozen.vintage.assumed)
    }

    /// What its author said of its rule.
    pub fn rule_note(&self) -> Option<&str> {
        self.rule.as_ref().and_then(|rule| rule.note.as_deref())
    }

    /// Who takes part, and their measures.
    pub fn basis(&self) -> Result<Basis> {
        let mut basis = Basis::new(self.comuni.iter().map(|comune| comune.istat).collect())?;
        for column in &self.basis {
            basis.set_column(&column.measure, column.values());
        }
        Ok(basis)
    }

    /// What is stored as the result of the arithmetic.
    pub fn outcome(&self, names: &Names) -> Result<BudgetOutcome> {
        let funding = self.funding.iter().map(|row| Ok((names.fund(row.fund_id)?.to_owned(), row.amount)));
        Ok(BudgetOutcome {
            amount: self.amount,
            funding: funding.collect::<Result<_>>()?,
            municipal_share: self.municipal_share,
            quotas: self.quota_comuni.iter().map(|comune| comune.istat).zip(self.quotas.iter().copied()).collect(),
            residue: self.residue,
        })
    }

    /// Where the quota of a comune stands in `quotas`.
    pub fn quota_of(&self, comune: IstatCode) -> Option<usize> {
        position(&self.quota_comuni, comune)
    }

    /// Whether a comune takes part.
    pub fn has(&self, comune: IstatCode) -> bool {
        position(&self.comuni, comune).is_some()
    }

    /// The frozen value of a measure, by its row id, for a comune.
    pub fn frozen(&self, measure: i64, comune: IstatCode) -> Option<Frozen<'_>> {
        let column = self.basis.iter().find(|column| column.measure_id == measure)?;
        column.at(position(&self.comuni, comune)?)
    }

    /// The frozen value of a measure, by its code, for a comune.
    pub fn value(&self, measure: &str, comune: IstatCode) -> Option<Micros> {
        let column = self.basis.iter().rfind(|column| column.measure.as_str() == measure)?;
        Some(column.at(position(&self.comuni, comune)?)?.value)
    }

    /// The frozen values that a quota was counted by: one a measure of the rule.
    pub fn bases_of(&self, quota: usize) -> impl Iterator<Item = Frozen<'_>> {
        let position = if Arc::ptr_eq(&self.comuni, &self.quota_comuni) {
            Some(quota)
        } else {
            self.quota_comuni.get(quota).and_then(|comune| position(&self.comuni, comune.istat))
        };
        let counted = self.basis.iter().filter(|column| self.measures().contains(&column.measure_id));
        counted.filter_map(move |column| column.at(position?))
    }
}

impl PlanBook {
    /// The budget of a service.
    pub fn budget(&self, service: &str) -> Option<usize> {
        self.budgets.iter().position(|budget| &*budget.service == service)
    }

    /// The first day on which the plan is in force.
    pub fn in_force_from(&self) -> Option<NaiveDate> {
        (self.row.status == PlanStatus::Approved).then_some(self.resolution.as_ref()?.adopted_on)
    }

    /// The percentages of its instalments.
    pub fn percents(&self) -> Vec<Micros> {
        self.instalments.iter().map(|row| row.percent).collect()
    }

    /// What a comune owes over all services; none where it has no quota.
    pub fn comune_total(&self, comune: IstatCode) -> Option<Cents> {
        self.comune_totals.get(position(&self.comuni, comune)?).copied()
    }

    /// The residents of a comune as the plan froze them.
    pub fn residents(&self, comune: IstatCode) -> Option<Micros> {
        let counted = self.residents.as_ref()?;
        let value = *counted.values.get(position(&counted.comuni, comune)?)?;
        (value != NONE).then_some(Micros::new(value))
    }

    /// The residents of all comuni of a list, where the plan froze them for exactly these.
    pub fn residents_of(&self, comuni: &Comuni) -> Option<Micros> {
        let counted = self.residents.as_ref()?;
        counted.total.filter(|_| Arc::ptr_eq(&counted.comuni, comuni))
    }
}
