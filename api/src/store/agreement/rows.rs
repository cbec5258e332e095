//! The rows of a version. Their number does not change the number of statements, but for very many.

use allocation::{Cents, Micros};
use entity::kinds::VersionKind;
use entity::{
    agreement_area, agreement_contribution, agreement_contribution_item, agreement_instalment, agreement_line,
    agreement_line_part, agreement_milestone, agreement_partner, agreement_perimeter, agreement_programme,
    agreement_programme_year, agreement_recurrence, agreement_service, agreement_version,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::days::every;
use super::digest::regime;
use super::given::MilestoneDay;
use super::terms::Terms;
use crate::error::{Error, Result};
use crate::store::insert::{insert_row, insert_rows};
use crate::store::{Transaction, Write};

/// Which version it is.
pub(super) struct Head<'a> {
    pub(super) agreement: i64,
    pub(super) number: i32,
    pub(super) kind: VersionKind,
    pub(super) digest: &'a str,
}

/// Inserts a version with all its rows.
pub(super) async fn insert(write: &Write, actor: &str, head: &Head<'_>, terms: &Terms) -> Result<()> {
    let tx = write.tx();
    let parts = terms.lines.iter().map(|line| line.parts.len()).sum();
    let items = terms.contributions.iter().map(|contribution| contribution.items.len()).sum();
    let version = insert_row!(
        tx,
        agreement_version {
            agreement_id: head.agreement,
            number: head.number,
            kind: head.kind,
            title: terms.title.clone(),
            act: terms.act.clone(),
            effective_from: terms.effective_from,
            starts_on: terms.period.from,
            ends_on: terms.period.to,
            note: terms.note.clone(),
            assumed: terms.assumed,
            digest: head.digest.to_owned(),
            partner_count: count(terms.partners.len())?,
            service_count: count(terms.services.len())?,
            area_count: count(terms.areas.len())?,
            line_count: count(terms.lines.len())?,
            line_part_count: count(parts)?,
            contribution_count: count(terms.contributions.len())?,
            contribution_item_count: count(items)?,
            instalment_count: count(terms.instalments.len())?,
            milestone_count: count(terms.milestones.len())?,
            recurrence_count: count(terms.recurrences.len())?,
            perimeter_count: count(terms.perimeters.len())?,
            programme_count: count(terms.programmes.len())?,
            programme_year_count: count(terms.programmes.iter().map(|row| row.years.len()).sum())?,
            written_by: actor.to_owned(),
            written_at: write.clock().now(),
        }
    );
    parties(tx, version, terms).await?;
    lines(tx, version, terms).await?;
    contributions(tx, version, terms).await?;
    days(tx, version, terms).await?;
    value(tx, version, terms).await
}

fn count(rows: usize) -> Result<i32> {
    i32::try_from(rows).map_err(Error::internal)
}

async fn parties(tx: &Transaction, version: i64, terms: &Terms) -> Result<()> {
    insert_rows!(tx, &terms.partners, agreement_partner, |position, partner| {
        version_id: version,
        position: position,
        partner_id: partner.id,
    });
    insert_rows!(tx, &terms.services, agreement_service, |position, service| {
        version_id: version,
        position: position,
        service_id: service.id,
    });
    insert_rows!(tx, &terms.areas, agreement_area, |position, area| {
        version_id: version,
        position: position,
        code: area.0.clone(),
        name: area.1.clone(),
    });
    Ok(())
}

async fn lines(tx: &Transaction, version: i64, terms: &Terms) -> Result<()> {
    insert_rows!(tx, &terms.lines, agreement_line, |position, line| {
        version_id: version,
        position: position,
        code: line.code.clone(),
        year: line.year,
        area: line.area.clone(),
        item: line.item.clone(),
        service_id: line.service.as_ref().map(|service| service.id),
        given: line.given,
        net_cents: line.amount.net.get(),
        vat_cents: line.amount.vat.get(),
        gross_cents: line.amount.gross.get(),
        vat_regime: regime(line.vat).0,
        vat_rate_micros: regime(line.vat).1.map(Micros::get),
    });
    if terms.lines.iter().all(|line| line.parts.is_empty()) {
        return Ok(());
    }
    let own = agreement_line::Entity::find().filter(agreement_line::Column::VersionId.eq(version));
    let ids = own.select_only().column(agreement_line::Column::Id).order_by_asc(agreement_line::Column::Position);
    let ids: Vec<i64> = ids.into_tuple().all(tx).await?;
    let parts = ids.iter().zip(&terms.lines).flat_map(|(id, line)| line.parts.iter().map(move |part| (*id, part)));
    insert_rows!(tx, parts, agreement_line_part, |position, part| {
        version_id: version,
        position: position,
        line_id: part.0,
        item: part.1.item.clone(),
        given: part.1.given,
        quantity_micros: part.1.quantity.get(),
        price_cents: part.1.price.get(),
        net_cents: part.1.amount.net.get(),
        vat_cents: part.1.amount.vat.get(),
        gross_cents: part.1.amount.gross.get(),
        stated_cents: part.1.stated.map(Cents::get),
    });
    Ok(())
}

