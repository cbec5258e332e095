//! Monthly monitoring of the programmes of agreements: what an Ambito asks (`field`), the reports that answer (`report`), and which are due (`duty`).

pub mod duty;
pub mod field;
pub mod report;
pub mod terms;
