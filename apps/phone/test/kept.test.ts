// What a browser keeps of what was typed, where its storage is full, refuses, or does not answer.

import { afterEach, beforeEach, expect, it, jest } from "@jest/globals";
import { IDBFactory, IDBObjectStore } from "fake-indexeddb";
import type { Place } from "../core/src/core";
import { place } from "./core";
import { inBrowser, Locks } from "./locks";

jest.mock("../src/platform/windows", () => jest.requireActual("../src/platform/windows.web"));
jest.mock("../src/platform/drafts", () => jest.requireActual("../src/platform/drafts.web"));

type Kept = typeof import("../src/platform/drafts.web");
type Drafts = typeof import("../src/places/drafts");

let locks: Locks;
beforeEach(() => {
  locks = new Locks();
  Object.assign(globalThis, { indexedDB: new IDBFactory() });
});
afterEach(() => {
  jest.restoreAllMocks();
  jest.useRealTimers();
});

/** A page as a window loads it; with what its sessionStorage has from before. */
function load(remembered: Record<string, string> = {}) {
  const session = inBrowser(locks, remembered);
  let page!: Kept & { drafts: Drafts };
  jest.isolateModules(() => {
    page = { ...jest.requireActual<Kept>("../src/platform/drafts.web"), drafts: jest.requireActual<Drafts>("../src/places/drafts") };
  });
  return { ...page, session };
}

const fails = () => {
  throw new DOMException("full", "QuotaExceededError");
};
/** Nothing more can be stored; what is there can be read, and deleted. */
const fill = () => jest.spyOn(IDBObjectStore.prototype, "put").mockImplementation(fails);

it("what was typed on a full disk is there when its page is opened again, and is stored as soon as there is room", async () => {
  const { keptDrafts } = load();
  await keptDrafts.write("a", "before");
  const full = fill();
  await keptDrafts.write("a", "typed");
  await keptDrafts.write("b", "new");
  expect([await keptDrafts.read("a"), await keptDrafts.read("b"), (await keptDrafts.keys()).sort()]).toEqual(["typed", "new", ["a", "b"]]);
  full.mockRestore();
  await keptDrafts.write("a", "typed on");
  expect(await load().keptDrafts.read("a")).toBe("typed on");
});

it("what could not be stored is moved as it was typed, and stays where it was where that can't be stored either", async () => {
  const { keptDrafts } = load();
  const move = (from: string, to: string) => keptDrafts.move(from, to, (value) => value);
  await keptDrafts.write("a", "before");
  const full = fill();
  await keptDrafts.write("a", "typed");
  full.mockRestore();
  expect([await move("a", "b"), await keptDrafts.keys()]).toEqual(["typed", ["b"]]);
  const other = load();
  fill();
  expect([await other.keptDrafts.move("b", "c", (value) => value), await other.keptDrafts.keys()]).toEqual([undefined, ["b"]]);
});

it("what could not be deleted is not shown any more", async () => {
  const { keptDrafts } = load();
  await keptDrafts.write("a", "typed");
  jest.spyOn(IDBObjectStore.prototype, "delete").mockImplementation(fails);
  await keptDrafts.drop("a");
  expect([await keptDrafts.read("a"), await keptDrafts.keys()]).toEqual([undefined, []]);
});

it("is dropped only as it was seen, and added only where nothing is; whatever another page has kept meanwhile", async () => {
  const [one, other] = [load().keptDrafts, load().keptDrafts];
  await one.write("a", "seen");
  await other.write("a", "typed since");
  await one.dropIf("a", (value) => value === "seen");
  expect([await one.add("a", "again"), await one.read("a")]).toEqual([false, "typed since"]);
  await one.dropIf("a", (value) => value === "typed since");
  expect([await one.read("a"), await other.read("a")]).toEqual([undefined, undefined]);
  expect([await one.add("a", "again"), await other.read("a")]).toEqual([true, "again"]);
});

