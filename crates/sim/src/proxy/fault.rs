//! What can happen to a request, and the weather that decides it where no test does.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// What happens to one request.
#[derive(Clone, Debug)]
pub enum Fault {
    /// It never arrives: the connection is closed before a byte of it is passed on.
    NeverArrives,
    /// It breaks off after so many bytes.
    RequestTruncated(usize),
    /// It arrives whole, and then the device's side of the connection is closed; the other side stays open.
    RequestHalfClosed,
    /// It arrives and is carried out; the reply is lost.
    ReplyLost,
    /// The reply breaks off after so many bytes.
    ReplyTruncated(usize),
    /// The same, but the other side of the connection stays open.
    ReplyHalfClosed(usize),
    /// It arrives and is carried out; the reply never comes, and the connection stays open.
    ReplyStalled,
    /// The reply stops after so many bytes, and the connection stays open.
    ReplyStalledAfter(usize),
    /// The reply comes so much later.
    ReplyDelayed(Duration),
    /// From here on the connection carries so many bytes a second, each way.
    Slow(u32),
    /// Somebody else answers, with exactly these bytes.
    AnsweredBySomebodyElse(&'static str),
}

impl Fault {
    /// Its name in a tally.
    pub fn name(&self) -> &'static str {
        match self {
            Self::NeverArrives => "request lost",
            Self::RequestTruncated(_) => "request truncated",
            Self::RequestHalfClosed => "request half-closed",
            Self::ReplyLost => "reply lost",
            Self::ReplyTruncated(_) => "reply truncated",
            Self::ReplyHalfClosed(_) => "reply half-closed",
            Self::ReplyStalled | Self::ReplyStalledAfter(_) => "reply stalled",
            Self::ReplyDelayed(_) => "reply delayed",
            Self::Slow(_) => "slow network",
            Self::AnsweredBySomebodyElse(_) => "answered by somebody else",
        }
    }
}

/// Bytes a second of the slow network.
pub const SLOW: u32 = 1000;

/// A captive portal's answer to anything.
pub const CAPTIVE_PORTAL: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 40\r\nConnection: close\r\n\r\n\
     <html>Welcome to Hotel Wi-Fi, sign in!</";
/// A proxy's own 404.
pub const PROXY_404: &str =
    "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 9\r\nConnection: close\r\n\r\nnot here\n";
/// A proxy's own 401, without our protocol header.
pub const PROXY_401: &str =
    "HTTP/1.1 401 Unauthorized\r\nContent-Type: text/plain\r\nContent-Length: 6\r\nConnection: close\r\n\r\nlogin\n";

/// Faults by chance: each request meets one with a given probability, drawn from a seed.
pub struct Weather {
    rng: StdRng,
    chance: f64,
    always: Option<Fault>,
}

impl Weather {
    /// Every request meets a fault with this probability (0 to 1).
    pub fn new(seed: u64, chance: f64) -> Self {
        Self { rng: StdRng::seed_from_u64(seed), chance, always: None }
    }

    /// Every request meets this fault.
    pub fn always(fault: Fault) -> Self {
        Self { always: Some(fault), ..Self::new(0, 1.0) }
    }

    /// What the next request meets.
    pub(super) fn next(&mut self) -> Option<Fault> {
        if let Some(fault) = &self.always {
            return Some(fault.clone());
        }
        if !self.rng.random_bool(self.chance) {
            return None;
        }
        let rng = &mut self.rng;
        Some(match rng.random_range(0..20) {
            0..3 => Fault::NeverArrives,
            3..5 => Fault::RequestTruncated(rng.random_range(1..800)),
            5..7 => Fault::RequestHalfClosed,
            7..10 => Fault::ReplyLost,
            10..12 => Fault::ReplyTruncated(rng.random_range(1..800)),
            12..14 => Fault::ReplyHalfClosed(rng.random_range(0..800)),
            // It costs a device its whole patience, so it is rare.
            14 => Fault::ReplyStalledAfter(rng.random_range(0..200)),
            15..17 => Fault::ReplyDelayed(Duration::from_millis(rng.random_range(50..3000))),
            17 => Fault::Slow(SLOW),
            _ => Fault::AnsweredBySomebodyElse([CAPTIVE_PORTAL, PROXY_404, PROXY_401][rng.random_range(0..3)]),
        })
    }
}
