import assert from "node:assert/strict";
import { test } from "node:test";
import { short } from "../src/map/markers";
import { contrast, dark, light } from "../src/map/palette";
import { type Answer, Items } from "../src/map/points";
import { ATTRIBUTION, basemapStyle } from "../src/map/style";

test("labels can be read on land and on water, by day and by night", () => {
  for (const palette of [light, dark]) {
    for (const label of [palette.townLabel, palette.countryLabel]) {
      // Letters on a dark map are thin, and are read at night: they need more.
      const least = palette === dark ? 9 : 4.5;
      for (const ground of [palette.land, palette.water, palette.halo]) assert.ok(contrast(label, ground) >= least, `${label} on ${ground}`);
    }
  }
});

test("the person's own places stand out from land and water", () => {
  for (const { accent, land, water } of [light, dark]) {
    assert.ok(contrast(accent, land) >= 3);
    assert.ok(contrast(accent, water) >= 3);
  }
});

test("contrast is what WCAG says it is", () => {
  assert.equal(contrast("#000000", "#ffffff"), 21);
  assert.equal(contrast("#777777", "#777777"), 1);
  assert.ok(Math.abs(contrast("#767676", "#ffffff") - 4.54) < 0.01);
});

test("a style asks nobody but the page's own server", () => {
  for (const isDark of [false, true]) {
    const style = JSON.stringify(basemapStyle(isDark, "https://here.example"));
    for (const [address] of style.matchAll(/https?:[^"]+/g)) assert.ok(address.startsWith("https://here.example/map/tiles/"), address);
    assert.ok(!style.includes("glyphs") && !style.includes("sprite"));
    assert.ok(style.includes(ATTRIBUTION));
  }
});

const point = (id: string, latitude: number, longitude: number) => ({ id, latitude, longitude, name: id });
const answer = (part: Partial<Answer>): Answer => ({ total: 0, bounds: null, ...part });

test("places near each other are counted, and none is lost", () => {
  const points = Array.from({ length: 200 }, (_, i) => point(`p${i}`, 47 + (i % 14) / 10, 8 + i / 100));
  const items = new Items(answer({ points }));
  for (const zoom of [0, 5, 8, 12]) {
    const all = items.in([-180, -90, 180, 90], zoom);
    assert.equal(all.reduce((sum, item) => sum + (item.kind === "cluster" ? item.count : 1), 0), 200);
  }
  assert.ok(items.in([-180, -90, 180, 90], 0).length < 5);
});

test("places at the same position can be told apart when nothing is counted any more", () => {
  const items = new Items(answer({ points: [point("a", 47, 8), point("b", 47, 8), point("c", 47, 8)] }));
  const shown = items.in([7, 46, 9, 48], 18);
  assert.deepEqual(shown.map((item) => item.kind), ["place", "place", "place"]);
  assert.equal(new Set(shown.map((item) => JSON.stringify(item.kind === "place" && item.shift))).size, 3);
});

test("the server's clusters are shown as they are, and one of a single place as that place", () => {
  const clusters = [
    { latitude: 47, longitude: 8, count: 12, bounds: [7, 46, 9, 48] as [number, number, number, number] },
    { latitude: 10, longitude: 20, count: 1, bounds: [20, 10, 20, 10] as [number, number, number, number], id: "x", name: "Spring" },
  ];
  const shown = new Items(answer({ clusters })).in([-180, -90, 180, 90], 3);
  assert.deepEqual(shown.map((item) => (item.kind === "cluster" ? item.count : item.name)), [12, "Spring"]);
});

test("a place without a name is called so", () => {
  const [item] = new Items(answer({ points: [{ id: "a", latitude: 1, longitude: 1, name: " " }] })).in([-180, -90, 180, 90], 18);
  assert.equal(item?.kind === "place" && item.name, "Place without a name");
});

test("a view across the antimeridian has what lies on both sides", () => {
  const items = new Items(answer({ points: [point("fiji", -17, 179), point("samoa", -14, -172)] }));
  assert.equal(items.in([170, -30, 200, 0], 6).length, 2);
});

test("counts fit into a circle", () => {
  assert.deepEqual([2, 999, 1000, 1234, 9949, 9951, 12_345].map(short), ["2", "999", "1k", "1.2k", "9.9k", "10k", "12k"]);
});
