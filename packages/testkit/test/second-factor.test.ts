import type { ApiMe, ApiMember, ApiPasskey, ApiSignInMethods } from "@mesher/protocol";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Challenge, TestAuthenticator } from "./test-authenticator.ts";
import { TestPerson, tokenIn } from "./test-person.ts";
import { startTestServer, type TestServer } from "./test-server.ts";
import { codeOf } from "./totp.ts";

const EMAIL = "owner@example.com";
const PASSWORD = "correct horse battery";

let world: TestServer;
beforeAll(async () => {
  world = await startTestServer({ MESHER_ADMIN_EMAIL: EMAIL, MESHER_ADMIN_PASSWORD: PASSWORD });
});
// All tests come from one address, and wrong codes lock an account.
beforeEach(async () => {
  await world.database.query({ text: "delete from sign_in_rates" });
  await world.database.query({ text: "update two_factors set failed_verification_count = 0, locked_until = null" });
});
afterAll(() => world[Symbol.asyncDispose]());

let uri = "";
let recoveryCodes: readonly string[] = [];

test("a second factor counts from the first right code on, not from the wish for it", async () => {
  const person = new TestPerson(world.server.url);
  await person.signIn(EMAIL, PASSWORD);
  expect((await person.post("/api/v1/auth/two-factor/enable", { password: "wrong" })).status).toBe(400);
  const enabled = await person.post<{ totpURI: string; backupCodes: string[] }>("/api/v1/auth/two-factor/enable", {
    password: PASSWORD,
  });
  expect(enabled.status).toBe(200);
  uri = enabled.body.totpURI;
  recoveryCodes = enabled.body.backupCodes;
  expect(recoveryCodes.length).toBeGreaterThanOrEqual(8);
  expect((await new TestPerson(world.server.url).signIn(EMAIL, PASSWORD)).body).not.toHaveProperty("twoFactorRedirect");

  expect((await person.post("/api/v1/auth/two-factor/verify-totp", { code: "000000" })).status).toBe(401);
  expect((await person.post("/api/v1/auth/two-factor/verify-totp", { code: codeOf(uri) })).status).toBe(200);
  expect((await person.get<ApiMe>("/api/v1/me")).body.user.two_factor).toBe(true);

  const { rows } = await world.database.query<{ secret: string; backup_codes: string }>({
    text: "select * from two_factors",
  });
  const { secret = "", backup_codes = "" } = rows[0] ?? {};
  expect(secret).not.toContain(new URL(uri).searchParams.get("secret"));
  for (const code of recoveryCodes) expect(backup_codes).not.toContain(code);
});

test("its secret is told again for the password, and how many recovery codes are left; new codes end the old", async () => {
  const person = new TestPerson(world.server.url);
  await person.signIn(EMAIL, PASSWORD);
  await person.post("/api/v1/auth/two-factor/verify-totp", { code: codeOf(uri) });
  expect((await person.post("/api/v1/auth/two-factor/get-totp-uri", { password: "wrong" })).status).toBe(400);
  const again = await person.post<{ totpURI: string }>("/api/v1/auth/two-factor/get-totp-uri", { password: PASSWORD });
  expect(codeOf(again.body.totpURI, 0)).toBe(codeOf(uri, 0));

  const replaced = await person.post<{ backupCodes: string[] }>("/api/v1/auth/two-factor/generate-backup-codes", {
    password: PASSWORD,
  });
  const [old = ""] = recoveryCodes;
  recoveryCodes = replaced.body.backupCodes;
  const left = recoveryCodes.length;
  const methods = { password: true, single_sign_on: false, two_factor: true, recovery_codes_left: left };
  expect((await person.get<ApiSignInMethods>("/api/v1/me/sign-in-methods")).body).toEqual(methods);

  const other = new TestPerson(world.server.url);
  await other.signIn(EMAIL, PASSWORD);
  expect((await other.post("/api/v1/auth/two-factor/verify-backup-code", { code: old })).status).toBe(401);
  await other.post("/api/v1/auth/two-factor/verify-backup-code", { code: recoveryCodes.at(-1) });
  const { body } = await other.get<ApiSignInMethods>("/api/v1/me/sign-in-methods");
  expect(body.recovery_codes_left).toBe(left - 1);
  expect((await person.post("/api/v1/me/logins/end", { others: true })).status).toBe(200);
  expect((await other.get("/api/v1/me")).status).toBe(401);
  expect((await person.get("/api/v1/me")).status).toBe(200);
});

