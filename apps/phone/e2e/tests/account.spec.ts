// Signing in, and everything that can become of it. Whatever it is, no place is lost.

import { allSent, button, expectState, goTo, inUse, question, rows, said, saveHere, saveNamed, signIn, words } from "../support/app";
import { placesOf } from "../support/other";
import { look } from "../support/look";
import { permit } from "../support/phone";
import { expect, goOffline, goOnline, test } from "../support/test";

test("places saved before there was an account are asked about once, and taken into it", async ({ phone, network, account, device }) => {
  await saveNamed(phone, "Old oak");
  await signIn(phone, network, account);
  await phone.goto(`${network.url}/app/`);
  await expect(phone.getByText(words.adopt.title(1))).toBeVisible();
  await button(phone, words.adopt.take).click();
  await expect(said(phone, words.adopt.taken(1))).toBeVisible();
  await expectState(phone, "Old oak", "synced");
  await device.sync();
  expect(await device.holdfast(["list"])).toContain("Old oak");
  await phone.reload();
  await expectState(phone, "Old oak", "synced");
  await expect(phone.getByText(words.adopt.title(1))).toHaveCount(0);
});

test("places that are kept apart stay on the phone and come back after signing out", async ({ phone, network, account, device }) => {
  await saveNamed(phone, "Secret spring");
  await signIn(phone, network, account);
  await phone.goto(`${network.url}/app/`);
  await button(phone, words.adopt.apart).click();
  await expect(rows(phone)).toHaveCount(0);
  expect(await placesOf(device)).toEqual([]);
  await goTo(phone, "settings");
  await button(phone, words.settings.signOut).click();
  await question(phone).getByRole("button", { name: words.settings.signOut }).click();
  await expect(said(phone, words.settings.signedOut)).toBeVisible();
  await goTo(phone, "places");
  await expectState(phone, "Secret spring", "savedOnDevice");

  // One more comes: it is mentioned, once, and what is decided then holds again.
  await saveNamed(phone, "Secret cave");
  await signIn(phone, network, account);
  await phone.goto(`${network.url}/app/`);
  await expect(phone.getByText(words.adopt.title(2))).toBeVisible();
  await look(phone, "home-apart");
  await button(phone, words.adopt.apart).click();
  await expect(phone.getByText(words.adopt.title(2))).toBeHidden();
  await phone.reload();
  await expect(phone.getByRole("banner").getByText(words.summary.apart(2))).toBeVisible();
  await expect(phone.getByText(words.adopt.title(2))).toHaveCount(0);
  expect(await placesOf(device)).toEqual([]);

  // The settings go on to offer it.
  await goTo(phone, "settings");
  await expect(phone.getByText(words.adopt.apartTitle(2))).toBeVisible();
  await button(phone, words.adopt.take).click();
  await expect(said(phone, words.adopt.taken(2))).toBeVisible();
  await expect(phone.getByText(words.adopt.apartTitle(2))).toBeHidden();
  await goTo(phone, "places");
  await allSent(phone);
  expect(await placesOf(device)).toHaveLength(2);
});

test("a wrong address of a server is said in words, with what a right one looks like", async ({ phone, network }) => {
  await phone.goto(`${network.url}/app/sign-in`);
  await phone.getByRole("textbox", { name: words.signIn.code }).fill("AAAA-AAAA");
  const server = phone.getByRole("textbox", { name: words.signIn.server });
  for (const [address, why] of [
    ["ann@example.org", words.signIn.address.email],
    ["https:/places.example.org", words.signIn.address.slashes],
    ["places.example.org", words.signIn.address.elsewhere(network.url, "https://places.example.org")],
  ] as const) {
    await server.fill(address);
    await button(phone, words.signIn.pair).click();
    await expect(phone.getByRole("alert").filter({ hasText: why })).toBeVisible();
    await expect(server).toHaveAttribute("aria-invalid", "true");
  }
  await look(phone, "sign-in-wrong-server");
});

test("a phone is offered its model as its name, and whatever the person types instead stays", async ({ phone, network }) => {
  const session = await phone.context().newCDPSession(phone);
  const agent = await phone.evaluate(() => navigator.userAgent);
  await session.send("Emulation.setUserAgentOverride", {
    userAgent: agent,
    userAgentMetadata: { platform: "Android", platformVersion: "16", architecture: "", model: "Pixel 8", mobile: true, brands: [] },
  });
  await phone.goto(`${network.url}/app/sign-in`);
  const name = phone.getByRole("textbox", { name: words.signIn.deviceName });
  await expect(name).toHaveValue("Pixel 8");
  await name.fill("");
  await expect(name).toHaveValue("");
  await name.fill("Ann’s phone");
  await phone.getByRole("radio", { name: words.signIn.byPassword }).click();
  await expect(name, "typed once for both ways").toHaveValue("Ann’s phone");
});

test("a phone is paired by the link behind the code", async ({ phone, network, account, open, server }) => {
  const web = await open(account);
  await web.goto("/devices");
  await web.getByRole("button", { name: "Show a code" }).click();
  const link = new URL((await web.getByRole("link", { name: "Open the app on this device" }).getAttribute("href")) ?? "", server.url);
  expect(link.pathname).toBe("/app/sign-in");
  await phone.goto(`${network.url}/app/sign-in${link.hash}`);
  await expect(phone.getByText(words.signIn.fromLink)).toBeVisible();
  expect(new URL(phone.url()).hash, "the code is not kept in the browser's history").toBe("");
  await button(phone, words.signIn.pair).click();
  await expect(said(phone, words.signIn.done(account.email))).toBeVisible();
});

