/** The built pages of packages/web: files under their names, and `index.html` for every address of a page. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fastifyStatic from "@fastify/static";
import type { ApiError } from "@mesher/protocol";
import type { FastifyReply } from "fastify";
import type { DeclaredRoute } from "./access.ts";
import type { App } from "./dependencies.ts";
import { methodsAt } from "./other-methods.ts";

const DIST = join(fileURLToPath(import.meta.resolve("@mesher/web/package.json")), "../dist");

/**
 * Scripts and styles come from here alone (but for one within `index.html` itself), and no other site may frame the pages.
 * `unsafe-inline` for styles: charts and virtual lists set sizes in `style` attributes.
 */
const HEADERS = {
  "content-security-policy":
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self' ws: wss:; frame-ancestors 'none'; base-uri 'self'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
};

/** What the built `index.html` has where a prefix belongs: all that the pages ask for is relative to it. */
const BASE = '<base href="/" />';

/**
 * `prefix`: the path they live under, `/mesher` or nothing. `declared`: all routes, once the app is ready; of others whoever
 * asks is told here.
 */
export async function registerPages(app: App, prefix: string, declared: readonly DeclaredRoute[]): Promise<void> {
  // Read each time: the pages may be built anew while the server runs.
  const sendPage = async (reply: FastifyReply) => {
    const page = await readFile(join(DIST, "index.html"), "utf8");
    return reply
      .headers({
        ...HEADERS,
        "content-security-policy": `${HEADERS["content-security-policy"]}; script-src 'self'${hashesOfScripts(page)}`,
        "cache-control": "no-cache",
        "content-type": "text/html; charset=utf-8",
      })
      .send(page.replace(BASE, `<base href="${escapeAttribute(prefix)}/" />`));
  };
  await app.register(async (pages) => {
    // The files are everyone's: what they show is fetched with credentials.
    pages.addHook("onRoute", (route) => {
      route.config = { ...route.config, access: "open", isFile: true };
    });
    await pages.register(fastifyStatic, {
      root: DIST,
      index: false,
      // Written beside the files when the pages were built.
      preCompressed: true,
      // Set below: names under /assets carry a hash of the content, all other files may change.
      cacheControl: false,
      setHeaders: (response, path) => {
        const isHashed = path.includes("/assets/");
        response.header("cache-control", isHashed ? "public, max-age=31536000, immutable" : "no-cache");
        for (const [name, value] of Object.entries(HEADERS)) response.header(name, value);
      },
    });
    for (const path of ["/", "/index.html"]) pages.get(path, (_request, reply) => sendPage(reply));
    pages.setNotFoundHandler((request, reply) => {
      const isPage =
        request.method === "GET" &&
        !request.url.startsWith("/api/") &&
        (request.headers.accept ?? "").includes("text/html");
      if (isPage) return sendPage(reply);
      const methods = methodsAt(declared, request.url);
      if (methods === undefined) return reply.code(404).send(NOTHING_HERE);
      const body: ApiError = { error: `this address takes ${methods} only`, code: "method_not_allowed" };
      return reply.code(405).header("allow", methods).send(body);
    });
  });
}

const NOTHING_HERE: ApiError = { error: "there is nothing at this address", code: "not_found" };

const INLINE_SCRIPT = /<script>([^]*?)<\/script>/g;

/** The script that `index.html` holds may run, by what it is: no other may be written into the page. */
function hashesOfScripts(page: string): string {
  const hash = (text: string) => createHash("sha256").update(text).digest("base64");
  return [...page.matchAll(INLINE_SCRIPT)].map(([, text = ""]) => ` 'sha256-${hash(text)}'`).join("");
}

function escapeAttribute(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
}
