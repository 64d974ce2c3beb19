import { type Failure, fieldProblem } from "../core";
import { ownServer } from "../platform/server";
import { words } from "../words";
import { addressProblem, elsewhereProblem } from "./address";

/** Failures that are about the server's address. */
const OF_ADDRESS = new Set<Failure["code"]>(["invalid_server", "unreachable", "not_holdfast"]);

export const isOfServer = (failure: Failure | null): boolean => failure !== null && OF_ADDRESS.has(failure.code);

/** What is wrong with the server that is typed; `isAsked`: the person has pressed the button. */
export function serverProblem(server: string, isAsked: boolean, failure: Failure | null): string | undefined {
  if (!isAsked) return undefined;
  if (!server.trim()) return words.signIn.needed;
  // The usual advice speaks of what is saved and sent. Whoever signs in has asked for something else.
  const advice = failure?.code === "unreachable" ? words.signIn.unreachable : failure?.advice;
  const heard = failure && isOfServer(failure) ? `${failure.sentence} ${advice}` : undefined;
  return addressProblem(server) ?? elsewhereProblem(server, ownServer()) ?? fieldProblem(failure, "server") ?? heard;
}

/** Whether a server that is typed can be asked at all. */
export const canAsk = (server: string): boolean => server.trim() !== "" && !addressProblem(server) && !elsewhereProblem(server, ownServer());
