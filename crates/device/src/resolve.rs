//! A person's answer to what needs attention. Nothing is lost by any answer: the losing side stays in the place's
//! journal.

use std::collections::BTreeMap;

use holdfast_contract::outcome::ConflictReason;
use holdfast_contract::rules::TagChange;
use holdfast_contract::{Action, Field, NewPlace, Place, PlaceChanges, Source};
use serde_json::json;

use crate::capture;
use crate::commands::{Resolution, Side};
use crate::confirmed::{self, Confirmed};
use crate::device::Device;
use crate::error::{Error, Result};
use crate::fold;
use crate::journal;
use crate::offer;
use crate::outbox::{self, Conflict, Entry};
use crate::park::check_not_under_way;
use crate::places::{self, NewRow, PlaceRow};
use crate::shown::overlay;
use crate::trash::is_parked;
use crate::tx::Tx;
use crate::views::{JournalEvent, LocalId};
use crate::words::{Mark, OpState};

impl Device {
    /// Carries out a person's answer. `seen` is the version of the server's side that they looked at
    /// ([`crate::ConflictView::theirs`]); if it has changed since, that is [`Error::LookAgain`]. Returns the place:
    /// another one only where a new place was made.
    pub fn resolve(&mut self, id: LocalId, resolution: Resolution, seen: Option<i64>) -> Result<LocalId> {
        self.write(|tx| {
            let row = places::load(tx, id)?;
            if seen.is_some_and(|seen| confirmed::version(tx, id).is_ok_and(|now| now != seen)) {
                return Err(Error::LookAgain);
            }
            let chain = outbox::chain(tx, id)?;
            for entry in &chain {
                check_not_under_way(tx, entry)?;
            }
            match (row.mark, resolution) {
                (Some(Mark::Older), Resolution::KeepMine) => bring_back_newer(tx, &row, &chain),
                (Some(Mark::Older), Resolution::LetGo) => accept_older(tx, &row),
                (Some(Mark::DeletedForGood | Mark::NoLongerVisible), Resolution::KeepAsNew(source)) => {
                    create_anew(tx, &row, &chain, source)
                }
                (Some(_), Resolution::LetGo) => let_go(tx, &row, &chain),
                (Some(Mark::DeletedForGood | Mark::NoLongerVisible), _) => Err(Error::NothingToResolve),
                (_, resolution) => conflict(tx, &row, &chain, resolution),
            }
        })
    }
}

fn conflict(tx: &Tx<'_>, row: &PlaceRow, chain: &[Entry], resolution: Resolution) -> Result<LocalId> {
    let head = chain.first().filter(|head| head.state == OpState::Conflict).ok_or(Error::NothingToResolve)?;
    let (Some(conflict), Some(base)) = (&head.conflict, confirmed::load(tx, row.id)?) else {
        return Err(Error::NothingToResolve);
    };
    match resolution {
        Resolution::KeepTheirs => keep_theirs(tx, head, &chain[1..])?,
        Resolution::KeepMine => keep_mine(tx, head, &chain[1..], conflict, &base, &BTreeMap::new())?,
        Resolution::PerField(sides) => {
            let undecided = |field: &&Field| !sides.contains_key(*field);
            let undecided: Vec<&str> = conflict.fields.iter().filter(undecided).map(|field| field.as_str()).collect();
            if !undecided.is_empty() {
                return Err(Error::Undecided(undecided));
            }
            keep_mine(tx, head, &chain[1..], conflict, &base, &sides)?;
        }
        Resolution::KeepAsNew(_) | Resolution::LetGo => return Err(Error::NothingToResolve),
    }
    places::refresh(tx, row.id)?;
    Ok(row.id)
}

/// The server's side wins: the conflicting intent goes, and with it what waited behind it for the same fields. Edits of
/// other fields stay.
fn keep_theirs(tx: &Tx<'_>, head: &Entry, behind: &[Entry]) -> Result<()> {
    let lost = match &head.action {
        Action::Update { changes, .. } => changes.fields().into_iter().map(|field| (field, Side::Theirs)).collect(),
        _ => BTreeMap::new(),
    };
    outbox::remove(tx, head, JournalEvent::Resolved, None)?;
    for entry in behind {
        match entry.action.clone() {
            Action::Refine { .. } | Action::Offer { .. } => {}
            Action::Update { target, base_version, changes } => {
                let rest = without((*changes).clone(), &lost);
                if rest == *changes {
                    continue;
                }
                journal::settle(tx, entry, JournalEvent::Resolved, None)?;
                if rest.is_empty() {
                    outbox::drop_silently(tx, entry)?;
                } else {
                    outbox::amend(tx, entry, Action::Update { target, base_version, changes: Box::new(rest) })?;
                }
            }
            Action::Create { .. } | Action::Delete { .. } | Action::Restore { .. } => {
                outbox::remove(tx, entry, JournalEvent::Resolved, None)?;
            }
        }
    }
    Ok(())
}

