//! Frozen examples of protocol 1. A released example never changes: devices hold such bytes in their outboxes for months.
//!
//! A new kind of message gets a new file: run this test once with `HOLDFAST_FREEZE=1`, which only writes files that
//! are missing, and commit them.

#![allow(clippy::unwrap_used)]

use std::path::PathBuf;

use holdfast_contract::account::{Account, Device, PairingCode, SignedIn};
use holdfast_contract::operation::OfferedState;
use holdfast_contract::outcome::ConflictReason;
use holdfast_contract::rules::{Change, Field, PositionChange, TagChange};
use holdfast_contract::sync::{
    Change as FeedChange, ChangeKind, Confirmation, GonePlace, HeadEvent, PlanLimits, PullReply, PushReply,
    PushRequest, Telemetry,
};
use holdfast_contract::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/v1").join(name)
}

/// Compares with the frozen file, or writes a missing one when asked to.
fn frozen(name: &str, bytes: &[u8]) -> Vec<u8> {
    let path = fixture(name);
    if !path.exists() && std::env::var_os("HOLDFAST_FREEZE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
    }
    std::fs::read(&path).unwrap_or_else(|e| panic!("{name} is not frozen yet ({e}); see the top of this file"))
}

fn id(n: u8) -> uuid::Uuid {
    uuid::Builder::from_unix_timestamp_millis(1_750_000_000_000, &[n; 10]).into_uuid()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(1_750_000_000_123_456).plus_seconds(seconds)
}

fn position(accuracy: Option<f64>) -> Position {
    Position::parse("", 47.421_053, 9.984_712, accuracy, None).unwrap()
}

fn new_place() -> NewPlace {
    NewPlace {
        fields: PlaceFields {
            name: Name::parse("Quelle am Hang").unwrap(),
            note: Note::parse("Trinkwasser,\nauch im August").unwrap(),
            category: Category::parse("water").unwrap(),
            tags: Tags::parse(["hike", "spring"], "tags").unwrap(),
            position: Position::parse("", 47.421_053, 9.984_712, Some(12.5), Some(1432.0)).unwrap(),
            position_source: PositionSource::Fix,
        },
        captured_at: at(0),
        source: Source::Iphone,
    }
}

fn place() -> Place {
    let new = new_place();
    let mut place = Place {
        id: PlaceId(id(2)),
        client_id: Some(ClientId(id(1))),
        version: 3,
        name: None,
        note: None,
        latitude: new.fields.position.latitude,
        longitude: new.fields.position.longitude,
        accuracy: None,
        altitude: None,
        category: None,
        tags: Tags::default(),
        captured_at: new.captured_at,
        source: Some(new.source),
        position_source: PositionSource::Fix,
        role: Role::Owner,
        created_at: at(60),
        updated_at: at(120),
        deleted_at: None,
    };
    place.set_fields(new.fields);
    place
}

fn operations() -> Vec<(&'static str, Action)> {
    let own = Target::Own(ClientId(id(1)));
    let changes = PlaceChanges {
        name: Some(Change { was: Name::parse("Quelle").unwrap(), to: Name::parse("Quelle am Hang").unwrap() }),
        note: Some(Change { was: Note::parse("weg damit").unwrap(), to: None }),
        category: Some(Change { was: None, to: Category::parse("water").unwrap() }),
        position: Some(PositionChange { was: Some(position(Some(12.5))), to: position(None) }),
        tags: TagChange {
            add: [Tag::parse("spring").unwrap().unwrap()].into(),
            remove: [Tag::parse("todo").unwrap().unwrap()].into(),
        },
    };
    let mut bare = new_place();
    bare.fields.name = None;
    bare.fields.note = None;
    bare.fields.category = None;
    bare.fields.tags = Tags::default();
    bare.source = Source::AppleWatch;
    vec![
        ("create", Action::Create { client_id: ClientId(id(1)), place: Box::new(new_place()) }),
        ("create_bare", Action::Create { client_id: ClientId(id(1)), place: Box::new(bare) }),
        ("update", Action::Update { target: own, base_version: Some(2), changes: Box::new(changes) }),
        (
            "update_by_id",
            Action::Update {
                target: Target::Id(PlaceId(id(2))),
                base_version: None,
                changes: Box::new(PlaceChanges {
                    name: Some(Change { was: None, to: Name::parse("Neu").unwrap() }),
                    ..Default::default()
                }),
            },
        ),
        ("refine", Action::Refine { target: own, position: position(Some(4.0)) }),
        ("delete", Action::Delete { target: own, base_version: 3 }),
        ("restore", Action::Restore { target: own, base_version: 4 }),
    ]
}

