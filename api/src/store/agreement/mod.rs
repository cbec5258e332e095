//! Agreements with partners: versions, each of which is written whole and never changes.

mod check;
mod days;
mod digest;
pub(super) mod entries;
pub mod given;
mod lines;
pub mod read;
mod rows;
pub mod schedule;
mod terms;
pub mod write;
