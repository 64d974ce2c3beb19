// Several windows type at the same place, and none of them gets to save: nothing of it is lost, whichever is closed.

import type { Network } from "../support/network";
import type { Page } from "../support/all";
import { button, openPlace, question, save, saveNamed, signIn, words } from "../support/app";
import { field, kept, keptKeys, windowOf } from "../support/drafts";
import { hold, holdable, letThrough } from "../support/hold";
import { look } from "../support/look";
import { expect, openApp, test } from "../support/test";

const HUT = "By the hut, behind the third stone";
const WELL = "Dry since the summer";
const SPRING = "Cold also in August";

/** A place's page in two windows, which do not get to save; with its address. */
async function twoAt(phone: Page, network: Network): Promise<{ other: Page; address: string }> {
  await holdable(phone.context(), "edit");
  await phone.reload();
  await saveNamed(phone, "Old oak");
  const other = await phone.context().newPage();
  await openApp(other, network);
  for (const page of [phone, other]) {
    await openPlace(page, "Old oak");
    await hold(page);
  }
  return { other, address: phone.url() };
}

/** Types in both windows, the second one last. */
async function typeInBoth(phone: Page, other: Page): Promise<void> {
  await field(phone, "note").fill(HUT);
  await expect.poll(() => kept(phone)).toBe(1);
  await field(other, "note").fill(WELL);
  await expect.poll(() => kept(phone)).toBe(2);
}

const open = async (page: Page, address: string): Promise<Page> => {
  await page.goto(address);
  await expect(field(page, "note")).toBeVisible();
  return page;
};

test("what two windows have typed at a place is all there after both were closed: one in the form, the other beside it", async ({ phone, network }) => {
  const { other, address } = await twoAt(phone, network);
  await typeInBoth(phone, other);
  const context = phone.context();
  for (const page of [phone, other]) await page.close();

  const again = await open(await context.newPage(), address);
  await expect(field(again, "note")).toHaveValue(WELL);
  await expect(again.getByText(words.draft.text)).toBeVisible();
  await expect(again.getByText(HUT)).toBeVisible();
  await expect(again.getByText(words.draft.left(false))).toBeVisible();
  await expect(button(again, words.draft.use)).toHaveCount(0);
  await look(again, "left-by-a-closed-window");
  await save(again);
  await button(again, words.draft.use).click();
  await expect(field(again, "note")).toHaveValue(HUT);
  await expect(again.getByText(words.draft.stuck)).toHaveCount(0);
  await expect.poll(() => keptKeys(again)).toEqual([expect.stringContaining(`~${await windowOf(again)}`)]);
  // It was typed before the other was saved, and overwrites nothing unasked.
  await button(again, words.place.save).click();
  await question(again).getByRole("button", { name: words.clash.keepMine }).click();
  await expect.poll(() => kept(again)).toBe(0);
  await again.reload();
  await expect(field(again, "note")).toHaveValue(HUT);
});

test("“Don’t save” in one window leaves what stands in another one, which has it also after it is loaded again", async ({ phone, network }) => {
  const { other } = await twoAt(phone, network);
  await typeInBoth(phone, other);
  await button(other, words.place.revert).click();
  await expect(field(other, "note")).toHaveValue("");
  await expect.poll(() => kept(phone)).toBe(1);
  await other.reload();
  await expect(field(other, "note")).toHaveValue("");
  // Nothing says that it has looked for what closed windows have left.
  await other.waitForTimeout(500);
  await expect(other.getByText(HUT), "the window is open").toHaveCount(0);
  await phone.reload();
  await expect(field(phone, "note")).toHaveValue(HUT);
  await letThrough(phone);
  await save(phone);
  await expect.poll(() => kept(phone)).toBe(0);
});

