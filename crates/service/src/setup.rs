//! First run: a server without an account gives a one-time code to whoever can see its terminal.

use holdfast_contract::account::{Email, SetupRequest, SetupStatus, check_password};
use holdfast_contract::{AccountId, Code as ProblemCode};
use holdfast_store::setup::{self, FirstAccount, SetupAnswer};

use crate::accounts::{Session, SigningIn, count, invalid, problem};
use crate::service::finish;
use crate::tokens::Code;
use crate::{Actor, Error, Service};

/// 80 bits: it may be tried for as long as the server waits.
const LETTERS: usize = 16;
/// What setup codes are hashed for.
const SETUP: &str = "setup";

/// The one-time code with which the first account is made. It has no `Display`, so that it can't slip into a log line.
pub struct SetupCode(String);

impl SetupCode {
    /// The code, for the person at the terminal.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for SetupCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SetupCode(…)")
    }
}

impl Service {
    /// Whether the server waits for its first account.
    pub async fn setup_status(&self) -> Result<SetupStatus, Error> {
        let mut tx = self.pool().begin().await?;
        let needed = setup::setup_needed(&mut tx).await;
        Ok(SetupStatus { needed: finish(tx, needed).await? })
    }

    /// Makes a new one-time code, in place of an earlier one, while there is no account; `None` once there is one. Only
    /// its hash is stored.
    pub async fn begin_setup(&self) -> Result<Option<SetupCode>, Error> {
        let code = Code::random(LETTERS);
        let mut tx = self.pool().begin().await?;
        let begun = setup::begin_setup(&mut tx, &code.hash(SETUP)).await;
        Ok(finish(tx, begun).await?.then(|| SetupCode(code.grouped())))
    }

    /// Makes the first account and signs it in. Of two at the same moment, one is told that the server is already set up.
    pub async fn set_up(&self, request: SetupRequest) -> Result<Session, Error> {
        self.set_up_from(request, None).await
    }

    /// The same for a browser that says what it is, such as "Firefox on Linux".
    pub async fn set_up_from(&self, request: SetupRequest, browser: Option<&str>) -> Result<Session, Error> {
        let result = self.try_set_up(request, browser).await;
        count("setup", &result);
        result
    }

    /// Whether this is the setup code, for a page that was opened with it: refused as [`set_up`](Self::set_up) refuses it,
    /// and counted. Nothing is used up. To be asked as seldom as a setup may be tried.
    pub async fn check_setup_code(&self, code: &str) -> Result<(), Error> {
        let checked = self.refuse_setup(&setup_hash(code)).await;
        if checked.is_err() {
            count("setup", &checked);
        }
        checked
    }

    async fn refuse_setup(&self, code_hash: &[u8; 32]) -> Result<(), Error> {
        let mut tx = self.pool().begin().await?;
        let answer = setup::check_setup(&mut tx, code_hash).await;
        refuse(finish(tx, answer).await?)
    }

    async fn try_set_up(&self, request: SetupRequest, browser: Option<&str>) -> Result<Session, Error> {
        let device = SigningIn::parse(request.device.as_ref(), browser)?;
        // The code first: whoever does not have it learns nothing else and costs no hash.
        let code_hash = setup_hash(&request.code);
        self.refuse_setup(&code_hash).await?;

        let email = Email::parse(&request.email);
        let password = check_password(&request.password);
        let email = match (email, password) {
            (Ok(email), Ok(())) => email,
            (email, password) => return Err(invalid(email.err().into_iter().chain(password.err()).collect())),
        };
        let password_hash = self.accounts().passwords.hash(&request.password).await?;
        let fresh = device.fresh(self);
        let id = AccountId::v7(self.now(), rand::random());
        let account = FirstAccount { id, email: email.as_str(), password_hash: &password_hash };
        let mut tx = self.pool().begin().await?;
        let answer = setup::finish_setup(&mut tx, &code_hash, account, fresh.row(), self.now()).await;
        refuse(finish(tx, answer).await?)?;
        self.session(Actor { user: id, device: fresh.id }, fresh).await
    }
}

/// What a code is known by; what is none, by what no code has.
fn setup_hash(code: &str) -> [u8; 32] {
    Code::parse(code, &[LETTERS]).map_or([0; 32], |code| code.hash(SETUP))
}

fn refuse(answer: SetupAnswer) -> Result<(), Error> {
    match answer {
        SetupAnswer::Done => Ok(()),
        SetupAnswer::AlreadySetUp => Err(problem(
            ProblemCode::AlreadySetUp,
            "This server has an account already. Sign in, or ask whoever runs it to add one for you.",
        )),
        SetupAnswer::InvalidCode => Err(problem(
            ProblemCode::InvalidCode,
            "This setup code is not valid. Use the one that the server printed when it was last started.",
        )),
    }
}
