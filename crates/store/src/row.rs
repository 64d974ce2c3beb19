//! Rows as they come from the database, and as values that cannot be invalid.

use chrono::{DateTime, Utc};
use holdfast_contract::text::Text;
use holdfast_contract::{
    AccountId, ClientId, NewPlace, PlaceFields, PlaceId, Position, PositionSource, Role, Source, Tags, Timestamp,
};
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use crate::Error;

/// A place as it is stored: everything there is, for whoever may see it.
#[derive(Clone, PartialEq, Debug)]
pub struct StoredPlace {
    /// Whose it is.
    pub owner: AccountId,
    /// The row.
    pub id: PlaceId,
    /// The capture.
    pub client_id: ClientId,
    /// From 1.
    pub version: i64,
    /// What is personal; `None` after the purge.
    pub body: Option<NewPlace>,
    /// When the server received it.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// In the trash since.
    pub deleted_at: Option<Timestamp>,
    /// Scrubbed since.
    pub purged_at: Option<Timestamp>,
}

/// A share that is in force.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Share {
    /// Viewer or editor.
    pub role: Role,
    /// When it began.
    pub since: Timestamp,
}

/// A place together with how one reader knows it.
#[derive(Clone, PartialEq, Debug)]
pub struct Reading {
    /// Whose it is.
    pub owner: AccountId,
    /// The row.
    pub id: PlaceId,
    /// The number of its last change in the reader's feed; 0 where it is not in there.
    pub seq: i64,
    /// The reader's share, where they are not the owner and one is in force.
    pub share: Option<Share>,
    /// The place, where row-level security lets the reader see it.
    pub place: Option<StoredPlace>,
}

/// The columns of `places` as they come out of an outer join.
#[derive(Default)]
pub(crate) struct PlaceRow {
    pub(crate) owner_id: Option<Uuid>,
    pub(crate) id: Option<Uuid>,
    pub(crate) client_id: Option<Uuid>,
    pub(crate) version: Option<i64>,
    pub(crate) name: Option<String>,
    pub(crate) note: Option<String>,
    pub(crate) latitude: Option<f64>,
    pub(crate) longitude: Option<f64>,
    pub(crate) accuracy: Option<f64>,
    pub(crate) altitude: Option<f64>,
    pub(crate) category: Option<String>,
    pub(crate) tags: Option<Vec<String>>,
    pub(crate) captured_at: Option<DateTime<Utc>>,
    pub(crate) source: Option<String>,
    pub(crate) position_source: Option<String>,
    pub(crate) created_at: Option<DateTime<Utc>>,
    pub(crate) updated_at: Option<DateTime<Utc>>,
    pub(crate) deleted_at: Option<DateTime<Utc>>,
    pub(crate) purged_at: Option<DateTime<Utc>>,
}

/// Takes the columns of a place out of a row that has them beside others.
macro_rules! place_row {
    ($row:expr) => {
        $crate::row::PlaceRow {
            owner_id: $row.owner_id,
            id: $row.id,
            client_id: $row.client_id,
            version: $row.version,
            name: $row.name,
            note: $row.note,
            latitude: $row.latitude,
            longitude: $row.longitude,
            accuracy: $row.accuracy,
            altitude: $row.altitude,
            category: $row.category,
            tags: $row.tags,
            captured_at: $row.captured_at,
            source: $row.source,
            position_source: $row.position_source,
            created_at: $row.created_at,
            updated_at: $row.updated_at,
            deleted_at: $row.deleted_at,
            purged_at: $row.purged_at,
        }
    };
}
pub(crate) use place_row;

