use holdfast_contract::{Code, Problem};
use holdfast_device::{Answer, EntryState, ListQuery, PauseReason, PlaceState, Reply, Request};

use crate::support::*;

fn now(bench: &Bench) -> holdfast_contract::Timestamp {
    holdfast_device::Environment::now(&bench.world).wall
}

fn no_reply(device: &mut holdfast_device::Device, request: &Request) {
    device.handle(Reply { lease: request.lease(), answer: Answer::NoReply }).unwrap();
}

fn is_push(request: &Request) -> bool {
    matches!(request, Request::Push { .. })
}

#[test]
fn the_first_poll_pulls_then_pushes_then_sleeps_until_the_timer() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    capture(&mut device, "A");
    let first = device.poll().unwrap();
    assert!(matches!(first.requests.as_slice(), [Request::Pull { cursor: None, limit: 1000, .. }]), "{first:?}");
    assert!(first.changed);
    assert_eq!(first.wake_at, Some(now(&bench).plus_seconds(90)));
    let again = device.poll().unwrap();
    assert!(again.requests.is_empty(), "it is under way");
    bench.carry(&mut device, &first.requests[0]);
    let second = device.poll().unwrap();
    assert!(matches!(second.requests.as_slice(), [Request::Push { operations: 1, .. }]), "{second:?}");
    bench.carry(&mut device, &second.requests[0]);
    let rest = device.poll().unwrap();
    assert!(rest.requests.is_empty() && rest.changed);
    assert_eq!(rest.wake_at, Some(now(&bench).plus_seconds(300)));
    assert!(!device.poll().unwrap().changed);
    bench.world.pass(300);
    assert!(matches!(device.poll().unwrap().requests.as_slice(), [Request::Pull { cursor: Some(_), .. }]));
}

#[test]
fn a_pull_says_what_waits_unless_a_push_is_under_way() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    let said = |device: &mut holdfast_device::Device| {
        device.pull_now();
        let requests = device.poll().unwrap().requests;
        let pending = requests.iter().find_map(|r| match r {
            Request::Pull { pending, .. } => Some(*pending),
            Request::Push { .. } => None,
        });
        (requests, pending.unwrap())
    };
    capture(&mut device, "A");
    let (requests, pending) = said(&mut device);
    assert_eq!((requests.len(), pending), (1, Some(1)), "nothing is pushed before the epoch is known");
    bench.carry(&mut device, &requests[0]);
    let (requests, pending) = said(&mut device);
    assert_eq!((requests.len(), pending), (2, None), "the push reports it");
    for request in &requests {
        bench.carry(&mut device, request);
    }
    let (requests, pending) = said(&mut device);
    assert_eq!(pending, Some(0));
    bench.carry(&mut device, &requests[0]);
    device.capture_waiting(crate::captures::waiting(&bench, "Den")).unwrap();
    assert_eq!(said(&mut device).1, Some(1), "a capture that is not sent before it has a position waits, too");
}

#[test]
fn a_head_event_pulls_only_if_it_is_news() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    bench.sync(&mut device);
    device.head(holdfast_contract::sync::HeadEvent { seq: 0 }).unwrap();
    assert!(device.poll().unwrap().requests.is_empty());
    device.head(holdfast_contract::sync::HeadEvent { seq: 1 }).unwrap();
    assert_eq!(device.poll().unwrap().requests.len(), 1);
}

#[test]
fn a_reply_is_taken_only_under_the_lease_that_stands() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    bench.sync(&mut device);
    let captured = capture(&mut device, "A");
    let first = push_of(&device.poll().unwrap());
    bench.world.pass(91);
    let second = push_of(&device.poll().unwrap());
    let answer = bench.server.answer(&first, now(&bench));
    let late = device.handle(Reply { lease: first.lease(), answer }).unwrap();
    assert!(!late.taken);
    assert_eq!(state(&device, captured.local_id), PlaceState::Sending);
    let handled = bench.carry(&mut device, &second);
    assert!(handled.taken && handled.duplicates == 1);
    let twice = device.handle(Reply { lease: second.lease(), answer: Answer::NoReply }).unwrap();
    assert!(!twice.taken);
}

