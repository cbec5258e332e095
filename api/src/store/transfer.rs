//! Moving a whole database into an empty one, of the same engine or the other, and proving that both hold the same.
//!
//! The source is read as of one instant; the target is written in one transaction, with its guards on: a plan comes as a draft,
//! gets its rows, and then takes the way to its status that any plan takes. Nothing of a row changes, neither its id nor an instant. Before the target is
//! committed every table of both is read anew and digested. It does not open databases, and makes no tables.

use std::collections::HashMap;

use aws_lc_rs::digest::{Context, SHA256};
use chrono::SecondsFormat;
use entity::kinds::{ExpenseStatus, PlanStatus, ReportStatus};
use entity::{expense, expense_report, measure, plan, rule};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveEnum, ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction,
    DbBackend, DbErr, EntityName, EntityTrait, IdenStatic, IntoActiveModel, Iterable, ModelTrait, PrimaryKeyToColumn,
    QueryFilter, QueryOrder, QuerySelect, Statement, Value,
};

use super::digest::hex;
use super::{Store, Write, audit, insert};
use crate::auth::HeadKeys;
use crate::error::{Error, Result};

/// Rows that are held in memory at a time.
const ROWS_A_PAGE: u64 = 500;

/// The last number that each table gave to a row, by the table's name.
type Numbers = HashMap<String, i64>;

/// A table that was moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Its name.
    pub table: String,
    /// How many rows it has.
    pub rows: u64,
    /// SHA-256 over all of them in the order of their keys, in hexadecimal; the same on both engines.
    pub digest: String,
}

/// Why nothing was moved. For the operator.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Unmoved {
    /// The target is in use.
    #[error("the target holds data already, in the table {0}")]
    NotEmpty(String),
    /// Somebody rewrote the past of the source.
    #[error("the audit trail of the source is broken at event {0}: {1}")]
    BrokenTrail(i64, audit::Fault),
    /// What arrived is not what was sent.
    #[error(
        "the table {table} is not the same in the target ({target}) as in the source ({source_digest}); nothing was kept"
    )]
    Differs {
        /// The table.
        table: String,
        /// Rows and digest in the source.
        source_digest: String,
        /// Rows and digest in the target.
        target: String,
    },
    /// A database does not answer as it should, or refuses a row.
    #[error(transparent)]
    Storage(#[from] Error),
}

impl From<DbErr> for Unmoved {
    fn from(error: DbErr) -> Self {
        Self::Storage(error.into())
    }
}

/// Calls a generic function for each of the tables, and gives what it returns.
macro_rules! for_each {
    ([$($table:ident)*] $function:ident $arguments:tt) => {
        vec![$($function::<entity::$table::Entity> $arguments .await?),*]
    };
}

/// Calls a generic function for every table.
macro_rules! for_every_table {
    ($function:ident $arguments:tt) => {
        for_each!([
            activity activity_import activity_month adjustment agreement agreement_area agreement_contribution
            agreement_contribution_item agreement_instalment agreement_line agreement_line_part agreement_milestone
            agreement_partner agreement_perimeter agreement_programme agreement_programme_year agreement_recurrence
            agreement_service agreement_version ambito audit_event audit_head basis benefit_application benefit_criterion benefit_grant
            benefit_grant_event benefit_measure benefit_score billing body_meeting body_member budget budget_line
            charge client client_ambito comune expense expense_report fund funding governing_body idempotency_key
            indicator indicator_past indicator_reading measure measurement membership milestone_progress monitoring_field
            monitoring_field_past monitoring_report monitoring_return monitoring_submission
            monitoring_submission_value monitoring_value participant participation partner payment payment_match plan
            plan_instalment programme project project_expense project_milestone quota resolution rule rule_band
            rule_weight service service_fund service_target service_task work_plan work_plan_milestone work_plan_report
            work_plan_version
        ] $function $arguments)
    };
}

