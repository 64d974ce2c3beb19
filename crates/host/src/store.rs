//! Opening the databases of a home folder, and staying with them when they turn out damaged.

use std::path::{Path, PathBuf};

use holdfast_device::file::Opened;
use holdfast_device::{Binding, Device, Error as DeviceError};

use crate::environment::SystemEnvironment;
use crate::error::Error;
use crate::files;
use crate::home::{AccountEntry, Home};

/// An opened database that outlives its own damage: a command that meets a damaged page closes it, has what can be read
/// rescued into a fresh database, and is carried out on that one. So it is where another process has rescued it meanwhile.
pub struct Store {
    home: Home,
    path: PathBuf,
    binding: Option<Binding>,
    /// Closed only while it is rescued, or after that failed.
    open: Option<Device>,
    rescues: u32,
}

/// Rescues for one opening. A database that is damaged again and again is on a failing disk, and each rescue costs the
/// room of a whole copy.
const RESCUES_MAX: u32 = 3;

impl Store {
    /// The device core over it, for calls that meet damage by themselves. [`Store::run`] is for all others.
    pub fn device(&mut self) -> Result<&mut Device, Error> {
        if let Some(open) = self.open.take() {
            return Ok(self.open.insert(open));
        }
        files::create_private(&self.path).map_err(|e| Error::home(&self.path, "be made", e))?;
        let opened = holdfast_device::file::open(&self.path, Box::new(SystemEnvironment))?;
        self.take(opened)
    }

    /// Carries `work` out. If it meets damage, what can be read of the database is rescued and `work` is carried out once
    /// more: a call of the core is one transaction, so the first try has left nothing behind.
    pub fn run<T>(&mut self, mut work: impl FnMut(&mut Device) -> holdfast_device::Result<T>) -> Result<T, Error> {
        match work(self.device()?) {
            Err(DeviceError::Damaged(_)) => {
                self.rescue()?;
                Ok(work(self.device()?)?)
            }
            other => Ok(other?),
        }
    }

    /// Has what can be read of the database rescued into a fresh one.
    pub fn rescue(&mut self) -> Result<(), Error> {
        if self.rescues == RESCUES_MAX {
            return Err(
                DeviceError::Damaged(format!("again, after {RESCUES_MAX} rescues; is the disk failing?")).into()
            );
        }
        self.rescues += 1;
        // The handle has to be closed first: its log belongs to the damaged file.
        self.open = None;
        let opened = holdfast_device::file::recover(&self.path, Box::new(SystemEnvironment))?;
        self.take(opened)?;
        Ok(())
    }

    fn take(&mut self, opened: Opened) -> Result<&mut Device, Error> {
        let Opened { mut device, recovered } = opened;
        if let Some(report) = &recovered {
            self.home.tell_rescue(report);
        }
        // Also where an earlier version, or a rescue, has made the files readable for others.
        files::keep_private(&self.path).map_err(|e| Error::home(&self.path, "be kept from others", e))?;
        if let Some(binding) = &self.binding {
            device.bind(binding)?;
        }
        Ok(self.open.insert(device))
    }
}

impl Home {
    /// Opens an account's database, or the anonymous one. An account's database is bound to it and to no other.
    pub fn open_store(&self, account: Option<&AccountEntry>) -> Result<Store, Error> {
        let path = account.map_or_else(|| self.anonymous_database(), |a| self.account_database(a));
        let binding = account.map(|a| Binding { server: a.server.key(), account: a.account });
        let mut store = Store { home: self.clone(), path, binding, open: None, rescues: 0 };
        store.device()?;
        Ok(store)
    }

    /// How many places the anonymous database holds, trash and captures without a position included. Does not create it.
    pub fn anonymous_places(&self) -> Result<u64, Error> {
        if !holds_something(&self.anonymous_database()) {
            return Ok(0);
        }
        let status = self.open_store(None)?.run(|device| device.status())?;
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

/// Whether there is a database, or one that was being rescued when the process died.
fn holds_something(database: &Path) -> bool {
    let mut recovered = database.as_os_str().to_owned();
    recovered.push(".recovered");
    database.exists() || Path::new(&recovered).exists()
}
