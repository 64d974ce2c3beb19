//! The rules: who may, what happens, in which transaction.
//!
//! Every way in (phone, watch, web, command line, import) goes through [`Service`]. It opens the transactions, in which
//! `store` asks and changes; it knows no HTTP. What an operation means for a place is decided by `contract::rules`, the
//! same functions that a device uses.
//!
//! - [`Service::push`], [`Service::apply`]: operations, many or one. `push.rs` is the way of a batch through the database,
//!   `push/decide.rs` what happens to each operation.
//! - [`Service::pull`], [`Service::subscribe`]: what changed, and that something did.
//! - [`Service::get_place`], [`Service::list_places`], [`Service::place_history`]: reading. [`Service::list_rows`],
//!   [`Service::place_page`], [`Service::map_places`], [`Service::facets`]: the same for people who look at many at once.
//! - [`Service::export_places`], [`Service::snapshot`]: everything that somebody has.
//! - [`Service::begin_import`], [`Service::run_import`], [`Service::undo_import`]: files that people bring in.
//! - `visibility.rs`: who sees a place, and what of it. The one place where that is answered.
//! - [`Service::run_jobs`]: what has to happen every now and then.

mod accounts;
mod admin;
mod clock;
mod cursor;
mod devices;
mod error;
mod first_password;
mod imports;
mod jobs;
mod lists;
mod live;
mod measure;
mod passwords;
mod places;
mod pull;
mod push;
mod service;
mod settings;
mod setup;
mod sharing;
mod snapshot;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod tokens;
mod visibility;
mod witness;

pub use accounts::{SESSION_DAYS, Session, SessionKind};
pub use admin::{Admin, AdminError, Plan, UserSummary};
pub use clock::{Clock, SystemClock};
pub use error::{Error, ResyncReason};
pub use holdfast_store::{Actor, Options, Pool, Schema};
pub use imports::{
    BroughtBack, ImportPlace, ImportResult, ImportState, ImportSummary, KnownPlace, NewImport, StoredImport, UndoResult,
};
pub use lists::{Audience, MapView, PlaceFilter, PlacePage, Row, RowPage};
pub use live::Heads;
pub use places::PlaceDetail;
pub use service::Service;
pub use settings::Settings;
pub use setup::SetupCode;
pub use snapshot::{PastVersion, PlacesAfter, Snapshot, VersionsAfter};
pub use tokens::Token;
