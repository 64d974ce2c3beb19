// The test function of every file here: a server per worker; a site, an account and a profile per test.

import { type BrowserContext, expect, type Page, test as base } from "@playwright/test";
import { Device } from "../../../../../crates/web/browser/support/device";
import { type Account, Server } from "../../../../../crates/web/browser/support/server";
import type { AnswerTo, Call, Core, Failure, NewPosition, Overview, Place } from "../../src/core";
import { Profile } from "./browser";
import { Site } from "./site";

interface Of1Test {
  site: Site;
  account: Account;
  profile: Profile;
  /** A browser over the profile. */
  browserWindow: BrowserContext;
  /** A paired command line of the test's account. */
  device: Device;
}

interface Of1Worker {
  server: Server;
}

declare global {
  interface Window {
    core: Core;
    lib: typeof import("../../browser/index");
    changes: string[];
  }
}

export const HERE: NewPosition = { latitude: 47.42, longitude: 9.98, accuracy: 8 };

/** Asks the core of a window; throws its failure's code. */
export async function ask<C extends Call>(page: Page, call: C): Promise<AnswerTo<C>> {
  const result = await tryAsk(page, call);
  if ("failure" in result) throw new Error(`${call.call}: ${JSON.stringify(result.failure)}`);
  return result.answer;
}

/** Asks the core of a window; its answer or its failure. */
export async function tryAsk<C extends Call>(page: Page, call: C): Promise<{ answer: AnswerTo<C> } | { failure: Failure }> {
  const result = await page.evaluate(async (call) => {
    try {
      return { answer: await window.core.perform(call) };
    } catch (error) {
      if (error instanceof window.lib.CoreError) return { failure: error.failure };
      throw error;
    }
  }, call as Call);
  return result as { answer: AnswerTo<C> } | { failure: Failure };
}

/** Opens a window with the core in it. */
export async function open(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(url);
  await page.waitForFunction(() => "core" in window);
  return page;
}

export async function capture(page: Page, name: string, clientId: string = crypto.randomUUID()): Promise<Place> {
  const { place } = await ask(page, { call: "capture", clientId, name, position: HERE });
  return place;
}

export async function places(page: Page): Promise<Place[]> {
  return (await ask(page, { call: "list" })).places;
}

export async function overview(page: Page): Promise<Overview> {
  return ask(page, { call: "overview" });
}

/** Signs a window's device in with the account's password. */
export async function signIn(page: Page, site: Site, { email, password }: Account): Promise<void> {
  await ask(page, { call: "signIn", server: site.url, email, password, deviceName: "browser" });
}

/** Waits until the only place with this name is in this state. */
export async function expectState(page: Page, name: string, state: Place["state"]["is"]): Promise<void> {
  await expect
    .poll(async () => (await places(page)).filter((place) => place.name === name).map((place) => place.state.is))
    .toEqual([state]);
}

export const test = base.extend<Of1Test, Of1Worker>({
  server: [
    async ({}, use) => {
      const server = await Server.start();
      await use(server);
      await server.stop();
    },
    { scope: "worker" },
  ],
  site: async ({ server }, use) => {
    const site = await Site.start(server.url);
    await use(site);
    await site.stop();
  },
  account: async ({ server }, use) => use(await server.addAccount()),
  profile: async ({}, use) => {
    const profile = new Profile();
    await use(profile);
    await profile.remove();
  },
  browserWindow: async ({ profile }, use) => use(await profile.start()),
  device: async ({ server, account }, use) => {
    const device = new Device();
    await device.signIn(server, account);
    await use(device);
    device.remove();
  },
});

export { expect };
