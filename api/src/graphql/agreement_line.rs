//! The money of an agreement: what its lines pay, and what partners add.

use allocation::{Cents, Micros};
use async_graphql::{ID, SimpleObject};
use entity::agreement_line_part;

use super::enums::{PartGiven, TermGiven, VatRegime};
use super::id::Key;
use super::partner::Partner;
use super::scalars::{Euro, ExactDecimal};
use super::service::Service;
use super::sight::Sight;
use crate::store::agreement::read::{Contribution, Line};

/// What an agreement pays in a year for something (voce di spesa). `gross` is always `net` and `vat` together.
#[derive(SimpleObject)]
pub struct AgreementLine {
    /// Opaque identifier (identificativo).
    pub id: ID,
    /// Code: the same for the same line in every version (codice).
    pub code: String,
    /// The year (anno).
    pub year: i32,
    /// Code of its area (area).
    pub area: Option<String>,
    /// What it pays for (voce).
    pub item: Option<String>,
    /// The service whose cost it is (servizio).
    pub service: Option<Service>,
    /// Which of its amounts was given; the others follow from it (importo di partenza).
    pub given: TermGiven,
    /// Without VAT (imponibile).
    pub net: Euro,
    /// The VAT (IVA).
    pub vat: Euro,
    /// With VAT (importo lordo).
    pub gross: Euro,
    /// How it is taxed (regime IVA).
    pub vat_regime: VatRegime,
    /// The rate in percent; only with the regime `RATE` (aliquota IVA).
    pub vat_rate: Option<ExactDecimal>,
    /// Its parts: all of it where `given` is `PARTS`, otherwise some of it (componenti).
    pub parts: Vec<AgreementLinePart>,
}

/// A part of a line: months of a fee, or hours at a cost (componente della voce).
#[derive(SimpleObject)]
pub struct AgreementLinePart {
    /// What it pays for (voce).
    pub item: String,
    /// How it is worked out (modalità di calcolo).
    pub given: PartGiven,
    /// Months or hours (quantità).
    pub quantity: ExactDecimal,
    /// The fee of a month without VAT, or the cost of an hour with VAT (canone mensile, costo orario).
    pub price: Euro,
    /// Without VAT (imponibile).
    pub net: Euro,
    /// The VAT (IVA).
    pub vat: Euro,
    /// With VAT (importo lordo).
    pub gross: Euro,
    /// The amount with VAT that the document prints, where it is another (importo riportato).
    pub stated: Option<Euro>,
}

/// What the lines and contributions of a year add up to (totali dell'anno).
#[derive(SimpleObject)]
pub struct AgreementYear {
    /// The year (anno).
    pub year: i32,
    /// The lines without VAT (imponibile).
    pub net: Euro,
    /// Their VAT (IVA).
    pub vat: Euro,
    /// The lines with VAT (importo lordo).
    pub gross: Euro,
    /// What partners add; to a partner without what others add (risorse del partner).
    pub contributions: Euro,
}

/// What partners add of their own (risorsa del partner).
#[derive(SimpleObject)]
pub struct AgreementContribution {
    /// The year (anno).
    pub year: i32,
    /// Code of its area (area).
    pub area: Option<String>,
    /// What it is for (voce).
    pub item: Option<String>,
    /// The partner that adds it, where the document says which (partner).
    pub partner: Option<Partner>,
    /// The percentage of the net total of the year's lines that it is; none where the amount was given (percentuale del totale comunale).
    pub percent: Option<ExactDecimal>,
    /// How much (importo).
    pub amount: Euro,
    /// What it is made of; where there is anything, it adds up to the amount (dettaglio).
    pub items: Vec<AgreementContributionItem>,
}

/// What a contribution is made of (dettaglio della risorsa).
#[derive(SimpleObject)]
pub struct AgreementContributionItem {
    /// What it is (voce).
    pub item: String,
    /// How much (importo).
    pub amount: Euro,
}

fn euro(cents: i64) -> Euro {
    Euro(Cents::new(cents))
}

fn decimal(micros: i64) -> ExactDecimal {
    ExactDecimal::from(Micros::new(micros))
}

/// A line as it is published.
pub(super) fn line(sight: &Sight, line: &Line) -> AgreementLine {
    let row = &line.row;
    AgreementLine {
        id: Key::AgreementLine(row.id).id(),
        code: row.code.clone(),
        year: row.year,
        area: row.area.clone(),
        item: row.item.clone(),
        service: row.service_id.and_then(|id| sight.service(id)).map(|service| Service(service.clone())),
        given: row.given.into(),
        net: euro(row.net_cents),
        vat: euro(row.vat_cents),
        gross: euro(row.gross_cents),
        vat_regime: row.vat_regime.into(),
        vat_rate: row.vat_rate_micros.map(decimal),
        parts: line.parts.iter().map(part).collect(),
    }
}

fn part(row: &agreement_line_part::Model) -> AgreementLinePart {
    AgreementLinePart {
        item: row.item.clone(),
        given: row.given.into(),
        quantity: decimal(row.quantity_micros),
        price: euro(row.price_cents),
        net: euro(row.net_cents),
        vat: euro(row.vat_cents),
        gross: euro(row.gross_cents),
        stated: row.stated_cents.map(euro),
    }
}

impl AgreementYear {
    /// From the sums of a year: net, VAT, gross, contributions.
    pub(super) fn new(year: i32, [net, vat, gross, contributions]: [Cents; 4]) -> Self {
        Self { year, net: Euro(net), vat: Euro(vat), gross: Euro(gross), contributions: Euro(contributions) }
    }
}

/// A contribution as it is published.
pub(super) fn of_partner(sight: &Sight, contribution: &Contribution) -> AgreementContribution {
    let Contribution { row, items } = contribution;
    let items =
        items.iter().map(|one| AgreementContributionItem { item: one.item.clone(), amount: euro(one.amount_cents) });
    AgreementContribution {
        year: row.year,
        area: row.area.clone(),
        item: row.item.clone(),
        partner: row.partner_id.and_then(|id| sight.partner(id)).map(|partner| Partner(partner.clone())),
        percent: row.percent_micros.map(decimal),
        amount: euro(row.amount_cents),
        items: items.collect(),
    }
}
