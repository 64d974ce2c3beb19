// The app's service worker: opens the app without a network, and changes it to a new version only when nobody minds.
//
// - Every file of one build is fetched at installation and checked against its hash: a version is there whole, or not at all.
//   Then the app opens from it, with or without a network, and never waits for one.
// - A new version is fetched in the background and then *waits*. It takes over when the person accepts it, reloads the only
//   window, or has closed all of them. Pages that are open go on with the files that they began with.
// - Nothing under /v1/ and no page of the web platform ever passes through here. Places are the core's, in its own store.
//
// Workbox was looked at: its precache drops the files of the version before as soon as another takes over, which breaks
// windows that still run it; and it begins anew where an installation was cut off, which on a bad network never ends.

import { LOADED, TAKE_OVER } from "../messages";
import { isTile, tile } from "./tiles";
import { type Build, Version } from "./version";

declare const self: ServiceWorkerGlobalScope;
/** Put here by the build. */
declare const __BUILD__: Build;

const version = new Version(__BUILD__);
/** When a waiting version was last told to take over by opening a page. */
let handedOver = -Infinity;
/** By then it has, or something keeps it from it; the page is opened with this version instead. */
const HAND_OVER_MS = 5_000;
/** For a moment, on the person's own background. */
const ASK_AGAIN = `<!doctype html><meta name="color-scheme" content="light dark"><meta http-equiv="refresh" content="0"><title>Holdfast</title>`;

/** The app's windows. Those of the web platform run nothing of it, and need not be waited for. */
async function windows(): Promise<readonly WindowClient[]> {
  const all = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  return all.filter(({ url }) => url.startsWith(self.location.origin + version.base));
}

self.addEventListener("install", (event) => event.waitUntil(version.install()));

self.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      if ((await windows()).length === 0) await removeOthers();
      // The page of the very first visit is served from here, too, from now on.
      await self.clients.claim();
    })(),
  );
});

self.addEventListener("message", (event) => {
  if (event.data === TAKE_OVER) event.waitUntil(self.skipWaiting());
  if (event.data === LOADED) event.waitUntil(removeUnused(event.source));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (isTile(url)) event.respondWith(tile(request));
  else if (!url.pathname.startsWith(version.base)) return;
  else if (request.mode === "navigate") event.respondWith(page(request));
  else if (version.has(url)) event.respondWith(version.file(request));
  // Of an earlier version, perhaps, which an open window still runs.
  else event.respondWith(kept(request));
});

async function page(request: Request): Promise<Response> {
  const { waiting } = self.registration;
  if (waiting && performance.now() - handedOver > HAND_OVER_MS && (await windows()).length < 2) {
    // The one window is being opened anew: the moment for the new version, which answers when the browser asks again.
    handedOver = performance.now();
    waiting.postMessage(TAKE_OVER);
    return new Response(ASK_AGAIN, { headers: { "Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store" } });
  }
  return version.page(request);
}

async function kept(request: Request): Promise<Response> {
  return (await caches.match(request, { ignoreVary: true })) ?? fetch(request);
}

/** Removes earlier versions' files once the only window was loaded by this version. */
async function removeUnused(loaded: ExtendableMessageEvent["source"]): Promise<void> {
  const open = await windows();
  const isOnly = loaded !== null && "id" in loaded && open.every(({ id }) => id === loaded.id);
  if (isOnly) await removeOthers();
}

async function removeOthers(): Promise<void> {
  // One that is being installed, or waits, must not lose what it has fetched.
  if (self.registration.installing ?? self.registration.waiting) return;
  await version.removeOthers();
}
