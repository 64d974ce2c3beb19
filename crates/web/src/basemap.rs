//! Reads the basemap's archive: [`PMTiles` 3](https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md) with uncompressed
//! directories, as `islands/basemap/pmtiles.mjs` writes it. The tiles stay where they are, in the program itself.

use std::fmt;

/// Bytes of the fixed header.
const HEADER: usize = 127;
/// The archive's word for "not compressed".
const PLAIN: u8 = 1;
/// The archive's word for gzip.
const GZIP: u8 = 2;
/// The archive's word for Mapbox vector tiles.
const MVT: u8 = 1;
/// Far beyond what an archive of the whole world at these zooms holds; a guard against a damaged one.
const MOST_ENTRIES: u64 = 10_000_000;

/// The world in vector tiles.
#[derive(Debug)]
pub(crate) struct Basemap {
    /// All the tile data.
    data: &'static [u8],
    /// Ordered by their first tile.
    entries: Vec<Entry>,
    max_zoom: u8,
}

/// A run of tiles with the same content.
#[derive(Debug, Clone, Copy)]
struct Entry {
    /// Number of the first tile along the curve.
    first: u64,
    /// How many tiles; 0 in a directory that names another directory.
    run: u64,
    offset: u64,
    length: u64,
}

/// Why bytes are not such an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotABasemap(&'static str);

impl fmt::Display for NotABasemap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the basemap cannot be read: {}", self.0)
    }
}

impl std::error::Error for NotABasemap {}

impl Basemap {
    /// Reads the directories and checks that every tile they name lies within the bytes.
    ///
    /// # Errors
    /// Fails where the bytes are not a `PMTiles` 3 archive of gzip vector tiles with uncompressed directories.
    pub(crate) fn open(bytes: &'static [u8]) -> Result<Self, NotABasemap> {
        let header = bytes.get(..HEADER).ok_or(NotABasemap("it is too short"))?;
        if &header[..8] != b"PMTiles\x03" {
            return Err(NotABasemap("it is not PMTiles, version 3"));
        }
        if header[97] != PLAIN || header[98] != GZIP || header[99] != MVT {
            return Err(NotABasemap("its directories are compressed, or its tiles are not gzip vector tiles"));
        }
        let root = section(bytes, header, 8)?;
        let leaves = section(bytes, header, 40)?;
        let data = section(bytes, header, 56)?;

        let mut entries = Vec::new();
        for entry in directory(root)? {
            if entry.run > 0 {
                entries.push(entry);
            } else {
                let leaf = slice(leaves, entry.offset, entry.length).ok_or(NotABasemap("a directory lies outside"))?;
                entries.extend(directory(leaf)?);
            }
        }
        if entries.iter().any(|entry| entry.run == 0 || slice(data, entry.offset, entry.length).is_none()) {
            return Err(NotABasemap("a tile lies outside"));
        }
        if !entries.is_sorted_by(|a, b| a.first.checked_add(a.run).is_some_and(|end| end <= b.first)) {
            return Err(NotABasemap("its tiles are not in order"));
        }
        Ok(Self { data, entries, max_zoom: header[101] })
    }

    /// The gzip bytes of a tile; `None` where there is nothing but water, and for what is not a tile.
    pub(crate) fn tile(&self, z: u8, x: u32, y: u32) -> Option<&'static [u8]> {
        if z > self.max_zoom {
            return None;
        }
        let id = tile_id(z, x, y)?;
        let after = self.entries.partition_point(|entry| entry.first <= id);
        let entry = self.entries.get(after.checked_sub(1)?)?;
        if id - entry.first >= entry.run {
            return None;
        }
        slice(self.data, entry.offset, entry.length)
    }
}

fn slice(bytes: &'static [u8], offset: u64, length: u64) -> Option<&'static [u8]> {
    let start = usize::try_from(offset).ok()?;
    let end = start.checked_add(usize::try_from(length).ok()?)?;
    bytes.get(start..end)
}

/// The part of the file whose offset and length stand at this place of the header.
fn section(bytes: &'static [u8], header: &[u8], at: usize) -> Result<&'static [u8], NotABasemap> {
    let number = |at: usize| header[at..].first_chunk::<8>().map(|bytes| u64::from_le_bytes(*bytes));
    let (Some(offset), Some(length)) = (number(at), number(at + 8)) else {
        return Err(NotABasemap("it is too short"));
    };
    slice(bytes, offset, length).ok_or(NotABasemap("it is cut off"))
}

fn directory(bytes: &[u8]) -> Result<Vec<Entry>, NotABasemap> {
    read_directory(bytes).ok_or(NotABasemap("a directory is damaged"))
}

/// Columns one after the other: how far each first tile is from the one before, runs, lengths, offsets.
fn read_directory(mut bytes: &[u8]) -> Option<Vec<Entry>> {
    let bytes = &mut bytes;
    // Each entry takes four bytes or more.
    let count = varint(bytes).filter(|&count| count <= MOST_ENTRIES && count <= bytes.len() as u64 / 4)?;
    let mut entries = Vec::new();
    let mut first: u64 = 0;
    for _ in 0..count {
        first = first.checked_add(varint(bytes)?)?;
        entries.push(Entry { first, run: 0, offset: 0, length: 0 });
    }
    for entry in &mut entries {
        entry.run = varint(bytes)?;
    }
    for entry in &mut entries {
        entry.length = varint(bytes)?;
    }
    let mut end: Option<u64> = None;
    for entry in &mut entries {
        // 0: directly behind the one before.
        entry.offset = match varint(bytes)? {
            0 => end?,
            offset => offset - 1,
        };
        end = entry.offset.checked_add(entry.length);
    }
    bytes.is_empty().then_some(entries)
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value: u64 = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// A tile's number: along the Hilbert curve of its zoom, after all tiles of the zooms before.
fn tile_id(z: u8, x: u32, y: u32) -> Option<u64> {
    if z > 26 || x >> z != 0 || y >> z != 0 {
        return None;
    }
    let before = (0..z).map(|zoom| 1_u64 << (2 * u32::from(zoom))).sum::<u64>();
    let (mut x, mut y) = (u64::from(x), u64::from(y));
    let mut along = 0;
    for bit in (0..z).rev() {
        let side = 1_u64 << bit;
        let (right, down) = (u64::from(x & side != 0), u64::from(y & side != 0));
        along += side * side * ((3 * right) ^ down);
        // Within the quarter, as if the curve began at its corner.
        (x, y) = (x & (side - 1), y & (side - 1));
        if down == 0 {
            if right == 1 {
                (x, y) = (side - 1 - x, side - 1 - y);
            }
            (x, y) = (y, x);
        }
    }
    Some(before + along)
}

#[cfg(test)]
#[path = "basemap_tests.rs"]
mod tests;
