//! Accounts with a signed-in device, without a device's database.

use anyhow::{Context as _, Result};
use holdfast_contract::AccountId;
use holdfast_contract::account::{DeviceInfo, PairRequest};
use holdfast_host::{Client, ServerUrl};

/// What a request needs to say who asks.
#[derive(Clone)]
pub(crate) struct Account {
    /// The account.
    pub(crate) id: AccountId,
    /// Its device's bearer token.
    pub(crate) token: String,
    /// The server's epoch.
    pub(crate) epoch: String,
}

/// Signs a device in with a one-time code.
pub(crate) async fn pair(address: &str, code: String) -> Result<Account> {
    let client = Client::new(ServerUrl::parse(&format!("http://{address}"))?)?;
    let device = DeviceInfo { name: "bench".to_owned(), platform: "bench".to_owned() };
    let signed_in = client.pair(&PairRequest { code, device }).await?;
    let token = signed_in.token.context("a paired device gets a token")?;
    Ok(Account { id: signed_in.account.id, token, epoch: signed_in.epoch })
}
