//! Captures that were made before there was an account, taken over into an account's own store.
//!
//! 1. The store without an account is promised to this one, durably: from then on no other account can have what is in
//!    it.
//! 2. Its captures are copied in chunks, with their history, each a durable commit of the account's store. Of one that is
//!    there already (the same file was imported on another device), what the person set differently is queued as a change,
//!    or taken at once where it still waits there for a position; its history is the one that is there.
//! 3. The store without an account is emptied and released in one commit. It may be used again.
//!
//! Killed at any point and called again, it goes on: the promise has an id, under which the account's store remembers what
//! it has taken over, and brings nothing back that was deleted there meanwhile. The next adoption has another id: what is
//! captured after this one, be it the same file once more, is taken over then. While it copies, it holds the write lock of
//! the store without an account, so that nothing captured meanwhile is emptied away.

use holdfast_contract::defect::{self, Defect};
use holdfast_contract::text::Text;
use holdfast_contract::{Action, ClientId, Operation, Timestamp};
use rusqlite::params;
use uuid::Uuid;

use crate::binding::Binding;
use crate::columns::Micros;
use crate::device::{Device, read_binding};
use crate::environment::Moment;
use crate::error::{Error, Result};
use crate::outbox::{self, Entry};
use crate::places::{self, NewRow, PlaceRow};
use crate::shown::Shown;
use crate::tx::Tx;
use crate::views::{JournalEvent, LocalId};
use crate::{capture, edit, fold, imports, journal, waiting};

/// Places copied in one commit.
const CHUNK: u32 = 500;

/// What an adoption did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Adopted {
    /// Captures that are new in the account's store.
    pub copied: u64,
    /// Captures that were there already.
    pub known: u64,
}

/// A capture on its way from one store to the other.
struct Moving {
    row: PlaceRow,
    fix_wait: Option<(Timestamp, Timestamp)>,
    chain: Vec<Entry>,
}

impl Device {
    /// Takes over everything captured in `anonymous`, a store without an account. Crash-safe: to be called again until it
    /// succeeds. Promised to another account before: [`Error::BoundElsewhere`], and nothing is copied.
    pub fn adopt(&mut self, anonymous: &mut Self) -> Result<Adopted> {
        let account = self.binding()?.ok_or(Error::Unbound)?;
        let adoption = anonymous.write(|tx| promise(tx, &account))?;
        let adopted = anonymous.write(|from| {
            let mut adopted = Adopted::default();
            let mut after = 0;
            loop {
                let chunk = read_chunk(from, after)?;
                let Some(last) = chunk.last() else { break };
                after = last.row.id.0;
                self.write(|into| {
                    for moving in &chunk {
                        if take(from, into, &adoption, moving)? {
                            adopted.copied += 1;
                        } else {
                            adopted.known += 1;
                        }
                    }
                    Ok(())
                })?;
            }
            self.write(|into| copy_imports(from, into, &adoption))?;
            empty(from)?;
            Ok(adopted)
        })?;
        // Nobody will ask for this adoption again.
        self.write(|into| into.run("DELETE FROM adopted WHERE adoption IN (?1, ?2)", [&adoption, &met(&adoption)]))?;
        Ok(adopted)
    }
}

/// Promises the store to the account. Returns the id of this adoption, the same until it is over.
fn promise(tx: &Tx<'_>, account: &Binding) -> Result<Vec<u8>> {
    let (bound, promised, id) =
        tx.one("SELECT server, account, adopting_server, adopting_account, adopting_id FROM store", [], |row| {
            Ok((read_binding(row, 0)?, read_binding(row, 2)?, row.get::<_, Option<Vec<u8>>>(4)?))
        })?;
    match (bound.or(promised), id) {
        (Some(other), _) if other != *account => Err(Error::BoundElsewhere(Box::new(other))),
        (Some(_), Some(id)) => Ok(id),
        (Some(_), None) => Err(Error::Unexpected("an account's own store is not adopted".to_owned())),
        (None, _) => {
            let id: [u8; 16] = tx.random();
            tx.run(
                "UPDATE store SET adopting_server = ?1, adopting_account = ?2, adopting_id = ?3",
                params![account.server, account.account.0, id],
            )?;
            Ok(id.to_vec())
        }
    }
}

