//! The table of operations that the server has not acknowledged: one chain per place, of which only the head moves.

use holdfast_contract::defect::{self, Defect};
use holdfast_contract::outcome::ConflictReason;
use holdfast_contract::{Action, Code, Field, OpId, Operation, PAYLOAD_VERSION, Problem, Target, Timestamp};
use rusqlite::{Row, params};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::columns::{Json, Micros};
use crate::environment::Moment;
use crate::error::{Error, Result};
use crate::journal;
use crate::lanes;
use crate::places::PlaceRow;
use crate::tx::Tx;
use crate::views::{JournalEvent, LocalId};
use crate::words::OpState;

/// One pending operation.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Entry {
    pub(crate) number: i64,
    pub(crate) op_id: OpId,
    pub(crate) place: LocalId,
    pub(crate) action: Action,
    pub(crate) frozen: bool,
    pub(crate) head: bool,
    pub(crate) state: OpState,
    pub(crate) lease: Option<Vec<u8>>,
    pub(crate) wait_until: Option<Timestamp>,
    pub(crate) attempts: u32,
    pub(crate) failures: u32,
    pub(crate) problem: Option<Problem>,
    pub(crate) conflict: Option<Conflict>,
    pub(crate) queued_at: Timestamp,
    pub(crate) boot: u64,
    pub(crate) since_boot: i64,
    pub(crate) first_sent_at: Option<Timestamp>,
    pub(crate) last_sent_at: Option<Timestamp>,
}

/// Why an operation conflicts. The server's side is the confirmed copy.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Conflict {
    pub(crate) reason: ConflictReason,
    pub(crate) fields: Vec<Field>,
}

/// The columns that [`read`] takes, in its order.
pub(crate) const COLUMNS: &str = "o.number, o.op_id, o.place, o.payload, o.frozen, o.head, o.state, o.lease, \
     o.wait_until, o.attempts, o.failures, o.problem, o.conflict, o.queued_at, o.boot, o.since_boot, o.first_sent_at, \
     o.last_sent_at";

/// Reads a row of [`COLUMNS`].
pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let payload = row.get_ref(3)?.as_blob()?;
    let operation = Operation::parse(payload).map_err(|unreadable| {
        rusqlite::Error::FromSqlConversionFailure(3, rusqlite::types::Type::Blob, Box::new(unreadable.problem))
    })?;
    Ok(Entry {
        number: row.get(0)?,
        op_id: OpId(row.get::<_, Uuid>(1)?),
        place: LocalId(row.get(2)?),
        action: operation.action,
        frozen: row.get::<_, bool>(4)? && !defect::is_on(Defect::FoldedIntoLeased),
        head: row.get(5)?,
        state: row.get(6)?,
        lease: row.get(7)?,
        wait_until: row.get::<_, Option<Micros>>(8)?.map(|t| t.0),
        attempts: row.get(9)?,
        failures: row.get(10)?,
        problem: row.get::<_, Option<Json<Problem>>>(11)?.map(|json| json.0),
        conflict: row.get::<_, Option<Json<Conflict>>>(12)?.map(|json| json.0),
        queued_at: row.get::<_, Micros>(13)?.0,
        boot: row.get::<_, i64>(14)?.cast_unsigned(),
        since_boot: row.get(15)?,
        first_sent_at: row.get::<_, Option<Micros>>(16)?.map(|t| t.0),
        last_sent_at: row.get::<_, Option<Micros>>(17)?.map(|t| t.0),
    })
}

/// A place's pending operations, oldest first.
pub(crate) fn chain(tx: &Tx<'_>, place: LocalId) -> Result<Vec<Entry>> {
    tx.all(&format!("SELECT {COLUMNS} FROM outbox o WHERE o.place = ?1 ORDER BY o.number"), [place.0], read)
}

/// The operation with this id, or [`Error::NoSuchEntry`].
pub(crate) fn by_op_id(tx: &Tx<'_>, op_id: OpId) -> Result<Entry> {
    tx.first(&format!("SELECT {COLUMNS} FROM outbox o WHERE o.op_id = ?1"), [op_id.0], read)?.ok_or(Error::NoSuchEntry)
}

/// How operations name this place.
pub(crate) fn target(place: &PlaceRow) -> Result<Target> {
    match (place.client_id, place.place_id) {
        (Some(client_id), _) => Ok(Target::Own(client_id)),
        (None, Some(place_id)) => Ok(Target::Id(place_id)),
        (None, None) => Err(Error::Unexpected("a place without any id".to_owned())),
    }
}

/// Puts a new operation behind the place's others.
pub(crate) fn enqueue(tx: &Tx<'_>, place: LocalId, action: Action) -> Result<OpId> {
    let operation = Operation { op_id: tx.new_op_id(), action };
    enqueue_as(tx, place, &operation, tx.now)?;
    Ok(operation.op_id)
}

/// Puts a new operation in front of the place's others. Those keep their order, their ids and their bytes, under new numbers.
pub(crate) fn enqueue_in_front(tx: &Tx<'_>, place: LocalId, action: Action) -> Result<OpId> {
    let behind =
        tx.all("SELECT number FROM outbox WHERE place = ?1 ORDER BY number", [place.0], |row| row.get::<_, i64>(0))?;
    let op_id = enqueue(tx, place, action)?;
    for number in behind {
        tx.run(
            "UPDATE outbox SET head = 0, number = (SELECT max(number) + 1 FROM outbox) WHERE number = ?1",
            [number],
        )?;
    }
    // The next one must not get a number that somebody knows an operation by.
    tx.run("UPDATE sqlite_sequence SET seq = (SELECT max(number) FROM outbox) WHERE name = 'outbox'", [])?;
    promote(tx, place)?;
    Ok(op_id)
}

