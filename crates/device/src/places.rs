//! The table of places: the person's view, one row per place.

use holdfast_contract::{ClientId, Place, PlaceId, PositionSource, Role, Source, Tags, Timestamp};
use rusqlite::{Row, named_params};

use crate::columns::{self, Json, Micros};
use crate::confirmed;
use crate::error::{Error, Result};
use crate::outbox;
use crate::search;
use crate::shown::{Shown, overlay};
use crate::tx::Tx;
use crate::views::LocalId;
use crate::words::Mark;

/// A place's row.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct PlaceRow {
    pub(crate) id: LocalId,
    pub(crate) client_id: Option<ClientId>,
    pub(crate) place_id: Option<PlaceId>,
    pub(crate) made_here: bool,
    pub(crate) shown: Shown,
    pub(crate) captured_at: Timestamp,
    pub(crate) source: Option<Source>,
    pub(crate) role: Role,
    pub(crate) mark: Option<Mark>,
}

/// The columns that [`read`] takes, in its order.
pub(crate) const COLUMNS: &str = "p.local_id, p.client_id, p.place_id, p.made_here, p.name, p.note, p.category, p.tags, \
     p.latitude, p.longitude, p.accuracy, p.altitude, p.position_source, p.captured_at, p.source, p.role, p.deleted_at, \
     p.attention";
/// How many they are.
pub(crate) const COLUMN_COUNT: usize = 18;

/// Reads a row of [`COLUMNS`].
pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<PlaceRow> {
    let source: Option<PositionSource> = columns::parsed(row, 12)?;
    Ok(PlaceRow {
        id: LocalId(row.get(0)?),
        client_id: columns::id(row, 1)?,
        place_id: columns::id(row, 2)?,
        made_here: row.get(3)?,
        shown: Shown {
            name: columns::text(row, 4)?,
            note: columns::text(row, 5)?,
            category: columns::text(row, 6)?,
            tags: row.get::<_, Json<Tags>>(7)?.0,
            position: columns::position(row, 8)?.zip(source),
            deleted_at: row.get::<_, Option<Micros>>(16)?.map(|t| t.0),
        },
        captured_at: row.get::<_, Micros>(13)?.0,
        source: columns::parsed(row, 14)?,
        role: columns::parsed(row, 15)?.unwrap_or(Role::Viewer),
        mark: row.get(17)?,
    })
}

/// The place, or [`Error::NoSuchPlace`].
pub(crate) fn load(tx: &Tx<'_>, id: LocalId) -> Result<PlaceRow> {
    let sql = format!("SELECT {COLUMNS} FROM places p WHERE p.local_id = ?1");
    tx.first(&sql, [id.0], read)?.ok_or(Error::NoSuchPlace)
}

/// The own place of a capture.
pub(crate) fn by_client_id(tx: &Tx<'_>, client_id: ClientId) -> Result<Option<LocalId>> {
    tx.first("SELECT local_id FROM places WHERE client_id = ?1", [client_id.0], |row| row.get(0).map(LocalId))
}

/// The place of a row of the server.
pub(crate) fn by_place_id(tx: &Tx<'_>, place_id: PlaceId) -> Result<Option<LocalId>> {
    tx.first("SELECT local_id FROM places WHERE place_id = ?1", [place_id.0], |row| row.get(0).map(LocalId))
}

/// A capture's row before the server knows it.
pub(crate) struct NewRow<'a> {
    pub(crate) client_id: ClientId,
    pub(crate) made_here: bool,
    pub(crate) shown: &'a Shown,
    pub(crate) captured_at: Timestamp,
    pub(crate) source: Source,
    /// Without a position: when a fix was first and is last expected.
    pub(crate) fix_wait: Option<(Timestamp, Timestamp)>,
}

/// Inserts a capture's row.
pub(crate) fn insert(tx: &Tx<'_>, new: &NewRow<'_>) -> Result<LocalId> {
    let shown = new.shown;
    let position = shown.position.map(|(position, _)| position);
    tx.prepare(
        "INSERT INTO places (client_id, made_here, name, note, category, tags, latitude, longitude, accuracy, altitude, \
         position_source, captured_at, source, role, deleted_at, fix_wait_from, fix_wait_until, search) \
         VALUES (:client_id, :made_here, :name, :note, :category, :tags, :latitude, :longitude, :accuracy, :altitude, \
         :position_source, :captured_at, :source, 'owner', :deleted_at, :wait_from, :wait_until, :search)",
    )?
    .execute(named_params! {
        ":client_id": new.client_id.0,
        ":made_here": new.made_here,
        ":name": shown.name.as_ref().map(holdfast_contract::text::Text::as_str),
        ":note": shown.note.as_ref().map(holdfast_contract::text::Text::as_str),
        ":category": shown.category.as_ref().map(holdfast_contract::text::Text::as_str),
        ":tags": Json(&shown.tags),
        ":latitude": position.map(|p| p.latitude.get()),
        ":longitude": position.map(|p| p.longitude.get()),
        ":accuracy": position.and_then(|p| p.accuracy).map(holdfast_contract::Accuracy::get),
        ":altitude": position.and_then(|p| p.altitude).map(holdfast_contract::Altitude::get),
        ":position_source": shown.position.map(|(_, source)| source.as_str()),
        ":captured_at": Micros(new.captured_at),
        ":source": new.source.as_str(),
        ":deleted_at": shown.deleted_at.map(Micros),
        ":wait_from": new.fix_wait.map(|(from, _)| Micros(from)),
        ":wait_until": new.fix_wait.map(|(_, until)| Micros(until)),
        ":search": search::text_of(shown),
    })?;
    Ok(LocalId(tx.sql.last_insert_rowid()))
}

