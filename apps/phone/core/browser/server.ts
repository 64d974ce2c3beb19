// A server as the core remembers it, as on the native host (crates/host/src/server.rs): the same server has the same key.

import { isThisMachine, readAddress, readPairingLink } from "../src/address";
import { CoreError, failure } from "../src/core";

/** A server, as the core remembers it. */
export interface Server {
  /** Scheme, host, port and perhaps a path, without a slash at the end. */
  address: string;
  /** A name for files. */
  key: string;
  /** Whether the connection is not encrypted and leaves this machine. */
  unencrypted: boolean;
}

/** Reads an address as people write it: without a scheme it is `https://`, on this machine `http://`. */
export function parseServer(text: string): Server {
  const url = readAddress(text);
  if (url === undefined || !["http:", "https:"].includes(url.protocol) || url.username || url.password) {
    throw new CoreError(failure("invalid_server"));
  }
  const path = url.pathname.replace(/\/+$/, "");
  const plain = url.protocol === "http:";
  return {
    address: `${url.protocol}//${url.host}${path}`,
    key: (plain ? "http_" : "") + keyOf(`${url.host}${path}`),
    unencrypted: plain && !isThisMachine(url),
  };
}

/** Reads a pairing link; undefined where it is none. */
export function parsePairingLink(text: string): { server: Server; code: string } | undefined {
  const link = readPairingLink(text);
  return link && { server: parseServer(link.server), code: link.code };
}

/** Every character but the usual ones becomes its number, so that no two addresses share a name. */
function keyOf(text: string): string {
  return Array.from(text, (c) => (/[a-z0-9.-]/.test(c) ? c : `_${c.codePointAt(0)!.toString(16)}_`)).join("");
}
