import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { type Dsn, serializeEnvelope } from "@mesher/protocol";

export interface FuzzCase {
  readonly method: "POST" | "GET";
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** One case out of seed and index, always the same. */
export function makeCase(seed: number, index: number, dsn: Dsn, samples: readonly string[]): FuzzCase {
  const random = new Random(seed, index);
  const kind = random.pick([
    "envelope",
    "envelope",
    "envelope",
    "store",
    "security",
    "native",
    "bulk",
    "pixel",
  ] as const);
  const event = random.pick(samples);
  const plain = {
    envelope: () => makeEnvelope(random, dsn, event),
    store: () => Buffer.from(random.isOneIn(3) ? deflateSync(event).toString("base64") : event),
    security: () => Buffer.from(random.pick(REPORTS)),
    native: () => Buffer.from(random.pick(NATIVE_EVENTS)),
    bulk: () => Buffer.from(`[${Array.from({ length: random.below(8) }, () => random.pick(NATIVE_EVENTS)).join(",")}]`),
    pixel: () => Buffer.alloc(0),
  }[kind]();

  const path = pathOf(kind, random, dsn, event);
  const { body, encoding } = compress(random, mutate(random, plain));
  const headers = { ...makeHeaders(random, dsn), ...(encoding === undefined ? {} : { "content-encoding": encoding }) };
  return { method: kind === "pixel" ? "GET" : "POST", path, headers, body };
}

function pathOf(kind: string, random: Random, dsn: Dsn, event: string): string {
  const number = random.isOneIn(50) ? random.pick(["0", "abc", "-1", "99999999999999999999"]) : dsn.projectNumber;
  const query = random.isOneIn(3) ? `?sentry_key=${random.isOneIn(20) ? "%00%ff" : dsn.publicKey}` : "";
  if (kind === "native") return `/api/v1/events${query}`;
  if (kind === "bulk") return `/api/v1/events/bulk${query}`;
  if (kind === "pixel") {
    // Longer lines are refused by Node itself.
    const data = mutate(random, Buffer.from(event.slice(0, 4000)))
      .toString("base64")
      .slice(0, 5000);
    return `/api/${number}/store/?sentry_key=${dsn.publicKey}&sentry_data=${encodeURIComponent(data)}`;
  }
  const route = kind === "security" ? random.pick(["security", "csp-report", "nel"]) : kind;
  return `/api/${number}/${route}${"/".repeat(random.below(3))}${query}`;
}

function makeEnvelope(random: Random, dsn: Dsn, event: string): Buffer {
  const header = {
    ...(random.isOneIn(4) ? {} : { event_id: random.hex(random.isOneIn(20) ? 31 : 32) }),
    ...(random.isOneIn(4) ? { dsn: `http://${dsn.publicKey}@${dsn.host}/${dsn.projectNumber}` } : {}),
    sent_at: new Date(random.below(2 ** 31) * 1000).toISOString(),
  };
  const items = Array.from({ length: random.below(4) }, () => ({
    header: { type: random.pick(["attachment", "transaction", "sessions", "client_report", "log", "hologram"]) },
    payload: Buffer.from(random.pick(ITEM_PAYLOADS)),
  }));
  const events = Array.from({ length: random.isOneIn(10) ? random.below(3) : 1 }, () => ({
    header: { type: "event" },
    payload: Buffer.from(event),
  }));
  const serialized = Buffer.from(serializeEnvelope({ header, items: [...items, ...events] }));
  if (!random.isOneIn(5)) return serialized;
  const lengths = ["-1", "0", "1e9", '"7"', "null", "1.5", String(random.below(5000))];
  return Buffer.from(serialized.toString().replaceAll(/"length":\d+/g, () => `"length":${random.pick(lengths)}`));
}

/** Half of all bodies stay whole, so that what is behind the parsers is reached too. */
function mutate(random: Random, bytes: Buffer): Buffer {
  let mutated = Buffer.from(bytes);
  const rounds = random.isOneIn(2) ? 0 : 1 + random.below(4);
  for (let round = 0; round < rounds; round++) mutated = random.pick(MUTATIONS)(random, mutated);
  return mutated;
}

type Mutation = (random: Random, bytes: Buffer) => Buffer<ArrayBuffer>;

const MUTATIONS: readonly Mutation[] = [
  function flipBits(random, bytes) {
    const flipped = Buffer.from(bytes);
    for (let flips = random.below(8); flips >= 0 && flipped.length > 0; flips--) {
      const at = random.below(flipped.length);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << random.below(8));
    }
    return flipped;
  },
  function truncate(random, bytes) {
    return Buffer.from(bytes.subarray(0, random.below(bytes.length + 1)));
  },
  function cutOut(random, bytes) {
    const start = random.below(bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, start), bytes.subarray(start + random.below(64))]);
  },
  function repeat(random, bytes) {
    const start = random.below(bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, start + random.below(256)), bytes.subarray(start)]);
  },
  function insert(random, bytes) {
    const at = random.below(bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, at), Buffer.from(random.pick(INSERTS)), bytes.subarray(at)]);
  },
  function replaceValue(random, bytes) {
    const text = bytes.toString("latin1");
    const value = random.pick(VALUES);
    let left = random.below(30);
    return Buffer.from(
      text.replaceAll(/:("[^"\\]*"|\d+|null)/g, (whole) => (left-- === 0 ? `:${value}` : whole)),
      "latin1",
    );
  },
];

