// Letters of double size, as some people set their phones.

import { button, rows, said, words } from "../support/app";
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
  await undo.click();
  await expect(said(phone, /^Undone\./)).toBeVisible();
  await expect(rows(phone)).toHaveCount(0);
});
