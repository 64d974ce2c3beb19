// The tiles of the map: those that the service worker keeps, and those that did not come.

import type { Locator, Page } from "../support/all";
import { button, openPlace, saveHere, words } from "../support/app";
import type { Network } from "../support/network";
import { permit } from "../support/phone";
import { expect, goOffline, goOnline, test } from "../support/test";

const CACHE = "holdfast-map-tiles";
/** As many as the service worker keeps. */
const MOST = 600;

test("of the map's tiles the newest are kept, and no more than so many, and shown without a network", async ({ phone, network, watch }) => {
  watch.allowFailures();
  const fetched = (path: string) =>
    phone.evaluate(async (path) => {
      const response = await fetch(path);
      return { ok: response.ok, bytes: (await response.arrayBuffer()).byteLength };
    }, path);
  const kept = () =>
    phone.evaluate(async (name) => (await (await caches.open(name)).keys()).map(({ url }) => new URL(url).pathname), CACHE);
  // Looked at long ago: one more than there is room for.
  await phone.evaluate(
    async ({ name, count }) => {
      const cache = await caches.open(name);
      for (let at = 0; at < count; at++) await cache.put(`/map/tiles/9/0/${at}`, new Response("an old tile"));
    },
    { name: CACHE, count: MOST + 1 },
  );
  const path = "/map/tiles/0/0/0";
  expect(await fetched(path)).toMatchObject({ ok: true });
  await expect.poll(kept).toHaveLength(MOST);
  const names = await kept();
  expect(names.at(-1), "the newest stays").toBe(path);
  expect(names[0], "the oldest went").toBe("/map/tiles/9/0/2");
  // Known already: asked for again, nothing is fetched, and nothing goes for it.
  await goOffline(phone, network);
  expect(await fetched(path)).toMatchObject({ ok: true });
  expect(await kept()).toEqual(names);
});

/** Opens the map of a place in an area that was never looked at. What the app says of that. */
async function blankMap(page: Page) {
  await saveHere(page);
  await openPlace(page, words.unnamed);
  await button(page, words.place.correct).click();
  const blank = page.getByRole("main").getByText(words.position.mapBlank).filter({ visible: true });
  await expect(blank).toBeVisible();
  return blank;
}

const TILE = /^\/map\/tiles\//;
const came = (network: Network) => network.to(TILE).filter(({ status, lost }) => status === 200 && !lost).length;

test("a map without a picture has one as soon as there is a network again, and says no more that it has none", async ({ phone, network, watch }) => {
  watch.allowFailures();
  await goOffline(phone, network);
  const blank = await blankMap(phone);
  expect(came(network)).toBe(0);
  await goOnline(phone, network);
  await expect(blank, "sooner than by waiting").toHaveCount(0, { timeout: 8_000 });
  expect(came(network)).toBeGreaterThan(0);
  // No line of the grid is left: it is drawn as one that has had its tiles from the start.
  const map = phone.getByRole("region", { name: words.position.map });
  const filled = await still(map);
  await phone.reload();
  await expect.poll(async () => difference(phone, filled, await still(map))).toBeLessThan(0.005);
});

/** Which share of two pictures is different, so that it can be seen. */
async function difference(of: Page, ...pictures: Buffer[]): Promise<number> {
  // No page of the app's: it would let nothing be looked at that is not its own.
  const page = await of.context().newPage();
  const share = await page.evaluate(
    async (pictures) => {
      const [one, other] = await Promise.all(
        pictures.map(async (picture) => {
          const image = Object.assign(new Image(), { src: `data:image/png;base64,${picture}` });
          await image.decode();
          const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
          const context = canvas.getContext("2d")!;
          context.drawImage(image, 0, 0);
          return context.getImageData(0, 0, image.width, image.height).data;
        }),
      );
      if (one!.length !== other!.length) return 1;
      let different = 0;
      for (let at = 0; at < one!.length; at += 4) if ([0, 1, 2].some((of) => Math.abs(one![at + of]! - other![at + of]!) > 8)) different++;
      return (different * 4) / one!.length;
    },
    pictures.map((picture) => picture.toString("base64")),
  );
  await page.close();
  return share;
}

/** What a map shows once nothing moves on it any more. */
async function still(map: Locator): Promise<Buffer> {
  let last = await map.screenshot();
  await expect(async () => {
    const before = last;
    last = await map.screenshot();
    expect(last.equals(before)).toBe(true);
  }).toPass();
  return last;
}

test("a map whose server does not answer asks again by itself, and keeps its picture in other colours", async ({ phone, network, watch }) => {
  watch.allowFailures();
  await phone.clock.install();
  await phone.reload();
  network.off();
  let asked = 0;
  phone.context().on("request", (request) => void (TILE.test(new URL(request.url()).pathname) && asked++));
  /** Does something after which tiles are asked for. */
  const asks = async (what: () => Promise<void>) => {
    const before = asked;
    await what();
    await expect.poll(() => asked).toBeGreaterThan(before);
  };
  const blank = await blankMap(phone);
  await asks(() => phone.clock.fastForward(16_000));
  await expect(blank).toBeVisible();
  network.on();
  expect(came(network)).toBe(0);
  await phone.clock.fastForward(31_000);
  await expect(blank).toHaveCount(0);
  expect(came(network)).toBeGreaterThan(0);
  await asks(() => phone.emulateMedia({ colorScheme: "dark" }));
  await expect(blank).toHaveCount(0);
});

test("a map without a picture names no position that nobody has chosen, nor arrows that have nothing to move", async ({ phone, network, watch }) => {
  watch.allowFailures();
  await permit(phone, ["durableStorage"]);
  await goOffline(phone, network);
  await button(phone, words.home.save).click();
  await openPlace(phone, words.unnamed);
  await button(phone, words.place.give).click();
  const main = phone.getByRole("main").filter({ visible: true });
  const why = (isChosen: boolean) => main.getByText(`${words.position.mapBlank} ${words.position.mapless(isChosen)}`).filter({ visible: true });
  await expect(why(false)).toBeVisible();
  await expect(main.getByText(/^-?\d+\.\d{5}, /)).toHaveCount(0);
  await phone.getByRole("textbox", { name: words.position.latitude }).fill("47,49992; 8,72895");
  await expect(why(true)).toBeVisible();
  await expect(main.getByText("47.49992, 8.72895").filter({ visible: true }).first()).toBeVisible();
});
