// The live stream of heads: a hint that there may be something to fetch. Reconnects for ever, with growing, jittered pauses;
// the timer of the core fetches meanwhile.

import { createParser } from "eventsource-parser";

import { type Access, REQUEST_TIMEOUT, about, endingWith, open } from "./http";

const PAUSE_FIRST = 1_000;
const PAUSE_MAX = 120_000;
/** How long a connection has to last before the next pause is the first again. */
const LASTING = 30_000;
/** The longest pause that a server may ask for. */
const ASKED_MAX = 3_600_000;
/** How long the stream may be silent before it counts as lost; the server sends something every 20 s. */
const SILENCE = 50_000;

export interface LiveListener {
  /** Connected. `networkReturned`: after a time in which nothing answered. */
  connected(networkReturned: boolean): void;
  /** The newest number of the feed. */
  head(seq: number): void;
  /** Lost; it is tried again by itself. */
  lost(): void;
  /** The server does not let this device in any more. It says why to whoever fetches. */
  refused(): void;
}

/** How a connection ended. */
interface End {
  connected: boolean;
  answered: boolean;
  refused: boolean;
  /** The pause that the server asked for, in milliseconds. */
  asked: number;
}

export class LiveStream {
  readonly #over = new AbortController();
  #waiting: (() => void) | undefined;

  constructor(
    private readonly access: Access,
    private readonly listener: LiveListener,
  ) {
    void this.#follow();
  }

  /** Tries again at once, where it waits for the next try. */
  hurry(): void {
    this.#waiting?.();
  }

  stop(): void {
    this.#over.abort();
    this.#waiting?.();
  }

  async #follow(): Promise<void> {
    let pause = PAUSE_FIRST;
    let nothingAnswered = false;
    while (!this.#over.signal.aborted) {
      const since = Date.now();
      let end = await this.#connect(() => {
        this.listener.connected(nothingAnswered);
        nothingAnswered = false;
      });
      if (this.#over.signal.aborted) return;
      this.listener.lost();
      // A sign-in begins another stream; without one there is no need to ask often.
      if (end.refused) {
        this.listener.refused();
        end = { ...end, asked: Math.max(end.asked, PAUSE_MAX) };
      }
      nothingAnswered ||= !end.answered;
      if (end.connected && Date.now() - since >= LASTING) pause = PAUSE_FIRST;
      await this.#wait(Math.max(pause * (0.5 + Math.random() / 2), end.asked));
      pause = Math.min(pause * 2, PAUSE_MAX);
    }
  }

  /** One connection, to its end. */
  async #connect(connected: () => void): Promise<End> {
    const ending = endingWith(this.#over.signal);
    let timer = setTimeout(() => ending.abort(), REQUEST_TIMEOUT);
    const heard = () => {
      clearTimeout(timer);
      timer = setTimeout(() => ending.abort(), SILENCE);
    };
    let isConnected = false;
    try {
      const request = { method: "GET", path: "/v1/sync/events", access: this.access };
      const response = await open(this.access.server, request, ending.signal);
      const { status, protocol, retryAfter } = about(response);
      const isStream = response.headers.get("content-type")?.startsWith("text/event-stream") ?? false;
      if (status !== 200 || !protocol || !isStream || response.body === null) {
        await response.body?.cancel();
        const refused = protocol && [401, 403, 426].includes(status);
        return { connected: false, answered: protocol, refused, asked: Math.min((retryAfter ?? 0) * 1000, ASKED_MAX) };
      }
      isConnected = true;
      heard();
      connected();
      await this.#read(response.body, heard);
    } catch {
      // Broken, silent for too long, or ended from here.
    } finally {
      clearTimeout(timer);
      ending.abort();
    }
    return { connected: isConnected, answered: isConnected, refused: false, asked: 0 };
  }

  async #read(body: ReadableStream<Uint8Array>, heard: () => void): Promise<void> {
    const parser = createParser({
      onEvent: ({ event, data }) => {
        if (event !== "head") return;
        const seq: unknown = JSON.parse(data)?.seq;
        if (typeof seq === "number") this.listener.head(seq);
      },
    });
    const decoder = new TextDecoder();
    const reader = body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      // Comments (keep-alives) are no events, so silence is watched on the bytes.
      heard();
      parser.feed(decoder.decode(value, { stream: true }));
    }
  }

  #wait(millis: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, millis);
      this.#waiting = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
