// A tap on a row opens its place, whatever happens to the list at that moment, and however busy the phone is.

import type { Page } from "../support/all";
import { allSent, back, button, rows, saveHere, saveNamed, signIn, words } from "../support/app";
import { expect, openApp, test } from "../support/test";

/** Where a finger comes down on a row. */
async function middleOf(page: Page, name: string): Promise<{ x: number; y: number }> {
  const box = await rows(page, name).boundingBox();
  if (!box) throw new Error(`no row ${name}`);
  return { x: box.x + box.width / 3, y: box.y + box.height / 2 };
}

const opened = (page: Page, name: string) => page.getByRole("heading", { level: 1, name, exact: true });

test("rows stand still under a finger, and the tap opens the one that was under it", async ({ phone, network }) => {
  await saveNamed(phone, "Old oak");
  const other = await phone.context().newPage();
  await openApp(other, network);
  const { x, y } = await middleOf(phone, "Old oak");
  await phone.mouse.move(x, y);
  await phone.mouse.down();
  await saveHere(other);
  await expect(rows(phone), "nothing has moved").toHaveCount(1);
  await phone.mouse.up();
  await expect(opened(phone, "Old oak")).toBeVisible();
  await back(phone);
  await expect(rows(phone)).toHaveCount(2);
});

test("a tap that follows the way back at once opens its place, though the browser is late in going back", async ({ phone }) => {
  await phone.addInitScript(() => {
    const go = History.prototype.go;
    History.prototype.go = function (delta) {
      setTimeout(() => go.call(this, delta), 400);
    };
  });
  await phone.reload();
  for (const name of ["Old oak", "Spring"]) await saveNamed(phone, name);
  for (const name of ["Old oak", "Spring", "Old oak"]) {
    await rows(phone, name).click();
    await expect(opened(phone, name)).toBeVisible();
    await back(phone);
    await expect(button(phone, words.home.save)).toBeVisible();
  }
  await rows(phone, "Spring").click();
  await expect(opened(phone, "Spring")).toBeVisible();
  // The browser arrives.
  await phone.waitForTimeout(1_000);
  await expect(opened(phone, "Spring")).toBeVisible();
  await expect(phone).toHaveURL(/\/place\//);
  // Its own way back leads to the list, and from there on.
  await phone.goBack();
  await expect(button(phone, words.home.save)).toBeVisible();
  await expect(phone).toHaveURL(/\/app\/$/);
  await rows(phone, "Old oak").click();
  await expect(opened(phone, "Old oak")).toBeVisible();
});

const PLACES = 12;

test("no tap of many is lost on a busy phone, while changes arrive all the time", async ({ phone, network, account, device }) => {
  test.slow();
  for (let i = 0; i < PLACES; i++) await device.holdfast(["save", "47.1", `9.${10 + i}`, "--name", `Place ${i}`]);
  await device.sync();
  await signIn(phone, network, account);
  await phone.goto(`${network.url}/app/`);
  await allSent(phone);
  await expect(rows(phone)).toHaveCount(PLACES);
  const session = await phone.context().newCDPSession(phone);
  await session.send("Emulation.setCPUThrottlingRate", { rate: 6 });
  let isOver = false;
  const changing = (async () => {
    for (let i = 0; !isOver; i++) {
      await device.holdfast(["edit", `Place ${i % PLACES}`, "--note", `${i}`]);
      await device.sync();
    }
  })();
  const lost: string[] = [];
  const until = Date.now() + Number(process.env["TAPS_MS"] ?? 20_000);
  let taps = 0;
  for (; Date.now() < until; taps++) {
    const name = `Place ${11 - (taps % 4)}`;
    const { x, y } = await middleOf(phone, name);
    // As a finger does: without waiting for anything.
    await phone.touchscreen.tap(x, y);
    const isOpen = await opened(phone, name).waitFor({ timeout: 5_000 }).then(() => true, () => false);
    if (!isOpen) lost.push(`${taps}: ${name} at ${Math.round(y)}, then at ${phone.url()}`);
    else {
      await back(phone);
      await button(phone, words.home.save).waitFor();
    }
  }
  isOver = true;
  await changing;
  await session.send("Emulation.setCPUThrottlingRate", { rate: 1 });
  expect({ lost, some: taps > 2 }).toEqual({ lost: [], some: true });
});
