//! What has to happen every now and then. Any number of processes may do it at once: each job is safe to run twice.

use std::future::Future;
use std::time::Duration;

use holdfast_contract::{AccountId, PlaceId, Timestamp};
use holdfast_store::{self as store, devices, feed, generations, imports, purge, receipts, telemetry};
use tokio::time::{MissedTickBehavior, interval};

use crate::push::{RACES_MAX, pause};
use crate::service::finish;
use crate::{Error, SESSION_DAYS, Service, measure};

/// How often a new generation begins.
const GENERATION_EVERY: Duration = Duration::from_mins(1);
/// How often the trash is looked through and what is too old is dropped.
const TIDY_EVERY: Duration = Duration::from_hours(1);
/// How many rows a job takes at once, so that no lock is held for long.
const CHUNK: i32 = 500;
/// Generations are kept a little longer than the cursors that name them may be followed.
const GENERATION_DAYS_MORE: u32 = 7;
/// Days that a file is kept which was brought in and not imported.
const IMPORT_DAYS: u32 = 1;
/// Days that a file is kept whose import has begun and was not touched since: nobody goes on with it any more.
const IMPORT_RUNNING_DAYS: u32 = 14;
/// Days that an import is remembered which has come to its end or was taken back. No longer than receipts are kept by default:
/// they tell what of it was made.
const IMPORT_ENDED_DAYS: u32 = 180;
/// Imports that are dropped at once: each may have very many rows.
const IMPORTS_CHUNK: i32 = 20;
/// Devices that were not here for so long don't count as waiting.
const PENDING_DAYS: u32 = 30;

impl Service {
    /// Runs every job at its time until `stop`, then ends the live connections and returns. A job that fails is logged
    /// and comes again at its next time.
    pub async fn run_jobs(&self, stop: impl Future<Output = ()>) {
        // Side by side: a long tidying-up delays neither the next generation nor live connections. Each is safe to end at
        // any moment.
        let jobs = async {
            tokio::join!(
                repeat("generation", GENERATION_EVERY, false, || self.every_minute()),
                repeat("tidy", TIDY_EVERY, true, || self.tidy()),
                repeat("live", self.settings().live_poll.max(Duration::from_millis(10)), true, || self.poll_heads()),
            )
        };
        tokio::select! {
            () = stop => {}
            _ = Box::pin(jobs) => {}
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

    /// Scrubs every place whose time in the trash is over. Returns how many. The tombstones stay. What can't be scrubbed is
    /// logged, passed over, and tried again next time.
    pub async fn purge_trash(&self) -> Result<u64, Error> {
        let before = self.days_ago(self.settings().trash_days);
        let mut purged = 0;
        let mut position = purge::START;
        loop {
            let mut tx = self.pool().begin().await?;
            let due = purge::due(&mut tx, before, position, CHUNK).await;
            let (due, next) = finish(tx, due).await?;
            for (owner, places) in due {
                purged += self.purge_places(owner, &places, before).await?;
            }
            match next {
                Some(next) => position = next,
                None => break,
            }
        }
        measure::purged(purged);
        Ok(purged)
    }

    /// Those of one owner. By halves where it fails, so that one place that can't be scrubbed keeps no other.
    async fn purge_places(&self, owner: AccountId, places: &[PlaceId], before: Timestamp) -> Result<u64, Error> {
        let mut purged = 0;
        let mut parts = vec![places];
        let mut races = 0;
        while let Some(part) = parts.pop() {
            let mut tx = self.pool().begin_for_job(owner).await?;
            let done = purge::scrub(&mut tx, owner, part, before, self.now()).await;
            match finish(tx, done).await {
                Ok(published) => {
                    purged += published.iter().filter(|p| p.reader == owner).count() as u64;
                    self.live().publish(&published);
                }
                Err(error) if error.is_passing() => return Err(error.into()),
                Err(store::Error::Race(_)) if races < RACES_MAX => {
                    pause(races).await;
                    races += 1;
                    parts.push(part);
                }
                Err(error) => {
                    let (first, second) = part.split_at(part.len() / 2);
                    if first.is_empty() {
                        tracing::error!(%error, %owner, place = ?second.first(), "a place in the trash could not be purged");
                    } else {
                        parts.extend([second, first]);
                    }
                }
            }
        }
        Ok(purged)
    }

    /// Drops what nobody needs any more: receipts, feed entries about gone places, generations, files that were not imported.
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
        let until = imports::Until {
            previewed: self.days_ago(IMPORT_DAYS),
            running: self.days_ago(IMPORT_RUNNING_DAYS),
            ended: self.days_ago(IMPORT_ENDED_DAYS),
        };
        loop {
            let mut tx = self.pool().begin().await?;
            let dropped = imports::prune(&mut tx, until, self.now(), IMPORTS_CHUNK).await;
            if finish(tx, dropped).await? == 0 {
                break;
            }
        }
        let mut tx = self.pool().begin().await?;
        let ended = devices::expire_sessions(&mut tx, self.days_ago(SESSION_DAYS), self.now()).await;
        finish(tx, ended).await?;
        let mut tx = self.pool().begin().await?;
        let dropped = devices::prune(&mut tx, before).await;
        finish(tx, dropped).await?;
        Ok(())
    }

    /// Receipts from after this are still there for certain.
    pub(crate) fn receipts_count_since(&self) -> Timestamp {
        self.days_ago(self.settings().receipt_days / 2)
    }

    fn days_ago(&self, days: u32) -> Timestamp {
        self.now().plus_seconds(-i64::from(days) * 86_400)
    }
}

/// Does `work` every so often, for ever; the first time at once where it is `due`.
async fn repeat<F: Future<Output = Result<(), Error>>>(job: &str, every: Duration, due: bool, work: impl Fn() -> F) {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    if !due {
        ticks.reset();
    }
    loop {
        ticks.tick().await;
        if let Err(error) = work().await {
            tracing::warn!(job, %error, "a job failed and is tried again at its next time");
        }
    }
}
