// What is typed on a place's page, and kept beside the core until it is saved.

import type { Locator, Page } from "./all";
import { words } from "./app";

export const field = (page: Page, name: "name" | "note" | "tags"): Locator => page.getByRole("textbox", { name: words.place[name], exact: true });

/** How many drafts the browser has stored. */
export const kept = (page: Page): Promise<number> =>
  page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        const request = indexedDB.open("holdfast-drafts", 1);
        request.onupgradeneeded = () => request.transaction?.abort();
        request.onerror = () => resolve(0);
        request.onsuccess = () => {
          const count = request.result.transaction("drafts").objectStore("drafts").count();
          count.onsuccess = () => {
            request.result.close();
            resolve(count.result);
          };
        };
      }),
  );
