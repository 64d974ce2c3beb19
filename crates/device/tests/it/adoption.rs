use holdfast_contract::AccountId;
use holdfast_device::{Adopted, Binding, Error, ImportRow, JournalEvent, ListQuery, PlaceState};

use crate::support::*;

fn other_account() -> Binding {
    Binding { account: AccountId("0190f000-0000-7000-8000-000000000002".parse().unwrap()), ..account() }
}

#[test]
fn a_store_belongs_to_one_account_for_ever() {
    let bench = Bench::new();
    let mut device = bench.device("a.db");
    device.bind(&account()).unwrap();
    assert!(matches!(device.bind(&other_account()), Err(Error::BoundElsewhere(to)) if *to == account()));
    let other_server = Binding { server: "https://elsewhere.example".to_owned(), ..account() };
    assert!(matches!(device.bind(&other_server), Err(Error::BoundElsewhere(_))));
    assert_eq!(device.binding().unwrap(), Some(account()));
}

#[test]
fn captures_without_an_account_ask_for_nothing_and_are_not_bound_by_accident() {
    let bench = Bench::new();
    let mut device = bench.anonymous("anonymous.db");
    let captured = capture(&mut device, "A");
    let effects = device.poll().unwrap();
    assert!(effects.requests.is_empty() && effects.wake_at.is_none());
    assert_eq!(state(&device, captured.local_id), PlaceState::SavedOnDevice);
    assert!(matches!(device.bind(&account()), Err(Error::HoldsCaptures)));
}

#[test]
fn captures_without_an_account_are_adopted_once_and_synced() {
    let mut bench = Bench::new();
    let mut anonymous = bench.anonymous("anonymous.db");
    let a = capture(&mut anonymous, "A");
    let b = capture(&mut anonymous, "B");
    anonymous.edit(b.local_id, note("n"), None).unwrap();
    let mut device = bench.device("a.db");
    assert_eq!(device.adopt(&mut anonymous).unwrap(), Adopted { copied: 2, known: 0 });
    assert_eq!(device.adopt(&mut anonymous).unwrap(), Adopted::default());
    assert!(anonymous.list(&ListQuery::default()).unwrap().places.is_empty());
    bench.sync(&mut device);
    assert_eq!(bench.server.own(a.client_id).unwrap().place.name, Some(text_name("A")));
    assert_eq!(bench.server.own(b.client_id).unwrap().place.note.as_ref().unwrap().as_str(), "n");
    let local = device.find(&a.client_id.to_string()).unwrap()[0];
    assert!(device.journal(local).unwrap().iter().any(|e| e.event == JournalEvent::Adopted));
    // The store may be used again, also for somebody else.
    capture(&mut anonymous, "C");
    let mut other = bench.anonymous("other.db");
    other.bind(&other_account()).unwrap();
    assert_eq!(other.adopt(&mut anonymous).unwrap().copied, 1);
}

#[test]
fn an_adoption_that_was_killed_goes_on_only_for_the_account_it_was_promised_to() {
    let mut bench = Bench::new();
    let mut anonymous = bench.anonymous("anonymous.db");
    let first = capture(&mut anonymous, "A");
    let second = capture(&mut anonymous, "B");
    // It dies after the captures were copied and before the other store was emptied.
    let raw = rusqlite::Connection::open(bench.path("anonymous.db")).unwrap();
    raw.execute_batch("CREATE TRIGGER killed BEFORE DELETE ON outbox BEGIN SELECT raise(ABORT, 'killed'); END")
        .unwrap();
    let mut device = bench.device("a.db");
    assert!(device.adopt(&mut anonymous).is_err());
    raw.execute_batch("DROP TRIGGER killed").unwrap();
    let local = device.find(&first.client_id.to_string()).unwrap()[0];
    device.delete(local, None).unwrap();
    let mut other = bench.anonymous("other.db");
    other.bind(&other_account()).unwrap();
    assert!(matches!(other.adopt(&mut anonymous), Err(Error::BoundElsewhere(to)) if *to == account()));
    assert!(other.list(&ListQuery::default()).unwrap().places.is_empty());
    assert_eq!(device.adopt(&mut anonymous).unwrap(), Adopted { copied: 0, known: 2 });
    assert!(anonymous.list(&ListQuery::default()).unwrap().places.is_empty());
    bench.sync(&mut device);
    assert!(bench.server.own(first.client_id).is_none(), "what was deleted meanwhile does not come back");
    assert!(bench.server.own(second.client_id).is_some());
    assert_eq!(bench.server.rows.len(), 1);
}

