//! Keeping files, and forgetting them.

use holdfast_contract::{ClientId, ImportId, Timestamp};
use serde_json::Value;
use uuid::Uuid;

use super::{ImportCounts, ImportSummary, ImportToBegin, KnownPlace, StoredImport, UndoCounts, word_of};
use crate::{Actor, Error, Tx};

/// Keeps a file. Of the actor's open imports at most `most` are kept, this one included: the oldest that were never run go.
/// [`Error::ImportLimit`] where too many have begun to run.
pub async fn begin(
    tx: &mut Tx,
    actor: Actor,
    import: ImportToBegin<'_>,
    most: i64,
    now: Timestamp,
) -> Result<(), Error> {
    sqlx::query!("SELECT imports_room($1)", most).execute(&mut **tx).await?;
    sqlx::query!(
        "INSERT INTO imports (owner_id, id, label, format, state, file, options, created_at, touched_at)
         VALUES ($1, $2, $3, $4, 'previewed', $5, $6, $7, $7)",
        actor.user.0,
        import.id.0,
        import.label,
        import.format,
        import.file,
        import.options,
        now.to_chrono(),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// One of the actor's imports, with its file.
pub async fn get(tx: &mut Tx, actor: Actor, id: ImportId) -> Result<Option<StoredImport>, Error> {
    let row = sqlx::query!(
        "SELECT label, format, file, options, state, created_at, touched_at FROM imports WHERE owner_id = $1 AND id = $2",
        actor.user.0,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(StoredImport {
        label: row.label,
        format: row.format,
        file: row.file,
        options: row.options,
        state: word_of(&row.state)?,
        created_at: row.created_at.into(),
        touched_at: row.touched_at.into(),
    }))
}

/// The actor's imports, newest first.
pub async fn list(tx: &mut Tx, actor: Actor, limit: i64) -> Result<Vec<ImportSummary>, Error> {
    summaries(tx, actor, None, limit).await
}

/// One of the actor's imports, without its file.
pub async fn summary(tx: &mut Tx, actor: Actor, id: ImportId) -> Result<Option<ImportSummary>, Error> {
    Ok(summaries(tx, actor, Some(id), 1).await?.pop())
}

async fn summaries(tx: &mut Tx, actor: Actor, id: Option<ImportId>, limit: i64) -> Result<Vec<ImportSummary>, Error> {
    let rows = sqlx::query!(
        "SELECT id, label, format, state, created_at, finished_at, touched_at, total, created, known, in_trash, rejected,
                removed, kept
         FROM imports WHERE owner_id = $1 AND ($2::uuid IS NULL OR id = $2) ORDER BY created_at DESC, id DESC LIMIT $3",
        actor.user.0,
        id.map(|id| id.0),
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(ImportSummary {
                id: ImportId(row.id),
                label: row.label,
                format: row.format,
                state: word_of(&row.state)?,
                created_at: row.created_at.into(),
                finished_at: row.finished_at.map(Timestamp::from),
                touched_at: row.touched_at.into(),
                counts: ImportCounts {
                    total: row.total,
                    created: row.created,
                    known: row.known,
                    in_trash: row.in_trash,
                    rejected: row.rejected,
                },
                undo: UndoCounts { removed: row.removed, kept: row.kept },
            })
        })
        .collect()
}

/// Changes how an import is read that has not been run. False where there is none.
pub async fn set_options(tx: &mut Tx, actor: Actor, id: ImportId, options: &Value) -> Result<bool, Error> {
    let done = sqlx::query!(
        "UPDATE imports SET options = $3 WHERE owner_id = $1 AND id = $2 AND state = 'previewed'",
        actor.user.0,
        id.0,
        options,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Drops an import that has not been run. False where there is none.
pub async fn discard(tx: &mut Tx, actor: Actor, id: ImportId) -> Result<bool, Error> {
    let done = sqlx::query!(
        "DELETE FROM imports WHERE owner_id = $1 AND id = $2 AND state = 'previewed'",
        actor.user.0,
        id.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Forgets an import that has come to its end or was taken back, not its places. False where there is none.
pub async fn delete(tx: &mut Tx, actor: Actor, id: ImportId) -> Result<bool, Error> {
    let done = sqlx::query!(
        "DELETE FROM imports WHERE owner_id = $1 AND id = $2 AND state IN ('finished', 'undone')",
        actor.user.0,
        id.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Which of these captures the actor has.
pub async fn known(tx: &mut Tx, actor: Actor, captures: &[ClientId]) -> Result<Vec<KnownPlace>, Error> {
    let captures: Vec<Uuid> = captures.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"SELECT p.client_id AS "client_id!", p.deleted_at IS NOT NULL AS "in_trash!", p.purged_at IS NOT NULL AS "purged!"
           FROM unnest($2::uuid[]) AS c (client_id) CROSS JOIN LATERAL (
               SELECT p.* FROM places p WHERE p.owner_id = $1 AND p.client_id = c.client_id OFFSET 0) p"#,
        actor.user.0,
        &captures,
    )
    .fetch_all(&mut **tx)
    .await?;
    let known = rows.into_iter().map(|row| KnownPlace {
        client_id: ClientId(row.client_id),
        in_trash: row.in_trash && !row.purged,
        purged: row.purged,
    });
    Ok(known.collect())
}

/// What is dropped: imports from before these moments.
#[derive(Clone, Copy, Debug)]
pub struct Until {
    /// Those that were brought in and never run.
    pub previewed: Timestamp,
    /// Those that run and were not touched since: they end, and their files go.
    pub running: Timestamp,
    /// Those that have come to their end or were taken back: forgotten. Their places stay.
    pub ended: Timestamp,
}

/// Tidies the imports of everybody, at most `limit` of each kind. Returns how many.
pub async fn prune(tx: &mut Tx, until: Until, now: Timestamp, limit: i32) -> Result<i64, Error> {
    let dropped = sqlx::query_scalar!(
        r#"SELECT imports_prune($1, $2, $3, $4, $5) AS "dropped!""#,
        until.previewed.to_chrono(),
        until.running.to_chrono(),
        until.ended.to_chrono(),
        now.to_chrono(),
        limit,
    );
    Ok(dropped.fetch_one(&mut **tx).await?)
}
