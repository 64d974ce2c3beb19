//! A capture without a position that came from a file, and the same capture from elsewhere.

use holdfast_contract::rules::TagChange;
use holdfast_contract::{ClientId, Name, Note, PositionSource, Tags};
use holdfast_device::{
    Adopted, DeleteOutcome, Device, Edit, ImportId, ImportRow, ImportRows, LocalId, PlaceState, UnplacedRow,
};

use crate::support::*;

const DEN: ClientId = ClientId(uuid::Uuid::from_u128(7));

/// As a file says it.
fn den() -> UnplacedRow {
    UnplacedRow {
        line: 2,
        client_id: DEN,
        name: Name::parse("Den").unwrap(),
        note: Note::parse("under the oak").unwrap(),
        category: None,
        tags: Tags::parse(["fox"], "").unwrap(),
        captured_at: None,
    }
}

/// As a later file says it: it has a position, and another name.
fn placed_den() -> ImportRow {
    ImportRow {
        client_id: Some(DEN),
        name: Some("Fox den".to_owned()),
        note: Some("under the oak".to_owned()),
        latitude: 46.5,
        longitude: 8.5,
        ..ImportRow::default()
    }
}

fn import<'a>(device: &mut Device, rows: impl Into<ImportRows<'a>>) -> ImportId {
    let (id, _) = device.begin_import("all.geojson", rows).unwrap();
    while !device.run_import(id, 1).unwrap().finished {}
    id
}

fn import_den(device: &mut Device) -> LocalId {
    import(device, ImportRows { placed: &[], unplaced: &[den()] });
    device.captured(DEN).unwrap().unwrap()
}

fn fix(device: &mut Device, id: LocalId) {
    device.fix(id, position(46.1, None), PositionSource::Manual).unwrap();
}

/// Every word that the journal keeps of a place.
fn kept(device: &Device, id: LocalId) -> String {
    device.journal(id).unwrap().into_iter().filter_map(|entry| entry.detail).collect()
}

fn words(device: &Device, id: LocalId) -> (String, Option<String>, Vec<String>) {
    let view = view(device, id);
    (view.name.unwrap().to_string(), view.note.map(|note| note.to_string()), view.tags.to_strings())
}

/// Clears the note, takes the tag away and renames it.
fn rework(device: &mut Device, id: LocalId) {
    let remove = den().tags.iter().cloned().collect();
    let tags = TagChange { remove, ..TagChange::default() };
    device.edit(id, Edit { note: Some(None), tags, ..rename("Fox den") }, None).unwrap();
}

#[test]
fn an_undo_takes_back_no_capture_that_the_account_had_before_the_import_was_adopted() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    let own = device.capture_waiting(crate::captures::waiting(&bench, "Spring")).unwrap();
    let mut anonymous = bench.anonymous("anonymous.db");
    let row = UnplacedRow { client_id: own.client_id, note: None, tags: Tags::default(), ..den() };
    let row = UnplacedRow { name: Some(text_name("Spring")), ..row };
    import(&mut anonymous, ImportRows { placed: &[], unplaced: &[row] });
    // It dies before the memory of the import came over.
    let raw = rusqlite::Connection::open(bench.path("a.db")).unwrap();
    raw.execute_batch("CREATE TRIGGER killed BEFORE INSERT ON imports BEGIN SELECT raise(ABORT, 'killed'); END")
        .unwrap();
    assert!(device.adopt(&mut anonymous).is_err());
    raw.execute_batch("DROP TRIGGER killed").unwrap();
    assert_eq!(device.adopt(&mut anonymous).unwrap(), Adopted { copied: 0, known: 1 });
    let undone = device.undo_import(device.imports().unwrap()[0].id, 10).unwrap();
    assert_eq!((undone.vanished, undone.deleted, undone.finished), (0, 0, true));
    assert_eq!(name_of(&device, own.local_id), "Spring");

    // Nor one that another device has made of the same file.
    bench.world.pass(1);
    let hut = [ImportRow { name: Some("Hut".to_owned()), latitude: 47.0, longitude: 8.0, ..ImportRow::default() }];
    let mut elsewhere = bench.device("b.db");
    import(&mut elsewhere, &hut);
    bench.sync(&mut elsewhere);
    bench.sync(&mut device);
    import(&mut anonymous, &hut);
    raw.execute_batch("CREATE TRIGGER killed BEFORE INSERT ON imports BEGIN SELECT raise(ABORT, 'killed'); END")
        .unwrap();
    assert!(device.adopt(&mut anonymous).is_err());
    raw.execute_batch("DROP TRIGGER killed").unwrap();
    assert_eq!(device.adopt(&mut anonymous).unwrap(), Adopted { copied: 0, known: 1 });
    let undone = device.undo_import(device.imports().unwrap()[0].id, 10).unwrap();
    assert_eq!((undone.vanished, undone.deleted, undone.finished), (0, 0, true));
    bench.sync(&mut device);
    assert_eq!(bench.server.live().len(), 1);
}

#[test]
fn a_capture_of_a_file_that_was_deleted_before_it_had_a_position_can_be_imported_again() {
    let bench = Bench::new();
    let mut device = bench.device("a.db");
    let id = import_den(&mut device);
    assert_eq!(device.delete(id, None).unwrap(), DeleteOutcome::Vanished);
    let unplaced = [den()];
    let rows = ImportRows { placed: &[], unplaced: &unplaced };
    let preview = device.preview_import(rows).unwrap();
    assert_eq!((preview.new, preview.known), (1, 0));
    import_den(&mut device);
    assert_eq!(device.status().unwrap().places.needs_position, 1);
}

