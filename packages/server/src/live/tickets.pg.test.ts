/** A stream that was opened with a ticket, against whoever made the ticket: it lasts no longer than what they may. */
import { randomUUID } from "node:crypto";
import { StreamClient, testDatabase, waitUntil } from "@mesher/testkit";
import { expect, test } from "vitest";
import type { Database } from "../db/database.ts";
import type { TicketMaker } from "../organizations/stream-tickets.queries.ts";
import { makeStreamTicket, redeemStreamTicket } from "../organizations/stream-tickets.ts";
import { startTestLive } from "./live-testing.ts";

const RECHECK_MS = 20;

interface World {
  readonly database: Database;
  readonly organizationId: string;
  readonly userId: string;
  readonly loginId: string;
  readonly tokenId: string;
  readonly ownTokenId: string;
}

/** An organization with a member who is signed in, a token of its own, and one of the member's. */
async function createWorld(database: Database): Promise<World> {
  const insert = async (text: string, ...values: readonly unknown[]): Promise<string> => {
    const { rows } = await database.query<{ id: string }>({ text: `insert into ${text} returning id`, values });
    return rows[0]?.id ?? expect.fail("nothing was inserted");
  };
  const organizationId = await insert("organizations (slug, name) values ('org', 'Org')");
  const userId = await insert("users (email, display_name) values ('member@example.com', 'Member')");
  await insert("organization_members (organization_id, user_id) values ($1, $2)", organizationId, userId);
  const loginId = await insert(
    "logins (user_id, token_sha256, expires_at) values ($1, $2, now() + interval '1 day')",
    userId,
    randomUUID(),
  );
  const insertToken = (owner: string | null) =>
    insert(
      `api_tokens (organization_id, user_id, token_sha256, label, role, scopes)
       values ($1, $2, $3, 'token', 'member', '{event:read}')`,
      organizationId,
      owner,
      Buffer.from(randomUUID()),
    );
  return {
    database,
    organizationId,
    userId,
    loginId,
    tokenId: await insertToken(null),
    ownTokenId: await insertToken(userId),
  };
}

async function ticketOf({ database, organizationId }: World, maker: TicketMaker): Promise<string> {
  const made = await makeStreamTicket(database, { organizationId, holder: "holder", maker });
  return made?.ticket ?? expect.fail("there are too many tickets");
}

const BY_TOKEN = ({ tokenId }: World): TicketMaker => ({ tokenId });
const BY_OWN_TOKEN = ({ ownTokenId }: World): TicketMaker => ({ tokenId: ownTokenId });
const BY_LOGIN = ({ loginId }: World): TicketMaker => ({ loginId });

const REVOKE = "update api_tokens set revoked_at = now()";
const REMOVE = "delete from organization_members";

test.each([
  ["the token that made it is revoked", BY_TOKEN, REVOKE],
  ["the token may not read any more", BY_TOKEN, "update api_tokens set scopes = '{org:read}'"],
  ["the person's token that made it is revoked", BY_OWN_TOKEN, REVOKE],
  ["the person whose token made it is removed", BY_OWN_TOKEN, REMOVE],
  ["the login that made it has ended", BY_LOGIN, "delete from logins"],
  ["the login that made it is too old", BY_LOGIN, "update logins set expires_at = now()"],
  ["the person whose login made it is removed", BY_LOGIN, REMOVE],
] as const)("a ticket opens nothing, and the stream of another ends with 1008, once %s", async (_name, by, change) => {
  await using db = await testDatabase();
  const world = await createWorld(db.database);
  const redeemTicket = (ticket: string) => redeemStreamTicket(db.database, ticket);
  await using feed = await startTestLive({ redeemTicket, recheckMs: RECHECK_MS });
  const [first, second] = [await ticketOf(world, by(world)), await ticketOf(world, by(world))];
  await using client = await StreamClient.open(`${feed.url}?ticket=${first}`);
  expect(client.closeCode).toBeUndefined();

  await db.database.query({ text: change });
  await expect(StreamClient.open(`${feed.url}?ticket=${second}`)).rejects.toMatchObject({
    status: 401,
    body: { code: "unauthorized" },
  });
  expect(await waitUntil("the close", async () => client.closeCode)).toBe(1008);
});

test("a stream goes on as long as who made its ticket may listen, and a quarter of an hour at most", async () => {
  await using db = await testDatabase();
  const world = await createWorld(db.database);
  const clock = { nowMs: Date.now(), rechecks: 0 };
  const redeemTicket = async (ticket: string) => {
    const viewer = await redeemStreamTicket(db.database, ticket);
    const mayStay = () => {
      clock.rechecks += 1;
      return viewer?.mayStay() ?? expect.fail("nobody was let in");
    };
    return viewer && { ...viewer, mayStay };
  };
  const now = () => clock.nowMs;
  await using feed = await startTestLive({ redeemTicket, recheckMs: RECHECK_MS, now });
  await using clients = new AsyncDisposableStack();
  const open: StreamClient[] = [];
  for (const by of [BY_TOKEN, BY_OWN_TOKEN, BY_LOGIN]) {
    const ticket = await ticketOf(world, by(world));
    open.push(clients.use(await StreamClient.open(`${feed.url}?ticket=${ticket}`)));
  }
  clock.nowMs += 14 * 60_000;
  const before = clock.rechecks;
  await waitUntil("three rechecks of each", async () => clock.rechecks >= before + 9);
  expect(open.map(({ closeCode }) => closeCode)).toEqual([undefined, undefined, undefined]);

  clock.nowMs += 60_000;
  for (const client of open) expect(await waitUntil("the close", async () => client.closeCode)).toBe(1008);
});
