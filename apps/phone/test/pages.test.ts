import { expect, it } from "@jest/globals";
import { upTo } from "../src/core/upTo";

/** A core with so many entries, which notes how they were asked for. */
function many(count: number) {
  const asked: [number, number | null][] = [];
  const ask = async (limit: number, after: number | null) => {
    asked.push([limit, after]);
    const from = after ?? 0;
    const items = Array.from({ length: Math.min(limit, count - from) }, (_, index) => from + index);
    const next = from + items.length < count ? from + items.length : null;
    return { items, next };
  };
  return { ask, asked };
}

it("everything that waits is within reach, in pieces, however much it is", async () => {
  const { ask, asked } = many(2_345);
  const first = await upTo(ask, () => 50);
  expect([first.items.length, first.next]).toEqual([50, 50]);
  const all = await upTo(ask, () => 3_000);
  expect([all.items.length, all.items.at(-1), all.next]).toEqual([2_345, 2_344, null]);
  expect(Math.max(...asked.map(([limit]) => limit))).toBe(500);
});

it("who asks for more while it is under way gets it at once, and who leaves ends it", async () => {
  const { ask, asked } = many(200);
  let wanted = 50;
  const grown = upTo(ask, () => wanted);
  wanted = 100;
  expect((await grown).items).toHaveLength(100);
  asked.length = 0;
  await upTo(ask, () => 0);
  expect(asked).toEqual([[1, null]]);
});
