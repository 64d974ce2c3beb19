// What a page is still waiting for. The stream of changes never ends and is no part of that.

import { type BrowserContext, expect, type Page, type Request } from "@playwright/test";

class Traffic {
  readonly underWay = new Set<Request>();
  /** Tiles of the map that have come since the page was opened. */
  tiles = 0;
}

const traffic = new WeakMap<Page, Traffic>();

const of = (page: Page): Traffic => {
  const known = traffic.get(page) ?? new Traffic();
  traffic.set(page, known);
  return known;
};

function follow(page: Page): void {
  const seen = of(page);
  page.on("request", (request) => {
    if (request.isNavigationRequest() && request.frame() === page.mainFrame()) {
      seen.underWay.clear();
      seen.tiles = 0;
    }
    if (!request.url().endsWith("/v1/sync/events")) seen.underWay.add(request);
  });
  page.on("requestfailed", (request) => seen.underWay.delete(request));
  page.on("requestfinished", (request) => {
    seen.underWay.delete(request);
    if (request.url().includes("/map/tiles/")) seen.tiles++;
  });
}

/** Counts what the pages of a context ask for, from now on. */
export function followTraffic(context: BrowserContext): void {
  context.pages().forEach(follow);
  context.on("page", follow);
}

const frames = (page: Page) =>
  page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));

/** Waits until nothing is on its way, drawn or moving. */
export async function settled(page: Page): Promise<void> {
  await page.waitForLoadState("load");
  await page.evaluate(async () => {
    await document.fonts.ready;
    for (const animation of document.getAnimations()) {
      // One that never ends is left to run.
      if (Number.isFinite(animation.effect?.getComputedTiming().endTime)) animation.finish();
    }
  });
  await frames(page);
  await expect.poll(() => [...of(page).underWay].map((request) => request.url())).toEqual([]);
  await frames(page);
}

/** Waits until the page's map is there, with everything it shows. */
export async function mapDrawn(page: Page): Promise<void> {
  await expect(page.locator(".maplibregl-canvas")).toBeVisible();
  await expect.poll(() => of(page).tiles, { message: "tiles of the map" }).toBeGreaterThan(0);
  await settled(page);
}
