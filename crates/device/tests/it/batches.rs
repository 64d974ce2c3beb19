//! Batches: how large, in which order, and what becomes of one that fails.

use holdfast_contract::Code;
use holdfast_device::{ListQuery, PlaceState, Request, StateFilter};

use crate::support::*;

fn is_push(request: &Request) -> bool {
    matches!(request, Request::Push { .. })
}

#[test]
fn a_poisoned_operation_is_found_in_at_most_log2_plus_one_sends_and_only_it_is_parked() {
    for (status, code, parked) in
        [(422, Code::Invalid, true), (500, Code::Internal, false), (413, Code::TooLarge, true)]
    {
        for at in [0, 77, 499] {
            let mut bench = Bench::new();
            let mut device = bench.device("a.db");
            bench.sync(&mut device);
            for i in 0..500 {
                capture(&mut device, &if i == at { "poison".to_owned() } else { format!("p{i}") });
            }
            bench.server.poison = Some(("poison".to_owned(), status, code));
            let mut failed = 0;
            let mut rounds_after = 0;
            for _ in 0..40 {
                let effects = device.poll().unwrap();
                if effects.requests.is_empty() && bench.server.live().len() == 499 {
                    break;
                }
                for request in &effects.requests {
                    let handled = bench.carry(&mut device, request);
                    failed += u32::from(rounds_after == 0 && is_push(request) && !handled.answered);
                }
                bench.world.pass(16);
                if device.status().unwrap().push_waits_until.is_some() {
                    device.network_returned().unwrap();
                }
                // Everything else is through; the lone operation still has to be judged.
                if bench.server.live().len() == 499 {
                    rounds_after += 1;
                    if rounds_after > 3 {
                        break;
                    }
                }
            }
            assert_eq!(bench.server.live().len(), 499, "{code} at {at}");
            assert!(failed <= 10, "{code} at {at}: {failed} sends failed");
            let found = device.list(&ListQuery { text: Some("poison".to_owned()), ..ListQuery::default() }).unwrap();
            let attention = matches!(found.places[0].state, PlaceState::NeedsAttention(_));
            assert_eq!(attention, parked, "{code}");
        }
    }
}

#[test]
fn an_operation_that_breaks_the_server_does_not_take_the_others_with_it_again() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    bench.sync(&mut device);
    capture(&mut device, "poison");
    capture(&mut device, "good");
    bench.server.poison = Some(("poison".to_owned(), 500, Code::Internal));
    for _ in 0..8 {
        bench.sync(&mut device);
        bench.world.pass(20);
    }
    assert_eq!(bench.server.live().len(), 1);
    for i in 0..20 {
        capture(&mut device, &format!("later {i}"));
    }
    bench.world.pass(2_000);
    let push = push_of(&device.poll().unwrap());
    assert_eq!(operations(&push).len(), 20, "it goes alone, behind the others");
    bench.carry(&mut device, &push);
    bench.server.poison = None;
    bench.world.pass(2_000);
    bench.sync(&mut device);
    assert_eq!(device.status().unwrap().pending, 0);
}

#[test]
fn a_backlog_of_ten_thousand_drains_in_full_batches_at_a_constant_cost() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    bench.sync(&mut device);
    let rows: Vec<_> = (0..10_000)
        .map(|i| holdfast_device::ImportRow {
            name: Some(format!("place {i}")),
            latitude: 40.0 + f64::from(i) / 1000.0,
            longitude: 8.0,
            ..holdfast_device::ImportRow::default()
        })
        .collect();
    let (import, _) = device.begin_import("backlog", &rows).unwrap();
    while !device.run_import(import, 2_000).unwrap().finished {}
    assert_eq!(device.status().unwrap().pending, 10_000);
    let mut batches = Vec::new();
    while let Some(push) = device.poll().unwrap().requests.into_iter().find(is_push) {
        batches.push(operations(&push).len());
        bench.carry(&mut device, &push);
    }
    assert_eq!(batches, vec![500; 20]);
    assert_eq!(bench.server.live().len(), 10_000);
    let synced =
        device.list(&ListQuery { state: Some(StateFilter::Synced), limit: 1, ..ListQuery::default() }).unwrap();
    assert_eq!(synced.places.len(), 1);
    assert_eq!(device.status().unwrap().places.synced, 10_000);
}

