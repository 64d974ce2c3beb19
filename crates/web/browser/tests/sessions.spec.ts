// Sessions that end in the middle of something.

import { expect, save, test } from "../support/test";

test("a half written edit outlives its session, and is saved after signing in again", async ({ page, open, account, server, watch }) => {
  const path = await save(page, server, { latitude: 47, longitude: 8, name: "Oak" });
  await page.goto(`${path}/edit`);
  await page.getByLabel("Name").fill("Half written");
  await page.getByLabel("Note").fill("First line\nsecond line");
  await page.getByLabel("Tags").fill("a, b");
  const other = await open(account);
  await other.goto("/devices");
  await other.getByRole("button", { name: /^Sign out/ }).first().click();
  await expect(other.getByText("The device is signed out.")).toBeVisible();

  watch.expect(401);
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByText("Nothing you typed is lost")).toBeVisible();
  await page.getByLabel("E-mail address").fill(account.email);
  await page.getByLabel("Password").fill("a wrong one");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert")).toBeVisible();
  await page.getByLabel("E-mail address").fill(account.email);
  await page.getByLabel("Password").fill(account.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByLabel("Name")).toHaveValue("Half written");
  await expect(page.getByLabel("Note")).toHaveValue("First line\nsecond line");
  await expect(page.getByLabel("Tags")).toHaveValue("a, b");
  await page.locator("form[data-guard] button[type=submit]").click();
  await expect(page.getByText("Your change is saved.")).toBeVisible();
  await expect(page.getByRole("heading", { level: 1, name: "Half written" })).toBeVisible();
});

test("a form of one account is not saved by another one", async ({ page, open, account, server, watch }) => {
  const path = await save(page, server, { latitude: 47, longitude: 8, name: "Oak" });
  await page.goto(`${path}/edit`);
  await page.getByLabel("Name").fill("Secret");
  const bob = await server.addAccount("bob");
  const other = await open(account);
  await other.goto("/devices");
  await other.getByRole("button", { name: /^Sign out/ }).first().click();
  await expect(other.getByText("The device is signed out.")).toBeVisible();
  watch.expect(401);
  watch.expect(403);
  await page.getByRole("button", { name: "Save changes" }).click();
  await page.getByLabel("E-mail address").fill(bob.email);
  await page.getByLabel("Password").fill(bob.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { name: "Made for another account" })).toBeVisible();
  await expect(page.getByText("Secret")).toHaveCount(0);
  // Whose it is finds it again.
  await page.getByLabel("E-mail address").fill(account.email);
  await page.getByLabel("Password").fill(account.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByLabel("Name")).toHaveValue("Secret");
  watch.allowLeaving();
  await page.goto(path);
  await expect(page.getByRole("heading", { level: 1, name: "Oak" })).toBeVisible();
});

test("a list whose session is revoked stops quietly: what it shows stays, and it asks once more and then no more", async ({ page, open, account, server, watch }) => {
  await save(page, server, { latitude: 47, longitude: 8, name: "Oak" });
  await page.clock.install();
  let streams = 0;
  page.on("request", (request) => {
    if (request.url().endsWith("/v1/sync/events")) streams++;
  });
  const stream = page.waitForResponse("**/v1/sync/events");
  await page.goto("/places");
  await stream;
  watch.expect(401);
  const refused = page.waitForResponse((answer) => answer.url().endsWith("/v1/sync/events") && answer.status() === 401);
  const other = await open(account);
  await other.goto("/devices");
  await other.getByRole("button", { name: /^Sign out/ }).first().click();
  await refused;
  await page.clock.fastForward("30:00");
  await expect(page.locator(".row")).toContainText("Oak");
  await expect(page).toHaveURL(/\/places$/);
  expect(streams).toBe(2);
});

test("leaving a form that was edited asks first, leaving one that was not doesn't", async ({ page, server, watch }) => {
  const path = await save(page, server, { latitude: 47, longitude: 8, name: "Oak" });
  await page.goto(`${path}/edit`);
  await page.getByRole("link", { name: "Cancel" }).click();
  await expect(page).toHaveURL(path);
  await page.goto(`${path}/edit`);
  await page.getByLabel("Name").fill("Elm");
  watch.allowLeaving();
  const asked = page.waitForEvent("dialog");
  await page.getByRole("link", { name: "Cancel" }).click();
  expect((await asked).type()).toBe("beforeunload");
});
