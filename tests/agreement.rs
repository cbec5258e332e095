//! Agreements with partners: what they say is written whole, version by version.

mod refused;
mod writing;
