// What the app says of how things stand, and whether it is true.

import { save as saveOnWeb } from "../support/all";
import { allSent, button, expectState, goTo, inUse, openPlace, question, rows, said, saveHere, signIn, words } from "../support/app";
import { CONTEXT, HERE, permit } from "../support/phone";
import { expect, goOffline, goOnline, openApp, test } from "../support/test";

const HEARD = /^Nothing waits here\. Last heard from the server /;

test("a place that is open in one window leaves the screen when another one signs out", async ({ phone, network, account }) => {
  await inUse(phone, network, account, "Old oak");
  await openPlace(phone, "Old oak");
  const other = await phone.context().newPage();
  await openApp(other, network, "settings");
  await button(other, words.settings.signOut).click();
  await question(other).getByRole("button", { name: words.settings.signOut }).click();
  await expect(said(other, words.settings.signedOut)).toBeVisible();
  await expect(phone.getByRole("alert").filter({ hasText: "belongs to another account" })).toBeVisible();
  await expect(phone.getByText("Old oak")).toHaveCount(0);
  await expect(phone.getByText(words.states.synced)).toHaveCount(0);
  await button(phone, words.place.toList).click();
  await expect(rows(phone)).toHaveCount(0);
});

test("a shared place that is open leaves the screen when its owner takes it back", async ({ phone, network, account, open, server }) => {
  const owner = await open(account);
  const path = await saveOnWeb(owner, server, { latitude: 47.4979, longitude: 8.7291, name: "Old oak" });
  const guest = await server.addAccount("bob");
  await server.share(path, guest, "viewer");
  await owner.goto("/sharing");
  await owner.getByRole("button", { name: "Confirm all of them" }).click();
  await signIn(phone, network, guest);
  await phone.goto(`${network.url}/app/`);
  await openPlace(phone, "Old oak");
  await expect(phone.getByText(words.place.readOnly)).toBeVisible();
  await owner.goto("/sharing");
  await owner.getByRole("button", { name: "Take it back" }).click();
  await expect(owner.getByText("The share is taken back.")).toBeVisible();
  await expect(phone.getByRole("alert").filter({ hasText: "not on this device any more" })).toBeVisible();
  await expect(phone.getByText(words.place.readOnly)).toHaveCount(0);
});

test("without a network nothing is called synced, connected or sent by itself", async ({ phone, network, account, watch }) => {
  watch.allowFailures();
  await inUse(phone, network, account, "Old oak");
  await goOffline(phone, network);
  await expect(phone.getByRole("banner").getByText(HEARD)).toBeVisible();
  await expect(phone.getByText(words.summary.synced)).toHaveCount(0);
  await openPlace(phone, "Old oak");
  await expect(phone.getByText(words.meaning.syncedOnce)).toBeVisible();
  await phone.getByRole("textbox", { name: words.place.note }).fill("Shade");
  await button(phone, words.place.save).click();
  await expect(phone.getByText(words.sent.offline)).toBeVisible();
  await button(phone, words.back).click();
  await goTo(phone, "settings");
  await expect(phone.getByText(words.settings.live.off)).toBeVisible();
  await goOnline(phone, network);
  await expect(phone.getByText(words.settings.live.connected)).toBeVisible({ timeout: 30_000 });
  await goTo(phone, "places");
  await allSent(phone);
});

test("a server that does not answer is said to be that, whatever the browser believes of its network", async ({ phone, network, account, watch }) => {
  watch.allowFailures();
  await inUse(phone, network, account, "Old oak");
  network.off();
  await button(phone, words.home.sync).click();
  await expect(phone.getByText(words.banners.unreachable.title, { exact: true })).toBeVisible();
  await expect(phone.getByRole("banner").getByText(HEARD)).toBeVisible();
  await saveHere(phone);
  await openPlace(phone, words.unnamed);
  await expect(phone.getByText(words.sent.unreachable)).toBeVisible();
  await phone.goto(`${network.url}/app/outbox`);
  await button(phone, words.outbox.retryAll).click();
  await expect(said(phone, /^The server can't be reached\./)).toBeVisible();
});

for (const [is, status, code, waits] of [
  ["updateApp", 426, "client_too_old", words.outbox.pausedUpdateApp],
  ["accountGone", 403, "account_gone", words.outbox.pausedAccountGone],
] as const) {
  test(`every screen knows that nothing is sent any more: ${code}`, async ({ phone, network, account, watch }) => {
    watch.expect(status);
    await signIn(phone, network, account);
    await phone.goto(`${network.url}/app/`);
    network.refuse(/^\/v1\//, status, code);
    await saveHere(phone);
    await expect(phone.getByText(words.banners[is].title)).toBeVisible();
    await expect(phone.getByRole("banner").getByText(words.summary.pending(1))).toBeVisible();
    await openPlace(phone, words.unnamed);
    await expect(phone.getByText(words.sent[is])).toBeVisible();
    await button(phone, words.back).click();
    await goTo(phone, "outbox");
    await expect(phone.getByText(waits).first()).toBeVisible();
    await goTo(phone, "settings");
    await expect(phone.getByText(words.settings.live.off)).toBeVisible();
    await expect(phone.getByText(words.banners[is].title).filter({ visible: true }).first()).toBeVisible();
  });
}

test("the outbox names places without a position also where others wait, counts them, and says why nothing can be sent", async ({
  phone,
  network,
  account,
  watch,
}) => {
  watch.allowFailures();
  await signIn(phone, network, account);
  await phone.goto(`${network.url}/app/`);
  await permit(phone, ["durableStorage"]);
  await button(phone, words.home.save).click();
  await expectState(phone, words.unnamed, "needsPosition");
  await permit(phone, ["geolocation", "durableStorage"]);
  await goOffline(phone, network);
  await phone.context().setGeolocation(HERE);
  // A second touch at once would be a trembling finger's.
  await expect(async () => {
    await button(phone, words.home.save).click();
    await expect(rows(phone)).toHaveCount(2, { timeout: 3_000 });
  }).toPass();
  const tab = phone.getByRole("navigation", { name: words.tabs.label }).getByRole("link", { name: new RegExp(`^${words.tabs.outbox}`) });
  await expect(tab).toHaveAccessibleName(new RegExp(words.summary.pending(2).replace(/[()]/g, "\\$&")));
  await goTo(phone, "outbox");
  await expect(phone.getByText(words.outbox.lackingTitle(1))).toBeVisible();
  await expect(phone.getByText(words.outbox.offline, { exact: true })).toBeVisible();
  await button(phone, words.outbox.retryAll).click();
  await expect(said(phone, words.synced.offline)).toBeVisible();
  await goTo(phone, "settings");
  await expect(phone.getByText(words.settings.exportLacking(1))).toBeVisible();
});

test("where the browser may clear what is stored, each place and change that is only here says so", async ({ open, network }) => {
  const phone = await open(null, { ...CONTEXT, geolocation: HERE, baseURL: network.url });
  await permit(phone, ["geolocation"]);
  await openApp(phone, network);
  await saveHere(phone);
  await openPlace(phone, words.unnamed);
  await expect(phone.getByText(`${words.meaning.savedWithoutAccount} ${words.home.savedWarning}`)).toBeVisible();
  await button(phone, words.place.correct).click();
  await button(phone, words.position.north("10 m")).click();
  await button(phone, words.position.save).click();
  await expect(said(phone, `${words.position.saved}. ${words.home.savedWarning}`)).toBeVisible();
  await phone.goto(`${network.url}/app/outbox`);
  await expect(phone.getByText(`${words.outbox.aboutLocal} ${words.home.savedWarning}`)).toBeVisible();
});
