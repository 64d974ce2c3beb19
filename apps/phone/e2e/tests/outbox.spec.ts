// What waits, why, and what can be done about it.

import { readFileSync } from "node:fs";
import { button, expectState, goTo, inUse, question, rows, said, saveHere, saveNamed, signIn, words } from "../support/app";
import { placesOf } from "../support/other";
import { expect, goOffline, goOnline, test } from "../support/test";

test("the outbox says what waits, exports it, discards what the person lets go, and sends the rest", async ({ phone, network, account, device, watch }) => {
  watch.allowFailures();
  await signIn(phone, network, account);
  await goOffline(phone, network);
  await phone.goto(`${network.url}/app/`);
  await saveNamed(phone, "Old oak");
  await saveNamed(phone, "Spring");
  await goTo(phone, "outbox");
  const entries = phone.getByRole("main").getByText(words.outbox.kinds.create);
  await expect(entries.filter({ visible: true })).toHaveCount(2);

  const download = phone.waitForEvent("download");
  await button(phone, words.outbox.exportAll).click();
  const file = await (await download).path();
  expect(readFileSync(file, "utf8")).toContain("Old oak");

  // Its name waits behind its creation, where that has been tried already; without the one, it is unnamed.
  const ofSpring = new RegExp(`^${words.outbox.of(words.outbox.discard, `(Spring|${words.unnamed})`)}$`);
  const discard = phone.getByRole("button", { name: ofSpring });
  for (let left = await discard.count(); left > 0; left = await discard.count()) {
    await discard.last().click();
    await question(phone).getByRole("button", { name: words.outbox.discard }).click();
    await expect(discard).toHaveCount(left - 1);
  }
  await expect(said(phone, words.outbox.discarded)).toBeVisible();
  await expect(entries.filter({ visible: true })).toHaveCount(1);
  await goOnline(phone, network);
  // The app may hear of the room by itself, and then there is nothing left to press.
  await button(phone, words.outbox.retryAll).or(phone.getByText(words.outbox.emptyTitle)).first().click();
  await expect(phone.getByText(words.outbox.emptyTitle)).toBeVisible({ timeout: 20_000 });
  await device.sync();
  const list = await device.holdfast(["list"]);
  expect(list).toContain("Old oak");
  expect(list).not.toContain("Spring");
});

test("a full plan keeps what has no room on the phone, says so, and sends it once there is room", async ({ phone, network, account, device, server }) => {
  const limit = (places: number) => server.admin(["set-plan", "--email", account.email, "--plan", "small", "--places-max", String(places)]);
  await limit(1);
  await inUse(phone, network, account, "Old oak");
  await saveNamed(phone, "Spring");
  await expect(phone.getByText(words.banners.planFull.title, { exact: true })).toBeVisible();
  await expect(rows(phone, "Spring")).not.toHaveAccessibleName(new RegExp(words.states.synced));
  await saveHere(phone);
  await limit(10);
  await goTo(phone, "outbox");
  await button(phone, words.outbox.retryAll).click();
  await expect(phone.getByText(words.outbox.emptyTitle)).toBeVisible({ timeout: 20_000 });
  await goTo(phone, "places");
  await expectState(phone, "Spring", "synced");
  expect(await placesOf(device)).toHaveLength(3);
});

test("without a network, \"Send all now\" says so, and counts no attempt", async ({ phone, network, account, watch }) => {
  watch.allowFailures();
  await inUse(phone, network, account);
  await goOffline(phone, network);
  await saveHere(phone);
  await goTo(phone, "outbox");
  const attempts = phone.getByRole("main").getByText(new RegExp(words.outbox.attempts(0)));
  await expect(attempts).toBeVisible();
  for (let press = 0; press < 2; press++) {
    await button(phone, words.outbox.retryAll).click();
    await expect(said(phone, words.synced.offline)).toBeVisible();
    // Its words, touched, are gone: the next press is to say it anew.
    await said(phone, words.synced.offline).click();
    await expect(said(phone, words.synced.offline)).toBeHidden();
  }
  await expect(attempts).toBeVisible();
  await goOnline(phone, network);
  await expect(phone.getByText(words.outbox.emptyTitle, { exact: true })).toBeVisible({ timeout: 20_000 });
});
