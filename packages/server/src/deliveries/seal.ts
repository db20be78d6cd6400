/**
 * Seals what destinations must keep secret and Mesher must read again: tokens, keys, addresses that are keys. Whoever reads
 * the database, or a backup of it, cannot use them without the server's secret.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

const ALGORITHM = "aes-256-gcm";
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** The first byte: which way of sealing it is. */
const VERSION = 1;

export type Secrets = Readonly<Record<string, string>>;

/** What was sealed cannot be opened: another `MESHER_SECRET`, or another row's. */
export class SealError extends Error {
  override readonly name = "SealError";
}

/** A key of its own for each purpose of the server's secret. */
export function deriveKey(serverSecret: string, purpose: "destinations" | "unsubscribe"): Buffer {
  return Buffer.from(hkdfSync("sha256", serverSecret, "", `mesher ${purpose}`, KEY_BYTES));
}

/** `id`: of the destination. What was sealed for one opens for no other. */
export function seal(key: Buffer, id: string, secrets: Secrets): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(Buffer.from(id));
  const sealed = Buffer.concat([cipher.update(JSON.stringify(secrets), "utf8"), cipher.final()]);
  return Buffer.concat([Buffer.of(VERSION), nonce, cipher.getAuthTag(), sealed]);
}

export function open(key: Buffer, id: string, sealed: Uint8Array): Secrets {
  const bytes = Buffer.from(sealed);
  const nonce = bytes.subarray(1, 1 + NONCE_BYTES);
  const tag = bytes.subarray(1 + NONCE_BYTES, 1 + NONCE_BYTES + TAG_BYTES);
  try {
    const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES })
      .setAAD(Buffer.from(id))
      .setAuthTag(tag);
    const text = Buffer.concat([decipher.update(bytes.subarray(1 + NONCE_BYTES + TAG_BYTES)), decipher.final()]);
    return JSON.parse(text.toString("utf8")) as Secrets;
  } catch (cause) {
    throw new SealError("the destination's secrets cannot be read: was MESHER_SECRET changed? Enter them again", {
      cause,
    });
  }
}
