// Where the phone is: known well, badly, not at all, or never.

import { allSent, back, button, expectState, openPlace, rows, said, saveHere, signIn, words } from "../support/app";
import { placesOf } from "../support/other";
import type { Page } from "../support/all";
import { look } from "../support/look";
import { CONTEXT, HERE, neverAnswer, permit, refuseWhenAsked } from "../support/phone";
import { expect, goOffline, kept, openApp, test } from "../support/test";

/** The row of the place that was just saved says, within a second, that its position is missing, and why. */
async function saysAtOnce(phone: Page): Promise<void> {
  const row = rows(phone).first();
  await expect(row).toHaveAccessibleName(new RegExp(`${words.states.needsPosition}$`), { timeout: 1_000 });
  await expect(said(phone, words.location.why.denied)).toBeVisible({ timeout: 1_000 });
  await expect(row.getByText(words.location.why.denied)).toBeVisible();
  await expect(rows(phone)).toHaveCount(1);
}

test("a poor position is replaced by a better one, without a question", async ({ phone }) => {
  await phone.context().setGeolocation({ ...HERE, latitude: 47.5011, accuracy: 300 });
  await button(phone, words.home.save).click();
  await expect(rows(phone)).toHaveCount(1);
  await openPlace(phone, words.unnamed);
  await expect(phone.getByText("about ±300 m").filter({ visible: true }).first()).toBeVisible();
  await phone.context().setGeolocation({ ...HERE, accuracy: 4 });
  await expect(phone.getByText("about ±4 m").filter({ visible: true }).first()).toBeVisible();
  await expect(phone.getByText("47.49992, 8.72895").filter({ visible: true }).first()).toBeVisible();
  // A worse one later changes nothing.
  await phone.context().setGeolocation({ ...HERE, latitude: 47.6, accuracy: 900 });
  await phone.reload();
  await expect(phone.getByText("about ±4 m").filter({ visible: true }).first()).toBeVisible();
});

test("where the position may not be seen, the place is saved, says so, and takes one given in numbers", async ({ phone }) => {
  await permit(phone, ["durableStorage"]);
  await button(phone, words.home.save).click();
  await saysAtOnce(phone);
  await openPlace(phone, words.unnamed);
  await expect(phone.getByRole("main").getByText(words.location.denied)).toBeVisible();
  await look(phone, "place-without-position");
  // Also where the app was opened anew since.
  await phone.reload();
  await expect(phone.getByRole("main").getByText(words.location.denied)).toBeVisible();
  await button(phone, words.place.give).click();
  const latitude = phone.getByRole("textbox", { name: words.position.latitude });
  await latitude.fill("95");
  await phone.getByRole("textbox", { name: words.position.longitude }).fill("8.72895");
  await expect(phone.getByText(words.position.latitudeWrong)).toBeVisible();
  await expect(button(phone, words.position.save)).toBeDisabled();
  await latitude.fill("47.49992");
  await button(phone, words.position.save).click();
  await expect(said(phone, words.position.saved)).toBeVisible();
  await expect(phone.getByText(words.accuracy.byHand).filter({ visible: true }).first()).toBeVisible();
  await back(phone);
  await expectState(phone, words.unnamed, "savedOnDevice");
});

test("a position that is refused when it is asked for is missing from then on, not waited for", async ({ open, network }) => {
  const phone = await open(null, { ...CONTEXT, baseURL: network.url });
  await permit(phone, ["durableStorage"]);
  await refuseWhenAsked(phone.context());
  await openApp(phone, network);
  await button(phone, words.home.save).click();
  await saysAtOnce(phone);
});

test("two places saved a second apart both have a position, though the sensor has spoken only once", async ({ phone }) => {
  await phone.context().setGeolocation(HERE);
  const save = button(phone, words.home.save);
  for (const count of [1, 2, 3]) {
    await save.click();
    await expect(rows(phone)).toHaveCount(count);
    const saved = await phone.evaluate(() => performance.now());
    await phone.waitForFunction((since) => performance.now() - since >= 900, saved);
  }
  for (const row of await rows(phone).all()) await expect(row).toHaveAccessibleName(new RegExp(`${words.states.savedOnDevice}$`), { timeout: 3_000 });
});

test("a position is corrected on a plain grid where the map has no picture: by the crosshair, the arrows and the numbers", async ({ phone, network, watch }) => {
  watch.allowFailures();
  // Nothing of this area was ever looked at.
  await goOffline(phone, network);
  await saveHere(phone);
  await openPlace(phone, words.unnamed);
  await button(phone, words.place.correct).click();
  const main = phone.getByRole("main").filter({ visible: true });
  await expect(main.getByText(words.position.mapBlank).filter({ visible: true })).toBeVisible();
  await expect(main.getByText("47.49992, 8.72895").filter({ visible: true }).first()).toBeVisible();
  await look(phone, "position-blank");
  await button(phone, words.position.north("10 m")).click();
  await expect(phone.getByText("47.50001, 8.72895").filter({ visible: true }).first()).toBeVisible();
  await phone.getByRole("main").filter({ visible: true }).evaluate((main) => (main.scrollTop = 0));
  const map = await phone.getByRole("region", { name: words.position.map }).boundingBox();
  if (!map) throw new Error("there is no map");
  await phone.mouse.move(map.x + 100, map.y + 100);
  await phone.mouse.down();
  await phone.mouse.move(map.x + 100, map.y + 180, { steps: 5 });
  await phone.mouse.up();
  const latitude = phone.getByRole("textbox", { name: words.position.latitude });
  await expect(latitude).toHaveValue(/^47\.5[2-9]/);
  await button(phone, words.position.save).click();
  await expect(said(phone, words.position.saved)).toBeVisible();
  await expect(phone.getByText(/^47\.5[2-9]\d+, 8\.7/).filter({ visible: true }).first()).toBeVisible();
});

test("a position that never comes keeps nobody waiting: saved at once, and asked for in the end", async ({ open, network }) => {
  const phone = await open(null, { ...CONTEXT, baseURL: network.url });
  await permit(phone, ["geolocation", "durableStorage"]);
  await neverAnswer(phone.context());
  await openApp(phone, network);
  await kept(phone);
  await saveHere(phone);
  await expectState(phone, words.unnamed, "waitingForPosition");
  // As long as a cold sensor may take.
  await expect(rows(phone)).toHaveAccessibleName(new RegExp(words.states.needsPosition), { timeout: 30_000 });
  await expect(said(phone, words.location.why.timeout)).toBeVisible();
});

test("a place that needs a position is not sent before it has one", async ({ phone, network, account, device }) => {
  await signIn(phone, network, account);
  await permit(phone, ["durableStorage"]);
  await phone.goto(`${network.url}/app/`);
  await button(phone, words.home.save).click();
  await expect(rows(phone)).toHaveCount(1);
  await button(phone, words.home.sync).click();
  expect(await placesOf(device)).toEqual([]);
  await permit(phone, ["geolocation", "durableStorage"]);
  await phone.context().setGeolocation(HERE);
  await openPlace(phone, words.unnamed);
  await button(phone, words.place.give).click();
  await button(phone, words.position.here).click();
  await expect(phone.getByRole("textbox", { name: words.position.latitude })).toHaveValue(/^47\.49992/);
  await button(phone, words.position.save).click();
  await expect(said(phone, words.position.saved)).toBeVisible();
  await phone.goto(`${network.url}/app/`);
  await allSent(phone);
  await device.sync();
  expect(await device.holdfast(["list"])).toContain("47.49992, 8.72895");
});
