//! Devices: tokens, pairing codes, the list, revoking.

use holdfast_contract::account::Device;
use holdfast_contract::{AccountId, DeviceId, Timestamp};

use crate::{Actor, Error, Tx};

/// What holds a token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DeviceKind {
    /// An installation that syncs.
    Device,
    /// A session of a browser.
    Browser,
}

impl DeviceKind {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Browser => "browser",
        }
    }
}

/// A device that is being signed in.
#[derive(Clone, Copy)]
pub struct NewDevice<'a> {
    /// Its id.
    pub id: DeviceId,
    /// What it is to the server.
    pub kind: DeviceKind,
    /// What the person calls it.
    pub name: &'a str,
    /// What it is to the person.
    pub platform: &'a str,
    /// SHA-256 of its token.
    pub token_hash: &'a [u8; 32],
}

/// Whose token this is, unless it was revoked.
pub async fn device_of_token(tx: &mut Tx, token_hash: &[u8; 32]) -> Result<Option<Actor>, Error> {
    let row = sqlx::query!(
        r#"SELECT account_id AS "account_id!", device_id AS "device_id!" FROM device_of_token($1)"#,
        token_hash.as_slice(),
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| Actor { user: row.account_id.into(), device: row.device_id.into() }))
}

/// A new pairing code of the actor's. Of all their codes the newest `keep` can be used.
pub async fn add_pairing_code(
    tx: &mut Tx,
    actor: Actor,
    code_hash: &[u8; 32],
    now: Timestamp,
    expires: Timestamp,
    keep: i32,
) -> Result<(), Error> {
    let (now, expires) = (now.to_chrono(), expires.to_chrono());
    let hash = code_hash.as_slice();
    sqlx::query!("SELECT pairing_code_add($1, $2, $3, $4, $5)", actor.device.0, hash, now, expires, keep)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Uses a pairing code up and signs the device in; `None` where the code is unknown, used or too old.
pub async fn use_pairing_code(
    tx: &mut Tx,
    code_hash: &[u8; 32],
    device: NewDevice<'_>,
    now: Timestamp,
) -> Result<Option<AccountId>, Error> {
    let user = sqlx::query_scalar!(
        "SELECT pairing_code_use($1, $2, $3, $4, $5, $6, $7)",
        code_hash.as_slice(),
        now.to_chrono(),
        device.id.0,
        device.kind.as_str(),
        device.name,
        device.platform,
        device.token_hash.as_slice(),
    );
    Ok(user.fetch_one(&mut **tx).await?.map(AccountId::from))
}

/// Drops pairing codes that can't be used any more. Returns how many.
pub async fn prune_pairing_codes(tx: &mut Tx, now: Timestamp) -> Result<i64, Error> {
    let dropped = sqlx::query_scalar!(r#"SELECT pairing_codes_prune($1) AS "dropped!""#, now.to_chrono());
    Ok(dropped.fetch_one(&mut **tx).await?)
}

/// Ends the sessions of browsers that began before `before`, of everybody. Returns how many.
pub async fn expire_sessions(tx: &mut Tx, before: Timestamp, now: Timestamp) -> Result<i64, Error> {
    let (before, now) = (before.to_chrono(), now.to_chrono());
    let ended = sqlx::query_scalar!(r#"SELECT sessions_expire($1, $2) AS "ended!""#, before, now);
    Ok(ended.fetch_one(&mut **tx).await?)
}

/// Drops devices and browsers of everybody that were signed out before `before`. Returns how many.
pub async fn prune(tx: &mut Tx, before: Timestamp) -> Result<i64, Error> {
    let dropped = sqlx::query_scalar!(r#"SELECT devices_prune($1) AS "dropped!""#, before.to_chrono());
    Ok(dropped.fetch_one(&mut **tx).await?)
}

/// The acting user's devices and browsers that are signed in, newest first.
pub async fn list_devices(tx: &mut Tx, actor: Actor) -> Result<Vec<Device>, Error> {
    let rows = sqlx::query!(
        "SELECT id, kind, name, platform, created_at, last_sync_at, pending FROM devices
         WHERE user_id = $1 AND revoked_at IS NULL ORDER BY created_at DESC, id DESC",
        actor.user.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    let devices = rows.into_iter().map(|row| Device {
        id: row.id.into(),
        name: row.name,
        platform: row.platform,
        created_at: row.created_at.into(),
        last_sync_at: row.last_sync_at.map(Timestamp::from),
        pending: row.pending,
        current: row.id == actor.device.0,
        browser: row.kind == DeviceKind::Browser.as_str(),
    });
    Ok(devices.collect())
}

/// Ends what this device of the acting user may do; its token is forgotten, and so is every pairing code of the account: it
/// may have made one for somebody else. False where it is not theirs or has been revoked before.
pub async fn revoke_device(tx: &mut Tx, actor: Actor, device: DeviceId, now: Timestamp) -> Result<bool, Error> {
    let revoked = sqlx::query!(
        "UPDATE devices SET revoked_at = $3, token_hash = NULL WHERE user_id = $1 AND id = $2 AND revoked_at IS NULL",
        actor.user.0,
        device.0,
        now.to_chrono(),
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!("SELECT pairing_codes_end()").execute(&mut **tx).await?;
    Ok(revoked.rows_affected() == 1)
}
