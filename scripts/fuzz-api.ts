/**
 * Fuzzes every route of the API by its own description. No answer may be a 5xx, every answer must have the shape that the
 * description promises, every refusal the one shape of errors.
 *
 *     npm run fuzz:api -- --count 100000 [--seed 7] [--first 4711]
 */
import { inspect, parseArgs } from "node:util";
import type { ApiIssue, ApiMember, ApiPage, ApiProject } from "@mesher/protocol";
import { newEventId, ServerProcess, sendEvent, TEST_TOKEN, waitUntil } from "@mesher/testkit";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import {
  type ApiCase,
  type CaseWorld,
  type DescribedOperation,
  type DescribedRoute,
  makeApiCase,
} from "./fuzz-api-cases.ts";

export interface ApiFuzzOptions {
  readonly server: Pick<ServerProcess, "url" | "dsn">;
  readonly count?: number;
  readonly seed?: number;
  /** Index of the first case. */
  readonly first?: number;
  readonly report?: (line: string) => void;
}

export interface ApiFuzzSummary {
  readonly seed: number;
  readonly count: number;
  /** Answers by kind of case and status. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Routes that no case got a 2xx from. */
  readonly unreached: readonly string[];
  /** Not more than `FAILURES_MAX`. */
  readonly failures: readonly ApiFuzzFailure[];
}

export interface ApiFuzzFailure {
  readonly index: number;
  readonly what: string;
  readonly who: string;
  readonly request: string;
  readonly answer: string;
}

const FAILURES_MAX = 20;
const SHOWN_MAX = 300;
const PROGRESS_EVERY = 5_000;
const HANG_MS = 60_000;
const CONCURRENCY = 8;
const ISSUES = 40;

/** With which the server that is fuzzed must be started. */
export const FUZZ_OWNER = { MESHER_ADMIN_EMAIL: "owner@example.com", MESHER_ADMIN_PASSWORD: "correct horse battery" };

/** The live feed never ends. */
const LEFT_OUT: ReadonlySet<string> = new Set(["GET /api/v1/projects/{project}/stream"]);

const ENDS_LOGINS: ReadonlySet<string> = new Set([
  "POST /api/v1/auth/sign-out",
  "POST /api/v1/me/logins/end",
  "POST /api/v1/me/logins/{login}/end",
  "POST /api/v1/auth/change-password",
]);

export async function fuzzApi(options: ApiFuzzOptions): Promise<ApiFuzzSummary> {
  const { server, count = 10_000, seed = Date.now() % 1e9, first = 0, report = () => {} } = options;
  const description = await getJson<Description>(server.url, "/api/openapi.json");
  const routes = routesOf(description);
  const answers = new AnswerCheck(description);
  const people = new People(server.url);
  const world: CaseWorld = { routes, actors: people.names, ids: await collectIds(server) };
  await people.meet();

  const statuses: Record<string, number> = {};
  const reached = new Set<string>();
  const failures: ApiFuzzFailure[] = [];
  let next = first;
  let done = 0;

  async function work(): Promise<void> {
    while (next < first + count && failures.length < FAILURES_MAX) {
      const index = next++;
      const made = makeApiCase(seed, index, world);
      const { status, contentType, text } = await people.send(made);
      const key = `${made.kind} ${status}`;
      statuses[key] = (statuses[key] ?? 0) + 1;
      if (status >= 200 && status < 300) reached.add(nameOf(made.route));
      const what = answers.faultOf(made.route, { status, contentType, text });
      if (what !== undefined) {
        const request = `${made.route.method} ${made.path} ${made.contentType ?? ""} ${made.body ?? ""}`;
        const answer = `${status} ${text}`;
        failures.push({
          index,
          what,
          who: made.who,
          request: request.slice(0, SHOWN_MAX),
          answer: answer.slice(0, SHOWN_MAX),
        });
      }
      if (++done % PROGRESS_EVERY === 0) report(`${done} of ${count}, seed ${seed}: ${JSON.stringify(statuses)}`);
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  const unreached = routes.map(nameOf).filter((name) => !reached.has(name));
  return { seed, count: done, statuses, unreached, failures };
}

interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>;
  readonly components: object;
}

function routesOf({ paths }: Description): DescribedRoute[] {
  return Object.entries(paths)
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
    )
    .filter((route) => !LEFT_OUT.has(nameOf(route)));
}

