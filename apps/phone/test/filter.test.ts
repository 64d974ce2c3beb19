import { describe, expect, test } from "@jest/globals";
import type { PlaceState } from "../core/src/core";
import { eachOnce } from "../src/places/filter";

const place = (key: string, is: "waitingForPosition" | "needsPosition" | "synced" | "savedOnDevice") => ({ key, state: { is } as PlaceState });
const keys = (places: readonly { key: string }[] | undefined) => places?.map(({ key }) => key);

describe("the two parts of the list", () => {
  test("who lacks a position stands above, and not twice", () => {
    const [waiting, old] = [place("1", "waitingForPosition"), place("2", "synced")];
    const { above, below } = eachOnce([waiting], [waiting, old]);
    expect([keys(above), keys(below)]).toEqual([["1"], ["2"]]);
  });

  test("a position that came between the two answers leaves the place in one of them, whichever was asked first", () => {
    const [waiting, placed] = [place("1", "waitingForPosition"), place("1", "savedOnDevice")];
    for (const [lacking, all] of [
      [[waiting], [placed]],
      [[], [waiting]],
    ] as const) {
      const { above, below } = eachOnce(lacking, all);
      expect([keys(above), keys(below)]).toEqual([[], ["1"]]);
    }
  });

  test("those that lack one and are too many to stand above are among the others", () => {
    const [first, second] = [place("1", "needsPosition"), place("2", "needsPosition")];
    const { above, below } = eachOnce([first], [first, second]);
    expect([keys(above), keys(below)]).toEqual([["1"], ["2"]]);
  });

  test("before the first answer nothing is said to be there or not", () => {
    expect(eachOnce(undefined, undefined)).toEqual({ above: [], below: undefined });
  });
});
