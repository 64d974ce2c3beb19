// Changing, deleting and deciding, beside a web platform and a device that do the same.

import { save } from "../support/all";
import { allSent, back, button, expectState, goTo, inUse, openPlace, rows, said, signIn, type, words } from "../support/app";
import { look } from "../support/look";
import { placesOf } from "../support/other";
import { permit, USUAL } from "../support/phone";
import { expect, goOffline, goOnline, test } from "../support/test";

const OAK = { latitude: 47.4979, longitude: 8.7291, name: "Old oak", note: "Shade" };

test("the same field changed on the web and offline on the phone is decided by the person, field by field", async ({
  phone,
  network,
  account,
  open,
  server,
  device,
  watch,
}) => {
  watch.allowFailures();
  const web = await open(account);
  const path = await save(web, server, OAK);
  await signIn(phone, network, account);
  await phone.goto(`${network.url}/app/`);
  await expectState(phone, "Old oak", "synced");
  await goOffline(phone, network);
  await openPlace(phone, "Old oak");
  await type(phone, { name: "My oak", note: "My note" });

  await web.goto(`${path}/edit`);
  await web.getByLabel("Name").fill("Web oak");
  await web.getByLabel("Note").fill("Web note");
  await web.getByLabel("Category").fill("tree");
  await web.getByRole("button", { name: "Save changes" }).click();
  await expect(web.getByText("Your change is saved.")).toBeVisible();

  await goOnline(phone, network);
  await back(phone);
  await expectState(phone, "My oak", "needsAttention");
  await openPlace(phone, "My oak");
  await button(phone, words.place.decide).click();
  await expect(phone.getByText(words.conflict.fieldsChanged)).toBeVisible();
  for (const text of ["My oak", "Web oak", "My note", "Web note"]) {
    await expect(phone.getByText(text).filter({ visible: true }).first()).toBeVisible();
  }
  const choose = (field: string, text: string) =>
    phone.getByRole("radiogroup", { name: new RegExp(`^${field}`) }).getByRole("radio", { name: new RegExp(text) }).click();
  await choose(words.conflict.fields.name, "My oak");
  await choose(words.conflict.fields.note, "Web note");
  await button(phone, words.conflict.perField).click();
  await expect(said(phone, words.conflict.became.each("name", "note"))).toBeVisible();
  // What was not kept is in the place's history, to be read and taken from there.
  await expect(phone.getByText(words.lost.theirs("name", "Web oak"))).toBeVisible();
  await expect(phone.getByText(words.lost.mine("note", "My note"))).toBeVisible();
  await permit(phone, [...USUAL, "clipboardReadWrite", "clipboardSanitizedWrite"]);
  await button(phone, words.lost.copyThe("note")).click();
  await expect(said(phone, words.lost.copied)).toBeVisible();
  expect(await phone.evaluate(() => navigator.clipboard.readText())).toBe("My note");
  await phone.goto(`${network.url}/app/`);
  await expectState(phone, "My oak", "synced");
  await device.sync();
  const shown = await device.holdfast(["show", "My oak"]);
  expect(shown).toContain("Web note");
  expect(shown).toContain("tree");
});

test("different fields changed on both sides are put together without a question", async ({ phone, network, account, device, watch }) => {
  watch.allowFailures();
  await device.holdfast(["save", "47.4979", "8.7291", "--name", "Old oak"]);
  await device.sync();
  await signIn(phone, network, account);
  await phone.goto(`${network.url}/app/`);
  await expectState(phone, "Old oak", "synced");
  await goOffline(phone, network);
  await openPlace(phone, "Old oak");
  await type(phone, { note: "My note" });
  await device.holdfast(["edit", "Old oak", "--name", "Their oak"]);
  await device.sync();
  await goOnline(phone, network);
  await back(phone);
  await expectState(phone, "Their oak", "synced");
  await openPlace(phone, "Their oak");
  await expect(phone.getByRole("textbox", { name: words.place.note })).toHaveValue("My note");
});

test("a place changed here and deleted elsewhere is in the list until it is decided, and everything says what happened", async ({
  phone,
  network,
  account,
  device,
  watch,
}) => {
  watch.allowFailures();
  await inUse(phone, network, account, "Old oak");
  await goOffline(phone, network);
  await openPlace(phone, "Old oak");
  await type(phone, { note: "Hollow" });
  await device.sync();
  await device.holdfast(["delete", "Old oak"]);
  await device.sync();
  await goOnline(phone, network);
  await back(phone);
  await expectState(phone, "Old oak", "needsAttention");
  await expect(phone.getByText(words.list.decisionNeeded)).toBeVisible();
  await expect(phone.getByText(words.list.emptyTitle)).toHaveCount(0);
  await look(phone, "home-deleted-elsewhere");
  await goTo(phone, "outbox");
  await expect(phone.getByText(words.outbox.conflict.inTrash)).toBeVisible();
  await look(phone, "outbox-deleted-elsewhere");
  await goTo(phone, "places");
  await openPlace(phone, "Old oak");
  await expect(phone.getByText(words.meaning.inTrash)).toBeVisible();
  await look(phone, "place-deleted-elsewhere");
  await button(phone, words.place.decide).click();
  await button(phone, words.conflict.outOfTrash).click();
  await expect(said(phone, words.conflict.became.outOfTrash)).toBeVisible();
  await phone.goto(`${network.url}/app/`);
  await expectState(phone, "Old oak", "synced");
  await expect(phone.getByText(words.list.decisionNeeded)).toHaveCount(0);
});

test("a place goes into the trash and comes back, on every device", async ({ phone, network, account, device }) => {
  await inUse(phone, network, account, "Old oak");
  await openPlace(phone, "Old oak");
  await button(phone, words.place.delete).click();
  await expect(said(phone, words.place.deleted)).toBeVisible();
  await phone.goto(`${network.url}/app/`);
  await expect(rows(phone)).toHaveCount(0);
  await allSent(phone);
  expect(await placesOf(device)).toEqual([]);
  await phone.goto(`${network.url}/app/trash`);
  await button(phone, words.trash.restore("Old oak")).click();
  await expect(said(phone, words.place.restored)).toBeVisible();
  await phone.goto(`${network.url}/app/`);
  await expectState(phone, "Old oak", "synced");
  await device.sync();
  expect(await device.holdfast(["list"])).toContain("Old oak");
});
