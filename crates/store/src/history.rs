//! Versions of a place that were replaced. The owner's alone.

use holdfast_contract::history::PlaceVersion;
use holdfast_contract::rules::Field;
use holdfast_contract::{AccountId, DeviceId, PlaceId, Timestamp};

use crate::row::{position, tags, text, word};
use crate::{Actor, Error, Tx};

/// The replaced versions of one of the actor's own places before version `before`, newest first, at most `limit`.
pub async fn list(
    tx: &mut Tx,
    actor: Actor,
    place: PlaceId,
    before: i64,
    limit: i64,
) -> Result<Vec<PlaceVersion>, Error> {
    let rows = sqlx::query!(
        "SELECT version, name, note, latitude, longitude, accuracy, altitude, category, tags, position_source,
                deleted_at, kind, changed, changed_at, actor_id, device_id
         FROM place_history WHERE owner_id = $1 AND place_id = $2 AND version < $3
         ORDER BY version DESC LIMIT $4",
        actor.user.0,
        place.0,
        before,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let position = position(Some(row.latitude), Some(row.longitude), row.accuracy, row.altitude)?;
            Ok(PlaceVersion {
                version: row.version,
                name: text(row.name)?,
                note: text(row.note)?,
                latitude: position.latitude,
                longitude: position.longitude,
                accuracy: position.accuracy,
                altitude: position.altitude,
                category: text(row.category)?,
                tags: tags(row.tags)?,
                position_source: word(Some(row.position_source))?,
                deleted_at: row.deleted_at.map(Timestamp::from),
                kind: row.kind,
                changed: Field::ALL.iter().copied().filter(|f| row.changed.iter().any(|c| c == f.as_str())).collect(),
                changed_at: Timestamp::from(row.changed_at),
                actor_id: AccountId(row.actor_id),
                device_id: DeviceId(row.device_id),
            })
        })
        .collect()
}
