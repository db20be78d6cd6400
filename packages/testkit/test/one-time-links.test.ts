/** Links that set a password or make somebody a member: what they open is no more than what they were made for. */
import type { ApiInvitation, ApiMember, ApiNewInvitation, ApiNewToken } from "@mesher/protocol";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type ApiClient, apiClient } from "./api-client.ts";
import { TestPerson, tokenIn } from "./test-person.ts";
import { startTestServer, type TestServer } from "./test-server.ts";

const PASSWORD = "correct horse battery";
const NEW_PASSWORD = "a new password";
const ORG = "/api/v1/orgs/default";

let world: TestServer;
let owner: TestPerson;
let operator: ApiClient;

beforeAll(async () => {
  world = await startTestServer({ MESHER_ADMIN_EMAIL: "owner@example.com", MESHER_ADMIN_PASSWORD: PASSWORD });
  operator = apiClient(world.server);
  owner = await signedIn("owner@example.com");
  await owner.post("/api/v1/orgs", { name: "Other", slug: "other" });
});
// All tests come from one address.
beforeEach(() => world.database.query({ text: "delete from sign_in_rates" }));
afterAll(() => world[Symbol.asyncDispose]());

const signedIn = (email: string) => TestPerson.signedIn(world.server.url, email, PASSWORD);

/** The token of an invitation's link. */
async function invited(email: string, role = "member", org = "default"): Promise<string> {
  const { status, body } = await owner.post<ApiNewInvitation>(`/api/v1/orgs/${org}/invitations`, { email, role });
  expect(status).toBe(201);
  return tokenIn(body.link);
}

async function joined(email: string, role = "member"): Promise<TestPerson> {
  const wish = { token: await invited(email, role), display_name: email, password: PASSWORD };
  expect(await owner.post("/api/v1/invitations/accept", wish)).toMatchObject({ status: 201 });
  return signedIn(email);
}

async function memberOf(email: string): Promise<ApiMember> {
  const found = (await owner.get<ApiMember[]>(`${ORG}/members`)).body.find((member) => member.email === email);
  if (found === undefined) throw new Error(`${email} is no member`);
  return found;
}

async function changeRole(email: string, role: string): Promise<void> {
  const { id } = await memberOf(email);
  expect(await owner.post(`${ORG}/members/${id}/role`, { role })).toMatchObject({ status: 200 });
}

async function remove(email: string): Promise<void> {
  const { id } = await memberOf(email);
  expect(await owner.post(`${ORG}/members/${id}/remove`)).toMatchObject({ status: 200 });
}

/** A token of the organization, by its owner. */
async function organizationToken(role: string): Promise<{ readonly id: string; readonly api: ApiClient }> {
  const wish = { label: "links", role, scopes: ["org:read", "org:admin"] };
  const { status, body } = await owner.post<ApiNewToken>(`${ORG}/tokens`, wish);
  expect(status).toBe(201);
  return { id: body.id, api: apiClient(world.server, body.token) };
}

/** What may come between the making of a link and its use. By an admin's token, for a member. */
const CHANGES: Readonly<Record<string, (email: string) => Promise<unknown>>> = {
  "their role has risen, even if it fell again": async (email) => {
    await changeRole(email, "admin");
    await changeRole(email, "member");
  },
  "they are above who made it, however it came": (email) =>
    world.database.query({
      text: "update organization_members set role = 'owner' where user_id = (select id from users where email = $1)",
      values: [email],
    }),
  "they have joined another organization": async (email) => {
    const token = await invited(email, "member", "other");
    const joining = await (await signedIn(email)).post("/api/v1/invitations/accept", { token });
    expect(joining).toMatchObject({ status: 200 });
  },
  "they were removed, even if they are back": async (email) => {
    const { user_id } = await memberOf(email);
    await remove(email);
    expect((await operator("POST", "orgs/default/members", { user_id })).status).toBe(201);
  },
};

describe("a link that sets a password", () => {
  /** Asks for one, for a member of this address. */
  async function linkBy(ask: (path: string) => Promise<{ status: number; body: { link: string } }>, email: string) {
    const { id } = await memberOf(email);
    const { status, body } = await ask(`orgs/default/members/${id}/reset-link`);
    expect(status).toBe(201);
    return tokenIn(body.link);
  }
  const byToken = (api: ApiClient) => (path: string) =>
    api<{ link: string }>("POST", path, { clears_two_factor: true });
  const byPerson = (person: TestPerson) => (path: string) => person.post<{ link: string }>(`/api/v1/${path}`);

  const use = (token: string) =>
    new TestPerson(world.server.url).post("/api/v1/password-resets/use", { token, password: NEW_PASSWORD });

  test.each(Object.entries(CHANGES))("opens nothing any more for somebody when %s", async (name, change) => {
    const email = `${name.replaceAll(/\W+/g, "-")}@example.com`;
    await joined(email);
    const link = await linkBy(byToken((await organizationToken("admin")).api), email);
    await change(email);
    expect(await use(link)).toMatchObject({ status: 404, body: { code: "link_over" } });
    await signedIn(email);
  });

  test("opens nothing any more when the token that made it is revoked", async () => {
    const { id, api } = await organizationToken("admin");
    await joined("of-a-token@example.com");
    const link = await linkBy(byToken(api), "of-a-token@example.com");
    expect((await owner.post(`${ORG}/tokens/${id}/revoke`)).status).toBe(200);
    expect(await use(link)).toMatchObject({ status: 404, body: { code: "link_over" } });
    await signedIn("of-a-token@example.com");
  });

  test.each([
    ["a plain member", (email: string) => changeRole(email, "member")],
    ["gone", remove],
  ] as const)("opens nothing any more when the admin who made it is %s", async (name, change) => {
    const email = `of-${name.replaceAll(" ", "-")}@example.com`;
    const admin = `admin-${email}`;
    const maker = await joined(admin, "admin");
    await joined(email);
    const link = await linkBy(byPerson(maker), email);
    await change(admin);
    expect(await use(link)).toMatchObject({ status: 404, body: { code: "link_over" } });
    await signedIn(email);
  });

  test("goes on as long as an admin who made it may, by login or by a token of their own", async () => {
    const admin = await joined("admin@example.com", "admin");
    const wish = { label: "own", scopes: ["org:admin"] };
    const own = await admin.post<ApiNewToken>("/api/v1/me/tokens", wish);
    for (const [email, by] of [
      ["by-login@example.com", byPerson(admin)],
      ["by-own-token@example.com", byToken(apiClient(world.server, own.body.token))],
    ] as const) {
      await joined(email);
      expect([email, await use(await linkBy(by, email))]).toMatchObject([email, { status: 200 }]);
    }
  });

  test("that whoever runs the server has made goes on, whatever the person becomes", async () => {
    const email = "riser@example.com";
    await joined(email);
    const { body } = await operator<{ link: string }>("POST", "users/reset-link", { email });
    for (const change of Object.values(CHANGES)) await change(email);
    expect(await use(tokenIn(body.link))).toMatchObject({ status: 200 });
  });
});

