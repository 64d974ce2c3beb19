//! The device core.
#![forbid(unsafe_code)]

mod adopt;
mod binding;
mod capture;
mod columns;
mod commands;
mod confirmed;
mod database;
mod device;
mod edit;
mod engine;
mod entries;
mod environment;
mod error;
#[cfg(not(target_family = "wasm"))]
pub mod file;
mod fold;
mod gone;
mod import_rows;
mod import_types;
mod imports;
mod journal;
mod judge;
mod lanes;
mod list;
mod outbox;
mod park;
mod places;
mod poll;
mod pull;
mod push;
mod push_reply;
mod reconcile;
#[cfg(not(target_family = "wasm"))]
mod recover;
mod resolve;
mod resync;
mod search;
mod shown;
mod state;
mod status;
mod trash;
mod tx;
mod upgrade;
mod views;
mod words;

pub use adopt::Adopted;
pub use binding::Binding;
pub use commands::*;
pub use device::Device;
pub use engine::*;
pub use environment::{Environment, Moment};
pub use error::{Error, Result};
pub use import_types::*;
pub use views::*;
