// Chromium as it is run here, and one that can be killed.

import { type Browser, type BrowserContext, chromium, type LaunchOptions } from "@playwright/test";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as later } from "node:timers/promises";

/** Nothing but our own server: the browser's own services stay quiet, and no other name resolves. */
const QUIET = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--no-default-browser-check",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];

const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

export const launch: LaunchOptions = { executablePath, args: QUIET };

/** A profile on disk, with a browser over it that can be killed and started again. */
export class Profile {
  readonly folder = mkdtempSync(join(tmpdir(), "holdfast-profile-"));
  #process: ChildProcess | undefined;
  #browser: Browser | undefined;

  /** Settings of a person, as the browser keeps them; before it is started for the first time. */
  prefer(preferences: object): void {
    mkdirSync(join(this.folder, "Default"), { recursive: true });
    writeFileSync(join(this.folder, "Default/Preferences"), JSON.stringify(preferences));
  }

  /** Starts the browser; its windows share one storage. */
  async start(): Promise<BrowserContext> {
    const announced = join(this.folder, "DevToolsActivePort");
    rmSync(announced, { force: true });
    const args = [...QUIET, "--headless", "--no-sandbox", "--remote-debugging-port=0", `--user-data-dir=${this.folder}`];
    // A process group of its own, so that all of it can be killed at one instant.
    this.#process = spawn(executablePath, [...args, "about:blank"], { stdio: "ignore", detached: true });
    while (!existsSync(announced) || !readFileSync(announced, "utf8").includes("\n")) await later(20);
    const port = readFileSync(announced, "utf8").split("\n")[0];
    this.#browser = await chromium.connectOverCDP(`http://127.0.0.1:${port}`);
    const context = this.#browser.contexts()[0];
    if (!context) throw new Error("the browser has no context");
    return context;
  }

  /** Kills every process of the browser at once, as a power cut would. */
  async kill(): Promise<void> {
    const browser = this.#process;
    if (browser?.pid === undefined) return;
    const ended = new Promise((resolve) => browser.once("exit", resolve));
    process.kill(-browser.pid, "SIGKILL");
    await ended;
    this.#process = undefined;
    await this.#browser?.close().catch(() => {});
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
