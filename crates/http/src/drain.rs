//! A refused request's body is taken in, so that its sender reads the refusal.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::Response;
use futures::StreamExt as _;
use http_body::Frame;

/// How much of a refused body is still taken in, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Most {
    /// So many bytes.
    pub bytes: usize,
    /// For so long.
    pub time: Duration,
}

impl Most {
    /// For requests that are answered by programs.
    pub const OF_A_CALL: Self = Self { bytes: 16 * 1024 * 1024, time: Duration::from_secs(5) };
    /// For files that people send.
    pub const OF_A_FILE: Self = Self { bytes: 128 * 1024 * 1024, time: Duration::from_secs(30) };
}

/// After a refusal, takes in what the client is still sending (within bounds) and drops it. Closing the connection at
/// once would reset it, and a client in the middle of sending would see a broken connection instead of the reason.
pub async fn drain_refused(State(most): State<Most>, request: Request, next: Next) -> Response {
    // Who waits for `100 Continue` sends nothing before it; reading would ask for the body.
    if request.body().is_end_stream() || request.headers().contains_key(header::EXPECT) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let shared = SharedBody(Arc::new(Mutex::new(body)));
    let response = next.run(Request::from_parts(parts, Body::new(shared.clone()))).await;
    if response.status().is_client_error() || response.status().is_server_error() {
        let drain = async {
            let mut drained = 0;
            let mut chunks = Body::new(shared).into_data_stream();
            while let Some(Ok(chunk)) = chunks.next().await {
                drained += chunk.len();
                if drained > most.bytes {
                    break;
                }
            }
        };
        // A client that takes its time gets the answer now.
        let _ = tokio::time::timeout(most.time, drain).await;
    }
    response
}

/// A body that two can hold, of whom one reads at a time.
#[derive(Clone)]
struct SharedBody(Arc<Mutex<Body>>);

impl HttpBody for SharedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let mut body = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Pin::new(&mut *body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).size_hint()
    }
}
