/**
 * Every route × everybody who may come: what the route declares is what happens. The routes are those the server has
 * registered, so that a new one is tried without being named here.
 */
import type {
  ApiEventSummary,
  ApiIssue,
  ApiMember,
  ApiNewInvitation,
  ApiNewToken,
  ApiPage,
  ApiProject,
} from "@mesher/protocol";
import { createDataDir, newEventId, sendEvent, testDatabase, waitUntil } from "@mesher/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Access, DeclaredRoute } from "./api/access.ts";
import { readConfig } from "./config.ts";
import { SCOPE_NAMES } from "./organizations/access.ts";
import { createLog } from "./runtime/log.ts";
import { type RunningServer, startServer } from "./server.ts";

const OPERATOR = "mshr_operator_of_the_matrix_00000";
const PASSWORD = "correct horse battery";
const ORIGIN_PATH = "/api/v1/auth/sign-in/email";

type Who = "nobody" | "revoked" | "member" | "admin" | "owner" | "foreign owner" | "operator" | "narrow";

let server: RunningServer;
const stack = new AsyncDisposableStack();
const headersOf = new Map<Who, Record<string, string>>();
/** Real ones of the tried organization, by the name of the parameter. */
const ids: Record<string, string> = {};
/** What nobody of another organization may read. */
const secrets: string[] = [];

beforeAll(async () => {
  const db = stack.use(await testDatabase());
  const dataDir = stack.use(await createDataDir());
  const config = readConfig({
    DATABASE_URL: db.url,
    MESHER_DATA_DIR: dataDir.path,
    MESHER_HTTP_PORT: "0",
    MESHER_WS_PORT: "0",
    MESHER_HTTP_HOST: "127.0.0.1",
    MESHER_WORKERS: "1",
    MESHER_BOOTSTRAP_TOKEN: OPERATOR,
    MESHER_ADMIN_EMAIL: "owner@example.com",
    MESHER_ADMIN_PASSWORD: PASSWORD,
  });
  server = await startServer(config, createLog({ level: "error", format: "json" }));
  stack.defer(() => server.stop());
  headersOf.set("nobody", {});
  headersOf.set("operator", { authorization: `Bearer ${OPERATOR}` });
  await signIn("owner");

  for (const who of ["member", "admin"] as const) {
    const { body } = await ask<ApiNewInvitation>("owner", "POST", "/api/v1/orgs/default/invitations", {
      email: `${who}@example.com`,
      role: who,
    });
    const token = body.link.split("#")[1];
    await ask("nobody", "POST", "/api/v1/invitations/accept", { token, display_name: who, password: PASSWORD });
    await signIn(who);
  }
  await makeForeignOwner();

  const token = await ask<ApiNewToken>("owner", "POST", "/api/v1/orgs/default/tokens", {
    label: "to be revoked",
    scopes: ["event:read"],
  });
  headersOf.set("revoked", { authorization: `Bearer ${token.body.token}` });
  await ask("owner", "POST", `/api/v1/orgs/default/tokens/${token.body.id}/revoke`);
  await collectIds();
});
afterAll(() => stack.disposeAsync());

test("[C-130] the server has declared its routes, and the matrix knows them", () => {
  expect(server.routes.length).toBeGreaterThan(50);
  const open = server.routes.filter(({ access }) => access === "open").map(({ url }) => url);
  // Whoever adds one here has thought about it.
  expect(open.toSorted()).toEqual(
    [
      "/*",
      "/",
      "/api/docs",
      "/api/docs/start.js",
      "/api/docs/swagger-ui-bundle.js",
      "/api/docs/swagger-ui.css",
      "/api/openapi.json",
      "/api/v1/auth/callback/oidc",
      "/api/v1/auth/passkey/generate-authenticate-options",
      "/api/v1/auth/passkey/verify-authentication",
      "/api/v1/auth/sign-in/email",
      "/api/v1/auth/sign-in/social",
      "/api/v1/auth/sign-out",
      "/api/v1/auth/two-factor/verify-backup-code",
      "/api/v1/auth/two-factor/verify-totp",
      "/api/v1/invitations/accept",
      "/api/v1/invitations/look-up",
      "/api/v1/password-resets/use",
      "/api/v1/sign-in-options",
      "/api/v1/unsubscribe",
      "/api/v1/unsubscribe",
      "/healthz",
      "/index.html",
      "/metrics",
      "/readyz",
    ]
      .toSorted()
      .filter((url) => url !== "/" || open.includes("/")),
  );
});

