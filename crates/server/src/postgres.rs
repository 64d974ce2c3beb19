//! The embedded PostgreSQL: started with the server, watched while it runs, stopped after everything else.
//!
//! When it dies without having been told to, it is started again: five times within ten minutes, after a growing
//! pause. Beyond that something is wrong that starting again won't mend, and the server gives up and says so. A full disk
//! is no such thing: PostgreSQL dies of it when its log can't grow, and can't recover before there is room. That is waited
//! for, however long it takes.

use std::collections::VecDeque;
use std::path::Path;
use std::time::{Duration, Instant};

use holdfast_postgres::{Exit, Postgres, Settings};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

const RESTARTS_MAX: usize = 5;
const RESTARTS_WINDOW: Duration = Duration::from_mins(10);

/// Room without which a start can fail, in bytes: recovery needs at least one new file of the log, of 16 MiB.
const ROOM_MIN: u64 = 32 * 1024 * 1024;
/// How often it is looked whether there is room again.
const ROOM_PAUSE: Duration = Duration::from_secs(1);

/// The embedded PostgreSQL of a running server.
pub(crate) struct Embedded {
    url: String,
    stop: CancellationToken,
    watcher: tokio::task::JoinHandle<()>,
}

impl Embedded {
    /// Starts it. `give_up` is sent the reason when it died and can't be brought back.
    pub(crate) async fn start(
        settings: Settings,
        give_up: oneshot::Sender<String>,
    ) -> Result<Self, holdfast_postgres::Error> {
        let postgres = start(&settings).await?;
        let url = postgres.url(DATABASE);
        tracing::info!(
            pid = postgres.pid(),
            version = postgres.major_version(),
            folder = %settings.data_dir.display(),
            "embedded PostgreSQL is ready"
        );
        let stop = CancellationToken::new();
        let watcher = Watcher { settings, url: url.clone(), stop: stop.clone(), restarts: VecDeque::new() };
        let watcher = tokio::spawn(async move {
            if let Err(reason) = watcher.watch(postgres).await {
                tracing::error!(reason, "the embedded PostgreSQL can't be kept running");
                // Nobody listens any more only when the server is on its way out already.
                let _ = give_up.send(reason);
            }
        });
        Ok(Self { url, stop, watcher })
    }

    /// How to reach it. Stays the same when it is started again.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Shuts it down and waits for it.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        if let Err(error) = self.watcher.await {
            tracing::error!(%error, "stopping the embedded PostgreSQL failed");
        }
    }
}

/// The database of the cluster that is used: the one every cluster has.
pub(crate) const DATABASE: &str = "postgres";

struct Watcher {
    settings: Settings,
    url: String,
    stop: CancellationToken,
    restarts: VecDeque<Instant>,
}

impl Watcher {
    /// Until told to stop (`Ok`), or until it can't be brought back (`Err` with the reason).
    async fn watch(mut self, mut postgres: Postgres) -> Result<(), String> {
        loop {
            let (sender, exited) = oneshot::channel::<Exit>();
            postgres.on_exit(move |exit| {
                let _ = sender.send(exit);
            });
            tokio::select! {
                // A stop that was asked for is never mistaken for a death.
                biased;
                () = self.stop.cancelled() => {
                    stop(postgres).await;
                    return Ok(());
                }
                exit = exited => {
                    let how = exit.map_or_else(|_| "unknown".to_owned(), |exit| exit.to_string());
                    tracing::error!(exit = how, "the embedded PostgreSQL ended unexpectedly; starting it again");
                    metrics::counter!("holdfast_embedded_postgres_restarts_total").increment(1);
                }
            }
            // It holds the lock of its folder until it is dropped.
            stop(postgres).await;
            let Some(again) = self.start_again().await? else { return Ok(()) };
            postgres = again;
        }
    }

    /// `None`: was told to stop meanwhile.
    async fn start_again(&mut self) -> Result<Option<Postgres>, String> {
        loop {
            let now = Instant::now();
            while self.restarts.front().is_some_and(|at| now.duration_since(*at) > RESTARTS_WINDOW) {
                self.restarts.pop_front();
            }
            let before = self.restarts.len();
            if before >= RESTARTS_MAX {
                return Err(format!(
                    "the embedded PostgreSQL ended {RESTARTS_MAX} times within {} minutes; its log is {}",
                    RESTARTS_WINDOW.as_secs() / 60,
                    self.settings.data_dir.join("postgres.log").display()
                ));
            }
            self.restarts.push_back(now);
            let pause = Duration::from_millis(if before == 0 { 0 } else { 500 << before });
            tokio::select! {
                () = self.stop.cancelled() => return Ok(None),
                () = tokio::time::sleep(pause) => {}
            }
            match start(&self.settings).await {
                Ok(postgres) if postgres.url(DATABASE) == self.url => {
                    tracing::info!(pid = postgres.pid(), "embedded PostgreSQL is ready again");
                    return Ok(Some(postgres));
                }
                Ok(postgres) => {
                    stop(postgres).await;
                    return Err(
                        "the embedded PostgreSQL came back under another address; start the server again".to_owned()
                    );
                }
                Err(error) => tracing::error!(%error, "the embedded PostgreSQL did not start"),
            }
            if !has_room(&self.settings.data_dir) {
                // Nothing is wrong with PostgreSQL.
                self.restarts.pop_back();
                if !self.wait_for_room().await {
                    return Ok(None);
                }
            }
        }
    }

    /// `false`: was told to stop meanwhile.
    async fn wait_for_room(&self) -> bool {
        let folder = &self.settings.data_dir;
        tracing::error!(
            folder = %folder.display(),
            "the disk of the data folder is full; the embedded PostgreSQL is started again once there are {} MiB",
            ROOM_MIN / 1024 / 1024
        );
        while !has_room(folder) {
            tokio::select! {
                () = self.stop.cancelled() => return false,
                () = tokio::time::sleep(ROOM_PAUSE) => {}
            }
        }
        true
    }
}

/// Whether a start can't fail for want of room. So it is where the system does not say.
fn has_room(folder: &Path) -> bool {
    // The types differ between systems.
    #[allow(clippy::useless_conversion)]
    let free = nix::sys::statvfs::statvfs(folder).map(|fs| u64::from(fs.blocks_available()) * fs.fragment_size());
    free.map_or(true, |free| free >= ROOM_MIN)
}

async fn start(settings: &Settings) -> Result<Postgres, holdfast_postgres::Error> {
    let settings = settings.clone();
    let started = tokio::task::spawn_blocking(move || Postgres::start(&settings)).await;
    started.unwrap_or_else(|panicked| std::panic::resume_unwind(panicked.into_panic()))
}

async fn stop(postgres: Postgres) {
    let stopped = tokio::task::spawn_blocking(move || postgres.stop()).await;
    match stopped {
        Ok(Ok(())) => tracing::info!("embedded PostgreSQL has stopped"),
        Ok(Err(error)) => tracing::warn!(%error, "embedded PostgreSQL did not stop cleanly"),
        Err(error) => tracing::error!(%error, "stopping the embedded PostgreSQL failed"),
    }
}
