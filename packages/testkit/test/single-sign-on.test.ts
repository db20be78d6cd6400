import type { ApiMe, ApiMember, ApiNewInvitation } from "@mesher/protocol";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { freePort } from "./free-port.ts";
import { CLIENT, type IdentityProvider, signInAt, startIdentityProvider } from "./identity-provider.ts";
import { TestPerson, tokenIn } from "./test-person.ts";
import { startTestServer, type TestServer } from "./test-server.ts";

const PASSWORD = "correct horse battery";

const stack = new AsyncDisposableStack();
let provider: IdentityProvider;
let world: TestServer;
let owner: TestPerson;

beforeAll(async () => {
  const [port, providerPort] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  // The provider is away while Mesher starts.
  world = stack.use(
    await startTestServer({
      MESHER_HTTP_PORT: String(port),
      MESHER_PUBLIC_URL: url,
      MESHER_ADMIN_EMAIL: "owner@example.com",
      MESHER_ADMIN_PASSWORD: PASSWORD,
      MESHER_OIDC_ISSUER: `http://127.0.0.1:${providerPort}`,
      MESHER_OIDC_CLIENT_ID: CLIENT.id,
      MESHER_OIDC_CLIENT_SECRET: CLIENT.secret,
    }),
  );
  provider = stack.use(await startIdentityProvider(`${url}/api/v1/auth/callback/oidc`, providerPort));
  owner = new TestPerson(world.server.url);
  await owner.signIn("owner@example.com", PASSWORD);
});
beforeEach(() => world.database.query({ text: "delete from sign_in_rates" }));
afterAll(() => stack.disposeAsync());

/** The whole way of a browser; what the last redirect leads to. */
async function comeIn(login: string, to = world): Promise<{ person: TestPerson; location: string }> {
  const person = new TestPerson(to.server.url);
  const begun = await person.post<{ url: string }>("/api/v1/auth/sign-in/social", {
    provider: "oidc",
    callbackURL: "/issues",
  });
  expect(begun.status).toBe(200);
  const back = await signInAt(begun.body.url, login);
  const ended = await person.get(back);
  return { person, location: ended.headers.get("location") ?? "" };
}

async function remove(email: string, by: TestPerson): Promise<void> {
  const { body } = await by.get<ApiMember[]>("/api/v1/orgs/default/members");
  const id = body.find((member) => member.email === email)?.id;
  expect(await by.post(`/api/v1/orgs/default/members/${id}/remove`)).toMatchObject({ status: 200 });
}

test("somebody who is invited comes in by the provider, and is a member then", async () => {
  await owner.post<ApiNewInvitation>("/api/v1/orgs/default/invitations", { email: "Ida@example.com", role: "admin" });
  const { person, location } = await comeIn("ida@example.com");
  expect(location).toMatch(/\/issues$/);
  expect((await person.get<ApiMe>("/api/v1/me")).body).toMatchObject({
    user: { email: "ida@example.com", display_name: "Name of ida@example.com" },
    organizations: [{ slug: "default", role: "admin" }],
  });
  expect((await (await comeIn("ida@example.com")).person.get("/api/v1/me")).status).toBe(200);
});

test("who was removed does not come back by the provider with an invitation of before", async () => {
  const email = "rex@example.com";
  const invite = () => owner.post<ApiNewInvitation>("/api/v1/orgs/default/invitations", { email, role: "admin" });
  await invite();
  await invite();
  await world.database.query({ text: "update invitations set revoked_at = null where email = $1", values: [email] });
  await comeIn(email);
  await remove(email, owner);
  const { person } = await comeIn(email);
  expect((await person.get<ApiMe>("/api/v1/me")).body.organizations).toEqual([]);
});

test("an address that only the provider takes comes in by it, and gets no password", async () => {
  const email = "jürgen@example.com";
  const { status, body } = await owner.post<ApiNewInvitation>("/api/v1/orgs/default/invitations", { email });
  expect(status).toBe(201);
  const wish = { token: tokenIn(body.link), display_name: "Jürgen", password: PASSWORD };
  expect((await new TestPerson(world.server.url).post("/api/v1/invitations/accept", wish)).status).toBe(400);
  const { person } = await comeIn(email);
  expect((await person.get<ApiMe>("/api/v1/me")).body).toMatchObject({
    user: { email },
    organizations: [{ slug: "default", role: "member" }],
  });
});

test("somebody with a password comes in by the provider, too", async () => {
  const { person } = await comeIn("owner@example.com");
  expect((await person.get<ApiMe>("/api/v1/me")).body.organizations).toMatchObject([{ role: "owner" }]);
});

