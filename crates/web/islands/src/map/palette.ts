// The one place where the map's colours are chosen.

/** The colours of a map. */
export interface Palette {
  water: string;
  land: string;
  coast: string;
  river: string;
  border: string;
  town: string;
  townLabel: string;
  /** A thin rim around letters, in the colour of what they mostly stand on. */
  halo: string;
  countryLabel: string;
  /** The person's own places, and the circle of a position's accuracy. */
  accent: string;
}

/** Pale paper and water, so that a person's own places are the strongest thing on the map. */
export const light: Palette = {
  water: "#cbdde6",
  land: "#f4f2ea",
  coast: "#a9c2ce",
  river: "#b4ced9",
  border: "#b9b0a2",
  town: "#7a766d",
  townLabel: "#45433d",
  halo: "#f4f2ea",
  countryLabel: "#635d52",
  accent: "#1f6f54",
};

/** The same by night: land a little lighter than water, letters clear, the names of countries a little softer. */
export const dark: Palette = {
  water: "#10191f",
  land: "#20272b",
  coast: "#34444d",
  river: "#1a2a33",
  border: "#666b6e",
  town: "#b0b8bd",
  townLabel: "#e9eef0",
  halo: "#12181c",
  countryLabel: "#c3cbd0",
  accent: "#6cc6a2",
};

function channel(value: number): number {
  const share = value / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
}

function luminance(colour: string): number {
  const number = Number.parseInt(colour.slice(1), 16);
  return 0.2126 * channel(number >> 16) + 0.7152 * channel((number >> 8) & 255) + 0.0722 * channel(number & 255);
}

/** The contrast of two colours `#rrggbb` as WCAG 2.2 defines it: 1 to 21. */
export function contrast(one: string, other: string): number {
  const [darker, lighter] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (lighter + 0.05) / (darker + 0.05);
}
