//! `GET /export/...`: tables for spreadsheets and reporting tools, in CSV. The files are described in `docs/export.md`.
//!
//! What belongs to one Ambito's year is small and sent whole. Activity grows without end: it is read and sent page by page, and nothing but a page is held. A file that
//! cannot be finished ends without the last piece of its chunked body, so that nobody takes it for whole.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::{Stream, StreamExt, stream};
use serde::Deserialize;

use super::answer::{log_fault, send_tagged};
use super::{Door, age, envelope, fresh, negotiate, problem};
use crate::auth::Viewer;
use crate::error::{Error, Result};
use crate::exchange::export::{self, ChargesOf, DecimalMark, Format, Separator};
use crate::graphql::Asking;
use crate::graphql::export::Exports;
use crate::graphql::scalars::{Date, IstatCode};
use crate::store::activity::{Month, Walk};
use crate::store::book::Book;

/// What the files are.
const CSV: &str = "text/csv; charset=utf-8; header=present";
/// Characters that a file's name takes over from a code; others become `_`.
const NAME_SIGNS: &[u8] = b"-_";

/// The parameters as they come. Each file takes some of them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Given {
    ambito: String,
    year: String,
    as_of: Option<String>,
    comune: Option<String>,
    service: Option<String>,
    separator: Option<String>,
    decimal: Option<String>,
    mark: Option<String>,
}

/// What is asked for.
struct Parameters {
    ambito: String,
    year: i32,
    as_of: Option<Date>,
    comune: Option<IstatCode>,
    service: Option<String>,
    format: Format,
}

/// Which of the parameters a file takes besides those that all take.
struct Takes {
    as_of: bool,
    comune: bool,
    service: bool,
}

/// `GET /export/quotas.csv`: the quotas of the plan in force.
pub(super) async fn quotas(request: HttpRequest, door: web::Data<Door>) -> HttpResponse {
    let answer = async |viewer| {
        let asked = parameters(&request, &Takes { as_of: true, comune: false, service: false })?;
        let exports = exports(&request, &door, viewer);
        let (ambito, plan) = exports.quotas(&asked.ambito, asked.year, asked.as_of)?;
        let body = web::Bytes::from(export::quotas(asked.format, exports.book(), ambito, plan)?);
        let etag = fresh::etag(CSV, &body);
        let response = send_tagged(CSV, body, etag, request.headers());
        Ok(age::of_book(named(response, "quotas", &asked), exports.book()))
    };
    problem::for_known(&request, &door, answer).await
}

/// `GET /export/charges.csv`: what the comuni were charged, and what of it was paid by a day.
pub(super) async fn charges(request: HttpRequest, door: web::Data<Door>) -> HttpResponse {
    let answer = async |viewer| {
        let asked = parameters(&request, &Takes { as_of: true, comune: true, service: false })?;
        let exports = exports(&request, &door, viewer);
        let Parameters { year, as_of, comune, .. } = asked;
        let accounts = exports.charges(&door.app.store, &asked.ambito, (year, as_of), comune).await?;
        let mut lines = Vec::with_capacity(accounts.comuni.len());
        for (comune, account) in &accounts.comuni {
            lines.push((comune, account.on(accounts.day)?.charges));
        }
        let comuni = lines.iter().map(|(comune, lines)| ChargesOf { comune, lines });
        let body = export::charges(asked.format, &accounts.ambito, (year, accounts.day), comuni)?;
        Ok(named(HttpResponse::Ok().insert_header((CONTENT_TYPE, CSV)).body(body), "charges", &asked))
    };
    problem::for_known(&request, &door, answer).await
}

/// `GET /export/activity.csv`: what was delivered, case by case.
pub(super) async fn activity(request: HttpRequest, door: web::Data<Door>) -> HttpResponse {
    let answer = async |viewer| {
        let asked = parameters(&request, &Takes { as_of: false, comune: true, service: true })?;
        let exports = exports(&request, &door, viewer);
        let walk = exports.activity(&asked.ambito, asked.year, asked.service.as_deref(), asked.comune)?;
        let seconds = door.app.limits.export_seconds_max;
        let mut sending = Sending {
            door: door.clone(),
            book: exports.book().clone(),
            format: asked.format,
            walk,
            request_id: envelope::request_id(&request),
            until: Instant::now().checked_add(Duration::from_secs(seconds)),
        };
        // The first page comes before the head, so that what fails at once is told by the status.
        let mut first = export::begin_activity(asked.format)?;
        first.extend(sending.page().await?.unwrap_or_default());
        let body = stream::once(async { Ok(web::Bytes::from(first)) }).chain(rest(sending));
        Ok(named(HttpResponse::Ok().insert_header((CONTENT_TYPE, CSV)).streaming(body), "activity", &asked))
    };
    problem::for_known(&request, &door, answer).await
}

/// A file that is being sent.
struct Sending {
    door: web::Data<Door>,
    book: Arc<Book>,
    format: Format,
    walk: Walk,
    request_id: Arc<str>,
    until: Option<Instant>,
}

