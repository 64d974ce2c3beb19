// What the screens say of how things stand is true in every state, whatever keeps the app from the server.

import { describe, expect, it } from "@jest/globals";
import { type Attention, failure, type OutboxEntry, type Overview, type PlaceState } from "../core/src/core";
import { type Summary, summaryOf, summaryText } from "../src/home/banners";
import { type Connection, connectionOf } from "../src/home/connection";
import { syncedText } from "../src/home/synced";
import { entryReason } from "../src/outbox/words";
import { stateMeaning } from "../src/places/words";
import { words } from "../src/words";
import { overview } from "./overview";

const NOW = Date.parse("2026-11-03T14:02:00Z");
const HEARD = new Date(NOW - 4 * 60_000).toISOString();
const WAITS = new Date(NOW + 60_000).toISOString();

const PROBLEM = { status: 503, code: "unavailable", detail: "Back at noon." } as unknown as Overview["status"]["pushProblem"];

/** Each way to be cut off, and not to be. */
const WORLDS: { connection: Connection; of: Parameters<typeof overview>[0]; isOnline?: boolean }[] = [
  { connection: "none", of: {} },
  { connection: "none", of: {}, isOnline: false },
  { connection: "connected", of: { account: {} } },
  { connection: "offline", of: { account: {} }, isOnline: false },
  { connection: "unreachable", of: { account: {}, status: { pullWaitsUntil: WAITS } } },
  { connection: "unreachable", of: { account: {}, status: { pushWaitsUntil: WAITS } } },
  { connection: "putOff", of: { account: {}, status: { pushWaitsUntil: WAITS, pushProblem: PROBLEM } } },
  { connection: "unreachable", of: { account: {}, status: { pushWaitsUntil: WAITS, pushProblem: PROBLEM, pullWaitsUntil: WAITS } } },
  { connection: "signIn", of: { account: { signedIn: false } } },
  { connection: "signIn", of: { account: {}, status: { paused: "signIn" } }, isOnline: false },
  { connection: "accountGone", of: { account: {}, status: { paused: "accountGone" } } },
  { connection: "accountGone", of: { account: { signedIn: false }, status: { paused: "accountGone" } } },
  { connection: "updateApp", of: { account: {}, status: { paused: "updateApp" } } },
];
const ATTENTION: Attention[] = ["conflict", "rejected", "planFull", "deletedForGood", "noLongerVisible", "olderOnServer"];
const STATES: PlaceState[] = [
  ...(["savedOnDevice", "sending", "synced", "waitingForPosition", "needsPosition"] as const).map((is) => ({ is })),
  ...ATTENTION.map((reason) => ({ is: "needsAttention" as const, reason })),
];
const ENTRIES: OutboxEntry["state"][] = [
  { is: "queued" },
  { is: "sending", until: WAITS },
  { is: "backingOff", nextAt: WAITS, problem: null },
  { is: "paused", reason: "plan" },
];

const world = ({ of, isOnline = true }: (typeof WORLDS)[number], status = {}) => [overview({ ...of, status: { ...of.status, ...status } }), isOnline] as const;
const counts = { savedOnDevice: 0, sending: 0, synced: 0, needsAttention: 0, waitingForPosition: 0, needsPosition: 0 };