#[test]
fn the_cost_of_a_send_does_not_hang_on_parked_chains() {
    // The plans of the queries that choose a batch name the partial indexes and scan nothing.
    let bench = Bench::new();
    drop(bench.device("a.db"));
    let conn = rusqlite::Connection::open(bench.path("a.db")).unwrap();
    for (sql, index) in [
        (
            "SELECT number FROM outbox WHERE head = 1 AND state = 'queued' AND failures = 0 ORDER BY number LIMIT 500",
            "outbox_ready",
        ),
        (
            "SELECT number FROM outbox WHERE head = 1 AND state = 'queued' AND failures > 0 ORDER BY number LIMIT 1",
            "outbox_suspect",
        ),
        ("UPDATE outbox SET state = 'queued' WHERE state = 'leased'", "outbox_leased"),
        ("SELECT count(*) FROM outbox WHERE state = 'conflict'", "outbox_conflict"),
        ("SELECT count(*) FROM outbox WHERE state = 'rejected'", "outbox_rejected"),
        ("SELECT min(wait_until) FROM outbox WHERE state = 'backoff'", "outbox_backoff"),
        (
            "SELECT local_id FROM places p WHERE (p.deleted_at IS NOT NULL) = 0 AND (p.captured_at, p.local_id) < (5, 5) \
          ORDER BY p.captured_at DESC, p.local_id DESC LIMIT 50",
            "places_listed",
        ),
    ] {
        let plan: Vec<String> = conn
            .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
            .unwrap()
            .query_map([], |row| row.get(3))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        let plan = plan.join("; ");
        assert!(plan.contains(index) && !plan.contains("TEMP B-TREE"), "{sql}: {plan}");
    }
}

#[test]
fn batches_stay_under_a_mebibyte() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    bench.sync(&mut device);
    for i in 0..300 {
        let mut place = place(&format!("p{i}"));
        place.fields.note = holdfast_contract::Note::parse(&"ü".repeat(9_000)).unwrap();
        device.capture(place).unwrap();
    }
    bench.sync(&mut device); // The server in memory asserts the bound.
    assert_eq!(bench.server.live().len(), 300);
    assert!(bench.server.pushes >= 6);
}

/// Tries to push `times` times while nothing comes back.
fn offline(bench: &Bench, device: &mut holdfast_device::Device, times: u32) {
    for _ in 0..times {
        for request in device.poll().unwrap().requests {
            let reply = holdfast_device::Reply { lease: request.lease(), answer: holdfast_device::Answer::NoReply };
            device.handle(reply).unwrap();
        }
        bench.world.pass(901);
    }
}

#[test]
fn a_backlog_after_hours_offline_goes_in_a_few_batches_oldest_first() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    bench.sync(&mut device);
    for i in 0..500 {
        capture(&mut device, &format!("p{i}"));
    }
    offline(&bench, &mut device, 40);
    device.network_returned().unwrap();
    let mut sent = Vec::new();
    let mut batches = 0;
    for _ in 0..1000 {
        let requests = device.poll().unwrap().requests;
        if requests.is_empty() {
            break;
        }
        for request in &requests {
            if is_push(request) {
                batches += 1;
                sent.extend(operations(request).iter().map(|op| op["place"]["name"].as_str().unwrap().to_owned()));
            }
            bench.carry(&mut device, request);
        }
    }
    assert_eq!(sent, (0..500).map(|i| format!("p{i}")).collect::<Vec<_>>());
    assert!(batches <= 5, "{batches} requests");
    for i in 0..500 {
        capture(&mut device, &format!("later {i}"));
    }
    assert_eq!(operations(&push_of(&device.poll().unwrap())).len(), 500, "full batches again");
}

