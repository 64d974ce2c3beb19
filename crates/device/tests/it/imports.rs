use holdfast_device::{Error, ImportId, ImportRow, ImportState, ListQuery, PlaceState};

use crate::support::*;

fn rows(count: u32) -> Vec<ImportRow> {
    (0..count)
        .map(|i| ImportRow {
            line: u64::from(i) + 2,
            name: Some(format!("Hut {i}")),
            latitude: 46.0 + f64::from(i) / 1e4,
            longitude: 8.0,
            ..ImportRow::default()
        })
        .collect()
}

fn count(device: &holdfast_device::Device) -> usize {
    device.list(&ListQuery { limit: 1000, ..ListQuery::default() }).unwrap().places.len()
}

#[test]
fn an_import_is_previewed_staged_made_in_chunks_and_the_same_file_again_makes_nothing() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    let mut rows = rows(25);
    rows.push(ImportRow { line: 99, latitude: 91.0, ..ImportRow::default() });
    rows.push(rows[0].clone()); // The file says it twice: two places.
    let preview = device.preview_import(&rows).unwrap();
    assert_eq!((preview.total, preview.new, preview.known, preview.invalid.len()), (27, 26, 0, 1));
    assert_eq!((preview.invalid[0].line, preview.invalid[0].errors[0].field.as_str()), (99, "latitude"));
    assert_eq!((count(&device), device.imports().unwrap().len()), (0, 0), "a preview writes nothing");

    let (id, _) = device.begin_import("huts.gpx", &rows).unwrap();
    assert_eq!(count(&device), 0);
    let first = device.run_import(id, 10).unwrap();
    assert_eq!((first.done, first.total, first.finished), (10, 26, false));
    while !device.run_import(id, 10).unwrap().finished {}
    assert_eq!(count(&device), 26);
    bench.sync(&mut device);
    assert_eq!(bench.server.live().len(), 26);

    let again = device.preview_import(&rows).unwrap();
    assert_eq!((again.new, again.known, again.in_trash), (0, 26, 0));
    let (nothing, _) = device.begin_import("huts.gpx", &rows).unwrap();
    assert!(device.run_import(nothing, 10).unwrap().finished);
    assert_eq!(count(&device), 26);
}

#[test]
fn an_import_that_was_killed_goes_on_and_the_same_file_begun_again_completes_it() {
    let bench = Bench::new();
    let mut device = bench.device("a.db");
    let (first, _) = device.begin_import("huts.gpx", &rows(20)).unwrap();
    device.run_import(first, 7).unwrap();
    drop(device);
    let mut device = bench.device("a.db");
    let (second, preview) = device.begin_import("huts.gpx", &rows(20)).unwrap();
    assert_eq!((preview.new, preview.known), (13, 7));
    while !device.run_import(second, 5).unwrap().finished {}
    assert_eq!(count(&device), 20);
    let states: Vec<_> = device.imports().unwrap().into_iter().map(|i| (i.state, i.done, i.total)).collect();
    assert_eq!(states, [(ImportState::Finished, 13, 13), (ImportState::Cancelled, 7, 7)]);
}

#[test]
fn the_same_file_makes_nothing_new_for_places_deleted_meanwhile() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    let (id, _) = device.begin_import("huts.gpx", &rows(3)).unwrap();
    device.run_import(id, 10).unwrap();
    let places = device.list(&ListQuery::default()).unwrap().places;
    device.delete(places[0].local_id, None).unwrap(); // never sent, but another device may have: in the trash as well
    bench.sync(&mut device);
    device.delete(places[1].local_id, None).unwrap(); // in the trash
    let preview = device.preview_import(&rows(3)).unwrap();
    assert_eq!((preview.new, preview.known, preview.in_trash), (0, 3, 2));
}

#[test]
fn a_second_device_that_imports_the_same_file_makes_no_second_place() {
    let mut bench = Bench::new();
    let mut one = bench.device("a.db");
    let mut two = bench.device("b.db");
    for device in [&mut one, &mut two] {
        let (id, _) = device.begin_import("huts.gpx", &rows(5)).unwrap();
        device.run_import(id, 10).unwrap();
    }
    bench.sync(&mut one);
    bench.sync(&mut two);
    assert_eq!(bench.server.rows.len(), 5);
    assert!(two.list(&ListQuery::default()).unwrap().places.iter().all(|p| p.state == PlaceState::Synced));
}

#[test]
fn an_undo_takes_back_only_what_this_import_made_and_nobody_changed() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    let (earlier, _) = device.begin_import("first.gpx", &rows(1)).unwrap();
    device.run_import(earlier, 10).unwrap();
    let (id, preview) = device.begin_import("huts.gpx", &rows(6)).unwrap();
    assert_eq!((preview.new, preview.known), (5, 1));
    device.run_import(id, 3).unwrap();
    bench.sync(&mut device);
    device.run_import(id, 10).unwrap(); // two of them are unsent
    let by_name = |device: &holdfast_device::Device, name: &str| {
        let page = device.list(&ListQuery { text: Some(name.to_owned()), ..ListQuery::default() }).unwrap();
        page.places[0].local_id
    };
    let mine = by_name(&device, "hut 1");
    device.edit(mine, note("changed by me"), None).unwrap();
    let elsewhere = view(&device, by_name(&device, "hut 2")).id.unwrap();
    bench.server.meddle(elsewhere, |place| place.name = Some(text_name("changed on the web")));
    device.pull_now();
    let effects = device.poll().unwrap();
    let pull = effects.requests.iter().find(|r| matches!(r, holdfast_device::Request::Pull { .. })).unwrap();
    bench.carry(&mut device, pull);
    device.release(push_of(&effects).lease()).unwrap();

    let first = device.undo_import(id, 1).unwrap();
    assert_eq!((first.remaining, first.finished), (4, false));
    assert_eq!(device.imports().unwrap()[0].state, ImportState::Undoing);
    let undone = device.undo_import(id, 100).unwrap();
    assert!(undone.finished);
    // Hut 1 and hut 2 were changed; hut 3 is in the trash. Huts 4 and 5 were leased once: they may have arrived.
    assert_eq!((undone.vanished, undone.deleted, undone.kept), (0, 3, 2));
    bench.sync(&mut device);
    let mut names: Vec<_> = bench.server.live().iter().map(|p| p.name.clone().unwrap().to_string()).collect();
    names.sort();
    assert_eq!(names, ["Hut 0", "Hut 1", "changed on the web"]);
}

