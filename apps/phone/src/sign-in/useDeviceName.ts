import { useEffect, useState } from "react";
import { betterDeviceName, deviceName } from "../platform/server";

/** The name of this device, offered until the person types another one. `known`: the one it has had. */
export function useDeviceName(known: string | undefined): [string, (name: string) => void] {
  const [typed, setTyped] = useState<string>();
  const [offered, setOffered] = useState(() => known ?? deviceName());
  useEffect(() => {
    let live = true;
    if (known === undefined) void betterDeviceName().then((name) => live && name && setOffered(name));
    return () => {
      live = false;
    };
  }, [known]);
  return [typed ?? offered, setTyped];
}
