/** Where the app came from: its server. */
export const ownServer = (): string => location.origin;

/** What to call this device unless the person says otherwise. */
export function deviceName(): string {
  const agent = navigator.userAgent;
  const system = [
    [/iPhone/, "iPhone"],
    [/iPad|Macintosh(?=.*Mobile)/, "iPad"],
    [/Android/, "Android"],
    [/Macintosh/, "Mac"],
    [/Windows/, "Windows"],
    [/CrOS/, "Chromebook"],
  ].find(([sign]) => (sign as RegExp).test(agent))?.[1] ?? "Linux";
  const browser = /Edg\//.test(agent) ? "Edge" : /Firefox|FxiOS/.test(agent) ? "Firefox" : /Chrome|CriOS/.test(agent) ? "Chrome" : "Safari";
  return `${browser} on ${system as string}`;
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
