// Which tiles are missing, and when they are asked for again.

import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import type { Map as MapLibre } from "maplibre-gl";
import { fillHoles } from "../src/map/missing.web";

const BASE = "base";
const UNANSWERED = Object.assign(new Error("no answer"), { status: 0 });

const CANONICAL = { x: 67, y: 44, z: 7 };
const aTile = () => ({ uses: 1, state: "loading", tileID: { canonical: { ...CANONICAL } } });
type Tile = ReturnType<typeof aTile>;

/** What of MapLibre's map is used, and the window's word that there is a connection. */
function aMap() {
  const heard: Record<string, ((event: object) => void)[]> = {};
  // What is asked for again is on its way until it fails or arrives.
  const failed = new Set<Tile>();
  const refreshTiles = jest.fn((_: string, wanted: object[]) => failed.forEach((tile) => wanted.includes(tile.tileID.canonical) && (tile.state = "expired")));
  const map = { on: (name: string, hear: (event: object) => void) => (heard[name] ??= []).push(hear), getSource: () => ({}), refreshTiles };
  const fire = (name: string, event: object = {}) => heard[name]?.forEach((hear) => hear(event));
  const told: boolean[] = [];
  fillHoles(map as unknown as MapLibre, BASE, (isMissing) => told.push(isMissing));
  const fail = (tile: Tile, error: Error = UNANSWERED) => {
    failed.add(tile);
    fire("error", { error, tile: Object.assign(tile, { state: "errored" }), sourceId: BASE });
  };
  const arrive = (tile: Tile) => fire("sourcedata", { sourceId: BASE, tile: Object.assign(tile, { state: "loaded" }) });
  return { fire, fail, arrive, told, refreshTiles };
}

const listening = new Set<() => void>();
const goOnline = () => listening.forEach((hear) => hear());
const looking = new Set<() => void>();
const beSeen = () => looking.forEach((hear) => hear());
const page = { hidden: false, addEventListener: (_: string, hear: () => void) => void looking.add(hear), removeEventListener: (_: string, hear: () => void) => void looking.delete(hear) };
const [oldAdd, oldRemove] = [globalThis.addEventListener, globalThis.removeEventListener];
const said = jest.spyOn(console, "error");

beforeEach(() => {
  jest.useFakeTimers();
  said.mockReset().mockImplementation(() => undefined);
  listening.clear();
  looking.clear();
  page.hidden = false;
  Object.assign(globalThis, { document: page });
  globalThis.addEventListener = ((_: string, hear: () => void) => void listening.add(hear)) as typeof globalThis.addEventListener;
  globalThis.removeEventListener = ((_: string, hear: () => void) => void listening.delete(hear)) as typeof globalThis.removeEventListener;
});

afterEach(() => {
  jest.useRealTimers();
  Reflect.deleteProperty(globalThis, "document");
  Object.assign(globalThis, { addEventListener: oldAdd, removeEventListener: oldRemove });
});

describe("tiles that did not come", () => {
  it("are told of once, and no more once all of them are here", () => {
    const { fail, arrive, told } = aMap();
    const [one, other] = [aTile(), aTile()];
    fail(one);
    fail(other);
    arrive(one);
    // One that was here all along says nothing about the hole.
    arrive(aTile());
    expect(told).toEqual([true]);
    arrive(other);
    expect(told).toEqual([true, false]);
  });

  it("are asked for after 15 s, 30 s and so on up to 4 min while they are missing, without a word", () => {
    const { fail, arrive, told, refreshTiles } = aMap();
    const [tile, other] = [aTile(), aTile()];
    fail(tile);
    fail(other);
    jest.advanceTimersByTime(14_000);
    expect(refreshTiles).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1_000);
    expect(refreshTiles).toHaveBeenLastCalledWith(BASE, [CANONICAL, CANONICAL]);
    for (const [seconds, times] of [[15, 1], [15, 2], [60, 3], [120, 4], [240, 5], [240, 6]] as const) {
      fail(tile);
      fail(other);
      jest.advanceTimersByTime(seconds * 1_000);
      expect(refreshTiles).toHaveBeenCalledTimes(times);
    }
    fail(tile);
    arrive(other);
    jest.advanceTimersByTime(15_000);
    expect(refreshTiles).toHaveBeenCalledTimes(7);
    arrive(tile);
    jest.advanceTimersByTime(600_000);
    goOnline();
    expect(refreshTiles).toHaveBeenCalledTimes(7);
    expect(told).toEqual([true, false]);
  });

  it("are asked for when the browser says that it is connected, and shortly after", () => {
    const { fail, refreshTiles } = aMap();
    const tile = aTile();
    fail(tile);
    for (const [seconds, times] of [[0, 1], [2, 2], [14, 2], [1, 3], [29, 3], [1, 4]] as const) {
      if (seconds === 0) goOnline();
      jest.advanceTimersByTime(seconds * 1_000);
      expect(refreshTiles).toHaveBeenCalledTimes(times);
      fail(tile);
    }
  });

  it("are not asked for a second time while they are on their way", () => {
    const { fail, refreshTiles } = aMap();
    const [slow, lost] = [aTile(), aTile()];
    fail(slow);
    fail(lost);
    jest.advanceTimersByTime(15_000);
    fail(lost);
    jest.advanceTimersByTime(30_000);
    expect(refreshTiles.mock.calls.map(([, tiles]) => tiles.length)).toEqual([2, 1]);
  });

  it("are not asked for while nobody sees them, and at once when somebody does again", () => {
    const { fail, refreshTiles } = aMap();
    fail(aTile());
    page.hidden = true;
    jest.advanceTimersByTime(60_000);
    goOnline();
    fail(aTile());
    jest.advanceTimersByTime(600_000);
    expect(refreshTiles).not.toHaveBeenCalled();
    page.hidden = false;
    beSeen();
    beSeen();
    expect(refreshTiles).toHaveBeenCalledTimes(1);
  });

  it("leave no hole where they are out of sight, or another style has asked for its own", () => {
    const { fire, fail, told, refreshTiles } = aMap();
    const tile = aTile();
    fail(tile);
    fire("idle");
    expect(told).toEqual([true]);
    tile.uses = 0;
    fire("idle");
    expect(told).toEqual([true, false]);
    fail(aTile());
    fire("style.load");
    expect(told).toEqual([true, false, true, false]);
    jest.advanceTimersByTime(60_000);
    expect(refreshTiles).not.toHaveBeenCalled();
  });

  it("are not asked for once the map is removed", () => {
    const { fire, fail, refreshTiles } = aMap();
    fail(aTile());
    fire("remove");
    goOnline();
    jest.advanceTimersByTime(60_000);
    expect(refreshTiles).not.toHaveBeenCalled();
    expect([listening.size, looking.size]).toEqual([0, 0]);
  });
});

it.each([
  ["a server that can't at the moment", { status: 503 }, true],
  ["a server that has had too much", { status: 429 }, true],
  ["a refusal", { status: 403 }, false],
  ["a tile that can't be read", { message: "Unable to parse the tile at /map/tiles/7/67/44" }, false],
])("%s is a hole or said on the console, never both", (_, more, isHole) => {
  const { fail, told } = aMap();
  fail(aTile(), Object.assign(new Error("wrong"), more));
  expect(told).toEqual(isHole ? [true] : []);
  expect(said).toHaveBeenCalledTimes(isHole ? 0 : 1);
});

it("what breaks off in its middle is a hole, whatever MapLibre's worker has made of the error", () => {
  const { fail, told } = aMap();
  fail(aTile(), new Error("network error"));
  expect(told).toEqual([true]);
});
