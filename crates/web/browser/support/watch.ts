// Watches everything a browser says, and fails the test on what nobody expected: an error on the console (a violation of the
// content security policy is one), an exception, a dialog, a request to another server, an answer of 400 or more.

import type { BrowserContext } from "@playwright/test";
import { followTraffic } from "./traffic";

/** Chromium's own line for an answer of 400 or more, which is looked at as an answer. */
const ANSWERED = /^Failed to load resource: the server responded with a status of/;
/** And for none at all. */
const UNANSWERED = /^Failed to load resource: net::/;

/** Why a request fails without a network. */
const OFFLINE = "net::ERR_INTERNET_DISCONNECTED";

export class Watch {
  readonly problems: string[] = [];
  readonly #expected = new Map<number, number>();
  #leaving = false;
  #failures = false;
  #offline = false;

  readonly #origins: Set<string>;
  readonly #refused = new Map<string, number>();

  constructor(origin: string) {
    this.#origins = new Set([origin]);
  }

  /** A further server of ours. */
  allowServer(origin: string): void {
    this.#origins.add(origin);
  }

  /** A server that a page wants something of and that the browser must not ask; it has to want it at least once. */
  expectRefused(origin: string): void {
    this.#refused.set(origin, 0);
  }

  /** Whether this is about a server that must not be asked. */
  #isRefusal(text: string): boolean {
    const origin = [...this.#refused.keys()].find((origin) => text.includes(origin));
    if (origin !== undefined) this.#refused.set(origin, (this.#refused.get(origin) ?? 0) + 1);
    return origin !== undefined;
  }

  /** From now on, answers with this status are part of what is tested; one at least must come. */
  expect(status: number): void {
    this.#expected.set(status, this.#expected.get(status) ?? 0);
  }

  /** From now on the network may be away, and requests fail for it. */
  allowOffline(): void {
    this.#offline = true;
  }

  /** From now on, leaving an edited form may ask whether that is meant. */
  allowLeaving(): void {
    this.#leaving = true;
  }

  /** From now on, requests may fail: that the network does is part of what is tested. */
  allowFailures(): void {
    this.#failures = true;
  }

  /** Listens to a context and all its pages. */
  follow(context: BrowserContext): void {
    followTraffic(context);
    context.on("console", (message) => {
      if (message.type() !== "error" && message.type() !== "warning") return;
      const text = message.text();
      // Drawing without a graphics card is slow, and Chromium says so.
      if (this.#isRefusal(text)) return;
      if (this.#offline && text.includes(OFFLINE)) return;
      if (ANSWERED.test(text) || text.includes("GPU stall due to ReadPixels")) return;
      if (this.#failures && UNANSWERED.test(text)) return;
      this.problems.push(`console ${message.type()}: ${text} (${message.location().url})`);
    });
    context.on("weberror", (error) => this.problems.push(`exception: ${error.error().stack || error.error().message || JSON.stringify(error.error())} ${error.error().name}`));
    context.on("dialog", (dialog) => {
      if (dialog.type() !== "beforeunload" || !this.#leaving) this.problems.push(`dialog: ${dialog.type()} ${dialog.message()}`);
      // The page may be gone by now.
      dialog.accept().catch(() => undefined);
    });
    context.on("request", (request) => {
      const url = new URL(request.url());
      if (this.#refused.has(url.origin)) return;
      if (!["data:", "blob:"].includes(url.protocol) && !this.#origins.has(url.origin)) {
        this.problems.push(`request to another server: ${request.url()}`);
      }
    });
    context.on("requestfailed", (request) => {
      const why = request.failure()?.errorText ?? "";
      // A page that is left ends its requests.
      if (this.#isRefusal(request.url())) return;
      if (this.#offline && why === OFFLINE) return;
      if (why !== "net::ERR_ABORTED" && !this.#failures) this.problems.push(`request failed: ${request.url()} ${why}`);
    });
    context.on("response", (response) => {
      const status = response.status();
      if (status < 400) return;
      const seen = this.#expected.get(status);
      if (seen === undefined) this.problems.push(`unexpected ${status}: ${response.request().method()} ${response.url()}`);
      else this.#expected.set(status, seen + 1);
    });
  }

  /** Everything that was not as expected. */
  verdict(): string[] {
    const missing = [...this.#expected].filter(([, seen]) => seen === 0).map(([status]) => `no answer had the status ${status}`);
    const asked = [...this.#refused].filter(([, seen]) => seen === 0).map(([origin]) => `nothing was wanted of ${origin}`);
    return [...this.problems, ...missing, ...asked];
  }
}
