/** What accounts have left on this phone, with their addresses masked. */
export const maskedAll = <L extends { email: string }>(left: readonly L[]): L[] => left.map((one) => ({ ...one, email: masked(one.email) }));

/**
 * An e-mail address for whoever holds the phone: enough to recognise one's own ("a…@e….org"), not enough to write to another
 * person. A domain of one's own may be one's name, so it is masked too. Pure.
 */
export function masked(email: string): string {
  const at = email.lastIndexOf("@");
  const [first = ""] = email;
  if (at <= 0) return `${first}…`;
  const domain = email.slice(at + 1);
  const [letter = ""] = domain;
  const dot = domain.lastIndexOf(".");
  return `${first}…@${letter}…${dot > 0 ? domain.slice(dot) : ""}`;
}
