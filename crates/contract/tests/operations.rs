//! What an operation may look like, and how exactly a wrong one is refused.

#![allow(clippy::unwrap_used)]

use holdfast_contract::*;
use proptest::prelude::*;
use serde_json::{Value, json};

const OP: &str = "0197717c-5c00-7000-8000-000000000001";
const CLIENT: &str = "0197717c-5c00-7000-8000-000000000002";

fn parse(value: &Value) -> Result<Operation, operation::Unreadable> {
    Operation::parse(value.to_string().as_bytes())
}

/// The fields at fault, with their codes.
fn faults(value: &Value) -> Vec<(String, FieldCode)> {
    let unreadable = parse(value).unwrap_err();
    assert_eq!(unreadable.op_id.map(|id| id.to_string()).as_deref(), Some(OP), "the outcome can be matched");
    unreadable.problem.errors.into_iter().map(|e| (e.field, e.code)).collect()
}

fn create() -> Value {
    json!({"opId": OP, "payloadVersion": 1, "kind": "create", "clientId": CLIENT, "place": {
        "latitude": 1, "longitude": 2.5, "capturedAt": "2026-01-02T03:04:05Z", "source": "cli", "positionSource": "manual"}})
}

fn create_with(field: &str, value: impl Into<Value>) -> Value {
    let mut operation = create();
    operation["place"][field] = value.into();
    operation
}

#[test]
fn the_smallest_create_is_accepted_and_unknown_fields_are_ignored() {
    let mut operation = create_with("mood", "good");
    operation["future"] = json!({"x": 1});
    assert!(parse(&operation).is_ok());
}

#[test]
fn each_limit_holds_exactly_at_its_edge() {
    let edges: &[(&str, usize)] = &[("name", 200), ("note", 10_000), ("category", 40)];
    for (field, max) in edges {
        assert!(parse(&create_with(field, "ü".repeat(*max))).is_ok(), "{field} of {max}");
        let faults = faults(&create_with(field, "ü".repeat(max + 1)));
        assert_eq!(faults, [(format!("place.{field}"), FieldCode::TooLong)]);
    }
    let tags = |n: usize| json!((0..n).map(|i| format!("t{i}")).collect::<Vec<_>>());
    assert!(parse(&create_with("tags", tags(20))).is_ok());
    assert_eq!(faults(&create_with("tags", tags(21))), [("place.tags".into(), FieldCode::TooMany)]);
    assert_eq!(
        faults(&create_with("tags", json!(["ok", "x".repeat(41)]))),
        [("place.tags[1]".into(), FieldCode::TooLong)]
    );
}

#[test]
fn an_offer_names_its_state_and_every_wrong_value_of_it() {
    use FieldCode::*;
    let good = json!({"opId": OP, "kind": "offer", "clientId": CLIENT, "state": {"epoch": "e", "version": 3,
        "updatedAt": "2026-01-02T03:04:05Z", "place": create()["place"]}});
    assert!(parse(&good).is_ok());
    let cases: &[(&str, Value, FieldCode)] = &[
        ("epoch", json!(""), Required),
        ("epoch", json!("e".repeat(65)), TooLong),
        ("version", json!(null), Required),
        ("version", json!(0), OutOfRange),
        ("version", json!(9_007_199_254_740_993_i64), OutOfRange),
        ("version", json!("3"), InvalidType),
        ("updatedAt", json!("then"), InvalidFormat),
        ("updatedAt", json!(null), Required),
        ("deletedAt", json!(7), InvalidType),
        ("place", json!(null), Required),
    ];
    for (field, value, code) in cases {
        let mut offer = good.clone();
        offer["state"][field] = value.clone();
        assert_eq!(faults(&offer), [(format!("state.{field}"), *code)], "{field}={value}");
    }
    let mut nameless = good.clone();
    nameless["clientId"] = json!(null);
    nameless["state"]["place"]["latitude"] = json!(91);
    let faults = faults(&nameless);
    assert_eq!(faults, [("clientId".into(), Required), ("state.place.latitude".into(), OutOfRange)]);
}

#[test]
fn every_wrong_value_is_named_with_its_path_and_code() {
    use FieldCode::*;
    let cases: &[(&str, Value, FieldCode)] = &[
        ("latitude", json!(90.000_001), OutOfRange),
        ("latitude", json!("47"), InvalidType),
        ("latitude", json!(null), Required),
        ("longitude", json!(-180.5), OutOfRange),
        ("accuracy", json!(-1), OutOfRange),
        ("altitude", json!([]), InvalidType),
        ("capturedAt", json!("yesterday"), InvalidFormat),
        ("capturedAt", json!(17), InvalidType),
        ("source", json!("toaster"), UnknownValue),
        ("positionSource", json!("guess"), UnknownValue),
        ("name", json!("a\u{7}b"), ControlCharacter),
        ("name", json!(5), InvalidType),
        ("tags", json!("a,b"), InvalidType),
        ("tags", json!([1]), InvalidType),
    ];
    for (field, value, code) in cases {
        assert_eq!(faults(&create_with(field, value.clone())), [(format!("place.{field}"), *code)], "{field}={value}");
    }
}

