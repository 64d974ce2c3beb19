//! A person's changes and better fixes, folded into what was not sent yet and queued behind what was.

use holdfast_contract::defect::{self, Defect};
use holdfast_contract::{Action, PlaceChanges, Position, Role};

use crate::capture;
use crate::commands::{Edit, FixOutcome, Seen};
use crate::confirmed;
use crate::device::Device;
use crate::error::{Error, Result};
use crate::fold;
use crate::offer;
use crate::outbox::{self, Entry};
use crate::places::{self, PlaceRow};
use crate::shown::Shown;
use crate::tx::Tx;
use crate::unseen;
use crate::views::{JournalEvent, LocalId};
use crate::words::{Mark, OpState};

impl Device {
    /// Changes fields of a place. `seen` is what stood on the screen when the person decided; without it, what the store
    /// shows now. False: there was nothing to change.
    ///
    /// Nothing that the person has not seen is overwritten unasked. Where an unsent change, made through another window or
    /// by another process, has put something else there, this is [`Error::ChangedSince`] and nothing is written: the two
    /// would leave as one, and nobody would ever ask. What came from the server is no reason to refuse: the change is queued
    /// with what the person saw, and the server asks.
    pub fn edit(&mut self, id: LocalId, edit: Edit, seen: Option<Seen>) -> Result<bool> {
        self.write(|tx| self::edit(tx, &places::load(tx, id)?, edit, seen.as_ref()))
    }

    /// Offers a better fix. It improves a position that came from a sensor and is less accurate; nothing else.
    pub fn refine(&mut self, id: LocalId, fix: Position) -> Result<FixOutcome> {
        self.write(|tx| refine(tx, &places::load(tx, id)?, fix))
    }
}

/// Whether a person may change the place now at all.
pub(crate) fn check_open(row: &PlaceRow) -> Result<()> {
    match row.mark {
        Some(Mark::DeletedForGood | Mark::NoLongerVisible) => Err(Error::DecideFirst),
        Some(Mark::Older) | None => Ok(()),
    }
}

/// The version that the person saw: the confirmed one if the screen showed what the store shows, else the one that the
/// screen named.
pub(crate) fn seen_version(tx: &Tx<'_>, row: &PlaceRow, seen: Option<&Seen>) -> Result<i64> {
    let now = match offer::version(&outbox::chain(tx, row.id)?) {
        Some(offered) => offered,
        None => confirmed::version(tx, row.id)?,
    };
    let Some(seen) = seen else { return Ok(now) };
    let shown = &row.shown;
    let same = seen.name == shown.name
        && seen.note == shown.note
        && seen.category == shown.category
        && seen.position == shown.position.map(|(position, _)| position)
        && seen.tags == shown.tags
        && seen.deleted == shown.deleted_at.is_some();
    Ok(if same { now } else { seen.version.min(now) })
}

/// See [`Device::edit`].
pub(crate) fn edit(tx: &Tx<'_>, row: &PlaceRow, edit: Edit, seen: Option<&Seen>) -> Result<bool> {
    check_open(row)?;
    if row.shown.deleted_at.is_some() {
        return Err(Error::InTrash);
    }
    if row.role == Role::Viewer {
        return Err(Error::NotAllowed);
    }
    let confirmed = confirmed::load(tx, row.id)?.filter(|_| defect::is_on(Defect::WasFromConfirmed));
    let confirmed = confirmed.map(|base| Seen {
        name: base.place.name.clone(),
        note: base.place.note.clone(),
        category: base.place.category.clone(),
        tags: base.place.tags.clone(),
        position: Some(base.place.position()),
        deleted: false,
        version: base.place.version,
    });
    let changes = fold::changes_of(edit, &row.shown, confirmed.as_ref().or(seen))?;
    if changes.is_empty() {
        return Ok(false);
    }
    if let Some(seen) = seen {
        unseen::check_edit(tx, row, seen, &changes)?;
    }
    if capture::is_waiting(tx, row)? {
        let mut shown = row.shown.clone();
        shown.put_changes(&changes);
        if shown.position.is_some() {
            capture::place(tx, row, &shown)?;
        } else {
            places::write_shown(tx, row.id, &shown)?;
        }
        return Ok(true);
    }
    let base_version = seen_version(tx, row, seen)?;
    queue_changes(tx, row, changes, base_version)?;
    places::refresh(tx, row.id)?;
    Ok(true)
}

