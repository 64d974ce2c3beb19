import assert from "node:assert/strict";
import { test } from "node:test";
import { boxText, circle, coordinate, destination, nudge, parseBox, type Position, searchHere, unrolled, viewBox, wrapLongitude, onMap } from "../src/geo";

/** The distance in metres along a great circle. */
function distance(a: Position, b: Position): number {
  const [phi, psi] = [(a.latitude * Math.PI) / 180, (b.latitude * Math.PI) / 180];
  const turn = ((b.longitude - a.longitude) * Math.PI) / 180;
  const half = Math.sin((psi - phi) / 2) ** 2 + Math.cos(phi) * Math.cos(psi) * Math.sin(turn / 2) ** 2;
  return 2 * 6_371_008.8 * Math.asin(Math.sqrt(half));
}

const about = (actual: number, expected: number, within: number) =>
  assert.ok(Math.abs(actual - expected) <= within, `${actual} is not ${expected} ± ${within}`);

test("a nudge is as many metres at any latitude", () => {
  for (const latitude of [0, 47.5, -33, 70, 89, -89.9]) {
    const from = { latitude, longitude: 8.7 };
    for (const metres of [1, 10, 100]) {
      about(distance(from, nudge(from, metres, 0)), metres, metres * 0.02);
      about(distance(from, nudge(from, 0, -metres)), metres, metres * 0.001);
    }
  }
});

test("a nudge north stops at the pole, and east of the pole is nowhere", () => {
  assert.equal(nudge({ latitude: 89.9999999, longitude: 10 }, 0, 100).latitude, 90);
  assert.equal(nudge({ latitude: -89.9999999, longitude: 10 }, 0, -100).latitude, -90);
  assert.deepEqual(nudge({ latitude: 90, longitude: 10 }, 100, 0), { latitude: 90, longitude: 10 });
});

test("a nudge across the antimeridian arrives on the other side", () => {
  const east = nudge({ latitude: 0, longitude: 179.9999999 }, 1, 0);
  assert.ok(east.longitude < -179.9999, String(east.longitude));
  const west = nudge({ latitude: -16.8, longitude: -179.9999999 }, -1, 0);
  assert.ok(west.longitude > 179.9999, String(west.longitude));
});

test("steps there and back return", () => {
  let at: Position = { latitude: 60.17, longitude: 24.94 };
  for (let i = 0; i < 50; i++) at = nudge(at, 1, 0);
  for (let i = 0; i < 50; i++) at = nudge(at, -1, 0);
  assert.equal(coordinate(at.longitude), "24.940000");
});

test("every corner of an accuracy circle is at its distance", () => {
  for (const centre of [{ latitude: 47, longitude: 8 }, { latitude: 84, longitude: -40 }, { latitude: 0, longitude: 179.9999 }]) {
    for (const [longitude, latitude] of circle(centre, 500)) about(distance(centre, { latitude, longitude }), 500, 0.5);
  }
});

test("a circle across the antimeridian is in one piece", () => {
  const ring = circle({ latitude: 10, longitude: 180 }, 1000);
  const longitudes = ring.map(([longitude]) => longitude);
  assert.ok(Math.max(...longitudes) - Math.min(...longitudes) < 0.1);
  assert.deepEqual(ring[0], ring.at(-1));
});

test("a great circle north over the pole comes down on the other side", () => {
  const over = destination({ latitude: 89.999, longitude: 20 }, 0, 1000);
  about(distance({ latitude: 89.999, longitude: 20 }, over), 1000, 0.5);
  about(wrapLongitude(over.longitude - 200), 0, 0.001);
});

test("longitudes wrap to -180 up to 180", () => {
  assert.deepEqual([0, 180, -180, 190, -190, 540, 359.5].map(wrapLongitude), [0, -180, -180, -170, 170, -180, -0.5]);
});

test("a box is read, and nonsense is none", () => {
  assert.deepEqual(parseBox("8.5,47.2,8.7,47.5"), [8.5, 47.2, 8.7, 47.5]);
  for (const text of ["", null, undefined, "1,2,3", "1,2,3,x", "1,50,2,40", "1,,2,3", "0,-91,1,0"]) assert.equal(parseBox(text), null);
});

test("a box across the antimeridian opens eastwards", () => {
  assert.deepEqual(unrolled([170, -20, -170, 0]), [170, -20, 190, 0]);
  assert.deepEqual(unrolled([-10, 0, 10, 5]), [-10, 0, 10, 5]);
});

test("a view becomes a box of this world", () => {
  assert.deepEqual(viewBox(-10, 40, 20, 60), [-10, 40, 20, 60]);
  assert.deepEqual(viewBox(-300, -95, 300, 95), [-180, -90, 180, 90]);
  assert.deepEqual(viewBox(170, 0, 190, 5), [170, 0, -170, 5]);
  assert.deepEqual(viewBox(170, 0, 180, 5), [170, 0, 180, 5]);
  assert.deepEqual(viewBox(365, 0, 370, 5), [5, 0, 10, 5]);
});

test("searching here keeps the other filters and starts at the first page", () => {
  const address = searchHere("https://h.example/places?q=old%20oak&after=abc&bbox=1,2,3,4&tag=a%2Cb#x", [8.123456, 47, 9, 48.5]);
  const url = new URL(address);
  assert.equal(url.searchParams.get("bbox"), "8.12346,47,9,48.5");
  assert.equal(url.searchParams.get("q"), "old oak");
  assert.equal(url.searchParams.get("tag"), "a,b");
  assert.equal(url.searchParams.has("after"), false);
  assert.ok(address.includes("bbox=8.12346,47,9,48.5"));
  assert.equal(boxText([-0.000001, 0, 1e-7, 2]), "0,0,0,2");
});

test("a pole stands at the edge of the map, and everything else where it is", () => {
  assert.deepEqual([90, 85, -90, 0].map(onMap), [85.0511, 85, -85.0511, 0]);
});
