// "Save here": durable whatever happens to the network and to the app, and one place whatever is pressed how often.

import { allSent, button, expectState, goTo, openPlace, rows, said, saveHere, saveNamed, signIn, type, words } from "../support/app";
import { placesOf } from "../support/other";
import { settled } from "../support/all";
import { permit } from "../support/phone";
import { expect, goOffline, goOnline, openApp, test } from "../support/test";

test("a place saved offline survives a killed browser, and arrives at the server, the web and another device", async ({
  profile,
  network,
  account,
  device,
  open,
  watch,
}) => {
  watch.allowFailures();
  let phone = await profile.start();
  await permit(phone, ["geolocation", "durableStorage"]);
  await openApp(phone, network);
  await signIn(phone, network, account);
  await goOffline(phone, network);
  await phone.goto(`${network.url}/app/`);
  await button(phone, words.home.save).click();
  await expect(said(phone, words.home.saved)).toBeVisible();
  // At this very moment.
  await profile.kill();

  phone = await profile.start();
  await phone.context().setOffline(true);
  await phone.goto(`${network.url}/app/`);
  await expectState(phone, words.unnamed, "savedOnDevice");
  await expect(phone.getByRole("banner").getByText(words.summary.pending(1))).toBeVisible();

  await goOnline(phone, network);
  await allSent(phone);
  await expectState(phone, words.unnamed, "synced");
  const web = await open(account);
  await web.goto("/places");
  await web.getByRole("link", { name: words.unnamed }).first().click();
  await expect(web.locator(".coordinates")).toHaveText("47.49992, 8.72895");
  await device.sync();
  expect(await device.holdfast(["list"])).toMatch(/Synced .*47\.49992, 8\.72895/);
});

test("without an account and a network, places are saved, named and found again", async ({ phone, network, watch }) => {
  watch.allowFailures();
  await goOffline(phone, network);
  await saveNamed(phone, "Old oak");
  await expectState(phone, "Old oak", "savedOnDevice");
  await phone.reload();
  await expectState(phone, "Old oak", "savedOnDevice");
  await phone.getByRole("searchbox", { name: words.list.search }).or(phone.getByRole("textbox", { name: words.list.search })).fill("oak");
  await expect(rows(phone, "Old oak")).toHaveCount(1);
  await phone.getByRole("searchbox", { name: words.list.search }).or(phone.getByRole("textbox", { name: words.list.search })).fill("beech");
  await expect(phone.getByText(words.list.noneTitle)).toBeVisible();
});

test("undo takes a fresh capture back, and nothing of it is ever sent", async ({ phone, network, account, device, watch }) => {
  watch.allowFailures();
  await signIn(phone, network, account);
  network.cut(/\/v1\/sync\/push/, 100);
  await phone.goto(`${network.url}/app/`);
  await saveHere(phone);
  await button(phone, words.undo).click();
  await expect(said(phone, /^Undone\./)).toBeVisible();
  await expect(rows(phone)).toHaveCount(0);
  expect(await placesOf(device)).toEqual([]);
});

test("undo takes nothing back in which another window has typed since", async ({ phone, network }) => {
  await saveHere(phone);
  // Whoever is at the button is about to press it, and it stays for them.
  await button(phone, words.undo).focus();
  const other = await phone.context().newPage();
  await openApp(other, network);
  await openPlace(other, words.unnamed);
  await type(other, { name: "Old oak" });
  await button(phone, words.undo).press("Enter");
  await expect(said(phone, words.home.changedSince)).toBeVisible();
  await expect(rows(phone, "Old oak")).toHaveCount(1);
});

test("two quick taps are one place, and two slow ones are two", async ({ phone }) => {
  const save = button(phone, words.home.save);
  await save.dblclick();
  await expect(rows(phone)).toHaveCount(1);
  await expect(save).toBeEnabled();
  await expect.poll(async () => {
    await save.click();
    return rows(phone).count();
  }, { intervals: [800] }).toBeGreaterThan(1);
  await settled(phone);
});

test("what is saved in one window is in the other at once, and both can save", async ({ phone, network }) => {
  const other = await phone.context().newPage();
  await openApp(other, network);
  await saveHere(phone);
  await expect(rows(other)).toHaveCount(1);
  await saveHere(other);
  await expect(rows(phone)).toHaveCount(2);
  // The one that held the store goes: the other one takes it.
  await goTo(other, "settings");
  await expect(other.getByText(words.settings.otherWindow)).toBeVisible();
  await phone.close();
  await expect(other.getByText(words.settings.otherWindow)).toBeHidden();
  await goTo(other, "places");
  await saveHere(other);
  await expect(rows(other)).toHaveCount(3);
});
