// The phone app and the pages in one browser: they share an origin, and nothing else.

import type { Page } from "@playwright/test";
import { expect, save, test } from "../support/test";

/** Opens the app, and waits until the browser keeps it. */
async function install(page: Page): Promise<void> {
  await page.goto("/app/");
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
    if (navigator.serviceWorker.controller) return;
    await new Promise((resolve) => navigator.serviceWorker.addEventListener("controllerchange", resolve, { once: true }));
  });
}

/** Opens the app without a network. */
async function openOffline(page: Page): Promise<void> {
  await page.context().setOffline(true);
  await page.goto("/app/");
  await expect(page.locator("#root > *").first()).toBeVisible();
  await page.context().setOffline(false);
}

test("the pages of a browser that keeps the app come from the server, and signing out of them takes nothing from the app", async ({
  page,
  server,
  watch,
}) => {
  const app = await fetch(`${server.url}/app/`);
  expect(app.status, "the server that is tested has the app in it: `cargo xtask phone`").toBe(200);
  watch.allowOffline();
  await install(page);
  await save(page, server, { latitude: 47, longitude: 8, name: "Old oak" });
  await page.goto("/places");
  await expect(page.locator(".row-name")).toHaveText("Old oak");
  expect(await page.evaluate(() => navigator.serviceWorker.controller)).toBeNull();
  await page.context().setOffline(true);
  await expect(page.goto("/places"), "a page is never an old one that was kept").rejects.toThrow("ERR_INTERNET_DISCONNECTED");
  await page.context().setOffline(false);
  await openOffline(page);

  await page.goto("/account");
  await page.getByRole("button", { name: "Sign out of this browser" }).click();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await openOffline(page);
});
