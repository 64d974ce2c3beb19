//! Two requests that meet in the database, at the worst of moments: the first is held before one of its statements until
//! the second is done or waits for a lock. Which of them wins is not in the seed, and nothing that is checked depends on it.

use holdfast_contract::{AccountId, PlaceId};
use holdfast_device::{Answer, Reply, Request};
use holdfast_service::Actor;
use rand::RngExt;
use rand::rngs::StdRng;

use super::check;
use super::model::Key;
use super::server::{Session, SimServer};
use super::world::{Verdict, World, pick};

/// Statements of the first request, of which one is held.
const STATEMENTS: u32 = 8;
/// Looks at the database until the first goes on even so: the second may wait for something else than a lock.
const LOOKS: usize = 200;

/// A request of a device.
struct Sent {
    device: usize,
    session: Session,
    request: Request,
}

/// How they met.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Met {
    /// The first has fewer statements: they came one after the other.
    Not,
    /// The second passed while the first was held.
    InPassing,
    /// The second, or the first, waited for a lock.
    AtALock,
}

/// What the first request meets.
enum Second {
    /// Another device's request.
    Other(Sent),
    /// The same request, by another way.
    Same,
    /// A share is taken back.
    Unshare(Actor, PlaceId, Key, AccountId),
    /// The trash is purged and what is old is dropped.
    Tidy,
}

impl World {
    /// Two requests meet.
    pub(super) async fn at_once(&mut self, rng: &mut StdRng) -> Verdict {
        let device = rng.random_range(0..self.devices.len());
        let sibling = (0..self.devices.len()).find(|d| *d != device && self.account_of(*d) == self.account_of(device));
        let other = match sibling {
            Some(sibling) if rng.random_bool(0.6) => sibling,
            _ => (device + rng.random_range(1..self.devices.len())) % self.devices.len(),
        };
        self.work_on_one_place(device, other, rng)?;
        let (Some(first), rest) = self.next_requests(device, rng)? else { return Ok(()) };
        let (second, others_rest) = match rng.random_range(0..10) {
            0..5 => match self.next_requests(other, rng)? {
                (Some(sent), rest) => (Second::Other(sent), rest),
                (None, rest) => (Second::Same, rest),
            },
            5..7 => (Second::Same, Vec::new()),
            7..9 => (self.a_share(rng).unwrap_or(Second::Same), Vec::new()),
            _ => (Second::Tidy, Vec::new()),
        };
        // Most locks are taken late.
        let statement = rng.random_range(0..STATEMENTS).max(rng.random_range(0..STATEMENTS));
        self.meet(first, second, statement, rng).await?;
        for sent in rest.into_iter().chain(others_rest) {
            self.request(sent.device, &sent.session, sent.request).await?;
        }
        Ok(())
    }

    /// Two people, or one on two devices, do something about a place that both of them see.
    fn work_on_one_place(&mut self, one: usize, other: usize, rng: &mut StdRng) -> Verdict {
        let theirs = self.devices[other].views(false);
        let both: Vec<_> = self.devices[one]
            .views(false)
            .into_iter()
            .filter_map(|view| Some((theirs.iter().find(|v| v.id.is_some() && v.id == view.id)?.clone(), view)))
            .collect();
        if both.is_empty() {
            self.capture(one, rng)?;
            return self.capture(other, rng);
        }
        let (at_other, at_one) = pick(rng, &both).clone();
        for (device, view) in [(one, at_one), (other, at_other)] {
            match rng.random_range(0..10) {
                0..7 => self.edit_place(device, &view, rng)?,
                7 => self.delete_place(device, &view)?,
                _ => self.capture(device, rng)?,
            }
        }
        Ok(())
    }

    /// What a device would send now: one request, and the rest.
    fn next_requests(&mut self, device: usize, rng: &mut StdRng) -> Result<(Option<Sent>, Vec<Sent>), String> {
        let Some(session) = self.devices[device].session.clone() else { return Ok((None, Vec::new())) };
        let _ = self.devices[device].device().try_now();
        let effects = match self.devices[device].device().poll() {
            Ok(effects) => effects,
            Err(error) => return self.survive(device, &error).map(|()| (None, Vec::new())),
        };
        let mut sent: Vec<Sent> =
            effects.requests.into_iter().map(|request| Sent { device, session: session.clone(), request }).collect();
        if sent.is_empty() {
            return Ok((None, sent));
        }
        let push = sent.iter().position(|s| matches!(s.request, Request::Push { .. }));
        let chosen = push.filter(|_| rng.random_bool(0.9)).unwrap_or_else(|| rng.random_range(0..sent.len()));
        Ok((Some(sent.swap_remove(chosen)), sent))
    }

