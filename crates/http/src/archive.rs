//! The complete archive of an account, as a reply.
//!
//! It is written to a file without a name first, which goes with the reply: so it is of one moment, the database waits for no
//! slow reader, and an archive that fails is a refusal and not half a file. Memory holds a page of places at a time.

use std::fs::File;
use std::io::{self, BufWriter, Read as _, Seek as _, SeekFrom};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use holdfast_contract::{Code, Place, Problem};
use holdfast_files::{ARCHIVE_MEDIA_TYPE, ArchiveWriter, ExportPlace, Listed};
use holdfast_service::{Actor, Service};
use serde_json::{Map, Value, json};
use tokio::sync::Semaphore;

use crate::download::{self, Parts};
use crate::front::Front;

/// How long an archive may take until it begins to be sent.
pub const TIMEOUT: Duration = Duration::from_mins(10);
/// Archives that are written at the same time. Each holds a connection to the database and keeps a core busy.
static WRITERS: Semaphore = Semaphore::const_new(2);
/// So much of the file is sent at once, in bytes.
const PART: usize = 64 * 1024;

type Archive = ArchiveWriter<BufWriter<File>>;

/// Everything that the actor has, of one moment: as a ZIP, whose length is known before it begins. `rate_limited` where they
/// fetch as many files as they may.
pub async fn reply(front: &Front, actor: Actor) -> Result<Response, Problem> {
    let download = front.claim_download(actor.user)?;
    let now = front.service().now();
    let turn = WRITERS.acquire().await.map_err(failed)?;
    let mut file = write(front.service(), actor).await?;
    drop(turn);
    let length = file.seek(SeekFrom::End(0)).and_then(|length| file.rewind().map(|()| length)).map_err(failed)?;
    let body = download::body(download, move |parts| send(file, parts));
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(ARCHIVE_MEDIA_TYPE));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    let day = now.to_string().get(..10).unwrap_or_default().to_owned();
    if let Ok(name) = HeaderValue::from_str(&format!("attachment; filename=\"holdfast-archive-{day}.zip\"")) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

async fn write(service: &Service, actor: Actor) -> Result<File, Problem> {
    let now = service.now();
    let mut snapshot = service.snapshot(actor).await.map_err(|error| error.problem())?;
    let begin = move || ArchiveWriter::new(BufWriter::new(tempfile::tempfile()?), now);
    let mut archive = blocking(begin).await?;
    for list in [Listed::Places, Listed::PlacesAsGpx, Listed::PlacesAsCsv, Listed::Trash] {
        archive = step(archive, move |archive| archive.begin(list)).await?;
        let mut after = None;
        loop {
            let page = snapshot.places(list == Listed::Trash, after).await;
            let (places, next) = page.map_err(|error| error.problem())?;
            archive = step(archive, move |archive| {
                places.iter().try_for_each(|place| archive.place(&exported(place), more(place)))
            })
            .await?;
            after = next;
            if after.is_none() {
                break;
            }
        }
    }
    archive = step(archive, Archive::begin_history).await?;
    let mut after = None;
    loop {
        let (versions, next) = snapshot.history(after).await.map_err(|error| error.problem())?;
        archive =
            step(archive, move |archive| versions.iter().try_for_each(|version| archive.version(version))).await?;
        after = next;
        if after.is_none() {
            break;
        }
    }
    snapshot.close().await.map_err(|error| error.problem())?;
    blocking(move || archive.finish()?.into_inner().map_err(io::IntoInnerError::into_error)).await
}

/// Writes to the archive where that may block.
async fn step(
    mut archive: Archive,
    write: impl FnOnce(&mut Archive) -> io::Result<()> + Send + 'static,
) -> Result<Archive, Problem> {
    blocking(move || write(&mut archive).map(|()| archive)).await
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(failed)?.map_err(failed)
}

/// What went wrong is for the log: it names files and disks, and nothing of a person.
fn failed(error: impl std::error::Error) -> Problem {
    tracing::error!(%error, "an archive could not be written");
    Problem::new(Code::Unavailable, "The archive can't be written at the moment. Try again in a little while.")
        .with_retry_after(60)
}

async fn send(mut file: File, parts: Parts) -> Result<(), io::Error> {
    loop {
        let read = tokio::task::spawn_blocking(move || {
            let mut part = Vec::with_capacity(PART);
            file.by_ref().take(PART as u64).read_to_end(&mut part).map(|_| (file, part))
        });
        let (rest, part) = read.await.map_err(io::Error::other)??;
        if part.is_empty() {
            return Ok(());
        }
        file = rest;
        parts.send(Bytes::from(part)).await?;
    }
}

/// What a place is in a file.
pub fn exported(place: &Place) -> ExportPlace {
    ExportPlace {
        client_id: place.client_id,
        name: place.name.clone(),
        note: place.note.clone(),
        category: place.category.clone(),
        tags: place.tags.clone(),
        position: Some((place.position(), place.position_source)),
        captured_at: place.captured_at,
    }
}

/// What is known of a place besides.
fn more(place: &Place) -> Map<String, Value> {
    let mut more = Map::new();
    let mut set = |name: &str, value: Value| more.insert(name.to_owned(), value);
    set("id", json!(place.id));
    set("version", json!(place.version));
    set("source", json!(place.source));
    set("createdAt", json!(place.created_at));
    set("updatedAt", json!(place.updated_at));
    if let Some(deleted_at) = place.deleted_at {
        set("deletedAt", json!(deleted_at));
    }
    more
}
