//! A real, migrated database for each test.
//!
//! With `HOLDFAST_TEST_POSTGRES_URL` (a superuser's) databases are made in that cluster; otherwise a throw-away cluster is
//! started and shared by the tests of the process. Each database is copied from a template that is migrated once per set
//! of migrations, and dropped at the end.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use holdfast_contract::defect::{self, Defect};
use holdfast_contract::{AccountId, DeviceId};
use holdfast_postgres::{Durability, Postgres, Settings};
use sha2::{Digest as _, Sha256};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};
use tempfile::TempDir;
use uuid::Uuid;

use crate::maintenance::url_of;
use crate::migrations::MIGRATOR;
use crate::pool::connect_alone;
use crate::{Actor, migrate};

/// Names the cluster that tests use: the URL of a superuser.
pub const POSTGRES_URL: &str = "HOLDFAST_TEST_POSTGRES_URL";

/// A database of a test's own, dropped with it.
pub struct TestDatabase {
    url: String,
    name: String,
    admin_url: String,
    users: AtomicU32,
    // Stopped with the last database in it.
    _cluster: Option<Arc<Cluster>>,
}

/// A throw-away cluster of this process.
struct Cluster {
    postgres: Option<Postgres>,
    _folder: TempDir,
}

impl Cluster {
    fn shared() -> Arc<Self> {
        static RUNNING: Mutex<Weak<Cluster>> = Mutex::new(Weak::new());
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cluster) = running.upgrade() {
            return cluster;
        }
        let memory = std::path::Path::new("/dev/shm");
        let folder = if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() };
        let folder = folder.expect("a folder for a test's PostgreSQL");
        let mut settings = Settings::new(folder.path());
        settings.durability = Durability::None;
        let postgres = Postgres::start(&settings).expect("PostgreSQL starts");
        let cluster = Arc::new(Self { postgres: Some(postgres), _folder: folder });
        *running = Arc::downgrade(&cluster);
        cluster
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(postgres) = self.postgres.take() {
            // The folder goes with it; there is nothing to save.
            let _ = postgres.stop();
        }
    }
}

impl TestDatabase {
    /// A fresh, migrated database.
    ///
    /// # Panics
    /// When PostgreSQL can't be started or reached: a test can't go on without.
    pub async fn new() -> Self {
        let (admin_url, cluster) = if let Ok(url) = std::env::var(POSTGRES_URL) {
            (url, None)
        } else {
            let cluster = tokio::task::spawn_blocking(Cluster::shared).await.expect("PostgreSQL starts");
            let postgres = cluster.postgres.as_ref().expect("it runs until the last database is dropped");
            (postgres.url("postgres"), Some(cluster))
        };
        let mut admin = connect_alone(&admin_url).await.expect("the test cluster answers");
        let template = template(&mut admin, &admin_url).await;
        let name = format!("holdfast_test_{}", Uuid::now_v7().simple());
        let create = format!("CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy");
        admin.execute(AssertSqlSafe(create)).await.expect("a database is copied from the template");
        admin.close().await.expect("the connection closes");
        let url = url_of(&admin_url, &name);
        if defect::is_on(Defect::NumberBeforeLock) {
            let mut sql = connect_alone(&url).await.expect("the new database answers");
            sql.execute(include_str!("testing_defect.sql")).await.expect("the defect is there");
        }
        Self { url, name, admin_url, users: AtomicU32::new(0), _cluster: cluster }
    }

    /// The database's URL, for the superuser.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A connection as the superuser, for whom no row-level security holds.
    ///
    /// # Panics
    /// When the database can't be reached.
    pub async fn connect(&self) -> PgConnection {
        connect_alone(&self.url).await.expect("the test database answers")
    }

    /// Ends every connection to it, as a restart of PostgreSQL does.
    ///
    /// # Panics
    /// When the cluster can't be reached.
    pub async fn end_connections(&self) {
        let mut admin = connect_alone(&self.admin_url).await.expect("the test cluster answers");
        end_connections(&mut admin, &self.name).await;
    }

    /// Keeps a copy of it as it is now, in place of an earlier one. Ends every connection to it.
    ///
    /// # Panics
    /// When the cluster can't be reached.
    pub async fn keep_copy(&self) {
        self.replace(&self.copy(), &self.name).await;
    }

