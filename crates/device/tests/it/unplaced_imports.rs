//! Imports of places that had no position yet when they were exported.

use holdfast_contract::{ClientId, Name, Tags};
use holdfast_device::{Device, ImportRow, ImportRows, ListQuery, LocalId, PlaceState, UnplacedRow};

use crate::support::*;

fn den(client_id: ClientId) -> UnplacedRow {
    UnplacedRow {
        line: 2,
        client_id,
        name: Name::parse("Den").unwrap(),
        note: None,
        category: None,
        tags: Tags::parse(["fox"], "").unwrap(),
        captured_at: None,
    }
}

fn import(device: &mut Device, rows: ImportRows<'_>) -> u64 {
    let (id, preview) = device.begin_import("all.geojson", rows).unwrap();
    while !device.run_import(id, 1).unwrap().finished {}
    preview.new
}

fn only(device: &Device) -> LocalId {
    let places = device.list(&ListQuery::default()).unwrap().places;
    assert_eq!(places.len(), 1);
    places[0].local_id
}

#[test]
fn an_import_of_a_place_without_a_position_needs_one_and_is_not_sent_before() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    let placed = [ImportRow { name: Some("Oak".to_owned()), latitude: 46.0, ..ImportRow::default() }];
    let unplaced = [den(ClientId(uuid::Uuid::from_u128(7)))];
    let rows = ImportRows { placed: &placed, unplaced: &unplaced };
    let preview = device.preview_import(rows).unwrap();
    assert_eq!((preview.total, preview.new, preview.without_position), (2, 2, 1));
    assert_eq!(import(&mut device, rows), 2);
    bench.sync(&mut device);
    assert_eq!(bench.server.live().len(), 1);
    let den = device.captured(ClientId(uuid::Uuid::from_u128(7))).unwrap().unwrap();
    assert_eq!(state(&device, den), PlaceState::NeedsPosition);
    assert_eq!(import(&mut device, rows), 0, "the same file again makes nothing new");
}

#[test]
fn an_import_killed_before_it_made_a_place_without_a_position_goes_on() {
    let bench = Bench::new();
    let mut device = bench.device("a.db");
    let unplaced = [den(ClientId(uuid::Uuid::from_u128(7))), den(ClientId(uuid::Uuid::from_u128(8)))];
    let rows = ImportRows { placed: &[], unplaced: &unplaced };
    let (id, _) = device.begin_import("all.csv", rows).unwrap();
    device.run_import(id, 1).unwrap();
    drop(device);
    let mut device = bench.device("a.db");
    assert_eq!(device.preview_import(rows).unwrap().without_position, 1);
    assert!(device.run_import(id, 10).unwrap().finished);
    assert_eq!(device.status().unwrap().places.needs_position, 2);
    let undone = device.undo_import(id, 10).unwrap();
    assert_eq!((undone.vanished, undone.kept), (2, 0));
    assert_eq!(import(&mut device, rows), 2, "what never left may be made again");
}

#[test]
fn a_place_that_two_devices_hold_without_a_position_is_one_place_once_it_has_one() {
    for both_give_one in [false, true] {
        let mut bench = Bench::new();
        let mut first = bench.device("a.db");
        let mut second = bench.device("b.db");
        let captured = first.capture_waiting(crate::captures::waiting(&bench, "Den")).unwrap();
        let unplaced = [den(captured.client_id), den(captured.client_id)];
        assert_eq!(import(&mut second, ImportRows { placed: &[], unplaced: &unplaced }), 1, "named twice, there once");
        let id = only(&second);
        first.fix(captured.local_id, position(46.1, None), holdfast_contract::PositionSource::Manual).unwrap();
        if both_give_one {
            second.fix(id, position(46.1, None), holdfast_contract::PositionSource::Manual).unwrap();
        }
        bench.sync(&mut first);
        bench.sync(&mut second);
        bench.sync(&mut first);
        assert_eq!(bench.server.live().len(), 1);
        assert_eq!((only(&second), state(&second, id)), (id, PlaceState::Synced));
        // What the file said of it is not lost: the tag came with the file alone.
        let tags = |device: &Device| device.get(only(device)).unwrap().unwrap().tags.to_strings();
        assert_eq!((tags(&first), tags(&second)), (vec!["fox".to_owned()], vec!["fox".to_owned()]));
    }
}
