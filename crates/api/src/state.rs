//! What every handler can reach.

use std::num::NonZeroU32;
use std::ops::Deref;
use std::sync::Arc;

use holdfast_service::Service;

use crate::events::Streams;
use crate::rate_limit::Limiter;
use crate::settings::{ApiSettings, Limit, RateLimits};

/// What every handler can reach. Cheap to clone.
#[derive(Clone)]
pub(crate) struct ApiState(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) service: Service,
    pub(crate) settings: ApiSettings,
    pub(crate) user_limiter: Limiter,
    pub(crate) sign_in_limiter: Limiter,
    /// Tokens that had to be looked up, by the client's address: whoever tries tokens costs the database a question each.
    pub(crate) look_up_limiter: Limiter,
    pub(crate) streams: Streams,
}

/// So many tokens from one address may be looked up for each sign-in that is allowed. A token is looked up once, and then
/// known for a while.
const LOOK_UPS_PER_SIGN_IN: u32 = 30;

impl ApiState {
    pub(crate) fn new(service: Service, settings: ApiSettings) -> Self {
        let RateLimits { user, sign_in } = settings.rate_limits;
        Self(Arc::new(Inner {
            service,
            user_limiter: Limiter::new("user", user),
            sign_in_limiter: Limiter::new("sign-in", sign_in),
            look_up_limiter: Limiter::new(
                "token",
                Limit {
                    requests: sign_in.requests.saturating_mul(NonZeroU32::MIN.saturating_add(LOOK_UPS_PER_SIGN_IN - 1)),
                    ..sign_in
                },
            ),
            streams: Streams::new(settings.event_streams_per_user),
            settings,
        }))
    }
}

impl Deref for ApiState {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}
