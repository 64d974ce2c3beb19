//! The place that every benchmark writes, and the operations that create it.
//!
//! A capture with a name, a category, a tag, an accuracy and an altitude, somewhere: the same columns are filled on every
//! side of a comparison.

use holdfast_contract::{
    Action, Category, ClientId, Name, NewPlace, OpId, Operation, PlaceFields, Position, PositionSource, Source, Tags,
};
use holdfast_device::ImportRow;
use rand::RngExt as _;

use crate::accounts::Account;

/// Its name.
pub(crate) const NAME: &str = "Under the old oak by the ford";
/// Its category.
pub(crate) const CATEGORY: &str = "forest";
/// Its only tag.
pub(crate) const TAG: &str = "shelter";
/// Its accuracy in metres.
pub(crate) const ACCURACY: f64 = 8.5;
/// Its altitude in metres.
pub(crate) const ALTITUDE: f64 = 412.0;

/// Somewhere in the middle of Europe.
pub(crate) fn somewhere() -> (f64, f64) {
    let mut random = rand::rng();
    (random.random_range(45.0..50.0), random.random_range(5.0..15.0))
}

/// A capture.
pub(crate) fn new_place() -> NewPlace {
    let (latitude, longitude) = somewhere();
    let valid = "the benchmark's own place is valid";
    NewPlace {
        fields: PlaceFields {
            name: Name::parse(NAME).expect(valid),
            note: None,
            category: Category::parse(CATEGORY).expect(valid),
            tags: Tags::parse([TAG], "tags").expect(valid),
            position: Position::parse("", latitude, longitude, Some(ACCURACY), Some(ALTITUDE)).expect(valid),
            position_source: PositionSource::Fix,
        },
        captured_at: holdfast_host::now(),
        source: Source::Cli,
    }
}

/// The same as a row of a file.
pub(crate) fn import_row(line: u64) -> ImportRow {
    let (latitude, longitude) = somewhere();
    ImportRow {
        line,
        client_id: None,
        name: Some(NAME.to_owned()),
        note: None,
        category: Some(CATEGORY.to_owned()),
        tags: vec![TAG.to_owned()],
        latitude,
        longitude,
        accuracy: Some(ACCURACY),
        altitude: Some(ALTITUDE),
        captured_at: Some(holdfast_host::now()),
        position_source: None,
    }
}

/// A push of so many fresh creates.
pub(crate) fn push_body(account: &Account, operations: usize) -> Vec<u8> {
    let mut body = format!(r#"{{"epoch":"{}","operations":["#, account.epoch).into_bytes();
    for index in 0..operations {
        if index > 0 {
            body.push(b',');
        }
        let now = holdfast_host::now();
        let operation = Operation {
            op_id: OpId::v7(now, rand::random()),
            action: Action::Create { client_id: ClientId::v7(now, rand::random()), place: Box::new(new_place()) },
        };
        body.extend_from_slice(&operation.to_bytes());
    }
    body.extend_from_slice(b"]}");
    body
}
