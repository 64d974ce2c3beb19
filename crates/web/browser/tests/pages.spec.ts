// Every page in every state: pictures in `target/screenshots`, accessibility, nothing that sticks out.

import { randomUUID } from "node:crypto";
import type { Page } from "@playwright/test";
import { look } from "../support/look";
import { fixture } from "../support/paths";
import type { Server } from "../support/server";
import { change, expect, mapDrawn, post, save, signOutFirst, test, type Values } from "../support/test";

test.slow();

const OAK = {
  latitude: 47.4979,
  longitude: 8.7291,
  name: "Old oak",
  note: "Behind the second barrier.\n\nThe path is steep after rain.",
  category: "tree",
  tags: "autumn, favourite",
} satisfies Values;

test("a new server asks for its first account", async ({ fresh, open, watch }) => {
  const page = await open(null);
  await page.goto(`${fresh.url}/setup`);
  await look(page, "setup-without-code");
  await page.goto(fresh.setupLink);
  await look(page, "setup");
  watch.expect(422);
  await page.getByLabel("E-mail address").fill("ada@example.org");
  await page.getByLabel("Password").fill("correct horse battery");
  await page.getByLabel("The same again").fill("correct horse bakery");
  await page.getByRole("button", { name: "Make the account" }).click();
  await expect(page.getByRole("alert")).toBeVisible();
  await look(page, "setup-refused");
});

test("signing in, and what is not there", async ({ open, account, watch, server }) => {
  const page = await open(null);
  await page.goto("/sign-in");
  await look(page, "sign-in");
  watch.expect(401);
  await page.getByLabel("E-mail address").fill(account.email);
  await page.getByLabel("Password").fill("not the password");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert")).toBeVisible();
  await look(page, "sign-in-refused");
  await page.goto("/first-password");
  await look(page, "first-password");
  await page.getByLabel("One-time code").fill("CEAG-7GH1");
  await page.getByLabel("Password", { exact: false }).first().fill("correct horse battery");
  await page.getByLabel("The same again").fill("correct horse battery");
  await page.getByRole("button", { name: "Set the password" }).click();
  await expect(page.getByRole("alert")).toBeVisible();
  await look(page, "first-password-refused");
  await page.goto("/pair#CEAG-7GH1");
  await look(page, "pair");
  watch.expect(404);
  await page.goto("/nothing-here");
  await look(page, "not-found");
  await page.goto(`${server.url}/setup`);
  await look(page, "setup-done");
});

test("a session that has ended, and the form that waits", async ({ page, open, account, server, watch }) => {
  const path = await save(page, server, OAK);
  await page.goto(`${path}/edit`);
  await page.getByLabel("Note").fill("Half written");
  const other = await open(account);
  await other.goto("/devices");
  watch.expect(401);
  await signOutFirst(other);
  await expect(page.getByRole("heading", { name: "Sign in again" })).toBeVisible();
  await look(page, "sign-in-again");
  await page.getByLabel("E-mail address").fill(account.email);
  await page.getByLabel("Password").fill(account.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByLabel("Note")).toHaveValue("Half written");
  await look(page, "resume");
  watch.allowLeaving();
});

/** So many places, in rows and columns over Switzerland; the newest is first in the list. */
async function saveMany(page: Page, server: Server, count: number): Promise<void> {
  const long = "A rather long name of a place that will not fit into a single line of the list, nor into two of them on a phone";
  for (let n = 0; n < count; n++) {
    const tags = n % 4 === 0 ? "autumn, water" : "";
    const category = n % 3 === 0 ? "tree" : n % 3 === 1 ? "parking" : "";
    const name = n === count - 2 ? "" : n === count - 3 ? long : `Place number ${n}`;
    await save(page, server, { latitude: 46.2 + (n % 8) * 0.17, longitude: 6.5 + Math.floor(n / 8) * 0.4, name, category, tags });
  }
}

test("the list without a place", async ({ page }) => {
  await page.goto("/places");
  await mapDrawn(page);
  await look(page, "list-empty", { window: true });
  await look(page, "list-empty-whole", { only: "phone" });
});

