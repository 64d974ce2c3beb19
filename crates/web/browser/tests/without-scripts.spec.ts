// Everything but the map works in a browser without JavaScript.

import { readFileSync } from "node:fs";
import { fixture } from "../support/paths";
import { change, expect, save, test, type Values } from "../support/test";

const OAK = { latitude: 47.4979, longitude: 8.7291, name: "Old oak" } satisfies Values;

test("signing in, saving by numbers, editing, a conflict, the trash and back", async ({ open, account, server, watch }) => {
  const page = await open(null, { javaScriptEnabled: false });
  await page.goto("/");
  await page.getByLabel("E-mail address").fill(account.email);
  await page.getByLabel("Password").fill(account.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { name: "Save your first place" })).toBeVisible();
  await expect(page.locator(".map-none")).toHaveText("The map needs JavaScript. Everything else works without it.");
  await expect(page.locator(".map-none")).toBeVisible();
  await page.getByRole("link", { name: "Save one here" }).click();
  await expect(page.getByRole("button", { name: "Use my location" })).toBeHidden();
  await page.getByLabel("Latitude").fill("47.4979, 8.7291");
  await page.getByLabel("Name").fill("Oak");
  await page.getByRole("button", { name: "Save the place" }).click();
  await expect(page.locator(".coordinates")).toHaveText("47.49790, 8.72910");
  // No tall empty box where the map would be.
  await expect(page.locator("[data-map]")).toBeHidden();
  await page.getByRole("link", { name: "Edit" }).click();
  await page.getByLabel("Note").fill("Shade");
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.locator(".note")).toHaveText("Shade");

  const path = await save(page, server, OAK);
  await page.goto(`${path}/edit`);
  await page.getByLabel("Name").fill("Mine");
  await change(page, server, path, OAK, { name: "Theirs" });
  watch.expect(409);
  await page.getByRole("button", { name: "Save changes" }).click();
  await page.getByRole("group", { name: "Name" }).getByText("Yours").click();
  await page.getByRole("button", { name: "Save my choice" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Mine" })).toBeVisible();

  await page.getByRole("button", { name: "Put into the trash" }).click();
  await expect(page.getByText("The place is in the trash.")).toBeVisible();
  await page.getByRole("button", { name: "Restore Mine" }).click();
  await expect(page.getByText("The place is back.")).toBeVisible();
});

test("filters and pages", async ({ open, account, server }) => {
  const page = await open(account, { javaScriptEnabled: false });
  for (let n = 0; n < 52; n++) await save(page, server, { ...OAK, name: `Place ${n}`, category: n === 7 ? "tree" : "" });
  await page.goto("/places");
  await page.getByRole("link", { name: "Next page" }).click();
  await expect(page.locator(".row")).toHaveCount(2);
  await page.getByRole("link", { name: "Previous page" }).click();
  await page.getByText("Filters and order").click();
  await page.getByLabel("Category").fill("tree");
  await page.getByRole("button", { name: "Show" }).click();
  await expect(page.locator(".row")).toHaveCount(1);
  await page.getByRole("searchbox").fill("nowhere");
  await page.getByRole("button", { name: "Search" }).click();
  await expect(page.getByText("No place fits.")).toBeVisible();
});

test("import with a preview, taking it back, and export", async ({ open, account }) => {
  const page = await open(account, { javaScriptEnabled: false });
  await page.goto("/import");
  await page.getByLabel(/^File/).setInputFiles(fixture("gpxpy/cerknicko-jezero.gpx"));
  await page.getByRole("button", { name: "Look at it" }).click();
  await page.getByRole("button", { name: "Import 7 places" }).click();
  await expect(page.getByText("The import is done.")).toBeVisible();
  await page.goto("/import");
  const coming = page.waitForEvent("download");
  await page.getByRole("link", { name: "GeoJSON" }).click();
  const file: unknown = JSON.parse(readFileSync(await (await coming).path(), "utf8"));
  expect(file).toHaveProperty("features.length", 7);
  await page.getByRole("link", { name: "cerknicko-jezero.gpx" }).click();
  await page.getByRole("button", { name: "Take the import back" }).click();
  await expect(page.getByText("The import is taken back.")).toBeVisible();
  await page.goto("/places");
  await expect(page.locator(".row")).toHaveCount(0);
});
