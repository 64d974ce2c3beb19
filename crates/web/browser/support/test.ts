// The test function of every file here: a server per worker, an account per test, a browser that is signed in, and a watch
// over everything it does.

import { type APIRequestContext, type BrowserContext, type BrowserContextOptions, test as base, expect, type Page } from "@playwright/test";
import { randomUUID } from "node:crypto";
import { Device } from "./device";
import { type Account, Server } from "./server";
import { mapDrawn, settled } from "./traffic";
import { Watch } from "./watch";

interface Of1Test {
  /** An account of this test alone. */
  account: Account;
  watch: Watch;
  /** Opens a further browser; signed in as this account, or as nobody (`null`). */
  open: (as: Account | null, options?: BrowserContextOptions) => Promise<Page>;
  /** A paired device of the test's account. */
  device: Device;
  /** A server that has no account yet. */
  fresh: Server;
}

interface Of1Worker {
  server: Server;
}

/** Signs a browser in, as its form does. */
export async function signIn(context: BrowserContext, server: Server, { email, password }: Account): Promise<void> {
  const answer = await post(context.request, server, "/sign-in", { email, password });
  expect(answer).toBe("/places");
}

/** Sends a form as our own pages do; returns where it led to. */
export async function post(request: APIRequestContext, server: Server, path: string, form: Record<string, string>): Promise<string> {
  const answer = await request.post(server.url + path, { form, headers: { Origin: server.url }, maxRedirects: 0 });
  expect(answer.status(), await answer.text()).toBe(303);
  return answer.headers()["location"] ?? "";
}

/** Signs the first other device of the list out, and answers that this is meant. */
export async function signOutFirst(page: Page): Promise<void> {
  await page.getByText("Sign out …").first().click();
  await page.locator("details[open]").getByRole("button", { name: /^Sign out/ }).click();
}

/** What a place can be saved with. */
export interface Values {
  latitude: number;
  longitude: number;
  name?: string;
  note?: string;
  category?: string;
  tags?: string;
}

/** Saves a place through the form; returns the path of its page. */
export async function save(page: Page, server: Server, values: Values): Promise<string> {
  const texts = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
  const form = { client_id: randomUUID(), op_id: randomUUID(), position_source: "manual", ...texts };
  return (await post(page.context().request, server, "/places", form)).split("?")[0] ?? "";
}

/** Changes a place through the form, as somebody does who sees it as `was`. */
export async function change(page: Page, server: Server, path: string, was: Values, values: Partial<Values>): Promise<void> {
  const form: Record<string, string> = { op_id: randomUUID(), base_version: "1" };
  for (const name of ["name", "note", "category", "tags", "latitude", "longitude"] as const) {
    form[`was_${name}`] = String(was[name] ?? "");
    form[name] = String(values[name] ?? was[name] ?? "");
  }
  await post(page.context().request, server, `${path}/edit`, form);
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
  baseURL: async ({ server }, use) => use(server.url),
  account: async ({ server }, use) => use(await server.addAccount()),
  watch: async ({ server }, use) => {
    const watch = new Watch(server.url);
    await use(watch);
    expect(watch.verdict(), "what the browser said and nobody expected").toEqual([]);
  },
  context: async ({ context, watch }, use) => {
    watch.follow(context);
    await use(context);
  },
  page: async ({ page, context, server, account }, use) => {
    await signIn(context, server, account);
    await use(page);
  },
  open: async ({ browser, server, watch, contextOptions, locale, timezoneId, viewport }, use) => {
    const contexts: BrowserContext[] = [];
    await use(async (as, options = {}) => {
      const usual = { locale: locale ?? "en", timezoneId: timezoneId ?? "UTC", viewport };
      const context = await browser.newContext({ ...contextOptions, baseURL: server.url, ...usual, ...options });
      contexts.push(context);
      watch.follow(context);
      if (as) await signIn(context, server, as);
      return context.newPage();
    });
    for (const context of contexts) await context.close();
  },
  device: async ({ server, account }, use) => {
    const device = new Device();
    await device.signIn(server, account);
    await use(device);
    device.remove();
  },
  fresh: async ({ watch }, use) => {
    const server = await Server.start();
    watch.allowServer(server.url);
    await use(server);
    await server.stop();
  },
});

export { expect, mapDrawn, settled };
