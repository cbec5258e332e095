//! Which version of its agreement holds for a report.
//!
//! A report is under an act: the agreement's first, or the renewal, in whose period it lies. Of the act the last amendment in effect that names the report's
//! partner holds; a version with others says nothing to it. A draft follows what is agreed. From its submission a report stays under its act, and though an
//! amendment cuts the period short, what was agreed for the days beyond holds for it.

use std::collections::{BTreeSet, HashSet};

use chrono::NaiveDate;
use entity::kinds::VersionKind;
use entity::{agreement_version, expense_report};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::error::Result;
use crate::store::packed;

/// The versions of some agreements, and whom each names.
pub(super) struct Terms {
    /// In the order of their numbers.
    versions: Vec<agreement_version::Model>,
    /// Row ids of version and partner.
    named: HashSet<(i64, i64)>,
}

impl Terms {
    /// Reads them: two statements.
    pub(super) async fn read(db: &impl ConnectionTrait, agreements: &BTreeSet<i64>) -> Result<Self> {
        let ids: Vec<i64> = agreements.iter().copied().collect();
        let mut terms = Self { versions: Vec::new(), named: HashSet::new() };
        for some in ids.chunks(packed::IDS_A_STATEMENT) {
            let of = agreement_version::Column::AgreementId.is_in(some.iter().copied());
            let versions = agreement_version::Entity::find().filter(of);
            terms.versions.extend(versions.order_by_asc(agreement_version::Column::Number).all(db).await?);
            let (names, values) = packed::parameters(some);
            let sql = format!(
                "SELECT n.version_id, n.partner_id FROM agreement_partner n JOIN agreement_version v ON v.id = n.version_id \
                 WHERE v.agreement_id IN ({names})"
            );
            for row in packed::rows(db, &sql, values).await? {
                terms.named.insert((row.try_get_by_index(0)?, row.try_get_by_index(1)?));
            }
        }
        Ok(terms)
    }

    /// The act that a report of this period can be made under on a day, and the version of it that holds; none where the period lies in no act's that names the
    /// partner. Who is no longer named may still report what it did before that.
    pub(super) fn open(
        &self,
        (agreement, partner): (i64, i64),
        (from, to): (NaiveDate, NaiveDate),
        day: NaiveDate,
    ) -> Option<(&agreement_version::Model, &agreement_version::Model)> {
        let of_agreement = self.versions.iter().filter(|version| version.agreement_id == agreement);
        // A renewal begins after the end of what it renews, so that a period lies in one of them.
        let act = of_agreement
            .filter(|version| version.kind != VersionKind::Amendment && version.effective_from <= day)
            .rfind(|version| version.starts_on <= from)?;
        let versions = self.of_act(act, day);
        let at = versions.iter().rposition(|version| self.names(version, partner))?;
        let is_in = |version: &&agreement_version::Model| to <= version.ends_on;
        let is_before = versions.get(at + 1).is_none_or(|next| to < next.effective_from);
        let holds = is_before && versions.last().is_some_and(is_in);
        holds.then_some((act, *versions.get(at)?))
    }

    /// The version that holds for a report on a day: the last that names its partner and reaches to its end, since one that ends before says nothing of it.
    pub(super) fn of_report(
        &self,
        report: &expense_report::Model,
        day: NaiveDate,
    ) -> Option<&agreement_version::Model> {
        let act = self.versions.iter().find(|version| version.id == report.act_id)?;
        let holds = |version: &&agreement_version::Model| {
            self.names(version, report.partner_id) && report.period_to <= version.ends_on
        };
        self.of_act(act, day).into_iter().rfind(holds)
    }

    /// Whether a version names another partner than this, too.
    pub(super) fn is_shared(&self, version: i64, partner: i64) -> bool {
        self.named.iter().any(|(named, other)| *named == version && *other != partner)
    }

    /// An act and its amendments that are in effect on a day, in the order of their numbers. An amendment begins on the day that its act does, and may be
    /// written when a renewal for a coming period is there already.
    fn of_act(&self, act: &agreement_version::Model, day: NaiveDate) -> Vec<&agreement_version::Model> {
        let is_own = |version: &&agreement_version::Model| {
            version.agreement_id == act.agreement_id && version.starts_on == act.starts_on
        };
        self.versions.iter().filter(is_own).filter(|version| version.effective_from <= day).collect()
    }

    fn names(&self, version: &agreement_version::Model, partner: i64) -> bool {
        self.named.contains(&(version.id, partner))
    }
}
