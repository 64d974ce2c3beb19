// The screens that are seen rarely, and must be as good then: light, dark, in large letters, for everybody.

import { save } from "../support/all";
import { button, expectState, goTo, inUse, openPlace, question, rows, saveHere, saveNamed, signIn, type, words } from "../support/app";
import { look } from "../support/look";
import { CONTEXT, HERE, permit } from "../support/phone";
import { sayRescued } from "../support/rescued";
import { expect, goOffline, goOnline, openApp, test } from "../support/test";
import { newVersionWaits, publish } from "../support/version";

test.beforeEach(() => test.slow());

test("a place without a position, the filters, and nothing found", async ({ phone, network }) => {
  await permit(phone, ["durableStorage"]);
  await button(phone, words.home.save).click();
  await expectState(phone, words.unnamed, "needsPosition");
  await look(phone, "home-denied");
  await openPlace(phone, words.unnamed);
  await look(phone, "place-without-position");
  await button(phone, words.place.give).click();
  await expect(phone.getByText(words.position.choose)).toBeVisible();
  await look(phone, "position-unknown");
  await phone.goto(`${network.url}/app/`);
  await openPlace(phone, words.unnamed);
  await type(phone, { name: "Old oak", category: "tree" });
  await button(phone, words.back).click();
  await button(phone, words.list.filter).click();
  await expect(phone.getByRole("radiogroup", { name: words.list.category })).toBeVisible();
  await look(phone, "home-filters");
  await phone.getByRole("radio", { name: words.states.synced }).click();
  await expect(phone.getByText(words.list.noneTitle)).toBeVisible();
  await look(phone, "home-nothing-found");
  await phone.goto(`${network.url}/app/outbox`);
  await expect(phone.getByText(words.outbox.lackingTitle(1))).toBeVisible();
  await look(phone, "outbox-without-position");
  await phone.goto(`${network.url}/app/diagnostics`);
  await expect(button(phone, words.settings.diagnosticsSave)).toBeVisible();
  await look(phone, "diagnostics");
  await phone.goto(`${network.url}/app/no/such/page`);
  await expect(phone.getByText(words.notFound)).toBeVisible();
  await look(phone, "not-found");
});

test("a place in the trash, one of somebody else, and one that is gone", async ({ phone, network, account, open, server }) => {
  const owner = await open(account);
  const path = await save(owner, server, { latitude: 47.4979, longitude: 8.7291, name: "Old oak", note: "Shade", category: "tree", tags: "shade, water" });
  const guest = await server.addAccount("bob");
  await server.share(path, guest, "viewer");
  await owner.goto("/sharing");
  await owner.getByRole("button", { name: "Confirm all of them" }).click();
  await inUse(phone, network, guest, "Spring");
  await openPlace(phone, "Old oak");
  await expect(phone.getByText(words.place.readOnly)).toBeVisible();
  await look(phone, "place-shared");
  await owner.goto("/sharing");
  await owner.getByRole("button", { name: "Take it back" }).click();
  await expect(phone.getByRole("alert").filter({ hasText: "not on this device any more" })).toBeVisible();
  await look(phone, "place-gone");
  await phone.goto(`${network.url}/app/`);
  await openPlace(phone, "Spring");
  const address = phone.url();
  // Its page goes back by itself, and has no rows either. Loaded before the browser has gone back, it would do so afterwards.
  await phone.evaluate(() => addEventListener("popstate", () => Object.assign(window, { wentBack: true }), { once: true }));
  await button(phone, words.place.delete).click();
  await expect.poll(() => phone.evaluate(() => "wentBack" in window)).toBe(true);
  await phone.waitForURL((url) => !url.pathname.includes("/place/"));
  await expect(rows(phone)).toHaveCount(0);
  await phone.goto(address);
  await expect(phone.getByText(words.place.inTrash)).toBeVisible();
  await look(phone, "place-in-trash");
});

test("what is asked and said at the top of the list", async ({ open, network, account, device, watch, server }) => {
  watch.allowFailures();
  watch.expect(401);
  // A browser that has promised nothing.
  const phone = await open(null, { ...CONTEXT, geolocation: HERE, baseURL: network.url });
  await permit(phone, ["geolocation"]);
  await openApp(phone, network);
  await saveNamed(phone, "Before the account");
  await signIn(phone, network, account);
  await phone.goto(`${network.url}/app/`);
  await expect(phone.getByText(words.adopt.title(1))).toBeVisible();
  await look(phone, "home-adopt");
  await button(phone, words.adopt.apart).click();
  await expect(button(phone, words.adopt.apart)).toHaveCount(0);
  await goTo(phone, "settings");
  await expect(phone.getByText(words.adopt.apartTitle(1))).toBeVisible();
  await look(phone, "settings-apart");
  await goTo(phone, "places");
  const limit = (places: number) => server.admin(["set-plan", "--email", account.email, "--plan", "small", "--places-max", String(places)]);
  await limit(1);
  await saveNamed(phone, "Old oak");
  await expectState(phone, "Old oak", "synced");
  await saveNamed(phone, "Spring");
  await expect(phone.getByText(words.banners.planFull.title, { exact: true })).toBeVisible();
  await look(phone, "home-plan-full");
  await openPlace(phone, "Spring");
  await expect(phone.getByText(words.meaning.planFull)).toBeVisible();
  await look(phone, "place-plan-full");
  await phone.goto(`${network.url}/app/outbox`);
  await expect(phone.getByText(words.outbox.pausedPlan).first()).toBeVisible();
  await look(phone, "outbox-plan-full");
  await goOffline(phone, network);
  await device.holdfast(["devices", "revoke", "Chrome on Linux"]);
  await goOnline(phone, network);
  await goTo(phone, "places");
  await button(phone, words.home.sync).click();
  await expect(phone.getByText(words.banners.signIn.text)).toBeVisible();
  await look(phone, "home-sign-in-again");
  await goTo(phone, "outbox");
  await expect(phone.getByText(words.outbox.pausedSignIn).first()).toBeVisible();
  await look(phone, "outbox-sign-in-again");
  await goTo(phone, "settings");
  await look(phone, "settings-sign-in-again");
});

