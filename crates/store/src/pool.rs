//! Connections and transactions.
//!
//! `deadpool` and not sqlx's own pool: the latter asks every connection it takes back for a sign of life, one more round
//! trip for every request. Here a connection that died while idle is found out by the statement that begins the next
//! transaction, which can be repeated on another one.
//!
//! One person's requests may hold only a part of the connections, so that nobody, by many devices or slow questions, keeps
//! everybody else waiting.

use std::collections::HashMap;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use deadpool::managed::{self, Object, RecycleResult, Timeouts};
use holdfast_contract::AccountId;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

use crate::{Actor, Error};

/// How to use the database.
#[derive(Clone, Debug)]
pub struct Options {
    /// Most connections at once.
    pub max_connections: u32,
    /// How long a request waits for a free connection.
    pub acquire_timeout: Duration,
    /// How long one statement may take.
    pub statement_timeout: Duration,
    /// How long a statement may wait for a lock.
    pub lock_timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            max_connections: 16,
            acquire_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(30),
            lock_timeout: Duration::from_secs(10),
        }
    }
}

/// So many people's shares are kept in memory before those that nobody uses are dropped.
const SHARES_KEPT: usize = 1024;

struct Manager(PgConnectOptions);

impl managed::Manager for Manager {
    type Type = PgConnection;
    type Error = sqlx::Error;

    async fn create(&self) -> Result<PgConnection, sqlx::Error> {
        self.0.connect().await
    }

    async fn recycle(&self, _: &mut PgConnection, _: &managed::Metrics) -> RecycleResult<sqlx::Error> {
        Ok(())
    }
}

/// The only way to the database. Cheap to clone.
#[derive(Clone)]
pub struct Pool {
    connections: managed::Pool<Manager>,
    max_connections: u32,
    acquire_timeout: Duration,
    shares: Arc<Shares>,
}

/// Who holds how many connections.
struct Shares {
    each: usize,
    held: Mutex<HashMap<AccountId, Arc<Semaphore>>>,
}

impl Shares {
    fn of(&self, user: AccountId) -> Arc<Semaphore> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.len() >= SHARES_KEPT {
            // Who holds or waits for a connection has a copy of theirs.
            held.retain(|_, share| Arc::strong_count(share) > 1);
        }
        Arc::clone(held.entry(user).or_insert_with(|| Arc::new(Semaphore::new(self.each))))
    }
}

impl Pool {
    /// Connects to a migrated database. Every connection runs as the role `holdfast_app`, for which row-level security
    /// holds.
    pub async fn connect(url: &str, options: &Options) -> Result<Self, Error> {
        let millis = |d: Duration| d.as_millis().to_string();
        let connect = url
            .parse::<PgConnectOptions>()?
            .application_name("holdfast")
            .options([
                ("role", "holdfast_app"),
                // Notices and warnings may quote a row, and sqlx would write them into the log.
                ("client_min_messages", "error"),
                // The statements are few, and as good with a generic plan: planning each anew costs more than it gains.
                ("plan_cache_mode", "force_generic_plan"),
                ("jit", "off"),
                // Everything is looked up by key; joining by reading a table is wrong whatever the statistics of a young
                // table say.
                ("enable_hashjoin", "off"),
                ("enable_mergejoin", "off"),
                ("enable_bitmapscan", "off"),
            ])
            .options([
                ("statement_timeout", millis(options.statement_timeout)),
                ("lock_timeout", millis(options.lock_timeout)),
                ("idle_in_transaction_session_timeout", millis(options.statement_timeout)),
            ])
            .disable_statement_logging();
        let timeout = Some(options.acquire_timeout);
        let pool = managed::Pool::builder(Manager(connect))
            .max_size(options.max_connections as usize)
            .timeouts(Timeouts { wait: timeout, create: timeout, recycle: None })
            .runtime(deadpool::Runtime::Tokio1)
            .build()
            .map_err(|_| Error::Unavailable("pool".into()))?;
        let each = (options.max_connections as usize / 2).max(2);
        let pool = Self {
            connections: pool,
            max_connections: options.max_connections,
            acquire_timeout: options.acquire_timeout,
            shares: Arc::new(Shares { each, held: Mutex::default() }),
        };
        pool.ping().await?;
        Ok(pool)
    }

    /// Begins a transaction that acts for nobody: row-level security shows it nothing personal.
    pub async fn begin(&self) -> Result<Tx, Error> {
        self.begin_with("BEGIN".to_owned(), None).await
    }

    /// Begins a transaction that acts for `actor`, if their device and account are alive.
    pub async fn begin_as(&self, actor: Actor) -> Result<Tx, Error> {
        let share = self.share_of(actor.user).await?;
        self.begin_with(format!("BEGIN; SELECT act_as('{}', '{}')", actor.user, actor.device), Some(share)).await
    }

    /// As [`begin_as`](Self::begin_as), for reading a page of a list. Its statements are planned to walk an index in the order of the
    /// list, where there is one, until the page is full; the planner, which plans them for whatever account and page comes, would
    /// often rather sort everything.
    pub async fn begin_list_as(&self, actor: Actor) -> Result<Tx, Error> {
        let share = self.share_of(actor.user).await?;
        let statement =
            format!("BEGIN; SET LOCAL enable_sort = off; SELECT act_as('{}', '{}')", actor.user, actor.device);
        self.begin_with(statement, Some(share)).await
    }

    /// As [`begin_list_as`](Self::begin_list_as), for reading all of something page by page: every page is of the moment at which
    /// the first was read.
    pub async fn begin_snapshot_as(&self, actor: Actor) -> Result<Tx, Error> {
        let share = self.share_of(actor.user).await?;
        let statement = format!(
            "BEGIN ISOLATION LEVEL REPEATABLE READ; SET LOCAL enable_sort = off; SELECT act_as('{}', '{}')",
            actor.user, actor.device
        );
        self.begin_with(statement, Some(share)).await
    }

