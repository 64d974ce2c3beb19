//! Operations: what a person wants to happen to a place.
//!
//! A device makes an [`Operation`], freezes it to bytes ([`Operation::to_bytes`]) at its first lease, and sends those
//! bytes for ever. The server parses the bytes ([`Operation::parse`]) and hashes them for the receipt
//! ([`payload_hash`]).

mod read;
mod write;

use sha2::{Digest, Sha256};

use crate::ids::{ClientId, OpId, PlaceId};
use crate::place::NewPlace;
use crate::position::Position;
use crate::problem::Problem;
use crate::rules::PlaceChanges;
use crate::time::Timestamp;

/// One intent to change one place.
#[derive(Clone, PartialEq, Debug)]
pub struct Operation {
    /// Names the intent; a retry carries the same.
    pub op_id: OpId,
    /// What is to happen.
    pub action: Action,
}

/// What is to happen.
#[derive(Clone, PartialEq, Debug)]
pub enum Action {
    /// A new place.
    Create {
        /// The capture.
        client_id: ClientId,
        /// What was captured.
        place: Box<NewPlace>,
    },
    /// A person's change of fields.
    Update {
        /// The place.
        target: Target,
        /// The version the person saw, where one was known. Only says whether the outcome counts as merged.
        base_version: Option<i64>,
        /// The changed fields.
        changes: Box<PlaceChanges>,
    },
    /// A better GPS fix.
    Refine {
        /// The place.
        target: Target,
        /// The fix.
        position: Position,
    },
    /// Into the trash.
    Delete {
        /// The place.
        target: Target,
        /// The version the person saw; 0: none was confirmed yet.
        base_version: i64,
    },
    /// Out of the trash.
    Restore {
        /// The place.
        target: Target,
        /// The version the person saw.
        base_version: i64,
    },
    /// After the server's database went back in time: an own place as this device last had it confirmed.
    Offer {
        /// The capture.
        client_id: ClientId,
        /// The state that the database may have lost.
        state: Box<OfferedState>,
    },
}

/// A state of a place that the server had confirmed before its database went back in time.
#[derive(Clone, PartialEq, Debug)]
pub struct OfferedState {
    /// The epoch it was confirmed in, at most [`crate::limits::EPOCH_MAX`] bytes. States of one epoch follow one another by
    /// their versions.
    pub epoch: String,
    /// The version it had, 1 to [`crate::limits::VERSION_MAX`].
    pub version: i64,
    /// When the server made that version, by the server's clock: whatever the database knows from before then was part of
    /// what led to this state.
    pub updated_at: Timestamp,
    /// Since when it was in the trash, if it was.
    pub deleted_at: Option<Timestamp>,
    /// The place itself.
    pub place: NewPlace,
}

/// Names a place.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Target {
    /// One's own place by its capture.
    Own(ClientId),
    /// Any visible place by its row.
    Id(PlaceId),
}

impl Action {
    /// The kind as it stands on the wire and in receipts.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Create { .. } => "create",
            Self::Update { .. } => "update",
            Self::Refine { .. } => "refine",
            Self::Delete { .. } => "delete",
            Self::Restore { .. } => "restore",
            Self::Offer { .. } => "offer",
        }
    }

    /// The place it is about.
    pub fn target(&self) -> Target {
        match self {
            Self::Create { client_id, .. } | Self::Offer { client_id, .. } => Target::Own(*client_id),
            Self::Update { target, .. }
            | Self::Refine { target, .. }
            | Self::Delete { target, .. }
            | Self::Restore { target, .. } => *target,
        }
    }
}

/// An operation that can't be read: never acceptable as it is.
#[derive(Clone, PartialEq, Debug)]
pub struct Unreadable {
    /// Its id, where at least that could be read.
    pub op_id: Option<OpId>,
    /// What is wrong, field by field.
    pub problem: Problem,
}

impl Operation {
    /// Parses and normalises one operation. Every field at fault is named.
    pub fn parse(bytes: &[u8]) -> Result<Self, Unreadable> {
        read::operation(bytes)
    }

    /// The operation as the bytes that are sent. Parsing them gives the same operation.
    pub fn to_bytes(&self) -> Vec<u8> {
        write::operation(self)
    }
}

/// The hash of an operation's bytes that a receipt remembers.
pub fn payload_hash(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

pub use read::{parse_changes, parse_new_place, parse_position};
