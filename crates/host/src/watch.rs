//! The running loop: sends when something waits, fetches when something is new, until it is told to stop.

use std::future::Future;
use std::time::Duration;

use futures::StreamExt;
use holdfast_contract::Timestamp;
use holdfast_contract::sync::HeadEvent;
use holdfast_device::{Answer, Device, Lease, PauseReason, Reply, Status};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::engine::{Engine, InFlight, Tally};
use crate::environment;
use crate::error::Error;
use crate::events::{self, Live};
use crate::home::SyncLock;

/// How often the store is looked at for what other processes saved: a poll is a few reads of a local file.
const LOOK: Duration = Duration::from_millis(500);
/// How long requests that are on their way may still take when the loop is told to stop.
const FAREWELL: Duration = Duration::from_secs(3);

/// What the loop has to tell.
#[derive(Clone, PartialEq, Debug)]
pub enum WatchEvent {
    /// The live stream came up or was lost (and why).
    Live(Live),
    /// A round of sending and fetching is over.
    Round(Box<Round>),
    /// Something on this device changed, perhaps by another process.
    Changed,
    /// The account waits for the person.
    Paused(PauseReason),
    /// The pause is over.
    Resumed,
}

/// A round of sending and fetching.
#[derive(Clone, PartialEq, Debug)]
pub struct Round {
    /// What was sent and fetched.
    pub tally: Tally,
    /// How the device stands now.
    pub status: Status,
}

/// Ends the live stream's task with the loop.
struct Following(JoinHandle<()>);

impl Drop for Following {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Engine {
    /// Runs until `stop` is over. Then finishes or gives up what is on its way, so that the next process need not wait
    /// for its leases.
    pub async fn watch(
        mut self,
        mut tell: impl FnMut(WatchEvent),
        stop: impl Future<Output = ()>,
    ) -> Result<(), Error> {
        let mut stop = std::pin::pin!(stop);
        let (mut following, mut hints) = self.follow();
        let mut in_flight = InFlight::new();
        let mut leases: Vec<Lease> = Vec::new();
        let mut lock: Option<SyncLock> = None;
        let mut started = false;
        let mut tally = Tally::default();
        let mut replies = 0_u32;
        let mut paused: Option<PauseReason> = None;
        self.with(|device| {
            device.network_returned()?;
            device.pull_now();
            Ok(())
        })
        .await?;
        loop {
            if lock.is_none() {
                lock = self.home.lock_sync(Duration::ZERO)?;
                // Whoever holds the lock knows that nobody else's leases count any more.
                if lock.as_ref().is_some_and(|lock| lock.left_behind() || !started) {
                    self.with(Device::engine_started).await?;
                    started = true;
                }
            }
            let mut wake = LOOK;
            if let Some(lock) = &mut lock {
                let effects = self.with(Device::poll).await?;
                for request in effects.requests {
                    lock.set_under_way(true);
                    leases.push(request.lease());
                    in_flight.push(self.perform(request));
                }
                if effects.changed {
                    tell(WatchEvent::Changed);
                }
                if let Some(at) = effects.wake_at {
                    wake = wake.min(until(at));
                }
            }
            if in_flight.is_empty() {
                // Between rounds another process may send.
                if let Some(mut lock) = lock.take() {
                    lock.set_under_way(false);
                }
                if replies > 0 {
                    let status = self.with(|device| device.status()).await?;
                    let now_paused = status.paused;
                    tell(WatchEvent::Round(Box::new(Round { tally: std::mem::take(&mut tally), status })));
                    replies = 0;
                    if now_paused != paused {
                        paused = now_paused;
                        tell(paused.map_or(WatchEvent::Resumed, WatchEvent::Paused));
                    }
                }
                if paused == Some(PauseReason::SignIn) && self.sign_in_again().await? {
                    paused = None;
                    tell(WatchEvent::Resumed);
                    (following, hints) = self.follow();
                    continue;
                }
            }
            tokio::select! {
                Some((reply, failure)) = in_flight.next(), if !in_flight.is_empty() => {
                    replies += 1;
                    leases.retain(|lease| *lease != reply.lease);
                    self.take(reply, failure, &mut tally).await?;
                }
                Some(hint) = hints.recv() => self.hear(hint, &mut tell).await?,
                () = tokio::time::sleep(wake) => {}
                () = &mut stop => break,
            }
        }
        drop(following);
        self.farewell(in_flight, leases).await?;
        if let Some(mut lock) = lock {
            lock.set_under_way(false);
        }
        Ok(())
    }

    fn follow(&self) -> (Following, mpsc::Receiver<Live>) {
        let (sender, hints) = mpsc::channel(16);
        (Following(tokio::spawn(events::follow(self.client.clone(), sender))), hints)
    }

    async fn hear(&self, hint: Live, tell: &mut impl FnMut(WatchEvent)) -> Result<(), Error> {
        match &hint {
            Live::Connected => {
                self.with(|device| {
                    device.network_returned()?;
                    device.pull_now();
                    Ok(())
                })
                .await?;
            }
            Live::Head(seq) => {
                let event = HeadEvent { seq: *seq };
                self.with(move |device| device.head(event)).await?;
            }
            Live::Lost(_) => {}
        }
        if !matches!(hint, Live::Head(_)) {
            tell(WatchEvent::Live(hint));
        }
        Ok(())
    }

    /// Whether another process has signed this account in again; if so, goes on with the new token.
    async fn sign_in_again(&mut self) -> Result<bool, Error> {
        let Some(token) = self.home.token(&self.account)? else { return Ok(false) };
        if self.client.has_token(&token) {
            return Ok(false);
        }
        self.client = self.client.clone().signed_in(token, self.account.account);
        self.with(Device::signed_in).await?;
        Ok(true)
    }

    /// Waits a little for what is on its way, and gives up the rest: it will be sent again, the same bytes.
    async fn farewell(&self, mut in_flight: InFlight, mut leases: Vec<Lease>) -> Result<(), Error> {
        let deadline = tokio::time::Instant::now() + FAREWELL;
        let mut tally = Tally::default();
        while let Ok(Some((reply, failure))) = tokio::time::timeout_at(deadline, in_flight.next()).await {
            leases.retain(|lease| *lease != reply.lease);
            self.take(reply, failure, &mut tally).await?;
        }
        // Breaks the connections.
        drop(in_flight);
        for lease in leases {
            self.take(Reply { lease, answer: Answer::NoReply }, None, &mut tally).await?;
        }
        Ok(())
    }
}

fn until(at: Timestamp) -> Duration {
    let micros = at.micros_since(environment::now());
    // At least a moment, so that a clock that jumps can't make the loop spin.
    Duration::from_micros(u64::try_from(micros).unwrap_or(0)).max(Duration::from_millis(5))
}
