// What the app's screens know of new versions of the app, and decide about them.
//
// A new version never interrupts: it is fetched beside the running one and waits until `accept` is called, or the app is opened
// anew. Whatever must not be interrupted calls `hold` before and lets go after. Off the web, nothing ever happens here.

import { TAKE_OVER } from "./messages";

export interface AppVersion {
  /** A new version is here, whole, and waits to be accepted. */
  isReady: boolean;
  /** It is accepted, and comes as soon as nothing holds it. */
  isAccepted: boolean;
}

let state: AppVersion = { isReady: false, isAccepted: false };
const listeners = new Set<() => void>();
const workers: ServiceWorkerContainer | undefined = typeof navigator === "undefined" ? undefined : navigator.serviceWorker;
let holds = 0;
let released: (() => void)[] = [];

function set(change: Partial<AppVersion>): void {
  state = { ...state, ...change };
  for (const listener of listeners) listener();
}

/** As `useSyncExternalStore` wants it: calls back on every change, until the returned function is called. */
export function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The same object until something changes. */
export const current = (): AppVersion => state;

/** Something is under way that must not be interrupted, until the returned function is called. */
export function hold(): () => void {
  holds += 1;
  let held = true;
  return () => {
    if (!held) return;
    held = false;
    holds -= 1;
    if (holds > 0) return;
    for (const go of released) go();
    released = [];
  };
}

/** When nothing is held. */
async function free(): Promise<void> {
  while (holds > 0) await new Promise<void>((resolve) => released.push(resolve));
}

/** Changes to the new version and opens the page anew, as soon as nothing holds it. */
export async function accept(): Promise<void> {
  if (!workers || !state.isReady || state.isAccepted) return;
  set({ isAccepted: true });
  await free();
  const waiting = (await workers.getRegistration())?.waiting;
  // Without one, another window has accepted it already.
  if (waiting) waiting.postMessage(TAKE_OVER);
  else location.reload();
}

async function watch(workers: ServiceWorkerContainer): Promise<void> {
  // The first version of all takes over at once: it is no news.
  let isFirst = workers.controller === null;
  workers.addEventListener("controllerchange", () => {
    // Another window may have let it take over before this one's captures were through.
    if (state.isAccepted) void free().then(() => location.reload());
    else if (!isFirst) set({ isReady: true });
    isFirst = false;
  });
  const registration = await workers.ready;
  set({ isReady: state.isReady || registration.waiting !== null });
  registration.addEventListener("updatefound", () => {
    const coming = registration.installing;
    coming?.addEventListener("statechange", () => {
      if (coming.state === "installed") set({ isReady: true });
    });
  });
  const coming = registration.installing;
  coming?.addEventListener("statechange", () => {
    if (coming.state === "installed") set({ isReady: true });
  });
}

if (workers) void watch(workers);
