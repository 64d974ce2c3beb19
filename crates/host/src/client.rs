//! HTTP: the roads of a Holdfast server.
//!
//! For sync the client only carries: [`Answer`] hands status, the headers that matter and the body to the device core,
//! which alone judges whether that was the server's word. Redirects are never followed: a captive portal redirects, our
//! server does not, and a token must not travel to another host.

use std::error::Error as _;
use std::time::Duration;

use futures::StreamExt;
use holdfast_contract::account::{
    Account, Device, PairRequest, PairingCode, SetupRequest, SetupStatus, SignInRequest, SignedIn,
};
use holdfast_contract::share::GivenShare;
use holdfast_contract::sync::PullRequest;
use holdfast_contract::{ACCOUNT_HEADER, AccountId, DeviceId, PROTOCOL_HEADER, PROTOCOL_VERSION, PlaceId, Problem};
use reqwest::{Method, RequestBuilder, Response, StatusCode, header};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::home::Token;
use crate::server::ServerUrl;

/// How long a connection may take to come up.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a whole request may take, reply included. Shorter than a lease of the outbox, so that a request is over
/// before its lease is.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// How long an idle connection is kept for the next request. Shorter than the server keeps it (30 s, and a proxy in between
/// may keep it for less): a request on a connection that is just being closed would be lost for nothing.
const IDLE_MAX: Duration = Duration::from_secs(10);
/// How long the live stream may be silent before it counts as lost. The server sends a keep-alive every 20 s.
const EVENTS_SILENCE: Duration = Duration::from_secs(50);
/// The largest reply that is read. A page of 1,000 places with the longest notes is about 45 MB.
const REPLY_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Speaks to one server, signed in or not.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    server: ServerUrl,
    signed_in: Option<(Token, AccountId)>,
}

/// What came back from a sync request, unjudged.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Whether the reply carried the `Holdfast-Protocol` header.
    pub protocol: bool,
    /// Seconds of `Retry-After`, where it was given in seconds.
    pub retry_after: Option<u32>,
    /// The body.
    pub body: Vec<u8>,
}

