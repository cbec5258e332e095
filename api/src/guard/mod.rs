//! What a document must pass before and after the library reads it: the byte scanner, the cost pass, the check of variables, and
//! our own words for the library's complaints.
//!
//! Without them 3 KB of nested lists end the process and 817 bytes of doubling fragments take a gigabyte. Nothing here
//! executes; only `http` uses it.

pub mod cost;
pub mod factor;
pub mod messages;
pub mod place;
pub mod repeated;
pub mod scanner;
pub mod variables;
