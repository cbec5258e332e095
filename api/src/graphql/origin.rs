//! Where an answer comes from: from the book, the day, the language and the asker's standing alone, or from more than these; and whether what it
//! tells may still change.
//!
//! Whoever keeps answers asks it. It is marked where the other things are handed out, so that a resolver cannot use one and forget to say so:
//! [`super::sight::Sight::own`], [`super::database::database`] and [`super::sight::Sight::shows`].

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Where the answer to one request comes from. It is known once the request is executed.
#[derive(Clone, Debug, Default)]
pub struct Origin(Arc<Marks>);

#[derive(Debug, Default)]
struct Marks {
    beyond_book: AtomicBool,
    open_plan: AtomicBool,
}

impl Origin {
    /// Whether the same question of an equal standing, on the same day and book, has the same answer.
    pub fn is_book_alone(&self) -> bool {
        !self.0.beyond_book.load(Ordering::Acquire)
    }

    /// Whether it tells of a plan that is not approved: while the database is away, nobody knows whether that plan is still so.
    pub fn has_open_plan(&self) -> bool {
        self.0.open_plan.load(Ordering::Acquire)
    }

    /// Something else was looked at.
    pub(super) fn mark_beyond_book(&self) {
        self.0.beyond_book.store(true, Ordering::Release);
    }

    /// A plan that is not approved was looked at.
    pub(super) fn mark_open_plan(&self) {
        self.0.open_plan.store(true, Ordering::Release);
    }
}
