//! Which PostgreSQL, and how it is reached.

use tokio::sync::oneshot;

use crate::postgres::Embedded;
use crate::settings::{DatabaseSettings, Settings};

/// A PostgreSQL that can be used, for as long as this lives.
pub(crate) struct Database {
    url: String,
    embedded: Option<Embedded>,
}

impl Database {
    /// Starts the embedded PostgreSQL, or only remembers where the other one is. `give_up` is sent the reason when the
    /// embedded one can't be kept running.
    pub(crate) async fn open(
        settings: &Settings,
        give_up: oneshot::Sender<String>,
    ) -> Result<Self, holdfast_postgres::Error> {
        match &settings.database {
            DatabaseSettings::External { url } => Ok(Self { url: url.clone(), embedded: None }),
            DatabaseSettings::Embedded { .. } => {
                let embedded = Embedded::start(postgres_settings(settings), give_up).await?;
                Ok(Self { url: embedded.url().to_owned(), embedded: Some(embedded) })
            }
        }
    }

    /// A secret where it holds a password: never logged.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Stops the embedded PostgreSQL and waits for it.
    pub(crate) async fn close(self) {
        if let Some(embedded) = self.embedded {
            embedded.stop().await;
        }
    }
}

/// How the embedded PostgreSQL is run.
pub(crate) fn postgres_settings(settings: &Settings) -> holdfast_postgres::Settings {
    let mut postgres = holdfast_postgres::Settings::new(settings.postgres_dir());
    if let DatabaseSettings::Embedded { bin_dir, durability } = &settings.database {
        postgres.bin_dir.clone_from(bin_dir);
        postgres.durability = *durability;
    }
    // Room for every connection of the pool, an administrator's and those that PostgreSQL keeps for itself.
    let connections = settings.connections.saturating_add(8).to_string();
    postgres.option("max_connections", connections)
}
