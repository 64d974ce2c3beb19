//! Any value that the types allow.

use holdfast_contract::operation::OfferedState;
use holdfast_contract::outcome::ConflictReason;
use holdfast_contract::rules::{Change, PositionChange, TagChange};
use holdfast_contract::sync::{Change as FeedChange, ChangeKind, GonePlace, PlanLimits, PullReply, PushReply};
use holdfast_contract::text::Text;
use holdfast_contract::*;
use proptest::collection::{btree_set, vec};
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

/// Text with what makes text hard: several scripts, combining marks, what looks like nothing, line breaks.
pub(crate) fn text<const MAX: usize>() -> BoxedStrategy<Text<MAX>> {
    let raw =
        prop_oneof!["\\PC{1,12}", "[a-c]{1,3}", "[e\u{301}\u{308}\u{2028}\u{FEFF}\u{FFFE}\u{FFFF}\t\n<&>\" ]{1,9}"];
    raw.prop_filter_map("nothing is left, or too much", |raw| Text::parse(&raw).ok()?).boxed()
}

pub(crate) fn tags() -> BoxedStrategy<Tags> {
    btree_set(text(), 0..5).prop_map(|tags| Tags::new(tags).unwrap()).boxed()
}

/// Numbers in range, with its ends.
pub(crate) fn position() -> BoxedStrategy<Position> {
    let latitude = prop_oneof![8 => -90.0..=90.0, 1 => select(vec![-90.0, 90.0, 0.0, -0.0, 5e-324])];
    let longitude = prop_oneof![8 => -180.0..=180.0, 1 => select(vec![-180.0, 180.0, -0.0, 1e-7])];
    let accuracy = of(prop_oneof![0.0..1e6, select(vec![0.0, f64::MAX, f64::MIN_POSITIVE])]);
    let altitude = of(prop_oneof![-500.0..9000.0, select(vec![f64::MIN, f64::MAX, -0.0])]);
    (latitude, longitude, accuracy, altitude)
        .prop_map(|(lat, lon, accuracy, altitude)| Position::parse("", lat, lon, accuracy, altitude).unwrap())
        .boxed()
}

pub(crate) fn fields() -> BoxedStrategy<PlaceFields> {
    let source = select(PositionSource::ALL);
    (of(text()), of(text()), of(text()), tags(), position(), source)
        .prop_map(|(name, note, category, tags, position, position_source)| PlaceFields {
            name,
            note,
            category,
            tags,
            position,
            position_source,
        })
        .boxed()
}

pub(crate) fn time() -> BoxedStrategy<Timestamp> {
    prop_oneof![any::<i64>(), 0..2_000_000_000_000_000_i64].prop_map(Timestamp::from_micros).boxed()
}

fn uuid() -> impl Strategy<Value = uuid::Uuid> {
    any::<u128>().prop_map(uuid::Uuid::from_u128)
}

fn new_place() -> BoxedStrategy<NewPlace> {
    (fields(), time(), select(Source::ALL))
        .prop_map(|(fields, captured_at, source)| NewPlace { fields, captured_at, source })
        .boxed()
}

fn change<const MAX: usize>() -> BoxedStrategy<Option<Change<Text<MAX>>>> {
    of((of(text()), of(text())).prop_map(|(was, to)| Change { was, to })).boxed()
}

pub(crate) fn changes() -> BoxedStrategy<PlaceChanges> {
    let tags = (btree_set(text(), 0..4), btree_set(text(), 0..4)).prop_map(|(add, remove)| TagChange { add, remove });
    let position = of((of(position()), position()).prop_map(|(was, to)| PositionChange { was, to }));
    (change(), change(), change(), position, tags)
        .prop_map(|(name, note, category, position, tags)| PlaceChanges { name, note, category, position, tags })
        .prop_filter("an update changes something", |changes| !changes.is_empty())
        .boxed()
}

fn target() -> impl Strategy<Value = Target> {
    prop_oneof![uuid().prop_map(|id| Target::Own(id.into())), uuid().prop_map(|id| Target::Id(id.into()))]
}

fn version() -> impl Strategy<Value = i64> {
    prop_oneof![0..10_i64, 0..=limits::VERSION_MAX]
}

fn offered() -> BoxedStrategy<OfferedState> {
    ("[a-z0-9-]{1,64}", 1..=limits::VERSION_MAX, time(), of(time()), new_place())
        .prop_map(|(epoch, version, updated_at, deleted_at, place)| OfferedState {
            epoch,
            version,
            updated_at,
            deleted_at,
            place,
        })
        .boxed()
}

/// Every kind of operation has its arm here.
fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        (uuid(), new_place())
            .prop_map(|(id, place)| Action::Create { client_id: id.into(), place: Box::new(place) })
            .boxed(),
        (target(), of(version()), changes())
            .prop_map(|(target, base_version, changes)| Action::Update {
                target,
                base_version,
                changes: Box::new(changes)
            })
            .boxed(),
        (target(), position()).prop_map(|(target, position)| Action::Refine { target, position }).boxed(),
        (target(), version()).prop_map(|(target, base_version)| Action::Delete { target, base_version }).boxed(),
        (target(), version()).prop_map(|(target, base_version)| Action::Restore { target, base_version }).boxed(),
        (uuid(), offered())
            .prop_map(|(id, state)| Action::Offer { client_id: id.into(), state: Box::new(state) })
            .boxed(),
    ]
}

