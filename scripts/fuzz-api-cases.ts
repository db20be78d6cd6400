/** Requests made of the API's own description: as it wants them, a little wrong, or hostile. */
import fc from "fast-check";
import type { Ids } from "./fuzz-api-world.ts";
import { Random } from "./fuzz-cases.ts";

export interface DescribedRoute {
  readonly method: string;
  /** As in OpenAPI: `/api/v1/projects/{project}`. */
  readonly path: string;
  readonly operation: DescribedOperation;
}

export interface DescribedOperation {
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly schema: Schema }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: Schema }>> }>
  >;
}

export interface Schema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
}

const KINDS = ["valid", "invalid", "hostile"] as const;
export type CaseKind = (typeof KINDS)[number];

export interface ApiCase {
  readonly kind: CaseKind;
  readonly who: string;
  readonly route: DescribedRoute;
  readonly path: string;
  readonly contentType: string | undefined;
  readonly body: string | undefined;
  /** What its path names is another organization's, at least in part. */
  readonly isForeign: boolean;
}

export interface CaseWorld {
  readonly routes: readonly DescribedRoute[];
  readonly actors: readonly string[];
  /** Of every parameter, ids that there are. */
  readonly ids: Ids;
  /** The same in an organization that no actor belongs to. */
  readonly foreignIds: Ids;
}

/** The parameters of the routes for which the world has no id. */
export function parametersWithout({ routes, ids, foreignIds }: Omit<CaseWorld, "actors">): string[] {
  const names = routes.flatMap(({ path }) => [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name));
  return [...new Set(names)].filter((name) =>
    [ids, foreignIds].some((each) => !each[name]?.every((id) => typeof id === "string") || each[name].length === 0),
  );
}

/** One case out of seed and index, always the same. Routes, kinds and actors take turns, so that all of them meet. */
export function makeApiCase(seed: number, index: number, { routes, actors, ids, foreignIds }: CaseWorld): ApiCase {
  const random = new Random(seed, index);
  const route = routes[index % routes.length] as DescribedRoute;
  const kind = random.pick(KINDS);
  const maker = new Maker(random, ids, foreignIds);
  const path = maker.path(route, kind);
  const schema = route.operation.requestBody?.content["application/json"]?.schema;
  const isBodyless = route.method === "GET" || (schema === undefined && !random.isOneIn(4));
  const body = isBodyless ? undefined : maker.body(schema ?? {}, kind);
  const contentType = kind === "hostile" && random.isOneIn(8) ? random.pick(CONTENT_TYPES) : "application/json";
  return {
    kind,
    who: random.pick(actors),
    route,
    path,
    body,
    contentType: body === undefined ? undefined : contentType,
    isForeign: maker.hasForeignSegment,
  };
}

const CONTENT_TYPES = [
  "text/plain",
  "application/x-www-form-urlencoded",
  "multipart/form-data",
  "application/json; charset=x",
  "a",
];

/** What texts of these names mean. Other texts are made of their schema alone. */
const MEANINGS: Readonly<Record<string, readonly unknown[]>> = {
  role: ["owner", "admin", "member"],
  do: ["resolve", "unresolve", "archive", "discard", "undiscard", "assign", "set_priority"],
  mode: ["now", "in_release", "in_next_release", "until_escalating", "for_days", "for_events", "for_ever"],
  priority: ["high", "medium", "low", "auto"],
  scopes: [["event:read"], ["event:read", "issue:write"], ["org:admin"]],
  sort: ["last_seen", "first_seen", "events", "users", "priority"],
  limit: ["1", "25", "100", "100000"],
  period: ["24h", "7d", "90m"],
  from: ["2026-01-01", "2026-01-31T12:00:00Z", "2026-01-31T12:00:00+02:00"],
  to: ["2027-01-01", "2027-01-31T12:00:00Z"],
  tz: ["UTC", "Europe/Berlin", "Asia/Kolkata"],
  key: ["level", "environment", "release", "browser", "url", "mine"],
  level: ["fatal", "error", "warning", "info", "debug"],
  status: ["unresolved", "resolved", "archived", "discarded"],
  query: [
    "is:unresolved",
    'level:error !browser:Chrome "free text"',
    "timesSeen:>1 firstSeen:-24h",
    "has:release OR Problem",
  ],
  q: ["Problem", "level:error", 'a "quoted thing"'],
  assigned_to: ["me", "none"],
  allowed_domains: [["*"], ["example.com", "*.example.org"]],
  ip_addresses: [["192.0.2.0/24"], []],
  fields: [["iban"], []],
  safe_fields: [["author"], []],
  messages: [["*timeout*"], []],
  releases: [["shop@1.*"], []],
  config: [{ url: "https://receiver.invalid/mesher" }],
  event: [{ message: "Card 4111 1111 1111 1111", tags: { a: "b" } }],
};

