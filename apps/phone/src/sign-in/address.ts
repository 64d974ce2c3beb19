// What is wrong with a server's address, before anybody is asked. The core's host reads it the same way, and only says that it can't. Pure.

import { readAddress } from "../../core/src/address";
import { words } from "../words";

const { address: said } = words.signIn;

/** Why this can't be the address of a server, with how one looks; undefined where it can, and where nothing is typed. */
export function addressProblem(text: string): string | undefined {
  const typed = text.trim();
  if (!typed) return undefined;
  if (/\s/.test(typed)) return said.blank;
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(typed)?.[1];
  if (scheme && !/^https?$/i.test(scheme)) return said.scheme(`${scheme}://`);
  if (!scheme && /^https?(:|\/\/)/i.test(typed)) return said.slashes;
  if (!scheme && /^(mailto|ftp|file|data|javascript):/i.test(typed)) return said.scheme(typed.slice(0, typed.indexOf(":") + 1));
  if (!scheme && typed.includes("@")) return said.email;
  const url = readAddress(typed);
  if (!url?.hostname) return said.unclear;
  return url.username || url.password ? said.login : undefined;
}

/** Where the app was opened at another server than this one, whose pages let it speak with nobody else. `own`: empty on a phone. */
export function elsewhereProblem(text: string, own: string): string | undefined {
  const typed = text.trim();
  if (!own || !typed || addressProblem(typed)) return undefined;
  const here = readAddress(own);
  const url = readAddress(typed);
  return url && here && url.origin !== here.origin ? said.elsewhere(here.origin, url.origin) : undefined;
}
