/**
 * Describes the API in OpenAPI 3.1: of every route what it was registered with (method, path, schemas, access), and what
 * the tables beside this file tell readers of it.
 */
import { type TSchema, Type } from "typebox";
import { SCOPES } from "../../organizations/access.ts";
import { VERSION } from "../../version.ts";
import type { Access, DeclaredRoute } from "../access.ts";
import { AUDITED, UNAUDITED } from "./audited.ts";
import { pathExample } from "./example.ts";
import { curlExample, exampleAnswer, exampleRequest } from "./examples.ts";
import type { Operation, Operations } from "./operation.ts";
import { ALERTS } from "./operations-alerts.ts";
import { DASHBOARDS } from "./operations-dashboards.ts";
import { DELIVERIES } from "./operations-deliveries.ts";
import { INSTALLATION } from "./operations-installation.ts";
import { ISSUES } from "./operations-issues.ts";
import { PASSKEYS, Passkey } from "./operations-passkeys.ts";
import { PEOPLE } from "./operations-people.ts";
import { PROJECTS } from "./operations-projects.ts";
import { TEAMS, Team, TeamDetail } from "./operations-teams.ts";
import * as alerts from "./shapes-alerts.ts";
import * as dashboards from "./shapes-dashboards.ts";
import * as deliveries from "./shapes-deliveries.ts";
import * as events from "./shapes-events.ts";
import * as installation from "./shapes-installation.ts";
import * as issues from "./shapes-issues.ts";
import * as people from "./shapes-people.ts";
import * as projects from "./shapes-projects.ts";

const OPERATIONS: Operations = {
  ...INSTALLATION,
  ...PEOPLE,
  ...PASSKEYS,
  ...PROJECTS,
  ...ISSUES,
  ...DASHBOARDS,
  ...ALERTS,
  ...DELIVERIES,
  ...TEAMS,
};

const ErrorAnswer = Type.Object({
  error: Type.String({ description: "A sentence for people" }),
  code: Type.String({ description: "For programs; does not change", pattern: "^[a-z0-9_]+$" }),
  details: Type.Optional(Type.Unknown()),
});

const SHAPES: Readonly<Record<string, TSchema>> = {
  Error: ErrorAnswer,
  ...issues,
  ...events,
  ...projects,
  ...people,
  Passkey,
  Team,
  TeamDetail,
  ...dashboards,
  ...alerts,
  ...deliveries,
  ...installation,
};

/** As JSON has it. */
export type Json = { readonly [key: string]: unknown };

export interface ApiDescription {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Json>>>>;
  readonly components: Json;
  readonly [key: string]: unknown;
}

/** Where an example is sent that nobody has said the address of. */
const EXAMPLE_URL = "http://localhost:8080";

/**
 * `publicUrl`: under which people reach the server, with the path it may live under; absent: where the description was found.
 * Throws an error that names every route the tables do not know, every entry without a route, and an example that is not of its shape.
 */
