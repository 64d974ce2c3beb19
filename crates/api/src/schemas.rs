//! What the OpenAPI document says about bodies that are parsed by hand.
//!
//! The contract parses operations field by field, to name every one at fault, so there is no type to derive their
//! schema from. The types here only describe; nothing ever makes one.
#![expect(dead_code, reason = "these types describe; nothing makes one")]

use holdfast_contract::sync::Telemetry;
use holdfast_contract::{ClientId, OpId, PlaceId, Position, PositionSource, Source, Timestamp};
use utoipa::openapi::schema::{Discriminator, OneOfBuilder, Schema};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{IntoParams, PartialSchema, ToSchema};

/// A place in the path.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct PlaceIdInPath {
    /// The place's `id`, or `client:` and its `clientId` (one's own places).
    #[param(example = "0199f6a0-0000-7000-8000-000000000001")]
    id: String,
}

/// A place as it was captured.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct NewPlace {
    /// Its name.
    #[schema(max_length = 200)]
    name: Option<String>,
    /// Its note.
    #[schema(max_length = 10_000)]
    note: Option<String>,
    /// Its category.
    #[schema(max_length = 40)]
    category: Option<String>,
    /// Its tags, each at most 40 characters long.
    #[schema(max_items = 20)]
    tags: Option<Vec<String>>,
    /// Degrees north (WGS 84).
    #[schema(minimum = -90, maximum = 90)]
    latitude: f64,
    /// Degrees east (WGS 84).
    #[schema(minimum = -180, maximum = 180)]
    longitude: f64,
    /// Horizontal uncertainty in metres.
    #[schema(minimum = 0)]
    accuracy: Option<f64>,
    /// Metres.
    altitude: Option<f64>,
    /// When it was captured, by the device's clock.
    captured_at: Timestamp,
    /// What captured it.
    source: Source,
    /// Where the position comes from.
    position_source: PositionSource,
}

/// From what a person saw to what they want; `null` is "nothing there".
#[derive(ToSchema)]
pub(crate) struct TextChange {
    /// The value the person saw.
    was: Option<String>,
    /// The new value; `null` clears the field.
    to: Option<String>,
}

/// A person's move of the marker.
#[derive(ToSchema)]
pub(crate) struct PositionChange {
    /// The position the person saw.
    was: Option<Position>,
    /// The new one.
    to: Position,
}

/// Tags to add and to remove. They never conflict; a tag in both is added.
#[derive(ToSchema)]
pub(crate) struct TagChange {
    /// Tags that shall be there.
    add: Option<Vec<String>>,
    /// Tags that shall not be there.
    remove: Option<Vec<String>>,
}

/// The changed fields, at least one.
#[derive(ToSchema)]
pub(crate) struct PlaceChanges {
    /// The name.
    name: Option<TextChange>,
    /// The note.
    note: Option<TextChange>,
    /// The category.
    category: Option<TextChange>,
    /// The position, as one field.
    position: Option<PositionChange>,
    /// The tags.
    tags: Option<TagChange>,
}

macro_rules! kind {
    ($name:ident, $variant:ident) => {
        /// The kind of the operation.
        #[derive(ToSchema)]
        #[schema(rename_all = "lowercase")]
        pub(crate) enum $name {
            /// Always this.
            $variant,
        }
    };
}
kind!(CreateKind, Create);
kind!(UpdateKind, Update);
kind!(RefineKind, Refine);
kind!(DeleteKind, Delete);
kind!(RestoreKind, Restore);
kind!(OfferKind, Offer);

/// A new place.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct CreateOperation {
    /// Names the intent; a retry carries the same, with the same bytes.
    op_id: OpId,
    /// The version of this payload; 1 if absent.
    payload_version: Option<u16>,
    #[schema(inline)]
    kind: CreateKind,
    /// The capture.
    client_id: ClientId,
    /// What was captured.
    place: NewPlace,
}

/// A person's change of fields. The place is named by `clientId` (one's own) or by `id`.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct UpdateOperation {
    /// Names the intent; a retry carries the same, with the same bytes.
    op_id: OpId,
    /// The version of this payload; 1 if absent.
    payload_version: Option<u16>,
    #[schema(inline)]
    kind: UpdateKind,
    /// The place, by its capture.
    client_id: Option<ClientId>,
    /// The place, by its row.
    id: Option<PlaceId>,
    /// The version the person saw; only says whether the outcome counts as merged.
    #[schema(minimum = 0)]
    base_version: Option<i64>,
    /// The changed fields.
    changes: PlaceChanges,
}

/// A better GPS fix. The place is named by `clientId` (one's own) or by `id`.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct RefineOperation {
    /// Names the intent; a retry carries the same, with the same bytes.
    op_id: OpId,
    /// The version of this payload; 1 if absent.
    payload_version: Option<u16>,
    #[schema(inline)]
    kind: RefineKind,
    /// The place, by its capture.
    client_id: Option<ClientId>,
    /// The place, by its row.
    id: Option<PlaceId>,
    /// The fix.
    position: Position,
}

