// What a person does in the app, by the words they see.

import { createRequire } from "node:module";
import { type Account, expect, type Locator, type Page } from "./all";
import type { Network } from "./network";
import { HERE } from "./phone";

/** The app's own: a word that changes there changes here. Its folder is no module of Node.js, but of Expo. */
export const { words } = createRequire(import.meta.url)("../../src/words") as typeof import("../../src/words");

const literally = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** What is said at the bottom of the screen. The page may hold the same words elsewhere: as a place's state. */
export const said = (page: Page, text: string | RegExp): Locator => page.getByTestId("toast").getByText(text);

export const button = (page: Page, name: string): Locator => page.getByRole("button", { name, exact: true });

/** What the person is asked above everything else. */
export const question = (page: Page): Locator => page.getByRole("alertdialog").or(page.getByRole("dialog"));

/** Presses "Save here" where the phone is, and waits until the app says that the place is durable, and shows it. */
export async function saveHere(page: Page): Promise<void> {
  await expect(rows(page).first().or(page.getByText(words.list.emptyTitle))).toBeVisible();
  const before = await rows(page).count();
  // A sensor that is on speaks again and again; an emulated one only when it is told to.
  await page.context().setGeolocation(HERE);
  await button(page, words.home.save).click();
  await expect(said(page, new RegExp(`^${literally(words.home.saved)}`))).toBeVisible();
  await expect(rows(page)).toHaveCount(before + 1);
}

/** The rows of the list, or those of places with this name. */
export const rows = (page: Page, name = ""): Locator =>
  page.getByRole("main").getByRole("link", { name: new RegExp(`^${literally(name)}`) }).and(page.locator("[href*='/place/']"));

/** Waits until the list shows one place of this name, in this state. */
export async function expectState(page: Page, name: string, state: keyof typeof words.states): Promise<void> {
  await expect(rows(page, name)).toHaveCount(1);
  await expect(rows(page, name)).toHaveAccessibleName(new RegExp(`\\b${words.states[state]}$`));
}

export async function goTo(page: Page, tab: "places" | "outbox" | "settings"): Promise<void> {
  const bar = page.getByRole("navigation", { name: words.tabs.label });
  await bar.getByRole("link", { name: new RegExp(`^${words.tabs[tab]}`) }).click();
}

/** Opens a place's page by one tap. */
export async function openPlace(page: Page, name: string): Promise<void> {
  await rows(page, name).click();
  await page.waitForURL(/\/place\//, { timeout: 5_000 });
}

export const back = (page: Page): Promise<void> => button(page, words.back).click();

/** What can be typed on a place's page. */
export interface Typed {
  name?: string;
  note?: string;
  category?: string;
}

/** On a place's page: types, and waits until it is durable. */
export async function type(page: Page, typed: Typed): Promise<void> {
  for (const field of ["name", "note", "category"] as const) {
    const text = typed[field];
    if (text !== undefined) await page.getByRole("textbox", { name: words.place[field], exact: true }).fill(text);
  }
  await save(page);
}

/** On a place's page: saves what is typed, and waits until it is durable. What was said of an earlier save has to be gone by then. */
export async function save(page: Page): Promise<void> {
  await expect(said(page, words.place.changed)).toBeHidden();
  await button(page, words.place.save).click();
  await expect(said(page, words.place.changed)).toBeVisible();
}

/** Saves the place where the phone is, and gives it a name. Ends on the list. */
export async function saveNamed(page: Page, name: string): Promise<void> {
  await saveHere(page);
  await openPlace(page, words.unnamed);
  await type(page, { name });
  await back(page);
}

/** Signs in with the password, as the settings offer it; ends on the list. */
export async function signIn(page: Page, network: Network, account: Account): Promise<void> {
  await page.goto(`${network.url}/app/sign-in`);
  await page.getByRole("radio", { name: words.signIn.byPassword }).click();
  await page.getByRole("textbox", { name: words.signIn.email }).fill(account.email);
  await page.getByRole("textbox", { name: words.signIn.password }).fill(account.password);
  await button(page, words.signIn.signIn).click();
  await expect(said(page, words.signIn.done(account.email))).toBeVisible();
}

/** Waits until nothing waits to be sent. */
export async function allSent(page: Page): Promise<void> {
  await expect(page.getByText(words.summary.synced).filter({ visible: true })).toBeVisible({ timeout: 20_000 });
}

/** Signs in, saves places of these names, and waits until the server has them. Ends on the list: a phone in use, before anything happens to it. */
export async function inUse(page: Page, network: Network, account: Account, ...names: string[]): Promise<void> {
  await signIn(page, network, account);
  await page.goto(`${network.url}/app/`);
  // What the account has already is here before anything is counted.
  await allSent(page);
  for (const name of names) await saveNamed(page, name);
  await allSent(page);
}
