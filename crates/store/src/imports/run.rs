//! Running an import.

use holdfast_contract::{ClientId, ImportId, Timestamp};
use uuid::Uuid;

use super::{ImportCounts, ImportState, ImportedRow, StoredImport, get, word_of};
use crate::{Actor, Error, Tx};

/// Puts an import into a state if it is in one of these. Returns the state it was in, whether it was put or not; `None`: there is
/// no such import.
pub async fn change_state(
    tx: &mut Tx,
    actor: Actor,
    id: ImportId,
    from: &[ImportState],
    to: ImportState,
    now: Timestamp,
) -> Result<Option<ImportState>, Error> {
    let was = sqlx::query_scalar!(
        "SELECT state FROM imports WHERE owner_id = $1 AND id = $2 FOR NO KEY UPDATE",
        actor.user.0,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(was) = was else { return Ok(None) };
    let was = word_of(&was)?;
    if from.contains(&was) && was != to {
        // The bytes are kept only as long as something may be read from them.
        sqlx::query!(
            "UPDATE imports SET state = $3,
                    touched_at = $4,
                    file = CASE WHEN $3 IN ('previewed', 'running') THEN file END,
                    finished_at = CASE WHEN $3 IN ('previewed', 'running') THEN NULL ELSE coalesce(finished_at, $4) END
             WHERE owner_id = $1 AND id = $2",
            actor.user.0,
            id.0,
            to.as_str(),
            now.to_chrono(),
        )
        .execute(&mut **tx)
        .await?;
    }
    Ok(Some(was))
}

/// Begins to run an import, or goes on with it, and reads it: from now on neither its file nor its options change. One that has
/// come to its end or was taken back stays so. `None`: there is no such import.
pub async fn begin_run(tx: &mut Tx, actor: Actor, id: ImportId, now: Timestamp) -> Result<Option<StoredImport>, Error> {
    change_state(tx, actor, id, &[ImportState::Previewed], ImportState::Running, now).await?;
    get(tx, actor, id).await
}

/// Notes rows that are about to be run, so that whatever they make can be found. Returns the import's state; `None` where it is
/// gone.
pub async fn note(
    tx: &mut Tx,
    actor: Actor,
    id: ImportId,
    rows: &[(i64, ClientId)],
    now: Timestamp,
) -> Result<Option<ImportState>, Error> {
    let state = sqlx::query_scalar!(
        "UPDATE imports SET touched_at = $3 WHERE owner_id = $1 AND id = $2 RETURNING state",
        actor.user.0,
        id.0,
        now.to_chrono(),
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(state) = state else { return Ok(None) };
    let numbers: Vec<i64> = rows.iter().map(|(number, _)| *number).collect();
    let captures: Vec<Uuid> = rows.iter().map(|(_, client_id)| client_id.0).collect();
    sqlx::query!(
        "INSERT INTO import_places (owner_id, import_id, number, client_id)
         SELECT $1, $2, t.number, t.client_id FROM unnest($3::bigint[], $4::uuid[]) AS t (number, client_id)
         ON CONFLICT (owner_id, import_id, number) DO NOTHING",
        actor.user.0,
        id.0,
        &numbers,
        &captures,
    )
    .execute(&mut **tx)
    .await?;
    word_of(&state).map(Some)
}

/// Holds an import to the end of the transaction, so that it is not taken back before what is done here is there for all to see.
/// [`Error::ImportEnded`] where it is being taken back, or gone.
pub async fn hold(tx: &mut Tx, actor: Actor, id: ImportId) -> Result<(), Error> {
    let state =
        sqlx::query_scalar!("SELECT state FROM imports WHERE owner_id = $1 AND id = $2 FOR SHARE", actor.user.0, id.0,)
            .fetch_optional(&mut **tx)
            .await?;
    match state.as_deref().map(word_of).transpose()? {
        Some(ImportState::Running | ImportState::Finished) => Ok(()),
        _ => Err(Error::ImportEnded),
    }
}

/// Notes what became of rows of an import, and what it has come to so far. A row that this import made stays one, however often
/// it is noted. Returns the import's state; `None` where it is gone.
pub async fn record(
    tx: &mut Tx,
    actor: Actor,
    id: ImportId,
    rows: &[ImportedRow],
    counts: ImportCounts,
    touched: Timestamp,
) -> Result<Option<ImportState>, Error> {
    let state = sqlx::query_scalar!(
        "UPDATE imports SET total = $3, created = $4, known = $5, in_trash = $6, rejected = $7, touched_at = $8
         WHERE owner_id = $1 AND id = $2 RETURNING state",
        actor.user.0,
        id.0,
        counts.total,
        counts.created,
        counts.known,
        counts.in_trash,
        counts.rejected,
        touched.to_chrono(),
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(state) = state else { return Ok(None) };
    let numbers: Vec<i64> = rows.iter().map(|row| row.number).collect();
    let captures: Vec<Uuid> = rows.iter().map(|row| row.client_id.0).collect();
    let places: Vec<Option<Uuid>> = rows.iter().map(|row| row.place.map(|place| place.0)).collect();
    let created: Vec<bool> = rows.iter().map(|row| row.created).collect();
    sqlx::query!(
        "INSERT INTO import_places AS i (owner_id, import_id, number, client_id, place_id, created)
         SELECT $1, $2, t.number, t.client_id, t.place_id, t.created
         FROM unnest($3::bigint[], $4::uuid[], $5::uuid[], $6::boolean[]) AS t (number, client_id, place_id, created)
         ON CONFLICT (owner_id, import_id, number) DO UPDATE
             SET created = coalesce(i.created, false) OR EXCLUDED.created, place_id = coalesce(i.place_id, EXCLUDED.place_id)
             WHERE i.client_id = EXCLUDED.client_id",
        actor.user.0,
        id.0,
        &numbers,
        &captures,
        &places as &[Option<Uuid>],
        &created,
    )
    .execute(&mut **tx)
    .await?;
    word_of(&state).map(Some)
}