/// The person has seen the server's side and wants theirs all the same: a new intent, based on what they have seen now.
/// Edits that waited behind become part of it; fields in `sides` that go to the server are left out.
fn keep_mine(
    tx: &Tx<'_>,
    head: &Entry,
    behind: &[Entry],
    conflict: &Conflict,
    base: &Confirmed,
    sides: &BTreeMap<Field, Side>,
) -> Result<()> {
    let version = base.place.version;
    let lost = lost_values(&base.place, sides).to_string();
    let again = match &head.action {
        Action::Delete { target, .. } => Some(Action::Delete { target: *target, base_version: version }),
        Action::Restore { target, .. } => Some(Action::Restore { target: *target, base_version: version }),
        Action::Update { target, changes, .. } => {
            let mut wish = (**changes).clone();
            for entry in behind {
                if let Action::Update { changes, .. } = &entry.action {
                    wish = fold::fold(wish, (**changes).clone());
                    outbox::remove(tx, entry, JournalEvent::Superseded, None)?;
                }
            }
            let changes = fold::against(without(wish, sides), &base.place.fields());
            let update = (!changes.is_empty()).then(|| Action::Update {
                target: *target,
                base_version: Some(version),
                changes: Box::new(changes),
            });
            if conflict.reason == ConflictReason::InTrash && update.is_some() {
                // Out of the trash first. The change waits behind it, in the place of what it was behind before.
                let restore = Action::Restore { target: *target, base_version: version };
                journal::note(tx, head.place, JournalEvent::Resolved, Some(&lost))?;
                outbox::replace(tx, head, restore, JournalEvent::Superseded, None)?;
                return match update {
                    Some(update) => outbox::enqueue(tx, head.place, update).map(|_| ()),
                    None => Ok(()),
                };
            }
            update
        }
        Action::Create { .. } | Action::Refine { .. } | Action::Offer { .. } => return Err(Error::NothingToResolve),
    };
    // What waits behind was decided before the person saw the server's side; now they have seen it.
    for entry in behind.iter().filter(|entry| !entry.frozen) {
        match entry.action {
            Action::Delete { target, .. } => {
                outbox::amend(tx, entry, Action::Delete { target, base_version: version })?;
            }
            Action::Restore { target, .. } => {
                outbox::amend(tx, entry, Action::Restore { target, base_version: version })?;
            }
            _ => {}
        }
    }
    journal::note(tx, head.place, JournalEvent::Resolved, Some(&lost))?;
    match again {
        Some(action) => outbox::replace(tx, head, action, JournalEvent::Superseded, None).map(|_| ()),
        None => outbox::remove(tx, head, JournalEvent::Resolved, None),
    }
}

/// The server's values that lose, for the journal, and the fields in which the server's side was taken instead: without
/// them nobody could tell a value that lost from one that was empty.
fn lost_values(theirs: &Place, sides: &BTreeMap<Field, Side>) -> serde_json::Value {
    let loses = |field: Field| sides.get(&field) != Some(&Side::Theirs);
    let taken: Vec<Field> = sides.keys().copied().filter(|field| !loses(*field)).collect();
    json!({
        "theirVersion": theirs.version,
        "taken": taken,
        "name": theirs.name.as_ref().filter(|_| loses(Field::Name)),
        "note": theirs.note.as_ref().filter(|_| loses(Field::Note)),
        "category": theirs.category.as_ref().filter(|_| loses(Field::Category)),
        "position": Some(theirs.position()).filter(|_| loses(Field::Position)),
    })
}

/// The wish without the fields that go to the server.
fn without(mut wish: PlaceChanges, sides: &BTreeMap<Field, Side>) -> PlaceChanges {
    for (field, _) in sides.iter().filter(|(_, side)| **side == Side::Theirs) {
        match field {
            Field::Name => wish.name = None,
            Field::Note => wish.note = None,
            Field::Category => wish.category = None,
            Field::Position => wish.position = None,
            Field::Tags => wish.tags = TagChange::default(),
        }
    }
    wish
}

