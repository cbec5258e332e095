//! Agreements with partners: versions, each of which is written whole and never changes.

mod check;
mod days;
mod digest;
pub mod given;
mod lines;
mod rows;
mod terms;
pub mod write;
