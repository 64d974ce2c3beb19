//! Batches of creates over HTTP beside one statement that inserts as many rows.

use anyhow::Result;
use serde_json::json;

use crate::Plan;
use crate::load::{self, Outcome};
use crate::raw;
use crate::report::Section;
use crate::stage::Stage;
use crate::stats::{figure, median, percent};

const SIZES: [usize; 2] = [100, 500];
const CONNECTIONS: [usize; 2] = [1, 4];

pub(crate) async fn run(plan: &Plan) -> Result<Vec<Section>> {
    let mut stage = Stage::start(plan).await?;
    raw::create_tables(&stage.pool).await?;
    let accounts = stage.accounts(4).await?;
    let rows = plan.size(40_000, 10_000);
    let rounds = plan.size(5, 2);
    load::batches(&stage.server.address, &accounts, 20, 500).await?;
    raw::batches(stage.url(), 4, 20, 500).await?;

    let mut section = Section::new(
        "batches",
        "Batches of creates, against one statement that inserts as many rows (rows a second)",
        &[
            "batch",
            "connections",
            "rows/s",
            "raw rows/s",
            "ratio",
            "ms a batch",
            "raw ms",
            "server µs a row",
            "PostgreSQL µs",
            "client µs",
        ],
    );
    for size in SIZES {
        for connections in CONNECTIONS {
            let (mut ours, mut limit): (Vec<Outcome>, Vec<Outcome>) = (Vec::new(), Vec::new());
            let (mut server, mut database, mut client) = (0.0, 0.0, 0.0);
            for _ in 0..rounds {
                stage.settle().await?;
                let spent = stage.spent();
                ours.push(load::batches(&stage.server.address, &accounts[..connections], rows / size, size).await?);
                let spent = stage.spent().since(spent);
                server += spent.server;
                database += spent.database;
                client += spent.client;
                stage.settle().await?;
                limit.push(raw::batches(stage.url(), connections, rows / size, size).await?);
            }
            let rate = |runs: &[Outcome]| median(&runs.iter().map(|r| r.rate() * size as f64).collect::<Vec<_>>());
            let millis = |runs: &[Outcome]| median(&runs.iter().map(|r| r.latency(50.0)).collect::<Vec<_>>());
            let micros = |seconds: f64| seconds * 1e6 / (rows * rounds) as f64;
            let ratio = rate(&ours) / rate(&limit);
            section.line(
                [
                    size.to_string(),
                    connections.to_string(),
                    figure(rate(&ours)),
                    figure(rate(&limit)),
                    percent(ratio),
                    figure(millis(&ours)),
                    figure(millis(&limit)),
                    figure(micros(server)),
                    figure(micros(database)),
                    figure(micros(client)),
                ],
                json!({
                    "batch": size, "connections": connections, "ratio": ratio,
                    "rowsPerSecond": rate(&ours), "rawRowsPerSecond": rate(&limit),
                    "batchMs": millis(&ours), "rawBatchMs": millis(&limit),
                    "serverCpuMicrosPerRow": micros(server), "databaseCpuMicrosPerRow": micros(database),
                    "clientCpuMicrosPerRow": micros(client),
                }),
            );
        }
    }
    section.note(format!(
        "Medians of {rounds} interleaved runs of {rows} rows; an account for each connection; one commit a batch on both sides. \
         Requests and rows are made before the clock starts; the client's time includes making them."
    ));
    section.note("Raw is one table with two indexes; a create writes four rows into four tables with seven indexes, answers with every place, and remembers every operation.");
    stage.end().await?;
    Ok(vec![section])
}
