// A real server of one test alone, which can be put back to a backup, and answers under the same address afterwards.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { program } from "../../../../crates/web/browser/support/paths";
import { run } from "../../../../crates/web/browser/support/process";
import type { Account } from "./all";

const ANNOUNCED = /Holdfast is at (http:\/\/\S+)/;

export class Restorable {
  readonly account: Account = { email: "ada@example.org", password: "correct horse battery" };
  readonly #folder = mkdtempSync(join(tmpdir(), "holdfast-restorable-"));
  readonly #backup = join(this.#folder, "holdfast.backup");
  #process: ChildProcess | undefined;
  #url: URL | undefined;

  /** Starts one with an account. */
  static async start(): Promise<Restorable> {
    const server = new Restorable();
    await server.#serve();
    const { email, password } = server.account;
    await server.#run(["admin", "add-user", "--email", email, "--password-stdin"], password);
    return server;
  }

  get url(): string {
    return this.#url?.origin ?? "";
  }

  async backup(): Promise<void> {
    await this.#run(["backup", this.#backup]);
  }

  /** Everything since the backup is lost. */
  async restore(): Promise<void> {
    await this.#end();
    await this.#run(["restore", this.#backup]);
    await this.#serve();
  }

  async remove(): Promise<void> {
    await this.#end();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #run(args: string[], input = ""): Promise<string> {
    return run(program("holdfast-server"), args, { env: this.#env(), input });
  }

  #env(): NodeJS.ProcessEnv {
    const { DATABASE_URL: _, ...inherited } = process.env;
    const limits = { SIGN_IN_LIMIT_PER_MINUTE: "0", RATE_LIMIT_PER_MINUTE: "0" };
    return { ...inherited, ...limits, HOLDFAST_DATA: join(this.#folder, "data"), LISTEN: this.#url?.host ?? "127.0.0.1:0", RUST_LOG: "error" };
  }

  async #serve(): Promise<void> {
    const server = spawn(program("holdfast-server"), ["serve"], { env: this.#env(), stdio: ["ignore", "pipe", "inherit"] });
    process.once("exit", () => server.kill("SIGTERM"));
    this.#process = server;
    const lines = createInterface({ input: server.stdout });
    this.#url = await new Promise<URL>((resolve, reject) => {
      lines.on("line", (line) => {
        const url = ANNOUNCED.exec(line)?.[1];
        if (url) resolve(new URL(url));
      });
      server.once("error", reject);
      server.once("exit", (code) => reject(new Error(`the server ended (${code}) before it said where it is`)));
    });
  }

  async #end(): Promise<void> {
    const server = this.#process;
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    const ended = new Promise((resolve) => server.once("exit", resolve));
    server.kill("SIGTERM");
    await ended;
  }
}
