//! Runs the device core natively.
//!
//! The core (`holdfast-device`) is synchronous and knows no network: it says what it wants sent and is handed what
//! came. This crate gives it a folder, a clock, sockets and a loop.
//!
//! - [`Home`]: the folder of a device: accounts, tokens, databases, locks.
//! - [`Client`]: the roads of a server over HTTP, and [`ServerUrl`], where it is.
//! - [`Engine`]: [`Engine::sync_once`] until nothing is left to do, [`Engine::watch`] as a running loop with live events.
//! - [`sign_in`]: the ways in and out of an account.
//!
//! Nothing here decides about places: no retry class, no conflict, no reading of a sync reply.

mod client;
mod engine;
mod environment;
mod error;
mod events;
mod files;
mod home;
mod server;
pub mod sign_in;
mod store;
#[cfg(test)]
#[path = "../tests/common/server.rs"]
mod test_server;
mod watch;

pub use client::{Answer, Client, REQUEST_TIMEOUT};
pub use engine::{Engine, Failure, PutOff, SyncReport, Tally};
pub use environment::{SystemEnvironment, WRONG_CLOCK, machine_name, now};
pub use error::Error;
pub use events::Live;
pub use files::write_atomically;
pub use home::{AccountEntry, Config, Home, SyncLock, Token};
pub use server::{PairingLink, ServerUrl, ServerUrlError, SetupLink};
pub use store::Store;
pub use watch::{Round, WatchEvent};
