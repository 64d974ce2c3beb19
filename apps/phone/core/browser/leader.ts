// The worker that has the databases open: carries out every window's calls.

import { type Call, type CallNamed, type Change, CoreError, type Failure, type FailureCode, type SignedOut, type Synced, failure } from "../src/core";
import init, { type Core as Wasm, openCore } from "../wasm/holdfast_wasm";
import { Engine } from "./engine";
import { send } from "./http";
import { type Answer, FOLDER, type Result } from "./messages";
import { type Server, parsePairingLink, parseServer } from "./server";
import { facts, isFull } from "./storage";

/** How long the files of a leader that has just ended may still be in use. */
const HANDOVER = 10_000;
/** How long the server is given to hear of a sign-out. */
const FAREWELL = 10_000;

/** Failures that may be over when the next call comes. */
const PASSING = new Set(["busy", "storage_full", "storage_inaccessible"]);

/** What carries out every window's calls. */
export interface Performer {
  perform(call: Call, again: boolean): Promise<Result>;
  online(): void;
  visible(): void;
}

/** Where the browser lets nobody lead, because it lets nothing be stored: every call says so. */
export function refusing(code: FailureCode, detail: string): Performer {
  const nothing = () => {};
  const perform = async () => ({ failure: failure(code, detail) });
  return { perform, online: nothing, visible: nothing };
}

interface Host {
  /** Tells every window. */
  tell(change: Change): void;
  /** The core can't go on: a bug. */
  broken(error: unknown): void;
  /** Whether the browser has refused to keep what is stored. */
  persistenceDenied(): boolean;
}

export class Leader implements Performer {
  #core: Wasm | undefined;
  #engine: Engine | undefined;
  #opening: Promise<void> | undefined;
  #failure: CoreError | undefined;
  /** Calls are carried out one after the other, in the order in which they came. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly wasm: URL,
    private readonly host: Host,
  ) {}

  /** Opens the databases. Where that fails, every call says why. */
  open(): Promise<void> {
    this.#opening ??= this.#open().finally(() => (this.#opening = undefined));
    return this.#opening;
  }

  online(): void {
    this.#engine?.online();
  }

  visible(): void {
    this.#engine?.happened({ is: "pullNow" });
  }

  /** Carries a call out. `again`: it may have been carried out before. */
  perform(call: Call, again: boolean): Promise<Result> {
    // What waits for the network must not keep the others waiting.
    if (call.call === "sync") return this.#result(() => this.#sync());
    if (call.call === "pair" || call.call === "signIn") return this.#result(() => this.#signIn(call));
    if (call.call === "signOut") return this.#result(() => this.#signOut(call, again));
    const result = this.#queue.then(() => this.#result(() => this.#carryOut(call, again)));
    this.#queue = result;
    return result;
  }

