import type { ApiMe, ApiMember, ApiSignInMethods } from "@mesher/protocol";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
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

test("who has lost the phone and the codes is let in by a link that says so", async () => {
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
});
