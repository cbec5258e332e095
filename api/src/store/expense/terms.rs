//! Which version of its agreement holds for a report.
//!
//! A report is under an act: the agreement's first, or the renewal, in whose period it lies. Of the act the last amendment in effect that names the report's
//! partner holds; a version with others says nothing to it. A draft follows what is agreed. From its submission a report stays under its act, and from its
//! admission what was agreed for the days beyond holds for it, though an amendment cuts the period short.

use std::collections::{BTreeSet, HashSet};

use chrono::NaiveDate;
use entity::kinds::{ReportStatus, VersionKind};
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

    /// The version that holds for a report on a day. For a draft it is that under which it could be submitted now, if any; for what was submitted, the last that names
    /// its partner. One that ends before the report does takes nothing of what was admitted before it was there.
    pub(super) fn of_report(
        &self,
        report: &expense_report::Model,
        day: NaiveDate,
    ) -> Option<&agreement_version::Model> {
        if report.status == ReportStatus::Draft {
            return self.open_for(report, day).map(|(_, version)| version);
        }
        let was_admitted = matches!(report.status, ReportStatus::Admitted | ReportStatus::Paid);
        let admitted = report.reviewed_at.filter(|_| was_admitted);
        let is_before = |version: &agreement_version::Model| {
            admitted.is_some_and(|at| at <= version.written_at || at.date_naive() < version.effective_from)
        };
        let holds = |version: &&agreement_version::Model| {
            self.names(version, report.partner_id) && (report.period_to <= version.ends_on || !is_before(version))
        };
        self.of_act(self.act(report)?, day).into_iter().rfind(holds)
    }

    /// The act that a report is under: a draft, the one that it can be submitted under now.
    pub(super) fn act_of(&self, report: &expense_report::Model, day: NaiveDate) -> i64 {
        let open = || self.open_for(report, day).map(|(act, _)| act.id);
        let own = (report.status == ReportStatus::Draft).then(open);
        own.flatten().unwrap_or(report.act_id)
    }

    fn open_for(
        &self,
        report: &expense_report::Model,
        day: NaiveDate,
    ) -> Option<(&agreement_version::Model, &agreement_version::Model)> {
        self.open((report.agreement_id, report.partner_id), (report.period_from, report.period_to), day)
    }

    /// The act that an account is asked of, by the number of any of its versions or as what is in force on a day, and the version of it whose lines hold. To a partner
    /// only the versions that name it are there.
    pub(super) fn of_account(
        &self,
        (agreement, number): (i64, Option<i32>),
        partner: Option<i64>,
        day: NaiveDate,
    ) -> Option<(&agreement_version::Model, &agreement_version::Model)> {
        let is_there = |version: &&agreement_version::Model| {
            version.agreement_id == agreement && partner.is_none_or(|partner| self.names(version, partner))
        };
        let mut there = self.versions.iter().filter(is_there);
        let asked = match number {
            Some(number) => there.find(|version| version.number == number),
            None => there.filter(|version| version.effective_from <= day).max_by_key(|version| version.effective_from),
        }?;
        let is_act = |version: &&agreement_version::Model| {
            version.agreement_id == agreement
                && version.kind != VersionKind::Amendment
                && version.starts_on == asked.starts_on
        };
        let act = self.versions.iter().find(is_act)?;
        // Of an act that is still to come what was asked about holds.
        let holds = self.of_act(act, day).into_iter().rfind(is_there).unwrap_or(asked);
        Some((act, holds))
    }

    /// Whether any version of a report's act names another partner, too: what that was admitted stays in the lines, whoever is named now.
    pub(super) fn is_shared(&self, report: &expense_report::Model, day: NaiveDate) -> bool {
        let act = self.act_of(report, day);
        let act = self.versions.iter().find(|version| version.id == act);
        act.is_some_and(|act| self.has_others(act, report.partner_id, day))
    }

    /// Whether any version of an act that is in effect on a day names another than this partner.
    pub(super) fn has_others(&self, act: &agreement_version::Model, partner: i64, day: NaiveDate) -> bool {
        let versions: HashSet<i64> = self.of_act(act, day).into_iter().map(|version| version.id).collect();
        self.named.iter().any(|(version, named)| versions.contains(version) && *named != partner)
    }

    fn act(&self, report: &expense_report::Model) -> Option<&agreement_version::Model> {
        self.versions.iter().find(|version| version.id == report.act_id)
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