test("a full list, and its map on a phone", async ({ page, server }) => {
  await saveMany(page, server, 60);
  await page.goto("/places");
  await mapDrawn(page);
  await expect(page.locator(".map-marker, .map-cluster").first()).toBeVisible();
  await look(page, "list", { window: true });
  await page.setViewportSize({ width: 390, height: 844 });
  await page.getByRole("button", { name: "Map", exact: true }).click();
  await mapDrawn(page);
  await look(page, "list-map", { window: true, only: "phone" });
});

test("a list that is filtered, that has nothing, in which a place is selected", async ({ page, server, watch }) => {
  await saveMany(page, server, 20);
  await page.goto("/places?q=place&category=tree&tag=water&sort=name&since=2026-01-01");
  await mapDrawn(page);
  await look(page, "list-filtered", { window: true });
  await page.getByText("Filters and order").click();
  await look(page, "list-filters", { window: true });
  await page.goto("/places?q=nowhere");
  await mapDrawn(page);
  await look(page, "list-nothing-found", { window: true });
  await page.goto("/places/browse");
  await look(page, "browse");
  watch.expect(400);
  await page.goto(`/places?category=${"x".repeat(41)}&q=oak`);
  await expect(page.getByRole("alert")).toContainText("The category is 41 characters long");
  await look(page, "list-refused");
  await page.goto("/places?q=19");
  await page.getByRole("button", { name: "Place number 19", exact: true }).click();
  await expect(page.locator(".row[aria-current]")).toBeVisible();
  await look(page, "list-selected", { window: true });
});

test("a place: new, saved, changed, unnamed, refused", async ({ page, server, watch }) => {
  watch.allowLeaving();
  await page.goto("/places/new");
  await mapDrawn(page);
  await look(page, "new");
  watch.expect(422);
  await page.getByLabel("Latitude").fill("91");
  await page.getByLabel("Longitude").fill("8");
  await page.getByRole("button", { name: "Save the place" }).click();
  await expect(page.getByText("Nothing was saved yet.")).toBeVisible();
  await mapDrawn(page);
  await look(page, "new-refused");
  const path = await save(page, server, OAK);
  await page.goto(`${path}?done=saved`);
  await mapDrawn(page);
  await look(page, "place");
  await page.goto(`${path}/edit`);
  await mapDrawn(page);
  await look(page, "edit");
  await page.getByLabel("Latitude").fill("north");
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByText("Nothing was saved yet.")).toBeVisible();
  await mapDrawn(page);
  await look(page, "edit-refused");
  await change(page, server, path, OAK, { name: "Very old oak", note: "", tags: "favourite, winter", latitude: 47.5 });
  await page.goto(path);
  await mapDrawn(page);
  await look(page, "history");
  const unnamed = await save(page, server, { latitude: 46.9, longitude: 7.4 });
  await page.goto(unnamed);
  await mapDrawn(page);
  await look(page, "place-unnamed");
  await page.goto("/places/new");
  await mapDrawn(page);
  await look(page, "new-with-places");
  const shore = await save(page, server, { latitude: 47.66, longitude: 9.3, name: "Pier" });
  await page.goto(shore);
  await mapDrawn(page);
  await look(page, "place-by-a-lake");
});

