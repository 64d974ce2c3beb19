//! What every handler can reach.

use std::ops::Deref;
use std::sync::Arc;

use holdfast_service::Service;

use crate::events::Streams;
use crate::rate_limit::Limiter;
use crate::settings::{ApiSettings, RateLimits};

/// What every handler can reach. Cheap to clone.
#[derive(Clone)]
pub(crate) struct ApiState(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) service: Service,
    pub(crate) settings: ApiSettings,
    pub(crate) user_limiter: Limiter,
    pub(crate) sign_in_limiter: Limiter,
    pub(crate) streams: Streams,
}

impl ApiState {
    pub(crate) fn new(service: Service, settings: ApiSettings) -> Self {
        let RateLimits { user, sign_in } = settings.rate_limits;
        Self(Arc::new(Inner {
            service,
            user_limiter: Limiter::new("user", user),
            sign_in_limiter: Limiter::new("sign-in", sign_in),
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
