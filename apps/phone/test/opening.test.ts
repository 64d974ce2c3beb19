// By which id a browser's window is known, and that the others see it.

import { afterEach, beforeEach, expect, it, jest } from "@jest/globals";
import { inBrowser, Locks } from "./locks";

const NAME = "holdfast-window";
const lockOf = (id: string) => `${NAME}-${id}`;

let locks: Locks;
beforeEach(() => {
  jest.useFakeTimers();
  locks = new Locks();
});
afterEach(() => {
  jest.useRealTimers();
});

/** The module as a window loads it. */
function load(remembered?: string) {
  const session = inBrowser(locks, remembered ? { [NAME]: remembered } : {});
  let windows!: typeof import("../src/platform/windows.web");
  jest.isolateModules(() => (windows = jest.requireActual("../src/platform/windows.web")));
  return { windows, session };
}
const held = async () => (await locks.query()).held.map(({ name }) => name);

it("a window that is busy as it is opened holds its lock all the same: no other one takes it for closed", async () => {
  let free = () => {};
  locks.busy = new Promise((end) => (free = end));
  const { windows, session } = load();
  await jest.advanceTimersByTimeAsync(5_000);
  free();
  const id = await windows.thisWindow();
  expect(await held()).toEqual([lockOf(id)]);
  expect(session.get(NAME)).toBe(id);
});

it("a window that is busy as it is loaded again keeps its id", async () => {
  let free = () => {};
  locks.busy = new Promise((end) => (free = end));
  const { windows } = load("mine");
  await jest.advanceTimersByTimeAsync(5_000);
  free();
  expect(await windows.thisWindow()).toBe("mine");
  expect(await held()).toEqual([lockOf("mine")]);
});

it("a page that is loaded again waits a moment for the one before it to be gone", async () => {
  const goes = locks.hold(lockOf("mine"));
  const { windows } = load("mine");
  await jest.advanceTimersByTimeAsync(400);
  goes();
  expect(await windows.thisWindow()).toBe("mine");
});

it("a duplicated window is another one, and remembers that", async () => {
  locks.hold(lockOf("mine"));
  const { windows, session } = load("mine");
  await jest.advanceTimersByTimeAsync(600);
  const id = await windows.thisWindow();
  expect(id).not.toBe("mine");
  expect([await held(), session.get(NAME)]).toEqual([[lockOf("mine"), lockOf(id)], id]);
});

it("without locks a window keeps its id, and knows of itself alone", async () => {
  inBrowser(locks);
  Object.assign(locks, { request: undefined, query: undefined });
  const { windows } = load("mine");
  expect([...(await windows.openWindows())]).toEqual(["mine"]);
});
