import type { ApiCluster } from "@mesher/protocol";
import type { ApiDependencies, App } from "./dependencies.ts";

const READ_AS_ADMIN = { config: { access: { role: "admin", scope: "org:read" } } } as const;

export function registerClusterRoutes(app: App, deps: ApiDependencies): void {
  /** The cluster as this node sees it. Names and addresses of machines are for those who run them. */
  app.get("/api/v1/cluster", READ_AS_ADMIN, async (): Promise<ApiCluster> => deps.cluster());
}
