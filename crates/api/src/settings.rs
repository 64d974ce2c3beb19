//! What the routes need besides the service.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use tokio_util::sync::CancellationToken;

use crate::health::{AlwaysReady, Health};

/// Renders the process's metrics in the Prometheus text format.
pub type RenderMetrics = Arc<dyn Fn() -> String + Send + Sync>;

/// What the routes need besides the service. [`ApiSettings::new`] gives the defaults.
#[derive(Clone)]
pub struct ApiSettings {
    /// The address people reach this server under, without a trailing slash. Decides whether cookies are `Secure` and
    /// which `Origin` is ours.
    pub public_url: String,
    /// How often one may ask.
    pub rate_limits: RateLimits,
    /// Proxies whose `X-Forwarded-For` and `X-Request-Id` are believed. Empty: nobody's are.
    pub trusted_proxies: Vec<IpNet>,
    /// A request that takes longer is given up with `unavailable`.
    pub request_timeout: Duration,
    /// Time between two comments on an idle event stream.
    pub keep_alive: Duration,
    /// Most event streams one account may hold open at a time.
    pub event_streams_per_user: usize,
    /// Renders `/metrics`; without it the address does not exist.
    pub metrics: Option<RenderMetrics>,
    /// Answers `/health/ready`.
    pub health: Arc<dyn Health>,
    /// Cancelled when the server shuts down: ends the event streams, which would never end by themselves.
    pub shutdown: CancellationToken,
}

impl ApiSettings {
    /// The defaults for a server that people reach under `public_url`.
    pub fn new(public_url: impl Into<String>) -> Self {
        let mut public_url = public_url.into();
        public_url.truncate(public_url.trim_end_matches('/').len());
        Self {
            public_url,
            rate_limits: RateLimits::default(),
            trusted_proxies: Vec::new(),
            request_timeout: Duration::from_secs(30),
            keep_alive: Duration::from_secs(20),
            event_streams_per_user: 16,
            metrics: None,
            health: Arc::new(AlwaysReady),
            shutdown: CancellationToken::new(),
        }
    }

    /// Whether people reach this server through TLS.
    pub(crate) fn is_https(&self) -> bool {
        self.public_url.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"))
    }

    /// Scheme and authority of the public address, as browsers send it in `Origin`.
    pub(crate) fn origin(&self) -> String {
        let authority = self.public_url.find("://").map_or(0, |i| i + 3);
        let end = self.public_url[authority..].find('/').map_or(self.public_url.len(), |i| authority + i);
        self.public_url[..end].to_ascii_lowercase()
    }
}

/// How often one may ask.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RateLimits {
    /// Requests of one account, from all its devices.
    pub user: Limit,
    /// Attempts to sign in, to set up or to pair, from one address.
    pub sign_in: Limit,
}

impl Default for RateLimits {
    fn default() -> Self {
        Self { user: Limit::per_minute(1200), sign_in: Limit::per_minute(20) }
    }
}

impl RateLimits {
    /// So high that nothing reaches them.
    pub fn unlimited() -> Self {
        let limit =
            Limit { requests: NonZeroU32::new(1_000_000_000).unwrap_or(NonZeroU32::MAX), ..Limit::per_minute(1) };
        Self { user: limit, sign_in: limit }
    }
}

/// A number of requests in a window of time. That many may come at once; they grow back evenly over the window.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limit {
    /// How many.
    pub requests: NonZeroU32,
    /// In which time.
    pub window: Duration,
}

impl Limit {
    /// So many requests a minute; 0 counts as 1.
    pub const fn per_minute(requests: u32) -> Self {
        let requests = match NonZeroU32::new(requests) {
            Some(requests) => requests,
            None => NonZeroU32::MIN,
        };
        Self { requests, window: Duration::from_mins(1) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_origin_is_the_public_address_without_its_path() {
        assert_eq!(ApiSettings::new("https://Places.Example.org/holdfast/").origin(), "https://places.example.org");
        assert_eq!(ApiSettings::new("http://127.0.0.1:8750").origin(), "http://127.0.0.1:8750");
    }

    #[test]
    fn only_an_https_address_makes_secure_cookies() {
        assert!(ApiSettings::new("HTTPS://a.example").is_https());
        assert!(!ApiSettings::new("http://a.example").is_https());
        assert!(!ApiSettings::new("").is_https());
    }
}
