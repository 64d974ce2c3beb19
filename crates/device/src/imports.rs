//! Imports: captures like any other, many at once. Staged durably first, then made in chunks, each one commit; killed at
//! any point and begun again with the same file, an import goes on where it was.

use std::collections::HashSet;

use holdfast_contract::import;
use holdfast_contract::{Action, ClientId, NewPlace, Source};
use rusqlite::params;

use crate::capture;
use crate::columns::Micros;
use crate::commands::DeleteOutcome;
use crate::device::Device;
use crate::error::{Error, Result};
use crate::import_items::{self, Item, Unplaced};
use crate::import_types::{
    ImportId, ImportPreview, ImportProgress, ImportRows, ImportState, ImportSummary, UndoProgress,
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

impl Standing {
    fn is_to_be_made(self) -> bool {
        matches!(self, Self::New | Self::Staged)
    }
}

impl Device {
    /// What an import of these rows would do. Writes nothing.
    pub fn preview_import<'a>(&self, rows: impl Into<ImportRows<'a>>) -> Result<ImportPreview> {
        let rows = rows.into();
        self.read(|tx| Ok(look(tx, rows)?.0))
    }

    /// Stages the new rows durably, without making a place yet. Rows that an interrupted import of the same file had
    /// staged become part of this one.
    pub fn begin_import<'a>(
        &mut self,
        label: &str,
        rows: impl Into<ImportRows<'a>>,
    ) -> Result<(ImportId, ImportPreview)> {
        let rows = rows.into();
        self.write(|tx| {
            let (preview, items) = look(tx, rows)?;
            tx.run(
                "INSERT INTO imports (label, begun_at, total, state) VALUES (?1, ?2, ?3, ?4)",
                params![label, Micros(tx.wall()), preview.new.cast_signed(), ImportState::Running],
            )?;
            let id = ImportId(tx.sql.last_insert_rowid());
            for (number, (client_id, item, standing)) in items.into_iter().enumerate() {
                let number = i64::try_from(number).unwrap_or(i64::MAX);
                match standing {
                    Standing::New => import_items::stage(tx, id, number, client_id, &item)?,
                    Standing::Staged => {
                        tx.run(
                            "UPDATE import_items SET import = ?2, number = ?3 WHERE client_id = ?1",
                            params![client_id.0, id.0, number],
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
                let staged = import_items::all(tx, id, "staged", max)?;
                for (client_id, item) in &staged {
                    make(tx, &import, *client_id, item)?;
                }
                tx.run(
                    "UPDATE imports SET done = done + ?2 WHERE id = ?1",
                    params![id.0, i64::try_from(staged.len()).unwrap_or(i64::MAX)],
                )?;
                if import_items::count(tx, id, "staged")? == 0 {
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
            for (client_id, made) in import_items::all(tx, id, "made", max)? {
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
            let remaining = import_items::count(tx, id, "made")?;
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

/// A place of a file, and how it stands.
type Looked = (ClientId, Item, Standing);

fn look(tx: &Tx<'_>, rows: ImportRows<'_>) -> Result<(ImportPreview, Vec<Looked>)> {
    let (parsed, invalid) = import::parse(rows.placed, tx.wall());
    let total = rows.placed.len() + rows.unplaced.len();
    let mut items = Vec::with_capacity(total);
    for row in parsed {
        let standing = standing(tx, row.client_id)?;
        items.push((row.client_id, Item::Placed(tx.new_op_id(), Box::new(row.place)), standing));
    }
    let mut named: HashSet<ClientId> = items.iter().map(|(client_id, ..)| *client_id).collect();
    let (mut unplaced, mut again) = (0, 0);
    for row in rows.unplaced {
        // A capture that the file names twice is itself once.
        if !named.insert(row.client_id) {
            again += 1;
            continue;
        }
        let standing = standing(tx, row.client_id)?;
        unplaced += u64::from(standing.is_to_be_made());
        items.push((row.client_id, Item::Unplaced(Unplaced::of(row, tx.wall())), standing));
    }
    let count = |which: fn(Standing) -> bool| items.iter().filter(|(.., s)| which(*s)).count() as u64;
    let preview = ImportPreview {
        total: total as u64,
        new: count(Standing::is_to_be_made),
        known: count(|s| !s.is_to_be_made()) + again,
        in_trash: count(|s| s == Standing::KnownInTrash),
        without_position: unplaced,
        invalid,
    };
    Ok((preview, items))
}

fn standing(tx: &Tx<'_>, client_id: ClientId) -> Result<Standing> {
    let (item, in_trash) = tx.one(
        "SELECT (SELECT state FROM import_items WHERE client_id = ?1), \
         (SELECT deleted_at IS NOT NULL FROM places WHERE client_id = ?1)",
        [client_id.0],
        |row| Ok((row.get::<_, Option<String>>(0)?, row.get::<_, Option<bool>>(1)?)),
    )?;
    Ok(match (item.as_deref(), in_trash) {
        (_, Some(true)) => Standing::KnownInTrash,
        (Some("staged"), None) => Standing::Staged,
        (None, None) => Standing::New,
        _ => Standing::Known,
    })
}

fn make(tx: &Tx<'_>, import: &ImportSummary, client_id: ClientId, item: &Item) -> Result<()> {
    // Another device may have imported the same file, and this one has pulled it meanwhile.
    let made = places::by_client_id(tx, client_id)?.is_none();
    if made {
        // Its id comes from the file: another device with the same file may have sent it, so it is not this device's alone.
        let made = match item {
            Item::Placed(op_id, place) => capture::insert_as(tx, *op_id, client_id, false, (**place).clone())?,
            Item::Unplaced(unplaced) => {
                capture::insert_unplaced(tx, client_id, &unplaced.shown(), unplaced.captured_at, Source::Import)?
            }
        };
        journal::note(tx, made.local_id, JournalEvent::Imported, Some(&import.label))?;
    }
    let state = if made { "made" } else { "settled" };
    tx.run("UPDATE import_items SET state = ?2 WHERE client_id = ?1", params![client_id.0, state])?;
    Ok(())
}

/// Deletes a place if it still is what the import made of it. `None`: it is kept.
fn take_back(tx: &Tx<'_>, client_id: ClientId, made: &Item) -> Result<Option<DeleteOutcome>> {
    let Some(id) = places::by_client_id(tx, client_id)? else { return Ok(None) };
    let row = places::load(tx, id)?;
    let made = match made {
        Item::Placed(_, place) => place,
        Item::Unplaced(unplaced) => {
            if !capture::is_waiting(tx, &row)? || row.shown != unplaced.shown() {
                return Ok(None);
            }
            places::remove(tx, id)?;
            return Ok(Some(DeleteOutcome::Vanished));
        }
    };
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

/// What the file said about a capture with a position, where it came from one.
pub(crate) fn item(tx: &Tx<'_>, client_id: ClientId) -> Result<Option<NewPlace>> {
    Ok(import_items::one(tx, client_id)?.and_then(|item| match item {
        Item::Placed(_, place) => Some(*place),
        Item::Unplaced(_) => None,
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
