import { type RefObject, useLayoutEffect, useRef } from "react";

/** The newest value, for what runs after the drawing: handlers, timers, effects. Not to be read while drawing. */
export function useLatest<T>(value: T): RefObject<T> {
  const latest = useRef(value);
  useLayoutEffect(() => {
    latest.current = value;
  });
  return latest;
}
