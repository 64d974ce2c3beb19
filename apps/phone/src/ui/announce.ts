import { AccessibilityInfo } from "react-native";

/** Has a screen reader say this. The browser's: announce.web.ts. */
export const announce = (words: string): void => AccessibilityInfo.announceForAccessibility(words);
