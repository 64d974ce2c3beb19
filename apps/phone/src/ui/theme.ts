// Colours, sizes and letters. The colours are those of the web platform (crates/web/assets/style.css), so that both are one
// product; everything else asks `useTheme`.

import { useColorScheme } from "react-native";
import { useReducedMotion, useTextScale } from "./preferences";

export interface Colors {
  paper: string;
  surface: string;
  raised: string;
  ink: string;
  inkSoft: string;
  line: string;
  lineStrong: string;
  accent: string;
  accentInk: string;
  accentSoft: string;
  danger: string;
  dangerSoft: string;
  warning: string;
  warningSoft: string;
  shade: string;
}

export const light: Colors = {
  paper: "#f7f6f2",
  surface: "#ffffff",
  raised: "#ffffff",
  ink: "#1d2421",
  inkSoft: "#56605b",
  line: "#dddbd2",
  lineStrong: "#8a8f88",
  accent: "#1f5c4a",
  accentInk: "#ffffff",
  accentSoft: "#e4efe9",
  danger: "#9c2b22",
  dangerSoft: "#fbe9e6",
  warning: "#7a4b00",
  warningSoft: "#fdf0d9",
  shade: "rgba(20, 24, 22, 0.45)",
};

export const dark: Colors = {
  paper: "#14181a",
  surface: "#1c2124",
  raised: "#232a2d",
  ink: "#e9ece8",
  inkSoft: "#a5b0ab",
  line: "#343c3f",
  lineStrong: "#7b8784",
  accent: "#7fcbb0",
  accentInk: "#0c1a15",
  accentSoft: "#20342d",
  danger: "#f09a90",
  dangerSoft: "#3a211e",
  warning: "#f0c274",
  warningSoft: "#372b15",
  shade: "rgba(0, 0, 0, 0.6)",
};

/** Steps of distance, in points. */
export const space = { xs: 4, s: 8, m: 12, l: 16, xl: 24, xxl: 32 } as const;
/** Corners, in points. */
export const radius = { s: 8, m: 12, l: 16, round: 999 } as const;
/** The least that a finger hits, in points. */
export const TARGET = 48;
/** The widest that text and lists get, in points. */
export const COLUMN = 640;

/** Size and line height in points, and weight, of each kind of text. */
export const letters = {
  large: { size: 30, line: 37, weight: "700" },
  title: { size: 22, line: 28, weight: "700" },
  heading: { size: 17, line: 23, weight: "600" },
  action: { size: 17, line: 22, weight: "600" },
  body: { size: 17, line: 25, weight: "400" },
  small: { size: 15, line: 21, weight: "400" },
  note: { size: 13, line: 18, weight: "400" },
} as const;

export interface Theme {
  colors: Colors;
  isDark: boolean;
  /** Letters are this much larger than usual. On a phone the system does it by itself, and this is 1. */
  textScale: number;
  reducedMotion: boolean;
}

/** The look of the moment; follows the system. */
export function useTheme(): Theme {
  const isDark = useColorScheme() === "dark";
  return { colors: isDark ? dark : light, isDark, textScale: useTextScale(), reducedMotion: useReducedMotion() };
}
