/** Requests that no handler should have to think of. */
import type { FastifyInstance } from "fastify";
import { badRequest, notFound } from "./api-error.ts";

/** Levels of lists and maps in a body. Deeper ones overflow the stack of whoever walks them. */
const BODY_DEPTH_MAX = 200;

/** Call it before routes and other hooks are registered. */
export function refuseHarmful(app: FastifyInstance): void {
  app.addHook("onRequest", async ({ params }) => {
    // PostgreSQL has no such character, so nothing can be called so.
    const names = Object.values((params ?? {}) as Record<string, string>);
    if (names.some((name) => name.includes("\0"))) throw notFound("what the address names");
  });
  app.addHook("preValidation", async ({ body }) => {
    const harm = findHarm(body);
    if (harm !== undefined) throw badRequest(harm);
  });
}

/** Level by level, so that it needs no stack itself. */
function findHarm(body: unknown): string | undefined {
  let level: unknown[] = [body];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > BODY_DEPTH_MAX) return `a body may be nested ${BODY_DEPTH_MAX} levels deep`;
    // Half a character: JSON can write it, and PostgreSQL refuses what has it.
    if (level.some((each) => typeof each === "string" && !each.isWellFormed()))
      return "the texts of a body must be well-formed Unicode";
    level = level.flatMap((each) =>
      typeof each === "object" && each !== null && !ArrayBuffer.isView(each)
        ? Object.entries(each as Record<string, unknown>).flat()
        : [],
    );
  }
  return undefined;
}
