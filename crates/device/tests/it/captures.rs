use holdfast_contract::{PositionSource, Source, Tags};
use holdfast_device::{
    Attention, Capture, DeleteOutcome, Error, FixOutcome, JournalEvent, ListQuery, PlaceState, StateFilter,
    WaitingCapture,
};

use crate::support::*;

pub(crate) fn waiting(bench: &Bench, name: &str) -> WaitingCapture {
    let now = holdfast_device::Environment::now(&bench.world).wall;
    WaitingCapture {
        name: Some(text_name(name)),
        note: None,
        category: None,
        tags: Tags::default(),
        captured_at: now,
        source: Source::Cli,
        fix_expected_until: now.plus_seconds(10),
    }
}

#[test]
fn a_capture_is_there_after_the_process_died_and_reaches_the_server_once() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    let captured = capture(&mut device, "Spring");
    assert!(captured.new);
    drop(device);

    let mut device = bench.device("a.db");
    assert_eq!(state(&device, captured.local_id), PlaceState::SavedOnDevice);
    bench.sync(&mut device);
    assert_eq!(state(&device, captured.local_id), PlaceState::Synced);
    assert_eq!(bench.server.live().len(), 1);
    assert_eq!(bench.server.own(captured.client_id).unwrap().place.name, Some(text_name("Spring")));
    let status = device.status().unwrap();
    assert_eq!((status.pending, status.places.synced, status.caught_up), (0, 1, true));
    let events: Vec<_> = device.journal(captured.local_id).unwrap().into_iter().map(|e| e.event).collect();
    assert_eq!(events, [JournalEvent::Queued, JournalEvent::Sent, JournalEvent::Confirmed]);
}

#[test]
fn a_lost_reply_makes_one_place_and_the_second_try_sends_the_same_bytes() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    bench.sync(&mut device);
    let captured = capture(&mut device, "Spring");
    let first = push_of(&device.poll().unwrap());
    // It arrives; its reply does not.
    let _ = bench.server.answer(&first, holdfast_device::Environment::now(&bench.world).wall);
    assert_eq!(state(&device, captured.local_id), PlaceState::Sending);
    bench.world.pass(91);
    assert_eq!(state(&device, captured.local_id), PlaceState::SavedOnDevice);
    let second = push_of(&device.poll().unwrap());
    assert_eq!(operations(&first), operations(&second));
    let handled = bench.carry(&mut device, &second);
    assert_eq!((handled.applied, handled.duplicates), (0, 1));
    assert_eq!(state(&device, captured.local_id), PlaceState::Synced);
    let row = bench.server.own(captured.client_id).unwrap();
    assert_eq!((row.place.version, bench.server.rows.len(), bench.server.seq), (1, 1, 1));
}

#[test]
fn a_waiting_capture_is_not_sent_before_it_has_a_position() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    let captured = device.capture_waiting(waiting(&bench, "Den")).unwrap();
    assert_eq!(state(&device, captured.local_id), PlaceState::WaitingForPosition);
    assert!(device.edit(captured.local_id, note("under the root"), None).unwrap());
    let rest = bench.sync(&mut device);
    assert!(rest.wake_at.unwrap() <= holdfast_device::Environment::now(&bench.world).wall.plus_seconds(10));
    assert!(bench.server.rows.is_empty());

    bench.world.pass(11);
    assert!(device.poll().unwrap().changed, "the deadline has passed: the screen reads differently");
    assert_eq!(state(&device, captured.local_id), PlaceState::NeedsPosition);
    let found = device.list(&ListQuery { state: Some(StateFilter::WithoutPosition), ..ListQuery::default() }).unwrap();
    assert_eq!(found.places.len(), 1);

    assert_eq!(
        device.fix(captured.local_id, position(46.0, Some(12.0)), PositionSource::Fix).unwrap(),
        FixOutcome::Placed
    );
    bench.sync(&mut device);
    let row = bench.server.own(captured.client_id).unwrap();
    assert_eq!(row.place.position(), position(46.0, Some(12.0)));
    assert_eq!(row.place.note.as_ref().unwrap().as_str(), "under the root");
    assert_eq!(state(&device, captured.local_id), PlaceState::Synced);
}

#[test]
fn a_wait_for_a_position_is_over_when_the_clock_was_set_back() {
    let bench = Bench::new();
    let mut device = bench.device("a.db");
    let captured = device.capture_waiting(waiting(&bench, "Den")).unwrap();
    bench.world.set_clock(-3600);
    assert_eq!(state(&device, captured.local_id), PlaceState::NeedsPosition);
}

