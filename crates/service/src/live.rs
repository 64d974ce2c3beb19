//! Live heads: a hint that there is something to pull.
//!
//! Within a process by broadcast after the commit; across processes by reading the heads of whoever is connected, in one
//! query, every few seconds. A connection holds the newest number only: it can't fall behind.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use holdfast_contract::AccountId;
use holdfast_store::batch::Published;
use holdfast_store::heads;
use tokio::sync::watch;

use crate::service::finish;
use crate::{Actor, Error, Service, measure};

/// Whoever is connected to this process.
#[derive(Default)]
pub(crate) struct Hub {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    closed: bool,
    next: u64,
    connected: HashMap<AccountId, Vec<Connection>>,
}

struct Connection {
    number: u64,
    actor: Actor,
    head: watch::Sender<i64>,
}

impl Hub {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        // Nothing that can panic happens while it is held.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn connect(self: &Arc<Self>, actor: Actor) -> Heads {
        let (sender, receiver) = watch::channel(0);
        let mut state = self.state();
        let number = state.next;
        state.next += 1;
        if !state.closed {
            let connection = Connection { number, actor, head: sender };
            state.connected.entry(actor.user).or_default().push(connection);
        }
        measure::live_connections(state.connected.values().map(Vec::len).sum());
        Heads { hub: Arc::clone(self), actor, number, head: receiver }
    }

    fn disconnect(&self, actor: Actor, number: u64) {
        let mut state = self.state();
        if let Some(connections) = state.connected.get_mut(&actor.user) {
            connections.retain(|c| c.number != number);
            if connections.is_empty() {
                state.connected.remove(&actor.user);
            }
        }
        measure::live_connections(state.connected.values().map(Vec::len).sum());
    }

    /// Tells whoever is connected what was just committed.
    pub(crate) fn publish(&self, published: &[Published]) {
        if published.is_empty() {
            return;
        }
        let state = self.state();
        if state.connected.is_empty() {
            return;
        }
        for entry in published {
            for connection in state.connected.get(&entry.reader).into_iter().flatten() {
                raise(&connection.head, entry.seq);
            }
        }
    }

    fn connected(&self) -> Vec<Actor> {
        self.state().connected.values().flatten().map(|c| c.actor).collect()
    }

    /// Brings everybody who was asked about up to date, and ends the connections of those who were not answered: their
    /// device was revoked or their account is gone.
    fn settle(&self, asked: &[Actor], alive: &HashMap<Actor, i64>) {
        let mut state = self.state();
        for actor in asked {
            let Some(connections) = state.connected.get_mut(&actor.user) else { continue };
            match alive.get(actor) {
                Some(head) => {
                    for connection in connections.iter().filter(|c| c.actor == *actor) {
                        raise(&connection.head, *head);
                    }
                }
                None => connections.retain(|c| c.actor != *actor),
            }
        }
        state.connected.retain(|_, connections| !connections.is_empty());
    }

    /// Ends every connection, and takes no more.
    pub(crate) fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        state.connected.clear();
    }
}

fn raise(head: &watch::Sender<i64>, seq: i64) {
    head.send_if_modified(|head| {
        let newer = seq > *head;
        if newer {
            *head = seq;
        }
        newer
    });
}

/// The newest number of one person's feed, as it rises.
pub struct Heads {
    hub: Arc<Hub>,
    actor: Actor,
    number: u64,
    head: watch::Receiver<i64>,
}

impl Heads {
    /// Waits for the next number; the first call gives the one there is at once. Numbers in between are left out. `None`
    /// when the connection ends: the service stops, or the device was revoked.
    pub async fn changed(&mut self) -> Option<i64> {
        self.head.changed().await.ok()?;
        Some(*self.head.borrow_and_update())
    }

    /// The newest number known here.
    pub fn current(&self) -> i64 {
        *self.head.borrow()
    }
}

impl Drop for Heads {
    fn drop(&mut self) {
        self.hub.disconnect(self.actor, self.number);
    }
}

impl Service {
    /// Connects the actor to the live heads of their feed.
    pub async fn subscribe(&self, actor: Actor) -> Result<Heads, Error> {
        // Connected first: a commit between reading the head and connecting would go unnoticed.
        let mut connection = self.live().connect(actor);
        let mut tx = self.pool().begin_as(actor).await?;
        let head = heads::head(&mut tx, actor).await;
        let head = finish(tx, head).await?;
        self.live().settle(&[actor], &HashMap::from([(actor, head)]));
        // The first wait gives what there is, unless the connection has ended already.
        if connection.head.has_changed().is_ok() {
            connection.head.mark_changed();
        }
        Ok(connection)
    }

    /// Reads the heads of whoever is connected, in one query, to notice what other processes wrote.
    pub async fn poll_heads(&self) -> Result<(), Error> {
        let connected = self.live().connected();
        if connected.is_empty() {
            return Ok(());
        }
        let mut tx = self.pool().begin().await?;
        let alive = heads::live(&mut tx, &connected).await;
        let alive = finish(tx, alive).await?;
        self.live().settle(&connected, &alive.into_iter().collect());
        Ok(())
    }

    /// Ends every live connection, so that a server can stop.
    pub fn close_live(&self) {
        self.live().close();
    }
}