/// Somebody changed what a restored server had, without having seen the state that this device has kept: that one, with what
/// the person has decided since on top, goes there as one change of what the server has. Wishes that were based on the newer state become part of it; only those that may have
/// arrived already stay in front.
fn bring_back_newer(tx: &Tx<'_>, row: &PlaceRow, chain: &[Entry]) -> Result<LocalId> {
    let Some(Confirmed { place: older, kept: Some(newer), .. }) = confirmed::load(tx, row.id)? else {
        return Err(Error::NothingToResolve);
    };
    let wanted = overlay(Some(&newer), chain.iter().map(|entry| (&entry.action, entry.queued_at)));
    let base_version = older.version;
    let mut restores = false;
    let mut deletes = false;
    for entry in chain.iter().filter(|entry| !entry.frozen || is_parked(entry)) {
        match entry.action {
            Action::Update { .. } => outbox::remove(tx, entry, JournalEvent::Superseded, None)?,
            Action::Delete { target, .. } => {
                deletes = true;
                rebase(tx, entry, Action::Delete { target, base_version })?;
            }
            Action::Restore { target, .. } => {
                restores = true;
                rebase(tx, entry, Action::Restore { target, base_version })?;
            }
            Action::Create { .. } | Action::Refine { .. } | Action::Offer { .. } => {}
        }
    }
    let target = outbox::target(row)?;
    if older.deleted_at.is_some() && wanted.deleted_at.is_none() && !restores {
        outbox::enqueue(tx, row.id, Action::Restore { target, base_version })?;
    }
    let stays_out = wanted.deleted_at.is_none() || (chain.is_empty() && older.deleted_at.is_none());
    if let Some(fields) = wanted.fields().filter(|_| stays_out) {
        let changes = fold::between(&older.fields(), &fields);
        if !changes.is_empty() {
            let changes = Box::new(changes);
            outbox::enqueue(tx, row.id, Action::Update { target, base_version: Some(base_version), changes })?;
        }
    } else {
        // It goes into the trash, or stays there: a change behind that would only be refused.
        offer::keep_in_journal(tx, row.id, &newer)?;
    }
    if older.deleted_at.is_none() && wanted.deleted_at.is_some() && !deletes {
        outbox::enqueue(tx, row.id, Action::Delete { target, base_version })?;
    }
    confirmed::keep(tx, row.id, None)?;
    places::mark(tx, row.id, None)?;
    places::refresh(tx, row.id)?;
    Ok(row.id)
}

/// The person has seen the server's present version: the same wish, based on that.
fn rebase(tx: &Tx<'_>, entry: &Entry, action: Action) -> Result<()> {
    if entry.frozen {
        outbox::replace(tx, entry, action, JournalEvent::Superseded, None).map(|_| ())
    } else {
        outbox::amend(tx, entry, action)
    }
}

fn accept_older(tx: &Tx<'_>, row: &PlaceRow) -> Result<LocalId> {
    if let Some(Confirmed { kept: Some(newer), .. }) = confirmed::load(tx, row.id)? {
        offer::keep_in_journal(tx, row.id, &newer)?;
    }
    confirmed::keep(tx, row.id, None)?;
    places::mark(tx, row.id, None)?;
    Ok(row.id)
}

/// The old place is gone for good: what is kept of it becomes a new capture. Without a position it waits for one.
fn create_anew(tx: &Tx<'_>, row: &PlaceRow, chain: &[Entry], source: Source) -> Result<LocalId> {
    let source = row.source.unwrap_or(source);
    let shown = crate::shown::Shown { deleted_at: None, ..row.shown.clone() };
    let client_id = tx.new_client_id();
    let new = match shown.fields() {
        Some(fields) => {
            let place = NewPlace { fields, captured_at: row.captured_at, source };
            capture::insert(tx, client_id, true, place)?.local_id
        }
        None => places::insert(
            tx,
            &NewRow { client_id, made_here: true, shown: &shown, captured_at: row.captured_at, source, fix_wait: None },
        )?,
    };
    for entry in chain {
        outbox::remove(tx, entry, JournalEvent::Resolved, None)?;
    }
    journal::note(tx, new, JournalEvent::Resolved, Some("made from a place that is gone"))?;
    places::remove(tx, row.id)?;
    Ok(new)
}

fn let_go(tx: &Tx<'_>, row: &PlaceRow, chain: &[Entry]) -> Result<LocalId> {
    for entry in chain {
        outbox::remove(tx, entry, JournalEvent::Discarded, None)?;
    }
    journal::note(tx, row.id, JournalEvent::Gone, None)?;
    places::remove(tx, row.id)?;
    Ok(row.id)
}
