/** For tests only: an organization with people, destinations and alerts to tell them of, and looks at what waits for whom. */
import { randomUUID } from "node:crypto";
import type { Database } from "../db/database.ts";
import { withTransaction } from "../db/transaction.ts";
import type { Actor } from "../organizations/access.ts";
import type { AlertNotice } from "./alert-notice.ts";
import { type Delivering, deliver } from "./deliver.ts";
import { createDestination, type DestinationWish } from "./destinations.ts";
import { Leases } from "./leases.ts";
import type { OutboundClient } from "./outbound/send-request.ts";
import { queueDeliveries } from "./queue-deliveries.ts";
import { deriveKey } from "./seal.ts";

const SECRET = "the secret of the server under test";
export const TEST_KEYS = {
  destinations: deriveKey(SECRET, "destinations"),
  unsubscribe: deriveKey(SECRET, "unsubscribe"),
};

const LOG = { info: () => undefined, warn: () => undefined, error: () => undefined, debug: () => undefined };

/** What `deliver` needs, of a node that sends no mail and tells nobody of its attempts. */
export function testDelivering(database: Database, outbound: OutboundClient): Delivering {
  return {
    database,
    outbound,
    mailer: undefined,
    keys: TEST_KEYS,
    serverUrl: () => "https://mesher.example.com",
    now: Date.now,
    node: "node-1",
    leases: new Leases(database, LOG),
    onAttempt: () => undefined,
  };
}

export interface TestOrganization {
  readonly organizationId: string;
  /** Of its one project, which is called Shop. */
  readonly projectId: string;
  /** Its owner's token. */
  readonly actor: Actor;
}

export async function createTestOrganization(database: Database, createdAt = new Date()): Promise<TestOrganization> {
  const organizationId = await insertRow(
    database,
    "insert into organizations (slug, name, created_at) values ($1, 'Org', $2) returning id",
    [randomUUID(), createdAt],
  );
  const projectId = await insertRow(
    database,
    "insert into projects (organization_id, slug, name) values ($1, $2, 'Shop') returning id",
    [organizationId, `p-${randomUUID().slice(0, 8)}`],
  );
  const actor: Actor = { kind: "token", organizationId, role: "owner", name: "test", scopes: [], isOperator: false };
  return { organizationId, projectId, actor };
}

export interface TestPerson {
  readonly userId: string;
  readonly email: string;
}

export async function createTestPerson(database: Database, name = "Person"): Promise<TestPerson> {
  const email = `${randomUUID()}@example.com`;
  const text = "insert into users (email, display_name) values ($1, $2) returning id";
  return { userId: await insertRow(database, text, [email, name]), email };
}

export async function createTestMember(
  database: Database,
  { organizationId }: TestOrganization,
  name?: string,
): Promise<TestPerson> {
  const person = await createTestPerson(database, name);
  const text = "insert into organization_members (organization_id, user_id) values ($1, $2) returning id";
  await insertRow(database, text, [organizationId, person.userId]);
  return person;
}

/** Of an alert that fired just now, because of a new issue. */
export function noticeOf(
  { organizationId, projectId }: TestOrganization,
  more: Partial<AlertNotice> = {},
): AlertNotice {
  return {
    alertId: randomUUID(),
    organizationId,
    projectId,
    projectName: "Shop",
    ruleId: randomUUID(),
    ruleName: "Errors",
    kind: "fired",
    condition: "a new issue",
    message: "A new issue",
    triggeredAtMs: Date.now(),
    ...more,
  };
}

type Actions = Parameters<typeof queueDeliveries>[2];

export async function queue(database: Database, notice: AlertNotice, actions: Actions): Promise<void> {
  await withTransaction(database, (tx) => queueDeliveries(tx, notice, actions));
}

/** Of a notice that makes just one delivery; its id. */
export async function queueOne(database: Database, notice: AlertNotice, actions: Actions): Promise<string> {
  await queue(database, notice, actions);
  const { rows } = await database.query<{ id: string }>({
    text: `
      select id from deliveries
      where organization_id = $1 and alert_id = $2 and message #>> '{notice,kind}' = $3`,
    values: [notice.organizationId, notice.alertId, notice.kind],
  });
  const [only, another] = rows;
  if (only === undefined || another !== undefined) throw new Error(`there are ${rows.length} deliveries`);
  return only.id;
}

/** The id of a destination that is switched on. */
export async function createTestDestination(
  database: Database,
  { actor }: TestOrganization,
  wish: Pick<DestinationWish, "kind" | "values">,
): Promise<string> {
  const made = { name: "Destination", isEnabled: true, ...wish };
  return (await createDestination(database, TEST_KEYS.destinations, actor, made)).id;
}

export function attempt(delivering: Delivering, { organizationId }: TestOrganization, id: string): Promise<void> {
  return deliver(delivering, { organizationId, id });
}

/** The id of the row. */
export async function insertRow(database: Database, text: string, values: readonly unknown[]): Promise<string> {
  const { rows } = await database.query<{ id: string }>({ text, values });
  const [row] = rows;
  if (row === undefined) throw new Error(`nothing was inserted by: ${text}`);
  return row.id;
}
