// Where the browser doesn't promise to keep anything, or can't.

import { button, goTo, rows, said, words } from "../support/app";
import { permit } from "../support/phone";
import { expect, test } from "../support/test";

test("where the browser doesn't promise to keep what is stored, saving says so, with what can be done", async ({ phone }) => {
  await permit(phone, ["geolocation"]);
  await phone.reload();
  await button(phone, words.home.save).click();
  await expect(said(phone, words.home.savedWarning)).toBeVisible();
  await expect(phone.getByText(words.banners.storage.title)).toBeVisible();
  await button(phone, words.banners.keep).click();
  await expect(said(phone, words.settings.persistNo)).toBeVisible();
});

test("the warning about the storage can be put away for a week; each save and the settings go on to say it", async ({ phone, network }) => {
  await permit(phone, ["geolocation"]);
  await phone.clock.install();
  await phone.reload();
  await button(phone, words.home.save).click();
  const warning = phone.getByText(words.banners.storage.title);
  await expect(warning).toBeVisible();
  await button(phone, words.banners.putAway).click();
  await expect(warning).toHaveCount(0);
  await phone.goto(`${network.url}/app/`);
  await expect(rows(phone)).toHaveCount(1);
  await expect(warning).toHaveCount(0);
  await button(phone, words.home.save).click();
  await expect(said(phone, words.home.savedWarning)).toBeVisible();
  await goTo(phone, "settings");
  await expect(button(phone, words.settings.persist)).toBeVisible();
  await phone.clock.setSystemTime(Date.now() + 8 * 24 * 60 * 60_000);
  await phone.goto(`${network.url}/app/`);
  await expect(warning).toBeVisible();
});

test("a browser without a store for files is told so honestly, and nothing pretends to save", async ({ open, network, watch }) => {
  // A worker has a world of its own, which only what it loads can change.
  const without = "Object.defineProperty(StorageManager.prototype, 'getDirectory', { value: () => Promise.reject(new DOMException('no', 'SecurityError')) });\n";
  network.rewrite(/^\/app\/core\/.*worker.*\.js$/, (body) => without + String(body));
  watch.allowFailures();
  const page = await open(null, { baseURL: network.url, viewport: { width: 390, height: 844 } });
  await page.goto("/app/");
  await expect(page.getByRole("alert").filter({ visible: true }).first()).toBeVisible();
  await button(page, words.home.save).click();
  await expect(said(page, new RegExp(`^${words.home.notSaved}`))).toBeVisible();
  await expect(rows(page)).toHaveCount(0);
});

test("at an address that browsers give no storage, the app says which address it needs, and offers nothing that would not be kept", async ({
  open,
  network,
}) => {
  const page = await open(null, { baseURL: network.url, viewport: { width: 390, height: 844 } });
  await page.addInitScript(() => Object.defineProperty(window, "isSecureContext", { get: () => false }));
  await page.goto("/app/");
  await expect(page.getByRole("alert").filter({ hasText: words.failure.notSecure })).toBeVisible();
  await expect(button(page, words.home.save)).toHaveCount(0);
  // What it still loads must not meet a network that has ended.
  await page.close();
});