impl PlaceRow {
    /// Out of a row of a statement that was written piece by piece, which has the columns under their own names.
    pub(crate) fn of(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            owner_id: row.try_get("owner_id")?,
            id: row.try_get("id")?,
            client_id: row.try_get("client_id")?,
            version: row.try_get("version")?,
            name: row.try_get("name")?,
            note: row.try_get("note")?,
            latitude: row.try_get("latitude")?,
            longitude: row.try_get("longitude")?,
            accuracy: row.try_get("accuracy")?,
            altitude: row.try_get("altitude")?,
            category: row.try_get("category")?,
            tags: row.try_get("tags")?,
            captured_at: row.try_get("captured_at")?,
            source: row.try_get("source")?,
            position_source: row.try_get("position_source")?,
            created_at: row.try_get("created_at")?,
            updated_at: row.try_get("updated_at")?,
            deleted_at: row.try_get("deleted_at")?,
            purged_at: row.try_get("purged_at")?,
        })
    }

    /// The place; `None` where the outer join found none (`client_id` is never null in a row).
    pub(crate) fn place(self) -> Result<Option<StoredPlace>, Error> {
        let Some(client_id) = self.client_id else { return Ok(None) };
        let there =
            |what: Option<DateTime<Utc>>| what.map(Timestamp::from).ok_or(Error::Corrupt("place without times"));
        let body = if self.purged_at.is_some() {
            None
        } else {
            Some(NewPlace {
                fields: PlaceFields {
                    name: text(self.name)?,
                    note: text(self.note)?,
                    category: text(self.category)?,
                    tags: tags(self.tags.unwrap_or_default())?,
                    position: position(self.latitude, self.longitude, self.accuracy, self.altitude)?,
                    position_source: word(self.position_source)?,
                },
                captured_at: there(self.captured_at)?,
                source: word::<Source>(self.source)?,
            })
        };
        Ok(Some(StoredPlace {
            owner: AccountId(self.owner_id.ok_or(Error::Corrupt("place without an owner"))?),
            id: PlaceId(self.id.ok_or(Error::Corrupt("place without an id"))?),
            client_id: ClientId(client_id),
            version: self.version.ok_or(Error::Corrupt("place without a version"))?,
            body,
            created_at: there(self.created_at)?,
            updated_at: there(self.updated_at)?,
            deleted_at: self.deleted_at.map(Timestamp::from),
            purged_at: self.purged_at.map(Timestamp::from),
        }))
    }
}

pub(crate) fn text<const MAX: usize>(raw: Option<String>) -> Result<Option<Text<MAX>>, Error> {
    raw.map_or(Ok(None), |raw| Text::parse(&raw).map_err(|_| Error::Corrupt("text")))
}

pub(crate) fn tags(raw: Vec<String>) -> Result<Tags, Error> {
    Tags::parse(raw, "tags").map_err(|_| Error::Corrupt("tag"))
}

pub(crate) fn position(
    latitude: Option<f64>,
    longitude: Option<f64>,
    accuracy: Option<f64>,
    altitude: Option<f64>,
) -> Result<Position, Error> {
    let (Some(latitude), Some(longitude)) = (latitude, longitude) else {
        return Err(Error::Corrupt("place without a position"));
    };
    Position::parse("", latitude, longitude, accuracy, altitude).map_err(|_| Error::Corrupt("position"))
}

pub(crate) fn word<T: std::str::FromStr>(raw: Option<String>) -> Result<T, Error> {
    raw.and_then(|w| w.parse().ok()).ok_or(Error::Corrupt("word"))
}

pub(crate) fn share(role: Option<String>, since: Option<DateTime<Utc>>) -> Result<Option<Share>, Error> {
    match (role, since) {
        (Some(role), Some(since)) => Ok(Some(Share { role: word::<Role>(Some(role))?, since: Timestamp::from(since) })),
        _ => Ok(None),
    }
}

/// The position source as a word that lives as long as the program.
pub(crate) fn position_source(body: Option<&NewPlace>) -> Option<&'static str> {
    body.map(|b| PositionSource::as_str(b.fields.position_source))
}

/// Tags as one string, for arrays of rows: PostgreSQL's arrays of arrays can't be ragged. A tag contains no control
/// character but tab and line break.
pub(crate) fn joined(tags: &Tags) -> String {
    let mut all = String::new();
    for (index, tag) in tags.iter().enumerate() {
        if index > 0 {
            all.push(TAG_SEPARATOR);
        }
        all.push_str(tag.as_str());
    }
    all
}

/// What stands between joined tags; the same character as in the SQL that splits them.
pub(crate) const TAG_SEPARATOR: char = '\u{1f}';
