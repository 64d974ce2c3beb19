//! The loop around the device core: ask it what to send, send it, hand back what came.
//!
//! The engine judges nothing. Which operation goes when, what a reply means and when to try again is the core's; the
//! engine owns sockets, threads and timers. One process at a time sends for a home folder (`sync.lock`); the leases in
//! the database would keep two from sending the same anyway.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use holdfast_device::{Answer, Device, Handled, Lane, Reply, Request, Status};

use crate::client::Client;
use crate::error::Error;
use crate::home::{AccountEntry, Home};

/// How long `sync_once` waits for another process that is sending. Longer than any single request.
const LOCK_PATIENCE: Duration = Duration::from_secs(90);

/// Sends and fetches for one account.
#[derive(Clone)]
pub struct Engine {
    pub(crate) home: Home,
    pub(crate) account: AccountEntry,
    pub(crate) device: Arc<Mutex<Device>>,
    pub(crate) client: Client,
}

/// What a round of sending and fetching came to.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Tally {
    /// Operations the server did.
    pub sent: u64,
    /// Of these: it had done them before.
    pub duplicates: u64,
    /// Operations that conflict.
    pub conflicts: u64,
    /// Operations whose place is gone.
    pub gone: u64,
    /// Operations refused for good.
    pub rejected: u64,
    /// Operations put off.
    pub deferred: u64,
    /// Changes fetched.
    pub pulled: u64,
    /// Why the newest request of a lane failed, if it did: what could not be sent before what could not be fetched.
    pub failure: Option<Failure>,
    /// The same, lane by lane: an answer on one says nothing about the other.
    failures: Failures,
}

/// How the newest request of each lane failed, if it did.
#[derive(Clone, PartialEq, Debug, Default)]
struct Failures {
    push: Option<Failure>,
    pull: Option<Failure>,
}

/// Why nothing came back that the server said.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Failure {
    /// Nothing answered.
    Unreachable(String),
    /// Something answered that is not the server.
    NotHoldfast(String),
    /// The server answered that it can't at the moment, or refused the whole request; the status says why.
    Refused(u16),
}

/// What `sync_once` came to.
#[derive(Clone, PartialEq, Debug)]
pub struct SyncReport {
    /// What was sent and fetched.
    pub tally: Tally,
    /// How the device stands now.
    pub status: Status,
}

/// A request that is on its way, and what came back.
pub(crate) type InFlight = FuturesUnordered<BoxFuture<'static, (Reply, Option<Failure>)>>;

impl Engine {
    /// An engine for an account that is signed in.
    pub fn open(home: &Home, account: &AccountEntry) -> Result<Self, Error> {
        let token = home.token(account)?.ok_or(Error::NotSignedIn)?;
        let client = Client::new(account.server.clone())?.signed_in(token, account.account);
        let device = Arc::new(Mutex::new(home.open_store(Some(account))?.device));
        Ok(Self { home: home.clone(), account: account.clone(), device, client })
    }

    /// The account it works for.
    pub fn account(&self) -> &AccountEntry {
        &self.account
    }

