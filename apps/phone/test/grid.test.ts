import { describe, expect, it } from "vitest";
import { gridLines, gridStep } from "../src/map/grid";

describe("the grid of a map without tiles", () => {
  it("has lines that are neither crowded nor lost, at every zoom", () => {
    for (let zoom = 2; zoom <= 19; zoom += 0.5) {
      const pixels = (gridStep(zoom) * 512 * 2 ** zoom) / 360;
      expect(pixels, `zoom ${zoom}`).toBeGreaterThanOrEqual(60);
      expect(pixels, `zoom ${zoom}`).toBeLessThan(160);
    }
  });

  it("lies on round degrees around the middle, and stays within the map", () => {
    const lines = gridLines({ latitude: 47.49992, longitude: 8.72895 }, 10);
    expect(lines).toHaveLength(58);
    const meridians = lines.filter(([from, to]) => from![0] === to![0]);
    for (const [from] of meridians) expect(from![0] / gridStep(10)).toBeCloseTo(Math.round(from![0] / gridStep(10)), 6);
    for (const [, latitude] of gridLines({ latitude: 84, longitude: 179 }, 2).flat()) expect(Math.abs(latitude)).toBeLessThanOrEqual(85);
  });
});
