/**
 * How a node learns what was told of a project before it began to listen: from a peer that listens already, so that a client that was
 * there goes on here. Pure.
 */
import type { RecentRecord, ToldMessage } from "./recent.ts";

/** What a peer says of a project when it is asked. */
export interface RecallAnswer {
  /** It knows of somebody who listens, besides the node that asks: so far it has told all it did. */
  readonly isTelling: boolean;
  /** Its own origin and the last number of it, if it told anything. What it tells later comes to the node that asks. */
  readonly own?: { readonly origin: string; readonly number: number };
  /** Of the peer that is asked for it, if it knows. */
  readonly recent?: RecentRecord;
}

/**
 * Of the answers of all nodes, this one's too, what may be gone on from: nothing was told that is neither in it nor among what has been `heard`
 * here since before they were asked. `undefined`: it cannot be said what is missing.
 */
export function judgeRecall(
  answers: readonly (RecallAnswer | undefined)[],
  heard: readonly ToldMessage[],
): RecentRecord | undefined {
  const given = answers.filter((answer) => answer !== undefined);
  if (given.length < answers.length) return undefined;
  const found = given.find(({ recent }) => recent !== undefined)?.recent;
  // Who listens has only begun, as this node.
  if (found === undefined) return beginning(given, heard);
  const last = new Map(found.origins.map(({ origin, last: number }) => [origin, number]));
  for (const { origin, number } of [...found.messages, ...heard]) {
    const before = last.get(origin) ?? 0;
    if (number > before + 1) return undefined;
    last.set(origin, Math.max(before, number));
  }
  const isWhole = given.every(
    ({ isTelling, own }) => isTelling && (own === undefined || (last.get(own.origin) ?? 0) >= own.number),
  );
  return isWhole ? found : undefined;
}

/** What was told before is not known, but of each node how much that was: who has seen as much goes on. */
function beginning(answers: readonly RecallAnswer[], heard: readonly ToldMessage[]): RecentRecord {
  const origins = answers.flatMap(({ own }) => {
    if (own === undefined) return [];
    const first = heard.find(({ origin }) => origin === own.origin)?.number;
    const last = first === undefined ? own.number : first - 1;
    return [{ origin: own.origin, last, keptAfter: last, isBroken: false }];
  });
  return { origins, messages: [] };
}

/** What came from a node that has the cookie; one of another version may say something else. */
export function parseRecallAnswer(given: unknown): RecallAnswer | undefined {
  const { isTelling, own, recent } = (given ?? {}) as Partial<Record<keyof RecallAnswer, unknown>>;
  if (typeof isTelling !== "boolean") return undefined;
  if ((own !== undefined && !isOwn(own)) || (recent !== undefined && !isRecord(recent))) return undefined;
  return { isTelling, ...(own === undefined ? {} : { own }), ...(recent === undefined ? {} : { recent }) };
}

function isOwn(given: unknown): given is NonNullable<RecallAnswer["own"]> {
  return hasTypes(given, { origin: "string", number: "number" });
}

function isRecord(given: unknown): given is RecentRecord {
  const { origins, messages, breaks } = (given ?? {}) as Partial<Record<keyof RecentRecord, unknown>>;
  const isBreaks = breaks === undefined || hasTypes(breaks, { mark: "string", count: "number" });
  return isBreaks && everyHas(origins, ORIGIN_TYPES) && everyHas(messages, MESSAGE_TYPES);
}

const ORIGIN_TYPES = { origin: "string", last: "number", keptAfter: "number", isBroken: "boolean" };
const MESSAGE_TYPES = { origin: "string", number: "number", change: "object", verdict: "object" };

function everyHas(list: unknown, types: Readonly<Record<string, string>>): boolean {
  return Array.isArray(list) && list.every((each) => hasTypes(each, types));
}

function hasTypes(value: unknown, types: Readonly<Record<string, string>>): boolean {
  return Object.entries(types).every(([key, type]) => {
    const field = (value as Record<string, unknown> | null)?.[key];
    return typeof field === type && field !== null;
  });
}
