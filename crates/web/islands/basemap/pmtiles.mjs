// Writes a PMTiles v3 archive (https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md): clustered, every distinct
// tile once. The directories are not compressed, so that a reader needs no decompressor; the tiles are gzip.

import { createHash } from "node:crypto";

const HEADER = 127;
/** A reader gets header and root directory with its first 16 KiB. */
const ROOT_LIMIT = 16_384 - HEADER;
const LEAF_ENTRIES = 4096;

/**
 * The number of a tile along the Hilbert curve of its zoom, after all tiles of the zooms before.
 *
 * @param {number} z @param {number} x @param {number} y
 */
export function tileId(z, x, y) {
  let before = 0;
  for (let zoom = 0; zoom < z; zoom++) before += 4 ** zoom;
  let d = 0;
  for (let s = 2 ** z / 2; s >= 1; s /= 2) {
    const rx = (x & s) > 0 ? 1 : 0;
    const ry = (y & s) > 0 ? 1 : 0;
    d += s * s * ((3 * rx) ^ ry);
    if (ry === 0) {
      if (rx === 1) {
        x = s - 1 - x;
        y = s - 1 - y;
      }
      [x, y] = [y, x];
    }
  }
  return before + d;
}

/** @param {number[]} out @param {number} value */
function varint(out, value) {
  while (value >= 0x80) {
    out.push((value % 0x80) | 0x80);
    value = Math.floor(value / 0x80);
  }
  out.push(value);
}

/** @typedef {{ id: number, run: number, offset: number, length: number }} Entry */

/** @param {Entry[]} entries */
function directory(entries) {
  /** @type {number[]} */
  const out = [];
  varint(out, entries.length);
  entries.forEach((entry, i) => varint(out, entry.id - (entries[i - 1]?.id ?? 0)));
  entries.forEach((entry) => varint(out, entry.run));
  entries.forEach((entry) => varint(out, entry.length));
  entries.forEach((entry, i) => {
    const before = entries[i - 1];
    varint(out, before && entry.offset === before.offset + before.length ? 0 : entry.offset + 1);
  });
  return Buffer.from(out);
}

/** The root directory and, where not everything fits into it, the leaves it names. @param {Entry[]} entries */
function directories(entries) {
  const root = directory(entries);
  if (root.length <= ROOT_LIMIT) return { root, leaves: Buffer.alloc(0) };
  const leaves = [];
  const pointers = [];
  let offset = 0;
  for (let i = 0; i < entries.length; i += LEAF_ENTRIES) {
    const leaf = directory(entries.slice(i, i + LEAF_ENTRIES));
    pointers.push({ id: entries[i].id, run: 0, offset, length: leaf.length });
    leaves.push(leaf);
    offset += leaf.length;
  }
  return { root: directory(pointers), leaves: Buffer.concat(leaves) };
}

/**
 * The bytes of the archive.
 *
 * @param {{ z: number, x: number, y: number, data: Buffer }[]} tiles gzip MVT, in any order
 * @param {{ minZoom: number, maxZoom: number, metadata: object }} about
 */
export function writePmtiles(tiles, about) {
  const ordered = tiles.map((tile) => ({ id: tileId(tile.z, tile.x, tile.y), data: tile.data })).sort((a, b) => a.id - b.id);
  /** @type {Map<string, { offset: number, length: number }>} */
  const known = new Map();
  /** @type {Entry[]} */
  const entries = [];
  const blobs = [];
  let size = 0;
  for (const { id, data } of ordered) {
    const hash = createHash("sha256").update(data).digest("base64");
    let where = known.get(hash);
    if (!where) {
      where = { offset: size, length: data.length };
      known.set(hash, where);
      blobs.push(data);
      size += data.length;
    }
    const last = entries.at(-1);
    if (last && last.offset === where.offset && last.id + last.run === id) last.run += 1;
    else entries.push({ id, run: 1, ...where });
  }

  const { root, leaves } = directories(entries);
  const metadata = Buffer.from(JSON.stringify(about.metadata));
  const header = Buffer.alloc(HEADER);
  header.write("PMTiles");
  header[7] = 3;
  let at = HEADER;
  let field = 8;
  for (const length of [root.length, metadata.length, leaves.length, size]) {
    header.writeBigUInt64LE(BigInt(at), field);
    header.writeBigUInt64LE(BigInt(length), field + 8);
    at += length;
    field += 16;
  }
  for (const count of [ordered.length, entries.length, known.size]) {
    header.writeBigUInt64LE(BigInt(count), field);
    field += 8;
  }
  // Clustered; directories not compressed (1); tiles gzip (2); MVT (1).
  header.set([1, 1, 2, 1, about.minZoom, about.maxZoom], field);
  field += 6;
  for (const degrees of [-180, -85.0511287, 180, 85.0511287]) {
    header.writeInt32LE(Math.round(degrees * 1e7), field);
    field += 4;
  }
  return Buffer.concat([header, root, metadata, leaves, ...blobs]);
}