/// Kinds that came after the envelope was frozen.
fn later_operations() -> Vec<(&'static str, Action)> {
    let offer = |version, deleted_at| {
        let state =
            OfferedState { epoch: id(5).to_string(), version, updated_at: at(120), deleted_at, place: new_place() };
        Action::Offer { client_id: ClientId(id(1)), state: Box::new(state) }
    };
    vec![("offer", offer(3, None)), ("offer_in_trash", offer(4, Some(at(300))))]
}

#[test]
fn every_operation_is_written_and_read_as_it_was_frozen() {
    for (name, action) in operations().into_iter().chain(later_operations()) {
        let operation = Operation { op_id: OpId(id(9)), action };
        let bytes = frozen(&format!("operation-{name}.json"), &operation.to_bytes());
        assert_eq!(Operation::parse(&bytes), Ok(operation.clone()), "{name} is read");
        assert_eq!(String::from_utf8(operation.to_bytes()), String::from_utf8(bytes), "{name} is written");
    }
}

fn round_trip<T: Serialize + DeserializeOwned>(name: &str, value: &T) {
    let pretty = serde_json::to_vec_pretty(value).unwrap();
    let bytes = frozen(name, &pretty);
    let frozen: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(frozen, serde_json::to_value(value).unwrap(), "{name} is written as frozen");
    let read: T = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(frozen, serde_json::to_value(read).unwrap(), "{name} is read as frozen");
}

#[test]
fn every_outcome_is_written_and_read_as_it_was_frozen() {
    let boxed = || Box::new(place());
    let gone = Outcome::Gone { id: Some(PlaceId(id(2))), client_id: Some(ClientId(id(1))) };
    let rejected = Problem::invalid(vec![FieldError::new("place.name", FieldCode::TooLong, "is too long")]);
    let deferred = Problem::new(Code::PlanLimitReached, "The plan is full.").with_retry_after(3600);
    let in_trash = || Box::new(Place { deleted_at: Some(at(300)), ..place() });
    let conflict = |reason, fields, place| Outcome::Conflict { reason, fields, place, seq: 17 };
    let fields = vec![Field::Name, Field::Position];
    let outcomes = [
        ("applied", Outcome::Applied { place: boxed(), seq: 17, applied_version: 3, merged: true }),
        ("duplicate", Outcome::Duplicate { first: true, place: boxed(), seq: 17, applied_version: Some(1) }),
        ("duplicate_known", Outcome::Duplicate { first: false, place: boxed(), seq: 17, applied_version: None }),
        ("conflict", conflict(ConflictReason::FieldsChanged, fields, boxed())),
        ("conflict_changed_since", conflict(ConflictReason::ChangedSince, vec![], boxed())),
        ("conflict_in_trash", conflict(ConflictReason::InTrash, vec![], in_trash())),
        ("gone", gone),
        ("rejected", Outcome::Rejected { problem: rejected }),
        ("deferred", Outcome::Deferred { problem: deferred }),
    ];
    for (name, outcome) in outcomes {
        assert!(name.starts_with(outcome.name()));
        round_trip(&format!("outcome-{name}.json"), &OperationOutcome { op_id: Some(OpId(id(9))), outcome });
    }
}

#[test]
fn every_error_is_written_and_read_as_it_was_frozen() {
    for code in Code::ALL {
        round_trip(&format!("problem-{code}.json"), &Problem::new(*code, "What happened, and what to do."));
    }
}

