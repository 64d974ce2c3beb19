import type { RefObject } from "react";
import type { View } from "react-native";

/** How far from the bottom the words are shown: `usual`. In browsers, where that hides no main button: useFreeSpot.web.ts. */
export const useFreeSpot = (_box: RefObject<View | null>, _shown: number | undefined, usual: number): number => usual;
