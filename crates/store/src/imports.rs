//! Files that people brought in on the server, and which places came of them.

use holdfast_contract::{ClientId, ImportId, PlaceId, Timestamp};
use serde_json::Value;
use uuid::Uuid;

use crate::row::word;
use crate::{Actor, Error, Tx};

/// How far an import is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ImportState {
    /// Its file is here, and nothing has been created.
    Previewed,
    /// It was begun, and has not come to its end.
    Running,
    /// It has come to its end.
    Finished,
    /// It is being taken back.
    Undoing,
    /// It was taken back.
    Undone,
}

impl ImportState {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Previewed => "previewed",
            Self::Running => "running",
            Self::Finished => "finished",
            Self::Undoing => "undoing",
            Self::Undone => "undone",
        }
    }
}

impl std::str::FromStr for ImportState {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        let all = [Self::Previewed, Self::Running, Self::Finished, Self::Undoing, Self::Undone];
        all.into_iter().find(|state| state.as_str() == word).ok_or(())
    }
}

/// An import with its file.
#[derive(Clone, PartialEq, Debug)]
pub struct StoredImport {
    /// What it is called.
    pub label: String,
    /// Its format.
    pub format: String,
    /// Its bytes; gone when it has come to its end.
    pub file: Option<Vec<u8>>,
    /// How it is read.
    pub options: Value,
    /// How far it is.
    pub state: ImportState,
    /// When it was brought in.
    pub created_at: Timestamp,
}

/// An import in a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImportSummary {
    /// The import.
    pub id: ImportId,
    /// What it is called.
    pub label: String,
    /// Its format.
    pub format: String,
    /// How far it is.
    pub state: ImportState,
    /// When it was brought in.
    pub created_at: Timestamp,
    /// When it came to its end.
    pub finished_at: Option<Timestamp>,
    /// What it has come to so far.
    pub counts: ImportCounts,
    /// What taking it back has come to.
    pub undo: UndoCounts,
}

/// What running an import has come to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ImportCounts {
    /// Rows of the file.
    pub total: i64,
    /// Places that it made.
    pub created: i64,
    /// Captures that were known already.
    pub known: i64,
    /// Captures that are in the trash.
    pub in_trash: i64,
    /// Rows that can't be stored as they are.
    pub rejected: i64,
}

/// What taking an import back has come to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct UndoCounts {
    /// Places that it put into the trash.
    pub removed: i64,
    /// Places that it made and that stay.
    pub kept: i64,
}

/// A capture that the actor has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KnownPlace {
    /// The capture.
    pub client_id: ClientId,
    /// Whether it is in the trash.
    pub in_trash: bool,
    /// Whether it was deleted for good.
    pub purged: bool,
}

/// What became of a row of an import.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ImportedRow {
    /// Which row, from 0.
    pub number: i64,
    /// The capture.
    pub client_id: ClientId,
    /// The place.
    pub place: Option<PlaceId>,
    /// Whether this import made it.
    pub created: bool,
}

/// A new import.
#[derive(Clone, Copy, Debug)]
pub struct ImportToBegin<'a> {
    /// Its id.
    pub id: ImportId,
    /// What it is called.
    pub label: &'a str,
    /// Its format.
    pub format: &'a str,
    /// Its bytes.
    pub file: &'a [u8],
    /// How it is read.
    pub options: &'a Value,
}

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
        "INSERT INTO imports (owner_id, id, label, format, state, file, options, created_at)
         VALUES ($1, $2, $3, $4, 'previewed', $5, $6, $7)",
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
        "SELECT label, format, file, options, state, created_at FROM imports WHERE owner_id = $1 AND id = $2",
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
    }))
}

/// The actor's imports, newest first.
pub async fn list(tx: &mut Tx, actor: Actor, limit: i64) -> Result<Vec<ImportSummary>, Error> {
    let rows = sqlx::query!(
        "SELECT id, label, format, state, created_at, finished_at, total, created, known, in_trash, rejected, removed, kept
         FROM imports WHERE owner_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2",
        actor.user.0,
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

/// Notes what became of rows of an import, and what it has come to so far. A row that this import made stays one, however often
/// it is noted. Returns the import's state; `None` where it is gone.
pub async fn record(
    tx: &mut Tx,
    actor: Actor,
    id: ImportId,
    rows: &[ImportedRow],
    counts: ImportCounts,
) -> Result<Option<ImportState>, Error> {
    let state = sqlx::query_scalar!(
        "UPDATE imports SET total = $3, created = $4, known = $5, in_trash = $6, rejected = $7
         WHERE owner_id = $1 AND id = $2 RETURNING state",
        actor.user.0,
        id.0,
        counts.total,
        counts.created,
        counts.known,
        counts.in_trash,
        counts.rejected,
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
             SET created = i.created OR EXCLUDED.created, place_id = coalesce(i.place_id, EXCLUDED.place_id)
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

/// Places that an import made, in the order of its rows, behind row `after`, at most `limit`.
pub async fn created_places(
    tx: &mut Tx,
    actor: Actor,
    id: ImportId,
    after: i64,
    limit: i64,
) -> Result<Vec<ImportedRow>, Error> {
    let rows = sqlx::query!(
        "SELECT number, client_id, place_id, created FROM import_places
         WHERE owner_id = $1 AND import_id = $2 AND created AND number > $3 ORDER BY number LIMIT $4",
        actor.user.0,
        id.0,
        after,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    let rows = rows.into_iter().map(|row| ImportedRow {
        number: row.number,
        client_id: ClientId(row.client_id),
        place: row.place_id.map(PlaceId),
        created: row.created,
    });
    Ok(rows.collect())
}

/// Notes what taking an import back has come to.
pub async fn record_undo(tx: &mut Tx, actor: Actor, id: ImportId, counts: UndoCounts) -> Result<(), Error> {
    sqlx::query!(
        "UPDATE imports SET removed = $3, kept = $4 WHERE owner_id = $1 AND id = $2",
        actor.user.0,
        id.0,
        counts.removed,
        counts.kept,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What taking an import back came to.
pub async fn undo_counts(tx: &mut Tx, actor: Actor, id: ImportId) -> Result<UndoCounts, Error> {
    let counts = sqlx::query_as!(
        UndoCounts,
        "SELECT removed, kept FROM imports WHERE owner_id = $1 AND id = $2",
        actor.user.0,
        id.0,
    );
    Ok(counts.fetch_one(&mut **tx).await?)
}

/// Drops imports of everybody that were brought in before `before` and never run. Returns how many.
pub async fn prune(tx: &mut Tx, before: Timestamp) -> Result<i64, Error> {
    let dropped = sqlx::query_scalar!(r#"SELECT imports_prune($1) AS "dropped!""#, before.to_chrono());
    Ok(dropped.fetch_one(&mut **tx).await?)
}

fn word_of(state: &str) -> Result<ImportState, Error> {
    word(Some(state.to_owned()))
}
