// The core for the screens of a window: starts the worker, asks it, and replaces it where it has ended.

import { type AnswerTo, type Call, type Change, type Core, CoreError, type FailureCode, type StoreKey, failure } from "../src/core";
import type { Answer, ToPage, ToWorker } from "./messages";

export * from "../src/core";

declare const WORKER_NAME: string;

export interface Options {
  /** Where the files that were built beside this one are served, with a slash at the end. */
  base: string | URL;
  /** Another worker, for tests. */
  worker?: string | URL;
  /** How long a call may take that needs no network, in milliseconds; for tests. */
  patience?: number | undefined;
}

interface Waiting {
  call: Call;
  store: StoreKey | null;
  again: boolean;
  /** Until when it may be begun. */
  until: number | null;
  /** How many workers broke over it. */
  breaks: number;
  timer: ReturnType<typeof setTimeout> | undefined;
  resolve(answer: Answer): void;
  reject(error: CoreError): void;
}

/** How long a call that needs no network may take; longer than a leader that has ended keeps its files. */
const PATIENCE = 25_000;
/** How much longer an answer is waited for after that: what was begun in time is at its end by then. */
const ANSWER = 2_000;
/** These wait for the network, which has its own ends. */
const PATIENT = new Set<Call["call"]>(["sync", "pair", "signIn", "signOut"]);

/** First and longest pause before a worker that could not go on is replaced. */
const PAUSE_FIRST = 100;
const PAUSE_MAX = 5_000;

/** The core over a worker. */
class BrowserCore implements Core {
  readonly #worker: URL;
  readonly #patient: number;
  readonly #listeners = new Set<(change: Change) => void>();
  readonly #waiting = new Map<number, Waiting>();
  readonly #events = new AbortController();
  #running: Worker | undefined;
  #next = 1;
  #closed = false;
  #askedToPersist = false;
  #pause = PAUSE_FIRST;

  constructor(options: Options) {
    this.#worker = new URL(options.worker ?? WORKER_NAME, new URL(options.base, location.href));
    this.#patient = options.patience ?? PATIENCE;
    const { signal } = this.#events;
    document.addEventListener("visibilitychange", () => this.#visible(), { signal });
    // A page that is frozen must not hold the lock that every other window waits for. What the worker was doing it may have
    // done or not: the calls that have no answer are made again when the page goes on.
    addEventListener("pagehide", () => this.#end(), { signal });
    document.addEventListener("freeze", () => this.#end(), { signal });
    addEventListener("pageshow", () => this.#start(), { signal });
    document.addEventListener("resume", () => this.#start(), { signal });
    this.#start();
  }

  perform<C extends Call>(call: C, store?: StoreKey): Promise<AnswerTo<C>> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(new CoreError(failure("unavailable", "closed")));
      const id = this.#next++;
      const waiting: Waiting = {
        call,
        store: store ?? null,
        again: false,
        until: null,
        breaks: 0,
        timer: undefined,
        // The worker answers each call with its own kind of answer.
        resolve: resolve as (answer: Answer) => void,
        reject,
      };
      this.#patience(id, waiting);
      this.#waiting.set(id, waiting);
      const ask = () => this.#ask(id, waiting);
      if (call.call === "persist") void this.#persist().finally(ask);
      else ask();
    });
  }

  subscribe(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#events.abort();
    for (const id of [...this.#waiting.keys()]) this.#giveUp(id, "closed");
    this.#listeners.clear();
    this.#end();
  }

  #start(): void {
    if (this.#running || this.#closed) return;
    const worker = new Worker(this.#worker, { type: "module", name: "holdfast-core" });
    this.#running = worker;
    worker.onmessage = ({ data }: MessageEvent<ToPage>) => {
      if (worker === this.#running) this.#hear(data);
    };
    worker.onerror = (event) => {
      if (worker === this.#running) this.#broken(event.message ?? "the worker did not start");
    };
    for (const [id, waiting] of this.#waiting) {
      this.#patience(id, waiting);
      this.#ask(id, waiting);
    }
    for (const what of ["places", "account", "overview"] as const) this.#tell({ what });
  }

  /** Ends the worker, and with it its lock and its files. */
  #end(): void {
    this.#running?.terminate();
    this.#running = undefined;
    for (const waiting of this.#waiting.values()) {
      // No time passes for a call that nobody carries out.
      clearTimeout(waiting.timer);
      waiting.again = true;
    }
  }

  /** Gives a call its time, from now on. */
  #patience(id: number, waiting: Waiting): void {
    clearTimeout(waiting.timer);
    if (PATIENT.has(waiting.call.call)) return;
    waiting.until = Date.now() + this.#patient;
    waiting.timer = setTimeout(() => this.#giveUp(id, "no answer in time"), this.#patient + ANSWER);
  }

  #ask(id: number, { call, again, store, until }: Waiting): void {
    this.#say({ type: "call", id, asked: { call, again, store, until } });
  }

  #say(message: ToWorker): void {
    this.#running?.postMessage(message);
  }

  #tell(change: Change): void {
    for (const listener of this.#listeners) listener(change);
  }

  #hear(message: ToPage): void {
    if (message.type === "result") this.#pause = PAUSE_FIRST;
    if (message.type === "change") return this.#tell(message.change);
    if (message.type === "broken") return this.#broken(message.detail, message.code);
    const waiting = this.#take(message.id);
    if (!waiting) return;
    if ("failure" in message) return waiting.reject(new CoreError(message.failure));
    waiting.resolve(message.answer);
    if (waiting.call.call === "capture" && !this.#askedToPersist) void this.#persist();
  }

  /** A worker that can't go on is replaced; what breaks a second one is given up. */
  #broken(detail: string, code?: FailureCode): void {
    this.#end();
    for (const [id, waiting] of [...this.#waiting]) if (++waiting.breaks > 1) this.#giveUp(id, detail, code);
    // Later and ever later, so that what breaks at once does not keep the page busy.
    setTimeout(() => this.#start(), this.#pause);
    this.#pause = Math.min(this.#pause * 2, PAUSE_MAX);
  }

  #giveUp(id: number, detail: string, code: FailureCode = "unavailable"): void {
    this.#take(id)?.reject(new CoreError(failure(code, detail)));
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    clearTimeout(waiting?.timer);
    this.#waiting.delete(id);
    return waiting;
  }

  #visible(): void {
    if (document.visibilityState === "visible") this.#say({ type: "visible" });
  }

  /** Asks the browser to keep what is stored: only a page can. */
  async #persist(): Promise<void> {
    this.#askedToPersist = true;
    const granted = await navigator.storage?.persist?.().catch(() => false);
    if (granted) this.#tell({ what: "overview" });
    else this.#say({ type: "persistenceDenied" });
  }
}

/** Opens the core of this device for a window. Never fails: where nothing can be stored, every call says so. */
export function openCore(options: Options): Core {
  return new BrowserCore(options);
}