#[test]
fn better_fixes_amend_the_unsent_capture_and_refine_the_sent_one() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    bench.sync(&mut device);
    let captured = capture(&mut device, "Spring");
    let id = captured.local_id;
    assert_eq!(device.refine(id, position(47.3, Some(20.0))).unwrap(), FixOutcome::Improved);
    assert_eq!(device.refine(id, position(47.9, Some(50.0))).unwrap(), FixOutcome::NotBetter);
    assert_eq!(device.status().unwrap().pending, 1, "amended in place");
    let push = push_of(&device.poll().unwrap());
    assert_eq!(operations(&push)[0]["place"]["accuracy"], 20.0);
    // On its way: from now on a fix is a refine behind it, and the next one folds into that.
    device.refine(id, position(47.31, Some(9.0))).unwrap();
    device.refine(id, position(47.32, Some(4.0))).unwrap();
    assert_eq!(device.status().unwrap().pending, 2);
    bench.carry(&mut device, &push);
    bench.sync(&mut device);
    let row = bench.server.own(captured.client_id).unwrap();
    assert_eq!((row.place.position(), row.place.version), (position(47.32, Some(4.0)), 2));
    assert_eq!(state(&device, id), PlaceState::Synced);
}

#[test]
fn a_watchs_bare_create_and_the_phones_named_create_end_as_one_named_place_in_both_orders() {
    for watch_first in [true, false] {
        let mut bench = Bench::new();
        let mut phone = bench.device("phone.db");
        bench.sync(&mut phone);
        let client_id = "0190f000-aaaa-7000-8000-00000000000a".parse().unwrap();
        let now = holdfast_device::Environment::now(&bench.world).wall;
        let mut bare = place("");
        bare.fields.position = position(47.25, Some(12.0));
        let named = Capture { place: place("Spring"), client_id: Some(client_id) };
        if watch_first {
            bench.server.create(Some(client_id), &bare, holdfast_contract::Role::Owner, now);
        }
        let captured = phone.capture(named).unwrap();
        bench.sync(&mut phone);
        if !watch_first {
            // The watch hands the same capture to the phone later, with a better fix.
            let again = phone.capture(Capture { place: bare.clone(), client_id: Some(client_id) }).unwrap();
            assert!(!again.new);
            bench.sync(&mut phone);
        }
        let row = bench.server.own(client_id).unwrap();
        assert_eq!(row.place.name, Some(text_name("Spring")), "watch first: {watch_first}");
        assert_eq!(row.place.position(), position(47.25, Some(12.0)));
        assert_eq!(bench.server.rows.len(), 1);
        assert_eq!(state(&phone, captured.local_id), PlaceState::Synced);
        assert_eq!(phone.status().unwrap().pending, 0);
    }
}

#[test]
fn a_second_delivery_before_the_first_was_sent_becomes_one_create() {
    let mut bench = Bench::new();
    let mut phone = bench.device("phone.db");
    let client_id = Some("0190f000-aaaa-7000-8000-00000000000a".parse().unwrap());
    let mut bare = place("");
    bare.fields.position = position(47.25, Some(12.0));
    phone.capture(Capture { place: bare, client_id }).unwrap();
    let captured = phone.capture(Capture { place: place("Spring"), client_id }).unwrap();
    assert_eq!(phone.status().unwrap().pending, 1);
    bench.sync(&mut phone);
    let row = bench.server.own(captured.client_id).unwrap();
    assert_eq!((row.place.name.clone(), row.place.version), (Some(text_name("Spring")), 1));
}

#[test]
fn an_unsent_capture_made_here_vanishes_when_deleted_but_a_watchs_sends_a_delete() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    let own = capture(&mut device, "Spring");
    assert_eq!(device.delete(own.local_id, None).unwrap(), DeleteOutcome::Vanished);
    assert!(device.get(own.local_id).unwrap().is_none());
    assert_eq!(device.status().unwrap().pending, 0);

    let client_id = "0190f000-aaaa-7000-8000-00000000000a".parse().unwrap();
    let relayed = device.capture(Capture { place: place("x"), client_id: Some(client_id) }).unwrap();
    assert_eq!(device.delete(relayed.local_id, None).unwrap(), DeleteOutcome::InTrash);
    bench.sync(&mut device);
    assert!(bench.server.own(client_id).unwrap().place.deleted_at.is_some());
    assert!(view(&device, relayed.local_id).deleted_at.is_some());
}

