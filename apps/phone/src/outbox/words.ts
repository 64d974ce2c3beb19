// What waits in the outbox, in words. Pure.

import type { OutboxEntry } from "../../core/src/core";
import type { Connection } from "../home/connection";
import { when, within } from "../time/when";
import type { IconName } from "../ui/Icon";
import type { Colors } from "../ui/theme";
import { words } from "../words";

/** "New place", "Change", … */
export const entryKind = ({ kind }: OutboxEntry): string => words.outbox.kinds[kind];

/** Why it waits, as a sentence; the server's own words where it has said some. What keeps everything from being sent comes first. */
export function entryReason({ state }: OutboxEntry, now: number, connection: Connection): string {
  const { outbox } = words;
  const stopped = { signIn: outbox.pausedSignIn, accountGone: outbox.pausedAccountGone, updateApp: outbox.pausedUpdateApp, offline: outbox.offline };
  switch (state.is) {
    case "queued":
      return { ...stopped, none: outbox.queuedAlone, connected: outbox.queued, unreachable: outbox.queued, putOff: outbox.queued }[connection];
    case "behind":
      return outbox.behind;
    case "sending":
      return connection === "connected" ? outbox.sending : `${outbox.noAnswer} ${{ ...stopped, none: outbox.queuedAlone, unreachable: outbox.queued, putOff: outbox.queued }[connection]}`;
    case "backingOff": {
      if (connection in stopped) return `${outbox.notThrough} ${stopped[connection as keyof typeof stopped]}`;
      const at = Date.parse(state.nextAt);
      const soon = at <= now + 60_000;
      return [state.problem?.detail, outbox.backingOff(soon ? outbox.soon : within(when(at, now)))].filter(Boolean).join(" ");
    }
    case "paused":
      if (state.reason !== "plan") return stopped[state.reason];
      // Room alone would not send it.
      return connection in stopped ? `${outbox.pausedPlan} ${stopped[connection as keyof typeof stopped]}` : outbox.pausedPlan;
    case "conflict":
      return outbox.conflict[state.reason];
    case "rejected":
      return [outbox.rejected, state.problem.detail].filter(Boolean).join(" ");
  }
}

/** What is asked before it is discarded: without its creation, a place that no server has is gone. */
export function discardQuestion({ kind, attempts }: Pick<OutboxEntry, "kind" | "attempts">): { title: string; text: string } {
  const { outbox } = words;
  if (kind !== "create") return { title: outbox.discardTitle, text: outbox.discardText };
  return { title: outbox.discardCreateTitle, text: attempts > 0 ? outbox.discardCreateSent : outbox.discardCreate };
}

/** Icon and colour of its state. */
export function entryLook({ state }: OutboxEntry): { icon: IconName; tone: keyof Colors } {
  switch (state.is) {
    case "queued":
    case "behind":
      return { icon: "phone", tone: "accent" };
    case "sending":
      return { icon: "up", tone: "accent" };
    case "backingOff":
      return { icon: "clock", tone: "inkSoft" };
    case "paused":
    case "conflict":
    case "rejected":
      return { icon: "attention", tone: "warning" };
  }
}

/** Whether a person may send it now: what waits by itself or was refused. */
export const canRetry = ({ state }: OutboxEntry): boolean =>
  state.is === "backingOff" || state.is === "rejected" || (state.is === "paused" && state.reason === "plan");

/** Whether it can be dropped: not while it is on its way, and a conflict is decided instead. */
export const canDiscard = ({ state }: OutboxEntry): boolean => state.is !== "sending" && state.is !== "conflict";
