//! Agreements with partners: what they say is written whole, version by version.

mod commitments;
mod refused;
mod writing;
