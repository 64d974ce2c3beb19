//! What a screen is answered.

use serde::Serialize;

use crate::lost::JournalLine;
use crate::place::{OutboxEntry, Place};
use crate::question::Question;

macro_rules! answers {
    ($($(#[$doc:meta])* $name:ident { $($(#[$fdoc:meta])* $field:ident: $type:ty,)* })*) => {
        $($(#[$doc])*
        #[derive(Clone, PartialEq, Debug, Serialize)]
        #[cfg_attr(test, derive(ts_rs::TS))]
        #[serde(rename_all = "camelCase")]
        pub struct $name { $($(#[$fdoc])* pub $field: $type,)* })*
    };
}

answers! {
    /// A page of places, newest capture first.
    Page {
        /// The places.
        places: Vec<Place>,
        /// Where the next page begins; null at the end. Stays valid while places come and go.
        next: Option<String>,
    }

    /// What can be filtered by.
    InUse {
        /// Every category of a place that is not in the trash.
        categories: Vec<String>,
        /// Every tag of one.
        tags: Vec<String>,
    }

    /// Everything a place's page shows.
    PlacePage {
        /// The place.
        place: Place,
        /// What happened to it on this device, oldest first.
        journal: Vec<JournalLine>,
        /// What of it waits to be sent, in order.
        entries: Vec<OutboxEntry>,
        /// What the person has to decide, if anything.
        question: Option<Question>,
    }

    /// What a capture made.
    Captured {
        /// The place.
        place: Place,
        /// False when this very capture was here already.
        new: bool,
    }

    /// What became of a fix.
    Fixed {
        /// What became of it.
        outcome: FixOutcome,
        /// The place as it is now.
        place: Place,
    }

    /// What became of a deletion, or of undoing a capture.
    Deleted {
        /// What became of it.
        outcome: DeleteOutcome,
        /// The place in the trash; null where it vanished.
        place: Option<Place>,
    }

    /// A place after a command.
    Changed {
        /// The place as it is now.
        place: Place,
        /// False: there was nothing to change.
        changed: bool,
    }

    /// A part of the outbox, oldest first.
    Outbox {
        /// Operations that the server has not confirmed.
        entries: Vec<OutboxEntry>,
        /// `after` of the next part; null at the end.
        next: Option<i64>,
    }

    /// What is sent again.
    Retried {
        /// How many operations.
        operations: u64,
    }

    /// Whether anything was dropped.
    Discarded {
        /// False when it was gone already.
        discarded: bool,
    }

    /// An answered question.
    Resolved {
        /// The place as it is now, or the new one; null where it was let go.
        place: Option<Place>,
    }

    /// A file for the person to keep.
    TextFile {
        /// A name for it.
        name: String,
        /// Its media type.
        media_type: String,
        /// What is in it.
        text: String,
    }

    /// An export.
    Exported {
        /// The file.
        file: TextFile,
        /// Places in it.
        places: u64,
        /// Places left out: they have no position yet, and the format needs one. GeoJSON and CSV hold them all.
        without_position: u64,
    }
}

/// What became of a fix.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum FixOutcome {
    /// The waiting capture has its position now and will be sent.
    Placed,
    /// The position is better now.
    Improved,
    /// What is there is at least as good, or was set by a person.
    NotBetter,
}

impl From<holdfast_device::FixOutcome> for FixOutcome {
    fn from(outcome: holdfast_device::FixOutcome) -> Self {
        match outcome {
            holdfast_device::FixOutcome::Placed => Self::Placed,
            holdfast_device::FixOutcome::Improved => Self::Improved,
            holdfast_device::FixOutcome::NotBetter => Self::NotBetter,
        }
    }
}

/// What became of a deletion.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum DeleteOutcome {
    /// It never left this device and is gone without a trace.
    Vanished,
    /// It is in the trash; the server will be told.
    InTrash,
}
