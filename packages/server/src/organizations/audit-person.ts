/** Changes of a person, who is no single organization's: each stands in the audit log of all organizations they are in. */
import type { Database } from "../db/database.ts";
import { type Transaction, withTransaction } from "../db/transaction.ts";
import { deletePasskey, renamePasskey } from "../people/passkeys.queries.ts";
import { endLogins, type LoginChoice, renameUser } from "../people/users.queries.ts";
import { type AuditActor, recordAudit } from "./audit.queries.ts";
import { listMemberships } from "./members.queries.ts";

/** A person as somebody who does something. */
export interface ActingPerson {
  readonly userId: string;
  readonly email: string;
}

export interface PersonChange {
  readonly userId: string;
  readonly actor: AuditActor;
  readonly action: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

export async function recordAuditOfPerson(tx: Transaction, { userId, ...change }: PersonChange): Promise<void> {
  for (const { organizationId } of await listMemberships(tx, userId))
    await recordAudit(tx, { organizationId, target: { kind: "user", id: userId }, ...change });
}

/** What a person has done to themselves elsewhere. */
export function recordChange(
  database: Database,
  person: ActingPerson,
  change: Pick<PersonChange, "action" | "details">,
): Promise<void> {
  const { userId } = person;
  return withTransaction(database, (tx) =>
    recordAuditOfPerson(tx, { userId, actor: actorOfPerson(person), ...change }),
  );
}

function actorOfPerson({ userId, email }: ActingPerson): AuditActor {
  return { kind: "person", name: email, userId };
}

export async function renamePerson(database: Database, person: ActingPerson, name: string): Promise<void> {
  const { userId } = person;
  await withTransaction(database, async (tx) => {
    const before = await renameUser(tx, userId, name);
    if (before === undefined || before === name) return;
    const details = { from: before, to: name };
    await recordAuditOfPerson(tx, { userId, actor: actorOfPerson(person), action: "person.renamed", details });
  });
}

/** Ends logins of the person, by themselves; how many. */
export function signOut(database: Database, person: ActingPerson, choice: LoginChoice): Promise<number> {
  const { userId } = person;
  return withTransaction(database, async (tx) => {
    const logins = await endLogins(tx, userId, choice);
    if (logins > 0) {
      const actor = actorOfPerson(person);
      await recordAuditOfPerson(tx, { userId, actor, action: "person.logins_ended", details: { logins } });
    }
    return logins;
  });
}

/** `false`: the person has no such passkey, as of the next one. */
export function changePasskeyName(
  database: Database,
  person: ActingPerson,
  { id, name }: { readonly id: string; readonly name: string },
): Promise<boolean> {
  const { userId } = person;
  return withTransaction(database, async (tx) => {
    const before = await renamePasskey(tx, { userId, id, name });
    if (before === undefined) return false;
    const details = { from: before, to: name };
    await recordAuditOfPerson(tx, { userId, actor: actorOfPerson(person), action: "person.passkey_renamed", details });
    return true;
  });
}

export function removePasskey(database: Database, person: ActingPerson, id: string): Promise<boolean> {
  const { userId } = person;
  return withTransaction(database, async (tx) => {
    const name = await deletePasskey(tx, userId, id);
    if (name === undefined) return false;
    const actor = actorOfPerson(person);
    await recordAuditOfPerson(tx, { userId, actor, action: "person.passkey_removed", details: { name } });
    return true;
  });
}