/// Moves everything from one database into another that holds nothing but what its migration put there. Both must be of this
/// version and, on `PostgreSQL`, belong to the role that asks.
pub async fn move_all(source: &Store, target: &Store) -> Result<Vec<Moved>, Unmoved> {
    let (from, numbers) = instant(source).await?;
    // The writer's place is held until the end. The transaction is committed by itself: nobody here reads the book of the target.
    let Write { tx, queue: _place, .. } = target.write().await?;
    let tx = tx.unbounded();
    let to = &tx;
    for tx in [&from, to] {
        be_patient(tx).await?;
    }
    let filled: Vec<Option<String>> = for_every_table!(filled(to));
    if let Some(table) = filled.into_iter().flatten().next() {
        return Err(Unmoved::NotEmpty(table));
    }
    // Signatures are for whoever has the keys; that each head is that of its event shows without.
    if let Some(broken) = audit::check(&from, &HeadKeys::default()).await?.broken {
        return Err(Unmoved::BrokenTrail(broken.sequence, broken.fault));
    }
    copy_all(&from, to).await?;
    for_every_table!(continue_numbers(&numbers, to));
    let tables = Box::pin(prove(&from, to, &numbers)).await?;
    from.commit().await?;
    tx.commit().await?;
    Ok(tables)
}

/// The source as of one instant, and the last numbers that its tables had given by then. On PostgreSQL those are in no snapshot, so nobody writes
/// until both are there.
async fn instant(source: &Store) -> Result<(DatabaseTransaction, Numbers)> {
    let place = if source.is_postgres() { Some(source.write().await?) } else { None };
    let from = source.snapshot().await?;
    let numbers = numbers(&from).await?;
    drop(place);
    Ok((from, numbers))
}

/// A move is one long transaction on both sides; what bounds the server's own is not meant for it.
async fn be_patient(tx: &DatabaseTransaction) -> Result<()> {
    if tx.get_database_backend() == DbBackend::Postgres {
        tx.execute_unprepared("SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0")
            .await?;
    }
    Ok(())
}

/// The table's name, if it has a row that no migration put there.
async fn filled<E>(db: &DatabaseTransaction) -> Result<Option<String>>
where
    E: EntityTrait,
{
    let name = E::default().table_name().to_owned();
    let mut rows = E::find();
    if name == measure::Entity.table_name() {
        // The measures that every database begins with belong to no Ambito.
        rows = rows.filter(measure::Column::AmbitoId.is_not_null());
    }
    Ok(rows.limit(1).one(db).await?.map(|_| name))
}

/// Copies every table, each after those that its rows refer to.
async fn copy_all(from: &DatabaseTransaction, to: &DatabaseTransaction) -> Result<()> {
    // The source has its own copy of the measures that the target was made with.
    measure::Entity::delete_many().exec(to).await?;
    for_each!([
        ambito comune membership programme fund measure service participation service_fund service_target service_task
        indicator indicator_past indicator_reading project project_milestone project_expense benefit_measure benefit_criterion
        benefit_application benefit_score benefit_grant benefit_grant_event measurement resolution partner client client_ambito
        idempotency_key audit_event audit_head activity_import activity_month activity
        agreement agreement_version agreement_partner agreement_service agreement_area agreement_line agreement_line_part
        agreement_contribution agreement_contribution_item agreement_instalment agreement_milestone agreement_recurrence
        agreement_perimeter agreement_programme agreement_programme_year milestone_progress monitoring_field
        monitoring_field_past monitoring_report monitoring_value monitoring_submission monitoring_submission_value
        monitoring_return
        governing_body body_member body_meeting work_plan work_plan_version work_plan_milestone work_plan_report
    ] copy(from, to));
    copy_expenses(from, to).await?;
    copy_some::<plan::Entity>(from, to, Condition::all(), |row| row.status = Set(PlanStatus::Draft)).await?;
    for_each!([plan_instalment budget budget_line funding participant] copy(from, to));
    // A part of a mixed rule refers to the whole.
    for condition in [rule::Column::ParentId.is_null(), rule::Column::ParentId.is_not_null()] {
        copy_some::<rule::Entity>(from, to, condition.into(), |_| ()).await?;
    }
    for_each!([rule_band rule_weight adjustment basis quota] copy(from, to));
    move_statuses(from, to).await?;
    // Only an approved plan is charged.
    for_each!([billing charge payment payment_match] copy(from, to));
    Ok(())
}

