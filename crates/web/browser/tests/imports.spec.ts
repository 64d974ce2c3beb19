// Files of other makers, through the browser: looked at, imported, known again, taken back, and out again.

import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { fixture } from "../support/paths";
import { expect, test } from "../support/test";

async function upload(page: Page, file: string | { name: string; mimeType: string; buffer: Buffer }): Promise<void> {
  await page.goto("/import");
  await page.getByLabel(/^File/).setInputFiles(file);
  await page.getByRole("button", { name: "Look at it" }).click();
  await expect(page.getByText("Nothing is imported yet.")).toBeVisible();
}

test("a GPX file is looked at, imported, known again, and taken back but for what was changed since", async ({ page }) => {
  await upload(page, fixture("gpxpy/cerknicko-jezero.gpx"));
  await expect(page.getByText("7 places in the file. Passed over, since only points become places: 8 tracks.")).toBeVisible();
  await page.getByRole("button", { name: "Import 7 places" }).dblclick();
  await expect(page.getByText("7 places were made.")).toBeVisible();
  const done = page.url().split("?")[0] ?? "";
  await page.getByRole("link", { name: "See imported places" }).click();
  await expect(page.locator(".row")).toHaveCount(7);

  await upload(page, fixture("gpxpy/cerknicko-jezero.gpx"));
  await expect(page.getByText("7 places in the file; 7")).toBeVisible();
  await expect(page.getByText("There is nothing new in it.")).toBeVisible();
  await page.getByRole("button", { name: "Leave it" }).click();
  await expect(page.getByRole("heading", { name: "Import and export" })).toBeVisible();

  await page.goto("/places");
  await page.locator(".row-link").first().click();
  await page.getByRole("link", { name: "Edit" }).click();
  await page.getByLabel("Note").fill("I have been here");
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByText("Your change is saved.")).toBeVisible();
  await page.goto(done);
  await page.getByRole("button", { name: "Take the import back" }).click();
  await expect(page.getByText("Taken back: 6 places were put into the trash; 1 was changed since and stays as it is.")).toBeVisible();
  await page.goto("/places");
  await expect(page.locator(".row")).toHaveCount(1);
});

for (const [file, places] of [["kml/sample.kml", 3], ["tokml/mixed.geojson", 1], ["gpxpy/gpx1.1_with_all_fields.gpx", 1]] as const) {
  test(`${file} is read`, async ({ page }) => {
    await upload(page, fixture(file));
    const button = page.getByRole("button", { name: /^Import \d/ });
    await expect(button).toBeVisible();
    const count = Number(/\d+/.exec((await button.textContent()) ?? "")?.[0]);
    expect(count).toBeGreaterThanOrEqual(places);
    await button.click();
    await expect(page.getByText("The import is done.")).toBeVisible();
    await page.goto("/places?source=import");
    await expect(page.locator(".row")).toHaveCount(count);
  });
}

test("a table whose columns are not known is read as somebody says, and bad rows cost nothing else", async ({ page }) => {
  const text = "What,Y degrees,X degrees,Why\nOld oak,47.4979,8.7291,shade\nElm,north,8.8,\nAsh,47.6,8.9,\n";
  await upload(page, { name: "trees.csv", mimeType: "text/csv", buffer: Buffer.from(text) });
  await expect(page.getByText("It could not be told which columns hold the coordinates.")).toBeVisible();
  await page.getByLabel("Latitude").selectOption({ label: "Y degrees" });
  await page.getByLabel("Longitude").selectOption({ label: "X degrees" });
  await page.getByLabel("Name", { exact: true }).selectOption({ label: "What" });
  await page.getByLabel("Note", { exact: true }).selectOption({ label: "Why" });
  await page.getByRole("button", { name: "Read it like this" }).click();
  await expect(page.getByText("Line 3")).toBeVisible();
  await expect(page.getByRole("cell", { name: "Old oak", exact: true }).last()).toBeVisible();
  await page.getByRole("button", { name: "Import 2 places" }).click();
  await expect(page.getByText("2 places were made")).toBeVisible();
});

test("places go out again in every format, and come back as what is known", async ({ page }) => {
  await upload(page, fixture("gpxpy/cerknicko-jezero.gpx"));
  await page.getByRole("button", { name: /^Import/ }).click();
  await expect(page.getByText("The import is done.")).toBeVisible();
  await page.goto("/import");
  const links = page.getByRole("region", { name: "Take your places with you" }).getByRole("link");
  const formats = await links.count();
  expect(formats).toBeGreaterThanOrEqual(5);
  for (let at = 0; at < formats; at++) {
    const coming = page.waitForEvent("download");
    await links.nth(at).click();
    const download = await coming;
    expect(readFileSync(await download.path()).length, download.suggestedFilename()).toBeGreaterThan(100);
    if (!download.suggestedFilename().endsWith(".gpx")) continue;
    const again = await page.context().newPage();
    await upload(again, { name: "again.gpx", mimeType: "application/gpx+xml", buffer: readFileSync(await download.path()) });
    await expect(again.getByText("There is nothing new in it.")).toBeVisible();
    await again.close();
  }
});
