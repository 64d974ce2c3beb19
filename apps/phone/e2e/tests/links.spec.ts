// Every address of the app, opened by itself: it shows its page, or says what is the matter, in every state of the phone.

import { createRequire } from "node:module";
import type { Page } from "../support/all";
import { back, button, openPlace, saveHere, saveNamed, signIn, words } from "../support/app";
import type { Network } from "../support/network";
import { expect, test } from "../support/test";

const { FAILURE_WORDS } = createRequire(import.meta.url)("../../core/src/types") as typeof import("../../core/src/types");

/** Address, heading, what the browser calls it, and where the way back leads. */
const PAGES = [
  ["", words.app, words.tabs.places, null],
  ["outbox", words.outbox.title, words.outbox.title, null],
  ["settings", words.settings.title, words.settings.title, null],
  ["trash", words.trash.title, words.trash.title, words.settings.title],
  ["diagnostics", words.settings.diagnostics, words.settings.diagnostics, words.settings.title],
  ["sign-in", words.signIn.title, words.signIn.title, words.settings.title],
] as const;
const OF_A_PLACE = ["place", "position", "decide"] as const;

const heading = (page: Page, name: string) => page.getByRole("heading", { level: 1, name, exact: true }).filter({ visible: true });

const called = (page: Page, name: string) => expect(page).toHaveTitle(`${name} · ${words.app}`);

async function allPages(phone: Page, network: Network): Promise<void> {
  for (const [path, title, name, parent] of PAGES) {
    await phone.goto(`${network.url}/app/${path}`);
    await phone.reload();
    await expect(heading(phone, title), path).toBeVisible();
    await called(phone, name);
    if (!parent) continue;
    await back(phone);
    await expect(heading(phone, parent), path).toBeVisible();
    await called(phone, parent);
  }
  await phone.goto(`${network.url}/app/no/such/page`);
  await expect(phone.getByText(words.notFound).filter({ visible: true }).first()).toBeVisible();
}

/** What is opened by a key that is no place here says so, and leads back to the list. */
async function saysWhy(phone: Page, network: Network, key: string, why: string): Promise<void> {
  for (const page of OF_A_PLACE) {
    await phone.goto(`${network.url}/app/${page}/${key}`);
    await expect(phone.getByText(why), `${page}/${key}`).toBeVisible();
    await button(phone, words.place.toList).click();
    await expect(button(phone, words.home.save)).toBeVisible();
  }
}

/** The pages of a place that is here, loaded anew. */
async function pagesOf(phone: Page, network: Network, key: string, name: string): Promise<void> {
  await phone.goto(`${network.url}/app/place/${key}`);
  await phone.reload();
  await expect(heading(phone, name)).toBeVisible();
  await expect(phone.getByRole("textbox", { name: words.place.name, exact: true })).toHaveValue(name);
  await called(phone, words.place.one);
  await phone.goto(`${network.url}/app/position/${key}`);
  await phone.reload();
  await expect(phone.getByRole("textbox", { name: words.position.latitude })).toHaveValue(/^47\.4999/);
  await called(phone, words.position.title);
  await backToPlace(phone, key, name);
  await phone.goto(`${network.url}/app/decide/${key}`);
  await phone.reload();
  await expect(phone.getByText(words.conflict.nothing)).toBeVisible();
  await called(phone, words.conflict.title);
  await backToPlace(phone, key, name);
}

/** From a page of a place that was opened by its address: to the place, and from there to the list. */
async function backToPlace(phone: Page, key: string, name: string): Promise<void> {
  await back(phone);
  await expect(heading(phone, name)).toBeVisible();
  expect(new URL(phone.url()).pathname).toBe(`/app/place/${key}`);
  await called(phone, words.place.one);
  await back(phone);
  await expect(button(phone, words.home.save)).toBeVisible();
  await called(phone, words.tabs.places);
}

const keyOf = (page: Page) => decodeURIComponent(page.url().split("/").at(-1) ?? "");

test("each address opens by itself on a phone that is not signed in", async ({ phone, network }) => {
  await saveNamed(phone, "Old oak");
  await openPlace(phone, "Old oak");
  await expect(heading(phone, "Old oak")).toBeVisible();
  const key = keyOf(phone);
  await allPages(phone, network);
  await pagesOf(phone, network, key, "Old oak");
  await saysWhy(phone, network, "nonsense", words.place.nonsense.title);
  await saysWhy(phone, network, "local-999", FAILURE_WORDS.no_such_place.sentence);
  await saysWhy(phone, network, "0123456789abcdef-1", FAILURE_WORDS.other_account.sentence);
});

test("each address opens by itself on a phone that is signed in, and nothing of the places without an account by it", async ({ phone, network, account }) => {
  await saveHere(phone);
  await openPlace(phone, words.unnamed);
  await expect(heading(phone, words.unnamed)).toBeVisible();
  const other = keyOf(phone);
  await signIn(phone, network, account);
  await phone.goto(`${network.url}/app/`);
  await button(phone, words.adopt.apart).click();
  await saveNamed(phone, "Old oak");
  await openPlace(phone, "Old oak");
  await expect(heading(phone, "Old oak")).toBeVisible();
  const key = keyOf(phone);
  await allPages(phone, network);
  await pagesOf(phone, network, key, "Old oak");
  await saysWhy(phone, network, key.replace(/-\d+$/, "-999"), FAILURE_WORDS.no_such_place.sentence);
  await saysWhy(phone, network, other, words.place.apart.title);
});