function compress(random: Random, body: Buffer): { body: Buffer; encoding?: string } {
  if (random.isOneIn(2)) return random.isOneIn(10) ? { body, encoding: random.pick(ENCODINGS).name } : { body };
  const { name, of } = random.pick(ENCODINGS);
  const compressed = of(body);
  return { body: random.isOneIn(5) ? mutate(random, compressed) : compressed, encoding: name };
}

const ENCODINGS: readonly { readonly name: string; readonly of: (body: Buffer) => Buffer }[] = [
  { name: "gzip", of: (body) => gzipSync(body, { level: 1 }) },
  { name: "x-gzip", of: (body) => gzipSync(body, { level: 1 }) },
  { name: "deflate", of: (body) => deflateSync(body, { level: 1 }) },
  { name: "deflate", of: (body) => deflateRawSync(body, { level: 1 }) },
  { name: "br", of: (body) => brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }) },
  { name: "zstd", of: (body) => zstdCompressSync(body) },
  { name: "gzip, br", of: (body) => body },
  { name: "UTF-8", of: (body) => body },
];

function makeHeaders(random: Random, { publicKey }: Dsn): Record<string, string> {
  const headers: Record<string, string> = {};
  const basic = Buffer.from(`${publicKey}:`).toString("base64");
  const auth = random.pick([
    ["x-sentry-auth", `Sentry sentry_version=7, sentry_key=${publicKey}`],
    ["x-sentry-auth", `Sentry sentry_key=${publicKey}, sentry_client=fuzz/1`],
    ["authorization", `Bearer ${publicKey}`],
    ["authorization", `Basic ${basic}`],
    ["x-sentry-auth", `Sentry sentry_key=${publicKey}`],
    ["x-sentry-auth", `sentry sentry_key=${publicKey}`],
    ["x-sentry-auth", publicKey],
    ["authorization", random.pick(["Bearer", "Basic !", "Sentry sentry_key=", "\xff\xfe", " "])],
  ] as const);
  if (random.isOneIn(12)) return headers;
  headers[auth[0]] = auth[1];
  if (random.isOneIn(2)) headers["content-type"] = random.pick(CONTENT_TYPES);
  if (random.isOneIn(10)) headers["x-forwarded-for"] = random.pick(["", "1.2.3.4, ::1", "x".repeat(2000)]);
  if (random.isOneIn(10)) headers["user-agent"] = random.pick(["", "fuzz", "\xe9".repeat(1000)]);
  if (random.isOneIn(10)) headers[`x-${random.hex(8)}`] = random.hex(random.below(1000));
  return headers;
}

