import { describe, expect, it } from "vitest";
import type { JournalEntry, Place } from "../core/src/core";
import { lostWith } from "../src/places/lost";
import { journalLine, lostLine } from "../src/places/words";

const place = (change: Partial<Place> = {}): Place => ({ name: "My oak", note: "Web note", category: null, tags: [], position: { latitude: 47.5, longitude: 8.7 }, ...change }) as Place;
const line = (event: JournalEntry["event"], detail: unknown, at = "2026-11-03T14:02:00Z"): JournalEntry => ({
  at,
  event,
  opId: null,
  kind: null,
  attempts: 0,
  detail: detail === null || typeof detail === "string" ? detail : JSON.stringify(detail),
});
const update = (changes: object) => ({ opId: "x", payloadVersion: 1, kind: "update", id: "y", changes });
const said = (journal: JournalEntry[], of = place()) => journal.flatMap((_, index) => lostWith(journal, index, of).map((lost) => lostLine(lost)));

const bothChanged = update({ name: { was: "Oak", to: "My oak" }, note: { was: null, to: "My note" } });
const servers = { theirVersion: 3, name: "Web oak", note: "Web note", category: "tree", position: { latitude: 47.5, longitude: 8.7 } };

describe("what a decision left behind", () => {
  it("is this phone's where the other version was kept", () => {
    expect(said([line("resolved", bothChanged)])).toEqual(["Your name “My oak” was not kept.", "Your note “My note” was not kept."]);
  });

  it("is the other version's where this phone's was kept, but only in what both had changed", () => {
    expect(said([line("resolved", { ...servers, taken: [] }), line("superseded", bothChanged)])).toEqual([
      "The other version’s name “Web oak” was not kept.",
      "The other version’s note “Web note” was not kept.",
    ]);
  });

  it("is one of each where each field was decided by itself, said once", () => {
    const journal = [line("resolved", { ...servers, note: null, taken: ["note"] }), line("superseded", bothChanged)];
    expect(said(journal)).toEqual(["The other version’s name “Web oak” was not kept.", "Your note “My note” was not kept."]);
  });

  it("is not guessed at where an older app did not note which side was taken", () => {
    const journal = [line("resolved", { ...servers, note: null }), line("superseded", bothChanged)];
    expect(said(journal)[1]).toBe("Before that, the note was “My note” in one of the versions.");
  });

  it("is nothing where both had come to the same, or only one had changed it", () => {
    const mine = update({ name: { was: "Oak", to: "Web oak" }, category: { was: "tree", to: "oak tree" } });
    expect(said([line("resolved", { ...servers, taken: [] }), line("superseded", mine)])).toEqual([]);
  });

  it("is the last that was wanted where changes had waited behind each other, and not what of them was kept", () => {
    const later = update({ name: { was: "My oak", to: "My old oak" }, category: { was: null, to: "tree" } });
    expect(said([line("resolved", update({ name: { was: "Oak", to: "My oak" } })), line("resolved", later)])).toEqual(["Your name “My old oak” was not kept."]);
  });

  it("says an emptied field, a position and tags in words", () => {
    const mine = update({ name: { was: "Oak", to: null }, position: { was: null, to: { latitude: 47.5, longitude: 8.7 } }, tags: { add: ["tree"], remove: ["old"] } });
    expect(said([line("resolved", mine)])).toEqual([
      "You had emptied the name; that was not kept.",
      "Your position “47.50000, 8.70000” was not kept.",
      "Your change of the tags (+#tree −#old) was not kept.",
    ]);
  });

  it("is what was discarded", () => {
    expect(said([line("discarded", bothChanged)])[0]).toBe("The name “My oak” was not sent.");
    expect(said([line("discarded", "deleted before it was sent")])).toEqual([]);
  });

  it("is of a version that went as a whole what the place does not have", () => {
    const version = { id: "x", version: 4, name: "Newer oak", note: "Web note", latitude: 47.5, longitude: 8.7, tags: ["a"] };
    expect(said([line("resolved", version)])).toEqual(["Before that, the name was “Newer oak” in one of the versions.", "Before that, one of the versions had the tags #a."]);
  });

  it("is nothing of a superseded intent alone, of a sentence, or of what can't be read", () => {
    for (const entry of [line("superseded", bothChanged), line("resolved", "{"), line("resolved", null), line("rejected", "The name is too long.")]) {
      expect(said([entry])).toEqual([]);
    }
    expect(journalLine(line("resolved", "made from a place that is gone"))).toBe("Made from a place that is gone.");
  });

  it("is cut where it is long, and whole where it is asked for", () => {
    const long = { field: "note", whose: "mine", value: "word ".repeat(100).trim() } as const;
    expect(lostLine(long, 20)).toBe("Your note “word word word word …” was not kept.");
    expect(lostLine(long)).toContain(long.value);
  });
});
