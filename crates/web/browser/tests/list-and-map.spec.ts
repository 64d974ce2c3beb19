// Finding places: words, filters, order, pages, and the map beside them.

import type { Page } from "@playwright/test";
import { expect, mapDrawn, save, test } from "../support/test";

const rows = (page: Page) => page.locator(".row .row-name").allTextContents();

test("words and filters narrow the list, stand in its address, and are taken away one by one", async ({ page, server }) => {
  await save(page, server, { latitude: 47.1, longitude: 8.1, name: "Old oak", category: "tree", tags: "autumn, water" });
  await save(page, server, { latitude: 47.2, longitude: 8.2, name: "Young oak", category: "tree", tags: "autumn" });
  await save(page, server, { latitude: 47.3, longitude: 8.3, name: "Spring", category: "water", note: "near the oak" });
  await page.goto("/places");
  await page.getByRole("searchbox").fill("oak");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/[?&]q=oak/);
  await expect(page.locator(".row")).toHaveCount(3);
  await page.getByText("Filters and order").click();
  await page.getByLabel("Category").fill("tree");
  await page.getByLabel("Tags", { exact: true }).fill("autumn, water");
  await page.getByRole("button", { name: "Show" }).click();
  await expect.poll(() => rows(page)).toEqual(["Old oak"]);
  await expect(page.locator("#count")).toHaveText("1 place found");
  await expect(page.locator(".map-marker")).toHaveCount(1);
  const chips = page.getByRole("list", { name: "Filters that are set" });
  await expect(chips.getByRole("link", { name: /remove this filter/ })).toHaveCount(4);
  await chips.getByRole("link", { name: /#water/ }).click();
  await expect.poll(() => rows(page)).toEqual(["Young oak", "Old oak"]);
  await page.goBack();
  await expect.poll(() => rows(page)).toEqual(["Old oak"]);
  await expect(page.getByLabel("Category")).toHaveValue("tree");
  await page.goForward();
  await expect(page.locator(".row")).toHaveCount(2);
  await page.getByRole("link", { name: "Clear all" }).click();
  await expect(page).toHaveURL(/\/places$/);
  await expect(page.locator(".row")).toHaveCount(3);
  await page.getByText("Filters and order").click();
  await page.getByLabel("Order").selectOption({ label: "by name" });
  await page.getByRole("button", { name: "Show" }).click();
  await expect.poll(() => rows(page)).toEqual(["Old oak", "Spring", "Young oak"]);
  await page.goto("/places/browse");
  await page.getByRole("link", { name: /# ?autumn 2/ }).click();
  await expect(page.locator(".row")).toHaveCount(2);
});

test("categories and tags that one has are suggested while typing", async ({ page, server }) => {
  await save(page, server, { latitude: 47.1, longitude: 8.1, category: "tree", tags: "autumn" });
  await page.goto("/places/new");
  await page.getByLabel("Category").focus();
  await expect(page.locator("#categories option")).toHaveAttribute("value", "tree");
  await page.getByLabel("Tags").fill("x, au");
  await expect(page.locator("#known-tags option")).toHaveAttribute("value", "x, autumn");
});

test("a long list has pages, there and back, and the map shows all of it", async ({ page, server }) => {
  for (let n = 0; n < 55; n++) await save(page, server, { latitude: 46 + n * 0.01, longitude: 7, name: `Place ${n}` });
  await page.goto("/places");
  await expect(page.locator(".row")).toHaveCount(50);
  await expect(page.locator("#count")).toHaveText("55 places of your own");
  await page.getByRole("link", { name: "Next page" }).click();
  await expect(page.locator(".row")).toHaveCount(5);
  await expect(page.locator(".row").last()).toContainText("Place 0");
  await page.goBack();
  await expect(page.locator(".row")).toHaveCount(50);
  await page.goForward();
  await page.getByRole("link", { name: "Previous page" }).click();
  await expect(page.locator(".row")).toHaveCount(50);
  await expect(page.locator(".row").first()).toContainText("Place 54");
});

test("list and map point at each other, by pointer and by keyboard", async ({ page, server }) => {
  await save(page, server, { latitude: 46.0, longitude: 7.0, name: "Oak" });
  await save(page, server, { latitude: 47.5, longitude: 9.0, name: "Elm" });
  await page.goto("/places");
  await mapDrawn(page);
  const [oak, elm] = [page.locator(".row", { hasText: "Oak" }), page.locator(".row", { hasText: "Elm" })];
  const marker = (name: string) => page.getByRole("button", { name, exact: true });
  await oak.hover();
  await expect(marker("Oak")).toHaveAttribute("data-hover");
  await expect(page.locator(".map-halo")).toBeVisible();
  await elm.getByRole("link").focus();
  await expect(marker("Elm")).toHaveAttribute("data-hover");
  await expect(marker("Oak")).not.toHaveAttribute("data-hover");
  await marker("Oak").hover();
  await expect(oak).toHaveAttribute("data-hover");
  await marker("Elm").focus();
  await expect(elm).toHaveAttribute("data-hover");
  await marker("Oak").click();
  await expect(oak).toHaveAttribute("aria-current", "true");
  await expect(marker("Oak")).toHaveAttribute("aria-current", "true");
  await marker("Elm").focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: "Elm" })).toBeVisible();
});

