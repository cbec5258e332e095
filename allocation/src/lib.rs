//! The arithmetic of cost sharing: from a budget and its funding to what each comune owes, exact to the cent.
//!
//! The crate is pure. It has no clock, database, log, text format or thread, and no floating point: money is
//! whole cents ([`Cents`]), measures and weights are decimals of six places ([`Micros`]), and what lies between
//! is an exact fraction until the one rounding step (`round.rs`). Every function answers with a typed
//! [`Error`] instead of panicking, whatever it is given.
//!
//! It is not the place of plans, versions or permissions: callers build a [`BudgetCase`] from their rows, call
//! [`compute`], and may ask why with [`explain`], what changed with [`compare`], and how evenly the cost lies with [`spread`].
//!
//! ```
//! use allocation::{Basis, Cents, IstatCode, MeasureCode, Micros, Rule, share};
//!
//! # fn main() -> Result<(), allocation::Error> {
//! let residents = MeasureCode::parse("RESIDENTS")?;
//! let (a, b) = (IstatCode::parse("017029")?, IstatCode::parse("017030")?);
//! let mut basis = Basis::new(vec![a, b])?;
//! basis.set(&residents, a, Micros::parse("2000")?)?;
//! basis.set(&residents, b, Micros::parse("1000")?)?;
//! let sharing = share(Cents::parse("100.00")?, &Rule::by_measure(residents), &basis)?;
//! assert_eq!(sharing.quotas, vec![(a, Cents::parse("66.67")?), (b, Cents::parse("33.33")?)]);
//! # Ok(())
//! # }
//! ```

mod basis;
mod budget;
mod cents;
mod code;
mod compare;
mod consumption;
mod error;
mod exact;
mod explain;
mod explain_part;
mod instalments;
mod micros;
mod proportion;
mod round;
mod rule;
mod share;
mod solve;
mod spread;
mod step;
pub mod vat;
mod weights;

pub use basis::Basis;
pub use budget::{BudgetCase, BudgetOutcome, Funding, FundingSize, compute};
pub use cents::Cents;
pub use code::{IstatCode, MeasureCode};
pub use compare::{Change, compare};
pub use consumption::{Tariff, at_present_rate};
pub use error::{BoundsFault, Error, Field};
pub use explain::{Explainer, explain};
pub use instalments::{instalments, remaining_instalments};
pub use micros::Micros;
pub use proportion::{per_unit, proportion, whole_percents};
pub use rule::{Adjustment, Band, Method, Part, PartSize, Rounding, Rule, RuleBody, SimpleRule};
pub use share::{Sharing, share};
pub use spread::{Burden, Spread, spread};
pub use step::{Formula, InputName, NamedValue, Step, StepKind, Unit};
