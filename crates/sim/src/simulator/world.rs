//! The world: a server, accounts, devices, and the network between them.

use std::collections::VecDeque;

use holdfast_contract::sync::PushReply;
use holdfast_contract::{AccountId, ClientId, Code, OpId, Outcome, Position};
use holdfast_device::{Answer, Reply, Request};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tempfile::TempDir;

use super::capturing::File;
use super::check::{self, Reader};
use super::clock::TrueClock;
use super::cut::At;
use super::device::SimDevice;
use super::model::{self, Model};
use super::server::{Session, SimServer};
use super::step::{Fault, Step, What};
use super::tally::Tally;

/// Accounts in a world.
const ACCOUNTS: usize = 3;
/// Devices of each account.
const DEVICES: usize = 2;
/// Requests of one sync at most.
const ROUNDS: usize = 6;

/// Why a run failed.
pub(super) type Verdict = Result<(), String>;

/// Everything there is.
pub(super) struct World {
    pub(super) clock: TrueClock,
    pub(super) server: SimServer,
    pub(super) accounts: Vec<AccountId>,
    pub(super) devices: Vec<SimDevice>,
    pub(super) readers: Vec<Reader>,
    pub(super) model: Model,
    pub(super) tally: Tally,
    /// What happened, for a person to read.
    pub(super) trace: Vec<String>,
    /// Files that can be imported: the words of their rows.
    pub(super) files: Vec<File>,
    /// Captures that a watch and its phone both know.
    pub(super) watches: VecDeque<(usize, ClientId, Position, String)>,
    /// Network faults that strike at the next requests.
    pub(super) striking: VecDeque<(Fault, u64)>,
    pub(super) kept: Option<Model>,
    _folder: TempDir,
}

impl World {
    /// A new world with accounts and devices that are signed in.
    pub(super) async fn new(seed: u64) -> Self {
        let clock = TrueClock::new();
        let server = SimServer::start(clock.clone()).await;
        let folder = folder();
        let (mut accounts, mut devices, mut readers) = (Vec::new(), Vec::new(), Vec::new());
        for account in 0..ACCOUNTS {
            let id = server.add_account().await;
            accounts.push(id);
            for _ in 0..DEVICES {
                let session = server.sign_in(id).await;
                let number = devices.len();
                let seed = seed.wrapping_mul(31).wrapping_add(number as u64);
                devices.push(SimDevice::new(number, account, session, folder.path(), clock.clone(), seed));
            }
            readers.push(Reader::new(server.sign_in(id).await.actor));
        }
        let mut model = Model::default();
        let files = (0..3).map(|_| File::new(&mut model)).collect();
        Self {
            clock,
            server,
            accounts,
            devices,
            readers,
            model,
            tally: Tally::default(),
            trace: Vec::new(),
            files,
            watches: VecDeque::new(),
            striking: VecDeque::new(),
            kept: None,
            _folder: folder,
        }
    }

    /// Lets one thing happen.
    pub(super) async fn step(&mut self, step: Step) -> Verdict {
        let mut rng = StdRng::seed_from_u64(step.seed);
        self.clock.advance_seconds(rng.random_range(1..30));
        match step.what {
            What::Sync => {
                let device = rng.random_range(0..self.devices.len());
                self.sync(device, &mut rng).await?;
            }
            What::AtOnce => self.at_once(&mut rng).await?,
            What::Arrive => self.arrive(&mut rng).await?,
            What::Read => {
                let reader = rng.random_range(0..self.readers.len());
                let limit = rng.random_range(1..8);
                self.readers[reader].read(&self.server, limit).await?;
            }
            What::Wait => {
                let seconds = *pick(&mut rng, &[60, 400, 4_000, 40_000, 400_000]);
                self.clock.advance_seconds(seconds);
                self.say(format!("{seconds} s pass"));
            }
            What::Tidy => {
                self.server.service().purge_trash().await.map_err(|e| e.to_string())?;
                self.server.service().prune().await.map_err(|e| e.to_string())?;
                self.say("the trash is purged".to_owned());
            }
            What::Generation => {
                self.server.service().beat_generation().await.map_err(|e| e.to_string())?;
            }
            What::Plan => self.limit_plan(&mut rng).await,
            What::SignOut => self.sign_out(&mut rng).await,
            What::SignIn => self.sign_in(&mut rng).await?,
            What::Break(fault) => self.break_something(fault, step.seed, &mut rng).await,
            what => self.somebody(what, &mut rng).await?,
        }
        Ok(())
    }

    pub(super) fn say(&mut self, what: String) {
        self.trace.push(what);
    }

    pub(super) fn account_of(&self, device: usize) -> AccountId {
        self.accounts[self.devices[device].account]
    }

