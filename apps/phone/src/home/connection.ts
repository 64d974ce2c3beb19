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
  /** It answers, and can do nothing for this device at the moment. */
  | "putOff"
  | "connected";

/** The gravest reason first: what the person must do comes before what passes by itself. */
export function connectionOf({ account, status }: Pick<Overview, "account" | "status">, isOnline: boolean): Connection {
  if (!account) return "none";
  if (status.paused === "accountGone" || status.paused === "updateApp") return status.paused;
  if (!account.signedIn || status.paused === "signIn") return "signIn";
  if (!isOnline) return "offline";
  // A wait with a reason is the server's own word.
  if ((status.pushWaitsUntil && !status.pushProblem) || (status.pullWaitsUntil && !status.pullProblem)) return "unreachable";
  return status.pushWaitsUntil || status.pullWaitsUntil ? "putOff" : "connected";
}
