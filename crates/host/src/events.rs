//! The live stream of heads: a hint that there may be something to pull.

use std::time::Duration;

use eventsource_stream::Eventsource;
use futures::StreamExt;
use holdfast_contract::sync::HeadEvent;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::client::{Client, NoStream};
use crate::environment::jitter;

/// The pauses between tries. The timer of the device core pulls meanwhile.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pauses {
    /// The first, after the stream was lost; each one after it is twice as long.
    first: Duration,
    /// The longest.
    max: Duration,
    /// How long a connection has to last before the next pause is the first again. A proxy that drops every stream at
    /// once must not be asked once a second for ever.
    lasting: Duration,
    /// The longest that a server may ask for.
    asked_max: Duration,
}

impl Pauses {
    pub(crate) const USUAL: Self = Self {
        first: Duration::from_secs(1),
        max: Duration::from_mins(2),
        lasting: Duration::from_secs(30),
        asked_max: Duration::from_hours(1),
    };
}

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

/// What the stream says to the loop.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Hint {
    /// What is told.
    pub(crate) live: Live,
    /// Connected, after a time in which nothing answered: the network is back.
    pub(crate) network_returned: bool,
    /// Lost, since the server does not take this device for signed in.
    pub(crate) refused: bool,
}

impl From<Live> for Hint {
    fn from(live: Live) -> Self {
        Self { live, network_returned: false, refused: false }
    }
}

/// Follows the live stream for ever, reconnecting with growing, jittered pauses. Ends when nobody listens any more.
pub(crate) async fn follow(client: Client, hints: mpsc::Sender<Hint>, pauses: Pauses) {
    let mut pause = pauses.first;
    let mut nothing_answered = false;
    loop {
        let mut asked = Duration::ZERO;
        let mut was_refused = false;
        let why = match client.open_events().await {
            Err(NoStream { why, answered, refused, retry_after }) => {
                nothing_answered |= !answered;
                was_refused = refused;
                asked = retry_after.unwrap_or_default().min(pauses.asked_max);
                why
            }
            Ok(reply) => {
                let since = Instant::now();
                let network_returned = std::mem::take(&mut nothing_answered);
                if hints.send(Hint { live: Live::Connected, network_returned, refused: false }).await.is_err() {
                    return;
                }
                let Some(why) = listen(reply, &hints).await else { return };
                if since.elapsed() >= pauses.lasting {
                    pause = pauses.first;
                }
                why
            }
        };
        tracing::debug!(%why, "live stream lost");
        if hints.send(Hint { refused: was_refused, ..Live::Lost(why).into() }).await.is_err() {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(jitter(pause).max(asked)) => {}
            () = hints.closed() => return,
        }
        pause = (pause * 2).min(pauses.max);
    }
}

/// Reads one connection to its end: why it ended, or `None` when nobody listens any more.
async fn listen(reply: reqwest::Response, hints: &mpsc::Sender<Hint>) -> Option<String> {
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
                    && hints.send(Live::Head(head.seq).into()).await.is_err()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::ServerUrl;
    use crate::test_server::{Answer, Server};

    fn following(server: &Server, pauses: Pauses) -> mpsc::Receiver<Hint> {
        let client = Client::new(ServerUrl::parse(&server.address).unwrap()).unwrap();
        let (sender, hints) = mpsc::channel(16);
        tokio::spawn(follow(client, sender, pauses));
        hints
    }

    fn ended_at_once() -> Answer {
        Answer { open: false, ..Answer::stream(": hello\n\n") }
    }

    #[tokio::test]
    async fn a_stream_that_is_dropped_at_once_is_opened_ever_more_rarely() {
        let server = Server::start(|_| ended_at_once());
        let begin = Instant::now();
        let pauses = Pauses { first: Duration::from_millis(40), ..Pauses::USUAL };
        let mut hints = following(&server, pauses);
        let mut connected = 0;
        while connected < 6 {
            connected += u32::from(hints.recv().await.unwrap().live == Live::Connected);
        }
        // Five pauses of at least half of 40, 80, 160, 320 and 640 ms; were each one the first, they came to 200 ms.
        assert!(begin.elapsed() >= Duration::from_millis(620), "{:?}", begin.elapsed());
    }

    #[tokio::test]
    async fn a_connection_that_lasted_is_made_again_soon() {
        let server = Server::start(|_| ended_at_once());
        let pauses = Pauses { first: Duration::from_millis(1), lasting: Duration::ZERO, ..Pauses::USUAL };
        let mut hints = following(&server, pauses);
        let mut connected = 0;
        // With doubled pauses the sixteenth would be half a minute long.
        while connected < 17 {
            let hint = tokio::time::timeout(Duration::from_secs(10), hints.recv()).await.expect("soon").unwrap();
            connected += u32::from(hint.live == Live::Connected);
        }
    }

    #[tokio::test]
    async fn a_pause_that_the_server_asks_for_is_kept() {
        let server = Server::start(|_| {
            let headers = vec![("holdfast-protocol", "1".to_owned()), ("retry-after", "1".to_owned())];
            Answer::new(429, headers, "{}")
        });
        let begin = Instant::now();
        let mut hints = following(&server, Pauses { first: Duration::from_millis(1), ..Pauses::USUAL });
        for _ in 0..2 {
            assert!(matches!(hints.recv().await.unwrap().live, Live::Lost(why) if why.contains("429")));
        }
        assert!(begin.elapsed() >= Duration::from_secs(1), "{:?}", begin.elapsed());
    }

    #[tokio::test]
    async fn only_a_time_in_which_nothing_answered_makes_the_network_return() {
        let tries = std::sync::atomic::AtomicU32::new(0);
        // Dropped, refused, nothing at all, and there again.
        let server = Server::start(move |_| match tries.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
            1 => Answer::problem(503, "unavailable", "Not now."),
            3 => Answer::new(0, vec![], ""),
            _ => ended_at_once(),
        });
        let mut hints = following(&server, Pauses { first: Duration::from_millis(1), ..Pauses::USUAL });
        let mut returned = Vec::new();
        while returned.len() < 3 {
            let hint = hints.recv().await.unwrap();
            if hint.live == Live::Connected {
                returned.push(hint.network_returned);
            }
        }
        assert_eq!(returned, [false, false, true]);
    }
}