test("what two changed: a conflict, a notice, a place in the trash", async ({ page, server, watch }) => {
  watch.allowLeaving();
  const path = await save(page, server, OAK);
  await page.goto(path);
  await mapDrawn(page);
  const sync = page.locator("#changed-elsewhere");
  await change(page, server, path, OAK, { name: "Very old oak" });
  await expect(sync).toBeVisible();
  await look(page, "place-changed-elsewhere");
  const second = await save(page, server, OAK);
  await page.goto(`${second}/edit`);
  await mapDrawn(page);
  await page.getByLabel("Name").fill("Grandfather's oak");
  await page.getByLabel("Note").fill("Mine, and longer than what was there before.");
  await page.getByLabel("Category").fill("forest");
  await change(page, server, second, OAK, { name: "Very old oak", note: "Theirs" });
  await expect(sync).toBeVisible();
  await look(page, "edit-changed-elsewhere");
  watch.expect(409);
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByText("The same was changed twice.")).toBeVisible();
  await expect(page.getByRole("region", { name: "Also in your change" })).toContainText("forest");
  await look(page, "conflict");
  const stale = await save(page, server, OAK);
  await page.goto(stale);
  await change(page, server, stale, OAK, { name: "Very old oak" });
  await page.getByRole("button", { name: "Put into the trash" }).click();
  await expect(page.getByRole("heading", { name: "Changed since you looked" })).toBeVisible();
  await look(page, "changed-since");
  await page.getByRole("button", { name: "Delete it all the same" }).click();
  await expect(page.getByText("The place is in the trash.")).toBeVisible();
  await look(page, "trash");
  await page.goto(stale);
  await mapDrawn(page);
  await look(page, "place-in-trash");
  const thrown = await save(page, server, OAK);
  await page.goto(`${thrown}/edit`);
  await mapDrawn(page);
  await page.getByLabel("Name").fill("Mine");
  await post(page.context().request, server, `${thrown}/delete`, { base_version: "1", op_id: randomUUID() });
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByText("This place was put into the trash meanwhile")).toBeVisible();
  await expect(page.getByRole("region", { name: "Your change" })).toContainText("Mine");
  await look(page, "conflict-in-trash");
});

test("places that are shared: who sees them, what others may, taken back, gone", async ({ page, open, server, account, watch }) => {
  const path = await save(page, server, OAK);
  const viewed = await save(page, server, { ...OAK, name: "Spring", latitude: 47.6 });
  const [bob, eve] = [await server.addAccount("bob"), await server.addAccount("eve")];
  await server.share(path, bob, "editor");
  await server.share(viewed, bob, "viewer");
  await server.share(viewed, eve, "viewer");
  await page.goto("/sharing");
  await look(page, "sharing-given");
  await page.getByRole("button", { name: "Confirm all of them" }).click();
  await expect(page.getByText("see these places again")).toBeVisible();
  await page.goto("/places");
  await expect(page.locator(".row", { hasText: "Spring" })).toContainText("You and 2 people");
  await expect(page.locator(".row", { hasText: "Old oak" })).toContainText(`You and ${bob.email}`);
  await mapDrawn(page);
  await look(page, "list-shared", { window: true });
  await page.goto(viewed);
  await mapDrawn(page);
  await look(page, "place-shared");

  const other = await open(bob);
  await other.goto("/places?shared=with_me");
  await expect(other.locator(".row", { hasText: "Spring" })).toContainText(`From ${account.email}; you can view`);
  await mapDrawn(other);
  await look(other, "list-received", { window: true });
  await other.goto(viewed);
  await expect(other.getByRole("link", { name: "Edit" })).toHaveCount(0);
  await mapDrawn(other);
  await look(other, "place-received");
  await other.goto(`${path}/edit`);
  await mapDrawn(other);
  await other.getByLabel("Note").fill("Still mine");
  await page.goto("/sharing");
  // The open form looks for what has changed, too.
  watch.expect(410);
  await page.locator(".card", { hasText: "Old oak" }).getByRole("button", { name: "Take it back" }).click();
  await expect(page.getByText("The share is taken back.")).toBeVisible();
  watch.allowLeaving();
  await expect(other.locator("#gone-elsewhere")).toBeVisible();
  await expect(other.getByLabel("Note")).toHaveValue("Still mine");
  await other.getByRole("button", { name: "Save changes" }).click();
  await expect(other.getByRole("heading", { name: "This place is gone" })).toBeVisible();
  await mapDrawn(other);
  await look(other, "gone");
  // What others had written of it is not kept; where it was is to be said anew.
  await other.getByLabel("Latitude").fill("47.4979");
  await other.getByLabel("Longitude").fill("8.7291");
  await other.getByRole("button", { name: "Save as a new place" }).click();
  await expect(other.locator(".note")).toHaveText("Still mine");
  await expect(other.locator("dl.facts")).toContainText("Only you");
});

