// The worker that has the databases open: carries out every window's calls.

import { type CallNamed, type Change, CoreError, type Failure, type FailureCode, type SignedOut, type Synced, failure } from "../src/core";
import init, { type Core as Wasm, openCore } from "../wasm/holdfast_wasm";
import { Engine } from "./engine";
import { type Access, type HttpReply, send } from "./http";
import { type Answer, type Asked, FOLDER, type Result } from "./messages";
import { type Server, parsePairingLink, parseServer } from "./server";
import { facts, isFull } from "./storage";

/** How long the files of a leader that has just ended may still be in use. */
const HANDOVER = 10_000;
/** How long the server is given to hear of a sign-out. */
const FAREWELL = 10_000;

/** For calls that ask nothing of the browser. */
const NO_FACTS = '{"persisted":"unknown","live":"off","browser":""}';

/** Failures that may be over when the next call comes. */
const PASSING = new Set(["busy", "storage_full", "storage_inaccessible"]);

/** What carries out every window's calls. */
export interface Performer {
  perform(asked: Asked): Promise<Result>;
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
  /** Farewells on their way, by token. */
  readonly #telling = new Map<string, Promise<void>>();
  /** Calls are carried out one after the other, in the order in which they came. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly wasm: URL,
    private readonly host: Host,
  ) {}

  /** Why the databases could not be opened. */
  get failure(): FailureCode | undefined {
    return this.#failure?.code;
  }

  /** Opens the databases. Where that fails, every call says why. */
  open(): Promise<void> {
    this.#opening ??= this.#open().finally(() => (this.#opening = undefined));
    return this.#opening;
  }

  online(): void {
    this.#engine?.online();
    void this.#sayFarewells();
  }

  visible(): void {
    this.#engine?.happened({ is: "pullNow" });
    void this.#sayFarewells();
  }

  /** Carries a call out. */
  perform(asked: Asked): Promise<Result> {
    const { call } = asked;
    // What waits for the network must not keep the others waiting.
    if (call.call === "sync") return this.#result(() => this.#sync());
    if (call.call === "pair" || call.call === "signIn") return this.#result(() => this.#signIn(call, asked));
    if (call.call === "signOut") return this.#result(() => this.#signOut(call, asked));
    const result = this.#queue.then(() => this.#result(() => this.#carryOut(asked)));
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
      void this.#sayFarewells();
    } catch (error) {
      this.#failure = error instanceof CoreError ? error : new CoreError(failure("unavailable", String(error)));
      // Part of the app did not arrive, or is broken: this worker must not keep the lock that sound windows wait for.
      if (!(error instanceof CoreError)) this.host.broken(error);
    }
  }

  async #facts(): Promise<string> {
    return JSON.stringify(await facts(this.#engine?.live ?? "off", this.host.persistenceDenied()));
  }

  async #carryOut(asked: Asked): Promise<Answer> {
    const { call } = asked;
    const { core, engine } = await this.#ready();
    const asks = ["overview", "diagnostics", "persist"].includes(call.call);
    const facts = asks ? await this.#facts() : NO_FACTS;
    // From here on nothing is awaited. Whoever has given it up has said so to the person.
    if (asked.until !== null && Date.now() > asked.until) throw new CoreError(failure("unavailable", "too late"));
    const answer: Answer = JSON.parse(core.perform(JSON.stringify(call), how(asked), facts));
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
    return { ...tally, ...(JSON.parse(core.unsettled()) as Pick<Synced, "needAttention" | "pending">), failure: failed };
  }

  async #signIn(call: CallNamed<"pair"> | CallNamed<"signIn">, asked: Asked): Promise<Answer> {
    const { core, engine } = await this.#ready();
    const link = call.call === "pair" ? parsePairingLink(call.server) : undefined;
    const server = JSON.stringify(link?.server ?? parseServer(call.server));
    const wanted = JSON.stringify(link && call.call === "pair" ? { ...call, code: call.code ?? link.code } : call);
    const request = JSON.parse(core.signInRequest(wanted, server, how(asked))) as { path: string; body: string } | null;
    if (!request) return JSON.parse(core.isSignedIn(NO_FACTS));
    await core.reserve();
    const reply = await send(JSON.parse(server) as Server, { method: "POST", ...request });
    // From here to the end nothing is awaited: either all of it has happened or none.
    engine.stop();
    try {
      const answer: Answer = JSON.parse(core.signedIn(wanted, server, JSON.stringify(reply), how(asked), NO_FACTS));
      this.host.tell({ what: "account" });
      this.host.tell({ what: "places" });
      return answer;
    } finally {
      engine.start();
      void this.#sayFarewells();
    }
  }

  /** Signed out here first, durably: neither the network nor the server's answer can keep a person signed in. */
  async #signOut(call: CallNamed<"signOut">, asked: Asked): Promise<SignedOut> {
    const { core, engine } = await this.#ready();
    engine.stop();
    let answer: SignedOut;
    try {
      answer = JSON.parse(core.signOut(call.evenIfUnsent ?? false, how(asked)));
    } finally {
      engine.start();
    }
    this.host.tell({ what: "account" });
    this.host.tell({ what: "places" });
    const token = this.#farewells(core).at(-1)?.token;
    await this.#sayFarewells();
    return { ...answer, serverTold: !this.#farewells(core).some((farewell) => farewell.token === token) };
  }

  #farewells(core: Wasm): Access[] {
    return JSON.parse(core.farewells());
  }

  /** Tells the servers which sign-ins are over. What does not reach them is tried again with the next network, or start. */
  async #sayFarewells(): Promise<void> {
    const core = this.#core;
    if (!core) return;
    const tell = async (access: Access) => {
      const farewell = { method: "DELETE", path: "/v1/sessions/current", access, timeout: FAREWELL };
      if (isTold(await send(access.server, farewell))) core.told(access.token);
    };
    // Each is on its way once.
    const told = (access: Access) => {
      const before = this.#telling.get(access.token);
      const telling = before ?? tell(access).finally(() => this.#telling.delete(access.token));
      this.#telling.set(access.token, telling);
      return telling;
    };
    try {
      await Promise.all(this.#farewells(core).map(told));
    } catch (error) {
      // The disk is full, perhaps: they are told once more another time.
      if (typeof error !== "string") this.host.broken(error);
    }
  }
}

/** Whether the server has ended the sign-in, or does not know it, or its account, any more. Other refusals leave it as it was. */
function isTold({ protocol, status, body }: HttpReply): boolean {
  if (!protocol) return false;
  if ((status >= 200 && status < 300) || status === 401) return true;
  try {
    return JSON.parse(body)?.code === "account_gone";
  } catch {
    return false;
  }
}

/** What the core is told of how a call came. */
function how({ again, store }: Asked): string {
  return JSON.stringify({ again, store });
}

/** SQLite can't tell a file that may not grow from one that can't be written: a file of our own can. */
async function explained(failed: Failure): Promise<Failure> {
  return failed.code === "storage_inaccessible" && (await isFull()) ? failure("storage_full", failed.detail) : failed;
}
