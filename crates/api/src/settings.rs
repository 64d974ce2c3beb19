//! What the routes need besides the service.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::health::{AlwaysReady, Health};

/// Renders the process's metrics in the Prometheus text format.
pub type RenderMetrics = Arc<dyn Fn() -> String + Send + Sync>;

/// What the routes need besides the service. [`ApiSettings::default`] is what a test needs.
#[derive(Clone)]
pub struct ApiSettings {
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

impl Default for ApiSettings {
    fn default() -> Self {
        Self {
            keep_alive: Duration::from_secs(20),
            event_streams_per_user: 16,
            metrics: None,
            health: Arc::new(AlwaysReady),
            shutdown: CancellationToken::new(),
        }
    }
}
