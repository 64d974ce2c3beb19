use holdfast_contract::{Role, Source};
use holdfast_device::{Attention, ListQuery, PlaceState, Reply, Request, Resolution};

use crate::support::*;

fn now(bench: &Bench) -> holdfast_contract::Timestamp {
    holdfast_device::Environment::now(&bench.world).wall
}

#[test]
fn after_a_restore_nothing_own_is_dropped_and_what_the_server_lost_is_said() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    let old = capture(&mut device, "old");
    let changed = capture(&mut device, "changed");
    bench.sync(&mut device);
    let backup = bench.server.clone();
    let lost = capture(&mut device, "lost");
    device.edit(changed.local_id, rename("changed later"), None).unwrap();
    bench.sync(&mut device);
    let unsent = capture(&mut device, "unsent");
    bench.server.restore(&backup);
    bench.sync(&mut device);

    assert_eq!(state(&device, old.local_id), PlaceState::Synced);
    assert_eq!(state(&device, unsent.local_id), PlaceState::Synced, "the outbox is never touched");
    assert_eq!(state(&device, lost.local_id), PlaceState::NeedsAttention(Attention::MissingOnServer));
    assert_eq!(state(&device, changed.local_id), PlaceState::NeedsAttention(Attention::OlderOnServer));
    assert_eq!(name_of(&device, lost.local_id), "lost");
    assert!(device.confirmed(lost.local_id).unwrap().is_none());

    let same = device.resolve(lost.local_id, Resolution::KeepAsNew(Source::Cli), None).unwrap();
    assert_eq!(same, lost.local_id, "the same capture, created again");
    device.resolve(changed.local_id, Resolution::KeepMine, None).unwrap();
    bench.sync(&mut device);
    assert_eq!(bench.server.own(lost.client_id).unwrap().place.name, Some(text_name("lost")));
    assert_eq!(bench.server.own(changed.client_id).unwrap().place.name, Some(text_name("changed later")));
    assert_eq!(device.status().unwrap().places.synced, 4);
}

#[test]
fn letting_go_takes_the_restored_servers_word() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    let changed = capture(&mut device, "changed");
    bench.sync(&mut device);
    let backup = bench.server.clone();
    let lost = capture(&mut device, "lost");
    device.edit(changed.local_id, rename("changed later"), None).unwrap();
    bench.sync(&mut device);
    bench.server.restore(&backup);
    bench.sync(&mut device);
    device.resolve(lost.local_id, Resolution::LetGo, None).unwrap();
    device.resolve(changed.local_id, Resolution::LetGo, None).unwrap();
    assert!(device.get(lost.local_id).unwrap().is_none());
    assert_eq!(
        (name_of(&device, changed.local_id), state(&device, changed.local_id)),
        ("changed".to_owned(), PlaceState::Synced)
    );
    let kept = device
        .journal(changed.local_id)
        .unwrap()
        .into_iter()
        .filter_map(|e| e.detail)
        .any(|d| d.contains("changed later"));
    assert!(kept);
}

#[test]
fn a_push_for_another_epoch_pulls_first_and_then_sends_the_same_bytes() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    bench.sync(&mut device);
    let backup = bench.server.clone();
    let captured = capture(&mut device, "A");
    bench.server.restore(&backup);
    let first = push_of(&device.poll().unwrap());
    let handled = bench.carry(&mut device, &first);
    assert!(handled.taken && !handled.answered);
    let effects = device.poll().unwrap();
    assert!(matches!(effects.requests.as_slice(), [Request::Pull { .. }]), "{effects:?}");
    bench.carry(&mut device, &effects.requests[0]);
    let mut second = None;
    for _ in 0..4 {
        for request in device.poll().unwrap().requests {
            if matches!(request, Request::Push { .. }) {
                second = Some(request.clone());
            }
            bench.carry(&mut device, &request);
        }
    }
    assert_eq!(operations(&first), operations(&second.unwrap()));
    assert_eq!(state(&device, captured.local_id), PlaceState::Synced);
}

