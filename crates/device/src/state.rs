//! What can honestly be said about a place. Derived here and nowhere else.
//!
//! The person's decision comes first, then the position, then the head of the place's chain: it alone moves.

use holdfast_contract::Timestamp;
use rusqlite::Row;
use rusqlite::types::{FromSqlError, Type};

use crate::engine::Lane;
use crate::error::Result;
use crate::lanes;
use crate::tx::Tx;
use crate::views::{Attention, PlaceState, StateFilter};

/// The state of place `p` as a word, an SQL expression over `:now` and `:lease` (the push under way, or NULL).
pub(crate) const STATE: &str = "CASE \
     WHEN p.attention IS NOT NULL THEN p.attention \
     WHEN p.latitude IS NULL THEN \
       CASE WHEN p.fix_wait_from <= :now AND :now < p.fix_wait_until THEN 'waiting' ELSE 'needs_position' END \
     ELSE coalesce((SELECT CASE \
         WHEN o.state IN ('conflict', 'rejected', 'plan') THEN o.state \
         WHEN o.state = 'leased' AND o.lease IS :lease THEN 'sending' \
         ELSE 'saved' END \
       FROM outbox o WHERE o.place = p.local_id AND o.head = 1), 'synced') \
     END";

/// What [`STATE`] hangs on besides the rows.
pub(crate) struct Now {
    pub(crate) wall: Timestamp,
    pub(crate) lease: Option<[u8; 16]>,
}

impl Now {
    pub(crate) fn of(tx: &Tx<'_>) -> Result<Self> {
        let lane = lanes::load(tx, Lane::Push)?;
        let lease = lane.token.filter(|_| lane.busy_until(tx.wall()).is_some());
        // `IS NULL` would match every operation without a lease; a leased one always has one.
        Ok(Self { wall: tx.wall(), lease })
    }
}

/// Reads the word that [`STATE`] gives.
pub(crate) fn read(row: &Row<'_>, column: usize) -> rusqlite::Result<PlaceState> {
    let word = row.get_ref(column)?.as_str()?;
    Ok(match word {
        "saved" => PlaceState::SavedOnDevice,
        "sending" => PlaceState::Sending,
        "synced" => PlaceState::Synced,
        "waiting" => PlaceState::WaitingForPosition,
        "needs_position" => PlaceState::NeedsPosition,
        "conflict" => PlaceState::NeedsAttention(Attention::Conflict),
        "rejected" => PlaceState::NeedsAttention(Attention::Rejected),
        "plan" => PlaceState::NeedsAttention(Attention::PlanFull),
        "deleted_for_good" => PlaceState::NeedsAttention(Attention::DeletedForGood),
        "no_longer_visible" => PlaceState::NeedsAttention(Attention::NoLongerVisible),
        "older" => PlaceState::NeedsAttention(Attention::OlderOnServer),
        other => {
            let error = FromSqlError::Other(format!("unknown state {other:?}").into());
            return Err(rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error)));
        }
    })
}

/// The filter as a condition over [`STATE`].
pub(crate) fn condition(filter: StateFilter) -> String {
    let words = match filter {
        StateFilter::SavedOnDevice => "('saved')",
        StateFilter::Sending => "('sending')",
        StateFilter::Synced => "('synced')",
        StateFilter::WithoutPosition => "('waiting', 'needs_position')",
        StateFilter::NeedsAttention => {
            "('conflict', 'rejected', 'plan', 'deleted_for_good', 'no_longer_visible', 'older')"
        }
    };
    format!("{STATE} IN {words}")
}

/// Places whose state may be another than synced: few, and found by index.
pub(crate) const UNSETTLED: &str = "SELECT place FROM outbox WHERE head = 1 \
     UNION SELECT local_id FROM places WHERE attention IS NOT NULL \
     UNION SELECT local_id FROM places WHERE latitude IS NULL";
