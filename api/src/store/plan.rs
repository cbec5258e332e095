//! Plans: one version of one year of one Ambito, as a book that never changes, and the acts that move it from draft to approved.
//!
//! Drafts are written by `import`. Sums are asserted before they are written and again on what was written.

use std::collections::{BTreeMap, HashMap};

use allocation::{Basis, BudgetCase, BudgetOutcome, Cents, Funding, FundingSize, IstatCode, Micros};
use chrono::NaiveDate;
use entity::kinds::PlanStatus;
use entity::{
    adjustment, basis, budget, budget_line, funding, participant, plan, plan_instalment, quota, resolution, rule,
    rule_band, rule_weight,
};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use super::names::Names;
use super::rule::RuleRows;
use super::{Write, digest, insert};
use crate::auth::permit::{ApprovePermit, ProposePermit};
use crate::error::{Code, Error, Refusal, Result};

/// Plans whose rows are read by one set of statements.
const PLANS_A_STATEMENT: usize = 200;

/// One plan version with all that its quotas depend on.
#[derive(Debug)]
pub struct PlanBook {
    /// The plan's row.
    pub row: plan::Model,
    /// The act that approved it.
    pub resolution: Option<resolution::Model>,
    /// When its quotas are due.
    pub instalments: Vec<plan_instalment::Model>,
    /// One a service, in the services' order.
    pub budgets: Vec<BudgetBook>,
    /// Sum of the budgets.
    pub total: Cents,
    /// What of it the comuni share.
    pub municipal_share: Cents,
    /// What each comune owes over all services, by ISTAT code.
    pub comune_totals: BTreeMap<IstatCode, Cents>,
}

/// One service's budget in a plan.
#[derive(Debug)]
pub struct BudgetBook {
    /// The budget's row, with its results.
    pub row: budget::Model,
    /// Code of the service.
    pub service: String,
    /// Lines, in order.
    pub lines: Vec<budget_line::Model>,
    /// Funding, in order, amounts as computed.
    pub funding: Vec<funding::Model>,
    /// The rule's own row: whether it is assumed, and its note.
    pub rule: rule::Model,
    /// Row ids of the measures that the rule counts by.
    pub measures: Vec<i64>,
    /// The frozen values, by measure and comune.
    pub basis: Vec<basis::Model>,
    /// What the arithmetic works on.
    pub case: BudgetCase,
    /// The quotas, by ISTAT code; none before the plan was first computed.
    pub quotas: Vec<quota::Model>,
    /// The comuni of `quotas`, in the same order.
    pub quota_comuni: Vec<IstatCode>,
}

impl BudgetBook {
    /// What is stored as the result of the arithmetic.
    pub fn outcome(&self, names: &Names) -> Result<BudgetOutcome> {
        let funding =
            self.funding.iter().map(|row| Ok((names.fund(row.fund_id)?.to_owned(), Cents::new(row.amount_cents))));
        let amounts = self.quotas.iter().map(|row| Cents::new(row.amount_cents));
        Ok(BudgetOutcome {
            amount: Cents::new(self.row.amount_cents),
            funding: funding.collect::<Result<_>>()?,
            municipal_share: Cents::new(self.row.municipal_share_cents),
            quotas: self.quota_comuni.iter().copied().zip(amounts).collect(),
            residue: Cents::new(self.row.residue_cents),
        })
    }

    /// Where the quota of a comune stands in `quotas`.
    pub fn quota_of(&self, comune: IstatCode) -> Option<usize> {
        self.quota_comuni.binary_search(&comune).ok()
    }

    /// The frozen values of a comune that its quota was counted by: one a measure of the rule.
    pub fn bases_of(&self, comune: i64) -> impl Iterator<Item = &basis::Model> {
        self.basis.iter().filter(move |row| row.comune_id == comune && self.measures.contains(&row.measure_id))
    }
}

impl PlanBook {
    /// The budget of a service.
    pub fn budget(&self, service: &str) -> Option<usize> {
        self.budgets.iter().position(|budget| budget.service == service)
    }

    /// The first day on which the plan is in force.
    pub fn in_force_from(&self) -> Option<NaiveDate> {
        (self.row.status == PlanStatus::Approved).then_some(self.resolution.as_ref()?.adopted_on)
    }

    /// The percentages of its instalments.
    pub fn percents(&self) -> Vec<Micros> {
        self.instalments.iter().map(|row| Micros::new(row.percent_micros)).collect()
    }