#[test]
fn an_undone_import_that_never_left_can_be_imported_again() {
    let bench = Bench::new();
    let mut device = bench.device("a.db");
    let (id, _) = device.begin_import("huts.gpx", &rows(4)).unwrap();
    device.run_import(id, 10).unwrap();
    assert_eq!(device.undo_import(id, 10).unwrap().vanished, 4);
    assert_eq!(device.preview_import(&rows(4)).unwrap().new, 4);
}

#[test]
fn a_cancelled_import_keeps_what_it_made() {
    let bench = Bench::new();
    let mut device = bench.device("a.db");
    let (id, _) = device.begin_import("huts.gpx", &rows(4)).unwrap();
    device.run_import(id, 1).unwrap();
    device.cancel_import(id).unwrap();
    assert!(device.run_import(id, 10).unwrap().finished);
    assert_eq!(count(&device), 1);
    assert_eq!(device.preview_import(&rows(4)).unwrap().new, 3);
    assert!(matches!(device.run_import(ImportId(77), 1), Err(Error::NoSuchImport)));
}

#[test]
fn an_undo_leaves_what_another_device_had_made_of_the_same_file() {
    let mut bench = Bench::new();
    let mut one = bench.device("a.db");
    let (id, _) = one.begin_import("huts.gpx", &rows(3)).unwrap();
    one.run_import(id, 10).unwrap();
    let mut two = bench.device("b.db");
    bench.sync(&mut two); // It knows the server, and nothing of the file yet.
    let (id, _) = two.begin_import("huts.gpx", &rows(3)).unwrap();
    two.run_import(id, 10).unwrap();
    bench.sync(&mut one);
    let push = push_of(&two.poll().unwrap());
    assert_eq!(bench.carry(&mut two, &push).duplicates, 3);
    let undone = two.undo_import(id, 10).unwrap();
    assert_eq!((undone.vanished, undone.deleted, undone.finished), (0, 0, true));
    bench.sync(&mut two);
    assert_eq!((bench.server.live().len(), count(&two)), (3, 3));

    // A third one hears of the places by a page, and has not sent its own yet.
    let mut three = bench.device("c.db");
    let (id, _) = three.begin_import("huts.gpx", &rows(3)).unwrap();
    three.run_import(id, 10).unwrap();
    let pull = three.poll().unwrap().requests.remove(0);
    bench.carry(&mut three, &pull);
    let undone = three.undo_import(id, 10).unwrap();
    assert_eq!((undone.vanished, undone.deleted, undone.kept), (0, 0, 3));
    bench.sync(&mut three);
    assert_eq!((bench.server.live().len(), count(&three)), (3, 3));
}

#[test]
fn deleting_an_unsent_place_of_a_file_is_told_to_the_server() {
    let mut bench = Bench::new();
    let mut one = bench.device("a.db");
    let mut two = bench.device("b.db");
    bench.sync(&mut two);
    for device in [&mut one, &mut two] {
        let (id, _) = device.begin_import("huts.gpx", &rows(1)).unwrap();
        device.run_import(id, 10).unwrap();
    }
    bench.sync(&mut one);
    let local = two.list(&ListQuery::default()).unwrap().places[0].local_id;
    assert_eq!(two.delete(local, None).unwrap(), holdfast_device::DeleteOutcome::InTrash);
    bench.sync(&mut two);
    bench.sync(&mut two);
    assert_eq!((bench.server.live().len(), count(&two)), (0, 0), "the next pull does not bring it back");
    assert_eq!(two.status().unwrap().pending, 0);
}

#[test]
fn a_file_that_names_its_captures_makes_nothing_new_where_they_are() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    let own = capture(&mut device, "Spring");
    bench.sync(&mut device);
    let row =
        |client_id| ImportRow { client_id, ..ImportRow { name: Some("Spring".to_owned()), ..ImportRow::default() } };
    let file = [row(Some(own.client_id)), row(Some(own.client_id)), row(None)];
    let preview = device.preview_import(&file).unwrap();
    assert_eq!((preview.known, preview.new), (1, 2), "named twice, it is itself once");
    let (import, _) = device.begin_import("own.gpx", &file[..1]).unwrap();
    assert!(device.run_import(import, 10).unwrap().finished);
    assert_eq!(device.list(&ListQuery::default()).unwrap().places.len(), 1);
    // Somebody who has nothing yet gets the capture as itself.
    let mut other = bench.device("b.db");
    let (import, _) = other.begin_import("own.gpx", &file[..1]).unwrap();
    other.run_import(import, 10).unwrap();
    bench.sync(&mut other);
    assert_eq!(bench.server.rows.len(), 1);
}
