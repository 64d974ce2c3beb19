import { ask, capture, expect, HERE, open, places, test } from "./support/test";

test("a capture is there after the browser was killed the moment it was answered", async ({ profile, site }) => {
  const page = await open(await profile.start(), site.url);
  await ask(page, { call: "overview" });
  for (let round = 1; round <= 3; round++) {
    await capture(page, `Round ${round}`);
  }
  await profile.kill();

  const again = await open(await profile.start(), site.url);
  expect((await places(again)).map((place) => [place.name, place.state.is])).toEqual(
    ["Round 3", "Round 2", "Round 1"].map((name) => [name, "savedOnDevice"]),
  );
});

test("the same capture twice is one place, and a better fix places and improves it", async ({ browserWindow, site }) => {
  const page = await open(browserWindow, site.url);
  const clientId = crypto.randomUUID();
  const waiting = { call: "capture", clientId, name: "Spring" } as const;
  expect((await ask(page, waiting)).new).toBe(true);
  expect((await ask(page, waiting)).new).toBe(false);
  expect((await places(page)).map((place) => place.state.is)).toEqual(["waitingForPosition"]);

  const fix = (accuracy: number) => ask(page, { call: "fix", clientId, position: { ...HERE, accuracy } });
  expect((await fix(30)).outcome).toBe("placed");
  expect((await fix(9)).outcome).toBe("improved");
  expect((await fix(50)).outcome).toBe("notBetter");
  const [place] = await places(page);
  expect(place?.position?.accuracy).toBe(9);

  const undone = await ask(page, { call: "undoCapture", clientId });
  expect(undone.outcome).toBe("vanished");
  expect(await places(page)).toEqual([]);
});

test("how long a capture takes until it is durable, beside a bare write and flush", async ({ browserWindow, site }) => {
  test.setTimeout(120_000);
  const page = await open(browserWindow, site.url);
  await capture(page, "Warm");
  const times = await page.evaluate(async (position) => {
    const taken: number[] = [];
    for (let i = 0; i < 200; i++) {
      const clientId = window.lib.newClientId();
      const start = performance.now();
      await window.core.perform({ call: "capture", clientId, name: `Place ${i}`, position });
      taken.push(performance.now() - start);
    }
    return taken;
  }, HERE);
  // The same disk, the same browser: 4 kB written and flushed through one bare handle.
  const bare = await page.evaluate(async () => {
    const script = `onmessage = async () => {
      const root = await navigator.storage.getDirectory();
      const file = await root.getFileHandle("bare", { create: true });
      const handle = await file.createSyncAccessHandle();
      const page = new Uint8Array(4096), taken = [];
      for (let i = 0; i < 200; i++) {
        const start = performance.now();
        handle.write(page, { at: i * 4096 });
        handle.flush();
        taken.push(performance.now() - start);
      }
      handle.close();
      postMessage(taken);
    }`;
    const worker = new Worker(URL.createObjectURL(new Blob([script], { type: "text/javascript" })));
    return new Promise<number[]>((resolve) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.postMessage("go");
    });
  });
  const at = (all: number[], share: number) => all.toSorted((a, b) => a - b)[Math.floor(all.length * share)]!.toFixed(2);
  const line = (all: number[]) => `p50 ${at(all, 0.5)} ms, p95 ${at(all, 0.95)} ms`;
  console.log(`capture to durable: ${line(times)}; bare write and flush: ${line(bare)}`);
  expect(await ask(page, { call: "overview" })).toMatchObject({ status: { pending: 201 } });
});