/// Copies reports of expenses as drafts, which is when expenses are written, and then takes each the way to its status that any report takes. What is admitted of its
/// expenses is said on the way, in its review.
async fn copy_expenses(from: &DatabaseTransaction, to: &DatabaseTransaction) -> Result<()> {
    copy_some::<expense_report::Entity>(from, to, Condition::all(), |row| {
        row.status = Set(ReportStatus::Draft);
        row.paid_on = Set(None);
    })
    .await?;
    copy_some::<expense::Entity>(from, to, Condition::all(), |row| {
        if row.status.as_ref() == &ExpenseStatus::Admitted {
            row.status = Set(ExpenseStatus::Reported);
            row.admitted_cents = Set(None);
            row.refusal = Set(None);
        }
    })
    .await?;
    let mut last = 0;
    loop {
        let page = page::<expense_report::Entity>(from, last, Condition::all()).await?;
        let Some(row) = page.last() else { return Ok(()) };
        last = row.id;
        for status in [ReportStatus::Submitted, ReportStatus::UnderReview] {
            advance(&page, status, to).await?;
        }
        admit_expenses(from, &page, to).await?;
        advance(&page, ReportStatus::Admitted, to).await?;
        for report in page.iter().filter(|report| report.status == ReportStatus::Paid) {
            let paid = expense_report::ActiveModel {
                status: Set(report.status),
                paid_on: Set(report.paid_on),
                ..Default::default()
            };
            expense_report::Entity::update_many()
                .set(paid)
                .filter(expense_report::Column::Id.eq(report.id))
                .exec(to)
                .await?;
        }
    }
}

/// Takes the reports that have come at least so far to this status.
async fn advance(reports: &[expense_report::Model], status: ReportStatus, to: &DatabaseTransaction) -> Result<()> {
    let way = [ReportStatus::Submitted, ReportStatus::UnderReview, ReportStatus::Admitted, ReportStatus::Paid];
    let through =
        |report: &&expense_report::Model| way.iter().skip_while(|one| **one != status).any(|one| *one == report.status);
    expense_report::Entity::update_many()
        .col_expr(expense_report::Column::Status, Expr::value(status.to_value()))
        .filter(expense_report::Column::Id.is_in(reports.iter().filter(through).map(|report| report.id)))
        .exec(to)
        .await?;
    Ok(())
}

/// Says of the expenses of some reports what the source says is admitted of them.
async fn admit_expenses(
    from: &DatabaseTransaction,
    reports: &[expense_report::Model],
    to: &DatabaseTransaction,
) -> Result<()> {
    let own = Condition::all()
        .add(expense::Column::ReportId.is_in(reports.iter().map(|report| report.id)))
        .add(expense::Column::Status.eq(ExpenseStatus::Admitted));
    let mut last = 0;
    loop {
        let page = page::<expense::Entity>(from, last, own.clone()).await?;
        let Some(row) = page.last() else { return Ok(()) };
        last = row.id;
        for row in &page {
            let admitted = expense::ActiveModel {
                status: Set(row.status),
                admitted_cents: Set(row.admitted_cents),
                refusal: Set(row.refusal.clone()),
                ..Default::default()
            };
            expense::Entity::update_many().set(admitted).filter(expense::Column::Id.eq(row.id)).exec(to).await?;
        }
    }
}

async fn copy<E>(from: &DatabaseTransaction, to: &DatabaseTransaction) -> Result<()>
where
    E: EntityTrait,
    E::Model: IntoActiveModel<E::ActiveModel>,
    E::ActiveModel: ActiveModelTrait<Entity = E> + Send,
{
    copy_some::<E>(from, to, Condition::all(), |_| ()).await
}

