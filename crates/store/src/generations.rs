//! The server's own state: epoch, secret, generations. Nothing personal.

use holdfast_contract::Timestamp;
use uuid::Uuid;

use crate::{Error, Tx};

/// What authenticates cursors, the same for every process of this server.
pub async fn secret(tx: &mut Tx) -> Result<[u8; 32], Error> {
    let secret = sqlx::query_scalar!("SELECT secret FROM server_state").fetch_one(&mut **tx).await?;
    secret.try_into().map_err(|_| Error::Corrupt("secret"))
}

/// The epoch of the database.
pub async fn epoch(tx: &mut Tx) -> Result<Uuid, Error> {
    Ok(sqlx::query_scalar!("SELECT epoch FROM server_state").fetch_one(&mut **tx).await?)
}

/// Replaces the epoch, if it still is `old`: whoever comes second finds it done. Returns whether it was replaced.
pub async fn rotate_epoch(tx: &mut Tx, old: Uuid, new: Uuid) -> Result<bool, Error> {
    let done = sqlx::query!("UPDATE server_state SET epoch = $2 WHERE epoch = $1", old, new).execute(&mut **tx).await?;
    Ok(done.rows_affected() == 1)
}

/// Makes `generation` the newest.
pub async fn insert(tx: &mut Tx, generation: Uuid, now: Timestamp) -> Result<(), Error> {
    sqlx::query!(
        "INSERT INTO server_generations (generation, created_at) VALUES ($1, $2)",
        generation,
        now.to_chrono()
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Drops generations from before `before`. Returns how many.
pub async fn prune(tx: &mut Tx, before: Timestamp) -> Result<u64, Error> {
    let done = sqlx::query!(
        "DELETE FROM server_generations WHERE created_at < $1
         AND number < (SELECT max(number) FROM server_generations)",
        before.to_chrono()
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}
