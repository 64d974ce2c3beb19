//! What the soak remembers of its own: what each command said to the person, beside everything the product keeps.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

/// A capture that a command has acknowledged: it ended with 0 and printed the client id.
#[derive(Clone, Debug)]
pub(super) struct Acknowledged {
    /// The capture.
    pub(super) client_id: String,
    /// Its name, which no other capture has.
    pub(super) name: String,
    /// The device.
    pub(super) device: usize,
    /// When the command had ended.
    pub(super) at: SystemTime,
}

/// Everything that was said.
#[derive(Default, Debug)]
pub(super) struct Entries {
    /// Captures that must be there.
    pub(super) acknowledged: Vec<Acknowledged>,
    /// Names whose command was killed before it said anything: they may be there.
    pub(super) unknown: BTreeSet<String>,
    /// Names whose command said that nothing was saved, and why: they must not be there.
    pub(super) refused: BTreeMap<String, String>,
    /// Captures that somebody has begun to delete.
    pub(super) deleted: BTreeSet<String>,
    /// Kills, by what was killed.
    pub(super) kills: BTreeMap<&'static str, u64>,
    /// Faults other than those of the network, by kind.
    pub(super) faults: BTreeMap<&'static str, u64>,
    /// Commands, by name and exit code.
    pub(super) commands: BTreeMap<(String, i32), u64>,
    /// What must never happen, in words.
    pub(super) broken: Vec<String>,
}

/// Shared by all devices.
#[derive(Default, Debug)]
pub(super) struct Ledger(Mutex<Entries>);

impl Ledger {
    /// The entries, to read or to write.
    pub(super) fn entries(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn kill(&self, what: &'static str) {
        *self.entries().kills.entry(what).or_default() += 1;
    }

    pub(super) fn fault(&self, what: &'static str) {
        *self.entries().faults.entry(what).or_default() += 1;
    }

    pub(super) fn broken(&self, what: String) {
        self.entries().broken.push(what);
    }
}