describe.each(WORLDS)("where the connection is $connection ($of, online: $isOnline)", (here) => {
  const { connection } = here;
  const isConnected = connection === "connected";

  it("that is what it is called", () => {
    expect(connectionOf(...world(here))).toBe(connection);
  });

  it("the line under the name calls nothing synced, sent or fetched that is not", () => {
    const line = (status = {}): [Summary["is"], string] => {
      const summary = summaryOf(...world(here, status));
      return [summary.is, summaryText(summary, NOW)];
    };
    const alone = connection === "none";
    const nothingWaits = isConnected ? ["synced", words.summary.synced] : ["heard", "Nothing waits here. Last heard from the server 4 min ago"];
    expect(line({ lastPullAt: HEARD })).toEqual(alone ? ["local", words.summary.local] : nothingWaits);
    expect(line({ caughtUp: false })).toEqual(
      alone ? ["local", words.summary.local] : isConnected ? ["fetching", words.summary.fetching] : ["incomplete", words.summary.neverHeard],
    );
    expect(line({ pending: 2, places: { ...counts, sending: 1 } })[0]).toBe(alone ? "local" : isConnected ? "sending" : "pending");
    expect(line({ pending: 2, places: { ...counts, needsAttention: 1 } })).toEqual(["attention", "1 place needs your attention"]);
    // What waits for a position is not on the server, although nothing of it is in the outbox.
    expect(line({ places: { ...counts, waitingForPosition: 1, needsPosition: 2 } })[0]).toBe(alone ? "local" : "position");
  });

  it.each(STATES)("a place that is %j says what that means, and promises nothing that does not come", (state) => {
    const meaning = stateMeaning(state, { connection, isKept: true });
    expect(meaning).toMatch(/^[A-Z][^0-9]*\.$/);
    if (!isConnected) {
      expect(meaning).not.toMatch(/by itself\.$|by itself once|at this moment|has exactly|sent once it has/);
    }
    if (state.is === "savedOnDevice" || state.is === "needsPosition") {
      const then = { accountGone: "can't be sent", signIn: "sign in", updateApp: "app is updated", offline: "network is back", unreachable: "answers again", putOff: "has time", none: "sign", connected: "sent" };
      expect(meaning).toContain(then[connection]);
    }
    const warned = stateMeaning(state, { connection, isKept: false });
    const isOnServer = state.is === "synced" || (isConnected && state.is === "sending");
    expect(warned.endsWith(words.home.savedWarning)).toBe(!isOnServer);
    expect(warned).not.toContain("safe");
  });

  it.each(ENTRIES)("a change that is %j says when it is sent", (state) => {
    const entry: OutboxEntry = { number: 1, opId: "op", key: "local.1", placeName: null, kind: "update", state, queuedAt: HEARD, attempts: 1, lastSentAt: null };
    const reason = entryReason(entry, NOW, connection);
    expect(reason).toMatch(/^[A-Z].*\.$/);
    if (connection === "accountGone") expect(reason).not.toMatch(/sent again|sent as soon/i);
    if (!isConnected) expect(reason).not.toMatch(/on its way\.$/i);
    if (connection === "signIn") expect(reason).toMatch(/sign in/);
  });
});

describe("what became of a sync", () => {
  const nothing = { sent: 0, pulled: 0, needAttention: 0, pending: 0, failure: null };

  it("is that all is up to date, only where it is", () => {
    expect(syncedText(nothing, 0)).toEqual({ text: words.synced.done, isWell: true });
    expect(syncedText({ ...nothing, sent: 2, pulled: 1 }, 0)).toEqual({ text: "2 changes sent. 1 change fetched.", isWell: true });
  });

  it("names what still waits, and why nothing was sent", () => {
    const lost = { ...nothing, pending: 1, failure: failure("unreachable") };
    expect(syncedText(lost, 0, true).text).toBe(`${lost.failure.sentence} ${lost.failure.advice}`);
    // Neither the address nor the server is at fault.
    expect(syncedText(lost, 0, false)).toEqual({ text: words.synced.offline, isWell: false });
    expect(syncedText({ ...lost, failure: failure("rate_limited") }, 0, false).text).not.toBe(words.synced.offline);
    expect(syncedText(nothing, 1)).toEqual({ text: "1 place needs a position before it is sent.", isWell: false });
    expect(syncedText({ ...nothing, pending: 3, needAttention: 1 }, 0)).toEqual({ text: "1 place needs your attention. 3 changes still wait.", isWell: false });
    expect(syncedText({ ...nothing, needAttention: 2 }, 0)).toEqual({ text: "2 places need your attention.", isWell: false });
    expect(syncedText({ ...nothing, pending: 3, failure: failure("unreachable") }, 0).text).toMatch(/^The server can't be reached\./);
  });
});
