import assert from "node:assert/strict";
import { test } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import { PMTiles, type RangeResponse, type Source, zxyToTileId } from "pmtiles";
import { onPlane, unwrap } from "../basemap/land.mjs";
import { tileId, writePmtiles } from "../basemap/pmtiles.mjs";

class Bytes implements Source {
  constructor(readonly bytes: Uint8Array) {}
  getKey(): string {
    return "bytes";
  }
  async getBytes(offset: number, length: number): Promise<RangeResponse> {
    return { data: new Uint8Array(this.bytes.subarray(offset, offset + length)).buffer };
  }
}

test("tiles are numbered as everybody numbers them", () => {
  for (const [z, x, y] of [[0, 0, 0], [1, 1, 0], [2, 3, 1], [5, 17, 9], [7, 0, 127], [12, 3423, 1763]] as const) {
    assert.equal(tileId(z, x, y), zxyToTileId(z, x, y));
  }
});

/** All tiles down to a zoom; every third is the same, some are missing. */
function sample(maxZoom: number) {
  const tiles = [];
  for (let z = 0; z <= maxZoom; z++) {
    for (let x = 0; x < 2 ** z; x++) {
      for (let y = 0; y < 2 ** z; y++) {
        if ((x + y) % 7 === 6) continue;
        const text = (x + 2 * y) % 3 === 0 ? "sea" : `${z}/${x}/${y}`;
        tiles.push({ z, x, y, text, data: gzipSync(text) });
      }
    }
  }
  return tiles;
}

for (const maxZoom of [3, 7]) {
  test(`an archive of zooms 0 to ${maxZoom} is read back by the format's own reader`, async () => {
    const tiles = sample(maxZoom);
    const bytes = writePmtiles(tiles, { minZoom: 0, maxZoom, metadata: { attribution: "Natural Earth" } });
    const archive = new PMTiles(new Bytes(bytes));
    const header = await archive.getHeader();
    assert.equal(header.maxZoom, maxZoom);
    assert.equal(header.numAddressedTiles, tiles.length);
    assert.equal(header.clustered, true);
    assert.deepEqual(await archive.getMetadata(), { attribution: "Natural Earth" });
    for (const { z, x, y, text } of tiles.filter((_, i) => maxZoom < 5 || i % 97 === 0)) {
      const tile = await archive.getZxy(z, x, y);
      assert.equal(Buffer.from(tile?.data ?? new ArrayBuffer(0)).toString(), text);
    }
    assert.equal(await archive.getZxy(3, 3, 3), undefined);
    const once = tiles.filter(({ text }) => text === "sea").length;
    assert.ok(bytes.length < tiles.length * 60 && once > 10);
  });
}

test("an archive's tiles are gzip and each is stored once", () => {
  const [a, b] = [gzipSync("a"), gzipSync("b")];
  const bytes = writePmtiles(
    [{ z: 1, x: 0, y: 0, data: a }, { z: 1, x: 0, y: 1, data: b }, { z: 1, x: 1, y: 1, data: a }],
    { minZoom: 1, maxZoom: 1, metadata: {} },
  );
  assert.equal(gunzipSync(bytes.subarray(bytes.length - a.length - b.length).subarray(0, a.length)).toString(), "a");
});

test("a line across the antimeridian goes on instead of around the world", () => {
  assert.deepEqual(unwrap([[179, 1], [-179, 2], [-178, 3], [179, 4]]), [[179, 1], [181, 2], [182, 3], [179, 4]]);
});

test("a sea inside of a continent that crosses the antimeridian is a hole in it", () => {
  const continent = [[-175, 70], [-170, 66], [179, 60], [20, 30], [20, 70], [-175, 70]];
  const sea = [[50, 40], [50, 45], [54, 45], [54, 40], [50, 40]];
  const { rings, polar } = onPlane([continent, sea]);
  assert.equal(polar, false);
  assert.deepEqual(rings[0]?.map(([longitude]) => longitude), [185, 190, 179, 20, 20, 185]);
  assert.deepEqual(rings[1], sea);
});

test("a ring around a pole is closed along the pole", () => {
  const ring = [[-180, -70], [-60, -75], [60, -72], [180, -70]];
  const { rings, polar } = onPlane([ring]);
  assert.equal(polar, true);
  assert.deepEqual(rings[0], [...ring, [180, -89.9], [-180, -89.9], [-180, -70]]);
});
