// A real device: the command line, with a home folder of its own.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { program } from "./paths";
import { run } from "./process";
import type { Account, Server } from "./server";

export class Device {
  readonly #home = mkdtempSync(join(tmpdir(), "holdfast-device-"));

  /** Runs `holdfast` with these arguments and returns what it printed. */
  async holdfast(args: string[], codes = [0]): Promise<string> {
    return run(program("holdfast"), ["--home", this.#home, "--color", "never", ...args], { codes });
  }

  /** Pairs with the address and password of an account. */
  async signIn(server: Pick<Server, "url">, account: Account, name = "phone"): Promise<void> {
    const args = ["pair", server.url, "--email", account.email, "--password-stdin", "--device-name", name];
    await run(program("holdfast"), ["--home", this.#home, ...args], { input: `${account.password}\n` });
  }

  /** Sends what waits and fetches what is new. */
  async sync(): Promise<void> {
    await this.holdfast(["sync"]);
  }

  remove(): void {
    rmSync(this.#home, { recursive: true, force: true });
  }
}
