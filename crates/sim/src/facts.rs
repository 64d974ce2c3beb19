//! What the database really holds, read as its owner, past the product's own code and past row-level security.

use sqlx::postgres::PgPoolOptions;
use sqlx::{PgPool, Row};
use uuid::Uuid;

/// A reader of the database. Connects at its first question.
#[derive(Clone)]
pub struct Facts {
    pool: PgPool,
}

/// One place row, as far as tests ask.
#[derive(Clone, PartialEq, Debug)]
pub struct PlaceFact {
    /// The capture.
    pub client_id: Uuid,
    /// How often it changed.
    pub version: i64,
    /// Its name.
    pub name: Option<String>,
    /// Whether it is in the trash.
    pub deleted: bool,
    /// Whether it is purged.
    pub purged: bool,
}

/// Everything that one person's captures led to, as counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Counts {
    /// Place rows, tombstones included.
    pub places: i64,
    /// Entries in their feed.
    pub feed: i64,
    /// Receipts.
    pub receipts: i64,
    /// Superseded versions.
    pub history: i64,
    /// The newest number of their feed.
    pub head: i64,
    /// Live places as the plan counts them.
    pub live: i64,
}

impl Facts {
    /// Reads the database at `url`.
    pub fn new(url: &str) -> Self {
        let pool = PgPoolOptions::new().max_connections(2).connect_lazy(url).unwrap();
        Self { pool }
    }

    /// The pool, for what is not foreseen here.
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Runs a statement.
    pub async fn execute(&self, sql: &'static str) {
        sqlx::raw_sql(sql).execute(&self.pool).await.unwrap();
    }

    /// Whether an account has this address.
    pub async fn has_account(&self, email: &str) -> bool {
        sqlx::query("SELECT 1 FROM users WHERE email_key = lower($1)")
            .bind(email)
            .fetch_optional(&self.pool)
            .await
            .unwrap()
            .is_some()
    }

    /// The account's places, oldest row first.
    pub async fn places(&self, email: &str) -> Vec<PlaceFact> {
        let rows = sqlx::query(
            "SELECT p.client_id, p.version, p.name, p.deleted_at IS NOT NULL AS deleted, p.purged_at IS NOT NULL AS purged
             FROM places p JOIN users u ON u.id = p.owner_id WHERE u.email_key = lower($1) ORDER BY p.created_at, p.id",
        )
        .bind(email)
        .fetch_all(&self.pool)
        .await
        .unwrap();
        rows.iter()
            .map(|r| PlaceFact {
                client_id: r.get("client_id"),
                version: r.get("version"),
                name: r.get("name"),
                deleted: r.get("deleted"),
                purged: r.get("purged"),
            })
            .collect()
    }

    /// The account's counts.
    pub async fn counts(&self, email: &str) -> Counts {
        let row = sqlx::query(
            "SELECT (SELECT count(*) FROM places WHERE owner_id = u.id) AS places,
                    (SELECT count(*) FROM feed WHERE user_id = u.id) AS feed,
                    (SELECT count(*) FROM op_receipts WHERE actor_id = u.id) AS receipts,
                    (SELECT count(*) FROM place_history WHERE owner_id = u.id) AS history,
                    h.seq AS head, h.live_places AS live
             FROM users u JOIN feed_heads h ON h.user_id = u.id WHERE u.email_key = lower($1)",
        )
        .bind(email)
        .fetch_one(&self.pool)
        .await
        .unwrap();
        Counts {
            places: row.get("places"),
            feed: row.get("feed"),
            receipts: row.get("receipts"),
            history: row.get("history"),
            head: row.get("head"),
            live: row.get("live"),
        }
    }

    /// Asserts what must hold of every account whatever happened: counts agree with rows, no feed number is used twice,
    /// none is above the head, and every place of an owner that is not purged is in their feed.
    pub async fn assert_consistent(&self) {
        let wrong = self.contradictions().await;
        assert!(wrong.is_empty(), "the database contradicts itself: {wrong:?}");
    }

    /// What of that does not hold.
    pub async fn contradictions(&self) -> Vec<String> {
        let wrong: Vec<(String,)> = sqlx::query_as(
            "SELECT 'live count of ' || h.user_id FROM feed_heads h
              WHERE h.live_places <> (SELECT count(*) FROM places p
                                      WHERE p.owner_id = h.user_id AND p.deleted_at IS NULL AND p.purged_at IS NULL)
             UNION ALL
             SELECT 'number above the head of ' || f.user_id FROM feed f JOIN feed_heads h USING (user_id) WHERE f.seq > h.seq
             UNION ALL
             SELECT 'place without a feed entry: ' || p.id FROM places p
              WHERE p.purged_at IS NULL AND NOT EXISTS (SELECT FROM feed f WHERE f.user_id = p.owner_id AND f.place_id = p.id)
             UNION ALL
             SELECT DISTINCT 'history does not add up: ' || v.id FROM (
                SELECT id, version, kind, lag(version) OVER w AS before, lag(kind) OVER w AS step FROM (
                    SELECT owner_id, id, version, '' AS kind FROM places WHERE purged_at IS NULL
                    UNION ALL SELECT owner_id, place_id, version, kind FROM place_history) all_versions
                WINDOW w AS (PARTITION BY owner_id, id ORDER BY version)) v
              -- Only what a device gave back after a restore may skip versions.
              WHERE CASE WHEN v.before IS NULL
                         THEN v.version <> 1 AND NOT EXISTS (SELECT FROM place_offers o WHERE o.place_id = v.id)
                         ELSE v.version <> v.before + 1 AND v.step <> 'offer' END",
        )
        .fetch_all(&self.pool)
        .await
        .unwrap();
        wrong.into_iter().map(|(wrong,)| wrong).collect()
    }
}
