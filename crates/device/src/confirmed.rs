//! The confirmed copy: a place exactly as the server last said.
//!
//! Its order is (pass, seq): `seq` is the number of the server's word in this person's feed, and `pass` counts the pulls
//! from the start, after which the numbers may begin anew. An older word never replaces a newer one, whichever road it
//! came by.

use holdfast_contract::Place;
use holdfast_contract::defect::{self, Defect};
use rusqlite::params;

use crate::columns::Json;
use crate::error::Result;
use crate::tx::Tx;
use crate::views::LocalId;

/// What the server last said about a place.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Confirmed {
    pub(crate) pass: i64,
    pub(crate) seq: i64,
    pub(crate) place: Place,
    /// After a restore of the server: the state that it has lost and somebody went another way from.
    pub(crate) kept: Option<Place>,
    /// The pass in which that was confirmed.
    pub(crate) kept_pass: Option<i64>,
}

/// The confirmed copy of a place.
pub(crate) fn load(tx: &Tx<'_>, id: LocalId) -> Result<Option<Confirmed>> {
    tx.first("SELECT pass, seq, place, kept, kept_pass FROM confirmed WHERE local_id = ?1", [id.0], |row| {
        Ok(Confirmed {
            pass: row.get(0)?,
            seq: row.get(1)?,
            place: row.get::<_, Json<Place>>(2)?.0,
            kept: row.get::<_, Option<Json<Place>>>(3)?.map(|json| json.0),
            kept_pass: row.get(4)?,
        })
    })
}

/// The confirmed version, 0 where nothing was confirmed.
pub(crate) fn version(tx: &Tx<'_>, id: LocalId) -> Result<i64> {
    Ok(tx.first("SELECT version FROM confirmed WHERE local_id = ?1", [id.0], |row| row.get(0))?.unwrap_or(0))
}

/// The pass under way.
pub(crate) fn pass(tx: &Tx<'_>) -> Result<i64> {
    tx.one("SELECT pass FROM store", [], |row| row.get(0))
}

/// Takes `place` as the confirmed copy unless there is a newer one. Returns whether it was taken.
pub(crate) fn put(tx: &Tx<'_>, id: LocalId, place: &Place, pass: i64, seq: i64) -> Result<bool> {
    let taken = tx.run(
        "INSERT INTO confirmed (local_id, version, pass, seq, place) VALUES (?1, ?2, ?3, ?4, ?5) \
         ON CONFLICT (local_id) DO UPDATE SET version = excluded.version, pass = excluded.pass, seq = excluded.seq, \
         place = excluded.place WHERE (excluded.pass, excluded.seq) > (confirmed.pass, confirmed.seq) OR ?6",
        params![id.0, place.version, pass, seq, Json(place), defect::is_on(Defect::OlderWordWins)],
    )?;
    Ok(taken > 0)
}

/// Keeps a state that the restored server has lost, until the person settles it.
pub(crate) fn keep(tx: &Tx<'_>, id: LocalId, kept: Option<(&Place, i64)>) -> Result<()> {
    let (place, pass) = kept.unzip();
    tx.run("UPDATE confirmed SET kept = ?2, kept_pass = ?3 WHERE local_id = ?1", params![id.0, place.map(Json), pass])?;
    Ok(())
}

impl Confirmed {
    /// What the server may have lost with its database: the newest state that it had confirmed, and in which pass.
    pub(crate) fn newest(self) -> (Place, i64) {
        match self.kept {
            Some(kept) => (kept, self.kept_pass.unwrap_or(self.pass)),
            None => (self.place, self.pass),
        }
    }
}

/// Forgets the confirmed copy.
pub(crate) fn forget(tx: &Tx<'_>, id: LocalId) -> Result<()> {
    tx.run("DELETE FROM confirmed WHERE local_id = ?1", [id.0])?;
    Ok(())
}