#[test]
fn a_lease_or_wait_that_begins_in_the_future_is_over() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    bench.sync(&mut device);
    capture(&mut device, "A");
    let first = push_of(&device.poll().unwrap());
    bench.world.set_clock(-86_400);
    let second = push_of(&device.poll().unwrap());
    assert_eq!(operations(&first), operations(&second));
    for _ in 0..12 {
        if let Some(push) = device.poll().unwrap().requests.iter().find(|r| is_push(r)) {
            no_reply(&mut device, push);
        }
        no_reply(&mut device, &second);
        bench.world.pass(60);
    }
    no_reply(&mut device, &second);
    bench.world.set_clock(-86_400);
    assert!(device.poll().unwrap().requests.iter().any(is_push), "the wait is over");
}

#[test]
fn two_handles_on_one_file_never_send_the_same_within_a_lease() {
    let mut bench = Bench::new();
    let mut one = bench.device("a.db");
    let mut two = bench.device("a.db");
    bench.sync(&mut one);
    let a = capture(&mut one, "A");
    capture(&mut two, "B");
    let from_one = one.poll().unwrap().requests;
    let from_two = two.poll().unwrap().requests;
    assert_eq!(from_one.iter().chain(&from_two).filter(|r| is_push(r)).count(), 1);
    let push = from_one.iter().find(|r| is_push(r)).unwrap();
    assert_eq!(operations(push).len(), 2, "and it carries what both captured");
    // The other handle may hand in the reply: the lease is in the database.
    let answer = bench.server.answer(push, now(&bench));
    assert_eq!(two.handle(Reply { lease: push.lease(), answer }).unwrap().applied, 2);
    assert!(one.poll().unwrap().changed, "another handle's commit is news");
    assert_eq!(state(&one, a.local_id), PlaceState::Synced);
}

#[test]
fn only_one_engine_may_void_the_leases_of_the_dead() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    bench.sync(&mut device);
    capture(&mut device, "A");
    let first = push_of(&device.poll().unwrap());
    drop(device);
    let mut device = bench.device("a.db");
    assert!(!device.poll().unwrap().requests.iter().any(is_push));
    device.engine_started().unwrap();
    let second = push_of(&device.poll().unwrap());
    assert_eq!(operations(&first), operations(&second));
}

#[test]
fn a_request_given_up_unsent_counts_no_attempt() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    bench.sync(&mut device);
    capture(&mut device, "A");
    let push = push_of(&device.poll().unwrap());
    device.release(push.lease()).unwrap();
    let entry = device.outbox(None, 1).unwrap().remove(0);
    assert_eq!((entry.attempts, entry.last_sent_at), (0, None));
    assert!(matches!(entry.state, EntryState::Queued));
    assert!(device.poll().unwrap().requests.iter().any(is_push));
}

#[test]
fn a_request_that_no_network_took_counts_no_attempt_and_waits_until_there_is_one() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    bench.sync(&mut device);
    capture(&mut device, "A");
    let sent = push_of(&device.poll().unwrap());
    no_reply(&mut device, &sent);
    for _ in 0..3 {
        device.try_now().unwrap();
        let unsent = push_of(&device.poll().unwrap());
        device.handle(Reply { lease: unsent.lease(), answer: Answer::NotSent }).unwrap();
        assert!(!device.poll().unwrap().requests.iter().any(is_push), "it waits");
        assert_eq!(device.outbox(None, 1).unwrap()[0].attempts, 1);
    }
    device.network_returned().unwrap();
    let again = push_of(&device.poll().unwrap());
    assert_eq!(operations(&again), operations(&sent), "the same bytes");
    // Of the sends in between, the server is told of none.
    let Request::Push { body, .. } = &again else { unreachable!() };
    let body: serde_json::Value = serde_json::from_slice(body).unwrap();
    assert_eq!(body["telemetry"]["retries"], 1);
}

#[test]
fn a_stuck_push_never_stops_pulls() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    bench.sync(&mut device);
    capture(&mut device, "A");
    let stuck = push_of(&device.poll().unwrap());
    let at = now(&bench);
    bench.server.create(
        Some("0190f000-aaaa-7000-8000-00000000000b".parse().unwrap()),
        &place("web"),
        holdfast_contract::Role::Owner,
        at,
    );
    device.pull_now();
    let effects = device.poll().unwrap();
    assert!(matches!(effects.requests.as_slice(), [Request::Pull { .. }]));
    bench.carry(&mut device, &effects.requests[0]);
    assert_eq!(device.list(&ListQuery::default()).unwrap().places.len(), 2);
    drop(stuck);
}

