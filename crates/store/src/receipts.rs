//! Receipts: what was done, so that a repeated operation is known.

use holdfast_contract::{AccountId, OpId, PlaceId, Timestamp};
use uuid::Uuid;

use crate::{Actor, Error, Tx};

/// What an operation did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Receipt {
    /// SHA-256 of the operation's bytes.
    pub payload_hash: [u8; 32],
    /// The place's owner.
    pub owner: AccountId,
    /// The place.
    pub place: PlaceId,
    /// The place's version right after the operation.
    pub version: i64,
}

impl Receipt {
    pub(crate) fn from_columns(
        hash: Option<Vec<u8>>,
        owner: Uuid,
        place: Uuid,
        version: Option<i64>,
    ) -> Result<Self, Error> {
        let hash = hash.and_then(|h| h.try_into().ok());
        match (hash, version) {
            (Some(payload_hash), Some(version)) => {
                Ok(Self { payload_hash, owner: AccountId(owner), place: PlaceId(place), version })
            }
            _ => Err(Error::Corrupt("receipt")),
        }
    }
}

/// Writes receipts of operations that changed nothing (what they asked for was already so).
pub async fn insert(
    tx: &mut Tx,
    actor: Actor,
    receipts: &[(OpId, Receipt, &'static str)],
    now: Timestamp,
) -> Result<(), Error> {
    let op_ids: Vec<Uuid> = receipts.iter().map(|(id, ..)| id.0).collect();
    let hashes: Vec<&[u8]> = receipts.iter().map(|(_, r, _)| r.payload_hash.as_slice()).collect();
    let kinds: Vec<&str> = receipts.iter().map(|(.., kind)| *kind).collect();
    let owners: Vec<Uuid> = receipts.iter().map(|(_, r, _)| r.owner.0).collect();
    let places: Vec<Uuid> = receipts.iter().map(|(_, r, _)| r.place.0).collect();
    let versions: Vec<i64> = receipts.iter().map(|(_, r, _)| r.version).collect();
    sqlx::query!(
        "INSERT INTO op_receipts (actor_id, op_id, payload_hash, kind, owner_id, place_id, version, created_at)
         SELECT $1, t.op_id, t.payload_hash, t.kind, t.owner_id, t.place_id, t.version, $2
         FROM unnest($3::uuid[], $4::bytea[], $5::text[], $6::uuid[], $7::uuid[], $8::bigint[])
             AS t (op_id, payload_hash, kind, owner_id, place_id, version)",
        actor.user.0,
        now.to_chrono(),
        &op_ids,
        &hashes as &[&[u8]],
        &kinds as &[&str],
        &owners,
        &places,
        &versions,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Drops at most `limit` receipts from before `before`, of everybody. Returns how many.
pub async fn prune(tx: &mut Tx, before: Timestamp, limit: i32) -> Result<i64, Error> {
    let dropped = sqlx::query_scalar!(r#"SELECT op_receipts_prune($1, $2) AS "dropped!""#, before.to_chrono(), limit)
        .fetch_one(&mut **tx)
        .await?;
    Ok(dropped)
}
