// The app itself, without a word about places: it opens without a network, and a new version never interrupts.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { button, openPlace, rows, said, words } from "../support/app";
import { HERE } from "../support/phone";
import { expect, goOffline, kept, openApp, test } from "../support/test";
import { dist, mark, newVersionWaits, publish } from "../support/version";

test("the app opens without a network after the first visit, at every address of its own", async ({ phone, network, watch }) => {
  watch.allowFailures();
  await goOffline(phone, network);
  for (const path of ["", "outbox", "places/not-there"]) {
    await phone.goto(`${network.url}/app/${path}`);
    await expect(phone.locator("#root > *").first()).toBeVisible();
  }
});

test("everything the app is made of is kept at the first visit, and nothing of a person or of the web pages", async ({ phone }) => {
  const built = JSON.parse(readFileSync(join(dist, "build.json"), "utf8")) as { files: Record<string, string> };
  const expected = Object.keys(built.files).filter((name) => name !== "service-worker.js");
  const paths = await phone.evaluate(async () => {
    const names = (await caches.keys()).filter((name) => name.startsWith("holdfast-app-"));
    const requests = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
    return requests.flat().map(({ url }) => decodeURI(new URL(url).pathname));
  });
  expect(paths.sort()).toEqual(expected.map((name) => `/app/${name}`).sort());
});

test("the app is one that a phone can install", async ({ phone, network }) => {
  const session = await phone.context().newCDPSession(phone);
  const { errors, manifest } = await session.send("Page.getAppManifest");
  expect(errors).toEqual([]);
  expect(manifest).toMatchObject({ name: "Holdfast", startUrl: `${network.url}/app/`, scope: `${network.url}/app/`, display: "kStandalone" });
  const { installabilityErrors } = await session.send("Page.getInstallabilityErrors");
  // A window of a test counts as a private one.
  expect(installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== "in-incognito")).toEqual([]);
});

test("a new version waits while the app is in use, and is there when the app is opened anew", async ({ phone, network }) => {
  await publish(network, "second");
  await newVersionWaits(phone);
  expect(await mark(phone)).toBe("first");
  await phone.reload();
  await expect.poll(() => mark(phone).catch(() => "under way")).toBe("second");
  const caches = () => phone.evaluate(async () => (await window.caches.keys()).filter((name) => name.startsWith("holdfast-app-")).length);
  await expect.poll(caches, "the files of the version before go with its last window").toBe(1);
});

test("a page of the web platform in another tab keeps no new version waiting, and no old one's files", async ({ phone, network }) => {
  const web = await phone.context().newPage();
  await web.goto(`${network.url}/sign-in`);
  await expect(web.getByRole("heading").first()).toBeVisible();
  await publish(network, "second");
  await newVersionWaits(phone);
  await phone.reload();
  await expect.poll(() => mark(phone).catch(() => "under way")).toBe("second");
  const caches = () => phone.evaluate(async () => (await window.caches.keys()).filter((name) => name.startsWith("holdfast-app-")).length);
  await expect.poll(caches).toBe(1);
});

test("a window that is open goes on with its version when another one takes the new one", async ({ phone, network }) => {
  const other = await phone.context().newPage();
  await openApp(other, network);
  await publish(network, "second");
  await newVersionWaits(phone);
  // With two windows, opening one of them anew changes nothing for the other one.
  await other.reload();
  expect(await mark(other)).toBe("first");
  await other.evaluate(async () => (await navigator.serviceWorker.ready).waiting?.postMessage("take-over"));
  await expect.poll(() => phone.evaluate(async () => (await navigator.serviceWorker.ready).waiting === null)).toBe(true);
  await other.reload();
  expect(await mark(other)).toBe("second");
  expect(await mark(phone), "it was not reloaded").toBe("first");
  network.off();
  const old = await phone.evaluate(async () => {
    const script = document.querySelector<HTMLScriptElement>("script[src*=_expo]")?.src ?? "";
    return (await fetch(script)).ok;
  });
  expect(old, "its files are still there").toBe(true);
});

test("a new version that is accepted waits for a place that is still looking for its position", async ({ phone, network }) => {
  await publish(network, "second");
  await newVersionWaits(phone);
  await phone.context().setGeolocation({ ...HERE, accuracy: 300 });
  await button(phone, words.home.save).click();
  await expect(said(phone, /^Saved on this phone/)).toBeVisible();
  await button(phone, words.banners.update.action).click();
  await expect(button(phone, words.banners.update.action)).toBeDisabled();
  await expect(rows(phone)).toHaveCount(1);
  expect(await mark(phone), "it is not interrupted").toBe("first");
  await phone.context().setGeolocation({ ...HERE, accuracy: 4 });
  await expect.poll(() => mark(phone).catch(() => "under way")).toBe("second");
  await openPlace(phone, words.unnamed);
  await expect(phone.getByText("about ±4 m").filter({ visible: true }).first()).toBeVisible();
});

test("an installation that is cut off goes on where it was, and until then the app works from the network", async ({ open, network, watch }) => {
  watch.allowFailures();
  network.cut(/^\/app\/licences\.txt$/);
  const page = await open(null, { baseURL: network.url });
  await page.goto("/app/");
  await expect(page.locator("#root > *").first()).toBeVisible();
  await expect.poll(() => network.to(/licences\.txt$/).map(({ lost }) => lost)).toEqual([true]);
  await page.reload();
  await kept(page);
  expect(network.to(/licences\.txt$/).map(({ status }) => status)).toEqual([200, 200]);
  expect(network.to(/index\.html$/), "what was fetched the first time is not fetched again").toHaveLength(1);
});