pub(crate) fn operation() -> impl Strategy<Value = Operation> {
    (uuid(), action()).prop_map(|(op_id, action)| Operation { op_id: op_id.into(), action })
}

pub(crate) fn place() -> BoxedStrategy<Place> {
    let ids = (uuid(), of(uuid()), version());
    let words = (select(Role::ALL), of(select(Source::ALL)));
    (ids, fields(), words, (time(), time(), time(), of(time())))
        .prop_map(|(ids, fields, words, times)| {
            let mut place = Place {
                id: ids.0.into(),
                client_id: ids.1.map(Into::into),
                version: ids.2,
                name: None,
                note: None,
                latitude: fields.position.latitude,
                longitude: fields.position.longitude,
                accuracy: None,
                altitude: None,
                category: None,
                tags: Tags::default(),
                captured_at: times.0,
                source: words.1,
                position_source: PositionSource::Fix,
                role: words.0,
                created_at: times.1,
                updated_at: times.2,
                deleted_at: times.3,
            };
            place.set_fields(fields);
            place
        })
        .boxed()
}

fn field_code() -> impl Strategy<Value = FieldCode> {
    use FieldCode::*;
    select(vec![
        Required,
        InvalidType,
        TooLong,
        TooShort,
        ControlCharacter,
        OutOfRange,
        TooMany,
        UnknownValue,
        InvalidFormat,
        Inconsistent,
        Unknown,
    ])
}

pub(crate) fn problem() -> BoxedStrategy<Problem> {
    let errors = vec(("\\PC{0,9}", field_code(), ".{0,9}").prop_map(|(f, code, d)| FieldError::new(f, code, d)), 0..3);
    (select(Code::ALL), ".{0,20}", errors, of(any::<u32>()), of(".{0,9}"))
        .prop_map(|(code, detail, errors, retry_after, request_id)| Problem {
            errors,
            retry_after,
            request_id,
            ..Problem::new(code, detail)
        })
        .boxed()
}

fn outcome() -> impl Strategy<Value = Outcome> {
    let place = || place().prop_map(Box::new);
    let reason = select(vec![ConflictReason::FieldsChanged, ConflictReason::ChangedSince, ConflictReason::InTrash]);
    let some_fields = vec(select(Field::ALL), 0..4);
    prop_oneof![
        (place(), any::<i64>(), any::<i64>(), any::<bool>())
            .prop_map(|(place, seq, applied_version, merged)| Outcome::Applied { place, seq, applied_version, merged })
            .boxed(),
        (any::<bool>(), place(), any::<i64>(), of(any::<i64>()))
            .prop_map(|(first, place, seq, applied_version)| {
                Outcome::Duplicate { first, place, seq, applied_version }
            })
            .boxed(),
        (reason, some_fields, place(), any::<i64>())
            .prop_map(|(reason, fields, place, seq)| Outcome::Conflict { reason, fields, place, seq })
            .boxed(),
        (of(uuid()), of(uuid()))
            .prop_map(|(id, client)| Outcome::Gone { id: id.map(Into::into), client_id: client.map(Into::into) })
            .boxed(),
        problem().prop_map(|problem| Outcome::Rejected { problem }).boxed(),
        problem().prop_map(|problem| Outcome::Deferred { problem }).boxed(),
    ]
}

pub(crate) fn push_reply() -> impl Strategy<Value = PushReply> {
    let outcome =
        (of(uuid()), outcome()).prop_map(|(op_id, outcome)| OperationOutcome { op_id: op_id.map(Into::into), outcome });
    (vec(outcome, 0..4), of(".{0,9}")).prop_map(|(outcomes, witness)| PushReply { outcomes, witness })
}

pub(crate) fn pull_reply() -> impl Strategy<Value = PullReply> {
    let gone =
        (uuid(), of(uuid())).prop_map(|(id, client)| GonePlace { id: id.into(), client_id: client.map(Into::into) });
    let kind =
        prop_oneof![place().prop_map(|place| ChangeKind::Upsert(Box::new(place))), gone.prop_map(ChangeKind::Gone),];
    let change = (any::<i64>(), kind).prop_map(|(seq, kind)| FeedChange { seq, kind });
    let limits = (of(any::<i64>()), any::<i64>(), of(any::<i64>()), any::<i64>()).prop_map(
        |(places_max, places_used, media_bytes_max, media_bytes_used)| PlanLimits {
            places_max,
            places_used,
            media_bytes_max,
            media_bytes_used,
        },
    );
    (".{0,9}", vec(change, 0..4), ".{0,9}", any::<bool>(), any::<i64>(), limits).prop_map(
        |(epoch, changes, cursor, has_more, head, limits)| PullReply { epoch, changes, cursor, has_more, head, limits },
    )
}
