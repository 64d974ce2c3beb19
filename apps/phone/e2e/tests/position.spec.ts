// Setting a position by hand: nothing is chosen that the person did not choose, and nothing chosen is lost.

import { button, expectState, openPlace, question, said, saveHere, saveNamed, words } from "../support/app";
import { HERE, permit } from "../support/phone";
import { expect, openApp, test } from "../support/test";

const save = (page: Parameters<typeof button>[0]) => button(page, words.position.save);

test("where nothing is known of where a place is, the world is shown, and a touch of it chooses nothing", async ({ phone }) => {
  await permit(phone, ["durableStorage"]);
  await button(phone, words.home.save).click();
  await openPlace(phone, words.unnamed);
  await button(phone, words.place.give).click();
  await expect(phone.getByText(words.position.choose)).toBeVisible();
  await expect(save(phone)).toBeDisabled();
  await expect(button(phone, words.position.north("10 m"))).toBeDisabled();
  const map = phone.getByRole("region", { name: words.position.map });
  const box = (await map.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await phone.mouse.move(x, y);
  await phone.mouse.down();
  await phone.mouse.move(x + 30, y + 10, { steps: 4 });
  await phone.mouse.up();
  await expect(save(phone)).toBeDisabled();
  await phone.getByRole("textbox", { name: words.position.latitude }).fill("47,49992; 8,72895");
  await expect(save(phone)).toBeEnabled();
  await button(phone, words.position.north("10 m")).click();
  await save(phone).click();
  await expect(said(phone, words.position.saved)).toBeVisible();
  await expect(phone.getByText(words.accuracy.byHand).filter({ visible: true }).first()).toBeVisible();
});

test("a position that was chosen is asked about before the page is left, by our way back and by the browser's", async ({ phone }) => {
  await saveNamed(phone, "Old oak");
  await openPlace(phone, "Old oak");
  await button(phone, words.place.correct).click();
  await button(phone, words.position.north("10 m")).click();
  const value = await phone.getByRole("textbox", { name: words.position.latitude }).inputValue();
  for (const leave of [() => button(phone, words.back).last().click(), () => phone.goBack()]) {
    await leave();
    await expect(question(phone)).toContainText(words.position.leave.title);
    await question(phone).getByRole("button", { name: words.cancel }).click();
    await expect(phone.getByRole("textbox", { name: words.position.latitude })).toHaveValue(value);
    await expect.poll(() => new URL(phone.url()).pathname).toMatch(/\/position\//);
  }
  await button(phone, words.back).last().click();
  await question(phone).getByRole("button", { name: words.position.leave.yes }).click();
  await expect(phone.getByRole("textbox", { name: words.place.name })).toHaveValue("Old oak");
  await expect.poll(() => new URL(phone.url()).pathname).toMatch(/\/place\//);
});

test("a position that came meanwhile is not overwritten by a sensor's, and that is said", async ({ phone, network }) => {
  await permit(phone, ["durableStorage"]);
  await button(phone, words.home.save).click();
  await expectState(phone, words.unnamed, "needsPosition");
  await openPlace(phone, words.unnamed);
  await button(phone, words.place.give).click();
  const address = phone.url();
  const other = await phone.context().newPage();
  await openApp(other, network);
  await other.goto(address);
  await other.getByRole("textbox", { name: words.position.latitude }).fill("47.4, 8.7");
  await save(other).click();
  await expect(said(other, words.position.saved)).toBeVisible();
  await permit(phone, ["geolocation", "durableStorage"]);
  await phone.context().setGeolocation(HERE);
  await button(phone, words.position.here).click();
  await expect(phone.getByRole("textbox", { name: words.position.latitude })).toHaveValue(/^47\.49992/);
  await save(phone).click();
  await expect(said(phone, words.position.hasBetter)).toBeVisible();
  await expect(save(phone), "the page stays").toBeVisible();
  await expect(other.getByText("47.40000, 8.70000").filter({ visible: true }).first()).toBeVisible();
});

test("on a phone on its side the page of a position can be scrolled beside the map", async ({ phone }) => {
  await saveHere(phone);
  await openPlace(phone, words.unnamed);
  await button(phone, words.place.correct).click();
  await phone.setViewportSize({ width: 844, height: 390 });
  const map = phone.getByRole("region", { name: words.position.map });
  await expect.poll(async () => (await map.boundingBox())?.height ?? 999).toBeLessThan(0.45 * 390);
});
