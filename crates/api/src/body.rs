//! Reading request bodies within bounds.

use std::io::Read;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use flate2::read::MultiGzDecoder;
use futures::StreamExt;
use holdfast_contract::Code;
use holdfast_contract::limits::BODY_BYTES_MAX;

use crate::problem::Refusal;

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