    /// Runs `work` on the device core, off the async threads.
    pub async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Device) -> holdfast_device::Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        let device = Arc::clone(&self.device);
        let done = tokio::task::spawn_blocking(move || {
            // A panic inside the core rolled its transaction back; the connection is as good as before.
            let mut device = device.lock().unwrap_or_else(PoisonError::into_inner);
            work(&mut device)
        })
        .await;
        match done {
            Ok(result) => Ok(result?),
            Err(panic) if panic.is_panic() => std::panic::resume_unwind(panic.into_panic()),
            Err(cancelled) => {
                Err(holdfast_device::Error::Unexpected(format!("the runtime is ending ({cancelled})")).into())
            }
        }
    }

    /// Sends everything that waits and fetches everything that is new, now: waits after earlier failures are over.
    /// Returns when nothing is left to do or nothing can be done at the moment. `progress` is called after every reply.
    pub async fn sync_once(&self, mut progress: impl FnMut(&Tally)) -> Result<SyncReport, Error> {
        let home = self.home.clone();
        let locked = tokio::task::spawn_blocking(move || home.lock_sync(LOCK_PATIENCE)).await;
        let Ok(lock) = locked else { return Err(Error::Busy { path: self.home.path().join("sync.lock") }) };
        let Some(mut lock) = lock? else { return Err(Error::Busy { path: self.home.path().join("sync.lock") }) };

        self.with(|device| {
            device.engine_started()?;
            device.network_returned()?;
            device.pull_now();
            Ok(())
        })
        .await?;
        let mut tally = Tally::default();
        let mut in_flight = InFlight::new();
        loop {
            for request in self.with(Device::poll).await?.requests {
                lock.set_under_way(true);
                in_flight.push(self.perform(request));
            }
            let Some((reply, failure)) = in_flight.next().await else { break };
            self.take(reply, failure, &mut tally).await?;
            progress(&tally);
        }
        lock.set_under_way(false);
        let status = self.with(|device| device.status()).await?;
        Ok(SyncReport { tally, status })
    }

    /// Hands a reply to the core and counts what it came to.
    pub(crate) async fn take(
        &self,
        reply: Reply,
        failure: Option<Failure>,
        tally: &mut Tally,
    ) -> Result<Handled, Error> {
        let lane = reply.lease.lane;
        let handled = self.with(move |device| device.handle(reply)).await?;
        tally.count(lane, &handled, failure);
        Ok(handled)
    }

    /// Sends a request. Whatever happens, a reply comes of it.
    pub(crate) fn perform(&self, request: Request) -> BoxFuture<'static, (Reply, Option<Failure>)> {
        let client = self.client.clone();
        Box::pin(async move {
            let lease = request.lease();
            let sent = match request {
                Request::Push { body, .. } => client.push(body).await,
                Request::Pull { cursor, limit, .. } => client.pull(cursor.as_deref(), limit).await,
            };
            match sent {
                Err(why) => (Reply { lease, answer: Answer::NoReply }, Some(Failure::Unreachable(why))),
                Ok(answer) => {
                    let failure = match answer.status {
                        status if !answer.protocol => {
                            Some(Failure::NotHoldfast(format!("it answered {status} without the protocol header")))
                        }
                        200 => None,
                        status => Some(Failure::Refused(status)),
                    };
                    let answer = Answer::Http {
                        status: answer.status,
                        protocol_header: answer.protocol,
                        retry_after: answer.retry_after,
                        body: answer.body,
                    };
                    (Reply { lease, answer }, failure)
                }
            }
        })
    }
}

impl Tally {
    fn count(&mut self, lane: Lane, handled: &Handled, failure: Option<Failure>) {
        self.sent += u64::from(handled.applied) + u64::from(handled.duplicates);
        self.duplicates += u64::from(handled.duplicates);
        self.conflicts += u64::from(handled.conflicts);
        self.gone += u64::from(handled.gone);
        self.rejected += u64::from(handled.rejected);
        self.deferred += u64::from(handled.deferred);
        self.pulled += u64::from(handled.pulled);
        let of_lane = match lane {
            Lane::Push => &mut self.failures.push,
            Lane::Pull => &mut self.failures.pull,
        };
        match failure {
            Some(failure) => *of_lane = Some(failure),
            // An answer after a failure: it was a passing one, or the core found a way around it.
            None if handled.answered => *of_lane = None,
            None => {}
        }
        // A server that could not be reached explains every other failure of the round.
        let both = [&self.failures.push, &self.failures.pull];
        let unreachable = both.into_iter().find(|f| matches!(f, Some(Failure::Unreachable(_))));
        self.failure = unreachable.unwrap_or(if both[0].is_some() { both[0] } else { both[1] }).clone();
    }
}
