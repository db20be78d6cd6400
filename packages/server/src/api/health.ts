import type { ApiDependencies, App } from "./dependencies.ts";

const OPEN = { config: { access: "open" } } as const;

/** Open to everyone who reaches the port, like those of other servers: they say nothing of any project. */
export function registerHealthRoutes(app: App, deps: ApiDependencies): void {
  /** The process is alive. */
  app.get("/healthz", OPEN, async () => ({ status: "alive" }));

  /** Events can be accepted. That PostgreSQL is away does not change it: the journal takes them. */
  app.get("/readyz", OPEN, async (_request, reply) => {
    const readiness = deps.readiness();
    return reply.code(readiness.ready ? 200 : 503).send(readiness);
  });

  app.get("/metrics", OPEN, async (_request, reply) => {
    const { contentType, text } = await deps.metrics();
    return reply.type(contentType).send(text);
  });
}