    fn totals(&mut self) -> Result<()> {
        self.total = Cents::sum(self.budgets.iter().map(|budget| Cents::new(budget.row.amount_cents)))?;
        self.municipal_share =
            Cents::sum(self.budgets.iter().map(|budget| Cents::new(budget.row.municipal_share_cents)))?;
        for budget in &self.budgets {
            for (comune, row) in budget.quota_comuni.iter().zip(&budget.quotas) {
                let total = self.comune_totals.entry(*comune).or_insert(Cents::ZERO);
                *total = total.checked_add(Cents::new(row.amount_cents))?;
            }
        }
        Ok(())
    }
}

/// Rows of many plans, grouped by the id they belong to.
#[derive(Default)]
struct Rows {
    instalments: HashMap<i64, Vec<plan_instalment::Model>>,
    budgets: HashMap<i64, Vec<budget::Model>>,
    lines: HashMap<i64, Vec<budget_line::Model>>,
    funding: HashMap<i64, Vec<funding::Model>>,
    participants: HashMap<i64, Vec<i64>>,
    basis: HashMap<i64, Vec<basis::Model>>,
    quotas: HashMap<i64, Vec<quota::Model>>,
    rules: RuleRows,
}

/// Reads the books of these plans: one set of statements for every 200 plans, never one a row. A plan whose rows do not fit together is an
/// error of its own and keeps no other from being read.
pub(super) async fn load(
    db: &impl ConnectionTrait,
    plans: Vec<plan::Model>,
    names: &Names,
) -> Result<Vec<(i64, Result<PlanBook>)>> {
    let mut books = Vec::with_capacity(plans.len());
    let mut plans = plans.into_iter().peekable();
    while plans.peek().is_some() {
        let chunk: Vec<_> = plans.by_ref().take(PLANS_A_STATEMENT).collect();
        let ids: Vec<i64> = chunk.iter().map(|plan| plan.id).collect();
        let resolutions = chunk.iter().filter_map(|plan| plan.resolution_id);
        let resolutions = resolution::Entity::find().filter(resolution::Column::Id.is_in(resolutions)).all(db).await?;
        let resolutions: HashMap<i64, resolution::Model> = resolutions.into_iter().map(|row| (row.id, row)).collect();
        let mut rows = read_rows(db, &ids).await?;
        for plan in chunk {
            let resolution = plan.resolution_id.and_then(|id| resolutions.get(&id).cloned());
            books.push((plan.id, assemble(plan, resolution, &mut rows, names)));
        }
    }
    Ok(books)
}

async fn read_rows(db: &impl ConnectionTrait, plans: &[i64]) -> Result<Rows> {
    macro_rules! of_plans {
        ($table:ident) => {
            $table::Entity::find()
                .filter($table::Column::PlanId.is_in(plans.iter().copied()))
                .order_by_asc($table::Column::Id)
                .all(db)
                .await?
        };
    }
    let mut rows = Rows::default();
    for row in of_plans!(plan_instalment) {
        rows.instalments.entry(row.plan_id).or_default().push(row);
    }
    for row in of_plans!(budget) {
        rows.budgets.entry(row.plan_id).or_default().push(row);
    }
    for row in of_plans!(budget_line) {
        rows.lines.entry(row.budget_id).or_default().push(row);
    }
    for row in of_plans!(funding) {
        rows.funding.entry(row.budget_id).or_default().push(row);
    }
    for row in of_plans!(participant) {
        rows.participants.entry(row.budget_id).or_default().push(row.comune_id);
    }
    for row in of_plans!(basis) {
        rows.basis.entry(row.budget_id).or_default().push(row);
    }
    for row in of_plans!(quota) {
        rows.quotas.entry(row.budget_id).or_default().push(row);
    }
    rows.rules = RuleRows::new(of_plans!(rule), of_plans!(rule_band), of_plans!(rule_weight), of_plans!(adjustment));
    Ok(rows)
}

fn assemble(
    plan: plan::Model,
    resolution: Option<resolution::Model>,
    rows: &mut Rows,
    names: &Names,
) -> Result<PlanBook> {
    let mut instalments = rows.instalments.remove(&plan.id).unwrap_or_default();
    instalments.sort_by_key(|row| row.number);
    let budgets = rows.budgets.remove(&plan.id).unwrap_or_default();
    let budgets = budgets.into_iter().map(|budget| assemble_budget(budget, rows, names)).collect::<Result<_>>()?;
    let (total, municipal_share) = (Cents::ZERO, Cents::ZERO);
    let mut book = PlanBook {
        row: plan,
        resolution,
        instalments,
        budgets,
        total,
        municipal_share,
        comune_totals: BTreeMap::new(),
    };
    book.totals()?;
    Ok(book)
}

