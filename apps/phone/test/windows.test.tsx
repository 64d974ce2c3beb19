// What several windows type at the same place: each keeps its own, and what a closed one leaves is taken up by one other.

import { beforeEach, expect, it, jest } from "@jest/globals";
import { fireEvent, renderRouter, screen } from "expo-router/testing-library";
import PlaceScreen from "../src/app/place/[key]";
import { CoreError, failure, type Overview, type Place } from "../core/src/core";
import { carryDrafts } from "../src/places/carry";
import { draftKeys, draftsOf, dropDraft, dropDraftsOf, keepAgain, keepDraft, leftAt, letGo, moveDraft, onDrafts, readDraft, readKept, takeDraft } from "../src/places/drafts";
import { draftOf } from "../src/places/form";
import { draftKey, keyAt, placeOf, storeOf, windowOf } from "../src/places/keys";
import { keptDrafts } from "../src/platform/drafts";
import { words } from "../src/words";
import { after, appOver } from "./app";
import { FakeCore, place } from "./core";
import { overview } from "./overview";
import { closeWindow, inWindow } from "./windows";

jest.mock("../src/platform/windows", () => jest.requireActual("./windows"));

beforeEach(async () => {
  jest.spyOn(Date, "now").mockImplementation(() => now++);
  for (const key of await keptDrafts.keys()) await keptDrafts.drop(key);
  for (const id of ["one", "two", "three"]) closeWindow(id);
  inWindow("app");
});

let now = 1_800_000_000_000;
const typed = (note: string, shown: Place = place()) => ({ draft: { ...draftOf(shown), note }, shown });
/** Typed in that window, which is open from then on. */
async function type(window: string, note: string, shown = place()): Promise<void> {
  inWindow(window);
  await keepDraft(shown.key, typed(note, shown));
}
const left = async (at = place()) => (await leftAt(at)).map(({ kept }) => kept.draft.note);
const taken = async (at = place()) => (await takeDraft(at))?.draft.note;

it("is kept for each window by itself, and let go of by itself", async () => {
  await type("one", "By the hut");
  await type("two", "Behind it");
  await dropDraft("ada-1");
  inWindow("one");
  expect([await taken(), await left()]).toEqual(["By the hut", []]);
});

it("of windows that are open is not shown to another one, nor taken from it", async () => {
  await type("one", "By the hut");
  inWindow("two");
  expect([await taken(), await left()]).toEqual([undefined, []]);
  inWindow("one");
  expect(await taken()).toBe("By the hut");
});

it("of windows that are closed by now: the newest stands in the form, and the others are there, newest first", async () => {
  for (const [window, note] of [["one", "First"], ["two", "Second"], ["three", "Third"]] as const) await type(window, note);
  for (const window of ["one", "two", "three"]) closeWindow(window);
  inWindow("app");
  expect([await taken(), await left()]).toEqual(["Third", ["Second", "First"]]);
  expect(await draftKeys("ada")).toEqual(expect.arrayContaining([draftKey("ada-1", "app")]));
});

it("the window's own comes before what another one typed later", async () => {
  await type("one", "Mine");
  await type("two", "Later");
  closeWindow("two");
  inWindow("one");
  expect([await taken(), await left()]).toEqual(["Mine", ["Later"]]);
});

it("is taken up by one of two windows that are opened at once", async () => {
  await type("one", "By the hut");
  closeWindow("one");
  const both: Promise<string | undefined>[] = [];
  for (const window of ["two", "three"]) {
    inWindow(window);
    both.push(taken());
  }
  expect((await Promise.all(both)).filter(Boolean)).toEqual(["By the hut"]);
});

it("that was kept before windows were told apart is a closed window's", async () => {
  await keptDrafts.write("ada-1", { version: 1, ...typed("From before") });
  await type("one", "Newer");
  closeWindow("one");
  inWindow("two");
  expect([await taken(), await left()]).toEqual(["Newer", ["From before"]]);
});

it("in a closed window, which the place says by now, is let go of; also where the place has changed otherwise since", async () => {
  await type("one", "By the hut");
  await type("two", "By the hut");
  for (const window of ["one", "two"]) closeWindow(window);
  inWindow("app");
  expect(await taken(place({ name: "Well", note: "By the hut" }))).toBeUndefined();
  expect(await draftKeys("ada")).toEqual([]);
});