/// On a network that carries twenty kilobytes in the time of a request, long notes go one by one, and not never.
#[test]
fn long_notes_go_in_ever_smaller_batches_over_a_slow_network() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    bench.sync(&mut device);
    for i in 0..32 {
        let mut long = place(&format!("p{i}"));
        long.fields.note = holdfast_contract::Note::parse(&"字".repeat(10_000)).unwrap();
        device.capture(long).unwrap();
    }
    offline(&bench, &mut device, 12);
    device.network_returned().unwrap();
    assert_eq!(operations(&push_of(&device.poll().unwrap())).len(), 1);
}

#[test]
fn a_backlog_after_the_server_was_down_for_hours_goes_in_a_few_batches() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    bench.sync(&mut device);
    for i in 0..500 {
        capture(&mut device, &format!("p{i}"));
    }
    for _ in 0..9 {
        for request in device.poll().unwrap().requests {
            let down = server::refuse(503, &holdfast_contract::Problem::new(Code::Unavailable, "down"));
            device.handle(holdfast_device::Reply { lease: request.lease(), answer: down }).unwrap();
        }
        bench.world.pass(901);
    }
    let before = bench.server.pushes;
    bench.sync(&mut device);
    assert_eq!((bench.server.live().len(), device.status().unwrap().pending), (500, 0));
    assert!(bench.server.pushes - before <= 12, "{} requests", bench.server.pushes - before);
}

#[test]
fn an_operation_that_makes_the_server_unavailable_each_time_waits_alone_in_the_end() {
    for at in [0, 77, 499] {
        let mut bench = Bench::new();
        let mut device = bench.device("a.db");
        bench.sync(&mut device);
        for i in 0..500 {
            capture(&mut device, &if i == at { "poison".to_owned() } else { format!("p{i}") });
        }
        bench.server.poison = Some(("poison".to_owned(), 503, Code::Unavailable));
        let mut failed = 0;
        while bench.server.live().len() < 499 {
            for request in device.poll().unwrap().requests {
                failed += u32::from(!bench.carry(&mut device, &request).answered);
            }
            bench.world.pass(901);
            assert!(failed < 24, "at {at}: {} went through", bench.server.live().len());
        }
        bench.server.poison = None;
        bench.world.pass(901);
        bench.sync(&mut device);
        assert_eq!((bench.server.live().len(), device.status().unwrap().pending), (500, 0));
    }
}

#[test]
fn a_push_whose_operations_were_dropped_meanwhile_makes_the_next_ones_no_smaller() {
    for refusal in [None, Some((422, Code::Invalid)), Some((500, Code::Internal))] {
        let mut bench = Bench::new();
        let mut device = bench.device("a.db");
        bench.sync(&mut device);
        capture(&mut device, "dropped");
        offline(&bench, &mut device, 3);
        let push = push_of(&device.poll().unwrap());
        bench.world.pass(91);
        let entry = device.outbox(None, 1).unwrap().remove(0);
        device.discard(entry.op_id, None).unwrap();
        let answer = refusal.map_or(holdfast_device::Answer::NoReply, |(status, code)| {
            server::refuse(status, &holdfast_contract::Problem::new(code, "no"))
        });
        assert!(device.handle(holdfast_device::Reply { lease: push.lease(), answer }).unwrap().taken);
        for i in 0..20 {
            capture(&mut device, &format!("p{i}"));
        }
        bench.world.pass(901);
        let push = device.poll().unwrap().requests.into_iter().find(is_push).unwrap();
        assert_eq!(operations(&push).len(), 20, "{refusal:?}");
    }
}

#[test]
fn the_envelope_of_a_push_has_its_frozen_form() {
    fn keys(value: &serde_json::Value) -> Vec<&String> {
        value.as_object().unwrap().keys().collect()
    }
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    bench.sync(&mut device);
    capture(&mut device, "A");
    let Request::Push { body, .. } = push_of(&device.poll().unwrap()) else { panic!("not a push") };
    let sent: serde_json::Value = serde_json::from_slice(&body).unwrap();
    let frozen: serde_json::Value =
        serde_json::from_str(include_str!("../../../contract/fixtures/v1/push-request.json")).unwrap();
    assert_eq!(keys(&sent), keys(&frozen));
    assert_eq!(keys(&sent["telemetry"]), keys(&frozen["telemetry"]));
    assert_eq!(sent["epoch"], "epoch-1");
}
