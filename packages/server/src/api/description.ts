/** The API's description: for programs as OpenAPI, for people as a page. */
import { createReadStream } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { DeclaredRoute } from "./access.ts";
import type { App } from "./dependencies.ts";
import { describeApi } from "./openapi/document.ts";

const OPEN = { config: { access: "open" } } as const;
const OPEN_FILE = { config: { access: "open", isFile: true } } as const;

const require = createRequire(import.meta.url);
const VIEWER = dirname(require.resolve("swagger-ui-dist/package.json"));

/** The files of the viewer that the page names. */
const VIEWER_FILES = {
  "swagger-ui.css": "text/css; charset=utf-8",
  "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
} as const;

/** Scripts from here alone; the viewer puts styles into elements and pictures into its style sheet. */
const PAGE_POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'self'";

/** Its addresses are relative to `/api/docs`, wherever that is. */
const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Mesher API</title>
    <link rel="icon" href="data:," />
    <link rel="stylesheet" href="docs/swagger-ui.css" />
  </head>
  <body>
    <div id="api"></div>
    <script src="docs/swagger-ui-bundle.js"></script>
    <script src="docs/start.js"></script>
  </body>
</html>
`;

const START = `SwaggerUIBundle({ url: "openapi.json", dom_id: "#api", deepLinking: true, docExpansion: "none", validatorUrl: null });\n`;

/** `routes` need only be complete when the first request comes. */
export function registerDescriptionRoutes(
  app: App,
  routes: readonly DeclaredRoute[],
  publicUrl: string | undefined,
): void {
  let description: string | undefined;

  app.get("/api/openapi.json", OPEN, async (_request, reply) => {
    description ??= JSON.stringify(describeApi(routes, publicUrl));
    return reply.type("application/json; charset=utf-8").header("cache-control", "no-cache").send(description);
  });

  app.get("/api/docs", OPEN, async (_request, reply) =>
    reply
      .type("text/html; charset=utf-8")
      .header("content-security-policy", PAGE_POLICY)
      .header("cache-control", "no-cache")
      .send(PAGE),
  );

  app.get("/api/docs/start.js", OPEN_FILE, async (_request, reply) =>
    reply.type("text/javascript; charset=utf-8").header("cache-control", "no-cache").send(START),
  );

  for (const [name, type] of Object.entries(VIEWER_FILES)) {
    app.get(`/api/docs/${name}`, OPEN_FILE, async (_request, reply) =>
      reply
        .type(type)
        .header("cache-control", "public, max-age=3600")
        .send(createReadStream(join(VIEWER, name))),
    );
  }
}
