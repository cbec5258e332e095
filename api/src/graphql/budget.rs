//! A budget: what one service may cost in a plan, who covers it, and who pays the rest.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, SimpleObject};

use super::comune::Comune;
use super::direct::{Direct, Rows, Selected, Write};
use super::enums::VatRegime;
use super::fund::Fund;
use super::id::Key;
use super::json::Json;
use super::plan::Plan;
use super::quota::{Quota, QuotaRow};
use super::rule::{CostSharingRule, RuleView, undecided};
use super::scalars::{Euro, ExactDecimal};
use super::service::Service;
use super::sight::{Sight, sight};
use crate::error::{Error, Result};
use crate::store::master::ServiceEntry;
use crate::store::plan::{BudgetBook, ComuneKey, FundingBook, Line, PlanBook};

/// What one service may cost in a plan (budget di gestione).
#[derive(Clone)]
pub struct Budget {
    pub(super) plan: Arc<PlanBook>,
    pub(super) at: usize,
}

/// A line of a budget, with its VAT (voce di costo).
#[derive(Clone)]
pub struct BudgetLine {
    budget: Budget,
    at: usize,
}

impl BudgetLine {
    fn book(&self) -> &Line {
        &self.budget.book().lines[self.at]
    }
}

/// The line of an agreement whose cost a line of a budget is (voce della convenzione). What it says is read from the agreement.
#[derive(SimpleObject)]
pub struct BudgetAgreementLine {
    /// Identifier of the line, which names it in an edit (voce).
    pub id: ID,
    /// Code of the agreement (codice dell'accordo).
    pub agreement: String,
    /// Number of the version that it is of (versione).
    pub version: i32,
    /// Code of the line (codice).
    pub code: String,
}

/// What a fund covers of a budget (copertura).
#[derive(SimpleObject)]
pub struct Funding {
    /// The fund (fondo).
    pub fund: Fund,
    /// What it covers (importo).
    pub amount: Euro,
    /// Whether it takes up what the other funds and the quotas leave (a pareggio).
    pub balancing: bool,
    /// Whether no document gives it: it was assumed for the demonstration (valore presunto).
    pub assumed: bool,
}

/// Where a budget stands in the book.
#[derive(Clone, Copy)]
pub(super) struct BudgetRow<'a> {
    pub(super) plan: &'a PlanBook,
    pub(super) at: usize,
}

impl<'a> BudgetRow<'a> {
    pub(super) fn book(self) -> &'a BudgetBook {
        &self.plan.budgets[self.at]
    }

    fn key(self) -> Key {
        Key::Budget(self.plan.row.id, self.book().service_id)
    }

    pub(super) fn service(self, sight: &'a Sight) -> Result<&'a Arc<ServiceEntry>> {
        let id = self.book().service_id;
        sight.service(id).ok_or_else(|| Error::broken("service of budget", id))
    }
}

impl Direct for Budget {
    const NAME: &'static str = "Budget";

    type Row<'a> = BudgetRow<'a>;

    fn row(&self) -> BudgetRow<'_> {
        BudgetRow { plan: &self.plan, at: self.at }
    }

    fn field(selected: &Selected<'_, Self>) -> Option<Write<Self>> {
        match selected.name() {
            "id" => selected.leaf(|budget, _, json| json.text(&budget.key().id())),
            "amount" => selected.leaf(|budget, _, json| json.euro(budget.book().amount)),
            "municipalShare" => selected.leaf(|budget, _, json| json.euro(budget.book().municipal_share)),
            "residue" => selected.leaf(|budget, _, json| json.euro(budget.book().residue)),
            "note" => selected.leaf(|budget, _, json| json.option(budget.book().note.as_deref(), Json::text)),
            "assumed" => selected.leaf(|budget, _, json| json.any(&budget.book().assumed)),
            "service" => selected.object::<Service>(|budget, sight| Ok(budget.service(sight)?)),
            "quotas" => {
                selected.list::<Quota>(|budget, _| budget.book().quotas.len(), |budget, _, at| QuotaRow { budget, at })
            }
            _ => None,
        }
    }
}

impl Budget {
    pub(super) fn book(&self) -> &BudgetBook {
        self.row().book()
    }

    /// Its participants, by ISTAT code.
    pub(super) fn comuni(&self, sight: &Sight) -> Result<Vec<Comune>> {
        let find = |key: &ComuneKey| {
            let comune = sight.book().comune(key.id);
            comune.map(|comune| Comune(comune.clone())).ok_or_else(|| Error::broken("comune of budget", key.id))
        };
        self.book().comuni.iter().map(find).collect()
    }

