//! Bytes of unknown encoding to UTF-8 lines, bounded and counted.

use std::cell::Cell;
use std::io::{self, BufRead, Read};
use std::rc::Rc;

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// Stands for bytes that are no text in the file's encoding. A noncharacter that XML forbids, so no honest file has it.
pub(crate) const MALFORMED: char = '\u{FFFF}';

/// How much of the file is looked at to find its encoding.
const PROLOGUE: usize = 1024;
const CHUNK: usize = 16 * 1024;

/// Why a file can't be decoded at all.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum EncodingError {
    /// It declares, or the person named, an encoding nobody knows.
    #[error("the encoding \"{0}\" is not known")]
    Unknown(String),
    /// It is packed.
    #[error("the file is compressed ({0}); unpack it first")]
    Compressed(&'static str),
}

/// Where a reader is, and how much it may still read; shared with whoever can't reach it behind a parser.
pub(crate) struct Meter {
    line: Cell<u64>,
    budget: Cell<usize>,
}

impl Meter {
    /// The line the next byte stands on, from 1.
    pub(crate) fn line(&self) -> u64 {
        self.line.get()
    }

    /// Lets at most `bytes` be read until the next call; more is an error of kind `FileTooLarge`.
    pub(crate) fn set_budget(&self, bytes: usize) {
        self.budget.set(bytes);
    }
}

/// Reads any encoding as UTF-8. Counts lines, and refuses to hand out more than a set budget at a time.
pub(crate) struct Decoded<R> {
    inner: R,
    decoder: Decoder,
    raw: Vec<u8>,
    raw_at: usize,
    inner_done: bool,
    finished: bool,
    text: String,
    text_at: usize,
    meter: Rc<Meter>,
}

impl<R: Read> Decoded<R> {
    /// Finds the encoding: what the person said, else a byte order mark, else the XML declaration, else UTF-8.
    pub(crate) fn new(mut inner: R, named: Option<&str>) -> io::Result<Result<Self, EncodingError>> {
        let mut raw = vec![0; PROLOGUE];
        let mut filled = 0;
        while filled < PROLOGUE {
            match inner.read(&mut raw[filled..]) {
                Ok(0) => break,
                Ok(n) => filled += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        raw.truncate(filled);
        Ok(find_encoding(&raw, named).map(|(encoding, mark)| Self {
            inner,
            decoder: encoding.new_decoder_without_bom_handling(),
            inner_done: filled < PROLOGUE,
            raw,
            raw_at: mark,
            finished: false,
            text: String::new(),
            text_at: 0,
            meter: Rc::new(Meter { line: Cell::new(1), budget: Cell::new(usize::MAX) }),
        }))
    }

    /// The line the next byte stands on, from 1.
    pub(crate) fn line(&self) -> u64 {
        self.meter.line()
    }

    /// Where it is, for whoever hands it on.
    pub(crate) fn meter(&self) -> Rc<Meter> {
        Rc::clone(&self.meter)
    }

    /// Lets at most `bytes` be read until the next call; more is an error of kind `FileTooLarge`.
    pub(crate) fn set_budget(&self, bytes: usize) {
        self.meter.set_budget(bytes);
    }

    fn decode_more(&mut self) -> io::Result<()> {
        self.text.clear();
        self.text_at = 0;
        while self.text.is_empty() && !self.finished {
            if self.raw_at == self.raw.len() && !self.inner_done {
                self.raw.resize(CHUNK, 0);
                let read = self.inner.read(&mut self.raw)?;
                self.raw.truncate(read);
                self.raw_at = 0;
                self.inner_done = read == 0;
            }
            let source = &self.raw[self.raw_at..];
            // Never less than a whole character's room, so that every step makes progress.
            self.text.reserve(source.len().max(64) * 3);
            let last = self.inner_done;
            let (result, read) = self.decoder.decode_to_string_without_replacement(source, &mut self.text, last);
            self.raw_at += read;
            match result {
                DecoderResult::InputEmpty => self.finished = last,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) => self.text.push(MALFORMED),
            }
        }
        Ok(())
    }
}

fn find_encoding(start: &[u8], named: Option<&str>) -> Result<(&'static Encoding, usize), EncodingError> {
    if start.starts_with(&[0x1f, 0x8b]) {
        return Err(EncodingError::Compressed("gzip"));
    }
    if start.starts_with(b"PK\x03\x04") {
        return Err(EncodingError::Compressed("zip"));
    }
    let marked = Encoding::for_bom(start);
    if let Some(label) = named {
        let encoding = lookup(label)?;
        let mark = marked.filter(|(e, _)| *e == encoding).map_or(0, |(_, length)| length);
        return Ok((encoding, mark));
    }
    if let Some(marked) = marked {
        return Ok(marked);
    }
    match start {
        [0, b'<', 0, ..] => return Ok((UTF_16BE, 0)),
        [b'<', 0, _, 0, ..] => return Ok((UTF_16LE, 0)),
        _ => {}
    }
    match declared(start) {
        // Who can read the declaration byte by byte does not have UTF-16, whatever it says.
        Some(label) if label.to_ascii_lowercase().starts_with("utf-16") => Ok((UTF_8, 0)),
        Some(label) => Ok((lookup(&label)?, 0)),
        None => Ok((UTF_8, 0)),
    }
}

fn lookup(label: &str) -> Result<&'static Encoding, EncodingError> {
    Encoding::for_label_no_replacement(label.as_bytes()).ok_or_else(|| {
        let shown: String = label.chars().filter(|c| !c.is_control()).take(40).collect();
        EncodingError::Unknown(shown)
    })
}

