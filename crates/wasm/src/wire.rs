//! What goes between the worker's TypeScript and the core, as JSON.

use holdfast_app::{Attempt, Failure, FailureCode, Live, Persisted, StoreKey};
use holdfast_device::{Answer, Effects, Handled, Lane, Lease, Reply, Request, Status};
use serde::{Deserialize, Serialize};

use crate::home::Server;

/// What the worker knows and the core does not.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Facts {
    /// Whether the browser keeps what is stored.
    pub persisted: Persisted,
    /// Bytes that are used.
    pub used: Option<u64>,
    /// Bytes that may be used.
    pub quota: Option<u64>,
    /// How changes from elsewhere arrive.
    pub live: Live,
    /// What the browser is, for a diagnosis.
    pub browser: String,
}

/// How a call came.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Asked {
    /// It may have been carried out before.
    pub again: bool,
    /// Whose places it is for, as [`holdfast_app::Overview::store`] named them; none: those that calls are about now.
    pub store: Option<StoreKey>,
}

impl Asked {
    /// Whether it may have been carried out before.
    pub fn attempt(&self) -> Attempt {
        if self.again { Attempt::Again } else { Attempt::First }
    }
}

/// A request for the worker to send to the current account's server.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Send {
    /// To be handed back with the reply.
    pub lease: String,
    /// `POST` or `GET`.
    pub method: &'static str,
    /// Path and query, behind the server's address.
    pub path: String,
    /// The body, exactly as it must be sent.
    pub body: Option<String>,
}

/// What the worker is to do now.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ToDo {
    /// Requests to send.
    pub requests: Vec<Send>,
    /// When to ask again at the latest, in milliseconds since 1970.
    pub wake_at: Option<i64>,
    /// Whether something that a screen shows has changed.
    pub changed: bool,
}

/// What a reply came to.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Taken {
    /// Operations the server has done.
    pub sent: u32,
    /// Changes fetched.
    pub pulled: u32,
    /// Whether the server answered what was asked.
    pub answered: bool,
}

impl From<Handled> for Taken {
    fn from(handled: Handled) -> Self {
        Self { sent: handled.applied + handled.duplicates, pulled: handled.pulled, answered: handled.answered }
    }
}

/// What is not settled: nothing is in both numbers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Unsettled {
    /// As [`holdfast_app::Synced::need_attention`].
    pub need_attention: u64,
    /// As [`holdfast_app::Synced::pending`].
    pub pending: u64,
}

impl From<&Status> for Unsettled {
    fn from(status: &Status) -> Self {
        // Only the first operation of a place is ever parked, and its place needs the person then.
        let parked = status.conflicts + status.rejected + status.plan_full;
        Self { need_attention: status.places.needs_attention, pending: status.pending.saturating_sub(parked) }
    }
}

/// A reply as the worker saw it. Nothing came: `status` is 0.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpReply {
    /// Its status.
    pub status: u16,
    /// Whether it carried the `holdfast-protocol` header.
    pub protocol: bool,
    /// Seconds of its `Retry-After` header.
    pub retry_after: Option<u32>,
    /// Its body.
    pub body: String,
    /// Nothing came, because there was no network to send anything.
    #[serde(default)]
    pub unsent: bool,
}

/// A sign-in to send: to a server that is not, or not yet, the current account's.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SignInRequest {
    /// The path.
    pub path: &'static str,
    /// The body.
    pub body: String,
}

/// Whom the worker sends for.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Access {
    /// The server.
    pub server: Server,
    /// The bearer token.
    pub token: String,
    /// The account.
    pub account: String,
}

/// What has happened to the worker.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "camelCase", tag = "is")]
pub enum Event {
    /// This worker is the leader now: nobody else's request is on its way any more.
    Leading,
    /// The network is back.
    NetworkReturned,
    /// The person wants it now.
    TryNow,
    /// There may be something to fetch.
    PullNow,
    /// The live stream said how far the feed is.
    Head {
        /// The newest number.
        seq: i64,
    },
}

impl ToDo {
    /// The core's effects in the worker's terms.
    pub fn of(effects: Effects) -> Result<Self, Failure> {
        Ok(Self {
            requests: effects.requests.into_iter().map(send).collect::<Result<_, _>>()?,
            // Rounded up: woken a little too early, the core would be asked once more for nothing.
            wake_at: effects.wake_at.map(|at| at.as_micros().div_euclid(1000) + 1),
            changed: effects.changed,
        })
    }
}

