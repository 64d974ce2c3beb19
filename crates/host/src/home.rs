//! The home folder: which accounts this device knows, their tokens, their databases, and the locks.
//!
//! ```text
//! config.json         accounts and which of them is current; no secrets
//! credentials.json    one bearer token per account
//! anonymous.db        places saved before any account
//! accounts/<account>@<server>.db
//! config.lock         held while config.json or credentials.json is changed
//! sync.lock           held while this device sends and fetches: one process at a time
//! ```
//! Every file is for its owner alone, whoever made the folder, and every change of one is atomic. Correctness of the outbox does not rest on `sync.lock` (the databases have leases);
//! it only keeps a second process from waiting on the first one's requests.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use holdfast_contract::account::SignedIn;
use holdfast_contract::{AccountId, DeviceId};
use holdfast_device::RecoveryReport;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::files;
use crate::server::ServerUrl;

/// The home folder of one device.
#[derive(Clone)]
pub struct Home {
    root: PathBuf,
    rescue_teller: Option<Arc<RescueTeller>>,
}

type RescueTeller = dyn Fn(&RecoveryReport) + Send + Sync;

impl std::fmt::Debug for Home {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Home").field("root", &self.root).finish_non_exhaustive()
    }
}

/// An account this device has been signed in to.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountEntry {
    /// The account.
    pub account: AccountId,
    /// Its e-mail address.
    pub email: String,
    /// The server it is on.
    pub server: ServerUrl,
    /// This device's id there.
    pub device: DeviceId,
    /// The name it was signed in with.
    pub device_name: String,
    /// The server's epoch at sign-in.
    pub epoch: String,
}

impl AccountEntry {
    /// A name for files and for the credentials: one per server and account.
    pub fn key(&self) -> String {
        format!("{}@{}", self.account, self.server.key())
    }
}

/// A bearer token. Never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Token(String);

impl Token {
    /// A token as a server gave it.
    pub fn new(token: String) -> Self {
        Self(token)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

/// What `config.json` holds.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Config {
    /// Key of the account that commands are about; none: the anonymous store.
    #[serde(default)]
    pub current: Option<String>,
    /// Every account this device has been signed in to, also signed-out ones: they may have unsent work.
    #[serde(default)]
    pub accounts: Vec<AccountEntry>,
    /// Keys of accounts whose owner wants places saved without an account to stay apart.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub kept_separate: BTreeSet<String>,
}

impl Config {
    /// The account that commands are about.
    pub fn current(&self) -> Option<&AccountEntry> {
        let key = self.current.as_ref()?;
        self.accounts.iter().find(|a| a.key() == *key)
    }

    /// Whether the person said that places saved without an account shall stay out of this one.
    pub fn is_kept_separate(&self, account: &AccountEntry) -> bool {
        self.kept_separate.contains(&account.key())
    }
}

type Credentials = BTreeMap<String, Token>;

/// Held by the one process that sends and fetches. Released when dropped, and by the system when the process ends.
///
/// While requests are on their way the file is not empty. A process that is killed then leaves it so, and the next one
/// knows that the leases in the database are nobody's any more.
#[derive(Debug)]
pub struct SyncLock {
    file: File,
    left_behind: bool,
    under_way: bool,
}

impl SyncLock {
    /// Whether the process that held it before ended with requests on their way.
    pub fn left_behind(&self) -> bool {
        self.left_behind
    }

    /// Notes that requests are on their way, or that none is any more. Not being able to is no failure: a lease that
    /// nobody holds ends by itself.
    pub fn set_under_way(&mut self, under_way: bool) {
        if self.under_way != under_way {
            let _ = self.file.set_len(u64::from(under_way));
            self.under_way = under_way;
        }
    }
}

impl Home {
    /// Opens the folder, making it (for its owner alone) where it is missing.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self, Error> {
        let home = Self { root: root.into(), rescue_teller: None };
        for folder in [home.root.clone(), home.root.join("accounts")] {
            files::create_private_folder(&folder).map_err(|e| Error::home(&folder, "be made", e))?;
        }
        Ok(home)
    }

    /// From now on `tell` is called whenever one of the databases turns out damaged and is rescued, whatever it is opened
    /// for: the person is to know.
    #[must_use]
    pub fn telling_rescues(mut self, tell: impl Fn(&RecoveryReport) + Send + Sync + 'static) -> Self {
        self.rescue_teller = Some(Arc::new(tell));
        self
    }

