import { randomUUID } from "node:crypto";
import type { ApiProject } from "@mesher/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestDatabase, testDatabase } from "../src/database.ts";
import { ServerCluster } from "../src/server-cluster.ts";
import { TEST_TOKEN } from "../src/server-process.ts";
import { waitUntil } from "../src/wait-until.ts";

const stack = new AsyncDisposableStack();
let db: TestDatabase;
let cluster: ServerCluster;
beforeAll(async () => {
  db = stack.use(await testDatabase());
  cluster = stack.use(await ServerCluster.start(2, { databaseUrl: db.url }));
});
afterAll(() => stack.disposeAsync());

interface Sent {
  readonly node?: 0 | 1;
  readonly key: string;
  readonly path: string;
  readonly body?: unknown;
  readonly token?: string;
}

async function post({ node = 0, key, path, body = {}, token = TEST_TOKEN }: Sent) {
  const response = await fetch(`${cluster.nodes[node]?.url}/api/v1/${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json", "idempotency-key": key },
    body: JSON.stringify(body),
  });
  const isReplayed = response.headers.get("idempotency-replayed") === "true";
  return { status: response.status, isReplayed, body: (await response.json()) as Record<string, unknown> };
}

const newKey = () => `"${randomUUID()}"`;

async function countProjects(name: string): Promise<number> {
  const response = await fetch(`${cluster.nodes[0]?.url}/api/v1/projects`, {
    headers: { authorization: `Bearer ${TEST_TOKEN}` },
  });
  return ((await response.json()) as ApiProject[]).filter((project) => project.name === name).length;
}

test("sent ten times at once to two nodes, a request is carried out once, and answered the same afterwards", async () => {
  const sent = { key: newKey(), path: "projects", body: { name: "Once" } };
  const answers = await Promise.all(Array.from({ length: 10 }, (_, n) => post({ ...sent, node: n % 2 === 0 ? 0 : 1 })));
  expect(answers.filter(({ status, isReplayed }) => status === 201 && !isReplayed)).toHaveLength(1);
  for (const { status, body } of answers) expect([201, 409]).toContain(status === 409 ? body["code"] && 409 : status);
  const [first, again] = [await post({ ...sent, node: 0 }), await post({ ...sent, node: 1 })];
  expect(again).toMatchObject({ status: 201, isReplayed: true });
  expect(again.body).toEqual(first.body);
  expect(await countProjects("Once")).toBe(1);
});

test("while the first still runs, the other node says so; a secret that is told once is told again", async () => {
  const sent = { key: newKey(), path: "projects", body: { name: "Slow" } };
  const { client, release } = await db.database.acquire();
  await client.query("begin");
  await client.query("select 1 from organizations for no key update");
  const first = post(sent);
  await waitUntil("the first request to be claimed", async () => {
    const { rows } = await db.database.query({ text: "select 1 from idempotent_requests where status is null" });
    return rows.length === 1;
  });
  expect(await post({ ...sent, node: 1 })).toMatchObject({ status: 409, body: { code: "request_running" } });
  await client.query("rollback");
  release();
  const { status, body } = await first;
  expect(status).toBe(201);
  expect(await post({ ...sent, node: 1 })).toEqual({ status: 201, isReplayed: true, body });

  const token = { key: newKey(), path: "orgs/default/tokens", body: { label: "ci", scopes: ["event:read"] } };
  const made = await post(token);
  expect((await post({ ...token, node: 1 })).body).toEqual(made.body);
  const { rows } = await db.database.query<{ answer: Buffer }>({ text: "select answer from idempotent_requests" });
  for (const { answer } of rows) expect(answer.includes(String(made.body["token"]))).toBe(false);
});

test("another body or address is refused; another route, another token, or a day later it is another request", async () => {
  const key = newKey();
  const body = { label: "one", scopes: ["event:read", "issue:write"] };
  const made = await post({ key, path: "orgs/default/tokens", body });
  expect(made.status).toBe(201);
  expect(await post({ key, path: "orgs/default/tokens", body: { ...body, label: "two" } })).toMatchObject({
    status: 422,
    body: { code: "idempotency_key_reused" },
  });
  expect((await post({ key, path: "orgs/default/tokens?x=1", body })).status).toBe(422);
  expect(await post({ key, path: "projects", body: { name: "Else" } })).toMatchObject({
    status: 201,
    isReplayed: false,
  });
  const token = String(made.body["token"]);
  const search = { name: "mine", query: "is:unresolved", visibility: "organization" };
  expect((await post({ key, path: "saved-searches", body: search })).isReplayed).toBe(false);
  expect((await post({ key, path: "saved-searches", body: search, token })).isReplayed).toBe(false);

  await db.database.query({ text: "update idempotent_requests set claimed_at = claimed_at - interval '25 hours'" });
  expect(await post({ key, path: "projects", body: { name: "Else" } })).toMatchObject({
    status: 201,
    isReplayed: false,
  });
  expect(await countProjects("Else")).toBe(2);
});

test("a refusal is answered again too; a key that is none is refused; whoever may not any more learns nothing", async () => {
  const refused = { key: newKey(), path: "projects/default/delete", body: { slug: "other" } };
  expect((await post(refused)).status).toBe(400);
  expect(await post(refused)).toMatchObject({ status: 400, isReplayed: true });
  for (const key of [" ", "x".repeat(256), '"open'])
    expect([key, (await post({ key, path: "projects", body: { name: "No" } })).status]).toEqual([key, 400]);
  expect(await countProjects("No")).toBe(0);

  const owner = { label: "short", scopes: ["project:admin"], role: "admin" };
  const made = await post({ key: newKey(), path: "orgs/default/tokens", body: owner });
  const sent = { key: newKey(), path: "projects", body: { name: "Theirs" }, token: String(made.body["token"]) };
  expect((await post(sent)).status).toBe(201);
  await post({ key: newKey(), path: `orgs/default/tokens/${String(made.body["id"])}/revoke` });
  expect((await post(sent)).status).toBe(401);
});
