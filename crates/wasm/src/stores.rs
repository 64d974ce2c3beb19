//! Opening the databases of places, and staying with them when they turn out damaged.
//!
//! Files of the browser's pool have no names that could be changed. So a damaged database is rescued into another file, and
//! what is known ([`crate::home::Known::rescued`]) then says that this one counts: one commit, before and after which there is
//! a whole store. The damaged file stays where it is.

use std::path::{Path, PathBuf};

use holdfast_app::Failure;
use holdfast_device::{Binding, Device, Environment, Error};
use rusqlite::{Connection, OpenFlags};

use crate::home::{AccountEntry, Home};

/// The clock and the randomness of a device.
pub type MakeEnvironment = fn() -> Box<dyn Environment>;

/// Rescues for one database, ever. One that is damaged again and again is on a failing disk, and each rescue costs the room
/// of a whole copy.
const RESCUES_MAX: u32 = 5;

/// One database of places, opened.
#[derive(Debug)]
pub struct Store {
    name: String,
    binding: Option<Binding>,
    /// Closed only while it is rescued, or after that failed.
    device: Option<Device>,
}

impl Store {
    /// Opens an account's database, or the one without an account. An account's is bound to it and to no other.
    pub fn open(
        account: Option<&AccountEntry>,
        folder: &Path,
        home: &mut Home,
        env: MakeEnvironment,
    ) -> Result<Self, Failure> {
        let name = account.map_or_else(|| "anonymous".to_owned(), |account| format!("accounts/{}", account.key()));
        let binding = account.map(|account| Binding { server: account.server.key.clone(), account: account.account });
        let mut store = Self { name, binding, device: None };
        if home.is_successor() && !home.known().rescues.contains_key(&store.name) {
            store.find_rescued(folder, home, env)?;
        }
        store.device(folder, home, env)?;
        Ok(store)
    }

    /// Whose it is; none: it is the one without an account.
    pub fn binding(&self) -> Option<&Binding> {
        self.binding.as_ref()
    }

    /// The device core over it, rescuing what can be read if the database is damaged.
    pub fn device(&mut self, folder: &Path, home: &mut Home, env: MakeEnvironment) -> Result<&mut Device, Failure> {
        if let Some(device) = self.device.take() {
            return Ok(self.device.insert(device));
        }
        let device = match open_sound(&self.file(folder, home), env) {
            Err(Error::Damaged(_)) => return self.rescue(folder, home, env),
            other => other?,
        };
        self.take(device)
    }

    /// Has what can be read rescued into a fresh database, after a call of the core has said that this one is damaged.
    pub fn rescue(&mut self, folder: &Path, home: &mut Home, env: MakeEnvironment) -> Result<&mut Device, Failure> {
        // The handle has to be closed first.
        self.device = None;
        let damaged = self.file(folder, home);
        let count = home.known().rescues.get(&self.name).copied().unwrap_or(0) + 1;
        if count > RESCUES_MAX {
            let words = format!("again, after {RESCUES_MAX} rescues; is the disk failing?");
            return Err(Error::Damaged(words).into());
        }
        // A rescue that is killed leaves a file that never counts: the next one takes the next name.
        home.change(|known| {
            known.rescues.insert(self.name.clone(), count);
        })?;
        let making = folder.join(file_name(&self.name, count));
        holdfast_device::rescue_into(&damaged, &making, env().as_ref())?;
        home.change(|known| {
            known.rescued.insert(self.name.clone(), count);
        })?;
        let device = Device::open(&making, env())?;
        self.take(device)
    }

    /// Finds out which of the database's files counts, where what was known of that is lost: the newest that is whole. A rescue
    /// that was killed has left a file that says of no rescue.
    fn find_rescued(&self, folder: &Path, home: &mut Home, env: MakeEnvironment) -> Result<(), Failure> {
        let mut newest = 0;
        let mut counts = 0;
        for count in (1..=RESCUES_MAX).rev() {
            let path = folder.join(file_name(&self.name, count));
            if !exists(&path) {
                continue;
            }
            newest = newest.max(count);
            let status = Device::open(&path, env()).and_then(|device| device.status());
            let is_whole = match status {
                Ok(status) => status.recovery.is_some(),
                // It was complete once, and is to be rescued in its turn.
                Err(Error::Damaged(_)) => true,
                Err(error) => return Err(error.into()),
            };
            if is_whole {
                counts = count;
                break;
            }
        }
        if newest == 0 {
            return Ok(());
        }
        home.change(|known| {
            known.rescues.insert(self.name.clone(), newest);
            if counts > 0 {
                known.rescued.insert(self.name.clone(), counts);
            }
        })
    }

    fn file(&self, folder: &Path, home: &Home) -> PathBuf {
        folder.join(file_name(&self.name, home.known().rescued.get(&self.name).copied().unwrap_or(0)))
    }

    fn take(&mut self, mut device: Device) -> Result<&mut Device, Failure> {
        if let Some(binding) = &self.binding {
            device.bind(binding)?;
        }
        Ok(self.device.insert(device))
    }
}

/// Whether there is a database; looking makes none.
fn exists(path: &Path) -> bool {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(path, flags).is_ok()
}

/// Opens a database in which what every call needs can be read.
fn open_sound(path: &Path, env: MakeEnvironment) -> Result<Device, Error> {
    let device = Device::open(path, env())?;
    device.status()?;
    Ok(device)
}

fn file_name(name: &str, rescue: u32) -> String {
    if rescue == 0 { format!("{name}.db") } else { format!("{name}.rescued-{rescue}.db") }
}