fn read_chunk(from: &Tx<'_>, after: i64) -> Result<Vec<Moving>> {
    let sql = format!(
        "SELECT {}, p.fix_wait_from, p.fix_wait_until FROM places p WHERE p.local_id > ?1 ORDER BY p.local_id LIMIT ?2",
        places::COLUMNS
    );
    let rows = from.all(&sql, (after, CHUNK), |row| {
        let wait_from: Option<Micros> = row.get(places::COLUMN_COUNT)?;
        let wait_until: Option<Micros> = row.get(places::COLUMN_COUNT + 1)?;
        Ok((places::read(row)?, wait_from.zip(wait_until).map(|(from, until)| (from.0, until.0))))
    })?;
    rows.into_iter().map(|(row, fix_wait)| Ok(Moving { chain: outbox::chain(from, row.id)?, row, fix_wait })).collect()
}

/// Under which the account's store remembers, until an adoption is over, which captures it had before it.
fn met(adoption: &[u8]) -> Vec<u8> {
    [adoption, b" met"].concat()
}

/// Copies one capture unless it is here, or this adoption has brought it here before.
fn take(from: &Tx<'_>, into: &Tx<'_>, adoption: &[u8], moving: &Moving) -> Result<bool> {
    let Some(client_id) = moving.row.client_id else {
        return Err(Error::Unexpected("a capture without a client id".to_owned()));
    };
    let sql = "INSERT OR IGNORE INTO adopted (adoption, client_id) VALUES (?1, ?2)";
    if into.run(sql, params![adoption, client_id.0])? == 0 && !defect::is_on(Defect::AdoptedTwice) {
        return Ok(false);
    }
    if let Some(id) = places::by_client_id(into, client_id)? {
        into.run(sql, params![met(adoption), client_id.0])?;
        meet_known(from, into, id, moving)?;
        return Ok(false);
    }
    let Some(source) = moving.row.source else {
        return Err(Error::Unexpected("a capture without a source".to_owned()));
    };
    let id = places::insert(
        into,
        &NewRow {
            client_id,
            made_here: moving.row.made_here,
            shown: &moving.row.shown,
            captured_at: moving.row.captured_at,
            source,
            fix_wait: moving.fix_wait,
        },
    )?;
    for entry in &moving.chain {
        // Never sent: without an account there is nobody to send to. It stays the same intent.
        let operation = Operation { op_id: entry.op_id, action: entry.action.clone() };
        let made = Moment { wall: entry.queued_at, boot: entry.boot, since_boot_micros: entry.since_boot };
        outbox::enqueue_as(into, id, &operation, made)?;
    }
    journal::carry_over(from, moving.row.id, into, id, &moving.chain)?;
    journal::note(into, id, JournalEvent::Adopted, None)?;
    Ok(true)
}

/// The account's store has the capture already. What the person set in the other store, and nobody has here, is queued as a
/// change with `was` as they saw it: what the file said, or nothing. Where it can't be queued, the journal keeps it.
fn meet_known(from: &Tx<'_>, into: &Tx<'_>, id: LocalId, moving: &Moving) -> Result<()> {
    let row = places::load(into, id)?;
    let typed = &moving.row.shown;
    let said = match moving.row.client_id {
        Some(client_id) => imports::said(from, client_id)?,
        None => None,
    };
    if capture::is_waiting(into, &row)? && typed.deleted_at.is_none() {
        if waiting::meet_unsent(into, &row, said.as_ref(), typed)? {
            journal::note(into, id, JournalEvent::Adopted, None)?;
        }
        return Ok(());
    }
    // A capture that has no position yet has nothing to say about it.
    let Some(captured) = typed.fields().or_else(|| Shown { position: row.shown.position, ..typed.clone() }.fields())
    else {
        return keep_words(into, id, moving);
    };
    let mut changes = match (&said, row.shown.fields()) {
        (Some(said), _) => fold::since(said, &captured),
        (None, Some(known)) => fold::differences(&captured, &known).0,
        (None, None) => return keep_words(into, id, moving),
    };
    if let Some(known) = row.shown.fields() {
        changes = fold::not_there_yet(changes, &known);
    }
    if changes.is_empty() {
        return Ok(());
    }
    if row.shown.deleted_at.is_some() || row.mark.is_some() || row.shown.position.is_none() {
        return keep_words(into, id, moving);
    }
    // Where something else was typed here, the two must not be folded into one: neither person saw the other's words.
    let here = &row.shown;
    let differs = |was: Option<&str>, here: Option<&str>| here.is_some() && here != was;
    let other_words = changes
        .name
        .as_ref()
        .is_some_and(|c| differs(c.was.as_ref().map(Text::as_str), here.name.as_ref().map(Text::as_str)))
        || changes
            .note
            .as_ref()
            .is_some_and(|c| differs(c.was.as_ref().map(Text::as_str), here.note.as_ref().map(Text::as_str)))
        || changes
            .category
            .as_ref()
            .is_some_and(|c| differs(c.was.as_ref().map(Text::as_str), here.category.as_ref().map(Text::as_str)));
    if other_words {
        // As an intent of its own, behind what was typed here: the server sees that it was made without those words, and asks.
        let action = Action::Update { target: outbox::target(&row)?, base_version: None, changes: Box::new(changes) };
        outbox::enqueue(into, id, action)?;
    } else {
        edit::queue_changes(into, &row, changes, 0)?;
    }
    journal::note(into, id, JournalEvent::Adopted, None)?;
    places::refresh(into, id)
}

