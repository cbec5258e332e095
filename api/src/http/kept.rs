//! Answers kept as bytes, for the same question asked again. It decides nothing about whether an answer may be kept: `graphql::Origin`
//! knows that, and the handler asks it.
//!
//! A kept answer is found only by everything that it was made from: the very content of the book (not its number, so that nothing that bears
//! the same number can take its place, and a payment, which changes none of it, empties nothing), the day, the asker's standing by its values, the language, the media type, and the request to the byte. The bytes of a request stand for its document,
//! operation and variables: a document named by its hash is always the same. What a client may ask at all is checked before, every time.

use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::http::header::HeaderValue;
use actix_web::web;
use chrono::NaiveDate;
use quick_cache::Equivalent;

use super::bounded::{Bounded, Bytes};
use crate::auth::Standing;
use crate::graphql::Language;
use crate::store::book::{Book, Content};

/// So many answers fit, however large they are: a larger one is not kept.
const ANSWERS_MIN: usize = 64;

/// All that an answer may depend on.
#[derive(Clone, Copy)]
pub(super) struct Question<'r> {
    pub(super) book: &'r Arc<Book>,
    pub(super) today: NaiveDate,
    pub(super) standing: &'r Arc<Standing>,
    pub(super) language: Language,
    pub(super) content_type: &'static str,
    /// Whether it was asked by GET. The same bytes mean another thing as a body.
    pub(super) by_get: bool,
    /// The body, or the query string.
    pub(super) asked: &'r [u8],
}

/// An answer without errors, ready to be sent. A clone shares its bytes.
#[derive(Clone, Debug)]
pub(super) struct Ready {
    pub(super) body: web::Bytes,
    /// Its entity tag, where it was asked for by GET.
    pub(super) etag: Option<HeaderValue>,
    /// Whether it tells of a plan that is not approved.
    pub(super) has_open_plan: bool,
    /// For the log: the operation's name and cost.
    pub(super) operation: Option<Arc<str>>,
    pub(super) cost: u64,
}

/// The answers kept.
pub(super) struct KeptAnswers {
    answers: Bounded<Key, Ready>,
    /// The content and the day of the answers kept last.
    latest: Mutex<(Content, NaiveDate)>,
}

impl KeptAnswers {
    /// Room for so many bytes; 0 keeps nothing.
    pub(super) fn new(bytes_max: usize) -> Self {
        Self { answers: Bounded::new(bytes_max, ANSWERS_MIN), latest: Mutex::new((Content::default(), NaiveDate::MIN)) }
    }

    /// The answer to a question that was asked before.
    pub(super) fn find(&self, question: &Question<'_>) -> Option<Ready> {
        self.answers.get(question)
    }

    /// Keeps an answer that was made from what the question names, and from nothing else.
    pub(super) fn keep(&self, question: &Question<'_>, answer: Ready) {
        if !self.answers.is_on() {
            return;
        }
        self.forget_older(question);
        self.answers.keep(Key::from(question), answer);
    }

    /// Answers of another content or day are never found again, so they need not take room. A request that began before the change and ends
    /// after it may empty the room once more than needed; that costs time and nothing else.
    fn forget_older(&self, question: &Question<'_>) {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if latest.0.address() != question.book.content().address() || latest.1 != question.today {
            *latest = (question.book.content().clone(), question.today);
            self.answers.clear();
        }
    }
}

/// A question as it is kept.
struct Key {
    content: Content,
    today: NaiveDate,
    standing: Arc<Standing>,
    language: Language,
    content_type: &'static str,
    by_get: bool,
    asked: Box<[u8]>,
}

impl From<&Question<'_>> for Key {
    fn from(question: &Question<'_>) -> Self {
        Self {
            content: question.book.content().clone(),
            today: question.today,
            standing: question.standing.clone(),
            language: question.language,
            content_type: question.content_type,
            by_get: question.by_get,
            asked: question.asked.into(),
        }
    }
}

/// What two questions are compared by: each part whole.
#[derive(PartialEq, Eq, Hash)]
struct Parts<'k> {
    content: usize,
    today: NaiveDate,
    standing: &'k Standing,
    language: Language,
    content_type: &'k str,
    by_get: bool,
    asked: &'k [u8],
}

impl Question<'_> {
    fn parts(&self) -> Parts<'_> {
        let Self { book, today, standing, language, content_type, by_get, asked } = *self;
        Parts { content: book.content().address(), today, standing, language, content_type, by_get, asked }
    }
}

impl Key {
    fn parts(&self) -> Parts<'_> {
        let Self { content, today, standing, language, content_type, by_get, asked } = self;
        let (today, language, by_get) = (*today, *language, *by_get);
        Parts { content: content.address(), today, standing, language, content_type, by_get, asked }
    }
}

