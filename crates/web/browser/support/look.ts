// Looks at a page in every form it takes: a picture for people, and what a machine can say about its accessibility.

import { AxeBuilder } from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";
import { target } from "./paths";
import { settled } from "./traffic";

const PHONE = { width: 390, height: 844 };
const DESKTOP = { width: 1280, height: 800 };
/** What a page must still fit, by WCAG's rule of reflow. */
const SMALLEST = { width: 320, height: 640 };
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"];

/** What depends on colours, and is looked at again in the dark. */
const RULES_OF_COLOUR = ["color-contrast", "link-in-text-block"];

/** Violations in one line each: what is wrong, and where. */
export async function violations(page: Page, isDark: boolean): Promise<string[]> {
  // No page here has frames, for which another page would be opened each time.
  const axe = new AxeBuilder({ page }).setLegacyMode(true);
  const { violations } = await (isDark ? axe.withRules(RULES_OF_COLOUR) : axe.withTags(RULES)).analyze();
  return violations.flatMap(({ id, help, nodes }) => nodes.map(({ target, any }) => `${id}: ${help} at ${target.join(" ")} ${any[0]?.message ?? ""}`));
}

/** What reaches out of the page to the right. */
export function sticksOut(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return [];
    const wide = [...document.querySelectorAll("body *")].filter((element) => element.getBoundingClientRect().right > clientWidth + 1);
    return [`${scrollWidth} px in a page of ${clientWidth}`, ...wide.slice(0, 5).map((element) => element.outerHTML.slice(0, 120))];
  });
}

export interface Look {
  /** Only what fits the window, not the whole length of the page. */
  window?: boolean;
  /** On a phone only. */
  only?: "phone";
}

/** Takes the pictures and checks the page in all four forms; then at 320 px, and with text of double size on a desktop and
 * at 320 px. */
export async function look(page: Page, name: string, { window = false, only }: Look = {}): Promise<void> {
  const found: string[] = [];
  const picture = (form: string) => page.screenshot({ path: target(`screenshots/${name}-${form}.png`), fullPage: !window });
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    for (const [form, size] of Object.entries({ phone: PHONE, desktop: DESKTOP })) {
      if (only && form !== only) continue;
      await page.setViewportSize(size);
      await settled(page);
      await picture(`${form}-${colorScheme}`);
      const wrong = [...(await violations(page, colorScheme === "dark")), ...(await sticksOut(page))];
      found.push(...wrong.map((line) => `${form}, ${colorScheme}: ${line}`));
    }
  }
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize(SMALLEST);
  await settled(page);
  found.push(...(await sticksOut(page)).map((line) => `320 px: ${line}`));
  await page.setViewportSize(DESKTOP);
  if (!only) {
    const session = await page.context().newCDPSession(page);
    // As in the browser's settings.
    const letters = (times: number) => session.send("Page.setFontSizes", { fontSizes: { standard: 16 * times, fixed: 13 * times } });
    await letters(2);
    await settled(page);
    found.push(...(await sticksOut(page)).map((line) => `text of 200 %: ${line}`));
    await page.screenshot({ path: target(`screenshots/${name}-large-text.png`) });
    await page.setViewportSize(SMALLEST);
    await settled(page);
    found.push(...(await sticksOut(page)).map((line) => `text of 200 % at 320 px: ${line}`));
    await page.screenshot({ path: target(`screenshots/${name}-large-text-small.png`) });
    await page.setViewportSize(DESKTOP);
    await letters(1);
    await session.detach();
  }
  expect.soft(found, name).toEqual([]);
}
