import { expect, it } from "@jest/globals";
import { freeSpot } from "../src/ui/freeSpot";

const at = (buttons: { from: number; to: number }[], { height = 60, now = 76 } = {}) => freeSpot({ buttons, height, room: 640, usual: 76, now });

it("what is said stays in its usual spot while it hides no main button", () => {
  expect([at([]), at([{ from: 200, to: 260 }]), at([{ from: 10, to: 76 }])]).toEqual([76, 76, 76]);
});

it("is lifted above a main button, or lowered below it, whichever is nearer", () => {
  expect(at([{ from: 60, to: 110 }])).toBe(118);
  expect(at([{ from: 130, to: 400 }])).toBe(62);
});

it("hides no second one for the first", () => {
  expect(at([{ from: 80, to: 130 }, { from: 150, to: 200 }])).toBe(12);
  expect(at([{ from: 40, to: 130 }, { from: 150, to: 200 }])).toBe(208);
});

it("stays where it is once it was moved, and comes back to its usual spot where there is no room at all", () => {
  expect(at([], { now: 118 })).toBe(118);
  expect(at([{ from: 0, to: 640 }], { now: 118 })).toBe(76);
});
