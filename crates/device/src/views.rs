//! What the screen shows.

use holdfast_contract::outcome::ConflictReason;
use holdfast_contract::sync::PlanLimits;
use holdfast_contract::{
    Category, ClientId, Field, Name, Note, OpId, Place, PlaceId, Position, PositionSource, Problem, Role, Source, Tags,
    Timestamp,
};
use serde::{Deserialize, Serialize};

/// A place on this device. Never used again for another one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(transparent)]
pub struct LocalId(pub i64);

impl std::fmt::Display for LocalId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A place as the person sees it: the confirmed copy with everything they wanted since on top.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlaceView {
    /// The place on this device.
    pub local_id: LocalId,
    /// The capture, for one's own places.
    pub client_id: Option<ClientId>,
    /// The place on the server, once that is known.
    pub id: Option<PlaceId>,
    /// The confirmed version, once there is one.
    pub version: Option<i64>,
    /// Its name.
    pub name: Option<Name>,
    /// Its note.
    pub note: Option<Note>,
    /// Its category.
    pub category: Option<Category>,
    /// Its tags.
    pub tags: Tags,
    /// Its position; `None` while it waits for one.
    pub position: Option<Position>,
    /// Where the position comes from.
    pub position_source: Option<PositionSource>,
    /// When it was captured.
    pub captured_at: Timestamp,
    /// What captured it, for one's own places.
    pub source: Option<Source>,
    /// What the reader may do.
    pub role: Role,
    /// When it was put into the trash, as the person sees it.
    pub deleted_at: Option<Timestamp>,
    /// What can honestly be said about it.
    pub state: PlaceState,
}

/// What can honestly be said about a place.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase", tag = "is", content = "reason")]
pub enum PlaceState {
    /// Everything is safe on this device; something of it has yet to reach the server.
    SavedOnDevice,
    /// It is being sent at this moment.
    Sending,
    /// The server has what the screen shows.
    Synced,
    /// Nothing goes on by itself; the person is asked.
    NeedsAttention(Attention),
    /// Captured; the position is still being found.
    WaitingForPosition,
    /// Captured; no position came. It is not sent before it has one.
    NeedsPosition,
}

/// Why a place needs attention.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum Attention {
    /// Somebody changed what the person changed too: [`crate::Resolution::KeepMine`], `KeepTheirs`, `PerField`.
    Conflict,
    /// The server will never take it as it is: edit, export or discard.
    Rejected,
    /// The plan is full; goes on by itself when there is room.
    PlanFull,
    /// Deleted for good elsewhere while something unsent was here: `KeepAsNew` or `LetGo`.
    DeletedForGood,
    /// No longer shared; what the person typed is kept: `KeepAsNew` or `LetGo`.
    NoLongerVisible,
    /// The server was restored to an older state of this place, and somebody changed that before this device could give back
    /// what was lost ([`crate::Device::kept`]): `KeepMine` or `LetGo`.
    OlderOnServer,
}

/// Kinds of [`PlaceState`] to filter by.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum StateFilter {
    /// [`PlaceState::SavedOnDevice`].
    SavedOnDevice,
    /// [`PlaceState::Sending`].
    Sending,
    /// [`PlaceState::Synced`].
    Synced,
    /// [`PlaceState::NeedsAttention`], for whatever reason.
    NeedsAttention,
    /// [`PlaceState::WaitingForPosition`] or [`PlaceState::NeedsPosition`].
    WithoutPosition,
}

/// Which places to list: newest capture first.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ListQuery {
    /// Words that all have to occur in name, note, category or tags; case and accents don't matter.
    pub text: Option<String>,
    /// Only of this category (exactly as written).
    pub category: Option<String>,
    /// Only with this tag (exactly as written).
    pub tag: Option<String>,
    /// Only in this state.
    pub state: Option<StateFilter>,
    /// Only the place of this capture.
    pub client_id: Option<ClientId>,
    /// The trash instead of what is not in it. With [`StateFilter::NeedsAttention`] or `client_id`: instead of both.
    pub trash: bool,
    /// At most so many (1 to 1000; 0: 50).
    pub limit: u32,
    /// Where the page before ended.
    pub after: Option<PageKey>,
}

/// Where a page ended. Stays valid while places come and go.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PageKey {
    /// Capture time of the last place.
    pub captured_at: Timestamp,
    /// The last place.
    pub local_id: LocalId,
}

/// One page of places.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Page {
    /// The places, newest capture first.
    pub places: Vec<PlaceView>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<PageKey>,
}

/// Why the whole account waits for the person.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum PauseReason {
    /// The device is not signed in any more (or as somebody else).
    SignIn,
    /// The account is deleted or suspended: export or move.
    AccountGone,
    /// The app is too old for the server.
    UpdateApp,
}

/// Where an operation stands.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase", tag = "is", rename_all_fields = "camelCase")]
pub enum EntryState {
    /// Will be sent with the next batches.
    Queued,
    /// Waits for the operation in front of it, of the same place.
    Behind,
    /// On its way.
    Sending {
        /// When the lease ends and it is sent again.
        until: Timestamp,
    },
    /// Failed in passing; will be sent again.
    BackingOff {
        /// When.
        next_at: Timestamp,
        /// Why, where the server said so.
        problem: Option<Problem>,
    },
    /// Goes on when the reason is gone.
    Paused {
        /// Why.
        reason: EntryPause,
    },
    /// Waits for the person's decision between two states.
    Conflict {
        /// Why.
        reason: ConflictReason,
        /// The fields that conflict, where fields do.
        fields: Vec<Field>,
    },
    /// Never acceptable as it is.
    Rejected {
        /// Why.
        problem: Problem,
    },
}

