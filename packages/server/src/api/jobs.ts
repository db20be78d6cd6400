import type { ApiJob } from "@mesher/protocol";
import type { ApiDependencies, App } from "./dependencies.ts";

const READ_AS_ADMIN = { config: { access: { role: "admin", scope: "org:read" } } } as const;

export function registerJobRoutes(app: App, deps: ApiDependencies): void {
  /** What runs by the clock. It says how nodes are called, which is for those who run them. */
  app.get(
    "/api/v1/jobs",
    READ_AS_ADMIN,
    async (): Promise<{ data: readonly ApiJob[] }> => ({
      data: await deps.jobs(),
    }),
  );
}
