// Places that were kept apart from the account: once decided, more of them can come, which nobody has been asked about. Pure.

import type { Adoption } from "../../core/src/core";

/** How many have come since the decision. `decided`: how many there were then; null where this app does not know. */
export const grownSince = ({ places, ask }: Adoption, decided: number | null): number => (ask ? 0 : Math.max(0, places - (decided ?? 0)));

/** What to remember of the decision now: some may have been deleted since, and those that come then are new. */
export const stillDecided = ({ places, ask }: Adoption, decided: number | null): number | null => (ask || decided === null ? decided : Math.min(places, decided));
