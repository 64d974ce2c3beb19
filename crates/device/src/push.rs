//! The push lane's way out: which operations are sent, and as which bytes.
//!
//! Only heads of chains are sent, oldest first, at most one operation of a place at a time. Partial indexes hold exactly
//! the heads that are ready, so that a send costs the same whatever waits behind it. An operation that failed alone is
//! sent alone from then on, behind the others: it must not take them with it again.

use holdfast_contract::defect::{self, Defect};
use holdfast_contract::limits::{BODY_BYTES_MAX, PUSH_OPERATIONS_MAX, TELEMETRY_CONFIRMATIONS_MAX};
use holdfast_contract::sync::{Confirmation, Telemetry};
use holdfast_contract::{OpId, Timestamp};
use rusqlite::params;
use uuid::Uuid;

use crate::columns::Micros;
use crate::engine::{Lane, Lease, Request};
use crate::error::{Error, Result};
use crate::lanes;
use crate::offer;
use crate::tx::Tx;

/// Room in a body for what is not operations: the epoch and a full report.
const ENVELOPE_BYTES: usize = 64 * 1024;
/// Counts in a report stop here, so that reporting costs the same whatever the backlog.
const COUNTED_MAX: i64 = 10_000;

/// Whether the outbox holds anything at all.
pub(crate) fn any(tx: &Tx<'_>) -> Result<bool> {
    tx.one("SELECT EXISTS (SELECT 1 FROM outbox)", [], |row| row.get(0))
}

/// When the next operation can be sent, if the lane itself is free: now or earlier, later, or never by itself.
pub(crate) fn due_at(tx: &Tx<'_>) -> Result<Option<Timestamp>> {
    let now = Micros(tx.wall());
    let may_go = may_go(tx)?;
    let ready = tx.one(
        &format!(
            "SELECT EXISTS (SELECT 1 FROM outbox WHERE head = 1 AND state = 'queued' AND failures = 0{may_go}) \
             OR EXISTS (SELECT 1 FROM outbox WHERE head = 1 AND state = 'queued' AND failures > 0{may_go}) \
             OR EXISTS (SELECT 1 FROM outbox WHERE state = 'leased'{may_go}) \
             OR EXISTS (SELECT 1 FROM outbox WHERE state = 'backoff' AND (wait_until <= ?1 OR wait_from > ?1){may_go})"
        ),
        [now],
        |row| row.get::<_, bool>(0),
    )?;
    if ready {
        return Ok(Some(now.0));
    }
    let next = tx
        .one("SELECT min(wait_until) FROM outbox WHERE state = 'backoff'", [], |row| row.get::<_, Option<Micros>>(0))?;
    Ok(next.map(|t| t.0))
}

/// A further condition on what is sent: while it is not yet known what a restored server has lost, what was decided on top of
/// that waits. Everything else goes on.
fn may_go(tx: &Tx<'_>) -> Result<String> {
    Ok(if offer::may_be_due(tx)? { format!(" AND {}", offer::NOT_DUE) } else { String::new() })
}

/// Lets what a lost push carried be sent again: the same bytes.
pub(crate) fn requeue_leased(tx: &Tx<'_>) -> Result<()> {
    tx.run("UPDATE outbox SET state = 'queued', lease = NULL WHERE state = 'leased'", [])?;
    Ok(())
}

/// Takes back that a push was sent: it was not.
pub(crate) fn unsend(tx: &Tx<'_>) -> Result<()> {
    tx.run(
        "UPDATE store SET resends = \
         max(0, resends - (SELECT count(*) FROM outbox WHERE state = 'leased' AND attempts > 1))",
        [],
    )?;
    tx.run(
        "UPDATE outbox SET state = 'queued', lease = NULL, attempts = attempts - 1, \
         first_sent_at = CASE WHEN attempts > 1 THEN first_sent_at END, \
         last_sent_at = CASE WHEN attempts > 1 THEN last_sent_at END WHERE state = 'leased'",
        [],
    )?;
    Ok(())
}

/// Ends the waits of single operations, but those with which the server limits the rate.
pub(crate) fn end_own_backoffs(tx: &Tx<'_>) -> Result<()> {
    tx.run(
        "UPDATE outbox SET state = 'queued', wait_from = NULL, wait_until = NULL \
         WHERE state = 'backoff' AND wait_limited = 0",
        [],
    )?;
    Ok(())
}