fn assemble_budget(row: budget::Model, rows: &mut Rows, names: &Names) -> Result<BudgetBook> {
    let id = row.id;
    let mut lines = rows.lines.remove(&id).unwrap_or_default();
    lines.sort_by_key(|line| line.position);
    let mut funding = rows.funding.remove(&id).unwrap_or_default();
    funding.sort_by_key(|funding| funding.position);
    let basis = rows.basis.remove(&id).unwrap_or_default();
    let participants = rows.participants.remove(&id).unwrap_or_default();
    let participants = participants.into_iter().map(|comune| names.comune(comune)).collect::<Result<Vec<_>>>()?;
    let (rule_row, rule) = rows.rules.rule(id, names)?;
    let measures = rows.rules.measures(id);
    let mut frozen = Basis::new(participants)?;
    for value in &basis {
        let comune = names.comune(value.comune_id)?;
        // A value of a comune that takes no part counts nowhere. No write leaves one behind; where there is one, verification names it.
        if frozen.contains(comune) {
            frozen.set(names.measure(value.measure_id)?, comune, Micros::new(value.value_micros))?;
        }
    }
    let sources = funding.iter().map(|row| {
        let size =
            if row.balancing { FundingSize::Balancing } else { FundingSize::Fixed(Cents::new(row.amount_cents)) };
        Ok(Funding { fund: names.fund(row.fund_id)?.to_owned(), size })
    });
    let case = BudgetCase {
        amount: Cents::new(row.amount_cents),
        funding: sources.collect::<Result<_>>()?,
        rule,
        basis: frozen,
    };
    let quotas = rows.quotas.remove(&id).unwrap_or_default().into_iter();
    let mut quotas = quotas.map(|quota| Ok((names.comune(quota.comune_id)?, quota))).collect::<Result<Vec<_>>>()?;
    quotas.sort_by_key(|(comune, _)| *comune);
    let (quota_comuni, quotas) = quotas.into_iter().unzip();
    let service = names.service(row.service_id)?.to_owned();
    Ok(BudgetBook { row, service, lines, funding, rule: rule_row, measures, basis, case, quotas, quota_comuni })
}

/// Reads one plan as it is stored now.
pub(super) async fn read(db: &impl ConnectionTrait, plan: i64, names: &Names) -> Result<PlanBook> {
    let row = plan::Entity::find_by_id(plan).one(db).await?;
    let row = row.ok_or_else(|| Error::not_found("plan", &plan.to_string()))?;
    let (_, book) = load(db, vec![row], names).await?.pop().ok_or_else(|| Error::broken("plan", plan))?;
    book
}

/// Computes a draft, so that it shows its quotas. Returns its digest.
pub(super) async fn compute_draft(write: &Write<'_>, plan: i64) -> Result<String> {
    let names = Names::load(write.tx()).await?;
    let book = read(write.tx(), plan, &names).await?;
    expect_status(&book, PlanStatus::Draft)?;
    write_results(write.tx(), &book, &names).await?;
    digest::of_plan(&read(write.tx(), plan, &names).await?, &names)
}

/// Proposes a draft: its quotas are computed, written and shown to the assembly. The digest of what is proposed is kept with it.
pub async fn propose(write: &Write<'_>, permit: &ProposePermit, plan: i64) -> Result<()> {
    let digest = compute_draft(write, plan).await?;
    let names = Names::load(write.tx()).await?;
    let book = read(write.tx(), plan, &names).await?;
    if !permit.covers(book.row.ambito_id) {
        return Err(Error::not_found("plan", &plan.to_string()));
    }
    let mut row = book.row.clone().into_active_model();
    row.status = Set(PlanStatus::Proposed);
    row.row_version = Set(book.row.row_version + 1);
    row.digest = Set(Some(digest.clone()));
    row.proposed_by = Set(Some(permit.actor().to_owned()));
    row.proposed_at = Set(Some(write.clock().now()));
    plan::Entity::update(row).exec(write.tx()).await?;
    write.audit(permit.actor(), "plan.propose", &subject(&book.row, &names)?, None, Some(digest)).await
}

