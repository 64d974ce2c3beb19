// What is typed without an account, and a browser that is killed while its place is being taken into one. Nothing but the screens is
// asked.

import { allSent, button, expectState, openPlace, save, saveNamed, signIn, words } from "../support/app";
import { field } from "../support/drafts";
import { hold, holdable, letThrough } from "../support/hold";
import { permit, USUAL } from "../support/phone";
import { expect, openApp, test } from "../support/test";

const NOTE = "By the hut, behind the third stone";

test("what is typed is with its place in the account, though the browser was killed after the place had gone there and before what was typed had", async ({
  profile,
  network,
  account,
  device,
}) => {
  let phone = await profile.start();
  await permit(phone, USUAL);
  for (const call of ["edit", "list"]) await holdable(phone.context(), call);
  await openApp(phone, network);
  await saveNamed(phone, "Old oak");
  await openPlace(phone, "Old oak");
  // The page saves when it is left. Here it does not get to it.
  await hold(phone);
  await expect(async () => {
    await field(phone, "note").fill(NOTE);
    await phone.reload();
    await expect(phone.getByText(words.draft.title), "it is kept").toBeVisible({ timeout: 5_000 });
  }).toPass();
  await signIn(phone, network, account);
  await letThrough(phone);
  await phone.goto(`${network.url}/app/`);
  await expect(button(phone, words.adopt.take)).toBeVisible();
  // Nothing is carried over before the place that it is for is found.
  await hold(phone);
  await button(phone, words.adopt.take).click();
  await expect(phone.getByText(words.adopt.title(1))).toHaveCount(0);
  await expect.poll(async () => (await device.sync(), await device.holdfast(["list"]))).toContain("Old oak");
  await expect(phone.getByText(words.adopt.taken(1)), "the phone is not done").toHaveCount(0);
  await profile.kill();

  phone = await profile.start();
  await permit(phone, USUAL);
  await phone.goto(`${network.url}/app/`);
  await expectState(phone, "Old oak", "synced");
  await expect(phone.getByText(words.banners.typed.title)).toHaveCount(0);
  await openPlace(phone, "Old oak");
  await expect(phone.getByText(words.draft.title)).toBeVisible();
  await expect(field(phone, "note")).toHaveValue(NOTE);
  await save(phone);
  await phone.goto(`${network.url}/app/`);
  await expectState(phone, "Old oak", "synced");
  await allSent(phone);
  await device.sync();
  expect(await device.holdfast(["show", "Old oak"])).toContain(NOTE);
});
