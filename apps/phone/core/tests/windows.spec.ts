import { ask, capture, expect, expectState, HERE, open, overview, places, signIn, test, tryAsk } from "./support/test";

test("two windows show the same places, and one of them leads", async ({ browserWindow, site }) => {
  const first = await open(browserWindow, site.url);
  expect((await overview(first)).leader).toBe("here");
  const second = await open(browserWindow, site.url);
  expect((await overview(second)).leader).toBe("elsewhere");
  await capture(second, "From the second");
  expect((await places(first)).map(({ name }) => name)).toEqual(["From the second"]);
  await expect.poll(() => first.evaluate(() => window.changes.includes("places"))).toBe(true);
});

test("when the leader's window is closed the other goes on", async ({ browserWindow, site, account }) => {
  const first = await open(browserWindow, site.url);
  await signIn(first, site, account);
  const second = await open(browserWindow, site.url);
  await capture(second, "Before");
  await first.close();
  await capture(second, "After");
  expect((await overview(second)).leader).toBe("here");
  await expectState(second, "Before", "synced");
  await expectState(second, "After", "synced");
});

test("a capture that the leader made and died over before it answered is one place", async ({ browserWindow, site }) => {
  // This leader does what it is asked, and its answers to others are never heard.
  const deaf = site.withWorker(
    "deaf",
    `const post = BroadcastChannel.prototype.postMessage;
     BroadcastChannel.prototype.postMessage = function (message) {
       if (message.type !== "result") post.call(this, message);
     };`,
  );
  const first = await open(browserWindow, deaf);
  await overview(first);
  const second = await open(browserWindow, site.url);
  const clientId = crypto.randomUUID();
  const captured = ask(second, { call: "capture", clientId, name: "Once", position: HERE });
  await expect.poll(async () => (await places(first)).length).toBe(1);
  await first.close();
  expect(await captured).toMatchObject({ new: false, place: { name: "Once" } });
  expect(await places(second)).toHaveLength(1);
});

test("a deletion that the leader carried out and died over is answered all the same", async ({ browserWindow, site }) => {
  const deaf = site.withWorker(
    "deaf-later",
    `const post = BroadcastChannel.prototype.postMessage;
     BroadcastChannel.prototype.postMessage = function (message) {
       if (message.type !== "result") post.call(this, message);
     };`,
  );
  const first = await open(browserWindow, deaf);
  const { key } = await capture(first, "To go");
  const second = await open(browserWindow, site.url);
  const deleted = ask(second, { call: "delete", key });
  await expect.poll(async () => (await places(first)).length).toBe(0);
  await first.close();
  expect(await deleted).toEqual({ outcome: "vanished", place: null });
});

test("a frozen window lets the others go on, and goes on itself afterwards", async ({ browserWindow, site }) => {
  const first = await open(browserWindow, site.url);
  await overview(first);
  const second = await open(browserWindow, site.url);
  await overview(second);
  await first.evaluate(() => document.dispatchEvent(new Event("freeze")));
  await expect.poll(async () => (await overview(second)).leader).toBe("here");
  await capture(second, "Meanwhile");
  // Asked while it is frozen: answered when it goes on.
  const listed = places(first);
  await first.evaluate(() => document.dispatchEvent(new Event("resume")));
  expect((await listed).map(({ name }) => name)).toEqual(["Meanwhile"]);
  expect((await overview(first)).leader).toBe("elsewhere");
});

test("a window whose WebAssembly is not there says so, lets the lock go, and is served by the next one", async ({ browserWindow, site }) => {
  const without = site.withWorker(
    "without-wasm",
    `const get = globalThis.fetch;
     globalThis.fetch = (what, how) => get(String(what).endsWith(".wasm") ? "/core/gone.wasm" : what, how);`,
  );
  const first = await open(browserWindow, without);
  const call = { call: "capture", clientId: crypto.randomUUID(), name: "Not kept", position: HERE } as const;
  expect(await tryAsk(first, call)).toMatchObject({ failure: { code: "unavailable" } });
  const second = await open(browserWindow, site.url);
  await capture(second, "From the second");
  expect((await overview(second)).leader).toBe("here");
  // From now on its worker needs no WebAssembly: whoever leads carries out its calls.
  await expect.poll(async () => tryAsk(first, { call: "overview" })).toMatchObject({ answer: { leader: "elsewhere" } });
  expect((await places(first)).map(({ name }) => name)).toEqual(["From the second"]);
});
