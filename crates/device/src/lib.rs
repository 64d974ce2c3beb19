//! The device core: what a phone, a watch relay, a browser and a terminal all run to keep places, with or without a
//! network.
//!
//! # Two jobs, kept apart
//!
//! *Capture* makes a person's intent durable: one commit of SQLite, before the call returns, whatever the network, the
//! account or the server are doing. *Reconciliation* turns intents into what the server has, later, in small steps that
//! can each be repeated. Between the two stands the **outbox**.
//!
//! The core is synchronous. It has no network, no threads, no timers, no clock and no randomness of its own; the last two
//! are handed in as an [`Environment`]. **Events go in, effects come out:** a host calls commands ([`Device::capture`],
//! [`Device::edit`], …), asks [`Device::poll`] what to send and when to ask again, sends it, and hands what came back to
//! [`Device::handle`]. The database is the only state. A process may be killed between any two instructions, and a second
//! one may work on the same file: both see the last commit and nothing else.
//!
//! # The two copies of a place
//!
//! The **confirmed copy** is the place exactly as the server last said (`confirmed`). The **person's view** is that copy
//! with every pending operation on top (`shown`, kept in the table of places). Pulled pages replace the first and the
//! second is worked out anew, so that a pull never waits for the outbox and never hides an unsent edit. A word of the
//! server has a feed number; an older word never replaces a newer one, by whichever road it comes.
//!
//! # The outbox
//!
//! Each place has a chain of operations, and only its head moves:
//!
//! ```text
//!  intent ─► queued ─── the first lease freezes the bytes ───► leased ─── acknowledged ─► journal
//!              ▲                                                 │
//!              ├── the lease ran out, no reply: the same bytes ──┤
//!              ├── backoff: failed alone, waits by itself ───────┤
//!              ├── plan: no room; a pull that shows some ends it ┤
//!              └── conflict, rejected: the person ends it ───────┘
//! ```
//!
//! Before its first lease an operation takes edits in, keeping what the person had seen first (`was`); from then on an
//! edit is a new operation behind it. A lease is a token in the database with an end: nobody else sends the same
//! meanwhile, and only the reply to the lease that stands is taken. Nothing leaves the outbox but by an acknowledgement or
//! by a person's decision, and what loses stays in the journal.
//!
//! What fails tells the lane or the operation to wait, depending on who has spoken. Silence is the network's fault: nothing
//! is held against an operation, and the wait ends when the network returns. A refusal or a pause is the server's word: no
//! network shortens it; only a person may, and not where the server limits the rate.
//!
//! # Where to find what
//!
//! | to learn | read |
//! |---|---|
//! | how a capture becomes durable | `capture`, `places`, `outbox` |
//! | how edits fold, and when they may not | `fold` (pure), `unseen`, `edit`, `trash` |
//! | what the person sees | `shown` (pure), `state` |
//! | what is sent, and when | `poll`, `push`, `lanes` |
//! | what a reply means | `judge`, `push_reply`, `reconcile`, `gone`, `pull`, `resync` |
//! | what the person can answer | `resolve`, `park` |
//! | files and accounts | `database`, `file`, `recover`, `rescue`, `place_of_file`, `adopt`, `imports`, `import_items` |
//! | the tables | `migrations/0001.sql` |

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
#[cfg(not(target_family = "wasm"))]
mod graft;
mod import_items;
mod import_types;
mod imports;
mod journal;
mod judge;
mod lanes;
mod list;
mod offer;
mod outbox;
mod park;
mod place_of_file;
mod places;
mod poll;
mod pull;
mod push;
mod push_reply;
mod reconcile;
mod recover;
mod rescue;
mod resolve;
mod resync;
mod search;
mod shown;
mod state;
mod status;
#[cfg(feature = "testing")]
mod testing;
mod trash;
mod tx;
mod unseen;
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
pub use rescue::rescue_into;
pub use views::*;
