//! What the core wants from its host, and what the host hands back.

use holdfast_contract::Timestamp;

/// What the host is to do now.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Effects {
    /// Requests to send, at most one per lane. They are leased: no other process sends the same meanwhile.
    pub requests: Vec<Request>,
    /// When to call `poll` again at the latest (wall clock). `None`: only after an event, a reply or a command.
    pub wake_at: Option<Timestamp>,
    /// Whether something that a screen shows has changed since the last `poll`, by whatever process.
    pub changed: bool,
}

/// A request to send.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Request {
    /// `POST /v1/sync/push` with this JSON body.
    Push {
        /// To be handed back with the reply.
        lease: Lease,
        /// The body, exactly as it must be sent.
        body: Vec<u8>,
        /// How many operations it carries.
        operations: u32,
    },
    /// `GET /v1/sync/pull?cursor=…&witness=…&limit=…&pending=…`.
    Pull {
        /// To be handed back with the reply.
        lease: Lease,
        /// Where the last page ended; `None`: from the start.
        cursor: Option<String>,
        /// What the server gave with the newest reply to a push since then.
        witness: Option<String>,
        /// Changes asked for.
        limit: u32,
        /// Operations that wait in the outbox; `None` while a push is under way, which reports them itself.
        pending: Option<u32>,
    },
}

impl Request {
    /// Its lease.
    pub fn lease(&self) -> Lease {
        match self {
            Self::Push { lease, .. } | Self::Pull { lease, .. } => *lease,
        }
    }
}

/// The two lanes. They never wait for each other.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Lane {
    /// The outbox.
    Push,
    /// The feed.
    Pull,
}

/// The right to hand in the reply to one request. A reply whose lease is no longer the lane's is ignored.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Lease {
    /// The lane.
    pub lane: Lane,
    /// Unpredictable, so that no two leases are ever taken for each other.
    pub token: [u8; 16],
}

/// What came back for a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reply {
    /// The request's lease.
    pub lease: Lease,
    /// What came.
    pub answer: Answer,
}

/// What came back, as the transport saw it. The core judges whether it is the server's word.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// Nothing: no connection, a timeout, a connection that broke.
    NoReply,
    /// The device has no network, and nothing left it: the lane waits as if nothing had come back, and no attempt is counted.
    NotSent,
    /// An HTTP response.
    Http {
        /// Its status.
        status: u16,
        /// Whether it carried the `holdfast-protocol` header.
        protocol_header: bool,
        /// Seconds of its `Retry-After` header.
        retry_after: Option<u32>,
        /// Its body.
        body: Vec<u8>,
    },
}

/// What a reply came to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Handled {
    /// Whether the lease still held. If not, nothing else happened.
    pub taken: bool,
    /// Whether the server answered what was asked (as opposed to no reply, a failure or a refusal).
    pub answered: bool,
    /// Operations done by this push.
    pub applied: u32,
    /// Operations the server had done before.
    pub duplicates: u32,
    /// Operations that conflict.
    pub conflicts: u32,
    /// Operations whose place is gone.
    pub gone: u32,
    /// Operations refused for good.
    pub rejected: u32,
    /// Operations put off.
    pub deferred: u32,
    /// Changes taken from a page.
    pub pulled: u32,
    /// Whether the server has more to pull.
    pub has_more: bool,
}
