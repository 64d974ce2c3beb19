// Tiles that did not come: asked for again, so that nobody has to move the map or load the page again for them. As
// apps/phone/src/map/missing.web.ts for the phone app.

import type { Map as MapLibre, Tile } from "maplibre-gl";

/** How long a map with holes waits before it asks again by itself, in milliseconds; each time twice as long, up to the longest. */
const RETRY = 15_000;
const LONGEST = 240_000;
/** The first time after a connection has come back: a browser says so before everything on the way is ready. */
const SOON = 2_000;

/** With this begins what MapLibre says of bytes that are no tile: they would be the same the next time. */
const UNREADABLE = "Unable to parse the tile";

/** Whether an error came from the way to the server, or from a server that can't at the moment, and may be gone with the next try. */
function passes(error: object): boolean {
  // What breaks off in the middle of its bytes has no status, nor the kind of error that it was in MapLibre's worker; where there was no
  // answer at all, the status is 0.
  if (!("status" in error)) return !("message" in error && String(error.message).startsWith(UNREADABLE));
  const { status } = error;
  return status === 0 || status === 408 || status === 429 || (typeof status === "number" && status >= 500);
}

/** Of which source a tile is, where an event is about one. */
function tileOf(event: object): { tile: Tile; source: string } | null {
  if (!("tile" in event && event.tile && "sourceId" in event && typeof event.sourceId === "string")) return null;
  return { tile: event.tile as Tile, source: event.sourceId };
}

/**
 * While tiles are missing that would be seen, they are asked for again once the browser says that it is connected, and after 15 s, 30 s
 * and so on, as long as the page is seen; until the map is removed. Every other error is said on the console, where MapLibre says it when
 * nobody listens.
 */
export function fillHoles(map: MapLibre): void {
  const missing = new Map<Tile, string>();
  let patience = RETRY;
  let retry: ReturnType<typeof setTimeout> | undefined;
  /** It is time to ask, but nobody looks. */
  let isDue = false;
  const rest = () => {
    clearTimeout(retry);
    retry = undefined;
  };
  const wait = () => {
    if (missing.size === 0) rest();
    else if (!isDue) retry ??= setTimeout(askAgain, patience);
  };
  const ask = (thenAfter: number) => {
    rest();
    patience = thenAfter;
    isDue = document.hidden;
    if (isDue) return;
    // What is on its way would be fetched a second time.
    const failed = [...missing].filter(([{ state }]) => state === "errored");
    for (const source of new Set(failed.map(([, of]) => of))) {
      const tiles = failed.filter(([, of]) => of === source).map(([{ tileID }]) => tileID.canonical);
      // By their names: asked for a whole source, MapLibre waits for each failed tile's first answer, which has been.
      if (map.getSource(source)) map.refreshTiles(source, tiles);
    }
    // Whatever does not come is missing still: it is known by that, not by an answer.
    wait();
  };
  const askAgain = () => ask(Math.min(Math.max(2 * patience, RETRY), LONGEST));
  /** They come again: the next that does not is no older than this. */
  const hope = () => {
    if (patience > RETRY) rest();
    patience = RETRY;
    wait();
  };
  map.on("error", (event) => {
    const of = tileOf(event);
    if (!of || !passes(event.error)) return console.error(event.error);
    missing.set(of.tile, of.source);
    wait();
  });
  map.on("sourcedata", (event) => {
    if (event.tile && missing.delete(event.tile as Tile)) hope();
  });
  // What is out of sight leaves no hole; what comes back into it is asked for then.
  map.on("idle", () => {
    for (const tile of missing.keys()) if (tile.uses === 0) missing.delete(tile);
    wait();
  });
  // Another style has asked for all of its tiles anew.
  map.on("style.load", () => {
    missing.clear();
    rest();
  });
  const online = () => ask(SOON);
  const seen = () => {
    if (isDue && !document.hidden) ask(RETRY);
  };
  addEventListener("online", online);
  document.addEventListener("visibilitychange", seen);
  map.on("remove", () => {
    rest();
    removeEventListener("online", online);
    document.removeEventListener("visibilitychange", seen);
  });
}
