import type {
  ApiAuditEntry,
  ApiBulkResult,
  ApiInvitation,
  ApiIssue,
  ApiIssueDetail,
  ApiMe,
  ApiMember,
  ApiMembership,
  ApiNewInvitation,
  ApiNewToken,
  ApiPage,
  ApiProject,
  ApiSavedSearch,
  ApiTeam,
  ApiTeamDetail,
  ApiToken,
} from "@mesher/protocol";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { newEventId, sendEvent } from "../src/send.ts";
import { waitUntil } from "../src/wait-until.ts";
import { TestPerson, tokenIn } from "./test-person.ts";
import { startTestServer, type TestServer } from "./test-server.ts";

const PASSWORD = "correct horse battery";

let world: TestServer;
let owner: TestPerson;

beforeAll(async () => {
  world = await startTestServer({ MESHER_ADMIN_EMAIL: "Owner@example.com", MESHER_ADMIN_PASSWORD: PASSWORD });
  owner = await signedIn("owner@example.com");
});
// All tests come from one address.
beforeEach(() => world.database.query({ text: "delete from sign_in_rates" }));
afterAll(() => world[Symbol.asyncDispose]());

const signedIn = (email: string) => TestPerson.signedIn(world.server.url, email, PASSWORD);

/** Invites somebody by the owner, who accepts and signs in. */
async function joined(email: string, role: string, by = owner, org = "default"): Promise<TestPerson> {
  const { status, body } = await by.post<ApiNewInvitation>(`/api/v1/orgs/${org}/invitations`, { email, role });
  expect(status).toBe(201);
  const wish = { token: tokenIn(body.link), display_name: email, password: PASSWORD };
  expect((await new TestPerson(world.server.url).post("/api/v1/invitations/accept", wish)).status).toBe(201);
  return signedIn(email);
}

async function membersOf(org = "default", by = owner): Promise<readonly ApiMember[]> {
  return (await by.get<ApiMember[]>(`/api/v1/orgs/${org}/members`)).body;
}

async function memberOf(email: string, org = "default", by = owner): Promise<ApiMember> {
  const found = (await membersOf(org, by)).find((member) => member.email === email);
  if (found === undefined) throw new Error(`${email} is no member`);
  return found;
}

function withToken(token: string, path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`${world.server.url}${path}`, { ...init, headers: { authorization: `Bearer ${token}` } });
}

test("the settings name the first owner, and no link is printed then", async () => {
  const { body } = await owner.get<ApiMe>("/api/v1/me");
  expect(body).toMatchObject({
    user: { email: "owner@example.com" },
    organizations: [{ slug: "default", role: "owner" }],
  });
  expect(world.server.output).not.toMatch(/Owner\s+http/);
});

test.each([
  ["admin@localhost", 400],
  ["me@intranet", 400],
  ["jürgen@example.com", 400],
  ["x@exämple.com", 400],
  ["a..b@example.com", 400],
  [".a@example.com", 400],
  ["a.@example.com", 400],
  ['a"b@example.com', 400],
  ["a@127.0.0.1", 400],
  ["a@-b.example.com", 400],
  ["o'brien+mesher@mail.example-site.museum", 201],
  ["-_+@1.a-.xn", 201],
])("whoever is made as %s can sign in with it, or is not made", async (email, made) => {
  const { url, token } = world.server;
  const answer = await fetch(`${url}/api/v1/users`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ email, display_name: "Somebody", password: PASSWORD }),
  });
  expect(answer.status).toBe(made);
  const signIn = await new TestPerson(url).signIn(email, PASSWORD);
  expect(signIn.status).toBe(made === 201 ? 200 : 400);
  if (made === 201) return;

  const sentence = "email must be an address like name@example.com";
  expect(await answer.json()).toMatchObject({ code: "bad_request", error: sentence });
  expect(await owner.post("/api/v1/orgs/default/invitations", { email })).toMatchObject({
    status: 400,
    body: { error: sentence },
  });
});

