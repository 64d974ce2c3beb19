use holdfast_contract::{Category, Role};
use holdfast_device::{Attention, Captured, Device, ListQuery, PlaceState, Reply, Request, Resolution};

use crate::support::*;

fn now(bench: &Bench) -> holdfast_contract::Timestamp {
    holdfast_device::Environment::now(&bench.world).wall
}

#[test]
fn after_a_restore_the_device_gives_back_what_the_server_has_lost() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    let old = capture(&mut device, "old");
    let changed = capture(&mut device, "changed");
    bench.sync(&mut device);
    let backup = bench.server.clone();
    let lost = capture(&mut device, "lost");
    let trashed = capture(&mut device, "trashed");
    device.edit(changed.local_id, rename("changed later"), None).unwrap();
    bench.sync(&mut device);
    device.delete(trashed.local_id, None).unwrap();
    device.delete(old.local_id, None).unwrap();
    bench.sync(&mut device);
    let unsent = capture(&mut device, "unsent");
    bench.server.restore(&backup);
    bench.sync(&mut device);

    let named = |captured: &Captured| bench.server.own(captured.client_id).unwrap().place.name.clone();
    assert_eq!(named(&lost), Some(text_name("lost")));
    assert_eq!(named(&changed), Some(text_name("changed later")));
    assert_eq!(named(&unsent), Some(text_name("unsent")), "the outbox is never touched");
    for captured in [&old, &trashed] {
        let row = &bench.server.own(captured.client_id).unwrap().place;
        assert!(row.deleted_at.is_some(), "what was known to be deleted is offered as deleted");
    }
    for captured in [&old, &changed, &lost, &trashed, &unsent] {
        assert_eq!(state(&device, captured.local_id), PlaceState::Synced);
        let row = &bench.server.own(captured.client_id).unwrap().place;
        assert_eq!(device.confirmed(captured.local_id).unwrap().as_ref(), Some(row));
    }
    assert_eq!(device.status().unwrap().pending, 0);
}

#[test]
fn until_it_is_given_back_what_was_lost_is_said_to_be_on_this_device_only() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    let changed = capture(&mut device, "changed");
    bench.sync(&mut device);
    let backup = bench.server.clone();
    let lost = capture(&mut device, "lost");
    device.edit(changed.local_id, rename("changed later"), None).unwrap();
    bench.sync(&mut device);
    bench.server.restore(&backup);
    pull_only(&mut bench, &mut device);
    for (captured, name) in [(&lost, "lost"), (&changed, "changed later")] {
        assert_eq!(state(&device, captured.local_id), PlaceState::SavedOnDevice);
        assert_eq!(name_of(&device, captured.local_id), name);
    }
    assert_eq!(device.confirmed(lost.local_id).unwrap(), None);
    assert_eq!(device.confirmed(changed.local_id).unwrap().unwrap().name, Some(text_name("changed")));
    bench.sync(&mut device);
    assert_eq!(device.status().unwrap().places.synced, 2);
}

#[test]
fn what_was_decided_on_top_of_a_lost_state_goes_behind_it_with_the_same_bytes() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    bench.sync(&mut device);
    let backup = bench.server.clone();
    let lost = capture(&mut device, "lost");
    let doomed = capture(&mut device, "doomed");
    bench.sync(&mut device);
    device.edit(lost.local_id, rename("found"), None).unwrap();
    let first = push_of(&device.poll().unwrap());
    device.edit(lost.local_id, note("by a person"), None).unwrap();
    bench.server.restore(&backup);
    bench.carry(&mut device, &first);
    device.delete(doomed.local_id, None).unwrap();

    let mut sent = Vec::new();
    for _ in 0..8 {
        for request in device.poll().unwrap().requests {
            if matches!(request, Request::Push { .. }) {
                sent.extend(operations(&request));
            }
            bench.carry(&mut device, &request);
        }
    }
    let of_lost: Vec<_> = sent.iter().filter(|op| is_about(op, &lost)).collect();
    assert_eq!(of_lost[0]["kind"], "offer");
    assert_eq!(of_lost[1], &operations(&first)[0], "as it had been sent before");
    let row = &bench.server.own(lost.client_id).unwrap().place;
    assert_eq!((row.name.clone(), row.version), (Some(text_name("found")), 3));
    assert_eq!(row.note.as_ref().unwrap().as_str(), "by a person");
    assert!(bench.server.own(doomed.client_id).unwrap().place.deleted_at.is_some());
    assert_eq!((state(&device, lost.local_id), device.status().unwrap().pending), (PlaceState::Synced, 0));
}