#[test]
fn a_late_answer_of_the_database_that_is_no_more_is_not_believed() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    bench.sync(&mut device);
    let backup = bench.server.clone();
    let captured = capture(&mut device, "A");
    let push = push_of(&device.poll().unwrap());
    let answer = bench.server.answer(&push, now(&bench));
    bench.server.restore(&backup);
    device.pull_now();
    for _ in 0..3 {
        let requests = device.poll().unwrap().requests;
        if let Some(pull) = requests.iter().find(|r| matches!(r, Request::Pull { .. })) {
            bench.carry(&mut device, pull);
        }
    }
    let late = device.handle(Reply { lease: push.lease(), answer }).unwrap();
    assert!(!late.taken, "it was applied to a database that no longer exists");
    bench.world.pass(100);
    bench.sync(&mut device);
    assert_eq!(bench.server.own(captured.client_id).unwrap().place.name, Some(text_name("A")));
    assert_eq!(state(&device, captured.local_id), PlaceState::Synced);
}

#[test]
fn a_resync_survives_being_killed_and_drops_only_what_others_no_longer_share() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    for i in 0..30 {
        capture(&mut device, &format!("own {i}"));
    }
    let at = now(&bench);
    let shared = bench.server.create(None, &place("shared"), Role::Viewer, at);
    bench.sync(&mut device);
    assert_eq!(device.list(&ListQuery { limit: 100, ..ListQuery::default() }).unwrap().places.len(), 31);
    // The share's tombstone was forgotten, and the cursor is too old.
    bench.server.rows.remove(&shared);
    bench.server.epoch += 1;
    device.pull_now();
    for step in 0..10 {
        let requests = device.poll().unwrap().requests;
        for request in &requests {
            bench.carry(&mut device, request);
        }
        if step % 2 == 0 {
            drop(device);
            device = bench.device("a.db");
        }
    }
    let page = device.list(&ListQuery { limit: 100, ..ListQuery::default() }).unwrap();
    assert_eq!(page.places.len(), 30);
    assert!(page.places.iter().all(|place| place.state == PlaceState::Synced));
}

#[test]
fn a_page_is_taken_only_with_the_cursor_it_was_asked_for() {
    let mut bench = Bench::new();
    let mut one = bench.device("a.db");
    bench.sync(&mut one);
    let at = now(&bench);
    bench.server.create(Some("0190f000-aaaa-7000-8000-00000000000b".parse().unwrap()), &place("web"), Role::Owner, at);
    one.pull_now();
    let slow = one.poll().unwrap().requests.remove(0);
    let page = bench.server.answer(&slow, at);
    bench.world.pass(100);
    let mut two = bench.device("a.db");
    bench.sync(&mut two);
    let late = one.handle(Reply { lease: slow.lease(), answer: page }).unwrap();
    assert!(!late.taken);
    assert_eq!(one.list(&ListQuery::default()).unwrap().places.len(), 1);
}

#[test]
fn keeping_mine_after_a_restore_keeps_the_edit_that_was_pending_too() {
    // Not sent before the restore is known; in conflict with the older state; sent, and its answer lost.
    for case in ["queued", "conflict", "lost"] {
        let mut bench = Bench::new();
        let mut device = bench.device("a.db");
        let captured = capture(&mut device, "O");
        bench.sync(&mut device);
        let backup = bench.server.clone();
        let id = captured.local_id;
        device.edit(id, rename("N"), None).unwrap();
        device.edit(id, note("newer"), None).unwrap();
        bench.sync(&mut device);
        bench.server.restore(&backup);
        device.edit(id, rename("Y"), None).unwrap();
        if case == "lost" {
            let push = device.poll().unwrap().requests;
            assert_eq!(push.len(), 1);
            bench.world.pass(91);
        }
        device.pull_now();
        for _ in 0..6 {
            for request in device.poll().unwrap().requests {
                if case == "conflict" || matches!(request, Request::Pull { .. }) {
                    bench.carry(&mut device, &request);
                } else {
                    device.release(request.lease()).unwrap();
                }
            }
        }
        assert_eq!(state(&device, id), PlaceState::NeedsAttention(Attention::OlderOnServer), "{case}");
        assert_eq!(name_of(&device, id), "Y");
        device.resolve(id, Resolution::KeepMine, None).unwrap();
        assert_eq!(name_of(&device, id), "Y", "{case}");
        bench.sync(&mut device);
        if device.conflict(id).unwrap().is_some() {
            device.resolve(id, Resolution::KeepMine, None).unwrap();
            bench.sync(&mut device);
        }
        let row = &bench.server.own(captured.client_id).unwrap().place;
        assert_eq!(row.name, Some(text_name("Y")), "{case}");
        assert_eq!(row.note.as_ref().unwrap().as_str(), "newer", "{case}");
        assert_eq!((state(&device, id), device.status().unwrap().pending), (PlaceState::Synced, 0), "{case}");
    }
}
