//! The database as the changes make it, on `SQLite` always and on `PostgreSQL` where `AMBITO_TEST_POSTGRES` holds the URL
//! of a superuser of a cluster that may be thrown away.

mod agreements;
mod attacks;
mod benefits;
mod billing;
mod catalogue;
mod deaths;
mod expenses;
mod fixture;
mod guards;
mod monitoring;
mod privileges;
mod rows;
mod statuses;
mod support;
mod together;
