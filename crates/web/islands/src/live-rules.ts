// What the live part decides, without a page: tested by itself.

/** What the stream tells: the newest number of the person's feed. */
export interface Head {
  seq: number;
}

/** Reads a `head` event; null where it is none. */
export function headOf(event: string | undefined, data: string): Head | null {
  if (event !== "head") return null;
  try {
    const parsed: unknown = JSON.parse(data);
    const seq = typeof parsed === "object" && parsed !== null && "seq" in parsed ? parsed.seq : null;
    return typeof seq === "number" && Number.isSafeInteger(seq) && seq >= 0 ? { seq } : null;
  } catch {
    return null;
  }
}

const FIRST = 1000;
const LONGEST = 60_000;

/** How long to wait before the next attempt: exponential, with jitter over its upper half. `random` is from 0 to 1. */
export function backoff(failures: number, random: number): number {
  const ceiling = Math.min(LONGEST, FIRST * 2 ** Math.min(failures, 10));
  return ceiling / 2 + (ceiling / 2) * random;
}

/**
 * What a reply to the stream's request means. Signed out, another account or an old page: asking again would change
 * nothing. Anything that is not our event stream (a proxy's page) is no answer.
 */
export function verdict(status: number, contentType: string | null): "read" | "again" | "stop" {
  if ([401, 403, 409, 426].includes(status)) return "stop";
  return status === 200 && (contentType ?? "").startsWith("text/event-stream") ? "read" : "again";
}

/** A row: which place, and what it says. */
export interface Row {
  id: string;
  says: string;
}

/** How to make one list of another. */
export interface Plan {
  /** Rows of the old list to take out. */
  remove: string[];
  /** The new list, in order: kept as it stands, put in place of an old row, or new. */
  rows: { id: string; action: "keep" | "replace" | "insert" }[];
  /** How many are new to the list. */
  added: number;
  /** Whether something was left as it is because somebody is at it. */
  held: boolean;
}

/**
 * Plans the merge. Rows in `held` (focused, open) are neither replaced nor removed under the person: one that has vanished
 * stays behind the row it stood behind.
 */
export function planMerge(old: Row[], next: Row[], held: ReadonlySet<string>): Plan {
  const before = new Map(old.map((row) => [row.id, row.says]));
  const after = new Set(next.map((row) => row.id));
  const plan: Plan = { remove: [], rows: [], added: 0, held: false };
  for (const { id, says } of next) {
    const known = before.get(id);
    if (known === undefined) {
      plan.rows.push({ id, action: "insert" });
      plan.added++;
    } else if (known === says) plan.rows.push({ id, action: "keep" });
    else if (held.has(id)) {
      plan.rows.push({ id, action: "keep" });
      plan.held = true;
    } else plan.rows.push({ id, action: "replace" });
  }
  old.forEach(({ id }, at) => {
    if (after.has(id)) return;
    if (!held.has(id)) {
      plan.remove.push(id);
      return;
    }
    plan.held = true;
    // Behind the nearest row before it that is still there, or first.
    let place = 0;
    for (let i = at - 1; i >= 0 && place === 0; i--) place = plan.rows.findIndex((row) => row.id === old[i]?.id) + 1;
    plan.rows.splice(place, 0, { id, action: "keep" });
  });
  return plan;
}
