//! Imports: captures like any other, many at once. Staged durably first, then made in chunks, each one commit; killed at
//! any point and begun again with the same file, an import goes on where it was.

use holdfast_contract::import::{self, Parsed};
use holdfast_contract::{Action, ClientId, NewPlace, OpId, Operation};
use rusqlite::params;
use uuid::Uuid;

use crate::capture;
use crate::columns::Micros;
use crate::commands::DeleteOutcome;
use crate::device::Device;
use crate::error::{Error, Result};
use crate::import_types::{
    ImportId, ImportPreview, ImportProgress, ImportRow, ImportState, ImportSummary, InvalidRow, UndoProgress,
};
use crate::journal;
use crate::outbox;
use crate::places;
use crate::trash;
use crate::tx::Tx;
use crate::views::JournalEvent;
use crate::words::OpState;

/// How a row stands towards what is here.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    New,
    Staged,
    Known,
    KnownInTrash,
}

impl Device {
    /// What an import of these rows would do. Writes nothing.
    pub fn preview_import(&self, rows: &[ImportRow]) -> Result<ImportPreview> {
        self.read(|tx| {
            let (parsed, invalid) = import::parse(rows, tx.wall());
            Ok(look(tx, rows.len(), &parsed, invalid)?.0)
        })
    }

    /// Stages the new rows durably, without making a place yet. Rows that an interrupted import of the same file had
    /// staged become part of this one.
    pub fn begin_import(&mut self, label: &str, rows: &[ImportRow]) -> Result<(ImportId, ImportPreview)> {
        self.write(|tx| {
            let (parsed, invalid) = import::parse(rows, tx.wall());
            let (preview, standings) = look(tx, rows.len(), &parsed, invalid)?;
            tx.run(
                "INSERT INTO imports (label, begun_at, total, state) VALUES (?1, ?2, ?3, ?4)",
                params![label, Micros(tx.wall()), preview.new.cast_signed(), ImportState::Running],
            )?;
            let id = ImportId(tx.sql.last_insert_rowid());
            for ((number, row), standing) in parsed.into_iter().enumerate().zip(standings) {
                let number = i64::try_from(number).unwrap_or(i64::MAX);
                match standing {
                    Standing::New => stage(tx, id, number, row)?,
                    Standing::Staged => {
                        tx.run(
                            "UPDATE import_items SET import = ?2, number = ?3 WHERE client_id = ?1",
                            params![row.client_id.0, id.0, number],
                        )?;
                    }
                    Standing::Known | Standing::KnownInTrash => {}
                }
            }
            tx.run(
                "UPDATE imports SET state = 'cancelled', total = done WHERE state = 'running' AND id <> ?1 \
                 AND NOT EXISTS (SELECT 1 FROM import_items i WHERE i.import = imports.id AND i.state = 'staged')",
                [id.0],
            )?;
            if preview.new == 0 {
                tx.run("UPDATE imports SET state = 'finished' WHERE id = ?1", [id.0])?;
            }
            Ok((id, preview))
        })
    }

    /// Makes at most `max` of the staged places, in one commit. To be called until it says that it is finished.
    pub fn run_import(&mut self, id: ImportId, max: u32) -> Result<ImportProgress> {
        self.write(|tx| {
            let import = load(tx, id)?;
            if import.state == ImportState::Running {
                let staged = items(tx, id, "staged", max)?;
                for (client_id, op_id, place) in &staged {
                    make(tx, &import, *client_id, *op_id, place)?;
                }
                tx.run(
                    "UPDATE imports SET done = done + ?2 WHERE id = ?1",
                    params![id.0, i64::try_from(staged.len()).unwrap_or(i64::MAX)],
                )?;
                if remaining(tx, id, "staged")? == 0 {
                    tx.run("UPDATE imports SET state = 'finished' WHERE id = ?1", [id.0])?;
                }
            }
            let import = load(tx, id)?;
            Ok(ImportProgress {
                done: import.done,
                total: import.total,
                finished: import.state != ImportState::Running,
            })
        })
    }

    /// Forgets what was staged and not made yet. What was made stays; [`Device::undo_import`] takes that back.
    pub fn cancel_import(&mut self, id: ImportId) -> Result<()> {
        self.write(|tx| {
            if load(tx, id)?.state == ImportState::Running {
                tx.run("DELETE FROM import_items WHERE import = ?1 AND state = 'staged'", [id.0])?;
                tx.run("UPDATE imports SET state = 'cancelled', total = done WHERE id = ?1", [id.0])?;
            }
            Ok(())
        })
    }