#[test]
fn a_server_that_has_lost_everything_gets_it_back_in_parts_also_from_a_device_that_is_killed() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    let at = now(&bench);
    for i in 0..2_100_u128 {
        let id = holdfast_contract::ClientId(uuid::Uuid::from_u128(0x0190_f000_aaaa_7000_8000_0000_0000_0000 + i));
        bench.server.create(Some(id), &place(&format!("p{i}")), Role::Owner, at);
    }
    bench.sync(&mut device);
    bench.server.restore(&server::Server::new());
    device.pull_now();
    let mut parts = Vec::new();
    for step in 0..40 {
        for request in device.poll().unwrap().requests {
            bench.carry(&mut device, &request);
        }
        parts.push(bench.server.rows.len());
        if step % 2 == 0 {
            drop(device);
            device = bench.device("a.db");
            bench.world.pass(100);
        }
    }
    assert!(parts.iter().any(|there| (1..2_000).contains(there)), "not all in one step: {parts:?}");
    assert_eq!(bench.server.rows.len(), 2_100);
    let status = device.status().unwrap();
    assert_eq!((status.places.synced, status.pending, status.caught_up), (2_100, 0, true));
}

#[test]
fn while_a_resync_is_under_way_only_what_hangs_on_it_waits() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    let lost = capture(&mut device, "lost");
    bench.sync(&mut device);
    let empty = server::Server::new();
    bench.server.restore(&empty);
    for i in 0..3 {
        let at = now(&bench);
        let id = format!("0190f000-aaaa-7000-8000-00000000000{i}").parse().unwrap();
        bench.server.create(Some(id), &place(&format!("web {i}")), Role::Owner, at);
    }
    device.edit(lost.local_id, rename("edited"), None).unwrap();
    let fresh = capture(&mut device, "fresh");
    bench.server.page_limit = Some(1);
    let mut pushed_before_the_end = Vec::new();
    for _ in 0..40 {
        for request in device.poll().unwrap().requests {
            if matches!(request, Request::Push { .. }) && !device.status().unwrap().caught_up {
                pushed_before_the_end.extend(operations(&request));
            }
            bench.carry(&mut device, &request);
        }
    }
    assert!(pushed_before_the_end.iter().any(|op| is_about(op, &fresh)));
    assert!(pushed_before_the_end.iter().all(|op| !is_about(op, &lost)));
    assert_eq!(bench.server.own(lost.client_id).unwrap().place.name, Some(text_name("edited")));
    assert_eq!(device.status().unwrap().places.synced, 5);
}

#[test]
fn a_place_that_was_deleted_for_good_stays_so_when_it_is_offered() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    let untouched = capture(&mut device, "untouched");
    let edited = capture(&mut device, "edited");
    bench.sync(&mut device);
    let backup = bench.server.clone();
    for captured in [&untouched, &edited] {
        device.edit(captured.local_id, note("later"), None).unwrap();
    }
    bench.sync(&mut device);
    bench.server.restore(&backup);
    for captured in [&untouched, &edited] {
        let id = bench.server.own(captured.client_id).unwrap().place.id;
        bench.server.purge(id);
        bench.server.rows.get_mut(&id).unwrap().seq = 0;
    }
    device.edit(edited.local_id, rename("typed here"), None).unwrap();
    bench.sync(&mut device);
    assert!(device.get(untouched.local_id).unwrap().is_none());
    assert_eq!(state(&device, edited.local_id), PlaceState::NeedsAttention(Attention::DeletedForGood));
    assert_eq!(name_of(&device, edited.local_id), "typed here");
}

#[test]
fn dropping_an_offer_lets_the_servers_word_stand() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    let changed = capture(&mut device, "changed");
    bench.sync(&mut device);
    let backup = bench.server.clone();
    let lost = capture(&mut device, "lost");
    device.edit(changed.local_id, rename("changed later"), None).unwrap();
    bench.sync(&mut device);
    bench.server.restore(&backup);
    pull_only(&mut bench, &mut device);
    for entry in device.outbox(None, 10).unwrap() {
        assert_eq!(entry.kind, "offer");
        device.discard(entry.op_id, None).unwrap();
    }
    assert!(device.get(lost.local_id).unwrap().is_none());
    assert_eq!(name_of(&device, changed.local_id), "changed");
    let kept = device.journal(changed.local_id).unwrap().into_iter().filter_map(|e| e.detail);
    assert!(kept.into_iter().any(|detail| detail.contains("changed later")));
}

/// Fetches everything and sends nothing.
fn pull_only(bench: &mut Bench, device: &mut Device) {
    device.pull_now();
    for _ in 0..4 {
        for request in device.poll().unwrap().requests {
            match request {
                Request::Pull { .. } => drop(bench.carry(device, &request)),
                Request::Push { .. } => device.release(request.lease()).unwrap(),
            }
        }
    }
}

fn is_about(operation: &serde_json::Value, captured: &Captured) -> bool {
    operation["clientId"] == captured.client_id.to_string()
}

