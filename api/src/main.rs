//! The program `ambito`. What it does is in the library `api`; here stands what only a program can choose.

use std::process::ExitCode;

/// Faster than the system's allocator for many small pieces, which is what GraphQL answers are made of.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    api::command::run(std::env::args_os())
}
