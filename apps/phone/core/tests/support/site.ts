// The origin on which the app and its server stand: a page with the core, the files that were built, and the API of a real
// server behind it, to which bad things can be made to happen.

import { existsSync, readFileSync } from "node:fs";
import { type IncomingMessage, type ServerResponse, createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { root } from "../../../../../crates/web/browser/support/paths";

const DIST = join(root, "apps/phone/core/dist");
const TYPES: Record<string, string> = { ".js": "text/javascript", ".wasm": "application/wasm", ".html": "text/html" };

const manifest = () => JSON.parse(readFileSync(join(DIST, "manifest.json"), "utf8")) as { files: { worker: string } };

const page = (worker: string, patience: string | null) => `<!doctype html><meta charset="utf-8"><title>Core</title>
<script type="module">
  import * as lib from "/core/core.js";
  window.lib = lib;
  window.changes = [];
  window.core = lib.openCore({ base: "/core/", worker: ${JSON.stringify(worker)}, patience: ${patience ?? "undefined"} });
  core.subscribe(({ what }) => changes.push(what));
</script>`;

export class Site {
  /** What the network does with requests to the server. */
  network: "up" | "down" = "up";
  /** Requests to the server so far, as `METHOD path`. */
  readonly seen: string[] = [];
  #loseReplies: string | undefined;
  #refusal: { path: string; status: number; code: string } | undefined;
  /** Scripts that stand before the worker's own, by name. */
  readonly #workers = new Map<string, string>();

  private constructor(
    private readonly server: string,
    private readonly http = createServer((request, response) => this.#answer(request, response)),
  ) {}

  static async start(server: string): Promise<Site> {
    const site = new Site(server);
    await new Promise<void>((resolve) => site.http.listen(0, "127.0.0.1", resolve));
    return site;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.http.address() as AddressInfo).port}`;
  }

  /** The address of a page whose worker begins with this script. */
  withWorker(name: string, script: string): string {
    this.#workers.set(`/workers/${name}-first.js`, script);
    // Imported, not awaited: a worker that waits while it begins loses what it is told meanwhile.
    this.#workers.set(`/workers/${name}.js`, `import "/workers/${name}-first.js";\nimport "/core/${manifest().files.worker}";`);
    return `${this.url}/?worker=/workers/${name}.js`;
  }

  /** From now on, the server does what is asked on this path, and its replies get lost; `undefined`: no more. */
  loseReplies(path: string | undefined): void {
    this.#loseReplies = path;
  }

  /** From now on, what is asked on this path is refused, in the words of the contract, as the server would; `undefined`: no more. */
  refuse(refusal: { path: string; status: number; code: string } | undefined): void {
    this.#refusal = refusal;
  }

  /** How often this was asked, as `METHOD path`. */
  count(request: string): number {
    return this.seen.filter((each) => each === request).length;
  }

  /** Breaks every connection that is open, such as the live stream. */
  breakConnections(): void {
    this.http.closeAllConnections();
  }

  async stop(): Promise<void> {
    this.http.closeAllConnections();
    await new Promise((resolve) => this.http.close(resolve));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? "/", this.url);
    if (url.pathname.startsWith("/v1/")) return this.#carry(request, response, url.pathname);
    const script = this.#workers.get(url.pathname);
    const file = join(DIST, url.pathname.replace(/^\/core\//, ""));
    if (url.pathname === "/") {
      const worker = url.searchParams.get("worker") ?? `/core/${manifest().files.worker}`;
      response.setHeader("content-type", "text/html").end(page(worker, url.searchParams.get("patience")));
    } else if (script !== undefined) {
      response.setHeader("content-type", "text/javascript").end(script);
    } else if (url.pathname.startsWith("/core/") && existsSync(file)) {
      const type = TYPES[/\.\w+$/.exec(file)?.[0] ?? ""] ?? "application/octet-stream";
      response.setHeader("content-type", type).end(readFileSync(file));
    } else {
      response.writeHead(404).end();
    }
  }

  #carry(request: IncomingMessage, response: ServerResponse, path: string): void {
    if (this.network === "down") return void request.socket.destroy();
    this.seen.push(`${request.method} ${path}`);
    if (path === this.#refusal?.path) {
      const { status, code } = this.#refusal;
      const problem = { type: `urn:holdfast:problem:${code}`, title: code, status, code, detail: "Said by the site of a test." };
      response.writeHead(status, { "content-type": "application/problem+json", "holdfast-protocol": "1" }).end(JSON.stringify(problem));
      return;
    }
    const { host: _, connection: __, ...headers } = request.headers;
    const target = new URL(request.url ?? "/", this.server);
    const onward = httpRequest(target, { method: request.method, headers }, (reply) => {
      if (this.#loseReplies !== undefined && path.startsWith(this.#loseReplies)) {
        reply.resume().once("end", () => request.socket.destroy());
        return;
      }
      response.writeHead(reply.statusCode ?? 502, reply.headers);
      response.flushHeaders();
      reply.pipe(response);
    });
    onward.once("error", () => request.socket.destroy());
    response.once("close", () => onward.destroy());
    request.pipe(onward);
  }
}
