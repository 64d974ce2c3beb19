// Runs before the app: asks the browser to keep the app on this device, and looks for new versions of it.

import { LOADED } from "./messages";

/** The browser looks when a page is opened; an app that stays open for days is opened rarely. */
const LOOK_AGAIN_MS = 60 * 60 * 1000;

async function register(workers: ServiceWorkerContainer): Promise<void> {
  const registration = await workers.register("/app/service-worker.js", { scope: "/app/", updateViaCache: "none" });
  let looked = performance.now();
  const look = () => {
    if (document.visibilityState !== "visible" || performance.now() - looked < LOOK_AGAIN_MS) return;
    looked = performance.now();
    // Without a network there is no news; the next time there may be.
    registration.update().catch(() => undefined);
  };
  document.addEventListener("visibilitychange", look);
  addEventListener("online", look);
}

// Not in a private window of some browsers, nor over plain http: the app works there, but only with a network.
if ("serviceWorker" in navigator) {
  const workers = navigator.serviceWorker;
  const served = workers.controller;
  addEventListener("load", () => {
    // Not before: the app's first second is the person's.
    served?.postMessage(LOADED);
    register(workers).catch((error: unknown) => console.warn("The app cannot be kept for use without a network:", error));
  });
}
