// Which tiles are asked for again, and when.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import type { Map as MapLibre } from "maplibre-gl";
import { fillHoles } from "../src/map/missing";

const page = { hidden: false };
const listening: Record<string, (() => void)[]> = {};
const listen = (name: string, hear: () => void) => void (listening[name] ??= []).push(hear);
const happen = (name: string) => listening[name]?.forEach((hear) => hear());
Object.assign(globalThis, { document: Object.assign(page, { addEventListener: listen, removeEventListener: () => undefined }), addEventListener: listen, removeEventListener: () => undefined });

const said = mock.method(console, "error", () => undefined);
beforeEach(() => {
  for (const name of Object.keys(listening)) delete listening[name];
  page.hidden = false;
  said.mock.resetCalls();
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
});

const UNANSWERED = Object.assign(new Error("no answer"), { status: 0 });

interface Tile {
  state: string;
  uses: number;
  tileID: { canonical: object };
}

/** What of MapLibre's map is used: a tile that is asked for again is on its way until it fails or arrives. */
function aMap() {
  const heard: Record<string, ((event: object) => void)[]> = {};
  const asked: object[][] = [];
  const tiles: Tile[] = [];
  const map = {
    on: (name: string, hear: (event: object) => void) => (heard[name] ??= []).push(hear),
    getSource: () => ({}),
    refreshTiles: (_: string, wanted: object[]) => {
      asked.push(wanted);
      for (const tile of tiles) if (wanted.includes(tile.tileID.canonical)) tile.state = "expired";
    },
  };
  const fire = (name: string, event: object = {}) => heard[name]?.forEach((hear) => hear(event));
  fillHoles(map as unknown as MapLibre);
  const aTile = (): Tile => {
    const tile = { state: "loading", uses: 1, tileID: { canonical: {} } };
    tiles.push(tile);
    return tile;
  };
  const fail = (tile: Tile, error: Error = UNANSWERED) => fire("error", { error, tile: Object.assign(tile, { state: "errored" }), sourceId: "base" });
  const arrive = (tile: Tile) => fire("sourcedata", { tile: Object.assign(tile, { state: "loaded" }), sourceId: "base" });
  return { aTile, fail, arrive, asked };
}

test("what breaks off in its middle is asked for again, and what can't be read is said", () => {
  const { aTile, fail, asked } = aMap();
  fail(aTile(), new Error("Unable to parse the tile at /map/tiles/7/67/44"));
  mock.timers.tick(15_000);
  assert.deepEqual([asked.length, said.mock.callCount()], [0, 1]);
  fail(aTile(), new Error("network error"));
  mock.timers.tick(15_000);
  assert.deepEqual([asked.length, said.mock.callCount()], [1, 1]);
});

test("they are asked for less and less often, until one comes or the browser says that it is connected", () => {
  const { aTile, fail, arrive, asked } = aMap();
  const [one, other] = [aTile(), aTile()];
  for (const tile of [one, other]) fail(tile);
  for (const [seconds, times] of [[15, 1], [15, 1], [15, 2], [60, 3], [120, 4], [240, 5], [240, 6]] as const) {
    mock.timers.tick(seconds * 1_000);
    assert.equal(asked.length, times);
    for (const tile of [one, other]) fail(tile);
  }
  arrive(other);
  mock.timers.tick(15_000);
  assert.deepEqual(asked.at(-1), [one.tileID.canonical]);
  fail(one);
  mock.timers.tick(30_000);
  fail(one);
  assert.equal(asked.length, 8);
  happen("online");
  fail(one);
  mock.timers.tick(2_000);
  assert.equal(asked.length, 10);
  fail(one);
  mock.timers.tick(15_000);
  assert.equal(asked.length, 11);
});

test("what is on its way is not asked for a second time", () => {
  const { aTile, fail, asked } = aMap();
  const [slow, lost] = [aTile(), aTile()];
  for (const tile of [slow, lost]) fail(tile);
  mock.timers.tick(15_000);
  fail(lost);
  mock.timers.tick(30_000);
  assert.deepEqual(asked, [[slow, lost].map(({ tileID }) => tileID.canonical), [lost.tileID.canonical]]);
});

test("nothing is asked for a page that is hidden, and at once when it is seen again", () => {
  const { aTile, fail, asked } = aMap();
  fail(aTile());
  page.hidden = true;
  mock.timers.tick(60_000);
  happen("online");
  fail(aTile());
  mock.timers.tick(600_000);
  assert.equal(asked.length, 0);
  page.hidden = false;
  happen("visibilitychange");
  assert.equal(asked.length, 1);
  happen("visibilitychange");
  assert.equal(asked.length, 1);
});
