/** The examples of an operation: its request, as a body and as a line for a shell, and its answer. */
import { curlOf } from "@mesher/protocol";
import type { TSchema } from "typebox";
import type { Access, DeclaredRoute } from "../access.ts";
import { checkedExample, exampleOf, pathExample } from "./example.ts";
import { EXAMPLE_ANSWERS, EXAMPLE_REQUESTS, EXAMPLE_TEXTS } from "./example-requests.ts";

/** `name`: method and path as they are registered. Throws an error that names it when the example is not of the shape. */
export function exampleRequest(name: string, schema: TSchema): unknown {
  const what = `the request ${name}`;
  return name in EXAMPLE_REQUESTS
    ? checkedExample(schema, EXAMPLE_REQUESTS[name], what)
    : exampleOf(schema, subjectOf(name), what);
}

/** As `exampleRequest`. */
export function exampleAnswer(name: string, schema: TSchema): unknown {
  const what = `the answer to ${name}`;
  if (name in EXAMPLE_TEXTS) return checkedExample(schema, EXAMPLE_TEXTS[name], what);
  return name in EXAMPLE_ANSWERS
    ? checkedExample(schema, EXAMPLE_ANSWERS[name], what)
    : exampleOf(schema, subjectOf(name), what);
}

export function curlExample({ method, url, access }: DeclaredRoute, serverUrl: string, body: unknown): string {
  const command = curlOf({
    url: serverUrl + url.replace(/:(\w+)/g, (_, name: string) => pathExample(name)),
    method,
    headers: [
      ...proofOf(access),
      ...(body === undefined ? [] : [["content-type", "application/json"] satisfies [string, string]]),
    ],
    ...(body === undefined ? {} : { data: JSON.stringify(body) }),
  });
  if (command === undefined) throw new Error(`there is no curl for ${method} ${url}`);
  return command;
}

function proofOf(access: Access): [string, string][] {
  if (access === "open") return [];
  // What is about oneself needs a login, which is a cookie.
  return access === "person" ? [["cookie", "mesher.session_token=…"]] : [["authorization", "Bearer mshr_…"]];
}

/** `issue` of `/issues/:issue`, of `/issues/:issue/resolve` and of `/projects/:project/issues`. */
function subjectOf(name: string): string {
  const parts = name.split("/");
  const last = parts.at(-1) ?? "";
  const word = last.startsWith(":")
    ? last.slice(1)
    : (LISTED[last] ?? parts.findLast((part) => part.startsWith(":"))?.slice(1));
  return word ?? last;
}

/** What a list is called, and one of it in a path. */
const LISTED: Readonly<Record<string, string>> = {
  "alert-rules": "rule",
  alerts: "alert",
  activity: "activity",
  "api-keys": "key",
  audit: "entry",
  comments: "comment",
  deliveries: "delivery",
  destinations: "destination",
  events: "event",
  invitations: "invitation",
  issues: "issue",
  jobs: "job",
  logins: "login",
  members: "membership",
  organization: "org",
  orgs: "org",
  overview: "project",
  passkeys: "passkey",
  projects: "project",
  "saved-searches": "search",
  teams: "team",
  tokens: "token",
  users: "user",
};
