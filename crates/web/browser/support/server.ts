// A real server with a PostgreSQL of its own, in a folder of its own.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import pg from "pg";
import { program } from "./paths";
import { run } from "./process";

/** Somebody who can sign in. */
export interface Account {
  email: string;
  password: string;
}

const ANNOUNCED = /Holdfast is at (http:\/\/\S+)/;
const SETUP = /^\s*(http:\/\/\S+\/setup\?code=\S+)$/;

let names = 0;

export class Server {
  private constructor(
    readonly url: string,
    /** Where the first account is made. */
    readonly setupLink: string,
    private readonly data: string,
    private readonly process: ChildProcess,
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  /** Starts one that has no account yet, with these settings besides. */
  static async start(settings: Record<string, string> = {}): Promise<Server> {
    const data = mkdtempSync(join(tmpdir(), "holdfast-browser-"));
    const { DATABASE_URL: _, ...inherited } = process.env;
    const env = {
      ...inherited,
      HOLDFAST_DATA: data,
      LISTEN: "127.0.0.1:0",
      SIGN_IN_LIMIT_PER_MINUTE: "0",
      RATE_LIMIT_PER_MINUTE: "0",
      RUST_LOG: "error",
      ...settings,
    };
    const server = spawn(program("holdfast-server"), ["serve"], { env, stdio: ["ignore", "pipe", "inherit"] });
    // Also where the worker is ended before its tests are.
    process.once("exit", () => server.kill("SIGTERM"));
    const lines = createInterface({ input: server.stdout });
    const [url, link] = await new Promise<[string, string]>((resolve, reject) => {
      let url = "";
      lines.on("line", (line) => {
        url = ANNOUNCED.exec(line)?.[1] ?? url;
        const link = SETUP.exec(line)?.[1];
        if (link) resolve([url, link]);
      });
      server.once("error", reject);
      server.once("exit", (code) => reject(new Error(`the server ended (${code}) before it printed its setup link`)));
    });
    return new Server(url, link, data, server, env);
  }

  /** A new account, made by an administrator beside the running server. */
  async addAccount(name = "ada"): Promise<Account> {
    const account = { email: `${name}-${process.pid}-${++names}@example.org`, password: "correct horse battery" };
    await this.admin(["add-user", "--email", account.email, "--password-stdin"], account.password);
    return account;
  }

  /** What an administrator does beside the running server. */
  async admin(args: string[], input = ""): Promise<string> {
    return run(program("holdfast-server"), ["admin", ...args], { env: this.env, input });
  }

  /** Signs the app in a browser in, as it does itself: with an account's password, or with a code. */
  async signInApp(by: Account | { code: string }, name: string): Promise<void> {
    const device = { name, platform: "web" };
    const reply = await fetch(`${this.url}/v1/${"code" in by ? "pairings" : "sessions"}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "Holdfast-Protocol": "1" },
      body: JSON.stringify({ ...by, device }),
    });
    if (!reply.ok) throw new Error(`${name} was not signed in: ${reply.status} ${await reply.text()}`);
  }

  /**
   * Shares a place, as a restored backup leaves a share: it shows nothing before its owner confirms it. No page and no address
   * of the API gives a share yet.
   */
  async share(path: string, recipient: Account, role: "viewer" | "editor"): Promise<void> {
    const changed = await this.#execute(
      `INSERT INTO place_shares (owner_id, place_id, recipient_id, role, created_at, suspended_at)
       SELECT p.owner_id, p.id, u.id, $3, now(), now() FROM places p, users u WHERE p.id = $1 AND u.email = $2`,
      [path.split("/").at(-1), recipient.email, role],
    );
    if (changed !== 1) throw new Error(`${path} was not shared with ${recipient.email}`);
  }

  /** The device of an account says at its sync that so many changes still wait on it, as with a network that went in between. */
  async leaveWaiting({ email }: Account, count: number): Promise<void> {
    const changed = await this.#execute(
      `UPDATE devices d SET pending = $2 FROM users u
       WHERE u.id = d.user_id AND u.email = $1 AND d.platform = 'cli' AND d.revoked_at IS NULL`,
      [email, count],
    );
    if (changed !== 1) throw new Error(`${email} has ${changed} devices`);
  }

  /** Suspends an account, as whoever runs the server can in its database, or lets it in again. */
  async suspend({ email }: Account, suspended: boolean): Promise<void> {
    const changed = await this.#execute("UPDATE users SET suspended_at = CASE WHEN $2 THEN now() END WHERE email = $1", [email, suspended]);
    if (changed !== 1) throw new Error(`${email} has ${changed} accounts`);
  }

  async #execute(sql: string, values: unknown[]): Promise<number> {
    const postmaster = readFileSync(join(this.data, "postgres/pg/postmaster.pid"), "utf8");
    const database = new pg.Client({ host: postmaster.split("\n")[4] ?? "", user: "postgres", database: "postgres" });
    await database.connect();
    const { rowCount } = await database.query(sql, values);
    await database.end();
    return rowCount ?? 0;
  }

  /** The server is there and says nothing more, as behind a network that has gone. */
  freeze(): void {
    this.process.kill("SIGSTOP");
  }

  /** It goes on. */
  thaw(): void {
    this.process.kill("SIGCONT");
  }

  /** Ends the server in its own order, with its PostgreSQL. */
  async stop(): Promise<void> {
    const { process: server } = this;
    if (server.exitCode === null && server.signalCode === null) {
      const ended = new Promise((resolve) => server.once("exit", resolve));
      server.kill("SIGTERM");
      await ended;
    }
    rmSync(this.data, { recursive: true, force: true });
  }
}
