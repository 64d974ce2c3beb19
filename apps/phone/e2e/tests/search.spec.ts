// The search for a position, and what can be done about a capture, when something comes in between.

import { button, expectState, inUse, openPlace, rows, said, words } from "../support/app";
import { permit } from "../support/phone";
import { expect, test } from "../support/test";

test("where the position is refused, a capture can still be undone at once", async ({ phone }) => {
  await permit(phone, ["durableStorage"]);
  await button(phone, words.home.save).click();
  await expect(said(phone, `${words.home.noPosition} ${words.location.why.denied}.`)).toBeVisible();
  await button(phone, words.undo).click();
  await expect(said(phone, words.home.undone)).toBeVisible();
  await expect(rows(phone)).toHaveCount(0);
});

test("a place whose search ended with the app is found when the app is opened again", async ({ phone }) => {
  await phone.addInitScript(() => {
    if (sessionStorage.getItem("sensor")) return;
    navigator.geolocation.getCurrentPosition = () => {};
    navigator.geolocation.watchPosition = () => 1;
  });
  await phone.reload();
  await button(phone, words.home.save).click();
  await expectState(phone, words.unnamed, "waitingForPosition");
  await phone.evaluate(() => sessionStorage.setItem("sensor", "on"));
  await phone.reload();
  await expectState(phone, words.unnamed, "savedOnDevice");
});

test("what is typed goes into the trash with its place, and comes back with it", async ({ phone, network, account }) => {
  await inUse(phone, network, account, "Old oak");
  await openPlace(phone, "Old oak");
  await phone.getByRole("textbox", { name: words.place.note }).fill("Shade at noon");
  await button(phone, words.place.delete).click();
  await expect(said(phone, words.place.deleted)).toBeVisible();
  await button(phone, words.undo).click();
  await expect(said(phone, words.place.restored)).toBeVisible();
  await openPlace(phone, "Old oak");
  await expect(phone.getByRole("textbox", { name: words.place.note })).toHaveValue("Shade at noon");
});
