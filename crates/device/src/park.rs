//! What a person does with what is parked: send it again, or drop it.

use holdfast_contract::{Action, OpId};

use crate::commands::Seen;
use crate::confirmed;
use crate::device::Device;
use crate::engine::Lane;
use crate::error::{Error, Result};
use crate::fold;
use crate::lanes;
use crate::outbox::{self, Entry};
use crate::places;
use crate::tx::Tx;
use crate::unseen;
use crate::views::JournalEvent;
use crate::words::OpState;

impl Device {
    /// Sends a parked or waiting operation again. One that was refused for good goes as a new intent.
    pub fn retry(&mut self, op: OpId) -> Result<()> {
        self.write(|tx| {
            let entry = outbox::by_op_id(tx, op)?;
            check_not_under_way(tx, &entry)?;
            retry(tx, &entry)
        })
    }

    /// Sends everything again that is parked as refused or waits by itself. Conflicts stay: they need an answer. Returns
    /// how many operations that were.
    pub fn retry_all(&mut self) -> Result<u64> {
        self.write(|tx| {
            let parked = tx.all(
                &format!(
                    "SELECT {} FROM outbox o JOIN places p ON p.local_id = o.place \
                     WHERE o.state IN ('rejected', 'backoff', 'plan') AND p.attention IS NULL ORDER BY o.number",
                    outbox::COLUMNS
                ),
                [],
                outbox::read,
            )?;
            for entry in &parked {
                retry(tx, entry)?;
            }
            lanes::end_own_waits(tx)?;
            Ok(parked.len() as u64)
        })
    }

    /// Drops an operation by the person's decision; it stays in the journal. With a create goes the place, unless the
    /// server knows it, and so it does with the offer of a place that the server has lost; with any other, what later changes
    /// were based on is put right.
    ///
    /// `seen` is the place as it was when the person was asked. Where something that nobody has sent yet was typed there since,
    /// this is [`Error::ChangedSince`], and nothing is dropped: it may be in this very operation by now. Without it nothing is
    /// compared.
    pub fn discard(&mut self, op: OpId, seen: Option<Seen>) -> Result<()> {
        self.write(|tx| {
            let entry = outbox::by_op_id(tx, op)?;
            check_not_under_way(tx, &entry)?;
            if let Some(seen) = &seen {
                unseen::check_delete(tx, &places::load(tx, entry.place)?, seen)?;
            }
            discard(tx, &entry)
        })
    }
}

/// An operation on its way can't be touched before its fate is known.
pub(crate) fn check_not_under_way(tx: &Tx<'_>, entry: &Entry) -> Result<()> {
    let under_way = entry.state == OpState::Leased && lanes::load(tx, Lane::Push)?.busy_until(tx.wall()).is_some();
    if under_way { Err(Error::OnItsWay) } else { Ok(()) }
}

fn retry(tx: &Tx<'_>, entry: &Entry) -> Result<()> {
    if entry.state == OpState::Rejected && entry.frozen {
        outbox::replace(tx, entry, entry.action.clone(), JournalEvent::Superseded, None)?;
        return Ok(());
    }
    if entry.state != OpState::Leased {
        outbox::requeue(tx, entry.number)?;
    }
    Ok(())
}

fn discard(tx: &Tx<'_>, entry: &Entry) -> Result<()> {
    let behind: Vec<Entry> =
        outbox::chain(tx, entry.place)?.into_iter().filter(|other| other.number > entry.number).collect();
    outbox::remove(tx, entry, JournalEvent::Discarded, None)?;
    let nowhere_else = match entry.action {
        Action::Create { .. } => true,
        Action::Offer { .. } => confirmed::version(tx, entry.place)? == 0,
        _ => false,
    };
    match &entry.action {
        Action::Create { .. } | Action::Offer { .. } if nowhere_else => {
            for other in &behind {
                outbox::remove(tx, other, JournalEvent::Discarded, None)?;
            }
        }
        Action::Update { changes, .. } => {
            let mut dropped = (**changes).clone();
            for other in behind.iter().filter(|other| !other.frozen) {
                if let Action::Update { target, base_version, changes } = other.action.clone() {
                    let mut changes = *changes;
                    fold::without_front(&mut dropped, &mut changes);
                    outbox::amend(tx, other, Action::Update { target, base_version, changes: Box::new(changes) })?;
                }
            }
        }
        _ => {}
    }
    places::refresh(tx, entry.place)
}
