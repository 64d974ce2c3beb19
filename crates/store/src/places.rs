//! Reading places: one, or a page of a list. Writing them is [`crate::batch`]'s.

use holdfast_contract::{AccountId, ClientId, PlaceId, Source, Target, Timestamp};
use uuid::Uuid;

use crate::row::{PlaceRow, place_row, share};
use crate::{Actor, Error, Reading, Tx};

/// Finds a place that the actor names: their own by its capture, or one that they can or could see by its row. `None`
/// where there is none; a reading without a place where it is not visible any more.
pub async fn find(tx: &mut Tx, actor: Actor, target: Target) -> Result<Option<Reading>, Error> {
    let (client, id): (Option<ClientId>, Option<PlaceId>) = match target {
        Target::Own(client) => (Some(client), None),
        Target::Id(id) => (None, Some(id)),
    };
    let row = sqlx::query!(
        r#"
        WITH found AS (
            SELECT p.owner_id, p.id FROM places p WHERE p.owner_id = $1 AND p.client_id = $2
            UNION ALL
            SELECT p.owner_id, p.id FROM places p WHERE p.owner_id = $1 AND p.id = $3
            UNION ALL
            SELECT f.owner_id, f.place_id FROM feed f WHERE f.user_id = $1 AND f.place_id = $3
            LIMIT 1
        )
        SELECT found.owner_id AS "owner_id?", found.id AS "id?", f.seq AS "seq?",
               p.client_id AS "client_id?", p.version AS "version?", p.name AS "name?", p.note AS "note?",
               p.latitude AS "latitude?", p.longitude AS "longitude?", p.accuracy AS "accuracy?",
               p.altitude AS "altitude?", p.category AS "category?", p.tags AS "tags?",
               p.captured_at AS "captured_at?", p.source AS "source?", p.position_source AS "position_source?",
               p.created_at AS "created_at?", p.updated_at AS "updated_at?", p.deleted_at AS "deleted_at?",
               p.purged_at AS "purged_at?",
               s.role AS "role?", s.created_at AS "shared_at?"
        FROM found
        LEFT JOIN places p ON p.owner_id = found.owner_id AND p.id = found.id
        LEFT JOIN feed f ON f.user_id = $1 AND f.place_id = found.id
        LEFT JOIN place_shares s
            ON s.owner_id = found.owner_id AND s.place_id = found.id AND s.recipient_id = $1 AND s.suspended_at IS NULL
        "#,
        actor.user.0,
        client.map(|c| c.0),
        id.map(|p| p.0),
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let (Some(owner), Some(id)) = (row.owner_id, row.id) else { return Err(Error::Corrupt("reading")) };
    Ok(Some(Reading {
        owner: AccountId(owner),
        id: PlaceId(id),
        seq: row.seq.unwrap_or(0),
        share: share(row.role, row.shared_at)?,
        place: place_row!(row).place()?,
    }))
}

/// Which places, in which order and from where on.
#[derive(Clone, Copy, Debug)]
pub struct ListQuery<'a> {
    /// Contained in name, note, category or a tag, whatever the case.
    pub text: Option<&'a str>,
    /// Of exactly this category.
    pub category: Option<&'a str>,
    /// With this tag.
    pub tag: Option<&'a str>,
    /// Captured by this (only one's own are found by it).
    pub source: Option<Source>,
    /// Captured at or after.
    pub since: Option<Timestamp>,
    /// Captured before.
    pub until: Option<Timestamp>,
    /// Behind this place in the order of the list.
    pub after: Option<(Timestamp, PlaceId)>,
    /// Most rows.
    pub limit: i64,
}

impl ListQuery<'_> {
    /// As a pattern of LIKE, with its own signs taken literally.
    fn pattern(&self) -> Option<String> {
        self.text.map(|text| {
            let literal = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
            format!("%{literal}%")
        })
    }
}