it("which the place says by now, and which can't be dropped, is no word to anybody: whoever shows what is left would ask without end", async () => {
  await type("one", "By the hut");
  closeWindow("one");
  inWindow("app");
  const told = jest.fn();
  const end = onDrafts(told);
  const stuck = jest.spyOn(keptDrafts, "dropIf").mockResolvedValue();
  expect(await left(place({ note: "By the hut" }))).toEqual([]);
  expect([told.mock.calls.length, stuck.mock.calls.length]).toEqual([0, 1]);
  stuck.mockRestore();
  end();
});

it("what was typed since it was read is not dropped for what it was", async () => {
  await type("one", "By the hut");
  closeWindow("one");
  inWindow("app");
  const read = keptDrafts.read.bind(keptDrafts);
  const reads = jest.spyOn(keptDrafts, "read").mockImplementation(async (key) => {
    const before = await read(key);
    await keptDrafts.write(key, { version: 1, ...typed("Typed since") });
    return before;
  });
  expect(await left(place({ note: "By the hut" }))).toEqual([]);
  reads.mockRestore();
  expect(await left()).toEqual(["Typed since"]);
  await letGo(draftKey("ada-1", "one"), typed("By the hut"));
  expect(await left()).toEqual(["Typed since"]);
});

it("that was let go of comes back beside what was typed under its name since", async () => {
  await type("one", "Typed since");
  closeWindow("one");
  inWindow("app");
  await keepAgain(draftKey("ada-1", "one"), typed("By the hut"));
  expect(await left()).toEqual(["By the hut", "Typed since"]);
});

it("in this window, which the place says by now, is let go of", async () => {
  await type("one", "By the hut");
  expect(await taken(place({ name: "Well", note: "By the hut" }))).toBeUndefined();
  expect(await draftKeys("ada")).toEqual([]);
});

it("what stands under this window's key and is of another place makes room, and is not lost", async () => {
  await type("one", "Another database's", place({ clientId: "c9" }));
  expect(await taken()).toBeUndefined();
  await type("one", "By the hut");
  expect(await Promise.all((await draftKeys("ada")).map(readKept))).toMatchObject([{ draft: { note: "Another database's" } }, { draft: { note: "By the hut" } }]);
});

it("goes into an account under each window's own name, and beside what another window has typed there", async () => {
  const local = place({ key: "local-7" });
  await type("one", "One's", local);
  await type("two", "Two's", local);
  await type("three", "There already");
  const core = new FakeCore({
    overview: () => ({ ...overview({ account: {} }), store: "ada" }),
    list: () => ({ places: [place()], next: null }),
  });
  await carryDrafts(core);
  for (const [window, note] of [["one", "One's"], ["two", "Two's"], ["three", "There already"]] as const) {
    inWindow(window);
    expect(await readDraft("ada-1")).toMatchObject({ draft: { note } });
  }
  expect(await draftKeys("local")).toEqual([]);
});

it("that was kept before windows were told apart goes into an account, too", async () => {
  await keptDrafts.write("local-7", { version: 1, ...typed("From before", place({ key: "local-7" })) });
  await moveDraft("local-7", place());
  expect(await taken()).toBe("From before");
});

it("at a sign-out each place is named once, whoever has typed there, and it is said where another window is open", async () => {
  await type("one", "One's");
  await type("two", "Two's");
  await type("two", "At the well", place({ key: "ada-2", clientId: "c2", name: null }));
  for (const window of ["one", "two"]) closeWindow(window);
  inWindow("three");
  expect(await draftsOf("ada")).toEqual({ names: ["Spring", null], isElsewhere: false });
  inWindow("two");
  inWindow("three");
  expect((await draftsOf("ada")).isElsewhere).toBe(true);
  await dropDraftsOf("ada");
  expect(await draftsOf("ada")).toEqual({ names: [], isElsewhere: false });
});

it("up to three places are named", () => {
  const said = (...names: string[]) => words.draft.signOut(names, false);
  expect(said("A")).toContain("at “A” and did not");
  expect(said("A", "B")).toContain("at “A” and “B” and did not");
  expect(said("A", "B", "C")).toContain("at “A”, “B” and “C” and did not");
  expect(said("A", "B", "C", "D", "E")).toContain("at “A”, “B”, “C” and 2 more and did not");
  expect(words.draft.signOut(["A"], true)).toContain("another window");
});

