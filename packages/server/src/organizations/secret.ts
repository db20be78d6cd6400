import { createHash, randomBytes } from "node:crypto";

/** `mshr_` and 48 hex digits: the form of project keys and API tokens. */
export function makeSecret(): string {
  return `mshr_${randomBytes(24).toString("hex")}`;
}

/** What is kept of a secret, and looked up. Secrets are random and long, so that a plain hash cannot be guessed back. */
export function sha256(secret: string): Buffer {
  return createHash("sha256").update(secret).digest();
}
