// What is said at the bottom, where there is little room: in letters of double size, as some people set their phones, and over another page.

import { button, goTo, rows, said, saveHere, words } from "../support/app";
import { permit } from "../support/phone";
import { expect, test } from "../support/test";

test("in letters of double size, what is said neither fills the screen nor loses its button", async ({ phone }) => {
  const session = await phone.context().newCDPSession(phone);
  await session.send("Page.setFontSizes", { fontSizes: { standard: 32, fixed: 26 } });
  await permit(phone, ["durableStorage"]);
  await phone.setViewportSize({ width: 320, height: 640 });
  await phone.reload();
  await button(phone, words.home.save).click();
  await expect(said(phone, `${words.home.noPosition} ${words.location.why.denied}.`)).toBeVisible();
  const undo = button(phone, words.undo);
  await expect(undo).toBeInViewport({ ratio: 1 });
  const toast = await undo.locator("xpath=..").boundingBox();
  expect(toast?.height, "most of the screen is still to be seen").toBeLessThan(320);
  expect((toast?.x ?? -1) >= 0 && (toast?.x ?? 0) + (toast?.width ?? 999) <= 320).toBe(true);
  const save = await button(phone, words.home.save).boundingBox();
  expect((toast?.y ?? 0) >= (save?.y ?? 999) + (save?.height ?? 0) || (toast?.y ?? 999) + (toast?.height ?? 0) <= (save?.y ?? 0), "it hides no main button").toBe(true);
  await undo.click();
  await expect(said(phone, /^Undone\./)).toBeVisible();
  await expect(rows(phone)).toHaveCount(0);
});

test("what is said hides no main button of the page to which the person goes meanwhile, and can be undone there", async ({ phone }) => {
  await saveHere(phone);
  await goTo(phone, "settings");
  await button(phone, words.settings.signIn).click();
  const main = button(phone, words.signIn.pair);
  await expect(main).toBeVisible();
  const undo = button(phone, words.undo);
  await expect
    .poll(async () => {
      const [said, pressed] = [await undo.locator("xpath=..").boundingBox(), await main.boundingBox()];
      return !said || !pressed ? "gone" : said.y >= pressed.y + pressed.height || said.y + said.height <= pressed.y ? "apart" : "hidden";
    })
    .toBe("apart");
  await undo.click();
  await expect(said(phone, /^Undone\./)).toBeVisible();
});