it("a key names place, store and window", () => {
  const key = draftKey("ada-1", "one");
  expect([placeOf(key), windowOf(key), storeOf(placeOf(key)), keyAt("ada-2", key)]).toEqual(["ada-1", "one", "ada", draftKey("ada-2", "one")]);
  expect([placeOf("ada-1"), windowOf("ada-1"), keyAt("ada-2", "ada-1")]).toEqual(["ada-1", null, "ada-2"]);
});

/** The app at an address, over a core whose places and account are what the test says. */
async function openedAt(address: string, places: Place[], stands: Overview = overview({ account: {} }), found: Promise<void> = Promise.resolve()) {
  const at = { places, stands };
  const store = () => (at.stands.account ? "ada" : "local");
  const core: FakeCore = new FakeCore({
    overview: () => ({ ...at.stands, store: store() }),
    list: ({ clientId }) => found.then(() => ({ places: at.places.filter((each) => each.clientId === clientId && storeOf(each.key) === store()), next: null })),
    place: ({ key }) => {
      if (storeOf(key) !== store()) throw new CoreError(failure("other_account"));
      const found = at.places.find((each) => each.key === key);
      if (!found) throw new CoreError(failure("no_such_place"));
      return { place: found, journal: [], entries: [] } as never;
    },
    inUse: () => ({ categories: [], tags: [] }),
  });
  core.store = store();
  const drawn = renderRouter({ "place/[key]": PlaceScreen, index: () => null }, { wrapper: appOver(core), initialUrl: address });
  await after();
  await after();
  const becomes = async (change: Partial<typeof at>, what: "account" | "places") => {
    Object.assign(at, change);
    core.store = store();
    for (let i = 0; i < 3; i++) await after(() => core.tell(what));
  };
  return { becomes, path: () => drawn.getPathname() };
}

const moveTo = (from: string, to: string) => keptDrafts.move(from, to, (kept) => kept);
const note = () => screen.getByLabelText(words.place.note).props.value as string;
const isShown = (text: string) => screen.queryByText(text, { exact: false }) !== null;
const press = (name: string) => after(() => fireEvent.press(screen.getByRole("button", { name })));

/** Of two windows that are closed by now. */
async function leftByTwo() {
  await type("one", "By the hut");
  await type("two", "Behind it");
  for (const window of ["one", "two"]) closeWindow(window);
  inWindow("app");
}

it("is shown on the page of its place: one text in the form, the other beside it, to be used once the form is free", async () => {
  await leftByTwo();
  await openedAt("/place/ada-1", [place()]);
  expect([note(), isShown("By the hut"), isShown(words.draft.text)]).toEqual(["Behind it", true, true]);
  expect(screen.queryByRole("button", { name: words.draft.use })).toBeNull();
  await press(words.place.revert);
  await press(words.draft.use);
  expect([note(), isShown(words.draft.text), isShown(words.draft.stuck)]).toEqual(["By the hut", true, false]);
  expect(await draftKeys("ada")).toEqual([draftKey("ada-1", "app")]);
});

/** The page of a place with what one closed window has left beside an empty form. */
async function leftBeside(): Promise<string> {
  await leftByTwo();
  await openedAt("/place/ada-1", [place()]);
  await press(words.place.revert);
  return draftKey("ada-1", "one");
}

it("is not lost where it is used and nothing more can be stored", async () => {
  const from = await leftBeside();
  const refused = [jest.spyOn(keptDrafts, "write").mockResolvedValue(), jest.spyOn(keptDrafts, "move").mockResolvedValue(undefined)];
  await press(words.draft.use);
  refused.forEach((each) => each.mockRestore());
  expect(note()).toBe("By the hut");
  expect(await readKept(from)).toMatchObject({ draft: { note: "By the hut" } });
});

it("is used by one of two windows that both want to", async () => {
  const from = await leftBeside();
  await moveTo(from, draftKey("ada-1", "two"));
  await press(words.draft.use);
  expect([note(), await draftKeys("ada")]).toEqual(["", [draftKey("ada-1", "two")]]);
});

