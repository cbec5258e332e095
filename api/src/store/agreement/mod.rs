//! Agreements with partners: versions, each of which is written whole and never changes.

pub mod given;
