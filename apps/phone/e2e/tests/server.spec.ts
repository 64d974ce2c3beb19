// What can become of an account and of the whole server while a phone is away. Its places stay with it.

import { Device } from "../support/all";
import { allSent, back, button, expectState, goTo, inUse, openPlace, rows, said, saveHere, saveNamed, signIn, type, words } from "../support/app";
import { Network } from "../support/network";
import { CONTEXT, HERE, permit } from "../support/phone";
import { Restorable } from "../support/restorable";
import { expect, goOffline, goOnline, openApp, test } from "../support/test";

test("an account that is suspended says so, its places stay on the phone, and are sent once it is let in again", async ({
  phone,
  network,
  server,
  account,
  device,
  watch,
}) => {
  test.slow();
  watch.expect(403);
  watch.allowFailures();
  await inUse(phone, network, account, "Old oak");
  await goOffline(phone, network);
  await saveNamed(phone, "Spring");
  await server.suspend(account, true);
  await goOnline(phone, network);
  // What was tried without a network waits for its turn; a person need not.
  await button(phone, words.home.sync).click();
  await expect(phone.getByText(words.banners.accountGone.title)).toBeVisible();
  await expect(phone.getByText(words.banners.accountGone.text)).toBeVisible();
  await expect(rows(phone)).toHaveCount(2);
  await saveHere(phone);
  await phone.reload();
  await expect(rows(phone)).toHaveCount(3);
  await expectState(phone, "Spring", "savedOnDevice");

  // The phone does not ask again by itself: the person signs in again.
  await server.suspend(account, false);
  await goTo(phone, "settings");
  await button(phone, words.settings.signInAgain).click();
  await signIn(phone, network, account);
  await phone.goto(`${network.url}/app/`);
  await allSent(phone);
  await device.sync();
  expect(await device.holdfast(["list"])).toContain("Spring");
});

test("a place whose older version was changed on a restored server is decided by the person", async ({ open, watch }) => {
  // A server is made, put back to its backup and started again.
  test.slow();
  watch.expect(401);
  // Its cursor is of a database that is no more.
  watch.expect(410);
  watch.allowFailures();
  const server = await Restorable.start();
  const network = await Network.inFrontOf(server.url);
  watch.allowServer(network.url);
  const other = new Device();
  try {
    const phone = await open(null, { ...CONTEXT, geolocation: HERE, baseURL: network.url });
    await permit(phone, ["geolocation", "durableStorage"]);
    await openApp(phone, network);
    await inUse(phone, network, server.account, "Spring");
    await server.backup();
    await openPlace(phone, "Spring");
    await type(phone, { name: "Cold spring" });
    await back(phone);
    await expectState(phone, "Cold spring", "synced");

    await goOffline(phone, network);
    await server.restore();
    await other.signIn(server, server.account, "laptop");
    await other.sync();
    await other.holdfast(["edit", "Spring", "--name", "Warm spring"]);
    await other.sync();
    await goOnline(phone, network);
    await button(phone, words.home.sync).click();
    await expect(button(phone, words.settings.signInAgain)).toBeVisible();
    await signIn(phone, network, server.account);
    await phone.goto(`${network.url}/app/`);
    // The server's is shown; the phone's is kept with the question.
    await expectState(phone, "Warm spring", "needsAttention");
    await openPlace(phone, "Warm spring");
    await button(phone, words.place.decide).click();
    await expect(phone.getByText(words.conflict.olderOnServer)).toBeVisible();
    for (const name of ["Cold spring", "Warm spring"]) {
      await expect(phone.getByText(name).filter({ visible: true }).first()).toBeVisible();
    }
    await button(phone, words.conflict.keepMine).click();
    await expect(said(phone, words.conflict.became.mine)).toBeVisible();
    await phone.goto(`${network.url}/app/`);
    await expectState(phone, "Cold spring", "synced");
    await other.sync();
    expect(await other.holdfast(["list"])).toContain("Cold spring");
  } finally {
    other.remove();
    await network.stop();
    await server.remove();
  }
});
