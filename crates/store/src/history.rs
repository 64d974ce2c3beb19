//! Versions of a place that were replaced. The owner's alone.

use holdfast_contract::history::PlaceVersion;
use holdfast_contract::rules::Field;
use holdfast_contract::{AccountId, DeviceId, PlaceId, Timestamp};

use crate::row::{position, tags, text, word};
use crate::{Actor, Error, Tx};

/// The replaced versions of one of the actor's own places before version `before`, newest first, at most `limit`. The devices that
/// have names are the actor's own; row-level security hides those of others.
pub async fn list(
    tx: &mut Tx,
    actor: Actor,
    place: PlaceId,
    before: i64,
    limit: i64,
) -> Result<Vec<PlaceVersion>, Error> {
    let rows = sqlx::query!(
        r#"SELECT h.version, h.name, h.note, h.latitude, h.longitude, h.accuracy, h.altitude, h.category, h.tags,
                  h.position_source, h.deleted_at, h.kind, h.changed, h.changed_at, h.actor_id, h.device_id,
                  p.person_email AS "actor_email?",
                  (SELECT d.name FROM devices d WHERE d.user_id = h.actor_id AND d.id = h.device_id) AS "device_name?"
           FROM place_history h LEFT JOIN place_history_people($2) p ON p.person_id = h.actor_id
           WHERE h.owner_id = $1 AND h.place_id = $2 AND h.version < $3
           ORDER BY h.version DESC LIMIT $4"#,
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
                actor_email: row.actor_email,
                device_id: DeviceId(row.device_id),
                device_name: row.device_name,
            })
        })
        .collect()
}
