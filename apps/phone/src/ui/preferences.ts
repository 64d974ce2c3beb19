// What the person has set in the system, on iOS and Android. The browser's: preferences.web.ts.

import { useEffect, useState } from "react";
import { AccessibilityInfo } from "react-native";

/** The system enlarges text by itself. */
export const useTextScale = (): number => 1;

/** Whether things are not to move. */
export function useReducedMotion(): boolean {
  const [reduced, setReduced] = useState(false);
  useEffect(() => {
    AccessibilityInfo.isReduceMotionEnabled().then(setReduced, () => undefined);
    const subscription = AccessibilityInfo.addEventListener("reduceMotionChanged", setReduced);
    return () => subscription.remove();
  }, []);
  return reduced;
}
