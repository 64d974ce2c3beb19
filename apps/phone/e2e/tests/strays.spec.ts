// What is typed follows its place into an account, and is shown where its place is gone.

import { save as saveOnWeb } from "../support/all";
import { allSent, button, expectState, goTo, openPlace, said, save, saveNamed, signIn, words } from "../support/app";
import { field, kept } from "../support/drafts";
import { hold, holdable, letThrough } from "../support/hold";
import { look } from "../support/look";
import { permit, USUAL } from "../support/phone";
import { expect, test } from "../support/test";

test("what is typed at a place without an account goes with it into the account that takes it in", async ({ phone, network, account, device }) => {
  await holdable(phone.context(), "edit");
  await phone.reload();
  await saveNamed(phone, "Old oak");
  await openPlace(phone, "Old oak");
  // The page saves when it is left. Here it does not get to it.
  await hold(phone);
  await field(phone, "note").fill("By the hut, behind the third stone");
  await expect.poll(() => kept(phone)).toBe(1);
  await signIn(phone, network, account);
  await letThrough(phone);
  await phone.goto(`${network.url}/app/`);
  await button(phone, words.adopt.take).click();
  await expect(said(phone, words.adopt.taken(1))).toBeVisible();
  await expect(phone.getByText(words.banners.typed.title)).toHaveCount(0);
  await openPlace(phone, "Old oak");
  await expect(phone.getByText(words.draft.title)).toBeVisible();
  await expect(field(phone, "note")).toHaveValue("By the hut, behind the third stone");
  await save(phone);
  await expect.poll(() => kept(phone)).toBe(0);
  await phone.goto(`${network.url}/app/`);
  await expectState(phone, "Old oak", "synced");
  await allSent(phone);
  await device.sync();
  expect(await device.holdfast(["show", "Old oak"])).toContain("behind the third stone");
});

test("what is typed at a place that is gone from the phone is shown there and in the outbox, to be copied or let go of", async ({
  phone,
  network,
  account,
  open,
  server,
}) => {
  await holdable(phone.context(), "edit");
  const owner = await open(account);
  const path = await saveOnWeb(owner, server, { latitude: 47.4979, longitude: 8.7291, name: "Old oak" });
  const guest = await server.addAccount("bob");
  await server.share(path, guest, "editor");
  await owner.goto("/sharing");
  await owner.getByRole("button", { name: "Confirm all of them" }).click();
  await signIn(phone, network, guest);
  await phone.goto(`${network.url}/app/`);
  await openPlace(phone, "Old oak");
  await hold(phone);
  await field(phone, "note").fill("Hollow on the north side");
  await expect.poll(() => kept(phone)).toBe(1);
  await owner.goto("/sharing");
  await owner.getByRole("button", { name: "Take it back" }).click();
  await expect(phone.getByRole("alert").filter({ hasText: "not on this device any more" })).toBeVisible();
  await expect(phone.getByText("Hollow on the north side")).toBeVisible();
  await look(phone, "place-gone-typed");

  await button(phone, words.place.toList).click();
  await expect(phone.getByText(words.banners.typed.title), "there is one list").toHaveCount(1);
  await look(phone, "home-typed");
  await button(phone, words.banners.typed.show).click();
  await expect(phone.getByText("Hollow on the north side").filter({ visible: true })).toBeVisible();
  await look(phone, "outbox-typed");
  await permit(phone, [...USUAL, "clipboardReadWrite", "clipboardSanitizedWrite"]);
  await button(phone, words.draft.copy).click();
  await expect(said(phone, words.lost.copied)).toBeVisible();
  expect(await phone.evaluate(() => navigator.clipboard.readText())).toBe("Hollow on the north side");
  await button(phone, words.place.revert).click();
  await expect.poll(() => kept(phone)).toBe(0);
  await button(phone, words.undo).click();
  await expect.poll(() => kept(phone)).toBe(1);
  await button(phone, words.place.revert).click();
  await expect(said(phone, words.draft.letGo)).toBeVisible();
  await expect(phone.getByText(words.outbox.emptyTitle)).toBeVisible();
  await goTo(phone, "places");
  await expect(phone.getByText(words.banners.typed.title)).toHaveCount(0);
});
