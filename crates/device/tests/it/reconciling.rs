use holdfast_contract::outcome::ConflictReason;
use holdfast_contract::{Code, Field, Problem, Role};
use holdfast_device::{Attention, EntryState, Error, JournalEvent, ListQuery, PlaceState, Resolution, StateFilter};

use crate::support::*;

fn now(bench: &Bench) -> holdfast_contract::Timestamp {
    holdfast_device::Environment::now(&bench.world).wall
}

#[test]
fn a_retried_create_does_not_bring_back_a_deleted_place() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    bench.sync(&mut device);
    let captured = capture(&mut device, "A");
    let push = push_of(&device.poll().unwrap());
    let _ = bench.server.answer(&push, now(&bench));
    let id = bench.server.own(captured.client_id).unwrap().place.id;
    let deleted = now(&bench);
    bench.server.meddle(id, |place| place.deleted_at = Some(deleted));
    bench.world.pass(100);
    bench.sync(&mut device);
    assert!(bench.server.rows[&id].place.deleted_at.is_some());
    assert!(view(&device, captured.local_id).deleted_at.is_some());
    assert_eq!(device.status().unwrap().pending, 0);
}

#[test]
fn a_conflict_keeps_both_sides_and_asks() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    let captured = capture(&mut device, "A");
    bench.sync(&mut device);
    let id = bench.server.own(captured.client_id).unwrap().place.id;
    device.edit(captured.local_id, rename("mine"), None).unwrap();
    bench.server.meddle(id, |place| place.name = Some(text_name("theirs")));
    bench.sync(&mut device);
    assert_eq!(state(&device, captured.local_id), PlaceState::NeedsAttention(Attention::Conflict));
    let conflict = device.conflict(captured.local_id).unwrap().unwrap();
    assert_eq!((conflict.reason, conflict.fields), (ConflictReason::FieldsChanged, vec![Field::Name]));
    assert_eq!(conflict.mine.name, Some(text_name("mine")));
    assert_eq!((conflict.theirs.name, conflict.theirs.version), (Some(text_name("theirs")), 2));
    assert!(device.push_idle().unwrap());
    let found = device.list(&ListQuery { state: Some(StateFilter::NeedsAttention), ..ListQuery::default() }).unwrap();
    assert_eq!(found.places.len(), 1);
    assert_eq!(device.status().unwrap().conflicts, 1);
}

#[test]
fn what_is_asked_about_is_listed_in_the_trash_and_out_of_it_or_in_the_trash_alone() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    let places = ["renamed", "deleted"].map(|name| capture(&mut device, name));
    bench.sync(&mut device);
    for captured in places {
        device.edit(captured.local_id, rename("mine"), None).unwrap();
        let id = bench.server.own(captured.client_id).unwrap().place.id;
        bench.server.meddle(id, |place| {
            if captured == places[0] {
                place.name = Some(text_name("theirs"));
            } else {
                place.deleted_at = Some(place.captured_at);
            }
        });
    }
    bench.sync(&mut device);
    let asked = |trash| {
        let query = ListQuery { state: Some(StateFilter::NeedsAttention), trash, ..ListQuery::default() };
        device.list(&query).unwrap().places.iter().map(|place| place.local_id).collect::<Vec<_>>()
    };
    assert_eq!((asked(false).len(), asked(true)), (2, vec![places[1].local_id]));
}

#[test]
fn a_purged_place_goes_silently_unless_something_unsent_is_here() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    let quiet = capture(&mut device, "quiet");
    let edited = capture(&mut device, "edited");
    bench.sync(&mut device);
    device.edit(edited.local_id, note("years of memory"), None).unwrap();
    for captured in [quiet, edited] {
        let id = bench.server.own(captured.client_id).unwrap().place.id;
        bench.server.purge(id);
    }
    bench.sync(&mut device);
    assert!(device.get(quiet.local_id).unwrap().is_none());
    assert_eq!(state(&device, edited.local_id), PlaceState::NeedsAttention(Attention::DeletedForGood));
    let kept = view(&device, edited.local_id);
    assert_eq!((kept.name, kept.note.unwrap().as_str()), (Some(text_name("edited")), "years of memory"));
    assert!(matches!(device.edit(edited.local_id, rename("x"), None), Err(Error::DecideFirst)));
    assert!(device.confirmed(edited.local_id).unwrap().is_none());

    let anew = device.resolve(edited.local_id, Resolution::KeepAsNew(holdfast_contract::Source::Cli), None).unwrap();
    assert_ne!(anew, edited.local_id);
    bench.sync(&mut device);
    assert_eq!(state(&device, anew), PlaceState::Synced);
    let live = bench.server.live();
    assert_eq!(live.len(), 1);
    assert_eq!(live[0].note.as_ref().unwrap().as_str(), "years of memory");
    assert_ne!(live[0].client_id, Some(edited.client_id));
}

