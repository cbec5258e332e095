//! Agreements (accordi, convenzioni, contratti): what an Ambito or one of its comuni agrees with partners, and its versions.

use std::collections::HashSet;
use std::sync::Arc;

use async_graphql::{Context, ID, Lookahead, Object};
use chrono::NaiveDate;

use super::agreement_account::{self, AgreementAccount};
use super::agreement_version::{AgreementVersion, parts_asked};
use super::ambito::Ambito;
use super::batch::Batch;
use super::comune::Comune;
use super::database::database;
use super::direct::{Direct, Selected, Write};
use super::enums::AgreementKind;
use super::id::Key;
use super::page::{Cursors, Page, PageArguments, page};
use super::scalars::Date;
use super::sight::{Sight, sight};
use super::writing::writing;
use crate::auth::Role;
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::store::agreement::read::{self, Asked, Parts, Version, Versions, Which};
use crate::store::master::{AgreementEntry, AmbitoBook};

/// What an Ambito or one of its comuni agrees with partners (accordo, convenzione, contratto). What it says is in its versions.
#[derive(Clone)]
pub struct Agreement(pub(super) Arc<AgreementEntry>);

/// What one request asks of agreements. Those that are asked for together are read together.
#[derive(Default)]
pub(super) struct Agreements(Batch<Asked, Versions>);

impl Direct for Agreement {
    const NAME: &'static str = "Agreement";

    type Row<'a> = &'a AgreementEntry;

    fn row(&self) -> &AgreementEntry {
        &self.0
    }

    fn field(selected: &Selected<'_, Self>) -> Option<Write<Self>> {
        match selected.name() {
            "id" => selected.leaf(|agreement, _, json| json.text(&Key::Agreement(agreement.row.id).id())),
            "code" => selected.leaf(|agreement, _, json| json.text(&agreement.row.code)),
            _ => None,
        }
    }
}

/// The agreements of an Ambito that fit, by code.
pub(super) fn agreements(
    sight: &Sight,
    ambito: &AmbitoBook,
    (partner, kind): (Option<&str>, Option<AgreementKind>),
    (arguments, limits): (&PageArguments, &Limits),
) -> Result<Page<Agreement>> {
    let kind = kind.map(entity::kinds::AgreementKind::from);
    // A partner that the asker does not see has no agreements.
    let partner = partner.map(|code| sight.partners(ambito).find(|partner| partner.code == code).map(|row| row.id));
    let fits = |agreement: &&Arc<AgreementEntry>| {
        kind.is_none_or(|kind| agreement.row.kind == kind)
            && partner.is_none_or(|partner| partner.is_some_and(|id| agreement.partners.contains(&id)))
    };
    let own: Vec<&Arc<AgreementEntry>> = sight.agreements_of(ambito).filter(fits).collect();
    let cursors = Cursors { order: "agreements" };
    let key = |agreement: &&Arc<AgreementEntry>| agreement.row.code.clone();
    page(&own, arguments, limits, &cursors, key, Ord::cmp, |agreement| Ok(Agreement(Arc::clone(agreement))))
}

impl Agreement {
    /// The versions that a field asks for, with what it asks of them.
    async fn read(&self, ctx: &Context<'_>, which: Which, ahead: &Lookahead<'_>) -> Result<Vec<AgreementVersion>> {
        let sight = sight(ctx)?;
        let standing = sight.asker();
        let asked = Asked { agreement: self.0.row.id, which, parts: parts_asked(ahead) };
        if standing.role != Role::Partner {
            return Ok(self.found(ctx, asked).await?.iter().cloned().map(AgreementVersion).collect());
        }
        // Which versions a partner sees depends on who made each, also where that is not asked for; and how far a milestone has come, on who has it since.
        let which_read = if asked.parts.has(Parts::MILESTONES) { Which::All } else { which };
        let needed = asked.parts.and(Parts::PARTNERS);
        let versions = self.found(ctx, Asked { which: which_read, parts: needed, ..asked }).await?;
        let seen = |version: &Arc<Version>| standing.sees_version(&version.partners);
        let others: Vec<_> = versions.iter().filter(|version| !seen(version)).collect();
        let wanted = which.among(&versions, |version| version.row.effective_from).iter();
        let wanted = wanted.filter(|version| seen(version));
        Ok(wanted.map(|version| AgreementVersion(until_others(version, &others))).collect())
    }

    /// The versions that a question is about, whoever asks.
    async fn found(&self, ctx: &Context<'_>, asked: Asked) -> Result<Versions> {
        if let Some(writing) = writing(ctx) {
            return writing.versions(asked).await;
        }
        let store = database(ctx)?;
        let batch = &sight(ctx)?.agreement_versions().0;
        let found = batch.of(asked, |asked| async move { read::read(store, &asked).await }).await?;
        found.ok_or_else(|| Error::broken("versions of agreement", asked.agreement))
    }