describe("[ORG-01] organizations are made, listed, renamed", () => {
  test("by an owner, who owns the new one; a login is about one of them at a time", async () => {
    const made = await owner.post<ApiMembership>("/api/v1/orgs", { name: 'Ünder "quotes" & Co.' });
    expect(made).toMatchObject({ status: 201, body: { slug: "nder-quotes-co", name: 'Ünder "quotes" & Co.' } });
    expect(await owner.post("/api/v1/orgs", { name: "Under", slug: "nder-quotes-co" })).toMatchObject({
      status: 409,
      body: { code: "slug_taken" },
    });
    expect((await owner.get<ApiMembership[]>("/api/v1/orgs")).body.map(({ slug, role }) => [slug, role])).toEqual([
      ["default", "owner"],
      ["nder-quotes-co", "owner"],
    ]);

    expect((await owner.get<ApiProject[]>("/api/v1/projects")).body).toHaveLength(1);
    expect((await owner.post("/api/v1/me/organization", { organization: "nder-quotes-co" })).status).toBe(200);
    expect((await owner.get<ApiProject[]>("/api/v1/projects")).body).toEqual([]);
    expect((await owner.get<ApiMe>("/api/v1/me")).body.organization_id).toBe(made.body.id);

    const renamed = await owner.post("/api/v1/orgs/nder-quotes-co/rename", { name: "line\nbreak" });
    expect(renamed).toMatchObject({ status: 200, body: { name: "line\nbreak", slug: "nder-quotes-co" } });
    expect((await owner.post("/api/v1/me/organization", { organization: "default" })).status).toBe(200);
    expect((await owner.post("/api/v1/me/organization", { organization: "nobody" })).status).toBe(404);
  });

  test("a token makes one for a member it names, and for nobody else", async () => {
    const post = (body: object) =>
      fetch(`${world.server.url}/api/v1/orgs`, {
        method: "POST",
        headers: { authorization: `Bearer ${world.server.token}`, "content-type": "application/json" },
        body: JSON.stringify(body),
      });
    const { user_id } = await memberOf("owner@example.com");
    expect((await post({ name: "By token" })).status).toBe(400);
    expect((await post({ name: "By token", owner_user_id: "2f6d9a0e-0000-4000-8000-000000000000" })).status).toBe(404);
    expect((await post({ name: "By token", owner_user_id: user_id })).status).toBe(201);
  });
});

