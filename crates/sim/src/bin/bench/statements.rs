//! Which statements a load comes to, as PostgreSQL counts them.

use anyhow::Result;

use crate::stage::Stage;

/// One statement, per request of the load.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Statement {
    /// Its beginning.
    pub(crate) words: String,
    /// How often it ran.
    pub(crate) calls: f64,
    /// Microseconds of execution, waiting for locks and for the disk included.
    pub(crate) micros: f64,
    /// Whether it ran by itself, and not inside a function that another one called.
    pub(crate) top_level: bool,
    /// Bytes of write-ahead log.
    pub(crate) log_bytes: f64,
}

/// Begins to count. Counting has a price: nothing is compared meanwhile.
pub(crate) async fn begin(stage: &Stage) -> Result<()> {
    set_tracking(stage, "all").await?;
    sqlx::raw_sql("SELECT pg_stat_statements_reset()").execute(&stage.pool).await?;
    Ok(())
}

/// Stops counting; what was counted, per request of so many, dearest first.
pub(crate) async fn end(stage: &Stage, requests: usize) -> Result<Vec<Statement>> {
    let rows: Vec<(String, i64, f64, bool, f64)> = sqlx::query_as(
        "SELECT query, calls, total_exec_time, toplevel, wal_bytes::float8 FROM pg_stat_statements ORDER BY 3 DESC",
    )
    .fetch_all(&stage.pool)
    .await?;
    set_tracking(stage, "none").await?;
    let per_request = |value: f64| value / requests as f64;
    let statements = rows.into_iter().map(|(query, calls, millis, top_level, log_bytes)| Statement {
        words: beginning(&query),
        calls: per_request(calls as f64),
        micros: per_request(millis * 1000.0),
        top_level,
        log_bytes: per_request(log_bytes),
    });
    // Once in many requests is the server's housekeeping, and ours.
    Ok(statements.filter(|s| s.calls > 0.05).collect())
}

async fn set_tracking(stage: &Stage, what: &'static str) -> Result<()> {
    let sql = match what {
        "all" => "ALTER SYSTEM SET pg_stat_statements.track = 'all'",
        _ => "ALTER SYSTEM SET pg_stat_statements.track = 'none'",
    };
    sqlx::raw_sql(sql).execute(&stage.pool).await?;
    sqlx::raw_sql("SELECT pg_reload_conf()").execute(&stage.pool).await?;
    Ok(())
}

fn beginning(query: &str) -> String {
    let words: Vec<&str> = query.split_whitespace().collect();
    let mut text = words.join(" ");
    if let Some((end, _)) = text.char_indices().nth(72) {
        text.truncate(end);
        text.push('…');
    }
    text
}
