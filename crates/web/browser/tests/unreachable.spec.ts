// The server or the network goes away in the middle of something.

import type { Page, Request } from "@playwright/test";
import { target } from "../support/paths";
import { expect, mapDrawn, save, settled, signIn, test, type Values } from "../support/test";

const OAK = { latitude: 47.4979, longitude: 8.7291, name: "Old oak", note: "Shade" } satisfies Values;
const UNREACHED = "The server can’t be reached. Nothing is lost: what you typed stays here. Try again.";

test("what was typed into a form stays while there is no network, and is saved by the same button afterwards", async ({ page, server, watch }) => {
  const path = await save(page, server, OAK);
  await page.goto(`${path}/edit`);
  await mapDrawn(page);
  await page.getByLabel("Name").fill("Very old oak");
  await page.getByLabel("Note").fill("First line\nsecond line");
  watch.allowOffline();
  await page.context().setOffline(true);
  const button = page.getByRole("button", { name: "Save changes" });
  for (let times = 0; times < 2; times++) {
    await button.click();
    await expect(page.getByRole("alert")).toHaveText(UNREACHED);
    await expect(page.getByRole("alert")).toHaveCount(1);
    await expect(button).not.toHaveAttribute("aria-disabled");
  }
  await page.screenshot({ path: target("screenshots/edit-unreached.png") });
  await expect(page.getByLabel("Note")).toHaveValue("First line\nsecond line");
  await page.context().setOffline(false);
  await button.click();
  await expect(page.getByText("Your change is saved.")).toBeVisible();
  await expect(page.getByRole("heading", { level: 1, name: "Very old oak" })).toBeVisible();
});

test("a new place is not sent to a server that says nothing, and is made once when it does again", async ({ fresh, open, watch }) => {
  const account = await fresh.addAccount();
  const page = await open(null, { baseURL: fresh.url });
  await signIn(page.context(), fresh, account);
  await page.goto("/places/new");
  await page.getByLabel("Latitude").fill("47.5, 8.5");
  await page.getByLabel("Name").fill("Spring");
  // The answer that was given up.
  watch.allowOffline();
  fresh.freeze();
  try {
    await page.getByRole("button", { name: "Save the place" }).click();
    await expect(page.getByRole("alert")).toHaveText(UNREACHED);
    await expect(page.getByLabel("Name")).toHaveValue("Spring");
  } finally {
    fresh.thaw();
  }
  await page.getByRole("button", { name: "Save the place" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Spring" })).toBeVisible();
  await page.goto("/places");
  await expect(page.locator(".row")).toHaveCount(1);
});

test("a list without a connection says from when it is, until it is connected again", async ({ page, server, watch }) => {
  await page.clock.install({ time: new Date("2026-11-29T10:05:00Z") });
  await save(page, server, OAK);
  const stream = page.waitForResponse("**/v1/sync/events");
  await page.goto("/places");
  await stream;
  await mapDrawn(page);
  const line = page.locator(".not-connected");
  await expect(line).toHaveText("");
  watch.allowOffline();
  await page.context().setOffline(true);
  await page.clock.fastForward("00:05");
  await expect(line).toHaveText("");
  await page.clock.fastForward("00:20");
  await expect(line).toHaveText("Not connected. What you see is from 11:05.");
  await page.screenshot({ path: target("screenshots/list-not-connected.png") });
  await page.context().setOffline(false);
  await page.clock.fastForward("01:10");
  await expect(line).toHaveText("");
});

/** Sooner than a map asks again by itself. */
const SOON = { timeout: 8_000 };

/** Zooms in while no part of the map comes; then they could. `filled` is fulfilled once one of the parts that were missed has come. */
async function zoomIntoNothing(page: Page, patience: { timeout?: number } = {}): Promise<{ filled: Promise<unknown> }> {
  // Chromium's "offline" doesn't reach the requests of the map's worker.
  await page.route("**/map/tiles/**", (route) => route.abort("internetdisconnected"));
  const missed = new Set<string>();
  const miss = (request: Request) => void (request.url().includes("/map/tiles/") && missed.add(request.url()));
  page.on("request", miss);
  const first = page.waitForRequest("**/map/tiles/**");
  await page.getByRole("button", { name: "Zoom in" }).click();
  await first;
  await settled(page);
  page.off("request", miss);
  // Before they can come.
  const filled = page.waitForResponse((reply) => missed.has(reply.url()) && reply.ok(), patience);
  await page.unroute("**/map/tiles/**");
  return { filled };
}

test("a map that was moved without a connection gets its missing parts when there is one again", async ({ page, server, watch }) => {
  await save(page, server, OAK);
  await page.goto("/places");
  await mapDrawn(page);
  watch.allowOffline();
  await page.context().setOffline(true);
  const { filled } = await zoomIntoNothing(page, SOON);
  await page.context().setOffline(false);
  await filled;
});

test("a map whose server was away asks again by itself", async ({ page, server, watch }) => {
  await page.clock.install();
  await save(page, server, OAK);
  await page.goto("/places");
  await mapDrawn(page);
  watch.allowFailures();
  const { filled } = await zoomIntoNothing(page);
  await page.clock.fastForward("00:16");
  await filled;
});
