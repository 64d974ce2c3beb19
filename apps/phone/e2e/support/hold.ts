// The core takes its time: what a page asks of it waits until a test lets it through.

import type { ToWorker } from "../../core/browser/messages";
import type { BrowserContext, Page } from "./all";

interface Held extends Window {
  letThrough?: () => void;
}

/** From the next page on, these calls wait while `hold` is on. */
export function holdable(context: BrowserContext, call: string): Promise<unknown> {
  return context.addInitScript((call) => {
    const post = Worker.prototype.postMessage;
    const waiting: (() => void)[] = [];
    (window as Held).letThrough = () => waiting.splice(0).forEach((go) => go());
    Worker.prototype.postMessage = function (this: Worker, message: ToWorker, ...rest: unknown[]) {
      const go = () => Reflect.apply(post, this, [message, ...rest]) as void;
      if (message.type === "call" && message.asked.call.call === call && sessionStorage.getItem("hold")) waiting.push(go);
      else go();
    } as typeof post;
  }, call);
}

export const hold = (page: Page): Promise<void> => page.evaluate(() => sessionStorage.setItem("hold", "on"));

/** Lets through what waits, and what comes. */
export const letThrough = (page: Page): Promise<void> =>
  page.evaluate(() => {
    sessionStorage.removeItem("hold");
    (window as Held).letThrough?.();
  });
