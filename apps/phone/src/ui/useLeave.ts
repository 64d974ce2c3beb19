import { useNavigation } from "expo-router";
import { usePreventRemove } from "expo-router/react-navigation";
import { useEffect, useRef } from "react";
import { type Asked, useAsk } from "./Dialog";
import { useLatest } from "./useLatest";

/**
 * Asks before the page is left while there is something that would be lost. A browser's own "back" can't be asked about: then
 * `left` is called afterwards.
 */
export function useLeave(isUnsaved: boolean, asked: Asked, left: () => void): void {
  const ask = useAsk();
  const navigation = useNavigation();
  const isAsking = useRef(false);
  const latest = useLatest({ isUnsaved, left });
  const isMeant = useRef(false);
  usePreventRemove(isUnsaved, ({ data }) => {
    if (isAsking.current) return;
    isAsking.current = true;
    void ask(asked).then((leaves) => {
      isAsking.current = false;
      if (!leaves) return;
      isMeant.current = true;
      navigation.dispatch(data.action);
    });
  });
  useEffect(
    () => () => {
      if (latest.current.isUnsaved && !isMeant.current) latest.current.left();
    },
    [latest],
  );
}