/** Values that have broken servers. */
const HOSTILE: readonly unknown[] = [
  "",
  " ",
  "\0",
  "a\0b",
  "\ud800",
  "'; drop table issues; --",
  '" or ""="',
  "%00",
  "%",
  "..%2f..%2fetc%2fpasswd",
  "../../etc/passwd",
  "__proto__",
  "constructor",
  "{{7*7}}",
  "<script>alert(1)</script>",
  "\u202e\u0000\uffff",
  "0001-01-01T00:00:00Z",
  "9999-12-31T23:59:59Z",
  "+275760-09-13T00:00:00Z",
  "-infinity",
  "2026-02-31",
  "1e309",
  "99999999999999999999999",
  "-1",
  "0x10",
  "00000000-0000-0000-0000-000000000000",
  "f".repeat(32),
  "(((((((((((((((",
  "is:is:is:",
  "level:[a,b",
  "*".repeat(300),
  "é".repeat(5_000),
  -1,
  0,
  1.5,
  2 ** 31,
  2 ** 53,
  1e308,
  true,
  null,
  [],
  {},
  [[[[[]]]]],
  { a: { b: { c: null } } },
  ["a", 1, null],
];

/** Fields of bodies that name something, and the parameter whose ids they take. */
const NAMING_FIELDS: Readonly<Record<string, string>> = {
  user_id: "user",
  owner_user_id: "user",
  team: "team",
  project: "project",
  project_id: "project",
  destination_id: "destination",
};

/** Makes one case. */
class Maker {
  hasForeignSegment = false;
  readonly #random: Random;
  readonly #ids: Ids;
  readonly #foreignIds: Ids;
  /** Of a case that names several things, they are of one place in their lists. */
  readonly #place: number;

  constructor(random: Random, ids: Ids, foreignIds: Ids) {
    this.#random = random;
    this.#ids = ids;
    this.#foreignIds = foreignIds;
    this.#place = random.below(PLACES);
  }

