//! From a token to a typed right: keys and secrets, the tokens they make, the issuers that are trusted, and what a
//! caller may see.
//!
//! It knows nothing of HTTP and nothing of the database: clients are found through [`Clients`], which the store
//! implements.

pub mod authenticator;
pub mod clients;
pub mod expenses;
pub mod grant;
pub mod issuers;
pub mod keys;
pub mod monitoring;
pub mod permit;
mod remembered;
pub mod secret;
pub mod signed_head;
pub mod token;
pub mod viewer;

pub use authenticator::Authenticator;
pub use clients::{Clients, KnownClient};
pub use expenses::{ReadExpensesPermit, ReportPermit, ReviewPermit};
pub use grant::{Grant, GrantError};
pub use issuers::Issuers;
pub use keys::KeyRing;
pub use monitoring::{MonitoringPermit, ReadMonitoringPermit};
pub use permit::{
    ActivityPermit, AmbitoPermit, ApprovePermit, BenefitPermit, ClientPermit, ComunePermit, DraftPermit, ImportPermit,
    MasterPermit, Operator, PaymentPermit, ProposePermit, ReadActivityPermit, ReadBenefitsPermit, RegistryPermit,
    ResolutionPermit, SimulatePermit, TrailPermit,
};
pub use signed_head::{HeadKeys, HeadSigner};
pub use viewer::{Role, Scope, Standing, Viewer};
