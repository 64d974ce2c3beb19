//! What the XML formats share: a pull parser that never builds a tree, never expands entities that a file defines, and
//! bounds the size of one element and the nesting.

use std::borrow::Cow;
use std::io::{self, Read};

use quick_xml::Reader;
use quick_xml::errors::{Error as XmlError, IllFormedError};
use quick_xml::events::{BytesStart, Event};

use crate::contents::why_unread;
use crate::decode::Decoded;
use crate::draft::shown;

/// The most bytes between two tags, and the longest tag.
pub(crate) const ELEMENT_BYTES_MAX: usize = 16 * 1024 * 1024;
/// The deepest nesting.
pub(crate) const DEPTH_MAX: usize = 64;

/// The next thing in a file.
pub(crate) enum Piece<'b> {
    /// An element begins.
    Start(BytesStart<'b>),
    /// One ends.
    End,
    /// Text inside of one.
    Text(Cow<'b, str>),
    /// Something in the text that can't be taken, and why.
    Problem(String),
    /// Nothing of interest.
    Nothing,
    /// The file's end.
    Eof,
    /// The rest of the file can't be read, and why.
    Broken(String),
}

/// A parser of `source` as other makers write XML.
pub(crate) fn reader<R: Read>(source: Decoded<R>) -> Reader<Decoded<R>> {
    let mut xml = Reader::from_reader(source);
    let config = xml.config_mut();
    config.expand_empty_elements = true;
    // Many write "Bar & Grill" without escaping it, and mean just that.
    config.allow_dangling_amp = true;
    xml
}

/// Reads the next piece.
pub(crate) fn next<'b, R: Read>(xml: &mut Reader<Decoded<R>>, buffer: &'b mut Vec<u8>) -> Piece<'b> {
    buffer.clear();
    xml.get_ref().set_budget(ELEMENT_BYTES_MAX);
    match xml.read_event_into(buffer) {
        Ok(Event::Start(tag)) => Piece::Start(tag),
        Ok(Event::End(_)) => Piece::End,
        Ok(Event::Text(text)) => Piece::Text(Cow::Owned(text.xml10_content().into_owned())),
        Ok(Event::CData(text)) => Piece::Text(Cow::Owned(text.xml10_content().into_owned())),
        Ok(Event::GeneralRef(reference)) => match reference.resolve_char_ref() {
            Ok(Some(c)) => Piece::Text(Cow::Owned(c.to_string())),
            Ok(None) => match quick_xml::escape::resolve_predefined_entity(&reference) {
                Some(text) => Piece::Text(Cow::Borrowed(text)),
                None => {
                    Piece::Problem(format!("uses the entity &{};, and entities are never expanded", shown(&reference)))
                }
            },
            Err(_) => Piece::Problem(format!("holds the impossible character &{};", shown(&reference))),
        },
        Ok(Event::Eof) => Piece::Eof,
        Ok(Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) | Event::Empty(_)) => Piece::Nothing,
        Err(error) => Piece::Broken(words_of(&error)),
    }
}

/// The value of an attribute, whatever its prefix is not.
pub(crate) fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let attribute = tag.attributes().flatten().find(|a| a.key.as_ref() == name)?;
    // Coordinates need no unescaping, and in a link only the five predefined entities mean anything.
    match quick_xml::escape::unescape(&attribute.value) {
        Ok(value) => Some(value.into_owned()),
        Err(_) => Some(attribute.value.clone().into_owned()),
    }
}

fn words_of(error: &XmlError) -> String {
    match error {
        XmlError::Io(e) if e.kind() == io::ErrorKind::FileTooLarge => {
            format!("one element is larger than {} MiB", ELEMENT_BYTES_MAX / 1024 / 1024)
        }
        XmlError::Io(e) => why_unread(e),
        XmlError::Syntax(_) => "it ends in the middle of a tag".to_owned(),
        XmlError::IllFormed(IllFormedError::MismatchedEndTag { expected, found }) => {
            format!("it is not well-formed: </{}> was expected and </{}> was found", shown(expected), shown(found))
        }
        XmlError::IllFormed(IllFormedError::UnmatchedEndTag(found)) => {
            format!("it is not well-formed: </{}> closes nothing", shown(found))
        }
        _ => "it is not well-formed XML".to_owned(),
    }
}