#[test]
fn a_former_reader_keeps_only_what_they_typed() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    let mut secret = place("secret name");
    secret.fields.category = holdfast_contract::Category::parse("secret").unwrap();
    let at = now(&bench);
    let id = bench.server.create(None, &secret, Role::Editor, at);
    let untouched = bench.server.create(None, &place("other"), Role::Editor, at);
    bench.sync(&mut device);
    let page = device.list(&ListQuery { text: Some("secret".to_owned()), ..ListQuery::default() }).unwrap();
    let local = page.places[0].local_id;
    device.edit(local, note("my own words"), None).unwrap();
    bench.server.purge(id);
    bench.server.purge(untouched);
    bench.sync(&mut device);
    let left = device.list(&ListQuery { state: Some(StateFilter::NeedsAttention), ..ListQuery::default() }).unwrap();
    assert_eq!(left.places.len(), 1);
    let kept = &left.places[0];
    assert_eq!(kept.state, PlaceState::NeedsAttention(Attention::NoLongerVisible));
    assert_eq!(kept.note.as_ref().unwrap().as_str(), "my own words");
    assert_eq!((kept.name.clone(), kept.category.clone(), kept.position), (None, None, None));
    assert!(
        device.list(&ListQuery { text: Some("secret".to_owned()), ..ListQuery::default() }).unwrap().places.is_empty()
    );
    // Without a position it becomes a capture that waits for one.
    let anew = device.resolve(local, Resolution::KeepAsNew(holdfast_contract::Source::Cli), None).unwrap();
    assert_eq!(state(&device, anew), PlaceState::NeedsPosition);
}

#[test]
fn an_older_word_never_replaces_a_newer_one() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    let captured = capture(&mut device, "A");
    bench.sync(&mut device);
    // A page is asked for and answered, but its answer dawdles.
    device.pull_now();
    let slow = device.poll().unwrap().requests.remove(0);
    let id = bench.server.own(captured.client_id).unwrap().place.id;
    bench.server.meddle(id, |place| place.name = Some(text_name("page")));
    let page = bench.server.answer(&slow, now(&bench));
    device.edit(captured.local_id, note("n"), None).unwrap();
    let push = push_of(&device.poll().unwrap());
    bench.carry(&mut device, &push);
    assert_eq!(device.confirmed(captured.local_id).unwrap().unwrap().version, 3);
    device.handle(holdfast_device::Reply { lease: slow.lease(), answer: page }).unwrap();
    let confirmed = device.confirmed(captured.local_id).unwrap().unwrap();
    assert_eq!((confirmed.version, confirmed.note.unwrap().as_str().to_owned()), (3, "n".to_owned()));
}

#[test]
fn a_delete_behind_an_edit_meets_the_version_the_person_saw() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    let captured = capture(&mut device, "A");
    bench.sync(&mut device);
    device.edit(captured.local_id, rename("B"), None).unwrap();
    device.delete(captured.local_id, None).unwrap();
    bench.sync(&mut device);
    let row = bench.server.own(captured.client_id).unwrap();
    assert!(row.place.deleted_at.is_some());
    assert_eq!((row.place.version, row.place.name.clone()), (3, Some(text_name("B"))));
    assert_eq!(device.status().unwrap().pending, 0);
}

#[test]
fn a_delete_of_something_that_was_changed_unseen_asks_the_person() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    let captured = capture(&mut device, "A");
    bench.sync(&mut device);
    device.edit(captured.local_id, rename("B"), None).unwrap();
    device.delete(captured.local_id, None).unwrap();
    let id = bench.server.own(captured.client_id).unwrap().place.id;
    bench.server.meddle(id, |place| place.note = holdfast_contract::Note::parse("new").unwrap());
    bench.sync(&mut device);
    assert!(bench.server.rows[&id].place.deleted_at.is_none());
    let conflict = device.conflict(captured.local_id).unwrap().unwrap();
    assert_eq!(conflict.reason, ConflictReason::ChangedSince);
    device.resolve(captured.local_id, Resolution::KeepMine, Some(conflict.theirs.version)).unwrap();
    bench.sync(&mut device);
    assert!(bench.server.rows[&id].place.deleted_at.is_some());
}

