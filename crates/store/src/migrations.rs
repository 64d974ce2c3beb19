//! Numbered, forward-only, safe under traffic.

use sqlx::Connection;
use sqlx::migrate::{Migrate, Migrator};

use crate::Error;

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