/// The encoding that an XML declaration names.
fn declared(start: &[u8]) -> Option<String> {
    let text = start.trim_ascii_start().strip_prefix(b"<?xml")?;
    let end = text.windows(2).position(|w| w == b"?>")?;
    let declaration = std::str::from_utf8(&text[..end]).ok()?;
    let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value[1..].split_once(quote).map(|(label, _)| label.to_owned())
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let count = available.len().min(into.len());
        into[..count].copy_from_slice(&available[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl<R: Read> BufRead for Decoded<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.text_at == self.text.len() {
            self.decode_more()?;
        }
        let left = &self.text.as_bytes()[self.text_at..];
        let budget = self.meter.budget.get();
        if budget == 0 && !left.is_empty() {
            return Err(io::Error::from(io::ErrorKind::FileTooLarge));
        }
        Ok(&left[..left.len().min(budget)])
    }

    fn consume(&mut self, count: usize) {
        let used = &self.text.as_bytes()[self.text_at..self.text_at + count];
        let lines = used.iter().map(|b| u64::from(*b == b'\n')).sum::<u64>();
        self.meter.line.set(self.meter.line.get() + lines);
        self.text_at += count;
        self.meter.budget.set(self.meter.budget.get().saturating_sub(count));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(bytes: &[u8], named: Option<&str>) -> String {
        let mut text = String::new();
        Decoded::new(bytes, named).unwrap().unwrap().read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn a_byte_order_mark_a_declaration_or_the_person_names_the_encoding() {
        let utf16: Vec<u8> =
            std::iter::once(0xFEFF_u16).chain("<é>".encode_utf16()).flat_map(u16::to_le_bytes).collect();
        assert_eq!(all(&utf16, None), "<é>");
        let bare: Vec<u8> = "<?é>".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(all(&bare, None), "<?é>");
        assert_eq!(all(b"\xEF\xBB\xBF<a>", None), "<a>");
        assert_eq!(all(b"<?xml version='1.0' encoding='ISO-8859-1'?>\xe9", None).chars().last(), Some('é'));
        assert_eq!(all(b"\xe9", Some("windows-1252")), "é");
        assert_eq!(all(b"<?xml encoding=\"UTF-16\"?>a", None), "<?xml encoding=\"UTF-16\"?>a");
    }

    #[test]
    fn what_is_no_text_is_marked_and_the_rest_is_kept() {
        assert_eq!(all(b"a\xe9b\xff", None), format!("a{MALFORMED}b{MALFORMED}"));
    }

    #[test]
    fn an_unknown_encoding_and_a_packed_file_are_said() {
        let error = |bytes: &[u8], named| Decoded::new(bytes, named).unwrap().err().unwrap();
        assert_eq!(error(b"<?xml encoding='klingon'?>", None), EncodingError::Unknown("klingon".to_owned()));
        assert_eq!(error(b"x", Some("nope")), EncodingError::Unknown("nope".to_owned()));
        assert_eq!(error(b"\x1f\x8b\x08", None), EncodingError::Compressed("gzip"));
    }

    #[test]
    fn lines_are_counted_across_chunks_and_the_budget_holds() {
        let long = "x\n".repeat(20_000);
        let mut decoded = Decoded::new(long.as_bytes(), None).unwrap().unwrap();
        let mut all = String::new();
        decoded.read_to_string(&mut all).unwrap();
        assert_eq!((all.len(), decoded.line()), (40_000, 20_001));
        let mut decoded = Decoded::new(long.as_bytes(), None).unwrap().unwrap();
        decoded.set_budget(100);
        assert_eq!(decoded.read_to_string(&mut all).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
    }
}
