//! The limit beside which the server stands: the same row in a table of the same shape, written by the shortest way.
//!
//! The reference table has the columns and the checks of `places`, its primary key and its unique constraint, and nothing
//! else: no row-level security, no foreign key, no index for lists.

use std::time::Instant;

use anyhow::Result;
use sqlx::postgres::PgConnection;
use sqlx::{Connection as _, PgPool};
use uuid::Uuid;

use crate::load::{Outcome, gather};
use crate::places::{ACCURACY, ALTITUDE, CATEGORY, NAME, TAG, somewhere};

const SCHEMA: &str = "
    CREATE SCHEMA bench;
    CREATE TABLE bench.places (LIKE public.places INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
    ALTER TABLE bench.places ADD PRIMARY KEY (owner_id, id), ADD UNIQUE (client_id, owner_id);
    CREATE TABLE bench.op_receipts (LIKE public.op_receipts INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
    ALTER TABLE bench.op_receipts ADD PRIMARY KEY (actor_id, op_id);
    CREATE TABLE bench.feed (LIKE public.feed INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
    ALTER TABLE bench.feed ADD PRIMARY KEY (user_id, place_id), ADD UNIQUE (user_id, seq);
    CREATE TABLE bench.feed_heads (LIKE public.feed_heads INCLUDING DEFAULTS INCLUDING CONSTRAINTS) WITH (fillfactor = 50);
    ALTER TABLE bench.feed_heads ADD PRIMARY KEY (user_id);
    INSERT INTO bench.feed_heads (user_id) SELECT lpad(to_hex(n), 32, '0')::uuid FROM generate_series(0, 999) AS n;
    CREATE FUNCTION bench.id(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$ SELECT lpad(to_hex(n), 32, '0')::uuid $$;
";

const INSERT: &str = "
    INSERT INTO bench.places (owner_id, id, client_id, version, name, latitude, longitude, accuracy, altitude, category,
                              tags, captured_at, source, position_source, created_at, updated_at)
    SELECT $1, t.id, t.client_id, 1, t.name, t.latitude, t.longitude, t.accuracy, t.altitude, t.category,
           ARRAY[t.tag], t.captured_at, 'cli', 'fix', $2, $2
    FROM unnest($3::uuid[], $4::uuid[], $5::text[], $6::float8[], $7::float8[], $8::float8[], $9::float8[], $10::text[],
                $11::text[], $12::timestamptz[])
        AS t (id, client_id, name, latitude, longitude, accuracy, altitude, category, tag, captured_at)";

/// Makes the reference tables.
pub(crate) async fn create_tables(pool: &PgPool) -> Result<()> {
    sqlx::raw_sql(SCHEMA).execute(pool).await?;
    Ok(())
}

struct Rows {
    ids: Vec<Uuid>,
    client_ids: Vec<Uuid>,
    names: Vec<&'static str>,
    latitudes: Vec<f64>,
    longitudes: Vec<f64>,
    accuracies: Vec<f64>,
    altitudes: Vec<f64>,
    categories: Vec<&'static str>,
    tags: Vec<&'static str>,
    captured: Vec<sqlx::types::chrono::DateTime<sqlx::types::chrono::Utc>>,
}

impl Rows {
    fn new(size: usize) -> Self {
        let (latitudes, longitudes) = (0..size).map(|_| somewhere()).unzip();
        Self {
            ids: (0..size).map(|_| Uuid::now_v7()).collect(),
            client_ids: (0..size).map(|_| Uuid::now_v7()).collect(),
            names: vec![NAME; size],
            latitudes,
            longitudes,
            accuracies: vec![ACCURACY; size],
            altitudes: vec![ALTITUDE; size],
            categories: vec![CATEGORY; size],
            tags: vec![TAG; size],
            captured: vec![holdfast_host::now().to_chrono(); size],
        }
    }

    async fn insert(&self, connection: &mut PgConnection, owner: Uuid) -> Result<()> {
        sqlx::query(INSERT)
            .bind(owner)
            .bind(holdfast_host::now().to_chrono())
            .bind(&self.ids)
            .bind(&self.client_ids)
            .bind(&self.names)
            .bind(&self.latitudes)
            .bind(&self.longitudes)
            .bind(&self.accuracies)
            .bind(&self.altitudes)
            .bind(&self.categories)
            .bind(&self.tags)
            .bind(&self.captured)
            .execute(connection)
            .await?;
        Ok(())
    }
}

/// Inserts these many batches of so many rows, one prepared statement and one commit each, over so many connections, each
/// for an owner of its own. The rows are made before the clock starts.
pub(crate) async fn batches(url: &str, connections: usize, batches: usize, size: usize) -> Result<Outcome> {
    let mut ready = Vec::with_capacity(connections);
    for index in 0..connections {
        let share: Vec<Rows> = (index..batches).step_by(connections).map(|_| Rows::new(size)).collect();
        let mut connection = PgConnection::connect(url).await?;
        // The statement is prepared, as it is for the server after its first requests.
        Rows::new(1).insert(&mut connection, Uuid::now_v7()).await?;
        ready.push((connection, share));
    }
    let begun = Instant::now();
    let workers: Vec<_> = ready
        .into_iter()
        .map(|(mut connection, share)| {
            tokio::spawn(async move {
                let owner = Uuid::now_v7();
                let mut latencies = Vec::with_capacity(share.len());
                for rows in share {
                    let sent = Instant::now();
                    rows.insert(&mut connection, owner).await?;
                    latencies.push(sent.elapsed().as_secs_f64() * 1000.0);
                }
                anyhow::Ok(latencies)
            })
        })
        .collect();
    gather(begun, workers).await
}