async fn copy_some<E>(
    from: &DatabaseTransaction,
    to: &DatabaseTransaction,
    which: Condition,
    change: impl Fn(&mut E::ActiveModel),
) -> Result<()>
where
    E: EntityTrait,
    E::Model: IntoActiveModel<E::ActiveModel>,
    E::ActiveModel: ActiveModelTrait<Entity = E> + Send,
{
    let mut last = 0;
    loop {
        let page = page::<E>(from, last, which.clone()).await?;
        let Some(row) = page.last() else { return Ok(()) };
        last = key_of::<E>(row)?;
        let rows = page.into_iter().map(|row| {
            let mut row = row.into_active_model();
            change(&mut row);
            row
        });
        insert::many(to, rows.collect::<Vec<_>>()).await?;
    }
}

/// The next rows after a key, in the order of their keys, which are above 0.
async fn page<E: EntityTrait>(db: &DatabaseTransaction, after: i64, which: Condition) -> Result<Vec<E::Model>> {
    let key = key::<E>()?;
    let next = E::find().filter(which).filter(key.gt(after)).order_by_asc(key);
    Ok(next.limit(ROWS_A_PAGE).all(db).await?)
}

/// The column of the key; every table of ours has one such column, a whole number.
fn key<E: EntityTrait>() -> Result<E::Column> {
    let mut keys = E::PrimaryKey::iter();
    let key = keys.next().ok_or_else(|| Error::internal("a table without a key"))?;
    Ok(key.into_column())
}

fn key_of<E: EntityTrait>(row: &E::Model) -> Result<i64> {
    match row.get(key::<E>()?) {
        Value::BigInt(Some(key)) => Ok(key),
        other => Err(Error::internal(format!("a key that is no number: {other:?}"))),
    }
}

/// Moves the plans of the target to the statuses that they have in the source, by the steps that the guards allow.
async fn move_statuses(from: &DatabaseTransaction, to: &DatabaseTransaction) -> Result<()> {
    let mut last = 0;
    loop {
        let page = page::<plan::Entity>(from, last, Condition::all()).await?;
        let Some(row) = page.last() else { return Ok(()) };
        last = row.id;
        for (status, through) in [
            (PlanStatus::Withdrawn, &[PlanStatus::Withdrawn][..]),
            (PlanStatus::Proposed, &[PlanStatus::Proposed, PlanStatus::Approved]),
            (PlanStatus::Approved, &[PlanStatus::Approved]),
        ] {
            let plans = page.iter().filter(|plan| through.contains(&plan.status)).map(|plan| plan.id);
            plan::Entity::update_many()
                .col_expr(plan::Column::Status, Expr::value(status.to_value()))
                .filter(plan::Column::Id.is_in(plans))
                .exec(to)
                .await?;
        }
    }
}

/// Lets the target number its next row as the source would: no id is given twice, not even one whose row is gone.
async fn continue_numbers<E: EntityTrait>(numbers: &Numbers, to: &DatabaseTransaction) -> Result<()> {
    let table = E::default().table_name().to_owned();
    let Some(last) = numbers.get(&table) else { return Ok(()) };
    let sql = match to.get_database_backend() {
        DbBackend::Postgres => vec![format!("ALTER TABLE {table} ALTER COLUMN id RESTART WITH {}", last + 1)],
        _ => vec![
            format!("DELETE FROM sqlite_sequence WHERE name = '{table}'"),
            format!("INSERT INTO sqlite_sequence (name, seq) VALUES ('{table}', {last})"),
        ],
    };
    for sql in sql {
        to.execute_raw(Statement::from_string(to.get_database_backend(), sql)).await?;
    }
    Ok(())
}

/// The last number of each table whose rows the database numbers.
async fn numbers(db: &DatabaseTransaction) -> Result<Numbers> {
    let numbers: Vec<Option<(String, i64)>> = for_every_table!(last_number(db));
    Ok(numbers.into_iter().flatten().collect())
}

