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
use holdfast_contract::sync::PullRequest;
use holdfast_contract::{Problem, Timestamp};
use holdfast_device::{Answer, Device, EntryState, Error as DeviceError, Handled, Lane, Reply, Request, Status};

use crate::client::Client;
use crate::environment::now;
use crate::error::Error;
use crate::home::{AccountEntry, Home};
use crate::store::Store;

/// How long `sync_once` waits for another process that is sending. Longer than any single request.
const LOCK_PATIENCE: Duration = Duration::from_secs(90);

/// How long `sync_once` waits in all for a pause to end that the server asked for before. A longer one is reported.
const PAUSE_PATIENCE: Duration = Duration::from_secs(10);

/// Sends and fetches for one account.
#[derive(Clone)]
pub struct Engine {
    pub(crate) home: Home,
    pub(crate) account: AccountEntry,
    pub(crate) store: Arc<Mutex<Store>>,
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
    /// What the server has put off, if anything: it is sent again by itself.
    pub put_off: Option<PutOff>,
}

/// Changes that wait because the server could not take them at the moment.
#[derive(Clone, PartialEq, Debug)]
pub struct PutOff {
    /// How many.
    pub operations: u64,
    /// When the first of them is sent again.
    pub next_at: Option<Timestamp>,
    /// Why, where the server said so.
    pub problem: Option<Problem>,
}

/// A request that is on its way, and what came back.
pub(crate) type InFlight = FuturesUnordered<BoxFuture<'static, (Reply, Option<Failure>)>>;

impl Engine {
    /// An engine for an account that is signed in.
    pub fn open(home: &Home, account: &AccountEntry) -> Result<Self, Error> {
        let token = home.token(account)?.ok_or(Error::NotSignedIn)?;
        let client = Client::new(account.server.clone())?.signed_in(token, account.account);
        let store = Arc::new(Mutex::new(home.open_store(Some(account))?));
        Ok(Self { home: home.clone(), account: account.clone(), store, client })
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
        self.on_store(move |store| Ok(work(store.device()?)?)).await
    }

    /// The same for work that can be done again: if the database turns out damaged, it is rescued first.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnMut(&mut Device) -> holdfast_device::Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        self.on_store(move |store| store.run(work)).await
    }

    async fn on_store<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Store) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let store = Arc::clone(&self.store);
        let done = tokio::task::spawn_blocking(move || {
            // A panic inside the core rolled its transaction back; the connection is as good as before.
            let mut store = store.lock().unwrap_or_else(PoisonError::into_inner);
            work(&mut store)
        })
        .await;
        match done {
            Ok(result) => result,
            Err(panic) if panic.is_panic() => std::panic::resume_unwind(panic.into_panic()),
            Err(cancelled) => {
                Err(holdfast_device::Error::Unexpected(format!("the runtime is ending ({cancelled})")).into())
            }
        }
    }

    /// Sends everything that waits and fetches everything that is new, now: waits after earlier failures are over, and a
    /// short pause that the server asked for is waited out. Returns when nothing is left to do or nothing can be done at
    /// the moment. `progress` is called after every reply.
    pub async fn sync_once(&self, mut progress: impl FnMut(&Tally)) -> Result<SyncReport, Error> {
        let home = self.home.clone();
        let locked = tokio::task::spawn_blocking(move || home.lock_sync(LOCK_PATIENCE)).await;
        let Ok(lock) = locked else { return Err(Error::Busy { path: self.home.path().join("sync.lock") }) };
        let Some(mut lock) = lock? else { return Err(Error::Busy { path: self.home.path().join("sync.lock") }) };

        self.run(|device| {
            device.engine_started()?;
            device.try_now()
        })
        .await?;
        let mut tally = Tally::default();
        let mut in_flight = InFlight::new();
        let patience_ends = now().plus_micros(i64::try_from(PAUSE_PATIENCE.as_micros()).unwrap_or(i64::MAX));
        loop {
            for request in self.run(Device::poll).await?.requests {
                lock.set_under_way(true);
                in_flight.push(self.perform(request));
            }
            let Some((reply, failure)) = in_flight.next().await else {
                lock.set_under_way(false);
                // A failure of this very round is told at once.
                let pause = if tally.failure.is_none() { self.run(|device| pause(device)).await? } else { None };
                match pause.filter(|until| *until <= patience_ends) {
                    Some(until) => tokio::time::sleep(time_until(until)).await,
                    None => break,
                }
                continue;
            };
            self.take(reply, failure, &mut tally).await?;
            progress(&tally);
        }
        let (status, put_off) = self
            .run(|device| {
                let status = device.status()?;
                let put_off = put_off(device, &status)?;
                Ok((status, put_off))
            })
            .await?;
        Ok(SyncReport { tally, status, put_off })
    }

    /// Hands a reply to the core and counts what it came to.
    pub(crate) async fn take(
        &self,
        reply: Reply,
        failure: Option<Failure>,
        tally: &mut Tally,
    ) -> Result<Handled, Error> {
        let lane = reply.lease.lane;
        let handled = self
            .on_store(move |store| match store.device()?.handle(reply) {
                // A rescue ends every lease, so what came is asked for once more; the server knows what it did.
                Err(DeviceError::Damaged(_)) => {
                    store.rescue()?;
                    Ok(Handled::default())
                }
                other => Ok(other?),
            })
            .await?;
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
                Request::Pull { cursor, witness, limit, pending, .. } => {
                    let (cursor, witness) = (cursor.as_deref(), witness.as_deref());
                    client.pull(PullRequest { cursor, witness, limit: Some(limit), pending }).await
                }
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

/// When a lane goes on that has something to do and waits because the server asked for it.
fn pause(device: &Device) -> holdfast_device::Result<Option<Timestamp>> {
    let status = device.status()?;
    if status.paused.is_some() {
        return Ok(None);
    }
    let push = status.push_waits_until.filter(|_| status.pending > 0);
    Ok(push.into_iter().chain(status.pull_waits_until).min())
}

/// The time until a moment of the wall clock. At least a little, so that a clock that jumps can't make a loop spin.
pub(crate) fn time_until(at: Timestamp) -> Duration {
    let micros = at.micros_since(now());
    Duration::from_micros(u64::try_from(micros).unwrap_or(0)).max(Duration::from_millis(5))
}

/// Operations in the outbox that are looked at at a time.
const PAGE: u32 = 1000;

/// What waits for another try although nobody has to decide anything about it.
fn put_off(device: &Device, status: &Status) -> holdfast_device::Result<Option<PutOff>> {
    let parked = status.conflicts + status.rejected + status.plan_full;
    if status.pending <= parked {
        return Ok(None);
    }
    let mut put_off = PutOff { operations: 0, next_at: status.push_waits_until, problem: status.push_problem.clone() };
    let mut after = None;
    loop {
        let page = device.outbox(after, PAGE)?;
        let Some(last) = page.last() else { break };
        after = Some(last.number);
        for entry in page {
            match entry.state {
                EntryState::BackingOff { next_at, problem } => {
                    put_off.operations += 1;
                    put_off.next_at = Some(put_off.next_at.map_or(next_at, |at| at.min(next_at)));
                    put_off.problem = put_off.problem.or(problem);
                }
                // The whole lane waits.
                EntryState::Queued if status.push_waits_until.is_some() => put_off.operations += 1,
                _ => {}
            }
        }
    }
    Ok((put_off.operations > 0).then_some(put_off))
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
