/** Signatures of webhooks, as https://www.standardwebhooks.com has them, so that receivers check them with a library. */
import { createHmac, randomBytes } from "node:crypto";
import { FORMER_SIGNING_SECRET, FORMER_UNTIL, SIGNING_SECRET } from "./destination.ts";
import type { Secrets } from "./seal.ts";

const PREFIX = "whsec_";
const SECRET_BYTES = 32;

/** Messages are signed with the former secret too for so long after another was made. */
export const ROTATION_HOURS = 24;

export function makeSigningSecret(): string {
  return `${PREFIX}${randomBytes(SECRET_BYTES).toString("base64")}`;
}

/** The secrets with a new one for signatures; the present one becomes the former. */
export function rotated(secrets: Secrets, nowMs: number): Secrets {
  const former = secrets[SIGNING_SECRET];
  return {
    ...secrets,
    [SIGNING_SECRET]: makeSigningSecret(),
    ...(former !== undefined && {
      [FORMER_SIGNING_SECRET]: former,
      [FORMER_UNTIL]: String(nowMs + ROTATION_HOURS * 3_600_000),
    }),
  };
}

/** `id`: of the delivery, the same in every attempt. */
export function signedHeaders(secrets: Secrets, id: string, nowMs: number, body: string): Record<string, string> {
  const seconds = String(Math.floor(nowMs / 1000));
  const current = secrets[SIGNING_SECRET];
  const former = nowMs < Number(secrets[FORMER_UNTIL] ?? 0) ? secrets[FORMER_SIGNING_SECRET] : undefined;
  const signatures = [current, former]
    .filter((secret) => secret !== undefined)
    .map((secret) => `v1,${sign(secret, `${id}.${seconds}.${body}`)}`);
  return { "webhook-id": id, "webhook-timestamp": seconds, "webhook-signature": signatures.join(" ") };
}

function sign(secret: string, content: string): string {
  const key = Buffer.from(secret.slice(PREFIX.length), "base64");
  return createHmac("sha256", key).update(content).digest("base64");
}
