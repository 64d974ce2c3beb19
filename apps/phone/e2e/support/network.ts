// The network between the phone and the server: a proxy that can be slow, cut a request in two, lose a reply that the server has
// given, be off, or hand out something else than the server does.

import { createServer, type IncomingMessage, request as ask, type Server as HttpServer, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** A request that came by. */
export interface Seen {
  method: string;
  path: string;
  /** What the server answered; `undefined` where it was not asked, or has not answered. */
  status?: number;
  /** Whether the phone never heard of the answer. */
  lost: boolean;
}

/** What goes wrong with the next requests of a kind. */
interface Trouble {
  kind: "reply lost" | "cut";
  matches: RegExp;
  times: number;
}

/** Changes what the server hands out. */
type Rewrite = (body: Buffer) => Buffer | string;

/** Goes to the next hop only. */
const HOP_BY_HOP = new Set(["connection", "keep-alive", "transfer-encoding", "content-length"]);

export class Network {
  readonly seen: Seen[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #troubles: Trouble[] = [];
  readonly #own = new Map<string, { type: string; body: string }>();
  readonly #refusals: { path: RegExp; status: number; code: string }[] = [];
  readonly #rewrites: { path: RegExp; rewrite: Rewrite }[] = [];
  #isOff = false;
  #bytesPerSecond = Number.POSITIVE_INFINITY;

  private constructor(
    private readonly http: HttpServer,
    private readonly server: URL,
  ) {
    http.on("connection", (socket) => {
      if (this.#isOff) return socket.resetAndDestroy();
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
      socket.on("error", () => {});
    });
    http.on("request", (incoming, outgoing) => {
      // Whichever side goes away: the other one is told by a closed connection.
      this.#pass(incoming, outgoing).catch(() => outgoing.destroy());
    });
  }

  /** A working network in front of a server. */
  static async inFrontOf(url: string): Promise<Network> {
    const http = createServer();
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    return new Network(http, new URL(url));
  }

  /** Where the phone finds the server. */
  get url(): string {
    return `http://127.0.0.1:${(this.http.address() as AddressInfo).port}`;
  }

  /** No connection comes about, and those that are there break. */
  off(): void {
    this.#isOff = true;
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  on(): void {
    this.#isOff = false;
  }

  /** Passes so many bytes a second, in each direction of each request. */
  slow(bytesPerSecond: number): void {
    this.#bytesPerSecond = bytesPerSecond;
  }

  fast(): void {
    this.#bytesPerSecond = Number.POSITIVE_INFINITY;
  }

  /** The server answers the next requests to such a path, and has done what they asked; the phone never hears of it. */
  loseReply(path: RegExp, times = 1): void {
    this.#troubles.push({ kind: "reply lost", matches: path, times });
  }

  /**
   * The connection breaks in the middle of the next requests to such a path: the server has half of their body; or, where they
   * have none, the phone half of the answer.
   */
  cut(path: RegExp, times = 1): void {
    this.#troubles.push({ kind: "cut", matches: path, times });
  }

  /** Hands out other bytes than the server under such a path. */
  rewrite(path: RegExp, rewrite: Rewrite): void {
    this.#rewrites.push({ path, rewrite });
  }

  /** From now on refuses every request to such a path, in the words of the contract, as the server would. */
  refuse(path: RegExp, status: number, code: string): void {
    this.#refusals.push({ path, status, code });
  }

  /** Answers by itself under this path, which the server doesn't have. */
  serve(path: string, type: string, body: string): void {
    this.#own.set(path, { type, body });
  }

  /** The requests to such a path. */
  to(path: RegExp): Seen[] {
    return this.seen.filter((seen) => path.test(seen.path));
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.http.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const seen: Seen = { method: incoming.method ?? "", path: incoming.url ?? "", lost: false };
    this.seen.push(seen);
    const own = this.#own.get(seen.path);
    if (own) {
      outgoing.writeHead(200, { "Content-Type": own.type }).end(own.body);
      return;
    }
    const refusal = this.#refusals.find(({ path }) => path.test(seen.path));
    if (refusal) {
      const { status, code } = refusal;
      seen.status = status;
      const problem = { type: `https://holdfast.example/problems/${code}`, title: code, status, code, detail: "Said by the network of a test." };
      outgoing.writeHead(status, { "Content-Type": "application/problem+json", "Holdfast-Protocol": "1" }).end(JSON.stringify(problem));
      return;
    }
    const trouble = this.#troubles.find(({ matches, times }) => times > 0 && matches.test(seen.path));
    if (trouble) trouble.times -= 1;
    const rewrite = this.#rewrites.find(({ path }) => path.test(seen.path))?.rewrite;

    const { hostname, port } = this.server;
    const headers = { ...incoming.headers };
    // What is rewritten must be readable, and whole.
    if (rewrite) for (const name of ["accept-encoding", "if-none-match"]) delete headers[name];
    const upstream = ask({ hostname, port, path: seen.path, method: seen.method, headers, agent: false });
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      upstream.once("response", resolve);
      upstream.once("error", reject);
    });
    // Awaited below; it may fail earlier.
    answered.catch(() => {});
    outgoing.once("close", () => upstream.destroy());

    const hasBody = incoming.headers["content-length"] !== undefined || incoming.headers["transfer-encoding"] !== undefined;
    if (trouble?.kind === "cut" && hasBody) {
      const body = await whole(incoming);
      await new Promise((resolve) => upstream.write(body.subarray(0, body.length / 2), resolve));
      seen.lost = true;
      upstream.destroy();
      outgoing.destroy();
      return;
    }
    for await (const chunk of incoming) await this.#send(upstream, chunk as Buffer);
    upstream.end();
    const answer = await answered;
    seen.status = answer.statusCode ?? 0;
    if (trouble?.kind === "reply lost") {
      await whole(answer);
      seen.lost = true;
      outgoing.destroy();
      return;
    }
    const kept = Object.entries(answer.headers).filter(([name]) => !HOP_BY_HOP.has(name) && !(rewrite && name === "etag"));
    outgoing.writeHead(seen.status, Object.fromEntries(kept));
    outgoing.flushHeaders();
    if (trouble) {
      const body = await whole(answer);
      await new Promise((resolve) => outgoing.write(body.subarray(0, body.length / 2), resolve));
      seen.lost = true;
      outgoing.destroy();
      return;
    }
    if (rewrite) outgoing.end(rewrite(await whole(answer)));
    else {
      for await (const chunk of answer) await this.#send(outgoing, chunk as Buffer);
      outgoing.end();
    }
  }

  async #send(to: NodeJS.WritableStream, chunk: Buffer): Promise<void> {
    const perTick = Math.ceil(this.#bytesPerSecond / TICKS);
    for (let from = 0; from < chunk.length; from += perTick) {
      if (!to.writable) throw new Error("nobody listens any more");
      to.write(chunk.subarray(from, from + perTick));
      if (Number.isFinite(perTick)) await new Promise((resolve) => setTimeout(resolve, 1000 / TICKS));
    }
  }
}

/** How often in a second a slow network passes something. */
const TICKS = 20;

async function whole(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
