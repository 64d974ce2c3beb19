import { nameByAgent, nameByTold } from "../sign-in/deviceName";

/** Where the app came from: its server. */
export const ownServer = (): string => location.origin;

/** What to call this device unless the person says otherwise, as far as that is known at once. */
export const deviceName = (): string => nameByAgent(navigator.userAgent);

interface AgentData {
  mobile: boolean;
  platform: string;
  getHighEntropyValues(hints: string[]): Promise<{ model?: string; platform?: string }>;
}

/** The same where the browser tells more when it is asked; null where it does not. */
export async function betterDeviceName(): Promise<string | null> {
  const data = (navigator as { userAgentData?: AgentData }).userAgentData;
  if (!data) return null;
  try {
    const { model = "", platform = data.platform } = await data.getHighEntropyValues(["model", "platform"]);
    return nameByTold({ model, platform, isMobile: data.mobile }, navigator.userAgent);
  } catch {
    return null;
  }
}

let code = "";

const withoutFragment = () => history.replaceState(history.state, "", location.pathname + location.search);

/** Takes the code out of the address before anything is sent or drawn. A fragment never reaches a server. */
function readCode(): void {
  const found = /\/sign-in\/?$/.test(location.pathname) && location.hash.length > 1;
  if (!found) return;
  // A code has no letters that would need decoding; anything else is no code, and is refused as such.
  code = location.hash.slice(1);
  withoutFragment();
}

/**
 * Takes the code out of the address that is shown. The router writes the address that it was opened with once more when the first
 * page has appeared, so this comes after. The returned function lets it be.
 */
export function forgetFragment(): () => void {
  const timer = setTimeout(() => location.hash && withoutFragment());
  return () => clearTimeout(timer);
}

readCode();
// The camera opens the link in the window that is open already: only the fragment changes.
addEventListener("hashchange", readCode);

/** The code of the link that opened the app, once. */
export function takePairingCode(): string {
  const taken = code;
  code = "";
  return taken;
}
