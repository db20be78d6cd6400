import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

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
