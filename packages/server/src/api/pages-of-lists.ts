/** Keyset pages, as every list of the API has them. */
import { type ApiPage, isOfKnownYear } from "@mesher/protocol";
import { Type } from "typebox";
import { badRequest } from "./api-error.ts";

export const PAGE_LIMIT_DEFAULT = 25;
export const PAGE_LIMIT_MAX = 100;

export const PageQuery = {
  limit: Type.Optional(Type.String({ description: "Rows of a page, 1 to 100; default 25" })),
  cursor: Type.Optional(Type.String({ description: "`next_cursor` of the page before" })),
  cursor_id: Type.Optional(Type.String({ description: "`next_cursor_id` of the page before" })),
};

/** More than the greatest limit is the greatest limit; what is no number is refused. */
export function parseLimit(text: string | undefined): number {
  if (text === undefined) return PAGE_LIMIT_DEFAULT;
  if (!/^\d{1,9}$/.test(text) || Number(text) < 1) throw badRequest("limit must be a number from 1 to 100");
  return Math.min(Number(text), PAGE_LIMIT_MAX);
}

/** The row a page starts behind. Both halves of a cursor come together. */
export function parseCursor(
  query: { readonly cursor?: string; readonly cursor_id?: string },
  isId: (text: string) => boolean,
): { readonly at: Date; readonly id: string } | undefined {
  if (query.cursor === undefined && query.cursor_id === undefined) return undefined;
  if (query.cursor === undefined || query.cursor_id === undefined)
    throw badRequest("cursor and cursor_id belong together");
  const at = new Date(query.cursor);
  // As it was told: of other texts that JavaScript takes for times, PostgreSQL cannot read all.
  if (!isOfKnownYear(at.getTime()) || at.toISOString() !== query.cursor)
    throw badRequest("cursor must be the next_cursor of an earlier page");
  if (!isId(query.cursor_id)) throw badRequest("cursor_id must be the next_cursor_id of an earlier page");
  return { at, id: query.cursor_id };
}

/** The same where a page is not sorted by time: the key is a whole number. */
export function parseNumberCursor(
  query: { readonly cursor?: string; readonly cursor_id?: string },
  isId: (text: string) => boolean,
): { readonly key: string; readonly id: string } | undefined {
  if (query.cursor === undefined && query.cursor_id === undefined) return undefined;
  if (query.cursor === undefined || query.cursor_id === undefined)
    throw badRequest("cursor and cursor_id belong together");
  if (!/^\d{1,16}$/.test(query.cursor)) throw badRequest("cursor must be the next_cursor of an earlier page");
  if (!isId(query.cursor_id)) throw badRequest("cursor_id must be the next_cursor_id of an earlier page");
  return { key: query.cursor, id: query.cursor_id };
}

/** Makes a page of `limit` out of the `limit + 1` rows that were asked for: the one too many says that there is more. */
export function pageOf<Row, Shown>(
  rows: readonly Row[],
  limit: number,
  show: (row: Row) => Shown,
  keyOf: (row: Row) => { at: Date | string; id: string },
): ApiPage<Shown> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  if (rows.length <= limit || last === undefined) return { data: shown.map(show), has_more: false };
  const { at, id } = keyOf(last);
  return {
    data: shown.map(show),
    has_more: true,
    next_cursor: at instanceof Date ? at.toISOString() : at,
    next_cursor_id: id,
  };
}

/** A filter with known values; none, or an empty one, filters nothing. */
export function oneOf<const T extends string>(
  name: string,
  values: readonly T[],
  given: string | undefined,
): T | undefined {
  if (given === undefined || given === "") return undefined;
  const found = values.find((value) => value === given);
  if (found === undefined) throw badRequest(`${name} must be one of ${values.join(", ")}`);
  return found;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const EVENT_ID = /^[0-9a-f]{32}$/i;

export const isUuid = (text: string) => UUID.test(text);
export const isEventId = (text: string) => EVENT_ID.test(text);
