//! The sync contract: what the server, every device and the web platform agree on.
//!
//! Pure types and pure rules. This crate knows no network, no clock, no randomness and no storage, so that the very
//! same code decides on a phone, in a browser and on the server.
//!
//! - [`ids`], [`time`], [`text`], [`position`]: values that cannot be invalid once they exist.
//! - [`place`]: a place as one reader may see it.
//! - [`operation`]: what a person wants to happen, parsed from and frozen to bytes.
//! - [`rules`]: how an operation meets the current state. The one place where "does this field conflict" is answered.
//! - [`outcome`]: what became of an operation.
//! - [`problem`]: errors with stable codes (RFC 9457).
//! - [`sync`]: push, pull and live messages. [`account`]: setup, sign-in, pairing, devices. [`share`]: who else sees a place.
//! - [`bounds`], [`overview`]: boxes on the map, and many places at once.
//! - [`tag_line`]: tags as a person types them. [`import`]: from the rows of a file to captures, named by their content.
//! - [`limits`]: every bound, once. [`defect`]: deliberate ones, for tests of the tests.
//!
//! On the wire: JSON, camelCase, RFC 3339 UTC with microseconds, unknown fields ignored on read.

pub mod account;
pub mod bounds;
pub mod defect;
pub mod history;
pub mod ids;
pub mod import;
pub mod limits;
pub mod operation;
pub mod outcome;
pub mod overview;
pub mod place;
pub mod position;
pub mod problem;
pub mod rules;
pub mod share;
pub mod sync;
pub mod tag_line;
pub mod text;
pub mod time;
#[cfg(feature = "typescript")]
mod typescript;

pub use bounds::BoundingBox;
pub use ids::{AccountId, ClientId, DeviceId, ImportId, OpId, PlaceId};
pub use operation::{Action, Operation, Target};
pub use outcome::{OperationOutcome, Outcome};
pub use overview::{PlaceOrder, SharedFilter};
pub use place::{NewPlace, Place, PlaceFields, PositionSource, Role, Source};
pub use position::{Accuracy, Altitude, Latitude, Longitude, Position};
pub use problem::{Code, FieldCode, FieldError, Problem};
pub use rules::{Field, PlaceChanges};
pub use text::{Category, Name, Note, Tag, Tags};
pub use time::Timestamp;

/// The version of the protocol this build speaks, sent as [`PROTOCOL_HEADER`] with every request and reply.
pub const PROTOCOL_VERSION: u16 = 1;
/// The oldest protocol version the server still serves (the current one and the one before it).
pub const OLDEST_PROTOCOL_VERSION: u16 = 1;
/// Carries the protocol version. A reply without it is not a reply of a Holdfast server.
pub const PROTOCOL_HEADER: &str = "holdfast-protocol";
/// Names the account a request was made for. A request whose token belongs to another account is refused unread.
pub const ACCOUNT_HEADER: &str = "holdfast-account";
/// The version of the operation payloads this build writes.
pub const PAYLOAD_VERSION: u16 = 1;
