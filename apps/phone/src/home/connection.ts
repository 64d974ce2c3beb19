// Whether anything can be sent and fetched at this moment, and if not, why. What the screens promise depends on it. Pure.

import type { Overview } from "../../core/src/core";

export type Connection =
  /** There is no account: nothing is ever sent. */
  | "none"
  /** The account was deleted or suspended. */
  | "accountGone"
  /** The server no longer talks to this version of the app. */
  | "updateApp"
  /** The server has ended this device's access. */
  | "signIn"
  /** There is no network. */
  | "offline"
  /** There is one, and the server does not answer. */
  | "unreachable"
  | "connected";

/** The gravest reason first: what the person must do comes before what passes by itself. */
export function connectionOf({ account, status }: Pick<Overview, "account" | "status">, isOnline: boolean): Connection {
  if (!account) return "none";
  if (status.paused === "accountGone" || status.paused === "updateApp") return status.paused;
  if (!account.signedIn || status.paused === "signIn") return "signIn";
  if (!isOnline) return "offline";
  return status.pushWaitsUntil || status.pullWaitsUntil ? "unreachable" : "connected";
}
