//! A person's feed: what changed for them, in order.

use holdfast_contract::sync::PlanLimits;
use holdfast_contract::{AccountId, PlaceId, Timestamp};
use uuid::Uuid;

use crate::row::{place_row, share};
use crate::{Actor, Error, Reading, Tx};

/// A page of a feed with everything that must come from the same snapshot.
#[derive(Debug)]
pub struct Page {
    /// The epoch of the database.
    pub epoch: Uuid,
    /// The newest generation; what the next cursor names.
    pub generation: Uuid,
    /// The oldest generation that is kept.
    pub oldest_generation: Uuid,
    /// Whether the cursor's generation is known here.
    pub generation_known: bool,
    /// Whether the cursor's entry is here, with that number or a later one, or may have been dropped.
    pub entry_known: bool,
    /// Whether the cursor's receipt is here.
    pub receipt_known: bool,
    /// Those of the witness's generations that are not known here.
    pub unknown: Vec<Uuid>,
    /// Whether all the witness's receipts are here.
    pub receipts_known: bool,
    /// The newest number of the feed.
    pub head: i64,
    /// Entries up to this number may be missing.
    pub horizon: i64,
    /// What the plan allows and what is used.
    pub limits: PlanLimits,
    /// The entries, in order.
    pub readings: Vec<Reading>,
}

/// What a database must know if it has not gone back behind what somebody was told.
#[derive(Clone, Debug, Default)]
pub struct Expected<'a> {
    /// A cursor's generation.
    pub generation: Uuid,
    /// An entry of the feed.
    pub entry: Option<ExpectedEntry>,
    /// An operation of the actor's that was confirmed.
    pub receipt: Option<Uuid>,
    /// A witness's generations.
    pub generations: &'a [Uuid],
    /// A witness's operations.
    pub receipts: &'a [Uuid],
}

/// An entry of the feed, as somebody read it.
#[derive(Clone, Copy, Debug)]
pub struct ExpectedEntry {
    /// The place.
    pub place: PlaceId,
    /// Its number.
    pub seq: i64,
    /// The version of the place; 0 where it was gone.
    pub version: i64,
    /// When that version was made. One of the same number that was made later is another.
    pub updated_at: Timestamp,
}

