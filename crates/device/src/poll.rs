//! What is to be done now, and when to ask again.
//!
//! The lanes are looked at one by one and never wait for each other. Looking is a read; only when a lane has something to
//! send is the database written, and then everything is looked at again under the write lock.

use holdfast_contract::Timestamp;
use holdfast_contract::sync::HeadEvent;

use crate::columns::Micros;
use crate::device::Device;
use crate::engine::{Effects, Handled, Lane, Lease, Reply, Request};
use crate::error::Result;
use crate::lanes;
use crate::tx::Tx;
use crate::views::PauseReason;
use crate::{pull, push, push_reply};

/// What the lanes want.
struct Plan {
    push: bool,
    pull: bool,
    wake_at: Option<Timestamp>,
}

/// What a plan needs to know of the store.
struct Store {
    bound: bool,
    paused: Option<PauseReason>,
    epoch_known: bool,
    caught_up: bool,
}

impl Device {
    /// What the host is to do now. Requests are leased: they have to be sent, and their replies handed to
    /// [`Device::handle`].
    pub fn poll(&mut self) -> Result<Effects> {
        let (wanted, interval) = (self.pull_wanted, self.pull_interval);
        let mut plan = self.read(|tx| plan(tx, wanted, interval))?;
        let mut requests = Vec::new();
        if plan.push || plan.pull {
            (requests, plan) = self.write(|tx| {
                let due = self::plan(tx, wanted, interval)?;
                let push = if due.push { push::lease(tx)? } else { None };
                let pull = if due.pull { Some(pull::lease(tx)?) } else { None };
                let requests: Vec<Request> = push.into_iter().chain(pull).collect();
                let pulls = requests.iter().any(|r| matches!(r, Request::Pull { .. }));
                Ok((requests, self::plan(tx, wanted && !pulls, interval)?))
            })?;
            if requests.iter().any(|request| matches!(request, Request::Pull { .. })) {
                self.pull_wanted = false;
            }
        }
        let data_version = self.conn.query_row("PRAGMA data_version", [], |row| row.get(0))?;
        let changed = self.changed || data_version != self.data_version || self.deadline_passed()?;
        self.data_version = data_version;
        self.changed = false;
        self.polled_at = Some(self.env.now().wall);
        Ok(Effects { requests, wake_at: plan.wake_at, changed })
    }

    /// Takes what came back for a request. Nothing but the bookkeeping of waits happens unless it is the server's word
    /// under the lease that stands.
    pub fn handle(&mut self, reply: Reply) -> Result<Handled> {
        let handled = self.write(|tx| match reply.lease.lane {
            Lane::Push => push_reply::reply(tx, reply.lease, &reply.answer),
            Lane::Pull => pull::reply(tx, reply.lease, &reply.answer),
        })?;
        Ok(handled)
    }

    /// Gives up a request that was never sent: no attempt is counted.
    pub fn release(&mut self, lease: Lease) -> Result<()> {
        self.write(|tx| {
            if !lanes::load(tx, lease.lane)?.holds(lease) {
                return Ok(());
            }
            if lease.lane == Lane::Push {
                push::unsend(tx)?;
            }
            lanes::release(tx, lease.lane)
        })
    }

    /// The host is the only one that runs an engine on this store (it holds the lock that says so): leases that a dead
    /// process left behind are void, and what they carried is sent again, byte for byte.
    pub fn engine_started(&mut self) -> Result<()> {
        self.write(|tx| {
            push::requeue_leased(tx)?;
            lanes::release(tx, Lane::Push)?;
            lanes::release(tx, Lane::Pull)
        })
    }

    /// The network is back: a lane that waits because nothing came back goes on, and what happened meanwhile is pulled.
    /// What the server itself has refused or put off waits on: another network changes nothing about that, and a host may
    /// call this as often as its network comes and goes.
    pub fn network_returned(&mut self) -> Result<()> {
        self.pull_wanted = true;
        self.write(lanes::network_returned)
    }

    /// A person asks to sync now: every wait is over, of the lanes and of single operations, and the next `poll` pulls. Only
    /// where the server limits the rate (429), its wait goes on.
    pub fn try_now(&mut self) -> Result<()> {
        self.pull_wanted = true;
        self.write(|tx| {
            lanes::end_own_waits(tx)?;
            push::end_own_backoffs(tx)
        })
    }