test("a phone is paired by a code that is typed; a wrong one is said in words", async ({ phone, network, account, device, watch }) => {
  const code = /code is (\S+)\./.exec(await device.holdfast(["pair", "--new-code"]))?.[1] ?? "";
  await phone.goto(`${network.url}/app/sign-in`);
  const field = phone.getByRole("textbox", { name: words.signIn.code });
  watch.expect(401);
  await field.fill("AAAA-AAAA");
  await button(phone, words.signIn.pair).click();
  await expect(phone.getByRole("alert").filter({ visible: true }).first()).toBeVisible();
  await field.fill(code);
  await button(phone, words.signIn.pair).click();
  await expect(said(phone, words.signIn.done(account.email))).toBeVisible();
});

test("a phone whose access is ended says so, keeps everything, and goes on after signing in again", async ({
  phone,
  network,
  account,
  device,
  watch,
}) => {
  watch.expect(401);
  watch.allowFailures();
  await inUse(phone, network, account, "Old oak");
  await goOffline(phone, network);
  await saveNamed(phone, "Spring");
  await device.holdfast(["devices", "revoke", "Chrome on Linux"]);
  await goOnline(phone, network);
  await expect(button(phone, words.settings.signInAgain)).toBeVisible();
  await expect(phone.getByText(words.banners.signIn.text)).toBeVisible();
  await expect(rows(phone)).toHaveCount(2);
  await saveHere(phone);
  await expect(rows(phone)).toHaveCount(3);
  // Who it was is known, also where the page is the first that is opened.
  await phone.goto(`${network.url}/app/sign-in`);
  await expect(phone.getByText(words.signIn.again(account.email))).toBeVisible();
  await expect(phone.getByRole("textbox", { name: words.signIn.server })).toHaveValue(network.url);
  await phone.getByRole("radio", { name: words.signIn.byPassword }).click();
  await expect(phone.getByRole("textbox", { name: words.signIn.email })).toHaveValue(account.email);
  await expect(phone.getByRole("textbox", { name: words.signIn.deviceName })).toHaveValue("Chrome on Linux");
  await signIn(phone, network, account);
  await phone.goto(`${network.url}/app/`);
  await allSent(phone);
  expect(await placesOf(device)).toHaveLength(3);
});

test("a phone whose access is ended while nobody touches it hears of that by itself", async ({ phone, network, account, device, watch }) => {
  watch.expect(401);
  watch.allowFailures();
  await signIn(phone, network, account);
  await phone.goto(`${network.url}/app/`);
  await allSent(phone);
  await goTo(phone, "settings");
  await expect(phone.getByText(words.settings.live.connected)).toBeVisible();
  await device.holdfast(["devices", "revoke", "Chrome on Linux"]);
  await expect(phone.getByText(words.banners.signIn.text).filter({ visible: true })).toBeVisible();
  await expect(phone.getByText(words.settings.live.off)).toBeVisible();
});

test("signing out with unsent work says how much, keeps it, and sends it after the next sign-in", async ({ phone, network, account, device, watch }) => {
  watch.allowFailures();
  await signIn(phone, network, account);
  await goOffline(phone, network);
  await phone.goto(`${network.url}/app/`);
  await saveNamed(phone, "Old oak");
  await goTo(phone, "settings");
  await button(phone, words.settings.signOut).click();
  await expect(question(phone)).toContainText("not been sent yet");
  await question(phone).getByRole("button", { name: words.settings.signOutAnyway }).click();
  await goTo(phone, "places");
  await expect(rows(phone)).toHaveCount(0);
  await expect(phone.getByText(words.banners.left.title)).toBeVisible();
  // Whoever holds the phone now need not be who that is; signing in, they say it themselves.
  await expect(phone.getByText(`${account.email[0]}…@e….org`)).toBeVisible();
  await expect(phone.getByText(account.email)).toHaveCount(0);
  await look(phone, "home-left");
  await goOnline(phone, network);
  await signIn(phone, network, account);
  await phone.goto(`${network.url}/app/`);
  await expectState(phone, "Old oak", "synced");
  await expect(phone.getByText(words.banners.left.title)).toHaveCount(0);
  await device.sync();
  expect(await device.holdfast(["list"])).toContain("Old oak");
});

test("signing out with places that have no position says how many, keeps them, and shows them again", async ({ phone, network, account }) => {
  await signIn(phone, network, account);
  await permit(phone, ["durableStorage"]);
  await phone.goto(`${network.url}/app/`);
  await button(phone, words.home.save).click();
  await expect(rows(phone)).toHaveCount(1);
  await expectState(phone, words.unnamed, "needsPosition");
  await goTo(phone, "settings");
  await button(phone, words.settings.signOut).click();
  await expect(question(phone)).toContainText(words.settings.signOutUnsent(1));
  await question(phone).getByRole("button", { name: words.settings.signOutAnyway }).click();
  await expect(said(phone, words.settings.signedOutKept(1))).toBeVisible();
  await goTo(phone, "places");
  await expect(rows(phone)).toHaveCount(0);
  await signIn(phone, network, account);
  await phone.goto(`${network.url}/app/`);
  await expectState(phone, words.unnamed, "needsPosition");
});
