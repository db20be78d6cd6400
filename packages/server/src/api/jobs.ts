import type { ApiJobs } from "@mesher/protocol";
import { measureQueue } from "../deliveries/delivery-list.queries.ts";
import type { ApiDependencies, App } from "./dependencies.ts";

const READ_AS_ADMIN = { config: { access: { role: "admin", scope: "org:read" } } } as const;

export function registerJobRoutes(app: App, deps: ApiDependencies): void {
  /** What runs by the clock, and what waits to be delivered. It says how nodes are called, which is for those who run them. */
  app.get(
    "/api/v1/jobs",
    READ_AS_ADMIN,
    async (): Promise<ApiJobs> => ({
      data: await deps.jobs(),
      deliveries: await measureQueue(deps.database),
    }),
  );
}
