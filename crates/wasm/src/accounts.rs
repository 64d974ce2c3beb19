//! What a sign-in and a sign-out do, and what becomes of places that were saved without an account.

use holdfast_app::{
    Adopted, Adoption, Attempt, Failure, FailureCode, HostCall, LeftBehind, SignedIn, SignedOut, short_hash,
};
use holdfast_contract::account::{
    DeviceInfo, Email, PairRequest, SignInRequest as SignInBody, SignedIn as ServersWord,
};
use holdfast_contract::{Code, FieldCode, FieldError, Problem, limits};
use holdfast_device::{Device, Status};

use crate::home::{AccountEntry, Farewell, Known, Server};
use crate::host::Host;
use crate::stores::Store;
use crate::wire::{Access, Asked, Facts, HttpReply, SignInRequest, unexpected};

/// Farewells that are kept: a device that is signed out of this many times without a network has nothing to win any more.
const FAREWELLS_MAX: usize = 32;

impl Host {
    /// The request that signs in; none where the first try of this call has done it.
    pub fn sign_in_request(
        &mut self,
        call: &HostCall,
        server: &Server,
        asked: &Asked,
    ) -> Result<Option<SignInRequest>, Failure> {
        if asked.attempt() == Attempt::Again && self.has_done(call, server)? {
            return Ok(None);
        }
        self.expect(asked)?;
        if self.home.known().current().is_some_and(|entry| entry.server.key != server.key) {
            return Err(Failure::new(FailureCode::SignedInElsewhere));
        }
        let (path, body) = match call {
            HostCall::Pair(pair) => {
                let code = code_of(call).ok_or_else(|| {
                    Failure::invalid(vec![FieldError::new("code", FieldCode::Required, "is missing")])
                })?;
                let body = PairRequest { code: code.to_owned(), device: device_info(&pair.device_name)? };
                ("/v1/pairings", serde_json::to_string(&body))
            }
            HostCall::SignIn(sign_in) => {
                let email = Email::parse(&sign_in.email).map_err(|error| Failure::invalid(vec![error]))?;
                let device = Some(device_info(&sign_in.device_name)?);
                let body = SignInBody { email: email.as_str().to_owned(), password: sign_in.password.clone(), device };
                ("/v1/sessions", serde_json::to_string(&body))
            }
            _ => return Err(unexpected(&"not a sign-in")),
        };
        Ok(Some(SignInRequest { path, body: body.map_err(|error| unexpected(&error))? }))
    }

    /// Whether the sign-in that is asked for again has succeeded before: its code is used up, or its token would be one more.
    fn has_done(&mut self, call: &HostCall, server: &Server) -> Result<bool, Failure> {
        let known = self.home.known();
        let Some(entry) = known.current().filter(|entry| entry.server.key == server.key) else { return Ok(false) };
        let done = match call {
            HostCall::Pair(_) => known.paired_by.is_some() && known.paired_by == pairing(call, server),
            HostCall::SignIn(sign_in) => sign_in.email.trim().eq_ignore_ascii_case(&entry.email),
            _ => false,
        };
        Ok(done && self.status()?.paused.is_none())
    }

    /// Takes the server's answer to a sign-in: remembers account and token in one commit, and goes on with that account's
    /// places. A device that is signed in changes to no other account by that: what the server has given out is then taken
    /// back ([`Host::farewells`]).
    pub fn signed_in(
        &mut self,
        call: &HostCall,
        server: Server,
        http: &HttpReply,
        asked: &Asked,
        facts: &Facts,
    ) -> Result<SignedIn, Failure> {
        let word: ServersWord = servers_word(http)?;
        let (Some(device), Some(token)) = (word.device_id, word.token) else {
            return Err(Failure::new(FailureCode::NotHoldfast).with_detail("signed in without a token"));
        };
        let device_name = match call {
            HostCall::Pair(pair) => &pair.device_name,
            HostCall::SignIn(sign_in) => &sign_in.device_name,
            _ => return Err(unexpected(&"not a sign-in")),
        };
        let paired_by = pairing(call, &server);
        let entry = AccountEntry {
            account: word.account.id,
            email: word.account.email,
            server,
            device,
            device_name: device_name.trim().to_owned(),
        };
        let key = entry.key();
        let elsewhere = self.home.known().current.as_ref().is_some_and(|current| *current != key);
        let refused = if elsewhere { Err(Failure::new(FailureCode::SignedInElsewhere)) } else { self.expect(asked) };
        if let Err(failure) = refused {
            self.home.change(|known| part(known, Farewell::of(&entry, token)))?;
            return Err(failure);
        }
        // The store first: an account that can't be opened must not become the current one. And never a second handle on a
        // database that is open: the browser's files have no locks.
        if self.account.is_none() {
            let mut store = Store::open(Some(&entry), &self.folder, &mut self.home, self.env)?;
            store.device(&self.folder, &mut self.home, self.env)?.signed_in()?;
            self.remember(&entry, token, paired_by)?;
            self.account = Some(store);
        } else {
            self.run(Device::signed_in)?;
            self.remember(&entry, token, paired_by)?;
        }
        self.is_signed_in(facts)
    }

    /// The answer to a sign-in that is done.
    pub fn is_signed_in(&mut self, facts: &Facts) -> Result<SignedIn, Failure> {
        let overview = self.overview(facts)?;
        let account = overview.account.ok_or_else(|| unexpected(&"no account after a sign-in"))?;
        Ok(SignedIn { account, adoption: overview.adoption })
    }

