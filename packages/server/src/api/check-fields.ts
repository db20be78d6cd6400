/** Reads JSON bodies strictly: every field known and right, or a refusal that names all that is wrong. */
import type { ApiFieldReason } from "@mesher/protocol";
import { RequestRefusedError } from "./api-error.ts";

/** Gives the value as it shall be, or throws a `RangeError` that says what a good one looks like. */
export type Check<T> = (value: unknown) => T;

type Checks = Readonly<Record<string, Check<unknown>>>;
/** Only fields that were given. */
export type Checked<C extends Checks> = { -readonly [Name in keyof C]?: ReturnType<C[Name]> };

/** Reads a body whose fields may all be left out. Throws a refusal with all reasons. */
export function checkFields<C extends Checks>(body: unknown, checks: C): Checked<C> {
  try {
    return fields(checks)(body ?? {});
  } catch (error) {
    throw refusal(reasonsOf(error, ""));
  }
}

/** As `checkFields`, but these fields must be given. */
export function demandFields<C extends Checks, Name extends keyof C & string>(
  body: unknown,
  checks: C,
  ...names: readonly Name[]
): Checked<C> & { [N in Name]: ReturnType<C[N]> } {
  const checked = checkFields(body, checks);
  const missing = names.filter((name) => checked[name] === undefined);
  if (missing.length > 0) throw refusal(missing.map((path) => ({ path, reason: "is required" })));
  return checked as Checked<C> & { [N in Name]: ReturnType<C[N]> };
}

/** A map with these fields, each of which may be left out. */
export function fields<C extends Checks>(checks: C): Check<Checked<C>> {
  return (value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw new RangeError("must be an object");
    const checked: Record<string, unknown> = {};
    const reasons: ApiFieldReason[] = [];
    for (const [name, given] of Object.entries(value)) {
      const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
      try {
        if (check === undefined) throw new RangeError(`is unknown; known are ${Object.keys(checks).join(", ")}`);
        checked[name] = check(given);
      } catch (error) {
        reasons.push(...reasonsOf(error, name));
      }
    }
    if (reasons.length > 0) throw new FieldsError(reasons);
    return checked as Checked<C>;
  };
}

/** A list of at most `lengthMax` such values, each of them once. */
export function list<T>(check: Check<T>, lengthMax: number): Check<T[]> {
  return (value) => {
    if (!Array.isArray(value)) throw new RangeError("must be a list");
    if (value.length > lengthMax) throw new RangeError(`must have at most ${lengthMax} entries`);
    const checked = new Set<T>();
    const reasons: ApiFieldReason[] = [];
    for (const [index, each] of value.entries()) {
      try {
        checked.add(check(each));
      } catch (error) {
        reasons.push(...reasonsOf(error, String(index)));
      }
    }
    if (reasons.length > 0) throw new FieldsError(reasons);
    return [...checked];
  };
}

/** A text without white space around it, 1 to `lengthMax` characters on one line. */
export function line(lengthMax: number): Check<string> {
  return (value) => {
    const text = typeof value === "string" ? value.trim() : "";
    if (text === "" || text.length > lengthMax || CONTROL.test(text) || !text.isWellFormed())
      throw new RangeError(`must be a text of 1 to ${lengthMax} characters on one line`);
    return text;
  };
}
const CONTROL = /\p{Control}/u;

export function matching(isRight: (text: string) => boolean, reason: string): Check<string> {
  return (value) => {
    if (typeof value !== "string" || !isRight(value)) throw new RangeError(reason);
    return value;
  };
}

export function wholeNumber(min: number, max: number): Check<number> {
  return (value) => {
    if (typeof value !== "number" || !Number.isInteger(value) || value < min || value > max)
      throw new RangeError(`must be a whole number from ${min} to ${max}`);
    return value;
  };
}

export function fraction(value: unknown): number {
  if (typeof value !== "number" || !(value >= 0 && value <= 1)) throw new RangeError("must be a number from 0 to 1");
  return value;
}

export function onOrOff(value: unknown): boolean {
  if (typeof value !== "boolean") throw new RangeError("must be true or false");
  return value;
}

export function orNull<T>(check: Check<T>): Check<T | null> {
  return (value) => (value === null ? null : check(value));
}

/** `preValidation` where every field may be left away, so that the body may be too. */
export async function takeNoBodyAsEmpty(request: { body: unknown }): Promise<void> {
  request.body ??= {};
}

class FieldsError extends RangeError {
  override readonly name = "FieldsError";
  readonly reasons: readonly ApiFieldReason[];

  constructor(reasons: readonly ApiFieldReason[]) {
    super("fields are wrong");
    this.reasons = reasons;
  }
}

function reasonsOf(error: unknown, name: string): ApiFieldReason[] {
  if (error instanceof FieldsError) {
    return error.reasons.map(({ path, reason }) => ({ path: name === "" ? path : `${name}.${path}`, reason }));
  }
  if (error instanceof RangeError) return [{ path: name, reason: error.message }];
  throw error;
}

function refusal(reasons: readonly ApiFieldReason[]): RequestRefusedError {
  const [first] = reasons;
  const sentence = `${first?.path || "the body"} ${first?.reason ?? "is invalid"}`;
  return new RequestRefusedError(400, "bad_request", sentence, reasons);
}
