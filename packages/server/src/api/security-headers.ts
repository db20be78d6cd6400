import type { FastifyInstance } from "fastify";

const HSTS_SECONDS = 365 * 24 * 3600;

/**
 * On every answer. That of the API shows in no frame and runs nothing, wherever it ends up, and no cache keeps it; pages
 * replace what they need otherwise (api/pages.ts).
 */
export function setSecurityHeaders(app: FastifyInstance, publicUrl: string | undefined): void {
  const isSecure = publicUrl?.startsWith("https:") === true;
  app.addHook("onRequest", async (_request, reply) => {
    reply.header("content-security-policy", "default-src 'none'; frame-ancestors 'none'");
    reply.header("x-content-type-options", "nosniff");
    reply.header("referrer-policy", "no-referrer");
    reply.header("cache-control", "no-store");
    if (isSecure) reply.header("strict-transport-security", `max-age=${HSTS_SECONDS}`);
  });
}
