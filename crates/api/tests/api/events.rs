//! The live stream.

use std::time::Duration;

use eventsource_stream::{Event, Eventsource};
use futures::{Stream, StreamExt};
use holdfast_contract::Code;
use holdfast_contract::sync::HeadEvent;
use reqwest::{Method, StatusCode};

use crate::harness::{Person, Server, read};

/// Nothing here takes longer unless it is broken.
const PATIENCE: Duration = Duration::from_secs(20);

async fn listen(server: &Server, person: &Person) -> impl Stream<Item = Event> + Unpin + use<> {
    let response = server.request(person, Method::GET, "/v1/sync/events").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    assert_eq!(response.headers()["holdfast-protocol"], "1");
    assert!(response.headers().get("content-encoding").is_none());
    response.bytes_stream().eventsource().take_while(|e| std::future::ready(e.is_ok())).map(Result::unwrap).boxed()
}

/// The next head, or `None` when the stream ends.
async fn next_head(events: &mut (impl Stream<Item = Event> + Unpin)) -> Option<i64> {
    let event = tokio::time::timeout(PATIENCE, events.next()).await.expect("an event or an end")?;
    assert_eq!(event.event, "head");
    Some(serde_json::from_str::<HeadEvent>(&event.data).unwrap().seq)
}

#[tokio::test]
async fn a_device_hears_where_its_feed_is_and_of_every_change_by_another() {
    let server = Server::start().await;
    let (laptop, bob) = (server.person("ada").await, server.person("bob").await);
    let phone = server.device(&laptop.email, "phone").await;
    server.save(&laptop, "Oak").await;
    let mut events = listen(&server, &phone).await;
    assert_eq!(next_head(&mut events).await, Some(1));
    server.save(&bob, "Not for Ada").await;
    server.save(&laptop, "Elm").await;
    assert_eq!(next_head(&mut events).await, Some(2));
    server.save(&laptop, "Lime").await;
    server.save(&laptop, "Ash").await;
    let mut head = 2;
    while head < 4 {
        head = next_head(&mut events).await.unwrap();
    }
    assert_eq!(head, 4);
}

#[tokio::test]
async fn the_stream_of_a_revoked_device_ends_without_another_word() {
    let server = Server::start_with(|s| s.api.keep_alive = Duration::from_millis(50)).await;
    let laptop = server.person("ada").await;
    let phone = server.device(&laptop.email, "phone").await;
    let mut events = listen(&server, &phone).await;
    assert_eq!(next_head(&mut events).await, Some(0));
    server.delete(&laptop, &format!("/v1/devices/{}", phone.device)).await;
    server.save(&laptop, "Oak").await;
    assert_eq!(next_head(&mut events).await, None);
}

#[tokio::test]
async fn every_stream_ends_when_the_server_stops() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let mut events = listen(&server, &ada).await;
    assert_eq!(next_head(&mut events).await, Some(0));
    tokio::time::timeout(PATIENCE, server.stop()).await.expect("the server stops with a stream open");
    assert_eq!(next_head(&mut events).await, None);
}

#[tokio::test]
async fn an_account_holds_a_bounded_number_of_streams() {
    let server = Server::start_with(|s| {
        s.api.event_streams_per_user = 2;
        s.api.keep_alive = Duration::from_millis(50);
    })
    .await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let mut first = listen(&server, &ada).await;
    let mut second = listen(&server, &ada).await;
    assert_eq!((next_head(&mut first).await, next_head(&mut second).await), (Some(0), Some(0)));
    let again = || async { read(server.request(&ada, Method::GET, "/v1/sync/events").send().await.unwrap()).await };
    assert!(again().await.problem(Code::RateLimited).retry_after.is_some());
    drop(listen(&server, &bob).await);
    drop(first);
    // The server notices at its next word that nobody listens any more.
    let reopened = tokio::time::timeout(PATIENCE, async {
        while server.request(&ada, Method::GET, "/v1/sync/events").send().await.unwrap().status() != StatusCode::OK {
            tokio::task::yield_now().await;
        }
    });
    reopened.await.expect("a place is free again");
}
