//! See the module list of `main.rs`.
