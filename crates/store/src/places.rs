//! Reading places: one, a page of a list, all of them on a map. Writing them is [`crate::batch`]'s.

mod facets;
mod filter;
mod list;
mod map;

use holdfast_contract::{AccountId, ClientId, PlaceId, Target};

use crate::row::{place_row, share};
use crate::{Actor, Error, Reading, Tx};
pub use facets::facets;
pub use filter::Filter;
pub use list::{Audience, Detail, From, Key, ListQuery, ListedRow, Rows, detail, list, rows};
pub use map::{View, map};

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
