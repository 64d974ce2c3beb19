//! How often what happened: a fault or an outcome that never occurs was never tested.

use std::collections::BTreeMap;

use holdfast_contract::sync::PushReply;
use holdfast_device::{Handled, Lane};

/// Counts by name.
#[derive(Clone, Default, Debug)]
pub struct Tally {
    /// Faults that struck.
    pub faults: BTreeMap<String, u64>,
    /// Outcomes of operations and answers to requests.
    pub outcomes: BTreeMap<String, u64>,
    /// What people did.
    pub deeds: BTreeMap<String, u64>,
}

impl Tally {
    pub(super) fn fault(&mut self, name: &str) {
        *self.faults.entry(name.to_owned()).or_default() += 1;
    }

    pub(super) fn did(&mut self, deed: &str) {
        *self.deeds.entry(deed.to_owned()).or_default() += 1;
    }

    /// A person was told that something can't be done.
    pub(super) fn refused(&mut self) {
        self.did("was refused by the device");
    }

    pub(super) fn reply(&mut self, lane: Lane, status: u16, body: &[u8]) {
        *self.outcomes.entry(format!("{lane:?} {status}")).or_default() += 1;
        if lane == Lane::Push
            && status == 200
            && let Ok(reply) = serde_json::from_slice::<PushReply>(body)
        {
            for outcome in reply.outcomes {
                let name = match &outcome.outcome {
                    holdfast_contract::Outcome::Applied { merged: true, .. } => "applied, merged",
                    holdfast_contract::Outcome::Duplicate { first: true, .. } => "duplicate, first",
                    other => other.name(),
                };
                *self.outcomes.entry(name.to_owned()).or_default() += 1;
            }
        }
    }

    pub(super) fn handled(&mut self, handled: &Handled) {
        if !handled.taken {
            *self.outcomes.entry("a reply nobody waits for".to_owned()).or_default() += 1;
        }
    }

    /// Adds another run's counts.
    pub fn add(&mut self, other: &Self) {
        for (mine, theirs) in
            [(&mut self.faults, &other.faults), (&mut self.outcomes, &other.outcomes), (&mut self.deeds, &other.deeds)]
        {
            for (name, count) in theirs {
                *mine.entry(name.clone()).or_default() += count;
            }
        }
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (title, counts) in [("faults", &self.faults), ("outcomes", &self.outcomes), ("people", &self.deeds)] {
            writeln!(f, "{title}:")?;
            for (name, count) in counts {
                writeln!(f, "  {count:>8}  {name}")?;
            }
        }
        Ok(())
    }
}
