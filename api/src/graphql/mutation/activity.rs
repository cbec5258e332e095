//! What was delivered, taken in: a file within a request, or rows.

use async_graphql::{Context, InputObject, Object, SimpleObject};

use super::{UserError, asker};
use crate::auth::Viewer;
use crate::auth::viewer::Role;
use crate::error::{Code, Error, Refusal, Result};
use crate::graphql::activity_import::{ActivityImport, ImportMode};
use crate::graphql::language::Language;
use crate::graphql::query::limits;
use crate::graphql::scalars::{Date, ExactDecimal, IstatCode};
use crate::graphql::sight::Sight;
use crate::graphql::writing::{Act, writing};
use crate::store::activity::{self, ActivityFile, Given, GivenRow, Mode, Outcome, Vocabulary, Wish};

/// Activity to be taken in (prestazioni da importare): either `csv` or `rows`.
#[derive(InputObject)]
pub struct ImportActivityInput {
    /// Code of the Ambito (codice dell'Ambito).
    pub ambito: String,
    /// A file as one text, in the form that `POST /import/activity` takes: with a header, and a comma, semicolon or tab between columns. A request has room for 256 KiB;
    /// larger files go to `POST /import/activity` (file CSV).
    pub csv: Option<String>,
    /// Rows; some 700 fit into a request (righe).
    pub rows: Option<Vec<ActivityRowInput>>,
    /// What the sender calls it: at most 200 characters, kept with the import (nome).
    pub name: Option<String>,
    /// What becomes of it where it has bad rows; `REJECT_EVERYTHING` where left out (modalità).
    pub mode: Option<ImportMode>,
    /// Whether everything is checked and told, and nothing written (prova).
    pub dry_run: Option<bool>,
    /// Digest of what was taken in before and this replaces whole: what of it this one does not name goes, too (impronta da sostituire).
    pub replaces: Option<String>,
}

/// What was delivered to one case in one month, by one measure (riga).
#[derive(InputObject)]
pub struct ActivityRowInput {
    /// Code of the service (servizio).
    pub service: String,
    /// The comune of residence (Comune di residenza).
    pub comune: IstatCode,
    /// A day of the month, usually its first (mese).
    pub month: Date,
    /// Pseudonym of the case, at most 64 characters; never a name, a tax code, a date of birth or a telephone number (codice del caso).
    pub case: String,
    /// Code of a measure of consumption, for example `HOURS`; cases are counted from their codes (misura).
    pub measure: String,
    /// How much was delivered; not below zero (quantità).
    pub value: ExactDecimal,
}

/// What became of activity to be taken in (esito).
#[derive(SimpleObject)]
pub struct ActivityImportPayload {
    /// How much was taken and what is wrong with the rest, also where it was refused for that; none where it was not even read (esito).
    pub import: Option<ActivityImport>,
    /// Why it was refused; empty where it was done, was known already, or was only tried (errori).
    pub errors: Vec<UserError>,
}

#[derive(Default)]
pub(super) struct ActivityMutation;

#[Object]
impl ActivityMutation {
    /// Takes in what was delivered (importa le prestazioni erogate). It says everything of the months that it names: what stood there goes. The same once more changes
    /// nothing, and keeps no key, as a dry run. By the managing body.
    async fn import_activity(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The activity (prestazioni).")] input: ImportActivityInput,
    ) -> Option<Result<ActivityImportPayload>> {
        Some(import(ctx, input).await)
    }
}

async fn import(ctx: &Context<'_>, input: ImportActivityInput) -> Result<ActivityImportPayload> {
    let (sight, _) = asker(ctx, |viewer: &Viewer| viewer.standing.role == Role::Azienda)?;
    let act = Act::begin(ctx).await?;
    let place = if input.csv.is_some() { "csv" } else { "rows" };
    let done = take(ctx, sight, &act, input).await;
    let language = sight.language();
    let Ok((file, wish, outcome)) = done else {
        let errors = act.end(done.map(drop)).await?.err().unwrap_or_default();
        return Ok(ActivityImportPayload { import: None, errors });
    };
    let import = Some(ActivityImport::new(&file, &wish, &outcome, language)?);
    if outcome.written {
        let errors = act.end(Ok(())).await?.err().unwrap_or_default();
        return Ok(ActivityImportPayload { import, errors });
    }
    act.end_idle().await?;
    let is_refused = !wish.dry_run && outcome.known_since.is_none();
    let errors = is_refused.then(|| nothing_taken(place, language)).into_iter().collect();
    Ok(ActivityImportPayload { import, errors })
}

fn nothing_taken(place: &str, language: Language) -> UserError {
    let refusal = Refusal::new(Code::Invalid).argument(format!("input.{place}"));
    UserError::new(&refusal.message("Nessuna riga è stata importata.", "No row was imported."), language)
}

async fn take(
    ctx: &Context<'_>,
    sight: &Sight,
    act: &Act<'_>,
    input: ImportActivityInput,
) -> Result<(ActivityFile, Wish, Outcome)> {
    let missing = || Error::from(Refusal::new(Code::NotFound).argument("input.ambito"));
    let ambito = sight.ambito_by_code(&input.ambito).ok_or_else(missing)?.row.id;
    let permit = sight.own().viewer.import_activity(ambito).ok_or_else(missing)?;
    let given = match (input.csv, input.rows) {
        (Some(text), None) => Given::Csv(text),
        (None, Some(rows)) => Given::Rows(rows.into_iter().map(ActivityRowInput::given).collect::<Result<_>>()?),
        _ => {
            let refusal = Refusal::new(Code::Invalid).argument("input.csv");
            return Err(refusal.message("Indicare il file oppure le righe.", "Give a file, or rows.").into());
        }
    };
    let wish = Wish {
        mode: input.mode.map_or(Mode::default(), Mode::from),
        dry_run: input.dry_run.unwrap_or(false),
        replaces: input.replaces,
    };
    let reading = writing(ctx).ok_or_else(|| Error::internal("a write by a request for reads"))?.reading();
    let vocabulary = Vocabulary::of(sight.book(), ambito, sight.day(None))?;
    let file = reading(vocabulary, limits(ctx)?, &input.name.unwrap_or_default(), &given);
    let outcome = activity::import(act.write(), &permit, &file, &wish).await.map_err(of_input)?;
    Ok((file, wish, outcome))
}

/// Names the argument as this input has it.
fn of_input(error: Error) -> Error {
    match error {
        Error::Refusal(mut refusal) => {
            refusal.argument = refusal.argument.map(|name| format!("input.{name}"));
            Error::Refusal(refusal)
        }
        other => other,
    }
}

impl ActivityRowInput {
    fn given(self) -> Result<GivenRow> {
        let Self { service, comune, month, case, measure, value } = self;
        Ok(GivenRow { service, comune: comune.0, month: month.0, case, measure, value: value.micros()? })
    }
}
