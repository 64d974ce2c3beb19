// How long a tap takes until its place is durable and said to be, beside the least that a browser needs to make bytes durable.
// Printed, not asserted: how fast a machine is, is no property of the app.

import { button, rows, words } from "../support/app";
import { expect, test } from "../support/test";

const TAPS = 40;

/** Appends 4 KiB to a file in the browser's private storage and flushes, as a commit does at the very least. */
const BARE_COMMIT = `
onmessage = async ({ data: count }) => {
  const folder = await navigator.storage.getDirectory();
  const handle = await (await folder.getFileHandle("bare-commit", { create: true })).createSyncAccessHandle();
  const page = crypto.getRandomValues(new Uint8Array(4096));
  const times = [];
  for (let i = 0; i < count; i++) {
    const begun = performance.now();
    handle.write(page, { at: i * page.length });
    handle.flush();
    times.push(performance.now() - begun);
  }
  handle.close();
  await folder.removeEntry("bare-commit");
  postMessage(times);
};
`;

const at = (times: number[], part: number) => [...times].sort((a, b) => a - b)[Math.ceil(times.length * part) - 1] ?? Number.NaN;
const shown = (times: number[]) => `p50 ${at(times, 0.5).toFixed(1)} ms, p95 ${at(times, 0.95).toFixed(1)} ms`;

test("from the tap to the words that it is saved", async ({ phone, network }) => {
  network.serve("/app/bare-commit.js", "text/javascript", BARE_COMMIT);
  const bare = await phone.evaluate(
    (count) =>
      new Promise<number[]>((resolve, reject) => {
        const worker = new Worker("/app/bare-commit.js");
        worker.onmessage = ({ data }) => (worker.terminate(), resolve(data as number[]));
        worker.onerror = () => reject(new Error("the bare commits failed"));
        worker.postMessage(count);
      }),
    TAPS,
  );
  const taps: number[] = [];
  for (let i = 0; i < TAPS; i++) {
    await expect(button(phone, words.home.save)).toBeEnabled();
    taps.push(
      await phone.evaluate(
        ([save, saved]) =>
          new Promise<number>((resolve) => {
            const begun = performance.now();
            // The list's first row is the newest place.
            const first = () => document.querySelector("main a[href*='/place/'], [role=main] a[href*='/place/']")?.getAttribute("href");
            const before = first();
            const seen = new MutationObserver(() => {
              if (first() === before || !document.body.textContent?.includes(saved ?? "")) return;
              seen.disconnect();
              resolve(performance.now() - begun);
            });
            seen.observe(document.body, { subtree: true, childList: true, characterData: true });
            document.querySelector<HTMLElement>(`[role=button][aria-label="${save}"], button[aria-label="${save}"]`)?.click();
          }),
        [words.home.save, words.home.saved],
      ),
    );
    // A second touch sooner is taken for a trembling finger.
    await phone.waitForFunction((since) => performance.now() - since > 720, await phone.evaluate(() => performance.now()));
  }
  await expect.poll(() => rows(phone).count()).toBeGreaterThan(5);
  console.log(`tap to saved, of ${TAPS}: ${shown(taps)}; a bare commit of 4 KiB in the same browser: ${shown(bare)}`);
});
