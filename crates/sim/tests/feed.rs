//! A device that follows the feed misses nothing, however inconveniently others commit.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use holdfast_sim::eventually;
use holdfast_sim::server::TestServer;
use sqlx::Connection;

const ADA: &str = "ada@example.org";

/// Where the slow writer stalls.
#[derive(Clone, Copy)]
enum Stall {
    /// Before it asks for the lock of the feed's head.
    BeforeTheNumber,
    /// With its number taken and its feed entry written, before the commit.
    AfterTheNumber,
    /// With everything written, before the commit.
    AfterThePlace,
}

/// Makes whoever comes to the gate first wait there until the returned connection is closed; everybody after them passes.
async fn gate(server: &TestServer, stall: Stall) -> sqlx::PgConnection {
    let facts = server.facts();
    facts
        .execute(
            "CREATE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
             BEGIN
                 IF pg_try_advisory_xact_lock(4712) THEN
                     PERFORM pg_advisory_xact_lock_shared(4711);
                 END IF;
                 RETURN NULL;
             END $$;",
        )
        .await;
    // A statement's trigger runs before any row is locked.
    facts
        .execute(match stall {
            Stall::BeforeTheNumber => {
                "CREATE TRIGGER gate BEFORE UPDATE ON feed_heads FOR EACH STATEMENT EXECUTE FUNCTION wait_at_gate()"
            }
            Stall::AfterTheNumber => {
                "CREATE TRIGGER gate AFTER INSERT ON feed FOR EACH ROW EXECUTE FUNCTION wait_at_gate()"
            }
            Stall::AfterThePlace => {
                "CREATE TRIGGER gate AFTER INSERT ON places FOR EACH ROW EXECUTE FUNCTION wait_at_gate()"
            }
        })
        .await;
    let mut closed = sqlx::PgConnection::connect(server.database_url()).await.unwrap();
    sqlx::query("SELECT pg_advisory_lock(4711)").execute(&mut closed).await.unwrap();
    closed
}

async fn waiting_at_gate(server: &TestServer) -> bool {
    let waiting: (i64,) = sqlx::query_as(
        "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
         WHERE d.datname = current_database() AND l.locktype = 'advisory' AND l.objid = 4711 AND NOT l.granted",
    )
    .fetch_one(server.facts().pool())
    .await
    .unwrap();
    waiting.0 > 0
}

async fn a_reader_between_two_writers_misses_nothing(stall: Stall) {
    let server = TestServer::start().await;
    let (slow, fast, reader) = (server.device(ADA).await, server.device(ADA).await, server.device(ADA).await);
    for device in [&slow, &fast, &reader] {
        device.sync().await;
    }
    let gate = gate(&server, stall).await;
    slow.capture("Slow").await;
    fast.capture("Fast").await;
    // The slow writer has begun, and holds whatever it holds.
    let slow_writer = tokio::spawn(async move {
        slow.sync().await;
        slow
    });
    eventually("the slow writer waits at the gate", async || waiting_at_gate(&server).await).await;
    let fast_writer = tokio::spawn(async move {
        fast.sync().await;
        fast
    });
    // The reader pulls while both are under way, again and again, and moves its cursor on.
    for _ in 0..10 {
        reader.sync().await;
    }
    gate.close().await.unwrap();
    let slow = slow_writer.await.unwrap();
    let fast = fast_writer.await.unwrap();
    reader.sync().await;
    assert_eq!(reader.names().await, ["Fast", "Slow"]);
    slow.sync().await;
    fast.sync().await;
    assert_eq!(slow.names().await, ["Fast", "Slow"]);
    assert_eq!(fast.names().await, ["Fast", "Slow"]);
    server.facts().assert_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_writer_that_stalls_before_it_has_its_number_is_not_skipped() {
    a_reader_between_two_writers_misses_nothing(Stall::BeforeTheNumber).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_writer_that_stalls_after_it_has_its_number_is_not_skipped() {
    a_reader_between_two_writers_misses_nothing(Stall::AfterTheNumber).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_writer_that_stalls_with_everything_written_is_not_skipped() {
    a_reader_between_two_writers_misses_nothing(Stall::AfterThePlace).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_never_stops_pulling_sees_everything_two_writers_commit() {
    let server = TestServer::start().await;
    let (a, b, reader) = (server.device(ADA).await, server.device(ADA).await, server.device(ADA).await);
    let done = Arc::new(AtomicBool::new(false));
    let writers = [a, b].map(|device| {
        tokio::spawn(async move {
            for n in 0..40 {
                let captured = device.capture(&format!("{n}")).await;
                device.sync().await;
                if n % 3 == 0 {
                    device.rename(captured.local_id, &format!("{n} renamed")).await;
                }
                if n % 7 == 0 {
                    device.core(move |d| d.delete(captured.local_id, None)).await;
                }
                device.sync().await;
            }
            device
        })
    });
    let stop = Arc::clone(&done);
    let following = tokio::spawn(async move {
        while !stop.load(Ordering::Relaxed) {
            reader.sync().await;
        }
        reader.sync().await;
        reader
    });
    let mut devices = Vec::new();
    for writer in writers {
        devices.push(writer.await.unwrap());
    }
    done.store(true, Ordering::Relaxed);
    let reader = following.await.unwrap();
    let truth = server.facts().places(ADA).await;
    let mut live: Vec<_> = truth.iter().filter(|p| !p.deleted).map(|p| p.name.clone().unwrap()).collect();
    live.sort();
    assert_eq!(reader.names().await, live);
    assert_eq!(reader.trash().await.len(), truth.iter().filter(|p| p.deleted).count());
    for device in devices {
        device.sync().await;
        assert_eq!(device.names().await, live);
    }
    server.facts().assert_consistent().await;
}
