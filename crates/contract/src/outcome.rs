//! What became of an operation.

use serde::{Deserialize, Serialize};

use crate::ids::{ClientId, OpId, PlaceId};
use crate::place::Place;
use crate::problem::Problem;
use crate::rules::Field;

/// The outcome of one operation of a push. Outcomes stand in the order of their operations.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct OperationOutcome {
    /// The operation; `null` only where its id could not be read.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub op_id: Option<OpId>,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What became of an operation.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "outcome", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Outcome {
    /// Done.
    #[cfg_attr(feature = "openapi", schema(rename_all = "camelCase"))]
    Applied {
        /// The place afterwards.
        place: Box<Place>,
        /// The number of the place's last change in the reader's feed.
        seq: i64,
        /// The version right after this operation. Equal to the version before where nothing had to change.
        applied_version: i64,
        /// Whether others had changed other fields since the operation's base version.
        #[serde(default)]
        merged: bool,
    },
    /// The operation or the capture was known already.
    #[cfg_attr(feature = "openapi", schema(rename_all = "camelCase"))]
    Duplicate {
        /// Whether this very operation was applied before (its reply was lost).
        first: bool,
        /// The place as it is now, under today's rights.
        place: Box<Place>,
        /// The number of the place's last change in the reader's feed.
        seq: i64,
        /// The version right after this operation, when it was applied before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        applied_version: Option<i64>,
    },
    /// The other side has changed what the operation was based on. Nothing of it was applied.
    Conflict {
        /// Why.
        reason: ConflictReason,
        /// The fields that conflict, where fields do.
        fields: Vec<Field>,
        /// The place as it is now.
        place: Box<Place>,
        /// The number of the place's last change in the reader's feed.
        seq: i64,
    },
    /// The place is deleted for good or no longer visible.
    #[cfg_attr(feature = "openapi", schema(rename_all = "camelCase"))]
    Gone {
        /// The place, where it had a row.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<PlaceId>,
        /// The capture, for its owner.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        client_id: Option<ClientId>,
    },
    /// Never acceptable as it is.
    Rejected {
        /// Why.
        problem: Problem,
    },
    /// Not now; nothing was done and no trace is left. The same operation may be sent again.
    Deferred {
        /// Why, and for how long.
        problem: Problem,
    },
}

/// Why an operation conflicts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum ConflictReason {
    /// Fields hold values the person did not see.
    FieldsChanged,
    /// The place has changed since the base version of a delete or restore.
    ChangedSince,
    /// The place is in the trash.
    InTrash,
}

impl Outcome {
    /// The outcome's name as it stands on the wire.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Applied { .. } => "applied",
            Self::Duplicate { .. } => "duplicate",
            Self::Conflict { .. } => "conflict",
            Self::Gone { .. } => "gone",
            Self::Rejected { .. } => "rejected",
            Self::Deferred { .. } => "deferred",
        }
    }

    /// The place it carries, with its feed number.
    pub fn place(&self) -> Option<(&Place, i64)> {
        match self {
            Self::Applied { place, seq, .. }
            | Self::Duplicate { place, seq, .. }
            | Self::Conflict { place, seq, .. } => Some((place, *seq)),
            _ => None,
        }
    }
}