impl Sending {
    /// The next page; none at the end.
    async fn page(&mut self) -> Result<Option<Vec<u8>>> {
        let limits = &self.door.app.limits;
        if self.until.is_some_and(|until| Instant::now() > until) {
            return Err(Error::Timeout(limits.export_seconds_max));
        }
        let rows = self.walk.next(&self.door.app.store, limits.export_page_rows).await?;
        if rows.is_empty() {
            return Ok(None);
        }
        export::activity(self.format, &self.book, &rows).map(Some)
    }
}

/// The pages after the first. An error ends the connection: the head was sent long ago, and a body without its end is the only way left to say so.
fn rest(sending: Sending) -> impl Stream<Item = Result<web::Bytes>> {
    stream::try_unfold(sending, async |mut sending| match sending.page().await {
        Ok(page) => Ok(page.map(|page| (web::Bytes::from(page), sending))),
        Err(error) => {
            log_fault(&error, &sending.request_id);
            tracing::warn!(request_id = &*sending.request_id, code = %error.code(), "an export was cut");
            Err(error)
        }
    })
}

/// What whoever asks may take away, of this instant's book.
fn exports(request: &HttpRequest, door: &Door, viewer: Viewer) -> Exports {
    let store = &door.app.store;
    let asking = Asking {
        viewer,
        allowance: None,
        book: store.book(),
        language: negotiate::language(request.headers()),
        today: store.clock().today(),
        repeats_names: false,
        writing: None,
    };
    Exports::new(asking, &door.app.limits)
}

/// The parameters of a request that accepts CSV.
fn parameters(request: &HttpRequest, takes: &Takes) -> Result<Parameters> {
    let given = web::Query::<Given>::from_query(request.query_string()).ok().map(web::Query::into_inner);
    let read =
        given.ok_or(Malformed).and_then(|given| read(given, takes)).map_err(|Malformed| bad_parameters(takes))?;
    negotiate::check_accepts_csv(request.headers())?;
    Ok(read)
}

/// A parameter that is not what it should be.
struct Malformed;

/// The parameters, where each is one that the file takes and well formed.
fn read(given: Given, takes: &Takes) -> Result<Parameters, Malformed> {
    let Given { ambito, year, as_of, comune, service, separator, decimal, mark } = given;
    let is_foreign =
        as_of.is_some() && !takes.as_of || comune.is_some() && !takes.comune || service.is_some() && !takes.service;
    let is_year = year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit());
    let year = year.parse().ok().filter(|year| is_year && Month::new(*year, 1).is_some());
    if is_foreign {
        return Err(Malformed);
    }
    let usual = Format::default();
    let format = Format {
        separator: optional(separator, Separator::parse)?.unwrap_or(usual.separator),
        decimal: optional(decimal, DecimalMark::parse)?.unwrap_or(usual.decimal),
        mark: optional(mark, |word| word.parse().ok())?.unwrap_or(usual.mark),
    };
    let (as_of, comune) = (optional(as_of, Date::read)?, optional(comune, IstatCode::read)?);
    Ok(Parameters { ambito, year: year.ok_or(Malformed)?, as_of, comune, service, format })
}

/// What may be left out, but not malformed.
fn optional<T>(given: Option<String>, read: impl Fn(&str) -> Option<T>) -> Result<Option<T>, Malformed> {
    given.map(|text| read(&text).ok_or(Malformed)).transpose()
}

fn bad_parameters(takes: &Takes) -> Error {
    let names = [("asOf", takes.as_of), ("comune", takes.comune), ("service", takes.service)];
    let own: String = names.iter().filter(|(_, is_taken)| *is_taken).flat_map(|(name, _)| [", ", name]).collect();
    let [it, en] = [("Parametri", "da", "a", "o"), ("Parameters", "from", "to", "or")].map(|(parameters, from, to, or)| {
        format!(
            "{parameters}: ambito, year ({from} 1990 {to} 2200){own}, separator (semicolon {or} comma), decimal (comma {or} point), mark (true {or} false)."
        )
    });
    Error::bad_request(it, en)
}

/// Says how a browser is to call the file.
fn named(mut response: HttpResponse, what: &str, asked: &Parameters) -> HttpResponse {
    let Parameters { ambito, year, comune, service, .. } = asked;
    let mut name = format!("{what}-{ambito}-{year}");
    let more = service.as_deref().into_iter().chain(comune.as_ref().map(|code| code.0.as_str()));
    more.for_each(|part| name.extend(["-", part]));
    let plain = |c: char| {
        if u8::try_from(c).is_ok_and(|byte| byte.is_ascii_alphanumeric() || NAME_SIGNS.contains(&byte)) {
            c
        } else {
            '_'
        }
    };
    let name: String = name.chars().map(plain).collect();
    if let Ok(value) = HeaderValue::try_from(format!("attachment; filename=\"{name}.csv\"")) {
        response.headers_mut().insert(CONTENT_DISPOSITION, value);
    }
    response
}