#[test]
fn what_happened_to_a_place_before_there_was_an_account_stays_in_its_history() {
    let mut bench = Bench::new();
    let mut anonymous = bench.anonymous("anonymous.db");
    let now = holdfast_device::Environment::now(&bench.world).wall;
    let waiting = holdfast_device::WaitingCapture {
        name: Some(text_name("Spring")),
        note: None,
        category: None,
        tags: holdfast_contract::Tags::default(),
        captured_at: now,
        source: holdfast_contract::Source::Web,
        fix_expected_until: now.plus_seconds(10),
    };
    let captured = anonymous.capture_waiting(waiting).unwrap();
    bench.world.pass(5);
    let fix = (position(47.5, Some(9.0)), holdfast_contract::PositionSource::Fix);
    anonymous.fix(captured.local_id, fix.0, fix.1).unwrap();
    capture(&mut anonymous, "Another");
    let before = anonymous.journal(captured.local_id).unwrap();

    bench.world.pass(3600);
    let mut device = bench.device("a.db");
    // So that the same number is another place's there.
    capture(&mut device, "First of all");
    device.adopt(&mut anonymous).unwrap();
    let local = device.find(&captured.client_id.to_string()).unwrap()[0];
    let story = |device: &holdfast_device::Device| {
        device.journal(local).unwrap().into_iter().map(|entry| entry.event).collect::<Vec<_>>()
    };
    assert_eq!(device.journal(local).unwrap()[..3], before[..], "with its own times");
    let adopted =
        [JournalEvent::CapturedWithoutPosition, JournalEvent::Placed, JournalEvent::Queued, JournalEvent::Adopted];
    assert_eq!(story(&device), adopted);
    bench.sync(&mut device);
    assert_eq!(story(&device), [&adopted[..], &[JournalEvent::Sent, JournalEvent::Confirmed]].concat());
    let times: Vec<_> = device.journal(local).unwrap().into_iter().map(|entry| entry.at).collect();
    assert!(times.is_sorted(), "{times:?}");
}

fn hut() -> [ImportRow; 1] {
    [ImportRow { name: Some("Hut".to_owned()), latitude: 47.0, longitude: 8.0, ..ImportRow::default() }]
}

fn import(device: &mut holdfast_device::Device) {
    let (import, _) = device.begin_import("huts.gpx", &hut()).unwrap();
    assert!(device.run_import(import, 10).unwrap().finished);
}

#[test]
fn what_was_adopted_and_undone_is_adopted_again_when_it_is_captured_again() {
    let mut bench = Bench::new();
    let mut anonymous = bench.anonymous("anonymous.db");
    import(&mut anonymous);
    let mut device = bench.device("a.db");
    assert_eq!(device.adopt(&mut anonymous).unwrap().copied, 1);
    let adopted = device.imports().unwrap()[0].id;
    assert_eq!(device.undo_import(adopted, 10).unwrap().vanished, 1);
    import(&mut anonymous);
    assert_eq!(device.adopt(&mut anonymous).unwrap(), Adopted { copied: 1, known: 0 });
    assert_eq!(device.list(&ListQuery::default()).unwrap().places.len(), 1);
    bench.sync(&mut device);
    assert_eq!(bench.server.live().len(), 1);
    assert_eq!(device.status().unwrap().pending, 0);
}