/// A push as devices write it: the operations are the frozen bytes, one after the other.
#[test]
fn the_envelope_of_a_push_is_read_as_it_was_frozen_and_leaves_every_operation_its_bytes() {
    let written: Vec<(Operation, Vec<u8>)> = operations()
        .into_iter()
        .map(|(_, action)| Operation { op_id: OpId(id(9)), action })
        .map(|operation| (operation.clone(), operation.to_bytes()))
        .collect();
    let telemetry = Telemetry {
        pending: 7,
        oldest_pending_seconds: 86_400,
        retries: 3,
        rejected: 1,
        conflicts: 2,
        media_pending: 0,
        media_failed: 0,
        confirmations: vec![Confirmation { op_id: OpId(id(8)), seconds: 12.5 }],
    };
    let mut body = format!("{{\"epoch\":\"{}\",\"operations\":[", id(5)).into_bytes();
    body.extend_from_slice(&written.iter().map(|(_, bytes)| bytes.as_slice()).collect::<Vec<_>>().join(&b","[..]));
    body.extend_from_slice(b"],\"telemetry\":");
    body.extend_from_slice(&serde_json::to_vec(&telemetry).unwrap());
    body.push(b'}');

    let bytes = frozen("push-request.json", &body);
    assert_eq!(String::from_utf8(body), String::from_utf8(bytes.clone()), "it is written as frozen");
    let request: PushRequest<'_> = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(request.epoch, id(5).to_string());
    assert_eq!(request.telemetry, Some(telemetry));
    assert_eq!(request.operations.len(), written.len());
    for (raw, (operation, bytes)) in request.operations.iter().zip(&written) {
        assert_eq!(raw.get().as_bytes(), bytes.as_slice(), "its hash is that of the bytes that were sent");
        assert_eq!(Operation::parse(raw.get().as_bytes()).as_ref(), Ok(operation));
    }
    let bare: PushRequest<'_> = serde_json::from_str(r#"{"epoch":"e","operations":[]}"#).unwrap();
    assert_eq!((bare.telemetry, bare.operations.len()), (None, 0), "the report may be left out");
}

#[test]
fn the_messages_around_operations_are_written_and_read_as_they_were_frozen() {
    let limits = PlanLimits { places_max: Some(1000), places_used: 12, media_bytes_max: None, media_bytes_used: 0 };
    let upsert = FeedChange { seq: 17, kind: ChangeKind::Upsert(Box::new(place())) };
    let gone = GonePlace { id: PlaceId(id(3)), client_id: Some(ClientId(id(4))) };
    let changes = vec![upsert, FeedChange { seq: 18, kind: ChangeKind::Gone(gone) }];
    let epoch = id(5).to_string();
    let pull = PullReply { epoch: epoch.clone(), changes, cursor: "opaque".into(), has_more: false, head: 18, limits };
    round_trip("pull-reply.json", &pull);
    let outcome = Outcome::Gone { id: None, client_id: Some(ClientId(id(1))) };
    round_trip(
        "push-reply.json",
        &PushReply { outcomes: vec![OperationOutcome { op_id: None, outcome }], witness: None },
    );
    round_trip("head-event.json", &HeadEvent { seq: 18 });
    let account = Account { id: AccountId(id(6)), email: "ada@example.org".into(), created_at: at(0), limits };
    let device_id = Some(DeviceId(id(7)));
    round_trip("signed-in.json", &SignedIn { account, device_id, token: Some("hf_example".into()), epoch });
    round_trip("pairing-code.json", &PairingCode { code: "ABCD-EFGH".into(), expires_at: at(600) });
    let device = Device {
        id: DeviceId(id(7)),
        name: "Ada's phone".into(),
        platform: "ios".into(),
        created_at: at(0),
        last_sync_at: Some(at(30)),
        pending: Some(2),
        current: true,
        browser: false,
    };
    round_trip("device.json", &device);
    let pages = Device { platform: "web".into(), pending: None, current: false, browser: true, ..device };
    round_trip("device-browser.json", &pages);
}
