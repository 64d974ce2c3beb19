//! Accounts: signing in and out, and whose a token is.
//!
//! Nothing here says whether an account exists: an unknown address costs the same work and gets the same answer as a
//! wrong password.

use holdfast_contract::account::{Account, DeviceInfo, Email, SignInRequest, SignedIn, check_password};
use holdfast_contract::text::Text;
use holdfast_contract::{Code, DeviceId, FieldError, Problem, limits};
use holdfast_store::devices::{DeviceKind, NewDevice};
use holdfast_store::{accounts, devices};

use crate::passwords::{PasswordError, Passwords};
use crate::service::finish;
use crate::tokens::{Token, TokenCache, TokenHash};
use crate::{Actor, Error, Service};

/// How many days a browser's session lasts. Devices stay signed in until they are revoked.
pub const SESSION_DAYS: u32 = 180;

/// What this process keeps for accounts: nothing that another process would miss.
pub(crate) struct State {
    pub(crate) passwords: Passwords,
    pub(crate) tokens: TokenCache,
}

impl Default for State {
    fn default() -> Self {
        Self { passwords: Passwords::new(), tokens: TokenCache::default() }
    }
}

/// A fresh sign-in.
pub struct Session {
    /// Who is signed in.
    pub actor: Actor,
    /// The token. A browser gets it as a cookie.
    pub token: Token,
    /// What holds the token.
    pub kind: SessionKind,
    /// The answer's body. For a device it carries the token and the device's id; for a browser neither.
    pub reply: SignedIn,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The reply holds the token and the address.
        f.debug_struct("Session").field("actor", &self.actor).field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// What holds a session's token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SessionKind {
    /// A device, in its own keeping.
    Device,
    /// A browser, in a cookie that scripts can't read.
    Browser,
}

impl Service {
    /// Signs a device or a browser in.
    ///
    /// `invalid_credentials` where address and password don't belong together, whatever the reason; `account_gone` only
    /// to somebody who knows the password of a suspended account; `rate_limited` while too many passwords wait.
    pub async fn sign_in(&self, request: SignInRequest) -> Result<Session, Error> {
        self.sign_in_from(request, None).await
    }

    /// The same for a browser that says what it is, such as "Firefox on Linux".
    pub async fn sign_in_from(&self, request: SignInRequest, browser: Option<&str>) -> Result<Session, Error> {
        let result = self.try_sign_in(request, browser).await;
        count("sign_in", &result);
        result
    }

    async fn try_sign_in(&self, request: SignInRequest, browser: Option<&str>) -> Result<Session, Error> {
        let device = SigningIn::parse(request.device.as_ref(), browser)?;
        let email = Email::parse(&request.email).map_err(|error| invalid(vec![error]))?;
        let mut tx = self.pool().begin().await?;
        let known = accounts::credentials(&mut tx, email.as_str()).await;
        // No connection is held while the password is hashed.
        let known = finish(tx, known).await?;
        // A password longer than any can be is nobody's, and must not cost more than one that could be.
        let sensible = check_password(&request.password).is_ok();
        let hash = known.as_ref().and_then(|k| k.password_hash.clone()).filter(|_| sensible);
        let password = if sensible { request.password.as_str() } else { "" };
        let fits = self.accounts().passwords.verify(password, hash.clone()).await?;
        let (Some(known), Some(hash), true) = (known, hash, fits) else { return Err(invalid_credentials()) };
        if known.suspended {
            return Err(Error::AccountGone);
        }
        let fresh = device.fresh(self);
        let mut tx = self.pool().begin().await?;
        let signed_in = accounts::sign_in(&mut tx, known.account, &hash, fresh.row(), self.now()).await;
        if !finish(tx, signed_in).await? {
            return Err(invalid_credentials());
        }
        self.session(Actor { user: known.account, device: fresh.id }, fresh).await
    }

    /// Changes the password of whoever asks, who has to know the current one. Every other browser is signed out and no pairing code
    /// can be used any more; devices stay. Whoever calls this limits how often it is tried.
    ///
    /// `invalid` where the new one is no password, `invalid_credentials` where the current one is wrong, `rate_limited` while too
    /// many passwords wait.
    pub async fn change_password(&self, actor: Actor, current: &str, new: &str) -> Result<(), Error> {
        check_password(new).map_err(|error| invalid(vec![FieldError { field: "newPassword".to_owned(), ..error }]))?;
        let mut tx = self.pool().begin_as(actor).await?;
        let hash = accounts::own_password(&mut tx, actor).await;
        // No connection is held while passwords are hashed.
        let hash = finish(tx, hash).await?;
        let sensible = check_password(current).is_ok();
        let password = if sensible { current } else { "" };
        let hash = hash.filter(|_| sensible);
        let fits = self.accounts().passwords.verify(password, hash.clone()).await?;
        let (Some(hash), true) = (hash, fits) else { return Err(wrong_password()) };
        let new_hash = self.accounts().passwords.hash(new).await?;
        let mut tx = self.pool().begin_as(actor).await?;
        let changed = accounts::change_password(&mut tx, actor, &hash, &new_hash, self.now()).await;
        if finish(tx, changed).await? { Ok(()) } else { Err(wrong_password()) }
    }