/// Approves a proposed plan by a resolution of its Ambito: exactly what was proposed. From the commit on, nobody changes it.
pub async fn approve(write: &Write<'_>, permit: &ApprovePermit, plan: i64, resolution: i64) -> Result<()> {
    let names = Names::load(write.tx()).await?;
    let book = read(write.tx(), plan, &names).await?;
    if !permit.covers(book.row.ambito_id) {
        return Err(Error::not_found("plan", &plan.to_string()));
    }
    expect_status(&book, PlanStatus::Proposed)?;
    if book.row.proposed_by.as_deref() == Some(permit.actor()) {
        return Err(Refusal::new(Code::SamePerson).into());
    }
    let act = resolution::Entity::find_by_id(resolution).one(write.tx()).await?;
    let act =
        act.filter(|act| act.ambito_id == book.row.ambito_id).ok_or_else(|| Refusal::new(Code::ResolutionRequired))?;
    let proposed = digest::of_plan(&book, &names)?;
    if book.row.digest.as_ref() != Some(&proposed) {
        return Err(Refusal::new(Code::VersionConflict).into());
    }
    if let Some(failure) = super::verification::failures(&book, &names)?.into_iter().next() {
        let refusal = Refusal::new(Code::PlanUnbalanced);
        return Err(failure.service.map_or(refusal.clone(), |service| refusal.service(service)).into());
    }
    let digest = digest::with_resolution(&book, Some(&act), &names)?;
    let mut row = book.row.clone().into_active_model();
    row.status = Set(PlanStatus::Approved);
    row.row_version = Set(book.row.row_version + 1);
    row.resolution_id = Set(Some(resolution));
    row.digest = Set(Some(digest.clone()));
    row.approved_by = Set(Some(permit.actor().to_owned()));
    row.approved_at = Set(Some(write.clock().now()));
    plan::Entity::update(row).exec(write.tx()).await?;
    let approved = read(write.tx(), plan, &names).await?;
    if digest::of_plan(&approved, &names)? != digest {
        return Err(Error::broken("digest of plan", plan));
    }
    write.audit(permit.actor(), APPROVE, &subject(&book.row, &names)?, Some(proposed), Some(digest)).await
}

/// What the audit trail calls the approval of a plan.
pub(super) const APPROVE: &str = "plan.approve";

/// What the audit trail calls a plan: its Ambito's code, its year and its version.
pub(super) fn subject(row: &plan::Model, names: &Names) -> Result<String> {
    Ok(format!("plan:{}/{}/{}", names.ambito(row.ambito_id)?, row.year, row.version))
}

fn expect_status(book: &PlanBook, status: PlanStatus) -> Result<()> {
    if book.row.status == PlanStatus::Approved {
        return Err(Refusal::new(Code::PlanImmutable).into());
    }
    if book.row.status != status {
        return Err(Refusal::new(Code::IllegalTransition).into());
    }
    Ok(())
}

/// Computes every budget and writes what comes out: balancing funding, municipal share, residue, quotas.
async fn write_results(tx: &impl ConnectionTrait, book: &PlanBook, names: &Names) -> Result<()> {
    quota::Entity::delete_many().filter(quota::Column::PlanId.eq(book.row.id)).exec(tx).await?;
    let mut quotas = Vec::new();
    for budget in &book.budgets {
        let outcome = compute(budget)?;
        let mut row = budget.row.clone().into_active_model();
        row.municipal_share_cents = Set(outcome.municipal_share.get());
        row.residue_cents = Set(outcome.residue.get());
        budget::Entity::update(row).exec(tx).await?;
        for (funding, (_, amount)) in
            budget.funding.iter().zip(&outcome.funding).filter(|(funding, _)| funding.balancing)
        {
            let mut row = funding.clone().into_active_model();
            row.amount_cents = Set(amount.get());
            funding::Entity::update(row).exec(tx).await?;
        }
        for (comune, amount) in &outcome.quotas {
            quotas.push(quota::ActiveModel {
                plan_id: Set(book.row.id),
                budget_id: Set(budget.row.id),
                comune_id: Set(names.comune_id(*comune).ok_or_else(|| Error::not_found("comune", comune.as_str()))?),
                amount_cents: Set(amount.get()),
                ..Default::default()
            });
        }
    }
    insert::many(tx, quotas).await
}

/// Computes one budget and asserts its sums, whatever the arithmetic says of itself.
pub(super) fn compute(budget: &BudgetBook) -> Result<BudgetOutcome> {
    let refuse = |error: allocation::Error| Error::from(error).of_service(&budget.service);
    let outcome = allocation::compute(&budget.case).map_err(refuse)?;
    let quotas = Cents::sum(outcome.quotas.iter().map(|(_, amount)| *amount))?;
    let funded = Cents::sum(outcome.funding.iter().map(|(_, amount)| *amount))?;
    if quotas.checked_add(outcome.residue)? != outcome.municipal_share
        || funded.checked_add(outcome.municipal_share)? != outcome.amount
    {
        return Err(Refusal::new(Code::PlanUnbalanced).service(&budget.service).into());
    }
    Ok(outcome)
}
