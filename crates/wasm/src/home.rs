//! Which accounts this device knows, which of them is current, and their tokens: a small database of its own beside those
//! of the places, so that a change of it is one durable commit.

use std::collections::BTreeMap;
use std::path::Path;

use holdfast_app::{Failure, FailureCode};
use holdfast_contract::{AccountId, DeviceId};
use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};

use crate::wire::Access;

/// An account this device has been signed in to.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountEntry {
    /// The account.
    pub account: AccountId,
    /// Its e-mail address.
    pub email: String,
    /// The server it is on.
    pub server: Server,
    /// This device's id there.
    pub device: DeviceId,
    /// The name it was signed in with.
    pub device_name: String,
}

/// The address of a server, as the worker has read it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Server {
    /// Scheme, host, port and perhaps a path, without a slash at the end.
    pub address: String,
    /// A name for files: different for different servers, the same for the same. As the native host makes it.
    pub key: String,
    /// Whether the connection is not encrypted and leaves this machine.
    pub unencrypted: bool,
}

impl AccountEntry {
    /// A name for files and for the credentials: one per server and account.
    pub fn key(&self) -> String {
        format!("{}@{}", self.account, self.server.key)
    }
}

/// A sign-in that is over here, until its server knows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Farewell {
    /// The server.
    pub server: Server,
    /// The account.
    pub account: AccountId,
    /// The token, which must not be left valid.
    pub token: String,
}

impl Farewell {
    /// The end of this account's sign-in with this token.
    pub fn of(entry: &AccountEntry, token: String) -> Self {
        Self { server: entry.server.clone(), account: entry.account, token }
    }

    /// What its server is told with.
    pub fn access(&self) -> Access {
        Access { server: self.server.clone(), token: self.token.clone(), account: self.account.to_string() }
    }
}

/// What is known besides the places.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Known {
    /// Key of the account that calls are about; none: places saved without an account.
    pub current: Option<String>,
    /// Every account this device has been signed in to, also signed-out ones: they may have unsent work.
    pub accounts: Vec<AccountEntry>,
    /// How many places saved without an account there were when the owner of the account with this key wanted them to stay
    /// apart.
    pub kept_apart: BTreeMap<String, u64>,
    /// What the account with this key left unsent when it was signed out.
    pub left: BTreeMap<String, u64>,
    /// One bearer token per account that is signed in.
    pub tokens: BTreeMap<String, String>,
    /// Sign-ins that are over here and that their servers have not been told of.
    pub farewells: Vec<Farewell>,
    /// What names the pairing that this device was signed in with last, if it was one.
    pub paired_by: Option<String>,
    /// Databases that were rescued into another file: which of their files counts.
    pub rescued: BTreeMap<String, u32>,
    /// How often a rescue of a database was begun.
    pub rescues: BTreeMap<String, u32>,
}

impl Known {
    /// The account that calls are about.
    pub fn current(&self) -> Option<&AccountEntry> {
        let key = self.current.as_ref()?;
        self.accounts.iter().find(|account| account.key() == *key)
    }

    /// The current account's token; none after the server was told of a sign-out.
    pub fn token(&self) -> Option<&str> {
        self.tokens.get(self.current.as_ref()?).map(String::as_str)
    }
}

/// The database of what is known.
#[derive(Debug)]
pub struct Home {
    conn: Connection,
    known: Known,
    /// The one before it is damaged: what that one knew is to be found out again.
    is_successor: bool,
}

/// Names of the database: the next one where one is damaged.
const NAMES: [&str; 4] = ["home.db", "home-1.db", "home-2.db", "home-3.db"];

impl Home {
    /// Opens it in `folder`. A damaged one is left where it is, and another one begun: every account is then to be signed in
    /// to again, and finds its places where they were.
    pub fn open(folder: &Path) -> Result<Self, Failure> {
        let mut damaged = Failure::new(FailureCode::StorageDamaged);
        for (number, name) in NAMES.into_iter().enumerate() {
            match Self::open_at(&folder.join(name), number > 0).map_err(device_failure) {
                Err(failure) if failure.code == FailureCode::StorageDamaged => damaged = failure,
                other => return other,
            }
        }
        Err(damaged)
    }

    fn open_at(path: &Path, is_successor: bool) -> rusqlite::Result<Self> {
        let conn = Connection::open(path)?;
        if cfg!(target_family = "wasm") {
            conn.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
        }
        conn.pragma_update(None, "journal_mode", "WAL")?;
        conn.pragma_update(None, "synchronous", "FULL")?;
        conn.execute_batch(
            "CREATE TABLE IF NOT EXISTS known (one INTEGER PRIMARY KEY CHECK (one = 1), value TEXT NOT NULL)",
        )?;
        let value = conn.query_row("SELECT value FROM known", [], |row| row.get::<_, String>(0)).optional()?;
        let known = match value {
            None => Known::default(),
            Some(value) => serde_json::from_str(&value).map_err(|error| {
                rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(error))
            })?,
        };
        Ok(Self { conn, known, is_successor })
    }

    /// What is known.
    pub fn known(&self) -> &Known {
        &self.known
    }

    /// Whether another one before it was damaged, so that what it says may not be all that was known.
    pub fn is_successor(&self) -> bool {
        self.is_successor
    }

    /// Changes it: one durable commit, or nothing.
    pub fn change(&mut self, change: impl FnOnce(&mut Known)) -> Result<(), Failure> {
        let mut known = self.known.clone();
        change(&mut known);
        let value = serde_json::to_string(&known)
            .map_err(|error| Failure::new(FailureCode::Unexpected).with_detail(error.to_string()))?;
        let sql =
            "INSERT INTO known (one, value) VALUES (1, ?1) ON CONFLICT (one) DO UPDATE SET value = excluded.value";
        self.conn.execute(sql, [value]).map_err(device_failure)?;
        self.known = known;
        Ok(())
    }
}

/// A failure of SQLite in the words of the device core's.
fn device_failure(error: rusqlite::Error) -> Failure {
    holdfast_device::Error::from(error).into()
}
