//! Devices: pairing, the list, revoking.

use holdfast_contract::account::{Device, PairRequest, PairingCode};
use holdfast_contract::{Code as ProblemCode, DeviceId};
use holdfast_store::devices;

use crate::accounts::{Session, SigningIn, count, problem};
use crate::service::finish;
use crate::tokens::Code;
use crate::{Actor, Error, Service};

/// How long a pairing code can be used.
const PAIRING_SECONDS: i64 = 10 * 60;
/// Pairing codes of one account that can be used at the same time.
const PAIRING_CODES_MAX: i32 = 5;
/// 40 bits: with a few tries a minute and ten minutes, nobody guesses one.
pub(crate) const LETTERS: usize = 8;
/// 80 bits, for codes from an administrator, which can be used for longer.
pub(crate) const LONG_LETTERS: usize = 16;
/// What pairing codes are hashed for.
pub(crate) const PAIRING: &str = "pairing";

impl Service {
    /// A short code with which one device can sign in to this account within ten minutes.
    pub async fn create_pairing_code(&self, actor: Actor) -> Result<PairingCode, Error> {
        let code = Code::random(LETTERS);
        let now = self.now();
        let expires_at = now.plus_seconds(PAIRING_SECONDS);
        let mut tx = self.pool().begin_as(actor).await?;
        let added =
            devices::add_pairing_code(&mut tx, actor, &code.hash(PAIRING), now, expires_at, PAIRING_CODES_MAX).await;
        finish(tx, added).await?;
        Ok(PairingCode { code: code.grouped(), expires_at })
    }

    /// Signs a device in with a pairing code, once. `invalid_code` where it is unknown, used or too old.
    pub async fn pair(&self, request: PairRequest) -> Result<Session, Error> {
        let result = self.try_pair(request).await;
        count("pairing", &result);
        result
    }

    async fn try_pair(&self, request: PairRequest) -> Result<Session, Error> {
        let device = SigningIn::parse(Some(&request.device), None)?;
        let code = Code::parse(&request.code, &[LETTERS, LONG_LETTERS]).ok_or_else(invalid_code)?;
        let fresh = device.fresh(self);
        let mut tx = self.pool().begin().await?;
        let user = devices::use_pairing_code(&mut tx, &code.hash(PAIRING), fresh.row(), self.now()).await;
        let user = finish(tx, user).await?.ok_or_else(invalid_code)?;
        self.session(Actor { user, device: fresh.id }, fresh).await
    }

    /// The account's devices and browsers that are signed in, newest first.
    pub async fn list_devices(&self, actor: Actor) -> Result<Vec<Device>, Error> {
        let mut tx = self.pool().begin_as(actor).await?;
        let list = devices::list_devices(&mut tx, actor).await;
        Ok(finish(tx, list).await?)
    }

    /// Ends what a device of this account may do, at once and in every process. `not_found` where it is not theirs or has
    /// been revoked before.
    pub async fn revoke_device(&self, actor: Actor, device: DeviceId) -> Result<(), Error> {
        let mut tx = self.pool().begin_as(actor).await?;
        let revoked = devices::revoke_device(&mut tx, actor, device, self.now()).await;
        if !finish(tx, revoked).await? {
            return Err(Error::NotFound);
        }
        self.accounts().tokens.forget(Actor { user: actor.user, device });
        metrics::counter!("holdfast_devices_revoked_total").increment(1);
        Ok(())
    }

    /// Drops pairing codes that can't be used any more. Returns how many.
    pub async fn prune_pairing_codes(&self) -> Result<u64, Error> {
        let mut tx = self.pool().begin().await?;
        let dropped = devices::prune_pairing_codes(&mut tx, self.now()).await;
        Ok(u64::try_from(finish(tx, dropped).await?).unwrap_or(0))
    }
}

fn invalid_code() -> Error {
    problem(
        ProblemCode::InvalidCode,
        "This pairing code is not valid: it is mistyped, used, or older than it may be. Make a new one on a device that \
         is signed in.",
    )
}
