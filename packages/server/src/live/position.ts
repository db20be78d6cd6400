/**
 * Positions in a project's feed. Each node numbers what it tells, as an origin of its own, and messages of one origin arrive
 * everywhere in their order. So the last number of each origin says exactly what a client has seen, to every node.
 */
import { randomInt } from "node:crypto";
import type { StreamPosition } from "@mesher/protocol";

/** The last number of each origin. */
export type SeenOrigins = ReadonlyMap<string, number>;

/** Origins a position names at most: nodes of the cluster, and their lives within the time a client may be away. */
export const ORIGINS_MAX = 31;

export function newOrigin(): string {
  return randomInt(2 ** 47).toString(36);
}

const BREAK_MARK = "break";

/** Beside the origins a position says how often its node may have missed something, under a name of the node's own. */
export function newBreakMark(): string {
  return BREAK_MARK + newOrigin();
}

export function isBreakMark(origin: string): boolean {
  return origin.startsWith(BREAK_MARK);
}

const ORIGIN = /^[a-z0-9]{1,16}$/;
const POSITION_LENGTH_MAX = (ORIGINS_MAX + 1) * 34;

export function formatPosition(seen: SeenOrigins): StreamPosition {
  return [...seen].map(([origin, number]) => `${origin}.${number}`).join("-") || NOWHERE;
}

/** `undefined`: the text is no position. */
export function parsePosition(text: string): SeenOrigins | undefined {
  if (text === NOWHERE) return new Map();
  if (text.length > POSITION_LENGTH_MAX) return undefined;
  const seen = new Map<string, number>();
  for (const part of text.split("-")) {
    const [origin = "", digits = "", surplus] = part.split(".");
    const number = Number(digits);
    if (!ORIGIN.test(origin) || !/^\d{1,15}$/.test(digits) || surplus !== undefined) return undefined;
    seen.set(origin, number);
  }
  return seen;
}

/** Before anything was told. */
const NOWHERE = "0";
