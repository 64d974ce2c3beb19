//! Opening the databases of a home folder.

use holdfast_device::{Binding, Device, RecoveryReport};

use crate::environment::SystemEnvironment;
use crate::error::Error;
use crate::home::{AccountEntry, Home};

/// An opened database.
pub struct Store {
    /// The device core over it.
    pub device: Device,
    /// What was rescued, if the file turned out damaged just now.
    pub recovered: Option<RecoveryReport>,
}

impl Home {
    /// Opens an account's database, or the anonymous one. An account's database is bound to it and to no other.
    pub fn open_store(&self, account: Option<&AccountEntry>) -> Result<Store, Error> {
        let path = account.map_or_else(|| self.anonymous_database(), |a| self.account_database(a));
        let opened = holdfast_device::file::open(&path, Box::new(SystemEnvironment))?;
        let mut device = opened.device;
        if let Some(account) = account {
            device.bind(&Binding { server: account.server.key(), account: account.account })?;
        }
        Ok(Store { device, recovered: opened.recovered })
    }

    /// How many places the anonymous database holds, trash and captures without a position included. Does not create it.
    pub fn anonymous_places(&self) -> Result<u64, Error> {
        if !self.anonymous_database().exists() {
            return Ok(0);
        }
        let status = self.open_store(None)?.device.status()?;
        let places = status.places;
        Ok(places.saved_on_device
            + places.sending
            + places.synced
            + places.needs_attention
            + places.waiting_for_position
            + places.needs_position
            + status.trash)
    }
}
