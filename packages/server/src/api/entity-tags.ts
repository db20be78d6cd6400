/**
 * ETags (RFC 9110). Every JSON answer to a GET carries one, so that whoever asks again and again is told 304 instead of the same
 * rows. A change may name the one it was made from in `If-Match`, and is refused with 412 when somebody else was quicker.
 */
import { createHash } from "node:crypto";
import type { FastifyRequest } from "fastify";
import { RequestRefusedError } from "./api-error.ts";
import type { App } from "./dependencies.ts";

export function tagAnswers(app: App): void {
  app.addHook("onSend", async (request, reply, payload) => {
    const isTagged = request.method === "GET" && reply.statusCode === 200 && request.url.startsWith("/api/v1/");
    // A route that has set its own knows which part of the answer counts, and answers it whole.
    if (!isTagged || typeof payload !== "string" || reply.hasHeader("etag")) return payload;
    const tag = tagOf(payload);
    reply.header("etag", tag);
    if (!names(request.headers["if-none-match"], tag)) return payload;
    reply.code(304).removeHeader("content-type").removeHeader("content-length");
    return null;
  });
}

/** Of what a change replaces, as its GET shows it. */
export function tagOfShown(shown: unknown): string {
  return tagOf(JSON.stringify(shown));
}

/**
 * Call it where what is there now is held until the change is written. Without `If-Match`, and with `*`, whatever is there may be
 * changed.
 */
export function demandUnchanged({ headers }: Pick<FastifyRequest, "headers">, shownNow: unknown): void {
  const given = headers["if-match"];
  if (given === undefined || names(given, tagOfShown(shownNow))) return;
  throw new RequestRefusedError(412, "changed_meanwhile", "somebody has changed it meanwhile: read it again first");
}

/** Whether a list of tags has this one, or is `*`. Marks of weakness do not count: proxies that compress add them. */
function names(list: string | undefined, tag: string): boolean {
  if (list === undefined) return false;
  return list.split(",").some((each) => [tag, "*"].includes(each.trim().replace(/^W\//, "")));
}

const TAG_CHARACTERS = 22;

function tagOf(text: string): string {
  return `"${createHash("sha256").update(text).digest("base64url").slice(0, TAG_CHARACTERS)}"`;
}
