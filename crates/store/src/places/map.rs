//! All places of a filter on a map, in one statement: counted, boxed, and each or clusters of them.

use holdfast_contract::limits::MAP_POINTS_MAX;
use holdfast_contract::overview::{MapCluster, MapPlaces, MapPoint};
use holdfast_contract::{BoundingBox, Latitude, Longitude, PlaceId};
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::filter::{Filter, Sql, in_box};
use crate::row::text;
use crate::{Actor, Error, Tx};

/// What of the map is looked at.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct View {
    /// Clusters of what is in here.
    pub within: BoundingBox,
    /// How many cells a row of the grid over the whole world has, in web mercator. One cluster per cell.
    pub cells: f64,
}

/// Where web mercator's square ends.
const MERCATOR_MAX: f64 = 85.051_128;

/// The places that match: how many, the smallest box around them, and each of them where they are few, or clusters of those
/// in the view where they are many.
pub async fn map(tx: &mut Tx, actor: Actor, filter: &Filter<'_>, view: View) -> Result<MapPlaces, Error> {
    const COLUMNS: &str = "SELECT p.id, p.latitude, p.longitude, p.name, p.category";
    let mut sql = Sql::new("WITH matching AS MATERIALIZED (");
    let (own, shared) = (filter.finds_own(), filter.finds_shared());
    if own || !shared {
        sql.push(COLUMNS);
        filter.own(&mut sql, actor);
        sql.push(if own { "" } else { " AND false" });
    }
    if own && shared {
        sql.push(" UNION ALL ");
    }
    if shared {
        sql.push(COLUMNS);
        filter.shared_with(&mut sql, actor);
    }
    // One band a degree: the gap between two bands tells where the smallest box begins.
    sql.push("), band AS MATERIALIZED (
        SELECT count(*) AS number, min(longitude) AS west, min(latitude) AS south, max(longitude) AS east, max(latitude) AS north
        FROM matching GROUP BY floor(longitude)
    ), total AS MATERIALIZED (SELECT coalesce(sum(number), 0) AS number FROM band)
    SELECT 0 AS kind, number, west, south, east, north, NULL::float8 AS latitude, NULL::float8 AS longitude,
           NULL::uuid AS id, NULL::text AS name, NULL::text AS category
    FROM band
    UNION ALL
    SELECT 1, 1, NULL, NULL, NULL, NULL, latitude, longitude, id, name, category
    FROM matching WHERE (SELECT number FROM total) <= ");
    sql.push_bind(i64::from(MAP_POINTS_MAX));
    sql.push(" UNION ALL
    SELECT 2, count(*), min(p.longitude), min(p.latitude), max(p.longitude), max(p.latitude), avg(p.latitude), avg(p.longitude),
           CASE WHEN count(*) = 1 THEN (array_agg(p.id))[1] END, CASE WHEN count(*) = 1 THEN min(p.name) END, NULL
    FROM matching p WHERE (SELECT number FROM total) > ");
    sql.push_bind(i64::from(MAP_POINTS_MAX));
    in_box(&mut sql, view.within);
    sql.push(" GROUP BY floor((p.longitude + 180) / 360 * ").push_bind(view.cells);
    sql.push("), floor((1 - asinh(tan(radians(least(greatest(p.latitude, ").push_bind(-MERCATOR_MAX);
    sql.push("), ").push_bind(MERCATOR_MAX).push(")))) / pi()) / 2 * ").push_bind(view.cells).push(")");
    let rows = sql.build().fetch_all(&mut **tx).await?;

    let (mut total, mut bands, mut points, mut clusters) = (0, Vec::new(), Vec::new(), Vec::new());
    for row in &rows {
        match row.try_get::<i32, _>("kind")? {
            0 => {
                total += count(row)?;
                bands.push(bounds(row)?);
            }
            1 => points.push(point(row)?),
            _ => clusters.push(cluster(row)?),
        }
    }
    let few = total <= u64::from(MAP_POINTS_MAX);
    Ok(MapPlaces {
        total,
        bounds: BoundingBox::around(bands),
        points: few.then_some(points),
        clusters: (!few).then_some(clusters),
    })
}

fn count(row: &PgRow) -> Result<u64, Error> {
    u64::try_from(row.try_get::<i64, _>("number")?).map_err(|_| Error::Corrupt("count"))
}

fn bounds(row: &PgRow) -> Result<BoundingBox, Error> {
    let [west, south, east, north] = ["west", "south", "east", "north"].map(|side| row.try_get::<f64, _>(side));
    BoundingBox::new("bounds", west?, south?, east?, north?).map_err(|_| Error::Corrupt("position"))
}

fn degrees(latitude: f64, longitude: f64) -> Result<(Latitude, Longitude), Error> {
    match (Latitude::new(latitude), Longitude::new(longitude)) {
        (Ok(latitude), Ok(longitude)) => Ok((latitude, longitude)),
        _ => Err(Error::Corrupt("position")),
    }
}

fn point(row: &PgRow) -> Result<MapPoint, Error> {
    let (latitude, longitude) = degrees(row.try_get("latitude")?, row.try_get("longitude")?)?;
    Ok(MapPoint {
        id: PlaceId(row.try_get("id")?),
        latitude,
        longitude,
        name: text(row.try_get("name")?)?,
        category: text(row.try_get("category")?)?,
    })
}

fn cluster(row: &PgRow) -> Result<MapCluster, Error> {
    let bounds = bounds(row)?;
    // A mean may be rounded to a little outside of what it is the mean of.
    let latitude = row.try_get::<f64, _>("latitude")?.clamp(bounds.south(), bounds.north());
    let longitude = row.try_get::<f64, _>("longitude")?.clamp(bounds.west(), bounds.east());
    let (latitude, longitude) = degrees(latitude, longitude)?;
    Ok(MapCluster {
        latitude,
        longitude,
        count: count(row)?,
        bounds,
        id: row.try_get::<Option<_>, _>("id")?.map(PlaceId),
        name: text(row.try_get("name")?)?,
    })
}