/// Leases the next batch, if there is one.
pub(crate) fn lease(tx: &Tx<'_>) -> Result<Option<Request>> {
    requeue_leased(tx)?;
    tx.run(
        "UPDATE outbox SET state = 'queued', wait_from = NULL, wait_until = NULL, wait_limited = 0 \
         WHERE state = 'backoff' AND (wait_until <= ?1 OR wait_from > ?1)",
        [Micros(tx.wall())],
    )?;
    let limit = lanes::load(tx, Lane::Push)?.batch_limit.clamp(1, u32::try_from(PUSH_OPERATIONS_MAX).unwrap_or(1));
    let may_go = may_go(tx)?;
    let mut numbers = Vec::new();
    let mut operations: Vec<u8> = Vec::new();
    let mut resends = 0_u32;
    for suspects in [false, true] {
        let (failures, limit) = if suspects { ("> 0", 1) } else { ("= 0", limit) };
        let mut statement = tx.prepare(&format!(
            "SELECT number, payload, attempts FROM outbox WHERE head = 1 AND state = 'queued' AND failures {failures}{may_go} \
             ORDER BY number LIMIT ?1"
        ))?;
        let mut rows = statement.query([limit])?;
        while let Some(row) = rows.next()? {
            let payload = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
            // One operation alone is always sent: the contract's limits keep it far below the body's.
            if !numbers.is_empty() && operations.len() + payload.len() + 1 > BODY_BYTES_MAX - ENVELOPE_BYTES {
                break;
            }
            if !numbers.is_empty() {
                operations.push(b',');
            }
            operations.extend_from_slice(payload);
            numbers.push(row.get::<_, i64>(0)?);
            resends += u32::from(row.get::<_, u32>(2)? > 0);
        }
        if !numbers.is_empty() {
            break;
        }
    }
    if numbers.is_empty() {
        return Ok(None);
    }
    let lease = lanes::lease(tx, Lane::Push, None)?;
    let mut statement = tx.prepare(
        "UPDATE outbox SET state = 'leased', lease = ?2, frozen = 1, attempts = attempts + 1, \
         first_sent_at = coalesce(first_sent_at, ?3), last_sent_at = ?3 WHERE number = ?1",
    )?;
    for number in &numbers {
        statement.execute(params![number, lease.token, Micros(tx.wall())])?;
    }
    tx.run("UPDATE store SET resends = resends + ?1", [resends])?;
    let body = body(tx, lease, &operations)?;
    if defect::is_on(Defect::DoneWhenSent) {
        tx.run("DELETE FROM outbox WHERE state = 'leased'", [])?;
    }
    Ok(Some(Request::Push { lease, body, operations: u32::try_from(numbers.len()).unwrap_or(u32::MAX) }))
}

