// The address of a server and the link of a pairing, as people write them: read in one way by the screens and by the host in a browser,
// and as the native host reads them (crates/host/src/server.rs). Pure.

/** Reads an address: without a scheme it is `https://`, on this machine `http://`; undefined where it is none. */
export function readAddress(text: string): URL | undefined {
  const typed = text.trim();
  if (typed.includes("://")) return urlOf(typed);
  const url = urlOf(`https://${typed}`);
  return url && isThisMachine(url) ? urlOf(`http://${typed}`) : url;
}

/**
 * Reads a pairing link such as `https://places.example.org/app/sign-in#XXXX-XXXX`, or `…/pair#XXXX-XXXX` of a server without the
 * app; undefined where it is neither. `server`: the address without them.
 */
export function readPairingLink(text: string): { server: string; code: string } | undefined {
  const url = readAddress(text);
  const code = url?.hash.slice(1);
  const base = url && /^(.*)\/(?:app\/sign-in|pair)\/*$/.exec(url.pathname);
  return url && code && base ? { server: `${url.protocol}//${url.host}${base[1]}`, code } : undefined;
}

export function isThisMachine({ hostname }: URL): boolean {
  return hostname === "localhost" || hostname.endsWith(".localhost") || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

/** `URL.parse`, which browsers of 2023 don't have. */
function urlOf(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
