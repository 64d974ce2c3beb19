import { expect, it } from "@jest/globals";
import { chosenBy, radio } from "../src/ui/radio";

it("the arrows go round a group, Space chooses, and other keys do nothing", () => {
  expect([chosenBy("ArrowRight", 2, 3), chosenBy("ArrowUp", 0, 3), chosenBy(" ", 1, 3), chosenBy("Tab", 1, 3)]).toEqual([0, 2, 1, null]);
  expect(chosenBy("ArrowRight", -1, 3)).toBeNull();
});

it("Tab enters a group at the chosen one, or at the first", () => {
  expect([radio(true, false, true), radio(false, true, true), radio(false, true, false)]).toEqual([{ tabIndex: 0 }, { tabIndex: -1 }, { tabIndex: 0 }]);
});
