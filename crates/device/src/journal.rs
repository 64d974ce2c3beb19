//! What happened to places on this device. A pending operation carries its own history; when it leaves the outbox, that
//! history becomes one row of the journal. What the server said against it meanwhile has a row of its own.

use std::collections::{HashMap, HashSet};

use holdfast_contract::{OpId, Operation, Timestamp};
use rusqlite::{Row, params};
use uuid::Uuid;

use crate::columns::Micros;
use crate::device::Device;
use crate::error::Result;
use crate::outbox::{self, Entry};
use crate::tx::Tx;
use crate::views::{JournalEntry, JournalEvent, LocalId};

/// Notes that an operation left the outbox. What a person dropped or lost is kept with it.
pub(crate) fn settle(tx: &Tx<'_>, entry: &Entry, event: JournalEvent, detail: Option<&str>) -> Result<()> {
    let keep = matches!(
        event,
        JournalEvent::Discarded | JournalEvent::Superseded | JournalEvent::Resolved | JournalEvent::Gone
    );
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

/// The same, for what may come again and again in the same words.
pub(crate) fn note_once(tx: &Tx<'_>, place: LocalId, event: JournalEvent, detail: &str) -> Result<()> {
    let known = tx.one(
        "SELECT EXISTS (SELECT 1 FROM journal WHERE place = ?1 AND event = ?2 AND detail = ?3)",
        params![place.0, event, detail],
        |row| row.get::<_, bool>(0),
    )?;
    if known { Ok(()) } else { note(tx, place, event, Some(detail)) }
}

/// Notes what the server said to an operation that stays in the outbox: that it conflicts, is refused or put off. Said
/// again, the latest time counts, so that an operation that is put off for ever does not fill the journal.
pub(crate) fn said(tx: &Tx<'_>, entry: &Entry, event: JournalEvent, detail: &str) -> Result<()> {
    let params =
        params![entry.place.0, entry.op_id.0, event, Micros(tx.wall()), entry.attempts, detail, entry.action.kind()];
    let known = tx.run(
        "UPDATE journal SET at = ?4, attempts = ?5, detail = ?6, kind = ?7 \
         WHERE place = ?1 AND op_id = ?2 AND event = ?3 AND queued_at IS NULL",
        params,
    )?;
    if known == 0 {
        tx.run(
            "INSERT INTO journal (place, op_id, event, at, attempts, detail, kind) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params,
        )?;
    }
    Ok(())
}

/// A line as it stands in the table, but for its number and its place.
const COPIED: &str = "at, event, op_id, kind, attempts, queued_at, first_sent_at, last_sent_at, detail";

/// Takes a place's history over into another store, and says there when what still waits was queued: those steps are told
/// before what happens to the place in that store.
pub(crate) fn carry_over(from: &Tx<'_>, old: LocalId, into: &Tx<'_>, new: LocalId, waiting: &[Entry]) -> Result<()> {
    let lines =
        from.all(&format!("SELECT {COPIED} FROM journal WHERE place = ?1 ORDER BY number"), [old.0], |row| {
            (0..9).map(|column| row.get(column)).collect::<rusqlite::Result<Vec<rusqlite::types::Value>>>()
        })?;
    let sql = format!("INSERT INTO journal (place, {COPIED}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    for line in lines {
        let place = std::iter::once(rusqlite::types::Value::Integer(new.0));
        into.run(&sql, rusqlite::params_from_iter(place.chain(line)))?;
    }
    for entry in waiting {
        into.run(
            "INSERT INTO journal (place, at, event, op_id, kind) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![new.0, Micros(entry.queued_at), JournalEvent::Queued, entry.op_id.0, entry.action.kind()],
        )?;
    }
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

/// A row of the journal.
struct Line {
    way: Way,
    at: Timestamp,
    event: JournalEvent,
    detail: Option<String>,
}

impl Way {
    fn of(entry: &Entry) -> Self {
        Self {
            op_id: Some(entry.op_id),
            kind: Some(entry.action.kind().to_owned()),
            attempts: entry.attempts,
            queued_at: Some(entry.queued_at),
            first_sent_at: entry.first_sent_at,
            last_sent_at: entry.last_sent_at,
        }
    }

    fn entry(&self, at: Timestamp, event: JournalEvent, detail: Option<String>) -> JournalEntry {
        JournalEntry { at, event, op_id: self.op_id, kind: self.kind.clone(), attempts: self.attempts, detail }
    }
}

/// The story as it is told: each operation's steps stand before what came of them.
#[derive(Default)]
struct Story {
    entries: Vec<JournalEntry>,
    begun: HashSet<OpId>,
    /// Of these, a line of its own says when they were queued.
    queued: HashSet<OpId>,
    sent_again: HashSet<OpId>,
}

impl Story {
    /// Queued and sent, once.
    fn begin(&mut self, way: &Way) {
        let Some(op_id) = way.op_id else { return };
        if !self.begun.insert(op_id) {
            return;
        }
        if let Some(at) = way.queued_at.filter(|_| !self.queued.contains(&op_id)) {
            self.entries.push(JournalEntry { attempts: 0, ..way.entry(at, JournalEvent::Queued, None) });
        }
        if let Some(at) = way.first_sent_at {
            self.entries.push(JournalEntry { attempts: 1, ..way.entry(at, JournalEvent::Sent, None) });
        }
    }

    /// Sent again, once.
    fn repeat(&mut self, way: &Way) {
        let (Some(op_id), Some(at)) = (way.op_id, way.last_sent_at.filter(|_| way.attempts > 1)) else { return };
        if self.sent_again.insert(op_id) {
            self.entries.push(way.entry(at, JournalEvent::SentAgain, None));
        }
    }
}

impl Device {
    /// What happened to a place on this device, oldest first.
    pub fn journal(&self, id: LocalId) -> Result<Vec<JournalEntry>> {
        self.read(|tx| {
            let lines = tx.all(
                "SELECT op_id, kind, attempts, queued_at, first_sent_at, last_sent_at, at, event, detail FROM journal \
                 WHERE place = ?1 ORDER BY number",
                [id.0],
                read_line,
            )?;
            let pending: Vec<Way> = outbox::chain(tx, id)?.iter().map(Way::of).collect();
            let mut ways: HashMap<OpId, &Way> = HashMap::new();
            let settled = lines.iter().map(|line| &line.way).filter(|way| way.queued_at.is_some());
            for way in settled.chain(&pending) {
                ways.extend(way.op_id.map(|op_id| (op_id, way)));
            }
            let mut story = Story::default();
            for line in &lines {
                if line.event == JournalEvent::Queued {
                    story.queued.extend(line.way.op_id);
                } else if let Some(way) = line.way.op_id.and_then(|op_id| ways.get(&op_id)) {
                    story.begin(way);
                    if line.way.attempts == way.attempts {
                        story.repeat(way);
                    }
                }
                story.entries.push(line.way.entry(line.at, line.event, line.detail.clone()));
            }
            for way in &pending {
                story.begin(way);
                story.repeat(way);
            }
            Ok(story.entries)
        })
    }
}

fn read_line(row: &Row<'_>) -> rusqlite::Result<Line> {
    let time = |column| row.get::<_, Option<Micros>>(column).map(|t| t.map(|t| t.0));
    let way = Way {
        op_id: row.get::<_, Option<Uuid>>(0)?.map(OpId),
        kind: row.get(1)?,
        attempts: row.get(2)?,
        queued_at: time(3)?,
        first_sent_at: time(4)?,
        last_sent_at: time(5)?,
    };
    Ok(Line { way, at: row.get::<_, Micros>(6)?.0, event: row.get(7)?, detail: row.get(8)? })
}
