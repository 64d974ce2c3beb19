//! Capture: durable before anything else happens.

use holdfast_contract::rules::decide_refine;
use holdfast_contract::{Action, ClientId, NewPlace, OpId, Operation, Position, PositionSource, Source, Timestamp};

use crate::commands::{Capture, Captured, Edit, FixOutcome, WaitingCapture};
use crate::device::Device;
use crate::edit;
use crate::error::{Error, Result};
use crate::fold;
use crate::journal;
use crate::outbox;
use crate::places::{self, NewRow, PlaceRow};
use crate::shown::Shown;
use crate::tx::Tx;
use crate::views::{JournalEvent, LocalId};

impl Device {
    /// Captures a place: one durable commit, two rows. A capture whose id is known already (a watch delivered it before)
    /// only adds what the place lacks.
    pub fn capture(&mut self, capture: impl Into<Capture>) -> Result<Captured> {
        let Capture { place, client_id } = capture.into();
        self.write(|tx| {
            let Some(client_id) = client_id else {
                return insert(tx, tx.new_client_id(), true, place);
            };
            match places::by_client_id(tx, client_id)? {
                None => insert(tx, client_id, false, place),
                Some(local_id) => {
                    add_to_known(tx, local_id, client_id, place)?;
                    Ok(Captured { local_id, client_id, new: false })
                }
            }
        })
    }

    /// Captures a place under an id that the caller has made for it, so that a caller who never heard the answer may ask
    /// again: a capture that is here already is left exactly as it is, whatever was done to it since.
    pub fn capture_once(&mut self, client_id: ClientId, place: NewPlace) -> Result<Captured> {
        self.write(|tx| match known(tx, client_id)? {
            Some(captured) => Ok(captured),
            None => insert(tx, client_id, true, place),
        })
    }

    /// Captures a place before its position is known. It stays on the device and is not sent before it has one.
    pub fn capture_waiting(&mut self, capture: WaitingCapture) -> Result<Captured> {
        self.write(|tx| insert_waiting(tx, tx.new_client_id(), capture))
    }

    /// The same under an id of the caller's, see [`Device::capture_once`].
    pub fn capture_waiting_once(&mut self, client_id: ClientId, capture: WaitingCapture) -> Result<Captured> {
        self.write(|tx| match known(tx, client_id)? {
            Some(captured) => Ok(captured),
            None => insert_waiting(tx, client_id, capture),
        })
    }

    /// The place of a capture on this device.
    pub fn captured(&self, client_id: ClientId) -> Result<Option<LocalId>> {
        self.read(|tx| places::by_client_id(tx, client_id))
    }

    /// Gives a waiting capture its position; from then on it is sent. For a place that has one, a fix is a
    /// [`Device::refine`] and a person's position an [`Device::edit`].
    pub fn fix(&mut self, id: LocalId, position: Position, source: PositionSource) -> Result<FixOutcome> {
        self.write(|tx| {
            let row = places::load(tx, id)?;
            if is_waiting(tx, &row)? {
                let shown = Shown { position: Some((position, source)), ..row.shown.clone() };
                place(tx, &row, &shown)?;
                return Ok(FixOutcome::Placed);
            }
            match source {
                PositionSource::Fix => edit::refine(tx, &row, position),
                PositionSource::Manual => {
                    let moved = Edit { position: Some(position), ..Edit::default() };
                    let changed = edit::edit(tx, &row, moved, None)?;
                    Ok(if changed { FixOutcome::Improved } else { FixOutcome::NotBetter })
                }
            }
        })
    }
}

/// The capture with this id, if it is here.
fn known(tx: &Tx<'_>, client_id: ClientId) -> Result<Option<Captured>> {
    let local_id = places::by_client_id(tx, client_id)?;
    Ok(local_id.map(|local_id| Captured { local_id, client_id, new: false }))
}

/// A new capture without a position: its row is all there is of it.
fn insert_waiting(tx: &Tx<'_>, client_id: ClientId, capture: WaitingCapture) -> Result<Captured> {
    let shown = Shown {
        name: capture.name,
        note: capture.note,
        category: capture.category,
        tags: capture.tags,
        position: None,
        deleted_at: None,
    };
    let local_id = places::insert(
        tx,
        &NewRow {
            client_id,
            made_here: true,
            shown: &shown,
            captured_at: capture.captured_at,
            source: capture.source,
            fix_wait: Some((tx.wall(), capture.fix_expected_until)),
        },
    )?;
    journal::note(tx, local_id, JournalEvent::CapturedWithoutPosition, None)?;
    Ok(Captured { local_id, client_id, new: true })
}

/// A capture of a file that had no position yet: nobody expects a fix.
pub(crate) fn insert_unplaced(
    tx: &Tx<'_>,
    client_id: ClientId,
    shown: &Shown,
    captured_at: Timestamp,
    source: Source,
) -> Result<Captured> {
    let row = NewRow { client_id, made_here: false, shown, captured_at, source, fix_wait: None };
    let local_id = places::insert(tx, &row)?;
    journal::note(tx, local_id, JournalEvent::CapturedWithoutPosition, None)?;
    Ok(Captured { local_id, client_id, new: true })
}

/// Whether the place is a capture without a position, whose row is all there is of it.
pub(crate) fn is_waiting(tx: &Tx<'_>, row: &PlaceRow) -> Result<bool> {
    Ok(row.shown.position.is_none() && row.mark.is_none() && outbox::chain(tx, row.id)?.is_empty())
}

