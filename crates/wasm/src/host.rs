//! The core with its accounts: what the worker of a browser holds.

use std::path::{Path, PathBuf};

use holdfast_app::{
    AccountOverview, Answer, Call, DeviceCall, Failure, FailureCode, HostCall, Leader, Overview, Performing,
    StorageOverview, StoreKey,
};
use holdfast_contract::sync::HeadEvent;
use holdfast_contract::{Source, Timestamp};
use holdfast_device::{Device, Error, PauseReason, Status};

use crate::home::Home;
use crate::stores::{MakeEnvironment, Store};
use crate::wire::{Access, Asked, Event, Facts, HttpReply, Taken, ToDo, reply, unexpected};

/// The databases of this device.
#[derive(Debug)]
pub struct Host {
    pub(crate) folder: PathBuf,
    pub(crate) env: MakeEnvironment,
    pub(crate) home: Home,
    pub(crate) anonymous: Store,
    /// The current account's.
    pub(crate) account: Option<Store>,
}

impl Host {
    /// Opens the databases in `folder` (natively it must exist, with a folder `accounts` in it).
    pub fn open(folder: &Path, env: MakeEnvironment) -> Result<Self, Failure> {
        let mut home = Home::open(folder)?;
        let anonymous = Store::open(None, folder, &mut home, env)?;
        let current = home.known().current().cloned();
        let account = current.map(|entry| Store::open(Some(&entry), folder, &mut home, env)).transpose()?;
        Ok(Self { folder: folder.to_owned(), env, home, anonymous, account })
    }

    /// Carries out a call that needs no network.
    pub fn perform(&mut self, call: Call, asked: &Asked, facts: &Facts) -> Result<Answer, Failure> {
        self.expect(asked)?;
        match call {
            Call::Device(call) => self.on_places(*call, asked),
            Call::Host(HostCall::Overview) => Ok(Answer::Overview(self.overview(facts)?)),
            Call::Host(HostCall::Adopt) => Ok(Answer::Adopt(self.adopt()?)),
            Call::Host(HostCall::KeepApart) => Ok(Answer::KeepApart(self.keep_apart()?)),
            Call::Host(HostCall::Persist) => Ok(Answer::Persist(storage(facts))),
            Call::Host(HostCall::Diagnostics) => {
                let known = self.home.known();
                let facts_told = [
                    ("browser", facts.browser.clone()),
                    ("accounts known", known.accounts.len().to_string()),
                    ("rescues", known.rescues.values().sum::<u32>().to_string()),
                ];
                Ok(Answer::Diagnostics(holdfast_app::diagnostics(&self.overview(facts)?, &facts_told)))
            }
            Call::Host(HostCall::Sync | HostCall::Pair(_) | HostCall::SignIn(_) | HostCall::SignOut(_)) => {
                Err(unexpected(&"this call needs the network, which the worker has"))
            }
        }
    }

    /// Names the store that calls are about.
    pub fn store(&self) -> StoreKey {
        StoreKey::of(self.current().binding())
    }

    /// Refuses what was asked for other places than those that calls are about now.
    pub(crate) fn expect(&self, asked: &Asked) -> Result<(), Failure> {
        if asked.store.as_ref().is_none_or(|store| *store == self.store()) {
            Ok(())
        } else {
            Err(Failure::new(FailureCode::OtherAccount))
        }
    }

    fn on_places(&mut self, call: DeviceCall, asked: &Asked) -> Result<Answer, Failure> {
        let now = self.now();
        let with = Performing { now, source: Source::Web, attempt: asked.attempt() };
        let first = holdfast_app::perform(self.device()?, call.clone(), with);
        match first {
            // A call of the core is one transaction: the first try has left nothing behind.
            Err(failure) if failure.code == FailureCode::StorageDamaged => {
                self.rescue()?;
                holdfast_app::perform(self.device()?, call, with)
            }
            other => other,
        }
    }

    /// What the worker is to do now. Nothing is sent while nobody is signed in.
    pub fn poll(&mut self) -> Result<ToDo, Failure> {
        let signed_in = self.home.known().token().is_some();
        if !signed_in && self.account.is_some() {
            // Leased requests would wait for a reply that nobody can fetch.
            return Ok(ToDo { requests: Vec::new(), wake_at: None, changed: false });
        }
        ToDo::of(self.run(Device::poll)?)
    }

    /// Hands in what came for a request.
    pub fn handle(&mut self, lease: &str, http: HttpReply) -> Result<Taken, Failure> {
        let reply = reply(lease, http)?;
        match self.device()?.handle(reply) {
            // A rescue ends every lease: what came is asked for once more, and the server knows what it did.
            Err(Error::Damaged(_)) => {
                self.rescue()?;
                Ok(holdfast_device::Handled::default().into())
            }
            other => Ok(other?.into()),
        }
    }

    /// Tells the core what has happened.
    pub fn happened(&mut self, event: Event) -> Result<(), Failure> {
        self.run(|device| match event {
            Event::Leading => device.engine_started(),
            Event::NetworkReturned => device.network_returned(),
            Event::TryNow => device.try_now(),
            Event::PullNow => {
                device.pull_now();
                Ok(())
            }
            Event::Head { seq } => device.head(HeadEvent { seq }),
        })
    }

    /// Whom the worker sends for; `None`: nobody is signed in.
    pub fn access(&self) -> Option<Access> {
        let known = self.home.known();
        let (entry, token) = (known.current()?, known.token()?);
        Some(Access { server: entry.server.clone(), token: token.to_owned(), account: entry.account.to_string() })
    }

    /// How the device stands.
    pub fn status(&mut self) -> Result<Status, Failure> {
        self.run(|device| device.status())
    }

    /// How this device stands.
    pub fn overview(&mut self, facts: &Facts) -> Result<Overview, Failure> {
        let status = self.status()?;
        let adoption = self.adoption()?;
        let known = self.home.known();
        let account = known.current().map(|entry| AccountOverview {
            email: entry.email.clone(),
            server: entry.server.address.clone(),
            device_name: entry.device_name.clone(),
            signed_in: known.token().is_some() && status.paused != Some(PauseReason::SignIn),
            unencrypted: entry.server.unencrypted,
        });
        Ok(Overview {
            store: self.store(),
            account,
            status,
            adoption,
            left: self.left(),
            storage: storage(facts),
            leader: Leader::Here,
            live: facts.live,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        })
    }

    fn current(&self) -> &Store {
        self.account.as_ref().unwrap_or(&self.anonymous)
    }

    /// The device that calls are about.
    fn device(&mut self) -> Result<&mut Device, Failure> {
        let store = self.account.as_mut().unwrap_or(&mut self.anonymous);
        store.device(&self.folder, &mut self.home, self.env)
    }

    fn rescue(&mut self) -> Result<(), Failure> {
        let store = self.account.as_mut().unwrap_or(&mut self.anonymous);
        store.rescue(&self.folder, &mut self.home, self.env).map(drop)
    }

    /// Carries `work` out, once more on what could be rescued if it meets damage.
    pub(crate) fn run<T>(
        &mut self,
        mut work: impl FnMut(&mut Device) -> holdfast_device::Result<T>,
    ) -> Result<T, Failure> {
        match work(self.device()?) {
            Err(Error::Damaged(_)) => {
                self.rescue()?;
                Ok(work(self.device()?)?)
            }
            other => Ok(other?),
        }
    }

    fn now(&self) -> Timestamp {
        (self.env)().now().wall
    }
}

fn storage(facts: &Facts) -> StorageOverview {
    StorageOverview { persisted: facts.persisted, used: facts.used, quota: facts.quota }
}