test("files: import, preview, columns, done, taken back", async ({ page, watch }) => {
  const upload = async (file: string | { name: string; mimeType: string; buffer: Buffer }) => {
    await page.goto("/import");
    await page.getByLabel(/^File/).setInputFiles(file);
    await page.getByRole("button", { name: "Look at it" }).click();
  };
  await page.goto("/import");
  await look(page, "import");
  const csv = (text: string) => ({ name: "trees.csv", mimeType: "text/csv", buffer: Buffer.from(text) });
  await upload(csv("What,Y degrees,X degrees,Why\nOld oak,47.4979,8.7291,shade\nElm,47.5,8.8,\nAsh,47.6,8.9,\n"));
  await expect(page.getByText("It could not be told which columns")).toBeVisible();
  await look(page, "import-columns");
  await upload(csv("Ding;Breite;Länge;Farbe\nEiche;47,4979;8,7291;grün\n"));
  await expect(page.getByText("Not used: Ding, Farbe.")).toBeVisible();
  await look(page, "import-unused");
  await upload(csv("name,latitude,longitude,category,tags\nOld oak,47.4979,8.7291,tree,\"a, b\"\nElm,95,8.8,tree,\n,47.6,8.9,,\n"));
  await expect(page.getByText("Nothing is imported yet.")).toBeVisible();
  await look(page, "import-preview-bad-rows");
  await upload(fixture("gpxpy/cerknicko-jezero.gpx"));
  await look(page, "import-preview");
  await page.getByRole("button", { name: /^Import/ }).click();
  await expect(page.getByText("The import is done.")).toBeVisible();
  await look(page, "import-done");
  await page.getByRole("button", { name: "Take the import back" }).click();
  await expect(page.getByText("The import is taken back.")).toBeVisible();
  await look(page, "import-taken-back");
  await page.getByRole("button", { name: "Bring them back" }).click();
  await expect(page.getByText("The places of this import are back.")).toBeVisible();
  watch.expect(422);
  await upload({ name: "broken.kmz", mimeType: "application/zip", buffer: Buffer.from("PK\x03\x04 and nothing else") });
  await expect(page.getByText("Nothing was imported.")).toBeVisible();
  await look(page, "import-refused");
});

test("devices, pairing, account, sharing, an empty trash", async ({ page, open, device, account, server, watch }) => {
  await device.holdfast(["save", "47", "8", "--name", "Old oak"]);
  await device.sync();
  await page.goto("/devices");
  await look(page, "devices");
  // The same browser once more, as a person has it: the app in it, and another session on the pages.
  await server.signInApp(account, "Chrome on Linux");
  await open(account);
  await page.reload();
  await page.getByText("Sign out …").last().click();
  await look(page, "devices-of-each-kind");
  await server.leaveWaiting(account, 2);
  await page.reload();
  await page.locator(".device", { hasText: "Command line" }).getByText("Sign out …").click();
  await expect(page.getByRole("button", { name: "Sign out all the same phone, Command line" })).toBeVisible();
  await look(page, "devices-waiting");
  const size = page.viewportSize();
  for (const width of [390, 1280]) {
    await page.setViewportSize({ width, height: 844 });
    const lines = await page.locator(".device time").evaluateAll((times) => times.map((time) => time.getClientRects().length));
    expect(lines.length, "times on the page").toBeGreaterThan(3);
    expect(lines, `lines of each time at ${width} px`).toEqual(lines.map(() => 1));
  }
  if (size) await page.setViewportSize(size);
  await page.getByRole("button", { name: "Show a code" }).click();
  await expect(page.locator(".qr svg")).toBeVisible();
  await look(page, "pairing");
  await page.goto("/sharing");
  await look(page, "sharing");
  await page.goto("/trash");
  await look(page, "trash-empty");
  await page.goto("/account");
  await look(page, "account");
  watch.expect(401);
  await page.getByLabel("Current password").fill("not the password");
  await page.getByLabel("New password").fill("correct horse battery");
  await page.getByLabel("The same again").fill("correct horse battery");
  await page.getByRole("button", { name: "Change the password" }).click();
  await expect(page.getByRole("alert")).toBeVisible();
  await look(page, "account-refused");
});
