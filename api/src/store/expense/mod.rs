//! Reports of what partners spent under agreements (rendicontazione): written by the partner or for it, submitted, reviewed, and paid.
//!
//! A report is of one agreement and one partner. What is charged to a line of the agreement is paid back as far as it is documented and admitted; the rest is
//! the partner's own. All reports together are never admitted more of a line than it has.

mod account;
mod agreement;
mod document;
mod entry;
mod given;
mod held;
mod lines;
mod page;
mod read;
mod report;
mod review;
mod terms;

pub use account::{Account, LineAccount, RefusedExpense, Totals};
pub use agreement::{AgreementAccount, AskedAccount, account_of, account_within};
pub use entry::{add as add_expense, remove as remove_expense, update as update_expense};
pub use given::{GivenExpense, cost_of};
pub use page::{Counted, ReportFilter, Reports, Stretch};
pub use read::{Depth, Detail, Parts, Recorded, detail, detail_within, read, written};
pub use report::{NewReport, ReportChange, add, remove, submit, update};
pub use review::{Judgement, admit, begin, judge, pay, send_back};