#[test]
fn a_captive_portal_is_no_reply() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    bench.sync(&mut device);
    let captured = capture(&mut device, "A");
    let push = push_of(&device.poll().unwrap());
    for (status, header, body) in
        [(404, false, "nope"), (200, true, "<html>"), (200, false, "{\"outcomes\":[]}"), (403, true, "{}")]
    {
        let answer =
            Answer::Http { status, protocol_header: header, retry_after: None, body: body.as_bytes().to_vec() };
        let request = device.poll().unwrap().requests.into_iter().find(is_push).unwrap_or(push.clone());
        let handled = device.handle(Reply { lease: request.lease(), answer }).unwrap();
        assert!(!handled.answered);
        bench.world.pass(1000);
    }
    assert_eq!(state(&device, captured.local_id), PlaceState::SavedOnDevice);
    device.network_returned().unwrap();
    bench.sync(&mut device);
    assert_eq!(state(&device, captured.local_id), PlaceState::Synced);
}

#[test]
fn waits_grow_stay_under_fifteen_minutes_and_end_when_the_network_returns() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    bench.sync(&mut device);
    capture(&mut device, "A");
    let mut longest = 0;
    for _ in 0..40 {
        let effects = device.poll().unwrap();
        for request in &effects.requests {
            no_reply(&mut device, request);
        }
        if let Some(until) = device.status().unwrap().push_waits_until {
            longest = longest.max(until.micros_since(now(&bench)) / 1_000_000);
        }
        bench.world.pass(901);
    }
    assert!((60..=900).contains(&longest), "{longest}");
    let push = device.poll().unwrap().requests.into_iter().find(is_push);
    if let Some(push) = push {
        no_reply(&mut device, &push);
    }
    device.network_returned().unwrap();
    bench.sync(&mut device);
    assert_eq!(device.status().unwrap().pending, 0);
}

#[test]
fn a_server_that_asks_for_a_pause_gets_one_and_no_attempt_is_counted() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    bench.sync(&mut device);
    capture(&mut device, "A");
    let push = push_of(&device.poll().unwrap());
    let slow = server::refuse(429, &Problem::new(Code::RateLimited, "slow").with_retry_after(42));
    device.handle(Reply { lease: push.lease(), answer: slow }).unwrap();
    let status = device.status().unwrap();
    assert_eq!(status.push_waits_until, Some(now(&bench).plus_seconds(42)));
    assert_eq!(status.push_problem.unwrap().code, Code::RateLimited);
    assert!(!device.poll().unwrap().requests.iter().any(is_push));
    bench.world.pass(42);
    bench.sync(&mut device);
    assert_eq!(device.status().unwrap().pending, 0);
    assert_eq!(device.status().unwrap().push_problem, None);
}

#[test]
fn a_refused_token_or_an_old_app_pauses_the_account_and_drops_nothing() {
    for (status, code, reason) in [
        (401, Code::Unauthenticated, PauseReason::SignIn),
        (403, Code::WrongAccount, PauseReason::SignIn),
        (403, Code::AccountGone, PauseReason::AccountGone),
        (426, Code::ClientTooOld, PauseReason::UpdateApp),
    ] {
        let mut bench = Bench::new();
        let mut device = bench.device("a.db");
        bench.sync(&mut device);
        let captured = capture(&mut device, "A");
        let push = push_of(&device.poll().unwrap());
        let refusal = server::refuse(status, &Problem::new(code, "no"));
        device.handle(Reply { lease: push.lease(), answer: refusal }).unwrap();
        device.pull_now();
        let rest = device.poll().unwrap();
        assert!(rest.requests.is_empty() && rest.wake_at.is_none(), "{code}: {rest:?}");
        assert_eq!(device.status().unwrap().paused, Some(reason));
        assert_eq!(state(&device, captured.local_id), PlaceState::SavedOnDevice);
        assert!(matches!(device.outbox(None, 1).unwrap()[0].state, EntryState::Paused { .. }));
        capture(&mut device, "B");
        device.signed_in().unwrap();
        bench.sync(&mut device);
        assert_eq!((device.status().unwrap().pending, bench.server.live().len()), (0, 2));
    }
}

