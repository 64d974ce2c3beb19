//! Into the trash and out of it.

use holdfast_contract::defect::{self, Defect};
use holdfast_contract::{Action, Role};

use crate::capture;
use crate::commands::{DeleteOutcome, Seen};
use crate::confirmed;
use crate::device::Device;
use crate::edit::{check_open, seen_version};
use crate::error::{Error, Result};
use crate::imports;
use crate::outbox::{self, Entry};
use crate::places::{self, PlaceRow};
use crate::tx::Tx;
use crate::unseen;
use crate::views::{JournalEvent, LocalId};
use crate::words::OpState;

impl Device {
    /// Deletes a place. One that was captured here and never sent vanishes; any other goes into the trash.
    ///
    /// Where an unsent change, made through another window or by another process, stands in it that `seen` does not have,
    /// this is [`Error::ChangedSince`], and nothing is done: it would go with the place, unseen. What came from the server
    /// since is for the server to ask about.
    pub fn delete(&mut self, id: LocalId, seen: Option<Seen>) -> Result<DeleteOutcome> {
        self.write(|tx| delete(tx, &places::load(tx, id)?, seen.as_ref()))
    }

    /// Takes a capture back, as [`Self::delete`] does, whatever versions of it the server has confirmed meanwhile: whoever
    /// undoes has not looked at one. `seen` is the place as it was captured; where something that nobody has sent yet was
    /// typed there since, this is [`Error::ChangedSince`], and nothing is done. Without it nothing is compared.
    pub fn undo_capture(&mut self, id: LocalId, seen: Option<Seen>) -> Result<DeleteOutcome> {
        self.write(|tx| {
            let row = places::load(tx, id)?;
            if let Some(seen) = &seen {
                unseen::check_delete(tx, &row, seen)?;
            }
            delete(tx, &row, None)
        })
    }

    /// Whether the place is on this device alone, so that deleting it now would leave nothing to restore: to be asked before
    /// a person's deletion. It may be on its way to the server a moment later.
    pub fn is_only_here(&self, id: LocalId) -> Result<bool> {
        self.read(|tx| {
            let row = places::load(tx, id)?;
            Ok(capture::is_waiting(tx, &row)? || only_here(tx, &row, &outbox::chain(tx, id)?)?)
        })
    }

    /// Takes a place out of the trash, as it is: nothing can be overwritten or lost by it.
    pub fn restore(&mut self, id: LocalId, seen: Option<Seen>) -> Result<()> {
        self.write(|tx| {
            let row = places::load(tx, id)?;
            check_open(&row)?;
            if row.shown.deleted_at.is_none() {
                return Err(Error::NotInTrash);
            }
            if row.role != Role::Owner {
                return Err(Error::NotAllowed);
            }
            let chain = outbox::chain(tx, id)?;
            let tail = chain.last().filter(|tail| matches!(tail.action, Action::Delete { .. }));
            if let Some(delete) = tail.filter(|tail| !tail.frozen || is_parked(tail)) {
                outbox::remove(tx, delete, JournalEvent::Superseded, None)?;
            }
            // Without the delete it may still be in the trash: the server says so.
            places::refresh(tx, id)?;
            if places::load(tx, id)?.shown.deleted_at.is_some() {
                let base_version = seen_version(tx, &row, seen.as_ref())?;
                outbox::enqueue(tx, id, Action::Restore { target: outbox::target(&row)?, base_version })?;
                places::refresh(tx, id)?;
            }
            Ok(())
        })
    }
}

/// Whether an operation waits for the person: the server has decided against it.
pub(crate) fn is_parked(entry: &Entry) -> bool {
    matches!(entry.state, OpState::Conflict | OpState::Rejected)
}

/// Whether the place exists on this device alone: captured here, never sent or refused for good, never confirmed.
pub(crate) fn only_here(tx: &Tx<'_>, row: &PlaceRow, chain: &[Entry]) -> Result<bool> {
    let Some(head) = chain.first() else { return Ok(false) };
    let own_create = matches!(head.action, Action::Create { .. }) && row.made_here;
    let never_taken = !head.frozen || head.state == OpState::Rejected || defect::is_on(Defect::DeletedOnlyHere);
    Ok(own_create && never_taken && confirmed::version(tx, row.id)? == 0)
}

/// See [`Device::delete`].
pub(crate) fn delete(tx: &Tx<'_>, row: &PlaceRow, seen: Option<&Seen>) -> Result<DeleteOutcome> {
    check_open(row)?;
    if row.shown.deleted_at.is_some() {
        return Err(Error::InTrash);
    }
    if row.role != Role::Owner {
        return Err(Error::NotAllowed);
    }
    if let Some(seen) = seen {
        unseen::check_delete(tx, row, seen)?;
    }
    let mut chain = outbox::chain(tx, row.id)?;
    if capture::is_waiting(tx, row)? || only_here(tx, row, &chain)? {
        for entry in &chain {
            outbox::remove(tx, entry, JournalEvent::Discarded, Some("deleted before it was sent"))?;
        }
        if let Some(client_id) = row.client_id {
            imports::forget(tx, client_id)?;
        }
        places::remove(tx, row.id)?;
        return Ok(DeleteOutcome::Vanished);
    }
    let base_version = seen_version(tx, row, seen)?;
    if chain.first().is_some_and(is_parked) {
        // The question that the chain waits with is answered: the place goes.
        for entry in &chain {
            outbox::remove(tx, entry, JournalEvent::Discarded, None)?;
        }
        chain.clear();
    }
    let restore = chain.last().filter(|tail| !tail.frozen && matches!(tail.action, Action::Restore { .. }));
    if let Some(restore) = restore {
        outbox::remove(tx, restore, JournalEvent::Superseded, None)?;
    }
    let in_trash_already = restore.is_some()
        || (chain.is_empty() && confirmed::load(tx, row.id)?.is_some_and(|base| base.place.deleted_at.is_some()));
    if !in_trash_already {
        outbox::enqueue(tx, row.id, Action::Delete { target: outbox::target(row)?, base_version })?;
    }
    places::refresh(tx, row.id)?;
    Ok(DeleteOutcome::InTrash)
}
