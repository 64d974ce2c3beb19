//! A place is deleted for good, or no longer visible.
//!
//! What the person typed here and nobody else has must survive that: an owner keeps the place as they saw it, to be made
//! a new one; a former reader keeps what they typed themselves, and nothing else of it. Without anything typed the place
//! goes. The word is final for what was on its way too, whatever lease it has.

use holdfast_contract::{Action, Role};

use crate::confirmed;
use crate::error::Result;
use crate::outbox;
use crate::places;
use crate::shown::overlay;
use crate::tx::Tx;
use crate::views::{JournalEvent, LocalId};
use crate::words::{Mark, OpState};

/// Carries out the server's word that the place is gone.
pub(crate) fn settle(tx: &Tx<'_>, id: LocalId) -> Result<()> {
    let row = places::load(tx, id)?;
    let chain = outbox::chain(tx, id)?;
    let owner = row.role == Role::Owner;
    // A file's row that somebody deleted for good before was typed by nobody: the file still has it.
    let imported = chain.len() == 1
        && tx.one(
            "SELECT EXISTS (SELECT 1 FROM import_items WHERE client_id = ?1)",
            [row.client_id.map(|id| id.0)],
            |r| r.get::<_, bool>(0),
        )?;
    let typed = chain.iter().any(|entry| match entry.action {
        Action::Create { .. } => !imported,
        Action::Update { .. } => true,
        Action::Restore { .. } => owner,
        Action::Refine { .. } | Action::Delete { .. } => false,
    });
    if !typed {
        for entry in &chain {
            outbox::remove(tx, entry, JournalEvent::Gone, None)?;
        }
        return places::remove(tx, id);
    }
    for entry in &chain {
        let problem = holdfast_contract::Problem::new(
            holdfast_contract::Code::Gone,
            "The place was deleted for good or is no longer visible.",
        );
        outbox::park(tx, entry.number, OpState::Rejected, Some(&problem), None)?;
    }
    if owner {
        places::mark(tx, id, Some(Mark::DeletedForGood))
    } else {
        confirmed::forget(tx, id)?;
        let own = overlay(None, chain.iter().map(|entry| (&entry.action, entry.queued_at)));
        places::write_shown(tx, id, &own)?;
        places::mark(tx, id, Some(Mark::NoLongerVisible))
    }
}
