import { IP_FIELD_NAMES, type Scrubbing, type ScrubRule, SECRET_FIELD_NAMES } from "@mesher/protocol";

/** What a field's name says of its value: `safe`: never touched; `undefined`: nothing. */
export type FieldVerdict = ScrubRule | "safe" | undefined;

/** Names whose verdicts are remembered. Clients use the same few hundred again and again. */
const REMEMBERED_MAX = 5_000;
const REMEMBERED_LENGTH_MAX = 100;

const CONTAINS_SECRET = new RegExp(SECRET_FIELD_NAMES.contain.join("|"));
const ENDS_SECRET: readonly string[] = SECRET_FIELD_NAMES.end;
const IS_SECRET: ReadonlySet<string> = new Set(SECRET_FIELD_NAMES.be);
const IS_IP: ReadonlySet<string> = new Set(IP_FIELD_NAMES);

/** `X-Api-Key`, `api_key` and `apiKey` are the same name. */
export function plainName(name: string): string {
  return name.toLowerCase().replaceAll(/[^\p{Letter}\p{Number}]+/gu, "");
}

/** Judges names by a project's settings. */
export function createFieldJudge({ fields, safe_fields, ip_addresses }: Scrubbing): (name: string) => FieldVerdict {
  const named = fields.map(plainName).filter((name) => name !== "");
  const safe = new Set(safe_fields.map(plainName));
  const remembered = new Map<string, FieldVerdict>();

  const judge = (name: string): FieldVerdict => {
    const plain = plainName(name);
    if (safe.has(plain)) return "safe";
    if (named.some((each) => plain.includes(each))) return "named_field";
    if (CONTAINS_SECRET.test(plain) || IS_SECRET.has(plain) || ENDS_SECRET.some((end) => plain.endsWith(end)))
      return "secret_field";
    return ip_addresses && IS_IP.has(plain) ? "ip_address" : undefined;
  };

  return (name) => {
    const known = remembered.get(name);
    if (known !== undefined || remembered.has(name)) return known;
    const verdict = judge(name);
    if (name.length > REMEMBERED_LENGTH_MAX) return verdict;
    if (remembered.size >= REMEMBERED_MAX) remembered.clear();
    remembered.set(name, verdict);
    return verdict;
  };
}
