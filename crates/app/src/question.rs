//! What a place that needs attention asks the person: both sides, field by field, and what can be answered.

use holdfast_contract::outcome::ConflictReason;
use holdfast_contract::{Category, Field, Name, Note, Place, Position, Tags, Timestamp};
use holdfast_device::{Attention, Device, PlaceState, PlaceView};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::key::short_hash;

/// What a question is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum QuestionKind {
    /// Changed here and elsewhere: `keepMine`, `keepTheirs`, or `perField` where fields conflict.
    Conflict,
    /// A restored server has an older state, changed since: `keepMine` or `letGo`.
    OlderOnServer,
    /// Deleted for good elsewhere: `keepAsNew` or `letGo`.
    DeletedForGood,
    /// No longer shared with the reader: `keepAsNew` or `letGo`.
    NoLongerVisible,
}

/// An answer that is possible.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum Choice {
    /// Everything as wanted here.
    KeepMine,
    /// Everything as the server has it.
    KeepTheirs,
    /// Each field by itself.
    PerField,
    /// What this device has becomes a new place.
    KeepAsNew,
    /// The server's word is taken.
    LetGo,
}

/// Something in which two sides can differ.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum QuestionField {
    /// The name.
    Name,
    /// The note.
    Note,
    /// The category.
    Category,
    /// The position.
    Position,
    /// The tags.
    Tags,
    /// Whether it is in the trash.
    Trash,
}

/// Who a side comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum Who {
    /// The person, on this device.
    ThisDevice,
    /// Another device, the web platform or another person: the server does not say which.
    Elsewhere,
}

/// One side of a question.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Side {
    /// Who.
    pub who: Who,
    /// When it was decided here, or when the server took it.
    pub at: Timestamp,
    /// The name.
    pub name: Option<Name>,
    /// The note.
    pub note: Option<Note>,
    /// The category.
    pub category: Option<Category>,
    /// The tags.
    pub tags: Tags,
    /// The position.
    pub position: Option<Position>,
    /// Whether it is in the trash.
    pub in_trash: bool,
}

/// What the person has to decide about a place.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Question {
    /// What it is about.
    pub kind: QuestionKind,
    /// For a conflict: why.
    pub reason: Option<ConflictReason>,
    /// What this device has.
    pub mine: Side,
    /// What the server has; null where it has nothing any more.
    pub theirs: Option<Side>,
    /// In what the two differ.
    pub differing: Vec<QuestionField>,
    /// The fields that an answer field by field must name.
    pub conflicting: Vec<Field>,
    /// The answers that are possible.
    pub choices: Vec<Choice>,
    /// Stands for everything shown here. Goes back with the answer, which is refused if anything has changed since.
    pub seen: String,
    /// The server's version that is shown; 0 where it never had one.
    #[serde(skip)]
    #[cfg_attr(test, ts(skip))]
    pub version: i64,
}

impl Question {
    /// The question that a place asks, if it asks one.
    pub fn of(device: &Device, view: &PlaceView) -> Result<Option<Self>, Failure> {
        let PlaceState::NeedsAttention(attention) = view.state else { return Ok(None) };
        Ok(match attention {
            Attention::Conflict => Self::conflict(device, view)?,
            Attention::OlderOnServer => Self::older(device, view)?,
            Attention::DeletedForGood => Some(Self::gone(device, view, QuestionKind::DeletedForGood)?),
            Attention::NoLongerVisible => Some(Self::gone(device, view, QuestionKind::NoLongerVisible)?),
            // Nothing to choose from: the outbox says why, and takes the retry or the discarding.
            Attention::Rejected | Attention::PlanFull => None,
        })
    }

    fn conflict(device: &Device, view: &PlaceView) -> Result<Option<Self>, Failure> {
        let Some(conflict) = device.conflict(view.local_id)? else { return Ok(None) };
        let mut choices = vec![Choice::KeepMine, Choice::KeepTheirs];
        if conflict.reason == ConflictReason::FieldsChanged {
            choices.push(Choice::PerField);
        }
        let mine = Side::mine(&conflict.mine, conflict.mine_since);
        let version = conflict.theirs.version;
        let theirs = Side::of_place(&conflict.theirs, Who::Elsewhere);
        Ok(Some(Self {
            reason: Some(conflict.reason),
            conflicting: conflict.fields,
            ..Self::between(QuestionKind::Conflict, mine, Some(theirs), choices, version)
        }))
    }

    fn older(device: &Device, view: &PlaceView) -> Result<Option<Self>, Failure> {
        let Some(kept) = device.kept(view.local_id)? else { return Ok(None) };
        let Some(theirs) = device.confirmed(view.local_id)? else { return Ok(None) };
        let mine = Side::of_place(&kept, Who::ThisDevice);
        let version = view.version.unwrap_or(0);
        let theirs = Side::of_place(&theirs, Who::Elsewhere);
        let choices = vec![Choice::KeepMine, Choice::LetGo];
        Ok(Some(Self::between(QuestionKind::OlderOnServer, mine, Some(theirs), choices, version)))
    }

    fn gone(device: &Device, view: &PlaceView, kind: QuestionKind) -> Result<Self, Failure> {
        // What the person last did here is what they would keep.
        let since = device.journal(view.local_id)?.last().map_or(view.captured_at, |entry| entry.at);
        let choices = vec![Choice::KeepAsNew, Choice::LetGo];
        Ok(Self::between(kind, Side::mine(view, since), None, choices, view.version.unwrap_or(0)))
    }

    fn between(kind: QuestionKind, mine: Side, theirs: Option<Side>, choices: Vec<Choice>, version: i64) -> Self {
        let differing = theirs.as_ref().map(|theirs| mine.differences(theirs)).unwrap_or_default();
        let mut question = Self {
            kind,
            reason: None,
            mine,
            theirs,
            differing,
            conflicting: Vec::new(),
            choices,
            seen: String::new(),
            version,
        };
        question.seen = question.token();
        question
    }

    /// Stands for what is shown. Guards against answers to something else, not against anybody.
    fn token(&self) -> String {
        let shown = serde_json::json!([self.kind, self.version, self.mine, self.theirs]);
        short_hash(&shown.to_string())
    }
}

impl Side {
    fn mine(view: &PlaceView, at: Timestamp) -> Self {
        Self {
            who: Who::ThisDevice,
            at,
            name: view.name.clone(),
            note: view.note.clone(),
            category: view.category.clone(),
            tags: view.tags.clone(),
            position: view.position,
            in_trash: view.deleted_at.is_some(),
        }
    }

    fn of_place(place: &Place, who: Who) -> Self {
        Self {
            who,
            at: place.updated_at,
            name: place.name.clone(),
            note: place.note.clone(),
            category: place.category.clone(),
            tags: place.tags.clone(),
            position: Some(place.position()),
            in_trash: place.deleted_at.is_some(),
        }
    }

    fn differences(&self, other: &Self) -> Vec<QuestionField> {
        [
            (QuestionField::Name, self.name == other.name),
            (QuestionField::Note, self.note == other.note),
            (QuestionField::Category, self.category == other.category),
            (QuestionField::Position, self.position == other.position),
            (QuestionField::Tags, self.tags == other.tags),
            (QuestionField::Trash, self.in_trash == other.in_trash),
        ]
        .into_iter()
        .filter_map(|(field, same)| (!same).then_some(field))
        .collect()
    }
}