    /// Account and token in one commit. A token before it is of no use to anybody any more.
    fn remember(&mut self, entry: &AccountEntry, token: String, paired_by: Option<String>) -> Result<(), Failure> {
        let key = entry.key();
        self.home.change(|known| {
            if let Some(before) = known.tokens.insert(key.clone(), token.clone()).filter(|before| *before != token) {
                part(known, Farewell::of(entry, before));
            }
            known.accounts.retain(|account| account.key() != key);
            known.accounts.push(entry.clone());
            known.left.remove(&key);
            known.current = Some(key);
            known.paired_by = paired_by;
        })
    }

    /// Signs this device out, durably: neither the network nor the server's answer can keep a person signed in. The token is
    /// forgotten as soon as the server has been told ([`Host::farewells`]). The account's database stays as it is, and is
    /// found again at the next sign-in. A failure where something would be left unsent and the person has not said that it
    /// may be, or where nobody is signed in.
    pub fn sign_out(&mut self, even_if_unsent: bool, asked: &Asked) -> Result<SignedOut, Failure> {
        let is_done = self.account.is_none() || self.expect(asked).is_err();
        if asked.attempt() == Attempt::Again && is_done {
            return Ok(SignedOut { unsent: 0, server_told: self.home.known().farewells.is_empty() });
        }
        self.expect(asked)?;
        if self.account.is_none() {
            return Err(Failure::new(FailureCode::NotSignedIn));
        }
        let status = self.status()?;
        let unsent = status.pending + status.places.waiting_for_position + status.places.needs_position;
        if unsent > 0 && !even_if_unsent {
            return Err(Failure::new(FailureCode::UnsentWork).with_detail(unsent.to_string()));
        }
        self.home.change(|known| {
            let entry = known.current().cloned();
            known.paired_by = None;
            if let (Some(entry), Some(key)) = (entry, known.current.take())
                && let Some(token) = known.tokens.remove(&key)
            {
                part(known, Farewell::of(&entry, token));
                if unsent > 0 {
                    known.left.insert(key, unsent);
                }
            }
        })?;
        self.account = None;
        Ok(SignedOut { unsent, server_told: self.home.known().farewells.is_empty() })
    }

    /// Sign-ins that are over here and that their servers have not been told of, oldest first.
    pub fn farewells(&self) -> Vec<Access> {
        self.home.known().farewells.iter().map(Farewell::access).collect()
    }

    /// The server knows that the sign-in with this token is over, or knows nothing of it: it is forgotten.
    pub fn told(&mut self, token: &str) -> Result<(), Failure> {
        if self.home.known().farewells.iter().any(|farewell| farewell.token == token) {
            self.home.change(|known| known.farewells.retain(|farewell| farewell.token != token))?;
        }
        Ok(())
    }

    pub(crate) fn adoption(&mut self) -> Result<Adoption, Failure> {
        let Some(key) = self.home.known().current.clone().filter(|_| self.account.is_some()) else {
            return Ok(Adoption { places: 0, ask: false });
        };
        let status = self.anonymous.device(&self.folder, &mut self.home, self.env)?.status()?;
        let places = all_places(&status);
        let kept_apart = self.home.known().kept_apart.get(&key).copied().unwrap_or(0);
        if places < kept_apart {
            // Some of them are gone: what is saved from now on is new again.
            self.home.change(|known| {
                known.kept_apart.insert(key, places);
            })?;
        }
        Ok(Adoption { places, ask: places > kept_apart })
    }

    pub(crate) fn left(&self) -> Vec<LeftBehind> {
        let known = self.home.known();
        let accounts = known.accounts.iter();
        let left = accounts.filter_map(|entry| {
            let changes = *known.left.get(&entry.key())?;
            Some(LeftBehind { email: entry.email.clone(), changes })
        });
        left.collect()
    }

    pub(crate) fn adopt(&mut self) -> Result<Adopted, Failure> {
        let Some(account) = &mut self.account else { return Err(Failure::new(FailureCode::NotSignedIn)) };
        let anonymous = self.anonymous.device(&self.folder, &mut self.home, self.env)?;
        // Borrowed one after the other: both may have to be opened.
        let into = account.device(&self.folder, &mut self.home, self.env)?;
        let adopted = into.adopt(anonymous)?.into();
        self.adoption()?;
        Ok(adopted)
    }

    pub(crate) fn keep_apart(&mut self) -> Result<Adoption, Failure> {
        let Some(key) = self.home.known().current.clone() else {
            return Err(Failure::new(FailureCode::NotSignedIn));
        };
        let places = self.adoption()?.places;
        self.home.change(|known| {
            known.kept_apart.insert(key, places);
        })?;
        self.adoption()
    }
}

fn part(known: &mut Known, farewell: Farewell) {
    known.farewells.push(farewell);
    let too_many = known.farewells.len().saturating_sub(FAREWELLS_MAX);
    known.farewells.drain(..too_many);
}

fn code_of(call: &HostCall) -> Option<&str> {
    let HostCall::Pair(pair) = call else { return None };
    pair.code.as_deref().map(str::trim).filter(|code| !code.is_empty())
}

/// Tells one pairing from another without keeping its code.
fn pairing(call: &HostCall, server: &Server) -> Option<String> {
    Some(short_hash(&format!("{}\n{}", server.key, code_of(call)?)))
}

fn device_info(name: &str) -> Result<DeviceInfo, Failure> {
    let name = name.trim();
    let length = name.chars().count();
    let max = limits::DEVICE_NAME_MAX;
    let (code, words) = match length {
        0 => (FieldCode::Required, "is empty".to_owned()),
        _ if length > max => (FieldCode::TooLong, format!("is {length} characters long; at most {max} are allowed")),
        _ => return Ok(DeviceInfo { name: name.to_owned(), platform: "web".to_owned() }),
    };
    Err(Failure::invalid(vec![FieldError::new("deviceName", code, words)]))
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
