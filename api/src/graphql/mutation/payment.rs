//! What comuni pay: recorded, and reversed where it was a mistake or did not arrive.

use async_graphql::{Context, ID, InputObject, Object};

use super::{PaymentPayload, UserError, asker};
use crate::auth::Viewer;
use crate::auth::viewer::Role;
use crate::error::{Code, Error, Refusal, Result};
use crate::graphql::id::Key;
use crate::graphql::payment::Payment;
use crate::graphql::scalars::{Date, Euro, IstatCode};
use crate::graphql::sight::{Sight, sight};
use crate::graphql::writing::Act;
use crate::store::payment::{self, NewPayment, Recorded};

/// A payment to be recorded (pagamento).
#[derive(InputObject)]
pub struct RecordPaymentInput {
    /// Code of the Ambito that was paid (codice dell'Ambito).
    pub ambito: String,
    /// The comune that paid; one that is or was a member (Comune).
    pub comune: IstatCode,
    /// The day on which it did; not after today (data di pagamento).
    pub paid_on: Date,
    /// How much; above zero (importo).
    pub amount: Euro,
    /// Reference of the transfer: a line of at most 200 characters (riferimento, CRO).
    pub reference: Option<String>,
    /// Identifier of the charge that it is for, which must be open; the oldest open ones where left out (addebito).
    pub charge: Option<ID>,
}

/// A payment to be reversed (storno).
#[derive(InputObject)]
pub struct ReversePaymentInput {
    /// Identifier of the payment (pagamento).
    pub payment: ID,
    /// The day of the reversal: from that of the payment to today; today where left out (data dello storno).
    pub reversed_on: Option<Date>,
    /// Why, or the reference of the transfer: a line of at most 200 characters (causale dello storno).
    pub reference: Option<String>,
}

#[derive(Default)]
pub(super) struct PaymentMutation;

#[Object]
impl PaymentMutation {
    /// Records what a comune has paid (registra un pagamento). It settles the charge that it names, then the oldest open ones of the comune; what is left settles the
    /// next one that arises. By the managing body.
    async fn record_payment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The payment (pagamento).")] input: RecordPaymentInput,
    ) -> Option<Result<PaymentPayload>> {
        Some(record(ctx, input).await)
    }

    /// Takes a payment back (storna un pagamento): what it settled is open again, and is settled by what else is there. The payload has the reversal. By the
    /// managing body.
    async fn reverse_payment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which payment (pagamento).")] input: ReversePaymentInput,
    ) -> Option<Result<PaymentPayload>> {
        Some(reverse(ctx, input).await)
    }
}

fn may_record(viewer: &Viewer) -> bool {
    viewer.standing.role == Role::Azienda
}

fn missing(argument: &str) -> Error {
    Refusal::new(Code::NotFound).argument(argument).into()
}

async fn record(ctx: &Context<'_>, input: RecordPaymentInput) -> Result<PaymentPayload> {
    let (sight, viewer) = asker(ctx, may_record)?;
    let act = Act::begin(ctx).await?;
    let done = async {
        let ambito = sight.ambito_by_code(&input.ambito).ok_or_else(|| missing("input.ambito"))?.row.id;
        let permit = viewer.record_payments(ambito).ok_or_else(|| missing("input.ambito"))?;
        let comune = sight.comune_by_istat(input.comune.0).ok_or_else(|| missing("input.comune"))?;
        let charge = match input.charge.as_ref().map(Key::read) {
            None => None,
            Some(Some(Key::Charge(id))) => Some(id),
            Some(_) => return Err(missing("input.charge")),
        };
        let new = NewPayment {
            ambito,
            comune: comune.row.id,
            paid_on: input.paid_on.0,
            amount: input.amount.0,
            reference: input.reference,
            charge,
        };
        let id = payment::record(act.write(), &permit, &new).await?;
        payment::written(act.write(), id).await
    };
    let done = done.await;
    told(ctx, act.end(done).await?)
}

async fn reverse(ctx: &Context<'_>, input: ReversePaymentInput) -> Result<PaymentPayload> {
    let (sight, viewer) = asker(ctx, may_record)?;
    let act = Act::begin(ctx).await?;
    let done = async {
        let Some(Key::Payment(id)) = Key::read(&input.payment) else { return Err(missing("input.payment")) };
        let ambito = payment::ambito(act.write(), id).await?.ok_or_else(|| missing("input.payment"))?;
        let permit = viewer.record_payments(ambito).ok_or_else(|| missing("input.payment"))?;
        let on = sight.day(input.reversed_on);
        let id = payment::reverse(act.write(), &permit, id, on, input.reference).await?;
        payment::written(act.write(), id).await
    };
    let done = done.await;
    told(ctx, act.end(done).await?)
}

/// The payment as the request sees it now, or why it was refused.
fn told(ctx: &Context<'_>, ended: std::result::Result<Recorded, Vec<UserError>>) -> Result<PaymentPayload> {
    let sight: &Sight = sight(ctx)?;
    Ok(match ended {
        Ok(recorded) => Ok(Some(Payment::new(sight, &recorded)?)),
        Err(errors) => Err(errors),
    }
    .into())
}
