// Where the keyboard and a screen reader go on after a page has changed, or a button is gone.

import type { Page } from "../support/all";
import { back, button, goTo, question, rows, saveHere, saveNamed, words } from "../support/app";
import { expect, test } from "../support/test";

const heading = (page: Page, name: string) => page.getByRole("heading", { level: 1, name, exact: true }).filter({ visible: true });

/** By the keyboard. */
async function press(page: Page, name: string): Promise<void> {
  await button(page, name).focus();
  await page.keyboard.press("Enter");
}

async function openByKey(page: Page, name: string): Promise<void> {
  await rows(page, name).focus();
  await page.keyboard.press("Enter");
  await expect(heading(page, name)).toBeFocused();
}

test("whoever comes back to the list, by our way or the browser's, is at the row they left it by", async ({ phone }) => {
  await saveNamed(phone, "Old oak");
  await saveNamed(phone, "Spring");
  for (const leave of [() => press(phone, words.back), () => phone.goBack(), () => back(phone)]) {
    await openByKey(phone, "Old oak");
    await leave();
    await expect(rows(phone, "Old oak")).toBeFocused();
  }
});

test("where the row is gone, it is the heading", async ({ phone }) => {
  await saveNamed(phone, "Old oak");
  await openByKey(phone, "Old oak");
  await press(phone, words.place.deleteForGood);
  await question(phone).getByRole("button", { name: words.place.deleteForGood }).click();
  await expect(rows(phone)).toHaveCount(0);
  await expect(heading(phone, words.app)).toBeFocused();
});

test("from page to page, the keyboard is on the page that is shown", async ({ phone }) => {
  await saveNamed(phone, "Old oak");
  await openByKey(phone, "Old oak");
  await press(phone, words.place.correct);
  await expect(heading(phone, words.position.title)).toBeFocused();
  await press(phone, words.position.north("10 m"));
  await button(phone, words.back).last().click();
  await question(phone).getByRole("button", { name: words.position.leave.yes }).click();
  await expect(button(phone, words.place.correct)).toBeFocused();
  await press(phone, words.back);
  await expect(rows(phone, "Old oak")).toBeFocused();
  await goTo(phone, "settings");
  await expect(phone.getByRole("link", { name: words.tabs.settings })).toBeFocused();
  const trash = phone.getByRole("link", { name: words.settings.trash });
  await trash.focus();
  await phone.keyboard.press("Enter");
  await expect(heading(phone, words.trash.title)).toBeFocused();
  await press(phone, words.back);
  await expect(trash).toBeFocused();
});

test("after an \"Undo\" the keyboard is at the heading", async ({ phone }) => {
  await saveHere(phone);
  await press(phone, words.undo);
  await expect(rows(phone)).toHaveCount(0);
  await expect(heading(phone, words.app)).toBeFocused();
});

test("a button that goes with its work leaves the keyboard at the heading", async ({ phone }) => {
  await saveNamed(phone, "Old oak");
  await openByKey(phone, "Old oak");
  const category = phone.getByRole("textbox", { name: words.place.category, exact: true });
  for (const name of [words.place.revert, words.place.save]) {
    await category.fill("tree");
    await press(phone, name);
    await expect(button(phone, words.place.save)).toBeHidden();
    await expect(heading(phone, "Old oak")).toBeFocused();
  }
});