    /// Takes at most `max` of an import's places back, in one commit: those that this import made and nobody has changed
    /// since. To be called until it says that it is finished.
    pub fn undo_import(&mut self, id: ImportId, max: u32) -> Result<UndoProgress> {
        self.write(|tx| {
            load(tx, id)?;
            tx.run("DELETE FROM import_items WHERE import = ?1 AND state = 'staged'", [id.0])?;
            let (mut vanished, mut deleted, mut kept) = (0_i64, 0_i64, 0_i64);
            for (client_id, _, made) in items(tx, id, "made", max)? {
                match take_back(tx, client_id, &made)? {
                    Some(DeleteOutcome::Vanished) => {
                        vanished += 1;
                        // It never left this device: the same file may make it again.
                        tx.run("DELETE FROM import_items WHERE client_id = ?1", [client_id.0])?;
                    }
                    Some(DeleteOutcome::InTrash) => deleted += 1,
                    None => kept += 1,
                }
                tx.run("UPDATE import_items SET state = 'settled' WHERE client_id = ?1", [client_id.0])?;
            }
            let remaining = remaining(tx, id, "made")?;
            let state = if remaining == 0 { ImportState::Undone } else { ImportState::Undoing };
            tx.run(
                "UPDATE imports SET state = ?2, vanished = vanished + ?3, deleted = deleted + ?4, kept = kept + ?5 \
                 WHERE id = ?1",
                params![id.0, state, vanished, deleted, kept],
            )?;
            let count = |row: &rusqlite::Row<'_>, column| row.get::<_, i64>(column).map(i64::unsigned_abs);
            tx.one("SELECT vanished, deleted, kept FROM imports WHERE id = ?1", [id.0], |row| {
                Ok(UndoProgress {
                    vanished: count(row, 0)?,
                    deleted: count(row, 1)?,
                    kept: count(row, 2)?,
                    remaining,
                    finished: remaining == 0,
                })
            })
        })
    }

    /// Every import of this device, newest first.
    pub fn imports(&self) -> Result<Vec<ImportSummary>> {
        self.read(|tx| {
            tx.all("SELECT id, label, begun_at, total, done, state FROM imports ORDER BY id DESC", [], read_summary)
        })
    }
}

fn look(
    tx: &Tx<'_>,
    total: usize,
    parsed: &[Parsed],
    invalid: Vec<InvalidRow>,
) -> Result<(ImportPreview, Vec<Standing>)> {
    let mut standings = Vec::with_capacity(parsed.len());
    for row in parsed {
        let standing = tx.one(
            "SELECT (SELECT state FROM import_items WHERE client_id = ?1), \
             (SELECT deleted_at IS NOT NULL FROM places WHERE client_id = ?1)",
            [row.client_id.0],
            |row| Ok((row.get::<_, Option<String>>(0)?, row.get::<_, Option<bool>>(1)?)),
        )?;
        standings.push(match (standing.0.as_deref(), standing.1) {
            (_, Some(true)) => Standing::KnownInTrash,
            (Some("staged"), None) => Standing::Staged,
            (None, None) => Standing::New,
            _ => Standing::Known,
        });
    }
    let count = |which: &[Standing]| standings.iter().filter(|s| which.contains(s)).count() as u64;
    let preview = ImportPreview {
        total: total as u64,
        new: count(&[Standing::New, Standing::Staged]),
        known: count(&[Standing::Known, Standing::KnownInTrash]),
        in_trash: count(&[Standing::KnownInTrash]),
        invalid,
    };
    Ok((preview, standings))
}

fn stage(tx: &Tx<'_>, import: ImportId, number: i64, row: Parsed) -> Result<()> {
    let action = Action::Create { client_id: row.client_id, place: Box::new(row.place) };
    let payload = Operation { op_id: tx.new_op_id(), action }.to_bytes();
    tx.run(
        "INSERT INTO import_items (client_id, import, number, state, payload) VALUES (?1, ?2, ?3, 'staged', ?4)",
        params![row.client_id.0, import.0, number, payload],
    )?;
    Ok(())
}

fn items(tx: &Tx<'_>, id: ImportId, state: &str, max: u32) -> Result<Vec<(ClientId, OpId, NewPlace)>> {
    let rows = tx.all(
        "SELECT client_id, payload FROM import_items WHERE import = ?1 AND state = ?2 ORDER BY number LIMIT ?3",
        params![id.0, state, max.max(1)],
        |row| Ok((ClientId(row.get::<_, Uuid>(0)?), row.get::<_, Vec<u8>>(1)?)),
    )?;
    rows.into_iter()
        .map(|(client_id, payload)| match Operation::parse(&payload) {
            Ok(Operation { op_id, action: Action::Create { place, .. } }) => Ok((client_id, op_id, *place)),
            _ => Err(Error::Unexpected("an import's item that is no create".to_owned())),
        })
        .collect()
}

