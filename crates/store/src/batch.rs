//! The write path: lock what a batch names, read it again under the locks where needed, write everything at once.
//!
//! Each function is one round trip however many operations there are.

mod columns;

use std::collections::HashMap;

use holdfast_contract::rules::Field;
use holdfast_contract::{AccountId, ClientId, OpId, PlaceId, Timestamp};
use uuid::Uuid;

use crate::receipts::Receipt;
use crate::row::{place_row, share};
use crate::{Actor, Error, Reading, StoredPlace, Tx};
use columns::{HistoryColumns, PlaceColumns, ReceiptColumns};

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
}

/// Resolves what a batch names, locks the places in the order of (owner, id), and reads them and the receipts.
///
/// The places are as they are under the lock. Everything else is as it was when the statement began, which may be before
/// it waited for a lock: shares, receipts and feed numbers must be read [again](read_under_locks) before anything is
/// decided by them. Readings carry no share.
pub async fn lock_named(tx: &mut Tx, actor: Actor, named: &Named) -> Result<Known, Error> {
    let clients: Vec<Uuid> = named.client_ids.iter().map(|id| id.0).collect();
    let places: Vec<Uuid> = named.place_ids.iter().map(|id| id.0).collect();
    let operations: Vec<Uuid> = named.op_ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"
        WITH found AS (
            SELECT p.owner_id, p.id FROM places p WHERE p.owner_id = $1 AND p.client_id = ANY ($2::uuid[])
            UNION
            SELECT p.owner_id, p.id FROM places p WHERE p.owner_id = $1 AND p.id = ANY ($3::uuid[])
            UNION
            SELECT f.owner_id, f.place_id FROM feed f WHERE f.user_id = $1 AND f.place_id = ANY ($3::uuid[])
        ), locked AS MATERIALIZED (
            SELECT p.*
            FROM places p JOIN found ON p.owner_id = found.owner_id AND p.id = found.id
            ORDER BY p.owner_id, p.id
            FOR NO KEY UPDATE OF p
        )
        SELECT found.owner_id AS "owner_id?", found.id AS "id?", f.seq AS "seq?",
               l.client_id AS "client_id?", l.version AS "version?", l.name AS "name?", l.note AS "note?",
               l.latitude AS "latitude?", l.longitude AS "longitude?", l.accuracy AS "accuracy?",
               l.altitude AS "altitude?", l.category AS "category?", l.tags AS "tags?",
               l.captured_at AS "captured_at?", l.source AS "source?", l.position_source AS "position_source?",
               l.created_at AS "created_at?", l.updated_at AS "updated_at?", l.deleted_at AS "deleted_at?",
               l.purged_at AS "purged_at?",
               NULL::uuid AS "op_id?", NULL::bytea AS "payload_hash?"
        FROM found
        LEFT JOIN locked l ON l.owner_id = found.owner_id AND l.id = found.id
        LEFT JOIN feed f ON f.user_id = $1 AND f.place_id = found.id
        UNION ALL
        SELECT r.owner_id, r.place_id, NULL, NULL, r.version, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
               NULL, NULL, NULL, NULL, NULL, NULL, r.op_id, r.payload_hash
        FROM op_receipts r WHERE r.actor_id = $1 AND r.op_id = ANY ($4::uuid[])
        "#,
        actor.user.0,
        &clients,
        &places,
        &operations,
    )
    .fetch_all(&mut **tx)
    .await?;

    let mut known = Known::default();
    for row in rows {
        let (Some(owner), Some(id)) = (row.owner_id, row.id) else { return Err(Error::Corrupt("reading")) };
        if let Some(op_id) = row.op_id {
            let receipt = Receipt::from_columns(row.payload_hash, owner, id, row.version)?;
            known.receipts.insert(OpId(op_id), receipt);
        } else {
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

/// Reads shares, feed numbers and receipts again, now that the places are locked: brings `known` up to date.
pub async fn read_under_locks(tx: &mut Tx, actor: Actor, known: &mut Known, op_ids: &[OpId]) -> Result<(), Error> {
    let owners: Vec<Uuid> = known.readings.iter().map(|r| r.owner.0).collect();
    let places: Vec<Uuid> = known.readings.iter().map(|r| r.id.0).collect();
    let operations: Vec<Uuid> = op_ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"
        SELECT k.id AS "id?", k.owner_id AS "owner_id?", f.seq AS "seq?", s.role AS "role?",
               s.created_at AS "shared_at?", NULL::uuid AS "op_id?", NULL::bytea AS "payload_hash?",
               NULL::bigint AS "version?"
        FROM unnest($2::uuid[], $3::uuid[]) AS k (owner_id, id)
        LEFT JOIN feed f ON f.user_id = $1 AND f.place_id = k.id
        LEFT JOIN place_shares s
            ON s.owner_id = k.owner_id AND s.place_id = k.id AND s.recipient_id = $1 AND s.suspended_at IS NULL
        UNION ALL
        SELECT r.place_id, r.owner_id, NULL, NULL, NULL, r.op_id, r.payload_hash, r.version
        FROM op_receipts r WHERE r.actor_id = $1 AND r.op_id = ANY ($4::uuid[])
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

/// Everything a batch writes.
#[derive(Debug, Default)]
pub struct Writes {
    /// The places as they are afterwards.
    pub places: Vec<PlaceWrite>,
    /// The versions that were replaced.
    pub history: Vec<Superseded>,
    /// What was done.
    pub receipts: Vec<(OpId, Receipt, &'static str)>,
    /// How many more live places the actor has.
    pub live_delta: i64,
}

/// A place to insert or to change.
#[derive(Debug)]
pub struct PlaceWrite {
    /// The place as it is afterwards.
    pub place: StoredPlace,
    /// The version it has in the database now; 0 for a new one.
    pub base_version: i64,
    /// Whether readers' feeds say so. False only for the tombstone of a place that nobody has seen.
    pub publish: bool,
}

/// A version that was replaced.
#[derive(Debug)]
pub struct Superseded {
    /// The place as it was.
    pub place: StoredPlace,
    /// The operation that replaced it.
    pub kind: &'static str,
    /// The fields it changed.
    pub changed: Vec<Field>,
}

/// A number in somebody's feed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Published {
    /// Whose feed.
    pub reader: AccountId,
    /// The place.
    pub place: PlaceId,
    /// Its number there.
    pub seq: i64,
}

/// Writes it all in one statement: places, then history and receipts, then, under the locks of the feed heads, everybody's
/// feeds. Checks the plan's limit ([`Error::PlanLimit`]).
pub async fn write(tx: &mut Tx, actor: Actor, writes: &Writes, now: Timestamp) -> Result<Vec<Published>, Error> {
    let p = PlaceColumns::of(&writes.places);
    let h = HistoryColumns::of(&writes.history);
    let r = ReceiptColumns::of(&writes.receipts);
    let rows = sqlx::query!(
        r#"
        WITH place AS MATERIALIZED (
            SELECT * FROM unnest(
                $3::uuid[], $4::uuid[], $5::uuid[], $6::bigint[], $7::bigint[], $8::text[], $9::text[],
                $10::float8[], $11::float8[], $12::float8[], $13::float8[], $14::text[], $15::text[],
                $16::timestamptz[], $17::text[], $18::text[], $19::timestamptz[], $20::timestamptz[]
            ) AS t (owner_id, id, client_id, base_version, version, name, note, latitude, longitude, accuracy, altitude,
                    category, tags, captured_at, source, position_source, deleted_at, purged_at)
        ), inserted AS (
            INSERT INTO places (owner_id, id, client_id, version, name, note, latitude, longitude, accuracy, altitude,
                                category, tags, captured_at, source, position_source, created_at, updated_at,
                                deleted_at, purged_at)
            SELECT owner_id, id, client_id, version, name, note, latitude, longitude, accuracy, altitude,
                   category, string_to_array(tags, E'\x1f'), captured_at, source, position_source, $2, $2,
                   deleted_at, purged_at
            FROM place WHERE base_version = 0
            ORDER BY client_id
            RETURNING 1
        ), changed AS (
            UPDATE places p
            SET version = t.version, name = t.name, note = t.note, latitude = t.latitude, longitude = t.longitude,
                accuracy = t.accuracy, altitude = t.altitude, category = t.category,
                tags = string_to_array(t.tags, E'\x1f'), position_source = t.position_source,
                updated_at = $2, deleted_at = t.deleted_at
            FROM place t
            WHERE t.base_version > 0
              AND p.owner_id = t.owner_id AND p.id = t.id AND p.version = t.base_version
            RETURNING 1
        ), superseded AS (
            INSERT INTO place_history (owner_id, place_id, version, name, note, latitude, longitude, accuracy, altitude,
                                       category, tags, position_source, deleted_at, kind, changed, changed_at,
                                       actor_id, device_id)
            SELECT t.owner_id, t.place_id, t.version, t.name, t.note, t.latitude, t.longitude, t.accuracy, t.altitude,
                   t.category, string_to_array(t.tags, E'\x1f'), t.position_source, t.deleted_at, t.kind,
                   string_to_array(t.changed, ','), $2, $1, $21
            FROM unnest(
                $22::uuid[], $23::uuid[], $24::bigint[], $25::text[], $26::text[], $27::float8[], $28::float8[],
                $29::float8[], $30::float8[], $31::text[], $32::text[], $33::text[], $34::timestamptz[], $35::text[],
                $36::text[]
            ) AS t (owner_id, place_id, version, name, note, latitude, longitude, accuracy, altitude, category, tags,
                    position_source, deleted_at, kind, changed)
        ), receipted AS (
            INSERT INTO op_receipts (actor_id, op_id, payload_hash, kind, owner_id, place_id, version, created_at)
            SELECT $1, t.op_id, t.payload_hash, t.kind, t.owner_id, t.place_id, t.version, $2
            FROM unnest($37::uuid[], $38::bytea[], $39::text[], $40::uuid[], $41::uuid[], $42::bigint[])
                AS t (op_id, payload_hash, kind, owner_id, place_id, version)
        ), done AS MATERIALIZED (
            SELECT (SELECT count(*) FROM inserted) + (SELECT count(*) FROM changed) AS written
        )
        SELECT done.written AS "written!", f.reader_id AS "reader_id?", f.published_id AS "published_id?",
               f.number AS "number?"
        FROM done LEFT JOIN LATERAL
            feed_publish($43::uuid[], $44::uuid[], $45::smallint[], $46, $2, done.written) f ON true
        "#,
        actor.user.0,
        now.to_chrono(),
        &p.owner,
        &p.id,
        &p.client,
        &p.base_version,
        &p.version,
        &p.name as &[Option<&str>],
        &p.note as &[Option<&str>],
        &p.latitude as &[Option<f64>],
        &p.longitude as &[Option<f64>],
        &p.accuracy as &[Option<f64>],
        &p.altitude as &[Option<f64>],
        &p.category as &[Option<&str>],
        &p.tags,
        &p.captured_at as &[Option<chrono::DateTime<chrono::Utc>>],
        &p.source as &[Option<&str>],
        &p.position_source as &[Option<&str>],
        &p.deleted_at as &[Option<chrono::DateTime<chrono::Utc>>],
        &p.purged_at as &[Option<chrono::DateTime<chrono::Utc>>],
        actor.device.0,
        &h.places.owner,
        &h.places.id,
        &h.places.version,
        &h.places.name as &[Option<&str>],
        &h.places.note as &[Option<&str>],
        &h.places.latitude as &[Option<f64>],
        &h.places.longitude as &[Option<f64>],
        &h.places.accuracy as &[Option<f64>],
        &h.places.altitude as &[Option<f64>],
        &h.places.category as &[Option<&str>],
        &h.places.tags,
        &h.places.position_source as &[Option<&str>],
        &h.places.deleted_at as &[Option<chrono::DateTime<chrono::Utc>>],
        &h.kind as &[&str],
        &h.changed,
        &r.op_id,
        &r.hash as &[&[u8]],
        &r.kind as &[&str],
        &r.owner,
        &r.place,
        &r.version,
        &p.published_owner,
        &p.published_id,
        &p.published_state,
        writes.live_delta,
    )
    .fetch_all(&mut **tx)
    .await?;

    let mut published = Vec::with_capacity(rows.len());
    for row in rows {
        // The rows are locked: anything else is a defect, and must not be committed.
        if usize::try_from(row.written) != Ok(writes.places.len()) {
            return Err(Error::Corrupt("number of written places"));
        }
        if let (Some(reader), Some(place), Some(seq)) = (row.reader_id, row.published_id, row.number) {
            published.push(Published { reader: AccountId(reader), place: PlaceId(place), seq });
        }
    }
    Ok(published)
}
