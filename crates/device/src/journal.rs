//! What happened to places on this device. A pending operation carries its own history; when it leaves the outbox, that
//! history becomes one row of the journal.

use holdfast_contract::{OpId, Operation, Timestamp};
use rusqlite::params;
use uuid::Uuid;

use crate::columns::Micros;
use crate::device::Device;
use crate::error::Result;
use crate::outbox::{self, Entry};
use crate::tx::Tx;
use crate::views::{JournalEntry, JournalEvent, LocalId};

/// Notes that an operation left the outbox. What a person dropped or lost is kept with it.
pub(crate) fn settle(tx: &Tx<'_>, entry: &Entry, event: JournalEvent, detail: Option<&str>) -> Result<()> {
    let keep = matches!(event, JournalEvent::Discarded | JournalEvent::Superseded | JournalEvent::Resolved);
    let payload = (keep && detail.is_none()).then(|| {
        let operation = Operation { op_id: entry.op_id, action: entry.action.clone() };
        String::from_utf8_lossy(&operation.to_bytes()).into_owned()
    });
    tx.run(
        "INSERT INTO journal (place, at, event, op_id, kind, attempts, queued_at, first_sent_at, last_sent_at, detail) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            entry.place.0,
            Micros(tx.wall()),
            event,
            entry.op_id.0,
            entry.action.kind(),
            entry.attempts,
            Micros(entry.queued_at),
            entry.first_sent_at.map(Micros),
            entry.last_sent_at.map(Micros),
            detail.or(payload.as_deref()),
        ],
    )?;
    Ok(())
}

/// Notes something that happened to a place.
pub(crate) fn note(tx: &Tx<'_>, place: LocalId, event: JournalEvent, detail: Option<&str>) -> Result<()> {
    tx.run(
        "INSERT INTO journal (place, at, event, detail) VALUES (?1, ?2, ?3, ?4)",
        params![place.0, Micros(tx.wall()), event, detail],
    )?;
    Ok(())
}

/// One operation's way, as far as it has come.
struct Way {
    op_id: Option<OpId>,
    kind: Option<String>,
    attempts: u32,
    queued_at: Option<Timestamp>,
    first_sent_at: Option<Timestamp>,
    last_sent_at: Option<Timestamp>,
}

impl Way {
    fn entry(&self, at: Timestamp, event: JournalEvent, detail: Option<String>) -> JournalEntry {
        JournalEntry { at, event, op_id: self.op_id, kind: self.kind.clone(), attempts: self.attempts, detail }
    }

    fn steps(&self, entries: &mut Vec<JournalEntry>) {
        if let Some(at) = self.queued_at {
            entries.push(JournalEntry { attempts: 0, ..self.entry(at, JournalEvent::Queued, None) });
        }
        if let Some(at) = self.first_sent_at {
            entries.push(JournalEntry { attempts: 1, ..self.entry(at, JournalEvent::Sent, None) });
        }
        if let Some(at) = self.last_sent_at.filter(|_| self.attempts > 1) {
            entries.push(self.entry(at, JournalEvent::SentAgain, None));
        }
    }
}

impl Device {
    /// What happened to a place on this device, oldest first.
    pub fn journal(&self, id: LocalId) -> Result<Vec<JournalEntry>> {
        self.read(|tx| {
            let mut entries = Vec::new();
            let settled = tx.all(
                "SELECT op_id, kind, attempts, queued_at, first_sent_at, last_sent_at, at, event, detail FROM journal \
                 WHERE place = ?1 ORDER BY number",
                [id.0],
                |row| {
                    let time = |column| row.get::<_, Option<Micros>>(column).map(|t| t.map(|t| t.0));
                    let way = Way {
                        op_id: row.get::<_, Option<Uuid>>(0)?.map(OpId),
                        kind: row.get(1)?,
                        attempts: row.get(2)?,
                        queued_at: time(3)?,
                        first_sent_at: time(4)?,
                        last_sent_at: time(5)?,
                    };
                    Ok((way, row.get::<_, Micros>(6)?.0, row.get(7)?, row.get(8)?))
                },
            )?;
            for (way, at, event, detail) in settled {
                way.steps(&mut entries);
                entries.push(way.entry(at, event, detail));
            }
            for entry in outbox::chain(tx, id)? {
                let way = Way {
                    op_id: Some(entry.op_id),
                    kind: Some(entry.action.kind().to_owned()),
                    attempts: entry.attempts,
                    queued_at: Some(entry.queued_at),
                    first_sent_at: entry.first_sent_at,
                    last_sent_at: entry.last_sent_at,
                };
                way.steps(&mut entries);
            }
            Ok(entries)
        })
    }
}
