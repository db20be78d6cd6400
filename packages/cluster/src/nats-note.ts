/** What nodes say to each other through a NATS server before they have a link. */
import { type Hello, type Refusal, toHello, toRefusal } from "./hello.ts";
import type { Standing } from "./name-claim.ts";

/** Where the answer goes, and one half of the keys of the link that may come of it. */
interface Offer {
  /** Random; of the link, at this end. */
  readonly id: string;
  /** Names the subject of this life of the node. */
  readonly life: string;
  readonly publicKey: string;
  readonly hello: Hello;
}

export type NatsNote =
  | ({ readonly kind: "announce" } & Offer)
  /** With its standing, if it asks for its own name. */
  | ({ readonly kind: "hello" } & Standing & Offer)
  /** `of`: the id of the hello it answers. */
  | ({ readonly kind: "welcome"; readonly of: string } & Offer)
  | { readonly kind: "refuse"; readonly id: string; readonly of: string; readonly refusal: Refusal };

const ID = /^[0-9a-f]{32}$/;
const PUBLIC_KEY_LENGTH_MAX = 128;

/** Undefined: it is no note. */
export function parseNote(value: unknown): NatsNote | undefined {
  const { kind, id, of, life, publicKey, hello, refusal } = (value ?? {}) as Record<string, unknown>;
  if (!isId(id)) return undefined;
  if (kind === "refuse") return isId(of) ? { kind, id, of, refusal: toRefusal(refusal) } : undefined;
  const said = toHello(hello);
  const isKey = typeof publicKey === "string" && publicKey.length <= PUBLIC_KEY_LENGTH_MAX;
  if (said === undefined || !isId(life) || !isKey) return undefined;
  const offer = { id, life, publicKey, hello: said };
  if (kind === "announce") return { kind, ...offer };
  if (kind === "hello") return { kind, ...standingOf(value as Record<string, unknown>), ...offer };
  return kind === "welcome" && isId(of) ? { kind, of, ...offer } : undefined;
}

function standingOf({ hasLived, succeededAtMs }: Record<string, unknown>): Standing {
  const isMoment = typeof succeededAtMs === "number" && succeededAtMs > 0;
  return { hasLived: hasLived === true, succeededAtMs: isMoment ? succeededAtMs : undefined };
}

function isId(value: unknown): value is string {
  return typeof value === "string" && ID.test(value);
}
