//! What an update of the app changes in a store at the next opening.

use holdfast_contract::defect::{self, Defect};
use holdfast_contract::{Operation, PAYLOAD_VERSION};
use rusqlite::params;

use crate::device::Device;
use crate::error::Result;
use crate::outbox;
use crate::tx::Tx;

/// Rewrites payloads of older versions that were never leased (leased ones are sent as they are), and ends the wait for
/// an update of the app: this may be it, and asking costs one request.
pub(crate) fn on_open(device: &mut Device) -> Result<()> {
    let needed = device.read(|tx| {
        tx.one(
            "SELECT EXISTS (SELECT 1 FROM outbox WHERE frozen = 0 AND payload_version < ?1 LIMIT 1) \
             OR (SELECT paused IS 'update_app' FROM store)",
            [PAYLOAD_VERSION],
            |row| row.get::<_, bool>(0),
        )
    })?;
    if needed {
        device.write(|tx| {
            payloads(tx)?;
            tx.run("UPDATE store SET paused = NULL WHERE paused = 'update_app'", [])?;
            Ok(())
        })?;
    }
    Ok(())
}

fn payloads(tx: &Tx<'_>) -> Result<()> {
    let old = tx.all(
        &format!("SELECT {} FROM outbox o WHERE o.frozen = 0 AND o.payload_version < ?1", outbox::COLUMNS),
        [PAYLOAD_VERSION],
        outbox::read,
    )?;
    for entry in old {
        if defect::is_on(Defect::OutboxEmptied) {
            tx.run("DELETE FROM outbox WHERE number = ?1", [entry.number])?;
            continue;
        }
        let operation = Operation { op_id: entry.op_id, action: entry.action };
        tx.run(
            "UPDATE outbox SET payload_version = ?2, payload = ?3 WHERE number = ?1",
            params![entry.number, PAYLOAD_VERSION, operation.to_bytes()],
        )?;
    }
    Ok(())
}