test("nobody else comes in, and nobody whose address the provider has not proven", async () => {
  provider.unproven.add("owner@example.com");
  for (const login of ["stranger@example.com", "owner@example.com"]) {
    const { person, location } = await comeIn(login);
    expect([login, location]).toEqual([login, expect.stringContaining("/sign-in?error=")]);
    expect((await person.get("/api/v1/me")).status).toBe(401);
  }
  provider.unproven.clear();
  const { rows } = await world.database.query({ text: "select 1 from users where email = 'stranger@example.com'" });
  expect(rows).toEqual([]);
});

test("[C-132] the provider's tokens are not kept", async () => {
  const { rows } = await world.database.query({
    text: "select access_token, refresh_token, id_token from sign_in_methods where provider_id = 'oidc'",
  });
  expect(rows.length).toBeGreaterThan(0);
  for (const row of rows) expect(row).toEqual({ access_token: null, refresh_token: null, id_token: null });
});

test("an answer of the provider opens nothing in another browser, nor twice", async () => {
  const victim = new TestPerson(world.server.url);
  const { body } = await victim.post<{ url: string }>("/api/v1/auth/sign-in/social", {
    provider: "oidc",
    callbackURL: "/",
  });
  const back = await signInAt(body.url, "owner@example.com");
  const other = new TestPerson(world.server.url);
  await other.get(back);
  expect((await other.get("/api/v1/me")).status).toBe(401);
});

test("the way back leads to our own pages only", async () => {
  const person = new TestPerson(world.server.url);
  const begun = await person.post("/api/v1/auth/sign-in/social", {
    provider: "oidc",
    callbackURL: "https://evil.example/",
  });
  expect(begun.status).toBe(403);
});

test("settings for single sign-on that are not complete stop the start, and a secret is not repeated", async () => {
  await expect(startTestServer({ MESHER_OIDC_ISSUER: "https://id.example" })).rejects.toThrow(/Single sign-on needs/);
  const short = startTestServer({ MESHER_ADMIN_EMAIL: "a@example.com", MESHER_ADMIN_PASSWORD: "2short" });
  await expect(short).rejects.toThrow(/MESHER_ADMIN_PASSWORD is \(hidden\): must have at least 10 characters/);
});

test("with MESHER_OIDC_JOIN=anyone whoever the provider knows is a member of the default organization, once, and not again when removed", async () => {
  const [port, providerPort] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  await using open = await startTestServer({
    MESHER_HTTP_PORT: String(port),
    MESHER_PUBLIC_URL: url,
    MESHER_OIDC_ISSUER: `http://127.0.0.1:${providerPort}`,
    MESHER_OIDC_CLIENT_ID: CLIENT.id,
    MESHER_OIDC_CLIENT_SECRET: CLIENT.secret,
    MESHER_OIDC_JOIN: "anyone",
    MESHER_ADMIN_EMAIL: "owner@example.com",
    MESHER_ADMIN_PASSWORD: PASSWORD,
  });
  await using known = await startIdentityProvider(`${url}/api/v1/auth/callback/oidc`, providerPort);
  for (const time of ["first", "second"]) {
    const { person } = await comeIn("stranger@example.com", open);
    expect((await person.get<ApiMe>("/api/v1/me")).body).toMatchObject({
      user: { email: "stranger@example.com" },
      organizations: [{ slug: "default", role: "member" }],
    });
    expect([time, (await person.get("/api/v1/audit")).status]).toEqual([time, 403]);
  }
  const { rows } = await open.database.query({
    text: "select action, actor_name from audit_log where action like 'member.%' and actor_kind <> 'server'",
  });
  expect(rows).toEqual([{ action: "member.joined", actor_name: "stranger@example.com" }]);

  known.unproven.add("unproven@example.com");
  const { person, location } = await comeIn("unproven@example.com", open);
  expect(location).toContain("/sign-in?error=");
  expect((await person.get("/api/v1/me")).status).toBe(401);

  const admin = new TestPerson(open.server.url);
  await admin.signIn("owner@example.com", PASSWORD);
  await remove("stranger@example.com", admin);
  const organizationsOfStranger = async () =>
    (await (await comeIn("stranger@example.com", open)).person.get<ApiMe>("/api/v1/me")).body.organizations;
  expect(await organizationsOfStranger()).toEqual([]);
  await admin.post("/api/v1/orgs/default/invitations", { email: "stranger@example.com" });
  expect(await organizationsOfStranger()).toMatchObject([{ slug: "default", role: "member" }]);
  // Who was let in again is not taken for removed any more.
  await open.database.query({ text: "delete from organization_members where role = 'member'" });
  expect(await organizationsOfStranger()).toMatchObject([{ slug: "default", role: "member" }]);
});