    pub(crate) fn tell_rescue(&self, report: &RecoveryReport) {
        if let Some(tell) = &self.rescue_teller {
            tell(report);
        }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// The database of places saved before any account.
    pub fn anonymous_database(&self) -> PathBuf {
        self.root.join("anonymous.db")
    }

    /// The database of an account.
    pub fn account_database(&self, account: &AccountEntry) -> PathBuf {
        self.root.join("accounts").join(format!("{}.db", account.key()))
    }

    /// What is known about accounts.
    pub fn config(&self) -> Result<Config, Error> {
        self.read_json("config.json")
    }

    /// The account's token; `None` after a sign-out.
    pub fn token(&self, account: &AccountEntry) -> Result<Option<Token>, Error> {
        Ok(self.read_json::<Credentials>("credentials.json")?.remove(&account.key()))
    }

    /// Remembers a fresh sign-in and makes it the current account. Token first: a crash between the two files leaves a
    /// token that nothing points at, never an account that seems signed in and is not.
    pub fn remember(&self, server: &ServerUrl, device_name: &str, signed_in: &SignedIn) -> Result<AccountEntry, Error> {
        let (Some(device), Some(token)) = (signed_in.device_id, signed_in.token.clone()) else {
            return Err(Error::NotHoldfast {
                server: server.to_string(),
                why: "it signed in without giving this device a token".to_owned(),
            });
        };
        let entry = AccountEntry {
            account: signed_in.account.id,
            email: signed_in.account.email.clone(),
            server: server.clone(),
            device,
            device_name: device_name.to_owned(),
            epoch: signed_in.epoch.clone(),
        };
        let key = entry.key();
        self.change(|config, credentials| {
            credentials.insert(key.clone(), Token::new(token));
            config.accounts.retain(|a| a.key() != key);
            config.accounts.push(entry.clone());
            config.current = Some(key.clone());
        })?;
        Ok(entry)
    }

    /// Forgets the account's token. Its database
    /// stays, with everything unsent in it; the anonymous store becomes current.
    pub fn forget_token(&self, account: &AccountEntry) -> Result<(), Error> {
        let key = account.key();
        self.change(|config, credentials| {
            credentials.remove(&key);
            if config.current.as_deref() == Some(&key) {
                config.current = None;
            }
        })
    }

    /// Remembers that places saved without an account shall stay out of this one, so that it is not asked again.
    pub fn keep_separate(&self, account: &AccountEntry) -> Result<(), Error> {
        let key = account.key();
        self.change(|config, _| {
            config.kept_separate.insert(key);
        })
    }

    /// Takes `sync.lock`, waiting up to `patience`. `None` when another process still holds it.
    pub fn lock_sync(&self, patience: Duration) -> Result<Option<SyncLock>, Error> {
        let file = self.lock("sync.lock", patience)?;
        Ok(file.map(|file| {
            let left_behind = file.metadata().is_ok_and(|m| m.len() > 0);
            SyncLock { file, left_behind, under_way: left_behind }
        }))
    }

    fn lock(&self, name: &str, patience: Duration) -> Result<Option<File>, Error> {
        let path = self.root.join(name);
        let file = files::open_lock(&path).map_err(|e| Error::home(&path, "be opened", e))?;
        let until = Instant::now() + patience;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Some(file)),
                Err(TryLockError::WouldBlock) if Instant::now() < until => {
                    std::thread::sleep(Duration::from_millis(20));
                }
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(e)) => return Err(Error::home(&path, "be locked", e)),
            }
        }
    }

    fn change(&self, change: impl FnOnce(&mut Config, &mut Credentials)) -> Result<(), Error> {
        let path = self.root.join("config.json");
        let Some(_lock) = self.lock("config.lock", Duration::from_secs(10))? else {
            return Err(Error::Busy { path: self.root.join("config.lock") });
        };
        let mut config = self.config()?;
        let mut credentials: Credentials = self.read_json("credentials.json")?;
        change(&mut config, &mut credentials);
        self.write_json("credentials.json", &credentials)?;
        self.write_json("config.json", &config)?;
        files::sync_folder(&self.root).map_err(|e| Error::home(&path, "be written", e))
    }

    fn read_json<T: Default + serde::de::DeserializeOwned>(&self, name: &str) -> Result<T, Error> {
        let path = self.root.join(name);
        match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|e| Error::Unreadable { path, why: e.to_string() }),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(T::default()),
            Err(e) => Err(Error::home(&path, "be read", e)),
        }
    }

    fn write_json<T: Serialize>(&self, name: &str, value: &T) -> Result<(), Error> {
        let path = self.root.join(name);
        let bytes =
            serde_json::to_vec_pretty(value).map_err(|e| Error::home(&path, "be written", io::Error::other(e)))?;
        files::write_atomically(&path, &bytes).map_err(|e| Error::home(&path, "be written", e))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_contract::Timestamp;
    use holdfast_contract::account::Account;

    fn signed_in(token: &str) -> SignedIn {
        let account = Account {
            id: AccountId::v7(Timestamp::EPOCH, [7; 10]),
            email: "ada@example.org".to_owned(),
            created_at: Timestamp::EPOCH,
            limits: holdfast_contract::sync::PlanLimits::default(),
        };
        SignedIn {
            account,
            device_id: Some(DeviceId::v7(Timestamp::EPOCH, [8; 10])),
            token: Some(token.to_owned()),
            epoch: "e1".to_owned(),
        }
    }

    #[test]
    fn a_sign_in_is_remembered_and_its_token_stands_only_in_the_private_file() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::open(folder.path().join("h")).unwrap();
        let server = ServerUrl::parse("localhost:1").unwrap();
        let entry = home.remember(&server, "laptop", &signed_in("hf_secret")).unwrap();
        assert_eq!(home.config().unwrap().current(), Some(&entry));
        assert_eq!(home.token(&entry).unwrap(), Some(Token::new("hf_secret".to_owned())));
        assert!(!fs::read_to_string(home.path().join("config.json")).unwrap().contains("hf_secret"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |p: &Path| fs::metadata(p).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode(&home.path().join("credentials.json")), 0o600);
            assert_eq!(mode(home.path()), 0o700);
        }
        assert!(!format!("{:?}", home.token(&entry).unwrap()).contains("secret"));
    }

    #[test]
    fn a_sign_out_keeps_the_account_known_and_a_second_sign_in_finds_it_again() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::open(folder.path()).unwrap();
        let server = ServerUrl::parse("localhost:1").unwrap();
        let entry = home.remember(&server, "laptop", &signed_in("hf_one")).unwrap();
        home.forget_token(&entry).unwrap();
        let config = home.config().unwrap();
        assert_eq!((config.current(), config.accounts.len(), home.token(&entry).unwrap()), (None, 1, None));
        let again = home.remember(&server, "laptop", &signed_in("hf_two")).unwrap();
        assert_eq!(again.key(), entry.key());
        assert_eq!(home.config().unwrap().accounts.len(), 1);
    }

    #[test]
    fn only_one_holds_the_sync_lock() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::open(folder.path()).unwrap();
        let first = home.lock_sync(Duration::ZERO).unwrap();
        assert!(first.is_some());
        assert!(home.lock_sync(Duration::ZERO).unwrap().is_none());
        drop(first);
        assert!(home.lock_sync(Duration::ZERO).unwrap().is_some());
    }

    #[test]
    fn a_process_that_died_with_requests_on_their_way_is_known_by_its_lock() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::open(folder.path()).unwrap();
        let mut lock = home.lock_sync(Duration::ZERO).unwrap().unwrap();
        assert!(!lock.left_behind());
        lock.set_under_way(true);
        drop(lock);
        let mut lock = home.lock_sync(Duration::ZERO).unwrap().unwrap();
        assert!(lock.left_behind());
        lock.set_under_way(false);
        drop(lock);
        assert!(!home.lock_sync(Duration::ZERO).unwrap().unwrap().left_behind());
    }

    #[test]
    fn a_damaged_config_is_said_and_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::open(folder.path()).unwrap();
        fs::write(home.path().join("config.json"), "{half").unwrap();
        assert!(matches!(home.config(), Err(Error::Unreadable { .. })));
        let server = ServerUrl::parse("localhost:1").unwrap();
        assert!(home.remember(&server, "x", &signed_in("t")).is_err());
        assert_eq!(fs::read_to_string(home.path().join("config.json")).unwrap(), "{half");
    }
}