describe("[C-130] [ORG-04] whoever may not is refused as the route declares", () => {
  test.each(["nobody", "revoked"] as const)("%s gets 401 wherever it is not open", async (who) => {
    for (const route of closedRoutes()) {
      const { status, body } = await askRoute(who, route);
      expect([route.method, route.url, status, body.code]).toEqual([route.method, route.url, 401, "unauthorized"]);
    }
  });

  test.each(["member", "admin"] as const)("%s gets 403 where more is declared", async (who) => {
    const routes = closedRoutes().filter(({ access }) => !isEnough(who, access));
    expect(routes.length).toBeGreaterThan(2);
    for (const route of routes) {
      const { status, body } = await askRoute(who, route);
      expect([route.method, route.url, status, body.code]).toEqual([route.method, route.url, 403, "forbidden"]);
    }
  });
});

test("[ORG-05] a token gets 403 wherever it lacks the scope, whatever its role", async () => {
  for (const scope of SCOPE_NAMES) {
    const { body } = await ask<ApiNewToken>("owner", "POST", "/api/v1/orgs/default/tokens", {
      label: `${scope} only`,
      role: "owner",
      scopes: [scope],
    });
    headersOf.set("narrow", { authorization: `Bearer ${body.token}` });
    for (const route of closedRoutes()) {
      if (typeof route.access !== "object" || route.access.scope === scope) continue;
      const answer = await askRoute("narrow", route);
      expect([scope, route.url, answer.status, answer.body.code]).toEqual([scope, route.url, 403, "missing_scope"]);
    }
  }
});

describe("[C-131] [F.4-12] an owner of another organization", () => {
  test("finds nothing by any id of this one: as if it did not exist", async () => {
    const routes = closedRoutes().filter(({ access, url }) => url.includes(":") && access !== "operator");
    expect(routes.length).toBeGreaterThan(20);
    for (const route of routes) {
      const { status, body } = await askRoute("foreign owner", route);
      // A body that is refused before anything is looked up tells nothing of what there is.
      const isRefusedUnseen =
        status === 400 && JSON.stringify(body) === JSON.stringify((await askUnknown("foreign owner", route)).body);
      if (!isRefusedUnseen)
        expect([route.method, route.url, status, body.code]).toEqual([route.method, route.url, 404, "not_found"]);
      expect([route.url, await askUnknown("foreign owner", route)]).toEqual([route.url, { status, body }]);
    }
  });

  test("reads nothing of it in any list", async () => {
    const routes = closedRoutes().filter(
      ({ method, access, url }) => method === "GET" && !url.includes(":") && access !== "operator",
    );
    expect(routes.length).toBeGreaterThan(5);
    for (const route of routes) {
      const { text } = await askRoute("foreign owner", route);
      for (const secret of secrets) expect([route.url, text.includes(secret)]).toEqual([route.url, false]);
    }
  });

  test("and the owner of this one does find all of it by the same ids", async () => {
    for (const route of closedRoutes().filter(({ method, access }) => method === "GET" && access !== "operator")) {
      const { status } = await askRoute("owner", route);
      // 400: a parameter is missing that every call needs. 404: the route names something that was not made above.
      const isNamed = [...route.url.matchAll(/:(\w+)/g)].every(([, name = ""]) => ids[name] !== undefined);
      const expected = isNamed ? [200, 400] : [200, 400, 404];
      expect([route.url, expected.includes(status) ? "found" : status]).toEqual([route.url, "found"]);
    }
  });
});