    /// The version in force on a day.
    async fn in_force(&self, ctx: &Context<'_>, day: NaiveDate) -> Result<Option<AgreementVersion>> {
        Ok(self.read(ctx, Which::InForceOn(day), &ctx.look_ahead()).await?.pop())
    }
}

/// A version without how far its milestones came that others have since: what they report is theirs.
fn until_others(version: &Arc<Version>, others: &[&Arc<Version>]) -> Arc<Version> {
    let since = others.iter().filter(|other| other.row.effective_from >= version.row.effective_from);
    let codes: HashSet<&str> = since.flat_map(|other| &other.milestones).map(|row| row.code.as_str()).collect();
    if !version.progress.keys().any(|code| codes.contains(code.as_str())) {
        return version.clone();
    }
    let own = version.progress.iter().filter(|(code, _)| !codes.contains(code.as_str()));
    let own = own.map(|(code, row)| (code.clone(), row.clone())).collect();
    Arc::new(Version { progress: Arc::new(own), ..version.as_ref().clone() })
}

/// What an Ambito or one of its comuni agrees with partners (accordo, convenzione, contratto). What it says is in its versions.
#[Object]
impl Agreement {
    /// Opaque identifier (identificativo).
    pub async fn id(&self) -> ID {
        Key::Agreement(self.0.row.id).id()
    }

    /// Code, unique in its Ambito (codice).
    async fn code(&self) -> &str {
        &self.0.row.code
    }

    /// What it is (tipo di accordo).
    async fn kind(&self) -> AgreementKind {
        self.0.row.kind.into()
    }

    /// The Ambito (Ambito).
    async fn ambito(&self, ctx: &Context<'_>) -> Option<Result<Ambito>> {
        let find = || Ok(sight(ctx)?.ambito(self.0.row.ambito_id).map(|ambito| Ambito(ambito.clone())));
        find().transpose()
    }

    /// Who grants it: the name of a comune or of the managing body (ente concedente).
    async fn grantor(&self, ctx: &Context<'_>) -> Result<String> {
        let row = &self.0.row;
        let book = sight(ctx)?.book();
        let name = match row.grantor_comune_id {
            Some(id) => book.comune(id).map(|comune| comune.row.name.clone()),
            None => book.ambito(row.ambito_id).map(|ambito| ambito.row.managing_body.clone()),
        };
        name.ok_or_else(|| Error::broken("grantor of agreement", row.id))
    }

    /// The comune that grants it; none where the managing body does (Comune concedente).
    async fn grantor_comune(&self, ctx: &Context<'_>) -> Option<Result<Comune>> {
        let id = self.0.row.grantor_comune_id?;
        let find = || Ok(sight(ctx)?.comune(id).map(|comune| Comune(comune.clone())));
        find().transpose()
    }

    /// The version in force on a day: the one that holds from the latest day not after it, also once its period is over; to a partner none that is not its own (testo in vigore).
    async fn version(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day asked about; today where left out (alla data).")] as_of: Option<Date>,
    ) -> Option<Result<AgreementVersion>> {
        let day = match sight(ctx) {
            Ok(sight) => sight.day(as_of),
            Err(problem) => return Some(Err(problem)),
        };
        self.in_force(ctx, day).await.transpose()
    }

    /// Number of the latest version, whenever it holds from: what an amendment or a renewal names as `expectedVersion`; to a partner the latest of its own (numero dell'ultima versione).
    async fn latest_version(&self, ctx: &Context<'_>) -> Option<Result<i32>> {
        let latest = self.read(ctx, Which::All, &ctx.look_ahead()).await;
        latest.map(|mut versions| versions.pop().map(|version| version.0.row.number)).transpose()
    }

    /// Every version, by number: the first act, its amendments and its renewals, at most 100; to a partner its own alone (tutte le versioni). An amendment of the running period may have a later number than a renewal for a coming one.
    async fn versions(&self, ctx: &Context<'_>) -> Option<Result<Vec<AgreementVersion>>> {
        Some(self.read(ctx, Which::All, &ctx.look_ahead()).await)
    }

    /// What all its reports of expenses come to, line by line; drafts are none yet (conto delle rendicontazioni). It is of one act, the first or a renewal with its amendments, since
    /// each has lines of its own. For whoever reads the reports; to a partner it is of its own reports alone.
    async fn account(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Number of any version of the act; that of today where left out, to a partner the last of its own (numero di versione)."
        )]
        version: Option<i32>,
        #[graphql(desc = "Only the lines of this year (anno).")] year: Option<i32>,
    ) -> Option<Result<AgreementAccount>> {
        agreement_account::account(ctx, (self.0.row.id, version), year).await.transpose()
    }
}
