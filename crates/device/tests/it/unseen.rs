//! Two windows (or processes) on one store: what one has typed and not sent, the other must not overwrite or delete unseen.

use holdfast_contract::rules::TagChange;
use holdfast_contract::{Field, PositionSource, Source, Tag, Tags};
use holdfast_device::{DeleteOutcome, Device, Edit, Error, FixOutcome, JournalEvent, LocalId, Seen, WaitingCapture};

use crate::support::*;

fn seen(device: &Device, id: LocalId) -> Seen {
    Seen::from(&view(device, id))
}

fn fields(result: Result<impl std::fmt::Debug, Error>) -> Vec<Field> {
    match result {
        Err(Error::ChangedSince(fields)) => fields,
        other => panic!("{other:?}"),
    }
}

fn moved(latitude: f64) -> Edit {
    Edit { position: Some(position(latitude, None)), ..Edit::default() }
}

fn tag(add: &str) -> Edit {
    let add = [Tag::parse(add).unwrap().unwrap()].into();
    Edit { tags: TagChange { add, ..TagChange::default() }, ..Edit::default() }
}

/// A place that two windows look at, and how they see it. How far it has come is the test's.
fn two_windows(bench: &Bench) -> (Device, Device, LocalId, Seen) {
    let mut first = bench.device("a.db");
    let second = bench.device("a.db");
    let id = capture(&mut first, "A").local_id;
    let saw = seen(&second, id);
    (first, second, id, saw)
}

fn everything(device: &Device, id: LocalId) -> (holdfast_device::PlaceView, Vec<u8>) {
    let outbox = serde_json::to_vec(&device.export_outbox(None).unwrap()).unwrap();
    (view(device, id), outbox)
}

#[test]
fn a_capture_is_taken_back_with_a_better_fix_but_not_with_what_was_typed_since() {
    let bench = Bench::new();
    let mut device = bench.device("a.db");
    let id = capture(&mut device, "A").local_id;
    let captured = seen(&device, id);
    device.edit(id, rename("typed"), None).unwrap();
    let before = everything(&device, id);
    assert_eq!(fields(device.undo_capture(id, Some(captured.clone()))), [Field::Name]);
    assert_eq!(everything(&device, id), before);
    device.edit(id, rename("A"), None).unwrap();
    let better = device.refine(id, position(47.0, Some(3.0))).unwrap();
    assert_eq!(better, FixOutcome::Improved);
    assert_eq!(device.undo_capture(id, Some(captured)).unwrap(), DeleteOutcome::Vanished);
}

#[test]
fn what_was_typed_while_somebody_was_asked_is_not_dropped_with_what_they_were_asked_about() {
    let bench = Bench::new();
    let (mut first, mut second, id, saw) = two_windows(&bench);
    let entry = first.outbox(None, 1).unwrap().remove(0);
    second.edit(id, note("typed meanwhile"), Some(saw.clone())).unwrap();
    let before = everything(&first, id);
    assert_eq!(fields(first.discard(entry.op_id, Some(saw))), [Field::Note]);
    assert_eq!(everything(&first, id), before);
    let looked = seen(&first, id);
    first.discard(entry.op_id, Some(looked)).unwrap();
    assert!(first.outbox(None, 1).unwrap().is_empty());
}

#[test]
fn an_unsent_capture_that_another_window_has_changed_is_not_overwritten_unseen() {
    let bench = Bench::new();
    let (mut first, mut second, id, saw) = two_windows(&bench);
    first.edit(id, rename("first"), Some(saw.clone())).unwrap();
    let before = everything(&first, id);
    // One field that clashes stops the whole of it: half of what somebody wanted is not what they wanted.
    let both = Edit { note: note("mine").note, ..rename("second") };
    assert_eq!(fields(second.edit(id, both, Some(saw.clone()))), [Field::Name]);
    assert_eq!(everything(&second, id), before, "nothing was written");
    // Having looked again, the person may.
    let again = seen(&second, id);
    assert!(second.edit(id, rename("second"), Some(again)).unwrap());
    assert_eq!(name_of(&first, id), "second");
}

#[test]
fn an_unsent_change_of_a_synced_place_is_neither_folded_over_nor_lost() {
    let mut bench = Bench::new();
    let (mut first, mut second, id, _) = two_windows(&bench);
    bench.sync(&mut first);
    let saw = seen(&second, id);
    first.edit(id, rename("first"), Some(saw.clone())).unwrap();
    assert_eq!(fields(second.edit(id, rename("second"), Some(saw.clone()))), [Field::Name]);
    // Under way it is no less unsent.
    let push = push_of(&first.poll().unwrap());
    assert_eq!(fields(second.edit(id, rename("second"), Some(saw.clone()))), [Field::Name]);
    bench.carry(&mut first, &push);
    assert_eq!(name_of(&second, id), "first");
    // Once the server has it, the server asks.
    assert!(second.edit(id, rename("second"), Some(saw)).unwrap());
    bench.sync(&mut second);
    let conflict = second.conflict(id).unwrap().unwrap();
    assert_eq!((conflict.fields, conflict.theirs.name), (vec![Field::Name], Some(text_name("first"))));
}