/// Queues a person's changes at the place's chain.
pub(crate) fn queue_changes(tx: &Tx<'_>, row: &PlaceRow, changes: PlaceChanges, base_version: i64) -> Result<()> {
    let chain = outbox::chain(tx, row.id)?;
    if let Some(head) = chain.first().filter(|head| head.state == OpState::Rejected)
        && mend_rejected(tx, head, &chain[1..], &changes)?
    {
        return Ok(());
    }
    match chain.last().filter(|tail| !tail.frozen).map(|tail| (tail, tail.action.clone())) {
        Some((tail, Action::Create { client_id, mut place })) => {
            fold::amend(&mut place, &changes);
            outbox::amend(tx, tail, Action::Create { client_id, place })
        }
        Some((tail, Action::Update { target, base_version, changes: first })) => {
            let folded = fold::fold(*first, changes);
            if folded.is_empty() {
                return outbox::remove(tx, tail, JournalEvent::Superseded, None);
            }
            outbox::amend(tx, tail, Action::Update { target, base_version, changes: Box::new(folded) })
        }
        _ => {
            let target = outbox::target(row)?;
            let base_version = (base_version > 0).then_some(base_version);
            outbox::enqueue(tx, row.id, Action::Update { target, base_version, changes: Box::new(changes) })?;
            Ok(())
        }
    }
}

/// An edit mends what the server refused: the refused operation, the edits behind it and this one become a new intent.
fn mend_rejected(tx: &Tx<'_>, head: &Entry, behind: &[Entry], changes: &PlaceChanges) -> Result<bool> {
    let mut all = PlaceChanges::default();
    for entry in behind {
        if let Action::Update { changes, .. } = &entry.action {
            all = fold::fold(all, (**changes).clone());
        }
    }
    all = fold::fold(all, changes.clone());
    let mended = match head.action.clone() {
        Action::Create { client_id, mut place } => {
            fold::amend(&mut place, &all);
            Some(Action::Create { client_id, place })
        }
        Action::Update { target, base_version, changes } => {
            let folded = fold::fold(*changes, all);
            (!folded.is_empty()).then(|| Action::Update { target, base_version, changes: Box::new(folded) })
        }
        _ => return Ok(false),
    };
    for entry in behind.iter().filter(|entry| matches!(entry.action, Action::Update { .. })) {
        outbox::remove(tx, entry, JournalEvent::Superseded, None)?;
    }
    match mended {
        Some(action) => outbox::replace(tx, head, action, JournalEvent::Superseded, None).map(|_| true),
        None => outbox::remove(tx, head, JournalEvent::Superseded, None).map(|()| true),
    }
}

/// See [`Device::refine`].
pub(crate) fn refine(tx: &Tx<'_>, row: &PlaceRow, fix: Position) -> Result<FixOutcome> {
    check_open(row)?;
    if row.role == Role::Viewer {
        return Err(Error::NotAllowed);
    }
    if row.shown.deleted_at.is_some() || !row.shown.is_improved_by(&fix) {
        return Ok(FixOutcome::NotBetter);
    }
    let chain = outbox::chain(tx, row.id)?;
    match chain.last().filter(|tail| !tail.frozen).map(|tail| (tail, tail.action.clone())) {
        Some((tail, Action::Create { client_id, mut place })) => {
            let mut shown = Shown::from(place.fields.clone());
            let target = holdfast_contract::Target::Own(client_id);
            shown.put(&Action::Refine { target, position: fix }, tx.wall());
            if let Some(fields) = shown.fields() {
                place.fields = fields;
            }
            outbox::amend(tx, tail, Action::Create { client_id, place })?;
        }
        Some((tail, Action::Refine { target, .. })) => {
            outbox::amend(tx, tail, Action::Refine { target, position: fix })?;
        }
        _ => {
            outbox::enqueue(tx, row.id, Action::Refine { target: outbox::target(row)?, position: fix })?;
        }
    }
    places::refresh(tx, row.id)?;
    Ok(FixOutcome::Improved)
}
