//! What this process does with files at the moment.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use holdfast_contract::{AccountId, ImportId};

/// What this process does with files at the moment.
#[derive(Clone, Default)]
pub(crate) struct Imports(Arc<Mutex<Work>>);

#[derive(Default)]
struct Work {
    /// Imports that are run or taken back. Only for what a page says: what another process runs can be begun here as well,
    /// and makes nothing twice.
    under_way: HashSet<ImportId>,
    /// Why an import stopped, until somebody has read it.
    stopped: HashMap<ImportId, String>,
    /// Accounts that send a file: each one at a time, since it is held in memory.
    sending: HashSet<AccountId>,
}

/// Reasons that nobody has read; beyond, the memory starts over.
const STOPPED_MAX: usize = 1000;

/// An import that is under way, until this is dropped.
pub(super) struct UnderWay(Imports, ImportId);

/// An account that sends a file, until this is dropped.
pub(super) struct Sending(Imports, AccountId);

impl Imports {
    fn state(&self) -> MutexGuard<'_, Work> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `None` where it is under way already.
    pub(super) fn claim(&self, id: ImportId) -> Option<UnderWay> {
        let mut state = self.state();
        state.stopped.remove(&id);
        state.under_way.insert(id).then(|| UnderWay(self.clone(), id))
    }

    pub(super) fn is_under_way(&self, id: ImportId) -> bool {
        self.state().under_way.contains(&id)
    }

    pub(super) fn send(&self, account: AccountId) -> Option<Sending> {
        self.state().sending.insert(account).then(|| Sending(self.clone(), account))
    }

    pub(super) fn stopped(&self, id: ImportId, why: String) {
        let mut state = self.state();
        if state.stopped.len() >= STOPPED_MAX {
            state.stopped.clear();
        }
        state.stopped.insert(id, why);
    }

    pub(super) fn take_stopped(&self, id: ImportId) -> Option<String> {
        self.state().stopped.remove(&id)
    }
}

impl UnderWay {
    pub(super) fn import(&self) -> ImportId {
        self.1
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.state().under_way.remove(&self.1);
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        self.0.state().sending.remove(&self.1);
    }
}
