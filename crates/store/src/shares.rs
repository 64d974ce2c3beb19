//! Who else may see a place. A share changes only under the place's row lock.

use holdfast_contract::share::GivenShare;
use holdfast_contract::{AccountId, PlaceId, Role, Timestamp};

use crate::batch::Published;
use crate::row::{text, word};
use crate::{Actor, Error, Tx};

/// Locks one of the actor's own places. `None` where there is none that is not purged.
pub async fn lock_place(tx: &mut Tx, actor: Actor, place: PlaceId) -> Result<Option<PlaceId>, Error> {
    let id = sqlx::query_scalar!(
        "SELECT id FROM places WHERE owner_id = $1 AND id = $2 AND purged_at IS NULL FOR NO KEY UPDATE",
        actor.user.0,
        place.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(id.map(PlaceId))
}

/// Gives `recipient` this role on one of the actor's own places, and keeps the time at which the share began. Returns
/// whether anything changed. The caller holds the place's lock.
pub async fn upsert(
    tx: &mut Tx,
    actor: Actor,
    place: PlaceId,
    recipient: AccountId,
    role: Role,
    now: Timestamp,
) -> Result<bool, Error> {
    let done = sqlx::query!(
        "INSERT INTO place_shares AS s (owner_id, place_id, recipient_id, role, created_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (owner_id, place_id, recipient_id) DO UPDATE SET role = EXCLUDED.role, suspended_at = NULL
         WHERE s.role <> EXCLUDED.role OR s.suspended_at IS NOT NULL",
        actor.user.0,
        place.0,
        recipient.0,
        role.as_str(),
        now.to_chrono(),
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes a share back. Returns whether there was one. The caller holds the place's lock.
pub async fn delete(tx: &mut Tx, actor: Actor, place: PlaceId, recipient: AccountId) -> Result<bool, Error> {
    let done = sqlx::query!(
        "DELETE FROM place_shares WHERE owner_id = $1 AND place_id = $2 AND recipient_id = $3",
        actor.user.0,
        place.0,
        recipient.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// What the actor shows to others, at most `limit`: what waits for a word of theirs first, then the newest.
pub async fn given(tx: &mut Tx, _actor: Actor, limit: i64) -> Result<Vec<GivenShare>, Error> {
    let rows = sqlx::query!(
        r#"SELECT place_id AS "place_id!", place_name, recipient_id AS "recipient_id!", recipient_email AS "recipient!",
                  role AS "role!", shared_at AS "shared_at!", suspended AS "suspended!"
           FROM shares_given($1)"#,
        limit
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(GivenShare {
                place_id: PlaceId(row.place_id),
                place_name: text(row.place_name)?,
                recipient_id: AccountId(row.recipient_id),
                recipient: row.recipient,
                role: word(Some(row.role))?,
                shared_at: Timestamp::from(row.shared_at),
                suspended: row.suspended,
            })
        })
        .collect()
}

/// Lets a suspended share show again what it showed. Returns whether it was suspended. The caller holds the place's lock.
pub async fn confirm(tx: &mut Tx, actor: Actor, place: PlaceId, recipient: AccountId) -> Result<bool, Error> {
    let done = sqlx::query!(
        "UPDATE place_shares SET suspended_at = NULL
         WHERE owner_id = $1 AND place_id = $2 AND recipient_id = $3 AND suspended_at IS NOT NULL",
        actor.user.0,
        place.0,
        recipient.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Tells the recipient's feed that a place of the actor's became visible or invisible for them.
pub async fn publish(
    tx: &mut Tx,
    _actor: Actor,
    place: PlaceId,
    recipient: AccountId,
    now: Timestamp,
) -> Result<Vec<Published>, Error> {
    let rows = sqlx::query!(
        r#"SELECT reader_id AS "reader!", published_id AS "place!", number AS "seq!"
           FROM feed_publish_share($1, $2, $3)"#,
        place.0,
        recipient.0,
        now.to_chrono(),
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Published { reader: AccountId(r.reader), place: PlaceId(r.place), seq: r.seq })
        .collect())
}