    /// As [`begin_as`](Self::begin_as), but only if this person's share of the connections is not used up.
    pub async fn try_begin_as(&self, actor: Actor) -> Result<Option<Tx>, Error> {
        let Ok(share) = self.shares.of(actor.user).try_acquire_owned() else { return Ok(None) };
        let statement = format!("BEGIN; SELECT act_as('{}', '{}')", actor.user, actor.device);
        self.begin_with(statement, Some(share)).await.map(Some)
    }

    /// As [`begin_as`](Self::begin_as), and only if the database is in this epoch.
    pub async fn begin_as_in_epoch(&self, actor: Actor, epoch: Uuid) -> Result<Tx, Error> {
        let share = self.share_of(actor.user).await?;
        self.begin_with(format!("BEGIN; SELECT act_as('{}', '{}', '{epoch}')", actor.user, actor.device), Some(share))
            .await
    }

    /// Begins a transaction that acts for a person without a device of theirs: for jobs only.
    pub async fn begin_for_job(&self, user: AccountId) -> Result<Tx, Error> {
        self.begin_with(format!("BEGIN; SELECT set_config('holdfast.user_id', '{user}', true)"), None).await
    }

    /// Waits for this person's turn to use a connection.
    async fn share_of(&self, user: AccountId) -> Result<OwnedSemaphorePermit, Error> {
        let turn = self.shares.of(user).acquire_owned();
        match tokio::time::timeout(self.acquire_timeout, turn).await {
            Ok(Ok(share)) => Ok(share),
            // The semaphore is never closed.
            Ok(Err(_)) => Err(Error::Unavailable("pool".into())),
            Err(_) => Err(Error::Unavailable("too many requests of one account at once".into())),
        }
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), Error> {
        self.begin().await?.rollback().await
    }

    /// Gives every idle connection back and hands out no more.
    pub fn close(&self) {
        self.connections.close();
    }

    /// A connection on which every statement is a transaction of its own, for this person. To be given back with
    /// [`Tx::give_back`]; the flag says whether it has been idle and may be dead.
    pub(crate) async fn without_transaction(&self, actor: Actor) -> Result<(Tx, bool), Error> {
        let share = self.share_of(actor.user).await?;
        let connection = self.connection().await?;
        let used_before = Object::metrics(&connection).recycle_count > 0;
        Ok((Tx { connection: Some(connection), share: Some(share) }, used_before))
    }

    async fn connection(&self) -> Result<Object<Manager>, Error> {
        self.connections.get().await.map_err(|error| match error {
            // Whatever the reason is: without a connection nothing is known about the request.
            managed::PoolError::Backend(error) => Error::Unavailable(Error::from(error).to_string().into()),
            managed::PoolError::Timeout(_) => Error::Unavailable("no free connection".into()),
            _ => Error::Unavailable("pool".into()),
        })
    }

    /// How many idle connections may turn out to be dead, one after the other.
    pub(crate) fn dead_at_most(&self) -> u32 {
        self.max_connections
    }

    /// One round trip. Nothing has happened before it, so it may be repeated on another connection.
    async fn begin_with(&self, statement: String, share: Option<OwnedSemaphorePermit>) -> Result<Tx, Error> {
        let mut dead = 0;
        loop {
            let connection = self.connection().await?;
            let used_before = Object::metrics(&connection).recycle_count > 0;
            let mut tx = Tx { connection: Some(connection), share: None };
            match sqlx::raw_sql(AssertSqlSafe(statement.as_str())).execute(&mut *tx).await.map_err(Error::from) {
                Ok(_) => {
                    tx.share = share;
                    return Ok(tx);
                }
                // Idle connections die with the database; there are at most so many of them.
                Err(error) if error.is_passing() && used_before && dead < self.max_connections => dead += 1,
                Err(error) => {
                    if !error.is_passing() {
                        tx.rollback().await?;
                    }
                    return Err(error);
                }
            }
        }
    }
}

/// A transaction. Dropped without a word (a request that was cancelled), it gives up its connection, and PostgreSQL rolls
/// back.
pub struct Tx {
    connection: Option<Object<Manager>>,
    /// Given back with the connection.
    share: Option<OwnedSemaphorePermit>,
}

impl Tx {
    /// Commits. On an error of the connection it is not known whether the commit has happened.
    pub async fn commit(self) -> Result<(), Error> {
        self.end("COMMIT").await
    }

    /// Rolls back and keeps the connection.
    pub async fn rollback(self) -> Result<(), Error> {
        self.end("ROLLBACK").await
    }

    async fn end(mut self, statement: &'static str) -> Result<(), Error> {
        sqlx::raw_sql(statement).execute(&mut *self).await?;
        self.give_back();
        Ok(())
    }

    /// Back into the pool, and not closed as `Drop` would do. Only where no transaction is open.
    pub(crate) fn give_back(mut self) {
        drop(self.connection.take());
        drop(self.share.take());
    }
}

impl Drop for Tx {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            drop(Object::take(connection));
        }
    }
}

impl Deref for Tx {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        self.connection
            .as_ref()
            .expect("only `end` and `drop` take the connection, and they take the transaction with it")
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut PgConnection {
        self.connection
            .as_mut()
            .expect("only `end` and `drop` take the connection, and they take the transaction with it")
    }
}

/// A connection of its own as the connecting role, for migrations.
pub(crate) async fn connect_alone(url: &str) -> Result<PgConnection, Error> {
    let connect = url.parse::<PgConnectOptions>()?.options([("client_min_messages", "error")]);
    Ok(PgConnection::connect_with(&connect.disable_statement_logging()).await?)
}