impl Client {
    /// A client that is not signed in.
    pub fn new(server: ServerUrl) -> Result<Self, Error> {
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("holdfast/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(IDLE_MAX)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .gzip(true);
        if server.is_plain() {
            // No TLS will be spoken, so that a machine without trusted certificates can do this too.
            builder = builder.tls_certs_only(std::iter::empty());
        }
        if server.is_local() {
            builder = builder.no_proxy();
        }
        let http = builder.build().map_err(|e| Error::Tls(causes(&e)))?;
        Ok(Self { http, server, signed_in: None })
    }

    /// The same client, signed in.
    #[must_use]
    pub fn signed_in(mut self, token: Token, account: AccountId) -> Self {
        self.signed_in = Some((token, account));
        self
    }

    pub(crate) fn has_token(&self, token: &Token) -> bool {
        self.signed_in.as_ref().is_some_and(|(mine, _)| mine == token)
    }

    /// The server it speaks to.
    pub fn server(&self) -> &ServerUrl {
        &self.server
    }

    /// Whether the server waits for its first account.
    pub async fn setup_status(&self) -> Result<SetupStatus, Error> {
        self.json(self.request(Method::GET, "/v1/setup")).await
    }

    /// Makes the server's first account.
    pub async fn set_up(&self, request: &SetupRequest) -> Result<SignedIn, Error> {
        self.send(Method::POST, "/v1/setup", request).await
    }

    /// Signs in with e-mail and password.
    pub async fn sign_in(&self, request: &SignInRequest) -> Result<SignedIn, Error> {
        self.send(Method::POST, "/v1/sessions", request).await
    }

    /// Signs in with a pairing code.
    pub async fn pair(&self, request: &PairRequest) -> Result<SignedIn, Error> {
        self.send(Method::POST, "/v1/pairings", request).await
    }

    /// Ends this device's session on the server.
    pub async fn sign_out(&self) -> Result<(), Error> {
        self.empty(self.request(Method::DELETE, "/v1/sessions/current")).await
    }

    /// A code that pairs another device.
    pub async fn create_pairing_code(&self) -> Result<PairingCode, Error> {
        self.json(self.request(Method::POST, "/v1/pairing-codes")).await
    }

    /// The account.
    pub async fn account(&self) -> Result<Account, Error> {
        self.json(self.request(Method::GET, "/v1/account")).await
    }

    /// The account's devices.
    pub async fn devices(&self) -> Result<Vec<Device>, Error> {
        #[derive(Deserialize)]
        struct Devices {
            devices: Vec<Device>,
        }
        let reply: Devices = self.json(self.request(Method::GET, "/v1/devices")).await?;
        Ok(reply.devices)
    }

    /// Ends another device's access.
    pub async fn revoke_device(&self, device: DeviceId) -> Result<(), Error> {
        self.empty(self.request(Method::DELETE, &format!("/v1/devices/{device}"))).await
    }

    /// What the account shows to others.
    pub async fn shares(&self) -> Result<Vec<GivenShare>, Error> {
        #[derive(Deserialize)]
        struct Shares {
            shares: Vec<GivenShare>,
        }
        let reply: Shares = self.json(self.request(Method::GET, "/v1/shares")).await?;
        Ok(reply.shares)
    }

    /// Confirms every share that a restored backup suspended. Returns how many.
    pub async fn confirm_shares(&self) -> Result<u64, Error> {
        #[derive(Deserialize)]
        struct Confirmed {
            confirmed: u64,
        }
        let reply: Confirmed = self.json(self.request(Method::POST, "/v1/shares/confirm")).await?;
        Ok(reply.confirmed)
    }

    /// Confirms one of them.
    pub async fn confirm_share(&self, place: PlaceId, recipient: AccountId) -> Result<(), Error> {
        self.empty(self.request(Method::POST, &format!("/v1/places/{place}/shares/{recipient}/confirm"))).await
    }

    /// Takes a share back.
    pub async fn revoke_share(&self, place: PlaceId, recipient: AccountId) -> Result<(), Error> {
        self.empty(self.request(Method::DELETE, &format!("/v1/places/{place}/shares/{recipient}"))).await
    }

    /// Sends a batch as it is. The error says why nothing came back.
    pub async fn push(&self, body: Vec<u8>) -> Result<Answer, String> {
        let request = self.request(Method::POST, "/v1/sync/push").header(header::CONTENT_TYPE, "application/json");
        self.carry(request.body(body)).await
    }

    /// Asks for a page of the feed. The error says why nothing came back.
    pub async fn pull(&self, request: PullRequest<'_>) -> Result<Answer, String> {
        let mut url = self.server.join("/v1/sync/pull");
        {
            let mut query = url.query_pairs_mut();
            for (name, number) in [("limit", request.limit), ("pending", request.pending)] {
                if let Some(number) = number {
                    query.append_pair(name, &number.to_string());
                }
            }
            for (name, value) in [("cursor", request.cursor), ("witness", request.witness)] {
                if let Some(value) = value {
                    query.append_pair(name, value);
                }
            }
        }
        self.carry(self.with_headers(self.http.get(url))).await
    }

    /// Opens the live stream.
    pub(crate) async fn open_events(&self) -> Result<Response, NoStream> {
        let silent = |why| NoStream { why, answered: false, refused: false, retry_after: None };
        let request = self.request(Method::GET, "/v1/sync/events").header(header::ACCEPT, "text/event-stream");
        // The stream has no end, so no timeout of the whole; the headers must come in time, and silence is watched for.
        let reply = tokio::time::timeout(REQUEST_TIMEOUT, request.send())
            .await
            .map_err(|_| silent("no answer in time".to_owned()))?
            .map_err(|e| silent(causes(&e.without_url())))?;
        let is_stream = reply
            .headers()
            .get(header::CONTENT_TYPE)
            .is_some_and(|t| t.to_str().is_ok_and(|t| t.starts_with("text/event-stream")));
        let ours = reply.headers().contains_key(PROTOCOL_HEADER);
        if reply.status() == StatusCode::OK && is_stream && ours {
            return Ok(reply);
        }
        let retry_after = retry_after(&reply).map(|seconds| Duration::from_secs(seconds.into()));
        // A captive portal is no answer: behind it, nothing was reached.
        let refused = ours && reply.status() == StatusCode::UNAUTHORIZED;
        let why = format!("answered {} instead of a stream", reply.status());
        Err(NoStream { why, answered: ours, refused, retry_after })
    }

    /// How long the live stream may be silent.
    pub(crate) const EVENTS_SILENCE: Duration = EVENTS_SILENCE;

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.with_headers(self.http.request(method, self.server.join(path)))
    }

