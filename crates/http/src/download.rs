//! Files that are fetched: written while they are read, cut off where they can't be finished, and a few of an account at a
//! time.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use futures::{StreamExt as _, stream};
use holdfast_contract::{AccountId, Code, Problem};
use tokio::sync::mpsc;

/// Parts of a file that wait for a slow reader.
const PARTS: usize = 1;
/// How long a reader may take for a part.
const PATIENCE: Duration = Duration::from_mins(2);
/// Files that one account may fetch at the same time.
const AT_A_TIME: usize = 2;

/// The files that each account fetches at the moment: what waits for a slow reader is held in memory or on the disk.
#[derive(Clone, Default)]
pub(crate) struct Downloads(Arc<Mutex<HashMap<AccountId, usize>>>);

/// One file that is fetched, until this is dropped.
pub struct Download(Downloads, AccountId);

impl Downloads {
    /// `rate_limited` where the account fetches as many files as it may.
    pub(crate) fn claim(&self, account: AccountId) -> Result<Download, Problem> {
        let mut accounts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = accounts.entry(account).or_default();
        if *count < AT_A_TIME {
            *count += 1;
            return Ok(Download(self.clone(), account));
        }
        let detail = "Two files of yours are being fetched already. Wait until one of them is done.";
        Err(Problem::new(Code::RateLimited, detail).with_retry_after(10))
    }
}

impl Drop for Download {
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

type Sender = mpsc::Sender<Result<Bytes, io::Error>>;

/// Where the parts of a file are handed over.
#[derive(Clone)]
pub struct Parts(Sender);

impl Parts {
    /// Hands a part over to a reader that takes it in reasonable time; an error where it does not.
    pub async fn send(&self, part: Bytes) -> Result<(), io::Error> {
        match self.0.send_timeout(Ok(part), PATIENCE).await {
            Ok(()) => Ok(()),
            Err(_) => Err(io::Error::from(io::ErrorKind::BrokenPipe)),
        }
    }
}

/// The body of a file that `write` hands over part by part. It ends early, and whoever fetches it is told so, where `write`
/// fails: half a file is never passed off as a whole one.
pub fn body<F>(download: Download, write: impl FnOnce(Parts) -> F) -> Body
where
    F: Future<Output = Result<(), io::Error>> + Send + 'static,
{
    let (sender, receiver) = mpsc::channel(PARTS);
    let file = Unfinished(Some(sender.clone()));
    let work = write(Parts(sender));
    tokio::spawn(async move {
        let _download = download;
        match work.await {
            Ok(()) => file.finish(),
            Err(error) => tracing::debug!(%error, "a file that was fetched broke off"),
        }
    });
    let parts = stream::unfold(receiver, async |mut receiver| Some((receiver.recv().await?, receiver)));
    // What packs replies asks once more after the end.
    Body::from_stream(parts.fuse())
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
