//! Reading request bodies within bounds.

use std::io::Read;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::Response;
use flate2::read::MultiGzDecoder;
use futures::StreamExt;
use holdfast_contract::Code;
use holdfast_contract::limits::BODY_BYTES_MAX;
use http_body::Frame;

use crate::problem::Refusal;

/// How much of a refused body is still taken in, and for how long, so that its sender comes to read the answer.
const DRAIN_BYTES_MAX: usize = 16 * 1024 * 1024;
const DRAIN_TIME_MAX: Duration = Duration::from_secs(5);

/// The body of a request: at most [`BODY_BYTES_MAX`], before and after it was decompressed.
pub(crate) struct BoundedBody(pub(crate) Bytes);

impl<S: Send + Sync> FromRequest<S> for BoundedBody {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        let is_compressed = is_gzip(&parts.headers)?;
        let bytes = read(body).await?;
        let bytes = if is_compressed && !bytes.is_empty() { gunzip(&bytes)? } else { bytes };
        Ok(Self(bytes))
    }
}

fn too_large() -> Refusal {
    let detail = format!("The body is larger than {} KiB; send less at once.", BODY_BYTES_MAX / 1024);
    Refusal::new(Code::TooLarge, detail)
}

async fn read(body: Body) -> Result<Bytes, Refusal> {
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if announced > BODY_BYTES_MAX {
        return Err(too_large());
    }
    let mut read = Vec::with_capacity(announced);
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| {
            Refusal::new(Code::InvalidJson, "The body broke off before its end. Send the request again.")
        })?;
        if read.len() + chunk.len() > BODY_BYTES_MAX {
            return Err(too_large());
        }
        read.extend_from_slice(&chunk);
    }
    Ok(read.into())
}

fn is_gzip(headers: &HeaderMap) -> Result<bool, Refusal> {
    let mut encodings = headers.get_all(header::CONTENT_ENCODING).iter();
    match (encodings.next(), encodings.next()) {
        (None, _) => Ok(false),
        (Some(one), None) if one.as_bytes().eq_ignore_ascii_case(b"gzip") => Ok(true),
        (Some(one), None) if one.as_bytes().eq_ignore_ascii_case(b"identity") => Ok(false),
        _ => {
            let detail = "The body may be compressed with gzip or not at all; other encodings are not taken.";
            Err(Refusal::new(Code::UnsupportedMediaType, detail))
        }
    }
}

fn gunzip(bytes: &[u8]) -> Result<Bytes, Refusal> {
    let mut plain = Vec::new();
    // One byte more than allowed tells a body that is too large from one that fits exactly.
    let bound = BODY_BYTES_MAX as u64 + 1;
    MultiGzDecoder::new(bytes).take(bound).read_to_end(&mut plain).map_err(|_| {
        Refusal::new(Code::InvalidJson, "The body says it is compressed with gzip, but can't be decompressed.")
    })?;
    if plain.len() > BODY_BYTES_MAX { Err(too_large()) } else { Ok(plain.into()) }
}

/// After a refusal, takes in what the client is still sending (within bounds) and drops it. Closing the connection at
/// once would reset it, and a client in the middle of sending would see a broken connection instead of the reason.
pub(crate) async fn drain_refused(request: Request, next: Next) -> Response {
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
                if drained > DRAIN_BYTES_MAX {
                    break;
                }
            }
        };
        // A client that takes its time gets the answer now.
        let _ = tokio::time::timeout(DRAIN_TIME_MAX, drain).await;
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

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_compressed_body_may_be_as_large_as_a_plain_one_and_not_a_byte_larger() {
        let whole = vec![b' '; BODY_BYTES_MAX];
        assert_eq!(gunzip(&gzip(&whole)).unwrap().len(), BODY_BYTES_MAX);
        let bomb = gzip(&vec![0; 64 * 1024 * 1024]);
        assert!(bomb.len() < BODY_BYTES_MAX);
        assert!(format!("{:?}", gunzip(&bomb).unwrap_err()).contains("TooLarge"));
    }

    #[test]
    fn a_truncated_compressed_body_is_refused() {
        let mut cut = gzip(b"{\"a\": 1}");
        cut.truncate(cut.len() - 5);
        assert!(gunzip(&cut).is_err());
    }
}
