//! A fresh cluster on disk with a fresh server on it.
//!
//! PostgreSQL is started by the same crate, with the same settings, as a server without `DATABASE_URL` starts its own;
//! only here, so that there are enough connections for `pgbench` beside the server's and statements can be counted.

use anyhow::{Context as _, Result};
use holdfast_postgres::{Postgres, Settings};
use holdfast_service::Admin;
use sqlx::postgres::{PgConnection, PgPoolOptions};
use sqlx::{Connection as _, PgPool};
use tempfile::TempDir;

use crate::Plan;
use crate::accounts::{self, Account};
use crate::server::Server;
use crate::usage::Spent;

/// Room for `pgbench` at its largest, the server's pool and a few of our own.
const CONNECTIONS_MAX: u32 = 120;

/// Everything that is measured on. Ends with [`Stage::end`]; dropped, it is killed.
pub(crate) struct Stage {
    // In the order in which it must come down.
    /// The server.
    pub(crate) server: Server,
    /// Connections as the database's owner.
    pub(crate) pool: PgPool,
    /// The cluster.
    pub(crate) postgres: Postgres,
    /// Where all of it is.
    pub(crate) folder: TempDir,
    url: String,
    counts_statements: bool,
    accounts: usize,
}

impl Stage {
    /// Starts PostgreSQL and a server with nobody in it.
    pub(crate) async fn start(plan: &Plan) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("stage-").tempdir_in(&plan.folder)?;
        let data = folder.path().join("data");
        let further = plan.postgres.clone();
        let (postgres, counts_statements) = tokio::task::spawn_blocking(move || {
            let mut settings = Settings::new(data).option("max_connections", CONNECTIONS_MAX.to_string());
            settings.options.extend(further);
            let counting = settings.clone().option("shared_preload_libraries", "pg_stat_statements");
            // The extension is a package of its own on some systems.
            match Postgres::start(&counting) {
                Ok(postgres) => Ok((postgres, true)),
                Err(_) => Postgres::start(&settings).map(|postgres| (postgres, false)),
            }
        })
        .await??;
        let url = postgres.url("postgres");
        if counts_statements {
            let mut connection = PgConnection::connect(&url).await?;
            // Loaded, but counting only while it is asked for: no side of a comparison pays for it.
            sqlx::raw_sql("ALTER SYSTEM SET pg_stat_statements.track = 'none'").execute(&mut connection).await?;
            sqlx::raw_sql("SELECT pg_reload_conf(); CREATE EXTENSION pg_stat_statements")
                .execute(&mut connection)
                .await?;
            connection.close().await?;
        }
        let server = Server::start(&url, folder.path(), &plan.server)?;
        let pool = PgPoolOptions::new().max_connections(8).connect(&url).await?;
        Ok(Self { server, pool, postgres, folder, url, counts_statements, accounts: 0 })
    }

    /// The database's address, as its owner.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Whether [`crate::statements`] can count.
    pub(crate) fn counts_statements(&self) -> bool {
        self.counts_statements
    }

    /// A new account's one-time code.
    pub(crate) async fn code(&mut self) -> Result<String> {
        self.accounts += 1;
        let email = format!("person{}@bench.example", self.accounts);
        let mut admin = Admin::connect(&self.url).await?;
        let code = admin.add_user(&email, None, holdfast_host::now()).await?;
        Ok(code.context("an account without a password has a code")?.code)
    }

    /// New accounts, each with one device signed in.
    pub(crate) async fn accounts(&mut self, count: usize) -> Result<Vec<Account>> {
        let mut accounts = Vec::with_capacity(count);
        for _ in 0..count {
            let code = self.code().await?;
            accounts.push(accounts::pair(&self.server.address, code).await?);
        }
        Ok(accounts)
    }

    /// Writes everything to disk, so that whoever is measured next begins as the one before did.
    pub(crate) async fn settle(&self) -> Result<()> {
        sqlx::raw_sql("CHECKPOINT").execute(&self.pool).await?;
        Ok(())
    }

    /// Processor time so far.
    pub(crate) fn spent(&self) -> Spent {
        Spent::now(self.server.pid(), self.postgres.pid())
    }

    /// Bytes of write-ahead log so far.
    pub(crate) async fn log_bytes(&self) -> Result<f64> {
        let sql = "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8";
        Ok(sqlx::query_scalar(sql).fetch_one(&self.pool).await?)
    }

    /// Stops the server, then PostgreSQL.
    pub(crate) async fn end(self) -> Result<()> {
        self.server.stop()?;
        self.pool.close().await;
        let postgres = self.postgres;
        tokio::task::spawn_blocking(move || postgres.stop()).await??;
        Ok(())
    }
}
