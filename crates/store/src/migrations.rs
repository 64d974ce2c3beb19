//! Numbered, forward-only, safe under traffic.

use sqlx::Connection;
use sqlx::migrate::{Migrate, Migrator};

use crate::{Error, Tx};

pub(crate) static MIGRATOR: Migrator = sqlx::migrate!("./migrations");

/// Brings the database to this build's schema. May be run again, and by several processes at once: they wait for each
/// other. The connecting role must own the schema and be allowed to create roles.
pub async fn migrate(url: &str) -> Result<(), Error> {
    let mut connection = crate::pool::connect_alone(url).await?;
    MIGRATOR.run(&mut connection).await?;
    connection.close().await?;
    Ok(())
}

/// Whether the database lacks a migration of this build.
pub async fn migrations_pending(url: &str) -> Result<bool, Error> {
    let mut connection = crate::pool::connect_alone(url).await?;
    let table = &MIGRATOR.table_name;
    connection.ensure_migrations_table(table).await?;
    let applied = connection.list_applied_migrations(table).await?;
    connection.close().await?;
    Ok(MIGRATOR.iter().any(|known| !applied.iter().any(|a| a.version == known.version)))
}

/// How the schema stands to this build's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Schema {
    /// It is this build's.
    Current,
    /// Some of this build's migrations were not run.
    Older,
    /// A newer build has brought it further. Migrations are safe under traffic: this build goes on.
    Newer,
}

/// How the schema stands to this build's, as it is now.
pub async fn schema(tx: &mut Tx) -> Result<Schema, Error> {
    // The table is sqlx's own, and not part of what the queries are checked against.
    let applied = "SELECT version FROM _sqlx_migrations WHERE success";
    let applied: Vec<i64> = sqlx::query_scalar(applied).fetch_all(&mut **tx).await?;
    let is_known = |version: &i64| MIGRATOR.iter().any(|known| known.version == *version);
    Ok(if MIGRATOR.iter().any(|known| !applied.contains(&known.version)) {
        Schema::Older
    } else if applied.iter().all(is_known) {
        Schema::Current
    } else {
        Schema::Newer
    })
}
