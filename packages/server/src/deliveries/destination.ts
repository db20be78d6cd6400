/** A destination: what it is made of, which part of it is secret, and how the secret part is shown. Pure. */
import { DESTINATION_FIELDS, type DestinationField, type DestinationKind } from "@mesher/protocol";
import type { Secrets } from "./seal.ts";

export type ConfigValue = string | readonly string[];
/** By the names of `DESTINATION_FIELDS`. */
export type DestinationConfig = Readonly<Record<string, ConfigValue>>;

export interface Destination {
  readonly organizationId: string;
  readonly id: string;
  readonly kind: DestinationKind;
  readonly name: string;
  readonly isEnabled: boolean;
  /** What may be read back. */
  readonly config: DestinationConfig;
  readonly secrets: Secrets;
  readonly pausedUntil: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** Among the secrets of a webhook: what its messages are signed with, and what they were signed with until lately. */
export const SIGNING_SECRET = "signing_secret";
export const FORMER_SIGNING_SECRET = "former_signing_secret";
/** Milliseconds since 1970 as text: until then messages are signed with both. */
export const FORMER_UNTIL = "former_until";

const SECRET_TYPES: ReadonlySet<DestinationField["type"]> = new Set(["secret", "secret_url"]);

export function isSecretField({ type }: DestinationField): boolean {
  return SECRET_TYPES.has(type);
}

/** What a reader may see of all it is made of. */
export function maskedConfig({ kind, config, secrets }: Pick<Destination, "kind" | "config" | "secrets">) {
  const masked = DESTINATION_FIELDS[kind].fields.filter(isSecretField).flatMap(({ name }) => {
    const secret = secrets[name];
    return secret === undefined ? [] : [[name, mask(secret)] as const];
  });
  return { ...config, ...Object.fromEntries(masked) };
}

const SHOWN_LENGTH = 4;
/** Of a shorter secret, its end would be too much of it. */
const SHOWN_OF_LENGTH_MIN = 16;

/** Of an address, where it leads; of any secret its end, by which people recognize it. */
export function mask(secret: string): string {
  const origin = URL.canParse(secret) && /^https?:/.test(secret) ? `${new URL(secret).origin}/` : "";
  const end = secret.length >= SHOWN_OF_LENGTH_MIN ? secret.slice(-SHOWN_LENGTH) : "";
  return `${origin}…${end}`;
}

/** Takes a destination's secrets out of a text that is kept or shown: what a receiver or a library says of a failure. */
export function withoutSecrets(text: string, secrets: Secrets): string {
  const values = Object.values(secrets).filter((value) => value.length >= SHOWN_LENGTH);
  return values.reduce((clean, value) => clean.replaceAll(value, "…").replaceAll(encodeURIComponent(value), "…"), text);
}
