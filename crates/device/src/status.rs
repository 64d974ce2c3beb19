//! How the device stands, in numbers that don't need a look at every place.

use holdfast_contract::sync::PlanLimits;
use rusqlite::named_params;

use crate::columns::{Json, Micros};
use crate::device::Device;
use crate::engine::Lane;
use crate::error::Result;
use crate::lanes;
use crate::state::{self, Now, STATE, UNSETTLED};
use crate::tx::Tx;
use crate::views::{PlaceCounts, PlaceState, RecoveryReport, Status};

impl Device {
    /// How the device stands.
    pub fn status(&self) -> Result<Status> {
        self.read(|tx| {
            let now = tx.wall();
            let push = lanes::load(tx, Lane::Push)?;
            let pull = lanes::load(tx, Lane::Pull)?;
            let count = |sql: &str| tx.one(sql, [], |row| row.get::<_, i64>(0).map(i64::unsigned_abs));
            let (paused, caught_up, limits, recovery) =
                tx.one("SELECT paused, caught_up, limits, recovery FROM store", [], |row| {
                    Ok((
                        row.get(0)?,
                        row.get(1)?,
                        row.get::<_, Option<Json<PlanLimits>>>(2)?.map(|json| json.0),
                        row.get::<_, Option<Json<RecoveryReport>>>(3)?.map(|json| json.0),
                    ))
                })?;
            Ok(Status {
                places: places(tx)?,
                trash: count("SELECT count(*) FROM places WHERE (deleted_at IS NOT NULL) = 1")?,
                pending: count("SELECT count(*) FROM outbox")?,
                conflicts: count("SELECT count(*) FROM outbox WHERE state = 'conflict'")?,
                rejected: count("SELECT count(*) FROM outbox WHERE state = 'rejected'")?,
                plan_full: count("SELECT count(*) FROM outbox WHERE state = 'plan'")?,
                oldest_pending_at: tx
                    .first("SELECT queued_at FROM outbox ORDER BY number LIMIT 1", [], |row| row.get::<_, Micros>(0))?
                    .map(|t| t.0),
                last_pull_at: pull.answered_at,
                last_push_at: push.answered_at,
                caught_up,
                paused,
                push_waits_until: push.waits_until(now),
                pull_waits_until: pull.waits_until(now),
                push_problem: push.problem,
                pull_problem: pull.problem,
                limits,
                recovery,
            })
        })
    }
}

fn places(tx: &Tx<'_>) -> Result<PlaceCounts> {
    let now = Now::of(tx)?;
    let mut counts = PlaceCounts::default();
    let mut unsettled_live = 0;
    let sql = format!(
        "SELECT {STATE} AS state, p.deleted_at IS NOT NULL AS trashed, count(*) FROM places p \
         WHERE p.local_id IN ({UNSETTLED}) GROUP BY state, trashed"
    );
    let params = named_params! { ":now": Micros(now.wall), ":lease": now.lease };
    let groups = tx.all(&sql, params, |row| {
        Ok((state::read(row, 0)?, row.get::<_, bool>(1)?, row.get::<_, i64>(2)?.unsigned_abs()))
    })?;
    for (state, trashed, count) in groups {
        if !trashed {
            unsettled_live += count;
        }
        match state {
            // What asks for the person counts wherever it is.
            PlaceState::NeedsAttention(_) => counts.needs_attention += count,
            _ if trashed => {}
            PlaceState::SavedOnDevice => counts.saved_on_device += count,
            PlaceState::Sending => counts.sending += count,
            PlaceState::Synced => counts.synced += count,
            PlaceState::WaitingForPosition => counts.waiting_for_position += count,
            PlaceState::NeedsPosition => counts.needs_position += count,
        }
    }
    let live = tx.one("SELECT count(*) FROM places WHERE (deleted_at IS NOT NULL) = 0", [], |row| {
        row.get::<_, i64>(0).map(i64::unsigned_abs)
    })?;
    counts.synced += live.saturating_sub(unsettled_live);
    Ok(counts)
}
