//! The words that the guards of the database begin their messages with, so that a program can tell them apart.
//!
//! On both engines the word stands in the text of the database error, followed by a colon and a sentence.

/// An approved plan, a row that belongs to it, or the resolution that approved it would change.
pub const PLAN_IMMUTABLE: &str = "PLAN_IMMUTABLE";

/// A plan would move to a status that it cannot have now, or without what that status needs.
pub const ILLEGAL_TRANSITION: &str = "ILLEGAL_TRANSITION";

/// A natural key, or the id of a row that has one, would change.
pub const CODE_IMMUTABLE: &str = "CODE_IMMUTABLE";

/// A row with the same id or natural key exists already.
pub const DUPLICATE: &str = "DUPLICATE";

/// An audit event or a signed head would change or vanish.
pub const AUDIT_IMMUTABLE: &str = "AUDIT_IMMUTABLE";

/// A charge, a payment or a match would change, or a plan would be charged again.
pub const BILLING_IMMUTABLE: &str = "BILLING_IMMUTABLE";

/// A charge, a payment or a match is not what its plan, its payment or its charge carries.
pub const BILLING_UNBALANCED: &str = "BILLING_UNBALANCED";

/// An agreement, or what a version of one holds, would change.
pub const AGREEMENT_IMMUTABLE: &str = "AGREEMENT_IMMUTABLE";

/// A report of expenses, or an expense, would change when it may not.
pub const EXPENSE_IMMUTABLE: &str = "EXPENSE_IMMUTABLE";

/// The history of a benefit would change, or what one goes by outside.
pub const BENEFIT_IMMUTABLE: &str = "BENEFIT_IMMUTABLE";

/// What monitoring showed on a past day would change.
pub const MONITORING_IMMUTABLE: &str = "MONITORING_IMMUTABLE";

/// A work plan, a version of one or a report of one would change.
pub const WORK_PLAN_IMMUTABLE: &str = "WORK_PLAN_IMMUTABLE";
