// What became of a sync, in words. Pure.

import type { Synced } from "../../core/src/core";
import { words } from "../words";

/** Nothing is said of twice: what needs the person does not wait as well. `lacking`: places that are not sent before they have a position. */
export function syncedText({ failure, needAttention, sent, pulled, pending }: Synced, lacking: number): { text: string; isWell: boolean } {
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
