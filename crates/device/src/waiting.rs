//! A capture that waits here for its position meets the same capture from elsewhere: of a file, of the store without an
//! account, or from the server.

use holdfast_contract::rules::Change;
use holdfast_contract::{Place, PlaceChanges};

use crate::error::Result;
use crate::outbox;
use crate::places::{self, PlaceRow};
use crate::shown::{Shown, overlay};
use crate::tx::Tx;
use crate::views::{JournalEvent, LocalId};
use crate::{capture, fold, imports, journal};

/// The same capture, unsent elsewhere. `said` is what both began with, as far as that is known: what was set there since is
/// taken where nobody has set something else here, and its position lets the capture go its way. What can't be taken stays
/// in the journal. False: it had nothing to add.
pub(crate) fn meet_unsent(tx: &Tx<'_>, row: &PlaceRow, said: Option<&Shown>, elsewhere: &Shown) -> Result<bool> {
    let nothing = Shown::default();
    let (taken, lost) = fold::meet(said.unwrap_or(&nothing), &row.shown, elsewhere);
    let mut shown = row.shown.clone();
    shown.put_changes(&taken);
    shown.position = elsewhere.position;
    keep_words(tx, row.id, &lost)?;
    if shown.position.is_some() {
        capture::place(tx, row, &shown)?;
    } else if shown != row.shown {
        places::write_shown(tx, row.id, &shown)?;
    }
    Ok(shown != row.shown || !lost.is_empty())
}

/// The server has the capture (a watch sent it, or a device that imported the same file). What the person typed goes on top;
/// what only a file said is nobody's word here. In the trash nothing can be changed: the journal keeps what was typed.
pub(crate) fn meet_server(tx: &Tx<'_>, id: LocalId, place: &Place) -> Result<()> {
    let typed = places::load(tx, id)?.shown;
    let known = place.fields();
    let captured = holdfast_contract::PlaceFields {
        name: typed.name,
        note: typed.note,
        category: typed.category,
        tags: typed.tags,
        ..known.clone()
    };
    let said = match place.client_id {
        Some(client_id) => imports::said(tx, client_id)?,
        None => None,
    };
    let changes = match said {
        Some(said) => fold::not_there_yet(fold::since(&said, &captured), &known),
        None => fold::differences(&captured, &known).0,
    };
    let changes = PlaceChanges { position: None, ..changes };
    if place.deleted_at.is_some() {
        keep_words(tx, id, &changes)?;
    } else if !changes.is_empty() {
        let target = holdfast_contract::Target::Id(place.id);
        let target = place.client_id.map_or(target, holdfast_contract::Target::Own);
        let action = holdfast_contract::Action::Update { target, base_version: None, changes: Box::new(changes) };
        outbox::enqueue(tx, id, action)?;
    }
    let pending = outbox::chain(tx, id)?;
    let shown = overlay(Some(place), pending.iter().map(|e| (&e.action, e.queued_at)));
    places::write_known(tx, Some(id), place, &shown)?;
    Ok(())
}

/// Keeps what a place does not take in its journal.
fn keep_words(tx: &Tx<'_>, id: LocalId, lost: &PlaceChanges) -> Result<()> {
    fn to<T>(change: Option<&Change<T>>) -> Option<&T> {
        change.and_then(|change| change.to.as_ref())
    }
    let (name, note) = (to(lost.name.as_ref()), to(lost.note.as_ref()));
    let (category, tags) = (to(lost.category.as_ref()), &lost.tags.add);
    if name.is_none() && note.is_none() && category.is_none() && tags.is_empty() {
        return Ok(());
    }
    let words = serde_json::json!({ "name": name, "note": note, "category": category, "tags": tags });
    journal::note_once(tx, id, JournalEvent::Superseded, &words.to_string())
}