it("what can't be dropped, though it is what was seen, is not shown any more", async () => {
  const { keptDrafts } = load();
  await keptDrafts.write("a", "typed");
  jest.spyOn(IDBObjectStore.prototype, "delete").mockImplementation(fails);
  await keptDrafts.dropIf("a", (value) => value === "other");
  expect(await keptDrafts.keys()).toEqual(["a"]);
  await keptDrafts.dropIf("a", (value) => value === "typed");
  expect(await keptDrafts.keys()).toEqual([]);
});

/** The storage says nothing until the returned function lets it. */
function silence(): () => void {
  const { indexedDB } = globalThis;
  const asked: (() => void)[] = [];
  const silent = {
    open: (...what: Parameters<IDBFactory["open"]>) => {
      const request: { onsuccess?: (event: unknown) => void; onupgradeneeded?: (event: unknown) => void; result?: IDBDatabase } = {};
      asked.push(() => {
        const real = indexedDB.open(...what);
        real.onupgradeneeded = (event) => ((request.result = real.result), request.onupgradeneeded?.(event));
        real.onsuccess = (event) => ((request.result = real.result), request.onsuccess?.(event));
      });
      return request;
    },
  };
  Object.assign(globalThis, { indexedDB: silent });
  return () => {
    Object.assign(globalThis, { indexedDB });
    asked.splice(0).forEach((ask) => ask());
  };
}


/** Without those by which fake-indexeddb takes its turns. */
const useFakeTimers = () => jest.useFakeTimers({ doNotFake: ["setImmediate", "queueMicrotask", "nextTick"] });
const untilAnswered = async () => {
  for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
};

it("a storage that does not answer is waited for once", async () => {
  useFakeTimers();
  const answer = silence();
  const { keptDrafts, UNANSWERED } = load();
  const first = keptDrafts.read("a");
  await jest.advanceTimersByTimeAsync(4_000);
  expect(await first).toBe(UNANSWERED);
  expect(await Promise.all([keptDrafts.keys(), keptDrafts.read("a"), keptDrafts.move("a", "b", (value) => value)])).toEqual([[], UNANSWERED, undefined]);
  const written = keptDrafts.write("b", "typed");
  await jest.advanceTimersByTimeAsync(1);
  await written;
  expect([await keptDrafts.read("b"), await keptDrafts.keys()]).toEqual(["typed", ["b"]]);
  answer();
  await keptDrafts.answers();
  await untilAnswered();
  expect([await keptDrafts.read("a"), await load().keptDrafts.read("b")]).toEqual([undefined, "typed"]);
});

it("what is moved too late stays where it was", async () => {
  const before = load();
  await before.keptDrafts.write("a", "typed");
  useFakeTimers();
  const answer = silence();
  const { keptDrafts } = load();
  const moved = keptDrafts.move("a", "b", (value) => value);
  await jest.advanceTimersByTimeAsync(4_000);
  expect(await moved).toBeUndefined();
  answer();
  await keptDrafts.answers();
  await untilAnswered();
  expect(await keptDrafts.keys()).toEqual(["a"]);
});

const typed = (note: string, shown: Place = place()) => ({ draft: { name: shown.name ?? "", note, category: "", tags: shown.tags, typing: "" }, shown });

it("what was typed before a page was loaded again is not overwritten where it can't be read in time, and shown as left once it can", async () => {
  const before = load();
  await before.drafts.keepDraft("ada-1", typed("From before"));
  useFakeTimers();
  const answer = silence();
  // The page before is gone.
  locks = new Locks();
  const { drafts, keptDrafts } = load(Object.fromEntries(before.session));
  const heard = jest.fn();
  drafts.onDrafts(heard);
  const taken = drafts.takeDraft(place());
  await jest.advanceTimersByTimeAsync(4_000);
  expect(await taken).toBeNull();
  const kept = drafts.keepDraft("ada-1", typed("Now"));
  await jest.advanceTimersByTimeAsync(1);
  await kept;
  expect(heard).not.toHaveBeenCalled();
  answer();
  await keptDrafts.answers();
  await untilAnswered();
  expect(heard).toHaveBeenCalled();
  expect((await drafts.leftAt(place())).map(({ kept }) => kept.draft.note)).toEqual(["From before"]);
  expect(await drafts.readDraft("ada-1")).toMatchObject({ draft: { note: "Now" } });
});
