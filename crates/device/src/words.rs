//! The words that stand for states in the database.

/// Makes an enum that is kept in the database as a word.
macro_rules! stored_words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub(crate) enum $name { $($(#[$vdoc])* $variant,)* }
        $crate::words::stored_words!(impl $name { $($variant = $word,)* });
    };
    (impl $name:ty { $($variant:ident = $word:literal,)* }) => {
        impl rusqlite::types::ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
                let word: &'static str = match self { $(Self::$variant => $word,)* };
                Ok(word.into())
            }
        }
        impl rusqlite::types::FromSql for $name {
            fn column_result(value: rusqlite::types::ValueRef<'_>) -> rusqlite::types::FromSqlResult<Self> {
                match value.as_str()? {
                    $($word => Ok(Self::$variant),)*
                    other => Err(rusqlite::types::FromSqlError::Other(format!("unknown word {other:?}").into())),
                }
            }
        }
    };
}
pub(crate) use stored_words;

use crate::import_types::ImportState;
use crate::views::{JournalEvent, PauseReason};

stored_words! {
    /// Where an operation stands in the database.
    OpState {
        /// To be sent, when it is the head of its chain.
        Queued = "queued",
        /// Part of a push under way, or of one whose fate is not known.
        Leased = "leased",
        /// Failed alone, waits.
        Backoff = "backoff",
        /// Waits for room in the plan.
        Plan = "plan",
        /// Waits for the person's decision.
        Conflict = "conflict",
        /// Refused for good.
        Rejected = "rejected",
    }
}
stored_words! {
    /// Why a place itself, and not an operation on it, needs attention.
    Mark {
        /// Deleted for good elsewhere, with something unsent here.
        DeletedForGood = "deleted_for_good",
        /// No longer shared, with something typed here.
        NoLongerVisible = "no_longer_visible",
        /// The server was restored, and somebody went another way from the state it has than the state that was kept here.
        Older = "older",
    }
}
stored_words!(impl PauseReason {
    SignIn = "sign_in",
    AccountGone = "account_gone",
    UpdateApp = "update_app",
});
stored_words!(impl ImportState {
    Running = "running",
    Finished = "finished",
    Cancelled = "cancelled",
    Undoing = "undoing",
    Undone = "undone",
});
stored_words!(impl JournalEvent {
    Queued = "queued",
    Sent = "sent",
    SentAgain = "sent_again",
    Confirmed = "confirmed",
    ConfirmedAgain = "confirmed_again",
    Conflicted = "conflicted",
    Rejected = "rejected",
    Deferred = "deferred",
    Gone = "gone",
    Resolved = "resolved",
    Discarded = "discarded",
    Superseded = "superseded",
    CapturedWithoutPosition = "captured_without_position",
    Placed = "placed",
    Adopted = "adopted",
    Imported = "imported",
    Recovered = "recovered",
});