#[test]
fn all_faults_are_told_at_once() {
    let mut operation = create_with("latitude", 100);
    operation["place"]["name"] = json!("x".repeat(201));
    operation["clientId"] = json!("nope");
    let fields: Vec<_> = faults(&operation).into_iter().map(|(f, _)| f).collect();
    assert_eq!(fields, ["clientId", "place.name", "place.latitude"]);
}

#[test]
fn an_operation_without_a_readable_id_says_so() {
    let no_id = parse(&json!({"kind": "delete", "clientId": CLIENT})).unwrap_err();
    assert_eq!((no_id.op_id, no_id.problem.errors[0].field.as_str()), (None, "opId"));
    for garbage in ["", "[]", "null", "{", "\u{0}", "{\"opId\":1e999}"] {
        assert_eq!(Operation::parse(garbage.as_bytes()).unwrap_err().op_id, None, "{garbage:?}");
    }
}

#[test]
fn a_payload_from_the_future_is_not_guessed_at() {
    let mut operation = create();
    operation["payloadVersion"] = json!(2);
    assert_eq!(faults(&operation), [("payloadVersion".into(), FieldCode::UnknownValue)]);
}

#[test]
fn a_place_is_named_by_exactly_one_id() {
    let both = json!({"opId": OP, "kind": "delete", "clientId": CLIENT, "id": CLIENT});
    assert_eq!(faults(&both), [("id".into(), FieldCode::Inconsistent)]);
    assert_eq!(faults(&json!({"opId": OP, "kind": "delete"})), [("clientId".into(), FieldCode::Required)]);
}

#[test]
fn an_update_changes_something_and_a_position_is_never_cleared() {
    let update = |changes: Value| json!({"opId": OP, "kind": "update", "clientId": CLIENT, "changes": changes});
    assert_eq!(faults(&update(json!({}))), [("changes".into(), FieldCode::Required)]);
    assert_eq!(
        faults(&update(json!({"position": {"was": null, "to": null}}))),
        [("changes.position.to".into(), FieldCode::Required)]
    );
    assert_eq!(
        faults(&update(json!({"name": {"was": "a", "to": "x".repeat(201)}}))),
        [("changes.name.to".into(), FieldCode::TooLong)]
    );
    assert!(parse(&update(json!({"name": {"was": "a"}}))).is_ok(), "clearing needs no `to`");
}

fn text() -> impl Strategy<Value = Option<String>> {
    proptest::option::of("[\\PC\n\t]{0,60}")
}

fn new_place() -> impl Strategy<Value = NewPlace> {
    let numbers =
        (-90.0..=90.0f64, -180.0..=180.0f64, proptest::option::of(0.0..1e9f64), proptest::option::of(-1e6..1e6f64));
    let tags = proptest::collection::vec("[a-zäöü ]{0,12}", 0..12);
    (text(), text(), numbers, tags, 0i64..253_402_300_799_999_999, 0usize..6, any::<bool>()).prop_map(
        |(name, note, (lat, lon, accuracy, altitude), tags, micros, source, manual)| NewPlace {
            fields: PlaceFields {
                name: name.and_then(|s| Name::parse(&s).unwrap()),
                note: note.and_then(|s| Note::parse(&s).unwrap()),
                category: None,
                tags: Tags::parse(tags, "tags").unwrap(),
                position: Position::parse("", lat, lon, accuracy, altitude).unwrap(),
                position_source: if manual { PositionSource::Manual } else { PositionSource::Fix },
            },
            captured_at: Timestamp::from_micros(micros),
            source: Source::ALL[source],
        },
    )
}

proptest! {
    #[test]
    fn any_create_survives_the_wire_unchanged(place in new_place()) {
        let action = Action::Create { client_id: CLIENT.parse().unwrap(), place: Box::new(place) };
        let operation = Operation { op_id: OP.parse().unwrap(), action };
        let bytes = operation.to_bytes();
        prop_assert_eq!(Operation::parse(&bytes).unwrap(), operation.clone());
        prop_assert_eq!(operation.to_bytes(), bytes, "the same intent is the same bytes");
    }

    #[test]
    fn normalising_twice_changes_nothing(raw in "\\PC{0,80}") {
        if let Ok(Some(once)) = Note::parse(&raw) {
            let twice = Note::parse(once.as_str()).unwrap();
            prop_assert_eq!(twice, Some(once));
        }
    }

    #[test]
    fn any_bytes_are_answered_and_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Operation::parse(&bytes);
    }

    #[test]
    fn any_json_is_answered_and_never_panics(text in "[\\[\\]{}:,\"a-z0-9.eE+\\- ]{0,120}") {
        let _ = Operation::parse(text.as_bytes());
    }
}