export function describeApi(routes: readonly DeclaredRoute[], publicUrl?: string): ApiDescription {
  const described = routes.filter(({ config }) => config.isFile !== true);
  demandTogether(described);
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of described.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))) {
    const path = route.url.replace(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: describeRoute(route, publicUrl ?? EXAMPLE_URL) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Mesher",
      version: VERSION,
      description: ABOUT,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: publicUrl ?? "/" }],
    paths: Object.fromEntries(Object.entries(paths).toSorted(([a], [b]) => (a < b ? -1 : 1))),
    components: {
      schemas: Object.fromEntries(Object.entries(SHAPES).map(([name, shape]) => [name, inside(shape)])),
      parameters: { IdempotencyKey, IfNoneMatch, IfMatch },
      securitySchemes: {
        token: {
          type: "http",
          scheme: "bearer",
          description: `An API token, mshr_…. Scopes: ${Object.entries(SCOPES)
            .map(([scope, may]) => `\`${scope}\`: ${may}`)
            .join("; ")}.`,
        },
        login: {
          type: "apiKey",
          in: "cookie",
          name: "mesher.session_token",
          description:
            "Of a person who is signed in. `__Secure-` stands before the name where the server is reached by HTTPS.",
        },
      },
    },
  };
}

const ABOUT =
  `Errors are \`{"error", "code", "details"?}\`. Lists have a limit and, where they can be long, pages by cursor. Times are
ISO 8601 in UTC. What is not the asker's is answered like what does not exist. How SDKs send events is not described here: they speak
the protocol of Sentry's SDKs.`.replaceAll("\n", " ");

function nameOf({ method, url }: DeclaredRoute): string {
  return `${method} ${url}`;
}

function demandTogether(routes: readonly DeclaredRoute[]): void {
  const names = new Set(routes.map(nameOf));
  const undescribed = [...names].filter((name) => !Object.hasOwn(OPERATIONS, name));
  const gone = Object.keys(OPERATIONS).filter((name) => !names.has(name));
  const unaccounted = routes
    .filter(({ method }) => method !== "GET")
    .map(nameOf)
    .filter((name) => Object.hasOwn(AUDITED, name) === Object.hasOwn(UNAUDITED, name));
  if (unaccounted.length > 0)
    throw new Error(`say in api/openapi/audited.ts what the audit log says of these: ${unaccounted.join(", ")}`);
  if (undescribed.length > 0)
    throw new Error(
      `describe these routes in packages/server/src/api/openapi/operations-*.ts: ${undescribed.join(", ")}`,
    );
  if (gone.length > 0)
    throw new Error(`packages/server/src/api/openapi describes what is no route: ${gone.join(", ")}`);
}

function describeRoute(route: DeclaredRoute, serverUrl: string): Json {
  const operation = OPERATIONS[nameOf(route)] as Operation;
  const { access, schema } = route;
  const body = operation.body ?? (schema?.body as TSchema | undefined);
  const bodyExample = body && exampleRequest(nameOf(route), body);
  return {
    operationId: operationIdOf(route),
    tags: [tagOf(route.url)],
    summary: operation.summary,
    description: descriptionOf(route, operation, curlExample(route, serverUrl, bodyExample)),
    parameters: [
      ...pathParameters(route.url),
      ...queryParameters(schema?.querystring as TSchema | undefined),
      ...(hasEntityTag(route, operation) ? [{ $ref: "#/components/parameters/IfNoneMatch" }] : []),
      ...(412 in (operation.refusals ?? {}) ? [{ $ref: "#/components/parameters/IfMatch" }] : []),
      ...(takesIdempotencyKeys(route) ? [{ $ref: "#/components/parameters/IdempotencyKey" }] : []),
    ],
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: hasRequired(body),
            content: { [JSON_TYPE]: { schema: inside(body), example: bodyExample } },
          },
        }),
    responses: {
      ...answersOf(nameOf(route), operation),
      ...(hasEntityTag(route, operation) ? { 304: { description: "Still the same, as of `If-None-Match`" } } : {}),
      ...refusalsOf(route, operation, body !== undefined),
    },
    security: securityOf(access),
    "x-access": access,
    ...(AUDITED[nameOf(route)] === undefined ? {} : { "x-audit": AUDITED[nameOf(route)] }),
  };
}

/** See `api/entity-tags.ts`. */
function hasEntityTag({ method, url }: DeclaredRoute, operation: Operation): boolean {
  return method === "GET" && url.startsWith("/api/v1/") && hasJson(operation);
}

/** What the table says, and what the route was registered with, in words: viewers show a person no extension. */
function descriptionOf(route: DeclaredRoute, { description }: Operation, curl: string): string {
  const audited = AUDITED[nameOf(route)];
  const sentences = [
    description,
    `**${accessSentence(route.access)}**`,
    audited === undefined ? undefined : `In the audit log: \`${audited}\`.`,
    `\`\`\`sh\n${curl}\n\`\`\``,
  ];
  return sentences.filter((sentence) => sentence !== undefined).join("\n\n");
}

function accessSentence(access: Access): string {
  if (access === "open") return "Open to whoever reaches the server.";
  if (access === "person") return "For whoever is signed in, about themselves.";
  if (access === "operator") return "For the server's own token.";
  const who = { member: "members", admin: "admins and owners", owner: "owners" }[access.role];
  return `For ${who}, and tokens of that role with the scope \`${access.scope}\`.`;
}

function answersOf(name: string, { answers }: Operation): Json {
  return Object.fromEntries(
    Object.entries(answers).map(([status, answer], index) => {
      const { mediaType, schema } = "mediaType" in answer ? answer : { mediaType: JSON_TYPE, schema: answer };
      if (status === "302") return [status, { description: "On to the pages" }];
      // The first is the one that is meant; what others there are looks alike.
      const example = index === 0 ? { example: exampleAnswer(name, schema) } : {};
      return [
        status,
        { description: "Done", content: { [mediaType]: { schema: shapeOrReference(schema), ...example } } },
      ];
    }),
  );
}

const JSON_TYPE = "application/json";

