/** Statements on passkeys. better-auth adds them and counts their signatures in the same table. */
import type { Queryable } from "../db/database.ts";
import type { Transaction } from "../db/transaction.ts";

/** Of one person. */
export const PASSKEYS_MAX = 20;

export interface Passkey {
  readonly id: string;
  readonly name: string;
  /** On several devices of the person, by what keeps it. */
  readonly isSynced: boolean;
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
}

/** Newest first. */
export async function listPasskeys(database: Queryable, userId: string): Promise<Passkey[]> {
  const { rows } = await database.query<{
    id: string;
    name: string;
    backed_up: boolean;
    created_at: Date;
    last_used_at: Date | null;
  }>({
    name: "passkeys.list",
    text: `
      select id, name, backed_up, created_at, last_used_at from passkeys
      where user_id = $1 order by created_at desc, id limit $2`,
    values: [userId, PASSKEYS_MAX],
  });
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    isSynced: row.backed_up,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
  }));
}

export async function countPasskeys(database: Queryable, userId: string): Promise<number> {
  const { rows } = await database.query<{ count: number }>({
    name: "passkeys.count",
    text: "select count(*) as count from passkeys where user_id = $1",
    values: [userId],
  });
  return rows[0]?.count ?? 0;
}

/** It has just let its person in. */
export async function notePasskeyUse(database: Queryable, credentialId: string): Promise<void> {
  await database.query({
    name: "passkeys.note_use",
    text: "update passkeys set last_used_at = now() where credential_id = $1",
    values: [credentialId],
  });
}

/** The name of before; `undefined`: the person has no such passkey. */
export async function renamePasskey(
  tx: Transaction,
  { userId, id, name }: { readonly userId: string; readonly id: string; readonly name: string },
): Promise<string | undefined> {
  const { rows } = await tx.query<{ name: string }>({
    name: "passkeys.rename",
    text: `
      with before as (select id, name from passkeys where user_id = $1 and id = $2 for update)
      update passkeys p set name = $3 from before where p.id = before.id
      returning before.name`,
    values: [userId, id, name],
  });
  return rows[0]?.name;
}

/** Its name; `undefined`: the person has no such passkey. */
export async function deletePasskey(tx: Transaction, userId: string, id: string): Promise<string | undefined> {
  const { rows } = await tx.query<{ name: string }>({
    name: "passkeys.delete",
    text: "delete from passkeys where user_id = $1 and id = $2 returning name",
    values: [userId, id],
  });
  return rows[0]?.name;
}

/** All of somebody who may have lost what keeps them. */
export async function clearPasskeys(tx: Transaction, userId: string): Promise<void> {
  await tx.query({ name: "passkeys.clear", text: "delete from passkeys where user_id = $1", values: [userId] });
}
