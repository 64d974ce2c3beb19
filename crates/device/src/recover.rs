//! Reads what can be read of a damaged database into a fresh one.
//!
//! Each table is read from both ends until it can't be read further; what an index or a page in between has lost is
//! counted as unreadable. Then the whole is made sound again: an operation whose place is lost gets its place back, a
//! capture whose operation is lost gets a new one (its client id makes that harmless), and the feed is pulled from the
//! start.

use std::path::{Path, PathBuf};

use holdfast_contract::{Action, Operation, Target};
use rusqlite::types::Value;
use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use crate::capture;
use crate::columns::Json;
use crate::confirmed;
use crate::database;
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::journal;
use crate::outbox;
use crate::places::{self, NewRow};
use crate::shown::{Shown, overlay};
use crate::tx::Tx;
use crate::views::{JournalEvent, LocalId, RecoveryReport};

/// What is worth reading, with the columns that order it. Lanes are not: nothing is under way after this.
const TABLES: &[(&str, &str)] = &[
    ("places", "local_id"),
    ("confirmed", "local_id"),
    ("outbox", "number"),
    ("journal", "number"),
    ("passes", "pass"),
    ("imports", "id"),
    ("import_items", "client_id"),
    ("adopted", "client_id"),
];

/// Makes a complete database at `making` from what can be read at `damaged`, which will be set aside as `aside`.
pub(crate) fn rescue(damaged: &Path, making: &Path, aside: &Path, env: &dyn Environment) -> Result<RecoveryReport> {
    let mut conn = database::make_plain(making)?;
    conn.pragma_update(None, "foreign_keys", false)?;
    let report = read_all(&mut conn, damaged, aside, env)?;
    conn.close().map_err(|(_, error)| error)?;
    Ok(report)
}

/// Reads everything in one transaction and makes it sound.
fn read_all(conn: &mut Connection, damaged: &Path, aside: &Path, env: &dyn Environment) -> Result<RecoveryReport> {
    let sql = Transaction::new(conn, TransactionBehavior::Immediate)?;
    let tx = Tx { sql, env, now: env.now() };
    let mut unreadable = Vec::new();
    match Connection::open(damaged) {
        Ok(old) => {
            read_store(&old, &tx, &mut unreadable)?;
            for (table, order) in TABLES {
                read_table(&old, &tx, table, order, &mut unreadable)?;
            }
        }
        Err(error) => unreadable.push(format!("the file: {error}")),
    }
    mend(&tx)?;
    let count = |table: &str| {
        tx.one(&format!("SELECT count(*) FROM {table}"), [], |row| row.get::<_, i64>(0).map(i64::unsigned_abs))
    };
    let report = RecoveryReport {
        at: tx.wall(),
        set_aside: aside.to_string_lossy().into_owned(),
        places: count("places")?,
        operations: count("outbox")?,
        unreadable,
    };
    tx.run("UPDATE store SET recovery = ?1", [Json(&report)])?;
    tx.sql.commit()?;
    Ok(report)
}

/// As what the damaged file is set aside that the complete database at `recovered` was made from.
pub(crate) fn set_aside_name(recovered: &Path) -> Result<PathBuf> {
    let conn = Connection::open(recovered)?;
    let report: Json<RecoveryReport> = conn.query_row("SELECT recovery FROM store", [], |row| row.get(0))?;
    Ok(report.0.set_aside.into())
}

/// Whose store it was, and how to go on from there: from the start, in a new pass.
fn read_store(old: &Connection, tx: &Tx<'_>, unreadable: &mut Vec<String>) -> Result<()> {
    let row =
        old.query_row("SELECT server, account, adopting_server, adopting_account, epoch, pass FROM store", [], |row| {
            (0..6).map(|i| row.get::<_, Value>(i)).collect::<rusqlite::Result<Vec<Value>>>()
        });
    match row {
        Ok(values) => {
            tx.run(
                "UPDATE store SET server = ?1, account = ?2, adopting_server = ?3, adopting_account = ?4, epoch = ?5, \
                 pass = ?6 + 1, swept = ?6",
                rusqlite::params_from_iter(values),
            )?;
        }
        Err(error) => unreadable.push(format!("store: {error}")),
    }
    Ok(())
}

fn read_table(old: &Connection, tx: &Tx<'_>, table: &str, order: &str, unreadable: &mut Vec<String>) -> Result<()> {
    let columns: Vec<String> = match columns_of(old, table) {
        Ok(columns) if !columns.is_empty() => {
            let known = columns_of(&tx.sql, table)?;
            columns.into_iter().filter(|column| known.contains(column)).collect()
        }
        Ok(_) => return Ok(()),
        Err(error) => {
            unreadable.push(format!("{table}: {error}"));
            return Ok(());
        }
    };
    let list = columns.join(", ");
    let marks = vec!["?"; columns.len()].join(", ");
    let insert = format!("INSERT OR IGNORE INTO {table} ({list}) VALUES ({marks})");
    for direction in ["ASC", "DESC"] {
        let select = format!("SELECT {list} FROM {table} ORDER BY {order} {direction}");
        let Err(error) = copy(old, tx, &select, &insert, columns.len()) else { return Ok(()) };
        match error {
            // The reading failed: once more from the other end.
            Error::Damaged(message) => unreadable.push(format!("{table}: {message}")),
            Error::Database(error) => unreadable.push(format!("{table}: {error}")),
            other => return Err(other),
        }
    }
    Ok(())
}