it("is still to be had where something was typed while it was about to be used", async () => {
  const from = await leftBeside();
  const move = keptDrafts.move.bind(keptDrafts);
  let goOn = () => {};
  const late = jest.spyOn(keptDrafts, "move").mockImplementation(async (...what) => {
    const moved = await move(...what);
    await new Promise<void>((end) => (goOn = end));
    return moved;
  });
  await press(words.draft.use);
  await after(() => fireEvent.changeText(screen.getByLabelText(words.place.note), "Just now"));
  await after(goOn);
  late.mockRestore();
  expect([note(), isShown("By the hut")]).toEqual(["Just now", true]);
  expect(await Promise.all([from, draftKey("ada-1", "app")].map(readKept))).toMatchObject([{ draft: { note: "By the hut" } }, { draft: { note: "Just now" } }]);
});

it("what stands in the form is what was taken, also where its window has typed more just before", async () => {
  await type("one", "By the hut");
  closeWindow("one");
  inWindow("two");
  const move = keptDrafts.move.bind(keptDrafts);
  const late = jest.spyOn(keptDrafts, "move").mockImplementation(async (from, ...more) => {
    await keptDrafts.write(from, { version: 1, ...typed("By the hut, left") });
    return move(from, ...more);
  });
  expect(await taken()).toBe("By the hut, left");
  late.mockRestore();
});

it("is shown also where a field was only emptied: a sign-out would name it as lost", async () => {
  const shown = place({ note: "By the hut" });
  await type("one", "", shown);
  await type("two", "Behind it", shown);
  for (const window of ["one", "two"]) closeWindow(window);
  inWindow("app");
  await openedAt("/place/ada-1", [shown]);
  expect([note(), isShown(words.draft.emptied(["Note"]))]).toEqual(["Behind it", true]);
  await press(words.place.revert);
  await press(words.draft.use);
  expect(note()).toBe("");
  expect((await draftsOf("ada")).names).toEqual(["Spring"]);
});

it("is let go of beside the form without touching what stands in it, and comes back", async () => {
  await leftByTwo();
  await openedAt("/place/ada-1", [place()]);
  await press(words.draft.drop);
  expect([note(), isShown("By the hut"), (await draftKeys("ada")).length]).toEqual(["Behind it", false, 1]);
  await press(words.undo);
  expect([note(), isShown("By the hut"), (await draftKeys("ada")).length]).toEqual(["Behind it", true, 2]);
});

it("the page of a place goes with it into the account that takes it in, with what was typed", async () => {
  const local = place({ key: "local-7" });
  const { becomes, path } = await openedAt("/place/local-7", [local], overview({}));
  await after(() => fireEvent.changeText(screen.getByLabelText(words.place.note), "By the hut"));
  await becomes({ stands: overview({ account: {}, apart: 1 }) }, "account");
  expect(isShown(words.place.apart.title)).toBe(true);
  await becomes({ stands: overview({ account: {} }), places: [place()] }, "places");
  await after();
  expect([path(), note()]).toEqual(["/place/ada-1", "By the hut"]);
});

it("nobody is told that there is no such place while it is looked for in the account that takes it in", async () => {
  let answer = () => {};
  const slow = new Promise<void>((end) => (answer = end));
  const { becomes, path } = await openedAt("/place/local-7", [place({ key: "local-7" })], overview({}), slow);
  await becomes({ stands: overview({ account: {} }), places: [place()] }, "account");
  expect([path(), isShown(words.place.noSuch.title)]).toEqual(["/place/local-7", false]);
  await after(answer);
  await after();
  expect(path()).toBe("/place/ada-1");
});

it("it is told once it was looked for in vain", async () => {
  const { becomes } = await openedAt("/place/local-7", [place({ key: "local-7" })], overview({}));
  await becomes({ stands: overview({ account: {} }), places: [] }, "account");
  expect(isShown(words.place.noSuch.title)).toBe(true);
});

it("a key of a place without an account that the account does not have is no other account's", async () => {
  const { becomes } = await openedAt("/place/local-999", [place()]);
  expect([isShown(words.place.noSuch.title), isShown("another account")]).toEqual([true, false]);
  await becomes({ stands: overview({ account: {}, apart: 2 }) }, "places");
  expect([isShown(words.place.apart.title), isShown("another account")]).toEqual([true, false]);
});

it("another account's place is said to be one", async () => {
  await openedAt("/place/bob-1", [place()]);
  expect(isShown(failure("other_account").sentence)).toBe(true);
});
