//! Pulling from the start again: because the cursor can't be followed any more, or because the server's database went back
//! in time. What waits in the outbox stays as it is; no own place goes without the server's `gone`.

use holdfast_contract::Role;
use holdfast_contract::defect::{self, Defect};
use rusqlite::params;

use crate::engine::Lane;
use crate::error::Result;
use crate::tx::Tx;
use crate::views::LocalId;
use crate::words::Mark;
use crate::{confirmed, gone, lanes, offer, places, push};

/// Begins a new pass: feed numbers may start anew, so every word of it is newer than any of the passes before.
pub(crate) fn begin(tx: &Tx<'_>) -> Result<()> {
    forget_leases(tx)?;
    tx.run("UPDATE store SET cursor = NULL, witness = NULL, pass = pass + 1, caught_up = 0", [])?;
    Ok(())
}

/// What is on its way may have been answered by the other database: its reply must not be taken for this one's word. It
/// is sent again, byte for byte, which is always safe.
pub(crate) fn forget_leases(tx: &Tx<'_>) -> Result<()> {
    push::requeue_leased(tx)?;
    lanes::release(tx, Lane::Push)
}

/// So many places are looked at in one commit: a screen that wants to write meanwhile does not wait long.
const SWEPT_AT_ONCE: u32 = 1000;

/// At the end of a pass: what it did not mention. One's own places are offered to the server, which takes them or says that
/// they are gone; other people's are no longer visible. Returns whether that was all of them.
pub(crate) fn sweep(tx: &Tx<'_>) -> Result<bool> {
    let (pass, swept): (i64, i64) =
        tx.one("SELECT pass, swept FROM store", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if swept >= pass {
        return Ok(true);
    }
    let missing = tx.all(
        "SELECT p.local_id, p.role FROM confirmed c JOIN places p USING (local_id) \
         WHERE c.pass < ?1 AND p.attention IS NOT ?2 ORDER BY p.local_id LIMIT ?3",
        params![pass, Mark::DeletedForGood, SWEPT_AT_ONCE],
        |row| Ok((LocalId(row.get(0)?), row.get::<_, String>(1)?)),
    )?;
    let is_all = missing.len() < SWEPT_AT_ONCE as usize;
    for (id, role) in missing {
        if role == Role::Owner.as_str() && !defect::is_on(Defect::ResyncDropsOwn) {
            let Some(base) = confirmed::load(tx, id)? else { continue };
            let (lost, pass) = base.newest();
            offer::queue(tx, id, &lost, pass)?;
            confirmed::forget(tx, id)?;
            places::refresh(tx, id)?;
        } else {
            gone::settle(tx, id)?;
        }
    }
    if is_all {
        tx.run("UPDATE store SET swept = ?1", params![pass])?;
    }
    Ok(is_all)
}
