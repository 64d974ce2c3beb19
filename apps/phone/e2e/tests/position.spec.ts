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

test("a place without a position is looked for near the newest one that has one", async ({ phone, network }) => {
  await saveHere(phone);
  await permit(phone, ["durableStorage"]);
  await phone.goto(`${network.url}/app/`);
  await button(phone, words.home.save).click();
  await expect(phone.getByText(words.list.positionNeeded)).toBeVisible();
  await phone.getByRole("link", { name: new RegExp(words.states.needsPosition) }).click();
  await button(phone, words.place.give).click();
  await expect(phone.getByText(words.position.choose)).toBeVisible();
  const box = (await phone.getByRole("region", { name: words.position.map }).boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await phone.mouse.move(x, y);
  await phone.mouse.down();
  await phone.mouse.move(x + 10, y, { steps: 4 });
  await phone.mouse.up();
  await expect(phone.getByRole("textbox", { name: words.position.latitude })).toHaveValue(/^47\.[45]/);
});

test("a position that was chosen is asked about before the page is left, by our way back and by the browser's", async ({ phone }) => {
  await saveNamed(phone, "Old oak");
  await openPlace(phone, "Old oak");
  await button(phone, words.place.correct).click();
  await button(phone, words.position.north("10 m")).click();
  const value = await phone.getByRole("textbox", { name: words.position.latitude }).inputValue();
  await button(phone, words.back).last().click();
  await expect(question(phone)).toContainText(words.position.leave.title);
  await question(phone).getByRole("button", { name: words.cancel }).click();
  const latitude = phone.getByRole("textbox", { name: words.position.latitude });
  await expect(latitude).toHaveValue(value);
  // A browser's own way back can't be asked about: what was chosen is there again.
  await phone.goBack();
  await expect(said(phone, words.position.left)).toBeVisible();
  await button(phone, words.position.goOn).click();
  await expect(latitude).toHaveValue(value);
  await button(phone, words.back).last().click();
  await question(phone).getByRole("button", { name: words.position.leave.yes }).click();
  await expect(phone.getByRole("textbox", { name: words.place.name })).toHaveValue("Old oak");
  await button(phone, words.place.correct).click();
  await expect(latitude).not.toHaveValue(value);
});

test("a worse position of a sensor does not take the place of a better one that came meanwhile, and that is said", async ({ phone, network }) => {
  await permit(phone, ["durableStorage"]);
  await button(phone, words.home.save).click();
  await expectState(phone, words.unnamed, "needsPosition");
  await openPlace(phone, words.unnamed);
  await button(phone, words.place.give).click();
  const other = await phone.context().newPage();
  await openApp(other, network);
  await other.goto(phone.url());
  await permit(phone, ["geolocation", "durableStorage"]);
  await phone.context().setGeolocation(HERE);
  await button(other, words.position.here).click();
  await expect(other.getByRole("textbox", { name: words.position.latitude })).toHaveValue(/^47\.49992/);
  await save(other).click();
  await expect(said(other, words.position.saved)).toBeVisible();
  await phone.context().setGeolocation({ ...HERE, latitude: 47.502, accuracy: 300 });
  await button(phone, words.position.here).click();
  await expect(phone.getByRole("textbox", { name: words.position.latitude })).toHaveValue(/^47\.502/);
  await save(phone).click();
  await expect(said(phone, words.position.hasBetter)).toBeVisible();
  await expect(save(phone), "the page stays").toBeVisible();
  await expect(button(other, words.place.correct), "back to the place, whose position was opened by its address").toBeVisible();
  await expect(other.getByText("about ±8 m").filter({ visible: true }).first()).toBeVisible();
});

test("on a phone on its side the page of a position can be scrolled beside the map", async ({ phone }) => {
  await saveHere(phone);
  await openPlace(phone, words.unnamed);
  await button(phone, words.place.correct).click();
  await phone.setViewportSize({ width: 844, height: 390 });
  const map = phone.getByRole("region", { name: words.position.map });
  await expect.poll(async () => (await map.boundingBox())?.height ?? 999).toBeLessThan(0.45 * 390);
});
