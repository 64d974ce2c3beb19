// The address of a server, read as the native host reads it (crates/host/src/server.rs): the same server has the same key.

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
  const url = parse(text.trim());
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

/**
 * Reads a pairing link such as `https://places.example.org/app/sign-in#XXXX-XXXX`, or `…/pair#XXXX-XXXX` of a server without the
 * app; undefined where it is neither.
 */
export function parsePairingLink(text: string): { server: Server; code: string } | undefined {
  const url = parse(text.trim());
  const code = url?.hash.slice(1);
  const base = url && /^(.*)\/(?:app\/sign-in|pair)\/*$/.exec(url.pathname);
  if (!url || !code || !base) return undefined;
  return { server: parseServer(`${url.protocol}//${url.host}${base[1]}`), code };
}

function parse(text: string): URL | undefined {
  if (text.includes("://")) return urlOf(text);
  const url = urlOf(`https://${text}`);
  return url && isThisMachine(url) ? urlOf(`http://${text}`) : url;
}

/** `URL.parse`, which browsers of 2023 don't have. */
function urlOf(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

function isThisMachine(url: URL): boolean {
  const host = url.hostname;
  return host === "localhost" || host.endsWith(".localhost") || host === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** Every character but the usual ones becomes its number, so that no two addresses share a name. */
function keyOf(text: string): string {
  return Array.from(text, (c) => (/[a-z0-9.-]/.test(c) ? c : `_${c.codePointAt(0)!.toString(16)}_`)).join("");
}
