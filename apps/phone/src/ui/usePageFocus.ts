import { useRef } from "react";
import type { Text } from "react-native";

/** The page's heading. Phones have a keyboard focus of their own; in browsers: usePageFocus.web.ts. */
export const usePageFocus = (_isMain: boolean) => useRef<Text>(null);
