// Where a place is: by location, by dragging, by keys, by numbers.

import type { Page } from "@playwright/test";
import { expect, mapDrawn, save, test } from "../support/test";

const numbers = async (page: Page): Promise<[number, number]> => [
  Number(await page.getByLabel("Latitude").inputValue()),
  Number(await page.getByLabel("Longitude").inputValue()),
];

/** Metres between two positions that are near each other. */
function metres([fromLatitude, fromLongitude]: [number, number], [toLatitude, toLongitude]: [number, number]): number {
  const degree = (Math.PI / 180) * 6_371_008.8;
  const east = (toLongitude - fromLongitude) * Math.cos((fromLatitude * Math.PI) / 180);
  return Math.hypot(toLatitude - fromLatitude, east) * degree;
}

test("use my location fills the numbers and says how exact they are", async ({ page }) => {
  await page.context().grantPermissions(["geolocation"]);
  await page.context().setGeolocation({ latitude: 47.4979, longitude: 8.7291, accuracy: 12 });
  await page.goto("/places/new");
  await mapDrawn(page);
  await page.getByRole("button", { name: "Use my location" }).click();
  await expect(page.locator("[data-locate-status]")).toHaveText("Found, to about 12 m.");
  expect(await numbers(page)).toEqual([47.4979, 8.7291]);
  await expect(page.locator(".map-pin")).toBeVisible();
  await page.getByRole("button", { name: "Save the place" }).click();
  await expect(page.locator("dl.facts")).toContainText("47.49790, 8.72910, about ±12 m");
});

test("a location that may not be used is said in words, and nothing is filled in", async ({ page }) => {
  await page.context().clearPermissions();
  await page.goto("/places/new");
  await page.getByRole("button", { name: "Use my location" }).click();
  await expect(page.locator("[data-locate-status]")).toContainText("This page may not use your location.");
  await expect(page.getByLabel("Latitude")).toHaveValue("");
});

test("a location that can't be found is said in words", async ({ page }) => {
  await page.context().grantPermissions(["geolocation"]);
  const session = await page.context().newCDPSession(page);
  await page.goto("/places/new");
  await session.send("Emulation.setGeolocationOverride", {});
  await page.getByRole("button", { name: "Use my location" }).click();
  await expect(page.locator("[data-locate-status]")).toContainText("Your location cannot be found at the moment.");
  await expect(page.getByLabel("Longitude")).toHaveValue("");
});

test("a marker that is dragged moves the place, and what is saved is where it was dropped", async ({ page, server }) => {
  const path = await save(page, server, { latitude: 47.4979, longitude: 8.7291, name: "Old oak" });
  await page.goto(`${path}/edit`);
  await mapDrawn(page);
  const pin = page.locator(".map-pin");
  await pin.scrollIntoViewIfNeeded();
  const box = await pin.boundingBox();
  if (!box) throw new Error("the pin is not to be seen");
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x + 40, y + 30, { steps: 8 });
  await page.mouse.up();
  const [latitude, longitude] = await numbers(page);
  expect(longitude).toBeGreaterThan(8.7291);
  expect(latitude).toBeLessThan(47.4979);
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByText("Your change is saved.")).toBeVisible();
  await expect(page.locator(".coordinates")).toHaveText(`${latitude.toFixed(5)}, ${longitude.toFixed(5)}`);
  await expect(page.locator("dl.facts")).toContainText("set by hand");
});

test("the arrow keys move the marker by a metre, with Shift by ten, with Alt by a hundred", async ({ page, server }) => {
  const path = await save(page, server, { latitude: 47.4979, longitude: 8.7291 });
  await page.goto(`${path}/edit`);
  await mapDrawn(page);
  const pin = page.getByRole("button", { name: /arrow keys move it/ });
  await pin.focus();
  for (const [keys, expected] of [["ArrowUp", 1], ["ArrowRight", 1], ["Shift+ArrowDown", 10], ["Shift+ArrowLeft", 10], ["Alt+ArrowUp", 100]] as const) {
    const before = await numbers(page);
    await page.keyboard.press(keys);
    expect(Math.abs(metres(before, await numbers(page)) - expected), keys).toBeLessThan(0.2);
    await expect(pin).toBeFocused();
  }
  await expect(page.locator("fieldset.position [aria-live=polite]").last()).toHaveText(/^Position 47\.\d+ north, 8\.\d+ east$/);
  const [latitude, longitude] = await numbers(page);
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.locator(".coordinates")).toHaveText(`${latitude.toFixed(5)}, ${longitude.toFixed(5)}`);
});

test("numbers can be typed, also with a decimal comma, and the marker follows", async ({ page }) => {
  await page.goto("/places/new");
  await mapDrawn(page);
  await page.getByLabel("Latitude").fill("47,5");
  await page.getByLabel("Longitude").fill("-8.25");
  await expect(page.locator(".map-pin")).toBeVisible();
  await page.getByRole("button", { name: "Save the place" }).click();
  await expect(page.locator(".coordinates")).toHaveText("47.50000, -8.25000");
});

test("from the list to a saved edit with the keyboard alone, and the focus is always to be seen", async ({ page, server }) => {
  await save(page, server, { latitude: 47.4979, longitude: 8.7291, name: "Old oak" });
  await page.goto("/places");
  /** Goes on with Tab until the focus is there, and looks at every stop. */
  const tabTo = async (wanted: string) => {
    for (let steps = 0; steps < 60; steps++) {
      await page.keyboard.press("Tab");
      const stop = await page.evaluate((wanted) => {
        const element = document.activeElement;
        if (!element || element === document.body) return null;
        const shown = [element, element.closest(".row")].some((at) => {
          if (!at) return false;
          const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(at);
          return (outlineStyle !== "none" && outlineWidth !== "0px") || boxShadow !== "none";
        });
        const { width, height } = element.getBoundingClientRect();
        return { what: element.outerHTML.slice(0, 100), there: element.matches(wanted), seen: shown && width > 1 && height > 1 };
      }, wanted);
      if (!stop) continue;
      expect(stop.seen, `the focus on ${stop.what}`).toBe(true);
      if (stop.there) return;
    }
    throw new Error(`Tab does not come to ${wanted}`);
  };
  await tabTo(".row-link");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: "Old oak" })).toBeVisible();
  await tabTo("a[href$='/edit']");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Edit place" })).toBeVisible();
  await tabTo("#name");
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.type("Very old oak");
  await tabTo("form[data-guard] button[type=submit]");
  await page.keyboard.press("Enter");
  await expect(page.getByText("Your change is saved.")).toBeVisible();
  await expect(page.getByRole("heading", { level: 1, name: "Very old oak" })).toBeVisible();
});