/// Reads up to `limit` entries behind `after`, joined with what the actor may see today, and says what of the expected is
/// known.
pub async fn read_page(
    tx: &mut Tx,
    actor: Actor,
    after: i64,
    expected: &Expected<'_>,
    limit: i64,
) -> Result<Page, Error> {
    // OFFSET 0 keeps the planner from joining by reading all of an owner's places for every page.
    let rows = sqlx::query!(
        r#"
        WITH head AS (
            SELECT h.seq, h.horizon, h.live_places, h.media_bytes, pl.places_max, pl.media_bytes_max, st.epoch,
                   (SELECT g.generation FROM server_generations g ORDER BY g.number DESC LIMIT 1) AS generation,
                   (SELECT g.generation FROM server_generations g ORDER BY g.number LIMIT 1) AS oldest_generation,
                   EXISTS (SELECT FROM server_generations g WHERE g.generation = $3) AS generation_known,
                   ARRAY(SELECT w.generation FROM unnest($5::uuid[]) AS w (generation) WHERE NOT EXISTS (
                       SELECT FROM server_generations g WHERE g.generation = w.generation)) AS unknown,
                   $7 <= h.horizon OR EXISTS (
                       SELECT FROM feed f WHERE f.user_id = $1 AND f.place_id = $6 AND f.seq >= $7
                         AND NOT EXISTS (
                             SELECT FROM places p WHERE p.owner_id = f.owner_id AND p.id = f.place_id
                               AND (p.version < $10 OR $11 < CASE WHEN p.version = $10 THEN p.updated_at ELSE coalesce(
                                   (SELECT v.changed_at FROM place_history v
                                    WHERE v.owner_id = p.owner_id AND v.place_id = p.id AND v.version < $10
                                    ORDER BY v.version DESC LIMIT 1), p.created_at) END)
                               AND $10 > 0)) AS entry_known,
                   $8::uuid IS NULL OR EXISTS (
                       SELECT FROM op_receipts r WHERE r.actor_id = $1 AND r.op_id = $8) AS receipt_known,
                   NOT EXISTS (SELECT FROM unnest($9::uuid[]) AS o (op_id) WHERE NOT EXISTS (
                       SELECT FROM op_receipts r WHERE r.actor_id = $1 AND r.op_id = o.op_id)) AS receipts_known
            FROM feed_heads h JOIN users u ON u.id = h.user_id JOIN plans pl ON pl.id = u.plan_id
            CROSS JOIN server_state st
            WHERE h.user_id = $1
        ), entry AS (
            SELECT f.seq, f.place_id, f.owner_id FROM feed f
            WHERE f.user_id = $1 AND f.seq > $2 ORDER BY f.seq LIMIT $4
        )
        SELECT head.epoch, head.generation AS "generation?", head.oldest_generation AS "oldest_generation?",
               head.generation_known AS "generation_known!",
               head.unknown AS "unknown!", head.entry_known AS "entry_known!", head.receipt_known AS "receipt_known!",
               head.receipts_known AS "receipts_known!",
               head.seq AS head, head.horizon, head.live_places, head.media_bytes,
               head.places_max AS "places_max?", head.media_bytes_max AS "media_bytes_max?",
               e.seq AS "seq?", e.place_id AS "id?", e.owner_id AS "owner_id?",
               p.client_id AS "client_id?", p.version AS "version?", p.name AS "name?", p.note AS "note?",
               p.latitude AS "latitude?", p.longitude AS "longitude?", p.accuracy AS "accuracy?",
               p.altitude AS "altitude?", p.category AS "category?", p.tags AS "tags?",
               p.captured_at AS "captured_at?", p.source AS "source?", p.position_source AS "position_source?",
               p.created_at AS "created_at?", p.updated_at AS "updated_at?", p.deleted_at AS "deleted_at?",
               p.purged_at AS "purged_at?",
               s.role AS "role?", s.created_at AS "shared_at?"
        FROM head
        LEFT JOIN entry e ON true
        LEFT JOIN LATERAL (
            SELECT p.* FROM places p WHERE p.owner_id = e.owner_id AND p.id = e.place_id OFFSET 0
        ) p ON true
        LEFT JOIN LATERAL (
            SELECT s.role, s.created_at FROM place_shares s
            WHERE e.owner_id <> $1 AND s.owner_id = e.owner_id AND s.place_id = e.place_id
              AND s.recipient_id = $1 AND s.suspended_at IS NULL OFFSET 0
        ) s ON true
        ORDER BY e.seq
        "#,
        actor.user.0,
        after,
        expected.generation,
        limit,
        expected.generations,
        expected.entry.map_or(Uuid::nil(), |entry| entry.place.0),
        // An entry without a number is expected nowhere.
        expected.entry.map_or(0, |entry| entry.seq),
        expected.receipt as Option<Uuid>,
        expected.receipts,
        expected.entry.map_or(0, |entry| entry.version),
        expected.entry.map_or(Timestamp::EPOCH, |entry| entry.updated_at).to_chrono(),
    )
    .fetch_all(&mut **tx)
    .await?;

    let first = rows.first().ok_or(Error::Corrupt("account without a feed head"))?;
    let mut page = Page {
        epoch: first.epoch,
        generation: first.generation.ok_or(Error::Corrupt("server without a generation"))?,
        oldest_generation: first.oldest_generation.ok_or(Error::Corrupt("server without a generation"))?,
        generation_known: first.generation_known,
        entry_known: first.entry_known,
        receipt_known: first.receipt_known,
        receipts_known: first.receipts_known,
        unknown: first.unknown.clone(),
        head: first.head,
        horizon: first.horizon,
        limits: PlanLimits {
            places_max: first.places_max,
            places_used: first.live_places,
            media_bytes_max: first.media_bytes_max,
            media_bytes_used: first.media_bytes,
        },
        readings: Vec::with_capacity(rows.len()),
    };
    for row in rows {
        let (Some(seq), Some(id), Some(owner)) = (row.seq, row.id, row.owner_id) else { continue };
        page.readings.push(Reading {
            owner: AccountId(owner),
            id: PlaceId(id),
            seq,
            share: share(row.role, row.shared_at)?,
            place: place_row!(row).place()?,
        });
    }
    Ok(page)
}

/// Drops at most `limit` entries that have been gone since before `before`, of everybody, and moves the horizons past
/// them. Returns how many.
pub async fn prune(tx: &mut Tx, before: Timestamp, limit: i32) -> Result<i64, Error> {
    let dropped = sqlx::query_scalar!(r#"SELECT feed_prune($1, $2) AS "dropped!""#, before.to_chrono(), limit)
        .fetch_one(&mut **tx)
        .await?;
    Ok(dropped)
}