    fn funding_view(&self, sight: &Sight, row: &FundingBook) -> Result<Funding> {
        let fund = fund_view(sight, self.plan.row.ambito_id, row.fund_id)?;
        Ok(Funding { fund, amount: Euro(row.amount), balancing: row.balancing, assumed: row.assumed })
    }
}

/// A fund of an Ambito by row id.
pub(super) fn fund_view(sight: &Sight, ambito: i64, id: i64) -> Result<Fund> {
    let fund = sight.ambito(ambito).and_then(|ambito| ambito.funds.iter().find(|fund| fund.id == id));
    fund.map(|fund| Fund(fund.clone())).ok_or_else(|| Error::broken("fund", id))
}

/// What one service may cost in a plan (budget di gestione).
#[Object]
impl Budget {
    /// Opaque identifier (identificativo).
    pub async fn id(&self) -> ID {
        self.row().key().id()
    }

    /// The plan it belongs to (piano).
    async fn plan(&self) -> Plan {
        Plan(self.plan.clone())
    }

    /// The service it is for (servizio).
    async fn service(&self, ctx: &Context<'_>) -> Result<Service> {
        Ok(Service(self.row().service(sight(ctx)?)?.clone()))
    }

    /// The amount; where there are lines, their gross sum (importo).
    async fn amount(&self) -> Euro {
        Euro(self.book().amount)
    }

    /// Its lines, where it has any (voci di costo).
    async fn lines(&self) -> Vec<BudgetLine> {
        (0..self.book().lines.len()).map(|at| BudgetLine { budget: self.clone(), at }).collect()
    }

    /// What funds cover (coperture).
    async fn funding(&self, ctx: &Context<'_>) -> Result<Vec<Funding>> {
        let sight = sight(ctx)?;
        self.book().funding.iter().map(|row| self.funding_view(sight, row)).collect()
    }

    /// What the comuni share: the amount less the funding (quota dei Comuni).
    async fn municipal_share(&self) -> Euro {
        Euro(self.book().municipal_share)
    }

    /// How the municipal share is divided (criterio di riparto).
    async fn rule(&self, ctx: &Context<'_>) -> Result<CostSharingRule> {
        let sight = sight(ctx)?;
        let Some(book) = &self.book().rule else { return Ok(undecided(sight.language())) };
        let view =
            RuleView { sight, ambito: self.plan.row.ambito_id, assumed: book.assumed, note: book.note.as_deref() };
        view.rule(&book.rule)
    }

    /// The comuni that take part, by ISTAT code (Comuni aderenti).
    async fn participants(&self, ctx: &Context<'_>) -> Result<Vec<Comune>> {
        self.comuni(sight(ctx)?)
    }

    /// The quotas, by ISTAT code (quote). A service that funds cover whole has quotas of zero.
    async fn quotas(&self, ctx: &Context<'_>) -> Rows<'_, Quota> {
        let quota = |at| Quota { plan: self.plan.clone(), budget: self.at, at };
        Rows::new(ctx, (0..self.book().quotas.len()).map(quota).collect::<Vec<_>>())
    }

    /// The municipal share less the sum of the quotas: what rounding or a tariff leaves (residuo).
    async fn residue(&self) -> Euro {
        Euro(self.book().residue)
    }

    /// A note (nota).
    async fn note(&self) -> Option<&str> {
        self.book().note.as_deref()
    }

    /// Whether the amount is assumed: no document gives it as it stands here (valore presunto).
    async fn assumed(&self) -> bool {
        self.book().assumed
    }
}

/// A line of a budget, with its VAT (voce di costo).
#[Object]
impl BudgetLine {
    /// What it is for (voce).
    async fn item(&self) -> &str {
        &self.book().item
    }

    /// Without VAT (imponibile).
    async fn net(&self) -> Euro {
        Euro(self.book().net)
    }

    /// The VAT (IVA).
    async fn vat(&self) -> Euro {
        Euro(self.book().vat)
    }

    /// The rate in percent, where the regime is a rate (aliquota).
    async fn vat_rate(&self) -> Option<ExactDecimal> {
        self.book().rate.map(Into::into)
    }

    /// How it is taxed (regime IVA).
    async fn vat_regime(&self) -> VatRegime {
        self.book().regime.into()
    }

    /// With VAT (totale).
    async fn gross(&self) -> Euro {
        Euro(self.book().gross)
    }

    /// The line of an agreement whose cost it is; none where it is of none (voce della convenzione).
    async fn agreement_line(&self) -> Option<BudgetAgreementLine> {
        let line = self.book().agreement_line.as_ref()?;
        Some(BudgetAgreementLine {
            id: Key::AgreementLine(line.id).id(),
            agreement: line.agreement().to_owned(),
            version: line.version(),
            code: line.code().to_owned(),
        })
    }
}