describe("an invitation", () => {
  const accept = (person: TestPerson, token: string) => person.post("/api/v1/invitations/accept", { token });
  const OVER = { status: 404, body: { code: "link_over" } };

  test("replaces the one before for the same address, however it is written, and no other", async () => {
    const first = await invited("twice@example.com", "admin");
    const other = await invited("once@example.com");
    const elsewhere = await invited("twice@example.com", "member", "other");
    const second = await invited("Twice@Example.com");
    const look = (token: string) => owner.post("/api/v1/invitations/look-up", { token });
    expect(await look(first)).toMatchObject(OVER);
    for (const token of [other, elsewhere, second]) expect(await look(token)).toMatchObject({ status: 200 });
    const { body } = await owner.get<ApiInvitation[]>(`${ORG}/invitations`);
    expect(body.filter(({ email }) => email === "twice@example.com")).toMatchObject([{ role: "member" }]);
  });

  test("made several times at once is open once", async () => {
    const tokens = await Promise.all([1, 2, 3, 4].map(() => invited("at-once@example.com")));
    const looks = await Promise.all(tokens.map((token) => owner.post("/api/v1/invitations/look-up", { token })));
    expect(looks.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(looks.filter(({ status }) => status === 404)).toHaveLength(3);
  });

  test("that waited while its addressee became a member, or was one, is over when they are removed", async () => {
    const email = "rex@example.com";
    const rex = await joined(email);
    const asMember = await invited(email, "admin");
    await remove(email);
    expect(await accept(rex, asMember)).toMatchObject(OVER);

    const waiting = await invited(email, "admin");
    const { rows } = await world.database.query<{ id: string }>({
      text: "select id from users where email = $1",
      values: [email],
    });
    expect((await operator("POST", "orgs/default/members", { user_id: rows[0]?.id })).status).toBe(201);
    expect(await accept(rex, waiting)).toMatchObject(OVER);
    await remove(email);
    expect(await accept(rex, waiting)).toMatchObject(OVER);

    expect(await accept(rex, await invited(email))).toMatchObject({ status: 200 });
    expect(await memberOf(email)).toMatchObject({ role: "member" });
  });

  test("from before there was one at a time is over, too, when another is accepted", async () => {
    const email = "older@example.com";
    const older = await invited(email, "admin");
    const newer = await invited(email, "admin");
    await world.database.query({
      text: "update invitations set revoked_at = null where email = $1",
      values: [email],
    });
    const wish = { token: newer, display_name: "Older", password: PASSWORD };
    expect(await owner.post("/api/v1/invitations/accept", wish)).toMatchObject({ status: 201 });
    await remove(email);
    expect(await accept(await signedIn(email), older)).toMatchObject(OVER);
  });

  test("ends with the rights of whoever made it, as far as these end", async () => {
    const ada = await joined("ada@example.com", "owner");
    const by = async (email: string, role: string) => {
      const { status, body } = await ada.post<ApiNewInvitation>(`${ORG}/invitations`, { email, role });
      expect(status).toBe(201);
      return tokenIn(body.link);
    };
    const look = async (token: string) => (await owner.post("/api/v1/invitations/look-up", { token })).status === 200;
    const asOwner = await by("ada-owner@example.com", "owner");
    const asAdmin = await by("ada-admin@example.com", "admin");
    const asMember = await by("ada-member@example.com", "member");
    const others = await invited("not-ada@example.com", "owner");

    await changeRole("ada@example.com", "admin");
    expect(await Promise.all([asOwner, asAdmin, asMember, others].map(look))).toEqual([false, true, true, true]);
    await changeRole("ada@example.com", "member");
    expect(await Promise.all([asAdmin, asMember, others].map(look))).toEqual([false, false, true]);

    await changeRole("ada@example.com", "admin");
    const last = await by("ada-last@example.com", "member");
    await remove("ada@example.com");
    expect(await Promise.all([last, others].map(look))).toEqual([false, true]);
  });
});
