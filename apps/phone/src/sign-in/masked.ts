/**
 * An e-mail address for whoever holds the phone: enough to recognise one's own ("a…@example.org"), not enough to learn another
 * person's. Pure.
 */
export function masked(email: string): string {
  const at = email.lastIndexOf("@");
  const [first = ""] = email;
  return at > 0 ? `${first}…${email.slice(at)}` : `${first}…`;
}
