import { describe, expect, it } from "@jest/globals";
import type { Overview, Question, Side } from "../core/src/core";
import { answerWords, becameOf, fieldsOf, questionText, sideValue, undecided } from "../src/conflict/sides";
import { bannersOf, summaryOf, summaryText, type Surroundings } from "../src/home/banners";
import { isAway, putAway } from "../src/home/putAway";
import { pairing } from "../src/sign-in/pairing";
import { overview } from "./overview";

const side = (change: Partial<Side>): Side => ({
  who: "thisDevice",
  at: "2026-11-03T14:02:00Z",
  name: "Oak",
  note: null,
  category: null,
  tags: [],
  position: { latitude: 47, longitude: 8, accuracy: 12 },
  inTrash: false,
  ...change,
});

const question = (change: Partial<Question>): Question => ({
  kind: "conflict",
  reason: "fieldsChanged",
  mine: side({}),
  theirs: side({ who: "elsewhere", name: "Very old oak", tags: ["tree"] }),
  differing: ["name", "tags"],
  conflicting: ["name"],
  choices: ["keepMine", "keepTheirs", "perField"],
  seen: "a",
  ...change,
});

describe("a question", () => {
  it("shows what is to be chosen first, then what else differs", () => {
    expect(fieldsOf(question({ differing: ["tags", "name"] }))).toEqual(["name", "tags"]);
  });

  it("shows all that this device has where the server has nothing any more", () => {
    expect(fieldsOf(question({ kind: "deletedForGood", theirs: null, differing: [], conflicting: [] }))).toEqual(["name", "position"]);
  });

  it("is open until every conflicting field has a side", () => {
    const both = question({ conflicting: ["name", "note"] });
    expect(undecided(both, { name: "mine" })).toEqual(["note"]);
    expect(undecided(both, { name: "mine", note: "theirs" })).toEqual([]);
  });

  it("says each side's value, and that there is none", () => {
    expect(sideValue(side({}), "position")).toBe("47.00000, 8.00000\nabout ±12 m");
    expect(sideValue(side({}), "note")).toBeNull();
    expect(sideValue(side({ inTrash: true }), "trash")).toBe("In the trash");
  });

  it("says what happened in every case", () => {
    for (const reason of ["fieldsChanged", "changedSince", "inTrash"] as const) expect(questionText(question({ reason }))).toMatch(/\.$/);
    for (const kind of ["deletedForGood", "noLongerVisible", "olderOnServer"] as const) expect(questionText(question({ kind, reason: null }))).toMatch(/\.$/);
  });
});

describe("the answers to a question", () => {
  const theirsInTrash = question({ reason: "inTrash", theirs: side({ who: "elsewhere", inTrash: true }) });
  const mineInTrash = question({ reason: "changedSince", mine: side({ inTrash: true }) });

  it("blame nobody: the other side may be one's own web page", () => {
    for (const text of Object.values(answerWords(question({})))) expect(text).not.toMatch(/their|mine/i);
  });

  it("say what becomes of the place where one side is in the trash", () => {
    expect(answerWords(theirsInTrash)).toEqual({ keepMine: "Take it out of the trash, with my changes", keepTheirs: "Leave it in the trash" });
    expect(answerWords(mineInTrash)).toEqual({ keepMine: "Put it into the trash", keepTheirs: "Keep it out of the trash" });
  });

  it("say so too where it was deleted elsewhere, on which this phone's change stands", () => {
    const deletedElsewhere = question({ reason: "inTrash", mine: side({ note: "Hollow", inTrash: true }), theirs: side({ who: "elsewhere", inTrash: true }), choices: ["keepMine", "keepTheirs"] });
    expect(answerWords(deletedElsewhere)).toEqual({ keepMine: "Take it out of the trash, with my changes", keepTheirs: "Leave it in the trash" });
    expect(becameOf(deletedElsewhere, { is: "keepMine" })).toBe("It is out of the trash, with your changes.");
  });

  it("are followed by what became of both sides", () => {
    expect(becameOf(question({}), { is: "keepMine" })).toBe("This phone’s version is kept. The other one is in the history.");
    expect(becameOf(question({}), { is: "keepTheirs" })).toBe("The other version is kept. This phone’s is in the history.");
    expect(becameOf(theirsInTrash, { is: "keepTheirs" })).toBe("It stays in the trash. What you had changed is in the history.");
    expect(becameOf(mineInTrash, { is: "keepMine" })).toBe("It goes into the trash. It can be restored from there.");
    const both = question({ conflicting: ["name", "note"] });
    expect(becameOf(both, { is: "perField", fields: { name: "mine", note: "theirs" } })).toBe(
      "Kept from this phone: name. Kept from the other version: note. What was not kept is in the history.",
    );
    const gone = question({ kind: "deletedForGood", theirs: null });
    expect(becameOf(gone, { is: "letGo" })).toMatch(/does not have it any more/);
    expect(becameOf(gone, { is: "keepAsNew" })).toMatch(/new place/);
  });
});