test("a cluster zooms in, the area can be searched, and the map fits to its results", async ({ page, server }) => {
  for (let n = 0; n < 12; n++) await save(page, server, { latitude: 47.5 + n * 0.0004, longitude: 8.7, name: `Near ${n}` });
  await save(page, server, { latitude: -33.86, longitude: 151.2, name: "Far away" });
  await page.goto("/places");
  await mapDrawn(page);
  const cluster = page.getByRole("button", { name: "12 places, zoom in" });
  await cluster.click();
  await expect(cluster).toBeHidden();
  const search = page.getByRole("button", { name: "Search this area" });
  await expect(search).toBeVisible();
  await expect(page.locator(".map-marker:visible, .map-cluster:visible").first()).toBeVisible();
  await search.click();
  await expect(page).toHaveURL(/[?&]bbox=-?[\d.]+,-?[\d.]+,-?[\d.]+,-?[\d.]+$/);
  await expect(page.locator(".row")).toHaveCount(12);
  await expect(page.getByRole("list", { name: "Filters that are set" })).toContainText("this area of the map");
  await mapDrawn(page);
  await page.getByRole("button", { name: "Zoom out" }).click();
  await page.getByRole("button", { name: "Fit to results" }).click();
  await expect(page.locator(".map-marker:visible, .map-cluster:visible").first()).toBeVisible();
  await page.getByRole("link", { name: /this area of the map/ }).click();
  await expect(page.locator(".row")).toHaveCount(13);
});

test("a place without a row on this page shows its name in a popup", async ({ page, server }) => {
  await save(page, server, { latitude: 46, longitude: 7, name: "Oldest" });
  for (let n = 0; n < 50; n++) await save(page, server, { latitude: 47.5, longitude: 9, name: `Place ${n}` });
  await page.goto("/places");
  await mapDrawn(page);
  await page.getByRole("button", { name: "Oldest", exact: true }).click();
  await page.locator(".maplibregl-popup").getByRole("link", { name: "Oldest" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Oldest" })).toBeVisible();
});

test("on a phone one looks at the list or at the map, and a searched area stays on the map", async ({ page, server }) => {
  await save(page, server, { latitude: 47, longitude: 8, name: "Oak" });
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto("/places");
  await expect(page.locator("#map-panel")).toBeHidden();
  await page.getByRole("button", { name: "Map", exact: true }).click();
  await mapDrawn(page);
  await page.locator(".map-marker").click();
  await expect(page.locator(".maplibregl-popup")).toContainText("Oak");
  await page.getByRole("button", { name: "Zoom out" }).click();
  // The button says what it leads to.
  await expect(page.getByRole("button", { name: "Map", exact: true })).toHaveCount(0);
  await page.getByRole("button", { name: "List", exact: true }).click();
  await expect(page.locator(".row")).toBeVisible();
  await expect(page.getByRole("button", { name: "Map", exact: true })).toBeVisible();
});