    /// The person has signed in (again): the account's pause is over, and every wait but one that limits the rate.
    pub fn signed_in(&mut self) -> Result<()> {
        self.pull_wanted = true;
        self.write(|tx| {
            tx.run("UPDATE store SET paused = NULL", [])?;
            lanes::end_own_waits(tx)
        })
    }

    /// The live stream named the newest number of the feed. Pulls with the next `poll` if that is news.
    pub fn head(&mut self, event: HeadEvent) -> Result<()> {
        let known: i64 = self.conn.query_row("SELECT head FROM store", [], |row| row.get(0))?;
        // A smaller number is news as well: the server's database went back in time.
        self.pull_wanted |= event.seq != known;
        Ok(())
    }

    /// Pulls with the next `poll`: the app was opened, or the person asked.
    pub fn pull_now(&mut self) {
        self.pull_wanted = true;
    }

    /// Seconds between pulls that nothing asked for; 300 unless set, at least 1.
    pub fn set_pull_interval(&mut self, seconds: u32) {
        self.pull_interval = seconds.max(1);
    }

    /// Whether the outbox will not move by itself any more: everything is acknowledged, or waits for the person, the plan
    /// or the account.
    pub fn push_idle(&self) -> Result<bool> {
        self.read(|tx| {
            let store = store(tx)?;
            let moving = tx.one(
                "SELECT EXISTS (SELECT 1 FROM outbox WHERE head = 1 AND state = 'queued' AND failures = 0) \
                 OR EXISTS (SELECT 1 FROM outbox WHERE head = 1 AND state = 'queued' AND failures > 0) \
                 OR EXISTS (SELECT 1 FROM outbox WHERE state = 'leased') \
                 OR EXISTS (SELECT 1 FROM outbox WHERE state = 'backoff')",
                [],
                |row| row.get::<_, bool>(0),
            )?;
            Ok(!moving || !store.bound || store.paused.is_some())
        })
    }

    /// Whether a waiting capture's deadline has passed since the last `poll`: its state reads differently now.
    fn deadline_passed(&self) -> Result<bool> {
        let Some(since) = self.polled_at else { return Ok(true) };
        self.read(|tx| {
            tx.one(
                "SELECT EXISTS (SELECT 1 FROM places WHERE latitude IS NULL AND fix_wait_until > ?1 AND fix_wait_until <= ?2)",
                (Micros(since), Micros(tx.wall())),
                |row| row.get(0),
            )
        })
    }
}

fn store(tx: &Tx<'_>) -> Result<Store> {
    tx.one(
        "SELECT account IS NOT NULL, paused, epoch IS NOT NULL AND NOT epoch_stale, caught_up FROM store",
        [],
        |row| Ok(Store { bound: row.get(0)?, paused: row.get(1)?, epoch_known: row.get(2)?, caught_up: row.get(3)? }),
    )
}

fn plan(tx: &Tx<'_>, pull_wanted: bool, pull_interval: u32) -> Result<Plan> {
    let now = tx.wall();
    let store = store(tx)?;
    let mut wakes: Vec<Timestamp> = tx
        .first(
            "SELECT min(fix_wait_until) FROM places WHERE latitude IS NULL AND fix_wait_from <= ?1 AND fix_wait_until > ?1",
            [Micros(now)],
            |row| row.get::<_, Option<Micros>>(0),
        )?
        .flatten()
        .map(|t| t.0)
        .into_iter()
        .collect();
    let mut plan = Plan { push: false, pull: false, wake_at: None };
    if store.bound && store.paused.is_none() {
        let lane = lanes::load(tx, Lane::Push)?;
        if let Some(until) = lane.busy_until(now) {
            wakes.push(until);
        } else if store.epoch_known && push::any(tx)? {
            match lane.waits_until(now) {
                Some(until) => wakes.push(until),
                None => match push::due_at(tx)? {
                    Some(at) if at > now => wakes.push(at),
                    due => plan.push = due.is_some(),
                },
            }
        }
        let lane = lanes::load(tx, Lane::Pull)?;
        if let Some(until) = lane.busy_until(now).or(lane.waits_until(now)) {
            wakes.push(until);
        } else {
            let next = lane.answered_at.filter(|at| *at <= now).map(|at| at.plus_seconds(pull_interval.into()));
            match next.filter(|at| *at > now && store.caught_up && store.epoch_known && !pull_wanted) {
                Some(at) => wakes.push(at),
                None => plan.pull = true,
            }
        }
    }
    plan.wake_at = wakes.into_iter().min();
    Ok(plan)
}
