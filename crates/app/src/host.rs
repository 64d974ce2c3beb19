//! What the host of the device core knows and a screen asks for: account, network, storage.

use holdfast_device::Status;
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::key::StoreKey;

/// How this device stands.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Overview {
    /// Names the store whose places are shown.
    pub store: StoreKey,
    /// The account whose places are shown; null: places saved without an account.
    pub account: Option<AccountOverview>,
    /// Places, outbox, lanes.
    pub status: Status,
    /// Places saved without an account, and whether the person is to be asked about them.
    pub adoption: Adoption,
    /// What other accounts left on this device when they were signed out, unsent.
    pub left: Vec<LeftBehind>,
    /// How safely this device keeps what it keeps.
    pub storage: StorageOverview,
    /// Whether this very window's part of the app holds the database, or another one's does.
    pub leader: Leader,
    /// How changes from elsewhere arrive.
    pub live: Live,
    /// The version of the app.
    pub version: String,
}

/// The account whose places are shown.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct AccountOverview {
    /// Its e-mail address.
    pub email: String,
    /// The server it is on.
    pub server: String,
    /// What the person calls this device.
    pub device_name: String,
    /// False when the server has ended this device's access: a sign-in to the same account goes on with everything.
    pub signed_in: bool,
    /// Whether the connection is not encrypted and leaves this machine.
    pub unencrypted: bool,
}

/// What becomes of places saved without an account.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Adoption {
    /// How many there are beside the account's own; 0 without an account, where they are what the list shows.
    pub places: u64,
    /// Whether the person is to be asked (`adopt` or `keepApart`). False once they have decided, until there are more.
    pub ask: bool,
}

/// What an account left on this device when it was signed out. It is sent after the next sign-in to that account.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct LeftBehind {
    /// The account's e-mail address.
    pub email: String,
    /// Changes that were not sent, and places that waited for a position.
    pub changes: u64,
}

/// How safely this device keeps what it keeps.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct StorageOverview {
    /// Whether the browser has promised not to clear it by itself.
    pub persisted: Persisted,
    /// Bytes that are used, as far as the host knows.
    pub used: Option<u64>,
    /// Bytes that may be used, as far as the host knows.
    pub quota: Option<u64>,
}

/// Whether what is stored stays.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum Persisted {
    /// Only the person can clear it.
    Granted,
    /// The browser may clear it when it runs out of room, or after weeks without a visit: "saved on this device" comes
    /// with a warning.
    Denied,
    /// Nobody has asked yet, or the browser does not say.
    Unknown,
}

/// Which window's part of the app holds the database.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum Leader {
    /// This one's.
    Here,
    /// Another one's, which answers for this one.
    Elsewhere,
}

/// How changes from elsewhere arrive.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum Live {
    /// At once, over the live stream.
    Connected,
    /// Every few minutes, and whenever something is sent.
    Polling,
    /// Not at all: not signed in.
    Off,
}

/// What sending and fetching came to.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Synced {
    /// Operations the server did.
    pub sent: u64,
    /// Changes fetched.
    pub pulled: u64,
    /// Places that need the person; whether since this round or before.
    pub need_attention: u64,
    /// Operations that still wait to be sent. Those that need the person are not among them.
    pub pending: u64,
    /// Why it did not go through, if it did not.
    pub failure: Option<Failure>,
}

/// A sign-in.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct SignedIn {
    /// The account.
    pub account: AccountOverview,
    /// Places saved without an account, and whether the person is to be asked about them.
    pub adoption: Adoption,
}

/// A sign-out.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct SignedOut {
    /// What is unsent and kept on this device for that account.
    pub unsent: u64,
    /// Whether the server could be told; if not, the account's list of devices there still has this one.
    pub server_told: bool,
}

/// Places taken into the account.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Adopted {
    /// Places that are new in the account.
    pub copied: u64,
    /// Places that were in it already.
    pub known: u64,
}

impl From<holdfast_device::Adopted> for Adopted {
    fn from(adopted: holdfast_device::Adopted) -> Self {
        Self { copied: adopted.copied, known: adopted.known }
    }
}

/// Text for support.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Diagnostics {
    /// Versions, counts, times and error codes; no place's content, no address, no account, no token.
    pub text: String,
}

/// What a listener is told. A hint to ask again; several may come for one change, and one for several.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase", tag = "what")]
pub enum Change {
    /// Something that lists, pages of places or the outbox show.
    Places,
    /// The account: signed in, signed out, access ended.
    Account,
    /// The live stream, the leader or the storage: only the overview.
    Overview,
}