test("an app that is too old for its server", async ({ phone, network, account, watch }) => {
  watch.expect(426);
  await signIn(phone, network, account);
  await phone.goto(`${network.url}/app/`);
  network.refuse(/^\/v1\//, 426, "client_too_old");
  await saveHere(phone);
  await expect(phone.getByText(words.banners.updateApp.title)).toBeVisible();
  await look(phone, "home-too-old");
});

test("an account that is gone", async ({ phone, network, account, watch }) => {
  watch.expect(403);
  await signIn(phone, network, account);
  await phone.goto(`${network.url}/app/`);
  network.refuse(/^\/v1\//, 403, "account_gone");
  await saveHere(phone);
  await expect(phone.getByText(words.banners.accountGone.title)).toBeVisible();
  await look(phone, "home-account-gone");
  await goTo(phone, "settings");
  await expect(phone.getByText(words.settings.accountGoneText)).toBeVisible();
  await look(phone, "settings-account-gone");
});

test("what could not be saved, and the question before a position is left", async ({ open, phone, network, watch }) => {
  watch.allowFailures();
  const without = "Object.defineProperty(StorageManager.prototype, 'getDirectory', { value: () => Promise.reject(new DOMException('no', 'SecurityError')) });\n";
  await saveHere(phone);
  await openPlace(phone, words.unnamed);
  await button(phone, words.place.correct).click();
  await button(phone, words.position.north("10 m")).click();
  await button(phone, words.back).last().click();
  await expect(question(phone)).toBeVisible();
  await look(phone, "dialog-leave");
  network.rewrite(/^\/app\/core\/.*worker.*\.js$/, (body) => without + String(body));
  const page = await open(null, { ...CONTEXT, baseURL: network.url });
  await page.goto("/app/");
  await button(page, words.home.save).click();
  await expect(page.getByText(words.home.notSaved, { exact: true })).toBeVisible();
  await look(page, "home-not-saved");
  await button(page, words.home.letGo).click();
  await expect(page.getByText(words.home.notSaved, { exact: true })).toHaveCount(0);
});

test("a rescued database, and a new version", async ({ phone, network }) => {
  await saveHere(phone);
  await sayRescued(phone.context());
  await phone.reload();
  await expect(phone.getByText(words.banners.recovered.title)).toBeVisible();
  await look(phone, "home-recovered");
  await button(phone, words.close).click();
  await expect(phone.getByText(words.banners.recovered.title)).toHaveCount(0);
  await publish(network, "second");
  await newVersionWaits(phone);
  await expect(phone.getByText(words.banners.update.title)).toBeVisible();
  await look(phone, "home-new-version");
});

test("a change that the server can't take, and one that it puts off", async ({ phone, network, account }) => {
  await inUse(phone, network, account, "Old oak");
  const rejected = { type: "urn:holdfast:problem:invalid", title: "A value is not valid", status: 422, code: "invalid", detail: "The note holds a character that no place can have." };
  const deferred = { type: "urn:holdfast:problem:unavailable", title: "Not available", status: 503, code: "unavailable", detail: "The server is being moved.", retryAfter: 900 };
  let isFirst = true;
  const put = (body: Buffer) => {
    const reply = JSON.parse(String(body)) as { outcomes: { opId: string }[] };
    const outcome = isFirst ? { outcome: "rejected", problem: rejected } : { outcome: "deferred", problem: deferred };
    isFirst = false;
    return JSON.stringify({ ...reply, outcomes: reply.outcomes.map(({ opId }) => ({ opId, ...outcome })) });
  };
  network.rewrite(/^\/v1\/sync\/push$/, put);
  await openPlace(phone, "Old oak");
  await type(phone, { note: "Shade" });
  await expect(phone.getByText(`${words.meaning.rejected} ${rejected.detail}`)).toBeVisible();
  await look(phone, "place-rejected");
  await button(phone, words.back).click();
  await expectState(phone, "Old oak", "needsAttention");
  await look(phone, "home-rejected");
  await saveHere(phone);
  await goTo(phone, "outbox");
  await expect(phone.getByText(`${words.outbox.rejected} ${rejected.detail}`)).toBeVisible();
  await expect(phone.getByText(new RegExp(`^${deferred.detail} ${words.outbox.notThrough}`))).toBeVisible();
  await look(phone, "outbox-rejected");
});

test("the page at an address without encryption", async ({ open, network }) => {
  const page = await open(null, { ...CONTEXT, baseURL: network.url });
  await page.addInitScript(() => Object.defineProperty(window, "isSecureContext", { get: () => false }));
  await page.goto("/app/");
  await expect(page.getByRole("alert").filter({ hasText: words.failure.notSecure })).toBeVisible();
  await look(page, "not-secure");
});
