import { testDatabase } from "@mesher/testkit";
import { expect, test } from "vitest";
import { readConfig } from "./config.ts";
import { withTransaction } from "./db/transaction.ts";
import { prepareOrganization } from "./organizations/first-start.ts";
import { isSignInAddress } from "./people/email-address.ts";
import { createUser } from "./people/users.queries.ts";
import { preparePeople } from "./prepare-people.ts";

test("a start warns of people whose address cannot sign in, and of nobody else", async () => {
  await using db = await testDatabase();
  const { database } = db;
  const { organizationId } = await prepareOrganization(database, "a bootstrap token");
  const locked = ["a..b@example.com", "admin@localhost", "jürgen@example.com"];
  const fine = ["o'brien+x@example.com", "x@a-b.example.museum"];
  const warnings: unknown[] = [];
  const log = { debug: ignore, info: ignore, error: ignore, warn: (...said: unknown[]) => void warnings.push(said) };
  const start = () => preparePeople(readConfig({}), { database, organizationId, log });
  const create = (email: string) =>
    withTransaction(database, (tx) => createUser(tx, { email, name: email, passwordHash: "none" }));

  for (const email of fine) await create(email);
  const byProvider = await create("me@intranet");
  await database.query({
    text: "insert into sign_in_methods (user_id, provider_id, account_id) values ($1, 'oidc', 'me')",
    values: [byProvider],
  });
  await start();
  expect(warnings).toEqual([]);

  for (const email of locked) await create(email);
  await start();
  expect(warnings).toEqual([
    ["Addresses with which nobody can sign in", { addresses: locked, remedy: expect.any(String) as string }],
  ]);
  expect([...fine, ...locked].filter(isSignInAddress)).toEqual(fine);
});

const ignore = () => undefined;
