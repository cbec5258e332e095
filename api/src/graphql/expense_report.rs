//! Reports of what partners spent under agreements (rendicontazioni): the report, its page, and what it comes to.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object};

use super::agreement::Agreement;
use super::batch::Batch;
use super::database::database;
use super::direct::{Direct, Selected, Write};
use super::enums::ExpenseReportStatus;
use super::expense::{Expense, ExpenseTotals, ReportedLine};
use super::id::Key;
use super::page::{AskedPage, Cursors, Page, PageArguments};
use super::partner::Partner;
use super::scalars::{Date, DateTime};
use super::sight::{Sight, sight};
use super::writing::writing;
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::store::expense::{
    self, AskedAccount, Counted, Depth, Detail, Parts, Recorded, ReportFilter, Reports, Stretch,
};

/// What a partner spent under an agreement in a period, and what of it is paid back (rendicontazione).
#[derive(Clone)]
pub struct ExpenseReport(Arc<Recorded>);

/// Which reports (filtro): those that fit everything that is given.
#[derive(Debug, Default, InputObject)]
pub struct ExpenseReportFilter {
    /// Code of the Ambito (Ambito).
    pub ambito: Option<String>,
    /// Code of the agreement (codice dell'accordo).
    pub agreement: Option<String>,
    /// Code of the partner (codice del partner).
    pub partner: Option<String>,
    /// How far they have come (stato).
    pub status: Option<ExpenseReportStatus>,
}

/// The reports that one request reads. What is asked for together is read together.
#[derive(Default)]
pub(super) struct ExpenseReports {
    reports: Batch<i64, Arc<Recorded>>,
    details: Batch<(i64, Parts), Arc<Detail>>,
    /// What all reports of an agreement come to.
    pub(super) accounts: Batch<AskedAccount, Arc<expense::AgreementAccount>>,
}

/// A report by row id; none where it is unknown, or not for this asker.
pub(super) async fn find(ctx: &Context<'_>, sight: &Sight, id: i64) -> Result<Option<ExpenseReport>> {
    let Some(permit) = sight.asker().read_expenses() else { return Ok(None) };
    let store = database(ctx)?;
    let reports = &sight.expense_reports().reports;
    let found = reports.of(id, |asked| async move { expense::read(store, &permit, &asked).await }).await?;
    Ok(found.map(ExpenseReport))
}

/// A page of reports; none for whoever reads none, whatever is asked.
pub(super) async fn expense_reports(
    ctx: &Context<'_>,
    filter: ExpenseReportFilter,
    arguments: &PageArguments,
    limits: &Limits,
) -> Result<Option<Page<ExpenseReport>>> {
    let Some(permit) = sight(ctx)?.asker().read_expenses() else { return Ok(None) };
    let cursors = Cursors { order: "expenseReports" };
    let asked = AskedPage::<i64>::read(arguments, limits, &cursors)?;
    let ExpenseReportFilter { ambito, agreement, partner, status } = filter;
    let filter = ReportFilter { ambito, agreement, partner, status: status.map(Into::into) };
    let reports = Reports::new(database(ctx)?, permit, &filter);
    let edges = (asked.after, asked.before);
    let mut window = None;
    let stretch = |counted: &Counted| {
        let page = asked.window(counted.total, counted.up_to, counted.before);
        let (after, before, is_first) = (page.after, page.before, page.is_first);
        let stretch = Stretch { after, before, count: page.to - page.from, is_first };
        window = Some(page);
        stretch
    };
    let (counted, found) = reports.page(edges, stretch).await?;
    let window = window.ok_or_else(|| Error::internal("a page that was not counted"))?;
    let entry = |one: Recorded| Ok((cursors.write(&one.row.id)?, ExpenseReport(Arc::new(one))));
    let entries = found.into_iter().map(entry).collect::<Result<_>>()?;
    Ok(Some(Page::new(&window, counted.total, entries)))
}

impl ExpenseReport {
    pub(super) fn new(recorded: Recorded) -> Self {
        Self(Arc::new(recorded))
    }

    /// What the report holds, as this request has left it.
    async fn detail(&self, ctx: &Context<'_>, parts: Parts) -> Result<Arc<Detail>> {
        let (sight, id) = (sight(ctx)?, self.0.row.id);
        let broken = || Error::broken("expense report", id);
        let permit = sight.asker().read_expenses().ok_or_else(broken)?;
        if let Some(writing) = writing(ctx) {
            return writing.expense_report(&permit, (id, parts)).await?.map(Arc::new).ok_or_else(broken);
        }
        let store = database(ctx)?;
        let read = |asked: Vec<(i64, Parts)>| async move { expense::detail(store, &permit, &asked).await };
        let found = sight.expense_reports().details.of((id, parts), read).await?;
        found.ok_or_else(broken)
    }
}

