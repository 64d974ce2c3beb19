//! The write path: lock what a batch names, read it again under the locks where needed, write everything at once.
//!
//! Each function is one round trip however many operations there are.

mod columns;
mod offers;
mod write;

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use holdfast_contract::{AccountId, ClientId, OpId, PlaceId};
use uuid::Uuid;

use crate::receipts::Receipt;
use crate::row::{place_row, share};
use crate::{Actor, Error, Reading, Tx};
pub use offers::{GivenBack, Past, PastVersion, read_past};
pub use write::{PlaceWrite, Published, Superseded, Writes, create_places, write};

/// What a batch names.
#[derive(Clone, Debug, Default)]
pub struct Named {
    /// Own places by their captures.
    pub client_ids: Vec<ClientId>,
    /// Visible places by their rows.
    pub place_ids: Vec<PlaceId>,
    /// The operations.
    pub op_ids: Vec<OpId>,
}

/// What the database knows of what a batch names.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The places, locked.
    pub readings: Vec<Reading>,
    /// The operations that were applied before.
    pub receipts: HashMap<OpId, Receipt>,
    /// The past of those that states are offered of, where it was [read](read_past).
    pub past: Past,
}

/// Resolves what a batch names, locks the places in the order of (owner, id), and reads them and the receipts.
///
/// The places are as they are under the lock. Everything else is as it was when the statement began, which may be before
/// it waited for a lock: shares, receipts and feed numbers must be read [again](read_under_locks) before anything is
/// decided by them. Readings carry no share.
pub async fn lock_named(tx: &mut Tx, actor: Actor, named: &Named) -> Result<Known, Error> {
    let rows = if named.place_ids.is_empty() {
        lock_own(tx, actor, named).await?
    } else {
        lock_visible(tx, actor, named).await?
    };
    let mut known = Known::default();
    let mut locked = HashSet::new();
    for row in rows {
        let (Some(owner), Some(id)) = (row.owner_id, row.id) else { return Err(Error::Corrupt("reading")) };
        if let Some(op_id) = row.op_id {
            let receipt = Receipt::from_columns(row.payload_hash, owner, id, row.version)?;
            known.receipts.insert(OpId(op_id), receipt);
        } else if locked.insert(id) {
            known.readings.push(Reading {
                owner: AccountId(owner),
                id: PlaceId(id),
                seq: row.seq.unwrap_or(0),
                share: None,
                place: place_row!(row).place()?,
            });
        }
    }
    Ok(known)
}

/// A locked place, an entry of the feed without one, or a receipt.
struct LockedRow {
    owner_id: Option<Uuid>,
    id: Option<Uuid>,
    seq: Option<i64>,
    client_id: Option<Uuid>,
    version: Option<i64>,
    name: Option<String>,
    note: Option<String>,
    latitude: Option<f64>,
    longitude: Option<f64>,
    accuracy: Option<f64>,
    altitude: Option<f64>,
    category: Option<String>,
    tags: Option<Vec<String>>,
    captured_at: Option<DateTime<Utc>>,
    source: Option<String>,
    position_source: Option<String>,
    created_at: Option<DateTime<Utc>>,
    updated_at: Option<DateTime<Utc>>,
    deleted_at: Option<DateTime<Utc>>,
    purged_at: Option<DateTime<Utc>>,
    op_id: Option<Uuid>,
    payload_hash: Option<Vec<u8>>,
}

// Every key is looked up by itself (LATERAL, and OFFSET 0 or a lock, which keep the planner from rearranging it): whatever
// the statistics say of a table that was empty a moment ago, no plan reads more than what is named.

