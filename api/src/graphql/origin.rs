//! Where an answer comes from: from the book, the day, the language and the asker's standing alone, or from more than these.
//!
//! Whoever keeps answers asks it. It is marked where the other things are handed out, so that a resolver cannot use one and forget to say so:
//! [`super::sight::Sight::own`] and [`super::database::database`].

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Where the answer to one request comes from. It is known once the request is executed.
#[derive(Clone, Debug, Default)]
pub struct Origin(Arc<AtomicBool>);

impl Origin {
    /// Whether the same question of an equal standing, on the same day and book, has the same answer.
    pub fn is_book_alone(&self) -> bool {
        !self.0.load(Ordering::Acquire)
    }

    /// Something else was looked at.
    pub(super) fn mark_beyond_book(&self) {
        self.0.store(true, Ordering::Release);
    }
}