fn send(request: Request) -> Result<Send, Failure> {
    let lease = lease_word(request.lease());
    Ok(match request {
        Request::Push { body, .. } => {
            let body = String::from_utf8(body).map_err(|error| unexpected(&error))?;
            Send { lease, method: "POST", path: "/v1/sync/push".to_owned(), body: Some(body) }
        }
        Request::Pull { cursor, witness, limit, pending, .. } => {
            let mut path = format!("/v1/sync/pull?limit={limit}");
            if let Some(pending) = pending {
                path.push_str(&format!("&pending={pending}"));
            }
            for (name, value) in [("cursor", cursor), ("witness", witness)] {
                if let Some(value) = value {
                    path.push_str(&format!("&{name}={}", percent(&value)));
                }
            }
            Send { lease, method: "GET", path, body: None }
        }
    })
}

/// A value of a query: everything but letters, digits and `-._~` as bytes.
fn percent(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

/// A reply to a request of the core.
pub fn reply(lease: &str, http: HttpReply) -> Result<Reply, Failure> {
    let lease = parse_lease(lease).ok_or_else(|| unexpected(&"not a lease"))?;
    let answer = if http.status == 0 {
        if http.unsent { Answer::NotSent } else { Answer::NoReply }
    } else {
        Answer::Http {
            status: http.status,
            protocol_header: http.protocol,
            retry_after: http.retry_after,
            body: http.body.into_bytes(),
        }
    };
    Ok(Reply { lease, answer })
}

fn lease_word(lease: Lease) -> String {
    let lane = match lease.lane {
        Lane::Push => "push",
        Lane::Pull => "pull",
    };
    format!("{lane}.{:032x}", u128::from_be_bytes(lease.token))
}

fn parse_lease(word: &str) -> Option<Lease> {
    let (lane, hex) = word.split_once('.')?;
    let lane = match lane {
        "push" => Lane::Push,
        "pull" => Lane::Pull,
        _ => return None,
    };
    let token = u128::from_str_radix(hex, 16).ok().filter(|_| hex.len() == 32)?.to_be_bytes();
    Some(Lease { lane, token })
}

pub(crate) fn unexpected(error: &dyn std::fmt::Display) -> Failure {
    Failure::new(FailureCode::Unexpected).with_detail(error.to_string())
}

#[cfg(test)]
mod tests {
    use holdfast_device::PlaceCounts;

    use super::*;

    #[test]
    fn nothing_that_needs_the_person_is_counted_as_waiting_too() {
        let mut status = Status {
            places: PlaceCounts::default(),
            trash: 0,
            pending: 7,
            conflicts: 1,
            rejected: 1,
            plan_full: 1,
            oldest_pending_at: None,
            last_pull_at: None,
            last_push_at: None,
            caught_up: true,
            paused: None,
            push_problem: None,
            pull_problem: None,
            push_waits_until: None,
            pull_waits_until: None,
            limits: None,
            recovery: None,
        };
        status.places.needs_attention = 4;
        assert_eq!(Unsettled::from(&status), Unsettled { need_attention: 4, pending: 4 });
        status.pending = 3;
        assert_eq!(Unsettled::from(&status).pending, 0);
    }

    #[test]
    fn a_lease_goes_to_the_worker_and_back() {
        for lane in [Lane::Push, Lane::Pull] {
            let lease = Lease { lane, token: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255] };
            assert_eq!(parse_lease(&lease_word(lease)), Some(lease));
        }
        assert_eq!(parse_lease("push.12"), None);
    }

    #[test]
    fn a_cursor_is_one_value_of_the_query_whatever_is_in_it() {
        let lease = Lease { lane: Lane::Pull, token: [0; 16] };
        let pull =
            Request::Pull { lease, cursor: Some("a+b/c=&d".to_owned()), witness: None, limit: 5, pending: Some(2) };
        assert_eq!(send(pull).unwrap().path, "/v1/sync/pull?limit=5&pending=2&cursor=a%2Bb%2Fc%3D%26d");
    }
}