  async #result(work: () => Promise<Answer>): Promise<Result> {
    try {
      return { answer: await work() };
    } catch (error) {
      if (error instanceof CoreError) return { failure: error.failure };
      if (typeof error === "string") return { failure: await explained(JSON.parse(error)) };
      this.host.broken(error);
      return { failure: failure("unavailable", String(error)) };
    }
  }

  async #ready(): Promise<{ core: Wasm; engine: Engine }> {
    if (!this.#core && (!this.#failure || PASSING.has(this.#failure.code))) await this.open();
    if (this.#core && this.#engine) return { core: this.#core, engine: this.#engine };
    throw this.#failure ?? new CoreError(failure("unavailable"));
  }

  async #open(): Promise<void> {
    const until = Date.now() + HANDOVER;
    try {
      if (!navigator.storage?.getDirectory) throw new CoreError(failure("storage_unsupported"));
      await init({ module_or_path: this.wasm });
      for (;;) {
        try {
          this.#core = await openCore(FOLDER);
          break;
        } catch (error) {
          const failed = typeof error === "string" ? new CoreError(await explained(JSON.parse(error))) : error;
          if (!(failed instanceof CoreError && failed.code === "busy") || Date.now() > until) throw failed;
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      }
      this.#failure = undefined;
      this.#engine = new Engine(this.#core, this.host.tell, this.host.broken);
      this.#engine.start();
    } catch (error) {
      this.#failure = error instanceof CoreError ? error : new CoreError(failure("unavailable", String(error)));
      // Part of the app did not arrive, or is broken: this worker must not keep the lock that sound windows wait for.
      if (!(error instanceof CoreError)) this.host.broken(error);
    }
  }

  async #facts(): Promise<string> {
    return JSON.stringify(await facts(this.#engine?.live ?? "off", this.host.persistenceDenied()));
  }

  async #carryOut(call: Call, again: boolean): Promise<Answer> {
    const { core, engine } = await this.#ready();
    const asks = ["overview", "diagnostics", "persist"].includes(call.call);
    const facts = asks ? await this.#facts() : '{"persisted":"unknown","live":"off","browser":""}';
    const answer: Answer = JSON.parse(core.perform(JSON.stringify(call), again, facts));
    if (call.call === "adopt" || call.call === "keepApart") this.host.tell({ what: "account" });
    if (call.call === "persist") this.host.tell({ what: "overview" });
    // After the answer is on its way: what is to be sent can wait for that.
    setTimeout(() => engine.pump(), 0);
    return answer;
  }

  async #sync(): Promise<Synced> {
    const { core, engine } = await this.#ready();
    if (!engine.access()) throw new CoreError(failure("not_signed_in"));
    const tally = await engine.round();
    // Where the account waits for the person, nothing was sent and nothing failed.
    const failed = tally.failure ?? JSON.parse(core.waiting());
    return { ...tally, failure: failed, pending: core.pending() };
  }

  async #signIn(call: CallNamed<"pair"> | CallNamed<"signIn">): Promise<Answer> {
    const { core, engine } = await this.#ready();
    const link = call.call === "pair" ? parsePairingLink(call.server) : undefined;
    const server: Server = link?.server ?? parseServer(call.server);
    const request = link && call.call === "pair" ? { ...call, code: call.code ?? link.code } : call;
    const { path, body } = JSON.parse(core.signInRequest(JSON.stringify(request), JSON.stringify(server)));
    await core.reserve();
    const reply = await send(server, { method: "POST", path, body });
    // From here to the end nothing is awaited: either all of it has happened or none.
    const before = engine.access();
    engine.stop();
    try {
      const facts = '{"persisted":"unknown","live":"off","browser":""}';
      const args = [JSON.stringify(server), call.deviceName, JSON.stringify(reply), facts] as const;
      const answer: Answer = JSON.parse(core.signedIn(...args));
      this.host.tell({ what: "account" });
      this.host.tell({ what: "places" });
      const now = engine.access();
      if (before && now && before.account === now.account && before.token !== now.token) {
        // The sign-in before is of no use to anybody any more.
        void send(before.server, { method: "DELETE", path: "/v1/sessions/current", access: before });
      }
      return answer;
    } finally {
      engine.start();
    }
  }

  /** Signed out here first, durably: neither the network nor the server's answer can keep a person signed in. */
  async #signOut(call: CallNamed<"signOut">, again: boolean): Promise<SignedOut> {
    const { core, engine } = await this.#ready();
    const access = engine.access();
    // The first try has done it.
    if (again && !access) return { unsent: 0, serverTold: true };
    const unsent = core.leave(call.evenIfUnsent ?? false);
    engine.stop();
    try {
      core.signedOut();
    } finally {
      engine.start();
    }
    this.host.tell({ what: "account" });
    this.host.tell({ what: "places" });
    if (!access) return { unsent, serverTold: true };
    const farewell = { method: "DELETE", path: "/v1/sessions/current", access, timeout: FAREWELL };
    const reply = await send(access.server, farewell);
    // 401: the server had ended it before.
    const serverTold = reply.protocol && ((reply.status >= 200 && reply.status < 300) || reply.status === 401);
    return { unsent, serverTold };
  }
}

/** SQLite can't tell a file that may not grow from one that can't be written: a file of our own can. */
async function explained(failed: Failure): Promise<Failure> {
  return failed.code === "storage_inaccessible" && (await isFull()) ? failure("storage_full", failed.detail) : failed;
}