/// Writes the person's view of a place.
pub(crate) fn write_shown(tx: &Tx<'_>, id: LocalId, shown: &Shown) -> Result<()> {
    let position = shown.position.map(|(position, _)| position);
    tx.prepare(
        "UPDATE places SET name = :name, note = :note, category = :category, tags = :tags, latitude = :latitude, \
         longitude = :longitude, accuracy = :accuracy, altitude = :altitude, position_source = :position_source, \
         deleted_at = :deleted_at, search = :search WHERE local_id = :id",
    )?
    .execute(named_params! {
        ":id": id.0,
        ":name": shown.name.as_ref().map(holdfast_contract::text::Text::as_str),
        ":note": shown.note.as_ref().map(holdfast_contract::text::Text::as_str),
        ":category": shown.category.as_ref().map(holdfast_contract::text::Text::as_str),
        ":tags": Json(&shown.tags),
        ":latitude": position.map(|p| p.latitude.get()),
        ":longitude": position.map(|p| p.longitude.get()),
        ":accuracy": position.and_then(|p| p.accuracy).map(holdfast_contract::Accuracy::get),
        ":altitude": position.and_then(|p| p.altitude).map(holdfast_contract::Altitude::get),
        ":position_source": shown.position.map(|(_, source)| source.as_str()),
        ":deleted_at": shown.deleted_at.map(Micros),
        ":search": search::text_of(shown),
    })?;
    Ok(())
}

/// Writes a place that the server named: a new row, or everything of an old one. `shown` is what the person sees of it.
pub(crate) fn write_known(tx: &Tx<'_>, id: Option<LocalId>, place: &Place, shown: &Shown) -> Result<LocalId> {
    let position = shown.position.map(|(position, _)| position);
    // A server played back from a backup may have given the row's id to another capture meanwhile: its newest word counts,
    // and the other one is still known by its client id.
    tx.run(
        "UPDATE places SET place_id = NULL WHERE place_id = ?1 AND local_id IS NOT ?2 AND client_id IS NOT NULL",
        (place.id.0, id.map(|id| id.0)),
    )?;
    let sql = if id.is_some() {
        "UPDATE places SET client_id = coalesce(:client_id, client_id), place_id = :place_id, name = :name, \
         note = :note, category = :category, tags = :tags, latitude = :latitude, longitude = :longitude, \
         accuracy = :accuracy, altitude = :altitude, position_source = :position_source, captured_at = :captured_at, \
         source = coalesce(:source, source), role = :role, deleted_at = :deleted_at, fix_wait_from = NULL, \
         fix_wait_until = NULL, search = :search WHERE local_id = :id"
    } else {
        "INSERT INTO places (local_id, client_id, place_id, name, note, category, tags, latitude, longitude, accuracy, \
         altitude, position_source, captured_at, source, role, deleted_at, search) VALUES (:id, :client_id, :place_id, \
         :name, :note, :category, :tags, :latitude, :longitude, :accuracy, :altitude, :position_source, :captured_at, \
         :source, :role, :deleted_at, :search)"
    };
    tx.prepare(sql)?.execute(named_params! {
        ":id": id.map(|id| id.0),
        ":client_id": place.client_id.map(|id| id.0),
        ":place_id": place.id.0,
        ":name": shown.name.as_ref().map(holdfast_contract::text::Text::as_str),
        ":note": shown.note.as_ref().map(holdfast_contract::text::Text::as_str),
        ":category": shown.category.as_ref().map(holdfast_contract::text::Text::as_str),
        ":tags": Json(&shown.tags),
        ":latitude": position.map(|p| p.latitude.get()),
        ":longitude": position.map(|p| p.longitude.get()),
        ":accuracy": position.and_then(|p| p.accuracy).map(holdfast_contract::Accuracy::get),
        ":altitude": position.and_then(|p| p.altitude).map(holdfast_contract::Altitude::get),
        ":position_source": shown.position.map(|(_, source)| source.as_str()),
        ":captured_at": Micros(place.captured_at),
        ":source": place.source.map(Source::as_str),
        ":role": place.role.as_str(),
        ":deleted_at": shown.deleted_at.map(Micros),
        ":search": search::text_of(shown),
    })?;
    Ok(id.unwrap_or_else(|| LocalId(tx.sql.last_insert_rowid())))
}

/// Says why the place itself needs attention, or that it does not.
pub(crate) fn mark(tx: &Tx<'_>, id: LocalId, mark: Option<Mark>) -> Result<()> {
    tx.run("UPDATE places SET attention = ?2 WHERE local_id = ?1", (id.0, mark))?;
    Ok(())
}

/// Works the person's view out anew from the confirmed copy and the pending operations. A place that has neither is
/// gone. Not for captures without a position, whose view is all there is.
pub(crate) fn refresh(tx: &Tx<'_>, id: LocalId) -> Result<()> {
    let base = confirmed::load(tx, id)?;
    let chain = outbox::chain(tx, id)?;
    if base.is_none() && chain.is_empty() {
        return remove(tx, id);
    }
    let shown = overlay(base.as_ref().map(|base| &base.place), chain.iter().map(|e| (&e.action, e.queued_at)));
    match base {
        Some(base) => write_known(tx, Some(id), &base.place, &shown).map(|_| ()),
        None => write_shown(tx, id, &shown),
    }
}

/// Removes the place from this device. Its outbox must be empty.
pub(crate) fn remove(tx: &Tx<'_>, id: LocalId) -> Result<()> {
    tx.run("DELETE FROM places WHERE local_id = ?1", [id.0])?;
    Ok(())
}
