//! What the database knows of the past of places that devices give back after it was put back to an older state.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use holdfast_contract::{PlaceFields, PlaceId};
use uuid::Uuid;

use crate::row::{position, tags, text, word};
use crate::{Actor, Error, Tx};

/// The newest state of a place that a device gave back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GivenBack {
    /// The epoch it was confirmed in.
    pub epoch: String,
    /// The version it has.
    pub version: i64,
}

/// A version that was replaced: what whoever replaced it had in front of them.
#[derive(Clone, PartialEq, Debug)]
pub struct PastVersion {
    /// Its fields.
    pub fields: PlaceFields,
    /// Whether it was in the trash.
    pub in_trash: bool,
}

/// The past of the places that a batch offers states of.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Past {
    /// What was given back of them before.
    pub given_back: HashMap<PlaceId, GivenBack>,
    /// The offered versions that were replaced here.
    pub versions: HashMap<(PlaceId, i64), PastVersion>,
}

/// Reads the past of the actor's own places, each with the version that is offered. The caller holds their row locks, under
/// which alone any of this is written.
pub async fn read_past(tx: &mut Tx, actor: Actor, offered: &[(PlaceId, i64)]) -> Result<Past, Error> {
    let places: Vec<Uuid> = offered.iter().map(|(id, _)| id.0).collect();
    let versions: Vec<i64> = offered.iter().map(|(_, version)| *version).collect();
    let rows = sqlx::query!(
        r#"
        SELECT o.place_id AS "place_id!", o.version AS "offered!", g.epoch AS "epoch?", g.version AS "given_back?",
               h.name AS "name?", h.note AS "note?", h.latitude AS "latitude?", h.longitude AS "longitude?",
               h.accuracy AS "accuracy?", h.altitude AS "altitude?", h.category AS "category?", h.tags AS "tags?",
               h.position_source AS "position_source?", h.deleted_at AS "deleted_at?: DateTime<Utc>"
        FROM unnest($2::uuid[], $3::bigint[]) AS o (place_id, version)
        LEFT JOIN LATERAL (
            SELECT g.epoch, g.version FROM place_offers g
            WHERE g.owner_id = $1 AND g.place_id = o.place_id OFFSET 0) g ON true
        LEFT JOIN LATERAL (
            SELECT h.* FROM place_history h
            WHERE h.owner_id = $1 AND h.place_id = o.place_id AND h.version = o.version OFFSET 0) h ON true
        "#,
        actor.user.0,
        &places,
        &versions,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut past = Past::default();
    for row in rows {
        let place = PlaceId(row.place_id);
        if let (Some(epoch), Some(version)) = (row.epoch, row.given_back) {
            past.given_back.insert(place, GivenBack { epoch, version });
        }
        if let Some(labels) = row.tags {
            let fields = PlaceFields {
                name: text(row.name)?,
                note: text(row.note)?,
                category: text(row.category)?,
                tags: tags(labels)?,
                position: position(row.latitude, row.longitude, row.accuracy, row.altitude)?,
                position_source: word(row.position_source)?,
            };
            let version = PastVersion { fields, in_trash: row.deleted_at.is_some() };
            past.versions.insert((place, row.offered), version);
        }
    }
    Ok(past)
}

/// Remembers what was given back. The caller has written these places in this transaction.
pub(super) async fn remember(tx: &mut Tx, actor: Actor, given_back: &HashMap<PlaceId, GivenBack>) -> Result<(), Error> {
    let places: Vec<Uuid> = given_back.keys().map(|id| id.0).collect();
    let epochs: Vec<&str> = given_back.values().map(|g| g.epoch.as_str()).collect();
    let versions: Vec<i64> = given_back.values().map(|g| g.version).collect();
    sqlx::query!(
        "INSERT INTO place_offers (owner_id, place_id, epoch, version)
         SELECT $1, t.place_id, t.epoch, t.version
         FROM unnest($2::uuid[], $3::text[], $4::bigint[]) AS t (place_id, epoch, version)
         ON CONFLICT (owner_id, place_id) DO UPDATE SET epoch = EXCLUDED.epoch, version = EXCLUDED.version",
        actor.user.0,
        &places,
        &epochs as &[&str],
        &versions,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
