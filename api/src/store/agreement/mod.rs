//! Agreements with partners: versions, each of which is written whole and never changes.

pub mod bundle;
mod check;
mod codes;
pub(super) mod commitment;
pub(super) mod cover;
mod days;
mod digest;
pub(super) mod entries;
pub mod given;
pub mod import;
mod lines;
pub mod progress;
pub mod read;
mod rows;
pub mod schedule;
mod terms;
pub mod write;

pub use check::check_alone;
