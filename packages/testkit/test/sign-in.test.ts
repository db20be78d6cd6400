import { createHmac } from "node:crypto";
import type { ApiLogin, ApiMe } from "@mesher/protocol";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { TestPerson, tokenIn } from "./test-person.ts";
import { startTestServer, type TestServer } from "./test-server.ts";

const EMAIL = "olga@example.com";
const PASSWORD = "correct horse battery";

let world: TestServer;
let setupLink: string;

beforeAll(async () => {
  world = await startTestServer();
  setupLink = /Owner\s+(\S+)/.exec(world.server.output)?.[1] ?? "";
});
// All tests come from one address.
beforeEach(() => world.database.query({ text: "delete from sign_in_rates" }));
afterAll(() => world[Symbol.asyncDispose]());

const somebody = () => new TestPerson(world.server.url);

const signedIn = (email = EMAIL, password = PASSWORD) => TestPerson.signedIn(world.server.url, email, password);

test("[C-130] the first start prints a link that makes one person the owner, once", async () => {
  const token = tokenIn(setupLink);
  const person = somebody();
  const offer = await person.post("/api/v1/invitations/look-up", { token });
  expect(offer).toMatchObject({ status: 200, body: { organization: { slug: "default" }, email: null, role: "owner" } });

  const wish = { token, display_name: "Olga", password: PASSWORD };
  // With which nobody could sign in: the link is still worth something.
  expect(await person.post("/api/v1/invitations/accept", { ...wish, email: "olga@localhost" })).toMatchObject({
    status: 400,
    body: { error: "email must be an address like name@example.com" },
  });
  const together = await Promise.all([
    person.post("/api/v1/invitations/accept", { ...wish, email: EMAIL }),
    somebody().post("/api/v1/invitations/accept", { ...wish, email: "second@example.com" }),
  ]);
  expect(new Set(together.map(({ status }) => status))).toEqual(new Set([201, 404]));
  const winner = together[0]?.status === 201 ? EMAIL : "second@example.com";
  if (winner !== EMAIL) {
    await world.database.query({
      text: "update users set email = $1 where email = 'second@example.com'",
      values: [EMAIL],
    });
  }
  const { body } = await (await signedIn()).get<ApiMe>("/api/v1/me");
  expect(body).toMatchObject({
    user: { email: EMAIL, display_name: "Olga", two_factor: false },
    organizations: [{ slug: "default", role: "owner" }],
  });
  expect((await person.post("/api/v1/invitations/look-up", { token })).status).toBe(404);
});

test("a login's cookie is for the browser alone, and its token stands in no answer and no table", async () => {
  const person = somebody();
  const { body, headers } = await person.signIn(EMAIL, PASSWORD);
  const cookie = headers.getSetCookie().find((line) => line.startsWith("mesher.session_token="));
  expect(cookie).toMatch(/; HttpOnly; SameSite=Lax$/);
  expect(cookie).not.toMatch(/Secure|Domain=/);
  expect(body).not.toHaveProperty("token");

  const token = decodeURIComponent(person.cookies.get("mesher.session_token") ?? "").split(".")[0] ?? "";
  expect(token.length).toBeGreaterThan(20);
  expect(JSON.stringify(body)).not.toContain(token);
  const { rows } = await world.database.query<{ stored: string }>({
    text: "select token_sha256 as stored from logins",
  });
  expect(rows.length).toBeGreaterThan(0);
  for (const { stored } of rows) expect(stored).toMatch(/^[0-9a-f]{64}$/);
});

test("[C-132] a hash from the database opens nothing, even with the secret that signs cookies", async () => {
  const person = await signedIn();
  const { rows } = await world.database.query<{ stored: string; secret: string }>({
    text: `
      select token_sha256 as stored, (select value from server_secrets where name = 'sign_in') as secret
      from logins order by created_at desc limit 1`,
  });
  const { stored = "", secret = "" } = rows[0] ?? {};
  const forge = (token: string) =>
    encodeURIComponent(`${token}.${createHmac("sha256", secret).update(token).digest("base64")}`);
  const cookie = person.cookies.get("mesher.session_token") ?? "";
  expect(forge(decodeURIComponent(cookie).split(".")[0] ?? "")).toBe(cookie);

  const thief = somebody();
  thief.cookies.set("mesher.session_token", forge(stored));
  expect((await thief.get("/api/v1/me")).status).toBe(401);
});

test("a wrong password, and somebody unknown, are answered alike", async () => {
  const wrong = await somebody().signIn(EMAIL, "not the password");
  const unknown = await somebody().signIn("nobody@example.com", "not the password");
  expect(wrong.status).toBe(401);
  expect(wrong.body).toMatchObject({ code: "invalid_email_or_password", error: expect.any(String) });
  expect([unknown.status, unknown.body]).toEqual([wrong.status, wrong.body]);
});

test("nobody can sign up, and what better-auth could do besides is at no address", async () => {
  const person = somebody();
  for (const path of ["sign-up/email", "delete-user", "list-sessions", "admin/list-users", "ok"]) {
    expect([path, (await person.post(`/api/v1/auth/${path}`, { email: "x@example.com" })).status]).toEqual([path, 404]);
  }
});