const NOW = Date.parse("2026-11-03T14:02:00Z");
const online: Surroundings = { isOnline: true, recoverySeen: null, strays: 0, storageAway: false };
const names = (of: Overview, surroundings = online) => bannersOf(of, surroundings).map(({ is }) => is);

describe("banners", () => {
  it("are none while all is well", () => {
    expect(names(overview({}))).toEqual([]);
    expect(names(overview({ account: {} }))).toEqual([]);
  });

  it("warn of storage only where something would be lost", () => {
    expect(names(overview({ persisted: "denied" }))).toEqual([]);
    expect(names(overview({ persisted: "denied", status: { pending: 1 } }))).toEqual(["storage"]);
  });

  it("warn of storage again a week after that was put away, or when the clock goes back", () => {
    const week = 7 * 24 * 3_600_000;
    const after = (ms: number) => names(overview({ persisted: "denied", status: { pending: 1 } }), { ...online, storageAway: isAway(putAway(NOW), NOW + ms) });
    expect([after(0), after(week - 1)]).toEqual([[], []]);
    expect([after(week), after(-1)]).toEqual([["storage"], ["storage"]]);
    for (const nothing of ["", "x"]) expect(isAway(nothing, NOW)).toBe(false);
  });

  it("say that the network is gone, and without an account that it does not matter", () => {
    expect(names(overview({ account: {} }), { ...online, isOnline: false })).toEqual(["offline"]);
    expect(names(overview({}), { ...online, isOnline: false })).toEqual([]);
    const left = [{ email: "ada@example.org", changes: 2 }];
    expect(names(overview({ left }))).toEqual(["left"]);
    // What was left is to be kept, too.
    expect(names(overview({ left, persisted: "denied" }))).toEqual(["left", "storage"]);
    // Another account's own matters come first.
    expect(names(overview({ account: {}, left }))).toEqual([]);
    expect(summaryText(summaryOf(overview({ account: {}, apart: 2 }), true), 0)).toBe("Synced. 2 places stay on this phone alone");
    expect(names(overview({ account: {}, status: { pushWaitsUntil: "2026-11-03T14:02:00Z" } }))).toEqual(["unreachable"]);
  });

  it("ask to sign in again, to update, or to export when the account is gone", () => {
    expect(names(overview({ account: { signedIn: false }, status: { paused: "signIn" } }))).toEqual(["signIn"]);
    expect(names(overview({ account: {}, status: { paused: "updateApp" } }))).toEqual(["updateApp"]);
    expect(names(overview({ account: {}, status: { paused: "accountGone" } }))).toEqual(["accountGone"]);
  });

  it("tell of what was typed and can't be saved any more", () => {
    expect(names(overview({}), { ...online, strays: 1 })).toEqual(["typed"]);
  });

  it("tell of a rescue until it has been read", () => {
    const recovery = { at: "2026-11-03T14:02:00Z", setAside: "x", places: 3, operations: 1, unreadable: [] };
    expect(names(overview({ status: { recovery } }))).toEqual(["recovered"]);
    expect(names(overview({ status: { recovery } }), { ...online, recoverySeen: recovery.at })).toEqual([]);
  });
});

describe("a pairing code", () => {
  it("is taken beside a server, or as the link that holds both", () => {
    expect(pairing("https://example.org", " CEAG-7GH1 ")).toEqual({ server: "https://example.org", code: "CEAG-7GH1", isLink: false });
    for (const path of ["/pair", "/app/sign-in"]) {
      expect(pairing("", `https://places.example.org${path}#CEAG-7GH1`)).toEqual({ server: "https://places.example.org", code: "CEAG-7GH1", isLink: true });
    }
  });

  it("is read from a link as the core reads it", () => {
    expect(pairing("", "HTTPS://Places.Example.org:443/holdfast/app/sign-in/#CEAG-7GH1")).toEqual({ server: "https://places.example.org/holdfast", code: "CEAG-7GH1", isLink: true });
    expect(pairing("", "https://places.example.org/places#CEAG-7GH1")).toBeNull();
  });

  it("is none where a part is missing", () => {
    for (const [server, code] of [["", "CEAG-7GH1"], ["https://example.org", ""], ["x", "https://example.org/pair"]] as const) expect(pairing(server, code)).toBeNull();
  });
});
