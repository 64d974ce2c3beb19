import { readPairingLink } from "../../core/src/address";

/** What a person typed or pasted as a code, for the call `pair`. Pure. */
export interface Pairing {
  server: string;
  code: string | null;
  /** The whole link was pasted: it names the server itself. */
  isLink: boolean;
}

/** Reads a code beside a server, or a whole link such as `https://places.example.org/pair#XXXX-XXXX`; null where one is missing. */
export function pairing(server: string, code: string): Pairing | null {
  const typed = code.trim();
  if (!typed) return null;
  if (/^https?:\/\//i.test(typed)) {
    // A link without its code is the server at most.
    const link = readPairingLink(typed);
    return link ? { ...link, isLink: true } : null;
  }
  return server.trim() ? { server: server.trim(), code: typed, isLink: false } : null;
}