test("the password alone signs nobody in any more, the code after it does", async () => {
  const person = new TestPerson(world.server.url);
  expect(await person.signIn(EMAIL, PASSWORD)).toMatchObject({ status: 200, body: { twoFactorRedirect: true } });
  expect((await person.get("/api/v1/me")).status).toBe(401);
  expect((await person.post("/api/v1/auth/two-factor/verify-totp", { code: "000000" })).status).toBe(401);
  expect((await person.get("/api/v1/me")).status).toBe(401);

  const verified = await person.post("/api/v1/auth/two-factor/verify-totp", { code: codeOf(uri) });
  expect(verified.status).toBe(200);
  expect(verified.body).not.toHaveProperty("token");
  expect((await person.get("/api/v1/me")).status).toBe(200);
});

test("codes are not guessed: after a few wrong ones the sign-in begins anew", async () => {
  const person = new TestPerson(world.server.url);
  await person.signIn(EMAIL, PASSWORD);
  for (let n = 0; n < 8; n += 1) await person.post("/api/v1/auth/two-factor/verify-totp", { code: "000000" });
  const late = await person.post("/api/v1/auth/two-factor/verify-totp", { code: codeOf(uri) });
  expect(late.status).toBeGreaterThanOrEqual(400);
  expect((await person.get("/api/v1/me")).status).toBe(401);
});

test("a recovery code works once", async () => {
  const [code = ""] = recoveryCodes;
  const use = async () => {
    const person = new TestPerson(world.server.url);
    await person.signIn(EMAIL, PASSWORD);
    await person.post("/api/v1/auth/two-factor/verify-backup-code", { code });
    return (await person.get("/api/v1/me")).status;
  };
  expect(await use()).toBe(200);
  expect(await use()).toBe(401);
});

async function add(person: TestPerson, authenticator: TestAuthenticator, name = "laptop") {
  const { body } = await person.get<Challenge>("/api/v1/auth/passkey/generate-register-options");
  return person.post("/api/v1/auth/passkey/verify-registration", { name, response: authenticator.register(body) });
}

async function signInBy(authenticator: TestAuthenticator, person = new TestPerson(world.server.url)) {
  const { body } = await person.get<Challenge>("/api/v1/auth/passkey/generate-authenticate-options");
  const response = authenticator.sign(body);
  const answer = await person.post("/api/v1/auth/passkey/verify-authentication", { response });
  return { person, response, answer };
}

const listPasskeys = async (person: TestPerson) => (await person.get<ApiPasskey[]>("/api/v1/me/passkeys")).body;

test("a passkey takes the place of password and code, and is its person's alone", async () => {
  const person = new TestPerson(world.server.url);
  await person.signIn(EMAIL, PASSWORD);
  await person.post("/api/v1/auth/two-factor/verify-totp", { code: codeOf(uri) });
  const { origin = "" } = person;
  const authenticator = new TestAuthenticator(origin);

  expect((await add(person, authenticator)).status).toBe(200);
  expect(await listPasskeys(person)).toMatchObject([{ name: "laptop", synced: false, last_used_at: null }]);

  const signedIn = await signInBy(authenticator);
  expect(signedIn.answer.status).toBe(200);
  expect(JSON.stringify(signedIn.answer.body)).not.toContain("token");
  expect((await signedIn.person.get<ApiMe>("/api/v1/me")).body.user.email).toBe(EMAIL);
  const [passkey] = await listPasskeys(person);
  expect(passkey?.last_used_at).not.toBeNull();

  const id = passkey?.id;
  expect(await person.patch(`/api/v1/me/passkeys/${id}`, { name: " " })).toMatchObject({ status: 400 });
  expect(await person.patch(`/api/v1/me/passkeys/${id}`, { name: "key ring" })).toMatchObject({ status: 200 });
  const other = new TestPerson(world.server.url);
  const made = { email: "other@example.com", display_name: "Other", password: PASSWORD };
  await fetch(`${world.server.url}/api/v1/users`, {
    method: "POST",
    headers: { authorization: `Bearer ${world.server.token}`, "content-type": "application/json" },
    body: JSON.stringify(made),
  });
  await other.signIn(made.email, PASSWORD);
  expect(await listPasskeys(other)).toEqual([]);
  expect((await other.patch(`/api/v1/me/passkeys/${id}`, { name: "mine" })).status).toBe(404);
  expect((await other.post(`/api/v1/me/passkeys/${id}/remove`)).status).toBe(404);
  expect(await listPasskeys(person)).toMatchObject([{ id, name: "key ring" }]);

  expect((await person.post(`/api/v1/me/passkeys/${id}/remove`)).status).toBe(200);
  const late = await signInBy(authenticator);
  expect(late.answer).toMatchObject({ status: 401, body: { code: "passkey_not_found" } });
  expect((await late.person.get("/api/v1/me")).status).toBe(401);
});

