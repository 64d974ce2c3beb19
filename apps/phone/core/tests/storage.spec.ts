import type { Page } from "@playwright/test";
import { ask, capture, expect, open, overview, places, test, tryAsk } from "./support/test";

test("a browser that lets nothing be stored says so to every call", async ({ profile, site }) => {
  // "Block all site data", as a person can set it.
  profile.prefer({ profile: { default_content_setting_values: { cookies: 2 } } });
  const page = await open(await profile.start(), site.url);
  for (const call of [{ call: "overview" }, { call: "list" }] as const) {
    const result = await tryAsk(page, call);
    expect(result).toMatchObject({ failure: { code: "storage_refused" } });
  }
});

test("where the worker can't be loaded every call says so, and nothing waits for ever", async ({ browserWindow, site }) => {
  const page = await open(browserWindow, `${site.url}/?worker=/nowhere.js`);
  const clientId = crypto.randomUUID();
  const position = { latitude: 1, longitude: 2 };
  const result = await tryAsk(page, { call: "capture", clientId, name: "Not kept", position });
  expect(result).toMatchObject({ failure: { code: "unavailable" } });
});

test("where the quota is used up a capture says that it was not saved, and works again when there is room", async ({
  browserWindow,
  site,
}) => {
  const page = await open(browserWindow, site.url);
  await capture(page, "Before");
  const session = await page.context().newCDPSession(page);
  const { usage } = await session.send("Storage.getUsageAndQuota", { origin: site.url });
  const quota = (quotaSize?: number) =>
    session.send("Storage.overrideQuotaForOrigin", { origin: site.url, ...(quotaSize === undefined ? {} : { quotaSize }) });
  await quota(usage + 40_000);
  const note = "x".repeat(9_000);
  const more = (name: string) =>
    tryAsk(page, { call: "capture", clientId: crypto.randomUUID(), name, note, position: { latitude: 1, longitude: 2 } });
  let saved = 0;
  let failed;
  for (; saved < 400 && !failed; saved++) {
    const result = await more(`Filling ${saved}`);
    if ("failure" in result) failed = result.failure;
  }
  expect(failed?.code).toBe("storage_full");
  expect(await places(page)).toHaveLength(saved);
  await quota();
  expect("answer" in (await more("After"))).toBe(true);
});

test("a damaged database is rescued into another, and that is told", async ({ profile, site }) => {
  const context = await profile.start();
  const page = await open(context, site.url);
  // More than the log holds, so that the database itself has most of it.
  await page.evaluate(async () => {
    for (let i = 0; i < 500; i++) {
      const call = { call: "capture", clientId: window.lib.newClientId(), name: `Place ${i}` } as const;
      await window.core.perform({ ...call, position: { latitude: 1, longitude: 2 } });
    }
  });
  await page.close();
  const other = await context.newPage();
  await other.goto(`${site.url}/?worker=data:text/javascript,`);
  await damage(other);
  await other.close();

  const again = await open(context, site.url);
  const { status } = await overview(again);
  expect(status.recovery).toMatchObject({ setAside: "anonymous.db" });
  const kept = (await ask(again, { call: "list", limit: 1000 })).places;
  expect(kept.length).toBeGreaterThan(250);
  await capture(again, "After");
  expect((await places(again))[0]?.name).toBe("After");
});

test("whether the browser keeps what is stored is told, and a refusal is a warning only", async ({ browserWindow, site }) => {
  const page = await open(browserWindow, site.url);
  expect((await overview(page)).storage).toMatchObject({ persisted: "unknown" });
  await page.evaluate(() => (navigator.storage.persist = async () => false));
  expect(await ask(page, { call: "persist" })).toMatchObject({ persisted: "denied" });
  await capture(page, "All the same");
  const { storage } = await overview(page);
  expect(storage.persisted).toBe("denied");
  expect(storage.used).toBeGreaterThan(0);
});

/** Overwrites a part of the database of places without an account, once nobody has it open any more. */
async function damage(page: Page): Promise<void> {
  const done = await page.evaluate(async () => {
    const script = `onmessage = async () => {
      let damaged = 0;
      const walk = async (folder) => {
        for await (const [name, entry] of folder.entries()) {
          if (entry.kind === "directory") { await walk(entry); continue; }
          let handle;
          for (;;) {
            try { handle = await entry.createSyncAccessHandle(); break; }
            catch { await new Promise((resolve) => setTimeout(resolve, 20)); }
          }
          const header = new Uint8Array(512);
          handle.read(header, { at: 0 });
          const path = new TextDecoder().decode(header).replace(/\\0.*/s, "");
          const size = handle.getSize();
          if (path.endsWith("anonymous.db")) {
            // Behind the pool's own header: a few pages in the middle and at the end.
            const page = 4096, pages = Math.floor((size - page) / page);
            for (const at of [Math.floor(pages * 0.6), pages - 2]) {
              handle.write(new Uint8Array(page).fill(0xa5), { at: page + at * page });
            }
            handle.flush();
            damaged = pages;
          }
          handle.close();
        }
      };
      await walk(await navigator.storage.getDirectory());
      postMessage(damaged);
    }`;
    const worker = new Worker(URL.createObjectURL(new Blob([script], { type: "text/javascript" })));
    return new Promise<number>((resolve) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.postMessage("go");
    });
  });
  expect(done).toBeGreaterThan(10);
}