  path({ path, operation }: DescribedRoute, kind: CaseKind): string {
    const filled = path.replace(/\{(\w+)\}/g, (_match, name: string) => this.#segment(name, kind));
    const query = operation.parameters
      .filter(({ in: place }) => place === "query")
      .filter(() => this.#random.isOneIn(3))
      .flatMap(({ name, schema }) => this.#queryPart(name, schema, kind));
    if (kind === "hostile" && this.#random.isOneIn(6))
      query.push(this.#random.pick(["a[]=1", "%ff=%ff", "=", "&&", "limit=1&limit=2"]));
    return query.length === 0 ? filled : `${filled}?${query.join("&")}`;
  }

  #segment(name: string, kind: CaseKind): string {
    if (kind === "hostile" && this.#random.isOneIn(2)) {
      const text = this.#random.pick(HOSTILE.filter((value) => typeof value === "string" && value !== ""));
      return encodeURIComponent(String(text).toWellFormed()).slice(0, SEGMENT_LENGTH_MAX);
    }
    if (kind === "invalid" && this.#random.isOneIn(4)) return this.#random.pick(UNKNOWN_IDS);
    const foreign = this.#foreignIds[name] ?? [];
    if (kind === "invalid" && foreign.length > 0 && this.#random.isOneIn(3)) {
      this.hasForeignSegment = true;
      return this.#random.pick(foreign);
    }
    const own = this.#ids[name] ?? UNKNOWN_IDS;
    return own[this.#place % own.length] ?? "";
  }

  #queryPart(name: string, schema: Schema, kind: CaseKind): string[] {
    const value = kind === "valid" ? this.#valid(schema, name) : this.#wrong(schema, name, kind);
    return [`${name}=${encodeURIComponent(textOf(value).toWellFormed()).slice(0, SEGMENT_LENGTH_MAX)}`];
  }

  body(schema: Schema, kind: CaseKind): string {
    if (kind === "hostile" && this.#random.isOneIn(5)) return this.#random.pick(BODIES);
    const value = kind === "valid" ? this.#valid(schema, "") : this.#wrong(schema, "", kind);
    return JSON.stringify(value) ?? "";
  }

  /** As the schema has it, one part of it replaced. */
  #wrong(schema: Schema, name: string, kind: CaseKind): unknown {
    const value = this.#valid(schema, name);
    const foreign = this.#foreignIds[NAMING_FIELDS[name] ?? ""] ?? [];
    const invalid = foreign.length > 0 && this.#random.isOneIn(2) ? foreign : INVALID;
    const instead = this.#random.pick<unknown>(kind === "hostile" ? HOSTILE : invalid);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return instead;
    const { properties = {} } = schema;
    const names = Object.keys(properties);
    if (names.length === 0 || this.#random.isOneIn(10)) return instead;
    const wronged = this.#random.pick(names);
    if (kind === "invalid" && this.#random.isOneIn(3)) return { ...value, [wronged]: undefined };
    return { ...value, [wronged]: this.#wrong(properties[wronged] ?? {}, wronged, kind) };
  }

  #valid(schema: Schema, name: string): unknown {
    if (schema.const !== undefined) return schema.const;
    if (schema.enum !== undefined) return this.#random.pick(schema.enum);
    if (schema.anyOf !== undefined) return this.#valid(this.#random.pick(schema.anyOf), name);
    if (name === "ids") return [this.#random.pick(this.#ids["issue"] ?? [])];
    if (name in NAMING_FIELDS && schema.type !== "null") {
      const own = this.#ids[NAMING_FIELDS[name] ?? ""] ?? [];
      return this.#random.pick(name === "user_id" ? ["", ...own] : own);
    }
    const meanings = MEANINGS[name]?.filter((value) => fits(value, schema)) ?? [];
    if (meanings.length > 0) return this.#random.pick(meanings);
    if (schema.type === "object") return this.#object(schema);
    if (schema.type === "array")
      return Array.from({ length: schema.minItems ?? this.#random.below(3) }, () =>
        this.#valid(schema.items ?? {}, ""),
      );
    if (schema.type === "boolean") return this.#random.isOneIn(2);
    if (schema.type === "null") return null;
    if (schema.type === "integer") return this.#integer(schema);
    if (schema.type === "number") return this.#random.next() * Math.min(schema.maximum ?? 100, 100);
    return this.#text(schema);
  }

  #object({ properties = {}, required = [] }: Schema): Record<string, unknown> {
    const given = Object.entries(properties).filter(([name]) => required.includes(name) || this.#random.isOneIn(2));
    return Object.fromEntries(given.map(([name, schema]) => [name, this.#valid(schema, name)]));
  }

  #integer({ minimum = 0, maximum = 1_000_000 }: Schema): number {
    return this.#random.pick([minimum, maximum, minimum + this.#random.below(maximum - minimum + 1)]);
  }

  #text({ pattern, minLength = 0, maxLength = 60 }: Schema): string {
    if (pattern !== undefined) {
      const matching = fc
        .stringMatching(new RegExp(pattern))
        .filter(({ length }) => length >= minLength && length <= maxLength);
      return fc.sample(matching, { seed: this.#random.below(2 ** 31), numRuns: 1 })[0] ?? "";
    }
    const text = `${this.#random.pick(["A name", "Größe 日本 🎉", 'with "quotes"\nand lines'])} ${this.#random.hex(8)}`;
    return text.padEnd(minLength, "x").slice(0, maxLength);
  }
}

/** More than there is of anything. */
const PLACES = 1_000_000;
const SEGMENT_LENGTH_MAX = 2_000;
const UNKNOWN_IDS = [
  "nothing",
  "2f6d9a0e-0000-4000-8000-000000000000",
  "2f6d9a0e000040008000000000000000",
  "999999",
] as const;
const INVALID = ["", "no such value", -1, 1e9, 1.5, true, null, [], {}, [null]] as const;

/** Bodies that are no JSON, or none that anybody would send. */
const BODIES = [
  "",
  "{",
  "null",
  "[]",
  '"text"',
  "0",
  '{"__proto__": {"isAdmin": true}}',
  '{"constructor": {"prototype": {}}}',
  `${'{"a":'.repeat(5_000)}1${"}".repeat(5_000)}`,
  `{"name": "${"x".repeat(2_000_000)}"}`,
  '{"name": 1, "name": "a"}',
  "\ufeff{}",
  "{}garbage",
  '{"name": "\\ud800"}',
] as const;

function fits(value: unknown, { type }: Schema): boolean {
  if (type === undefined) return true;
  return type === (Array.isArray(value) ? "array" : typeof value);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}
