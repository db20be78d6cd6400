import type { Random } from "./random.ts";

/**
 * The values of one event: who, which order, how long. A name stands for the same value everywhere in the event, so
 * the order in its message is the order in its URL and in its variables.
 */
export class Scene {
  readonly #random: Random;
  readonly #values = new Map<string, string | number>();

  constructor(random: Random) {
    this.#random = random;
  }

  valueOf(name: ValueName): string | number {
    const known = this.#values.get(name);
    if (known !== undefined) return known;
    const made = VALUES[name](this.#random, this);
    this.#values.set(name, made);
    return made;
  }

  /**
   * The template with every `{{name}}` in its texts replaced; `{{ default }}` and unknown names stay. A text that is
   * nothing but one name becomes the value itself, so a number stays a number.
   */
  fillIn<T>(template: T): T {
    return this.#fillIn(template) as T;
  }

  #fillIn(template: unknown): unknown {
    if (typeof template === "string") {
      const whole = WHOLE_NAME.exec(template)?.[1];
      if (whole !== undefined && isName(whole)) return this.valueOf(whole);
      return template.replace(NAME, (found, name: string) => (isName(name) ? String(this.valueOf(name)) : found));
    }
    if (Array.isArray(template)) return template.map((each) => this.#fillIn(each));
    if (typeof template !== "object" || template === null) return template;
    return Object.fromEntries(Object.entries(template).map(([key, value]) => [key, this.#fillIn(value)]));
  }
}

const NAME = /\{\{(\w+)\}\}/g;
const WHOLE_NAME = /^\{\{(\w+)\}\}$/;

const FIRST_NAMES = [
  "ada",
  "bruno",
  "chidi",
  "dana",
  "emre",
  "fatima",
  "goran",
  "hana",
  "ines",
  "jonas",
  "kira",
  "luis",
];
const LAST_NAMES = ["almeida", "berg", "costa", "dumont", "eriksen", "fischer", "garcia", "haddad", "ito", "jansen"];
const MAIL_HOSTS = ["example.com", "example.org", "example.net"];
const CITIES = ["Berlin", "Porto", "Lyon", "Utrecht", "Tallinn", "Graz"];

type ValueName =
  | "amount"
  | "batch"
  | "chunk"
  | "city"
  | "count"
  | "customer"
  | "email"
  | "hash"
  | "invoice"
  | "ip"
  | "item"
  | "millis"
  | "order"
  | "pid"
  | "session"
  | "sku"
  | "slow"
  | "span"
  | "trace"
  | "username"
  | "uuid";

const VALUES: Readonly<Record<ValueName, (random: Random, scene: Scene) => string | number>> = {
  amount: (random) => `${random.integer(4, 480)}.${random.pick(["00", "49", "90", "95", "99"])}`,
  batch: (random) => random.integer(100, 900),
  chunk: (random) => random.integer(100, 999),
  city: (random) => random.pick(CITIES),
  count: (random) => random.integer(1, 60),
  customer: (random) => random.integer(10_000, 99_999),
  email: (random, scene) => `${scene.valueOf("username")}@${random.pick(MAIL_HOSTS)}`,
  hash: (random) => random.hex(8),
  invoice: (random) => `INV-2026-${random.integer(10_000, 99_999)}`,
  ip: (random) => `203.0.113.${random.integer(1, 254)}`,
  item: (random) => random.integer(3, 9),
  millis: (random) => random.integer(40, 900),
  order: (random) => random.integer(200_000, 999_999),
  pid: (random) => random.integer(300, 30_000),
  session: (random) => random.hex(32),
  sku: (random) => `SKU-${random.integer(10_000, 99_999)}`,
  slow: (random) => random.integer(5001, 29_000),
  span: (random) => random.hex(16),
  trace: (random) => random.hex(32),
  username: (random) => `${random.pick(FIRST_NAMES)}.${random.pick(LAST_NAMES)}${random.integer(1, 99)}`,
  uuid: (random) => [8, 4, 4, 4, 12].map((digits) => random.hex(digits)).join("-"),
};

function isName(name: string): name is ValueName {
  return Object.hasOwn(VALUES, name);
}
