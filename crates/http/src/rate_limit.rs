//! How often one may ask: per account for everything, per address for what needs no account.
//!
//! Replies say where one stands in the `RateLimit-Policy` and `RateLimit` headers
//! (draft-ietf-httpapi-ratelimit-headers); a refused request also gets `Retry-After`. Each process counts for itself.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use holdfast_contract::{Code, Problem};

use crate::settings::Limit;

/// Most clients that are counted one by one. Beyond, clients share [`SHARED_BUCKETS`] counts, so that memory stays
/// bounded however many addresses somebody has.
const KEYS_MAX: usize = 100_000;
const SHARED_BUCKETS: u64 = 4096;
/// Checks between two clean-ups.
const CLEAN_EVERY: u32 = 1024;

type Governor = RateLimiter<u128, DashMapStateStore<u128>, DefaultClock, StateInformationMiddleware>;

/// One policy, counted per key.
pub struct Limiter {
    policy: &'static str,
    limit: Limit,
    period: Duration,
    governor: Governor,
    hasher: RandomState,
    checks: AtomicU32,
    is_full: AtomicBool,
}

/// Where a client stands after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    policy: &'static str,
    limit: Limit,
    remaining: u32,
    /// Seconds until everything has grown back.
    reset: u64,
}

/// One request too many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exceeded {
    standing: Standing,
    retry_after: u32,
}

impl Limiter {
    /// Counts for this policy, which its replies name.
    pub fn new(policy: &'static str, limit: Limit) -> Self {
        let period = (limit.window / limit.requests.get()).max(Duration::from_nanos(1));
        let quota = Quota::with_period(period).unwrap_or(Quota::per_second(limit.requests)).allow_burst(limit.requests);
        Self {
            policy,
            limit,
            period,
            governor: RateLimiter::dashmap(quota).with_middleware(),
            hasher: RandomState::new(),
            checks: AtomicU32::new(0),
            is_full: AtomicBool::new(false),
        }
    }

    /// Counts one request of `key`.
    pub fn check(&self, key: u128) -> Result<Standing, Exceeded> {
        if self.checks.fetch_add(1, Ordering::Relaxed) % CLEAN_EVERY == CLEAN_EVERY - 1 {
            self.governor.retain_recent();
            self.is_full.store(self.governor.len() >= KEYS_MAX, Ordering::Relaxed);
        }
        let key = if self.is_full.load(Ordering::Relaxed) {
            u128::from(self.hasher.hash_one(key) % SHARED_BUCKETS)
        } else {
            key
        };
        match self.governor.check_key(&key) {
            Ok(state) => Ok(self.standing(state.remaining_burst_capacity())),
            Err(not_until) => {
                let wait = not_until.wait_time_from(DefaultClock::default().now());
                let seconds = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).saturating_add(1);
                metrics::counter!("rate_limited_total", "policy" => self.policy).increment(1);
                Err(Exceeded { standing: self.standing(0), retry_after: seconds })
            }
        }
    }

    fn standing(&self, remaining: u32) -> Standing {
        let missing = self.limit.requests.get().saturating_sub(remaining);
        let reset = self.period.saturating_mul(missing).as_secs_f64().ceil();
        // Never negative, and far below 2^53.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        Standing { policy: self.policy, limit: self.limit, remaining, reset: reset as u64 }
    }
}

impl Standing {
    /// Says on a reply where the client stands.
    pub fn write(&self, headers: &mut HeaderMap) {
        let Self { policy, limit, remaining, reset } = self;
        let policy_value = format!("\"{policy}\";q={};w={}", limit.requests, limit.window.as_secs().max(1));
        let value = format!("\"{policy}\";r={remaining};t={reset}");
        for (name, value) in [("ratelimit-policy", policy_value), ("ratelimit", value)] {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
    }
}

impl Exceeded {
    /// What a request too many is told.
    pub fn problem(&self) -> Problem {
        let detail = format!("Too many requests. Wait {} seconds, then go on.", self.retry_after);
        Problem::new(Code::RateLimited, detail).with_retry_after(self.retry_after)
    }

    /// Where the client stands.
    pub fn standing(&self) -> Standing {
        self.standing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_refused_after_its_share_and_others_are_not() {
        let limiter = Limiter::new("test", Limit::per_minute(3));
        for left in [2, 1, 0] {
            assert_eq!(limiter.check(1).unwrap().remaining, left);
        }
        let exceeded = limiter.check(1).unwrap_err();
        assert!((1..=20).contains(&exceeded.retry_after), "{exceeded:?}");
        assert_eq!(exceeded.standing.reset, 60);
        assert!(limiter.check(2).is_ok());
    }

    #[test]
    fn the_number_of_counted_clients_is_bounded() {
        let limiter = Limiter::new("test", Limit::per_minute(1000));
        for key in 0..150_000 {
            let _ = limiter.check(key);
        }
        let most = KEYS_MAX + CLEAN_EVERY as usize + usize::try_from(SHARED_BUCKETS).unwrap();
        assert!(limiter.governor.len() <= most, "{}", limiter.governor.len());
    }

    #[test]
    fn limits_meant_for_benchmarks_are_never_reached() {
        let limiter = Limiter::new("test", crate::settings::RateLimits::unlimited().user);
        assert!((0..10_000).all(|_| limiter.check(1).is_ok()));
    }
}
