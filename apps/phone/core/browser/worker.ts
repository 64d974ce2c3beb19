// One of these workers runs for each window. The one that holds the lock leads: it alone has the databases open. The others
// hand their window's calls to it. When it ends, whichever way, the browser gives the lock to the next, which opens the
// databases and carries out again what has no answer yet.

import { failure } from "../src/core";
import { Leader, type Performer, refusing } from "./leader";
import { type Asked, type BetweenWorkers, NAME, type Result, type ToPage, type ToWorker, VERSION } from "./messages";

declare const WASM_NAME: string;
/** What of a dedicated worker's scope is used here; the types of a page and of a worker can't stand beside each other. */
declare const self: EventTarget & {
  onmessage: (event: MessageEvent<ToWorker>) => void;
  postMessage(message: ToPage): void;
};

/** A call of this worker's window that has no result yet. */
interface Pending {
  asked: Asked;
  /** To whom it was given. */
  given: string | undefined;
}

const me = crypto.randomUUID();
const channel = new BroadcastChannel(NAME);
const pending = new Map<number, Pending>();
/** Calls of others that are being carried out: an announcement that comes twice must not do anything twice. */
const underWay = new Set<string>();
let leader: Performer | undefined;
/** Who leads, as far as this worker knows. */
let leading: string | undefined;
let persistenceDenied = false;

const toPage = (message: ToPage) => self.postMessage(message);
const toOthers = (message: BetweenWorkers) => channel.postMessage({ ...message, version: VERSION });

function finish(id: number, result: Result): void {
  if (!pending.delete(id)) return;
  if (leader === undefined && "answer" in result && "leader" in result.answer) result.answer.leader = "elsewhere";
  toPage({ type: "result", id, ...result });
}

/** Gives every call to whoever leads, that has not been given to them yet. */
function giveAll(): void {
  if (leading === undefined) return;
  for (const [id, entry] of pending) {
    if (entry.given === leading) continue;
    // Whoever it was given to before may have carried it out.
    const asked = { ...entry.asked, again: entry.asked.again || entry.given !== undefined };
    entry.given = leading;
    if (leader) void leader.perform(asked).then((result) => finish(id, result));
    else toOthers({ type: "call", leader: leading, from: me, id, asked });
  }
}

self.onmessage = ({ data }) => {
  switch (data.type) {
    case "call":
      pending.set(data.id, { asked: data.asked, given: undefined });
      giveAll();
      break;
    case "visible":
      if (leader) leader.visible();
      else toOthers({ type: "visible" });
      break;
    case "persistenceDenied":
      persistenceDenied = true;
      toOthers({ type: "persistenceDenied" });
      break;
  }
};

/** A window with a newer version is there: its worker can lead, this one only be in the way. */
function letGo(): void {
  toPage({ type: "broken", detail: "another version's database", code: "storage_too_new" });
}

channel.onmessage = ({ data }: MessageEvent<BetweenWorkers & { version: number }>) => {
  switch (data.type) {
    case "who":
      if (!leader) break;
      if (data.version > VERSION) letGo();
      else toOthers({ type: "leading", leader: me });
      break;
    case "leading":
      leading = data.leader;
      giveAll();
      break;
    case "call": {
      if (!leader || data.leader !== me) break;
      const { from, id } = data;
      if (data.version !== VERSION) {
        toOthers({ type: "result", to: from, id, failure: failure("storage_too_new") });
        break;
      }
      const key = `${from}.${id}`;
      if (underWay.has(key)) break;
      underWay.add(key);
      void leader.perform(data.asked).then((result) => {
        underWay.delete(key);
        toOthers({ type: "result", to: from, id, ...result });
      });
      break;
    }
    case "result":
      if (data.to === me) finish(data.id, "answer" in data ? { answer: data.answer } : { failure: data.failure });
      break;
    case "change":
      toPage({ type: "change", change: data.change });
      break;
    case "visible":
      leader?.visible();
      break;
    case "persistenceDenied":
      persistenceDenied = true;
      break;
  }
};

self.addEventListener("online", () => leader?.online());

/** A browser that is told to store nothing gives no lock either. */
const isRefusal = (error: unknown) =>
  error instanceof DOMException && ["SecurityError", "NotAllowedError"].includes(error.name);

navigator.locks
  .request(NAME, async () => {
    const taken = new Leader(new URL(WASM_NAME, import.meta.url), {
      tell: (change) => {
        toPage({ type: "change", change });
        toOthers({ type: "change", change });
      },
      broken: (error) => toPage({ type: "broken", detail: String(error) }),
      persistenceDenied: () => persistenceDenied,
    });
    await taken.open();
    if (taken.failure === "storage_too_new") {
      letGo();
      return new Promise(() => {});
    }
    leader = taken;
    leading = me;
    toOthers({ type: "leading", leader: me });
    toPage({ type: "change", change: { what: "overview" } });
    giveAll();
    // Held until the worker ends.
    await new Promise(() => {});
  })
  .catch((error: unknown) => {
    if (!isRefusal(error)) return toPage({ type: "broken", detail: String(error) });
    leader = refusing("storage_refused", String(error));
    leading = me;
    giveAll();
  });
toOthers({ type: "who" });
