//! A place.

use serde::{Deserialize, Serialize};

use crate::ids::{ClientId, PlaceId};
use crate::position::{Accuracy, Altitude, Latitude, Longitude, Position};
use crate::text::{Category, Name, Note, Tags};
use crate::time::Timestamp;

macro_rules! words {
    ($(#[doc = $doc:literal])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
        #[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $word)] $variant,)* }

        impl $name {
            /// Every value, in the order of their rank or of history.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The value as it stands on the wire and in databases.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }

        impl std::str::FromStr for $name {
            type Err = UnknownWord;
            fn from_str(s: &str) -> Result<Self, UnknownWord> {
                match s { $($word => Ok(Self::$variant),)* _ => Err(UnknownWord(&[$($word),*])) }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        #[cfg(feature = "openapi")]
        crate::text::words_schema!($name, concat!($($doc,)*));
    };
}

pub(crate) use words;

/// A word that is none of the allowed ones.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("must be one of: {}", .0.join(", "))]
pub struct UnknownWord(pub &'static [&'static str]);

words! {
    /// What captured the place.
    Source {
        /// An iPhone.
        Iphone = "iphone",
        /// An Android phone.
        Android = "android",
        /// An Apple Watch.
        AppleWatch = "apple_watch",
        /// The web platform or the app in a browser.
        Web = "web",
        /// The command line.
        Cli = "cli",
        /// A file.
        Import = "import",
    }
}
words! {
    /// Where the position comes from.
    PositionSource {
        /// A location sensor; a better fix may refine it.
        Fix = "fix",
        /// A person; only a person changes it.
        Manual = "manual",
    }
}
words! {
    /// What the reader may do with the place.
    Role {
        /// Read.
        Viewer = "viewer",
        /// Read, update, refine, add media.
        Editor = "editor",
        /// Everything.
        Owner = "owner",
    }
}

/// What of a place can be changed.
#[derive(Clone, PartialEq, Debug)]
pub struct PlaceFields {
    /// Its name.
    pub name: Option<Name>,
    /// Its note.
    pub note: Option<Note>,
    /// Its category.
    pub category: Option<Category>,
    /// Its tags.
    pub tags: Tags,
    /// Where it is.
    pub position: Position,
    /// Where the position comes from.
    pub position_source: PositionSource,
}

/// A place as a device captures it.
#[derive(Clone, PartialEq, Debug)]
pub struct NewPlace {
    /// What can be changed later.
    pub fields: PlaceFields,
    /// When it was captured, by the device's clock. Nothing is ordered by it but lists for people.
    pub captured_at: Timestamp,
    /// What captured it.
    pub source: Source,
}

/// A place as one reader may see it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// The place row.
    pub id: PlaceId,
    /// The capture; only its owner sees it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<ClientId>,
    /// How often the place has changed, from 1.
    pub version: i64,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 200))]
    pub name: Option<Name>,
    /// Its note.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 10_000))]
    pub note: Option<Note>,
    /// Degrees north.
    pub latitude: Latitude,
    /// Degrees east.
    pub longitude: Longitude,
    /// Horizontal uncertainty in metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<Accuracy>,
    /// Metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub altitude: Option<Altitude>,
    /// Its category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 40))]
    pub category: Option<Category>,
    /// Its tags.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>, max_items = 20))]
    pub tags: Tags,
    /// When it was captured, by the device's clock.
    pub captured_at: Timestamp,
    /// What captured it; only its owner sees it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// Where the position comes from.
    pub position_source: PositionSource,
    /// What the reader may do.
    pub role: Role,
    /// When the server first knew it (for a shared place: or when the share began).
    pub created_at: Timestamp,
    /// When the server last changed it.
    pub updated_at: Timestamp,
    /// When it was put into the trash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<Timestamp>,
}

impl Place {
    /// The position as one field.
    pub fn position(&self) -> Position {
        Position {
            latitude: self.latitude,
            longitude: self.longitude,
            accuracy: self.accuracy,
            altitude: self.altitude,
        }
    }

    /// What of it can be changed.
    pub fn fields(&self) -> PlaceFields {
        PlaceFields {
            name: self.name.clone(),
            note: self.note.clone(),
            category: self.category.clone(),
            tags: self.tags.clone(),
            position: self.position(),
            position_source: self.position_source,
        }
    }

    /// Replaces what can be changed.
    pub fn set_fields(&mut self, fields: PlaceFields) {
        self.name = fields.name;
        self.note = fields.note;
        self.category = fields.category;
        self.tags = fields.tags;
        self.latitude = fields.position.latitude;
        self.longitude = fields.position.longitude;
        self.accuracy = fields.position.accuracy;
        self.altitude = fields.position.altitude;
        self.position_source = fields.position_source;
    }
}
