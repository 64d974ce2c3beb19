// Two change the same place: nothing is overwritten, and nothing that was typed is lost.

import { expect, post, save, test, type Values } from "../support/test";

const OAK = { latitude: 47.4979, longitude: 8.7291, name: "Old oak", note: "Shade" } satisfies Values;

test("two tabs that change the same field are asked, side by side, field by field", async ({ page, server, watch }) => {
  const path = await save(page, server, OAK);
  await page.goto(`${path}/edit`);
  const other = await page.context().newPage();
  await other.goto(`${path}/edit`);
  await other.getByLabel("Name").fill("Their oak");
  await other.getByLabel("Note").fill("Their note");
  await other.getByRole("button", { name: "Save changes" }).click();
  await expect(other.getByText("Your change is saved.")).toBeVisible();

  await page.getByLabel("Name").fill("My oak");
  await page.getByLabel("Note").fill("My note\nof two lines");
  await page.getByLabel("Category").fill("tree");
  watch.expect(409);
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByText("The same was changed twice.")).toBeVisible();
  await expect(page.getByRole("alert")).toContainText("by you, in this browser");
  const name = page.getByRole("group", { name: "Name" });
  await expect(name.getByLabel("Yours")).not.toBeChecked();
  await expect(name.locator(".side").nth(0)).toContainText("My oak");
  await expect(name.locator(".side").nth(1)).toContainText("Their oak");
  const note = page.getByRole("group", { name: "Note" });
  await expect(note.locator(".side").nth(0)).toContainText("of two lines");

  // Nothing is chosen for anybody: without a choice it is not sent.
  await page.getByRole("button", { name: "Save my choice" }).click();
  await expect(page.getByRole("button", { name: "Save my choice" })).toBeVisible();
  await name.getByText("As it is now").click();
  await note.getByText("Yours", { exact: true }).first().click();
  await page.getByRole("button", { name: "Save my choice" }).click();
  await expect(page.getByText("Your change is saved.")).toBeVisible();
  await expect(page.getByRole("heading", { level: 1, name: "Their oak" })).toBeVisible();
  await expect(page.locator(".note")).toHaveText("My note\nof two lines");
  await expect(page.locator(".chip.category")).toHaveText("tree");
});

test("a device that syncs while the form is open is no reason to lose either side", async ({ page, server, device, watch }) => {
  const path = await save(page, server, OAK);
  await device.sync();
  await page.goto(`${path}/edit`);
  await page.getByLabel("Name").fill("My oak");
  await device.holdfast(["edit", "Old oak", "--name", "Grandfather's oak", "--add-tag", "family"]);
  await device.sync();
  await expect(page.getByText("This place has been changed elsewhere meanwhile.")).toBeVisible();
  await expect(page.getByLabel("Name")).toHaveValue("My oak");
  watch.expect(409);
  await page.getByRole("button", { name: "Save changes" }).click();
  const name = page.getByRole("group", { name: "Name" });
  await expect(name.locator(".side").nth(0)).toContainText("My oak");
  await expect(name.locator(".side").nth(1)).toContainText("Grandfather's oak");
  await expect(page.getByRole("alert")).toContainText("by you, on phone");
  await name.getByText("Yours").click();
  await page.getByRole("button", { name: "Save my choice" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "My oak" })).toBeVisible();
  // What only the device had changed stays; what lost is in the history.
  await expect(page.locator(".chips")).toContainText("#family");
  await expect(page.locator("#history")).toContainText("Grandfather's oak");
  await device.sync();
  expect(await device.holdfast(["list"])).toContain("My oak");
});

test("fields that only one of them changed are put together without a question", async ({ page, server, device }) => {
  const path = await save(page, server, OAK);
  await device.sync();
  await page.goto(`${path}/edit`);
  await page.getByLabel("Note").fill("My note");
  await device.holdfast(["edit", "Old oak", "--name", "Their oak"]);
  await device.sync();
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByText("both are kept")).toBeVisible();
  await expect(page.getByRole("heading", { level: 1, name: "Their oak" })).toBeVisible();
  await expect(page.locator(".note")).toHaveText("My note");
});

test("a double click saves one place, and the same form once more changes that one", async ({ page, server }) => {
  await page.goto("/places/new");
  await page.getByLabel("Latitude").fill("47");
  await page.getByLabel("Longitude").fill("8");
  await page.getByLabel("Name").fill("Oak");
  const form = await page.locator("form[data-guard]").evaluate((form: HTMLFormElement) => Object.fromEntries(new FormData(form)) as Record<string, string>);
  await page.getByRole("button", { name: "Save the place" }).dblclick();
  await expect(page.getByText("Saved. The place is on the server")).toBeVisible();
  const path = new URL(page.url()).pathname;
  await page.goto("/places");
  await expect(page.locator(".row")).toHaveCount(1);

  // A browser may bring the page back as it was left, with its ids.
  const { request } = page.context();
  expect(await post(request, server, "/places", form)).toBe(`${path}?done=known`);
  expect(await post(request, server, "/places", { ...form, name: "Elm" })).toBe(`${path}?done=changed`);
  await page.reload();
  await expect(page.locator(".row")).toHaveCount(1);
  await expect(page.locator(".row")).toContainText("Elm");

  // Or ask for it anew: then it is another form.
  await page.goto("/places/new");
  await page.goto("/places");
  await page.goBack();
  expect(await page.locator("input[name=client_id]").inputValue()).not.toBe(form["client_id"]);
});