#[test]
fn a_place_in_the_trash_is_not_edited_and_comes_back_when_restored() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    let id = capture(&mut device, "Spring").local_id;
    bench.sync(&mut device);
    device.delete(id, None).unwrap();
    assert!(matches!(device.edit(id, rename("x"), None), Err(Error::InTrash)));
    assert_eq!(device.list(&ListQuery::default()).unwrap().places.len(), 0);
    assert_eq!(device.list(&ListQuery { trash: true, ..ListQuery::default() }).unwrap().places.len(), 1);
    // Before it was sent: both take each other back.
    device.restore(id, None).unwrap();
    assert_eq!(device.status().unwrap().pending, 0);
    assert_eq!(state(&device, id), PlaceState::Synced);
    // After it was sent: a restore behind it.
    device.delete(id, None).unwrap();
    bench.sync(&mut device);
    device.restore(id, None).unwrap();
    bench.sync(&mut device);
    assert_eq!(bench.server.live().len(), 1);
    assert_eq!(bench.server.live()[0].version, 3);
    assert!(matches!(device.restore(id, None), Err(Error::NotInTrash)));
}

#[test]
fn a_full_plan_parks_captures_until_there_is_room() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    bench.server.places_max = Some(1);
    let first = capture(&mut device, "one").local_id;
    let second = capture(&mut device, "two").local_id;
    let third = capture(&mut device, "three").local_id;
    bench.sync(&mut device);
    assert_eq!(state(&device, first), PlaceState::Synced);
    assert_eq!(state(&device, second), PlaceState::NeedsAttention(Attention::PlanFull));
    let status = device.status().unwrap();
    assert_eq!((status.plan_full, status.places.needs_attention, status.pending), (2, 2, 2));
    assert!(device.push_idle().unwrap());
    bench.server.places_max = Some(2);
    bench.sync(&mut device);
    assert_eq!(state(&device, second), PlaceState::Synced, "the oldest goes first");
    assert_eq!(state(&device, third), PlaceState::NeedsAttention(Attention::PlanFull));
    bench.server.places_max = None;
    bench.sync(&mut device);
    assert_eq!(device.status().unwrap().pending, 0);
    assert_eq!(bench.server.live().len(), 3);
}

#[test]
fn confirmed_captures_report_how_long_they_took_on_the_monotonic_clock() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    bench.sync(&mut device);
    capture(&mut device, "one");
    bench.world.pass(40);
    bench.world.set_clock(-100_000);
    bench.sync(&mut device);
    capture(&mut device, "two");
    let push = push_of(&device.poll().unwrap());
    let holdfast_device::Request::Push { body, .. } = &push else { unreachable!() };
    let body: serde_json::Value = serde_json::from_slice(body).unwrap();
    assert_eq!(body["telemetry"]["confirmations"][0]["seconds"], 40.0);
    assert_eq!(body["telemetry"]["pending"], 1);
    bench.carry(&mut device, &push);
    capture(&mut device, "three");
    let push = push_of(&device.poll().unwrap());
    let holdfast_device::Request::Push { body, .. } = &push else { unreachable!() };
    let body: serde_json::Value = serde_json::from_slice(body).unwrap();
    assert_eq!(body["telemetry"]["confirmations"].as_array().unwrap().len(), 1, "reported once: {body}");
}

#[test]
fn a_capture_delivered_again_changes_nothing_that_the_person_has_changed_since() {
    let mut bench = Bench::new();
    let mut phone = bench.device("phone.db");
    let client_id = Some("0190f000-aaaa-7000-8000-00000000000a".parse().unwrap());
    let delivered = Capture { place: place("Spring"), client_id };
    let captured = phone.capture(delivered.clone()).unwrap();
    bench.sync(&mut phone);
    phone.edit(captured.local_id, rename("Cold spring"), None).unwrap();
    for synced in [false, true] {
        if synced {
            bench.sync(&mut phone);
        }
        let pending = phone.status().unwrap().pending;
        assert!(!phone.capture(delivered.clone()).unwrap().new);
        assert_eq!(name_of(&phone, captured.local_id), "Cold spring");
        assert_eq!(phone.status().unwrap().pending, pending);
    }
    // What somebody typed there and nobody takes can be found, once.
    let mut other = delivered.clone();
    other.place.fields.name = holdfast_contract::Name::parse("Sping").unwrap();
    for _ in 0..2 {
        phone.capture(other.clone()).unwrap();
    }
    let journal = phone.journal(captured.local_id).unwrap();
    let kept = journal.iter().filter(|e| e.detail.as_ref().is_some_and(|d| d.contains("Sping"))).count();
    assert_eq!((name_of(&phone, captured.local_id).as_str(), kept), ("Cold spring", 1));
    // What it lacks is added.
    let mut more = delivered;
    more.place.fields.note = holdfast_contract::Note::parse("behind the barn").unwrap();
    phone.capture(more).unwrap();
    bench.sync(&mut phone);
    let row = &bench.server.own(captured.client_id).unwrap().place;
    assert_eq!(row.name, Some(text_name("Cold spring")));
    assert_eq!(row.note.as_ref().unwrap().as_str(), "behind the barn");
    assert_eq!(state(&phone, captured.local_id), PlaceState::Synced);
}

