//! The two lanes, push and pull: the lease of the request under way, and the wait after a failure.
//!
//! A lease lives in the database, so that a second process on the same file sends nothing twice while it lasts. A reply
//! is taken only with the token of the lease that stands. Both the lease and the wait remember when they began: one that
//! begins in the future (the clock was set back) is over.

use holdfast_contract::{Problem, Timestamp};
use rusqlite::params;

use crate::columns::{Json, Micros};
use crate::engine::{Lane, Lease};
use crate::error::Result;
use crate::tx::Tx;

/// How long a request may take before it is sent again.
pub(crate) const LEASE_SECONDS: i64 = 90;
/// The longest wait after a failure.
const WAIT_MAX_MICROS: i64 = 15 * 60 * 1_000_000;
/// The longest wait that a server may ask for.
const ASKED_WAIT_MAX_SECONDS: i64 = 60 * 60;

/// A lane's row.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct LaneRow {
    pub(crate) token: Option<[u8; 16]>,
    leased_at: Option<Timestamp>,
    pub(crate) leased_until: Option<Timestamp>,
    pub(crate) leased_cursor: Option<String>,
    pub(crate) attempts: u32,
    wait_from: Option<Timestamp>,
    wait_until: Option<Timestamp>,
    pub(crate) problem: Option<Problem>,
    pub(crate) answered_at: Option<Timestamp>,
    pub(crate) batch_limit: u32,
    pub(crate) suspects_through: Option<i64>,
}

fn name(lane: Lane) -> &'static str {
    match lane {
        Lane::Push => "push",
        Lane::Pull => "pull",
    }
}

/// Reads a lane.
pub(crate) fn load(tx: &Tx<'_>, lane: Lane) -> Result<LaneRow> {
    tx.one(
        "SELECT token, leased_at, leased_until, leased_cursor, attempts, wait_from, wait_until, problem, answered_at, \
         batch_limit, suspects_through FROM lanes WHERE lane = ?1",
        [name(lane)],
        |row| {
            let time = |column| row.get::<_, Option<Micros>>(column).map(|t| t.map(|t| t.0));
            Ok(LaneRow {
                token: row.get(0)?,
                leased_at: time(1)?,
                leased_until: time(2)?,
                leased_cursor: row.get(3)?,
                attempts: row.get(4)?,
                wait_from: time(5)?,
                wait_until: time(6)?,
                problem: row.get::<_, Option<Json<Problem>>>(7)?.map(|json| json.0),
                answered_at: time(8)?,
                batch_limit: row.get(9)?,
                suspects_through: row.get(10)?,
            })
        },
    )
}

/// Whether a span that began at `from` and lasts until `until` is still on. A beginning in the future ends it.
pub(crate) fn lasts(from: Option<Timestamp>, until: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
    let (from, until) = from.zip(until)?;
    (from <= now && now < until).then_some(until)
}

impl LaneRow {
    /// Until when a request is under way.
    pub(crate) fn busy_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.token?;
        lasts(self.leased_at, self.leased_until, now)
    }

    /// Until when the lane waits after a failure.
    pub(crate) fn waits_until(&self, now: Timestamp) -> Option<Timestamp> {
        lasts(self.wait_from, self.wait_until, now)
    }

    /// Whether `lease` is the one that stands.
    pub(crate) fn holds(&self, lease: Lease) -> bool {
        self.token == Some(lease.token)
    }
}

/// Takes the lane for one request.
pub(crate) fn lease(tx: &Tx<'_>, lane: Lane, cursor: Option<&str>) -> Result<Lease> {
    let token: [u8; 16] = tx.random();
    tx.run(
        "UPDATE lanes SET token = ?2, leased_at = ?3, leased_until = ?4, leased_cursor = ?5 WHERE lane = ?1",
        params![name(lane), token, Micros(tx.wall()), Micros(tx.wall().plus_seconds(LEASE_SECONDS)), cursor],
    )?;
    Ok(Lease { lane, token })
}

