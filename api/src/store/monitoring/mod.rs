//! Monthly monitoring of the programmes of agreements: what an Ambito asks (`field`), the reports that answer (`report`, `write`), what was submitted when (`submission`), and
//! which are due (`duty`). `terms` says which programmes and partners an agreement has in a month, `import` takes in a file.

pub mod bundle;
pub mod duty;
pub mod field;
pub mod import;
mod peers;
pub mod report;
pub mod submission;
pub mod terms;
pub mod write;
