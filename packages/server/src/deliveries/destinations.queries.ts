/** Statements on destinations. Always within an organization. */
import type { DestinationKind } from "@mesher/protocol";
import type { Queryable } from "../db/database.ts";
import type { Transaction } from "../db/transaction.ts";
import { lockOrganization } from "../organizations/locks.queries.ts";
import type { Destination, DestinationConfig } from "./destination.ts";

/** A destination as it lies in the database. */
export interface SealedDestination extends Omit<Destination, "secrets"> {
  readonly sealedSecrets: Buffer;
}

interface DestinationRow {
  organization_id: string;
  id: string;
  kind: DestinationKind;
  name: string;
  is_enabled: boolean;
  config: DestinationConfig;
  sealed_secrets: Buffer;
  paused_until: Date | null;
  created_at: Date;
  updated_at: Date;
}

const COLUMNS = `
  organization_id, id, kind, name, is_enabled, config, sealed_secrets,
  case when paused_until > now() then paused_until end as paused_until, created_at, updated_at`;

const destinationOf = (row: DestinationRow): SealedDestination => ({
  organizationId: row.organization_id,
  id: row.id,
  kind: row.kind,
  name: row.name,
  isEnabled: row.is_enabled,
  config: row.config,
  sealedSecrets: row.sealed_secrets,
  pausedUntil: row.paused_until,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

/** The oldest first. */
export async function listDestinations(
  database: Queryable,
  { organizationId, limit }: { readonly organizationId: string; readonly limit: number },
): Promise<SealedDestination[]> {
  const { rows } = await database.query<DestinationRow>({
    name: "destinations.list",
    text: `select ${COLUMNS} from destinations where organization_id = $1 order by created_at, id limit $2`,
    values: [organizationId, limit],
  });
  return rows.map(destinationOf);
}

export async function findDestination(
  database: Queryable,
  organizationId: string,
  id: string,
): Promise<SealedDestination | undefined> {
  const { rows } = await database.query<DestinationRow>({
    name: "destinations.find",
    text: `select ${COLUMNS} from destinations where organization_id = $1 and id = $2`,
    values: [organizationId, id],
  });
  return rows[0] && destinationOf(rows[0]);
}

/** As `findDestination`, and nobody else changes it meanwhile. */
export async function lockDestination(
  tx: Transaction,
  organizationId: string,
  id: string,
): Promise<SealedDestination | undefined> {
  const { rows } = await tx.query<DestinationRow>({
    name: "destinations.lock",
    text: `select ${COLUMNS} from destinations where organization_id = $1 and id = $2 for no key update`,
    values: [organizationId, id],
  });
  return rows[0] && destinationOf(rows[0]);
}

/** Lets one be made at a time in an organization; how many there are. */
export async function lockDestinations(tx: Transaction, organizationId: string): Promise<number> {
  await lockOrganization(tx, organizationId);
  const { rows } = await tx.query<{ count: number }>({
    name: "destinations.count",
    text: "select count(*) from destinations where organization_id = $1",
    values: [organizationId],
  });
  return rows[0]?.count ?? 0;
}

type StoredDestination = Pick<
  SealedDestination,
  "organizationId" | "id" | "kind" | "name" | "isEnabled" | "config" | "sealedSecrets"
>;

export async function insertDestination(tx: Transaction, destination: StoredDestination): Promise<void> {
  await tx.query({
    name: "destinations.insert",
    text: `
      insert into destinations (organization_id, id, kind, name, is_enabled, config, sealed_secrets)
      values ($1, $2, $3, $4, $5, $6, $7)`,
    values: [
      destination.organizationId,
      destination.id,
      destination.kind,
      destination.name,
      destination.isEnabled,
      JSON.stringify(destination.config),
      destination.sealedSecrets,
    ],
  });
}

/** A pause that its receiver asked for ends: it may be another one now. */
export async function updateDestination(tx: Transaction, destination: StoredDestination): Promise<void> {
  await tx.query({
    name: "destinations.update",
    text: `
      update destinations set name = $3, is_enabled = $4, config = $5, sealed_secrets = $6, paused_until = null,
        updated_at = date_trunc('milliseconds', clock_timestamp())
      where organization_id = $1 and id = $2`,
    values: [
      destination.organizationId,
      destination.id,
      destination.name,
      destination.isEnabled,
      JSON.stringify(destination.config),
      destination.sealedSecrets,
    ],
  });
}

/** Its deliveries stay to be read; those that wait are cancelled when their turn comes. Its name, if it was there. */
export async function deleteDestination(
  tx: Transaction,
  organizationId: string,
  id: string,
): Promise<{ readonly kind: DestinationKind; readonly name: string } | undefined> {
  const { rows } = await tx.query<{ kind: DestinationKind; name: string }>({
    name: "destinations.delete",
    text: "delete from destinations where organization_id = $1 and id = $2 returning kind, name",
    values: [organizationId, id],
  });
  return rows[0];
}
