//! Listening, and ending without cutting anybody off.
//!
//! Connections are served here and not by `axum::serve`, which bounds neither their number nor how long a client may take
//! to say what it wants.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::routing::get;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::StartError;

/// Most connections at once. Whoever comes later waits in the operating system's queue.
const CONNECTIONS_MAX: u64 = 8192;
/// File descriptors that are kept for everything else: the database, files, the runtime.
const OTHER_FILES: u64 = 128;
/// How long a client may take for a request's head, and how long an idle connection is kept.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// How long accepting pauses when the operating system is out of something.
const ACCEPT_PAUSE: Duration = Duration::from_millis(250);

/// Opens the port, or says in a sentence why it can't be.
pub(crate) async fn listen(variable: &'static str, at: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(at).await.map_err(|source| StartError::Listen { variable, at, source })
}

/// Ports behind a taken one that are tried.
const PORTS_TRIED: u16 = 20;

/// The same address with the next port on which nobody listens at this moment.
pub(crate) fn free_beside(taken: SocketAddr) -> Option<SocketAddr> {
    let ports = (1..=PORTS_TRIED).filter_map(|step| taken.port().checked_add(step));
    ports.map(|port| SocketAddr::new(taken.ip(), port)).find(|at| std::net::TcpListener::bind(at).is_ok())
}

/// A listener at work.
pub(crate) struct Serving {
    task: JoinHandle<()>,
}

impl Serving {
    /// Serves `router` until `stop`.
    pub(crate) fn start(listener: TcpListener, router: Router, stop: CancellationToken) -> Self {
        Self { task: tokio::spawn(serve(listener, router, stop)) }
    }

    /// Waits until every request that had begun is answered, for this long at most. Call after `stop`.
    pub(crate) async fn finish(mut self, patience: Duration) {
        match tokio::time::timeout(patience, &mut self.task).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "serving ended unexpectedly"),
            Err(_) => {
                tracing::warn!(seconds = patience.as_secs(), "some requests did not finish in time and are cut off");
                self.task.abort();
            }
        }
    }
}

async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) {
    let seats = Arc::new(Semaphore::new(connections_max()));
    let graceful = GracefulShutdown::new();
    // Dropped with this task, and every connection with it.
    let mut connections = JoinSet::new();
    loop {
        let accept = async {
            // The semaphore is never closed.
            let seat = Arc::clone(&seats).acquire_owned().await.ok();
            (listener.accept().await, seat)
        };
        let (accepted, seat) = tokio::select! {
            () = stop.cancelled() => break,
            accepted = accept => accepted,
        };
        while connections.try_join_next().is_some() {}
        match accepted {
            Ok((stream, peer)) => {
                let connection = graceful.watch(connection(stream, peer, router.clone()));
                connections.spawn(async move {
                    if let Err(error) = connection.await {
                        // A client that went away, or spoke something else than HTTP.
                        tracing::trace!(%error, "a connection ended early");
                    }
                    drop(seat);
                });
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "can't accept connections at the moment");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    // From here on nobody can connect.
    drop(listener);
    graceful.shutdown().await;
}

fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
) -> impl hyper_util::server::graceful::GracefulConnection<Error = hyper::Error> {
    // Answers are small and complete: nothing is gained by waiting for more to send.
    let _ = stream.set_nodelay(true);
    let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
        let mut request: Request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request)
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service)
}

/// As many as there are file descriptors for, after asking the operating system for all it is willing to give.
fn connections_max() -> usize {
    let files = getrlimit(Resource::RLIMIT_NOFILE).map_or(1024, |(soft, hard)| {
        let wanted = hard.min(CONNECTIONS_MAX + OTHER_FILES);
        if soft >= wanted || setrlimit(Resource::RLIMIT_NOFILE, wanted, hard).is_err() { soft } else { wanted }
    });
    let connections = files.saturating_sub(OTHER_FILES).clamp(16, CONNECTIONS_MAX);
    usize::try_from(connections).unwrap_or(usize::MAX)
}

fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// JSON where the API is, pages everywhere else.
pub(crate) fn both(api: Router, pages: Router) -> Router {
    Router::new().fallback_service(tower::service_fn(move |request: Request| {
        let router = if holdfast_api::is_served(request.uri().path()) { &api } else { &pages };
        router.clone().oneshot(request)
    }))
}

/// `/metrics` and nothing else.
pub(crate) fn metrics_router(render: Arc<dyn Fn() -> String + Send + Sync>) -> Router {
    let answer = move || async move {
        let text_format = [(axum::http::header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
        (text_format, render())
    };
    Router::new().route("/metrics", get(answer))
}
