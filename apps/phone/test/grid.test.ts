import { describe, expect, it } from "@jest/globals";
import { gridLines, gridStep } from "../src/map/grid";

describe("the grid of a map without tiles", () => {
  it("has lines that are neither crowded nor lost, at every zoom", () => {
    const zooms = Array.from({ length: 35 }, (_, index) => 2 + index / 2);
    const pixels = (zoom: number) => (gridStep(zoom) * 512 * 2 ** zoom) / 360;
    expect(zooms.at(-1)).toBe(19);
    expect(zooms.filter((zoom) => !(pixels(zoom) >= 60 && pixels(zoom) < 160))).toEqual([]);
  });

  it("lies on round degrees around the middle, and stays within the map", () => {
    const lines = gridLines({ latitude: 47.49992, longitude: 8.72895 }, 10);
    expect(lines).toHaveLength(58);
    const meridians = lines.filter(([from, to]) => from![0] === to![0]);
    for (const [from] of meridians) expect(from![0] / gridStep(10)).toBeCloseTo(Math.round(from![0] / gridStep(10)), 6);
    for (const [, latitude] of gridLines({ latitude: 84, longitude: 179 }, 2).flat()) expect(Math.abs(latitude)).toBeLessThanOrEqual(85);
  });
});
