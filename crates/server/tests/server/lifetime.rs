//! Start, stop, kill, and what stays behind.

use std::io::{Read, Write};
use std::net::TcpStream;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::harness::{Env, Person, Server, create, get, is_alive, postgres_pid, wait_for, wait_until};

/// What the server may use when nobody uses it. It runs unoptimised here.
const IDLE_MEMORY_MAX: u64 = 60 * 1024 * 1024;

#[tokio::test]
async fn a_first_start_prints_a_link_that_works_once_and_a_stop_leaves_nothing_running() {
    let data = tempfile::tempdir().unwrap();
    let env = Env::new(data.path());
    let server = Server::start(&env);
    let postgres = postgres_pid(data.path()).expect("PostgreSQL runs");
    let link = format!("{}/setup?code={}", server.url, server.setup_code());
    assert!(server.stdout().contains(&format!("holdfast pair '{link}'")), "{}", server.stdout());
    assert_eq!(get(&server.url, "/v1/setup").await.1["needed"], true);
    Person::set_up(&server).await;
    assert_eq!(get(&server.url, "/v1/setup").await.1["needed"], false);
    assert!(!server.stderr().contains("/setup?code="), "the link is no log line");

    let (status, _, logs) = server.stop();
    assert!(status.success(), "{logs}");
    assert!(!is_alive(postgres));
    assert!(!data.path().join("postgres/pg/postmaster.pid").exists(), "PostgreSQL was shut down cleanly");

    let server = Server::start(&env);
    assert!(!server.stdout().contains("/setup?code="));
    Person::sign_in(&server.url).await;
    assert!(server.stop().0.success());
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_kill_9() {
    let data = tempfile::tempdir().unwrap();
    let env = Env::new(data.path());
    let server = Server::start(&env);
    let person = Person::set_up(&server).await;
    let (status, reply) = person.push(&[create("spring"), create("hut")]).await;
    assert_eq!(status, 200, "{reply}");
    let postgres = postgres_pid(data.path()).unwrap();
    server.kill();
    wait_for("the end of PostgreSQL", || (!is_alive(postgres)).then_some(()));

    let server = Server::start(&env);
    let person = Person { url: server.url.clone(), ..person };
    assert_eq!(person.place_names().await, ["hut", "spring"]);
    assert_eq!(person.get("/v1/account").await.1["limits"]["placesUsed"], 2);
    assert!(server.stop().0.success());
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_postgresql_and_server_were_killed_at_once() {
    let data = tempfile::tempdir().unwrap();
    let env = Env::new(data.path());
    let server = Server::start(&env);
    let person = Person::set_up(&server).await;
    assert_eq!(person.push(&[create("spring")]).await.0, 200);
    let postgres = postgres_pid(data.path()).unwrap();
    server.signal(Signal::SIGSTOP);
    kill(Pid::from_raw(i32::try_from(postgres).unwrap()), Signal::SIGKILL).unwrap();
    server.kill();

    let server = Server::start(&env);
    let person = Person { url: server.url.clone(), ..person };
    assert_eq!(person.place_names().await, ["spring"]);
    assert!(server.stop().0.success());
}

#[tokio::test]
async fn a_postgresql_that_dies_is_started_again_and_the_server_goes_on() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(&Env::new(data.path()));
    let person = Person::set_up(&server).await;
    assert_eq!(person.push(&[create("spring")]).await.0, 200);
    for _ in 0..2 {
        let before = postgres_pid(data.path()).unwrap();
        kill(Pid::from_raw(i32::try_from(before).unwrap()), Signal::SIGKILL).unwrap();
        wait_for("a new PostgreSQL", || postgres_pid(data.path()).filter(|pid| *pid != before));
        wait_until("readiness", async || (get(&server.url, "/health/ready").await.0 == 200).then_some(())).await;
        assert_eq!(get(&server.url, "/health/live").await.0, 200);
        wait_until("an answer", async || (person.get("/v1/account").await.0 == 200).then_some(())).await;
    }
    assert_eq!(person.place_names().await, ["spring"]);
    assert_eq!(person.push(&[create("hut")]).await.0, 200);
    let metrics = get(&server.url, "/metrics").await.1;
    assert!(metrics.as_str().unwrap().contains("holdfast_embedded_postgres_restarts_total 2"), "{metrics}");
    let (status, _, logs) = server.stop();
    assert!(status.success());
    assert!(logs.contains("ended unexpectedly; starting it again"), "{logs}");
}

#[tokio::test]
async fn a_request_that_has_begun_is_answered_before_the_server_ends() {
    let data = tempfile::tempdir().unwrap();
    let mut server = Server::start(&Env::new(data.path()));
    let person = Person::set_up(&server).await;
    let body = serde_json::json!({"epoch": person.epoch, "operations": [create("spring")]}).to_string();
    let address = server.url.strip_prefix("http://").unwrap().to_owned();
    let mut stream = TcpStream::connect(&address).unwrap();
    write!(
        stream,
        "POST /v1/sync/push HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\nHoldfast-Protocol: 1\r\n\
         Holdfast-Account: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        person.token,
        person.account,
        body.len()
    )
    .unwrap();
    // Now the server reads the body: the request has begun.
    let mut interim = [0_u8; 25];
    stream.read_exact(&mut interim).unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    server.signal(Signal::SIGTERM);
    wait_for("a closed port", || TcpStream::connect(&address).is_err().then_some(()));
    stream.write_all(body.as_bytes()).unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    assert!(reply.starts_with("HTTP/1.1 200") && reply.contains("\"applied\""), "{reply}");
    assert!(server.ended().success());
}

#[tokio::test]
async fn an_open_event_stream_does_not_hold_up_the_end() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(&Env::new(data.path()));
    let person = Person::set_up(&server).await;
    let stream = person.request(reqwest::Method::GET, "/v1/sync/events").send().await.unwrap();
    assert_eq!(stream.status(), 200);
    let (status, _, logs) = server.stop();
    assert!(status.success());
    assert!(!logs.contains("did not finish in time"), "{logs}");
}