async fn contributions(tx: &Transaction, version: i64, terms: &Terms) -> Result<()> {
    insert_rows!(tx, &terms.contributions, agreement_contribution, |position, row| {
        version_id: version,
        position: position,
        year: row.year,
        area: row.area.clone(),
        item: row.item.clone(),
        partner_id: row.partner.as_ref().map(|partner| partner.id),
        percent_micros: row.percent.map(Micros::get),
        amount_cents: row.amount.get(),
    });
    if terms.contributions.iter().all(|row| row.items.is_empty()) {
        return Ok(());
    }
    let own = agreement_contribution::Entity::find().filter(agreement_contribution::Column::VersionId.eq(version));
    let ids = own.select_only().column(agreement_contribution::Column::Id);
    let ids: Vec<i64> = ids.order_by_asc(agreement_contribution::Column::Position).into_tuple().all(tx).await?;
    let rows = ids.iter().zip(&terms.contributions);
    let items = rows.flat_map(|(id, row)| row.items.iter().map(move |item| (*id, item)));
    insert_rows!(tx, items, agreement_contribution_item, |position, item| {
        version_id: version,
        position: position,
        contribution_id: item.0,
        item: item.1.0.clone(),
        amount_cents: item.1.1.get(),
    });
    Ok(())
}

async fn days(tx: &Transaction, version: i64, terms: &Terms) -> Result<()> {
    insert_rows!(tx, &terms.instalments, agreement_instalment, |position, row| {
        version_id: version,
        position: position,
        label: row.label.clone(),
        period_from: row.period.map(|(from, _)| from),
        period_to: row.period.map(|(_, to)| to),
        due_date: row.due,
        amount_cents: row.amount.get(),
    });
    insert_rows!(tx, &terms.milestones, agreement_milestone, |position, row| {
        version_id: version,
        position: position,
        code: row.code.clone(),
        area: row.area.clone(),
        item: row.item.clone(),
        from_date: if let MilestoneDay::From(day) = row.when { Some(day) } else { None },
        by_date: if let MilestoneDay::By(day) = row.when { Some(day) } else { None },
    });
    let whole = |number: Option<u32>| number.map(i32::try_from).transpose().map_err(Error::internal);
    let mut recurrences = Vec::with_capacity(terms.recurrences.len());
    for row in &terms.recurrences {
        let (month_day, every_months) = every(row.every);
        recurrences.push((row.kind, whole(month_day)?, whole(every_months)?));
    }
    insert_rows!(tx, recurrences, agreement_recurrence, |position, row| {
        version_id: version,
        position: position,
        kind: row.0,
        month_day: row.1,
        every_months: row.2,
    });
    Ok(())
}

async fn value(tx: &Transaction, version: i64, terms: &Terms) -> Result<()> {
    insert_rows!(tx, &terms.perimeters, agreement_perimeter, |position, row| {
        version_id: version,
        position: position,
        year: row.year,
        public_cents: row.public.get(),
        private_cents: row.private.get(),
    });
    insert_rows!(tx, &terms.programmes, agreement_programme, |position, row| {
        version_id: version,
        position: position,
        code: row.code.clone(),
        name: row.name.clone(),
        year: row.year,
        public_cents: row.public.map(Cents::get),
        private_cents: row.private.map(Cents::get),
    });
    let years = terms.programmes.iter().flat_map(|row| row.years.iter().map(|value| (&row.code, value)));
    insert_rows!(tx, years, agreement_programme_year, |position, row| {
        version_id: version,
        position: position,
        code: row.0.clone(),
        year: row.1.year,
        public_cents: row.1.public.get(),
        private_cents: row.1.private.get(),
    });
    Ok(())
}