test("a passkey that did not look at its person, or signed something else, lets nobody in", async () => {
  const person = new TestPerson(world.server.url);
  await person.signIn(EMAIL, PASSWORD);
  await person.post("/api/v1/auth/two-factor/verify-totp", { code: codeOf(uri) });
  const { origin = "" } = person;
  const careless = new TestAuthenticator(origin);
  careless.verifies = false;
  expect(await add(person, careless)).toMatchObject({ status: 401, body: { code: "person_not_verified" } });
  careless.verifies = true;
  expect((await add(person, careless)).status).toBe(200);
  careless.verifies = false;
  const unseen = await signInBy(careless);
  expect(unseen.answer).toMatchObject({ status: 401, body: { code: "person_not_verified" } });
  expect((await unseen.person.get("/api/v1/me")).status).toBe(401);

  careless.verifies = true;
  const signedIn = await signInBy(careless);
  expect(signedIn.answer.status).toBe(200);
  // The answer to a challenge that was used, by the browser that got it, and by another with a challenge of its own.
  const again = { response: signedIn.response };
  expect((await signedIn.person.post("/api/v1/auth/passkey/verify-authentication", again)).status).toBe(400);
  const thief = new TestPerson(world.server.url);
  await thief.get("/api/v1/auth/passkey/generate-authenticate-options");
  expect((await thief.post("/api/v1/auth/passkey/verify-authentication", again)).status).toBe(400);
  expect((await thief.get("/api/v1/me")).status).toBe(401);

  const elsewhere = new TestAuthenticator("https://mesher.example.com");
  expect((await add(person, elsewhere)).status).toBe(400);
  expect(await listPasskeys(person)).toHaveLength(1);
});

test("a login of yesterday adds no passkey", async () => {
  const person = new TestPerson(world.server.url);
  await person.signIn("other@example.com", PASSWORD);
  await world.database.query({ text: "update logins set created_at = now() - interval '25 hours'" });
  const asked = await person.get("/api/v1/auth/passkey/generate-register-options");
  expect(asked).toMatchObject({ status: 403, body: { code: "session_not_fresh" } });
});

test("who has lost the phone and the codes is let in by a link that says so, and the passkeys on the phone are over", async () => {
  const make = (clears_two_factor: boolean) =>
    fetch(`${world.server.url}/api/v1/users/reset-link`, {
      method: "POST",
      headers: { authorization: `Bearer ${world.server.token}`, "content-type": "application/json" },
      body: JSON.stringify({ email: EMAIL, clears_two_factor }),
    }).then((response) => response.json() as Promise<{ link: string }>);
  const person = new TestPerson(world.server.url);
  await person.post("/api/v1/password-resets/use", { token: tokenIn((await make(false)).link), password: PASSWORD });
  expect((await person.signIn(EMAIL, PASSWORD)).body).toMatchObject({ twoFactorRedirect: true });
  await person.post("/api/v1/password-resets/use", { token: tokenIn((await make(true)).link), password: PASSWORD });
  expect((await person.signIn(EMAIL, PASSWORD)).body).not.toHaveProperty("twoFactorRedirect");
  expect((await person.get<ApiMember[]>("/api/v1/orgs/default/members")).status).toBe(200);
  expect(await listPasskeys(person)).toEqual([]);
});
