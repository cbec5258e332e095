//! How old the data behind an answer are: `Ambito-Data-Version`, and `Ambito-Data-Stale` while the database cannot be asked for newer ones.
//!
//! What is sent is decided elsewhere; a server that lost its database still answers from its book, and says so here.

use actix_web::HttpResponse;
use actix_web::http::header::{ETAG, HeaderName, HeaderValue, RETRY_AFTER};

use crate::store::Store;
use crate::store::book::Book;

/// The sequence of the last audit event in the book that answered.
const VERSION: HeaderName = HeaderName::from_static("ambito-data-version");
/// `true` where the last look at the database failed; `false` is said only with an entity tag.
const STALE: HeaderName = HeaderName::from_static("ambito-data-stale");
/// Seconds after which the database may be back: a server notices within them when it is.
const RETRY_SECONDS: HeaderValue = HeaderValue::from_static("2");

/// Names the book that an answer was made from.
pub(super) fn of_book(mut response: HttpResponse, book: &Book) -> HttpResponse {
    let headers = response.headers_mut();
    // A request that wrote names the book with what it wrote.
    if !headers.contains_key(&VERSION) {
        headers.insert(VERSION, HeaderValue::from(book.version()));
    }
    response
}

/// Marks an answer to a known client. One that was made from no book in particular is of the newest.
pub(super) fn tell(response: &mut HttpResponse, store: &Store) {
    let headers = response.headers_mut();
    if !headers.contains_key(&VERSION) {
        headers.insert(VERSION, HeaderValue::from(store.book().version()));
    }
    if store.is_stale() {
        headers.insert(STALE, HeaderValue::from_static("true"));
    } else if headers.contains_key(&ETAG) {
        // A 304 replaces only those headers of a client's own copy that it names: the mark of a copy from a bad time would stay.
        headers.insert(STALE, HeaderValue::from_static("false"));
    }
}

/// Says when to ask again what the database was needed for.
pub(super) fn retry_later(response: &mut HttpResponse) {
    response.headers_mut().insert(RETRY_AFTER, RETRY_SECONDS);
}