#[test]
fn a_rejected_operation_is_parked_retried_exported_and_discarded() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    bench.sync(&mut device);
    let good = capture(&mut device, "good");
    let bad = capture(&mut device, "poison");
    bench.server.poison = Some(("poison".to_owned(), 422, Code::Invalid));
    bench.sync(&mut device);
    assert_eq!(state(&device, good.local_id), PlaceState::Synced, "the others go on");
    assert_eq!(state(&device, bad.local_id), PlaceState::NeedsAttention(Attention::Rejected));
    let entry = device.outbox(None, 10).unwrap().remove(0);
    let EntryState::Rejected { problem } = &entry.state else { panic!("{entry:?}") };
    assert_eq!(problem.code, Code::Invalid);
    let exported = device.export_outbox(Some(entry.op_id)).unwrap();
    assert_eq!(exported[0]["operation"]["place"]["name"], "poison");
    assert_eq!(exported[0]["place"]["name"], "poison");

    bench.server.poison = None;
    assert_eq!(device.retry_all().unwrap(), 1);
    bench.sync(&mut device);
    assert_eq!(state(&device, bad.local_id), PlaceState::Synced);

    let doomed = capture(&mut device, "poison");
    bench.server.poison = Some(("poison".to_owned(), 422, Code::Invalid));
    bench.sync(&mut device);
    let entry = device.outbox(None, 10).unwrap().remove(0);
    device.discard(entry.op_id, None).unwrap();
    assert!(device.get(doomed.local_id).unwrap().is_none());
    assert!(matches!(device.discard(entry.op_id, None), Err(Error::NoSuchEntry)));
    let last = device.journal(doomed.local_id).unwrap().pop().unwrap();
    assert_eq!(last.event, JournalEvent::Discarded);
    assert!(last.detail.unwrap().contains("poison"), "the journal keeps what was dropped");
}

#[test]
fn discarding_a_refused_edit_puts_right_what_was_based_on_it() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    let captured = capture(&mut device, "A");
    bench.sync(&mut device);
    device.edit(captured.local_id, rename("poison"), None).unwrap();
    let push = push_of(&device.poll().unwrap());
    device.edit(captured.local_id, rename("C"), None).unwrap();
    let refused = server::refuse(422, &Problem::new(Code::Invalid, "no"));
    device.handle(holdfast_device::Reply { lease: push.lease(), answer: refused }).unwrap();
    let entry = device.outbox(None, 1).unwrap().remove(0);
    device.discard(entry.op_id, None).unwrap();
    let push = push_of(&device.poll().unwrap());
    assert_eq!(operations(&push)[0]["changes"]["name"], serde_json::json!({"was": "A", "to": "C"}));
    bench.carry(&mut device, &push);
    assert_eq!(bench.server.own(captured.client_id).unwrap().place.name, Some(text_name("C")));
}

#[test]
fn an_operation_on_its_way_cannot_be_discarded_before_its_fate_is_known() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    bench.sync(&mut device);
    capture(&mut device, "A");
    let _ = device.poll().unwrap();
    let entry = device.outbox(None, 1).unwrap().remove(0);
    assert!(matches!(device.discard(entry.op_id, None), Err(Error::OnItsWay)));
}

#[test]
fn a_note_folded_into_an_imported_create_survives_the_word_that_the_place_is_gone() {
    let mut bench = Bench::new();
    let rows = ["Hut", "Pass"].map(|name| holdfast_device::ImportRow {
        name: Some(name.to_owned()),
        latitude: 47.0,
        longitude: 8.0,
        ..holdfast_device::ImportRow::default()
    });
    let mut one = bench.device("a.db");
    let mut two = bench.device("b.db");
    bench.sync(&mut two);
    for device in [&mut one, &mut two] {
        let (id, _) = device.begin_import("huts.gpx", &rows).unwrap();
        device.run_import(id, 10).unwrap();
    }
    bench.sync(&mut one);
    let ids: Vec<_> = bench.server.rows.keys().copied().collect();
    for id in ids {
        bench.server.purge(id);
    }
    let places = two.list(&ListQuery::default()).unwrap().places;
    let local = |name: &str| places.iter().find(|p| p.name == Some(text_name(name))).unwrap().local_id;
    two.edit(local("Hut"), note("my own words"), None).unwrap();
    bench.sync(&mut two);
    assert_eq!(state(&two, local("Hut")), PlaceState::NeedsAttention(Attention::DeletedForGood));
    assert_eq!(view(&two, local("Hut")).note.unwrap().as_str(), "my own words");
    assert!(two.journal(local("Hut")).unwrap().iter().any(|entry| entry.event == JournalEvent::Gone));
    // What says only what the file says goes; the journal has it all the same.
    assert!(two.get(local("Pass")).unwrap().is_none());
    let gone = two.journal(local("Pass")).unwrap().pop().unwrap();
    assert_eq!(gone.event, JournalEvent::Gone);
    assert!(gone.detail.unwrap().contains("Pass"));
}

