// The app by the keyboard alone, and in letters of double size.

import { button, inUse, openPlace, saveHere, words } from "../support/app";
import { field } from "../support/drafts";
import { expect, test } from "../support/test";

test("whoever takes a tag away by the keyboard stays with the tags", async ({ phone }) => {
  await saveHere(phone);
  await openPlace(phone, words.unnamed);
  await field(phone, "tags").fill("spring, wild,");
  await button(phone, words.place.removeTag("spring")).focus();
  await phone.keyboard.press("Enter");
  await expect(button(phone, words.place.removeTag("spring"))).toHaveCount(0);
  await phone.keyboard.press("Tab");
  await expect(field(phone, "tags")).toBeFocused();
});

test("the keyboard's ring is around the whole field of the search", async ({ phone }) => {
  await saveHere(phone);
  const search = phone.getByRole("search").getByRole("textbox").or(phone.getByRole("search").getByRole("searchbox"));
  const rings = () => search.evaluate((input) => [input, input.parentElement!].map((each) => getComputedStyle(each).outlineStyle));
  await search.focus();
  await expect.poll(rings).toEqual(["none", "solid"]);
  await search.blur();
  await expect.poll(rings).toEqual(["none", "none"]);
});

test("in letters of double size on the smallest phone, the app's name is on one line, and the search says what it is", async ({ phone, network, account }) => {
  await inUse(phone, network, account, "Old oak");
  await phone.setViewportSize({ width: 320, height: 640 });
  const session = await phone.context().newCDPSession(phone);
  await session.send("Page.setFontSizes", { fontSizes: { standard: 32, fixed: 26 } });
  await phone.setViewportSize({ width: 321, height: 640 });
  const name = phone.getByRole("heading", { level: 1, name: words.app });
  const lines = () =>
    name.evaluate((heading) => {
      const range = document.createRange();
      range.selectNodeContents(heading);
      return new Set(Array.from(range.getClientRects(), ({ top }) => Math.round(top))).size;
    });
  await expect.poll(lines).toBe(1);
  await expect(phone.getByPlaceholder(words.list.searchShort, { exact: true })).toBeVisible();
});

test("few words with something to press have it beside them", async ({ phone, network, account }) => {
  await inUse(phone, network, account, "Old oak");
  await openPlace(phone, "Old oak");
  await button(phone, words.place.delete).click();
  const toast = phone.getByTestId("toast");
  const [text, undo] = [toast.getByText(words.place.deleted), toast.getByRole("button", { name: words.undo })];
  await expect(undo).toBeVisible();
  const middle = async (of: typeof text) => of.boundingBox().then((box) => (box ? box.y + box.height / 2 : Number.NaN));
  expect(Math.abs((await middle(text)) - (await middle(undo)))).toBeLessThan(4);
});
