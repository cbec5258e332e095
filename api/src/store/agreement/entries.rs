//! The agreements as the book holds them: which there are, and with which partners. Two statements, however many there are.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use entity::agreement;
use entity::kinds::AgreementKind;
use sea_orm::ConnectionTrait;

use crate::error::Result;
use crate::store::master::AgreementEntry;
use crate::store::packed::{self, Word};
use crate::store::part::{Of, Part};

/// The agreements of each Ambito of a part, by code.
pub(in crate::store) async fn read(
    db: &impl ConnectionTrait,
    part: Part,
) -> Result<HashMap<i64, Vec<Arc<AgreementEntry>>>> {
    type Row = (i64, i64, String, Word<AgreementKind>, Option<i64>);
    let columns = "id, ambito_id, code, kind, grantor_comune_id";
    let mut rows: Vec<Row> = packed::table(db, columns, part.rows("agreement", "ambito_id", Of::Ambito)).await?;
    rows.sort_unstable_by(|one, other| one.2.cmp(&other.2));
    let mut partners = partners(db, part).await?;
    let mut agreements: HashMap<i64, Vec<Arc<AgreementEntry>>> = HashMap::new();
    for (id, ambito_id, code, kind, grantor_comune_id) in rows {
        let row = agreement::Model { id, ambito_id, code, kind: kind.0, grantor_comune_id };
        let entry = AgreementEntry { row, partners: partners.remove(&id).unwrap_or_default() };
        agreements.entry(ambito_id).or_default().push(Arc::new(entry));
    }
    Ok(agreements)
}

/// The partners of each agreement, by any of its versions.
async fn partners(db: &impl ConnectionTrait, part: Part) -> Result<HashMap<i64, BTreeSet<i64>>> {
    // A partner belongs to the Ambito whose agreements name it.
    let (own, values) = part.rows("partner", "ambito_id", Of::Ambito);
    let from = format!(
        "FROM agreement_partner named JOIN agreement_version v ON v.id = named.version_id \
         WHERE named.partner_id IN (SELECT id {own})"
    );
    let rows: Vec<(i64, i64)> = packed::table(db, "v.agreement_id, named.partner_id", (from, values)).await?;
    let mut partners: HashMap<i64, BTreeSet<i64>> = HashMap::new();
    for (agreement, partner) in rows {
        partners.entry(agreement).or_default().insert(partner);
    }
    Ok(partners)
}
