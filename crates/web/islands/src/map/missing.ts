// Parts of the map that did not come while there was no way to the server: asked for again, so that nobody has to reload.

import type { Map as MapLibre } from "maplibre-gl";

/** How long a map with holes waits before it asks again by itself, in milliseconds. */
const RETRY = 15_000;

/** MapLibre's errors that came from a request: 0 where there was no answer at all. */
const isUnanswered = (error: object): boolean => "status" in error && error.status === 0;

/**
 * Fills the map's holes once the browser says that it is connected, or after a while. Everything else that goes wrong is
 * said on the console, where MapLibre says it when nobody listens.
 */
export function fillHoles(map: MapLibre): void {
  const missing = new Set<string>();
  let retry: ReturnType<typeof setTimeout> | undefined;
  const ask = () => {
    clearTimeout(retry);
    retry = undefined;
    const sources = [...missing];
    missing.clear();
    // Another style, chosen meanwhile, has other sources and has asked for all of them.
    for (const source of sources) if (map.getSource(source)) map.refreshTiles(source);
  };
  map.on("error", (event) => {
    const { error } = event;
    const source = "sourceId" in event && typeof event.sourceId === "string" ? event.sourceId : null;
    if (source === null || !isUnanswered(error)) return console.error(error);
    missing.add(source);
    retry ??= setTimeout(ask, RETRY);
  });
  addEventListener("online", ask);
  map.on("remove", () => {
    clearTimeout(retry);
    removeEventListener("online", ask);
  });
}
