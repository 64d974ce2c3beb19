use std::collections::BTreeMap;

use holdfast_contract::Field;
use holdfast_contract::outcome::ConflictReason;
use holdfast_device::{Device, Error, JournalEvent, LocalId, PlaceState, Resolution, Side};

use crate::support::*;

/// A place whose name and note both sides have changed.
fn conflicting(bench: &mut Bench) -> (Device, LocalId, holdfast_contract::PlaceId) {
    let mut device = bench.device("a.db");
    let captured = capture(&mut device, "A");
    bench.sync(&mut device);
    let id = bench.server.own(captured.client_id).unwrap().place.id;
    device.edit(captured.local_id, rename("mine"), None).unwrap();
    device.edit(captured.local_id, note("my note"), None).unwrap();
    bench.server.meddle(id, |place| {
        place.name = Some(text_name("theirs"));
        place.note = holdfast_contract::Note::parse("their note").unwrap();
    });
    bench.sync(&mut device);
    assert!(device.conflict(captured.local_id).unwrap().is_some());
    (device, captured.local_id, id)
}

fn details(device: &Device, id: LocalId) -> String {
    device.journal(id).unwrap().into_iter().filter_map(|e| e.detail).collect::<Vec<_>>().join("\n")
}

#[test]
fn keeping_mine_replaces_theirs_and_keeps_the_loser_in_the_journal() {
    let mut bench = Bench::new();
    let (mut device, id, place_id) = conflicting(&mut bench);
    device.resolve(id, Resolution::KeepMine, None).unwrap();
    bench.sync(&mut device);
    assert_eq!(bench.server.rows[&place_id].place.name, Some(text_name("mine")));
    assert_eq!(state(&device, id), PlaceState::Synced);
    assert!(details(&device, id).contains("their note"));
}

#[test]
fn keeping_theirs_drops_mine_into_the_journal_and_later_edits_of_other_fields_stay() {
    let mut bench = Bench::new();
    let (mut device, id, place_id) = conflicting(&mut bench);
    device.edit(id, categorise("later"), None).unwrap();
    device.resolve(id, Resolution::KeepTheirs, None).unwrap();
    bench.sync(&mut device);
    let row = &bench.server.rows[&place_id].place;
    assert_eq!((row.name.clone(), row.category.as_ref().unwrap().as_str()), (Some(text_name("theirs")), "later"));
    assert_eq!((name_of(&device, id), state(&device, id)), ("theirs".to_owned(), PlaceState::Synced));
    assert!(details(&device, id).contains("my note"));
}

#[test]
fn each_field_can_be_decided_by_itself_and_none_may_be_left_out() {
    let mut bench = Bench::new();
    let (mut device, id, place_id) = conflicting(&mut bench);
    let half = Resolution::PerField(BTreeMap::from([(Field::Name, Side::Mine)]));
    assert!(matches!(device.resolve(id, half, None), Err(Error::Undecided(fields)) if fields == ["note"]));
    let sides = BTreeMap::from([(Field::Name, Side::Mine), (Field::Note, Side::Theirs)]);
    device.resolve(id, Resolution::PerField(sides), None).unwrap();
    bench.sync(&mut device);
    let row = &bench.server.rows[&place_id].place;
    assert_eq!((row.name.clone(), row.note.as_ref().unwrap().as_str()), (Some(text_name("mine")), "their note"));
    assert_eq!(state(&device, id), PlaceState::Synced);
    let kept = details(&device, id);
    assert!(kept.contains(r#""name":"theirs""#) && kept.contains("my note"), "what lost on either side: {kept}");
    assert!(kept.contains(r#""taken":["note"]"#), "which fields are the server's: {kept}");
}

#[test]
fn an_answer_to_what_has_changed_again_is_asked_once_more() {
    let mut bench = Bench::new();
    let (mut device, id, place_id) = conflicting(&mut bench);
    let looked_at = device.conflict(id).unwrap().unwrap().theirs.version;
    bench.server.meddle(place_id, |place| place.name = Some(text_name("theirs again")));
    bench.sync(&mut device);
    assert!(matches!(device.resolve(id, Resolution::KeepMine, Some(looked_at)), Err(Error::LookAgain)));
    assert_eq!(device.conflict(id).unwrap().unwrap().theirs.name, Some(text_name("theirs again")));
}

#[test]
fn keeping_an_edit_of_a_place_in_the_trash_takes_it_out() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    let captured = capture(&mut device, "A");
    bench.sync(&mut device);
    let id = bench.server.own(captured.client_id).unwrap().place.id;
    device.edit(captured.local_id, rename("mine"), None).unwrap();
    device.edit(captured.local_id, categorise("c"), None).unwrap();
    let at = holdfast_device::Environment::now(&bench.world).wall;
    bench.server.meddle(id, |place| {
        place.deleted_at = Some(at);
        place.name = Some(text_name("theirs"));
    });
    bench.sync(&mut device);
    assert_eq!(device.conflict(captured.local_id).unwrap().unwrap().reason, ConflictReason::InTrash);
    assert_eq!(device.status().unwrap().places.needs_attention, 1, "also from inside the trash");
    device.resolve(captured.local_id, Resolution::KeepMine, None).unwrap();
    bench.sync(&mut device);
    let row = &bench.server.rows[&id].place;
    assert_eq!((row.name.clone(), row.deleted_at), (Some(text_name("mine")), None));
    assert_eq!(state(&device, captured.local_id), PlaceState::Synced);
    let kept = details(&device, captured.local_id);
    assert!(kept.contains(r#""name":"theirs""#) && kept.contains(r#""to":"mine""#), "both sides: {kept}");
}

#[test]
fn deleting_a_place_in_conflict_answers_the_question() {
    let mut bench = Bench::new();
    let (mut device, id, place_id) = conflicting(&mut bench);
    device.delete(id, None).unwrap();
    bench.sync(&mut device);
    assert!(bench.server.rows[&place_id].place.deleted_at.is_some());
    assert_eq!(device.status().unwrap().pending, 0);
    let dropped = device.journal(id).unwrap().into_iter().any(|e| e.event == JournalEvent::Discarded);
    assert!(dropped && details(&device, id).contains("my note"));
}

#[test]
fn what_needs_no_answer_takes_none() {
    let bench = Bench::new();
    let mut device = bench.device("a.db");
    let id = capture(&mut device, "A").local_id;
    assert!(matches!(device.resolve(id, Resolution::KeepMine, None), Err(Error::NothingToResolve)));
    assert!(matches!(device.resolve(LocalId(99), Resolution::LetGo, None), Err(Error::NoSuchPlace)));
}