/// The highest number that a table has given to a row, or that a row was given by hand. Events are numbered by the chain.
async fn last_number<E: EntityTrait>(db: &DatabaseTransaction) -> Result<Option<(String, i64)>> {
    if key::<E>()?.as_str() != "id" {
        return Ok(None);
    }
    let table = E::default().table_name().to_owned();
    let highest = E::find().order_by_desc(key::<E>()?).limit(1).one(db).await?;
    let highest = highest.map_or(Ok(0), |row| key_of::<E>(&row))?;
    let backend = db.get_database_backend();
    let given = match backend {
        DbBackend::Postgres => {
            let name = format!("SELECT pg_get_serial_sequence('{table}', 'id') AS given");
            let row = db.query_one_raw(Statement::from_string(backend, name)).await?;
            let sequence: String = row.ok_or_else(|| Error::internal("no sequence"))?.try_get("", "given")?;
            format!("SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END AS given FROM {sequence}")
        }
        _ => format!("SELECT seq AS given FROM sqlite_sequence WHERE name = '{table}'"),
    };
    let given: i64 = match db.query_one_raw(Statement::from_string(backend, given)).await? {
        Some(row) => row.try_get("", "given")?,
        None => 0,
    };
    Ok(Some((table, highest.max(given))))
}

/// Reads every table of both sides and compares.
async fn prove(from: &DatabaseTransaction, to: &DatabaseTransaction, numbers: &Numbers) -> Result<Vec<Moved>, Unmoved> {
    let tables: Vec<Moved> = for_every_table!(whole(from));
    let arrived: Vec<Moved> = for_every_table!(whole(to));
    let continued = self::numbers(to).await?;
    for (source, target) in tables.iter().zip(&arrived) {
        let (last, continued) = (numbers.get(&source.table), continued.get(&source.table));
        if (source, last) != (target, continued) {
            let shown = |moved: &Moved, last: Option<&i64>| {
                let next = last.map(|last| format!("next number {}, ", last + 1)).unwrap_or_default();
                format!("{} rows, {next}digest {}", moved.rows, moved.digest)
            };
            return Err(Unmoved::Differs {
                table: source.table.clone(),
                source_digest: shown(source, last),
                target: shown(target, continued),
            });
        }
    }
    Ok(tables)
}

/// A table with its digest.
async fn whole<E: EntityTrait>(db: &DatabaseTransaction) -> Result<Moved> {
    let table = E::default().table_name().to_owned();
    let mut digest = Context::new(&SHA256);
    let mut feed = |text: Option<&str>| {
        let (mark, text) = text.map_or(("-".to_owned(), ""), |text| (format!("{}:", text.len()), text));
        digest.update(mark.as_bytes());
        digest.update(text.as_bytes());
    };
    feed(Some(&table));
    for column in E::Column::iter() {
        feed(Some(column.as_str()));
    }
    let (mut last, mut rows) = (0, 0);
    loop {
        let page = page::<E>(db, last, Condition::all()).await?;
        let Some(row) = page.last() else { break };
        last = key_of::<E>(row)?;
        for row in &page {
            rows += 1;
            for column in E::Column::iter() {
                feed(canonical(row.get(column))?.as_deref());
            }
        }
    }
    Ok(Moved { table, rows, digest: hex(digest.finish().as_ref()) })
}

/// A value as text, the same on both engines; none where the column is empty.
fn canonical(value: Value) -> Result<Option<String>> {
    Ok(match value {
        Value::BigInt(number) => number.map(|number| number.to_string()),
        Value::Int(number) => number.map(|number| number.to_string()),
        Value::Bool(truth) => truth.map(|truth| truth.to_string()),
        Value::String(text) => text,
        Value::ChronoDate(day) => day.map(|day| day.to_string()),
        Value::ChronoDateTimeUtc(at) => at.map(|at| at.to_rfc3339_opts(SecondsFormat::Nanos, true)),
        other => return Err(Error::internal(format!("a value of no known type: {other:?}"))),
    })
}
