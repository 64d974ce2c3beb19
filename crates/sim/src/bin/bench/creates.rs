//! Single creates over HTTP beside `pgbench` inserting the same row into the same cluster.

use std::time::Duration;

use anyhow::Result;
use serde_json::json;

use crate::Plan;
use crate::accounts::Account;
use crate::load::{self, Outcome};
use crate::pgbench::{self, Script};
use crate::raw;
use crate::report::Section;
use crate::stage::Stage;
use crate::statements;
use crate::stats::{figure, median, percent};
use crate::usage::Spent;

const CONNECTIONS: [usize; 3] = [1, 16, 64];

/// Several runs of one side.
#[derive(Default)]
struct Side {
    runs: Vec<Outcome>,
    server: f64,
    database: f64,
    client: f64,
    log_bytes: f64,
}

impl Side {
    fn rate(&self) -> f64 {
        median(&self.runs.iter().map(Outcome::rate).collect::<Vec<_>>())
    }

    fn latency(&self, percent: f64) -> f64 {
        median(&self.runs.iter().map(|run| run.latency(percent)).collect::<Vec<_>>())
    }

    fn requests(&self) -> f64 {
        self.runs.iter().map(|run| run.requests as f64).sum()
    }

    fn seconds(&self) -> f64 {
        self.runs.iter().map(|run| run.seconds).sum()
    }

    fn json(&self) -> serde_json::Value {
        let micros = |seconds: f64| seconds * 1e6 / self.requests();
        json!({
            "perSecond": self.rate(),
            "perSecondOfEachRun": self.runs.iter().map(Outcome::rate).collect::<Vec<_>>(),
            "p50Ms": self.latency(50.0),
            "p99Ms": self.latency(99.0),
            "serverCpuMicros": micros(self.server),
            "databaseCpuMicros": micros(self.database),
            "clientCpuMicros": micros(self.client),
            "logBytes": self.log_bytes / self.requests(),
        })
    }
}

struct Measured {
    stage: Stage,
    duration: Duration,
    rounds: usize,
    pgbench_runs: usize,
}

impl Measured {
    async fn ours(&self, accounts: &[Account], side: &mut Side) -> Result<()> {
        self.stage.settle().await?;
        let (spent, log) = (self.stage.spent(), self.stage.log_bytes().await?);
        let run = load::creates_for(&self.stage.server.address, accounts, self.duration).await?;
        let spent = self.stage.spent().since(spent);
        side.client += spent.client;
        self.add(side, run, spent, log).await
    }

    async fn pgbench(&mut self, script: Script, connections: usize, side: &mut Side) -> Result<()> {
        self.pgbench_runs += 1;
        self.stage.settle().await?;
        let (spent, log) = (self.stage.spent(), self.stage.log_bytes().await?);
        let run = tokio::task::block_in_place(|| {
            pgbench::run(&self.stage, script, connections, self.duration, self.pgbench_runs)
        })?;
        let spent = self.stage.spent().since(spent);
        side.client += spent.children;
        self.add(side, run, spent, log).await
    }

    async fn add(&self, side: &mut Side, run: Outcome, spent: Spent, log: f64) -> Result<()> {
        side.server += spent.server;
        side.database += spent.database;
        side.log_bytes += self.stage.log_bytes().await? - log;
        side.runs.push(run);
        Ok(())
    }
}

