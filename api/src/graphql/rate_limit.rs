//! How much of its allowance a client has left, as the door counted this request.

use async_graphql::SimpleObject;

/// The allowance of requests (limite di richieste) of the client that asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, SimpleObject)]
pub struct RateLimit {
    /// Requests a minute (richieste al minuto).
    pub limit: u32,
    /// Requests left now (richieste rimaste).
    pub remaining: u32,
    /// Seconds until the whole allowance is there again (secondi al ripristino).
    pub reset_seconds: u32,
}
