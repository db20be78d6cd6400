import type { ApiDependencies, App } from "./dependencies.ts";

/** Open to everyone who reaches the port, like those of other servers: they say nothing of any project. */
export function registerHealthRoutes(app: App, deps: ApiDependencies): void {
  /** The process is alive. */
  app.get("/healthz", async () => ({ status: "alive" }));

  /** Events can be accepted. That PostgreSQL is away does not change it: the journal takes them. */
  app.get("/readyz", async (_request, reply) => {
    const readiness = deps.readiness();
    return reply.code(readiness.ready ? 200 : 503).send(readiness);
  });

  app.get("/metrics", async (_request, reply) => {
    const { contentType, text } = await deps.metrics();
    return reply.type(contentType).send(text);
  });
}
