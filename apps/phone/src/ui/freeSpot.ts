// Where what is said hides no main button. Pure; all lengths are from the bottom of the window.

export interface Span {
  from: number;
  to: number;
}

/** Between the words and a button. */
const GAP = 8;

interface Asked {
  /** The main buttons that are seen. */
  buttons: readonly Span[];
  /** Of the words. */
  height: number;
  /** Of the window. */
  room: number;
  usual: number;
  now: number;
}

/** Where the words stay or go: as near to the usual spot as they hide no main button; the usual one where every spot hides one. */
export function freeSpot({ buttons, height, room, usual, now }: Asked): number {
  const isFree = (bottom: number) => bottom >= 0 && bottom + height <= room && buttons.every(({ from, to }) => bottom >= to || bottom + height <= from);
  if (isFree(now)) return now;
  const spots = [usual, GAP, ...buttons.flatMap(({ from, to }) => [to + GAP, from - GAP - height])].filter(isFree);
  const far = (bottom: number) => Math.abs(bottom - usual);
  return spots.reduce((best, each) => (far(each) < far(best) ? each : best), spots[0] ?? usual);
}
