/** The built pages of packages/web: files under their names, and `index.html` for every address of a page. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fastifyStatic from "@fastify/static";
import type { ApiError } from "@mesher/protocol";
import type { App } from "./dependencies.ts";

const DIST = join(fileURLToPath(import.meta.resolve("@mesher/web/package.json")), "../dist");

/**
 * Scripts and styles come from here alone, and no other site may frame the pages.
 * `unsafe-inline` for styles: charts and virtual lists set sizes in `style` attributes.
 */
const HEADERS = {
  "content-security-policy":
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self' ws: wss:; frame-ancestors 'none'; base-uri 'self'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
};

export async function registerPages(app: App): Promise<void> {
  await app.register(async (pages) => {
    // The files are everyone's: what they show is fetched with credentials.
    pages.addHook("onRoute", (route) => {
      route.config = { ...route.config, access: "open", isFile: true };
    });
    await pages.register(fastifyStatic, {
      root: DIST,
      // Set below: names under /assets carry a hash of the content, all other files may change.
      cacheControl: false,
      setHeaders: (response, path) => {
        const isHashed = path.includes("/assets/");
        response.header("cache-control", isHashed ? "public, max-age=31536000, immutable" : "no-cache");
        for (const [name, value] of Object.entries(HEADERS)) response.header(name, value);
      },
    });
    pages.setNotFoundHandler((request, reply) => {
      const isPage =
        request.method === "GET" &&
        !request.url.startsWith("/api/") &&
        (request.headers.accept ?? "").includes("text/html");
      if (isPage) return reply.sendFile("index.html");
      const body: ApiError = { error: "there is nothing at this address", code: "not_found" };
      return reply.code(404).send(body);
    });
  });
}
