// Looks at a screen in every form it takes: pictures for people, and what a machine can say about its accessibility.

import { expect, type Page, settled, sticksOut, target, violations } from "./all";
import { PHONE } from "./phone";

const DESKTOP = { width: 1280, height: 800 };
/** The smallest that WCAG's reflow asks for, which is also the smallest phone. */
const SMALL = { width: 320, height: 640 };

/** Takes the pictures of a screen, light and dark, and collects what is wrong with it. */
export async function look(page: Page, name: string, { desktop = false } = {}): Promise<void> {
  const found: string[] = [];
  const picture = (form: string) => page.screenshot({ path: target(`screenshots/phone/${name}-${form}.png`) });
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await settled(page);
    await picture(colorScheme);
    found.push(...(await violations(page, colorScheme === "dark")).map((line) => `${colorScheme}: ${line}`));
  }
  await page.emulateMedia({ colorScheme: "light" });
  found.push(...(await sticksOut(page)));
  await page.setViewportSize(SMALL);
  await settled(page);
  found.push(...(await sticksOut(page)).map((line) => `${SMALL.width} px: ${line}`));
  if (desktop) {
    await page.setViewportSize(DESKTOP);
    await settled(page);
    await picture("desktop");
  }
  await page.setViewportSize(PHONE);
  expect.soft(found, name).toEqual([]);
}