impl Hash for Question<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.parts().hash(state);
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.parts().hash(state);
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.parts() == other.parts()
    }
}

impl Eq for Key {}

impl Equivalent<Key> for Question<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        self.parts() == key.parts()
    }
}

/// Without the standing: it is the book's, one a client, however many keys share it, and keys of another content are forgotten.
impl Bytes for Key {
    fn bytes(&self) -> usize {
        size_of::<Self>() + self.asked.len()
    }
}

impl Bytes for Ready {
    fn bytes(&self) -> usize {
        let name = self.operation.as_ref().map_or(0, |name| name.len());
        size_of::<Self>() + self.body.len() + self.etag.as_ref().map_or(0, HeaderValue::len) + name
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::auth::{Role, Scope};

    fn standing(role: Role, ambiti: &[i64], comune: Option<i64>) -> Arc<Standing> {
        Arc::new(Standing { role, scope: Scope::Ambiti(ambiti.iter().copied().collect()), comune, partner: None })
    }

    fn ready(text: &'static str) -> Ready {
        Ready {
            body: web::Bytes::from_static(text.as_bytes()),
            etag: None,
            has_open_plan: false,
            operation: None,
            cost: 1,
        }
    }

    fn found(kept: &KeptAnswers, question: &Question<'_>) -> Option<web::Bytes> {
        kept.find(question).map(|answer| answer.body)
    }

    /// Each part of the key alone keeps two questions apart, and nothing but all of them together joins them.
    #[test]
    fn a_question_that_differs_in_one_part_is_another() {
        let day = |day| NaiveDate::from_ymd_opt(2026, 6, day).unwrap();
        let (book, other_content) = (Arc::new(Book::default()), Arc::new(Book::default()));
        let own = standing(Role::Comune, &[9], Some(103));
        let json = "application/json";
        let one = Question {
            book: &book,
            today: day(15),
            standing: &own,
            language: Language::It,
            content_type: json,
            by_get: true,
            asked: b"query={a}",
        };
        let (role, scope) = (standing(Role::Azienda, &[9], Some(103)), standing(Role::Comune, &[9, 10], Some(103)));
        let (comune, none) = (standing(Role::Comune, &[9], Some(149)), standing(Role::Comune, &[9], None));
        let all = Arc::new(Standing { role: Role::Comune, scope: Scope::All, comune: Some(103), partner: None });
        let nowhere = Arc::new(Standing {
            role: Role::Comune,
            scope: Scope::Ambiti(BTreeSet::new()),
            comune: Some(103),
            partner: None,
        });
        let others = [
            Question { book: &other_content, ..one },
            Question { today: day(16), ..one },
            Question { standing: &role, ..one },
            Question { standing: &scope, ..one },
            Question { standing: &comune, ..one },
            Question { standing: &none, ..one },
            Question { standing: &all, ..one },
            Question { standing: &nowhere, ..one },
            Question { language: Language::En, ..one },
            Question { content_type: "application/graphql-response+json", ..one },
            Question { by_get: false, ..one },
            Question { asked: b"query={a} ", ..one },
            Question { asked: b"", ..one },
        ];
        for (at, other) in others.iter().enumerate() {
            let kept = KeptAnswers::new(1024 * 1024);
            kept.keep(&one, ready("one"));
            assert_eq!(found(&kept, other), None, "{at}");
            let equal = standing(Role::Comune, &[9], Some(103));
            assert_eq!(found(&kept, &Question { standing: &equal, ..one }).as_deref(), Some(&b"one"[..]), "{at}");
            kept.keep(other, ready("other"));
            assert_eq!(found(&kept, other).as_deref(), Some(&b"other"[..]), "{at}");
        }
    }

    #[test]
    fn another_content_or_day_empties_the_room() {
        let kept = KeptAnswers::new(1024 * 1024);
        let (old, new) = (Arc::new(Book::default()), Arc::new(Book::default()));
        let own = standing(Role::Comune, &[9], None);
        let today = NaiveDate::from_ymd_opt(2026, 6, 15).unwrap();
        let content_type = "application/json";
        let ask = |book, today| Question {
            book,
            today,
            standing: &own,
            language: Language::En,
            content_type,
            by_get: false,
            asked: b"{}",
        };
        kept.keep(&ask(&old, today), ready("old"));
        kept.keep(&ask(&new, today), ready("new"));
        assert_eq!(found(&kept, &ask(&old, today)), None);
        assert!(found(&kept, &ask(&new, today)).is_some());
        kept.keep(&ask(&new, today.succ_opt().unwrap()), ready("tomorrow"));
        assert_eq!(found(&kept, &ask(&new, today)), None);
    }
}
