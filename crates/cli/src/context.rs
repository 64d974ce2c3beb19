//! What a command works with: the home folder, the account, the store.

use std::future::Future;
use std::path::PathBuf;

use holdfast_host::{AccountEntry, Home};

use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::store::Store;

/// The home folder and how to print.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) home: Home,
    pub(crate) output: Output,
}

impl Context {
    /// Opens the home folder, making it where it is missing.
    pub(crate) fn open(home: Option<PathBuf>, output: Output) -> Result<Self, Failure> {
        let root = match home.or_else(|| std::env::var_os("HOLDFAST_HOME").map(PathBuf::from)) {
            Some(root) if root.as_os_str().is_empty() => {
                return Err(
                    Failure::usage("The home folder's name is empty.").hint("Set HOLDFAST_HOME or --home to a folder.")
                );
            }
            Some(root) => root,
            None => default_home()?,
        };
        let home = Home::open(root)?.telling_rescues(move |report| output.rescued(report));
        Ok(Self { home, output })
    }

    /// The current account, if this device was signed in to one.
    pub(crate) fn account(&self) -> Result<Option<AccountEntry>, Failure> {
        Ok(self.home.config()?.current().cloned())
    }

    /// The current account; `what_for` stands in the message when there is none.
    pub(crate) fn signed_in(&self, what_for: &str) -> Result<AccountEntry, Failure> {
        self.account()?.ok_or_else(|| Failure::not_paired(what_for))
    }

    /// Opens the current store: the account's, or the one of places saved without an account.
    pub(crate) fn store(&self) -> Result<Store, Failure> {
        let account = self.account()?;
        self.store_of(account.as_ref())
    }

    /// Opens a store.
    pub(crate) fn store_of(&self, account: Option<&AccountEntry>) -> Result<Store, Failure> {
        Ok(Store::new(self.home.open_store(account)?))
    }
}

/// Runs network work.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| Failure::failed(format!("The network can't be used: {e}.")))?;
    let result = runtime.block_on(work);
    // A name lookup that hangs must not keep the program from ending.
    runtime.shutdown_background();
    result
}

fn default_home() -> Result<PathBuf, Failure> {
    let from = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|p| p.is_absolute());
    from("XDG_DATA_HOME")
        .map(|data| data.join("holdfast"))
        .or_else(|| std::env::home_dir().filter(|p| p.is_absolute()).map(|home| home.join(".holdfast")))
        .ok_or_else(|| {
            Failure::new(Exit::Storage, "storage", "There is no home directory to keep places in.")
                .hint("Name a folder with --home or HOLDFAST_HOME.")
        })
}
