// Sessions that end in the middle of something.

import type { Page } from "@playwright/test";
import type { Account } from "../support/server";
import { expect, save, signOutFirst, test } from "../support/test";

/** Signs a session of this account out from another browser. */
async function signOutElsewhere(open: (as: Account) => Promise<Page>, account: Account): Promise<void> {
  const other = await open(account);
  await other.goto("/devices");
  await signOutFirst(other);
  await expect(other.getByText("The device is signed out.")).toBeVisible();
}

test("a half written edit outlives its session, and is saved after signing in again", async ({ page, open, account, server, watch }) => {
  const path = await save(page, server, { latitude: 47, longitude: 8, name: "Oak" });
  await page.goto(`${path}/edit`);
  await page.getByLabel("Name").fill("Half written");
  await page.getByLabel("Note").fill("First line\nsecond line");
  await page.getByLabel("Tags").fill("a, b");
  watch.expect(401);
  await signOutElsewhere(open, account);
  // The page notices by itself.
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
  watch.expect(401);
  watch.expect(403);
  await signOutElsewhere(open, account);
  await expect(page.getByText("Nothing you typed is lost")).toBeVisible();
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

test("a list whose session is revoked elsewhere leaves for the sign-in, and comes back from there", async ({ page, open, account, server, watch }) => {
  await save(page, server, { latitude: 47, longitude: 8, name: "Oak" });
  const stream = page.waitForResponse("**/v1/sync/events");
  await page.goto("/places?sort=name");
  await stream;
  watch.expect(401);
  await signOutElsewhere(open, account);
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await expect(page.getByText("Oak")).toHaveCount(0);
  await page.getByLabel("E-mail address").fill(account.email);
  await page.getByLabel("Password").fill(account.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(/\/places\?sort=name$/);
  await expect(page.locator(".row")).toContainText("Oak");
});

test("signing out in one tab leaves nothing of the account in the others, and what was typed is not lost", async ({ page, account, server, watch }) => {
  const path = await save(page, server, { latitude: 47, longitude: 8, name: "Secret oak" });
  const tab = async (address: string) => {
    const tab = await page.context().newPage();
    await tab.goto(address);
    return tab;
  };
  const places = [await tab("/places"), await tab(path), await tab("/trash"), await tab("/account")];
  const editing = await tab("/places/new");
  await editing.getByLabel("Name").fill("Half written");
  const left = await tab("/places/new");
  await left.getByLabel("Name").fill("Also half written");
  watch.expect(401);
  watch.expect(403);
  watch.allowLeaving();
  await page.goto("/account");
  await page.getByRole("button", { name: "Sign out of this browser" }).click();
  for (const other of places) {
    await expect(other.getByRole("heading", { name: "Sign in" })).toBeVisible();
    expect(await other.content()).not.toContain("Secret");
  }
  await expect(editing.getByText("Nothing you typed is lost")).toBeVisible();
  // Going back doesn't bring it back.
  await expect(left.getByText("Nothing you typed is lost")).toBeVisible();
  await left.goBack();
  await expect(left.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await expect(left.getByLabel("Name")).toHaveCount(0);
  await left.close();

  // Somebody else signs in: the others are theirs now, and what was typed waits for whom it was typed by.
  const bob = await server.addAccount("bob");
  await page.getByLabel("E-mail address").fill(bob.email);
  await page.getByLabel("Password").fill(bob.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { name: "Save your first place" })).toBeVisible();
  await expect(editing.getByText("Half written")).toHaveCount(0);
  await editing.getByLabel("E-mail address").fill(account.email);
  await editing.getByLabel("Password").fill(account.password);
  await editing.getByRole("button", { name: "Sign in" }).click();
  await expect(editing.getByLabel("Name")).toHaveValue("Half written");
  // Bob's tab is Ada's now.
  await expect(page.getByText("Secret oak").first()).toBeVisible();
});

test("a form that is open while another account signs in is shown to its own account alone", async ({ page, account, server, watch }) => {
  const path = await save(page, server, { latitude: 47, longitude: 8, name: "Oak" });
  await page.goto(`${path}/edit`);
  await page.getByLabel("Note").fill("Secret");
  watch.expect(403);
  const bob = await server.addAccount("bob");
  const other = await page.context().newPage();
  await other.goto("/sign-in");
  await other.getByLabel("E-mail address").fill(bob.email);
  await other.getByLabel("Password").fill(bob.password);
  await other.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { name: "Made for another account" })).toBeVisible();
  await expect(page.getByText("Secret")).toHaveCount(0);
  await page.getByLabel("E-mail address").fill(account.email);
  await page.getByLabel("Password").fill(account.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByLabel("Note")).toHaveValue("Secret");
  watch.allowLeaving();
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
