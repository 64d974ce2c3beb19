//! Taking an import back.

use holdfast_contract::{ClientId, ImportId, OpId, PlaceId, Timestamp};
use uuid::Uuid;

use super::{ImportedRow, UndoCounts};
use crate::{Actor, Error, Tx};

/// Rows that were noted and of which nobody has come to say what became of them, in their order, at most `limit`.
pub async fn noted(tx: &mut Tx, actor: Actor, id: ImportId, limit: i64) -> Result<Vec<i64>, Error> {
    let numbers = sqlx::query_scalar!(
        "SELECT number FROM import_places
         WHERE owner_id = $1 AND import_id = $2 AND created IS NULL ORDER BY number LIMIT $3",
        actor.user.0,
        id.0,
        limit,
    );
    Ok(numbers.fetch_all(&mut **tx).await?)
}

/// Says of noted rows what became of them, by the receipts of their operations: a creation has one where it made a place, and
/// only there. To be asked when no more of them can be applied.
pub async fn resolve(tx: &mut Tx, actor: Actor, id: ImportId, rows: &[(i64, OpId)]) -> Result<(), Error> {
    let numbers: Vec<i64> = rows.iter().map(|(number, _)| *number).collect();
    let operations: Vec<Uuid> = rows.iter().map(|(_, op_id)| op_id.0).collect();
    // The capture is the place's: what was noted later of the same row may be another.
    sqlx::query!(
        "UPDATE import_places i SET created = r.place_id IS NOT NULL, place_id = coalesce(r.place_id, i.place_id),
                client_id = coalesce(p.client_id, i.client_id)
         FROM unnest($3::bigint[], $4::uuid[]) AS t (number, op_id)
         LEFT JOIN LATERAL (SELECT r.place_id FROM op_receipts r
                            WHERE r.actor_id = $1 AND r.op_id = t.op_id OFFSET 0) r ON true
         LEFT JOIN LATERAL (SELECT p.client_id FROM places p
                            WHERE p.owner_id = $1 AND p.id = r.place_id OFFSET 0) p ON true
         WHERE i.owner_id = $1 AND i.import_id = $2 AND i.number = t.number AND i.created IS NULL",
        actor.user.0,
        id.0,
        &numbers,
        &operations,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
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
        "SELECT number, client_id, place_id FROM import_places
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
        created: true,
    });
    Ok(rows.collect())
}

/// Of these rows those whose place was put into the trash by the operation beside it, and has been neither taken out nor
/// changed nor deleted for good since; with the version that the place has there.
pub async fn in_trash_since(tx: &mut Tx, actor: Actor, rows: &[(i64, OpId)]) -> Result<Vec<(i64, i64)>, Error> {
    let numbers: Vec<i64> = rows.iter().map(|(number, _)| *number).collect();
    let operations: Vec<Uuid> = rows.iter().map(|(_, op_id)| op_id.0).collect();
    // Whose owner had put it there before has a receipt from later than that.
    let found = sqlx::query!(
        r#"SELECT t.number AS "number!", p.version AS "version!"
           FROM unnest($2::bigint[], $3::uuid[]) AS t (number, op_id)
           CROSS JOIN LATERAL (SELECT r.place_id, r.version, r.created_at FROM op_receipts r
                               WHERE r.actor_id = $1 AND r.op_id = t.op_id OFFSET 0) r
           CROSS JOIN LATERAL (SELECT p.version, p.deleted_at, p.purged_at FROM places p
                               WHERE p.owner_id = $1 AND p.id = r.place_id OFFSET 0) p
           WHERE p.purged_at IS NULL AND p.deleted_at >= r.created_at AND p.version = r.version
           ORDER BY t.number"#,
        actor.user.0,
        &numbers,
        &operations,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(found.into_iter().map(|row| (row.number, row.version)).collect())
}

/// Notes what taking an import back has come to.
pub async fn record_undo(
    tx: &mut Tx,
    actor: Actor,
    id: ImportId,
    counts: UndoCounts,
    touched: Timestamp,
) -> Result<(), Error> {
    sqlx::query!(
        "UPDATE imports SET removed = $3, kept = $4, touched_at = $5 WHERE owner_id = $1 AND id = $2",
        actor.user.0,
        id.0,
        counts.removed,
        counts.kept,
        touched.to_chrono(),
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