/// What a partner spent under an agreement in a period, and what of it is paid back (rendicontazione).
#[Object]
impl ExpenseReport {
    /// Opaque identifier (identificativo).
    pub async fn id(&self) -> ID {
        Key::ExpenseReport(self.0.row.id).id()
    }

    /// The agreement (accordo).
    async fn agreement(&self, ctx: &Context<'_>) -> Option<Result<Agreement>> {
        let find = || Ok(sight(ctx)?.agreement(self.0.row.agreement_id).map(|found| Agreement(found.clone())));
        find().transpose()
    }

    /// The partner (partner).
    async fn partner(&self, ctx: &Context<'_>) -> Option<Result<Partner>> {
        let find = || Ok(sight(ctx)?.partner(self.0.row.partner_id).map(|found| Partner(found.clone())));
        find().transpose()
    }

    /// Number within the agreement and partner, from 1 (numero).
    async fn number(&self) -> i32 {
        self.0.row.number
    }

    /// First day of the period (periodo dal).
    async fn period_from(&self) -> Date {
        Date(self.0.row.period_from)
    }

    /// Last day of the period (periodo al).
    async fn period_to(&self) -> Date {
        Date(self.0.row.period_to)
    }

    /// How far it has come (stato).
    async fn status(&self) -> ExpenseReportStatus {
        self.0.row.status.into()
    }

    /// A note (nota).
    async fn note(&self) -> Option<&str> {
        self.0.row.note.as_deref()
    }

    /// When it was submitted; none while it is a draft (presentata il).
    async fn submitted_at(&self) -> Option<DateTime> {
        self.0.row.submitted_at.map(DateTime)
    }

    /// When its review ended (istruita il).
    async fn reviewed_at(&self) -> Option<DateTime> {
        self.0.row.reviewed_at.map(DateTime)
    }

    /// Why it was last sent back (motivo del rinvio).
    async fn returned_reason(&self) -> Option<&str> {
        self.0.row.returned_reason.as_deref()
    }

    /// The day it was paid (liquidata il).
    async fn paid_on(&self) -> Option<Date> {
        self.0.row.paid_on.map(Date)
    }

    /// Reference of the transfer (riferimento del pagamento).
    async fn payment_reference(&self) -> Option<&str> {
        self.0.row.payment_reference.as_deref()
    }

    /// Counts its changes and those of its expenses: what an act names as `expectedVersion` (revisione).
    async fn revision(&self) -> i32 {
        self.0.row.row_version
    }

    /// Its expenses, in the order in which they were added; at most 500 (spese).
    async fn expenses(&self, ctx: &Context<'_>) -> Option<Result<Vec<Expense>>> {
        let parts = Parts { expenses: true, account: None };
        let read = async { self.detail(ctx, parts).await?.expenses.iter().map(Expense::new).collect() };
        Some(read.await)
    }

    /// The agreement's lines in the years of the period, and any other that it charges, by year and code (voci rendicontate).
    async fn lines(&self, ctx: &Context<'_>) -> Option<Result<Vec<ReportedLine>>> {
        let with_reasons = ctx.look_ahead().field("refusals").exists();
        let depth = if with_reasons { Depth::Reasons } else { Depth::Lines };
        let detail = self.detail(ctx, Parts { expenses: false, account: Some(depth) }).await;
        Some(detail.map(|detail| detail.account.lines.iter().map(ReportedLine::new).collect()))
    }

    /// What its expenses add up to (totali).
    async fn totals(&self, ctx: &Context<'_>) -> Option<Result<ExpenseTotals>> {
        let detail = self.detail(ctx, Parts { expenses: false, account: Some(Depth::Totals) }).await;
        Some(detail.map(|detail| ExpenseTotals::new(&detail.account.totals)))
    }
}

impl Direct for ExpenseReport {
    const NAME: &'static str = "ExpenseReport";

    type Row<'a> = &'a Recorded;

    fn row(&self) -> &Recorded {
        &self.0
    }

    fn field(selected: &Selected<'_, Self>) -> Option<Write<Self>> {
        match selected.name() {
            "id" => selected.leaf(|report, _, json| json.text(&Key::ExpenseReport(report.row.id).id())),
            "number" => selected.leaf(|report, _, json| json.any(&report.row.number)),
            "revision" => selected.leaf(|report, _, json| json.any(&report.row.row_version)),
            _ => None,
        }
    }
}
