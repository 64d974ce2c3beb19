// The core says that its database was damaged and rescued. That it does is tested where the core is (core/tests/storage.spec.ts).

import type { ToPage } from "../../core/browser/messages";
import type { BrowserContext } from "./all";

/** From the next page on. */
export function sayRescued(context: BrowserContext): Promise<unknown> {
  return context.addInitScript(() => {
    const recovery = { at: "2026-11-03T14:02:00Z", setAside: "anonymous.db", places: 12, operations: 1, unreadable: [] };
    const rescued = (message: ToPage) => {
      if (message.type === "result" && "answer" in message && "status" in message.answer) message.answer.status.recovery = recovery;
    };
    const Native = Worker;
    // Before whoever made it hears of anything.
    window.Worker = class extends Native {
      constructor(url: string | URL, options?: WorkerOptions) {
        super(url, options);
        this.addEventListener("message", ({ data }: MessageEvent<ToPage>) => rescued(data));
      }
    };
  });
}
