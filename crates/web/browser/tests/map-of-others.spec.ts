// A map of somebody else (MAP_STYLE_URL): the browser asks exactly the servers that the settings name, and the page says so.

import { Server } from "../support/server";
import { expect, save, settled, signIn, test } from "../support/test";
import { TileServer } from "../support/tiles";

test("a map of somebody else asks the servers that are named, no other one, and the page says which", async ({ context, watch }) => {
  const [named, unnamed] = [await TileServer.start(), await TileServer.start()];
  const style = await TileServer.start([named, unnamed]);
  const server = await Server.start({ MAP_STYLE_URL: `${style.origin}/style.json`, MAP_SERVERS: named.origin });
  try {
    for (const origin of [server.url, style.origin, named.origin]) watch.allowServer(origin);
    watch.expectRefused(unnamed.origin);
    const page = await context.newPage();
    await signIn(context, server, await server.addAccount());
    const path = await save(page, server, { latitude: 47.1, longitude: 8.1, name: "Old oak" });
    for (const address of ["/places", path, "/places/new"]) {
      style.asked.length = named.asked.length = 0;
      await page.goto(server.url + address);
      await expect(page.locator(".maplibregl-canvas").first()).toBeVisible();
      await expect.poll(() => style.tiles, { message: `tiles for ${address}` }).toBeGreaterThan(0);
      await expect.poll(() => named.tiles, { message: `tiles of the further server for ${address}` }).toBeGreaterThan(0);
      await settled(page);
      const words = `This map asks ${style.origin} ${named.origin} for what it shows, and so tells them where you look.`;
      await expect(page.getByText(words)).toBeVisible();
    }
    // The place is there, on their map.
    await page.goto(`${server.url}/places`);
    await expect(page.locator(".map-marker")).toBeVisible();
    expect(unnamed.asked, "the style names it, and the settings don't").toEqual([]);
  } finally {
    await server.stop();
    for (const tiles of [style, named, unnamed]) await tiles.stop();
  }
});
