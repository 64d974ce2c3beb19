/** How far one press moves, in metres, and how that is said. */
export const STEPS = [
  { value: "1", title: "1 m", metres: 1 },
  { value: "10", title: "10 m", metres: 10 },
  { value: "100", title: "100 m", metres: 100 },
  { value: "1000", title: "1 km", metres: 1_000 },
] as const;

export type Step = (typeof STEPS)[number];
