/** Statements on `idempotent_requests`: who sent what with an Idempotency-Key, and how it was answered. */
import type { Queryable } from "../db/database.ts";

/** How long an answer is kept. */
export const ANSWER_KEPT_HOURS = 24;

/** A request that has no answer after this time ended with its node: no request runs so long. */
const ABANDONED_SECONDS = 120;

/** Rows that one statement removes, so that none holds up the others for long. */
const REMOVED_AT_ONCE_MAX = 10_000;

export interface RequestKey {
  readonly organizationId: string;
  readonly principal: string;
  readonly route: string;
  readonly keySha256: Uint8Array;
}

export type Claim =
  | { readonly kind: "claimed" }
  | { readonly kind: "running" | "other_request" }
  | { readonly kind: "answered"; readonly status: number; readonly answer: Buffer };

/** Of those who send the same at once, on whatever nodes, one gets it; the others learn how it stands. */
export async function claimRequest(
  database: Queryable,
  key: RequestKey,
  fingerprint: Uint8Array,
): Promise<Claim | undefined> {
  const values = [key.organizationId, key.principal, key.route, key.keySha256];
  const claimed = await database.query({
    name: "idempotent_requests.claim",
    text: `
      insert into idempotent_requests as r (organization_id, principal, route, key_sha256, fingerprint)
      values ($1, $2, $3, $4, $5)
      on conflict (organization_id, principal, route, key_sha256) do update
        set fingerprint = excluded.fingerprint, claimed_at = now(), status = null, answer = null
        where r.claimed_at < now() - make_interval(hours => ${ANSWER_KEPT_HOURS})
          or (r.status is null and r.claimed_at < now() - make_interval(secs => ${ABANDONED_SECONDS}))`,
    values: [...values, fingerprint],
  });
  if (claimed.rowCount === 1) return { kind: "claimed" };
  const { rows } = await database.query<{ fingerprint: Buffer; status: number | null; answer: Buffer | null }>({
    name: "idempotent_requests.find",
    text: `
      select fingerprint, status, answer from idempotent_requests
      where organization_id = $1 and principal = $2 and route = $3 and key_sha256 = $4`,
    values,
  });
  const [row] = rows;
  // Given up between the two statements.
  if (row === undefined) return undefined;
  if (!row.fingerprint.equals(fingerprint)) return { kind: "other_request" };
  if (row.status === null || row.answer === null) return { kind: "running" };
  return { kind: "answered", status: row.status, answer: row.answer };
}

export async function keepAnswer(
  database: Queryable,
  key: RequestKey,
  { status, answer }: { readonly status: number; readonly answer: Uint8Array },
): Promise<void> {
  await database.query({
    name: "idempotent_requests.keep_answer",
    text: `
      update idempotent_requests set status = $5, answer = $6
      where organization_id = $1 and principal = $2 and route = $3 and key_sha256 = $4`,
    values: [key.organizationId, key.principal, key.route, key.keySha256, status, answer],
  });
}

/** The key is free again: what it stood for was not done. */
export async function giveUpRequest(database: Queryable, key: RequestKey): Promise<void> {
  await database.query({
    name: "idempotent_requests.give_up",
    text: `
      delete from idempotent_requests
      where organization_id = $1 and principal = $2 and route = $3 and key_sha256 = $4 and status is null`,
    values: [key.organizationId, key.principal, key.route, key.keySha256],
  });
}

/** Removes answers that are kept no longer; how many. */
export async function removeOldRequests(database: Queryable): Promise<number> {
  for (let removed = 0; ; ) {
    const { rowCount } = await database.query({
      name: "idempotent_requests.remove_old",
      text: `
        delete from idempotent_requests where ctid = any (array(
          select ctid from idempotent_requests
          where claimed_at < now() - make_interval(hours => ${ANSWER_KEPT_HOURS}) limit ${REMOVED_AT_ONCE_MAX}
        ))`,
    });
    removed += rowCount;
    if (rowCount < REMOVED_AT_ONCE_MAX) return removed;
  }
}
