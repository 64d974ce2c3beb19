//! What a screen of the app can ask of this device, what it is answered, and what can go wrong: as data, so that the same
//! screens run over WebAssembly in a browser and over native bindings on a phone.
//!
//! A [`Call`] is one question or command. Those that are about places ([`DeviceCall`]) are carried out here, on a
//! [`holdfast_device::Device`], by [`perform`]; those that are about the account, the network and the storage
//! ([`HostCall`]) are the host's, which composes its answers with [`overview`] and [`diagnostics`]. What fails is a
//! [`Failure`]: a stable code, a sentence, and what to do.
//!
//! The TypeScript side of all this, `apps/phone/core/src/types.ts`, is generated from these very types by a test
//! (`HOLDFAST_WRITE_TYPES=1 cargo test -p holdfast-app` writes it, and without that the test fails where it differs).
//!
//! # What a caller who heard no answer may do
//!
//! A worker, a tab or a process may die between a commit and its answer. Every call may therefore be asked again, as
//! [`Attempt::Again`]: a capture is known by its client id; an edit says what the person saw and changes nothing that
//! already is as wanted; and where the first try has left nothing to do (a place that is in the trash already, a question
//! that is answered already), asking again is answered like the first time, as far as that can still be known.
//!
//! # Places are named by keys
//!
//! A place is named by a [`PlaceKey`], which belongs to one account's store. A screen that still shows a place of the
//! account before is told [`FailureCode::OtherAccount`], instead of changing whichever place has the same number here.

mod answers;
mod args;
mod calls;
mod diagnostics;
mod export;
mod failure;
mod host;
mod key;
mod lost;
mod perform;
mod place;
mod question;
mod read;
#[cfg(test)]
mod typescript;

pub use answers::*;
pub use args::*;
pub use calls::{Answer, Call, DeviceCall, HostCall};
pub use diagnostics::diagnostics;
pub use failure::{Failure, FailureCode};
pub use host::*;
pub use key::{PlaceKey, StoreKey, short_hash};
pub use lost::{JournalLine, Lost, LostSide, LostValue};
pub use perform::{Attempt, Performing, perform};
pub use place::{OutboxEntry, Place};
pub use question::{Question, QuestionField, QuestionKind, Side};
