// What is typed is not lost: not with its page, not with its window, and not to another window.

import type { Page } from "../support/all";
import { back, button, expectState, openPlace, question, rows, said, save, saveHere, saveNamed, signIn, words } from "../support/app";
import { field, kept } from "../support/drafts";
import { hold, holdable, letThrough } from "../support/hold";
import { look } from "../support/look";
import { permit, USUAL } from "../support/phone";
import { expect, openApp, test } from "../support/test";

test("what is typed is there again after the page is loaded anew, says that it is not saved, and goes when it is", async ({ phone }) => {
  await holdable(phone.context(), "edit");
  await phone.reload();
  await saveHere(phone);
  await openPlace(phone, words.unnamed);
  // The page saves when it is left. Here it does not get to it.
  await hold(phone);
  await field(phone, "note").fill("By the hut, behind the third stone");
  await field(phone, "tags").fill("spring");
  await expect.poll(() => kept(phone)).toBe(1);
  await phone.reload();
  await expect(phone.getByText(words.draft.title)).toBeVisible();
  await expect(field(phone, "note")).toHaveValue("By the hut, behind the third stone");
  await expect(field(phone, "tags")).toHaveValue("spring");
  await look(phone, "not-saved-yet");
  await letThrough(phone);
  await save(phone);
  await expect(phone.getByText(words.draft.title)).toBeHidden();
  await expect.poll(() => kept(phone)).toBe(0);
  await phone.reload();
  await expect(field(phone, "note")).toHaveValue("By the hut, behind the third stone");
  await expect(button(phone, words.place.removeTag("spring"))).toBeVisible();
  await expect(phone.getByText(words.draft.title)).toBeHidden();
});

test("what is typed outlives a killed browser, until the person lets it go", async ({ profile, network }) => {
  let phone = await profile.start();
  await permit(phone, USUAL);
  await openApp(phone, network);
  await saveNamed(phone, "Old oak");
  await openPlace(phone, "Old oak");
  await field(phone, "note").fill("A hollow on the north side");
  await expect.poll(() => kept(phone)).toBe(1);
  await profile.kill();

  phone = await profile.start();
  await permit(phone, USUAL);
  await phone.goto(`${network.url}/app/`);
  await openPlace(phone, "Old oak");
  await expect(phone.getByText(words.draft.title)).toBeVisible();
  await expect(field(phone, "note")).toHaveValue("A hollow on the north side");
  await button(phone, words.place.revert).click();
  await expect(field(phone, "note")).toHaveValue("");
  await expect.poll(() => kept(phone)).toBe(0);
  await phone.reload();
  await expect(field(phone, "name")).toHaveValue("Old oak");
  await expect(phone.getByText(words.draft.title)).toBeHidden();
});

test("signing out says that something typed is not saved, and leaves nothing of it behind", async ({ phone, network, account }) => {
  await holdable(phone.context(), "edit");
  await signIn(phone, network, account);
  await phone.goto(`${network.url}/app/`);
  await saveHere(phone);
  await openPlace(phone, words.unnamed);
  const place = phone.url();
  await hold(phone);
  await field(phone, "note").fill("For nobody else");
  await expect.poll(() => kept(phone)).toBe(1);
  await phone.goto(`${network.url}/app/settings`);
  await button(phone, words.settings.signOut).click();
  await expect(question(phone)).toContainText(words.draft.signOut([words.unnamed], false));
  await question(phone).getByRole("button", { name: /^Sign out/ }).click();
  await expect(said(phone, new RegExp(`^${words.settings.signedOut}`))).toBeVisible();
  await expect.poll(() => kept(phone)).toBe(0);
  await phone.goto(place);
  await expect(phone.getByRole("alert")).toBeVisible();
  await expect(phone.getByText("For nobody else")).toHaveCount(0);
});

test("what is typed while a save is under way is not lost with it", async ({ phone, network }) => {
  await holdable(phone.context(), "edit");
  await phone.reload();
  await saveHere(phone);
  await openPlace(phone, words.unnamed);
  await hold(phone);
  await field(phone, "name").fill("Old");
  await button(phone, words.place.save).click();
  await expect(button(phone, words.place.save)).toBeDisabled();
  await field(phone, "name").fill("Old oak");
  await field(phone, "note").fill("Hollow");
  await letThrough(phone);
  await expect(said(phone, words.place.changed)).toBeVisible();
  await expect(field(phone, "name")).toHaveValue("Old oak");
  await expect(button(phone, words.place.save)).toBeEnabled();
  await back(phone);
  await expect(rows(phone, "Old oak")).toHaveCount(1);
  await phone.goto(`${network.url}/app/`);
  await openPlace(phone, "Old oak");
  await expect(field(phone, "note")).toHaveValue("Hollow");
});

test("a second window does not overwrite what the first one has saved: the person sees both, and neither is lost", async ({ phone, network }) => {
  await saveNamed(phone, "Old oak");
  const other = await phone.context().newPage();
  await openApp(other, network);
  for (const page of [phone, other]) await openPlace(page, "Old oak");
  await field(phone, "name").fill("First oak");
  await field(other, "name").fill("Second oak");
  await field(other, "note").fill("Only here");
  await save(phone);

  await button(other, words.place.save).click();
  for (const text of ["First oak", "Second oak"]) await expect(question(other).getByText(text, { exact: true })).toBeVisible();
  await look(other, "clash");
  await question(other).getByRole("button", { name: words.clash.later }).click();
  await expect(said(other, words.clash.notYet)).toBeVisible();
  await expect(field(other, "name")).toHaveValue("Second oak");
  await expect(field(phone, "name"), "nothing was overwritten").toHaveValue("First oak");

  await button(other, words.place.save).click();
  await question(other).getByRole("button", { name: words.clash.keepNow }).click();
  await expect(said(other, words.clash.kept.now)).toBeVisible();
  await expect(field(other, "name")).toHaveValue("First oak");
  await expect(field(phone, "note"), "what did not clash is saved").toHaveValue("Only here");

  await field(phone, "name").fill("Third oak");
  await field(other, "name").fill("Fourth oak");
  await save(other);
  await button(phone, words.place.save).click();
  await question(phone).getByRole("button", { name: words.clash.keepMine }).click();
  await expect(said(phone, words.clash.kept.mine)).toBeVisible();
  await expect(button(phone, words.clash.copy.mine)).toBeVisible();
  await expect(field(other, "name")).toHaveValue("Third oak");
});