fn body(tx: &Tx<'_>, lease: Lease, operations: &[u8]) -> Result<Vec<u8>> {
    let unexpected = |error: serde_json::Error| Error::Unexpected(error.to_string());
    let (epoch, witness): (String, Option<String>) =
        tx.one("SELECT epoch, witness FROM store", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut body = Vec::with_capacity(operations.len() + 1024);
    body.extend_from_slice(b"{\"epoch\":");
    serde_json::to_writer(&mut body, &epoch).map_err(unexpected)?;
    body.extend_from_slice(b",\"operations\":[");
    body.extend_from_slice(operations);
    body.extend_from_slice(b"]");
    if let Some(witness) = &witness {
        body.extend_from_slice(b",\"witness\":");
        serde_json::to_writer(&mut body, witness).map_err(unexpected)?;
    }
    body.extend_from_slice(b",\"telemetry\":");
    serde_json::to_writer(&mut body, &telemetry(tx, lease)?).map_err(unexpected)?;
    body.push(b'}');
    Ok(body)
}

/// What waits on this device, as it is reported: operations in the outbox, and captures that are not sent before they have a
/// position. Whoever asks whether the device may be signed out is to hear of both.
pub(crate) fn waiting(tx: &Tx<'_>) -> Result<u32> {
    counted(tx, &format!("UNION ALL SELECT 1 {WAITING_CAPTURES}"))
}

/// Since when the oldest of what is [`waiting`] waits; of what was taken in from another store, at the latest.
fn waiting_since(tx: &Tx<'_>) -> Result<Option<Timestamp>> {
    let first = |sql: &str| tx.first(sql, [], |row| row.get::<_, Micros>(0)).map(|since| since.map(|since| since.0));
    let times = [first(FIRST_QUEUED)?, first(&first_waiting_capture())?];
    Ok(times.into_iter().flatten().min())
}

/// The captures that are not sent before they have a position.
const WAITING_CAPTURES: &str = "FROM places p WHERE p.latitude IS NULL AND p.attention IS NULL \
     AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.place = p.local_id)";
/// Numbers grow with time, so the first entry is the oldest of what was made in this store.
const FIRST_QUEUED: &str = "SELECT queued_at FROM outbox ORDER BY number LIMIT 1";

/// Since when the first capture without a position is here. (When it was captured may be years ago: a file may say it.)
fn first_waiting_capture() -> String {
    let since = "SELECT j.at FROM journal j WHERE j.place = p.local_id ORDER BY j.number LIMIT 1";
    format!("SELECT coalesce(({since}), p.captured_at) {WAITING_CAPTURES} ORDER BY p.local_id LIMIT 1")
}

fn counted(tx: &Tx<'_>, what: &str) -> Result<u32> {
    tx.one(&count_of(what), [], |row| row.get(0))
}

fn count_of(what: &str) -> String {
    format!("SELECT count(*) FROM (SELECT 1 FROM outbox {what} LIMIT {COUNTED_MAX})")
}

/// What the device reports about itself: numbers only.
fn telemetry(tx: &Tx<'_>, lease: Lease) -> Result<Telemetry> {
    tx.run(
        "UPDATE confirmations SET lease = ?1 WHERE op_id IN (SELECT op_id FROM confirmations LIMIT ?2)",
        params![lease.token, i64::try_from(TELEMETRY_CONFIRMATIONS_MAX).unwrap_or(i64::MAX)],
    )?;
    let confirmations = tx.all("SELECT op_id, seconds FROM confirmations WHERE lease = ?1", [lease.token], |row| {
        Ok(Confirmation { op_id: OpId(row.get::<_, Uuid>(0)?), seconds: row.get(1)? })
    })?;
    let oldest = waiting_since(tx)?.map_or(0, |oldest| tx.wall().micros_since(oldest).max(0) / 1_000_000);
    Ok(Telemetry {
        pending: waiting(tx)?,
        oldest_pending_seconds: oldest.unsigned_abs(),
        retries: tx.one("SELECT resends FROM store", [], |row| row.get(0))?,
        rejected: counted(tx, "WHERE state = 'rejected'")?,
        conflicts: counted(tx, "WHERE state = 'conflict'")?,
        media_pending: 0,
        media_failed: 0,
        confirmations,
    })
}

/// The report that went with `lease` has arrived.
pub(crate) fn reported(tx: &Tx<'_>, lease: Lease) -> Result<()> {
    tx.run("DELETE FROM confirmations WHERE lease = ?1", [lease.token])?;
    tx.run("UPDATE store SET resends = 0", [])?;
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_is_found_by_indexes_and_not_by_looking_at_every_place() {
        let conn = rusqlite::Connection::open_in_memory().unwrap();
        conn.execute_batch(include_str!("../migrations/0001.sql")).unwrap();
        let plan = |sql: &str| -> Vec<String> {
            let mut explained = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            explained.query_map([], |row| row.get(3)).unwrap().map(rusqlite::Result::unwrap).collect()
        };
        let count = count_of(&format!("UNION ALL SELECT 1 {WAITING_CAPTURES}"));
        let oldest = first_waiting_capture();
        for sql in [count.as_str(), oldest.as_str()] {
            let steps = plan(sql);
            let of = |table: &str| {
                let reads = |step: &&String| step.split_whitespace().nth(1) == Some(table);
                steps.iter().filter(reads).cloned().collect::<Vec<_>>()
            };
            let by = |table: &str, index: &str| {
                assert!(!of(table).is_empty() && of(table).iter().all(|s| s.contains(index)), "{sql}: {steps:?}");
            };
            by("p", "places_without_position");
            by("o", "outbox_place");
            if sql == oldest {
                by("j", "journal_place");
            }
            assert!(!steps.iter().any(|step| step.contains("TEMP B-TREE")), "{sql}: {steps:?}");
        }
        assert!(plan(FIRST_QUEUED).iter().all(|step| !step.contains("TEMP B-TREE")));
    }
}
