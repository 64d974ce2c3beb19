//! The first account of a new server.

use holdfast_contract::{AccountId, Timestamp};

use crate::devices::NewDevice;
use crate::{Error, Tx};

/// What became of a setup.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SetupAnswer {
    /// The account was made (or, of a check: would be).
    Done,
    /// There is an account already.
    AlreadySetUp,
    /// The code is not the one of the server's last start.
    InvalidCode,
}

/// The first account.
pub struct FirstAccount<'a> {
    /// Its id.
    pub id: AccountId,
    /// Its e-mail address.
    pub email: &'a str,
    /// Its password, hashed.
    pub password_hash: &'a str,
}

/// Whether the server waits for its first account.
pub async fn setup_needed(tx: &mut Tx) -> Result<bool, Error> {
    Ok(sqlx::query_scalar!(r#"SELECT setup_needed() AS "needed!""#).fetch_one(&mut **tx).await?)
}

/// Makes this the one setup code, while there is no account. Returns whether it did.
pub async fn begin_setup(tx: &mut Tx, code_hash: &[u8; 32]) -> Result<bool, Error> {
    let begun = sqlx::query_scalar!(r#"SELECT setup_begin($1) AS "begun!""#, code_hash.as_slice());
    Ok(begun.fetch_one(&mut **tx).await?)
}

/// What a setup with this code would come to.
pub async fn check_setup(tx: &mut Tx, code_hash: &[u8; 32]) -> Result<SetupAnswer, Error> {
    let answer = sqlx::query_scalar!(r#"SELECT setup_check($1) AS "answer!""#, code_hash.as_slice());
    parse(&answer.fetch_one(&mut **tx).await?)
}

/// Makes the first account and signs its first device in.
pub async fn finish_setup(
    tx: &mut Tx,
    code_hash: &[u8; 32],
    account: FirstAccount<'_>,
    device: NewDevice<'_>,
    now: Timestamp,
) -> Result<SetupAnswer, Error> {
    let answer = sqlx::query_scalar!(
        r#"SELECT setup_finish($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) AS "answer!""#,
        code_hash.as_slice(),
        account.id.0,
        account.email,
        account.password_hash,
        now.to_chrono(),
        device.id.0,
        device.kind.as_str(),
        device.name,
        device.platform,
        device.token_hash.as_slice(),
    );
    parse(&answer.fetch_one(&mut **tx).await?)
}

fn parse(answer: &str) -> Result<SetupAnswer, Error> {
    match answer {
        "ok" => Ok(SetupAnswer::Done),
        "already_set_up" => Ok(SetupAnswer::AlreadySetUp),
        "invalid_code" => Ok(SetupAnswer::InvalidCode),
        _ => Err(Error::Corrupt("setup answer")),
    }
}