    /// Puts it back to the copy that was kept. Ends every connection to it.
    ///
    /// # Panics
    /// When there is no copy, or the cluster can't be reached.
    pub async fn put_back(&self) {
        self.replace(&self.name, &self.copy()).await;
    }

    fn copy(&self) -> String {
        format!("{}_copy", self.name)
    }

    async fn replace(&self, old: &str, by: &str) {
        let mut admin = connect_alone(&self.admin_url).await.expect("the test cluster answers");
        end_connections(&mut admin, by).await;
        let drop = format!("DROP DATABASE IF EXISTS {old} WITH (FORCE)");
        admin.execute(AssertSqlSafe(drop)).await.expect("the old database is dropped");
        let create = format!("CREATE DATABASE {old} TEMPLATE {by} STRATEGY file_copy");
        admin.execute(AssertSqlSafe(create)).await.expect("the database is copied");
    }

    /// A new user with one device, put in past all rules: nobody can sign in as them with a password.
    ///
    /// # Panics
    /// When the database can't be reached.
    pub async fn add_user(&self) -> Actor {
        let number = self.users.fetch_add(1, Ordering::Relaxed);
        let user = AccountId(Uuid::now_v7());
        sqlx::query(
            "INSERT INTO users (id, email, email_key, password_hash, created_at) VALUES ($1, $2, $2, 'none', now())",
        )
        .bind(user.0)
        .bind(format!("user{number}@example.org"))
        .execute(&mut self.connect().await)
        .await
        .expect("a user is added");
        self.add_device(user).await
    }

    /// A further device of a user.
    ///
    /// # Panics
    /// When the database can't be reached.
    pub async fn add_device(&self, user: AccountId) -> Actor {
        let device = DeviceId(Uuid::now_v7());
        sqlx::query(
            "INSERT INTO devices (user_id, id, kind, name, created_at) VALUES ($1, $2, 'device', 'test', now())",
        )
        .bind(user.0)
        .bind(device.0)
        .execute(&mut self.connect().await)
        .await
        .expect("a device is added");
        Actor { user, device }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let drop = [&self.name, &self.copy()].map(|name| format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        let url = self.admin_url.clone();
        // Drop can't wait for a future of the test's runtime.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
            runtime.block_on(async {
                let mut admin = connect_alone(&url).await.ok()?;
                for drop in drop {
                    admin.execute(AssertSqlSafe(drop)).await.ok()?;
                }
                Some(())
            })
        });
        let _ = dropped.join();
    }
}

/// Ends every connection to a database and waits until they are gone.
async fn end_connections(admin: &mut PgConnection, database: &str) {
    let left = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = $1";
    loop {
        let left: i64 = sqlx::query_scalar(left).bind(database).fetch_one(&mut *admin).await.expect("the activity");
        if left == 0 {
            return;
        }
        tokio::task::yield_now().await;
    }
}

/// The name of the migrated template, made where it is missing. Other processes that need it wait.
async fn template(admin: &mut PgConnection, admin_url: &str) -> String {
    let mut hash = Sha256::new();
    for migration in MIGRATOR.iter() {
        hash.update(&migration.checksum);
    }
    let digest = hash.finalize();
    let number = i64::from_be_bytes(digest[..8].try_into().expect("eight bytes of 32"));
    let template = format!("holdfast_template_{number:016x}");

    sqlx::query("SELECT pg_advisory_lock($1)").bind(number).execute(&mut *admin).await.expect("the template's lock");
    let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
        .bind(&template)
        .fetch_one(&mut *admin)
        .await
        .expect("the list of databases");
    if !exists {
        // Renamed when it is complete: one that was interrupted is never mistaken for it.
        let making = format!("{template}_making");
        for statement in [format!("DROP DATABASE IF EXISTS {making} WITH (FORCE)"), format!("CREATE DATABASE {making}")]
        {
            admin.execute(AssertSqlSafe(statement)).await.expect("the template is made");
        }
        migrate(&url_of(admin_url, &making)).await.expect("the template is migrated");
        let rename = format!("ALTER DATABASE {making} RENAME TO {template}");
        admin.execute(AssertSqlSafe(rename)).await.expect("the template is named");
    }
    sqlx::query("SELECT pg_advisory_unlock($1)")
        .bind(number)
        .execute(&mut *admin)
        .await
        .expect("the lock is given back");
    template
}
