/**
 * Events as a busy web service sends them, in three sizes and always the same. Their issues are skewed: the most frequent
 * of `ISSUES` gets a seventh of all events, the rarest a few in a thousand.
 */

/** Bytes of the event's JSON, about. The prototype that the goals come from was measured with these. */
export const SIZES = {
  "2k": { bytes: 2_120, frames: 4, sourceLines: 0 },
  "10k": { bytes: 9_200, frames: 14, sourceLines: 2 },
  "50k": { bytes: 53_200, frames: 40, sourceLines: 5 },
} as const;

export type SizeName = keyof typeof SIZES;
export const SIZE_NAMES = Object.keys(SIZES) as SizeName[];

/** Sizes as an option names them, with commas between. Throws if one is unknown. */
export function parseSizes(text: string): SizeName[] {
  return text.split(",").map((name) => {
    const size = SIZE_NAMES.find((each) => each === name.trim());
    if (size === undefined) throw new Error(`--size ${name}: expected some of ${SIZE_NAMES.join(", ")}`);
    return size;
  });
}

/** Different bodies for each size. */
export const BODIES = 300;
export const ISSUES = 150;

/** Stands where the id of each event goes, twice in an envelope. */
export const ID_PLACEHOLDER = "0".repeat(32);

/** The body of one event: `random` is in [0, 1). */
export function pickBody(random: number): number {
  return Math.floor(BODIES * random ** 3);
}

/** The event's JSON. Its id is `ID_PLACEHOLDER` and stands first. */
export function sampleEvent(size: SizeName, body: number, nowMs: number): string {
  const { bytes, frames, sourceLines } = SIZES[size];
  const random = randomFrom(body * 7919 + bytes);
  const issue = body % ISSUES;
  const base = makeEvent({ issue, frames, sourceLines, random, seconds: nowMs / 1000 });
  const crumbs: object[] = [];
  // What is left up to the wanted size are breadcrumbs, as in life.
  let length = JSON.stringify(base).length;
  while (length < bytes - BREADCRUMB_BYTES) {
    const crumb = makeBreadcrumb(random, nowMs / 1000 - 60 + crumbs.length / 4);
    crumbs.push(crumb);
    length += JSON.stringify(crumb).length + 1;
  }
  base.extra["note"] = words(random, 60).slice(0, Math.max(0, bytes - length));
  return JSON.stringify({ ...base, breadcrumbs: crumbs });
}

interface Choices {
  readonly issue: number;
  readonly frames: number;
  readonly sourceLines: number;
  readonly random: () => number;
  readonly seconds: number;
}

function makeEvent({ issue, frames, sourceLines, random, seconds }: Choices) {
  const thing = nameOf(issue);
  const user = Math.floor(random() * 50_000);
  return {
    event_id: ID_PLACEHOLDER,
    timestamp: seconds,
    platform: "node",
    level: issue % 10 === 3 ? "warning" : "error",
    environment: pick(["production", "production", "production", "staging"], random),
    release: `shop@2.${issue % 4}.${Math.floor(random() * 30)}`,
    server_name: `web-${Math.floor(random() * 12)}`,
    transaction: `POST /api/${thing}/:id/${pick(VERBS, random)}`,
    exception: {
      values: [
        {
          type: pick(ERRORS, () => (issue % ERRORS.length) / ERRORS.length),
          value: `Cannot ${VERBS[issue % VERBS.length]} ${thing} ${user}: ${words(random, 5)}`,
          mechanism: { type: "onunhandledrejection", handled: false },
          stacktrace: { frames: makeFrames({ issue, frames, sourceLines, random }) },
        },
      ],
    },
    tags: {
      region: pick(["eu-central", "us-east", "ap-south"], random),
      plan: pick(["free", "team", "business"], random),
    },
    user: { id: String(user), email: `user${user}@example.com`, ip_address: `203.0.113.${user % 256}` },
    request: {
      method: "POST",
      url: `https://shop.example.com/api/${thing}/${user}`,
      headers: { "user-agent": "Mozilla/5.0 (X11; Linux x64)", "content-type": "application/json" },
    },
    contexts: {
      runtime: { name: "node", version: "v24.21.0" },
      os: { name: "Linux", version: "6.8.0" },
      trace: { trace_id: hex(random, 32), span_id: hex(random, 16) },
    },
    sdk: { name: "sentry.javascript.node", version: "10.78.0" },
    extra: {} as Record<string, string>,
  };
}

