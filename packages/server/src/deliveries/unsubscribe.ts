/** Links in mails by which a person stops them: signed, so that they need no login and serve nobody else. Pure. */
import { createHmac, timingSafeEqual } from "node:crypto";

export const UNSUBSCRIBE_TOPICS = ["alerts", "weekly_report"] as const;
export type UnsubscribeTopic = (typeof UNSUBSCRIBE_TOPICS)[number];

export interface Unsubscription {
  readonly organizationId: string;
  readonly userId: string;
  readonly topic: UnsubscribeTopic;
}

export function makeUnsubscribeToken(key: Buffer, { organizationId, userId, topic }: Unsubscription): string {
  const content = `${topic}~${organizationId}~${userId}`;
  return `${content}~${signatureOf(key, content)}`;
}

/** `undefined`: nobody has signed it. */
export function readUnsubscribeToken(key: Buffer, token: string): Unsubscription | undefined {
  const [topic = "", organizationId = "", userId = "", signature = ""] = token.split("~");
  const known = UNSUBSCRIBE_TOPICS.find((each) => each === topic);
  const expected = Buffer.from(signatureOf(key, `${topic}~${organizationId}~${userId}`));
  const given = Buffer.from(signature);
  if (known === undefined || given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  return { organizationId, userId, topic: known };
}

function signatureOf(key: Buffer, content: string): string {
  return createHmac("sha256", key).update(content).digest("base64url");
}
