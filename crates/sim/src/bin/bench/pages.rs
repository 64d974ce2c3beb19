//! The web platform's list over 100,000 places of one account, beside the bare query for the same rows.

use std::time::Instant;

use anyhow::{Context as _, Result};
use serde_json::json;

use crate::http::Connection;
use crate::report::Section;
use crate::stage::Stage;
use crate::stats::{figure, median, percentile, times};
use crate::{Plan, accounts, load};

pub(crate) async fn run(plan: &Plan) -> Result<Vec<Section>> {
    let places = plan.size(100_000, 20_000);
    let rounds = plan.size(300, 50);
    let mut stage = Stage::start(plan).await?;
    let code = stage.code().await?;
    let account = accounts::pair(&stage.server.address, code).await?;
    load::batches(&stage.server.address, &[account.clone(), account.clone()], places / 500, 500).await?;
    stage.settle().await?;
    sqlx::raw_sql("VACUUM ANALYZE").execute(&stage.pool).await?;

    let mut connection = Connection::open(&stage.server.address, &account).await?;
    let first = String::from_utf8(connection.get("/places").await?.to_vec())?;
    let place = first.split("href=\"/places/").find_map(|p| p.get(..36).filter(|id| is_id(id)));
    let place = place.context("the list names no place")?.to_owned();
    let next = first.split("href=\"/places?after=").nth(1).and_then(|rest| rest.split('"').next());
    let next = next.context("the list has no second page")?.to_owned();

    let bare = bare(&stage, &account, rounds).await?;
    let mut section = Section::new(
        "pages",
        format!("Pages of an account with {places} places"),
        &["", "ms p50", "ms p95", "× bare query", "kB"],
    );
    section.line(
        [
            "bare query for 51 rows".to_owned(),
            figure(median(&bare)),
            figure(percentile(&bare, 95.0)),
            times(1.0),
            String::new(),
        ],
        json!({ "case": "bare", "p50": median(&bare), "p95": percentile(&bare, 95.0) }),
    );
    let cases = [
        ("list, first page", "/places".to_owned(), rounds),
        ("list, second page", format!("/places?after={next}"), rounds),
        ("a place with its history", format!("/places/{place}"), rounds),
        ("list by name", "/places?sort=name".to_owned(), rounds / 10),
        ("list by last change", "/places?sort=updated".to_owned(), rounds / 10),
        ("search that finds many", "/places?q=e".to_owned(), rounds / 10),
        ("search that finds nothing", "/places?q=nothing+like+this".to_owned(), rounds / 10),
        ("map, counted clusters", "/v1/places/map".to_owned(), rounds / 10),
        ("categories and tags", "/places/browse".to_owned(), rounds / 10),
    ];
    for (what, path, rounds) in cases {
        // Plans are made and pages of the database are read before the clock starts.
        for _ in 0..10 {
            connection.get(&path).await?;
        }
        let (mut latencies, mut bytes) = (Vec::new(), 0);
        for _ in 0..rounds.max(10) {
            let begun = Instant::now();
            bytes = connection.get(&path).await?.len();
            latencies.push(begun.elapsed().as_secs_f64() * 1000.0);
        }
        let (p50, p95) = (median(&latencies), percentile(&latencies, 95.0));
        section.line(
            [what.to_owned(), figure(p50), figure(p95), times(p50 / median(&bare)), figure(bytes as f64 / 1000.0)],
            json!({ "case": what, "p50": p50, "p95": p95, "timesBare": p50 / median(&bare), "bytes": bytes }),
        );
    }
    section.note(
        "One connection, one request at a time, over loopback HTTP; kB as sent to a client that takes no compression.",
    );
    stage.end().await?;
    Ok(vec![section])
}

fn is_id(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}

/// The rows of the first page, and nothing else, on a connection of its own.
async fn bare(stage: &Stage, account: &accounts::Account, rounds: usize) -> Result<Vec<f64>> {
    let mut latencies = Vec::new();
    let mut connection = stage.pool.acquire().await?;
    for round in 0..rounds + 10 {
        let begun = Instant::now();
        let rows = sqlx::query(
            "SELECT * FROM places WHERE owner_id = $1 AND deleted_at IS NULL ORDER BY captured_at DESC, id DESC LIMIT 51",
        )
        .bind(account.id.0)
        .fetch_all(&mut *connection)
        .await?;
        let taken = begun.elapsed().as_secs_f64() * 1000.0;
        anyhow::ensure!(rows.len() == 51, "the bare query found {} rows", rows.len());
        if round >= 10 {
            latencies.push(taken);
        }
    }
    Ok(latencies)
}
