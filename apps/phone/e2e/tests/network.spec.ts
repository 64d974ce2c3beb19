// A bad network makes nothing twice and loses nothing.

import { allSent, expectState, saveHere, saveNamed, signIn, words } from "../support/app";
import { placesOf } from "../support/other";
import { expect, test } from "../support/test";

const PUSH = /^\/v1\/sync\/push/;

test("a reply that is lost makes one place, not two", async ({ phone, network, account, device, watch }) => {
  watch.allowFailures();
  await signIn(phone, network, account);
  network.loseReply(PUSH, 2);
  await phone.goto(`${network.url}/app/`);
  await saveHere(phone);
  await expect.poll(() => network.to(PUSH).filter(({ lost }) => lost).length, { timeout: 30_000 }).toBe(2);
  await expectState(phone, words.unnamed, "synced");
  expect(await placesOf(device)).toHaveLength(1);
});

test("a request that breaks off in the middle is sent again, whole", async ({ phone, network, account, device, watch }) => {
  watch.allowFailures();
  await signIn(phone, network, account);
  network.cut(PUSH, 1);
  await phone.goto(`${network.url}/app/`);
  await saveNamed(phone, "Old oak");
  await allSent(phone);
  expect(await placesOf(device)).toHaveLength(1);
  expect(network.to(PUSH).some(({ lost }) => lost), "one was cut").toBe(true);
});

test("on a slow network the app opens and saves at once, and sends when it can", async ({ phone, network, account, device }) => {
  await signIn(phone, network, account);
  network.slow(400);
  const begun = Date.now();
  await phone.goto(`${network.url}/app/`);
  await saveHere(phone);
  expect(Date.now() - begun, "nothing of it waited for the network").toBeLessThan(8_000);
  await expectState(phone, words.unnamed, "synced");
  network.fast();
  expect(await placesOf(device)).toHaveLength(1);
});

test("what another device does is here without being asked for", async ({ phone, network, account, device }) => {
  await signIn(phone, network, account);
  await phone.goto(`${network.url}/app/`);
  await device.holdfast(["save", "47.42", "9.98", "--name", "Spring"]);
  await device.sync();
  await expectState(phone, "Spring", "synced");
  await device.holdfast(["edit", "Spring", "--name", "Cold spring"]);
  await device.sync();
  await expectState(phone, "Cold spring", "synced");
});
