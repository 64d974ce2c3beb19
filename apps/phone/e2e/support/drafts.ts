// What is typed on a place's page, and kept beside the core until it is saved.

import type { Locator, Page } from "./all";
import { words } from "./app";

export const field = (page: Page, name: "name" | "note" | "tags"): Locator => page.getByRole("textbox", { name: words.place[name], exact: true });

/** How many drafts the browser has stored. */
export const kept = async (page: Page): Promise<number> => (await keptKeys(page)).length;

/** By what its window is known among those that type. */
export const windowOf = (page: Page): Promise<string | null> => page.evaluate(() => sessionStorage.getItem("holdfast-window"));

/** Under which they are stored. */
export const keptKeys = (page: Page): Promise<string[]> =>
  page.evaluate(
    () =>
      new Promise<string[]>((resolve) => {
        const request = indexedDB.open("holdfast-drafts", 1);
        request.onupgradeneeded = () => request.transaction?.abort();
        request.onerror = () => resolve([]);
        request.onsuccess = () => {
          const keys = request.result.transaction("drafts").objectStore("drafts").getAllKeys();
          keys.onsuccess = () => {
            request.result.close();
            resolve(keys.result.map(String));
          };
        };
      }),
  );
