import { describe, expect, it } from "@jest/globals";
import type { JournalLine, Lost } from "../core/src/core";
import { journalLine, lostLine } from "../src/places/words";

const said = (field: Lost["field"], whose: Lost["whose"], value: Lost["value"]) => lostLine({ field, whose, value });

describe("what a decision left behind is said", () => {
  it("of whom it was", () => {
    expect(said("name", "mine", "My oak")).toBe("Your name “My oak” was not kept.");
    expect(said("note", "theirs", "Web note")).toBe("The other version’s note “Web note” was not kept.");
    expect(said("name", "discarded", "My oak")).toBe("The name “My oak” was not sent.");
    expect(said("note", "before", "My note")).toBe("Before that, the note was “My note” in one of the versions.");
  });

  it("where it was an emptied field, a position or tags", () => {
    expect(said("name", "mine", null)).toBe("You had emptied the name; that was not kept.");
    expect(said("position", "mine", { latitude: 47.5, longitude: 8.7 })).toBe("Your position “47.50000, 8.70000” was not kept.");
    expect(said("tags", "mine", { add: ["tree"], remove: ["old"] })).toBe("Your change of the tags (+#tree −#old) was not kept.");
    expect(said("tags", "before", ["a"])).toBe("Before that, one of the versions had the tags #a.");
  });

  it("beside a sentence of the journal", () => {
    const line: JournalLine = { at: "2026-11-03T14:02:00Z", event: "resolved", opId: null, kind: null, attempts: 0, detail: "made from a place that is gone", lost: [] };
    expect(journalLine(line)).toBe("Made from a place that is gone.");
  });

  it("cut where it is long, and whole where it is asked for", () => {
    const long: Lost = { field: "note", whose: "mine", value: "word ".repeat(100).trim() };
    expect(lostLine(long, 20)).toBe("Your note “word word word word …” was not kept.");
    expect(lostLine(long)).toContain(long.value);
  });
});
