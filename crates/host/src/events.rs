//! The live stream of heads: a hint that there may be something to pull.

use std::time::Duration;

use eventsource_stream::Eventsource;
use futures::StreamExt;
use holdfast_contract::sync::HeadEvent;
use tokio::sync::mpsc;

use crate::client::Client;
use crate::environment::jitter;

/// First pause after the stream was lost.
const RECONNECT_FIRST: Duration = Duration::from_secs(1);
/// Longest pause between two tries. The timer of the device core pulls meanwhile.
const RECONNECT_MAX: Duration = Duration::from_mins(2);

/// What the live stream says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Live {
    /// Connected; what was missed before must be pulled.
    Connected,
    /// The newest number of the feed.
    Head(i64),
    /// Lost, and why; it is tried again by itself.
    Lost(String),
}

/// Follows the live stream for ever, reconnecting with growing, jittered pauses. Ends when nobody listens any more.
pub(crate) async fn follow(client: Client, hints: mpsc::Sender<Live>) {
    let mut pause = RECONNECT_FIRST;
    loop {
        let why = match client.open_events().await {
            Err(why) => why,
            Ok(reply) => {
                pause = RECONNECT_FIRST;
                if hints.send(Live::Connected).await.is_err() {
                    return;
                }
                match listen(reply, &hints).await {
                    Some(why) => why,
                    None => return,
                }
            }
        };
        tracing::debug!(%why, "live stream lost");
        if hints.send(Live::Lost(why)).await.is_err() {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(jitter(pause)) => {}
            () = hints.closed() => return,
        }
        pause = (pause * 2).min(RECONNECT_MAX);
    }
}

/// Reads one connection to its end: why it ended, or `None` when nobody listens any more.
async fn listen(reply: reqwest::Response, hints: &mpsc::Sender<Live>) -> Option<String> {
    // Comments (keep-alives) are no events, so silence is watched on the bytes.
    let bytes = watched_bytes(reply);
    let mut events = std::pin::pin!(bytes.eventsource());
    loop {
        let event = tokio::select! {
            event = events.next() => event,
            () = hints.closed() => return None,
        };
        match event {
            None => return Some("the server ended it".to_owned()),
            Some(Err(error)) => return Some(error.to_string()),
            Some(Ok(event)) if event.event == "head" => {
                if let Ok(head) = serde_json::from_str::<HeadEvent>(&event.data)
                    && hints.send(Live::Head(head.seq)).await.is_err()
                {
                    return None;
                }
            }
            Some(Ok(_)) => {}
        }
    }
}

/// The bytes of a reply; an error when nothing comes for too long.
fn watched_bytes(
    reply: reqwest::Response,
) -> impl futures::Stream<Item = Result<impl AsRef<[u8]>, StreamError>> + Send {
    futures::stream::unfold(Some(reply), |reply| async move {
        let mut reply = reply?;
        match tokio::time::timeout(Client::EVENTS_SILENCE, reply.chunk()).await {
            Ok(Ok(Some(chunk))) => Some((Ok(chunk), Some(reply))),
            Ok(Ok(None)) => None,
            Ok(Err(error)) => Some((Err(StreamError(error.without_url().to_string())), None)),
            Err(_) => Some((Err(StreamError("nothing was heard for too long".to_owned())), None)),
        }
    })
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct StreamError(String);