/** Every route may refuse in one shape; which statuses to expect follows from what it is. */
function refusalsOf(route: DeclaredRoute, { answers, refusals = {} }: Operation, hasBody: boolean): Json {
  const takesSomething = hasBody || route.schema?.querystring !== undefined || route.method !== "GET";
  const sentences: Record<string, string> = {
    ...(takesSomething ? { 400: "The request is wrong; `details` may name each field" } : {}),
    ...(route.access === "open" ? {} : { 401: "Neither a login nor a token that is valid" }),
    ...(route.access === "open" ? {} : { 403: "The role or a scope is not enough" }),
    ...(route.url.includes(":") ? { 404: "There is no such thing, or it is somebody else's" } : {}),
    ...refusals,
    ...(takesIdempotencyKeys(route) ? { 422: "The Idempotency-Key was used for another request" } : {}),
    default: "Any other refusal",
  };
  return Object.fromEntries(
    Object.entries(sentences)
      .filter(([status]) => !(status in answers))
      .map(([status, description]) => [
        status,
        { description, content: { [JSON_TYPE]: { schema: shapeOrReference(ErrorAnswer) } } },
      ]),
  );
}

function securityOf(access: Access): Json[] {
  if (access === "open") return [];
  if (access === "person") return [{ login: [] }];
  if (access === "operator") return [{ token: ["operator"] }];
  return [{ token: [access.scope] }, { login: [access.role] }];
}

/** See `api/idempotency.ts`. */
const IdempotencyKey: Json = {
  name: "Idempotency-Key",
  in: "header",
  required: false,
  schema: { type: "string", minLength: 1, maxLength: 257 },
  example: '"8e03978e-40d5-43e8-bc93-6894a57f9324"',
  description:
    "Sent again with the same key within 24 hours, the request is not carried out again: its first answer is given, with `Idempotency-Replayed: true`. 409 while the first still runs, 422 for another body.",
};

const IfNoneMatch: Json = {
  name: "If-None-Match",
  in: "header",
  required: false,
  schema: { type: "string" },
  description: "`ETag` of an earlier answer: 304 without a body if it is still the same.",
};

const IfMatch: Json = {
  name: "If-Match",
  in: "header",
  required: false,
  schema: { type: "string" },
  description: "`ETag` of what the change was made from: 412 if somebody else has changed it meanwhile.",
};

function hasJson({ answers }: Operation): boolean {
  const answer = answers[200];
  return answer !== undefined && !("mediaType" in answer);
}

function takesIdempotencyKeys({ method, access }: DeclaredRoute): boolean {
  return method === "POST" && access !== "open";
}

function pathParameters(url: string): Json[] {
  return [...url.matchAll(/:(\w+)/g)].map(([, name = ""]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
    example: pathExample(name),
    ...(PARAMETERS[name] === undefined ? {} : { description: PARAMETERS[name] }),
  }));
}

const PARAMETERS: Readonly<Record<string, string>> = {
  project: "Its id, slug or number",
  org: "Its id or slug",
  team: "Its id or slug",
  shortId: "As `DEFAULT-12`, in any case",
  event: "32 hex digits",
};

function queryParameters(query: TSchema | undefined): Json[] {
  if (query === undefined) return [];
  const { properties = {}, required = [] } = query as { properties?: Record<string, TSchema>; required?: string[] };
  return Object.entries(properties).map(([name, schema]) => {
    const { description, ...rest } = inside(schema) as Json;
    return {
      name,
      in: "query",
      required: required.includes(name),
      schema: rest,
      ...(description === undefined ? {} : { description }),
    };
  });
}

function hasRequired(body: TSchema): boolean {
  return ((body as { required?: string[] }).required ?? []).length > 0;
}

const NAMES = new Map<unknown, string>(Object.entries(SHAPES).map(([name, shape]) => [shape, name]));

/** A shape with a name is referred to by it. */
function shapeOrReference(schema: unknown): unknown {
  const name = NAMES.get(schema);
  return name === undefined ? inside(schema) : { $ref: `#/components/schemas/${name}` };
}

function inside(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(shapeOrReference);
  if (typeof schema !== "object" || schema === null) return schema;
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, shapeOrReference(value)]));
}

/** `GET /api/v1/projects/:project/issues` is `getProjectsProjectIssues`. */
function operationIdOf({ method, url }: DeclaredRoute): string {
  const words = url
    .replace(/^\/api\/(v1\/)?/, "")
    .split(/[^A-Za-z0-9]+/)
    .filter(Boolean);
  return method.toLowerCase() + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
}

function tagOf(url: string): string {
  const [, first = "server", second] = /^\/api\/v1\/([\w-]+)(?:\/:\w+\/([\w-]+))?/.exec(url) ?? [];
  return first === "projects" && second !== undefined ? second : first;
}
