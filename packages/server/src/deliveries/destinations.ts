/** Changes of destinations, each in one transaction with its line in the audit log. */
import { randomUUID } from "node:crypto";
import { DESTINATION_FIELDS, type DestinationKind } from "@mesher/protocol";
import type { Database } from "../db/database.ts";
import { type Transaction, withTransaction } from "../db/transaction.ts";
import type { Actor } from "../organizations/access.ts";
import { recordAudit } from "../organizations/audit.queries.ts";
import { type ConfigValue, type Destination, isSecretField, SIGNING_SECRET } from "./destination.ts";
import {
  deleteDestination,
  insertDestination,
  lockDestination,
  lockDestinations,
  type SealedDestination,
  updateDestination,
} from "./destinations.queries.ts";
import { DESTINATIONS_MAX } from "./limits.ts";
import { open, SealError, type Secrets, seal } from "./seal.ts";
import { makeSigningSecret, rotated } from "./signing-secret.ts";

/** An expected refusal of a change. */
export class DestinationRefusedError extends Error {
  override readonly name = "DestinationRefusedError";
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export interface DestinationWish {
  readonly kind: DestinationKind;
  readonly name: string;
  readonly isEnabled: boolean;
  /** Open and secret ones. */
  readonly values: Readonly<Record<string, ConfigValue>>;
}

export interface Made {
  readonly id: string;
  /** Of a webhook: told to whoever makes it, and to nobody again. */
  readonly signingSecret: string | null;
}

export async function createDestination(
  database: Database,
  key: Buffer,
  actor: Actor,
  { kind, name, isEnabled, values }: DestinationWish,
): Promise<Made> {
  const { organizationId } = actor;
  const id = randomUUID();
  const { config, secrets: given } = divided(kind, values);
  const secrets = kind === "webhook" ? { ...given, [SIGNING_SECRET]: makeSigningSecret() } : given;
  await withTransaction(database, async (tx) => {
    if ((await lockDestinations(tx, organizationId)) >= DESTINATIONS_MAX)
      throw new DestinationRefusedError("too_many", `there are ${DESTINATIONS_MAX} destinations already`);
    const sealedSecrets = seal(key, id, secrets);
    await insertDestination(tx, { organizationId, id, kind, name, isEnabled, config, sealedSecrets });
    await audit(tx, actor, "destination.created", id, { kind, name });
  });
  return { id, signingSecret: secrets[SIGNING_SECRET] ?? null };
}

export type DestinationChange = Partial<Omit<DestinationWish, "kind">>;

/** Values that are not given stay. `false`: there is no such destination. */
export function changeDestination(
  database: Database,
  key: Buffer,
  actor: Actor,
  id: string,
  change: DestinationChange,
): Promise<boolean> {
  const { organizationId } = actor;
  return withTransaction(database, async (tx) => {
    const found = await lockDestination(tx, organizationId, id);
    if (found === undefined) return false;
    const { name = found.name, isEnabled = found.isEnabled, values = {} } = change;
    const { config, secrets } = divided(found.kind, values);
    // Secrets that cannot be read any more can still be entered anew.
    const isSecretChanged = Object.keys(secrets).length > 0;
    const sealedSecrets = isSecretChanged
      ? seal(key, id, { ...openOrNothing(key, found), ...secrets })
      : found.sealedSecrets;
    await updateDestination(tx, { ...found, name, isEnabled, config: { ...found.config, ...config }, sealedSecrets });
    await audit(tx, actor, "destination.changed", id, { name, isEnabled, changed: Object.keys(values) });
    return true;
  });
}

/** The new secret of a webhook's signatures; `undefined`: there is no such webhook. The former one goes on for a day. */
export function rotateSigningSecret(
  database: Database,
  key: Buffer,
  actor: Actor,
  id: string,
  nowMs: number,
): Promise<string | undefined> {
  const { organizationId } = actor;
  return withTransaction(database, async (tx) => {
    const found = await lockDestination(tx, organizationId, id);
    if (found?.kind !== "webhook") return undefined;
    const secrets = rotated(openOrNothing(key, found), nowMs);
    await updateDestination(tx, { ...found, sealedSecrets: seal(key, id, secrets) });
    await audit(tx, actor, "destination.secret_rotated", id, { name: found.name });
    return secrets[SIGNING_SECRET];
  });
}

/** `false`: there is no such destination. */
export function removeDestination(database: Database, actor: Actor, id: string): Promise<boolean> {
  const { organizationId } = actor;
  return withTransaction(database, async (tx) => {
    const removed = await deleteDestination(tx, organizationId, id);
    if (removed === undefined) return false;
    await audit(tx, actor, "destination.removed", id, removed);
    return true;
  });
}

/** Throws a `SealError`. */
export function opened(key: Buffer, { sealedSecrets, ...destination }: SealedDestination): Destination {
  return { ...destination, secrets: open(key, destination.id, sealedSecrets) };
}

/** What may be read back, and what is sealed. */
function divided(kind: DestinationKind, values: Readonly<Record<string, ConfigValue>>) {
  const secretNames = new Set(DESTINATION_FIELDS[kind].fields.filter(isSecretField).map(({ name }) => name));
  const config: Record<string, ConfigValue> = {};
  const secrets: Record<string, string> = {};
  for (const [name, value] of Object.entries(values)) {
    if (!secretNames.has(name)) config[name] = value;
    else if (typeof value === "string") secrets[name] = value;
  }
  return { config, secrets };
}

function openOrNothing(key: Buffer, { id, sealedSecrets }: SealedDestination): Secrets {
  try {
    return open(key, id, sealedSecrets);
  } catch (error) {
    if (error instanceof SealError) return {};
    throw error;
  }
}

function audit(tx: Transaction, actor: Actor, action: string, id: string, details: Record<string, unknown>) {
  const { organizationId } = actor;
  return recordAudit(tx, { organizationId, actor, action, target: { kind: "destination", id }, details });
}
