import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig, type IndexHtmlTransformContext } from "vite";
import { beginEarly } from "./src/early.ts";

export default defineConfig({
  // Relative to <base href> of index.html, so that the pages can live under a path prefix.
  base: "./",
  plugins: [
    react(),
    tailwindcss(),
    {
      // The stored theme is applied by the script; painting before it would flash the other theme.
      name: "mesher:paint-after-theme",
      transformIndexHtml: {
        order: "post",
        handler: (html) => html.replace('<script type="module"', '<script type="module" blocking="render"'),
      },
    },
    {
      name: "mesher:begin-early",
      transformIndexHtml: {
        order: "post",
        handler: (html, { bundle }) =>
          bundle === undefined
            ? html
            : // After <base>, which its addresses are relative to, and before all that takes time.
              html.replace(
                "<title>",
                (title) =>
                  `<script>(${beginEarly.toString()})(${JSON.stringify(chunksOfPages(bundle))})</script>\n    ${title}`,
              ),
      },
    },
  ],
  build: {
    target: "es2024",
    cssTarget: ["chrome123", "firefox129", "safari17.5"],
    // A strict Content-Security-Policy need not allow data: URLs.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { "/api": process.env["MESHER_URL"] ?? "http://127.0.0.1:8080" } },
});

type Bundle = NonNullable<IndexHtmlTransformContext["bundle"]>;

/** The code of each page beside that of `index.html`, by the name of its module: file names without their folder. */
function chunksOfPages(bundle: Bundle): Record<string, string[]> {
  const chunks = Object.values(bundle).filter((each) => each.type === "chunk");
  const first = new Set(chunks.filter(({ isEntry }) => isEntry).flatMap(({ fileName }) => closureOf(bundle, fileName)));
  return Object.fromEntries(
    chunks
      .filter(({ isDynamicEntry, name }) => isDynamicEntry && name.endsWith("-page"))
      .map(({ name, fileName }) => [
        name,
        closureOf(bundle, fileName)
          .filter((each) => !first.has(each))
          .map((each) => each.replace(/^assets\//, "")),
      ]),
  );
}

/** The file, and all that has to be there before it runs. */
function closureOf(bundle: Bundle, fileName: string, found = new Set<string>()): string[] {
  if (found.has(fileName)) return [];
  found.add(fileName);
  const chunk = bundle[fileName];
  if (chunk?.type === "chunk") for (const imported of chunk.imports) closureOf(bundle, imported, found);
  return [...found];
}