/// Puts an operation that was made at `made` behind the place's others.
pub(crate) fn enqueue_as(tx: &Tx<'_>, place: LocalId, operation: &Operation, made: Moment) -> Result<()> {
    tx.run(
        "INSERT INTO outbox (op_id, place, kind, payload_version, payload, head, queued_at, boot, since_boot) \
         VALUES (?1, ?2, ?3, ?4, ?5, NOT EXISTS (SELECT 1 FROM outbox WHERE place = ?2), ?6, ?7, ?8)",
        params![
            operation.op_id.0,
            place.0,
            operation.action.kind(),
            PAYLOAD_VERSION,
            operation.to_bytes(),
            Micros(made.wall),
            made.boot.cast_signed(),
            made.since_boot_micros,
        ],
    )?;
    Ok(())
}

/// Rewrites an operation that nobody has sent yet; it stays the same intent.
pub(crate) fn amend(tx: &Tx<'_>, entry: &Entry, action: Action) -> Result<()> {
    debug_assert!(!entry.frozen, "the first lease freezes an operation's bytes");
    let operation = Operation { op_id: entry.op_id, action };
    tx.run(
        "UPDATE outbox SET kind = ?2, payload_version = ?3, payload = ?4 WHERE number = ?1 AND frozen <= ?5",
        params![
            entry.number,
            operation.action.kind(),
            PAYLOAD_VERSION,
            operation.to_bytes(),
            defect::is_on(Defect::FoldedIntoLeased)
        ],
    )?;
    Ok(())
}

/// Puts a new intent in the place of an old one that the server will never apply, at the same point of the chain. The
/// old one goes to the journal as `event`.
pub(crate) fn replace(
    tx: &Tx<'_>,
    entry: &Entry,
    action: Action,
    event: JournalEvent,
    detail: Option<&str>,
) -> Result<OpId> {
    journal::settle(tx, entry, event, detail)?;
    let operation = Operation { op_id: tx.new_op_id(), action };
    tx.run(
        "UPDATE outbox SET op_id = ?2, kind = ?3, payload_version = ?4, payload = ?5, frozen = 0, state = 'queued', \
         lease = NULL, wait_from = NULL, wait_until = NULL, wait_limited = 0, attempts = 0, failures = 0, \
         problem = NULL, conflict = NULL, queued_at = ?6, boot = ?7, since_boot = ?8, first_sent_at = NULL, last_sent_at = NULL \
         WHERE number = ?1",
        params![
            entry.number,
            operation.op_id.0,
            operation.action.kind(),
            PAYLOAD_VERSION,
            operation.to_bytes(),
            Micros(tx.wall()),
            tx.now.boot.cast_signed(),
            tx.now.since_boot_micros,
        ],
    )?;
    Ok(operation.op_id)
}

/// Takes an operation out of the outbox and into the journal, and lets the next of its chain move.
pub(crate) fn remove(tx: &Tx<'_>, entry: &Entry, event: JournalEvent, detail: Option<&str>) -> Result<()> {
    journal::settle(tx, entry, event, detail)?;
    drop_silently(tx, entry)
}

/// Takes an operation out of the outbox that is in the journal already.
pub(crate) fn drop_silently(tx: &Tx<'_>, entry: &Entry) -> Result<()> {
    tx.run("DELETE FROM outbox WHERE number = ?1", [entry.number])?;
    promote(tx, entry.place)
}

/// Makes the oldest operation of a place the head of its chain.
pub(crate) fn promote(tx: &Tx<'_>, place: LocalId) -> Result<()> {
    tx.run(
        "UPDATE outbox SET head = 1 WHERE head = 0 AND number = (SELECT min(number) FROM outbox WHERE place = ?1)",
        [place.0],
    )?;
    Ok(())
}

/// Lets an operation be sent as soon as it is its chain's turn.
pub(crate) fn requeue(tx: &Tx<'_>, number: i64) -> Result<()> {
    tx.run(
        "UPDATE outbox SET state = 'queued', lease = NULL, wait_from = NULL, wait_until = NULL, wait_limited = 0, \
         problem = NULL, conflict = NULL WHERE number = ?1",
        [number],
    )?;
    Ok(())
}

/// Parks an operation until its person decides, or until the wait is over.
pub(crate) fn park(
    tx: &Tx<'_>,
    number: i64,
    state: OpState,
    problem: Option<&Problem>,
    conflict: Option<&Conflict>,
) -> Result<()> {
    tx.run(
        "UPDATE outbox SET state = ?2, lease = NULL, wait_from = NULL, wait_until = NULL, wait_limited = 0, problem = ?3, \
         conflict = ?4 WHERE number = ?1",
        params![number, state, problem.map(Json), conflict.map(Json)],
    )?;
    Ok(())
}

/// Lets an operation wait for itself: as many seconds as the server has asked for, or longer each time.
pub(crate) fn back_off(
    tx: &Tx<'_>,
    number: i64,
    tries: u32,
    failures: u32,
    problem: Option<&Problem>,
    asked: Option<u32>,
) -> Result<()> {
    let limited = problem.is_some_and(|problem| problem.code == Code::RateLimited);
    let until = asked.map_or_else(|| lanes::jittered(tx, tries), |seconds| lanes::asked_wait(tx, seconds));
    tx.run(
        "UPDATE outbox SET state = 'backoff', lease = NULL, wait_from = ?2, wait_until = ?3, failures = ?4, \
         problem = ?5, wait_limited = ?6 WHERE number = ?1",
        params![number, Micros(tx.wall()), Micros(until), failures, problem.map(Json), limited],
    )?;
    Ok(())
}
