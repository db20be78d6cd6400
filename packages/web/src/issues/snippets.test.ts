import { expect, test } from "vitest";
import { SNIPPETS } from "./snippets.ts";

test("curl posts to the project's store address with its key", () => {
  const snippet = SNIPPETS.curl("http://0123456789abcdef@localhost:8080/1");
  expect(snippet).toContain("'http://localhost:8080/api/1/store/?sentry_key=0123456789abcdef'");
});

test("curl keeps the path prefix of a DSN", () => {
  const snippet = SNIPPETS.curl("https://key@example.com/errors/mesher/42");
  expect(snippet).toContain("'https://example.com/errors/mesher/api/42/store/?sentry_key=key'");
});

test.each(Object.entries(SNIPPETS).filter(([name]) => name !== "curl"))("%s carries the DSN", (_name, snippet) => {
  expect(snippet("https://key@example.com/42")).toContain('"https://key@example.com/42"');
});
