// Keeps a signed-in page up to date: one stream that tells the newest feed number, and the page's own HTML fetched again
// where that is greater than what the page shows. Whatever fails, the page stays as it is.

import { createParser } from "eventsource-parser";
import { check } from "./account";
import { announce, counted } from "./dom";
import { Connection } from "./live-connection";
import { refreshList } from "./live-list";
import { refreshParts } from "./live-parts";
import { watchPairing } from "./pairing";
import { backoff, type Head, headOf, verdict } from "./live-rules";

/** How long a page may be hidden before its stream ends. */
const HIDDEN = 60_000;
/** Changes that come together are fetched together. */
const GATHER = 150;
/** The server keeps a stream alive more often than this; a silent one is dead. */
const SILENCE = 90_000;

const root = document.documentElement;
const shown = () => Number(root.dataset.seq ?? 0);

class Stream {
  readonly #account: string;
  readonly #heard: (head: Head) => void;
  readonly #connection = new Connection();
  #running: AbortController | null = null;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #over = false;

  constructor(account: string, heard: (head: Head) => void) {
    this.#account = account;
    this.#heard = heard;
  }

  /** Connects, if it isn't connected. */
  start(): void {
    clearTimeout(this.#retry);
    if (this.#over || this.#running) return;
    this.#connection.missed();
    const running = new AbortController();
    this.#running = running;
    void this.#hold(running)
      .catch(() => "again" as const)
      .then((next) => {
        if (this.#running !== running) return;
        this.#running = null;
        this.#connection.missed();
        if (next === "stop") {
          this.#over = true;
          // Signed out elsewhere, or somebody else is signed in.
          void check(this.#account);
        } else this.#retry = setTimeout(() => this.start(), backoff(this.#failures++, Math.random()));
      });
  }

  /** Disconnects, and tries again at once: what there was of a network is gone. */
  drop(): void {
    if (!this.#running) return;
    this.pause();
    this.start();
  }

  /** Disconnects until the next start. */
  pause(): void {
    clearTimeout(this.#retry);
    this.#connection.rest();
    const running = this.#running;
    this.#running = null;
    running?.abort();
  }

  async #hold(running: AbortController): Promise<"again" | "stop"> {
    const headers = { "Holdfast-Protocol": "1", "Holdfast-Account": this.#account, Accept: "text/event-stream" };
    const reply = await fetch("/v1/sync/events", { headers, signal: running.signal, cache: "no-store" });
    const next = verdict(reply.status, reply.headers.get("content-type"));
    if (next !== "read" || !reply.body) {
      void reply.body?.cancel();
      return next === "stop" ? "stop" : "again";
    }
    const parser = createParser({
      onEvent: (event) => {
        const head = headOf(event.event, event.data);
        if (!head) return;
        this.#failures = 0;
        this.#heard(head);
      },
    });
    const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const silence = setTimeout(() => running.abort(), SILENCE);
      const { done, value } = await reader.read().finally(() => clearTimeout(silence));
      if (done) return "again";
      this.#connection.heard();
      parser.feed(value);
    }
  }
}

/** The page as the server would render it now; null where it is not this page any more, or not this person's. */
async function fetchAgain(account: string): Promise<{ page: Document } | { gone: "gone-elsewhere" | "trashed-elsewhere" } | null> {
  const reply = await fetch(location.href.split("#")[0] ?? "", { headers: { "Holdfast-Live": "1", Accept: "text/html" }, cache: "no-store" });
  // A page that is not read is not waited for.
  if (!reply.ok) void reply.body?.cancel();
  if (reply.status === 404 || reply.status === 410) return { gone: "gone-elsewhere" };
  // There is no form for a place in the trash.
  if (reply.status === 409) return { gone: "trashed-elsewhere" };
  if (!reply.ok || reply.redirected) return null;
  const page = new DOMParser().parseFromString(await reply.text(), "text/html");
  return page.documentElement.dataset.account === account ? { page } : null;
}

/** Brings the page to what the server has now; returns that, if it is this page still. */
async function refresh(account: string): Promise<Document | undefined> {
  const main = document.querySelector<HTMLElement>("main[data-place-page]");
  const answer = await fetchAgain(account);
  if (!answer) return;
  const notice = (id: string) => {
    const told = document.getElementById(id) ?? document.getElementById("changed-elsewhere");
    for (const other of main?.querySelectorAll("[id$=-elsewhere]") ?? []) other.toggleAttribute("hidden", other !== told);
  };
  if ("gone" in answer) {
    if (main) notice(answer.gone);
    return;
  }
  const { page } = answer;
  if (main) {
    // What was typed is not touched; the person is told, and reloads when it suits them.
    const now = page.querySelector<HTMLElement>("main[data-place-page]")?.dataset.version;
    if (now !== undefined && now !== main.dataset.version) notice("changed-elsewhere");
  }
  const { added, held } = refreshList(document, page);
  if (held) whenLeft(account);
  refreshParts(document, page);
  root.dataset.seq = page.documentElement.dataset.seq ?? root.dataset.seq ?? "";
  if (document.querySelector("[data-list]")) document.dispatchEvent(new CustomEvent("holdfast:changed"));
  if (added > 0) announce(counted(added, "new place", "new places"));
  return page;
}

let waiting = false;

/** Rows that were left as they are because somebody was at them are brought up to date once the focus has moved on. */
function whenLeft(account: string): void {
  if (waiting) return;
  waiting = true;
  const left = () => {
    waiting = false;
    // Where the focus goes is only known afterwards.
    setTimeout(() => void refresh(account).catch(() => undefined), GATHER);
  };
  document.getElementById("places")?.addEventListener("focusout", left, { once: true });
}

/** Starts listening for this account. */
export function start(account: string): void {
  let busy = false;
  let newest = shown();
  let gather: ReturnType<typeof setTimeout> | undefined;
  const work = async () => {
    if (busy) return;
    busy = true;
    try {
      // A head that came meanwhile is looked at once more; a page that does not get there is left alone.
      for (let seen = -1; newest > shown() && newest !== seen; ) {
        seen = newest;
        await refresh(account);
      }
    } catch {
      // The next head tries again.
    } finally {
      busy = false;
    }
  };
  const stream = new Stream(account, ({ seq }) => {
    if (seq <= newest && seq <= shown()) return;
    newest = Math.max(newest, seq);
    clearTimeout(gather);
    gather = setTimeout(() => void work(), GATHER);
  });

  // A pairing is no change of the feed.
  const pairing = document.querySelector<HTMLElement>("[data-pairing]");
  if (pairing) watchPairing(pairing, () => refresh(account));

  let hiding: ReturnType<typeof setTimeout> | undefined;
  document.addEventListener("visibilitychange", () => {
    clearTimeout(hiding);
    if (document.hidden) hiding = setTimeout(() => stream.pause(), HIDDEN);
    else stream.start();
  });
  addEventListener("online", () => stream.start());
  addEventListener("offline", () => stream.drop());
  // A page kept for "back" must not hold a connection; when it comes back it may be old.
  addEventListener("pagehide", () => stream.pause());
  addEventListener("pageshow", () => stream.start());
  if (!document.hidden) stream.start();
}