    /// A device asks its core what to do, and does it, with whatever strikes on the way.
    pub(super) async fn sync(&mut self, device: usize, rng: &mut StdRng) -> Verdict {
        if rng.random_bool(0.6) {
            let _ = self.devices[device].device().try_now();
        }
        for _ in 0..ROUNDS {
            let Some(session) = self.devices[device].session.clone() else { return Ok(()) };
            let effects = match self.devices[device].device().poll() {
                Ok(effects) => effects,
                Err(error) => return self.survive(device, &error),
            };
            if effects.requests.is_empty() {
                break;
            }
            for request in effects.requests {
                self.request(device, &session, request).await?;
            }
        }
        Ok(())
    }

    pub(super) async fn request(&mut self, device: usize, session: &Session, request: Request) -> Verdict {
        let lease = request.lease();
        let Some((fault, seed)) = self.striking.pop_front() else {
            let answer = self.carry(device, session, &request).await?;
            return self.hand_in(device, Reply { lease, answer });
        };
        let mut rng = StdRng::seed_from_u64(seed);
        self.tally.fault(&format!("{fault:?}"));
        self.say(format!("{fault:?} strikes device {device} at its {:?}", lease.lane));
        let answer = match fault {
            Fault::RequestLost => Answer::NoReply,
            Fault::ReplyLost => {
                self.carry(device, session, &request).await?;
                Answer::NoReply
            }
            Fault::Delayed => {
                self.devices[device].wandering.push((request, session.clone()));
                Answer::NoReply
            }
            Fault::Duplicated => self.carry_twice(device, session, &request).await?,
            Fault::ReplyLate => {
                let answer = self.carry(device, session, &request).await?;
                self.devices[device].late.push(Reply { lease, answer });
                // The device gives up waiting and goes on, or its lease runs out.
                if rng.random_bool(0.5) {
                    Answer::NoReply
                } else {
                    self.clock.advance_seconds(130);
                    return Ok(());
                }
            }
            Fault::Portal | Fault::Proxy => somebody_elses(&mut rng),
            Fault::Unavailable => server_says(503, "unavailable", None),
            Fault::RateLimited => server_says(429, "rate_limited", Some(rng.random_range(1..120))),
            Fault::TooLarge => {
                self.refused_alone(&request);
                server_says(413, "too_large", None)
            }
            Fault::UpdateRequired => server_says(426, "client_too_old", None),
            Fault::WrongToken => self.carry_with_another_token(device, &request).await,
            Fault::DeviceKilled => {
                if rng.random_bool(0.5) {
                    self.carry(device, session, &request).await?;
                }
                if rng.random_bool(0.3) {
                    self.devices[device].clock.reboot();
                }
                self.devices[device].restart(rng.random_bool(0.5));
                return Ok(());
            }
            Fault::ServerKilled | Fault::LineCut => {
                let at = if rng.random_bool(0.5) { At::Before } else { At::After };
                self.server.plan_cut(rng.random_range(0..5), at);
                let answer = self.carry(device, session, &request).await?;
                let cut = self.server.was_cut();
                if cut {
                    self.tally.fault("CutInTheMiddle");
                }
                if fault == Fault::ServerKilled {
                    self.server.kill().await;
                    if cut { Answer::NoReply } else { answer }
                } else {
                    answer
                }
            }
            other => return Err(format!("{other:?} is no fault of the network")),
        };
        self.hand_in(device, Reply { lease, answer })
    }

    /// Carries a request, and looks at the reply.
    pub(super) async fn carry(
        &mut self,
        device: usize,
        session: &Session,
        request: &Request,
    ) -> Result<Answer, String> {
        let account = self.account_of(device);
        let answer = self.server.carry(session, account, request).await;
        self.look_at(device, request, answer)
    }

    /// Looks at the reply with the eyes of somebody who must not learn anything.
    pub(super) fn look_at(&mut self, device: usize, request: &Request, answer: Answer) -> Result<Answer, String> {
        self.hear(&answer)?;
        let reader = self.account_of(device);
        if let Answer::Http { status, body, .. } = &answer {
            let carried = match request {
                Request::Push { operations, .. } => format!("a push of {operations}"),
                Request::Pull { cursor: None, .. } => "a pull from the start".to_owned(),
                Request::Pull { .. } => "a pull".to_owned(),
            };
            self.say(format!("device {device} sends {carried}: {status}"));
            self.tally.reply(request.lease().lane, *status, body);
            self.refused_by_the_server(body)?;
            let text = String::from_utf8_lossy(body);
            for word in model::words_in(&text) {
                let seen = self
                    .model
                    .typed
                    .get(&word)
                    .is_none_or(|typed| typed.keys.iter().any(|key| self.model.may_see(reader, *key)));
                if !seen {
                    return Err(format!("device {device} was told {word}, which nobody has shown to its account"));
                }
            }
        }
        Ok(answer)
    }