fn copy(old: &Connection, tx: &Tx<'_>, select: &str, insert: &str, columns: usize) -> Result<()> {
    let mut select = old.prepare(select)?;
    let mut insert = tx.prepare(insert)?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let values = (0..columns).map(|i| row.get::<_, Value>(i)).collect::<rusqlite::Result<Vec<Value>>>()?;
        // A row that breaks the schema's own rules is damaged too: it is left out and the next one read.
        let _ = insert.execute(rusqlite::params_from_iter(values));
    }
    Ok(())
}

fn columns_of(conn: &Connection, table: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement = conn.prepare("SELECT name FROM pragma_table_info(?1)")?;
    statement.query_map([table], |row| row.get(0))?.collect()
}

/// Makes what was read sound again.
fn mend(tx: &Tx<'_>) -> Result<()> {
    drop_unreadable_operations(tx)?;
    restore_lost_places(tx)?;
    requeue_lost_captures(tx)?;
    tx.run("DELETE FROM confirmed WHERE local_id NOT IN (SELECT local_id FROM places)", [])?;
    tx.run("DELETE FROM import_items WHERE import NOT IN (SELECT id FROM imports)", [])?;
    tx.run("UPDATE outbox SET state = 'queued', lease = NULL WHERE state = 'leased'", [])?;
    tx.run(
        "UPDATE outbox SET head = (number = (SELECT min(o.number) FROM outbox o WHERE o.place = outbox.place))",
        [],
    )?;
    // Whatever the pass was, the next one must be above it.
    tx.run(
        "UPDATE store SET pass = max(pass, (SELECT coalesce(max(pass), 0) + 1 FROM confirmed)), \
         swept = min(swept, max(pass, (SELECT coalesce(max(pass), 0) + 1 FROM confirmed)) - 1)",
        [],
    )?;
    Ok(())
}

/// An operation whose bytes are damaged goes into the journal as it is: nobody could send it.
fn drop_unreadable_operations(tx: &Tx<'_>) -> Result<()> {
    let rows = tx.all("SELECT number, place, payload FROM outbox", [], |row| {
        Ok((row.get::<_, i64>(0)?, LocalId(row.get(1)?), row.get::<_, Value>(2)?))
    })?;
    for (number, place, payload) in rows {
        let bytes = match payload {
            Value::Blob(bytes) => bytes,
            Value::Text(text) => text.into_bytes(),
            _ => Vec::new(),
        };
        if Operation::parse(&bytes).is_err() {
            journal::note(tx, place, JournalEvent::Recovered, Some(&String::from_utf8_lossy(&bytes)))?;
            tx.run("DELETE FROM outbox WHERE number = ?1", [number])?;
        }
    }
    Ok(())
}

/// Gives operations and confirmed copies whose place is lost their place back, under the same local id.
fn restore_lost_places(tx: &Tx<'_>) -> Result<()> {
    let lost = tx.all(
        "SELECT place FROM outbox UNION SELECT local_id FROM confirmed EXCEPT SELECT local_id FROM places",
        [],
        |row| row.get(0).map(LocalId),
    )?;
    for id in lost {
        let base = confirmed::load(tx, id).ok().flatten();
        let chain = outbox::chain(tx, id)?;
        let shown =
            overlay(base.as_ref().map(|base| &base.place), chain.iter().map(|entry| (&entry.action, entry.queued_at)));
        if let Some(base) = base {
            places::write_known(tx, None, &base.place, &shown)?;
        } else if let Some(head) = chain.first() {
            stub(tx, &head.action, &shown)?;
        } else {
            continue;
        }
        tx.run("UPDATE places SET local_id = ?1 WHERE local_id = ?2", (id.0, tx.sql.last_insert_rowid()))?;
        journal::note(tx, id, JournalEvent::Recovered, None)?;
    }
    Ok(())
}

/// A row for a place of which only a pending operation is left. The next pull brings the rest.
fn stub(tx: &Tx<'_>, action: &Action, shown: &Shown) -> Result<()> {
    if let Action::Create { client_id, place } = action {
        let row = NewRow {
            client_id: *client_id,
            made_here: false,
            shown,
            captured_at: place.captured_at,
            source: place.source,
            fix_wait: None,
        };
        return places::insert(tx, &row).map(|_| ());
    }
    let (client_id, place_id, role) = match action.target() {
        Target::Own(client_id) => (Some(client_id.0), None, "owner"),
        Target::Id(place_id) => (None, Some(place_id.0), "editor"),
    };
    tx.run(
        "INSERT INTO places (client_id, place_id, captured_at, role, search) VALUES (?1, ?2, ?3, ?4, '')",
        params![client_id, place_id, tx.wall().as_micros(), role],
    )?;
    let id = LocalId(tx.sql.last_insert_rowid());
    places::write_shown(tx, id, shown)
}

/// A capture that was neither confirmed nor is in the outbox has lost its operation: it is queued again.
fn requeue_lost_captures(tx: &Tx<'_>) -> Result<()> {
    let sql = format!(
        "SELECT {} FROM places p WHERE p.latitude IS NOT NULL AND p.attention IS NULL \
         AND NOT EXISTS (SELECT 1 FROM confirmed c WHERE c.local_id = p.local_id) \
         AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.place = p.local_id)",
        places::COLUMNS
    );
    for row in tx.all(&sql, [], places::read)? {
        if row.client_id.is_some() && row.source.is_some() {
            let shown = row.shown.clone();
            capture::place(tx, &row, &shown)?;
            tx.run("UPDATE places SET made_here = 0 WHERE local_id = ?1", [row.id.0])?;
        } else {
            // Somebody else's: the next pull brings it.
            places::remove(tx, row.id)?;
        }
    }
    Ok(())
}