/// The actor's own live places and those shared with them, newest capture first.
pub async fn list(tx: &mut Tx, actor: Actor, query: &ListQuery<'_>) -> Result<Vec<Reading>, Error> {
    let rows = sqlx::query!(
        r#"
        SELECT p.owner_id AS "owner_id?", p.id AS "id?", p.client_id AS "client_id?", p.version AS "version?",
               p.name AS "name?", p.note AS "note?", p.latitude AS "latitude?", p.longitude AS "longitude?",
               p.accuracy AS "accuracy?", p.altitude AS "altitude?", p.category AS "category?", p.tags AS "tags?",
               p.captured_at AS "captured_at?", p.source AS "source?", p.position_source AS "position_source?",
               p.created_at AS "created_at?", p.updated_at AS "updated_at?", p.deleted_at AS "deleted_at?",
               p.purged_at AS "purged_at?", p.role AS "role?", p.shared_at AS "shared_at?"
        FROM (
            (SELECT p.*, NULL::text AS role, NULL::timestamptz AS shared_at
             FROM places p
             WHERE p.owner_id = $1 AND p.deleted_at IS NULL
               AND ($2::text IS NULL OR p.name ILIKE $2 OR p.note ILIKE $2 OR p.category ILIKE $2
                    OR EXISTS (SELECT FROM unnest(p.tags) AS t (tag) WHERE t.tag ILIKE $2))
               AND ($3::text IS NULL OR p.category = $3)
               AND ($4::text IS NULL OR $4 = ANY (p.tags))
               AND ($5::text IS NULL OR p.source = $5)
               AND p.captured_at >= coalesce($6, '-infinity'::timestamptz)
               AND p.captured_at < coalesce($7, 'infinity'::timestamptz)
               AND (p.captured_at, p.id) <
                   (coalesce($8, 'infinity'::timestamptz), coalesce($9, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
             ORDER BY p.captured_at DESC, p.id DESC LIMIT $10)
            UNION ALL
            (SELECT p.*, s.role, s.created_at
             FROM place_shares s JOIN places p ON p.owner_id = s.owner_id AND p.id = s.place_id
             WHERE s.recipient_id = $1 AND s.suspended_at IS NULL AND p.deleted_at IS NULL
               AND ($2::text IS NULL OR p.name ILIKE $2 OR p.note ILIKE $2 OR p.category ILIKE $2
                    OR EXISTS (SELECT FROM unnest(p.tags) AS t (tag) WHERE t.tag ILIKE $2))
               AND ($3::text IS NULL OR p.category = $3)
               AND ($4::text IS NULL OR $4 = ANY (p.tags))
               AND $5::text IS NULL
               AND p.captured_at >= coalesce($6, '-infinity'::timestamptz)
               AND p.captured_at < coalesce($7, 'infinity'::timestamptz)
               AND (p.captured_at, p.id) <
                   (coalesce($8, 'infinity'::timestamptz), coalesce($9, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
             ORDER BY p.captured_at DESC, p.id DESC LIMIT $10)
        ) p
        ORDER BY p.captured_at DESC, p.id DESC LIMIT $10
        "#,
        actor.user.0,
        query.pattern(),
        query.category,
        query.tag,
        query.source.map(Source::as_str),
        query.since.map(Timestamp::to_chrono),
        query.until.map(Timestamp::to_chrono),
        query.after.map(|(at, _)| at.to_chrono()),
        query.after.map(|(_, id)| id.0),
        query.limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let shared = share(row.role, row.shared_at)?;
            reading(shared, place_row!(row))
        })
        .collect()
}

/// What the actor has in the trash, newest capture first.
pub async fn list_trash(tx: &mut Tx, actor: Actor, query: &ListQuery<'_>) -> Result<Vec<Reading>, Error> {
    let rows = sqlx::query_as!(
        PlaceRow,
        r#"
        SELECT p.owner_id AS "owner_id?", p.id AS "id?", p.client_id AS "client_id?", p.version AS "version?",
               p.name, p.note, p.latitude, p.longitude, p.accuracy, p.altitude, p.category, p.tags AS "tags?",
               p.captured_at, p.source, p.position_source, p.created_at AS "created_at?",
               p.updated_at AS "updated_at?", p.deleted_at, p.purged_at
        FROM places p
        WHERE p.owner_id = $1 AND p.deleted_at IS NOT NULL AND p.purged_at IS NULL
          AND ($2::text IS NULL OR p.name ILIKE $2 OR p.note ILIKE $2 OR p.category ILIKE $2
               OR EXISTS (SELECT FROM unnest(p.tags) AS t (tag) WHERE t.tag ILIKE $2))
          AND ($3::text IS NULL OR p.category = $3)
          AND ($4::text IS NULL OR $4 = ANY (p.tags))
          AND ($5::text IS NULL OR p.source = $5)
          AND p.captured_at >= coalesce($6, '-infinity'::timestamptz)
          AND p.captured_at < coalesce($7, 'infinity'::timestamptz)
          AND (p.captured_at, p.id) <
              (coalesce($8, 'infinity'::timestamptz), coalesce($9, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
        ORDER BY p.captured_at DESC, p.id DESC LIMIT $10
        "#,
        actor.user.0,
        query.pattern(),
        query.category,
        query.tag,
        query.source.map(Source::as_str),
        query.since.map(Timestamp::to_chrono),
        query.until.map(Timestamp::to_chrono),
        query.after.map(|(at, _)| at.to_chrono()),
        query.after.map(|(_, id)| id.0),
        query.limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(|row| reading(None, row)).collect()
}

/// A row of a list; lists carry no feed numbers.
fn reading(share: Option<crate::Share>, row: PlaceRow) -> Result<Reading, Error> {
    let missing = || Error::Corrupt("list row");
    let (owner, id): (Uuid, Uuid) = (row.owner_id.ok_or_else(missing)?, row.id.ok_or_else(missing)?);
    Ok(Reading { owner: AccountId(owner), id: PlaceId(id), seq: 0, share, place: row.place()? })
}