const nameOf = ({ method, path }: DescribedRoute) => `${method} ${path}`;

interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

/** Holds answers against the description, in which shapes may have no more than they say. */
class AnswerCheck {
  readonly #ajv = new Ajv2020({ strict: false, formats: FORMATS });
  readonly #checks = new Map<string, ValidateFunction>();

  constructor(description: Description) {
    this.#ajv.addSchema(closed(description) as object, "api");
  }

  faultOf(route: DescribedRoute, { status, contentType, text }: Answer): string | undefined {
    const { responses } = route.operation;
    const described = Object.hasOwn(responses, status) ? String(status) : "default";
    if (status === 0) return text;
    if (status >= 500 && described === "default") return "5xx";
    if (status < 400 && described === "default") return `${status} is not described`;
    const content = responses[described]?.content;
    if (content === undefined) return undefined;
    const [mediaType = ""] = Object.keys(content);
    if (!contentType.startsWith(mediaType)) return `the type is ${contentType}, not ${mediaType}`;
    if (mediaType !== "application/json") return undefined;
    const check = this.#checkFor(route, described);
    return check(parse(text)) ? undefined : this.#ajv.errorsText(check.errors);
  }

  #checkFor({ method, path }: DescribedRoute, status: string): ValidateFunction {
    const steps = ["paths", path, method.toLowerCase(), "responses", status, "content", "application/json", "schema"];
    const ref = `api#/${steps.map((step) => encodeURIComponent(step.replaceAll("~", "~0").replaceAll("/", "~1"))).join("/")}`;
    const known = this.#checks.get(ref);
    if (known !== undefined) return known;
    const check = this.#ajv.compile({ $ref: ref });
    this.#checks.set(ref, check);
    return check;
  }
}

const FORMATS = {
  "date-time": /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
  date: /^\d{4}-\d\d-\d\d$/,
  uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
};

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Objects with named fields may have no others. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== "object" || schema === null) return schema;
  const all = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  const { type, properties } = schema as { type?: unknown; properties?: object };
  const isNamed = type === "object" && properties !== undefined && Object.keys(properties).length > 0;
  return isNamed ? { additionalProperties: false, ...all } : all;
}

/** Who asks. */
class People {
  readonly names = ["owner", "owner's token", "member's token", "nobody"];
  readonly #url: string;
  readonly #headers = new Map<string, Record<string, string>>();

  constructor(url: string) {
    this.#url = url;
  }

  async meet(): Promise<void> {
    this.#headers.set("owner's token", { authorization: `Bearer ${TEST_TOKEN}` });
    this.#headers.set("nobody", {});
    const scopes = ["event:read", "issue:write", "project:admin", "org:read", "org:admin"];
    const made = await postJson<{ token: string }>(this.#url, "/api/v1/orgs/default/tokens", {
      label: "member",
      scopes,
    });
    this.#headers.set("member's token", { authorization: `Bearer ${made.token}` });
    await this.#signIn();
  }

  async send(made: ApiCase): Promise<Answer> {
    // Logging in again and again would soon be refused.
    const answer = await this.#ask(ENDS_LOGINS.has(nameOf(made.route)) ? { ...made, who: "nobody" } : made);
    // A case may have ended the login; from the next one on there is a new one.
    if (answer.status === 401 && made.who === "owner") await this.#signIn();
    return answer;
  }

  async #signIn(): Promise<void> {
    const { MESHER_ADMIN_EMAIL: email, MESHER_ADMIN_PASSWORD: password } = FUZZ_OWNER;
    const response = await fetch(`${this.#url}/api/v1/auth/sign-in/email`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: this.#url },
      body: JSON.stringify({ email, password }),
    });
    const cookie = response.headers
      .getSetCookie()
      .map((line) => line.split(";")[0])
      .join("; ");
    await response.body?.cancel();
    if (response.ok) this.#headers.set("owner", { cookie, origin: this.#url });
  }

  async #ask({ who, route, path, contentType, body }: ApiCase): Promise<Answer> {
    try {
      const response = await fetch(`${this.#url}${path}`, {
        method: route.method,
        redirect: "manual",
        signal: AbortSignal.timeout(HANG_MS),
        headers: { ...this.#headers.get(who), ...(contentType === undefined ? {} : { "content-type": contentType }) },
        ...(body === undefined ? {} : { body }),
      });
      const text = await response.text();
      return { status: response.status, contentType: response.headers.get("content-type") ?? "", text };
    } catch (error) {
      return {
        status: 0,
        contentType: "",
        text: `no answer: ${inspect(error)}`,
      };
    }
  }
}

