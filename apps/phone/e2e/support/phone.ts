// A phone: a browser with a profile of its own that can be killed and opened again, as a person's phone kills an app.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrowserContext, BrowserType, LaunchOptions, Page } from "./all";

export const PHONE = { width: 390, height: 844 };

/** Where the phone is, and how exactly it knows. */
export interface Fix {
  latitude: number;
  longitude: number;
  /** Metres. */
  accuracy: number;
}

/** In the old town of Winterthur, as a phone knows it under the open sky. */
export const HERE: Fix = { latitude: 47.49992, longitude: 8.72895, accuracy: 8 };

/** What the browsers of a phone have in common. */
export const CONTEXT = {
  viewport: PHONE,
  hasTouch: true,
  locale: "en-GB",
  timezoneId: "Europe/Zurich",
};

/** What a person may allow, or not. `durableStorage`: to keep data for good, as for an app that is on the home screen. */
export type Permission = "geolocation" | "durableStorage" | "clipboardReadWrite" | "clipboardSanitizedWrite";

/** What a phone that is used every day has allowed. */
export const USUAL: readonly Permission[] = ["geolocation", "durableStorage"];

/** Allows exactly these, until the browser is closed or this is called again. */
export async function permit(page: Page, permissions: readonly Permission[]): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const { browserContextId } = (await session.send("Target.getTargetInfo")).targetInfo;
  await session.detach();
  // Whoever allows it must stay: what a session has allowed ends with it.
  const browser = await page.context().browser()?.newBrowserCDPSession();
  if (!browser) throw new Error("a phone is a browser");
  await browser.send("Browser.grantPermissions", { permissions: [...permissions], ...(browserContextId && { browserContextId }) });
}

/** The position never comes, and no error either. */
export function neverAnswer(context: BrowserContext): Promise<unknown> {
  return context.addInitScript(() => {
    navigator.geolocation.getCurrentPosition = () => {};
    navigator.geolocation.watchPosition = () => 1;
  });
}

/** The person has said nothing so far, and says no when they are asked. */
export function refuseWhenAsked(context: BrowserContext): Promise<unknown> {
  return context.addInitScript(() => {
    const query = navigator.permissions.query.bind(navigator.permissions);
    navigator.permissions.query = async (asked) => (asked.name === "geolocation" ? Object.assign(new EventTarget(), { state: "prompt" }) : query(asked)) as PermissionStatus;
    const refuse = (_: PositionCallback, failed?: PositionErrorCallback | null) => setTimeout(() => failed?.({ code: 1, message: "" } as GeolocationPositionError));
    navigator.geolocation.getCurrentPosition = (heard, failed) => void refuse(heard, failed);
    navigator.geolocation.watchPosition = (heard, failed) => (refuse(heard, failed), 1);
  });
}

/** A browser whose data outlive it. */
export class Profile {
  readonly #folder = mkdtempSync(join(tmpdir(), "holdfast-phone-"));
  #context: BrowserContext | undefined;

  constructor(
    private readonly chromium: BrowserType,
    private readonly launchOptions: LaunchOptions,
    private readonly follow: (context: BrowserContext) => void,
  ) {}

  /** Starts the browser, with the data it has. */
  async start(fix: Fix = HERE): Promise<Page> {
    const options = { ...this.launchOptions, ...CONTEXT, geolocation: fix };
    this.#context = await this.chromium.launchPersistentContext(this.#folder, options);
    this.follow(this.#context);
    return this.#context.pages()[0] ?? this.#context.newPage();
  }

  /** SIGKILL: nothing in the browser can do anything about it. */
  async kill(): Promise<void> {
    const context = this.#context;
    if (!context) return;
    const closed = new Promise((resolve) => context.once("close", resolve));
    for (const pid of this.#processes()) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // A child that went with its parent.
      }
    }
    await closed;
    this.#context = undefined;
    // The profile is locked by the dead one until its last process is gone.
    const patience = Date.now() + 10_000;
    while (this.#processes().length > 0 && Date.now() < patience) await new Promise((resolve) => setImmediate(resolve));
  }

  /** Of the processes of the browser, those that name its profile: the first, which starts and stores, is among them. */
  #processes(): number[] {
    const all = execFileSync("ps", ["-axww", "-o", "pid=,stat=,args="], { encoding: "utf8" }).split("\n");
    const ours = all.filter((line) => line.includes(`--user-data-dir=${this.#folder}`) && !/^\s*\d+\s+Z/.test(line));
    return ours.map((line) => Number.parseInt(line, 10));
  }

  async remove(): Promise<void> {
    await this.#context?.close();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
