// Looks at a screen in every form it takes: pictures for people, and what a machine can say about its accessibility.

import { expect, type Page, settled, sticksOut, target, violations } from "./all";
import { PHONE } from "./phone";

const DESKTOP = { width: 1280, height: 800 };
/** The smallest that WCAG's reflow asks for, which is also the smallest phone. */
const SMALL = { width: 320, height: 640 };

/** What is pressed, but can't be read whole: its words are cut off. */
const clipped = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const pressed = [...document.querySelectorAll<HTMLElement>("[role=button], [role=radio], [role=navigation] a")];
    const visible = pressed.filter((element) => element.checkVisibility() && element.getBoundingClientRect().width > 1);
    const parts = visible.flatMap((element) => [element, ...element.querySelectorAll<HTMLElement>("*")]);
    const outside = visible.filter((element) => element.getBoundingClientRect().right > document.documentElement.clientWidth + 1 || element.getBoundingClientRect().left < -1);
    const cut = parts.filter(
      (part) =>
        part.clientWidth > 1 && getComputedStyle(part).overflow !== "visible" && (part.scrollWidth > part.clientWidth + 1 || part.scrollHeight > part.clientHeight + 1),
    );
    return [...outside, ...cut].slice(0, 5).map((part) => `cut off: ${part.textContent}`);
  });

/** Takes the pictures of a screen, light, dark and in large letters, and collects what is wrong with it. */
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
  // As in the settings of the browser, or of the phone. The window is told by its size.
  const session = await page.context().newCDPSession(page);
  const letters = (times: number) => session.send("Page.setFontSizes", { fontSizes: { standard: 16 * times, fixed: 13 * times } });
  await letters(2);
  for (const size of [SMALL, PHONE]) {
    await page.setViewportSize(size);
    await settled(page);
    found.push(...[...(await sticksOut(page)), ...(await clipped(page))].map((line) => `${size.width} px, text of 200 %: ${line}`));
  }
  await picture("large");
  await letters(1);
  await session.detach();
  if (desktop) {
    await page.setViewportSize(DESKTOP);
    await settled(page);
    await picture("desktop");
  }
  await page.setViewportSize(PHONE);
  expect.soft(found, name).toEqual([]);
}