    fn a_share(&self, rng: &mut StdRng) -> Option<Second> {
        let shares: Vec<_> = self.model.shares.iter().copied().collect();
        let (key, recipient) = *shares.get(rng.random_range(0..shares.len().max(1)))?;
        let owner = self.devices.iter().find(|d| self.accounts[d.account] == key.0 && d.session.is_some())?;
        let (id, _) = self.model.rows.iter().find(|(_, k)| **k == key)?;
        Some(Second::Unshare(owner.session.as_ref()?.actor, *id, key, recipient))
    }

    async fn meet(&mut self, first: Sent, second: Second, statement: u32, rng: &mut StdRng) -> Verdict {
        let account = self.account_of(first.device);
        let server = &self.server;
        let name = match &second {
            Second::Other(_) => "another request",
            Second::Same => "the same request",
            Second::Unshare(..) => "the end of a share",
            Second::Tidy => "the purge of the trash",
        };
        let meeting = self.server.while_held(statement, server.carry(&first.session, account, &first.request), async {
            match &second {
                Second::Other(sent) => {
                    let account = self.account_of(sent.device);
                    Ok(Some(server.carry(&sent.session, account, &sent.request).await))
                }
                Second::Same => Ok(Some(server.carry(&first.session, account, &first.request).await)),
                Second::Unshare(owner, id, _, recipient) => {
                    server.service().unshare_place(*owner, *id, *recipient).await.map(|()| None)
                }
                Second::Tidy => {
                    let purged = server.service().purge_trash().await;
                    purged.and(server.service().prune().await).map(|()| None)
                }
            }
        });
        let (answer, others, met) = Box::pin(meeting).await;
        self.tally.fault(&format!("Met {met:?}"));
        self.say(format!("device {} meets {name} at statement {statement}: {met:?}", first.device));
        // Whoever read before the share ended may know what was shared: so this is looked at before the model forgets it.
        let answer = self.look_at(first.device, &first.request, answer)?;
        match second {
            Second::Other(sent) => {
                if let Some(others) = others.map_err(|e| e.to_string())? {
                    let others = self.look_at(sent.device, &sent.request, others)?;
                    self.hand_in(sent.device, Reply { lease: sent.request.lease(), answer: others })?;
                }
            }
            Second::Same => {
                if let Some(again) = others.map_err(|e| e.to_string())? {
                    let again = self.look_at(first.device, &first.request, again)?;
                    self.was_done_once(&first, &answer, &again).await?;
                    let answer = if rng.random_bool(0.5) { answer } else { again };
                    return self.hand_in(first.device, Reply { lease: first.request.lease(), answer });
                }
            }
            Second::Unshare(_, _, key, recipient) => {
                if others.is_ok() {
                    self.model.shares.remove(&(key, recipient));
                    self.tally.did("revoked a share");
                }
            }
            Second::Tidy => {
                others.map_err(|e| format!("the trash can't be purged while somebody sends: {e}"))?;
            }
        }
        self.hand_in(first.device, Reply { lease: first.request.lease(), answer })
    }

    /// 5. Of two deliveries that overlap, one does it; a third finds nothing to do.
    async fn was_done_once(&mut self, sent: &Sent, one: &Answer, other: &Answer) -> Verdict {
        let answered = |answer: &Answer| matches!(answer, Answer::Http { status: 200, .. });
        if !answered(one) || !answered(other) {
            return Ok(());
        }
        let before = check::digest(&self.server).await;
        self.carry(sent.device, &sent.session, &sent.request).await?;
        if before != check::digest(&self.server).await {
            return Err(format!("5. retry: a request of device {} changed the database once more", sent.device));
        }
        Ok(())
    }
}

impl SimServer {
    /// Carries out `second` while `first` is held before its `statement`th statement, until `second` is done or waits for a
    /// lock. Returns what came of both, and how they met.
    async fn while_held<A, B>(
        &self,
        statement: u32,
        first: impl Future<Output = A>,
        second: impl Future<Output = B>,
    ) -> (A, B, Met) {
        let line = self.line();
        let mut sql = self.database.connect().await;
        line.hold(statement);
        let first = async {
            let done = first.await;
            line.let_go();
            done
        };
        let second = async {
            line.holds().await;
            let done = second.await;
            line.let_go();
            done
        };
        let watch = async {
            line.holds().await;
            if !line.is_held() {
                return Met::Not;
            }
            for _ in 0..LOOKS {
                let waits: bool = sqlx::query_scalar(
                    "SELECT EXISTS (SELECT FROM pg_stat_activity
                        WHERE datname = current_database() AND wait_event_type = 'Lock')",
                )
                .fetch_one(&mut sql)
                .await
                .expect("the database answers");
                if waits {
                    line.let_go();
                    return Met::AtALock;
                }
                if !line.is_held() {
                    break;
                }
            }
            line.let_go();
            Met::InPassing
        };
        let (first, second, met) = tokio::join!(first, second, watch);
        (first, second, met)
    }
}
