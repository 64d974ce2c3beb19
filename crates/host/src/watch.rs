//! The running loop: sends when something waits, fetches when something is new, until it is told to stop.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use futures::StreamExt;
use holdfast_contract::sync::HeadEvent;
use holdfast_device::{Answer, Device, Lease, PauseReason, Reply, Status};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::engine::{Engine, InFlight, Tally, time_until};
use crate::environment::jitter;
use crate::error::Error;
use crate::events::{self, Hint, Live, Pauses};
use crate::home::{SyncLock, Token};

/// How often the store is looked at for what other processes saved: a poll is a few reads of a local file.
const LOOK: Duration = Duration::from_millis(500);
/// How long requests that are on their way may still take when the loop is told to stop.
const FAREWELL: Duration = Duration::from_secs(3);
/// First and longest pause after the home folder could not be used.
const STALL_FIRST: Duration = Duration::from_secs(1);
const STALL_MAX: Duration = Duration::from_mins(1);

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
    /// Another process has signed this device out: nothing is sent or fetched before it is signed in again.
    SignedOut,
    /// The home folder can't be used at the moment, and why; it is tried again by itself.
    Stalled(String),
    /// It can be used again.
    GoingOn,
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
struct Following {
    task: JoinHandle<()>,
    hints: mpsc::Receiver<Hint>,
}

impl Drop for Following {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What was told, so that it is told once. Outlives a stall.
#[derive(Default)]
struct Told {
    /// That the person asked for it, by starting the loop.
    begun: bool,
    paused: Option<PauseReason>,
    signed_out: bool,
    /// How often in a row the home folder could not be used.
    stalls: u32,
}

/// Whose token the account has.
enum Access {
    /// The one this loop works with.
    Ours,
    /// Another one: somebody has signed in again.
    New(Token),
    /// None: somebody has signed out.
    None,
}

impl Engine {
    /// Runs until `stop` is over. Then finishes or gives up what is on its way, so that the next process need not wait
    /// for its leases. What passes by itself (a full disk, a database that is locked for long) is told and waited out; the
    /// error is what does not.
    pub async fn watch(
        mut self,
        mut tell: impl FnMut(WatchEvent),
        stop: impl Future<Output = ()>,
    ) -> Result<(), Error> {
        let mut stop = std::pin::pin!(stop);
        let mut told = Told::default();
        loop {
            // Everything of a stalled run is dropped: its connections break, and what they carried is sent again.
            let error = match self.watch_until_stalled(&mut tell, stop.as_mut(), &mut told).await {
                Err(error) if error.is_passing() => error,
                other => return other,
            };
            if told.stalls == 0 {
                tell(WatchEvent::Stalled(error.to_string()));
            }
            let pause = STALL_FIRST.saturating_mul(1 << told.stalls.min(10)).min(STALL_MAX);
            told.stalls += 1;
            tokio::select! {
                () = tokio::time::sleep(jitter(pause)) => {}
                () = stop.as_mut() => return Ok(()),
            }
        }
    }

