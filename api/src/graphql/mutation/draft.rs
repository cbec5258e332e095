//! Preparing plans: new drafts, and the edits of a draft.

use allocation::vat::{self, Vat};
use allocation::{MeasureCode, Micros};
use async_graphql::{Context, ID, InputObject, Object, OneofObject};
use entity::kinds::LineGiven;

use super::{PlanPayload, asker, find_plan, told};
use crate::auth::viewer::Role;
use crate::error::{Code, Error, Refusal, Result};
use crate::graphql::enums::{PlanKind, VatRegime};
use crate::graphql::hypothesis::{BasisInput, FundingInput};
use crate::graphql::id::Key;
use crate::graphql::rule_input::CostSharingRuleInput;
use crate::graphql::scalars::{Date, Euro, ExactDecimal, IstatCode};
use crate::graphql::writing::Act;
use crate::store::bundle::{FundingRecord, InstalmentRecord, LineRecord, Pointer};
use crate::store::plan::{self as plans, Amount, BasisSource, Edit, NewPlan};

/// A draft to be (bozza).
#[derive(InputObject)]
pub struct CreatePlanInput {
    /// Code of the Ambito (codice dell'Ambito).
    pub ambito: String,
    /// The year (anno).
    pub year: i32,
    /// What it is for (tipo di piano).
    pub kind: PlanKind,
    /// Identifier of a plan of the same Ambito that it begins as; empty where left out (copia di).
    pub copy_of: Option<ID>,
    /// Percent by which the copied budgets, lines and funding are raised, each rounded half up; below zero to lower them (aumento percentuale).
    pub raise_percent: Option<ExactDecimal>,
    /// A note (nota).
    pub note: Option<String>,
}

/// Declares the inputs of edits: which draft and at which revision, then what the edit says.
macro_rules! edits {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $ty:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(InputObject)]
        pub struct $name {
            /// Identifier of the draft (bozza).
            pub plan: ID,
            /// The plan's revision that this is based on (revisione attesa).
            pub expected_version: i32,
            $($(#[$field_doc])* pub $field: $ty,)*
        }
    )*};
}

edits! {
    /// What a service may cost: an amount, or lines (budget).
    SetBudgetInput {
        /// Code of the service (servizio).
        service: String,
        /// The amount (importo).
        amount: Option<Euro>,
        /// Lines with VAT, of which the budget is the gross sum (voci di costo).
        lines: Option<Vec<BudgetLineInput>>,
        /// A note (nota).
        note: Option<String>,
    }
    /// A service that has no budget (budget da togliere).
    RemoveBudgetInput {
        /// Code of the service (servizio).
        service: String,
    }
    /// Who covers a budget besides the comuni (coperture).
    SetFundingInput {
        /// Code of the service (servizio).
        service: String,
        /// All its funding, each fund once (coperture).
        funding: Vec<FundingInput>,
    }
    /// How a municipal share is divided (criterio di riparto).
    SetRuleInput {
        /// Code of the service (servizio).
        service: String,
        /// The rule, with what is different for single comuni (criterio).
        rule: CostSharingRuleInput,
        /// A note (nota).
        note: Option<String>,
    }
    /// Who takes part in a service (adesioni).
    SetParticipantsInput {
        /// Code of the service (servizio).
        service: String,
        /// All that take part (Comuni).
        comuni: Vec<IstatCode>,
    }
    /// The values that quotas are counted by (base di riparto).
    SetBasisInput {
        /// Code of the service; where left out, every service that counts by the measure or holds it (servizio).
        service: Option<String>,
        /// Code of the measure (misura).
        measure: String,
        /// Where the values come from (fonte).
        source: BasisSourceInput,
    }
    /// When the quotas are due (rate).
    SetInstalmentsInput {
        /// All instalments, in order; their percentages add up to 100 (rate).
        instalments: Vec<InstalmentInput>,
    }
}

/// A line of a budget (voce di costo): net or gross, the other follows.
#[derive(InputObject)]
pub struct BudgetLineInput {
    /// What it is for (voce).
    pub item: String,
    /// Without VAT (imponibile).
    pub net: Option<Euro>,
    /// With VAT (totale).
    pub gross: Option<Euro>,
    /// How it is taxed (regime IVA).
    pub vat_regime: VatRegime,
    /// The rate in percent, where the regime is a rate (aliquota).
    pub vat_rate: Option<ExactDecimal>,
    /// Identifier of the line of an agreement whose cost it is, of the plan's year (voce della convenzione).
    pub agreement_line: Option<ID>,
}

/// Where frozen values come from (fonte): exactly one of these.
#[derive(OneofObject)]
pub enum BasisSourceInput {
    /// They are given (valori indicati).
    Values(BasisValuesInput),
    /// The measurements of this day (misurati il).
    MeasuredOn(Date),
    /// What each service delivered in this year, of a measure of consumption, to each comune that takes part in it; 0 where that is nothing (prestazioni erogate nell'anno).
    /// `CASES` are counted once in the year. The people behind another measure are frozen beside it, unless the rule counts by them, since they tell which values are
    /// too small to be shown. Refused where nothing was delivered.
    ActivityYear(i32),
}

