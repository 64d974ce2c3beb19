//! Normalised, bounded text: names, notes, categories, tags.

use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer, Serialize};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use crate::limits;
use crate::problem::{FieldCode, FieldError};

/// Non-empty text of at most `MAX` Unicode scalar values, in normal form: NFC, LF line ends, trimmed, no control
/// characters other than newline and tab.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize)]
#[serde(transparent)]
pub struct Text<const MAX: usize>(String);

/// A place's name.
pub type Name = Text<{ limits::NAME_MAX }>;
/// A place's note.
pub type Note = Text<{ limits::NOTE_MAX }>;
/// A place's category.
pub type Category = Text<{ limits::CATEGORY_MAX }>;
/// One tag.
pub type Tag = Text<{ limits::TAG_MAX }>;

/// Why a text was refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TextError {
    /// It is longer than allowed.
    #[error("is {length} characters long; at most {max} are allowed")]
    TooLong {
        /// Unicode scalar values after normalisation.
        length: usize,
        /// The bound.
        max: usize,
    },
    /// It contains a control character.
    #[error("contains the control character U+{0:04X}; only line breaks and tabs are allowed")]
    ControlCharacter(u32),
}

impl TextError {
    /// As a field error of a problem document.
    pub fn at(self, field: &str) -> FieldError {
        let code = match self {
            Self::TooLong { .. } => FieldCode::TooLong,
            Self::ControlCharacter(_) => FieldCode::ControlCharacter,
        };
        FieldError::new(field, code, self.to_string())
    }
}

impl<const MAX: usize> Text<MAX> {
    /// Normalises `raw`. `Ok(None)` when nothing but white space is left.
    pub fn parse(raw: &str) -> Result<Option<Self>, TextError> {
        let unified;
        let lines = if raw.contains('\r') {
            unified = raw.replace("\r\n", "\n").replace('\r', "\n");
            unified.as_str()
        } else {
            raw
        };
        let trimmed = lines.trim();
        let text: String = match is_nfc_quick(trimmed.chars()) {
            IsNormalized::Yes => trimmed.to_owned(),
            // Composition can neither create nor remove white space at the ends.
            _ => trimmed.nfc().collect(),
        };
        if let Some(c) = text.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
            return Err(TextError::ControlCharacter(u32::from(c)));
        }
        let length = text.chars().count();
        if length > MAX {
            return Err(TextError::TooLong { length, max: MAX });
        }
        Ok((!text.is_empty()).then_some(Self(text)))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, owned.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl<const MAX: usize> std::fmt::Display for Text<MAX> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for Text<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&raw)
            .map_err(serde::de::Error::custom)?
            .ok_or_else(|| serde::de::Error::custom("must not be empty"))
    }
}

/// A set of at most [`limits::TAGS_MAX`] tags.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
#[serde(transparent)]
pub struct Tags(BTreeSet<Tag>);

impl Tags {
    /// A set of these tags, or how many there were when that is too many.
    pub fn new(tags: BTreeSet<Tag>) -> Result<Self, usize> {
        if tags.len() > limits::TAGS_MAX { Err(tags.len()) } else { Ok(Self(tags)) }
    }

    /// Normalises a list of raw tags; empty ones are dropped, doubles become one.
    pub fn parse<S: AsRef<str>>(raw: impl IntoIterator<Item = S>, field: &str) -> Result<Self, Vec<FieldError>> {
        let tags = parse_tag_set(raw, field)?;
        Self::new(tags).map_err(|count| vec![too_many_tags(field, count)])
    }

    /// The tags, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Tag> {
        self.0.iter()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// As a set.
    pub fn as_set(&self) -> &BTreeSet<Tag> {
        &self.0
    }

    /// As plain strings, in order.
    pub fn to_strings(&self) -> Vec<String> {
        self.0.iter().map(|t| t.as_str().to_owned()).collect()
    }
}

impl<'de> Deserialize<'de> for Tags {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let tags = BTreeSet::<Tag>::deserialize(deserializer)?;
        Self::new(tags).map_err(|n| serde::de::Error::custom(format!("{n} tags; at most {}", limits::TAGS_MAX)))
    }
}