    /// Signs out the device or browser that asks. Once is as good as twice.
    pub async fn sign_out(&self, actor: Actor) -> Result<(), Error> {
        match self.revoke_device(actor, actor.device).await {
            Ok(()) | Err(Error::NotFound | Error::Unauthenticated) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Whose token this is, if that is in memory.
    pub fn known_token(&self, token: &str) -> Option<Actor> {
        self.accounts().tokens.get(&TokenHash::of(token)?)
    }

    /// Whose token this is.
    ///
    /// May be answered from memory: that the device has not been revoked is checked again by every transaction that acts
    /// for it.
    pub async fn authenticate(&self, token: &str) -> Result<Actor, Error> {
        let hash = TokenHash::of(token).ok_or(Error::Unauthenticated)?;
        if let Some(actor) = self.accounts().tokens.get(&hash) {
            return Ok(actor);
        }
        let mut tx = self.pool().begin().await?;
        let known = devices::device_of_token(&mut tx, &hash.0).await;
        let actor = finish(tx, known).await?.ok_or(Error::Unauthenticated)?;
        self.accounts().tokens.insert(hash, actor);
        Ok(actor)
    }

    /// The account of whoever asks.
    pub async fn account(&self, actor: Actor) -> Result<Account, Error> {
        let mut tx = self.pool().begin_as(actor).await?;
        let account = accounts::account(&mut tx, actor).await;
        Ok(finish(tx, account).await?.0)
    }

    /// What a fresh sign-in is answered with.
    pub(crate) async fn session(&self, actor: Actor, fresh: Fresh) -> Result<Session, Error> {
        let mut tx = self.pool().begin_as(actor).await?;
        let account = accounts::account(&mut tx, actor).await;
        let (account, epoch) = finish(tx, account).await?;
        self.accounts().tokens.insert(fresh.token.hash(), actor);
        let kind = match fresh.parsed.kind {
            DeviceKind::Device => SessionKind::Device,
            DeviceKind::Browser => SessionKind::Browser,
        };
        let is_device = kind == SessionKind::Device;
        let reply = SignedIn {
            account,
            device_id: is_device.then_some(actor.device),
            token: is_device.then(|| fresh.token.as_str().to_owned()),
            epoch: epoch.to_string(),
        };
        Ok(Session { actor, token: fresh.token, kind, reply })
    }
}

/// A device that wants to sign in, as far as it has introduced itself.
pub(crate) struct SigningIn {
    kind: DeviceKind,
    name: String,
    platform: String,
}

impl SigningIn {
    /// A device, or a browser where none is named.
    pub(crate) fn parse(device: Option<&DeviceInfo>, browser: Option<&str>) -> Result<Self, Error> {
        let Some(device) = device else {
            let name = browser.and_then(|name| Text::<{ limits::DEVICE_NAME_MAX }>::parse(name).ok().flatten());
            let name = name.map_or_else(|| "Web browser".to_owned(), Text::into_string);
            return Ok(Self { kind: DeviceKind::Browser, name, platform: "web".to_owned() });
        };
        let mut errors: Vec<FieldError> = Vec::new();
        let mut text = |field: &str, raw: &str| match Text::<{ limits::DEVICE_NAME_MAX }>::parse(raw) {
            Ok(text) => text.map_or_else(String::new, Text::into_string),
            Err(error) => {
                errors.push(error.at(field));
                String::new()
            }
        };
        let (name, platform) = (text("device.name", &device.name), text("device.platform", &device.platform));
        if !errors.is_empty() {
            return Err(invalid(errors));
        }
        let name = if name.is_empty() { "Unnamed device".to_owned() } else { name };
        Ok(Self { kind: DeviceKind::Device, name, platform })
    }

    /// With an id and a token.
    pub(crate) fn fresh(self, service: &Service) -> Fresh {
        let token = Token::random();
        let hash = token.hash();
        Fresh { id: DeviceId::v7(service.now(), rand::random()), token, hash, parsed: self }
    }
}

/// A device with the id and the token it is about to get.
pub(crate) struct Fresh {
    pub(crate) id: DeviceId,
    token: Token,
    hash: TokenHash,
    parsed: SigningIn,
}

impl Fresh {
    pub(crate) fn row(&self) -> NewDevice<'_> {
        NewDevice {
            id: self.id,
            kind: self.parsed.kind,
            name: &self.parsed.name,
            platform: &self.parsed.platform,
            token_hash: &self.hash.0,
        }
    }
}

/// Counts what became of a way in, under a label of a fixed set.
pub(crate) fn count<T>(way: &'static str, result: &Result<T, Error>) {
    let outcome = result.as_ref().map_or_else(|error| error.code().as_str(), |_| "ok");
    metrics::counter!("holdfast_sign_ins_total", "way" => way, "outcome" => outcome).increment(1);
}

pub(crate) fn problem(code: Code, detail: &str) -> Error {
    Error::Problem(Box::new(Problem::new(code, detail)))
}

pub(crate) fn invalid(errors: Vec<FieldError>) -> Error {
    Error::Problem(Box::new(Problem::invalid(errors)))
}

fn invalid_credentials() -> Error {
    problem(Code::InvalidCredentials, "E-mail address and password do not belong together. Check both and try again.")
}

fn wrong_password() -> Error {
    problem(Code::InvalidCredentials, "The current password is not right. Check it and try again.")
}

impl From<PasswordError> for Error {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Busy => {
                let problem =
                    Problem::new(Code::RateLimited, "Too many people sign in at the moment. Try again shortly.");
                Self::Problem(Box::new(problem.with_retry_after(2)))
            }
            PasswordError::Failed => Self::Internal("password".to_owned()),
        }
    }
}
