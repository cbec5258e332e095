//! Agreements with partners: versions, each of which is written whole and never changes.

pub(super) mod entries;
pub mod given;
pub mod read;
pub mod schedule;