#[tokio::test]
async fn an_idle_server_uses_little_memory() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(&Env::new(data.path()));
    Person::set_up(&server).await;
    // Hashing passwords takes 19 MiB each, and must give them back.
    let sign_ins: Vec<_> = (0..40)
        .map(|_| {
            tokio::spawn({
                let url = server.url.clone();
                async move { Person::sign_in(&url).await }
            })
        })
        .collect();
    for sign_in in sign_ins {
        sign_in.await.unwrap();
    }
    let metrics = get(&server.url, "/metrics").await.1;
    let line = metrics.as_str().unwrap().lines().find_map(|l| l.strip_prefix("process_resident_memory_bytes "));
    let resident: u64 = line.expect("the metric is there").parse().unwrap();
    println!("resident memory: {} MiB", resident / 1024 / 1024);
    assert!(resident < IDLE_MEMORY_MAX, "{resident} bytes");
    assert!(server.stop().0.success());
}

#[tokio::test]
async fn a_connection_that_says_nothing_does_not_hold_up_the_end() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(&Env::new(data.path()));
    let address = server.url.strip_prefix("http://").unwrap().to_owned();
    let silent = TcpStream::connect(&address).unwrap();
    let mut used = TcpStream::connect(&address).unwrap();
    write!(used, "GET /health/live HTTP/1.1\r\nHost: {address}\r\n\r\n").unwrap();
    used.read_exact(&mut [0; 15]).unwrap();
    let (status, _, logs) = server.stop();
    assert!(status.success());
    assert!(!logs.contains("did not finish in time"), "{logs}");
    drop((silent, used));
}

#[tokio::test]
async fn a_request_that_never_gets_ready_is_cut_off_at_the_end() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(&Env::new(data.path()).set("SHUTDOWN_SECONDS", "1"));
    let person = Person::set_up(&server).await;
    let address = server.url.strip_prefix("http://").unwrap().to_owned();
    let mut slow = TcpStream::connect(&address).unwrap();
    write!(
        slow,
        "POST /v1/sync/push HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\nHoldfast-Protocol: 1\r\n\
         Holdfast-Account: {}\r\nContent-Type: application/json\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n",
        person.token, person.account
    )
    .unwrap();
    slow.read_exact(&mut [0; 25]).unwrap();
    let (status, _, logs) = server.stop();
    assert!(status.success());
    assert!(logs.contains("some requests did not finish in time"), "{logs}");
}