/// The usual batch: everything it names is the actor's own, by its capture.
async fn lock_own(tx: &mut Tx, actor: Actor, named: &Named) -> Result<Vec<LockedRow>, Error> {
    let clients: Vec<Uuid> = named.client_ids.iter().map(|id| id.0).collect();
    let operations: Vec<Uuid> = named.op_ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query_as!(
        LockedRow,
        r#"
        WITH key AS MATERIALIZED (
            SELECT k.id
            FROM unnest($2::uuid[]) AS c (client_id) CROSS JOIN LATERAL (
                SELECT p.id FROM places p WHERE p.owner_id = $1 AND p.client_id = c.client_id OFFSET 0) k
            ORDER BY k.id
        )
        SELECT p.owner_id AS "owner_id?", p.id AS "id?",
               (SELECT f.seq FROM feed f WHERE f.user_id = $1 AND f.place_id = p.id) AS "seq?",
               p.client_id AS "client_id?", p.version AS "version?", p.name AS "name?", p.note AS "note?",
               p.latitude AS "latitude?", p.longitude AS "longitude?", p.accuracy AS "accuracy?",
               p.altitude AS "altitude?", p.category AS "category?", p.tags AS "tags?",
               p.captured_at AS "captured_at?", p.source AS "source?", p.position_source AS "position_source?",
               p.created_at AS "created_at?", p.updated_at AS "updated_at?", p.deleted_at AS "deleted_at?",
               p.purged_at AS "purged_at?", NULL::uuid AS "op_id?", NULL::bytea AS "payload_hash?"
        FROM key CROSS JOIN LATERAL (
            SELECT p.* FROM places p WHERE p.owner_id = $1 AND p.id = key.id FOR NO KEY UPDATE) p
        UNION ALL
        SELECT r.owner_id, r.place_id, NULL, NULL, r.version, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
               NULL, NULL, NULL, r.op_id, r.payload_hash
        FROM unnest($3::uuid[]) AS o (op_id) CROSS JOIN LATERAL (
            SELECT r.* FROM op_receipts r WHERE r.actor_id = $1 AND r.op_id = o.op_id OFFSET 0) r
        "#,
        actor.user.0,
        &clients,
        &operations,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// Any batch: one's own by capture or by row, and those of others that are or were in one's feed.
async fn lock_visible(tx: &mut Tx, actor: Actor, named: &Named) -> Result<Vec<LockedRow>, Error> {
    let clients: Vec<Uuid> = named.client_ids.iter().map(|id| id.0).collect();
    let places: Vec<Uuid> = named.place_ids.iter().map(|id| id.0).collect();
    let operations: Vec<Uuid> = named.op_ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query_as!(
        LockedRow,
        r#"
        WITH entry AS MATERIALIZED (
            SELECT f.owner_id, f.place_id, f.seq
            FROM unnest($3::uuid[]) AS i (id) CROSS JOIN LATERAL (
                SELECT f.* FROM feed f WHERE f.user_id = $1 AND f.place_id = i.id OFFSET 0) f
        ), key AS MATERIALIZED (
            SELECT $1::uuid AS owner_id, k.id
            FROM unnest($2::uuid[]) AS c (client_id) CROSS JOIN LATERAL (
                SELECT p.id FROM places p WHERE p.owner_id = $1 AND p.client_id = c.client_id OFFSET 0) k
            UNION
            SELECT $1, i.id FROM unnest($3::uuid[]) AS i (id)
            UNION
            SELECT entry.owner_id, entry.place_id FROM entry
            ORDER BY 1, 2
        )
        SELECT p.owner_id AS "owner_id?", p.id AS "id?",
               (SELECT f.seq FROM feed f WHERE f.user_id = $1 AND f.place_id = p.id) AS "seq?",
               p.client_id AS "client_id?", p.version AS "version?", p.name AS "name?", p.note AS "note?",
               p.latitude AS "latitude?", p.longitude AS "longitude?", p.accuracy AS "accuracy?",
               p.altitude AS "altitude?", p.category AS "category?", p.tags AS "tags?",
               p.captured_at AS "captured_at?", p.source AS "source?", p.position_source AS "position_source?",
               p.created_at AS "created_at?", p.updated_at AS "updated_at?", p.deleted_at AS "deleted_at?",
               p.purged_at AS "purged_at?", NULL::uuid AS "op_id?", NULL::bytea AS "payload_hash?"
        FROM key CROSS JOIN LATERAL (
            SELECT p.* FROM places p WHERE p.owner_id = key.owner_id AND p.id = key.id FOR NO KEY UPDATE) p
        UNION ALL
        SELECT e.owner_id, e.place_id, e.seq, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
               NULL, NULL, NULL, NULL, NULL
        FROM entry e
        UNION ALL
        SELECT r.owner_id, r.place_id, NULL, NULL, r.version, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
               NULL, NULL, NULL, r.op_id, r.payload_hash
        FROM unnest($4::uuid[]) AS o (op_id) CROSS JOIN LATERAL (
            SELECT r.* FROM op_receipts r WHERE r.actor_id = $1 AND r.op_id = o.op_id OFFSET 0) r
        "#,
        actor.user.0,
        &clients,
        &places,
        &operations,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// Reads shares, feed numbers and receipts again, now that the places are locked: brings `known` up to date.
pub async fn read_under_locks(tx: &mut Tx, actor: Actor, known: &mut Known, op_ids: &[OpId]) -> Result<(), Error> {
    let owners: Vec<Uuid> = known.readings.iter().map(|r| r.owner.0).collect();
    let places: Vec<Uuid> = known.readings.iter().map(|r| r.id.0).collect();
    let operations: Vec<Uuid> = op_ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"
        SELECT k.id AS "id?", k.owner_id AS "owner_id?",
               (SELECT f.seq FROM feed f WHERE f.user_id = $1 AND f.place_id = k.id) AS "seq?",
               s.role AS "role?", s.created_at AS "shared_at?",
               NULL::uuid AS "op_id?", NULL::bytea AS "payload_hash?", NULL::bigint AS "version?"
        FROM unnest($2::uuid[], $3::uuid[]) AS k (owner_id, id)
        LEFT JOIN LATERAL (
            SELECT s.role, s.created_at FROM place_shares s
            WHERE k.owner_id <> $1 AND s.owner_id = k.owner_id AND s.place_id = k.id AND s.recipient_id = $1
              AND s.suspended_at IS NULL OFFSET 0) s ON true
        UNION ALL
        SELECT r.place_id, r.owner_id, NULL, NULL, NULL, r.op_id, r.payload_hash, r.version
        FROM unnest($4::uuid[]) AS o (op_id) CROSS JOIN LATERAL (
            SELECT r.* FROM op_receipts r WHERE r.actor_id = $1 AND r.op_id = o.op_id OFFSET 0) r
        "#,
        actor.user.0,
        &owners,
        &places,
        &operations,
    )
    .fetch_all(&mut **tx)
    .await?;

    let mut positions: HashMap<Uuid, usize> = HashMap::with_capacity(places.len());
    positions.extend(places.iter().enumerate().map(|(index, id)| (*id, index)));
    for row in rows {
        let (Some(owner), Some(id)) = (row.owner_id, row.id) else { return Err(Error::Corrupt("reading")) };
        if let Some(op_id) = row.op_id {
            let receipt = Receipt::from_columns(row.payload_hash, owner, id, row.version)?;
            known.receipts.insert(OpId(op_id), receipt);
        } else if let Some(index) = positions.get(&id) {
            let reading = &mut known.readings[*index];
            reading.seq = row.seq.unwrap_or(0);
            reading.share = share(row.role, row.shared_at)?;
        }
    }
    Ok(())
}