/// Values that are given (valori).
#[derive(InputObject)]
pub struct BasisValuesInput {
    /// One for each comune; another measure than that of the edit is refused (valori).
    pub values: Vec<BasisInput>,
    /// The day that they describe (alla data).
    pub reference_date: Date,
    /// Who says so (fonte).
    pub source: String,
}

/// An instalment (rata).
#[derive(InputObject)]
pub struct InstalmentInput {
    /// The day on which it is due (scadenza).
    pub due_date: Date,
    /// Percent of the year's quota (percentuale).
    pub percent: ExactDecimal,
}

#[derive(Default)]
pub(super) struct DraftMutation;

/// Declares one field an edit.
macro_rules! edit_mutations {
    ($($(#[$doc:meta])* $name:ident($input:ty),)*) => {
        #[Object]
        impl DraftMutation {
            /// Begins a plan: a draft, empty or as a copy of another (crea un piano). By the managing body.
            async fn create_plan(
                &self,
                ctx: &Context<'_>,
                #[graphql(desc = "What it is to be (bozza).")] input: CreatePlanInput,
            ) -> Option<Result<PlanPayload>> {
                Some(create(ctx, input).await)
            }

            $($(#[$doc])*
            async fn $name(
                &self,
                ctx: &Context<'_>,
                #[graphql(desc = "What to change, and of which draft (modifica).")] input: $input,
            ) -> Option<Result<PlanPayload>> {
                let (plan, revision) = (input.plan.clone(), input.expected_version);
                Some(edit(ctx, &plan, revision, input.edit()).await)
            })*
        }
    };
}

edit_mutations! {
    /// Says what a service may cost (imposta un budget). A service that had none gets a budget in which all members of the year take part, still
    /// without a rule. By the managing body.
    set_budget(SetBudgetInput),
    /// Takes a service's budget out of a draft (toglie un budget). By the managing body.
    remove_budget(RemoveBudgetInput),
    /// Says who covers a budget besides the comuni (imposta le coperture). By the managing body.
    set_funding(SetFundingInput),
    /// Says how a municipal share is divided (imposta il criterio di riparto). By the managing body.
    set_rule(SetRuleInput),
    /// Says who takes part in a service (imposta le adesioni). By the managing body.
    set_participants(SetParticipantsInput),
    /// Sets or freezes the values that quotas are counted by (imposta la base di riparto); the others of the measure stay. By the managing body.
    set_basis(SetBasisInput),
    /// Says when the quotas are due (imposta le rate). By the managing body.
    set_instalments(SetInstalmentsInput),
}

fn may_draft(viewer: &crate::auth::Viewer) -> bool {
    viewer.standing.role == Role::Azienda
}

async fn create(ctx: &Context<'_>, input: CreatePlanInput) -> Result<PlanPayload> {
    let (sight, viewer) = asker(ctx, may_draft)?;
    let act = Act::begin(ctx).await?;
    let done = async {
        let missing = |argument: &str| Error::from(Refusal::new(Code::NotFound).argument(argument));
        let ambito = sight.ambito_by_code(&input.ambito).ok_or_else(|| missing("input.ambito"))?;
        let permit = viewer.draft(ambito.row.id).ok_or_else(|| missing("input.ambito"))?;
        let copy_of = match input.copy_of.as_ref().map(Key::read) {
            None => None,
            Some(Some(Key::Plan(id))) if sight.plan(id).is_some() => Some(id),
            Some(_) => return Err(missing("input.copyOf")),
        };
        let new = NewPlan {
            ambito: ambito.row.id,
            year: input.year,
            kind: input.kind.into(),
            note: input.note,
            copy_of,
            raise: input.raise_percent.as_ref().map_or(Ok(Micros::ZERO), ExactDecimal::micros)?,
        };
        plans::create(act.write(), &permit, new, sight.book()).await
    };
    let done = done.await;
    told(ctx, act.end(done).await?)
}

async fn edit(ctx: &Context<'_>, plan: &ID, revision: i32, edit: Result<Edit>) -> Result<PlanPayload> {
    let (sight, viewer) = asker(ctx, may_draft)?;
    let act = Act::begin(ctx).await?;
    let done = async {
        let plan = find_plan(sight, plan)?;
        let hidden = || Error::from(Refusal::new(Code::NotFound).argument("input.plan"));
        let permit = viewer.draft(plan.row.ambito_id).ok_or_else(hidden)?;
        plans::edit(act.write(), &permit, (plan.row.id, revision), edit?, sight.book()).await?;
        Ok(plan.row.id)
    };
    let done = done.await;
    told(ctx, act.end(done).await?)
}

fn invalid(argument: &str, it: &'static str, en: &'static str) -> Error {
    Refusal::new(Code::Invalid).message(it, en).argument(argument).into()
}

impl SetBudgetInput {
    fn edit(self) -> Result<Edit> {
        let amount = match (self.amount, self.lines) {
            (Some(amount), None) => Amount::Sum(amount.0),
            (None, Some(lines)) if !lines.is_empty() => {
                let lines = lines.into_iter().enumerate();
                Amount::Lines(lines.map(|(at, line)| line.record(at)).collect::<Result<_>>()?)
            }
            _ => {
                return Err(invalid("input.amount", "Indicare l'importo oppure le voci.", "Give an amount, or lines."));
            }
        };
        Ok(Edit::Budget { service: self.service, amount, note: self.note })
    }
}

impl BudgetLineInput {
    fn record(self, at: usize) -> Result<LineRecord> {
        let place = |field: &str| format!("input.lines.{at}.{field}");
        let rate = self.vat_rate.as_ref().map(ExactDecimal::micros).transpose()?;
        let regime = match (self.vat_regime, rate) {
            (VatRegime::Rate, Some(rate)) => Vat::Rate(rate),
            (VatRegime::Exempt, None) => Vat::Exempt,
            (VatRegime::OutOfScope, None) => Vat::OutOfScope,
            _ => {
                return Err(invalid(
                    &place("vatRate"),
                    "L'aliquota si indica se e solo se il regime è un'aliquota.",
                    "A rate is given where the regime is a rate, and only there.",
                ));
            }
        };
        let (given, made) = match (self.net, self.gross) {
            (Some(net), None) => (LineGiven::Net, vat::from_net(net.0, regime)),
            (None, Some(gross)) => (LineGiven::Gross, vat::from_gross(gross.0, regime)),
            _ => {
                return Err(invalid(
                    &place("net"),
                    "Indicare l'imponibile oppure il totale.",
                    "Give the net or the gross amount.",
                ));
            }
        };
        let named = |fault: allocation::Error| Error::from(fault).at(&place("net"));
        let vat::Line { net, vat, gross } = made.map_err(named)?;
        let agreement_line = match self.agreement_line.as_ref().map(Key::read) {
            Some(Some(Key::AgreementLine(id))) => Some(Pointer::Row(id)),
            Some(_) => return Err(Refusal::new(Code::NotFound).argument(place("agreementLine")).into()),
            None => None,
        };
        let regime = self.vat_regime.into();
        Ok(LineRecord { item: self.item, net, vat, gross, regime, rate, given, agreement_line })
    }
}

impl RemoveBudgetInput {
    #[allow(clippy::unnecessary_wraps)] // As the others.
    fn edit(self) -> Result<Edit> {
        Ok(Edit::NoBudget { service: self.service })
    }
}

impl SetFundingInput {
    fn edit(self) -> Result<Edit> {
        let record = |(at, input): (usize, FundingInput)| {
            let amount = match (input.amount, input.balancing.unwrap_or(false)) {
                (Some(amount), false) => Some(amount.0),
                (None, true) => None,
                _ => {
                    return Err(invalid(
                        &format!("input.funding.{at}"),
                        "Una copertura ha un importo, oppure è a pareggio.",
                        "A funding has an amount, or is balancing.",
                    ));
                }
            };
            Ok(FundingRecord { fund: input.fund, amount, assumed: false })
        };
        let funding = self.funding.into_iter().enumerate().map(record).collect::<Result<_>>()?;
        Ok(Edit::Funding { service: self.service, funding })
    }
}

impl SetRuleInput {
    fn edit(self) -> Result<Edit> {
        Ok(Edit::Rule { service: self.service, rule: self.rule.rule()?, note: self.note })
    }
}

impl SetParticipantsInput {
    #[allow(clippy::unnecessary_wraps)] // As the others.
    fn edit(self) -> Result<Edit> {
        Ok(Edit::Participants { service: self.service, comuni: self.comuni.into_iter().map(|code| code.0).collect() })
    }
}

impl SetBasisInput {
    fn edit(self) -> Result<Edit> {
        let measure = MeasureCode::parse(&self.measure);
        let measure = measure.map_err(|_| Refusal::new(Code::NotFound).argument("input.measure"))?;
        let source = match self.source {
            BasisSourceInput::MeasuredOn(day) => BasisSource::MeasuredOn(day.0),
            BasisSourceInput::ActivityYear(year) => BasisSource::ActivityYear(year),
            BasisSourceInput::Values(given) => {
                let mut values = Vec::with_capacity(given.values.len());
                for (at, value) in given.values.into_iter().enumerate() {
                    if value.measure != self.measure {
                        return Err(invalid(
                            &format!("input.source.values.values.{at}.measure"),
                            "La misura è quella della modifica.",
                            "The measure is that of the edit.",
                        ));
                    }
                    values.push((value.comune.0, value.value.micros()?));
                }
                BasisSource::Values { values, reference_date: given.reference_date.0, source: given.source }
            }
        };
        Ok(Edit::Basis { service: self.service, measure, source })
    }
}

impl SetInstalmentsInput {
    fn edit(self) -> Result<Edit> {
        let record = |input: InstalmentInput| {
            Ok(InstalmentRecord { due_date: input.due_date.0, percent: input.percent.micros()?, assumed: false })
        };
        Ok(Edit::Instalments(self.instalments.into_iter().map(record).collect::<Result<_>>()?))
    }
}
