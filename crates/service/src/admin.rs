//! What an administrator does from the command line: accounts for other people, passwords, plans.

use holdfast_contract::account::{Email, PairingCode, check_password};
use holdfast_contract::{AccountId, FieldError, OpId, Timestamp};
use holdfast_store::admin as store;
use uuid::Uuid;

pub use holdfast_store::admin::{Plan, UserSummary};

use crate::devices::{LONG_LETTERS, PAIRING};
use crate::passwords::Passwords;
use crate::tokens::Code;

/// How long a one-time code from an administrator can be used.
const CODE_SECONDS: i64 = 24 * 60 * 60;

/// An administrator's own connection to the database.
pub struct Admin {
    store: store::Admin,
    passwords: Passwords,
}

/// Why something an administrator asked for was not done. They may know whether an account exists.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdminError {
    /// There is an account with this address.
    #[error("there is an account with this e-mail address already")]
    EmailTaken,
    /// There is none.
    #[error("there is no account with this e-mail address; `holdfast-server admin list-users` shows them")]
    NoSuchUser,
    /// The plan does not exist.
    #[error("there is no plan of this name (there are: {0}); say what it allows to make it")]
    NoSuchPlan(String),
    /// A value is not valid.
    #[error("{0}")]
    Invalid(#[from] FieldError),
    /// The password could not be hashed.
    #[error("the password could not be hashed")]
    Password,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] holdfast_store::Error),
}

impl Admin {
    /// Connects as the database's owner. The database must have been migrated.
    pub async fn connect(url: &str) -> Result<Self, AdminError> {
        Ok(Self { store: store::Admin::connect(url).await?, passwords: Passwords::new() })
    }

    /// Adds an account. Without a password the answer is a one-time code with which its first device is paired.
    pub async fn add_user(
        &mut self,
        email: &str,
        password: Option<&str>,
        now: Timestamp,
    ) -> Result<Option<PairingCode>, AdminError> {
        let email = Email::parse(email)?;
        let hash = match password {
            Some(password) => Some(self.hash(password).await?),
            None => None,
        };
        let id = AccountId::v7(now, rand::random());
        if !self.store.add_user(id, email.as_str(), hash.as_deref(), now).await? {
            return Err(AdminError::EmailTaken);
        }
        match password {
            Some(_) => Ok(None),
            None => Ok(Some(self.code(id, now).await?)),
        }
    }

    /// Every account, oldest first.
    pub async fn list_users(&mut self) -> Result<Vec<UserSummary>, AdminError> {
        Ok(self.store.list_users().await?)
    }

    /// Sets a new password, or makes a one-time code with which a device is paired. With `sign_out` every device and
    /// browser of the account is revoked first. Returns the code and how many were revoked.
    pub async fn reset_password(
        &mut self,
        email: &str,
        password: Option<&str>,
        sign_out: bool,
        now: Timestamp,
    ) -> Result<(Option<PairingCode>, u64), AdminError> {
        let id = self.find(email).await?;
        let hash = match password {
            Some(password) => Some(self.hash(password).await?),
            None => None,
        };
        let revoked = self.store.reset_access(id, hash.as_deref(), sign_out, now).await?;
        let revoked = u64::try_from(revoked).unwrap_or(0);
        let code = match password {
            Some(_) => None,
            None => Some(self.code(id, now).await?),
        };
        Ok((code, revoked))
    }

    /// Puts an account on a plan. A plan with limits is made, or changed for everybody who is on it; without any it must
    /// exist.
    pub async fn set_plan(&mut self, email: &str, plan: &str, limits: Option<Plan>) -> Result<(), AdminError> {
        let id = self.find(email).await?;
        if let Some(limits) = limits {
            self.store.put_plan(&limits).await?;
        } else {
            let plans = self.store.list_plans().await?;
            if plans.iter().all(|known| known.id != plan) {
                let names: Vec<String> = plans.into_iter().map(|plan| plan.id).collect();
                return Err(AdminError::NoSuchPlan(names.join(", ")));
            }
        }
        Ok(self.store.set_plan(id, plan).await?)
    }

    /// Notes that the database was put back to an older state: every device starts over under a new epoch, everybody signs
    /// in again, and shares show nothing until their owners confirm them.
    pub async fn after_restore(&mut self, now: Timestamp) -> Result<(), AdminError> {
        let generation = OpId::v7(now, rand::random()).0;
        Ok(self.store.after_restore(Uuid::from_bytes(rand::random()), generation, now).await?)
    }

    async fn find(&mut self, email: &str) -> Result<AccountId, AdminError> {
        let email = Email::parse(email)?;
        self.store.find_user(email.as_str()).await?.ok_or(AdminError::NoSuchUser)
    }

    async fn hash(&self, password: &str) -> Result<String, AdminError> {
        check_password(password)?;
        self.passwords.hash(password).await.map_err(|_| AdminError::Password)
    }

    async fn code(&mut self, id: AccountId, now: Timestamp) -> Result<PairingCode, AdminError> {
        let code = Code::random(LONG_LETTERS);
        let expires_at = now.plus_seconds(CODE_SECONDS);
        self.store.add_pairing_code(id, &code.hash(PAIRING), now, expires_at).await?;
        Ok(PairingCode { code: code.grouped(), expires_at })
    }
}
