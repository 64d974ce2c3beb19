// The test function of every file here: what the web platform's tests have, and a phone with a network that can fail.

import { expect, type Page, test as base } from "./all";
import { Network } from "./network";
import { CONTEXT, HERE, permit, Profile } from "./phone";

interface Of1Test {
  /** Between the phone and the server. */
  network: Network;
  /** The app on a phone that nobody has signed in, opened and kept for use without a network. */
  phone: Page;
  /** A phone whose browser can be killed and started again. */
  profile: Profile;
}

export const test = base.extend<Of1Test>({
  network: async ({ server, watch }, use) => {
    const network = await Network.inFrontOf(server.url);
    watch.allowServer(network.url);
    await use(network);
    await network.stop();
  },
  // The network outlives the browsers that use it: it is asked for first.
  phone: async ({ network, open }, use) => {
    const page = await open(null, { ...CONTEXT, geolocation: HERE, baseURL: network.url });
    await permit(page, ["geolocation", "durableStorage"]);
    await openApp(page, network);
    await use(page);
  },
  profile: async ({ network: _, playwright, launchOptions, headless, watch }, use) => {
    const profile = new Profile(playwright.chromium, { ...launchOptions, headless }, (context) => watch.follow(context));
    await use(profile);
    await profile.remove();
  },
});

/** Opens the app for the first time, and waits until it can be opened without a network. */
export async function openApp(page: Page, network: Network, path = ""): Promise<void> {
  await page.goto(`${network.url}/app/${path}`);
  await kept(page);
}

/** Waits until the service worker has everything, and serves the page. */
export async function kept(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
    if (navigator.serviceWorker.controller) return;
    await new Promise((resolve) => navigator.serviceWorker.addEventListener("controllerchange", resolve, { once: true }));
  });
}

/** Without any network, and the browser knows. */
export async function goOffline(page: Page, network: Network): Promise<void> {
  network.off();
  await page.context().setOffline(true);
}

export async function goOnline(page: Page, network: Network): Promise<void> {
  network.on();
  await page.context().setOffline(false);
}

export { expect };
