// Tiles of the server's own basemap, kept as they are looked at, so that places have a map around them without a network.

const CACHE = "holdfast-map-tiles";
const PATH = "/map/tiles/";
/** Some 10 kB each. */
const MOST = 600;

export const isTile = ({ pathname }: URL): boolean => pathname.startsWith(PATH);

/** The tile that is kept, or the server's, which is kept from then on. */
export async function tile(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  const known = await cache.match(request, { ignoreVary: true });
  if (known) return known;
  const response = await fetch(request);
  if (response.ok) await keep(cache, request, response.clone()).catch(() => undefined); // A full disk costs only the map.
  return response;
}

async function keep(cache: Cache, request: Request, response: Response): Promise<void> {
  await cache.put(request, response);
  const keys = await cache.keys();
  // In the order in which they came.
  await Promise.all(keys.slice(0, Math.max(0, keys.length - MOST)).map((key) => cache.delete(key)));
}
