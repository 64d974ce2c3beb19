//! Feed heads: the newest number and the counts of each user.

use holdfast_contract::sync::PlanLimits;
use holdfast_contract::{AccountId, DeviceId};
use uuid::Uuid;

use crate::{Actor, Error, Reading, Tx};

/// Locks the heads of everybody who reads these places, and says how many more live places the actor's plan allows: `None`
/// is no limit, less than nothing is possible. Taken after the locks of the places.
pub async fn lock_room(tx: &mut Tx, _actor: Actor, places: &[Reading]) -> Result<Option<i64>, Error> {
    let owners: Vec<Uuid> = places.iter().map(|p| p.owner.0).collect();
    let places: Vec<Uuid> = places.iter().map(|p| p.id.0).collect();
    let row = sqlx::query!(
        r#"SELECT live_places AS "live_places!", places_max FROM feed_heads_lock($1::uuid[], $2::uuid[])"#,
        &owners,
        &places
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(row.places_max.map(|max| max - row.live_places))
}

/// What the actor's plan allows and what is used.
pub async fn limits(tx: &mut Tx, actor: Actor) -> Result<PlanLimits, Error> {
    let row = sqlx::query!(
        r#"SELECT h.live_places, h.media_bytes, p.places_max AS "places_max?", p.media_bytes_max AS "media_bytes_max?"
           FROM feed_heads h JOIN users u ON u.id = h.user_id JOIN plans p ON p.id = u.plan_id
           WHERE h.user_id = $1"#,
        actor.user.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(PlanLimits {
        places_max: row.places_max,
        places_used: row.live_places,
        media_bytes_max: row.media_bytes_max,
        media_bytes_used: row.media_bytes,
    })
}

/// The newest number of the actor's feed.
pub async fn head(tx: &mut Tx, actor: Actor) -> Result<i64, Error> {
    let seq =
        sqlx::query_scalar!("SELECT seq FROM feed_heads WHERE user_id = $1", actor.user.0).fetch_one(&mut **tx).await?;
    Ok(seq)
}

/// The newest number of the feed for each of these connected devices that still is alive, in one query.
pub async fn live(tx: &mut Tx, connected: &[Actor]) -> Result<Vec<(Actor, i64)>, Error> {
    let users: Vec<Uuid> = connected.iter().map(|a| a.user.0).collect();
    let devices: Vec<Uuid> = connected.iter().map(|a| a.device.0).collect();
    let rows = sqlx::query!(
        r#"SELECT live_user AS "user!", live_device AS "device!", number AS "number!"
           FROM live_heads($1::uuid[], $2::uuid[])"#,
        &users,
        &devices,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|r| (Actor { user: AccountId(r.user), device: DeviceId(r.device) }, r.number)).collect())
}