#[test]
fn a_late_page_with_an_older_gone_takes_nothing_away() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    let at = now(&bench);
    let id = bench.server.create(None, &place("shared"), Role::Editor, at);
    bench.sync(&mut device);
    let local = device.list(&ListQuery::default()).unwrap().places[0].local_id;
    // The share is revoked, a page that says so is on its way, and the share is granted again.
    bench.server.purge(id);
    device.pull_now();
    let slow = device.poll().unwrap().requests.remove(0);
    let page = bench.server.answer(&slow, at);
    bench.server.rows.get_mut(&id).unwrap().gone = false;
    bench.server.meddle(id, |_| {});
    device.edit(local, note("mine"), None).unwrap();
    let push = push_of(&device.poll().unwrap());
    device.edit(local, rename("later"), None).unwrap();
    assert_eq!(bench.carry(&mut device, &push).applied, 1);
    device.handle(holdfast_device::Reply { lease: slow.lease(), answer: page }).unwrap();
    assert_eq!(state(&device, local), PlaceState::SavedOnDevice);
    assert_eq!(name_of(&device, local), "later");
    bench.sync(&mut device);
    assert_eq!(bench.server.rows[&id].place.name, Some(text_name("later")));
    assert_eq!(state(&device, local), PlaceState::Synced);
}

#[test]
fn a_marker_moved_before_the_watchs_fix_was_known_is_no_conflict() {
    for (watchs_accuracy, refined) in [(12.0, false), (80.0, false), (12.0, true), (80.0, true)] {
        let mut bench = Bench::new();
        let mut phone = bench.device("phone.db");
        bench.sync(&mut phone);
        let client_id = "0190f000-aaaa-7000-8000-00000000000a".parse().unwrap();
        let captured =
            phone.capture(holdfast_device::Capture { place: place("Spring"), client_id: Some(client_id) }).unwrap();
        let push = push_of(&phone.poll().unwrap());
        if refined {
            phone.refine(captured.local_id, position(47.26, Some(20.0))).unwrap();
        }
        let moved = holdfast_device::Edit { position: Some(position(47.5, None)), ..Default::default() };
        phone.edit(captured.local_id, moved, None).unwrap();
        let mut bare = place("");
        bare.fields.position = position(47.2, Some(watchs_accuracy));
        let at = now(&bench);
        bench.server.create(Some(client_id), &bare, Role::Owner, at);
        assert_eq!(bench.carry(&mut phone, &push).duplicates, 1);
        bench.sync(&mut phone);
        assert_eq!(state(&phone, captured.local_id), PlaceState::Synced, "watch: {watchs_accuracy}, {refined}");
        let row = &bench.server.own(client_id).unwrap().place;
        assert_eq!((row.name.clone(), row.position()), (Some(text_name("Spring")), position(47.5, None)));
        assert_eq!(row.position_source, holdfast_contract::PositionSource::Manual);
    }
}

#[test]
fn the_journal_tells_conflicts_refusals_and_delays_also_after_they_are_over() {
    use JournalEvent::{Confirmed, Conflicted, Deferred, Queued, Rejected, Resolved, Sent, SentAgain, Superseded};

    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    bench.server.places_max = Some(0);
    let captured = capture(&mut device, "poison");
    let id = captured.local_id;
    let events = |device: &holdfast_device::Device| -> Vec<JournalEvent> {
        device.journal(id).unwrap().into_iter().map(|entry| entry.event).collect()
    };
    for _ in 0..3 {
        bench.sync(&mut device);
        device.retry_all().unwrap();
    }
    assert_eq!(events(&device), [Queued, Sent, SentAgain, Deferred], "put off again and again is told once");
    bench.server.places_max = None;
    bench.server.poison = Some(("poison".to_owned(), 422, Code::Invalid));
    bench.sync(&mut device);
    assert_eq!(events(&device), [Queued, Sent, Deferred, SentAgain, Rejected]);
    bench.server.poison = None;
    device.retry_all().unwrap();
    bench.sync(&mut device);
    let refused = [Queued, Sent, Deferred, SentAgain, Rejected, Superseded];
    assert_eq!(events(&device), [&refused[..], &[Queued, Sent, Confirmed]].concat());

    device.edit(id, rename("mine"), None).unwrap();
    let place_id = bench.server.own(captured.client_id).unwrap().place.id;
    bench.server.meddle(place_id, |place| place.name = Some(text_name("theirs")));
    bench.sync(&mut device);
    let conflicted = device.journal(id).unwrap().pop().unwrap();
    assert_eq!((conflicted.event, conflicted.kind.as_deref()), (Conflicted, Some("update")));
    assert_eq!(conflicted.detail.as_deref(), Some("changed elsewhere too: name"));
    device.resolve(id, Resolution::KeepTheirs, None).unwrap();
    let all = events(&device);
    assert_eq!(all[all.len() - 4..], [Queued, Sent, Conflicted, Resolved]);
}
