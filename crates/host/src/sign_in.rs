//! The ways in and out of an account.

use holdfast_contract::account::{DeviceInfo, PairRequest, SetupRequest, SignInRequest, SignedIn};
use holdfast_device::{Adopted, Error as DeviceError};

use crate::client::Client;
use crate::error::Error;
use crate::home::{AccountEntry, Home};
use crate::server::ServerUrl;

/// What proves that somebody may use an account.
#[derive(Clone)]
pub enum Proof {
    /// The one-time code of a new server: makes its first account.
    Setup {
        /// The code.
        code: String,
        /// The new account's e-mail address.
        email: String,
        /// Its password.
        password: String,
    },
    /// E-mail and password.
    Password {
        /// The e-mail address.
        email: String,
        /// The password.
        password: String,
    },
    /// A short code from a device that is signed in.
    Code(String),
}

/// Signs this device in and makes the account the current one. Its database is there afterwards, and pauses for want of a
/// sign-in are over.
pub async fn sign_in(home: &Home, server: &ServerUrl, device_name: &str, proof: Proof) -> Result<AccountEntry, Error> {
    let client = Client::new(server.clone())?;
    let device = DeviceInfo { name: device_name.to_owned(), platform: "cli".to_owned() };
    let signed_in: SignedIn = match proof {
        Proof::Setup { code, email, password } => {
            client.set_up(&SetupRequest { code, email, password, device: Some(device) }).await?
        }
        Proof::Password { email, password } => {
            client.sign_in(&SignInRequest { email, password, device: Some(device) }).await?
        }
        Proof::Code(code) => client.pair(&PairRequest { code, device }).await?,
    };
    let entry = home.remember(server, device_name, &signed_in)?;
    home.open_store(Some(&entry))?.run(holdfast_device::Device::signed_in)?;
    Ok(entry)
}

/// A sign-out.
pub struct SignedOut {
    /// Why the server could not be told; this device's access is then still listed there.
    pub server_not_told: Option<Error>,
}

/// Signs this device out. The database stays as it is, unsent work included, and is found again at the next sign-in to
/// the same account.
pub async fn sign_out(home: &Home, account: &AccountEntry) -> Result<SignedOut, Error> {
    let mut server_not_told = None;
    if let Some(token) = home.token(account)? {
        let client = Client::new(account.server.clone())?.signed_in(token, account.account);
        server_not_told = match client.sign_out().await {
            Ok(()) => None,
            // The server had ended it before.
            Err(Error::Problem(problem)) if problem.status == 401 => None,
            Err(error) => Some(error),
        };
    }
    home.forget_token(account)?;
    Ok(SignedOut { server_not_told })
}

/// A client signed in as the account.
pub fn client(home: &Home, account: &AccountEntry) -> Result<Client, Error> {
    let token = home.token(account)?.ok_or(Error::NotSignedIn)?;
    Ok(Client::new(account.server.clone())?.signed_in(token, account.account))
}

/// Takes the places that were saved without an account into this account. Can be repeated until it succeeds.
pub fn adopt(home: &Home, account: &AccountEntry) -> Result<Adopted, Error> {
    let (mut anonymous, mut store) = (home.open_store(None)?, home.open_store(Some(account))?);
    // Which of the two is damaged, the error does not say. Rescuing a sound one loses nothing, so the smaller goes first.
    for which in [None, Some(false), Some(true)] {
        match which {
            Some(false) => anonymous.rescue()?,
            Some(true) => store.rescue()?,
            None => {}
        }
        match store.device()?.adopt(anonymous.device()?) {
            Err(DeviceError::Damaged(_)) if which != Some(true) => {}
            other => return Ok(other?),
        }
    }
    Err(DeviceError::Damaged("it stays so after what could be read was rescued".to_owned()).into())
}
