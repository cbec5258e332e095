//! `POST /import/activity`: a file of activity, read as it comes and never held. What becomes of it is told as JSON, and as a problem (RFC 9457)
//! where nothing of it was taken.

use std::time::Duration;

use actix_web::http::header::{ALLOW, CONTENT_LENGTH, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::http::{ConnectionType, StatusCode};
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::StreamExt;
use serde::{Deserialize, Serialize};

use super::answer::{json, log_fault};
use super::graphql::authenticate;
use super::{Door, age, envelope, negotiate, rate};
use crate::auth::{ActivityPermit, Viewer};
use crate::error::{Bound, Code, Error, Refusal, Result};
use crate::exchange::ActivityReader;
use crate::graphql::Language;
use crate::store::activity::{self, ActivityFile, Mode, Outcome, Vocabulary, Wish};

/// What the body is in.
const CSV: &str = "text/csv";
/// What is said of a file where nothing of it was taken.
const PROBLEM: &str = "application/problem+json";
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

/// A problem in the sense of RFC 9457, with what there is to tell of the file.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Refused<'a> {
    title: &'static str,
    status: u16,
    detail: &'a str,
    code: &'static str,
    request_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none", flatten)]
    report: Option<Report<'a>>,
}

/// The handler: token and allowance first, since a body is read for known clients only.
pub(super) async fn activity(request: HttpRequest, payload: web::Payload, door: web::Data<Door>) -> HttpResponse {
    let viewer = match authenticate(&request, &door).await {
        Ok(viewer) => viewer,
        Err(error) => return refuse(&request, &error),
    };
    envelope::note(&request, |account| account.client = Some(viewer.client.clone()));
    let counted = door.clients.count(&viewer.client);
    let answer = match counted.passed() {
        Ok(_) => Box::pin(take(&request, payload, &door, &viewer)).await,
        Err(error) => Err(error),
    };
    let mut response = answer.unwrap_or_else(|error| refuse(&request, &error));
    rate::tell(&mut response, &counted);
    age::tell(&mut response, &door.app.store);
    response
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
    envelope::note(request, |account| account.code = Some(Code::Invalid.as_str()));
    let refused = Refused {
        title: "Unprocessable Content",
        status: 422,
        detail: language.choose("Nessuna riga è stata importata.", "No row was imported."),
        code: Code::Invalid.as_str(),
        request_id: &envelope::request_id(request),
        report: Some(report),
    };
    json(422, PROBLEM, &refused)
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

/// A request that fails as a whole.
fn refuse(request: &HttpRequest, error: &Error) -> HttpResponse {
    let request_id = envelope::request_id(request);
    log_fault(error, &request_id);
    let code = error.code();
    envelope::note(request, |account| account.code = Some(code.as_str()));
    let status = if code == Code::NotFound { 404 } else { error.status() };
    let language = negotiate::language(request.headers());
    let sentence = error.sentence();
    let detail = match error {
        Error::UnsupportedMediaType => {
            language.choose("Il corpo della richiesta deve essere text/csv.", "The body must be text/csv.")
        }
        _ => sentence.in_language(language),
    };
    let title = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or_default();
    let refused = Refused { title, status, detail, code: code.as_str(), request_id: &request_id, report: None };
    let mut response = json(status, PROBLEM, &refused);
    match error {
        Error::Unauthenticated | Error::InvalidToken => {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        Error::MethodNotAllowed(allow) => drop(response.headers_mut().insert(ALLOW, HeaderValue::from_static(allow))),
        Error::StorageUnavailable(_) => age::retry_later(&mut response),
        Error::RateLimited(seconds) => drop(response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(*seconds))),
        _ => {}
    }
    // What is left of the body is not read, so the connection cannot be used again.
    response.head_mut().set_connection_type(ConnectionType::Close);
    response
}