/// Into the trash. The place is named by `clientId` (one's own) or by `id`.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct DeleteOperation {
    /// Names the intent; a retry carries the same, with the same bytes.
    op_id: OpId,
    /// The version of this payload; 1 if absent.
    payload_version: Option<u16>,
    #[schema(inline)]
    kind: DeleteKind,
    /// The place, by its capture.
    client_id: Option<ClientId>,
    /// The place, by its row.
    id: Option<PlaceId>,
    /// The version the person saw; 0 if absent: none was confirmed yet.
    #[schema(minimum = 0)]
    base_version: Option<i64>,
}

/// Out of the trash. The place is named by `clientId` (one's own) or by `id`.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct RestoreOperation {
    /// Names the intent; a retry carries the same, with the same bytes.
    op_id: OpId,
    /// The version of this payload; 1 if absent.
    payload_version: Option<u16>,
    #[schema(inline)]
    kind: RestoreKind,
    /// The place, by its capture.
    client_id: Option<ClientId>,
    /// The place, by its row.
    id: Option<PlaceId>,
    /// The version the person saw; 0 if absent: none was confirmed yet.
    #[schema(minimum = 0)]
    base_version: Option<i64>,
}

/// After the server's database went back in time: an own place as this device last had it confirmed. Creates what the database
/// does not know; replaces what has not changed since; is `gone` where the place was deleted for good, and a `conflict` where it
/// was changed by somebody who had not seen this state.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct OfferOperation {
    /// Names the intent.
    op_id: OpId,
    /// The version of this payload; 1 if absent.
    payload_version: Option<u16>,
    #[schema(inline)]
    kind: OfferKind,
    /// The capture.
    client_id: ClientId,
    /// The state.
    state: OfferedState,
}

/// A state of a place that the server had confirmed before its database went back in time.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct OfferedState {
    /// The epoch it was confirmed in.
    #[schema(min_length = 1, max_length = 64)]
    epoch: String,
    /// The version it had.
    #[schema(minimum = 1, maximum = 9_007_199_254_740_992_i64)]
    version: i64,
    /// `updatedAt` of that version.
    updated_at: Timestamp,
    /// Since when it was in the trash, if it was.
    deleted_at: Option<Timestamp>,
    /// The place itself.
    place: NewPlace,
}

/// One intent to change one place: one of six kinds.
pub(crate) struct Operation;

impl PartialSchema for Operation {
    fn schema() -> RefOr<Schema> {
        let kinds = [
            ("create", "CreateOperation"),
            ("update", "UpdateOperation"),
            ("refine", "RefineOperation"),
            ("delete", "DeleteOperation"),
            ("restore", "RestoreOperation"),
            ("offer", "OfferOperation"),
        ];
        let mapping = kinds.map(|(kind, name)| (kind, format!("#/components/schemas/{name}")));
        kinds
            .iter()
            .fold(OneOfBuilder::new(), |one_of, (_, name)| one_of.item(Ref::from_schema_name(*name)))
            .description(Some("One intent to change one place."))
            .discriminator(Some(Discriminator::with_mapping("kind", mapping)))
            .into()
    }
}

impl ToSchema for Operation {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        fn add<T: ToSchema>(schemas: &mut Vec<(String, RefOr<Schema>)>) {
            schemas.push((T::name().into(), T::schema()));
            T::schemas(schemas);
        }
        add::<CreateOperation>(schemas);
        add::<UpdateOperation>(schemas);
        add::<RefineOperation>(schemas);
        add::<DeleteOperation>(schemas);
        add::<RestoreOperation>(schemas);
        add::<OfferOperation>(schemas);
    }
}

/// A push.
#[derive(ToSchema)]
#[schema(as = PushRequest)]
pub(crate) struct PushBody {
    /// The epoch of the database that these operations were made for, from a pull or a sign-in.
    epoch: String,
    /// The operations. Those on one place apply in the order given.
    #[schema(max_items = 500)]
    operations: Vec<Operation>,
    /// `witness` of the newest reply to a push, if there was one in this epoch.
    witness: Option<String>,
    /// What the device reports about itself.
    telemetry: Option<Telemetry>,
}

/// A place to save.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct NewPlaceRequest {
    /// Names the intent; absent: the server makes one.
    op_id: Option<OpId>,
    /// The capture: a UUID that you make once for this place.
    client_id: ClientId,
    /// The place.
    place: NewPlace,
}

/// Changes of a place.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct UpdateRequest {
    /// Names the intent; absent: the server makes one.
    op_id: Option<OpId>,
    /// The version the person saw; only says whether the outcome counts as merged.
    #[schema(minimum = 0)]
    base_version: Option<i64>,
    /// The changed fields.
    changes: PlaceChanges,
}

/// A better GPS fix.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct RefineRequest {
    /// Names the intent; absent: the server makes one.
    op_id: Option<OpId>,
    /// The fix.
    position: Position,
}

/// Names the version of a place that a person saw in the trash.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct RestoreRequest {
    /// Names the intent; absent: the server makes one.
    op_id: Option<OpId>,
    /// The version the person saw.
    #[schema(minimum = 1)]
    base_version: i64,
}

/// Names the version of a place that a person saw.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct VersionedRequest {
    /// Names the intent; absent: the server makes one.
    op_id: Option<OpId>,
    /// The version the person saw; 0 if absent.
    #[schema(minimum = 0)]
    base_version: Option<i64>,
}
