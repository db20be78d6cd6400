import type { ApiCluster } from "@mesher/protocol";
import type { ApiDependencies, App } from "./dependencies.ts";
import { demandAdmin } from "./projects.ts";

export function registerClusterRoutes(app: App, deps: ApiDependencies): void {
  /** The cluster as this node sees it. Names and addresses of machines are for those who run them. */
  app.get("/api/v1/cluster", async (request): Promise<ApiCluster> => {
    demandAdmin(await deps.authenticate(request));
    return deps.cluster();
  });
}
