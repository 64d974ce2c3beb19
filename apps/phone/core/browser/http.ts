// HTTP to a Holdfast server. Never with the page's cookies, which belong to the web platform, never following a redirect,
// which our server does not send and a captive portal does.

import type { Server } from "./server";

/** What came back; `status` 0: nothing did. */
export interface HttpReply {
  status: number;
  protocol: boolean;
  retryAfter: number | null;
  body: string;
  /** Nothing came, and nothing was sent: there was no network all the while. */
  unsent?: boolean;
}

/** Whom a request is made for. */
export interface Access {
  server: Server;
  token: string;
  account: string;
}

/** How long a whole request may take, reply included. Shorter than a lease of the outbox. */
export const REQUEST_TIMEOUT = 30_000;
/** The largest reply that is read. */
const REPLY_BYTES_MAX = 64 * 1024 * 1024;

export const NO_REPLY: HttpReply = { status: 0, protocol: false, retryAfter: null, body: "" };
const NOT_SENT: HttpReply = { ...NO_REPLY, unsent: true };

/** Whether the browser knows of no network. It may still reach a server on the device itself: sending is tried all the same. */
const isOff = () => navigator.onLine === false;

interface Request {
  method: string;
  path: string;
  body?: string | null;
  access?: Access | undefined;
  signal?: AbortSignal | undefined;
  timeout?: number;
}

/** Sends; whatever happens, a reply comes of it. */
export async function send(server: Server, request: Request): Promise<HttpReply> {
  const ending = endingWith(request.signal);
  const timer = setTimeout(() => ending.abort(), request.timeout ?? REQUEST_TIMEOUT);
  let isUnsent = isOff();
  try {
    const response = await open(server, request, ending.signal);
    isUnsent = false;
    return { ...about(response), body: await readBody(response) };
  } catch {
    return isUnsent && isOff() ? NOT_SENT : NO_REPLY;
  } finally {
    clearTimeout(timer);
    ending.abort();
  }
}

/**
 * Ends with `signal`, or before it. As `AbortSignal.any`, which browsers of 2023 don't have; to be aborted when its work is done, so
 * that a signal that lives longer forgets it.
 */
export function endingWith(signal: AbortSignal | undefined): AbortController {
  const ending = new AbortController();
  if (signal?.aborted) ending.abort();
  signal?.addEventListener("abort", () => ending.abort(), { signal: ending.signal });
  return ending;
}

/** Sends, and leaves the body to the caller. */
export function open(server: Server, request: Request, signal: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { "holdfast-protocol": "1" };
  if (request.access) {
    headers["authorization"] = `Bearer ${request.access.token}`;
    headers["holdfast-account"] = request.access.account;
  }
  if (request.body != null) headers["content-type"] = "application/json";
  return fetch(server.address + request.path, {
    method: request.method,
    headers,
    body: request.body ?? null,
    signal,
    credentials: "omit",
    redirect: "manual",
    cache: "no-store",
    referrerPolicy: "no-referrer",
  });
}

/** What the core judges a reply by. */
export function about(response: Response): Omit<HttpReply, "body"> {
  // A redirect is hidden from scripts; it is an answer all the same, and not our server's.
  const status = response.type === "opaqueredirect" ? 302 : response.status;
  const seconds = /^\s*(\d{1,9})\s*$/.exec(response.headers.get("retry-after") ?? "");
  return { status, protocol: response.headers.has("holdfast-protocol"), retryAfter: seconds ? Number(seconds[1]) : null };
}

async function readBody(response: Response): Promise<string> {
  if (response.body === null) return "";
  let text = "";
  let bytes = 0;
  const decoder = new TextDecoder();
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.byteLength;
    if (bytes > REPLY_BYTES_MAX) {
      await reader.cancel();
      throw new Error("the reply is larger than any this server would send");
    }
    text += decoder.decode(value, { stream: true });
  }
}
