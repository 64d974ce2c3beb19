//! Reads what can be read of a damaged database into a fresh one.
//!
//! Where the table of contents is damaged, a copy with a fresh one is read instead (see `graft`). Each table is read from
//! both ends until it can't be read further; what an index or a page in between has lost is counted as unreadable. Then
//! the whole is made sound again: an operation whose place is lost gets its place back, a capture whose operation is lost
//! gets a new one (its client id makes that harmless), and the feed is pulled from the
//! start.

use std::path::Path;

use holdfast_contract::{Action, Operation, Target};
use rusqlite::types::Value;
use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior, params};

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
    ("adopted", "adoption, client_id"),
];

/// Opens the damaged database at `path` and locks it against writing, as far as the damage allows. Closing it leaves its
/// log as it is.
pub(crate) fn hold(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(database::BUSY_TIMEOUT)?;
    database::keep_log(&conn, true)?;
    database::have_alone(&conn)?;
    match conn.execute_batch("BEGIN IMMEDIATE").map_err(Error::from) {
        // Damaged so far that it can't be locked, it can't be written to by anybody else either.
        Ok(()) | Err(Error::Damaged(_)) => Ok(conn),
        Err(error) => Err(error),
    }
}

/// Makes a complete database at `making` from what can be read of `damaged`, which will be set aside as `aside`.
pub(crate) fn rescue(
    damaged: &Connection,
    making: &Path,
    aside: &Path,
    env: &dyn Environment,
) -> Result<RecoveryReport> {
    let mut conn = database::make_plain(making)?;
    conn.pragma_update(None, "foreign_keys", false)?;
    let report = read_all(&mut conn, damaged, aside, env)?;
    conn.close().map_err(|(_, error)| error)?;
    Ok(report)
}

/// Reads everything in one transaction and makes it sound.
fn read_all(
    conn: &mut Connection,
    damaged: &Connection,
    aside: &Path,
    env: &dyn Environment,
) -> Result<RecoveryReport> {
    let sql = Transaction::new(conn, TransactionBehavior::Immediate)?;
    let tx = Tx { sql, env, now: env.now() };
    let mut unreadable = Vec::new();
    read_store(damaged, &tx, &mut unreadable)?;
    for (table, order) in TABLES {
        read_table(damaged, &tx, table, order, &mut unreadable)?;
    }
    read_sequences(damaged, &tx, &mut unreadable)?;
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
#[cfg(not(target_family = "wasm"))]
pub(crate) fn set_aside_name(recovered: &Path) -> Result<std::path::PathBuf> {
    // Read only: looking must never make a file.
    let conn = Connection::open_with_flags(recovered, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let report: Json<RecoveryReport> = conn.query_row("SELECT recovery FROM store", [], |row| row.get(0))?;
    Ok(report.0.set_aside.into())
}

/// Whose store it was, and how to go on from there: from the start, in a new pass.
fn read_store(old: &Connection, tx: &Tx<'_>, unreadable: &mut Vec<String>) -> Result<()> {
    let row = old.query_row(
        "SELECT server, account, adopting_server, adopting_account, epoch, pass, adopting_id FROM store",
        [],
        |row| (0..7).map(|i| row.get::<_, Value>(i)).collect::<rusqlite::Result<Vec<Value>>>(),
    );
    match row {
        Ok(values) => {
            tx.run(
                "UPDATE store SET server = ?1, account = ?2, adopting_server = ?3, adopting_account = ?4, epoch = ?5, \
                 pass = ?6 + 1, swept = ?6, adopting_id = ?7",
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
    let keys: Vec<&str> = order.split(", ").collect();
    let key: Option<Vec<usize>> = keys.iter().map(|key| columns.iter().position(|column| column == key)).collect();
    let known = keys.iter().map(|key| format!("{key} IS ?")).collect::<Vec<_>>().join(" AND ");
    let known = format!("SELECT EXISTS (SELECT 1 FROM {table} WHERE {known})");
    for direction in ["ASC", "DESC"] {
        let order = keys.iter().map(|key| format!("{key} {direction}")).collect::<Vec<_>>().join(", ");
        let select = format!("SELECT {list} FROM {table} ORDER BY {order}");
        let mut left_out = 0_u64;
        let copied = copy(old, tx, [&select, &insert, &known], key.as_deref(), &mut left_out);
        if left_out > 0 {
            unreadable.push(format!("{table}: {left_out} rows that break its rules"));
        }
        match copied {
            Ok(()) => return Ok(()),
            // Once more from the other end.
            Err(Stop::Reading(Error::Damaged(message))) => unreadable.push(format!("{table}: {message}")),
            Err(Stop::Reading(Error::Database(error))) => unreadable.push(format!("{table}: {error}")),
            Err(Stop::Reading(error) | Stop::Writing(error)) => return Err(error),
        }
    }
    Ok(())
}

/// Why copying stopped: only what the damaged file can't give may be left out.
enum Stop {
    Reading(Error),
    Writing(Error),
}

/// Copies what `select` finds. Rows that break the schema's own rules are damaged too: they are left out and counted.
fn copy(
    old: &Connection,
    tx: &Tx<'_>,
    [select, insert, known]: [&str; 3],
    key: Option<&[usize]>,
    left_out: &mut u64,
) -> std::result::Result<(), Stop> {
    fn reading(error: rusqlite::Error) -> Stop {
        Stop::Reading(error.into())
    }
    let mut select = old.prepare(select).map_err(reading)?;
    let columns = select.column_count();
    let mut insert = tx.prepare(insert).map_err(Stop::Writing)?;
    let mut known = tx.prepare(known).map_err(Stop::Writing)?;
    let mut rows = select.query([]).map_err(reading)?;
    while let Some(row) = rows.next().map_err(reading)? {
        let values = (0..columns).map(|i| row.get::<_, Value>(i)).collect::<rusqlite::Result<Vec<Value>>>();
        let values = values.map_err(reading)?;
        let taken = match insert.execute(rusqlite::params_from_iter(&values)) {
            Ok(taken) => taken > 0,
            Err(error) if breaks_a_rule(&error) => false,
            // The disk is full, or fails: that is no damage.
            Err(error) => return Err(Stop::Writing(error.into())),
        };
        // From the other end a row may come a second time.
        if let Some(key) = key.filter(|_| !taken) {
            let key = rusqlite::params_from_iter(key.iter().map(|column| &values[*column]));
            let there: bool = known.query_row(key, |row| row.get(0)).map_err(|e| Stop::Writing(e.into()))?;
            *left_out += u64::from(!there);
        }
    }
    Ok(())
}

fn breaks_a_rule(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch | ErrorCode::TooBig)
    )
}

/// Numbers that were given once are never given again, not even to what comes after the recovery.
fn read_sequences(old: &Connection, tx: &Tx<'_>, unreadable: &mut Vec<String>) -> Result<()> {
    let read = || -> rusqlite::Result<Vec<(String, i64)>> {
        let mut statement = old.prepare("SELECT name, seq FROM sqlite_sequence")?;
        statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
    };
    match read() {
        Ok(sequences) => {
            for (table, seq) in sequences {
                let known =
                    tx.run("UPDATE sqlite_sequence SET seq = max(seq, ?2) WHERE name = ?1", params![table, seq])?;
                if known == 0 {
                    tx.run("INSERT INTO sqlite_sequence (name, seq) VALUES (?1, ?2)", params![table, seq])?;
                }
            }
        }
        Err(error) => unreadable.push(format!("sqlite_sequence: {error}")),
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
