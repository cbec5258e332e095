//! Reports of what partners spent under agreements (rendicontazione): written by the partner or for it, submitted, reviewed, and paid.
//!
//! A report is of one agreement and one partner. What is charged to a line of the agreement is paid back as far as it is documented and admitted; the rest is
//! the partner's own. All reports together never charge a line with more than it has.

mod entry;
mod given;
mod held;
mod lines;
mod page;
mod read;
mod report;
mod review;

pub use entry::{add as add_expense, remove as remove_expense, update as update_expense};
pub use given::{GivenExpense, cost_of};
pub use page::{Counted, ReportFilter, Reports, Stretch};
pub use read::{Detail, LineAccount, Recorded, RefusedExpense, Totals, detail, detail_within, read, written};
pub use report::{NewReport, ReportChange, add, remove, submit, update};
pub use review::{Judgement, admit, begin, judge, pay, send_back};
