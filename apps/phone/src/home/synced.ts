// What became of a sync, in words. Pure.

import type { Synced } from "../../core/src/core";
import { words } from "../words";

/**
 * Nothing is said of twice: what needs the person does not wait as well. `lacking`: places that are not sent before they have a
 * position. Without a network, neither the address nor the server is at fault.
 */
export function syncedText({ failure, needAttention, sent, pulled, pending }: Synced, lacking: number, isOnline = true): { text: string; isWell: boolean } {
  if (failure?.code === "unreachable" && !isOnline) return { text: words.synced.offline, isWell: false };
  if (failure) return { text: `${failure.sentence} ${failure.advice}`, isWell: false };
  const { synced } = words;
  const parts = [
    sent > 0 ? synced.sent(sent) : "",
    pulled > 0 ? synced.pulled(pulled) : "",
    needAttention > 0 ? `${words.summary.attention(needAttention)}.` : "",
    pending > 0 ? synced.pending(pending) : "",
    lacking > 0 ? `${words.summary.position(lacking)}.` : "",
  ].filter(Boolean);
  return { text: parts.join(" ") || synced.done, isWell: needAttention + pending + lacking === 0 };
}
