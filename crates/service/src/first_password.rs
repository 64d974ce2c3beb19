//! The first password of an account that was made without one: by whoever has a one-time code of it.

use holdfast_contract::Code as ProblemCode;
use holdfast_contract::account::check_password;
use holdfast_store::accounts::{self, CodeAnswer};

use crate::accounts::{Session, SigningIn, count, invalid, problem};
use crate::devices::{LETTERS, LONG_LETTERS, PAIRING};
use crate::service::finish;
use crate::tokens::Code;
use crate::{Actor, Error, Service};

impl Service {
    /// Gives an account that has no password its first one, and signs the browser in it was typed into. The one-time code, from
    /// an administrator or from a device of the account, is used up, and no other of the account can be used any more; devices
    /// stay. Whoever calls this limits how often it is tried.
    ///
    /// `invalid_code` where the code is unknown, used or too old; `conflict` where the account has a password already, which no
    /// code changes; `invalid` where this is no password; `rate_limited` while too many passwords wait. The code is not used up
    /// by any of these.
    pub async fn set_first_password(
        &self,
        code: &str,
        password: &str,
        browser: Option<&str>,
    ) -> Result<Session, Error> {
        let result = self.try_first_password(code, password, browser).await;
        count("first_password", &result);
        result
    }

    async fn try_first_password(&self, code: &str, password: &str, browser: Option<&str>) -> Result<Session, Error> {
        let device = SigningIn::parse(None, browser)?;
        // The code first: whoever does not have one learns nothing else and costs no hash.
        let code = Code::parse(code, &[LETTERS, LONG_LETTERS]).ok_or_else(invalid_code)?;
        let code_hash = code.hash(PAIRING);
        let mut tx = self.pool().begin().await?;
        let answer = accounts::check_code(&mut tx, &code_hash, self.now()).await;
        match finish(tx, answer).await? {
            CodeAnswer::Usable => {}
            CodeAnswer::HasPassword => return Err(has_password()),
            CodeAnswer::InvalidCode => return Err(invalid_code()),
        }
        check_password(password).map_err(|error| invalid(vec![error]))?;
        let hash = self.accounts().passwords.hash(password).await?;
        let fresh = device.fresh(self);
        let mut tx = self.pool().begin().await?;
        let user = accounts::first_password(&mut tx, &code_hash, &hash, fresh.row(), self.now()).await;
        let user = finish(tx, user).await?.ok_or_else(invalid_code)?;
        self.session(Actor { user, device: fresh.id }, fresh).await
    }
}

fn invalid_code() -> Error {
    problem(
        ProblemCode::InvalidCode,
        "This code is not valid: it is mistyped, used, or older than it may be. Make a new one on a device that is signed \
         in, or ask whoever runs the server for one.",
    )
}

fn has_password() -> Error {
    problem(
        ProblemCode::Conflict,
        "This account has a password already. Sign in with it; whoever runs the server can reset it.",
    )
}
