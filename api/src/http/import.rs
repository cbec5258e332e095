//! `POST /import/activity`: a file of activity, read as it comes and never held. What becomes of it is told as JSON, and as a problem (RFC 9457)
//! where nothing of it was taken.

use std::time::Duration;

use actix_web::http::header::CONTENT_LENGTH;
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::StreamExt;
use serde::{Deserialize, Serialize};

use super::answer::json;
use super::{Door, negotiate, problem};
use crate::auth::{ActivityPermit, Viewer};
use crate::error::{Bound, Code, Error, Refusal, Result};
use crate::exchange::ActivityReader;
use crate::graphql::Language;
use crate::store::activity::{self, ActivityFile, Mode, Outcome, Vocabulary, Wish};

/// What the body is in.
const CSV: &str = "text/csv";
/// How long one waits for its turn while another file is taken in: they take memory, so there is one at a time.
const PATIENCE: Duration = Duration::from_secs(2);
/// Seconds after which to try again then.
const BUSY_SECONDS: u64 = 10;

/// The parameters.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Parameters {
    ambito: String,
    mode: Option<String>,
    dry_run: Option<bool>,
    replaces: Option<String>,
    name: Option<String>,
}

/// What became of a file.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    written: bool,
    dry_run: bool,
    mode: &'static str,
    digest: &'a str,
    rows: u64,
    accepted: u64,
    rejected: u64,
    values: usize,
    months: usize,
    replaced_months: usize,
    /// When the same file was taken in before; then nothing was done.
    known_since: Option<String>,
    problems: Vec<Told>,
    more_problems: u64,
}

/// A problem of a file.
#[derive(Serialize)]
struct Told {
    line: u64,
    column: Option<usize>,
    value: String,
    reason: &'static str,
    message: &'static str,
}

/// The handler.
pub(super) async fn activity(request: HttpRequest, payload: web::Payload, door: web::Data<Door>) -> HttpResponse {
    problem::for_known(&request, &door, async |viewer| take(&request, payload, &door, &viewer).await).await
}

async fn take(request: &HttpRequest, payload: web::Payload, door: &Door, viewer: &Viewer) -> Result<HttpResponse> {
    let (wish, permit, ambito, name) = wish(request, door, viewer)?;
    negotiate::check_csv(request.headers(), CSV)?;
    let place = tokio::time::timeout(PATIENCE, door.imports.acquire()).await;
    let Ok(_place) = place else { return Err(Error::RateLimited(BUSY_SECONDS)) };
    let store = &door.app.store;
    let vocabulary = Vocabulary::of(&store.book(), ambito, store.clock().today())?;
    let reader = ActivityReader::new(vocabulary, &door.app.limits);
    let reader = read(request, payload, door, reader).await?;
    // Sorting a million values takes a second, which is not to be another request's.
    let file = web::block(move || reader.finish(&name)).await.map_err(Error::internal)?;
    let outcome = activity::import_alone(store, &permit, &file, &wish).await?;
    Ok(respond(request, &file, &wish, &outcome))
}

/// What is asked for, and whether the asker may. An Ambito that the asker does not belong to is not there.
fn wish(request: &HttpRequest, door: &Door, viewer: &Viewer) -> Result<(Wish, ActivityPermit, i64, String)> {
    let parameters = web::Query::<Parameters>::from_query(request.query_string()).map_err(|_| bad_parameters())?;
    let Parameters { ambito, mode, dry_run, replaces, name } = parameters.into_inner();
    let mode = mode.map_or(Some(Mode::default()), |word| Mode::parse(&word)).ok_or_else(bad_parameters)?;
    let book = door.app.store.book();
    let found = book.ambito_by_code(&ambito).filter(|found| viewer.standing.sees_ambito(found.row.id));
    let id = found.ok_or_else(|| Refusal::new(Code::NotFound).argument("ambito"))?.row.id;
    let permit = viewer.import_activity(id).ok_or(Error::Forbidden)?;
    let wish = Wish { mode, dry_run: dry_run.unwrap_or(false), replaces };
    Ok((wish, permit, id, name.unwrap_or_default()))
}

fn bad_parameters() -> Error {
    Error::bad_request(
        "Parametri: ambito, mode (REJECT_EVERYTHING o REJECT_FAILED_ROWS), dryRun (true o false), replaces, name.",
        "Parameters: ambito, mode (REJECT_EVERYTHING or REJECT_FAILED_ROWS), dryRun (true or false), replaces, name.",
    )
}

/// Hands the body to the reader piece by piece. One that breaks off, or is too large or too slow, leaves nothing behind.
async fn read(
    request: &HttpRequest,
    mut payload: web::Payload,
    door: &Door,
    mut reader: ActivityReader,
) -> Result<ActivityReader> {
    let limits = &door.app.limits;
    let check = |bytes: usize| {
        let most = limits.import_body_bytes_max;
        if bytes > most { Err(Error::limit(Bound::BodyBytes, most)) } else { Ok(()) }
    };
    let declared = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    check(declared.unwrap_or_default())?;
    let whole = async {
        let mut bytes: usize = 0;
        while let Some(piece) = payload.next().await {
            let piece = piece.map_err(|_| Error::BodyCut)?;
            bytes = bytes.saturating_add(piece.len());
            check(bytes)?;
            reader.read(&piece);
        }
        Ok(reader)
    };
    let seconds = limits.import_body_seconds_max;
    tokio::time::timeout(Duration::from_secs(seconds), whole).await.unwrap_or(Err(Error::BodyTimeout(seconds)))
}

fn respond(request: &HttpRequest, file: &ActivityFile, wish: &Wish, outcome: &Outcome) -> HttpResponse {
    let language = negotiate::language(request.headers());
    let report = report(file, wish, outcome, language);
    if outcome.written || wish.dry_run || outcome.known_since.is_some() {
        return json(200, "application/json", &report);
    }
    let detail = language.choose("Nessuna riga è stata importata.", "No row was imported.");
    problem::tell(request, (422, Code::Invalid), detail, Some(report))
}

fn report<'a>(file: &'a ActivityFile, wish: &Wish, outcome: &Outcome, language: Language) -> Report<'a> {
    let told = |problem: &activity::Problem| {
        let (it, en) = problem.reason.sentence();
        let (reason, message) = (problem.reason.code(), language.choose(it, en));
        Told { line: problem.line, column: problem.column, value: problem.value.clone(), reason, message }
    };
    Report {
        written: outcome.written,
        dry_run: wish.dry_run,
        mode: wish.mode.as_str(),
        digest: &file.digest,
        rows: file.rows,
        accepted: file.rows - file.rejected,
        rejected: file.rejected,
        values: file.values.len(),
        months: outcome.months,
        replaced_months: outcome.replaced_months,
        known_since: outcome.known_since.map(|at| at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)),
        problems: file.problems.iter().map(told).collect(),
        more_problems: file.more_problems,
    }
}