    async fn watch_until_stalled(
        &mut self,
        tell: &mut impl FnMut(WatchEvent),
        mut stop: Pin<&mut impl Future<Output = ()>>,
        told: &mut Told,
    ) -> Result<(), Error> {
        let mut following: Option<Following> = None;
        let mut in_flight = InFlight::new();
        let mut leases: Vec<Lease> = Vec::new();
        let mut lock: Option<SyncLock> = None;
        let mut started = false;
        let mut tally = Tally::default();
        let mut replies = 0_u32;
        if !told.begun {
            self.run(Device::try_now).await?;
            told.begun = true;
            // A pause that began before this loop sends nothing, so that no answer would tell of it.
            told.paused = self.run(|device| device.status()).await?.paused;
            if let Some(reason) = told.paused {
                tell(WatchEvent::Paused(reason));
            }
        }
        loop {
            if lock.is_none() {
                lock = self.home.lock_sync(Duration::ZERO)?;
                // Whoever holds the lock knows that nobody else's leases count any more.
                if lock.as_ref().is_some_and(|lock| lock.left_behind() || !started) {
                    self.run(Device::engine_started).await?;
                    started = true;
                }
            }
            match self.access()? {
                Access::Ours if following.is_none() => following = Some(self.follow()),
                Access::Ours => {}
                // What is on its way under the token before is waited for: its answer must not count against the new one.
                Access::New(token) if in_flight.is_empty() => {
                    self.client = self.client.clone().signed_in(token, self.account.account);
                    self.run(Device::signed_in).await?;
                    following = Some(self.follow());
                    if told.paused.take() == Some(PauseReason::SignIn) || told.signed_out {
                        tell(WatchEvent::Resumed);
                    }
                    told.signed_out = false;
                }
                Access::New(_) => following = None,
                Access::None => {
                    following = None;
                    if !std::mem::replace(&mut told.signed_out, true) {
                        tell(WatchEvent::SignedOut);
                    }
                }
            }
            let mut wake = LOOK;
            // A token that is not the account's any more sends nothing.
            if let (Some(lock), true) = (&mut lock, following.is_some()) {
                let effects = self.run(Device::poll).await?;
                for request in effects.requests {
                    lock.set_under_way(true);
                    leases.push(request.lease());
                    in_flight.push(self.perform(request));
                }
                if effects.changed {
                    tell(WatchEvent::Changed);
                }
                if let Some(at) = effects.wake_at {
                    wake = wake.min(time_until(at));
                }
            }
            if in_flight.is_empty() {
                // Between rounds another process may send.
                if let Some(mut lock) = lock.take() {
                    lock.set_under_way(false);
                }
                if replies > 0 {
                    let status = self.run(|device| device.status()).await?;
                    let paused = status.paused;
                    tell(WatchEvent::Round(Box::new(Round { tally: std::mem::take(&mut tally), status })));
                    replies = 0;
                    if paused != told.paused {
                        told.paused = paused;
                        tell(paused.map_or(WatchEvent::Resumed, WatchEvent::Paused));
                    }
                }
                if std::mem::take(&mut told.stalls) > 0 {
                    tell(WatchEvent::GoingOn);
                }
            }
            tokio::select! {
                Some((reply, failure)) = in_flight.next(), if !in_flight.is_empty() => {
                    replies += 1;
                    leases.retain(|lease| *lease != reply.lease);
                    self.take(reply, failure, &mut tally).await?;
                }
                Some(hint) = next_hint(&mut following) => self.hear(hint, tell).await?,
                () = tokio::time::sleep(wake) => {}
                () = stop.as_mut() => break,
            }
        }
        drop(following);
        self.farewell(in_flight, leases).await?;
        if let Some(mut lock) = lock {
            lock.set_under_way(false);
        }
        Ok(())
    }

    fn follow(&self) -> Following {
        let (sender, hints) = mpsc::channel(16);
        Following { task: tokio::spawn(events::follow(self.client.clone(), sender, Pauses::USUAL)), hints }
    }

    async fn hear(&self, hint: Hint, tell: &mut impl FnMut(WatchEvent)) -> Result<(), Error> {
        let pull_now = |device: &mut Device| {
            device.pull_now();
            Ok(())
        };
        match hint.live {
            // Waits after failures are over only if it was the network that failed. A stream that a proxy drops and lets
            // through again says nothing about a server that asked for a pause.
            Live::Connected if hint.network_returned => self.run(Device::network_returned).await?,
            Live::Connected => self.run(pull_now).await?,
            Live::Head(seq) => self.run(move |device| device.head(HeadEvent { seq })).await?,
            // That access has ended is the core's to judge and to tell, by the answer to a request of its own.
            Live::Lost(_) if hint.refused => self.run(pull_now).await?,
            Live::Lost(_) => {}
        }
        if !matches!(hint.live, Live::Head(_)) {
            tell(WatchEvent::Live(hint.live));
        }
        Ok(())
    }

    fn access(&self) -> Result<Access, Error> {
        Ok(match self.home.token(&self.account)? {
            None => Access::None,
            Some(token) if self.client.has_token(&token) => Access::Ours,
            Some(token) => Access::New(token),
        })
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

/// The next hint; never, where nothing is followed.
async fn next_hint(following: &mut Option<Following>) -> Option<Hint> {
    match following {
        Some(following) => following.hints.recv().await,
        None => std::future::pending().await,
    }
}
