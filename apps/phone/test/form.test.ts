import { describe, expect, it } from "@jest/globals";
import { changesOf, draftOf, follow, suggestions, withTags } from "../src/places/form";

const place = { name: "Spring", note: null, category: "water", tags: ["cold", "autumn"] };
const draft = draftOf(place);

describe("a place's form", () => {
  it("changes nothing by being looked at", () => {
    expect(changesOf(draft, place)).toBeNull();
    expect(changesOf({ ...draft, name: " Spring ", note: "  " }, place)).toBeNull();
    expect(changesOf({ ...draft, tags: ["autumn", "cold"] }, place)).toBeNull();
  });

  it("sends only what is different, and null where it was emptied", () => {
    expect(changesOf({ ...draft, name: "Cold spring", category: "" }, place)).toEqual({ name: "Cold spring", category: null });
    expect(changesOf({ ...draft, tags: ["cold"] }, place)).toEqual({ tags: ["cold"] });
  });

  it("follows the place where nothing was typed, and keeps what was", () => {
    const now = draftOf({ name: "Old spring", note: "By the hut", category: "water", tags: ["cold"] });
    expect(follow({ ...draft, name: "My spring" }, draft, now)).toEqual({ ...now, name: "My spring" });
    expect(follow(draft, draft, now)).toEqual(now);
  });

  it("counts a tag that is still being typed", () => {
    expect(changesOf({ ...draft, typing: "#high" }, place)).toEqual({ tags: ["cold", "autumn", "high"] });
    expect(changesOf({ ...draft, typing: "COLD " }, place)).toBeNull();
  });

  it("takes tags as people write them, each once", () => {
    expect(withTags(["cold"], "#Autumn, COLD, , water ")).toEqual(["cold", "Autumn", "water"]);
  });

  it("suggests what is in use and fits, whatever the accents", () => {
    expect(suggestions(["Müsli", "must", "water"], "mus", [])).toEqual(["Müsli", "must"]);
    expect(suggestions(["water", "underwater"], "water", [])).toEqual(["underwater"]);
    expect(suggestions(["a", "b", "c"], "", ["b"], 1)).toEqual(["a"]);
  });
});
