import { describe, expect, it } from "@jest/globals";
import type { Place } from "../core/src/core";
import { clashesOf, factsOf, positionClash, seenOf, valuesOf, without } from "../src/places/clash";
import { draftsOf, dropDraftsOf, keepDraft, keptFor, keptOf, readDraft } from "../src/places/drafts";
import { draftOf } from "../src/places/form";

const spring = (change: Partial<Place> = {}): Place => ({ key: "local-1", clientId: "c1", name: "Spring", note: null, category: null, tags: ["cold"], position: null, positionSource: null, ...change }) as Place;
const typed = (change: object) => ({ ...draftOf(spring()), ...change });

describe("what was typed and not saved", () => {
  const kept = (change: object, shown = spring()) => ({ version: 1, draft: typed(change), shown });

  it("is there again for its place", () => {
    expect(keptFor(spring(), kept({ note: "By the hut" }))?.draft.note).toBe("By the hut");
    expect(keptFor(spring(), kept({ typing: "autumn" }))?.draft.typing).toBe("autumn");
  });

  it("is nothing where the place says the same by now", () => {
    expect(keptFor(spring({ note: "By the hut" }), kept({ note: "By the hut" }))).toBeNull();
  });

  it("is never another place's, nor another account's, whose number may be the same", () => {
    expect(keptFor(spring({ key: "aa-1" }), kept({ note: "x" }))).toBeNull();
    expect(keptFor(spring({ clientId: "c2" }), kept({ note: "x" }))).toBeNull();
  });

  it("is let be where it is of another version, or damaged", () => {
    for (const damaged of [undefined, null, "x", {}, { version: 2, draft: typed({ note: "x" }), shown: spring() }, { version: 1, draft: { name: 3 }, shown: spring() }]) {
      expect(keptFor(spring(), damaged)).toBeNull();
    }
  });

  it("goes with the account at a sign-out, and stays of the places without one", async () => {
    for (const key of ["local-1", "aa-1", "aa-2", "aab-1"]) await keepDraft(key, { draft: typed({ note: key }), shown: spring({ key, clientId: key }) });
    expect((await draftsOf("aa")).names).toHaveLength(2);
    await dropDraftsOf("aa");
    expect((await draftsOf("aa")).names).toHaveLength(0);
    expect(keptOf(await readDraft("local-1"))?.draft.note).toBe("local-1");
    expect((await draftsOf("aab")).names).toHaveLength(1);
  });
});

describe("what two windows type", () => {
  const clash = clashesOf(typed({ name: "My spring", note: "Mine" }), spring(), spring({ name: "Their spring" }));

  it("clashes only in what both have changed, to something else", () => {
    expect(clash).toEqual([{ field: "name", mine: "My spring", now: "Their spring" }]);
    expect(clashesOf(typed({ name: "My spring" }), spring(), spring({ name: "My spring" }))).toEqual([]);
    expect(clashesOf(typed({ name: "My spring" }), spring(), spring({ note: "Theirs" }))).toEqual([]);
    expect(clashesOf(typed({ tags: ["cold", "mine"] }), spring(), spring({ tags: ["cold", "theirs"] }))).toEqual([]);
  });

  it("is shown with both values, and an emptied field as such", () => {
    expect(factsOf(clashesOf(typed({ name: "" }), spring(), spring({ name: "Their spring" }))).map(({ text }) => text)).toEqual(["Empty", "Their spring"]);
    expect(valuesOf(clash, "now")).toBe("Their spring");
  });

  it("is saved as typed once it was seen, or left as it is", () => {
    expect(seenOf(clash, spring(), spring({ name: "Their spring", note: "Theirs" }))).toMatchObject({ name: "Their spring", note: null });
    expect(without(typed({ name: "My spring", note: "Mine" }), clash)).toMatchObject({ name: "Their spring", note: "Mine" });
  });

  it("a position set by hand since clashes, one from a sensor gives way", () => {
    const [here, there, chosen] = [47, 48, 49].map((latitude) => ({ latitude, longitude: 8 })) as [LatLon, LatLon, LatLon];
    const shown = spring({ position: here, positionSource: "fix" });
    expect(positionClash(chosen, shown, { position: there, positionSource: "manual" })).toHaveLength(1);
    expect(positionClash(chosen, shown, { position: there, positionSource: "fix" })).toEqual([]);
    expect(positionClash(chosen, shown, { position: here, positionSource: "manual" })).toEqual([]);
    expect(positionClash(chosen, shown, { position: chosen, positionSource: "manual" })).toEqual([]);
  });
});

interface LatLon {
  latitude: number;
  longitude: number;
}