/// Most tags of one list whose faults are named.
const TAG_ERRORS_MAX: usize = 50;

/// Normalises raw tags into a set without bounding how many there are.
pub(crate) fn parse_tag_set<S: AsRef<str>>(
    raw: impl IntoIterator<Item = S>,
    field: &str,
) -> Result<BTreeSet<Tag>, Vec<FieldError>> {
    let mut tags = BTreeSet::new();
    let mut errors = Vec::new();
    for (index, tag) in raw.into_iter().enumerate() {
        match Tag::parse(tag.as_ref()) {
            Ok(Some(tag)) => {
                tags.insert(tag);
            }
            Ok(None) => {}
            // More than a few tell a person nothing, and a list of a million is no reason for a reply ten times as long.
            Err(error) if errors.len() < TAG_ERRORS_MAX => errors.push(error.at(&format!("{field}[{index}]"))),
            Err(_) => break,
        }
    }
    if errors.is_empty() { Ok(tags) } else { Err(errors) }
}

pub(crate) fn too_many_tags(field: &str, count: usize) -> FieldError {
    FieldError::new(
        field,
        FieldCode::TooMany,
        format!("has {count} tags; a place can have at most {}", limits::TAGS_MAX),
    )
}

/// Describes a type to the OpenAPI document as a string (utoipa cannot see through const generics or own codecs).
#[cfg(feature = "openapi")]
macro_rules! string_schema {
    ($type:ty, $doc:literal, $format:expr, $max:expr) => {
        impl utoipa::PartialSchema for $type {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                let format: Option<&str> = $format;
                let max: Option<usize> = $max;
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .format(format.map(|f| utoipa::openapi::SchemaFormat::Custom(f.to_owned())))
                    .max_length(max)
                    .description(Some($doc))
                    .into()
            }
        }
        impl utoipa::ToSchema for $type {}
    };
}
#[cfg(feature = "openapi")]
pub(crate) use string_schema;

/// Describes an enum to the OpenAPI document by the words on the wire. (utoipa's derive does not see names that a macro
/// hands to `serde(rename)`, and would publish those of the variants.)
#[cfg(feature = "openapi")]
macro_rules! words_schema {
    ($type:ty, $doc:expr) => {
        impl utoipa::PartialSchema for $type {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .enum_values(Some(Self::ALL.iter().map(|value| value.as_str())))
                    .description(Some($doc.trim()))
                    .into()
            }
        }
        impl utoipa::ToSchema for $type {}
    };
}
#[cfg(feature = "openapi")]
pub(crate) use words_schema;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_trimmed_composed_and_its_line_ends_unified() {
        let note = Note::parse("  Cafe\u{301}\r\nline\rend \t").unwrap().unwrap();
        assert_eq!(note.as_str(), "Caf\u{e9}\nline\nend");
    }

    #[test]
    fn length_counts_scalars_after_normalisation() {
        let long = "e\u{301}".repeat(200);
        assert_eq!(Name::parse(&long).unwrap().unwrap().as_str().chars().count(), 200);
        let too_long = "x".repeat(201);
        assert_eq!(Name::parse(&too_long), Err(TextError::TooLong { length: 201, max: 200 }));
        assert!(Name::parse(&"🏕".repeat(200)).unwrap().is_some());
    }

    #[test]
    fn control_characters_are_refused_but_newline_and_tab_are_not() {
        assert_eq!(Name::parse("a\u{0}b"), Err(TextError::ControlCharacter(0)));
        assert_eq!(Name::parse("a\u{85}b"), Err(TextError::ControlCharacter(0x85)));
        assert!(Name::parse("a\n\tb").unwrap().is_some());
    }

    #[test]
    fn nothing_but_white_space_is_no_text() {
        assert_eq!(Name::parse(" \r\n\t "), Ok(None));
    }

    #[test]
    fn more_tags_than_allowed_are_refused_by_name() {
        let errors = Tags::parse((0..21).map(|i| i.to_string()), "tags").unwrap_err();
        assert_eq!((errors[0].field.as_str(), errors[0].code), ("tags", FieldCode::TooMany));
        assert_eq!(Tags::parse(["a", " a ", ""], "tags").unwrap().len(), 1);
    }
}
