//! `/export/…`: every place of one's own as a file, in any of the formats. It is written while it is read: an account of any
//! size takes little memory.

use std::collections::HashMap;
use std::io::{self, Write};
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use holdfast_contract::{AccountId, Code, Place, Problem};
use holdfast_files::{ExportPlace, Format, Writer};
use holdfast_service::Actor;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::failure::Failure;
use crate::state::WebState;
use crate::viewer::Viewer;

/// What the files are called, before the ending.
const NAME: &str = "holdfast-places";
/// Parts of a file that wait for a slow reader.
const PARTS: usize = 1;
/// How long a reader may take for a part.
const PATIENCE: Duration = Duration::from_mins(2);
/// Files that one account may fetch at the same time.
const AT_A_TIME: usize = 2;

type Sender = mpsc::Sender<Result<Bytes, io::Error>>;

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
    let exporting = state.exports.claim(actor.user).ok_or_else(|| {
        let detail = "Two files of yours are being fetched already. Wait until one of them is done.";
        Failure::from(Problem::new(Code::RateLimited, detail).with_retry_after(10))
    })?;
    let (sender, receiver) = mpsc::channel(PARTS);
    let file = Unfinished(Some(sender));
    tokio::spawn(async move {
        let _exporting = exporting;
        let Some(sender) = file.0.clone() else { return };
        match write(&state, actor, format, first, &sender).await {
            Ok(()) => file.finish(),
            Err(error) => tracing::debug!(%error, "an export broke off"),
        }
    });
    let mut response = Body::from_stream(ReceiverStream::new(receiver)).into_response();
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
    sender: &Sender,
) -> Result<(), io::Error> {
    let part = Part::default();
    let mut writer = Writer::new(format, part.clone(), state.service.now())?;
    let (mut places, mut next) = first;
    loop {
        for place in &places {
            writer.write(&exported(place))?;
        }
        send(sender, part.take()).await?;
        let Some(after) = next else { break };
        let page = state.service.export_places(actor, Some(&after)).await;
        (places, next) = page.map_err(|error| io::Error::other(error.code().as_str()))?;
    }
    writer.finish()?;
    send(sender, part.take()).await
}

/// Hands a part over to a reader that takes it in reasonable time.
async fn send(sender: &Sender, part: Bytes) -> Result<(), io::Error> {
    match sender.send_timeout(Ok(part), PATIENCE).await {
        Ok(()) => Ok(()),
        Err(_) => Err(io::Error::from(io::ErrorKind::BrokenPipe)),
    }
}

/// A file that is not whole yet. Dropped before it is, whatever the reason, it makes the download fail.
struct Unfinished(Option<Sender>);

impl Unfinished {
    /// It is whole.
    fn finish(mut self) {
        self.0 = None;
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(sender) = self.0.take() {
            tokio::spawn(async move {
                let error = io::Error::other("the file is not whole");
                let _ = sender.send_timeout(Err(error), PATIENCE).await;
            });
        }
    }
}

/// The files that each account fetches at the moment: what waits for a slow reader is held in memory.
#[derive(Clone, Default)]
pub(crate) struct Exports(Arc<Mutex<HashMap<AccountId, usize>>>);

/// One file that is fetched, until this is dropped.
struct Exporting(Exports, AccountId);

impl Exports {
    fn claim(&self, account: AccountId) -> Option<Exporting> {
        let mut accounts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = accounts.entry(account).or_default();
        (*count < AT_A_TIME).then(|| {
            *count += 1;
            Exporting(self.clone(), account)
        })
    }
}

impl Drop for Exporting {
    fn drop(&mut self) {
        let mut accounts = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = accounts.get_mut(&self.1) {
            *count -= 1;
            if *count == 0 {
                accounts.remove(&self.1);
            }
        }
    }
}

fn exported(place: &Place) -> ExportPlace {
    ExportPlace {
        client_id: place.client_id,
        name: place.name.clone(),
        note: place.note.clone(),
        category: place.category.clone(),
        tags: place.tags.clone(),
        position: place.position(),
        position_source: place.position_source,
        captured_at: place.captured_at,
    }
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