fn remaining(tx: &Tx<'_>, id: ImportId, state: &str) -> Result<u64> {
    tx.one("SELECT count(*) FROM import_items WHERE import = ?1 AND state = ?2", params![id.0, state], |row| {
        row.get::<_, i64>(0).map(i64::unsigned_abs)
    })
}

fn make(tx: &Tx<'_>, import: &ImportSummary, client_id: ClientId, op_id: OpId, place: &NewPlace) -> Result<()> {
    // Another device may have imported the same file, and this one has pulled it meanwhile.
    let made = places::by_client_id(tx, client_id)?.is_none();
    if made {
        // Its id comes from the file: another device with the same file may have sent it, so it is not this device's alone.
        let made = capture::insert_as(tx, op_id, client_id, false, place.clone())?;
        journal::note(tx, made.local_id, JournalEvent::Imported, Some(&import.label))?;
    }
    let state = if made { "made" } else { "settled" };
    tx.run("UPDATE import_items SET state = ?2 WHERE client_id = ?1", params![client_id.0, state])?;
    Ok(())
}

/// Deletes a place if it still is what the import made of it. `None`: it is kept.
fn take_back(tx: &Tx<'_>, client_id: ClientId, made: &NewPlace) -> Result<Option<DeleteOutcome>> {
    let Some(id) = places::by_client_id(tx, client_id)? else { return Ok(None) };
    let row = places::load(tx, id)?;
    let chain = outbox::chain(tx, id)?;
    let untouched = row.mark.is_none()
        && row.shown.deleted_at.is_none()
        && row.shown.fields().as_ref() == Some(&made.fields)
        && crate::confirmed::version(tx, id)? <= 1
        && chain.iter().all(|entry| matches!(entry.action, Action::Create { .. }));
    if !untouched {
        return Ok(None);
    }
    let known = crate::confirmed::version(tx, id)? > 0;
    if known && !chain.is_empty() {
        // A page brought it before its own create was answered: as far as is known, another device made it.
        return Ok(None);
    }
    if let [create] = chain.as_slice()
        && (!create.frozen || create.state == OpState::Rejected)
    {
        // It never arrived. What another device made of the same file is not this import's, and stays.
        outbox::remove(tx, create, JournalEvent::Discarded, Some("the import was undone before it was sent"))?;
        places::remove(tx, id)?;
        return Ok(Some(DeleteOutcome::Vanished));
    }
    trash::delete(tx, &row, None).map(Some)
}

/// What the file said about a capture, where it came from one.
pub(crate) fn item(tx: &Tx<'_>, client_id: ClientId) -> Result<Option<NewPlace>> {
    let payload = tx.first("SELECT payload FROM import_items WHERE client_id = ?1", [client_id.0], |row| {
        row.get::<_, Vec<u8>>(0)
    })?;
    Ok(payload.and_then(|payload| match Operation::parse(&payload) {
        Ok(Operation { action: Action::Create { place, .. }, .. }) => Some(*place),
        _ => None,
    }))
}

/// The server had the capture before this device sent it: another device made it of the same file, and an undo of this
/// device's import leaves it alone.
pub(crate) fn made_elsewhere(tx: &Tx<'_>, client_id: ClientId) -> Result<()> {
    tx.run("UPDATE import_items SET state = 'settled' WHERE client_id = ?1 AND state = 'made'", [client_id.0])?;
    Ok(())
}

fn load(tx: &Tx<'_>, id: ImportId) -> Result<ImportSummary> {
    tx.first("SELECT id, label, begun_at, total, done, state FROM imports WHERE id = ?1", [id.0], read_summary)?
        .ok_or(Error::NoSuchImport)
}

fn read_summary(row: &rusqlite::Row<'_>) -> rusqlite::Result<ImportSummary> {
    Ok(ImportSummary {
        id: ImportId(row.get(0)?),
        label: row.get(1)?,
        begun_at: row.get::<_, Micros>(2)?.0,
        total: row.get::<_, i64>(3)?.unsigned_abs(),
        done: row.get::<_, i64>(4)?.unsigned_abs(),
        state: row.get(5)?,
    })
}
