//! The server of `ambito`: everything but the command line's parsing, which is in `main.rs`.
//!
//! The rooms and what each may import are described in `docs/architecture.md`.

pub mod auth;
pub mod clock;
pub mod command;
pub mod config;
pub mod error;
pub mod exchange;
pub mod graphql;
pub mod guard;
pub mod http;
pub mod limits;
mod refusals;
pub mod store;

pub use error::{Error, Result};