/// Gives the lane back.
pub(crate) fn release(tx: &Tx<'_>, lane: Lane) -> Result<()> {
    tx.run(
        "UPDATE lanes SET token = NULL, leased_at = NULL, leased_until = NULL, leased_cursor = NULL WHERE lane = ?1",
        [name(lane)],
    )?;
    Ok(())
}

/// The server answered what was asked: no waits.
pub(crate) fn answered(tx: &Tx<'_>, lane: Lane) -> Result<()> {
    tx.run(
        "UPDATE lanes SET attempts = 0, wait_from = NULL, wait_until = NULL, wait_limited = 0, problem = NULL, \
         answered_at = ?2 WHERE lane = ?1",
        params![name(lane), Micros(tx.wall())],
    )?;
    Ok(())
}

/// A failure in passing: the lane waits, longer each time. Returns how many failures there were in a row.
pub(crate) fn failed(tx: &Tx<'_>, lane: Lane, problem: Option<&Problem>, retry_after: Option<u32>) -> Result<u32> {
    let attempts = load(tx, lane)?.attempts.saturating_add(1);
    let until = match retry_after {
        Some(seconds) => asked_wait(tx, seconds),
        None => jittered(tx, attempts),
    };
    tx.run(
        "UPDATE lanes SET attempts = ?2, wait_from = ?3, wait_until = ?4, problem = ?5, wait_limited = 0 WHERE lane = ?1",
        params![name(lane), attempts, Micros(tx.wall()), Micros(until), problem.map(Json)],
    )?;
    Ok(attempts)
}

/// The server asked for a pause: the lane waits, and no attempt is counted.
pub(crate) fn slowed(tx: &Tx<'_>, lane: Lane, problem: Option<&Problem>, retry_after: Option<u32>) -> Result<()> {
    let until = asked_wait(tx, retry_after.unwrap_or(30));
    tx.run(
        "UPDATE lanes SET wait_from = ?2, wait_until = ?3, problem = ?4, wait_limited = 1 WHERE lane = ?1",
        params![name(lane), Micros(tx.wall()), Micros(until), problem.map(Json)],
    )?;
    Ok(())
}

/// The lane goes on at once; failures in a row stay counted.
pub(crate) fn stop_waiting(tx: &Tx<'_>, lane: Lane) -> Result<()> {
    tx.run("UPDATE lanes SET wait_from = NULL, wait_until = NULL, wait_limited = 0 WHERE lane = ?1", [name(lane)])?;
    Ok(())
}

/// Both lanes go on that wait because nothing came back. Where the server has said something, another network changes
/// nothing about it.
pub(crate) fn network_returned(tx: &Tx<'_>) -> Result<()> {
    tx.run("UPDATE lanes SET wait_from = NULL, wait_until = NULL WHERE problem IS NULL", [])?;
    Ok(())
}

/// Both lanes go on, unless the server limits the rate.
pub(crate) fn end_own_waits(tx: &Tx<'_>) -> Result<()> {
    tx.run("UPDATE lanes SET wait_from = NULL, wait_until = NULL WHERE wait_limited = 0", [])?;
    Ok(())
}

/// Limits the next batches until `suspects_through` has been sent.
pub(crate) fn limit_batches(tx: &Tx<'_>, limit: u32, suspects_through: Option<i64>) -> Result<()> {
    tx.run(
        "UPDATE lanes SET batch_limit = ?1, suspects_through = ?2 WHERE lane = 'push'",
        params![limit, suspects_through],
    )?;
    Ok(())
}

/// When a wait ends that the server asked for.
pub(crate) fn asked_wait(tx: &Tx<'_>, seconds: u32) -> Timestamp {
    tx.wall().plus_seconds(i64::from(seconds).clamp(1, ASKED_WAIT_MAX_SECONDS))
}

/// When the wait after the `attempts`th failure ends: exponential with full jitter, at most 15 minutes.
/// (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.)
pub(crate) fn jittered(tx: &Tx<'_>, attempts: u32) -> Timestamp {
    let ceiling = 1_000_000_i64.saturating_mul(1 << attempts.min(20)).min(WAIT_MAX_MICROS);
    let random = u64::from_le_bytes(tx.random()) % (ceiling.unsigned_abs() + 1);
    tx.wall().plus_micros(random.cast_signed())
}
