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

test("a window of an older version does not stand in the way of a newer one", async ({ browserWindow, site }) => {
  const former = await open(browserWindow, site.url);
  await capture(former, "There");
  await former.close();
  // To this worker every database looks as if a newer version had written it: SQLite keeps the number in the first page.
  const older = site.withWorker(
    "older",
    `const read = FileSystemSyncAccessHandle.prototype.read;
     FileSystemSyncAccessHandle.prototype.read = function (buffer, at) {
       const count = read.call(this, buffer, at);
       const bytes = ArrayBuffer.isView(buffer) ? new Uint8Array(buffer.buffer, buffer.byteOffset, count) : new Uint8Array(buffer, 0, count);
       if (count >= 100 && String.fromCharCode(...bytes.subarray(0, 15)) === "SQLite format 3") bytes.set([0, 0, 0x27, 0x0f], 60);
       return count;
     };`,
  );
  const first = await open(browserWindow, older);
  expect(await tryAsk(first, { call: "overview" })).toMatchObject({ failure: { code: "storage_too_new" } });
  const second = await open(browserWindow, site.url);
  await expect.poll(async () => (await overview(second)).leader).toBe("here");
  expect((await places(second)).map(({ name }) => name)).toEqual(["There"]);
  // And the older one is answered by the newer.
  await expect.poll(async () => tryAsk(first, { call: "overview" })).toMatchObject({ answer: { leader: "elsewhere" } });
});

/** A worker that says another version of what workers say to each other. */
const speaking = (version: number) =>
  `const post = BroadcastChannel.prototype.postMessage;
   BroadcastChannel.prototype.postMessage = function (message) {
     post.call(this, { ...message, version: ${version} });
   };`;

test("a window that speaks an older version is told to load anew, and disturbs nobody", async ({ browserWindow, site }) => {
  const first = await open(browserWindow, site.url);
  await capture(first, "There");
  const second = await open(browserWindow, site.withWorker("speaks-older", speaking(0)));
  for (const call of [{ call: "overview" }, { call: "list" }] as const) {
    expect(await tryAsk(second, call)).toMatchObject({ failure: { code: "storage_too_new" } });
  }
  expect((await places(first)).map(({ name }) => name)).toEqual(["There"]);
  expect((await overview(first)).leader).toBe("here");
});

test("a leader lets a window with a newer version lead", async ({ browserWindow, site }) => {
  const first = await open(browserWindow, site.url);
  await capture(first, "There");
  const second = await open(browserWindow, site.withWorker("speaks-newer", speaking(2)));
  await expect.poll(async () => (await overview(second)).leader).toBe("here");
  expect((await places(second)).map(({ name }) => name)).toEqual(["There"]);
});

test("what was asked in a window is not done to the account that another window has signed in to meanwhile", async ({
  browserWindow,
  site,
  account,
}) => {
  const first = await open(browserWindow, site.url);
  const { store } = await overview(first);
  const second = await open(browserWindow, site.url);
  await signIn(second, site, account);
  const clientId = crypto.randomUUID();
  const asked = first.evaluate(
    async ([store, clientId, position]) => {
      const call = { call: "capture", clientId, name: "Private", position } as const;
      return window.core.perform(call, store).then(
        () => "captured",
        (error: unknown) => (error as { code: string }).code,
      );
    },
    [store, clientId, HERE] as const,
  );
  expect(await asked).toBe("other_account");
  expect(await places(second)).toEqual([]);
});

test("a call that its window has given up is not carried out any more", async ({ browserWindow, site }) => {
  // This leader hears of what it is asked only when it is let go on; after the window that asks has given up.
  const slow = site.withWorker(
    "slow",
    `const channels = [];
     const Native = BroadcastChannel;
     globalThis.BroadcastChannel = class extends Native {
       set onmessage(hear) {
         super.onmessage = (event) => {
           if (event.data.type !== "call" || event.data.asked.call.call !== "capture") return hear(event);
           setTimeout(() => hear(event), Math.max(0, event.data.asked.until - Date.now() + 500));
         };
       }
     };`,
  );
  const first = await open(browserWindow, slow);
  await overview(first);
  const second = await open(browserWindow, `${site.url}/?patience=1000`);
  const captured = tryAsk(second, { call: "capture", clientId: crypto.randomUUID(), name: "Too late", position: HERE });
  expect(await captured).toMatchObject({ failure: { code: "unavailable" } });
  expect(await places(first)).toEqual([]);
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
