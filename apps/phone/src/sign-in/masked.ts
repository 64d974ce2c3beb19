/** What accounts have left on this phone, with their addresses masked. */
export const maskedAll = <L extends { email: string }>(left: readonly L[]): L[] => left.map((one) => ({ ...one, email: masked(one.email) }));

/**
 * An e-mail address for whoever holds the phone: enough to recognise one's own ("a…@example.org"), not enough to learn another
 * person's. Pure.
 */
export function masked(email: string): string {
  const at = email.lastIndexOf("@");
  const [first = ""] = email;
  return at > 0 ? `${first}…${email.slice(at)}` : `${first}…`;
}
