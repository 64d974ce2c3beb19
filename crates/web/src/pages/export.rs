//! `/export/…`: every place of one's own as a file, in any of the formats, written while it is read: an account of any size takes
//! little memory. And the complete archive.

use std::io::{self, Write};
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use holdfast_contract::{Code, Place};
use holdfast_files::{Format, Writer};
use holdfast_http::archive::{self, exported};
use holdfast_http::download::{self, Parts};
use holdfast_service::Actor;

use crate::failure::Failure;
use crate::state::WebState;
use crate::viewer::Viewer;

/// Where the complete archive is.
pub(crate) const ARCHIVE_PATH: &str = "/export/archive";
/// What the files are called, before the ending.
const NAME: &str = "holdfast-places";

/// Everything that somebody has: every place with all its fields, the trash, the history.
pub(crate) async fn archive(State(state): State<WebState>, Viewer(actor): Viewer) -> Result<Response, Failure> {
    Ok(archive::reply(&state.front, actor).await?)
}

/// The file. It ends early, and the browser says so, where the database fails in the middle: half a file is never passed off
/// as a whole one.
pub(crate) async fn download(
    State(state): State<WebState>,
    Viewer(actor): Viewer,
    Path(file): Path<String>,
) -> Result<Response, Failure> {
    let format = file
        .strip_prefix(NAME)
        .and_then(|rest| rest.strip_prefix('.'))
        .and_then(|ending| Format::WRITABLE.iter().copied().find(|format| format.extension() == ending));
    let format = format.ok_or_else(|| Failure::new(Code::NotFound, "Places can't be had in this format."))?;
    // The first page before the answer begins: who may not read gets a page that says so.
    let first = state.service.export_places(actor, None).await?;
    let claimed = state.front.claim_download(actor.user)?;
    let body = download::body(claimed, move |parts| async move { write(&state, actor, format, first, &parts).await });
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(format.media_type()));
    if let Ok(name) = HeaderValue::from_str(&format!("attachment; filename=\"{NAME}.{}\"", format.extension())) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

async fn write(
    state: &WebState,
    actor: Actor,
    format: Format,
    first: (Vec<Place>, Option<String>),
    parts: &Parts,
) -> Result<(), io::Error> {
    let part = Part::default();
    let mut writer = Writer::new(format, part.clone(), state.service.now())?;
    let (mut places, mut next) = first;
    loop {
        for place in &places {
            writer.write(&exported(place))?;
        }
        parts.send(part.take()).await?;
        let Some(after) = next else { break };
        let page = state.service.export_places(actor, Some(&after)).await;
        (places, next) = page.map_err(|error| io::Error::other(error.code().as_str()))?;
    }
    writer.finish()?;
    parts.send(part.take()).await
}

/// The part of a file that was written and not sent yet.
#[derive(Clone, Default)]
struct Part(Arc<Mutex<Vec<u8>>>);

impl Part {
    fn take(&self) -> Bytes {
        mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)).into()
    }
}

impl Write for Part {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
