//! The real pages over the real service and a real PostgreSQL, asked through real HTTP as a browser asks.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod app;
mod counting;
mod cover;
mod devices;
mod edit;
mod export;
mod first_password;
mod first_run;
mod harness;
mod html;
mod import;
mod import_waits;
mod limits;
mod list;
mod save;
mod security;
mod session;
mod trash;
