//! What the places that somebody sees have in common.

use holdfast_contract::limits::FACETS_MAX;
use holdfast_contract::overview::{FacetValue, Facets};

use crate::{Actor, Error, Tx};

/// The categories and tags of the live places that the actor sees, by how many have them.
pub async fn facets(tx: &mut Tx, actor: Actor) -> Result<Facets, Error> {
    let rows = sqlx::query!(
        r#"
        WITH seen AS MATERIALIZED (
            SELECT p.category, p.tags FROM places p WHERE p.owner_id = $1 AND p.deleted_at IS NULL
            UNION ALL
            SELECT p.category, p.tags
            FROM place_shares s CROSS JOIN LATERAL (
                SELECT p.* FROM places p WHERE p.owner_id = s.owner_id AND p.id = s.place_id OFFSET 0) p
            WHERE s.recipient_id = $1 AND s.suspended_at IS NULL AND p.deleted_at IS NULL
        )
        (SELECT false AS "is_tag!", category AS "value!", count(*) AS "count!"
         FROM seen WHERE category IS NOT NULL GROUP BY category ORDER BY count(*) DESC, category LIMIT $2)
        UNION ALL
        (SELECT true, t.tag, count(*)
         FROM seen CROSS JOIN LATERAL unnest(seen.tags) AS t (tag) GROUP BY t.tag ORDER BY count(*) DESC, t.tag LIMIT $2)
        "#,
        actor.user.0,
        i64::from(FACETS_MAX),
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut facets = Facets::default();
    for row in rows {
        let count = u64::try_from(row.count).map_err(|_| Error::Corrupt("count"))?;
        let value = FacetValue { value: row.value, count };
        if row.is_tag { facets.tags.push(value) } else { facets.categories.push(value) }
    }
    Ok(facets)
}
