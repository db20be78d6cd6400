import { testServer } from "@mesher/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCommand } from "../test-server.ts";

const PASSWORD = "correct horse battery";

let started: Awaited<ReturnType<typeof testServer>>;
beforeAll(async () => {
  started = await testServer();
});
afterAll(() => started[Symbol.asyncDispose]());

/** What the command printed; it must have gone well. */
async function mesher(args: readonly string[], more: Parameters<typeof runCommand>[2] = {}): Promise<string> {
  const { code, out, errors } = await runCommand(started.server, args, more);
  expect([errors, code]).toEqual(["", 0]);
  return out;
}

async function refused(args: readonly string[], more: Parameters<typeof runCommand>[2] = {}): Promise<string> {
  const { code, errors } = await runCommand(started.server, args, more);
  expect(code).toBe(1);
  return errors;
}

async function canSignIn(email: string, password: string): Promise<boolean> {
  const response = await fetch(`${started.server.url}/api/v1/auth/sign-in/email`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ email, password }),
  });
  return response.status === 200;
}

test("the first owner is made with a password from standard input, which is printed nowhere", async () => {
  const out = await mesher(["users", "create", "Olga@example.com", "--role", "owner"], { input: `${PASSWORD}\nmore` });
  expect(out).toBe("Olga@example.com can sign in now.\n");
  expect(await canSignIn("olga@example.com", PASSWORD)).toBe(true);
  expect(await refused(["users", "create", "a@example.com"], { input: "\n" })).toContain("No password was given");
  expect(await refused(["users", "create", "olga@example.com"], { input: PASSWORD })).toContain(
    "refuses: there is somebody",
  );
  expect(started.server.output).not.toContain(PASSWORD);
});

test("[ORG-04] members are listed, invited, given roles and removed", async () => {
  const link = (await mesher(["users", "invite", "ina@example.com", "--role", "admin"])).trim();
  const [invitation] = JSON.parse(await mesher(["invitations", "list", "--json"])) as { id: string; email: string }[];
  expect(invitation?.email).toBe("ina@example.com");
  const accepted = await fetch(`${started.server.url}/api/v1/invitations/accept`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ token: link.split("#")[1], display_name: "Ina", password: PASSWORD }),
  });
  expect(accepted.status).toBe(201);
  expect(await mesher(["users", "list"])).toMatch(/^EMAIL +ROLE[^]*ina@example\.com +admin/);
  expect(await mesher(["users", "role", "ina@example.com", "--role", "member"])).toContain("is member now");
  expect(await refused(["users", "role", "ina@example.com", "--role", "king"])).toContain("role must be one of");
  await mesher(["users", "remove", "ina@example.com"]);
  expect(await refused(["users", "remove", "ina@example.com"])).toContain("is no member of default");

  await mesher(["users", "invite", "rita@example.com"]);
  const [waiting] = JSON.parse(await mesher(["invitations", "list", "--json"])) as { id: string }[];
  await mesher(["invitations", "revoke", waiting?.id ?? ""]);
  expect(JSON.parse(await mesher(["invitations", "list", "--json"]))).toEqual([]);
});

test("a link sets a new password", async () => {
  const link = (await mesher(["users", "reset-link", "olga@example.com", "--clear-second-factor"])).trim();
  const used = await fetch(`${started.server.url}/api/v1/password-resets/use`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ token: link.split("#")[1], password: "another password" }),
  });
  expect(used.status).toBe(200);
  expect(await canSignIn("olga@example.com", "another password")).toBe(true);
  expect(await refused(["users", "reset-link", "nobody@example.com"])).toContain("refuses: user not found");
});

test("[ORG-05] tokens are made, listed without their secret, and revoked", async () => {
  const token = (await mesher(["tokens", "create", "ci", "--scope", "event:read", "--scope", "org:read"])).trim();
  expect(token).toMatch(/^mshr_[0-9a-f]{48}$/);
  expect(await mesher(["orgs", "list"], { token })).toContain("default");
  expect(await refused(["tokens", "list"], { token })).toContain("refuses: only owners and admins may do this");
  const listed = await mesher(["tokens", "list", "--json"]);
  expect(listed).not.toContain(token);
  const made = (JSON.parse(listed) as { id: string; label: string }[]).find(({ label }) => label === "ci");
  await mesher(["tokens", "revoke", made?.id ?? ""]);
  expect(await refused(["orgs", "list"], { token })).toContain("does not accept the API token");
});

test("[ORG-01] organizations are made for a member, and renamed", async () => {
  const made = JSON.parse(
    await mesher(["orgs", "create", "Second", "--owner", "olga@example.com", "--json"]),
  ) as object;
  expect(made).toMatchObject({ slug: "second", name: "Second" });
  expect(await runCommand(started.server, ["orgs", "create", "Third"])).toMatchObject({
    code: 2,
    errors: "--owner is missing: the e-mail address of a member.\n",
  });
  expect(await mesher(["orgs", "rename", "All of us"])).toBe("default is called All of us now.\n");
});
