import { useIsFocused } from "expo-router";
import { useEffect, useState } from "react";
import { deviceLocation } from "./device";

/** Whether the person has refused the app to know where they are, as of when the page came to the front. */
export function useDenied(): boolean {
  const [denied, setDenied] = useState(false);
  const isFocused = useIsFocused();
  useEffect(() => {
    if (isFocused) deviceLocation.isDenied().then(setDenied, () => undefined);
  }, [isFocused]);
  return denied;
}