    fn with_headers(&self, mut request: RequestBuilder) -> RequestBuilder {
        request = request.header(PROTOCOL_HEADER, PROTOCOL_VERSION.to_string());
        if let Some((token, account)) = &self.signed_in {
            request = request.bearer_auth(token.as_str()).header(ACCOUNT_HEADER, account.to_string());
        }
        request
    }

    async fn carry(&self, request: RequestBuilder) -> Result<Answer, String> {
        let reply = request.timeout(REQUEST_TIMEOUT).send().await.map_err(|e| causes(&e.without_url()))?;
        let status = reply.status().as_u16();
        let protocol = reply.headers().contains_key(PROTOCOL_HEADER);
        let retry_after = retry_after(&reply);
        Ok(Answer { status, protocol, retry_after, body: read_body(reply).await? })
    }

    async fn send<T: DeserializeOwned>(&self, method: Method, path: &str, body: &impl Serialize) -> Result<T, Error> {
        self.json(self.request(method, path).json(body)).await
    }

    async fn json<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, Error> {
        let answer = self.answer(request).await?;
        serde_json::from_slice(&answer.body)
            .map_err(|_| self.not_holdfast("it speaks the protocol but sent something unknown; update holdfast".into()))
    }

    async fn empty(&self, request: RequestBuilder) -> Result<(), Error> {
        self.answer(request).await.map(drop)
    }

    /// Performs a request whose reply is judged here: only a reply of a Holdfast server is `Ok` or a problem.
    async fn answer(&self, request: RequestBuilder) -> Result<Answer, Error> {
        let unreachable = |why| Error::Unreachable { server: self.server.to_string(), why };
        let reply = request.timeout(REQUEST_TIMEOUT).send().await.map_err(|e| unreachable(causes(&e.without_url())))?;
        let status = reply.status();
        if !reply.headers().contains_key(PROTOCOL_HEADER) {
            let location = reply.headers().get(header::LOCATION).and_then(|l| l.to_str().ok());
            return Err(self.not_holdfast(match location {
                Some(to) if status.is_redirection() => {
                    format!("it redirects to {to}; if that is your server, use its address")
                }
                _ => format!("it answered {status} without the {PROTOCOL_HEADER} header"),
            }));
        }
        let body = read_body(reply).await.map_err(unreachable)?;
        if status.is_success() {
            return Ok(Answer { status: status.as_u16(), protocol: true, retry_after: None, body });
        }
        match serde_json::from_slice::<Problem>(&body) {
            Ok(problem) => Err(Error::Problem(problem)),
            Err(_) => Err(self.not_holdfast(format!("it answered {status} without saying why"))),
        }
    }

    fn not_holdfast(&self, why: String) -> Error {
        Error::NotHoldfast { server: self.server.to_string(), why }
    }
}

/// Why there is no live stream.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct NoStream {
    pub(crate) why: String,
    /// Whether a Holdfast server answered.
    pub(crate) answered: bool,
    /// Whether it answered that this device is not signed in.
    pub(crate) refused: bool,
    /// The pause it asked for.
    pub(crate) retry_after: Option<Duration>,
}

fn retry_after(reply: &Response) -> Option<u32> {
    reply.headers().get(header::RETRY_AFTER).and_then(|v| v.to_str().ok()?.trim().parse().ok())
}

async fn read_body(reply: Response) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    let mut chunks = reply.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|e| causes(&e.without_url()))?;
        if body.len() + chunk.len() > REPLY_BYTES_MAX {
            return Err("the reply is larger than any this server would send".to_owned());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The innermost causes of a transport error, without the address (which may carry a cursor).
fn causes(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "no answer in time".to_owned();
    }
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    let words = innermost.to_string();
    if error.source().is_none() { error.to_string() } else { words }
}
