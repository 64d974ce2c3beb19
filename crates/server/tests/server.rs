//! The server as people run it: real processes, real HTTP, real PostgreSQL.
#![allow(clippy::unwrap_used)]

#[path = "server/backup.rs"]
mod backup;
#[path = "server/commands.rs"]
mod commands;
#[path = "server/harness.rs"]
mod harness;
#[path = "server/http.rs"]
mod http;
#[path = "server/lifetime.rs"]
mod lifetime;
#[path = "server/privacy.rs"]
mod privacy;
#[path = "server/signals.rs"]
mod signals;
