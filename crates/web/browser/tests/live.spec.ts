// What happens elsewhere arrives on an open page, and does not disturb who reads or writes there.

import type { Page } from "@playwright/test";
import { Device } from "../support/device";
import { change, expect, save, test, type Values } from "../support/test";

const OAK = { latitude: 47.4979, longitude: 8.7291, name: "Old oak", note: "Shade" } satisfies Values;

/** Opens a page and waits until it listens. */
async function listening(page: Page, path: string): Promise<void> {
  const stream = page.waitForResponse("**/v1/sync/events");
  await page.goto(path);
  expect((await stream).status()).toBe(200);
}

test("a place saved on a device appears in an open list and on its map without a reload", async ({ page, server, device }) => {
  await save(page, server, OAK);
  await listening(page, "/places");
  await page.evaluate(() => document.documentElement.setAttribute("data-same-page", ""));
  await expect(page.locator(".map-marker")).toHaveCount(1);
  await device.holdfast(["save", "47.52", "8.78", "--name", "Spring", "--tag", "water"]);
  await device.sync();
  const row = page.locator(".row", { hasText: "Spring" });
  await expect(row).toBeVisible();
  await expect(row).toContainText("#water");
  await expect(page.locator("#count")).toHaveText("2 places of your own");
  await expect(page.locator(".map-marker")).toHaveCount(2);
  await expect(page.getByRole("status").filter({ hasText: "1 new place" })).toHaveCount(1);
  await expect(page.locator("html")).toHaveAttribute("data-same-page");

  await device.holdfast(["edit", "Spring", "--name", "Cold spring"]);
  await device.sync();
  await expect(page.locator(".row", { hasText: "Cold spring" })).toBeVisible();
  await device.holdfast(["delete", "Old oak"]);
  await device.sync();
  await expect(page.locator(".row")).toHaveCount(1);
  await expect(page.locator(".map-marker:visible")).toHaveCount(1);
  await expect(page.locator(".map-marker:visible")).toHaveAccessibleName("Cold spring");
});

test("the first place leaves the empty state behind", async ({ page, device }) => {
  await listening(page, "/places");
  await expect(page.getByRole("heading", { name: "Save your first place" })).toBeVisible();
  await device.holdfast(["save", "46.2", "7.1", "--name", "Spring"]);
  await device.sync();
  await expect(page.locator(".row")).toContainText("Spring");
  await expect(page.getByRole("heading", { name: "Save your first place" })).toBeHidden();
});

test("what is being read does not move, and the row in focus or under the pointer stays", async ({ page, server, device }) => {
  for (let n = 0; n < 40; n++) await save(page, server, { ...OAK, name: `Place ${n}` });
  await listening(page, "/places");
  const reading = page.locator(".row", { hasText: /Place 12\b/ });
  await reading.scrollIntoViewIfNeeded();
  await page.evaluate(() => scrollTo(0, scrollY + 200));
  await reading.getByRole("link").focus();
  await reading.hover();
  const before = await reading.boundingBox();
  const element = await reading.elementHandle();
  await device.holdfast(["save", "46.2", "7.1", "--name", "Spring"]);
  await device.holdfast(["save", "46.3", "7.2", "--name", "Well"]);
  await device.sync();
  await expect(page.locator(".row", { hasText: "Well" })).toHaveCount(1);
  expect(Math.abs(((await reading.boundingBox())?.y ?? 0) - (before?.y ?? 0))).toBeLessThan(2);
  await expect(reading.getByRole("link")).toBeFocused();
  expect(await element?.evaluate((row) => row.isConnected && row.matches(":hover"))).toBe(true);
});

test("at the very top the list stays at the top, and what is new is seen", async ({ page, server, device }) => {
  for (let n = 0; n < 40; n++) await save(page, server, { ...OAK, name: `Place ${n}` });
  await listening(page, "/places");
  for (const name of ["Spring", "Well"]) {
    await device.holdfast(["save", "46.2", "7.1", "--name", name]);
    await device.sync();
    await expect(page.locator(".row").first()).toContainText(name);
    await expect(page.locator(".row").first()).toBeInViewport();
    expect(await page.evaluate(() => scrollY)).toBe(0);
  }
});

test("a change elsewhere is said on the form, which keeps what was typed", async ({ page, server }) => {
  const path = await save(page, server, OAK);
  await listening(page, `${path}/edit`);
  await page.getByLabel("Note").fill("Half written");
  await change(page, server, path, OAK, { name: "Very old oak" });
  await expect(page.getByText("This place has been changed elsewhere meanwhile.")).toBeVisible();
  await expect(page.getByLabel("Note")).toHaveValue("Half written");
  await expect(page.getByLabel("Name")).toHaveValue("Old oak");
});

test("a place that is put into the trash elsewhere is said on its form, which keeps what was typed", async ({ page, server, device, watch }) => {
  const path = await save(page, server, OAK);
  await device.sync();
  await listening(page, `${path}/edit`);
  await page.getByLabel("Note").fill("Half written");
  watch.expect(409);
  await device.holdfast(["delete", "Old oak"]);
  await device.sync();
  await expect(page.getByText("This place has been put into the trash elsewhere meanwhile.")).toBeVisible();
  await expect(page.getByLabel("Note")).toHaveValue("Half written");
  await page.getByRole("button", { name: "Save changes" }).click();
  await page.getByRole("button", { name: "Restore the place and save my change" }).click();
  await expect(page.locator(".note")).toHaveText("Half written");
});

test("a device that syncs is seen on the page of devices without a reload", async ({ page, device }) => {
  await listening(page, "/devices");
  await device.holdfast(["save", "46.2", "7.1"]);
  await device.sync();
  await expect(page.locator(".device", { hasText: "phone" }).locator("div", { hasText: /^Last sync/ }).last()).toContainText(/\d\d:\d\d/);
});

test("the app that pairs in a browser appears beside its code, too", async ({ page, server }) => {
  await page.goto("/devices");
  await page.getByRole("button", { name: "Show a code" }).click();
  const code = (await page.locator("[data-code]").textContent()) ?? "";
  await server.signInApp({ code }, "Pixel 8");
  await expect(page.getByText("Pixel 8 is paired. A code pairs one device")).toBeVisible();
  await expect(page.locator(".device", { hasText: "Pixel 8" })).toContainText("Holdfast app, in a browser");
});

test("a device that pairs appears beside its code, which is used up then", async ({ page, server }) => {
  const device = new Device();
  await page.goto("/devices");
  await page.getByRole("button", { name: "Show a code" }).click();
  const code = (await page.locator("[data-code]").textContent()) ?? "";
  await device.holdfast(["pair", server.url, "--code", code, "--device-name", "kitchen"]);
  await expect(page.locator(".device", { hasText: "kitchen" })).toBeVisible();
  await expect(page.getByText("kitchen is paired. A code pairs one device and is used up then.")).toBeVisible();
  await expect(page.locator("[data-code]")).toHaveCount(0);
  device.remove();
});
