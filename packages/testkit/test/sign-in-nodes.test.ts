/** Two nodes of one database behind one public address. */
import type { ApiNewToken, ApiToken } from "@mesher/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testDatabase } from "../src/database.ts";
import { ServerProcess } from "../src/server-process.ts";
import { freePort } from "./free-port.ts";
import { TestPerson } from "./test-person.ts";

const PASSWORD = "correct horse battery";
const PUBLIC_URL = "https://mesher.example";

const stack = new AsyncDisposableStack();
/** Where each is reached itself, past the public address. */
let nodes: readonly [string, string];

beforeAll(async () => {
  const db = stack.use(await testDatabase());
  const env = {
    MESHER_PUBLIC_URL: PUBLIC_URL,
    MESHER_ADMIN_EMAIL: "owner@example.com",
    MESHER_ADMIN_PASSWORD: PASSWORD,
    MESHER_TRUSTED_PROXIES: "127.0.0.1",
  };
  // At once, as a deployment starts them.
  const ports = [await freePort(), await freePort()] as const;
  const started = await Promise.all(ports.map((port) => ServerProcess.start({ databaseUrl: db.url, port, env })));
  for (const server of started) stack.use(server);
  nodes = [`http://127.0.0.1:${ports[0]}`, `http://127.0.0.1:${ports[1]}`];
});
afterAll(() => stack.disposeAsync());

/** The same browser, whose next requests the balancer sends elsewhere. */
function at(url: string, person?: TestPerson): TestPerson {
  const there = new TestPerson(url);
  there.origin = PUBLIC_URL;
  for (const [name, value] of person?.cookies ?? []) there.cookies.set(name, value);
  return there;
}

test("a login of one node is a login of the other, and over everywhere once it is ended on one", async () => {
  const here = at(nodes[0]);
  expect((await here.signIn("owner@example.com", PASSWORD)).status).toBe(200);
  const there = at(nodes[1], here);
  expect((await there.get("/api/v1/me")).status).toBe(200);
  expect((await there.post("/api/v1/me/logins/end")).status).toBe(200);
  expect((await here.get("/api/v1/me")).status).toBe(401);
});

test("[ORG-05] a token that one node revokes is refused by the other at once", async () => {
  const here = at(nodes[0]);
  await here.signIn("owner@example.com", PASSWORD);
  const { body } = await here.post<ApiNewToken>("/api/v1/orgs/default/tokens", { label: "x", scopes: ["event:read"] });
  const use = async () => {
    const headers = { authorization: `Bearer ${body.token}` };
    return (await fetch(`${nodes[1]}/api/v1/projects`, { headers })).status;
  };
  expect(await use()).toBe(200);
  expect((await here.get<ApiToken[]>("/api/v1/orgs/default/tokens")).body.map(({ id }) => id)).toContain(body.id);
  expect((await here.post(`/api/v1/orgs/default/tokens/${body.id}/revoke`)).status).toBe(200);
  expect(await use()).toBe(401);
});

test("behind https the cookie is for https alone, and browsers are told to stay there", async () => {
  const person = at(nodes[0]);
  const { headers } = await person.signIn("owner@example.com", PASSWORD);
  const cookie = headers.getSetCookie().find((line) => line.includes("session_token"));
  expect(cookie).toMatch(/^__Secure-mesher\.session_token=/);
  expect(cookie).toMatch(/; Secure(;|$)/);
  expect(cookie).toMatch(/; HttpOnly/);
  expect(headers.get("strict-transport-security")).toMatch(/^max-age=\d{8}/);
});

test("a login remembers the address that a proxy we trust tells, and no other's word counts", async () => {
  const signInFrom = async (forwarded: string) => {
    const response = await fetch(`${nodes[0]}/api/v1/auth/sign-in/email`, {
      method: "POST",
      headers: { origin: PUBLIC_URL, "content-type": "application/json", "x-forwarded-for": forwarded },
      body: JSON.stringify({ email: "owner@example.com", password: PASSWORD }),
    });
    const person = at(nodes[0]);
    for (const line of response.headers.getSetCookie()) {
      const pair = line.split(";")[0] ?? "";
      person.cookies.set(pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1));
    }
    const { body } = await person.get<readonly { ip_address: string; current: boolean }[]>("/api/v1/me/logins");
    return body.find(({ current }) => current)?.ip_address;
  };
  expect(await signInFrom("203.0.113.7")).toBe("203.0.113.7");
  // What stands left of it, the client itself has written.
  expect(await signInFrom("198.51.100.1, 203.0.113.8")).toBe("203.0.113.8");
});
