//! Every call and the type of its answer.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::answers::{
    Captured, Changed, Deleted, Discarded, Exported, Fixed, InUse, Outbox, Page, PlacePage, Resolved, Retried, TextFile,
};
use crate::args::{
    Capture, Discard, Edit, Entries, Export, Fix, List, Move, OneEntry, OnePlace, OutboxPage, Pair, Resolve, SignIn,
    SignOut, UndoCapture,
};
use crate::host::{Adopted, Adoption, Diagnostics, Overview, SignedIn, SignedOut, StorageOverview, Synced};

macro_rules! calls {
    ($(#[$cdoc:meta])* $calls:ident, $names:ident { $($(#[$doc:meta])* $name:ident $wire:literal $(($args:ty))? => $answer:ty;)* }) => {
        $(#[$cdoc])*
        #[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
        #[cfg_attr(test, derive(ts_rs::TS))]
        #[serde(tag = "call")]
        pub enum $calls { $($(#[$doc])* #[serde(rename = $wire)] $name $(($args))?,)* }

        /// The calls' names.
        const $names: &[&str] = &[$($wire),*];
    };
}

/// Makes both enums and the one of answers from one table, so that none can miss.
macro_rules! table {
    ($each:ident) => {
        $each! {
            /// A call that is carried out on the store alone.
            DeviceCall, DEVICE_CALLS {
                /// A page of places.
                List "list" (List) => Page;
                /// Categories and tags to filter by.
                InUse "inUse" => InUse;
                /// Everything a place's page shows.
                Place "place" (OnePlace) => PlacePage;
                /// Saves a place: durable when this is answered.
                Capture "capture" (Capture) => Captured;
                /// Offers a better position for a capture.
                Fix "fix" (Fix) => Fixed;
                /// Undoes a capture: it vanishes if it was never sent, else it goes into the trash.
                UndoCapture "undoCapture" (UndoCapture) => Deleted;
                /// Changes fields of a place.
                Edit "edit" (Edit) => Changed;
                /// Deletes a place.
                Delete "delete" (Move) => Deleted;
                /// Takes a place out of the trash.
                Restore "restore" (Move) => Changed;
                /// What waits to be sent.
                Outbox "outbox" (OutboxPage) => Outbox;
                /// Sends one parked or waiting operation again.
                Retry "retry" (OneEntry) => Retried;
                /// Sends everything again that is parked as refused or waits by itself.
                RetryAll "retryAll" => Retried;
                /// Drops an operation; it stays in the place's history here.
                Discard "discard" (Discard) => Discarded;
                /// What waits to be sent, as JSON to keep elsewhere.
                ExportOutbox "exportOutbox" (Entries) => TextFile;
                /// Answers a place's question.
                Resolve "resolve" (Resolve) => Resolved;
                /// Writes places to a file.
                Export "export" (Export) => Exported;
            }
            /// A call that is the host's: account, network, storage.
            HostCall, HOST_CALLS {
                /// How this device stands.
                Overview "overview" => Overview;
                /// Sends and fetches now.
                Sync "sync" => Synced;
                /// Signs this device in with a code.
                Pair "pair" (Pair) => SignedIn;
                /// Signs this device in with e-mail and password.
                SignIn "signIn" (SignIn) => SignedIn;
                /// Signs this device out. What is unsent is kept for that account.
                SignOut "signOut" (SignOut) => SignedOut;
                /// Takes the places that were saved without an account into this one.
                Adopt "adopt" => Adopted;
                /// Leaves them out of this account, for good: they show after a sign-out.
                KeepApart "keepApart" => Adoption;
                /// Asks the browser to keep what is stored; where that needs a person's tap, call it from one.
                Persist "persist" => StorageOverview;
                /// Text for support, without places' content.
                Diagnostics "diagnostics" => Diagnostics;
            }
        }
    };
}

macro_rules! both {
    ($($(#[$cdoc:meta])* $calls:ident, $names:ident { $($body:tt)* })*) => {
        $(calls! { $(#[$cdoc])* $calls, $names { $($body)* } })*
        answer_enum! { $($($body)*)* }
    };
}

macro_rules! answer_enum {
    ($($(#[$doc:meta])* $name:ident $wire:literal $(($args:ty))? => $answer:ty;)*) => {
        /// The answer to a call.
        #[derive(Clone, PartialEq, Debug, Serialize)]
        #[serde(untagged)]
        pub enum Answer { $($(#[$doc])* $name($answer),)* }

        /// Shows every answer's type to `visitor`.
        #[cfg(test)]
        pub(crate) fn visit_answers(visitor: &mut impl ts_rs::TypeVisitor) {
            $(visitor.visit::<$answer>();)*
        }

        /// Each call's name beside the name of its answer's type.
        #[cfg(test)]
        pub(crate) fn answers(cfg: &ts_rs::Config) -> Vec<(&'static str, String)> {
            vec![$(($wire, <$answer as ts_rs::TS>::name(cfg))),*]
        }
    };
}

table!(both);

/// A question or a command of a screen: `{"call": name, …}`.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(untagged)]
pub enum Call {
    /// On the store alone.
    Device(Box<DeviceCall>),
    /// The host's.
    Host(HostCall),
}

impl<'de> Deserialize<'de> for Call {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Which of the two it is says the name; an error then speaks of the one call that was meant.
        let value = Value::deserialize(deserializer)?;
        let name = value.get("call").and_then(Value::as_str).unwrap_or_default();
        if DEVICE_CALLS.contains(&name) {
            DeviceCall::deserialize(&value).map(|call| Self::Device(Box::new(call))).map_err(D::Error::custom)
        } else if HOST_CALLS.contains(&name) {
            HostCall::deserialize(&value).map(Self::Host).map_err(D::Error::custom)
        } else {
            Err(D::Error::custom(format!("there is no call {name:?}")))
        }
    }
}
