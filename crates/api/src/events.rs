//! The live stream: a hint that there is something to pull.
//!
//! The stream looks after itself: before every event, and whenever it was silent for a while, it asks whether its
//! device may still listen. It ends when not, when the server can't tell, and when the server shuts down; a device
//! connects again by itself.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_stream::stream;
use axum::extract::State;
use axum::http::HeaderName;
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures::Stream;
use holdfast_contract::sync::HeadEvent;
use holdfast_contract::{AccountId, Code, Problem};
use holdfast_service::{Actor, Heads};

use crate::auth::Acting;
use crate::problem::Refusal;
use crate::state::ApiState;

/// What a client that was cut off waits before it connects again.
const RECONNECT_AFTER: Duration = Duration::from_secs(5);

/// Follows the head of one's feed.
///
/// A stream of server-sent events: `event: head` with the newest number of the feed as data, at once and after changes.
/// Several changes may come as one event. It is only a hint: pull on a timer as well.
#[utoipa::path(get, path = "/v1/sync/events", tag = "sync",
    responses((status = 200, description = "Events named `head`; the data of each is a `HeadEvent`.", body = HeadEvent,
        content_type = "text/event-stream", example = json!("event: head\ndata: {\"seq\":42}\n\n"))))]
pub(crate) async fn follow_events(State(state): State<ApiState>, Acting(actor): Acting) -> Result<Response, Refusal> {
    let slot = state.streams.open(actor.user).ok_or_else(too_many_streams)?;
    let heads = state.service.subscribe(actor).await?;
    let events = Sse::new(follow(state, actor, heads, slot));
    // Proxies that collect replies would hold the events back.
    Ok(([(HeaderName::from_static("x-accel-buffering"), "no")], events).into_response())
}

fn too_many_streams() -> Refusal {
    let detail = "Too many live connections of this account are open. Close one, or wait until one ends.";
    Problem::new(Code::RateLimited, detail).with_retry_after(60).into()
}

fn follow(
    state: ApiState,
    actor: Actor,
    mut heads: Heads,
    slot: StreamSlot,
) -> impl Stream<Item = Result<Event, Infallible>> + Send + 'static {
    stream! {
        let _slot = slot;
        let mut sent = heads.current();
        yield Ok(head(sent).retry(RECONNECT_AFTER));
        loop {
            let changed = tokio::select! {
                biased;
                () = state.settings.shutdown.cancelled() => break,
                changed = heads.changed() => match changed {
                    Some(seq) => Some(seq),
                    None => break,
                },
                () = tokio::time::sleep(state.settings.keep_alive) => None,
            };
            // Nothing, not even that something changed, is said to a device that was revoked meanwhile.
            if state.service.subscribe(actor).await.is_err() {
                break;
            }
            match changed {
                Some(seq) if seq != sent => {
                    sent = seq;
                    yield Ok(head(seq));
                }
                Some(_) => {}
                None => yield Ok(Event::default().comment("")),
            }
        }
    }
}

fn head(seq: i64) -> Event {
    // A struct of one number always serialises.
    let data = serde_json::to_string(&HeadEvent { seq }).unwrap_or_default();
    Event::default().event("head").data(data)
}

/// The open streams, counted per account.
#[derive(Clone)]
pub(crate) struct Streams {
    most: usize,
    open: Arc<Mutex<HashMap<AccountId, usize>>>,
}

impl Streams {
    pub(crate) fn new(most: usize) -> Self {
        Self { most, open: Arc::default() }
    }

    /// A place for one more stream of `user`, until it is dropped; `None` when the account has as many as it may.
    fn open(&self, user: AccountId) -> Option<StreamSlot> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(user).or_insert(0);
        if *count >= self.most {
            return None;
        }
        *count += 1;
        metrics::gauge!("event_streams").increment(1.0);
        Some(StreamSlot { streams: self.clone(), user })
    }

    fn close(&self, user: AccountId) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Entry::Occupied(mut count) = open.entry(user) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
        metrics::gauge!("event_streams").decrement(1.0);
    }
}

/// One open stream.
struct StreamSlot {
    streams: Streams,
    user: AccountId,
}

impl Drop for StreamSlot {
    fn drop(&mut self) {
        self.streams.close(self.user);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_holds_a_bounded_number_of_streams_and_closed_ones_leave_nothing_behind() {
        let streams = Streams::new(2);
        let (ada, bob) = (AccountId(uuid::Uuid::from_u128(1)), AccountId(uuid::Uuid::from_u128(2)));
        let first = streams.open(ada).unwrap();
        let second = streams.open(ada).unwrap();
        assert!(streams.open(ada).is_none());
        assert!(streams.open(bob).is_some());
        drop(first);
        assert!(streams.open(ada).is_some());
        drop(second);
        assert!(streams.open.lock().unwrap().is_empty());
    }
}