#[test]
fn a_number_in_the_outbox_is_never_given_to_another_operation() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    capture(&mut device, "Oak");
    let oak = device.outbox(None, 1).unwrap().remove(0).number;
    bench.sync(&mut device);
    assert_eq!(device.status().unwrap().pending, 0);
    capture(&mut device, "Elm");
    let elm = device.outbox(None, 1).unwrap().remove(0).number;
    assert!(elm > oak, "{oak}, {elm}");
    assert_eq!(device.outbox(Some(oak), 10).unwrap().len(), 1);
    // Nor after the whole database was made anew.
    bench.sync(&mut device);
    drop(device);
    let conn = rusqlite::Connection::open(bench.path("a.db")).unwrap();
    conn.execute_batch("PRAGMA ignore_check_constraints = ON; UPDATE places SET longitude = NULL").unwrap();
    drop(conn);
    let opened = holdfast_device::file::recover(&bench.path("a.db"), bench.world.boxed()).unwrap();
    assert!(opened.recovered.is_some());
    let mut device = opened.device;
    let ash = capture(&mut device, "Ash");
    let entries = device.outbox(None, 10).unwrap();
    let ash = entries.iter().find(|entry| entry.local_id == ash.local_id).unwrap().number;
    assert!(ash > elm, "{elm}, {ash}");
}

#[test]
fn a_place_that_is_on_its_way_is_deleted_by_telling_the_server() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    bench.sync(&mut device);
    let captured = capture(&mut device, "A");
    let push = push_of(&device.poll().unwrap());
    // It arrives, and the reply is lost.
    let at = holdfast_device::Environment::now(&bench.world).wall;
    bench.server.answer(&push, at);
    bench.world.pass(100);
    assert_eq!(device.delete(captured.local_id, None).unwrap(), DeleteOutcome::InTrash);
    bench.sync(&mut device);
    assert!(bench.server.own(captured.client_id).unwrap().place.deleted_at.is_some());
    assert_eq!(state(&device, captured.local_id), PlaceState::Synced);
}

#[test]
fn a_capture_asked_for_again_under_the_callers_id_is_left_as_it_is() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    let id = capture(&mut bench.device("b.db"), "An id").client_id;
    let first = device.capture_once(id, place("Spring")).unwrap();
    assert!(first.new && first.client_id == id);
    assert_eq!(device.captured(id).unwrap(), Some(first.local_id));
    device.edit(first.local_id, rename("Cold spring"), None).unwrap();
    let again = device.capture_once(id, place("Spring")).unwrap();
    assert!(!again.new && again.local_id == first.local_id);
    assert_eq!(name_of(&device, first.local_id), "Cold spring");
    bench.sync(&mut device);
    assert!(!device.capture_once(id, place("Spring")).unwrap().new);
    bench.sync(&mut device);
    let row = bench.server.own(id).unwrap();
    assert_eq!((row.place.version, bench.server.rows.len()), (1, 1));
}

#[test]
fn a_capture_under_the_callers_id_was_made_here_and_vanishes_unsent() {
    let bench = Bench::new();
    let mut device = bench.device("a.db");
    let id = capture(&mut bench.device("b.db"), "An id").client_id;
    let captured = device.capture_once(id, place("Spring")).unwrap();
    assert_eq!(device.delete(captured.local_id, None).unwrap(), DeleteOutcome::Vanished);
    assert_eq!(device.captured(id).unwrap(), None);
}

#[test]
fn a_waiting_capture_under_the_callers_id_is_one_and_keeps_its_position() {
    let bench = Bench::new();
    let mut device = bench.device("a.db");
    let id = capture(&mut bench.device("b.db"), "An id").client_id;
    let first = device.capture_waiting_once(id, waiting(&bench, "Den")).unwrap();
    assert_eq!(device.fix(first.local_id, position(47.0, Some(9.0)), PositionSource::Fix).unwrap(), FixOutcome::Placed);
    let again = device.capture_waiting_once(id, waiting(&bench, "Den")).unwrap();
    assert!(!again.new && again.local_id == first.local_id);
    assert_eq!(device.status().unwrap().pending, 1);
    assert_eq!(device.outbox_of(first.local_id).unwrap().len(), 1);
}
