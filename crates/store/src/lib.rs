//! PostgreSQL: the migrations and the only SQL of the server.
//!
//! One file per noun. A function of this crate is one question or one change, runs inside a transaction that `service`
//! began, and takes the acting user wherever it touches a person's data. Which of them belong together, and what they
//! mean, is `service`'s business.
//!
//! The database is a second wall: the server's role owns no table, row-level security denies what the acting user of the
//! transaction may not see, and named constraints hold the invariants ([`Error`] maps them, once).

pub mod accounts;
pub mod admin;
pub mod batch;
pub mod devices;
mod error;
pub mod feed;
pub mod generations;
pub mod heads;
pub mod history;
pub mod imports;
pub mod maintenance;
mod migrations;
pub mod places;
mod pool;
pub mod purge;
pub mod receipts;
mod row;
pub mod setup;
pub mod shares;
pub mod telemetry;
#[cfg(feature = "testing")]
pub mod testing;

pub use error::{Constraint, Error};
pub use migrations::{Schema, migrate, migrations_pending, schema};
pub use pool::{Options, Pool, Tx};
pub use row::{Reading, Share, StoredPlace};

use holdfast_contract::{AccountId, DeviceId};

/// Who acts: the person and the device they act through. Every function that touches personal data takes one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Actor {
    /// The person.
    pub user: AccountId,
    /// Their device, browser or API token.
    pub device: DeviceId,
}
