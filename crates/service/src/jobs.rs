//! What has to happen every now and then. Any number of processes may do it at once: each job is safe to run twice.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use holdfast_contract::Timestamp;
use holdfast_store::{feed, generations, purge, receipts, telemetry};
use tokio::time::{MissedTickBehavior, interval};

use crate::service::finish;
use crate::{Error, Service, measure};

/// How often a new generation begins.
const GENERATION_EVERY: Duration = Duration::from_mins(1);
/// How often the trash is looked through and what is too old is dropped.
const TIDY_EVERY: Duration = Duration::from_hours(1);
/// How many rows a job takes at once, so that no lock is held for long.
const CHUNK: i32 = 500;
/// Generations are kept a little longer than the cursors that name them may be followed.
const GENERATION_DAYS_MORE: u32 = 7;
/// Devices that were not here for so long don't count as waiting.
const PENDING_DAYS: u32 = 30;

impl Service {
    /// Runs every job at its time until `stop`, then ends the live connections and returns. A job that fails is logged
    /// and comes again at its next time.
    pub async fn run_jobs(&self, stop: impl Future<Output = ()>) {
        let mut stop = pin!(stop);
        let ticks = |every| {
            let mut ticks = interval(every);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            ticks
        };
        let mut minute = ticks(GENERATION_EVERY);
        let mut hour = ticks(TIDY_EVERY);
        let mut poll = ticks(self.settings().live_poll.max(Duration::from_millis(10)));
        // Starting has begun a generation already.
        minute.reset();
        loop {
            let done = tokio::select! {
                () = &mut stop => break,
                _ = minute.tick() => ("generation", self.every_minute().await),
                _ = hour.tick() => ("tidy", self.tidy().await),
                _ = poll.tick() => ("live", self.poll_heads().await),
            };
            if let (job, Err(error)) = done {
                tracing::warn!(job, %error, "a job failed and is tried again at its next time");
            }
        }
        self.close_live();
    }

    async fn every_minute(&self) -> Result<(), Error> {
        self.beat_generation().await?;
        let mut tx = self.pool().begin().await?;
        let pending = telemetry::pending_everywhere(&mut tx, self.days_ago(PENDING_DAYS)).await;
        measure::pending(finish(tx, pending).await?);
        Ok(())
    }

    async fn tidy(&self) -> Result<(), Error> {
        self.purge_trash().await?;
        self.prune().await
    }

    /// Scrubs every place whose time in the trash is over. Returns how many. The tombstones stay.
    pub async fn purge_trash(&self) -> Result<u64, Error> {
        let before = self.days_ago(self.settings().trash_days);
        let mut purged = 0;
        loop {
            let mut tx = self.pool().begin().await?;
            let due = purge::due(&mut tx, before, CHUNK).await;
            let due = finish(tx, due).await?;
            let found = !due.is_empty();
            let before_chunk = purged;
            for (owner, places) in due {
                let mut tx = self.pool().begin_for_job(owner).await?;
                let published = purge::scrub(&mut tx, owner, &places, before, self.now()).await;
                let published = finish(tx, published).await?;
                purged += published.iter().filter(|p| p.reader == owner).count() as u64;
                self.live().publish(&published);
            }
            // Another process may be at the same ones.
            if !found || purged == before_chunk {
                break;
            }
        }
        measure::purged(purged);
        Ok(purged)
    }

    /// Drops what no device needs any more: receipts, feed entries about gone places, generations.
    pub async fn prune(&self) -> Result<(), Error> {
        let before = self.days_ago(self.settings().receipt_days);
        loop {
            let mut tx = self.pool().begin().await?;
            let dropped = receipts::prune(&mut tx, before, CHUNK).await;
            if finish(tx, dropped).await? < i64::from(CHUNK) {
                break;
            }
        }
        loop {
            let mut tx = self.pool().begin().await?;
            let dropped = feed::prune(&mut tx, before, CHUNK).await;
            if finish(tx, dropped).await? < i64::from(CHUNK) {
                break;
            }
        }
        let mut tx = self.pool().begin().await?;
        let days = self.settings().receipt_days.saturating_add(GENERATION_DAYS_MORE);
        let dropped = generations::prune(&mut tx, self.days_ago(days)).await;
        finish(tx, dropped).await?;
        self.prune_pairing_codes().await?;
        Ok(())
    }

    fn days_ago(&self, days: u32) -> Timestamp {
        self.now().plus_seconds(-i64::from(days) * 86_400)
    }
}
