/**
 * Shapes of what the API answers, for its description and its tests. The types of `@mesher/protocol` are what programs are
 * written against; a shape that differs from its type does not compile.
 */
import { type Static, type TSchema, Type } from "typebox";

/** A type without `readonly`, which a schema cannot say. */
type Plain<T> = T extends readonly (infer Row)[]
  ? Plain<Row>[]
  : T extends object
    ? { -readonly [Key in keyof T]: Plain<T[Key]> }
    : T;

type Same<One, Other> = [Plain<One>] extends [Plain<Other>]
  ? [Plain<Other>] extends [Plain<One>]
    ? unknown
    : { readonly "the shape has less than the type": never }
  : { readonly "the type has less than the shape": never };

/** `shapeOf<ApiIssue>()(Type.Object({ … }))`: the schema, if it says just what the type does. */
export function shapeOf<T>() {
  return <S extends TSchema>(schema: S & Same<T, Static<S>>): S => schema;
}

export const Text = Type.String();
export const Time = Type.String({ format: "date-time", description: "ISO 8601 in UTC" });
export const Uuid = Type.String({ format: "uuid" });
/** 32 hex digits. */
export const EventId = Type.String({ pattern: "^[0-9a-f]{32}$" });
export const Count = Type.Integer({ minimum: 0 });
export const Anything = Type.Unknown();
export const Details = Type.Record(Type.String(), Type.Unknown());
export const Texts = Type.Array(Text);

export const orNull = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()]);

/** A page of a list; see `ApiPage`. */
export const pageOf = <S extends TSchema>(row: S) =>
  Type.Object({
    data: Type.Array(row),
    has_more: Type.Boolean(),
    next_cursor: Type.Optional(Type.String({ description: "For `cursor` of the next page" })),
    next_cursor_id: Type.Optional(Type.String({ description: "For `cursor_id` of the next page" })),
  });

/** Rows under `data`, without pages. */
export const listOf = <S extends TSchema>(row: S) => Type.Object({ data: Type.Array(row) });
