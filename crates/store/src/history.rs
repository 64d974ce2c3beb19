//! Versions of a place that were replaced. The owner's alone.

use chrono::{DateTime, Utc};
use holdfast_contract::history::PlaceVersion;
use holdfast_contract::rules::Field;
use holdfast_contract::{AccountId, DeviceId, PlaceId, Timestamp};

use uuid::Uuid;

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
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT h.place_id, h.version, h.name, h.note, h.latitude, h.longitude, h.accuracy, h.altitude, h.category, h.tags,
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
    rows.into_iter().map(Row::version).collect()
}

/// Versions of the actor's own places that were replaced, by place and version, behind this one, at most `limit`; and of which place
/// each is.
pub async fn all(
    tx: &mut Tx,
    actor: Actor,
    after: (PlaceId, i64),
    limit: i64,
) -> Result<Vec<(PlaceId, PlaceVersion)>, Error> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT h.place_id, h.version, h.name, h.note, h.latitude, h.longitude, h.accuracy, h.altitude, h.category, h.tags,
                  h.position_source, h.deleted_at, h.kind, h.changed, h.changed_at, h.actor_id, h.device_id,
                  (SELECT p.person_email FROM place_history_people(h.place_id) p
                   WHERE p.person_id = h.actor_id AND h.actor_id <> h.owner_id) AS "actor_email?",
                  (SELECT d.name FROM devices d WHERE d.user_id = h.actor_id AND d.id = h.device_id) AS "device_name?"
           FROM place_history h WHERE h.owner_id = $1 AND (h.place_id, h.version) > ($2, $3)
           ORDER BY h.place_id, h.version LIMIT $4"#,
        actor.user.0,
        after.0.0,
        after.1,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(|row| Ok((PlaceId(row.place_id), row.version()?))).collect()
}

/// A row of the history, as it is read.
struct Row {
    place_id: Uuid,
    version: i64,
    name: Option<String>,
    note: Option<String>,
    latitude: f64,
    longitude: f64,
    accuracy: Option<f64>,
    altitude: Option<f64>,
    category: Option<String>,
    tags: Vec<String>,
    position_source: String,
    deleted_at: Option<DateTime<Utc>>,
    kind: String,
    changed: Vec<String>,
    changed_at: DateTime<Utc>,
    actor_id: Uuid,
    device_id: Uuid,
    actor_email: Option<String>,
    device_name: Option<String>,
}

impl Row {
    fn version(self) -> Result<PlaceVersion, Error> {
        let position = position(Some(self.latitude), Some(self.longitude), self.accuracy, self.altitude)?;
        Ok(PlaceVersion {
            version: self.version,
            name: text(self.name)?,
            note: text(self.note)?,
            latitude: position.latitude,
            longitude: position.longitude,
            accuracy: position.accuracy,
            altitude: position.altitude,
            category: text(self.category)?,
            tags: tags(self.tags)?,
            position_source: word(Some(self.position_source))?,
            deleted_at: self.deleted_at.map(Timestamp::from),
            kind: self.kind,
            changed: Field::ALL.iter().copied().filter(|f| self.changed.iter().any(|c| c == f.as_str())).collect(),
            changed_at: Timestamp::from(self.changed_at),
            actor_id: AccountId(self.actor_id),
            actor_email: self.actor_email,
            device_id: DeviceId(self.device_id),
            device_name: self.device_name,
        })
    }
}
