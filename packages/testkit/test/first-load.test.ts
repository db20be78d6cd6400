import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { beforeAll, expect, test } from "vitest";

const DIST = fileURLToPath(new URL("../../web/dist", import.meta.url));
/** What a browser loads before a page shows something, as a server sends it. Charts come later. */
const FIRST_LOAD_BYTES_MAX = 200 * 1024;
const STATIC_IMPORT = /(?:from|import)"\.\/([^"]+\.js)"/g;

/** By name. */
const sources = new Map<string, Buffer>();
let named: string[];

beforeAll(async () => {
  for (const file of await readdir(join(DIST, "assets"))) {
    if (/\.(?:js|css)$/.test(file)) sources.set(file, await readFile(join(DIST, "assets", file)));
  }
  const html = await readFile(join(DIST, "index.html"), "utf8");
  named = [...html.matchAll(/"\.\/assets\/([^"]+\.(?:js|css))"/g)].map(([, file = ""]) => file);
});

/** It, and all that has to be there before it runs. */
function closureOf(file: string, found = new Set<string>()): Set<string> {
  if (found.has(file)) return found;
  found.add(file);
  for (const [, imported = ""] of String(sources.get(file)).matchAll(STATIC_IMPORT)) closureOf(imported, found);
  return found;
}

const gzipBytes = (files: Iterable<string>) =>
  [...files].reduce((sum, file) => sum + gzipSync(sources.get(file) ?? "").length, 0);

test("the first load of every page stays within its budget", () => {
  expect(named.length).toBeGreaterThanOrEqual(2);
  const pages = [...sources.keys()].filter((file) => /-page-[^/]+\.js$/.test(file));
  expect(pages.length).toBeGreaterThan(10);
  for (const page of pages) {
    const files = new Set([...named, ...closureOf(page)]);
    const charts = [...files].filter((file) => file.startsWith("bars-"));
    const bytes = gzipBytes(files);
    expect({ page, charts, bytes, isWithin: bytes <= FIRST_LOAD_BYTES_MAX }).toMatchObject({
      charts: [],
      isWithin: true,
    });
  }
});
