import { beforeEach, expect, it, jest } from "@jest/globals";

/** A browser's own history, which goes where it was told only when the test says so. */
class Browser {
  entries: { id?: string }[] = [{ id: "list" }];
  at = 0;
  asked: number[] = [];
  heard: (string | undefined)[] = [];
  readonly listeners: ((event: unknown) => void)[] = [];

  get state() {
    return this.entries[this.at];
  }
  pushState = (state: { id?: string }) => {
    this.entries = [...this.entries.slice(0, this.at + 1), state];
    this.at += 1;
  };
  replaceState = (state: { id?: string }) => {
    this.entries[this.at] = state;
  };
  go = (delta: number) => void this.asked.push(delta);

  /** What was asked for is done, or the person's own step. */
  arrive(delta = this.asked.shift() ?? 0) {
    this.at += delta;
    let isStopped = false;
    const event = { state: this.state, stopImmediatePropagation: () => (isStopped = true) };
    for (const listener of this.listeners) if (!isStopped) listener(event);
  }
}

let browser: Browser;
beforeEach(() => {
  jest.useFakeTimers();
  browser = new Browser();
  Object.assign(globalThis, { history: browser, addEventListener: (_: string, listener: never) => void browser.listeners.push(listener) });
  jest.isolateModules(() => void jest.requireActual("../src/platform/history.web"));
  // The router's.
  browser.listeners.push((event) => void browser.heard.push((event as { state?: { id?: string } }).state?.id));
  browser.pushState({ id: "oak" });
});
const now = () => browser.entries.slice(0, browser.at + 1).map(({ id }) => id);

it("a way back that the browser goes in time is the router's to hear of", () => {
  browser.go(-1);
  browser.arrive();
  expect([browser.heard, now()]).toEqual([["list"], ["list"]]);
});

it("one that comes late is kept from the router, and the browser is told where the app is by now", () => {
  browser.go(-1);
  jest.advanceTimersByTime(150);
  browser.pushState({ id: "spring" });
  // The browser meant the entry before the one it was at when it was asked.
  browser.at = 1;
  browser.arrive();
  expect([browser.heard, now()]).toEqual([[], ["list", "spring"]]);
});

it("also where the browser begins it only after the router has gone on", () => {
  browser.go(-1);
  jest.advanceTimersByTime(150);
  browser.pushState({ id: "spring" });
  browser.arrive();
  expect([browser.heard, now()]).toEqual([[], ["list", "oak", "spring"]]);
});

it("the person's own way back is the router's to hear of, though one of its own was never gone", () => {
  browser.pushState({ id: "spring" });
  browser.pushState({ id: "position" });
  browser.go(-1);
  jest.advanceTimersByTime(150);
  browser.pushState({ id: "outbox" });
  browser.asked = [];
  browser.arrive(-3);
  expect(browser.heard).toEqual(["oak"]);
  // What was meant before is over: the next one is heard, too.
  browser.arrive(1);
  expect(browser.heard).toEqual(["oak", "spring"]);
});

it("after a while no late word is expected any more", () => {
  browser.go(-1);
  jest.advanceTimersByTime(5_000);
  browser.arrive(-1);
  expect(browser.heard).toEqual(["list"]);
});