#[test]
fn what_was_typed_without_an_account_about_a_place_the_account_has_already_is_not_lost() {
    let mut bench = Bench::new();
    let mut elsewhere = bench.device("elsewhere.db");
    import(&mut elsewhere);
    bench.sync(&mut elsewhere);
    let mut device = bench.device("a.db");
    bench.sync(&mut device);
    let known = device.list(&ListQuery::default()).unwrap().places[0].local_id;

    let mut anonymous = bench.anonymous("anonymous.db");
    import(&mut anonymous);
    let typed = anonymous.list(&ListQuery::default()).unwrap().places[0].local_id;
    anonymous.edit(typed, note("key under the bench"), None).unwrap();
    assert_eq!(device.adopt(&mut anonymous).unwrap(), Adopted { copied: 0, known: 1 });
    assert_eq!(view(&device, known).note.unwrap().as_str(), "key under the bench");
    bench.sync(&mut device);
    assert_eq!(bench.server.live()[0].note.as_ref().unwrap().as_str(), "key under the bench");
    assert_eq!(bench.server.rows.len(), 1);

    // And where the account has another word for the same by now, the person is asked.
    device.edit(known, rename("Alp hut"), None).unwrap();
    bench.sync(&mut device);
    import(&mut anonymous);
    let typed = anonymous.list(&ListQuery::default()).unwrap().places[0].local_id;
    anonymous.edit(typed, rename("Old hut"), None).unwrap();
    device.adopt(&mut anonymous).unwrap();
    bench.sync(&mut device);
    let conflict = device.conflict(known).unwrap().unwrap();
    assert_eq!((conflict.mine.name, conflict.theirs.name), (Some(text_name("Old hut")), Some(text_name("Alp hut"))));

    // In the trash nothing can be changed: the journal keeps the words.
    device.delete(known, None).unwrap();
    import(&mut anonymous);
    let typed = anonymous.list(&ListQuery::default()).unwrap().places[0].local_id;
    anonymous.edit(typed, note("last words"), None).unwrap();
    device.adopt(&mut anonymous).unwrap();
    assert!(view(&device, known).deleted_at.is_some());
    let kept = device.journal(known).unwrap().into_iter().filter_map(|entry| entry.detail).collect::<String>();
    assert!(kept.contains("last words"), "{kept}");
}

/// Both places wait to be sent, with other words each: they must not become one as if somebody had seen both.
#[test]
fn words_typed_in_both_stores_before_either_was_sent_are_asked_about() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    let mut anonymous = bench.anonymous("anonymous.db");
    for (store, name) in [(&mut device, "Alp hut"), (&mut anonymous, "Old hut")] {
        import(store);
        let id = store.list(&ListQuery::default()).unwrap().places[0].local_id;
        store.edit(id, rename(name), None).unwrap();
    }
    let id = device.list(&ListQuery::default()).unwrap().places[0].local_id;
    assert_eq!(device.adopt(&mut anonymous).unwrap(), Adopted { copied: 0, known: 1 });
    bench.sync(&mut device);
    bench.sync(&mut device);
    let conflict = device.conflict(id).unwrap().unwrap();
    assert_eq!((conflict.mine.name, conflict.theirs.name), (Some(text_name("Old hut")), Some(text_name("Alp hut"))));
}

#[test]
fn the_memory_of_imports_is_adopted_too() {
    let bench = Bench::new();
    let mut anonymous = bench.anonymous("anonymous.db");
    let rows = hut();
    let (import, _) = anonymous.begin_import("huts.gpx", &rows).unwrap();
    anonymous.run_import(import, 10).unwrap();
    let mut device = bench.device("a.db");
    device.adopt(&mut anonymous).unwrap();
    let preview = device.preview_import(&rows).unwrap();
    assert_eq!((preview.new, preview.known), (0, 1));
    let imports = device.imports().unwrap();
    assert_eq!((imports.len(), imports[0].label.as_str()), (1, "huts.gpx"));
    let undone = device.undo_import(imports[0].id, 10).unwrap();
    assert_eq!((undone.vanished, undone.finished), (1, true));
}