test("each of two windows that are loaded again finds its own", async ({ phone, network }) => {
  const { other, address } = await twoAt(phone, network);
  const third = await open(await phone.context().newPage(), address);
  await hold(third);
  await typeInBoth(phone, other);
  await field(third, "note").fill(SPRING);
  await expect.poll(() => kept(phone)).toBe(3);
  await third.close();
  const before = [await windowOf(phone), await windowOf(other), (await keptKeys(phone)).sort()];
  for (const page of [phone, other, phone]) await page.reload();
  await expect(field(phone, "note")).toHaveValue(HUT);
  await expect(field(other, "note")).toHaveValue(WELL);
  // What a third one has left is shown by whoever has looked, and nothing else is.
  for (const page of [phone, other]) {
    await expect(page.getByText(SPRING)).toBeVisible();
    await expect(page.getByText(words.draft.left(false))).toHaveCount(1);
  }
  expect([await windowOf(phone), await windowOf(other), (await keptKeys(phone)).sort()]).toEqual(before);
});

test("a duplicated window is another one", async ({ phone, network }) => {
  const { other, address } = await twoAt(phone, network);
  await other.close();
  await field(phone, "note").fill(HUT);
  await expect.poll(() => kept(phone)).toBe(1);
  // It begins with a copy of all that its opener has in the sessionStorage.
  const opened = phone.waitForEvent("popup");
  await phone.evaluate((address) => void window.open(address), address);
  const copy = await opened;
  await expect(field(copy, "note")).toHaveValue("");
  await field(copy, "note").fill(WELL);
  await expect.poll(() => kept(phone)).toBe(2);
  await button(copy, words.place.revert).click();
  await expect.poll(() => kept(phone)).toBe(1);
  await phone.reload();
  await expect(field(phone, "note")).toHaveValue(HUT);
});

test("of two windows that are opened at once, one has what a closed one has left", async ({ phone, network }) => {
  const { other, address } = await twoAt(phone, network);
  await field(other, "note").fill(WELL);
  await expect.poll(() => kept(phone)).toBe(1);
  const context = phone.context();
  const two = [await context.newPage(), await context.newPage()];
  for (const page of [phone, other]) await page.close();
  await Promise.all(two.map((page) => open(page, address)));
  const values = await Promise.all(two.map((page) => field(page, "note").inputValue()));
  expect(values.sort()).toEqual(["", WELL]);
});

test("a page stays with its place while another window signs in and takes it into the account, with what was typed", async ({ phone, network, account }) => {
  const { other, address } = await twoAt(phone, network);
  await letThrough(other);
  await field(phone, "note").fill(HUT);
  await expect.poll(() => kept(phone)).toBe(1);
  await signIn(other, network, account);
  await expect(phone.getByRole("alert").filter({ hasText: words.place.apart.title })).toBeVisible();
  await look(phone, "place-kept-apart");
  await other.goto(`${network.url}/app/`);
  await button(other, words.adopt.take).click();
  await expect(phone).not.toHaveURL(address);
  await expect(field(phone, "note")).toHaveValue(HUT);
  await expect(phone.getByText(words.draft.text)).toBeVisible();
  await letThrough(phone);
  await save(phone);
  await expect.poll(() => kept(phone)).toBe(0);

  await phone.goto(`${network.url}/app/place/local-999`);
  await expect(phone.getByRole("alert").filter({ hasText: words.place.noSuch.title })).toBeVisible();
});

test("signing out in one window says that another one has something that is not saved, and where", async ({ phone, network, account }) => {
  await signIn(phone, network, account);
  await phone.goto(`${network.url}/app/`);
  const { other } = await twoAt(phone, network);
  await field(phone, "note").fill(HUT);
  await expect.poll(() => kept(phone)).toBe(1);
  await other.goto(`${network.url}/app/settings`);
  await button(other, words.settings.signOut).click();
  await expect(question(other)).toContainText(words.draft.signOut(["Old oak"], true));
  await question(other).getByRole("button", { name: /^Sign out/ }).click();
  await expect.poll(() => kept(other)).toBe(0);
});
