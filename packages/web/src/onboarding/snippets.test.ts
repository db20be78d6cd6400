import { expect, test } from "vitest";
import { PLATFORM_IDS, PLATFORMS, platformOf } from "./snippets.ts";

test("curl posts to the project's store address with its key", () => {
  const snippet = PLATFORMS.other.code("http://0123456789abcdef@localhost:8080/1");
  expect(snippet).toContain("'http://localhost:8080/api/1/store/?sentry_key=0123456789abcdef'");
});

test("curl keeps the path prefix of a DSN", () => {
  const snippet = PLATFORMS.other.code("https://key@example.com/errors/mesher/42");
  expect(snippet).toContain("'https://example.com/errors/mesher/api/42/store/?sentry_key=key'");
});

test.each(PLATFORM_IDS.filter((id) => id !== "other"))("that of %s carries the DSN", (id) => {
  expect(PLATFORMS[id].code("https://key@example.com/42")).toContain('"https://key@example.com/42"');
});

test.each([
  ["python-django", "python-django"],
  ["python-flask", "python"],
  ["cobol", "node"],
  [null, "node"],
])("a project of platform %s is shown %s", (platform, shown) => {
  expect(platformOf(platform)).toBe(shown);
});
