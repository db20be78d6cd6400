/** What a route's registration does not say of it, for readers: a line about it, and the shapes of its answers. */
import { type TSchema, Type } from "typebox";
import { listOf } from "./shape.ts";

export interface Operation {
  readonly summary: string;
  readonly description?: string;
  /** Of requests whose body is read by hand. A route with a schema of its own needs none. */
  readonly body?: TSchema;
  /** Answers by status; a schema is JSON. */
  readonly answers: Readonly<Record<number, TSchema | MediaAnswer>>;
  /** How it may refuse beside what every route does: a sentence by status. */
  readonly refusals?: Readonly<Record<number, string>>;
}

export interface MediaAnswer {
  readonly mediaType: string;
  readonly schema: TSchema;
}

/** By method and path as they are registered: `GET /api/v1/projects/:project`. */
export type Operations = Readonly<Record<string, Operation>>;

export const ok = (shape: TSchema) => ({ 200: shape });
export const rows = (shape: TSchema) => ({ 200: Type.Array(shape) });
export const data = (shape: TSchema) => ({ 200: listOf(shape) });
export const created = (shape: TSchema) => ({ 201: shape });

/** Of changes that take `If-Match`. */
export const CHANGED_MEANWHILE = { 412: "Somebody else has changed it meanwhile" };
