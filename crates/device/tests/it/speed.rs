//! Measurements, to be run in release: `cargo nextest run -p holdfast-device --release --run-ignored only --no-capture speed`.

use std::time::{Duration, Instant};

use holdfast_device::{ListQuery, Request};

use crate::lists::fill;
use crate::support::*;

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

#[test]
#[ignore = "a measurement"]
fn speed_of_a_capture_beside_a_bare_durable_insert() {
    let bench = Bench::on_disk();
    let bare = rusqlite::Connection::open(bench.path("bare.db")).unwrap();
    bare.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE t (id INTEGER PRIMARY KEY, body TEXT)",
    )
    .unwrap();
    let mut device = bench.device("a.db");
    let (mut captures, mut inserts) = (Vec::new(), Vec::new());
    for i in 0..1000 {
        let began = Instant::now();
        bare.execute("INSERT INTO t (body) VALUES (?1)", ["x".repeat(300)]).unwrap();
        inserts.push(began.elapsed());
        let began = Instant::now();
        capture(&mut device, &format!("p{i}"));
        captures.push(began.elapsed());
    }
    let (capture, insert) = (median(captures), median(inserts));
    println!("capture {capture:?}, bare insert {insert:?}, ratio {:.2}", capture.as_secs_f64() / insert.as_secs_f64());
}

#[test]
#[ignore = "a measurement"]
fn speed_of_pages_lists_and_searches_over_a_hundred_thousand_places() {
    let bench = Bench::on_disk();
    let mut device = bench.device("a.db");
    let began = Instant::now();
    let pages = fill(&mut device, 100_000);
    println!("100,000 places in {:?}; a page of 1000 in {:?}", began.elapsed(), median(pages));
    for (what, query) in [
        ("first page", ListQuery::default()),
        ("rare word", ListQuery { text: Some("hutte 47113".to_owned()), ..ListQuery::default() }),
        ("no hit", ListQuery { text: Some("nowhere".to_owned()), ..ListQuery::default() }),
        ("tag", ListQuery { tag: Some("t3".to_owned()), ..ListQuery::default() }),
        ("no such tag", ListQuery { tag: Some("none".to_owned()), ..ListQuery::default() }),
        (
            "needs attention",
            ListQuery { state: Some(holdfast_device::StateFilter::NeedsAttention), ..ListQuery::default() },
        ),
        ("synced", ListQuery { state: Some(holdfast_device::StateFilter::Synced), ..ListQuery::default() }),
    ] {
        let began = Instant::now();
        let page = device.list(&query).unwrap();
        println!("{what}: {} places in {:?}", page.places.len(), began.elapsed());
    }
    let began = Instant::now();
    device.status().unwrap();
    println!("status in {:?}", began.elapsed());
}

#[test]
#[ignore = "a measurement"]
fn speed_of_draining_ten_thousand() {
    let mut bench = Bench::on_disk();
    let mut device = bench.device("a.db");
    bench.sync(&mut device);
    let began = Instant::now();
    for i in 0..10_000 {
        capture(&mut device, &format!("p{i}"));
    }
    println!("10,000 captures in {:?}", began.elapsed());
    let (mut polls, mut handles) = (Vec::new(), Vec::new());
    loop {
        let began = Instant::now();
        let requests = device.poll().unwrap().requests;
        polls.push(began.elapsed());
        let Some(push) = requests.into_iter().find(|r| matches!(r, Request::Push { .. })) else { break };
        let answer = bench.server.answer(&push, holdfast_device::Environment::now(&bench.world).wall);
        let began = Instant::now();
        device.handle(holdfast_device::Reply { lease: push.lease(), answer }).unwrap();
        handles.push(began.elapsed());
    }
    println!("polls {polls:?}\nhandles {handles:?}");
}

/// A server that has lost everything: the largest number of offers there is.
#[test]
#[ignore = "a measurement"]
fn speed_of_giving_back_everything() {
    let mut bench = Bench::on_disk();
    let mut device = bench.device("a.db");
    let at = holdfast_device::Environment::now(&bench.world).wall;
    for i in 0..20_000_u128 {
        let id = holdfast_contract::ClientId(uuid::Uuid::from_u128(0x0190_f000_aaaa_7000_8000_0000_0000_0000 + i));
        bench.server.create(Some(id), &place(&format!("p{i}")), holdfast_contract::Role::Owner, at);
    }
    bench.sync(&mut device);
    bench.server.restore(&server::Server::new());
    device.pull_now();
    let mut longest = Duration::ZERO;
    let begun = Instant::now();
    loop {
        let started = Instant::now();
        let requests = device.poll().unwrap().requests;
        if requests.is_empty() {
            break;
        }
        for request in &requests {
            let answer = bench.server.answer(request, at);
            let started = Instant::now();
            device.handle(holdfast_device::Reply { lease: request.lease(), answer }).unwrap();
            longest = longest.max(started.elapsed());
        }
        longest = longest.max(started.elapsed());
    }
    println!("all in {:?}, the longest step {longest:?}", begun.elapsed());
    assert_eq!(bench.server.rows.len(), 20_000);
}
