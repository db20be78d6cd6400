/**
 * Examples of what the API takes and answers, made of the shapes with a word for each field, so that every operation has one
 * and none goes stale. Which fields of a request belong together no shape knows: those stand in `example-requests.ts`.
 */
import { createHash } from "node:crypto";
import type { TSchema } from "typebox";
import { Value } from "typebox/value";

/**
 * `subject`: what it is about, as `issue`, whose id is then the one of the path. Throws an error that names `what` when the example is
 * not of the shape: a field needs a word below.
 */
export function exampleOf(schema: TSchema, subject: string, what: string): unknown {
  return checkedExample(schema, build(schema, { name: "", subject }), what);
}

/** Throws an error that names `what` when the example is not of the shape. */
export function checkedExample(schema: TSchema, example: unknown, what: string): unknown {
  if (Value.Check(schema, example)) return example;
  const [first] = Value.Errors(schema, example);
  const where = first === undefined ? "" : `: ${first.instancePath} ${first.message}`;
  throw new Error(`the example of ${what} is not of its shape${where}; see packages/server/src/api/openapi/example.ts`);
}

/** What stands in the path of an example for `:name`. */
export function pathExample(name: string): string {
  return PATHS[name] ?? uuidOf(name);
}

const EVENT_ID = "6f1c0d2b9a7e4c5f8d3b1a0e9c8d7f6a";

const PATHS: Readonly<Record<string, string>> = {
  project: "shop",
  org: "default",
  team: "checkout",
  shortId: "SHOP-12",
  event: EVENT_ID,
};

interface Schema {
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly type?: string;
  readonly format?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly items?: Schema | readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
}

/** A field, and what it is a field of. */
interface Field {
  readonly name: string;
  readonly subject: string;
}

function build(schema: Schema, field: Field): unknown {
  const { name } = field;
  if ("const" in schema) return schema.const;
  if (schema.enum !== undefined) return schema.enum.find((value) => USUAL.has(value)) ?? schema.enum[0];
  if (schema.anyOf !== undefined) return buildOne(schema.anyOf, field);
  switch (schema.type ?? "anything") {
    case "object":
      return buildObject(schema, field);
    case "array":
      return buildArray(schema, field);
    case "string":
      return buildText(schema, field);
    case "integer":
    case "number":
      return Math.min(schema.maximum ?? Number.POSITIVE_INFINITY, Math.max(schema.minimum ?? 0, NUMBERS[name] ?? 3));
    case "boolean":
      return TRUE.has(name);
    case "null":
      return null;
    default:
      return VALUES[name] ?? {};
  }
}

function buildOne(choices: readonly Schema[], field: Field): unknown {
  const isNullable = choices.some(({ type }) => type === "null");
  if (isNullable && USUALLY_NULL.has(field.name)) return null;
  const [first] = choices.filter(({ type }) => type !== "null");
  return first === undefined ? null : build(first, field);
}

function buildObject({ properties }: Schema, { name, subject }: Field): unknown {
  if (properties === undefined) return RECORDS[name] ?? {};
  const own = name === "" || name === "data" ? subject : name;
  return Object.fromEntries(
    Object.entries(properties).map(([key, schema]) => [key, build(schema, { name: key, subject: own })]),
  );
}

function buildArray({ items }: Schema, { name, subject }: Field): unknown {
  const list = LISTS[name];
  if (list !== undefined) return list;
  if (items === undefined) return [];
  return Array.isArray(items)
    ? items.map((item: Schema) => build(item, { name, subject }))
    : [build(items as Schema, { name: name.replace(/s$/, ""), subject })];
}

function buildText({ format, pattern }: Schema, { name, subject }: Field): string {
  if (format === "date-time") return TIMES[name] ?? "2031-05-15T10:24:31.482Z";
  if (format === "date") return "2031-05-15";
  if (format === "uuid" || (TEXTS[name] === undefined && /^(id|.+_id)$/.test(name) && pattern === undefined))
    return uuidOf(name === "id" ? subject : name);
  if (pattern === "^[0-9a-f]{32}$") return EVENT_ID;
  return TEXTS[`${subject}.${name}`] ?? TEXTS[name] ?? name.replaceAll("_", " ");
}

/** The same for `project_id`, `project` in a path, and wherever else it is meant. */
function uuidOf(name: string): string {
  const hex = createHash("sha256").update(name.replace(/_id$/, "")).digest("hex");
  return `0198c7a4-${hex.slice(0, 4)}-7${hex.slice(4, 7)}-8${hex.slice(7, 10)}-${hex.slice(10, 22)}`;
}

/** Of a choice, rather than the first. */
const USUAL: ReadonlySet<unknown> = new Set(["unresolved", "error", "member", "alive", "sent", "webhook", "cluster"]);

const USUALLY_NULL: ReadonlySet<string> = new Set([
  "error",
  "fault",
  "obstacle",
  "unreached",
  "rate_limit_events",
  "default_environment",
  "revoked_at",
  "silenced_until",
  "resolution",
  "assigned_to",
  "overdue_seconds",
  "acknowledged_at",
  "resolved_at",
  "regressed_at",
  "edited_at",
  "paused_until",
  "rule_silenced_until",
  "issue_silenced_until",
]);

const TRUE: ReadonlySet<string> = new Set([
  "enabled",
  "is_enabled",
  "is_self",
  "is_complete",
  "ready",
  "password",
  "two_factor",
  "current",
  "is_mail_set_up",
  "weekly_report",
  "has_more",
]);