#[test]
fn words_typed_on_a_capture_of_a_file_outlive_its_deletion_elsewhere() {
    let mut bench = Bench::new();
    let mut first = bench.device("a.db");
    let mut second = bench.device("b.db");
    let (one, two) = (import_den(&mut first), import_den(&mut second));
    second.edit(two, note("badgers, since May"), None).unwrap();
    fix(&mut first, one);
    bench.sync(&mut first);
    first.delete(one, None).unwrap();
    bench.sync(&mut first);
    bench.sync(&mut second);
    assert!(view(&second, two).deleted_at.is_some());
    assert!(kept(&second, two).contains("badgers, since May"), "{}", kept(&second, two));
}

#[test]
fn a_position_and_words_given_without_an_account_reach_the_capture_that_waits_in_the_account() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    let mut anonymous = bench.anonymous("anonymous.db");
    let (id, other) = (import_den(&mut device), import_den(&mut anonymous));
    // A name on one side; a note on both.
    anonymous.edit(other, Edit { note: note("fresh tracks").note, ..rename("Fox den") }, None).unwrap();
    device.edit(id, note("badgers"), None).unwrap();
    assert_eq!(device.adopt(&mut anonymous).unwrap(), Adopted { copied: 0, known: 1 });
    assert_eq!(words(&device, id), ("Fox den".to_owned(), Some("badgers".to_owned()), vec!["fox".to_owned()]));
    assert_eq!(state(&device, id), PlaceState::NeedsPosition);
    assert!(kept(&device, id).contains("fresh tracks"), "{}", kept(&device, id));

    let other = import_den(&mut anonymous);
    fix(&mut anonymous, other);
    assert_eq!(device.adopt(&mut anonymous).unwrap(), Adopted { copied: 0, known: 1 });
    bench.sync(&mut device);
    assert_eq!(state(&device, id), PlaceState::Synced);
    assert_eq!(words(&device, id), ("Fox den".to_owned(), Some("badgers".to_owned()), vec!["fox".to_owned()]));
    assert_eq!(bench.server.live()[0].position(), position(46.1, None));
}

#[test]
fn a_file_gives_a_capture_that_waits_here_the_position_that_it_lacks() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    let id = import_den(&mut device);
    device.edit(id, note("badgers"), None).unwrap();
    let preview = device.preview_import(&[placed_den()]).unwrap();
    assert_eq!((preview.new, preview.filled, preview.known), (0, 1, 0));
    let (cancelled, _) = device.begin_import("all.geojson", &[placed_den()]).unwrap();
    device.cancel_import(cancelled).unwrap();
    assert_eq!(state(&device, id), PlaceState::NeedsPosition);
    let filled = import(&mut device, &[placed_den()]);
    assert_eq!(device.preview_import(&[placed_den()]).unwrap().known, 1);
    let undone = device.undo_import(filled, 10).unwrap();
    assert_eq!((undone.vanished, undone.deleted), (0, 0), "the place is not that import's");
    let view = view(&device, id);
    assert_eq!(view.position.map(|position| position.latitude.get()), Some(46.5));
    assert_eq!(words(&device, id).0, "Fox den", "nobody had typed the other name here");
    assert_eq!(words(&device, id).1.as_deref(), Some("badgers"));
    bench.sync(&mut device);
    assert_eq!((bench.server.live().len(), state(&device, id)), (1, PlaceState::Synced));
}

#[test]
fn a_staged_capture_takes_the_position_of_the_newer_file() {
    let bench = Bench::new();
    let mut device = bench.device("a.db");
    device.begin_import("all.csv", ImportRows { placed: &[], unplaced: &[den()] }).unwrap();
    import(&mut device, &[placed_den()]);
    let id = device.captured(DEN).unwrap().unwrap();
    assert!(view(&device, id).position.is_some());
}

#[test]
fn what_only_the_file_said_is_no_word_against_what_was_changed_elsewhere() {
    let mut bench = Bench::new();
    let mut first = bench.device("a.db");
    let mut second = bench.device("b.db");
    let (one, two) = (import_den(&mut first), import_den(&mut second));
    second.edit(two, categorise("dens"), None).unwrap();
    rework(&mut first, one);
    fix(&mut first, one);
    bench.sync(&mut first);
    bench.sync(&mut second);
    bench.sync(&mut second);
    let reworked = ("Fox den".to_owned(), None, Vec::<String>::new());
    assert_eq!((words(&second, two), state(&second, two)), (reworked.clone(), PlaceState::Synced));
    assert_eq!(bench.server.live()[0].category.as_ref().unwrap().as_str(), "dens", "what was typed goes up");

    let mut anonymous = bench.anonymous("anonymous.db");
    import_den(&mut anonymous);
    assert_eq!(second.adopt(&mut anonymous).unwrap(), Adopted { copied: 0, known: 1 });
    assert_eq!((words(&second, two), state(&second, two)), (reworked.clone(), PlaceState::Synced));

    // The same word by word: what was typed without an account is a change of what the file said.
    let other = import_den(&mut anonymous);
    anonymous.edit(other, note("under the oak, left side"), None).unwrap();
    second.adopt(&mut anonymous).unwrap();
    bench.sync(&mut second);
    let conflict = second.conflict(two).unwrap().unwrap();
    assert_eq!((conflict.mine.note.unwrap().as_str(), conflict.theirs.note), ("under the oak, left side", None));
}
