//! A line of a budget, and the row that it comes from.

use allocation::{Cents, Micros};
use chrono::NaiveDate;
use entity::kinds::{LineGiven, VatRegime};
use serde::Deserialize;

use crate::store::packed::Word;

/// A line of a budget.
#[derive(Clone, Debug)]
pub struct Line {
    /// What it is for.
    pub item: Box<str>,
    /// Without VAT.
    pub net: Cents,
    /// The VAT.
    pub vat: Cents,
    /// With VAT.
    pub gross: Cents,
    /// How it is taxed.
    pub regime: VatRegime,
    /// The rate in percent.
    pub rate: Option<Micros>,
    /// Which amount its document gives.
    pub given: LineGiven,
    /// The line of an agreement whose cost it is. Few have one.
    pub agreement_line: Option<Box<AgreementLine>>,
}

/// A line of an agreement, as a budget points to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgreementLine {
    /// Its row id.
    pub id: i64,
    /// Code of the agreement, number of the version and code of the line: `CREMA/1/2015-1`. Codes have no `/`.
    pub name: Box<str>,
    /// First day of the act that it belongs to: the first version or a renewal, whose amendments begin on the same day.
    pub starts_on: NaiveDate,
}

impl AgreementLine {
    /// Code of the agreement.
    pub fn agreement(&self) -> &str {
        self.name.split('/').next().unwrap_or_default()
    }

    /// Number of the version.
    pub fn version(&self) -> i32 {
        self.name.split('/').nth(1).and_then(|number| number.parse().ok()).unwrap_or_default()
    }

    /// Code of the line.
    pub fn code(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or_default()
    }
}

#[derive(Deserialize)]
pub(super) struct LineRow {
    pub(super) id: i64,
    pub(super) budget_id: i64,
    pub(super) position: i32,
    item: Box<str>,
    net_cents: i64,
    vat_cents: i64,
    gross_cents: i64,
    vat_regime: Word<VatRegime>,
    vat_rate_micros: Option<i64>,
    given: Word<LineGiven>,
    agreement_line_id: Option<i64>,
    agreement_line: Option<Box<str>>,
    starts_on: Option<NaiveDate>,
}

impl LineRow {
    /// Its columns, of a row that the query calls `r`.
    pub(super) const COLUMNS: &str = "r.id, r.budget_id, r.position, r.item, r.net_cents, r.vat_cents, r.gross_cents, r.vat_regime, r.vat_rate_micros, r.given,
        r.agreement_line_id, (SELECT a.code || '/' || v.number || '/' || l.code FROM agreement_line l
            JOIN agreement_version v ON v.id = l.version_id JOIN agreement a ON a.id = v.agreement_id
            WHERE l.id = r.agreement_line_id), (SELECT v.starts_on FROM agreement_line l JOIN agreement_version v ON v.id = l.version_id
            WHERE l.id = r.agreement_line_id)";

    pub(super) fn line(self) -> Line {
        let agreement_line = self.agreement_line_id.zip(self.agreement_line).zip(self.starts_on);
        Line {
            item: self.item,
            net: Cents::new(self.net_cents),
            vat: Cents::new(self.vat_cents),
            gross: Cents::new(self.gross_cents),
            regime: self.vat_regime.0,
            rate: self.vat_rate_micros.map(Micros::new),
            given: self.given.0,
            agreement_line: agreement_line
                .map(|((id, name), starts_on)| Box::new(AgreementLine { id, name, starts_on })),
        }
    }
}