const TIMES: Readonly<Record<string, string>> = {
  from: "2031-05-14T10:00:00.000Z",
  since: "2031-05-01T07:00:00.000Z",
  received_at: "2031-05-15T10:24:31.482Z",
  created_at: "2031-04-02T08:15:00.000Z",
  joined_at: "2031-04-02T08:15:00.000Z",
  first_seen: "2031-05-12T06:02:11.930Z",
  first_seen_at: "2031-05-12T06:02:11.930Z",
  last_seen: "2031-05-15T10:24:31.482Z",
  expires_at: "2031-06-15T10:24:31.482Z",
};

const NUMBERS: Readonly<Record<string, number>> = {
  number: 1,
  version: 1,
  affected: 1,
  attempts: 1,
  event_count: 1284,
  user_count: 217,
  count: 42,
  events: 42,
  total: 1284,
  share: 0.64,
  likeness: 0.92,
  sample_rate: 1,
  retention_days: 90,
  threshold: 100,
  window_minutes: 5,
  percent: 100,
  minutes: 60,
  cooldown_minutes: 30,
  days: 7,
  duration_ms: 184,
  response_status: 200,
  bytes: 52_428_800,
  bytes_max: 1_073_741_824,
  free_bytes: 84_000_000_000,
  total_bytes: 128_000_000_000,
  every_seconds: 3600,
  cpu: 0.12,
  dead: 0,
  forged: 0,
  stale: 0,
  waiting: 0,
  waiting_entries: 0,
  suppressed: 0,
};

const TEXTS: Readonly<Record<string, string>> = {
  name: "Shop",
  "actor.name": "olga@example.com",
  "org.name": "Acme",
  "org.slug": "acme",
  "organization.name": "Acme",
  "organization.slug": "acme",
  "team.name": "Checkout",
  "team.slug": "checkout",
  "rule.name": "Checkout is on fire",
  "destination.name": "Status page",
  "search.name": "Checkout in production",
  "passkey.name": "Laptop",
  "job.name": "retention",
  "node.name": "mesher1@10.0.0.1:9000",
  "name.name": "live-feed",
  "table.name": "events_20310515",
  "outcome.reason": "",
  "node.reason": "",
  "refused.reason": "unreachable",
  "refused.message": "connect ECONNREFUSED 10.0.0.2:9000",
  slug: "shop",
  rule_name: "Checkout is on fire",
  label: "Build server",
  display_name: "Olga Berg",
  email: "olga@example.com",
  actor_name: "olga@example.com",
  platform: "node",
  dsn: "http://mshr_2b6f0c1d4e8a9375@localhost:8080/1",
  key_value: "mshr_2b6f0c1d4e8a9375",
  short_id: "SHOP-12",
  title: "TypeError: Cannot read properties of undefined (reading 'total')",
  message: "Cannot read properties of undefined (reading 'total')",
  culprit: "renderCart(cart.tsx)",
  environment: "production",
  release: "shop@4.2.0",
  first_release: "shop@4.1.0",
  last_release: "shop@4.2.0",
  action: "project.settings_changed",
  kind: "project",
  role: "member",
  scope: "event:read",
  key: "browser",
  value: "Firefox 141",
  query: "is:unresolved browser:Firefox",
  text: "Seen again after the roll-out of 4.2.0.",
  comment: "Seen again after the roll-out of 4.2.0.",
  token: "mshr_2b6f0c1d4e8a93757f1d2c3b4a5e6f70",
  link: "https://mesher.example.com/join#mshr_…",
  ticket: "mshr_ticket_…",
  signing_secret: "whsec_…",
  backupCode: "k3xTq-9VbWm",
  totpURI: "otpauth://totp/Mesher:olga%40example.com?secret=…&issuer=Mesher",
  code: "123456",
  password: "correct horse battery",
  currentPassword: "correct horse battery",
  newPassword: "another horse battery",
  provider: "oidc",
  receiver: "Slack #ops",
  node: "mesher1@10.0.0.1:9000",
  self: "mesher1@10.0.0.1:9000",
  server: "mesher1@10.0.0.1:9000",
  holder: "mesher1@10.0.0.1:9000",
  leader: "mesher1@10.0.0.1:9000",
  owner: "mesher1@10.0.0.1:9000",
  peer: "mesher2@10.0.0.2:9000",
  incarnation: "1936780000000",
  version: "0.1.0",
  journal_id: "0198c7a4-0c1d-7e8f-8a9b-0c1d2e3f4a5b",
  ip_address: "203.0.113.7",
  user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0",
  sdk_name: "sentry.javascript.node",
  sdk_version: "10.5.0",
  path: "extra.password",
  reason: "killed 2 workers: exited",
  next_cursor: "2031-05-15T10:24:31.482Z",
  fingerprint: EVENT_ID,
  organization: "default",
  project: "shop",
  visibility: "organization",
  sort: "last_seen",
  passkey_host: "mesher.example.com",
};

const LISTS: Readonly<Record<string, readonly unknown[]>> = {
  scopes: ["event:read"],
  allowed_domains: ["shop.example.com"],
  former_slugs: [],
  messages: ["*ResizeObserver loop*"],
  releases: [],
  ip_addresses: [],
  fields: ["pin"],
  safe_fields: [],
  unreached: [],
  events: [0, 3, 12, 27],
  partitions_dropped: ["events_20310214"],
  stats: [0, 3, 12, 27],
};

const RECORDS: Readonly<Record<string, unknown>> = {
  config: { url: "https://hooks.example.com/mesher" },
  tags: { browser: "Firefox 141", region: "eu" },
  details: { retention_days: { from: 90, to: 30 } },
};

/** Of fields that may be anything. */
const VALUES: Readonly<Record<string, unknown>> = {
  event: { message: "Payment declined", extra: { password: "[Filtered]" } },
  payload: { event_id: EVENT_ID, message: "Payment declined", level: "error" },
  breadcrumbs: [],
  extra: { cart: 3 },
};
