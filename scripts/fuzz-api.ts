/**
 * Fuzzes every route of the API by its own description. No answer may be a 5xx, every answer must have the shape that the
 * description promises, every refusal the one shape of errors. What belongs to another organization is refused.
 */
import { inspect, parseArgs } from "node:util";
import { ServerProcess, TEST_TOKEN } from "@mesher/testkit";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import {
  type ApiCase,
  type CaseWorld,
  type DescribedOperation,
  type DescribedRoute,
  makeApiCase,
  parametersWithout,
} from "./fuzz-api-cases.ts";
import { FUZZ_OWNER, makeWorld, Session, signIn } from "./fuzz-api-world.ts";
import { FUZZ_OPTIONS, readFuzzOptions } from "./fuzz-options.ts";

export { FUZZ_OWNER };

export interface ApiFuzzOptions {
  readonly server: Pick<ServerProcess, "url">;
  readonly count?: number;
  readonly seed?: number;
  /** Index of the first case. */
  readonly first?: number;
  readonly report?: (line: string) => void;
}

export interface ApiFuzzSummary {
  readonly seed: number;
  readonly count: number;
  /** Answers by kind of case and status; those to cases that name something of another organization are `foreign`. */
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

/** The live feed never ends. */
const LEFT_OUT: ReadonlySet<string> = new Set(["GET /api/v1/projects/{project}/stream"]);

/** Of the login that asks. */
const ENDS_LOGINS: ReadonlySet<string> = new Set([
  "POST /api/v1/auth/sign-out",
  "POST /api/v1/me/logins/end",
  "POST /api/v1/auth/change-password",
]);

export async function fuzzApi(options: ApiFuzzOptions): Promise<ApiFuzzSummary> {
  const { server, count = 10_000, seed = Date.now() % 1e9, first = 0, report = () => {} } = options;
  const description = (await (await fetch(`${server.url}/api/openapi.json`)).json()) as Description;
  const routes = routesOf(description);
  const answers = new AnswerCheck(description);
  const people = new People(server.url);
  const world: CaseWorld = { routes, actors: people.names, ...(await makeWorld(server, count)) };
  const missing = parametersWithout(world);
  if (missing.length > 0) throw new Error(`the world lacks ${missing.join(", ")}`);
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
      const key = `${made.isForeign ? "foreign" : made.kind} ${status}`;
      statuses[key] = (statuses[key] ?? 0) + 1;
      if (status >= 200 && status < 300) reached.add(nameOf(made.route));
      const isLeak = made.isForeign && status >= 200 && status < 300;
      const what = isLeak ? "another organization's" : answers.faultOf(made.route, { status, contentType, text });
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
  await people.demandLogin();
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
    const installation = new Session(this.#url, { authorization: `Bearer ${TEST_TOKEN}` });
    const made = await installation.post<{ token: string }>("orgs/default/tokens", { label: "member", scopes });
    this.#headers.set("member's token", { authorization: `Bearer ${made.token}` });
    const { MESHER_ADMIN_EMAIL: email, MESHER_ADMIN_PASSWORD: password } = FUZZ_OWNER;
    this.#headers.set("owner", (await signIn(this.#url, email, password)).headers);
  }

  send(made: ApiCase): Promise<Answer> {
    return this.#ask(ENDS_LOGINS.has(nameOf(made.route)) ? { ...made, who: "nobody" } : made);
  }

  /** Throws when the owner's login was ended by a case: then many of those behind it were refused at the door. */
  async demandLogin(): Promise<void> {
    await new Session(this.#url, this.#headers.get("owner") ?? {}).get("me");
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

const HELP = `Asks a server of its own for everything that its API describes, in valid, wrong and hostile ways.

  npm run fuzz:api -- [OPTIONS]

  --count N   Cases. Default: 10000.
  --seed N    From which they are made. Default: another each time.
  --first I   Index of the first case: --seed S --first I --count 1 repeats one.

The exit code is 1 when an answer was not of the shape that its description promises, or 5xx.
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      ...FUZZ_OPTIONS,
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  await using server = await ServerProcess.start({ env: { ...FUZZ_OWNER, MESHER_LOG_LEVEL: "warn" } });
  const summary = await fuzzApi({
    server,
    ...readFuzzOptions(values),
    report: console.log,
  });
  console.log(JSON.stringify(summary, null, 2));
  const faults = server.output.split("\n").filter((line) => line.includes("ERROR Request failed"));
  console.log(faults.slice(0, FAILURES_MAX).join("\n"));
  process.exitCode = summary.failures.length > 0 || faults.length > 0 ? 1 : 0;
}

if (import.meta.main) await main();
