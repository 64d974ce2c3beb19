//! Tests of the basemap's reader, with archives put together here.

use super::*;

/// Header, root directory, leaves and data in one.
fn archive(root: &[u8], leaves: &[u8], data: &[u8]) -> Vec<u8> {
    let mut bytes = b"PMTiles\x03".to_vec();
    let mut at = HEADER as u64;
    for part in [root, &[], leaves, data] {
        bytes.extend(at.to_le_bytes());
        bytes.extend((part.len() as u64).to_le_bytes());
        at += part.len() as u64;
    }
    bytes.resize(HEADER, 0);
    // Clustered, directories plain, tiles gzip, MVT, zooms 0 to 2.
    bytes[96..102].copy_from_slice(&[1, PLAIN, GZIP, MVT, 0, 2]);
    for part in [root, leaves, data] {
        bytes.extend(part);
    }
    bytes
}

fn open(bytes: Vec<u8>) -> Result<Basemap, NotABasemap> {
    Basemap::open(bytes.leak())
}

/// Tile 0 is "world", tiles 1 and 2 are "sea", tile 4 is "land".
const ROOT: [u8; 13] = [3, 0, 1, 3, 1, 2, 1, 5, 3, 4, 1, 0, 0];

#[test]
fn tiles_are_found_by_where_they_are() {
    let map = open(archive(&ROOT, &[], b"worldsealand")).unwrap();
    assert_eq!(map.tile(0, 0, 0), Some(&b"world"[..]));
    assert_eq!(map.tile(1, 0, 0), Some(&b"sea"[..]));
    assert_eq!(map.tile(1, 0, 1), Some(&b"sea"[..]), "a run is one content for several tiles");
    assert_eq!(map.tile(1, 1, 1), None, "tile 3 is between two runs");
    assert_eq!(map.tile(1, 1, 0), Some(&b"land"[..]));
    assert_eq!(map.tile(2, 0, 0), None);
}

#[test]
fn what_is_no_tile_is_none() {
    let map = open(archive(&ROOT, &[], b"worldsealand")).unwrap();
    for (z, x, y) in [(0, 1, 0), (0, 0, 1), (1, 2, 0), (3, 0, 0), (27, 0, 0), (32, 0, 0), (255, u32::MAX, u32::MAX)] {
        assert_eq!(map.tile(z, x, y), None);
    }
}

#[test]
fn a_root_may_name_further_directories() {
    // The root names the leaf of 13 bytes, from tile 0 on.
    let map = open(archive(&[1, 0, 0, 13, 1], &ROOT, b"worldsealand")).unwrap();
    assert_eq!(map.tile(1, 1, 0), Some(&b"land"[..]));
}

#[test]
fn the_curve_is_the_formats_own() {
    // From the specification, and from its own reader for the rest.
    for (tile, id) in [
        ((0, 0, 0), 0),
        ((1, 0, 0), 1),
        ((1, 0, 1), 2),
        ((1, 1, 1), 3),
        ((1, 1, 0), 4),
        ((2, 0, 0), 5),
        ((2, 1, 3), 11),
        ((5, 17, 9), 1213),
        ((12, 3423, 1763), 19_078_479),
    ] {
        let (z, x, y) = tile;
        assert_eq!(tile_id(z, x, y), Some(id), "{tile:?}");
    }
    let mut all: Vec<_> = (0..64 * 64).filter_map(|i| tile_id(6, i % 64, i / 64)).collect();
    all.sort_unstable();
    assert_eq!(all, (1365..1365 + 4096).collect::<Vec<u64>>(), "every tile of a zoom has one number of it");
}

#[test]
fn damaged_archives_are_refused() {
    let good = archive(&ROOT, &[], b"worldsealand");
    assert!(open(good.clone()).is_ok());
    for length in 0..good.len() {
        assert!(open(good[..length].to_vec()).is_err(), "cut off at {length}");
    }
    let mut other = good.clone();
    other[7] = 2;
    assert_eq!(open(other).unwrap_err(), NotABasemap("it is not PMTiles, version 3"));
    let mut compressed = good;
    compressed[97] = GZIP;
    assert!(open(compressed).is_err());
    for root in [
        &[2, 0, 0, 1, 1, 1, 1, 1, 0][..],         // two entries for one tile
        &[1, 0, 1, 5, 0],                         // behind an entry that is not there
        &[1, 0, 0, 13, 1],                        // a directory that is not there
        &[1, 0, 1, 99, 1],                        // a tile longer than the data
        &[1, 0, 1, 5, 1, 7],                      // something left over
        &[255, 255, 255, 255, 255, 255, 255, 15], // more entries than bytes
    ] {
        assert!(open(archive(root, &[], b"worldsealand")).is_err(), "{root:?}");
    }
}
