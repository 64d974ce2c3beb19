//! What every handler can reach.

use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRef;
use holdfast_http::Front;
use holdfast_service::Service;

use crate::events::Streams;
use crate::settings::ApiSettings;

/// What every handler can reach. Cheap to clone.
#[derive(Clone)]
pub(crate) struct ApiState(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) front: Front,
    pub(crate) service: Service,
    pub(crate) settings: ApiSettings,
    pub(crate) streams: Streams,
}

impl ApiState {
    pub(crate) fn new(front: Front, settings: ApiSettings) -> Self {
        Self(Arc::new(Inner {
            service: front.service().clone(),
            front,
            streams: Streams::new(settings.event_streams_per_user),
            settings,
        }))
    }
}

impl FromRef<ApiState> for Front {
    fn from_ref(state: &ApiState) -> Self {
        state.front.clone()
    }
}

impl Deref for ApiState {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}
