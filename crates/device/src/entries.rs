//! The outbox as the person sees it, and its export.

use holdfast_contract::{Name, OpId, Operation, Timestamp};
use rusqlite::Row;
use serde_json::{Value, json};

use crate::columns;
use crate::device::Device;
use crate::engine::Lane;
use crate::error::{Error, Result};
use crate::lanes;
use crate::list;
use crate::outbox::{self, Entry};
use crate::tx::Tx;
use crate::views::{EntryPause, EntryState, LocalId, OutboxEntry, PauseReason};
use crate::words::OpState;

const LIMIT_MAX: u32 = 1000;
/// Columns of an entry in [`outbox::COLUMNS`].
const ENTRY_COLUMNS: usize = 18;

impl Device {
    /// Pending operations, oldest first, behind the one with number `after`; at most `limit` (1 to 1000).
    pub fn outbox(&self, after: Option<i64>, limit: u32) -> Result<Vec<OutboxEntry>> {
        self.read(|tx| {
            let context = Context::of(tx)?;
            let sql = format!("{} WHERE o.number > ?1 ORDER BY o.number LIMIT ?2", select());
            let rows = tx.all(&sql, (after.unwrap_or(i64::MIN), limit.clamp(1, LIMIT_MAX)), read)?;
            Ok(rows.into_iter().map(|(entry, name)| context.view(entry, name)).collect())
        })
    }

    /// Pending operations of one place, in the order in which they are sent.
    pub fn outbox_of(&self, place: LocalId) -> Result<Vec<OutboxEntry>> {
        self.read(|tx| {
            let context = Context::of(tx)?;
            let rows = tx.all(&format!("{} WHERE o.place = ?1 ORDER BY o.number", select()), [place.0], read)?;
            Ok(rows.into_iter().map(|(entry, name)| context.view(entry, name)).collect())
        })
    }

    /// One pending operation; `None` when it is not (any more) in the outbox.
    pub fn outbox_entry(&self, op: OpId) -> Result<Option<OutboxEntry>> {
        self.read(|tx| {
            let context = Context::of(tx)?;
            let row = tx.first(&format!("{} WHERE o.op_id = ?1", select()), [op.0], read)?;
            Ok(row.map(|(entry, name)| context.view(entry, name)))
        })
    }

    /// Pending operations as JSON, for keeping elsewhere: each with its state, the operation itself, and its place as
    /// the person sees it. All of them, or one.
    pub fn export_outbox(&self, op: Option<OpId>) -> Result<Value> {
        self.read(|tx| {
            let context = Context::of(tx)?;
            let rows = match op {
                Some(op) => tx.all(&format!("{} WHERE o.op_id = ?1", select()), [op.0], read)?,
                None => tx.all(&format!("{} ORDER BY o.number", select()), [], read)?,
            };
            if op.is_some() && rows.is_empty() {
                return Err(Error::NoSuchEntry);
            }
            let mut exported = Vec::with_capacity(rows.len());
            for (entry, name) in rows {
                let operation = Operation { op_id: entry.op_id, action: entry.action.clone() };
                let operation: Value = serde_json::from_slice(&operation.to_bytes())
                    .map_err(|error| Error::Unexpected(error.to_string()))?;
                let place = list::view(tx, entry.place)?;
                exported.push(json!({ "entry": context.view(entry, name), "place": place, "operation": operation }));
            }
            Ok(Value::Array(exported))
        })
    }
}

fn select() -> String {
    format!("SELECT {}, p.name FROM outbox o JOIN places p ON p.local_id = o.place", outbox::COLUMNS)
}

fn read(row: &Row<'_>) -> rusqlite::Result<(Entry, Option<Name>)> {
    Ok((outbox::read(row)?, columns::text(row, ENTRY_COLUMNS)?))
}

/// What the state of every entry hangs on.
struct Context {
    now: Timestamp,
    paused: Option<PauseReason>,
    lease: Option<([u8; 16], Timestamp)>,
}

impl Context {
    fn of(tx: &Tx<'_>) -> Result<Self> {
        let lane = lanes::load(tx, Lane::Push)?;
        Ok(Self {
            now: tx.wall(),
            paused: tx.one("SELECT paused FROM store", [], |row| row.get(0))?,
            lease: lane.token.zip(lane.busy_until(tx.wall())),
        })
    }

    fn view(&self, entry: Entry, place_name: Option<Name>) -> OutboxEntry {
        let state = self.state(&entry);
        OutboxEntry {
            number: entry.number,
            op_id: entry.op_id,
            local_id: entry.place,
            place_name,
            kind: entry.action.kind().to_owned(),
            state,
            queued_at: entry.queued_at,
            attempts: entry.attempts,
            last_sent_at: entry.last_sent_at,
        }
    }

    fn state(&self, entry: &Entry) -> EntryState {
        match (entry.state, self.lease, &entry.conflict, &entry.problem) {
            (OpState::Conflict, _, Some(conflict), _) => {
                EntryState::Conflict { reason: conflict.reason, fields: conflict.fields.clone() }
            }
            (OpState::Rejected, _, _, Some(problem)) => EntryState::Rejected { problem: problem.clone() },
            (OpState::Plan, ..) => EntryState::Paused { reason: EntryPause::Plan },
            (OpState::Leased, Some((token, until)), ..) if entry.lease.as_deref() == Some(token.as_slice()) => {
                EntryState::Sending { until }
            }
            _ if !entry.head => EntryState::Behind,
            _ if self.paused.is_some() => {
                let reason = match self.paused {
                    Some(PauseReason::AccountGone) => EntryPause::AccountGone,
                    Some(PauseReason::UpdateApp) => EntryPause::UpdateApp,
                    Some(PauseReason::SignIn) | None => EntryPause::SignIn,
                };
                EntryState::Paused { reason }
            }
            (OpState::Backoff, _, _, problem) => match entry.wait_until.filter(|until| *until > self.now) {
                Some(next_at) => EntryState::BackingOff { next_at, problem: problem.clone() },
                None => EntryState::Queued,
            },
            _ => EntryState::Queued,
        }
    }
}