/** Oldest first. The issue shows in the newest frames, below which every request takes the same way. */
function makeFrames({ issue, frames, sourceLines, random }: Omit<Choices, "seconds">): object[] {
  return Array.from({ length: frames }, (_, index) => {
    const depth = frames - 1 - index;
    const isOwn = depth < 3 || depth % 5 === 0;
    const of = isOwn ? nameOf(issue + depth * 31) : nameOf(1_000 + depth);
    const line = 10 + ((issue * 17 + depth * 29) % 900);
    const filename = isOwn ? `src/${of}/${of}.service.js` : `node_modules/${of}/lib/${nameOf(2_000 + depth)}.js`;
    return {
      filename: `/srv/shop/${filename}`,
      module: isOwn ? `${of}.service` : of,
      function: `${VERBS[(issue + depth) % VERBS.length]}${of}`,
      lineno: line,
      colno: 1 + ((line * 7) % 60),
      in_app: isOwn,
      ...(sourceLines === 0 ? {} : { pre_context: sources(random, sourceLines) }),
      context_line: `    return await this.${nameOf(issue + depth)}.${VERBS[(issue + depth) % VERBS.length]}(id);`,
      ...(sourceLines === 0 ? {} : { post_context: sources(random, sourceLines) }),
    };
  });
}

function makeBreadcrumb(random: () => number, seconds: number): object {
  const isHttp = random() < 0.5;
  const message = words(random, 4 + Math.floor(random() * 6));
  return isHttp
    ? {
        timestamp: seconds,
        type: "http",
        category: "http",
        data: {
          url: `https://api.example.com/${pick(WORDS, random)}/${hex(random, 24)}`,
          method: "GET",
          status_code: 200,
        },
      }
    : { timestamp: seconds, category: "console", level: "info", message };
}

/** About what the longest breadcrumb takes. */
const BREADCRUMB_BYTES = 150;

const ERRORS = [
  "TypeError",
  "RangeError",
  "ValidationError",
  "TimeoutError",
  "NotFoundError",
  "ConflictError",
  "Error",
];
const VERBS = [
  "load",
  "save",
  "charge",
  "render",
  "validate",
  "resolve",
  "publish",
  "merge",
  "refund",
  "index",
  "lock",
];
const SYLLABLES = ["ba", "cor", "del", "fin", "gar", "hel", "in", "jo", "kal", "lum", "mor", "nex", "or", "pel", "qui"];
const WORDS = Array.from({ length: 400 }, (_, index) => nameOf(index * 13 + 5));

/** A word for a number, the same for the same always. */
export function nameOf(number: number): string {
  const count = SYLLABLES.length;
  const parts = [number % count, Math.floor(number / count) % count, (number * 7 + 3) % count];
  return parts.map((part) => SYLLABLES[part]).join("");
}

function words(random: () => number, count: number): string {
  return Array.from({ length: count }, () => pick(WORDS, random)).join(" ");
}

function sources(random: () => number, count: number): string[] {
  return Array.from(
    { length: count },
    () => `    const ${pick(WORDS, random)} = ${pick(WORDS, random)}.get(${Math.floor(random() * 100)});`,
  );
}

function hex(random: () => number, digits: number): string {
  return Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join("");
}

function pick<T>(choices: readonly T[], random: () => number): T {
  return choices[Math.floor(random() * choices.length)] as T;
}

/** Mulberry32: small, and the same numbers on every machine. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
