import { usePathname } from "expo-router";
import { usePreventRemove } from "expo-router/react-navigation";
import { useNavigation } from "expo-router";
import { useRef } from "react";
import { comeBack } from "../platform/address";
import { type Asked, useAsk } from "./Dialog";

/** Asks before the page is left in whatever way, while there is something that would be lost. */
export function useLeave(isUnsaved: boolean, asked: Asked): void {
  const ask = useAsk();
  const navigation = useNavigation();
  const path = usePathname();
  const isAsking = useRef(false);
  usePreventRemove(isUnsaved, ({ data }) => {
    if (isAsking.current) return;
    isAsking.current = true;
    void ask(asked).then((leaves) => {
      isAsking.current = false;
      // The browser's own "back" has changed the address already.
      if (leaves) navigation.dispatch(data.action);
      else comeBack(path);
    });
  });
}