#[test]
fn a_change_that_was_taken_back_in_another_window_is_a_change_too() {
    let mut bench = Bench::new();
    let (mut first, mut second, id, _) = two_windows(&bench);
    bench.sync(&mut first);
    first.edit(id, rename("first"), None).unwrap();
    let saw = seen(&second, id);
    first.poll().unwrap();
    first.edit(id, rename("A"), None).unwrap();
    assert_eq!(
        fields(second.edit(id, rename("second"), Some(saw))),
        [Field::Name],
        "as it was before, but not as it was seen"
    );
}

#[test]
fn other_fields_the_same_value_and_tags_never_clash() {
    let mut bench = Bench::new();
    let (mut first, mut second, id, _) = two_windows(&bench);
    bench.sync(&mut first);
    let saw = seen(&second, id);
    first.edit(id, rename("first"), Some(saw.clone())).unwrap();
    first.edit(id, tag("x"), Some(saw.clone())).unwrap();
    assert!(second.edit(id, note("second"), Some(saw.clone())).unwrap());
    assert!(second.edit(id, tag("y"), Some(saw.clone())).unwrap());
    assert!(!second.edit(id, rename("first"), Some(saw.clone())).unwrap(), "it is so already");
    assert!(!second.edit(id, rename("A"), Some(saw)).unwrap(), "left as it was seen, so left alone");
    let now = view(&second, id);
    assert_eq!((now.name, now.tags), (Some(text_name("first")), Tags::parse(["x", "y"], "tags").unwrap()));
}

#[test]
fn a_marker_that_somebody_moved_in_another_window_stays_and_one_that_a_sensor_moved_gives_way() {
    let mut bench = Bench::new();
    let (mut first, mut second, id, _) = two_windows(&bench);
    let saw = seen(&second, id);
    assert_eq!(first.refine(id, position(47.26, Some(4.0))).unwrap(), FixOutcome::Improved);
    assert!(second.edit(id, moved(47.5), Some(saw.clone())).unwrap());
    assert_eq!(fields(first.edit(id, moved(47.6), Some(saw))), [Field::Position]);
    assert_eq!(view(&first, id).position, Some(position(47.5, None)));
    bench.sync(&mut first);
    assert_eq!(first.status().unwrap().pending, 0);
}

#[test]
fn a_waiting_capture_has_no_outbox_and_is_not_overwritten_either() {
    let bench = Bench::new();
    let mut first = bench.device("a.db");
    let mut second = bench.device("a.db");
    let now = holdfast_device::Environment::now(&bench.world).wall;
    let waiting = WaitingCapture {
        name: None,
        note: None,
        category: None,
        tags: Tags::default(),
        captured_at: now,
        source: Source::Web,
        fix_expected_until: now.plus_seconds(10),
    };
    let id = first.capture_waiting(waiting).unwrap().local_id;
    let saw = seen(&second, id);
    first.edit(id, rename("first"), Some(saw.clone())).unwrap();
    assert_eq!(fields(second.edit(id, rename("second"), Some(saw.clone()))), [Field::Name]);
    assert_eq!(fields(second.delete(id, Some(saw.clone()))), [Field::Name]);
    // Its position may come from both; a person's word stands.
    first.fix(id, position(47.5, None), PositionSource::Manual).unwrap();
    assert_eq!(fields(second.edit(id, moved(47.6), Some(saw))), [Field::Position]);
}

#[test]
fn what_another_window_has_just_typed_is_not_deleted_unseen() {
    let mut bench = Bench::new();
    let (mut first, mut second, id, saw) = two_windows(&bench);
    first.edit(id, note("kept nowhere else"), Some(saw.clone())).unwrap();
    assert_eq!(fields(second.delete(id, Some(saw))), [Field::Note]);
    bench.sync(&mut first);
    let saw = seen(&second, id);
    first.edit(id, tag("x"), Some(saw.clone())).unwrap();
    first.edit(id, moved(47.5), Some(saw.clone())).unwrap();
    let before = everything(&first, id);
    assert_eq!(fields(second.delete(id, Some(saw))), [Field::Position, Field::Tags]);
    assert_eq!(everything(&second, id), before, "nothing was written");
    let again = seen(&second, id);
    assert_eq!(second.delete(id, Some(again)).unwrap(), DeleteOutcome::InTrash);
}

#[test]
fn a_better_fix_meanwhile_stops_no_deletion() {
    let bench = Bench::new();
    let (mut first, mut second, id, saw) = two_windows(&bench);
    first.refine(id, position(47.26, Some(4.0))).unwrap();
    assert_eq!(second.delete(id, Some(saw)).unwrap(), DeleteOutcome::Vanished);
}

#[test]
fn what_the_server_refused_is_mended_by_somebody_who_has_seen_it_and_nobody_else() {
    let mut bench = Bench::new();
    let (mut first, mut second, id, saw) = two_windows(&bench);
    bench.sync(&mut first);
    bench.server.poison = Some(("bad word".to_owned(), 422, holdfast_contract::Code::Invalid));
    first.edit(id, rename("bad word"), None).unwrap();
    bench.sync(&mut first);
    assert_eq!(fields(second.edit(id, rename("second"), Some(saw))), [Field::Name]);
    let again = seen(&second, id);
    assert!(second.edit(id, rename("second"), Some(again)).unwrap());
    bench.sync(&mut second);
    assert_eq!(second.status().unwrap().pending, 0);
    assert!(second.journal(id).unwrap().iter().any(|entry| entry.event == JournalEvent::Superseded));
}
