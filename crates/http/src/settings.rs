//! What every way over HTTP needs to know.

use std::num::NonZeroU32;
use std::time::Duration;

use ipnet::IpNet;

/// What every way over HTTP needs to know. [`HttpSettings::new`] gives the defaults.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// The address people reach this server under, without a trailing slash. Decides whether cookies are `Secure` and
    /// which `Origin` is ours.
    pub public_url: String,
    /// How often one may ask.
    pub rate_limits: RateLimits,
    /// Proxies whose `X-Forwarded-For` and `X-Request-Id` are believed. Empty: nobody's are.
    pub trusted_proxies: Vec<IpNet>,
    /// A request that takes longer is given up.
    pub request_timeout: Duration,
}

impl HttpSettings {
    /// The defaults for a server that people reach under `public_url`.
    pub fn new(public_url: impl Into<String>) -> Self {
        let mut public_url = public_url.into();
        public_url.truncate(public_url.trim_end_matches('/').len());
        Self {
            public_url,
            rate_limits: RateLimits::default(),
            trusted_proxies: Vec::new(),
            request_timeout: Duration::from_secs(30),
        }
    }

    /// Whether people reach this server through TLS.
    pub fn is_https(&self) -> bool {
        self.public_url.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"))
    }

    /// Scheme and authority of the public address, as browsers send it in `Origin`.
    pub fn origin(&self) -> String {
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
        assert_eq!(HttpSettings::new("https://Places.Example.org/holdfast/").origin(), "https://places.example.org");
        assert_eq!(HttpSettings::new("http://127.0.0.1:8750").origin(), "http://127.0.0.1:8750");
    }

    #[test]
    fn only_an_https_address_makes_secure_cookies() {
        assert!(HttpSettings::new("HTTPS://a.example").is_https());
        assert!(!HttpSettings::new("http://a.example").is_https());
        assert!(!HttpSettings::new("").is_https());
    }
}
