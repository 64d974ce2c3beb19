//! Writing what a batch comes to: places, history, receipts and everybody's feeds in one statement.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use holdfast_contract::rules::Field;
use holdfast_contract::{AccountId, OpId, PlaceId, Timestamp};
use uuid::Uuid;

use super::columns::{HistoryColumns, PlaceColumns, ReceiptColumns};
use super::offers::{self, GivenBack};
use crate::receipts::Receipt;
use crate::{Actor, Error, Pool, StoredPlace, Tx};

/// Everything a batch writes.
#[derive(Debug, Default)]
pub struct Writes {
    /// The places as they are afterwards.
    pub places: Vec<PlaceWrite>,
    /// The versions that were replaced.
    pub history: Vec<Superseded>,
    /// What was done.
    pub receipts: Vec<(OpId, Receipt, &'static str)>,
    /// What a device gave back, by place.
    pub given_back: HashMap<PlaceId, GivenBack>,
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

impl PlaceWrite {
    /// Whether it is a new place as its capture left it.
    fn is_new(&self) -> bool {
        self.base_version == 0 && self.place.version == 1 && self.place.deleted_at.is_none()
    }
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

/// Writes it all in one statement: places, history and receipts, and, under the locks of the feed heads, everybody's feeds.
/// What was given back takes one more. Checks the plan's limit ([`Error::PlanLimit`]).
///
/// Feed heads are locked before new rows are inserted: two inserts of one capture meet at their owner's head, and the
/// second finds the first one's row when it goes on ([`Error::Race`]).
pub async fn write(tx: &mut Tx, actor: Actor, writes: &Writes, now: Timestamp) -> Result<Vec<Published>, Error> {
    let only_new =
        writes.history.is_empty() && writes.given_back.is_empty() && writes.places.iter().all(PlaceWrite::is_new);
    let places = PlaceColumns::of(&writes.places);
    let receipts = ReceiptColumns::of(&writes.receipts);
    if only_new {
        let first = write_new(tx, actor, &places, &receipts, now).await?;
        let number = |(seq, write): (i64, &PlaceWrite)| Published { reader: actor.user, place: write.place.id, seq };
        return Ok((first..).zip(&writes.places).map(number).collect());
    }
    let history = HistoryColumns::of(&writes.history);
    let rows = write_changes(tx, actor, &places, &history, &receipts, writes.live_delta, now).await?;
    if !writes.given_back.is_empty() {
        offers::remember(tx, actor, &writes.given_back).await?;
    }
    let expected = writes.places.iter().filter(|w| w.base_version > 0).count();
    let mut published = Vec::with_capacity(rows.len());
    for row in rows {
        // The rows are locked: anything else is a defect, and must not be committed.
        if usize::try_from(row.changed) != Ok(expected) {
            return Err(Error::Corrupt("number of changed places"));
        }
        if let (Some(reader), Some(place), Some(seq)) = (row.reader_id, row.published_id, row.number) {
            published.push(Published { reader: AccountId(reader), place: PlaceId(place), seq });
        }
    }
    Ok(published)
}

/// The usual batch: nothing but new places of the actor's. Returns the number of the first in the actor's feed; the others
/// follow in order.
async fn write_new(
    tx: &mut Tx,
    actor: Actor,
    p: &PlaceColumns<'_>,
    r: &ReceiptColumns<'_>,
    now: Timestamp,
) -> Result<i64, Error> {
    let first = sqlx::query_scalar!(
        r#"
        WITH inserted AS (
            INSERT INTO places (owner_id, id, client_id, version, name, note, latitude, longitude, accuracy, altitude,
                                category, tags, captured_at, source, position_source, created_at, updated_at)
            SELECT $1, id, client_id, 1, name, note, latitude, longitude, accuracy, altitude,
                   category, string_to_array(tags, E'\x1f'), captured_at, source, position_source, $2, $2
            FROM unnest(
                $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::float8[], $8::float8[], $9::float8[], $10::float8[],
                $11::text[], $12::text[], $13::timestamptz[], $14::text[], $15::text[]
            ) AS t (id, client_id, name, note, latitude, longitude, accuracy, altitude, category, tags, captured_at,
                    source, position_source)
        ), receipted AS (
            INSERT INTO op_receipts (actor_id, op_id, payload_hash, kind, owner_id, place_id, version, created_at)
            SELECT $1, t.op_id, t.payload_hash, t.kind, t.owner_id, t.place_id, t.version, $2
            FROM unnest($16::uuid[], $17::bytea[], $18::text[], $19::uuid[], $20::uuid[], $21::bigint[])
                AS t (op_id, payload_hash, kind, owner_id, place_id, version)
        )
        SELECT feed_publish_new($3::uuid[], $2) AS "first!"
        "#,
        actor.user.0,
        now.to_chrono(),
        &p.id,
        &p.client,
        &p.name as &[Option<&str>],
        &p.note as &[Option<&str>],
        &p.latitude as &[Option<f64>],
        &p.longitude as &[Option<f64>],
        &p.accuracy as &[Option<f64>],
        &p.altitude as &[Option<f64>],
        &p.category as &[Option<&str>],
        &p.tags,
        &p.captured_at as &[Option<DateTime<Utc>>],
        &p.source as &[Option<&str>],
        &p.position_source as &[Option<&str>],
        &r.op_id,
        &r.hash as &[&[u8]],
        &r.kind as &[&str],
        &r.owner,
        &r.place,
        &r.version,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(first)
}

/// As [`write`], for a few new places of the actor's and nothing else, in one statement that is a transaction of its own:
/// one round trip. Checks device and epoch as [`Pool::begin_as_in_epoch`] does. [`Error::Race`] where a capture or an
/// operation is known already.
///
/// On an error of the connection it is not known whether it has happened. Done again, the same is known then.
pub async fn create_places(
    pool: &Pool,
    actor: Actor,
    epoch: Option<Uuid>,
    writes: &Writes,
    now: Timestamp,
) -> Result<Vec<Published>, Error> {
    let (places, receipts) = (PlaceColumns::of(&writes.places), ReceiptColumns::of(&writes.receipts));
    let mut dead = 0;
    loop {
        let (mut alone, used_before) = pool.without_transaction(actor).await?;
        match create_alone(&mut alone, actor, epoch, &places, &receipts, now).await {
            Ok(first) => {
                alone.give_back();
                let number = |(seq, w): (i64, &PlaceWrite)| Published { reader: actor.user, place: w.place.id, seq };
                return Ok((first..).zip(&writes.places).map(number).collect());
            }
            Err(error) if error.connection_is_lost() => {
                if !used_before || dead >= pool.dead_at_most() {
                    return Err(error);
                }
                dead += 1;
            }
            Err(error) => {
                // The statement was a transaction of its own, and is rolled back.
                alone.give_back();
                return Err(error);
            }
        }
    }
}

async fn create_alone(
    alone: &mut Tx,
    actor: Actor,
    epoch: Option<Uuid>,
    p: &PlaceColumns<'_>,
    r: &ReceiptColumns<'_>,
    now: Timestamp,
) -> Result<i64, Error> {
    let first = sqlx::query_scalar!(
        r#"SELECT places_create($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
           AS "first!""#,
        actor.user.0,
        actor.device.0,
        epoch as Option<Uuid>,
        now.to_chrono(),
        &p.id,
        &p.client,
        &p.name as &[Option<&str>],
        &p.note as &[Option<&str>],
        &p.latitude as &[Option<f64>],
        &p.longitude as &[Option<f64>],
        &p.accuracy as &[Option<f64>],
        &p.altitude as &[Option<f64>],
        &p.category as &[Option<&str>],
        &p.tags,
        &p.captured_at as &[Option<DateTime<Utc>>],
        &p.source as &[Option<&str>],
        &p.position_source as &[Option<&str>],
        &r.op_id,
        &r.hash as &[&[u8]],
    )
    .fetch_one(&mut **alone)
    .await?;
    Ok(first)
}

/// How many places were changed, and a number in somebody's feed.
struct WrittenRow {
    changed: i64,
    reader_id: Option<Uuid>,
    published_id: Option<Uuid>,
    number: Option<i64>,
}

/// Any batch.
async fn write_changes(
    tx: &mut Tx,
    actor: Actor,
    p: &PlaceColumns<'_>,
    h: &HistoryColumns<'_>,
    r: &ReceiptColumns<'_>,
    live_delta: i64,
    now: Timestamp,
) -> Result<Vec<WrittenRow>, Error> {
    let rows = sqlx::query_as!(
        WrittenRow,
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
        ), changed AS (
            UPDATE places p
            SET version = t.version, name = t.name, note = t.note, latitude = t.latitude, longitude = t.longitude,
                accuracy = t.accuracy, altitude = t.altitude, category = t.category,
                tags = string_to_array(t.tags, E'\x1f'), position_source = t.position_source,
                updated_at = greatest(p.updated_at, $2), deleted_at = t.deleted_at
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
            SELECT count(*) AS changed FROM changed
        )
        SELECT done.changed AS "changed!", f.reader_id AS "reader_id?", f.published_id AS "published_id?",
               f.number AS "number?"
        FROM done LEFT JOIN LATERAL
            feed_publish($43::uuid[], $44::uuid[], $45::smallint[], $46, $2) f ON true
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
        &p.captured_at as &[Option<DateTime<Utc>>],
        &p.source as &[Option<&str>],
        &p.position_source as &[Option<&str>],
        &p.deleted_at as &[Option<DateTime<Utc>>],
        &p.purged_at as &[Option<DateTime<Utc>>],
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
        &h.places.deleted_at as &[Option<DateTime<Utc>>],
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
        live_delta,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}