/// A new capture: its row and the operation that creates it.
pub(crate) fn insert(tx: &Tx<'_>, client_id: ClientId, made_here: bool, place: NewPlace) -> Result<Captured> {
    insert_as(tx, tx.new_op_id(), client_id, made_here, place)
}

/// The same, for an intent that has its id already.
pub(crate) fn insert_as(
    tx: &Tx<'_>,
    op_id: OpId,
    client_id: ClientId,
    made_here: bool,
    place: NewPlace,
) -> Result<Captured> {
    let operation = Operation { op_id, action: Action::Create { client_id, place: Box::new(place.clone()) } };
    let local_id = places::insert(
        tx,
        &NewRow {
            client_id,
            made_here,
            captured_at: place.captured_at,
            source: place.source,
            shown: &place.fields.into(),
            fix_wait: None,
        },
    )?;
    outbox::enqueue_as(tx, local_id, &operation, tx.now)?;
    Ok(Captured { local_id, client_id, new: true })
}

/// Lets a waiting capture go its way: `shown` has a position.
pub(crate) fn place(tx: &Tx<'_>, row: &PlaceRow, shown: &Shown) -> Result<()> {
    let (Some(fields), Some(client_id)) = (shown.fields(), row.client_id) else {
        return Err(Error::Unexpected("a waiting capture without a client id".to_owned()));
    };
    // A waiting capture was made by this device, which knows what made it.
    let source = row.source.unwrap_or(Source::Cli);
    let new = NewPlace { fields, captured_at: row.captured_at, source };
    journal::note(tx, row.id, JournalEvent::Placed, None)?;
    outbox::enqueue(tx, row.id, Action::Create { client_id, place: Box::new(new) })?;
    tx.run("UPDATE places SET fix_wait_from = NULL, fix_wait_until = NULL WHERE local_id = ?1", [row.id.0])?;
    places::write_shown(tx, row.id, shown)
}

/// The same capture came a second time, by another road: what is there stays, what it lacks is added.
fn add_to_known(tx: &Tx<'_>, id: LocalId, client_id: ClientId, captured: NewPlace) -> Result<()> {
    let row = places::load(tx, id)?;
    let closed = row.shown.deleted_at.is_some() || row.mark.is_some();
    keep_losing_words(tx, id, (!closed).then_some(&row.shown), &captured)?;
    if closed {
        return Ok(()); // Absence and deletion are never differences.
    }
    let mut chain = outbox::chain(tx, id)?;
    let Some(shown) = row.shown.fields() else {
        let shown = filled(&row.shown, &captured);
        return place(tx, &row, &shown);
    };
    if let Some(head) = chain.first_mut()
        && !head.frozen
        && let Action::Create { place, .. } = &mut head.action
    {
        // The first capture has not left yet: both leave as one.
        if let Some(fields) = filled(&Shown::from(place.fields.clone()), &captured).fields() {
            place.fields = fields;
        }
        let action = head.action.clone();
        outbox::amend(tx, head, action)?;
        return places::refresh(tx, id);
    }
    let (changes, better) = fold::lacking(&captured.fields, &shown);
    let base_version = crate::confirmed::version(tx, id)?;
    let target = holdfast_contract::Target::Own(client_id);
    if !changes.is_empty() {
        let base_version = (base_version > 0).then_some(base_version);
        outbox::enqueue(tx, id, Action::Update { target, base_version, changes: Box::new(changes) })?;
    }
    if let Some(position) = better {
        outbox::enqueue(tx, id, Action::Refine { target, position })?;
    }
    places::refresh(tx, id)
}

/// What somebody typed into a second delivery of a capture, and the place does not take, stays in the journal.
fn keep_losing_words(tx: &Tx<'_>, id: LocalId, shown: Option<&Shown>, captured: &NewPlace) -> Result<()> {
    fn loses<T: PartialEq>(new: Option<&T>, there: Option<&Option<T>>) -> bool {
        new.is_some_and(|new| match there {
            Some(Some(there)) => there != new,
            Some(None) => false,
            None => true,
        })
    }
    let new = &captured.fields;
    let losing = loses(new.name.as_ref(), shown.map(|s| &s.name))
        || loses(new.note.as_ref(), shown.map(|s| &s.note))
        || loses(new.category.as_ref(), shown.map(|s| &s.category));
    if losing {
        let words = serde_json::json!({ "name": new.name, "note": new.note, "category": new.category });
        journal::note_once(tx, id, JournalEvent::Superseded, &words.to_string())?;
    }
    Ok(())
}

/// `shown` with what it lacks from a second delivery of the same capture.
fn filled(shown: &Shown, captured: &NewPlace) -> Shown {
    let new = &captured.fields;
    let mut merged = Shown {
        name: shown.name.clone().or(new.name.clone()),
        note: shown.note.clone().or(new.note.clone()),
        category: shown.category.clone().or(new.category.clone()),
        ..shown.clone()
    };
    merged.put_changes(&holdfast_contract::PlaceChanges {
        tags: holdfast_contract::rules::TagChange { add: new.tags.as_set().clone(), ..Default::default() },
        ..Default::default()
    });
    match merged.fields() {
        None => merged.position = Some((new.position, new.position_source)),
        Some(fields)
            if new.position_source == PositionSource::Manual && fields.position_source == PositionSource::Fix =>
        {
            merged.position = Some((new.position, PositionSource::Manual));
        }
        Some(fields) => {
            if let Some(better) =
                decide_refine(&fields, &new.position).filter(|_| new.position_source == PositionSource::Fix)
            {
                merged.position = Some((better.position, better.position_source));
            }
        }
    }
    merged
}
