import { describe, expect, it } from "@jest/globals";
import type { ConflictReason, JournalLine, OutboxEntry, PlaceState } from "../core/src/core";
import { canDiscard, canRetry, discardQuestion, entryReason } from "../src/outbox/words";
import { accuracyWords, coordinates, journalLine, metres, stateLook, stateMeaning } from "../src/places/words";
import { size } from "../src/settings/size";
import { words } from "../src/words";

const STATES: PlaceState[] = [
  { is: "savedOnDevice" },
  { is: "sending" },
  { is: "synced" },
  { is: "waitingForPosition" },
  { is: "needsPosition" },
  ...(["conflict", "rejected", "planFull", "deletedForGood", "noLongerVisible", "olderOnServer"] as const).map((reason) => ({ is: "needsAttention" as const, reason })),
];

describe("states", () => {
  it("are the product's words", () => {
    expect(STATES.slice(0, 3).map((state) => stateLook(state).title)).toEqual(["Saved on this phone", "Sending", "Synced"]);
    expect(stateLook({ is: "needsAttention", reason: "conflict" }).title).toBe("Needs attention");
  });
});

describe("measures", () => {
  it("are said as a person would", () => {
    expect([0.2, 12.4, 999, 1_400, 23_000].map(metres)).toEqual(["1 m", "12 m", "999 m", "1.4 km", "23 km"]);
    expect([12, 1_500, 999_999, 12_000_000].map(size)).toEqual(["12 bytes", "1.5 kB", "1.0 MB", "12 MB"]);
  });

  it("say how certain a position is", () => {
    expect(accuracyWords({ position: { latitude: 1, longitude: 2, accuracy: 12 }, positionSource: "fix" })).toBe("about ±12 m");
    expect(accuracyWords({ position: { latitude: 1, longitude: 2 }, positionSource: "manual" })).toBe("set by hand");
    expect(accuracyWords({ position: { latitude: 1, longitude: 2 }, positionSource: "fix" })).toBe("accuracy unknown");
    expect(coordinates({ latitude: -0.1, longitude: 8.54171234 })).toBe("-0.10000, 8.54171");
  });
});

const entry = (state: OutboxEntry["state"]): OutboxEntry => ({
  number: 1,
  opId: "op",
  key: "local-1",
  placeName: null,
  kind: "update",
  state,
  queuedAt: "2026-11-03T14:02:00Z",
  attempts: 1,
  lastSentAt: null,
});

describe("what waits", () => {
  const now = Date.parse("2026-11-03T14:02:00Z");

  it("says why, with the server's own words where it has some", () => {
    const problem = { type: "", title: "", status: 422, code: "invalid" as const, detail: "The name is too long." };
    expect(discardQuestion({ kind: "create", attempts: 0 }).text).toContain("on this phone alone");
    expect(discardQuestion({ kind: "create", attempts: 1 }).text).toContain("If the server has it, it comes back");
    expect(discardQuestion({ kind: "update", attempts: 0 }).text).toContain("stays in the place's history");
    expect(entryReason(entry({ is: "queued" }), now, "connected")).toBe("Sent as soon as the server can be reached.");
    expect(entryReason(entry({ is: "queued" }), now, "none")).toBe("On this phone alone. Sent once you sign in to a server.");
    expect(entryReason(entry({ is: "rejected", problem }), now, "connected")).toBe("The server can't take it as it is. The name is too long.");
    expect(entryReason(entry({ is: "backingOff", nextAt: "2026-11-03T14:02:20Z", problem: null }), now, "connected")).toBe("It did not get through. Sent again in a moment.");
    expect(entryReason(entry({ is: "backingOff", nextAt: "2026-11-03T14:17:00Z", problem: null }), now, "connected")).toMatch(/^It did not get through\. Sent again today \d+:\d\d/);
    expect(entryReason(entry({ is: "paused", reason: "plan" }), now, "connected")).toBe("Waits for room in the plan.");
  });

  it.each<[ConflictReason, RegExp, RegExp]>([
    ["fieldsChanged", /^The same was changed elsewhere/, /same was changed here and elsewhere/],
    ["changedSince", /^The place was changed elsewhere after you had last seen it/, /changed elsewhere after you had last seen it/],
    ["inTrash", /^Deleted elsewhere; your change waits for your decision\.$/, /^It was deleted elsewhere, and you have changed it here\. Your change/],
  ])("says what happened elsewhere where that was: %s", (reason, waits, meaning) => {
    const said = entryReason(entry({ is: "conflict", reason, fields: [] }), now, "connected");
    expect(said).toMatch(waits);
    expect(said).toMatch(/your decision\.$/);
    const state = { is: "needsAttention", reason: "conflict" } as const;
    expect(stateMeaning(state, { connection: "connected", isKept: true }, reason)).toMatch(meaning);
    expect(stateMeaning(state, { connection: "connected", isKept: false }, reason)).toContain(words.home.savedWarning);
    if (reason === "inTrash") expect(said).not.toMatch(/changed elsewhere/);
  });

  it("offers only what can be done", () => {
    const sending = entry({ is: "sending", until: "2026-11-03T14:03:00Z" });
    const conflict = entry({ is: "conflict", reason: "fieldsChanged", fields: ["name"] });
    expect([canRetry(sending), canDiscard(sending)]).toEqual([false, false]);
    expect([canRetry(conflict), canDiscard(conflict)]).toEqual([false, false]);
    expect(canRetry(entry({ is: "paused", reason: "plan" }))).toBe(true);
    expect(canRetry(entry({ is: "paused", reason: "signIn" }))).toBe(false);
    expect(canDiscard(entry({ is: "queued" }))).toBe(true);
  });
});

describe("the history", () => {
  const line = (change: Partial<JournalLine>) => journalLine({ at: "", event: "queued", opId: null, kind: null, attempts: 0, detail: null, lost: [], ...change });

  it("is plain sentences", () => {
    expect(line({ kind: "create" })).toBe("New place: saved on this phone.");
    expect(line({ event: "sent_again", attempts: 3 })).toBe("Sending was tried again, 3 times in all.");
    expect(line({ event: "captured_without_position" })).toBe("Captured, without a position yet.");
  });
});