// Last, because these may do what they may.
describe("[ORG-04] whoever may is not refused", () => {
  test.each(["member", "admin", "owner", "operator"] as const)("%s", async (who) => {
    for (const route of closedRoutes().filter(({ access }) => isEnough(who, access))) {
      if (who !== "operator") await signIn(who);
      const { status, body } = await askUnknown(who, route);
      const outcome = status === 401 || status === 403 || status >= 500 ? [status, body.code] : "let in";
      expect([route.method, route.url, outcome]).toEqual([route.method, route.url, "let in"]);
    }
  });
});

function closedRoutes(): readonly DeclaredRoute[] {
  return server.routes.filter(({ access }) => access !== "open");
}

function isEnough(who: Exclude<Who, "nobody" | "revoked" | "foreign owner" | "narrow">, access: Access): boolean {
  if (access === "open") return true;
  if (access === "operator") return who === "operator";
  if (access === "person") return who !== "operator";
  const ranks = ["member", "admin", "owner", "operator"];
  return ranks.indexOf(who) >= ranks.indexOf(access.role);
}

interface Answer<T> {
  readonly status: number;
  readonly body: T;
  readonly text: string;
}

/** With the ids of the tried organization. */
function askRoute(who: Who, route: DeclaredRoute): Promise<Answer<{ code?: string }>> {
  const path = fill(route.url, (name) => ids[name] ?? UNKNOWN_ID);
  return ask(who, route.method, path, PLAUSIBLE_BODY);
}

/** With ids of nothing. */
async function askUnknown(who: Who, route: DeclaredRoute): Promise<{ status: number; body: { code?: string } }> {
  const { status, body } = await ask<{ code?: string }>(who, route.method, fill(route.url, unknownOf), PLAUSIBLE_BODY);
  return { status, body };
}

/** Fields that routes ask for, so that a request gets as far as looking for what it names. */
const PLAUSIBLE_BODY = {
  name: "A name",
  label: "A label",
  slug: "a-slug",
  email: "somebody@example.com",
  role: "member",
  scopes: ["event:read"],
  user_id: "",
  text: "A text",
  organization: "nobody",
  priority: "high",
  do: "resolve",
  ids: ["2f6d9a0e-0000-4000-8000-000000000001"],
  fingerprints: ["2f6d9a0e-0000-4000-8000-000000000002"],
};

const UNKNOWN_ID = "2f6d9a0e-0000-4000-8000-000000000000";

/** Persons have to name the organization that they are in. */
function unknownOf(name: string): string {
  return name === "event" ? UNKNOWN_ID.replaceAll("-", "") : UNKNOWN_ID;
}

function fill(url: string, valueOf: (name: string) => string): string {
  return url.replace(/:(\w+)/g, (_match, name: string) => valueOf(name));
}

/** Longer than any answer takes, shorter than a stream lasts. */
const ANSWER_MS_MAX = 60_000;

async function ask<T = unknown>(who: Who, method: string, path: string, body: unknown = {}): Promise<Answer<T>> {
  const headers = headersOf.get(who) ?? {};
  const response = await fetch(`${server.url}${path}`, {
    method,
    redirect: "manual",
    signal: AbortSignal.timeout(ANSWER_MS_MAX),
    headers: { origin: server.url, ...headers, ...(method !== "GET" && { "content-type": "application/json" }) },
    ...(method !== "GET" && { body: JSON.stringify(body) }),
  });
  if (response.headers.get("content-type")?.includes("event-stream") === true) {
    await response.body?.cancel();
    return { status: response.status, body: {} as T, text: "" };
  }
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json") === true;
  return { status: response.status, body: (isJson ? JSON.parse(text) : {}) as T, text };
}

const kept = new Map<Who, string>();

/** Signs in, unless the login of before still holds. */
async function signIn(
  who: "member" | "admin" | "owner" | "foreign owner",
  email = `${who}@example.com`,
): Promise<void> {
  if (kept.has(who) && (await ask(who, "GET", "/api/v1/me")).status === 200) return;
  const response = await fetch(`${server.url}${ORIGIN_PATH}`, {
    method: "POST",
    headers: { origin: server.url, "content-type": "application/json" },
    body: JSON.stringify({ email, password: PASSWORD }),
  });
  expect([who, response.status]).toEqual([who, 200]);
  const cookie = response.headers
    .getSetCookie()
    .map((line) => line.split(";")[0])
    .join("; ");
  kept.set(who, cookie);
  headersOf.set(who, { cookie });
}

