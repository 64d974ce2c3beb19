import { useCallback, useEffect, useRef, useState } from "react";
import type { Fix, LocationProblem } from "./fix";
import { refine } from "./refine";
import { deviceLocation } from "./device";
import { useLatest } from "../ui/useLatest";

/** How long a person watches for an answer before they would rather set it by hand, in milliseconds. */
const PATIENCE_MS = 15_000;
/** A first fix is followed by better ones for so long, in milliseconds. */
const BETTER_MS = 4_000;

/** Finds where the person is, once for each call of `locate`; `onFound` gets the best fix. */
export function useLocate(onFound: (fix: Fix) => void): { locate: () => void; isLocating: boolean; problem: LocationProblem | null } {
  const [isLocating, setLocating] = useState(false);
  const [problem, setProblem] = useState<LocationProblem | null>(null);
  const found = useLatest(onFound);
  const stop = useRef<() => void>(() => undefined);
  useEffect(() => () => stop.current(), []);
  const locate = useCallback(() => {
    let live = true;
    setLocating(true);
    setProblem(null);
    const search = refine(deviceLocation, () => undefined, { refineMs: BETTER_MS, firstMs: PATIENCE_MS });
    stop.current = () => {
      live = false;
      search.stop();
    };
    void search.done.then((result) => {
      if (!live) return;
      setLocating(false);
      if (result.fix) found.current(result.fix);
      else setProblem(result.problem);
    });
  }, [found]);
  return { locate, isLocating, problem };
}
