//! `pgbench`, PostgreSQL's own load generator, with the same row.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use crate::load::Outcome;
use crate::places::{ACCURACY, ALTITUDE, CATEGORY, NAME, TAG};
use crate::stage::Stage;

/// What one transaction writes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Script {
    /// The place.
    Place,
    /// All that a create has to leave behind: the place, the receipt, the feed's head and the feed's entry.
    FourRows,
}

impl Script {
    /// Ids grow for each owner, as a device's do, so that both sides append to their indexes.
    fn text(self) -> String {
        let place = format!(
            "INSERT INTO bench.places (owner_id, id, client_id, version, name, latitude, longitude, accuracy, altitude, \
             category, tags, captured_at, source, position_source, created_at, updated_at) \
             VALUES (bench.id(:client_id::bigint), bench.id(:n::bigint), bench.id(:n::bigint), 1, '{NAME}', \
             45 + :a::float8 / 1000000, 5 + :b::float8 / 1000000, {ACCURACY}, {ALTITUDE}, '{CATEGORY}', '{{{TAG}}}', \
             now(), 'cli', 'fix', now(), now())"
        );
        let statement = match self {
            Self::Place => place,
            Self::FourRows => format!(
                "WITH place AS ({place}), receipt AS (\
                 INSERT INTO bench.op_receipts (actor_id, op_id, payload_hash, kind, owner_id, place_id, version, created_at) \
                 VALUES (bench.id(:client_id::bigint), bench.id(:n::bigint), \
                 '\\x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f', 'create', \
                 bench.id(:client_id::bigint), bench.id(:n::bigint), 1, now())), head AS (\
                 UPDATE bench.feed_heads SET seq = seq + 1, live_places = live_places + 1 \
                 WHERE user_id = bench.id(:client_id::bigint) RETURNING seq) \
                 INSERT INTO bench.feed (user_id, place_id, owner_id, seq, role, gone, changed_at) \
                 SELECT bench.id(:client_id::bigint), bench.id(:n::bigint), bench.id(:client_id::bigint), head.seq, \
                 'owner', false, now() FROM head"
            ),
        };
        format!("\\set n :n + 1\n\\set a random(0, 5000000)\n\\set b random(0, 10000000)\n{statement};\n")
    }
}

/// Runs it over so many connections, each for an owner of its own.
pub(crate) fn run(
    stage: &Stage,
    script: Script,
    connections: usize,
    duration: Duration,
    run: usize,
) -> Result<Outcome> {
    let folder = tempfile::tempdir_in(stage.folder.path())?;
    let file = folder.path().join("script.sql");
    std::fs::write(&file, script.text())?;
    let threads = std::thread::available_parallelism()?.get().min(connections);
    let program = stage.postgres.bin_dir().join("pgbench");
    let output = Command::new(&program)
        .args(["--no-vacuum", "--protocol", "prepared", "--log"])
        .arg(format!("--log-prefix={}", folder.path().join("latency").display()))
        .arg(format!("--client={connections}"))
        .arg(format!("--jobs={threads}"))
        .arg(format!("--time={}", duration.as_secs().max(1)))
        // No run meets the ids of another.
        .arg(format!("--define=n={}", run * 1_000_000_000))
        .arg("--file")
        .arg(&file)
        .arg(stage.url())
        .output()
        .with_context(|| format!("could not run {}", program.display()))?;
    let said = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        bail!("pgbench failed: {said}{}", String::from_utf8_lossy(&output.stderr));
    }
    let mut latencies = Vec::new();
    for entry in std::fs::read_dir(folder.path())? {
        let path = entry?.path();
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("latency")) {
            // client, number, microseconds, …
            let text = std::fs::read_to_string(path)?;
            let micros = text.lines().filter_map(|line| line.split_whitespace().nth(2)?.parse::<f64>().ok());
            latencies.extend(micros.map(|micros| micros / 1000.0));
        }
    }
    let rate = number_behind(&said, "tps = ").with_context(|| format!("no rate in what pgbench said: {said}"))?;
    let requests = latencies.len();
    Ok(Outcome { requests, seconds: requests as f64 / rate, latencies })
}

fn number_behind(text: &str, words: &str) -> Option<f64> {
    let (_, rest) = text.split_once(words)?;
    rest.split_whitespace().next()?.parse().ok()
}
