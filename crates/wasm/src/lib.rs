//! Hosts the device core in a browser: what the native host is for a terminal, for a dedicated worker.
//!
//! Here is what touches the databases: which accounts this device knows and their tokens (`home`), one database per server
//! and account and one without an account, named and bound as in the native host (`stores`), the calls of the screens
//! (`host`), and what a sign-in and a sign-out do to all that (`accounts`). None of it knows the network: the worker's TypeScript
//! (`apps/phone/core/browser`) owns `fetch`, timers, the lock that makes one window's worker the leader, and the channel over
//! which the others ask it. It asks [`host::Host::poll`] what to send, as every host of the core does, and hands back what
//! came.
//!
//! All of it is synchronous and runs natively too, which is how it is tested; only `environment` and `bindings`, which
//! speak to the browser, are built for WebAssembly alone. SQLite lies on OPFS through the `opfs-sahpool` file system, whose
//! files only one worker can have open; `docs/adr/0010-one-leader-in-the-browser.md` says why that one, and what a browser cannot guarantee.
//!
//! [`docs/adr/0010`]: https://github.com/holdfast/holdfast/blob/main/docs/adr/0010-one-leader-in-the-browser.md

mod accounts;
#[cfg(target_family = "wasm")]
pub mod bindings;
#[cfg(target_family = "wasm")]
mod environment;
pub mod home;
pub mod host;
pub mod stores;
pub mod wire;
