//! The real routes over the real service and a real PostgreSQL, asked through real HTTP.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod accounts;
mod auth;
mod coverage;
mod documents;
mod events;
mod export;
mod harness;
mod input;
mod limits;
mod lists;
mod observe;
mod places;
mod sync;
