//! The core with its accounts: what the worker of a browser holds.

use std::path::{Path, PathBuf};

use holdfast_app::{
    AccountOverview, Adopted, Adoption, Answer, Attempt, Call, DeviceCall, Failure, FailureCode, HostCall, Leader,
    Overview, Performing, SignedIn, StorageOverview,
};
use holdfast_contract::account::{
    DeviceInfo, Email, PairRequest, SignInRequest as SignInBody, SignedIn as ServersWord,
};
use holdfast_contract::sync::HeadEvent;
use holdfast_contract::{Code, FieldCode, FieldError, Problem, Source, Timestamp, limits};
use holdfast_device::{Device, Error, PauseReason, Status};

use crate::home::{AccountEntry, Home, Server};
use crate::stores::{MakeEnvironment, Store};
use crate::wire::{Access, Event, Facts, HttpReply, SignInRequest, Taken, ToDo, reply, unexpected};

/// The databases of this device.
#[derive(Debug)]
pub struct Host {
    folder: PathBuf,
    env: MakeEnvironment,
    home: Home,
    anonymous: Store,
    /// The current account's.
    account: Option<Store>,
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
    pub fn perform(&mut self, call: Call, attempt: Attempt, facts: &Facts) -> Result<Answer, Failure> {
        match call {
            Call::Device(call) => self.on_places(*call, attempt),
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

    fn on_places(&mut self, call: DeviceCall, attempt: Attempt) -> Result<Answer, Failure> {
        let now = self.now();
        let with = Performing { now, source: Source::Web, attempt };
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

    /// The request that signs in.
    pub fn sign_in_request(&self, call: HostCall, server: &Server) -> Result<SignInRequest, Failure> {
        if let Some(entry) = self.home.known().current()
            && self.home.known().token().is_some()
            && entry.server.key != server.key
        {
            return Err(Failure::new(FailureCode::SignedInElsewhere));
        }
        let device = |name: &str| {
            let name = name.trim();
            let length = name.chars().count();
            if length == 0 || length > limits::DEVICE_NAME_MAX {
                let (code, words) = if length == 0 {
                    (FieldCode::Required, "is empty".to_owned())
                } else {
                    let max = limits::DEVICE_NAME_MAX;
                    (FieldCode::TooLong, format!("is {length} characters long; at most {max} are allowed"))
                };
                return Err(Failure::invalid(vec![FieldError::new("deviceName", code, words)]));
            }
            Ok(DeviceInfo { name: name.to_owned(), platform: "web".to_owned() })
        };
        let (path, body) = match call {
            HostCall::Pair(pair) => {
                let code = pair.code.filter(|code| !code.trim().is_empty());
                let code = code.ok_or_else(|| {
                    Failure::invalid(vec![FieldError::new("code", FieldCode::Required, "is missing")])
                })?;
                ("/v1/pairings", serde_json::to_string(&PairRequest { code, device: device(&pair.device_name)? }))
            }
            HostCall::SignIn(sign_in) => {
                let email = Email::parse(&sign_in.email).map_err(|error| Failure::invalid(vec![error]))?;
                let device = Some(device(&sign_in.device_name)?);
                let body = SignInBody { email: email.as_str().to_owned(), password: sign_in.password, device };
                ("/v1/sessions", serde_json::to_string(&body))
            }
            _ => return Err(unexpected(&"not a sign-in")),
        };
        Ok(SignInRequest { path, body: body.map_err(|error| unexpected(&error))? })
    }

    /// Takes the server's answer to a sign-in: remembers account and token in one commit, and goes on with that account's
    /// places.
    pub fn signed_in(
        &mut self,
        server: Server,
        device_name: &str,
        http: &HttpReply,
        facts: &Facts,
    ) -> Result<SignedIn, Failure> {
        let word: ServersWord = servers_word(http)?;
        let (Some(device), Some(token)) = (word.device_id, word.token) else {
            return Err(Failure::new(FailureCode::NotHoldfast).with_detail("signed in without a token"));
        };
        let entry = AccountEntry {
            account: word.account.id,
            email: word.account.email,
            server,
            device,
            device_name: device_name.trim().to_owned(),
        };
        let key = entry.key();
        // The store first: an account that can't be opened must not become the current one. And never a second handle on a
        // database that is open: the browser's files have no locks.
        if self.home.known().current.as_ref() != Some(&key) || self.account.is_none() {
            let mut store = Store::open(Some(&entry), &self.folder, &mut self.home, self.env)?;
            store.device(&self.folder, &mut self.home, self.env)?.signed_in()?;
            self.remember(&entry, token)?;
            self.account = Some(store);
        } else {
            self.run(Device::signed_in)?;
            self.remember(&entry, token)?;
        }
        let overview = self.overview(facts)?;
        let account = overview.account.ok_or_else(|| unexpected(&"no account after a sign-in"))?;
        Ok(SignedIn { account, adoption: overview.adoption })
    }

    /// Account and token in one commit.
    fn remember(&mut self, entry: &AccountEntry, token: String) -> Result<(), Failure> {
        let key = entry.key();
        self.home.change(|known| {
            known.tokens.insert(key.clone(), token);
            known.accounts.retain(|account| account.key() != key);
            known.accounts.push(entry.clone());
            known.current = Some(key);
        })
    }

    /// How much would be left unsent by a sign-out; a failure where that is something and the person has not said that it may
    /// be, or where nobody is signed in.
    pub fn leave(&mut self, even_if_unsent: bool) -> Result<u64, Failure> {
        if self.account.is_none() {
            return Err(Failure::new(FailureCode::NotSignedIn));
        }
        let status = self.status()?;
        let unsent = status.pending + status.places.waiting_for_position + status.places.needs_position;
        if unsent > 0 && !even_if_unsent {
            return Err(Failure::new(FailureCode::UnsentWork).with_detail(unsent.to_string()));
        }
        Ok(unsent)
    }

    /// Forgets the current account's token and shows what was saved without an account. The account's database stays as it
    /// is, and is found again at the next sign-in.
    pub fn signed_out(&mut self) -> Result<(), Failure> {
        self.home.change(|known| {
            if let Some(key) = known.current.take() {
                known.tokens.remove(&key);
            }
        })?;
        self.account = None;
        Ok(())
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
            account,
            status,
            adoption,
            storage: storage(facts),
            leader: Leader::Here,
            live: facts.live,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        })
    }

    fn adoption(&mut self) -> Result<Adoption, Failure> {
        let Some(key) = self.home.known().current.clone().filter(|_| self.account.is_some()) else {
            return Ok(Adoption { places: 0, ask: false });
        };
        let status = self.anonymous.device(&self.folder, &mut self.home, self.env)?.status()?;
        let places = all_places(&status);
        Ok(Adoption { places, ask: places > 0 && !self.home.known().kept_separate.contains(&key) })
    }

    fn adopt(&mut self) -> Result<Adopted, Failure> {
        let Some(account) = &mut self.account else { return Err(Failure::new(FailureCode::NotSignedIn)) };
        let anonymous = self.anonymous.device(&self.folder, &mut self.home, self.env)?;
        // Borrowed one after the other: both may have to be opened.
        let into = account.device(&self.folder, &mut self.home, self.env)?;
        Ok(into.adopt(anonymous)?.into())
    }

    fn keep_apart(&mut self) -> Result<Adoption, Failure> {
        let Some(key) = self.home.known().current.clone() else {
            return Err(Failure::new(FailureCode::NotSignedIn));
        };
        self.home.change(|known| {
            known.kept_separate.insert(key);
        })?;
        self.adoption()
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
    fn run<T>(&mut self, mut work: impl FnMut(&mut Device) -> holdfast_device::Result<T>) -> Result<T, Failure> {
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

fn all_places(status: &Status) -> u64 {
    let places = status.places;
    places.saved_on_device
        + places.sending
        + places.synced
        + places.needs_attention
        + places.waiting_for_position
        + places.needs_position
        + status.trash
}

fn storage(facts: &Facts) -> StorageOverview {
    StorageOverview { persisted: facts.persisted, used: facts.used, quota: facts.quota }
}

/// What a server said to a request that a person waits for: only a Holdfast server's word counts.
fn servers_word<T: serde::de::DeserializeOwned>(http: &HttpReply) -> Result<T, Failure> {
    if http.status == 0 {
        return Err(Failure::new(FailureCode::Unreachable));
    }
    let not_holdfast = |why: String| Failure::new(FailureCode::NotHoldfast).with_detail(why);
    if !http.protocol {
        return Err(not_holdfast(format!("it answered {} without the protocol header", http.status)));
    }
    if (200..300).contains(&http.status) {
        return serde_json::from_str(&http.body).map_err(|_| not_holdfast("its answer is unknown here".to_owned()));
    }
    match serde_json::from_str::<Problem>(&http.body) {
        Ok(problem) if problem.code == Code::AlreadySetUp => Err(not_holdfast("it is being set up".to_owned())),
        Ok(problem) => Err(problem.into()),
        Err(_) => Err(not_holdfast(format!("it answered {} without saying why", http.status))),
    }
}