/** Makes something of every kind, so that there are ids to ask for. */
async function collectIds({ url, dsn }: ApiFuzzOptions["server"]): Promise<Record<string, readonly string[]>> {
  const events: string[] = [];
  for (let n = 0; n < ISSUES; n += 1) {
    const event_id = newEventId();
    const message = `Problem ${String.fromCharCode(97 + (n % 26))}${n < 26 ? "" : "x"}`;
    await sendEvent(dsn, { event_id, message, level: n % 2 === 0 ? "error" : "info", release: "shop@1.0.0" });
    events.push(event_id);
  }
  const issues = await waitUntil("the issues", async () => {
    const page = await getJson<ApiPage<ApiIssue>>(url, "/api/v1/projects/default/issues?limit=100");
    return page.data.length >= ISSUES ? page.data : undefined;
  });
  const members = await getJson<ApiMember[]>(url, "/api/v1/orgs/default/members");
  const label = { label: "fuzz" };
  const token = await postJson<{ id: string }>(url, "/api/v1/orgs/default/tokens", {
    ...label,
    scopes: ["event:read"],
  });
  const key = await postJson<{ id: string }>(url, "/api/v1/projects/default/api-keys", label);
  const invitation = await postJson<{ id: string }>(url, "/api/v1/orgs/default/invitations", {
    email: "x@example.com",
  });
  const [issue] = issues;
  const comment = await postJson<{ id: string }>(url, `/api/v1/issues/${issue?.id}/comments`, { text: "First" });
  const projects = await getJson<ApiProject[]>(url, "/api/v1/projects");
  return {
    project: ["default", ...projects.map(({ id }) => id), ...projects.map(({ number }) => String(number))],
    org: ["default"],
    issue: issues.map(({ id }) => id),
    shortId: issues.map(({ short_id }) => short_id),
    event: events,
    membership: members.map(({ id }) => id),
    user: members.map(({ user_id }) => user_id),
    token: [token.id],
    key: [key.id],
    invitation: [invitation.id],
    comment: [comment.id],
  };
}

async function getJson<T>(url: string, path: string): Promise<T> {
  const response = await fetch(url + path, { headers: { authorization: `Bearer ${TEST_TOKEN}` } });
  if (!response.ok) throw new Error(`GET ${path} answered ${response.status}`);
  return (await response.json()) as T;
}

async function postJson<T>(url: string, path: string, body: object): Promise<T> {
  const response = await fetch(url + path, {
    method: "POST",
    headers: { authorization: `Bearer ${TEST_TOKEN}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`POST ${path} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as T;
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { count: { type: "string" }, seed: { type: "string" }, first: { type: "string" } },
  });
  await using server = await ServerProcess.start({ env: { ...FUZZ_OWNER, MESHER_LOG_LEVEL: "warn" } });
  const summary = await fuzzApi({
    server,
    ...(values.count === undefined ? {} : { count: Number(values.count) }),
    ...(values.seed === undefined ? {} : { seed: Number(values.seed) }),
    ...(values.first === undefined ? {} : { first: Number(values.first) }),
    report: console.log,
  });
  console.log(JSON.stringify(summary, null, 2));
  const faults = server.output.split("\n").filter((line) => line.includes("ERROR Request failed"));
  console.log(faults.slice(0, FAILURES_MAX).join("\n"));
  process.exitCode = summary.failures.length > 0 || faults.length > 0 ? 1 : 0;
}
