//! Accounts: what is needed to check a password, and an account as its owner sees it.

use holdfast_contract::account::Account;
use holdfast_contract::sync::PlanLimits;
use holdfast_contract::{AccountId, Timestamp};
use uuid::Uuid;

use crate::devices::NewDevice;
use crate::{Actor, Error, Tx};

/// What is needed to check a password.
pub struct Credentials {
    /// Whose it is.
    pub account: AccountId,
    /// The password, hashed; `None`: none was ever set.
    pub password_hash: Option<String>,
    /// Whether the account is suspended.
    pub suspended: bool,
}

/// Of the account with this e-mail address, in whatever case it is written.
pub async fn credentials(tx: &mut Tx, email: &str) -> Result<Option<Credentials>, Error> {
    let row = sqlx::query!(
        r#"SELECT account_id AS "account_id!", account_password_hash, suspended AS "suspended!"
           FROM account_credentials($1)"#,
        email,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| Credentials {
        account: row.account_id.into(),
        password_hash: row.account_password_hash,
        suspended: row.suspended,
    }))
}

/// Signs a device in after the password that belongs to `password_hash` was checked. False where that is no longer the
/// account's password, or the account is gone.
pub async fn sign_in(
    tx: &mut Tx,
    account: AccountId,
    password_hash: &str,
    device: NewDevice<'_>,
    now: Timestamp,
) -> Result<bool, Error> {
    let signed_in = sqlx::query_scalar!(
        r#"SELECT account_sign_in($1, $2, $3, $4, $5, $6, $7, $8) AS "signed_in!""#,
        account.0,
        password_hash,
        now.to_chrono(),
        device.id.0,
        device.kind.as_str(),
        device.name,
        device.platform,
        device.token_hash.as_slice(),
    );
    Ok(signed_in.fetch_one(&mut **tx).await?)
}

/// The acting user's account, and the epoch of the database.
pub async fn account(tx: &mut Tx, actor: Actor) -> Result<(Account, Uuid), Error> {
    let row = sqlx::query!(
        "SELECT u.id, u.email, u.created_at, p.places_max, h.live_places, p.media_bytes_max, h.media_bytes, s.epoch
         FROM users u JOIN plans p ON p.id = u.plan_id JOIN feed_heads h ON h.user_id = u.id, server_state s
         WHERE u.id = $1",
        actor.user.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    let limits = PlanLimits {
        places_max: row.places_max,
        places_used: row.live_places,
        media_bytes_max: row.media_bytes_max,
        media_bytes_used: row.media_bytes,
    };
    let account = Account { id: row.id.into(), email: row.email, created_at: row.created_at.into(), limits };
    Ok((account, row.epoch))
}

/// The actor's password, hashed, to check the current one before it is changed; `None`: none was ever set.
pub async fn own_password(tx: &mut Tx, _actor: Actor) -> Result<Option<String>, Error> {
    Ok(sqlx::query_scalar!("SELECT account_own_password()").fetch_one(&mut **tx).await?)
}

/// A new password for the actor in place of the one that `current_hash` belongs to: no pairing code of theirs can be used any more,
/// and every browser but the one they act through is signed out. False where that is no longer the password.
pub async fn change_password(
    tx: &mut Tx,
    actor: Actor,
    current_hash: &str,
    new_hash: &str,
    now: Timestamp,
) -> Result<bool, Error> {
    let changed = sqlx::query_scalar!(
        r#"SELECT account_change_password($1, $2, $3, $4) AS "changed!""#,
        actor.device.0,
        current_hash,
        new_hash,
        now.to_chrono(),
    );
    Ok(changed.fetch_one(&mut **tx).await?)
}

/// What a one-time code is worth for a first password.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CodeAnswer {
    /// Its account has none yet.
    Usable,
    /// Its account has one already.
    HasPassword,
    /// It is unknown, used or too old.
    InvalidCode,
}

/// What a one-time code is worth for a first password. Uses nothing up.
pub async fn check_code(tx: &mut Tx, code_hash: &[u8; 32], now: Timestamp) -> Result<CodeAnswer, Error> {
    let answer =
        sqlx::query_scalar!(r#"SELECT account_check_code($1, $2) AS "answer!""#, code_hash.as_slice(), now.to_chrono());
    match answer.fetch_one(&mut **tx).await?.as_str() {
        "ok" => Ok(CodeAnswer::Usable),
        "has_password" => Ok(CodeAnswer::HasPassword),
        "invalid_code" => Ok(CodeAnswer::InvalidCode),
        _ => Err(Error::Corrupt("code answer")),
    }
}

/// Uses a one-time code up, gives its account, which has no password yet, its first one, and signs the browser in. `None` where the
/// code can't be used any more, or the account has a password by now.
pub async fn first_password(
    tx: &mut Tx,
    code_hash: &[u8; 32],
    password_hash: &str,
    device: NewDevice<'_>,
    now: Timestamp,
) -> Result<Option<AccountId>, Error> {
    let user = sqlx::query_scalar!(
        "SELECT account_first_password($1, $2, $3, $4, $5, $6, $7, $8)",
        code_hash.as_slice(),
        password_hash,
        now.to_chrono(),
        device.id.0,
        device.kind.as_str(),
        device.name,
        device.platform,
        device.token_hash.as_slice(),
    );
    Ok(user.fetch_one(&mut **tx).await?.map(AccountId::from))
}