/// Keeps what was typed in the other store in the journal of the place that is here.
fn keep_words(into: &Tx<'_>, id: LocalId, moving: &Moving) -> Result<()> {
    let shown = &moving.row.shown;
    let words = serde_json::json!({
        "name": shown.name, "note": shown.note, "category": shown.category, "tags": shown.tags,
        "position": shown.position.map(|(position, _)| position),
    });
    journal::note(into, id, JournalEvent::Adopted, Some(&words.to_string()))
}

/// The memory of what was imported moves too: the same file must make nothing new here either. A capture that was here
/// before was not made by that import, and an undo of it leaves the capture alone.
fn copy_imports(from: &Tx<'_>, into: &Tx<'_>, adoption: &[u8]) -> Result<()> {
    let imports = from.all(
        "SELECT id, label, begun_at, total, state, done, vanished, deleted, kept FROM imports ORDER BY id",
        [],
        |row| {
            let values: Vec<rusqlite::types::Value> = (1..9).map(|i| row.get(i)).collect::<rusqlite::Result<_>>()?;
            Ok((row.get::<_, i64>(0)?, values))
        },
    )?;
    for (old, values) in imports {
        let mut new = None;
        let items = from.all(
            "SELECT client_id, number, state, payload FROM import_items WHERE import = ?1 ORDER BY number",
            [old],
            |row| {
                let id = ClientId(row.get::<_, Uuid>(0)?);
                Ok((id, row.get::<_, i64>(1)?, row.get::<_, String>(2)?, row.get::<_, Vec<u8>>(3)?))
            },
        )?;
        for (client_id, number, state, payload) in items {
            let known =
                into.first("SELECT 1 FROM import_items WHERE client_id = ?1", [client_id.0], |_| Ok(()))?.is_some();
            // Adopted, and deleted before this adoption was over: the file that had it is the way to have it again.
            let vanished = state != "staged" && places::by_client_id(into, client_id)?.is_none();
            if known || vanished {
                continue;
            }
            let import = if let Some(import) = new {
                import
            } else {
                into.run(
                    "INSERT INTO imports (label, begun_at, total, state, done, vanished, deleted, kept) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                    rusqlite::params_from_iter(&values),
                )?;
                *new.insert(into.sql.last_insert_rowid())
            };
            into.run(
                "INSERT INTO import_items (client_id, import, number, state, payload) VALUES (?1, ?2, ?3, \
                 CASE WHEN ?4 = 'made' AND EXISTS (SELECT 1 FROM adopted WHERE adoption = ?6 AND client_id = ?1) \
                 THEN 'settled' ELSE ?4 END, ?5)",
                params![client_id.0, import, number, state, payload, met(adoption)],
            )?;
        }
    }
    Ok(())
}

/// Empties the store without an account and releases it.
fn empty(from: &Tx<'_>) -> Result<()> {
    for table in ["outbox", "confirmed", "places", "journal", "import_items", "imports"] {
        from.run(&format!("DELETE FROM {table}"), [])?;
    }
    from.run("UPDATE store SET adopting_server = NULL, adopting_account = NULL, adopting_id = NULL", [])?;
    Ok(())
}