test("signing out ends the login; signing out everywhere ends all of them at once", async () => {
  const [here, there, elsewhere] = [await signedIn(), await signedIn(), await signedIn()];
  const kept = here.cookieHeader;
  expect((await here.post("/api/v1/auth/sign-out")).status).toBe(200);
  const thief = somebody();
  for (const pair of kept.split("; ")) thief.cookies.set(pair.split("=")[0] ?? "", pair.slice(pair.indexOf("=") + 1));
  expect((await thief.get("/api/v1/me")).status).toBe(401);

  const { body: logins } = await there.get<ApiLogin[]>("/api/v1/me/logins");
  expect(logins.filter(({ current }) => current)).toHaveLength(1);
  expect(logins.length).toBeGreaterThanOrEqual(2);
  expect((await there.post("/api/v1/me/logins/end")).body).toMatchObject({ affected: logins.length });
  for (const person of [there, elsewhere]) expect((await person.get("/api/v1/me")).status).toBe(401);
});

test("one login of several is ended by its id, but not somebody else's", async () => {
  const [here, there] = [await signedIn(), await signedIn()];
  const { body: logins } = await there.get<ApiLogin[]>("/api/v1/me/logins");
  const theirs = logins.find(({ current }) => current);
  expect((await here.post("/api/v1/me/logins/11111111-1111-4111-8111-111111111111/end")).status).toBe(404);
  expect((await here.post(`/api/v1/me/logins/${theirs?.id}/end`)).status).toBe(200);
  expect((await there.get("/api/v1/me")).status).toBe(401);
  expect((await here.get("/api/v1/me")).status).toBe(200);
});

test("[C-130] a change with a login is taken from our own pages only", async () => {
  const person = await signedIn();
  for (const origin of ["https://evil.example", "null", undefined, `${world.server.url}.evil.example`]) {
    person.origin = origin;
    const { status, body } = await person.post("/api/v1/me/logins/end");
    expect([origin, status, body["code"]]).toEqual([origin, 403, "foreign_origin"]);
    expect((await person.get("/api/v1/me")).status).toBe(200);
  }
  const stranger = somebody();
  stranger.origin = "https://evil.example";
  expect((await stranger.signIn(EMAIL, PASSWORD)).status).toBe(403);
});

test("a password is changed by who knows it, which ends the other logins", async () => {
  const [here, there] = [await signedIn(), await signedIn()];
  const change = (currentPassword: string, newPassword: string) =>
    here.post("/api/v1/auth/change-password", { currentPassword, newPassword });
  expect((await change("wrong password", "another password")).status).toBe(400);
  expect(await change(PASSWORD, "short")).toMatchObject({ status: 400, body: { code: "password_too_short" } });
  expect((await change(PASSWORD, "another password")).status).toBe(200);

  expect((await here.get("/api/v1/me")).status).toBe(200);
  expect((await there.get("/api/v1/me")).status).toBe(401);
  expect((await somebody().signIn(EMAIL, PASSWORD)).status).toBe(401);
  expect((await change("another password", PASSWORD)).status).toBe(200);
});

test("guesses at one person's password are stopped, wherever they come from, and the right one clears the count", async () => {
  await world.database.query({ text: "delete from sign_in_attempts" });
  const guess = () => somebody().signIn("victim@example.com", "a wrong guess");
  await world.database.query({ text: "delete from sign_in_rates" });
  const answers = await Promise.all(Array.from({ length: 12 }, guess));
  expect(answers.filter(({ status }) => status === 401)).toHaveLength(10);
  const stopped = answers.filter(({ status }) => status === 429);
  expect(stopped).toHaveLength(2);
  expect(stopped[0]?.body).toMatchObject({ code: "too_many_attempts" });
  expect(Number(stopped[0]?.headers.get("retry-after"))).toBeGreaterThan(800);

  await world.database.query({ text: "delete from sign_in_rates" });
  for (let n = 0; n < 9; n += 1) expect((await somebody().signIn(EMAIL, "a wrong guess")).status).toBe(401);
  await signedIn();
  expect((await somebody().signIn(EMAIL, "a wrong guess")).status).toBe(401);
  await signedIn();
});

test("one address that asks too often is told to wait, whomever it asks for", async () => {
  await world.database.query({ text: "delete from sign_in_rates" });
  const statuses: number[] = [];
  for (let n = 0; n < 21; n += 1)
    statuses.push((await somebody().signIn(`nobody${n}@example.com`, "a wrong guess")).status);
  expect(statuses.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 401));
  expect(statuses[20]).toBe(429);
  await world.database.query({ text: "delete from sign_in_rates" });
});

test("every answer carries the headers that keep it where it belongs", async () => {
  const api = await fetch(`${world.server.url}/api/v1/me`);
  expect(api.headers.get("content-security-policy")).toBe("default-src 'none'; frame-ancestors 'none'");
  expect(api.headers.get("cache-control")).toBe("no-store");
  const page = await fetch(`${world.server.url}/`, { headers: { accept: "text/html" } });
  expect(page.headers.get("content-security-policy")).toContain("default-src 'self'");
  for (const { headers } of [api, page]) {
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
    expect(headers.get("strict-transport-security")).toBeNull();
  }
});

test("[C-132] no password, cookie or link stands in the log", async () => {
  const person = await signedIn();
  const token = decodeURIComponent(person.cookies.get("mesher.session_token") ?? "").split(".")[0] ?? "none";
  const log = world.server.output.replace(setupLink, "");
  for (const secret of [PASSWORD, "a wrong guess", token, tokenIn(setupLink)]) expect(log).not.toContain(secret);
});
