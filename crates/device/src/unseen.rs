//! What somebody typed on this device, in another window or by another process, after this person had looked.
//!
//! As long as it is unsent, no server knows of it: a change on top of it would be folded into it, keeping what was seen
//! first, and a deletion would take it along. Both would be silent. So the command is refused, inside its transaction, and
//! whoever asked looks once more. What the *server* has said since is another matter: a change says what was seen and a
//! deletion which version, so that the server decides, and the person is asked with both sides kept.

use holdfast_contract::{Action, Field, PlaceChanges, PositionSource};

use crate::capture;
use crate::commands::Seen;
use crate::error::{Error, Result};
use crate::outbox::{self, Entry};
use crate::places::PlaceRow;
use crate::tx::Tx;

/// Refuses `changes` of somebody who has not seen what they would overwrite. Tags are put together, and never clash.
pub(crate) fn check_edit(tx: &Tx<'_>, row: &PlaceRow, seen: &Seen, changes: &PlaceChanges) -> Result<()> {
    let fields = changes.fields().into_iter().filter(|field| *field != Field::Tags);
    check(tx, row, seen, fields)
}

/// Refuses the deletion of what somebody has not seen.
pub(crate) fn check_delete(tx: &Tx<'_>, row: &PlaceRow, seen: &Seen) -> Result<()> {
    check(tx, row, seen, Field::ALL.iter().copied())
}

fn check(tx: &Tx<'_>, row: &PlaceRow, seen: &Seen, fields: impl Iterator<Item = Field>) -> Result<()> {
    let mut unseen: Vec<Field> = fields.filter(|field| differs(*field, row, seen)).collect();
    if unseen.is_empty() {
        return Ok(());
    }
    if !capture::is_waiting(tx, row)? {
        let chain = outbox::chain(tx, row.id)?;
        unseen.retain(|field| chain.iter().any(|entry| touches(entry, *field)));
    }
    if unseen.is_empty() { Ok(()) } else { Err(Error::ChangedSince(unseen)) }
}

/// Whether another value stands there than was seen. A position that a sensor gave is nobody's word.
fn differs(field: Field, row: &PlaceRow, seen: &Seen) -> bool {
    let shown = &row.shown;
    match field {
        Field::Name => shown.name != seen.name,
        Field::Note => shown.note != seen.note,
        Field::Category => shown.category != seen.category,
        Field::Tags => shown.tags != seen.tags,
        Field::Position => {
            shown.position.is_some_and(|(now, source)| source == PositionSource::Manual && seen.position != Some(now))
        }
    }
}

/// Whether an operation that the server has not acknowledged has a say in the field.
fn touches(entry: &Entry, field: Field) -> bool {
    match &entry.action {
        Action::Create { .. } | Action::Offer { .. } => true,
        Action::Update { changes, .. } => changes.fields().contains(&field),
        Action::Refine { .. } => field == Field::Position,
        Action::Delete { .. } | Action::Restore { .. } => false,
    }
}
