// Notices that a page's account is signed in no more in this browser, and leaves: what it shows is for that account alone.

import { API_HEADERS } from "./dom";
import { isEdited } from "./forms";

const CHANNEL = "holdfast-account";

type SignedIn = "same" | "nobody" | "other";

/** Who is signed in now, as this page's account sees it; null where the server does not say. */
async function signedIn(account: string): Promise<SignedIn | null> {
  try {
    const reply = await fetch("/v1/account", { headers: { ...API_HEADERS, "Holdfast-Account": account }, cache: "no-store" });
    if (reply.ok) return "same";
    if (reply.status === 401) return "nobody";
    const { code } = (await reply.json()) as { code?: unknown };
    return code === "wrong_account" ? "other" : null;
  } catch {
    return null;
  }
}

function field(name: string, value: string): HTMLInputElement {
  const input = document.createElement("input");
  Object.assign(input, { type: "hidden", name, value });
  return input;
}

/** Hands what was typed over to the sign-in, which gives it back to this account alone. Nothing is carried out by it. */
function hold(form: HTMLFormElement): void {
  const { pathname, search } = new URL(form.action);
  const typed = [...new FormData(form)].filter((entry): entry is [string, string] => typeof entry[1] === "string");
  const held = document.createElement("form");
  Object.assign(held, { method: "post", action: "/sign-in?hold" });
  held.append(field("resume_to", pathname + search), field("resume_form", new URLSearchParams(typed).toString()));
  // Nothing of the page is left for whoever goes back to it.
  document.body.replaceChildren(held);
  held.submit();
}

let left = false;

function leave(now: "nobody" | "other"): void {
  left = true;
  const form = [...document.querySelectorAll<HTMLFormElement>("form[data-guard]")].find(isEdited);
  if (form) return hold(form);
  document.body.replaceChildren();
  // The server asks to sign in, and leads back here afterwards. Another account has places of its own.
  location.replace(now === "nobody" ? location.pathname + location.search : "/");
}

/** Asks the server, and leaves the page where its account is signed in no more. */
export async function check(account: string): Promise<void> {
  const now = await signedIn(account);
  if (!left && (now === "nobody" || now === "other")) leave(now);
}

/** Tells the other pages of this browser whose page has been opened, and hears it from them. */
export function watchAccount(account: string | undefined): void {
  const channel = "BroadcastChannel" in window ? new BroadcastChannel(CHANNEL) : undefined;
  channel?.postMessage(account ?? "");
  if (!account) {
    channel?.close();
    return;
  }
  // Only what the server says counts: a page that is there for everybody says nothing about who is signed in.
  channel?.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
    if (data !== account) void check(account);
  });
  addEventListener("pageshow", ({ persisted }) => {
    if (left) location.reload();
    else if (persisted) void check(account);
  });
  // A page that the browser had kept may be older than the session.
  const [navigation] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
  if (navigation?.type === "back_forward") void check(account);
}
