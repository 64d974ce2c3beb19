//! Scrubbing what has been in the trash for long enough. The row stays as a tombstone.

use std::collections::BTreeMap;

use holdfast_contract::{AccountId, PlaceId, Timestamp};
use uuid::Uuid;

use crate::batch::Published;
use crate::{Error, Tx};

/// Where a walk through the trash of everybody has got to.
pub type Position = (Timestamp, PlaceId);

/// Where it begins.
pub const START: Position = (Timestamp::EPOCH, PlaceId(Uuid::nil()));

/// At most `limit` places of everybody that have been in the trash since before `before`, behind `after`: ids only, by
/// owner; and where to go on, unless there are none.
pub async fn due(
    tx: &mut Tx,
    before: Timestamp,
    after: Position,
    limit: i32,
) -> Result<(BTreeMap<AccountId, Vec<PlaceId>>, Option<Position>), Error> {
    let rows = sqlx::query!(
        r#"SELECT place_owner AS "owner!", place_id AS "place!", trashed_at AS "trashed_at!"
           FROM places_to_purge($1, $2, $3, $4)"#,
        before.to_chrono(),
        after.0.to_chrono(),
        after.1.0,
        limit
    )
    .fetch_all(&mut **tx)
    .await?;
    let next = rows.last().map(|row| (Timestamp::from(row.trashed_at), PlaceId(row.place)));
    let mut due = BTreeMap::<_, Vec<_>>::new();
    for row in rows {
        due.entry(AccountId(row.owner)).or_default().push(PlaceId(row.place));
    }
    Ok((due, next))
}

/// Scrubs those of these places that still are due, in a transaction that acts for their owner: every personal field,
/// history and shares go; id, owner, capture and the server's times stay; feeds say "gone" under a new number.
pub async fn scrub(
    tx: &mut Tx,
    owner: AccountId,
    places: &[PlaceId],
    before: Timestamp,
    now: Timestamp,
) -> Result<Vec<Published>, Error> {
    let ids: Vec<Uuid> = places.iter().map(|p| p.0).collect();
    let due: Vec<Uuid> = sqlx::query_scalar!(
        "SELECT id FROM places
         WHERE owner_id = $1 AND id = ANY ($2::uuid[]) AND deleted_at < $3 AND purged_at IS NULL
         ORDER BY id FOR NO KEY UPDATE",
        owner.0,
        &ids,
        before.to_chrono(),
    )
    .fetch_all(&mut **tx)
    .await?;
    if due.is_empty() {
        return Ok(Vec::new());
    }
    // feed_publish comes before the shares go: whoever shared them is told as well.
    let rows = sqlx::query!(
        r#"
        WITH scrubbed AS (
            UPDATE places
            SET version = version + 1, name = NULL, note = NULL, latitude = NULL, longitude = NULL, accuracy = NULL,
                altitude = NULL, category = NULL, tags = '{}', captured_at = NULL, source = NULL,
                position_source = NULL, updated_at = $3, purged_at = $3
            WHERE owner_id = $1 AND id = ANY ($2::uuid[])
        ), forgotten AS (
            DELETE FROM place_history WHERE owner_id = $1 AND place_id = ANY ($2::uuid[])
        )
        SELECT f.reader_id AS "reader!", f.published_id AS "place!", f.number AS "seq!"
        FROM feed_publish(
            array_fill($1, ARRAY[cardinality($2::uuid[])]), $2::uuid[],
            array_fill(2::smallint, ARRAY[cardinality($2::uuid[])]), 0, $3) f
        "#,
        owner.0,
        &due,
        now.to_chrono(),
    )
    .fetch_all(&mut **tx)
    .await?;
    sqlx::query!("DELETE FROM place_shares WHERE owner_id = $1 AND place_id = ANY ($2::uuid[])", owner.0, &due)
        .execute(&mut **tx)
        .await?;
    Ok(rows
        .into_iter()
        .map(|r| Published { reader: AccountId(r.reader), place: PlaceId(r.place), seq: r.seq })
        .collect())
}
