import { fastify } from "fastify";
import { enforceAccess } from "./access.ts";
import type { ApiDependencies } from "./dependencies.ts";
import { type ApiDescription, describeApi } from "./openapi/document.ts";
import { registerRoutes } from "./routes.ts";

/** The description without a server, for `docs/openapi.json`. Routes need what they depend on only once they are asked. */
export async function describeOwnApi(publicUrl?: string): Promise<ApiDescription> {
  const app = fastify();
  const deps = {} as ApiDependencies;
  const routes = enforceAccess(app, deps);
  registerRoutes(app, deps, routes);
  await app.ready();
  return describeApi(routes, publicUrl);
}
