//! Signed heads: the last event of the trail at a moment that counts, vouched for by the server's key.
//!
//! Whoever rewrites the past and every hash after it has a chain that holds again; what it cannot make is the signature of another hash.

use chrono::{DateTime, Utc};
use entity::audit_head;
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait};

use crate::auth::HeadSigner;
use crate::auth::signed_head::Head;
use crate::error::Result;

/// Signs the last event there is, in the transaction that appended it.
pub async fn sign(tx: &impl ConnectionTrait, signer: &HeadSigner, at: DateTime<Utc>) -> Result<()> {
    let (sequence, hash) = super::head(tx).await?;
    let signature = signer.sign(&Head { sequence, hash: &hash, signed_at: at })?;
    let row = audit_head::ActiveModel {
        sequence: Set(sequence),
        hash: Set(hash),
        key_id: Set(signer.key_id().to_owned()),
        signature: Set(signature),
        signed_at: Set(at),
    };
    audit_head::Entity::insert(row).exec_without_returning(tx).await?;
    Ok(())
}