test("what is typed at a place that goes into the trash meanwhile is shown, kept, and saved after it comes back", async ({
  phone,
  network,
  account,
  device,
}) => {
  await signIn(phone, network, account);
  await saveNamed(phone, "Old oak");
  await expectState(phone, "Old oak", "synced");
  await openPlace(phone, "Old oak");
  const address = phone.url();
  await field(phone, "note").fill("Hollow on the north side");
  await device.sync();
  await device.holdfast(["delete", "Old oak"]);
  await device.sync();
  await expect(phone.getByText(words.draft.stuck)).toBeVisible();
  await expect(phone.getByText("Hollow on the north side")).toBeVisible();
  await look(phone, "typed-in-trash");
  // Leaving it says nothing of a failure, and loses nothing.
  await back(phone);
  await expect(rows(phone, "Old oak")).toHaveCount(0);
  await expect(phone.getByRole("alert").filter({ visible: true })).toHaveCount(0);
  await phone.goto(address);
  await button(phone, words.place.restore).click();
  await expect(field(phone, "note")).toHaveValue("Hollow on the north side");
  await save(phone);
  await expect.poll(() => kept(phone)).toBe(0);
});

test("a position set in another window meanwhile is not overwritten unasked", async ({ phone, network }) => {
  await saveNamed(phone, "Old oak");
  const other = await phone.context().newPage();
  await openApp(other, network);
  const latitude = (page: Page) => page.getByRole("textbox", { name: words.position.latitude });
  for (const page of [phone, other]) {
    await openPlace(page, "Old oak");
    await button(page, words.place.correct).click();
    await expect(latitude(page)).toBeVisible();
  }
  await latitude(phone).fill("47.6");
  await button(phone, words.position.save).click();
  await expect(said(phone, words.position.saved)).toBeVisible();
  // The editor still shows what it was opened with.
  await expect(latitude(other)).toHaveValue(/^47\.4999/);
  await latitude(other).fill("47.7");
  await button(other, words.position.save).click();
  await expect(question(other).getByText(/^47\.60000/)).toBeVisible();
  await expect(question(other).getByText(/^47\.70000/)).toBeVisible();
  await question(other).getByRole("button", { name: words.clash.keepNow }).click();
  await expect(said(other, words.clash.kept.now)).toBeVisible();
  await expect(other.getByText(/^47\.60000/).filter({ visible: true }).first()).toBeVisible();
});

test("what another window saves while this one is saving is not overwritten: the core sees it, and the person is asked", async ({ phone, network }) => {
  await holdable(phone.context(), "edit");
  await phone.reload();
  await saveNamed(phone, "Old oak");
  const other = await phone.context().newPage();
  await openApp(other, network);
  for (const page of [phone, other]) await openPlace(page, "Old oak");
  await field(other, "name").fill("Second oak");
  // It has looked, and is about to save.
  await hold(other);
  await button(other, words.place.save).click();
  await expect(button(other, words.place.save)).toBeDisabled();
  await field(phone, "name").fill("First oak");
  await button(phone, words.place.save).click();
  // It is stored, and the other window has heard of it.
  await expect(other.getByRole("heading", { name: "First oak", level: 1 })).toBeVisible();

  await letThrough(other);
  for (const text of ["First oak", "Second oak"]) await expect(question(other).getByText(text, { exact: true })).toBeVisible();
  await expect(other.getByRole("alert").filter({ visible: true })).toHaveCount(0);
  await expect(field(phone, "name"), "nothing was overwritten").toHaveValue("First oak");
  await question(other).getByRole("button", { name: words.clash.keepMine }).click();
  await expect(said(other, words.clash.kept.mine)).toBeVisible();
  await expect(field(phone, "name")).toHaveValue("Second oak");
});

test("what another window has just saved is not deleted unseen", async ({ phone, network }) => {
  await holdable(phone.context(), "delete");
  await phone.reload();
  await saveNamed(phone, "Old oak");
  const other = await phone.context().newPage();
  await openApp(other, network);
  for (const page of [phone, other]) await openPlace(page, "Old oak");
  await hold(other);
  await button(other, words.place.deleteForGood).click();
  await question(other).getByRole("button", { name: words.place.deleteForGood }).click();
  await expect(question(other)).toHaveCount(0);
  await field(phone, "note").fill("Hollow");
  await button(phone, words.place.save).click();
  await expect(field(other, "note")).toHaveValue("Hollow");

  await letThrough(other);
  await expect(question(other).getByText(words.place.deleteChanged)).toBeVisible();
  await expect(question(other).getByText("Hollow", { exact: true })).toBeVisible();
  await look(other, "delete-changed");
  await question(other).getByRole("button", { name: words.place.deleteForGood }).click();
  await expect(said(other, words.place.vanished)).toBeVisible();
});