describe("[ORG-04] members and their roles", () => {
  test("an invitation makes its addressee a member, once, and nobody else", async () => {
    const { body } = await owner.post<ApiNewInvitation>("/api/v1/orgs/default/invitations", {
      email: "Ina@example.com",
    });
    expect(body).toMatchObject({ email: "ina@example.com", role: "member" });
    expect(body.link).toMatch(/\/join#mshr_/);
    const listed = (await owner.get<ApiInvitation[]>("/api/v1/orgs/default/invitations")).body;
    expect(listed.map(({ id }) => id)).toContain(body.id);
    expect(JSON.stringify(listed)).not.toContain(tokenIn(body.link));

    const stranger = await joined("stranger@example.com", "member");
    const token = tokenIn(body.link);
    expect(await stranger.post("/api/v1/invitations/accept", { token })).toMatchObject({
      status: 403,
      body: { code: "wrong_person" },
    });
    const wish = { token, display_name: "Ina", password: PASSWORD };
    const ina = new TestPerson(world.server.url);
    expect((await ina.post("/api/v1/invitations/accept", { ...wish, password: "short" })).status).toBe(400);
    const accepted = await Promise.all([1, 2, 3].map(() => ina.post("/api/v1/invitations/accept", wish)));
    expect(accepted.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(accepted.filter(({ status }) => status === 201 || status === 404 || status === 409)).toHaveLength(3);
    expect(await memberOf("ina@example.com")).toMatchObject({ role: "member", display_name: "Ina" });
  });

  test("a revoked invitation opens nothing", async () => {
    const { body } = await owner.post<ApiNewInvitation>("/api/v1/orgs/default/invitations", {
      email: "rita@example.com",
    });
    expect((await owner.post(`/api/v1/orgs/default/invitations/${body.id}/revoke`)).status).toBe(200);
    expect((await owner.post(`/api/v1/orgs/default/invitations/${body.id}/revoke`)).status).toBe(404);
    const wish = { token: tokenIn(body.link), display_name: "Rita", password: PASSWORD };
    expect((await owner.post("/api/v1/invitations/accept", wish)).body).toMatchObject({ code: "link_over" });
  });

  test("somebody who has signed in accepts with what they have", async () => {
    const guest = await joined("guest@example.com", "member");
    await owner.post("/api/v1/orgs", { name: "Second", slug: "second" });
    const { body } = await owner.post<ApiNewInvitation>("/api/v1/orgs/second/invitations", {
      email: "guest@example.com",
      role: "admin",
    });
    const token = tokenIn(body.link);
    const anew = { token, display_name: "Guest", password: PASSWORD };
    expect(await owner.post("/api/v1/invitations/accept", anew)).toMatchObject({
      status: 409,
      body: { code: "email_taken" },
    });
    expect((await guest.post("/api/v1/invitations/accept", { token })).status).toBe(200);
    expect((await guest.get<ApiMembership[]>("/api/v1/orgs")).body.map(({ slug, role }) => [slug, role])).toEqual([
      ["default", "member"],
      ["second", "admin"],
    ]);
  });

  test("the four old routes keep their paths and answers", async () => {
    await joined("old@example.com", "member");
    const { id, user_id } = await memberOf("old@example.com");
    const at = "/api/v1/orgs/default/members";
    expect((await owner.get<ApiMember[]>(at)).body[0]).toEqual({
      id: expect.any(String),
      user_id: expect.any(String),
      email: expect.any(String),
      display_name: expect.any(String),
      role: "owner",
      joined_at: expect.stringMatching(/^\d{4}-/),
    });
    expect(await owner.post(`${at}/${id}/role`, { role: "admin" })).toMatchObject({
      status: 200,
      body: { status: "ok", affected: 1 },
    });
    expect(await owner.post(`${at}/${id}/remove`)).toMatchObject({ status: 200, body: { status: "ok", affected: 1 } });
    expect(await owner.post(`${at}/${id}/remove`)).toMatchObject({
      status: 404,
      body: { error: "membership not found", code: "not_found" },
    });

    const operator = (body: object) =>
      fetch(`${world.server.url}${at}`, {
        method: "POST",
        headers: { authorization: `Bearer ${world.server.token}`, "content-type": "application/json" },
        body: JSON.stringify(body),
      });
    const answered = await operator({});
    expect([answered.status, await answered.json()]).toEqual([
      400,
      { error: "user_id is required", code: "bad_request" },
    ]);
    expect((await operator({ user_id, role: "king" })).status).toBe(400);
    expect((await operator({ user_id: "nobody" })).status).toBe(404);
    const added = await operator({ user_id });
    expect([added.status, await added.json()]).toEqual([201, { id: expect.any(String) }]);
    expect((await operator({ user_id })).status).toBe(409);
  });

  test("[C-136] an unknown role is 400, and no one hands out or takes more than their own", async () => {
    const admin = await joined("admin@example.com", "admin");
    const { id: ownerId } = await memberOf("owner@example.com");
    const { id: adminId } = await memberOf("admin@example.com");
    const at = "/api/v1/orgs/default/members";
    for (const role of ["king", "", "OWNER"]) {
      expect([role, (await owner.post(`${at}/${adminId}/role`, { role })).status]).toEqual([role, 400]);
    }
    for (const attempt of [
      () => admin.post(`${at}/${adminId}/role`, { role: "owner" }),
      () => admin.post(`${at}/${ownerId}/role`, { role: "member" }),
      () => admin.post(`${at}/${ownerId}/remove`),
      () => admin.post(`${at}/${ownerId}/reset-link`),
      () => admin.post("/api/v1/orgs/default/invitations", { email: "x@example.com", role: "owner" }),
      () => admin.post("/api/v1/orgs/default/tokens", { label: "x", scopes: ["event:read"], role: "owner" }),
    ]) {
      expect(await attempt()).toMatchObject({ status: 403, body: { code: "above_own_role" } });
    }
    expect(await memberOf("owner@example.com")).toMatchObject({ role: "owner" });
  });

  test("[C-136] the last owner stays, also when all owners leave at once", async () => {
    await owner.post("/api/v1/orgs", { name: "Third", slug: "third" });
    const at = "/api/v1/orgs/third/members";
    const emails = ["owner@example.com", "o2@example.com", "o3@example.com", "o4@example.com"];
    const owners = [owner];
    for (const email of emails.slice(1)) owners.push(await joined(email, "owner", owner, "third"));
    const ids = (await membersOf("third")).map(({ id }) => id);
    expect(ids).toHaveLength(4);

    // Each tries to make the next one a member, and to remove themselves.
    const answers = await Promise.all(
      owners.flatMap((person, n) => [
        person.post(`${at}/${ids[(n + 1) % 4]}/role`, { role: "member" }),
        person.post(`${at}/${ids[n]}/remove`),
      ]),
    );
    for (const { status } of answers) expect([200, 403, 404, 409]).toContain(status);
    const { rows } = await world.database.query<{ count: number }>({
      text: "select count(*) from organization_members m join organizations o on o.id = organization_id where slug = 'third' and role = 'owner'",
    });
    expect(rows[0]?.count).toBeGreaterThanOrEqual(1);

    await owner.post("/api/v1/orgs", { name: "Alone", slug: "alone" });
    const [alone] = await membersOf("alone");
    for (const attempt of [`${alone?.id}/remove`, `${alone?.id}/role`]) {
      expect(await owner.post(`/api/v1/orgs/alone/members/${attempt}`, { role: "admin" })).toMatchObject({
        status: 409,
        body: { code: "last_owner" },
      });
    }
  });

  test("who is removed is out with the next request, with login and token", async () => {
    const leaver = await joined("leaver@example.com", "member");
    const { body } = await leaver.post<ApiNewToken>("/api/v1/me/tokens", { label: "mine", scopes: ["event:read"] });
    expect((await withToken(body.token, "/api/v1/projects")).status).toBe(200);
    const { id } = await memberOf("leaver@example.com");
    expect((await owner.post(`/api/v1/orgs/default/members/${id}/remove`)).status).toBe(200);
    expect((await withToken(body.token, "/api/v1/projects")).status).toBe(401);
    expect(await leaver.get("/api/v1/projects")).toMatchObject({ status: 403, body: { code: "no_organization" } });
    expect((await leaver.get("/api/v1/orgs/default/members")).status).toBe(404);
  });
});

test("[ISSUE-04] an issue is assigned to a member, by a person, and to nobody who is none", async () => {
  const assignee = await joined("assignee@example.com", "member");
  const { user_id } = await memberOf("assignee@example.com");
  const event_id = newEventId();
  await sendEvent(world.server.dsn, { event_id, message: "Somebody should look at this" });
  const issue = await waitUntil(
    "the issue",
    async () => (await assignee.get<ApiPage<ApiIssue>>("/api/v1/projects/default/issues")).body.data[0],
  );
  const assign = (id: string) => assignee.post(`/api/v1/issues/${issue.id}/assign`, { user_id: id });
  expect((await assign(user_id)).status).toBe(200);
  expect((await assignee.get<ApiIssue>(`/api/v1/issues/${issue.id}`)).body.assigned_to).toBe(user_id);

  const { id } = await memberOf("assignee@example.com");
  await owner.post(`/api/v1/orgs/default/members/${id}/remove`);
  // Whoever is gone looks after nothing, and the issue says so.
  const left = await owner.get<ApiIssueDetail>(`/api/v1/issues/${issue.id}`);
  expect(left.body).toMatchObject({
    assigned_to: null,
    activity: [{ kind: "assigned", actor: { kind: "user" }, details: { user_id: null, before: user_id } }, {}],
  });
  const again = await owner.post(`/api/v1/issues/${issue.id}/assign`, { user_id });
  expect([again.status, again.body["code"]]).toEqual([400, "not_a_member"]);
});

test("[ISSUE-04] an issue is assigned to a team, found by it, and nobody's once the team is gone", async () => {
  const assignee = await joined("in-a-team@example.com", "member");
  const { user_id } = await memberOf("in-a-team@example.com");
  const team = (await owner.post<ApiTeamDetail>("/api/v1/teams", { name: "Back end" })).body;
  await owner.post(`/api/v1/teams/${team.id}/members`, { user_id });
  await sendEvent(world.server.dsn, { event_id: newEventId(), message: "Some team should look at this" });
  const found = async (person: TestPerson, query: string) => {
    const list = `/api/v1/projects/default/issues?query=${encodeURIComponent(`${query} title:"some team"`)}`;
    return (await person.get<ApiPage<ApiIssue>>(list)).body.data;
  };
  const issue = await waitUntil("the issue", async () => (await found(owner, ""))[0]);
  const assign = (body: object) => assignee.post(`/api/v1/issues/${issue.id}/assign`, body);

  expect(await assign({ user_id })).toMatchObject({ status: 200, body: { affected: 1 } });
  expect(await assign({ team: "back-end" })).toMatchObject({ status: 200, body: { affected: 1 } });
  expect(await assign({ team: team.id })).toMatchObject({ status: 200, body: { affected: 0 } });
  expect((await assignee.get<ApiIssueDetail>(`/api/v1/issues/${issue.id}`)).body).toMatchObject({
    assigned_to: null,
    assigned_team: team.id,
    activity: [{ kind: "assigned", details: { user_id: null, before: user_id, team_id: team.id } }, {}],
  });
  expect(await assign({ team: "no-such-team" })).toMatchObject({ status: 400, body: { code: "not_a_team" } });
  expect((await assign({ team: team.id, user_id })).status).toBe(400);
  expect((await assign({})).status).toBe(400);

  // Whom it is assigned to, as the two who ask see it.
  const asked = ["assigned:me", "assigned:my_teams", "assigned:#back-end", "assigned:[me,my_teams]", "is:unassigned"];
  const seenBy = async (person: TestPerson) => {
    const counts = await Promise.all(asked.map(async (query) => (await found(person, query)).length));
    return asked.filter((_, index) => counts[index] === 1);
  };
  expect(await seenBy(assignee)).toEqual(["assigned:my_teams", "assigned:#back-end", "assigned:[me,my_teams]"]);
  expect(await seenBy(owner)).toEqual(["assigned:#back-end"]);

  const bulk = { do: "assign", team: team.id, query: { query: 'is:unassigned title:"look at this"' } };
  const { body } = await owner.post<ApiBulkResult>("/api/v1/projects/default/issues/bulk", bulk);
  expect(body.affected).toBe(1);
  await owner.post(`/api/v1/teams/${team.id}/delete`);
  expect((await assignee.get<ApiIssueDetail>(`/api/v1/issues/${issue.id}`)).body).toMatchObject({
    assigned_to: null,
    assigned_team: null,
    activity: [{ kind: "assigned", actor: { kind: "user" }, details: { user_id: null, team_before: team.id } }, {}, {}],
  });
  expect(await seenBy(assignee)).toEqual(["is:unassigned"]);
  const log = await owner.get<ApiPage<ApiAuditEntry>>("/api/v1/audit?limit=1");
  expect(log.body.data[0]).toMatchObject({ action: "team.deleted", details: { unassigned: 2 } });
});

describe("password resets by link", () => {
  test("set a new password once, and end all logins", async () => {
    const person = await joined("forgetful@example.com", "member");
    const { id } = await memberOf("forgetful@example.com");
    const first = await owner.post<{ link: string }>(`/api/v1/orgs/default/members/${id}/reset-link`);
    const second = await owner.post<{ link: string }>(`/api/v1/orgs/default/members/${id}/reset-link`);
    expect(second).toMatchObject({ status: 201, body: { link: expect.stringContaining("/reset#") } });
    const use = (link: string) =>
      person.post("/api/v1/password-resets/use", { token: tokenIn(link), password: "a new password" });
    // The later link replaces the earlier.
    expect((await use(first.body.link)).status).toBe(404);
    const used = await Promise.all([use(second.body.link), use(second.body.link)]);
    expect(used.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(used.filter(({ status }) => status === 404)).toHaveLength(1);
    expect((await person.get("/api/v1/me")).status).toBe(401);
    expect((await person.signIn("forgetful@example.com", PASSWORD)).status).toBe(401);
    expect((await person.signIn("forgetful@example.com", "a new password")).status).toBe(200);
  });

  test("[F.4-12] an owner makes none for somebody who is in another organization too; the operator does", async () => {
    const both = await joined("both@example.com", "member");
    await owner.post("/api/v1/orgs", { name: "Fourth", slug: "fourth" });
    const { body } = await owner.post<ApiNewInvitation>("/api/v1/orgs/fourth/invitations", {
      email: "both@example.com",
    });
    await both.post("/api/v1/invitations/accept", { token: tokenIn(body.link) });
    const { id } = await memberOf("both@example.com");
    expect(await owner.post(`/api/v1/orgs/default/members/${id}/reset-link`)).toMatchObject({
      status: 403,
      body: { code: "elsewhere_too" },
    });
    const response = await fetch(`${world.server.url}/api/v1/users/reset-link`, {
      method: "POST",
      headers: { authorization: `Bearer ${world.server.token}`, "content-type": "application/json" },
      body: JSON.stringify({ email: "both@example.com" }),
    });
    expect(response.status).toBe(201);
  });
});

describe("[ORG-05] API tokens", () => {
  test("[C-132] [C-133] are shown once, kept as hashes, and listed with when they were used last", async () => {
    const { status, body } = await owner.post<ApiNewToken>("/api/v1/orgs/default/tokens", {
      label: 'ci "main"\n',
      scopes: ["event:read", "event:read"],
    });
    expect(status).toBe(201);
    expect(body.token).toMatch(/^mshr_[0-9a-f]{48}$/);
    const find = async () =>
      (await owner.get<ApiToken[]>("/api/v1/orgs/default/tokens")).body.find(({ id }) => id === body.id);
    expect(await find()).toEqual({
      id: body.id,
      label: 'ci "main"\n',
      role: "member",
      scopes: ["event:read"],
      created_at: expect.any(String),
      last_used_at: null,
    });
    expect((await withToken(body.token, "/api/v1/projects")).status).toBe(200);
    const used = (await find())?.last_used_at;
    expect(used).toMatch(/^\d{4}-/);
    // Within the minute it is not written again.
    expect((await withToken(body.token, "/api/v1/projects")).status).toBe(200);
    expect((await find())?.last_used_at).toBe(used);

    const { rows } = await world.database.query<{ all: string }>({
      text: "select string_agg(t::text, '') as all from api_tokens t",
    });
    expect(rows[0]?.all).not.toContain(body.token);
  });

  test("do what their scopes and role allow, and no more", async () => {
    const make = async (scopes: string[], role?: string) =>
      (await owner.post<ApiNewToken>("/api/v1/orgs/default/tokens", { label: "x", scopes, ...(role && { role }) })).body
        .token;
    const reader = await make(["event:read"]);
    const refused = await withToken(reader, "/api/v1/orgs/default/members");
    expect([refused.status, await refused.json()]).toEqual([
      403,
      { error: "the API token lacks the scope org:read", code: "missing_scope" },
    ]);
    const member = await make(["event:read", "org:read", "org:admin"]);
    expect((await withToken(member, "/api/v1/orgs/default/members")).status).toBe(200);
    expect(await (await withToken(member, "/api/v1/audit")).json()).toMatchObject({ code: "forbidden" });
    const admin = await make(["org:admin"], "admin");
    expect((await withToken(admin, "/api/v1/audit")).status).toBe(200);
    const more = await fetch(`${world.server.url}/api/v1/orgs/default/tokens`, {
      method: "POST",
      headers: { authorization: `Bearer ${admin}`, "content-type": "application/json" },
      body: JSON.stringify({ label: "more", scopes: ["project:admin"] }),
    });
    expect([more.status, await more.json()]).toMatchObject([403, { code: "beyond_own_scopes" }]);
    expect((await owner.post("/api/v1/orgs/default/tokens", { label: "x", scopes: ["all"] })).status).toBe(400);
  });

  test("of a person may what the person may, now and later", async () => {
    const person = await joined("climber@example.com", "admin");
    const { body } = await person.post<ApiNewToken>("/api/v1/me/tokens", { label: "own", scopes: ["org:admin"] });
    expect((await withToken(body.token, "/api/v1/audit")).status).toBe(200);
    const { id } = await memberOf("climber@example.com");
    await owner.post(`/api/v1/orgs/default/members/${id}/role`, { role: "member" });
    expect((await withToken(body.token, "/api/v1/audit")).status).toBe(403);
    expect((await withToken(body.token, "/api/v1/me/tokens")).status).toBe(401);

    expect((await owner.get<ApiToken[]>("/api/v1/orgs/default/tokens")).body.map((each) => each.id)).not.toContain(
      body.id,
    );
    expect((await owner.post(`/api/v1/me/tokens/${body.id}/revoke`)).status).toBe(404);
    expect((await person.post(`/api/v1/me/tokens/${body.id}/revoke`)).status).toBe(200);
    expect((await withToken(body.token, "/api/v1/projects")).status).toBe(401);
  });
});

describe("the audit log", () => {
  test("tells who changed what, newest first, in pages without gap or repetition", async () => {
    const entries: ApiAuditEntry[] = [];
    for (let cursor = ""; ; ) {
      const { body } = await owner.get<ApiPage<ApiAuditEntry>>(`/api/v1/audit?limit=3${cursor}`);
      entries.push(...body.data);
      if (!body.has_more) break;
      cursor = `&cursor=${encodeURIComponent(body.next_cursor ?? "")}&cursor_id=${body.next_cursor_id}`;
    }
    expect(new Set(entries.map(({ id }) => id)).size).toBe(entries.length);
    const { rows } = await world.database.query<{ count: number }>({
      text: "select count(*) from audit_log a join organizations o on o.id = a.organization_id where slug = 'default'",
    });
    expect(entries).toHaveLength(rows[0]?.count ?? -1);
    const times = entries.map(({ created_at }) => created_at);
    expect(times).toEqual(times.toSorted().toReversed());

    const actions = new Set(entries.map(({ action }) => action));
    for (const action of [
      "member.created",
      "invitation.created",
      "invitation.accepted",
      "invitation.revoked",
      "member.role_changed",
      "member.removed",
      "token.created",
      "token.revoked",
      "person.reset_link_made",
      "person.password_reset",
    ]) {
      expect(actions).toContain(action);
    }
    expect(entries.find(({ action }) => action === "member.role_changed")).toMatchObject({
      actor: { kind: "person", name: "owner@example.com" },
      details: { from: expect.any(String), to: expect.any(String) },
    });
    expect(JSON.stringify(entries)).not.toMatch(/mshr_|password_hash/);
  });

  test("is never changed, not even by who reaches the database", async () => {
    await expect(world.database.query({ text: "update audit_log set actor_name = 'nobody'" })).rejects.toThrow(
      "rows of audit_log are never changed",
    );
  });
});

test("[C-134] a fault of the database tells nothing of it", async () => {
  await world.database.query({ text: "alter table audit_log rename to audit_log_of_the_test" });
  const { status, body } = await owner.get("/api/v1/audit");
  await world.database.query({ text: "alter table audit_log_of_the_test rename to audit_log" });
  expect([status, body]).toEqual([500, { error: expect.any(String), code: "internal" }]);
  expect(JSON.stringify(body)).not.toMatch(/audit_log|relation|42P01/);
});

test("what is deleted while something of it is being stored is not found, and nothing is stored", async () => {
  const team = (await owner.post<ApiTeamDetail>("/api/v1/teams", { name: "Short lived" })).body;
  // As if somebody had deleted the team after the request has found it.
  await world.database.query({
    text: `
      create function delete_team() returns trigger language plpgsql as
        $$ begin delete from teams where id = new.team_id; return new; end $$;
      create trigger delete_team before insert on team_projects for each row execute function delete_team()`,
  });
  const answer = await owner.post(`/api/v1/teams/${team.id}/projects`, { project: "default" });
  await world.database.query({ text: "drop function delete_team cascade" });
  expect(answer).toMatchObject({
    status: 404,
    body: { error: "what the request is about was deleted at this moment", code: "not_found" },
  });
  expect((await owner.get<ApiTeamDetail>(`/api/v1/teams/${team.id}`)).body.projects).toEqual([]);
});

test("a team has members and projects of its organization, and loses whoever leaves it", async () => {
  const tina = await joined("tina@example.com", "member");
  const { user_id } = await memberOf("tina@example.com");
  expect((await tina.post("/api/v1/teams", { name: "Mine" })).status).toBe(403);
  const made = await owner.post<ApiTeamDetail>("/api/v1/teams", { name: "Check out" });
  expect(made).toMatchObject({ status: 201, body: { slug: "check-out", members: [], projects: [] } });
  expect((await owner.post("/api/v1/teams", { name: "Check-out" })).status).toBe(409);

  const team = "/api/v1/teams/check-out";
  expect((await owner.post(`${team}/members`, { user_id })).body).toEqual({ status: "ok", affected: 1 });
  expect((await owner.post(`${team}/members`, { user_id })).body).toEqual({ status: "ok", affected: 0 });
  expect((await owner.post(`${team}/projects`, { project: "default" })).status).toBe(200);
  expect((await owner.patch(team, { name: "Till" })).status).toBe(200);
  expect((await tina.get<ApiTeamDetail>(`/api/v1/teams/${made.body.id}`)).body).toMatchObject({
    name: "Till",
    members: [{ user_id, email: "tina@example.com" }],
    projects: [{ slug: "default" }],
  });
  expect((await tina.get<ApiTeam[]>("/api/v1/projects/default/teams")).body).toMatchObject([
    { slug: "check-out", member_count: 1, project_count: 1 },
  ]);

  const [nobody] = (await owner.get<ApiTeam[]>("/api/v1/teams")).body.map(({ id }) => id);
  expect((await owner.post(`${team}/members`, { user_id: nobody })).status).toBe(404);
  expect((await owner.post(`${team}/projects`, { project: "nothing" })).status).toBe(404);
  const other = await owner.post<{ id: string }>("/api/v1/orgs", { name: "Elsewhere", slug: "elsewhere" });
  expect(other.status).toBe(201);
  await owner.post("/api/v1/me/organization", { organization: "elsewhere" });
  expect((await owner.get(team)).status).toBe(404);
  expect((await owner.post(`${team}/delete`)).status).toBe(404);
  await owner.post("/api/v1/me/organization", { organization: "default" });

  const { id: membership } = await memberOf("tina@example.com");
  expect((await owner.post(`/api/v1/orgs/default/members/${membership}/remove`)).status).toBe(200);
  expect((await owner.get<ApiTeamDetail>(team)).body.members).toEqual([]);
  expect((await owner.post(`${team}/projects/default/remove`)).status).toBe(200);
  expect((await owner.post(`${team}/projects/default/remove`)).status).toBe(404);
  expect((await owner.post(`${team}/delete`)).status).toBe(200);
  expect((await owner.get(team)).status).toBe(404);
});

test("a search that is somebody's own is seen, changed and deleted by nobody else, whatever their role", async () => {
  const pia = await joined("pia@example.com", "member");
  const save = (person: TestPerson, name: string, visibility: string) =>
    person.post<ApiSavedSearch>("/api/v1/saved-searches", { name, query: "is:unresolved", visibility });
  const own = await save(pia, "Pia's own", "private");
  const shared = await save(pia, "Everybody's", "organization");
  expect([own.status, shared.status]).toEqual([201, 201]);
  const namesFor = async (person: TestPerson) =>
    (await person.get<{ data: ApiSavedSearch[] }>("/api/v1/saved-searches")).body.data.map(({ name }) => name);
  expect(await namesFor(pia)).toEqual(["Everybody's", "Pia's own"]);
  expect(await namesFor(owner)).toEqual(["Everybody's"]);

  const path = `/api/v1/saved-searches/${own.body.id}`;
  expect((await owner.post(path, { name: "Taken" })).status).toBe(404);
  expect((await owner.post(`${path}/delete`)).status).toBe(404);
  const token = await owner.post<ApiNewToken>("/api/v1/orgs/default/tokens", {
    label: "all",
    role: "owner",
    scopes: ["event:read", "issue:write"],
  });
  const listed = await withToken(token.body.token, "/api/v1/saved-searches");
  expect(await listed.text()).not.toContain("Pia's own");
  expect((await withToken(token.body.token, `${path}/delete`, { method: "POST" })).status).toBe(404);
  const audit = await owner.get<ApiPage<ApiAuditEntry>>("/api/v1/audit?limit=100");
  expect(JSON.stringify(audit.body)).not.toContain("Pia's own");
  expect((await pia.post(`${path}/delete`)).status).toBe(200);
});
