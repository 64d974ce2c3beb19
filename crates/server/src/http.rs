//! Listening, and ending without cutting anybody off.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::StartError;

/// Opens the port, or says in a sentence why it can't be.
pub(crate) async fn listen(variable: &'static str, at: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(at).await.map_err(|source| StartError::Listen { variable, at, source })
}

/// A listener at work.
pub(crate) struct Serving {
    task: JoinHandle<io::Result<()>>,
}

impl Serving {
    /// Serves `router` until `stop`.
    pub(crate) fn start(listener: TcpListener, router: Router, stop: CancellationToken) -> Self {
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let serve = axum::serve(listener, service).with_graceful_shutdown(stop.cancelled_owned());
        Self { task: tokio::spawn(async move { serve.await }) }
    }

    /// Waits until every request that had begun is answered, for this long at most. Call after `stop`.
    pub(crate) async fn finish(mut self, patience: Duration) {
        match tokio::time::timeout(patience, &mut self.task).await {
            Ok(Ok(Ok(()))) => {}
            Ok(Ok(Err(error))) => tracing::error!(%error, "serving failed"),
            Ok(Err(error)) => tracing::error!(%error, "serving ended unexpectedly"),
            Err(_) => {
                tracing::warn!(seconds = patience.as_secs(), "some requests did not finish in time and are cut off");
                self.task.abort();
            }
        }
    }
}

/// `/metrics` and nothing else.
pub(crate) fn metrics_router(render: std::sync::Arc<dyn Fn() -> String + Send + Sync>) -> Router {
    let answer = move || async move {
        let text_format = [(axum::http::header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
        (text_format, render())
    };
    Router::new().route("/metrics", get(answer))
}