/// Why an operation is paused.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum EntryPause {
    /// Until the person signs in again.
    SignIn,
    /// Until the account is back.
    AccountGone,
    /// Until the app is updated.
    UpdateApp,
    /// Until the plan has room.
    Plan,
}

/// One operation that has not been acknowledged.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OutboxEntry {
    /// Its number: entries are sent in this order.
    pub number: i64,
    /// The operation.
    pub op_id: OpId,
    /// The place it changes.
    pub local_id: LocalId,
    /// The place's name, for the screen.
    pub place_name: Option<Name>,
    /// `create`, `update`, `refine`, `delete`, `restore`, `offer`.
    pub kind: String,
    /// Where it stands.
    pub state: EntryState,
    /// Since when it waits.
    pub queued_at: Timestamp,
    /// How often it was sent.
    pub attempts: u32,
    /// When it was last sent.
    pub last_sent_at: Option<Timestamp>,
}

/// Both sides of a conflict.
#[derive(Clone, PartialEq, Debug)]
pub struct ConflictView {
    /// The operation that conflicts.
    pub op_id: OpId,
    /// Why.
    pub reason: ConflictReason,
    /// The fields that conflict, where fields do.
    pub fields: Vec<Field>,
    /// As the person on this device wants it.
    pub mine: PlaceView,
    /// As the server has it.
    pub theirs: Place,
    /// When the person decided.
    pub mine_since: Timestamp,
}

/// What happened to a place on this device, oldest first.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct JournalEntry {
    /// When.
    pub at: Timestamp,
    /// What.
    pub event: JournalEvent,
    /// The operation it is about.
    pub op_id: Option<OpId>,
    /// That operation's kind.
    pub kind: Option<String>,
    /// How often the operation was sent until then.
    pub attempts: u32,
    /// What was kept of it: a losing or discarded operation as JSON, or a sentence.
    pub detail: Option<String>,
}

/// What happened.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum JournalEvent {
    /// The person asked for it and it is safe on this device.
    Queued,
    /// It was sent for the first time.
    Sent,
    /// It was sent again (`attempts` times in all).
    SentAgain,
    /// The server confirmed it.
    Confirmed,
    /// The server had it already and confirmed it.
    ConfirmedAgain,
    /// It conflicts.
    Conflicted,
    /// The server refused it.
    Rejected,
    /// The server put it off.
    Deferred,
    /// The place was deleted for good or is no longer visible.
    Gone,
    /// A conflict was resolved; `detail` holds what lost.
    Resolved,
    /// The person dropped it; `detail` holds it.
    Discarded,
    /// A newer decision of the person took its place; `detail` holds it.
    Superseded,
    /// Captured without a position.
    CapturedWithoutPosition,
    /// The position came.
    Placed,
    /// Taken over from the store without an account.
    Adopted,
    /// Came from a file.
    Imported,
    /// Rescued from a damaged database.
    Recovered,
}

/// How the device stands.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// Places that are not in the trash, by state.
    pub places: PlaceCounts,
    /// Places in the trash.
    pub trash: u64,
    /// Operations in the outbox, whatever their state.
    pub pending: u64,
    /// Of these: waiting for the person as conflicts.
    pub conflicts: u64,
    /// Of these: parked as rejected.
    pub rejected: u64,
    /// Of these: waiting for room in the plan.
    pub plan_full: u64,
    /// Since when the oldest of them waits.
    pub oldest_pending_at: Option<Timestamp>,
    /// When the last page was pulled.
    pub last_pull_at: Option<Timestamp>,
    /// When the last push was answered.
    pub last_push_at: Option<Timestamp>,
    /// Whether everything the server had at the last pull is here.
    pub caught_up: bool,
    /// Why the account waits for the person.
    pub paused: Option<PauseReason>,
    /// Why the last push failed, while pushing fails.
    pub push_problem: Option<Problem>,
    /// Why the last pull failed, while pulling fails.
    pub pull_problem: Option<Problem>,
    /// When the next push is tried, while pushing waits.
    pub push_waits_until: Option<Timestamp>,
    /// When the next pull is tried, while pulling waits after a failure.
    pub pull_waits_until: Option<Timestamp>,
    /// What the plan allows, as of the last pull.
    pub limits: Option<PlanLimits>,
    /// What was rescued, if the database was once damaged.
    pub recovery: Option<RecoveryReport>,
}

/// Places by state.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct PlaceCounts {
    /// [`PlaceState::SavedOnDevice`].
    pub saved_on_device: u64,
    /// [`PlaceState::Sending`].
    pub sending: u64,
    /// [`PlaceState::Synced`].
    pub synced: u64,
    /// [`PlaceState::NeedsAttention`].
    pub needs_attention: u64,
    /// [`PlaceState::WaitingForPosition`].
    pub waiting_for_position: u64,
    /// [`PlaceState::NeedsPosition`].
    pub needs_position: u64,
}

/// What was rescued from a damaged database.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct RecoveryReport {
    /// When.
    pub at: Timestamp,
    /// The file that was set aside; it is never deleted.
    pub set_aside: String,
    /// Places that were read.
    pub places: u64,
    /// Unsent operations that were read.
    pub operations: u64,
    /// What could not be read, table by table.
    pub unreadable: Vec<String>,
}
