// From the link that a new server prints to a paired phone.

import { Device } from "../support/device";
import { expect, mapDrawn, test } from "../support/test";

test("a new server leads from its setup link to the first place and a paired device", async ({ fresh, open, watch }) => {
  const page = await open(null);
  await page.goto(fresh.setupLink);
  await page.getByLabel("E-mail address").fill("ada@example.org");
  await page.getByLabel("Password").fill("correct horse battery");
  await page.getByLabel("The same again").fill("correct horse battery");
  await page.getByRole("button", { name: "Make the account" }).click();

  await expect(page.getByText("Welcome. Your account is made")).toBeVisible();
  await expect(page.getByRole("heading", { name: "Save your first place" })).toBeVisible();
  await page.getByRole("link", { name: "Save one here" }).click();
  await mapDrawn(page);
  const map = page.getByRole("region", { name: "Map to set the position on" });
  await map.click({ position: { x: 200, y: 150 } });
  await expect(page.locator(".map-pin")).toBeVisible();
  await expect(page.getByLabel("Latitude")).toHaveValue(/^-?\d+\.\d{6}$/);
  await expect(page.getByLabel("Longitude")).toHaveValue(/^-?\d+\.\d{6}$/);
  await page.getByLabel("Name").fill("Old oak");
  await page.getByRole("button", { name: "Save the place" }).click();
  await expect(page.getByText("Saved. The place is on the server")).toBeVisible();
  await expect(page.getByRole("heading", { level: 1, name: "Old oak" })).toBeVisible();

  await page.getByRole("link", { name: "Places", exact: true }).first().click();
  await expect(page.locator(".row")).toHaveCount(1);
  await expect(page.locator(".row")).toContainText("Old oak");
  await expect(page.locator(".row")).toContainText("Only you");
  await expect(page.locator(".map-marker")).toHaveAccessibleName("Old oak");

  await page.getByRole("link", { name: "Devices" }).click();
  await page.getByRole("button", { name: "Show a code" }).click();
  const code = (await page.locator("[data-code]").textContent()) ?? "";
  expect(code).toMatch(/^[0-9A-Z]{4}-[0-9A-Z]{4}$/);
  await expect(page.getByRole("img", { name: /QR code/ }).locator("svg")).toBeVisible();
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"], { origin: fresh.url });
  await page.getByRole("button", { name: "Copy the link" }).click();
  await expect(page.getByRole("button", { name: "Copied" })).toBeVisible();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  // What the phone's camera opens is the app itself.
  expect(link).toBe(`${fresh.url}/app/sign-in#${code}`);

  const device = new Device();
  await device.holdfast(["pair", link, "--device-name", "Pixel"]);
  // The page with the code sees it come, and sync, by itself.
  const card = page.locator(".device", { hasText: "Pixel" });
  await device.holdfast(["save", "47.1", "8.2", "--name", "Elm"]);
  await device.sync();
  await expect(card).toBeVisible();
  await expect(page.getByText("is paired. A code pairs one device and is used up then.")).toBeVisible();
  await expect(page.locator("[data-code]")).toHaveCount(0);
  expect(await device.holdfast(["list"])).toContain("Old oak");
  await expect(card.locator("div", { hasText: /^Last sync/ }).last()).toContainText(/\d\d:\d\d/);
  await expect(card).toContainText("nothing, as it said at its last sync");

  // Used once, the code is worth nothing.
  const late = new Device();
  await late.holdfast(["pair", link], [1, 2, 3, 4, 5, 6, 7, 8]);
  device.remove();
  late.remove();
  expect(watch.problems).toEqual([]);
});

test("somebody who is not signed in comes to the page they wanted after signing in", async ({ open, account }) => {
  const page = await open(null);
  await page.goto("/places?q=oak");
  await expect(page).toHaveURL(/\/sign-in\?next=/);
  await page.getByLabel("E-mail address").fill(account.email);
  await page.getByLabel("Password").fill(account.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(/\/places\?q=oak$/);
  await page.getByRole("link", { name: "Account" }).click();
  await page.getByRole("button", { name: "Sign out of this browser" }).click();
  await expect(page).toHaveURL(/\/sign-in$/);
  await page.goto("/places");
  await expect(page).toHaveURL(/\/sign-in$/);
});