/** Events to break: our own, and recorded ones where they are at hand. */
export function readSamples(): readonly string[] {
  const folder = fileURLToPath(new URL("../../shared/data/events/", import.meta.url));
  if (!existsSync(folder)) return SENTRY_EVENTS;
  const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
  return [...SENTRY_EVENTS, ...files.map((name) => readFileSync(folder + name, "utf8"))];
}

const SENTRY_EVENTS: readonly string[] = [
  "{}",
  '{"event_id":"9ec79c33ec9942ab8353589fcb2e04dc","message":"hello","level":"info","timestamp":1700000000.5}',
  '{"exception":{"values":[{"type":"TypeError","value":"x is undefined","stacktrace":{"frames":[{"function":"f","filename":"a.js","lineno":1}]}}]},"platform":"javascript","breadcrumbs":{"values":[{"message":"click","timestamp":1}]},"tags":{"a":"b"},"user":{"id":1,"ip_address":"{{auto}}"},"request":{"url":"http://h/","headers":{"A":"b"}}}',
  '{"message":"old python","extra":{"a":NaN,"b":-Infinity},"sentry.interfaces.Message":{"message":"%s","params":["x"]}}',
];
const NATIVE_EVENTS: readonly string[] = [
  '{"message":"hello"}',
  '{"message":"full","level":"warning","timestamp":"2026-01-01T00:00:00Z","fingerprint":["a"],"tags":{"a":1},"stacktrace":[{"filename":"a","function_name":"f","lineno":1}],"exception":{"type_name":"E","value":"v"},"breadcrumbs":[{"message":"b"}],"extra":{"x":[1]},"user_context":{"id":"1"}}',
  '{"message":""}',
  "null",
];
const REPORTS: readonly string[] = [
  '{"csp-report":{"document-uri":"http://h/","violated-directive":"img-src \'self\'","blocked-uri":"http://e/a.png"}}',
  '[{"type":"csp-violation","url":"http://h/","body":{"effectiveDirective":"script-src","blockedURL":"inline"}}]',
  '[{"type":"network-error","url":"http://h/","body":{"type":"tcp.reset","phase":"connection"}}]',
  '{"expect-ct-report":{"hostname":"h","port":443}}',
];
const ITEM_PAYLOADS: readonly string[] = [
  "",
  "{}",
  "a\nb\n",
  '{"discarded_events":[{"reason":"before_send","category":"error","quantity":1}]}',
  "x".repeat(5000),
];
const INSERTS: readonly string[] = [
  "\n",
  "\0",
  "\ufeff",
  '"',
  "{",
  "[".repeat(10_000),
  '{"a":'.repeat(5000),
  "x".repeat(70_000),
  "\\ud800",
  '"__proto__":{"a":1},',
];
const VALUES: readonly string[] = [
  "null",
  "[]",
  "{}",
  '{"a":{"a":{"a":[]}}}',
  "1e999",
  "-0",
  "NaN",
  '"\\u0000"',
  '"\\ud800"',
  `"${"é".repeat(9000)}"`,
  "[".repeat(2000) + "]".repeat(2000),
  "true",
  "99999999999999999999",
];
const CONTENT_TYPES: readonly string[] = [
  "application/json",
  "application/x-sentry-envelope",
  "text/plain;charset=UTF-8",
  "application/csp-report",
  "multipart/form-data; boundary=x",
  "\xff",
];

/** A number in [0, 1) after another, from seed and index alone (mulberry32). */
export class Random {
  #state: number;

  constructor(seed: number, index: number) {
    this.#state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(index + 1, 0xc2b2ae35);
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  isOneIn(odds: number): boolean {
    return this.below(odds) === 0;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }

  hex(digits: number): string {
    return Array.from({ length: digits }, () => this.below(16).toString(16)).join("");
  }
}
