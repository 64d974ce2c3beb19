//! What a screen hands in with a call. What it leaves out is absent or null.

use std::collections::BTreeMap;

use holdfast_contract::{ClientId, Field, OpId, PositionSource, Timestamp};
use serde::{Deserialize, Deserializer, Serialize};

use crate::key::PlaceKey;

macro_rules! args {
    ($($(#[$doc:meta])* $name:ident { $($(#[$fdoc:meta])* $field:ident: $type:ty,)* })*) => {
        $($(#[$doc])*
        #[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
        #[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields = nullable))]
        #[serde(rename_all = "camelCase")]
        pub struct $name { $($(#[$fdoc])* pub $field: $type,)* })*
    };
}

args! {
    /// A position as a sensor or a person gave it.
    NewPosition {
        /// Degrees north, −90 to 90 (WGS 84).
        latitude: f64,
        /// Degrees east, −180 to 180.
        longitude: f64,
        /// Horizontal uncertainty in metres.
        accuracy: Option<f64>,
        /// Metres.
        altitude: Option<f64>,
    }

    /// A new place.
    Capture {
        /// A UUID that the screen has made for this one capture. The same again is the same capture, so that a call whose
        /// answer got lost can be repeated.
        client_id: ClientId,
        /// Where it is. Without one the place waits for its position on this device, and is not sent before it has one.
        position: Option<NewPosition>,
        /// Where the position comes from: `fix` unless said.
        position_source: Option<PositionSource>,
        /// Without a position: until when a fix is expected; ten seconds from now unless said. From then on the place says
        /// that it needs a position.
        wait_until: Option<Timestamp>,
        /// Its name.
        name: Option<String>,
        /// Its note.
        note: Option<String>,
        /// Its category.
        category: Option<String>,
        /// Its tags.
        tags: Option<Vec<String>>,
        /// When it was captured; now unless said.
        captured_at: Option<Timestamp>,
    }

    /// A better position for a capture.
    Fix {
        /// The capture.
        client_id: ClientId,
        /// The position.
        position: NewPosition,
        /// Where it comes from: `fix` unless said. One set by hand (`manual`) is taken as the person's word.
        position_source: Option<PositionSource>,
    }

    /// Takes a capture back.
    UndoCapture {
        /// The capture.
        client_id: ClientId,
        /// The place as it was captured. Where something has been typed there since, and not been sent, it is not taken back
        /// (`changed_since`): that would be lost with it.
        seen: Option<Seen>,
    }

    /// Which places to show.
    List {
        /// Words that all have to occur in name, note, category or tags; case and accents don't matter.
        text: Option<String>,
        /// Only of this category (exactly as written).
        category: Option<String>,
        /// Only with this tag (exactly as written).
        tag: Option<String>,
        /// Only in this state.
        state: Option<StateFilter>,
        /// Only the place of this capture.
        client_id: Option<ClientId>,
        /// The trash instead of what is not in it. With `needsAttention` or a `clientId`: instead of both.
        trash: Option<bool>,
        /// At most so many: 1 to 1000, 50 unless said.
        limit: Option<u32>,
        /// `next` of the page before.
        after: Option<String>,
    }

    /// One place.
    OnePlace {
        /// The place.
        key: PlaceKey,
    }

    /// What stood on the screen when the person decided. A place as it was answered before will do.
    Seen {
        /// Its name.
        name: Option<String>,
        /// Its note.
        note: Option<String>,
        /// Its category.
        category: Option<String>,
        /// Its position.
        position: Option<NewPosition>,
        /// Its tags.
        tags: Vec<String>,
        /// When it was put into the trash.
        deleted_at: Option<Timestamp>,
        /// Its confirmed version.
        version: Option<i64>,
    }

    /// A person's change.
    Edit {
        /// The place.
        key: PlaceKey,
        /// What is to be different.
        changes: Changes,
        /// What the person saw when they decided; without it, what the store has now. Send it: it is what keeps an edit from
        /// overwriting what nobody has looked at.
        seen: Option<Seen>,
    }

    /// Into the trash, or out of it.
    Move {
        /// The place.
        key: PlaceKey,
        /// What the person saw when they decided.
        seen: Option<Seen>,
    }

    /// Which part of the outbox to show.
    OutboxPage {
        /// Behind the entry with this number.
        after: Option<i64>,
        /// At most so many: 1 to 1000, 100 unless said.
        limit: Option<u32>,
    }

    /// One operation of the outbox.
    OneEntry {
        /// The operation.
        op_id: OpId,
    }

    /// Drops one operation of the outbox.
    Discard {
        /// The operation.
        op_id: OpId,
        /// Its place as it was when the person was asked. Where something has been typed there since, and not been sent, nothing is
        /// dropped (`changed_since`): that may have become part of the operation.
        seen: Option<Seen>,
    }

    /// All of the outbox, or one operation.
    Entries {
        /// The operation; all unless said.
        op_id: Option<OpId>,
    }

    /// A person's answer to a question.
    Resolve {
        /// The place.
        key: PlaceKey,
        /// The answer.
        answer: Resolution,
        /// `seen` of the question they looked at.
        seen: String,
    }

    /// Which places to write to a file.
    Export {
        /// The file's format.
        format: ExportFormat,
        /// Only these; everything that is not in the trash unless said. `limit` and `after` don't count.
        filter: Option<List>,
    }

    /// A pairing with a code from a device that is signed in.
    Pair {
        /// The server's address, as people write it, or the whole pairing link.
        server: String,
        /// The code; case, blanks and dashes don't matter. Not needed beside a link.
        code: Option<String>,
        /// What the person calls this device.
        device_name: String,
    }

    /// A sign-in with e-mail and password.
    SignIn {
        /// The server's address, as people write it.
        server: String,
        /// The account's e-mail address.
        email: String,
        /// Its password.
        password: String,
        /// What the person calls this device.
        device_name: String,
    }

    /// A sign-out.
    SignOut {
        /// Also if something is unsent: it is kept on this device for that account. Otherwise that is a failure,
        /// `unsent_work`.
        even_if_unsent: Option<bool>,
    }
}

/// A person's change, field by field: absent stays as it is, null clears.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase", default)]
pub struct Changes {
    /// The name.
    #[serde(deserialize_with = "some", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional, as = "Option<Option<String>>"))]
    pub name: Option<Option<String>>,
    /// The note.
    #[serde(deserialize_with = "some", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional, as = "Option<Option<String>>"))]
    pub note: Option<Option<String>>,
    /// The category.
    #[serde(deserialize_with = "some", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional, as = "Option<Option<String>>"))]
    pub category: Option<Option<String>>,
    /// The marker moved by hand.
    #[cfg_attr(test, ts(optional = nullable))]
    pub position: Option<NewPosition>,
    /// All tags it is to have, compared with those in `seen`.
    #[cfg_attr(test, ts(optional = nullable))]
    pub tags: Option<Vec<String>>,
}

/// Tells a null from nothing at all.
fn some<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// A state to list by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum StateFilter {
    /// Safe here, not on the server yet.
    SavedOnDevice,
    /// Being sent.
    Sending,
    /// On the server as the screen shows it.
    Synced,
    /// The person is asked, for whatever reason; found in the trash too.
    NeedsAttention,
    /// Waits for a position, or needs one.
    WithoutPosition,
}

/// A format to export to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum ExportFormat {
    /// GPX 1.1.
    Gpx,
    /// GeoJSON.
    #[serde(rename = "geojson")]
    GeoJson,
    /// A table.
    Csv,
    /// KML 2.2.
    Kml,
}

/// Which side wins.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum Winner {
    /// What the person on this device wanted.
    Mine,
    /// What the server has.
    Theirs,
}

/// A person's answer to a place that needs attention. What loses is kept in the place's history on this device.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase", tag = "is", rename_all_fields = "camelCase")]
pub enum Resolution {
    /// Everything as wanted here.
    KeepMine,
    /// Everything as the server has it.
    KeepTheirs,
    /// Each field by itself; every conflicting one must be named.
    PerField {
        /// The sides.
        fields: BTreeMap<Field, Winner>,
    },
    /// What this device has becomes a new place.
    KeepAsNew,
    /// The server's word is taken, and what this device had goes.
    LetGo,
}
