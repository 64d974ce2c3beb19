import { describe, expect, it } from "@jest/globals";
import { coordinate, distance, nudge, parseCoordinate, parsePair } from "../src/geo/position";

const zurich = { latitude: 47.3769, longitude: 8.5417 };

describe("positions", () => {
  it("are moved by metres, at any latitude and across the antimeridian", () => {
    expect(distance(zurich, nudge(zurich, 100, 0))).toBeCloseTo(100, 1);
    expect(distance(zurich, nudge(zurich, 0, -10))).toBeCloseTo(10, 2);
    expect(nudge({ latitude: 0, longitude: 179.9999 }, 100, 0).longitude).toBeLessThan(-179.99);
    expect(nudge({ latitude: 90, longitude: 0 }, 100, 100)).toEqual({ latitude: 90, longitude: 0 });
  });

  it("are read as people type them", () => {
    expect(parseCoordinate(" 47,3769 ", 90)).toBe(47.3769);
    expect(parseCoordinate("−8.5", 180)).toBe(-8.5);
    for (const wrong of ["", "north", "47.3.7", "91"]) expect(parseCoordinate(wrong, 90)).toBeNull();
  });

  it("are read as a pasted pair, and one number is none", () => {
    expect(parsePair("47.3769, 8.5417")).toEqual(zurich);
    expect(parsePair("47.3769 8.5417")).toEqual(zurich);
    expect(parsePair("47.3769,8.5417")).toEqual(zurich);
    expect(parsePair("47,3769")).toBeNull();
    expect(parsePair("47,37")).toBeNull();
    expect(parsePair("47,3769; 8,5417")).toEqual(zurich);
    expect(parsePair("47.3769")).toBeNull();
  });

  it("are shown without a negative nothing", () => {
    expect(coordinate(-0.0000001)).toBe("0.000000");
    expect(coordinate(-8.5)).toBe("-8.500000");
  });
});
