//! Closed-loop load: every connection sends its next push when the reply to the one before is there.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use crate::accounts::Account;
use crate::http::Connection;
use crate::places::push_body;
use crate::stats::percentile;

/// What came of a load.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outcome {
    /// Requests answered.
    pub(crate) requests: usize,
    /// Wall-clock seconds.
    pub(crate) seconds: f64,
    /// Milliseconds of every request.
    pub(crate) latencies: Vec<f64>,
}

impl Outcome {
    /// Requests a second.
    pub(crate) fn rate(&self) -> f64 {
        self.requests as f64 / self.seconds
    }

    /// A percentile of the latencies in milliseconds.
    pub(crate) fn latency(&self, percent: f64) -> f64 {
        percentile(&self.latencies, percent)
    }
}

/// Single creates for so long, one connection per account given.
pub(crate) async fn creates_for(address: &str, accounts: &[Account], duration: Duration) -> Result<Outcome> {
    let mut connections = Vec::with_capacity(accounts.len());
    for account in accounts {
        connections.push((Connection::open(address, account).await?, account.clone()));
    }
    let begun = Instant::now();
    let until = begun + duration;
    let workers: Vec<_> = connections
        .into_iter()
        .map(|(mut connection, account)| {
            tokio::spawn(async move {
                let mut latencies = Vec::new();
                while Instant::now() < until {
                    let body = push_body(&account, 1);
                    let sent = Instant::now();
                    connection.push(&body, 1).await?;
                    latencies.push(sent.elapsed().as_secs_f64() * 1000.0);
                }
                anyhow::Ok(latencies)
            })
        })
        .collect();
    gather(begun, workers).await
}

/// These many batches of so many creates, dealt out to one connection per account given. The bodies are made before the
/// clock starts: a device has them ready, too.
pub(crate) async fn batches(address: &str, accounts: &[Account], batches: usize, size: usize) -> Result<Outcome> {
    let mut connections = Vec::with_capacity(accounts.len());
    for (index, account) in accounts.iter().enumerate() {
        let share = (index..batches).step_by(accounts.len());
        let bodies: Vec<Vec<u8>> = share.map(|_| push_body(account, size)).collect();
        connections.push((Connection::open(address, account).await?, bodies));
    }
    let begun = Instant::now();
    let workers: Vec<_> = connections
        .into_iter()
        .map(|(mut connection, bodies)| {
            tokio::spawn(async move {
                let mut latencies = Vec::with_capacity(bodies.len());
                for body in bodies {
                    let sent = Instant::now();
                    connection.push(&body, size).await?;
                    latencies.push(sent.elapsed().as_secs_f64() * 1000.0);
                }
                anyhow::Ok(latencies)
            })
        })
        .collect();
    gather(begun, workers).await
}

/// Waits for the workers of a load that began at `begun`.
pub(crate) async fn gather(begun: Instant, workers: Vec<tokio::task::JoinHandle<Result<Vec<f64>>>>) -> Result<Outcome> {
    let mut latencies = Vec::new();
    for worker in workers {
        latencies.extend(worker.await.context("a connection of the load")??);
    }
    Ok(Outcome { requests: latencies.len(), seconds: begun.elapsed().as_secs_f64(), latencies })
}
