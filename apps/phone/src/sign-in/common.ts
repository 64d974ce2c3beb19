import { useState } from "react";
import type { AccountOverview } from "../core";
import { ownServer } from "../platform/server";
import { useDeviceName } from "./useDeviceName";

/** What both ways to sign in ask for: typed once, whichever is taken in the end. */
export interface Common {
  server: string;
  setServer: (server: string) => void;
  name: string;
  setName: (name: string) => void;
}

/** As this device was signed in before, or as it is offered to a new one. */
export function useCommon(known: AccountOverview | null): Common {
  const [server, setServer] = useState(() => known?.server ?? ownServer());
  const [name, setName] = useDeviceName(known?.deviceName);
  return { server, setServer, name, setName };
}