pub(crate) async fn run(plan: &Plan) -> Result<Vec<Section>> {
    let mut stage = Stage::start(plan).await?;
    raw::create_tables(&stage.pool).await?;
    let most = CONNECTIONS.iter().copied().max().unwrap_or(1);
    let accounts = stage.accounts(most).await?;
    let duration = Duration::from_secs(plan.size(5, 2));
    let mut measured = Measured { stage, duration, rounds: plan.size(5, 2), pgbench_runs: 0 };
    // Connections are made, statements prepared and caches filled before anything counts.
    measured.ours(&accounts, &mut Side::default()).await?;
    measured.pgbench(Script::Place, most, &mut Side::default()).await?;

    let mut rates = Section::new(
        "creates",
        "Single creates: one place per request, against pgbench inserting the same row",
        &["connections", "creates/s", "pgbench/s", "ratio", "p50 ms", "p99 ms", "pgbench p50", "pgbench p99"],
    );
    let mut at_most = None;
    for connections in CONNECTIONS {
        let (mut ours, mut limit) = (Side::default(), Side::default());
        for _ in 0..measured.rounds {
            measured.ours(&accounts[..connections], &mut ours).await?;
            measured.pgbench(Script::Place, connections, &mut limit).await?;
        }
        add_line(&mut rates, &format!("{connections}, an account each"), connections, &ours, &limit);
        if connections == most {
            at_most = Some((ours, limit));
        }
    }
    let Some((ours, limit)) = at_most else { return Ok(vec![rates]) };
    let mut one_account = Side::default();
    for _ in 0..measured.rounds {
        measured.ours(&vec![accounts[0].clone(); most], &mut one_account).await?;
    }
    add_line(&mut rates, &format!("{most}, all of one account"), most, &one_account, &limit);
    rates.note(format!(
        "Medians of {} interleaved runs of {} s; PostgreSQL with default durability, server with default settings but no \
         rate limits; client, server and database share the machine.",
        measured.rounds,
        duration.as_secs()
    ));
    rates.note("Writes of one account wait for each other by design: the number of a change is given under a lock that is held until commit.");

    let mut four_rows = Side::default();
    for _ in 0..measured.rounds {
        measured.pgbench(Script::FourRows, most, &mut four_rows).await?;
    }
    let sides =
        [("Holdfast", &ours), ("pgbench, the place alone", &limit), ("pgbench, all four rows of a create", &four_rows)];
    let mut sections = vec![rates, where_time_goes(&sides, most)];
    if measured.stage.counts_statements() {
        sections.push(count_statements(&measured, &accounts).await?);
    }
    measured.stage.end().await?;
    Ok(sections)
}

fn add_line(section: &mut Section, label: &str, connections: usize, ours: &Side, limit: &Side) {
    let ratio = ours.rate() / limit.rate();
    section.line(
        [
            label.to_owned(),
            figure(ours.rate()),
            figure(limit.rate()),
            percent(ratio),
            figure(ours.latency(50.0)),
            figure(ours.latency(99.0)),
            figure(limit.latency(50.0)),
            figure(limit.latency(99.0)),
        ],
        json!({ "case": label, "connections": connections, "ratio": ratio, "holdfast": ours.json(), "pgbench": limit.json() }),
    );
}

fn where_time_goes(sides: &[(&str, &Side)], connections: usize) -> Section {
    let mut section = Section::new(
        "creates-cpu",
        format!("Where the time of a single create goes, at {connections} connections (µs of processor time)"),
        &["", "per s", "server", "PostgreSQL", "client", "sum", "busy cores", "log bytes"],
    );
    for &(label, side) in sides {
        let micros = |seconds: f64| seconds * 1e6 / side.requests();
        let sum = side.server + side.database + side.client;
        section.line(
            [
                label.to_owned(),
                figure(side.rate()),
                figure(micros(side.server)),
                figure(micros(side.database)),
                figure(micros(side.client)),
                figure(micros(sum)),
                figure(sum / side.seconds()),
                figure(side.log_bytes / side.requests()),
            ],
            json!({ "case": label, "side": side.json() }),
        );
    }
    section.note("\"All four rows\" is one statement in one round trip that writes what a create has to leave behind: place, receipt, feed entry, feed head; no rights, no limits, no idempotency.");
    section
}

async fn count_statements(measured: &Measured, accounts: &[Account]) -> Result<Section> {
    statements::begin(&measured.stage).await?;
    let run = load::creates_for(&measured.stage.server.address, accounts, measured.duration).await?;
    let counted = statements::end(&measured.stage, run.requests).await?;
    let mut section = Section::new(
        "creates-statements",
        format!(
            "Statements of a single create, at {} connections (pg_stat_statements, counting included)",
            accounts.len()
        ),
        &["statement", "calls", "µs", "log bytes"],
    );
    for statement in &counted {
        let inner = if statement.top_level { "" } else { "· " };
        section.line(
            [
                format!("{inner}{}", statement.words),
                figure(statement.calls),
                figure(statement.micros),
                figure(statement.log_bytes),
            ],
            json!(statement),
        );
    }
    section.note("Per create. Statements with a dot run inside the ones without. Times include waiting.");
    Ok(section)
}
