/**
 * Every route declares who may use it, in its `config`, and one hook holds it to that:
 *
 *     app.get(url, { config: { access: { role: "member", scope: "event:read" } } }, handler)
 *
 * A route that declares nothing stops the start, so that none is open by forgetting.
 */
import type { FastifyContextConfig, FastifyInstance, FastifySchema, RouteOptions } from "fastify";
import { type Actor, hasRole, type Role, type Scope } from "../organizations/access.ts";
import { RequestRefusedError } from "./api-error.ts";
import type { Authentication } from "./authenticate.ts";
import type { ApiDependencies } from "./dependencies.ts";
import { demandSameOrigin } from "./same-origin.ts";

/**
 * `open`: whoever reaches the port. `person`: whoever is signed in, about themselves. `operator`: the server's own token.
 * Else the least role in the organization, and the scope a token needs.
 */
export type Access = "open" | "person" | "operator" | { readonly role: Role; readonly scope: Scope };

declare module "fastify" {
  interface FastifyContextConfig {
    access?: Access;
    /** A file of the pages, which is no part of the API. */
    isFile?: boolean;
  }
}

/** A route as it was registered. Fastify answers HEAD wherever it answers GET; those are not listed. */
export interface DeclaredRoute {
  readonly method: string;
  readonly url: string;
  readonly access: Access;
  readonly config: FastifyContextConfig;
  readonly schema: FastifySchema | undefined;
}

/** Call it before any route is registered; the list it gives is complete once the app is ready. */
export function enforceAccess(
  app: FastifyInstance,
  deps: Pick<ApiDependencies, keyof Authentication | "publicUrl">,
): DeclaredRoute[] {
  const registered: RouteOptions[] = [];
  const declared: DeclaredRoute[] = [];
  app.addHook("onRoute", (route) => void registered.push(route));
  app.addHook("onReady", async () => {
    declared.push(...registered.flatMap(declarationsOf));
  });

  app.addHook("onRequest", async (request) => {
    if (request.is404) return;
    demandSameOrigin(request, deps.publicUrl);
    const { access } = request.routeOptions.config;
    if (access === "open") return;
    // `onReady` has seen to it that there is one: this is for a reader, and for a Fastify that changes its order.
    if (access === undefined) throw new RequestRefusedError(403, "forbidden", "this route declares no access");
    if (access === "person") {
      await deps.authenticatePerson(request);
      return;
    }
    const actor = await deps.authenticate(request);
    if (access === "operator") {
      demandOperator(actor);
      return;
    }
    demandRole(actor, access.role);
    demandScope(actor, access.scope);
  });
  return declared;
}

function declarationsOf(route: RouteOptions): DeclaredRoute[] {
  const methods = (Array.isArray(route.method) ? route.method : [route.method]).filter((method) => method !== "HEAD");
  const { config = {}, schema } = route;
  const { access } = config;
  if (access === undefined) throw new Error(`${methods.join(", ")} ${route.url} declares no access in its config`);
  return methods.map((method) => ({ method, url: route.url, access, config, schema }));
}

function demandOperator({ isOperator }: Actor): void {
  if (!isOperator) throw new RequestRefusedError(403, "forbidden", "only whoever runs the server may do this");
}

export function demandRole(actor: Actor, least: Role): void {
  if (hasRole(actor, least)) return;
  const who = least === "owner" ? "only owners" : "only owners and admins";
  throw new RequestRefusedError(403, "forbidden", `${who} may do this`);
}

export function demandScope(actor: Actor, scope: Scope): void {
  if (actor.scopes.includes(scope)) return;
  throw new RequestRefusedError(403, "missing_scope", `the API token lacks the scope ${scope}`);
}
