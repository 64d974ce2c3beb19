// The tiles of the map that the service worker keeps.

import { expect, goOffline, test } from "../support/test";

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
