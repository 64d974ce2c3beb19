// Names that want to be markup, names of nothing but pictures, names that run from right to left.

import { change, expect, mapDrawn, save, test } from "../support/test";

const NAMES = {
  markup: `<script>alert(1)</script>"'><img src=x onerror=alert(2)>`,
  pictures: "🌳".repeat(200),
  "right to left": "עץ אלון ישן 12 (بلوط قديم)",
};

for (const [kind, name] of Object.entries(NAMES)) {
  test(`a name of ${kind} is a text, wherever it stands`, async ({ page, server, watch }) => {
    const was = { latitude: 46, longitude: 7, name, note: name, category: name.slice(0, 40), tags: "x" };
    const path = await save(page, server, was);
    await page.goto(path);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(name);
    await expect(page.locator(".note")).toHaveText(name);
    await expect(page.locator(".chip.category")).toHaveText(was.category);
    await mapDrawn(page);
    await page.goto("/places");
    await expect(page.locator(".row-name")).toHaveText(name);
    await expect(page.locator(".map-marker")).toHaveAccessibleName(name);

    await page.goto(`${path}/edit`);
    await expect(page.getByLabel("Name")).toHaveValue(name);
    await change(page, server, path, was, { name: "Plain", note: "Plain" });
    await page.getByLabel("Name").fill(`${name.slice(4)}`);
    watch.expect(409);
    await page.getByRole("button", { name: "Save changes" }).click();
    await expect(page.getByRole("group", { name: "Name" }).locator(".value").first()).toHaveText(name.slice(4));
    watch.allowLeaving();
    await page.goto(`${path}#history`);
    await expect(page.locator("#history del").first()).toHaveText(name);

    // Where the list is not to be seen, the map shows a popup.
    await save(page, server, { latitude: 46.02, longitude: 7.03, name });
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto("/places#map-panel");
    await mapDrawn(page);
    await page.getByRole("button", { name, exact: true }).click();
    await expect(page.locator(".map-popup-link")).toHaveText(name);

    await page.setViewportSize({ width: 1280, height: 800 });
    const csv = `name,latitude,longitude,note\n"${name.replaceAll('"', '""')}",47,8,x\n`;
    await page.goto("/import");
    await page.getByLabel(/^File/).setInputFiles({ name: "a<b>.csv", mimeType: "text/csv", buffer: Buffer.from(csv) });
    await page.getByRole("button", { name: "Look at it" }).click();
    await expect(page.getByRole("cell", { name, exact: true })).toHaveText(name);
    await expect(page.getByRole("heading", { level: 1 })).toContainText("a<b>.csv");
    expect(await page.locator("img, body script").count()).toBe(0);
  });
}