/** Somebody new, who makes an organization, and is then out of the tried one. */
async function makeForeignOwner(): Promise<void> {
  const email = "foreign@example.com";
  const made = await ask<{ id: string; membership_id: string }>("operator", "POST", "/api/v1/users", {
    email,
    display_name: "Foreign",
    password: PASSWORD,
    role: "owner",
  });
  await signIn("foreign owner", email);
  const founded = await ask("foreign owner", "POST", "/api/v1/orgs", { name: "Foreign", slug: "foreign" });
  expect(founded.status).toBe(201);
  await ask("owner", "POST", `/api/v1/orgs/default/members/${made.body.membership_id}/remove`);
  const projects = await ask("foreign owner", "GET", "/api/v1/projects");
  expect([projects.status, projects.body]).toEqual([200, []]);
}

/** Something of every kind that routes name by an id. */
async function collectIds(): Promise<void> {
  const event_id = newEventId();
  expect((await sendEvent(server.dsn, { event_id, message: "Seen by its owners only" })).status).toBe(200);
  const [project] = (await ask<ApiProject[]>("owner", "GET", "/api/v1/projects")).body;
  const issue = await waitUntil(
    "the issue",
    async () => (await ask<ApiPage<ApiIssue>>("owner", "GET", `/api/v1/projects/${project?.id}/issues`)).body.data[0],
  );
  const events = await ask<ApiPage<ApiEventSummary>>("owner", "GET", `/api/v1/issues/${issue.id}/events`);
  const members = await ask<ApiMember[]>("owner", "GET", "/api/v1/orgs/default/members");
  const token = await ask<ApiNewToken>("owner", "POST", "/api/v1/orgs/default/tokens", {
    label: "real",
    scopes: ["event:read"],
  });
  const invitation = await ask<ApiNewInvitation>("owner", "POST", "/api/v1/orgs/default/invitations", {
    email: "waits@example.com",
  });
  const logins = await ask<{ id: string }[]>("owner", "GET", "/api/v1/me/logins");
  const keys = await ask<{ id?: string }[] | { data: { id?: string }[] }>(
    "owner",
    "GET",
    `/api/v1/projects/${project?.id}/api-keys`,
  );
  const rule = await ask<{ id: string }>("owner", "POST", `/api/v1/projects/${project?.id}/alert-rules`, {
    name: "Told to its owners only",
    condition: { condition_type: "new_issue" },
  });
  const [key] = Array.isArray(keys.body) ? keys.body : (keys.body.data ?? []);

  const team = await ask<{ id: string }>("owner", "POST", "/api/v1/teams", { name: "Real" });

  const destination = await ask<{ id: string }>("owner", "POST", "/api/v1/orgs/default/destinations", {
    kind: "webhook",
    name: "Seen by its owners only",
    config: { url: "https://hooks.example.invalid/" },
  });
  const tested = await ask<{ delivery_id: string }>(
    "owner",
    "POST",
    `/api/v1/orgs/default/destinations/${destination.body.id}/test`,
  );

  Object.assign(ids, {
    team: team.body.id,
    destination: destination.body.id,
    delivery: tested.body.delivery_id,
    org: server.firstStart.organizationId,
    project: project?.id,
    issue: issue.id,
    shortId: issue.short_id,
    event: events.body.data[0]?.id,
    membership: members.body.find(({ role }) => role === "member")?.id,
    token: token.body.id,
    invitation: invitation.body.id,
    login: logins.body[0]?.id,
    key: key?.id,
    rule: rule.body.id,
  });
  for (const name of [
    "destination",
    "delivery",
    "org",
    "project",
    "issue",
    "event",
    "membership",
    "token",
    "invitation",
    "login",
    "rule",
  ])
    expect([name, ids[name]]).toEqual([name, expect.any(String)]);
  secrets.push(
    ...Object.values(ids).filter((id) => id !== undefined),
    "owner@example.com",
    "Seen by its owners only",
    "Told to its owners only",
  );
}