/// A place that somebody changed on the restored server before the device came back with a later state of it.
fn parted(bench: &mut Bench, device: &mut Device) -> Captured {
    let captured = capture(device, "changed");
    bench.sync(device);
    let backup = bench.server.clone();
    device.edit(captured.local_id, rename("changed later"), None).unwrap();
    bench.sync(device);
    bench.server.restore(&backup);
    let id = bench.server.own(captured.client_id).unwrap().place.id;
    bench.server.meddle(id, |place| place.name = Some(text_name("changed on the web")));
    bench.sync(device);
    assert_eq!(state(device, captured.local_id), PlaceState::NeedsAttention(Attention::OlderOnServer));
    captured
}

#[test]
fn where_somebody_went_another_way_meanwhile_the_person_decides() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    let captured = parted(&mut bench, &mut device);
    let kept = device.kept(captured.local_id).unwrap().unwrap();
    assert_eq!((kept.name, kept.version), (Some(text_name("changed later")), 2));
    assert_eq!(name_of(&device, captured.local_id), "changed on the web");
    device.resolve(captured.local_id, Resolution::KeepMine, None).unwrap();
    bench.sync(&mut device);
    assert_eq!(bench.server.own(captured.client_id).unwrap().place.name, Some(text_name("changed later")));
    assert_eq!((state(&device, captured.local_id), device.status().unwrap().pending), (PlaceState::Synced, 0));
}

#[test]
fn letting_go_takes_the_restored_servers_word() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    let captured = parted(&mut bench, &mut device);
    device.resolve(captured.local_id, Resolution::LetGo, None).unwrap();
    assert_eq!(
        (name_of(&device, captured.local_id), state(&device, captured.local_id)),
        ("changed on the web".to_owned(), PlaceState::Synced)
    );
    let kept = device.journal(captured.local_id).unwrap().into_iter().filter_map(|e| e.detail);
    assert!(kept.into_iter().any(|detail| detail.contains("changed later")));
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
        let row = bench.server.own(captured.client_id).unwrap().place.id;
        bench.server.meddle(row, |place| place.category = Category::parse("web").unwrap());
        device.edit(id, rename("Y"), None).unwrap();
        if case == "lost" {
            let push = device.poll().unwrap().requests;
            assert_eq!(push.len(), 1);
            bench.world.pass(91);
        }
        device.pull_now();
        for _ in 0..6 {
            for request in device.poll().unwrap().requests {
                let only_offers = |request| operations(request).iter().all(|op| op["kind"] == "offer");
                if case == "conflict" || matches!(request, Request::Pull { .. }) || only_offers(&request) {
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

#[test]
fn a_deletion_of_the_lost_time_is_asked_about_where_somebody_went_another_way() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    let captured = capture(&mut device, "changed");
    bench.sync(&mut device);
    let backup = bench.server.clone();
    device.edit(captured.local_id, rename("changed later"), None).unwrap();
    bench.sync(&mut device);
    device.delete(captured.local_id, None).unwrap();
    // Sent, and the reply is lost with the database.
    let lost = push_of(&device.poll().unwrap());
    bench.world.pass(100);
    bench.server.restore(&backup);
    let row = bench.server.own(captured.client_id).unwrap().place.id;
    for note in ["one", "two"] {
        bench.server.meddle(row, |place| place.note = holdfast_contract::Note::parse(note).unwrap());
    }
    bench.sync(&mut device);
    let place = &bench.server.own(captured.client_id).unwrap().place;
    assert_eq!((place.deleted_at, place.version), (None, 3), "nobody who deletes has seen this");
    assert_eq!(state(&device, captured.local_id), PlaceState::NeedsAttention(Attention::OlderOnServer));
    let waiting = device.outbox(None, 10).unwrap();
    assert_eq!(waiting.len(), 1);
    assert_ne!(waiting[0].op_id.to_string(), operations(&lost)[0]["opId"], "a new intent, not the old bytes");
}

#[test]
fn after_another_restore_the_newest_state_is_given_back_and_no_number_is_used_again() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    let captured = capture(&mut device, "one");
    bench.sync(&mut device);
    let backup = bench.server.clone();
    device.edit(captured.local_id, rename("two"), None).unwrap();
    bench.sync(&mut device);
    bench.server.restore(&backup);
    // Edited, but not sent: the offer goes in front, and both have new numbers.
    device.edit(captured.local_id, note("by hand"), None).unwrap();
    pull_only(&mut bench, &mut device);
    let numbers: Vec<i64> = device.outbox(None, 10).unwrap().iter().map(|entry| entry.number).collect();
    assert_eq!(numbers.len(), 2);
    bench.sync(&mut device);
    capture(&mut device, "later");
    let next = device.outbox(None, 10).unwrap()[0].number;
    assert!(numbers.iter().all(|number| *number < next), "{numbers:?} and then {next}");
    bench.sync(&mut device);
    bench.server.restore(&backup);
    bench.sync(&mut device);
    let row = &bench.server.own(captured.client_id).unwrap().place;
    assert_eq!((row.name.clone(), row.version), (Some(text_name("two")), 3));
    assert_eq!(row.note.as_ref().unwrap().as_str(), "by hand");
    assert_eq!(device.status().unwrap().pending, 0);
}
