// The loop around the core: ask it what to send, send it, hand back what came. It judges nothing: which operation goes
// when, what a reply means and when to try again is the core's. As crates/host/src/watch.rs for terminals.

import { type Change, type Failure, type Live, failure } from "../src/core";
import { type Access, type HttpReply, NO_REPLY, send } from "./http";
import { LiveStream } from "./live";
import type { Core as Wasm } from "../wasm/holdfast_wasm";

interface Request {
  lease: string;
  method: string;
  path: string;
  body: string | null;
}

interface ToDo {
  requests: Request[];
  wakeAt: number | null;
  changed: boolean;
}

interface Taken {
  sent: number;
  pulled: number;
  answered: boolean;
}

/** What a round of sending and fetching came to. */
export interface Tally {
  sent: number;
  pulled: number;
  failure: Failure | null;
}

interface Round extends Tally {
  over(tally: Tally): void;
}

/** The longest that the loop sleeps: a timer of weeks overflows. */
const SLEEP_MAX = 3_600_000;

export class Engine {
  /** Aborts what is on its way; there is one while the engine runs. */
  #running: AbortController | undefined;
  readonly #leases = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #rounds: Round[] = [];
  #live: LiveStream | undefined;
  #liveNow: Live = "off";

  constructor(
    private readonly core: Wasm,
    private readonly tell: (change: Change) => void,
    /** The core can't go on. */
    private readonly broken: (error: unknown) => void,
  ) {}

  get live(): Live {
    return this.#liveNow;
  }

  /** Begins to send and fetch for the account that is current now. */
  start(): void {
    this.stop();
    this.#running = new AbortController();
    const access = this.access();
    if (access) {
      this.#setLive("polling");
      this.#live = new LiveStream(access, {
        connected: (networkReturned) => {
          this.#setLive("connected");
          this.happened({ is: networkReturned ? "networkReturned" : "pullNow" });
        },
        head: (seq) => this.happened({ is: "head", seq }),
        lost: () => this.#setLive("polling"),
        refused: () => this.happened({ is: "pullNow" }),
      });
    }
    this.happened({ is: "leading" });
  }

  /** Gives up what is on its way: it will be sent again, the same bytes. Nothing is sent any more. */
  stop(): void {
    this.#running?.abort();
    this.#running = undefined;
    this.#live?.stop();
    this.#live = undefined;
    this.#setLive("off");
    clearTimeout(this.#timer);
    for (const lease of this.#leases) this.#guard(() => this.core.handle(lease, JSON.stringify(NO_REPLY)));
    this.#leases.clear();
    this.#endRounds(failure("unreachable"));
  }

  access(): Access | undefined {
    return JSON.parse(this.core.access()) ?? undefined;
  }

  /** Tells the core, and sees what there is to do then. */
  happened(event: { is: string; seq?: number }): void {
    this.#guard(() => this.core.happened(JSON.stringify(event)));
    this.pump();
  }

  /** The browser says that there is a network again. */
  online(): void {
    this.#live?.hurry();
    this.happened({ is: "networkReturned" });
  }

  /** Sends everything that waits and fetches everything that is new; ends when nothing is left to do at the moment. */
  round(): Promise<Tally> {
    return new Promise((over) => {
      this.#rounds.push({ sent: 0, pulled: 0, failure: null, over });
      this.happened({ is: "tryNow" });
    });
  }

  /** Asks the core what there is to do. To be called after everything that may have changed that. */
  pump(): void {
    const running = this.#running;
    if (!running) return;
    const todo = this.#guard(() => JSON.parse(this.core.poll()) as ToDo);
    if (!todo) return;
    if (todo.changed) this.tell({ what: "places" });
    const access = this.access();
    for (const request of todo.requests) {
      this.#leases.add(request.lease);
      void this.#perform(request, access, running.signal);
    }
    clearTimeout(this.#timer);
    if (todo.wakeAt !== null) {
      const millis = Math.min(Math.max(todo.wakeAt - Date.now(), 5), SLEEP_MAX);
      this.#timer = setTimeout(() => this.pump(), millis);
    }
    if (this.#leases.size === 0) this.#endRounds(null);
  }

  async #perform(request: Request, access: Access | undefined, signal: AbortSignal): Promise<void> {
    const { method, path, body } = request;
    const reply = access ? await send(access.server, { method, path, body, access, signal }) : NO_REPLY;
    // Given up meanwhile, and handed in as such.
    if (signal.aborted) return;
    this.#leases.delete(request.lease);
    const taken = this.#guard(() => JSON.parse(this.core.handle(request.lease, JSON.stringify(reply))) as Taken);
    for (const round of this.#rounds) {
      round.sent += taken?.sent ?? 0;
      round.pulled += taken?.pulled ?? 0;
      if (taken && !taken.answered) round.failure = why(reply);
    }
    if (reply.status === 401) this.tell({ what: "account" });
    this.tell({ what: "overview" });
    this.pump();
  }

  #endRounds(failed: Failure | null): void {
    const rounds = this.#rounds;
    this.#rounds = [];
    for (const { over, ...tally } of rounds) over({ ...tally, failure: tally.failure ?? failed });
  }

  #setLive(live: Live): void {
    if (this.#liveNow === live) return;
    this.#liveNow = live;
    this.tell({ what: "overview" });
  }

  /** A failure of the core's passes, for example when the disk is full: the next event or timer tries again. */
  #guard<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      if (typeof error !== "string") {
        this.broken(error);
        return undefined;
      }
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.pump(), 60_000);
      this.#endRounds(JSON.parse(error) as Failure);
      return undefined;
    }
  }
}

/** Why nothing came back that the server said. */
function why(reply: HttpReply): Failure {
  if (reply.status === 0) return failure("unreachable");
  if (!reply.protocol) return failure("not_holdfast", `it answered ${reply.status} without the protocol header`);
  if (reply.status === 401) return failure("not_signed_in");
  if (reply.status === 429) return { ...failure("rate_limited"), retryAfter: reply.retryAfter };
  return failure("server", `it answered ${reply.status}`);
}
