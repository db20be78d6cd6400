/** Which addresses people can sign in with by password: those that better-auth looks up, of which it cannot be told others. Pure. */

/** As a pattern of PostgreSQL, it means the same. */
export const SIGN_IN_ADDRESS =
  "^(?:[A-Za-z0-9_'+-]+\\.)*[A-Za-z0-9_'+-]*[A-Za-z0-9_+-]@(?:[A-Za-z0-9][A-Za-z0-9-]*\\.)+[A-Za-z]{2,}$";

/** Of whatever is no such address. */
export const MUST_BE_ADDRESS = "must be an address like name@example.com";

const PATTERN = new RegExp(SIGN_IN_ADDRESS);

export function isSignInAddress(text: string): boolean {
  return PATTERN.test(text);
}
