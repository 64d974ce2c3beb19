//! The service itself: what every rule needs at hand.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use holdfast_contract::{DeviceId, OpId, Timestamp};
use holdfast_store::telemetry::{Outbox, touch_device};
use holdfast_store::{self as store, Pool, Schema, Tx, generations};
use uuid::Uuid;

use crate::clock::Clock;
use crate::live::Hub;
use crate::settings::Settings;
use crate::{Actor, Error, accounts, measure};

/// A device is noted as seen at most this often, in seconds.
const TOUCH_EVERY: i64 = 60;
/// So many devices are remembered as seen; beyond that the memory starts over.
const TOUCHES_MAX: usize = 10_000;

/// The rules over one database. Cheap to clone. Keeps nothing that another process on the same database would miss.
#[derive(Clone)]
pub struct Service(Arc<Inner>);

struct Inner {
    pool: Pool,
    clock: Arc<dyn Clock>,
    settings: Settings,
    secret: [u8; 32],
    /// The newest generation that this process has begun, and in which epoch.
    generation: Mutex<(Uuid, Uuid)>,
    live: Arc<Hub>,
    touches: Mutex<HashMap<DeviceId, Touch>>,
    accounts: accounts::State,
}

/// When a device was noted as seen, and with how many operations waiting, where it has said so to this process.
#[derive(Clone, Copy)]
struct Touch {
    at: Timestamp,
    pending: Option<i64>,
}

impl Service {
    /// Starts on a migrated database: reads what all processes share and begins a new generation.
    pub async fn start(pool: Pool, clock: Arc<dyn Clock>, settings: Settings) -> Result<Self, Error> {
        measure::describe();
        let mut tx = pool.begin().await?;
        let secret = generations::secret(&mut tx).await;
        let secret = finish(tx, secret).await?;
        let service = Self(Arc::new(Inner {
            pool,
            clock,
            settings,
            secret,
            generation: Mutex::default(),
            live: Arc::default(),
            touches: Mutex::default(),
            accounts: accounts::State::default(),
        }));
        service.beat_generation().await?;
        Ok(service)
    }

    /// The database.
    pub fn pool(&self) -> &Pool {
        &self.0.pool
    }

    /// What time it is.
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// The rules' settings.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    pub(crate) fn secret(&self) -> &[u8; 32] {
        &self.0.secret
    }

    pub(crate) fn live(&self) -> &Arc<Hub> {
        &self.0.live
    }

    pub(crate) fn accounts(&self) -> &accounts::State {
        &self.0.accounts
    }

    /// Whether the database answers.
    pub async fn ready(&self) -> Result<(), Error> {
        Ok(self.pool().ping().await?)
    }

    /// How the schema of the database stands to this build's, as it is now.
    pub async fn schema(&self) -> Result<Schema, Error> {
        let mut tx = self.pool().begin().await?;
        let schema = holdfast_store::schema(&mut tx).await;
        Ok(finish(tx, schema).await?)
    }

    /// The epoch of the database, read from it.
    pub async fn epoch(&self) -> Result<String, Error> {
        let mut tx = self.pool().begin().await?;
        let epoch = generations::epoch(&mut tx).await;
        Ok(finish(tx, epoch).await?.to_string())
    }

    /// Begins a new generation of the database: cursors name the newest, and one that the database does not know shows
    /// that it went back in time.
    pub async fn beat_generation(&self) -> Result<(), Error> {
        let generation = self.new_generation();
        let mut tx = self.pool().begin().await?;
        let work = async {
            generations::insert(&mut tx, generation, self.now()).await?;
            generations::epoch(&mut tx).await
        };
        let epoch = work.await;
        let epoch = finish(tx, epoch).await?;
        self.begun(epoch, generation);
        Ok(())
    }

    /// A generation has begun in this epoch: it is committed.
    pub(crate) fn begun(&self, epoch: Uuid, generation: Uuid) {
        *self.0.generation.lock().unwrap_or_else(PoisonError::into_inner) = (epoch, generation);
    }

    /// The newest generation that this process has begun, if that was in this epoch. Another process may have found out that
    /// the database went back: what this one began before is lost then, and would seem to say so again.
    pub(crate) fn newest_generation(&self, epoch: Uuid) -> Option<Uuid> {
        let (begun_in, generation) = *self.0.generation.lock().unwrap_or_else(PoisonError::into_inner);
        (begun_in == epoch).then_some(generation)
    }

    /// A fresh operation id, for whoever sends an operation without one.
    pub fn new_op_id(&self) -> OpId {
        OpId::v7(self.now(), rand::random())
    }

    pub(crate) fn new_generation(&self) -> Uuid {
        OpId::v7(self.now(), rand::random()).0
    }

    /// Notes that a device was here and what waits on it: at most once a minute, and when its outbox becomes empty or
    /// stops being so. Not worth failing a request for.
    pub(crate) async fn touch(&self, actor: Actor, outbox: Option<Outbox>) {
        let now = self.now();
        {
            let mut touches = self.0.touches.lock().unwrap_or_else(PoisonError::into_inner);
            let last = touches.get(&actor.device).copied();
            let fresh = last.is_some_and(|t| (0..TOUCH_EVERY * 1_000_000).contains(&now.micros_since(t.at)));
            let known = last.and_then(|t| t.pending);
            let said = outbox.map(|o| o.pending);
            let same = said.is_none_or(|said| known.is_some_and(|known| (known == 0) == (said == 0)));
            if fresh && same {
                return;
            }
            if touches.len() >= TOUCHES_MAX {
                touches.clear();
            }
            touches.insert(actor.device, Touch { at: now, pending: said.or(known) });
        }
        let noted = async {
            // Nobody waits for this: where the account's connections are all in use, it is left out.
            let Some(mut tx) = self.pool().try_begin_as(actor).await? else { return Ok(()) };
            let done = touch_device(&mut tx, actor, now, outbox).await;
            finish(tx, done).await
        };
        if let Err(error) = noted.await {
            tracing::debug!(%error, "a device could not be noted as seen");
        }
    }
}

/// Ends a transaction: commits what went well, rolls back what did not. A connection that failed is given up.
pub(crate) async fn finish<T>(tx: Tx, result: Result<T, store::Error>) -> Result<T, store::Error> {
    match result {
        Ok(value) => {
            tx.commit().await?;
            Ok(value)
        }
        Err(error) => {
            // Where the connection is lost, dropping the transaction is all that can be done.
            if !error.is_passing()
                && let Err(rollback) = tx.rollback().await
            {
                tracing::debug!(error = %rollback, "a transaction could not be rolled back");
            }
            Err(error)
        }
    }
}
