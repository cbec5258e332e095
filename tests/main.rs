//! Every integration test, as one binary: each starts the real server on a port of its own over a database of its own, and talks HTTP to it.

#![allow(clippy::unwrap_used, clippy::expect_used)] // A test that cannot go on has failed.
#![allow(clippy::type_complexity)] // Tables of cases are written where they are used.
#![allow(clippy::needless_pass_by_value)] // `json!` makes values that are used once.
#![allow(clippy::disallowed_methods)] // Tests read the clock and the environment of the build.

mod support;

mod access;
mod activity;
mod agreement;
mod ambiti;
mod ambito;
mod audit;
mod benefit;
mod billing;
mod body;
mod budget;
mod comparison;
mod comune;
mod config;
mod cost_allocation;
mod decision;
mod demo;
mod door;
mod draft;
mod expense;
mod explanation;
mod export;
mod governance;
mod guide;
mod immutability;
mod import;
mod indicator;
mod kept;
mod logs;
mod master;
mod metrics;
mod monitoring;
mod payment;
mod persisted;
mod plan;
mod project;
mod quota;
mod quotas;
mod readme;
mod rule;
mod scalars;
mod schema;
mod service;
mod simulation;
mod simulations;
mod small_cells;
mod social_spending;
mod statements;
mod stopping;
mod storage;
mod tidy;
mod token;
mod transfer;
mod verification;
mod work_plan;
mod written;
mod year;