    /// Notes what the server refuses for good: nothing else may end up as refused.
    fn refused_by_the_server(&mut self, body: &[u8]) -> Verdict {
        let Ok(reply) = serde_json::from_slice::<PushReply>(body) else { return Ok(()) };
        for outcome in reply.outcomes {
            let Outcome::Rejected { problem } = outcome.outcome else { continue };
            if problem.code == Code::OpIdReused {
                return Err(format!("5. retry: an operation was sent again with other bytes: {:?}", outcome.op_id));
            }
            self.model.refused.extend(outcome.op_id);
        }
        Ok(())
    }

    /// A refusal of a whole request is one of its operation, where there is only one in it.
    fn refused_alone(&mut self, request: &Request) {
        let Request::Push { body, operations: 1, .. } = request else { return };
        let body: serde_json::Value = serde_json::from_slice(body).expect("a push is JSON");
        let op_id = serde_json::from_value::<OpId>(body["operations"][0]["opId"].clone()).ok();
        self.model.refused.extend(op_id);
    }

    /// The same bytes arrive twice. The second time changes nothing.
    async fn carry_twice(&mut self, device: usize, session: &Session, request: &Request) -> Result<Answer, String> {
        let first = self.carry(device, session, request).await?;
        let before = check::digest(&self.server).await;
        let second = self.carry(device, session, request).await?;
        let after = check::digest(&self.server).await;
        if before != after {
            return Err(format!("a request of device {device} that arrived twice changed the database twice"));
        }
        Ok(if before.len() % 2 == 0 { first } else { second })
    }

    async fn carry_with_another_token(&mut self, device: usize, request: &Request) -> Answer {
        let account = self.account_of(device);
        let other = self.devices.iter().find(|d| self.accounts[d.account] != account && d.session.is_some());
        match other.and_then(|other| other.session.clone()) {
            Some(session) => self.server.carry(&session, account, request).await,
            None => Answer::NoReply,
        }
    }

    pub(super) fn hand_in(&mut self, device: usize, reply: Reply) -> Verdict {
        match self.devices[device].device().handle(reply) {
            Ok(handled) => {
                self.tally.handled(&handled);
                Ok(())
            }
            Err(error) => self.survive(device, &error),
        }
    }

    /// A device that was to die at a commit has done so. Any other failure of a core is a defect.
    pub(super) fn survive(&mut self, device: usize, error: &holdfast_device::Error) -> Verdict {
        if self.devices[device].has_died() {
            self.tally.fault("DiedAtCommit");
            self.say(format!("device {device} dies at a commit"));
            self.devices[device].restart(true);
            return Ok(());
        }
        Err(format!("the core of device {device} failed: {error}"))
    }

    /// Something comes out of the network that was thought lost.
    async fn arrive(&mut self, rng: &mut StdRng) -> Verdict {
        let device = rng.random_range(0..self.devices.len());
        if rng.random_bool(0.5) && !self.devices[device].late.is_empty() {
            let reply = self.devices[device].late.remove(0);
            self.say(format!("a late reply reaches device {device}"));
            return self.hand_in(device, reply);
        }
        if !self.devices[device].wandering.is_empty() {
            let (request, session) = self.devices[device].wandering.remove(0);
            self.say(format!("a {:?} of device {device} arrives after all", request.lease().lane));
            self.carry(device, &session, &request).await?;
        }
        Ok(())
    }

    /// Faults stop; what was planned does not strike any more.
    pub(super) fn calm(&mut self) {
        self.striking.clear();
    }
}

/// Memory is as good as a disk here: what is durable is tested elsewhere.
fn folder() -> TempDir {
    let memory = std::path::Path::new("/dev/shm");
    if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() }.expect("a folder")
}

/// One of these.
pub(super) fn pick<'a, T>(rng: &mut StdRng, from: &'a [T]) -> &'a T {
    &from[rng.random_range(0..from.len())]
}

fn somebody_elses(rng: &mut StdRng) -> Answer {
    let status = *pick(rng, &[200, 204, 301, 302, 401, 403, 404, 409, 410, 422, 500, 502]);
    let body = *pick(rng, &["", "<html>Sign in to the Wi-Fi</html>", "{}", "{\"outcomes\":[]}", "null", "\u{0}"]);
    Answer::Http {
        status,
        protocol_header: rng.random_bool(0.1) && status >= 500,
        retry_after: None,
        body: body.into(),
    }
}

fn server_says(status: u16, code: &str, retry_after: Option<u32>) -> Answer {
    let body =
        serde_json::json!({ "code": code, "status": status, "title": "x", "detail": "x", "retryAfter": retry_after });
    Answer::Http { status, protocol_header: true, retry_after, body: body.to_string().into_bytes() }
}
