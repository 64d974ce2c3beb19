//! What devices report about themselves.

use holdfast_contract::Timestamp;

use crate::{Actor, Error, Tx};

/// What a device said about its outbox.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Outbox {
    /// Operations that wait.
    pub pending: i64,
    /// Seconds since the oldest was queued, if it said so; else what it had said before stands.
    pub oldest_pending_seconds: Option<i64>,
}

/// Notes that the actor's device was here, and what it said about its outbox, if it did.
pub async fn touch_device(tx: &mut Tx, actor: Actor, now: Timestamp, outbox: Option<Outbox>) -> Result<(), Error> {
    sqlx::query!(
        "UPDATE devices
         SET last_sync_at = $3, pending = coalesce($4, pending),
             oldest_pending_seconds = coalesce($5, oldest_pending_seconds)
         WHERE user_id = $1 AND id = $2",
        actor.user.0,
        actor.device.0,
        now.to_chrono(),
        outbox.map(|o| o.pending),
        outbox.and_then(|o| o.oldest_pending_seconds),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What waits on all devices that were here since `since`, as they last said.
pub async fn pending_everywhere(tx: &mut Tx, since: Timestamp) -> Result<Outbox, Error> {
    let row = sqlx::query!(
        r#"SELECT pending AS "pending!", oldest_seconds AS "oldest!" FROM devices_pending($1)"#,
        since.to_chrono()
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(Outbox { pending: row.pending, oldest_pending_seconds: Some(row.oldest) })
}