#[test]
fn opening_a_newer_app_ends_the_pause_for_an_update() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    let pull = device.poll().unwrap().requests.remove(0);
    let refusal = server::refuse(426, &Problem::new(Code::ClientTooOld, "update"));
    device.handle(Reply { lease: pull.lease(), answer: refusal }).unwrap();
    assert_eq!(device.status().unwrap().paused, Some(PauseReason::UpdateApp));
    drop(device);
    let mut device = bench.device("a.db");
    bench.sync(&mut device);
    assert!(device.status().unwrap().caught_up);
}

#[test]
fn a_wrong_address_rejects_nothing() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    bench.sync(&mut device);
    let captured = capture(&mut device, "A");
    let push = push_of(&device.poll().unwrap());
    let answer = server::refuse(404, &Problem::new(Code::NotFound, "no such path"));
    device.handle(Reply { lease: push.lease(), answer }).unwrap();
    assert_eq!(state(&device, captured.local_id), PlaceState::SavedOnDevice);
    assert_eq!(device.status().unwrap().push_problem.unwrap().code, Code::NotFound);
}

#[test]
fn a_network_that_comes_and_goes_ends_no_wait_that_the_server_has_caused() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    bench.sync(&mut device);
    let captured = capture(&mut device, "A");
    let waits = |device: &mut holdfast_device::Device| {
        device.network_returned().unwrap();
        device.status().unwrap().push_waits_until
    };
    let push = push_of(&device.poll().unwrap());
    let down = server::refuse(503, &Problem::new(Code::Unavailable, "down").with_retry_after(30));
    device.handle(Reply { lease: push.lease(), answer: down }).unwrap();
    assert_eq!(waits(&mut device), Some(now(&bench).plus_seconds(30)));
    device.try_now().unwrap();
    assert_eq!(device.status().unwrap().push_waits_until, None, "a person may ask a broken server again");

    let push = push_of(&device.poll().unwrap());
    let slow = server::refuse(429, &Problem::new(Code::RateLimited, "slow"));
    device.handle(Reply { lease: push.lease(), answer: slow }).unwrap();
    assert_eq!(waits(&mut device), Some(now(&bench).plus_seconds(30)));
    device.try_now().unwrap();
    device.retry_all().unwrap();
    assert_eq!(waits(&mut device), Some(now(&bench).plus_seconds(30)), "nobody shortens a limit");
    bench.world.pass(30);

    // Also without a word of how long, the network says nothing about the server.
    for _ in 0..8 {
        let push = push_of(&device.poll().unwrap());
        let broken = server::refuse(503, &Problem::new(Code::Unavailable, "down"));
        device.handle(Reply { lease: push.lease(), answer: broken }).unwrap();
        let until = waits(&mut device);
        assert_eq!(until.is_some(), device.status().unwrap().push_waits_until.is_some());
        device.try_now().unwrap();
        assert_eq!(device.status().unwrap().push_waits_until, None);
    }
    let push = push_of(&device.poll().unwrap());
    no_reply(&mut device, &push);
    assert_eq!(waits(&mut device), None, "silence is the network's");
    bench.sync(&mut device);
    assert_eq!(state(&device, captured.local_id), PlaceState::Synced);
}

#[test]
fn an_operation_that_the_server_has_put_off_is_not_sent_sooner_for_any_network() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    bench.sync(&mut device);
    capture(&mut device, "A");
    let push = push_of(&device.poll().unwrap());
    let op_id = operations(&push)[0]["opId"].as_str().unwrap().parse().unwrap();
    let problem = Problem::new(Code::RateLimited, "not now").with_retry_after(600);
    let outcome = holdfast_contract::Outcome::Deferred { problem };
    let outcomes = vec![holdfast_contract::OperationOutcome { op_id: Some(op_id), outcome }];
    let answer = server::answer(&holdfast_contract::sync::PushReply { outcomes, witness: None });
    assert_eq!(device.handle(Reply { lease: push.lease(), answer }).unwrap().deferred, 1);
    device.network_returned().unwrap();
    device.try_now().unwrap();
    assert!(!device.poll().unwrap().requests.iter().any(is_push));
    bench.world.pass(600);
    assert!(device.poll().unwrap().requests.iter().any(is_push));
}
