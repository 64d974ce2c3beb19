import { useEffect, useState } from "react";
import type { Overview } from "../core";
import { remember, remembered } from "../platform/remember";
import { grownSince, stillDecided } from "./apart";

const read = (key: string): number | null => {
  const text = remembered(key);
  return text === null ? null : Number(text) || 0;
};

/** How many places have come without an account since the person decided to keep those that there were apart, and that they did again. */
export function useApart({ account, adoption }: Overview): { grown: number; decided: (places: number) => void } {
  const key = `apart ${account?.server ?? ""} ${account?.email ?? ""}`;
  const [count, setCount] = useState(() => ({ key, decided: read(key) }));
  const known = count.key === key ? count.decided : read(key);
  const decided = (places: number) => {
    remember(key, String(places));
    setCount({ key, decided: places });
  };
  const still = stillDecided(adoption, known);
  useEffect(() => {
    if (account && still !== null && still !== known) remember(key, String(still));
  }, [account, key, known, still]);
  return { grown: account ? grownSince(adoption, still) : 0, decided };
}
