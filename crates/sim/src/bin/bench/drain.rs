//! A device sends a backlog of queued creates.

use std::time::Instant;

use anyhow::{Result, bail, ensure};
use holdfast_host::sign_in::{Proof, sign_in};
use holdfast_host::{Engine, Home, ServerUrl};
use serde_json::json;

use crate::Plan;
use crate::places::import_row;
use crate::report::Section;
use crate::stage::Stage;
use crate::stats::{figure, median, percent, times};
use crate::{load, raw, usage};

/// Operations of a full batch.
const BATCH: usize = 500;

pub(crate) async fn run(plan: &Plan) -> Result<Vec<Section>> {
    let mut stage = Stage::start(plan).await?;
    raw::create_tables(&stage.pool).await?;
    let warm_up = stage.accounts(1).await?;
    load::batches(&stage.server.address, &warm_up, 20, BATCH).await?;
    raw::batches(stage.url(), 1, 20, BATCH).await?;

    let mut section = Section::new(
        "drain",
        "A device sends its backlog, against the same rows inserted in as many statements",
        &[
            "backlog",
            "seconds",
            "ops/s",
            "raw rows/s",
            "ratio",
            "ms a batch: first quarter",
            "last quarter",
            "growth",
            "device CPU µs/op",
            "server",
            "PostgreSQL",
        ],
    );
    for backlog in plan.size(vec![1000_usize, 10_000, 50_000], vec![1000, 5000]) {
        let home = Home::open(stage.folder.path().join(format!("device-{backlog}")))?;
        let code = stage.code().await?;
        let server = ServerUrl::parse(&format!("http://{}", stage.server.address))?;
        let account = sign_in(&home, &server, "bench", Proof::Code(code)).await?;
        let engine = Engine::open(&home, &account)?;
        engine
            .with(move |device| {
                let rows: Vec<_> = (1..=backlog as u64).map(import_row).collect();
                let (import, _) = device.begin_import("backlog", &rows)?;
                while !device.run_import(import, 1000)?.finished {}
                Ok(())
            })
            .await?;
        stage.settle().await?;
        let (spent, mine) = (stage.spent(), usage::mine());
        let mut marks: Vec<(Instant, u64)> = Vec::new();
        let begun = Instant::now();
        let report = engine
            .sync_once(|tally| {
                if marks.last().is_none_or(|&(_, sent)| sent < tally.sent) {
                    marks.push((Instant::now(), tally.sent));
                }
            })
            .await?;
        let seconds = begun.elapsed().as_secs_f64();
        let (spent, mine) = (stage.spent().since(spent), usage::mine() - mine);
        if let Some(failure) = report.tally.failure {
            bail!("the sync failed: {failure:?}");
        }
        ensure!(report.tally.sent == backlog as u64, "{} of {backlog} were sent", report.tally.sent);

        stage.settle().await?;
        let raw = raw::batches(stage.url(), 1, backlog.div_ceil(BATCH), BATCH.min(backlog)).await?;
        let raw_rate = raw.rate() * BATCH as f64;
        let rate = backlog as f64 / seconds;
        let batches: Vec<f64> =
            marks.windows(2).map(|pair| pair[1].0.duration_since(pair[0].0).as_secs_f64() * 1000.0).collect();
        let quarter = batches.len().div_ceil(4);
        let first = median(&batches[..quarter]);
        let last = median(&batches[batches.len() - quarter..]);
        let micros = |seconds: f64| seconds * 1e6 / backlog as f64;
        section.line(
            [
                backlog.to_string(),
                figure(seconds),
                figure(rate),
                figure(raw_rate),
                percent(rate / raw_rate),
                figure(first),
                figure(last),
                times(last / first),
                figure(micros(mine)),
                figure(micros(spent.server)),
                figure(micros(spent.database)),
            ],
            json!({
                "backlog": backlog, "seconds": seconds, "perSecond": rate, "rawRowsPerSecond": raw_rate, "ratio": rate / raw_rate,
                "batchMs": batches, "firstQuarterMs": first, "lastQuarterMs": last, "growth": last / first,
                "deviceCpuMicros": micros(mine), "serverCpuMicros": micros(spent.server),
                "databaseCpuMicros": micros(spent.database),
            }),
        );
    }
    section.note("One batch of 500 is on its way at a time. Each is leased, sent, committed by the server, and its outcomes stored by the device before the next.");
    section.note("The cost of a send does not grow with the backlog if the last two columns of batch times agree, and the lines with each other.");
    stage.end().await?;
    Ok(vec![section])
}
